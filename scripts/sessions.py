# SPDX-License-Identifier: MIT
"""Shell sessions that scripts/test.py types on the serial console, as a person would.

A step is (claim, line to type, what must then appear), or (claim, [(keys, what must then appear),
...]) for a program that reads keys. After every step the shell must prompt again. The terminal
echoes what is typed, so an expected text must not occur in its own line: `echo o''k` prints ok.
"""

import time

from guest import Lost

# An editing shell may ask the terminal where its cursor is, behind the prompt.
PROMPT = r"[#$] (?:\x1b\[6n)?$"
CTRL_C, CTRL_D, CTRL_Z, BACKSPACE, ESC, UP = "\x03", "\x04", "\x1a", "\x7f", "\x1b", "\x1b[A"
# The program is known to run, with the terminal its own, when this has been printed.
RUN = "sh -c 'echo r\"\"un; {}'\r"

SMOKE = [
    ("shell_runs_a_builtin", "echo ver''so", r"^verso$"),
    ("shell_lists_a_directory", "ls /", r"\bproc\b"),
    ("shell_joins_a_pipe", "echo a-b-c | cat | cat; echo d''one", r"^a-b-c\ndone$"),
    ("proc_has_meminfo", "cat /proc/meminfo", r"^MemTotal: +\d+ kB$"),
    ("shell_redirects_to_a_file", "echo te''xt > /tmp/f; cat /tmp/f", r"^text$"),
    ("ps_lists_init", "ps", r"^ *1 .*init"),
    ("shell_reports_a_status", "false; echo st=$?", r"^st=1$"),
    ("shell_survives_an_unknown_command", "no-such-program; echo st=$?", r"^st=127$"),
    ("ctrl_c_interrupts_a_program", [("echo r''un; cat\r", r"^run$"), (CTRL_C, r"\^C")]),
    ("ctrl_d_ends_the_input_of_a_program",
     [("echo r''un; cat; echo en''d\r", r"^run$"), ("ab" + BACKSPACE + "c\r", r"^ac$"),
      (CTRL_D, r"^end$")]),
    ("ledger_balances_at_the_end", "echo 1 >/proc/ledger; cat /proc/ledger", r"^balanced$"),
]

BUSYBOX = [
    ("ash_computes", "echo $((6 * 7))", r"^42$"),
    ("ash_substitutes_a_command", "echo \"<$(echo in''ner)>\"", r"^<inner>$"),
    ("ash_reads_a_here_document", "cat <<E\nhe're\nE", r"^he're\n"),
    ("ash_runs_a_pipe_of_five",
     "seq 1 20 | grep 1 | sed s/1/x/ | sort -r | head -n 1; echo en''d", r"^x9\nend$"),
    ("ash_waits_for_a_background_job", "sleep 1 & wait; echo wai''ted", r"^waited$"),
    ("ls_l_lists_a_directory", "ls -ld /bin", r"^drwx.* /bin$"),
    ("files_copy_move_and_go",
     "mkdir /tmp/m; cd /tmp/m; echo x > a; cp a b; mv b c; rm a; ls | tr '\\n' ,; echo; cd /",
     r"^c,$"),
    ("mkdir_ln_and_rmdir",
     "mkdir -p /tmp/d/e; ln -s e /tmp/d/l; readlink /tmp/d/l; rm /tmp/d/l; rmdir /tmp/d/e /tmp/d"
     "; test -e /tmp/d || echo go''ne", r"^e\ngone$"),
    ("ps_shows_init", "ps | grep '[i]nit'", r"^ *1 "),
    ("free_counts_memory", "free", r"^Mem: +\d+"),
    ("top_runs_once", "top -b -n 1 | head -n 1", r"^Mem: "),
    ("uptime_shows_the_load", "uptime", r"load average"),
    ("awk_sums", "seq 1 100 | awk '{ s += $1 } END { print s }'", r"^5050$"),
    ("sort_and_uniq_count", "printf 'b\\na\\nb\\n' | sort | uniq -c", r"^ +1 a\n +2 b$"),
    ("wc_counts", "printf 'a b\\nc\\n' | wc", r"^ +2 +3 +6$"),
    ("tail_cut_and_tee", "echo a:b:c | tee /tmp/t | cut -d: -f2; tail -c 4 /tmp/t", r"^b\nb:c$"),
    ("find_and_xargs", "find /etc -name passwd | xargs cat", r"^root:x:0"),
    ("df_names_the_root", "df /", r"^\S+ +\d+ +\d+ +\d+ +\d+% /$"),
    ("du_sums_a_directory", "du -s /bin", r"^\d+\s+/bin$"),
    ("mount_lists_file_systems", "mount", r"^\S+ on / type"),
    ("env_and_id", "env | grep ^PATH; id", r"^uid=0"),
    ("tty_names_the_console", "tty", r"^/dev/(console|ttyS\d)$"),
    ("uname_has_a_machine", "uname -m", r"^(riscv64|x86_64)$"),
    ("date_knows_the_century", "date +%Y", r"^20\d\d$"),
    ("kill_ends_a_process", "sleep 100 & sleep 1; kill $!; wait $!; echo st=$?", r"^st=143$"),
    ("time_measures", "time true", r"^real\s"),
    ("expr_and_test", "expr 3 + 4; test 3 -lt 4 && echo le''ss", r"^7\nless$"),
    ("md5sum_digests", "printf abc | md5sum", r"^900150983cd24fb0d6963f7d28e17f72"),
    ("gzip_round_trip", "echo squee''ze | gzip | gzip -d", r"^squeeze$"),
    ("tar_round_trip", "cd /; tar cf /tmp/x.tar etc/passwd; tar tf /tmp/x.tar", r"^etc/passwd$"),
    ("cpio_round_trip", "echo etc/group | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null",
     r"^etc/group$"),
    ("hexdump_shows_bytes", "printf AB | hexdump -C", r"^00000000  41 42 "),
    ("dd_copies_blocks", "dd if=/dev/zero bs=1k count=8 2>/dev/null | wc -c", r"^8192$"),
    ("dev_stdin_opens_the_pipe_again", "echo pi''ped | cat /dev/stdin", r"^piped$"),
    ("sleep_takes_its_time",
     "a=$(date +%s); sleep 2; test $(date +%s) -gt $a && echo sle''pt", r"^slept$"),
    ("proc_names_the_program", "cat /proc/self/comm; readlink /proc/self/exe",
     r"^cat\n/bin/busybox$"),
    ("stty_sets_the_size", "stty rows 24 cols 80; stty size", r"^24 80$"),
    ("stty_reads_the_terminal", "stty -a", r"^speed .*rows 24; columns 80"),
    ("which_finds_a_program", "which ls", r"^/bin/ls$"),
    ("timeout_ends_a_program", "timeout 1 sleep 100; echo st=$?", r"^st=143$"),
    ("yes_ends_with_its_pipe", "yes | head -n 2; echo sto''p", r"^y\ny\nstop$"),
    ("more_shows_page_after_page",
     [("seq 60 > /tmp/n; more /tmp/n\r", r"^23\n--More--"), (" ", r"^46\n--More--"), ("q", None)]),
    ("vi_edits_on_the_whole_screen",
     [("vi /tmp/v\r", r"\x1b\[23;1H~.*- /tmp/v 1/1 100%"),
      ("ihello\rworld" + ESC, r"- /tmp/v \[Modified\] 2/2 100%"),
      ("kx", r"- /tmp/v \[Modified\] 1/2"), (":wq\r", r"'/tmp/v' 2L, 11C")]),
    ("vi_wrote_the_file", "cat /tmp/v", r"^hell\nworld$"),
    ("top_lists_processes_until_q",
     [("top\r", r"PID  PPID USER .*\n(?:.*\n)* +1 +0 root .*init"), ("q", None)]),
    ("watch_repeats_until_ctrl_c",
     [("watch -n 1 echo ti''ck\r", r"Every 1.0s: .*\n\ntick$"), ("", r"^tick$"),
      (CTRL_C, r"\^C")]),
    ("ash_edits_lines_and_recalls_them",
     [("echo ax" + BACKSPACE + "''b\r", r"^ab$"), (UP + "\r", r"^ab$")]),
    ("ctrl_d_ends_the_input", [(RUN.format("cat; echo en\"\"d"), r"^run$"),
                               ("ab" + BACKSPACE + "c\r", r"^ac$"), (CTRL_D, r"^end$")]),
    ("ctrl_c_interrupts", [(RUN.format("sleep 100"), r"^run$"), (CTRL_C, r"\^C")]),
    ("ctrl_c_is_status_130", "echo st=$?", r"^st=130$"),
    ("ctrl_c_ends_a_whole_pipe", [(RUN.format("sleep 100 | sleep 100"), r"^run$"),
                                  (CTRL_C, r"\^C")]),
    ("ctrl_z_stops", [(RUN.format("sleep 100"), r"^run$"), (CTRL_Z, r"\[1\]\+  Stopped")]),
    ("jobs_lists_a_stopped_job", "jobs", r"^\[1\]\+  Stopped "),
    ("bg_lets_it_run_on", "bg; jobs", r"^\[1\]\+  Running "),
    ("fg_brings_it_back", [("fg\r", r"^sh -c"), (CTRL_C, r"\^C")]),
    ("jobs_is_empty_at_the_end", "jobs | wc -l", r"^0$"),
    ("background_reader_is_stopped", "cat & sleep 1", r"Stopped \(tty input\)"),
    ("stopped_job_can_be_killed", "kill -KILL %1; wait; echo go''ne", r"^gone$"),
    ("init_is_the_only_parent_left", "ps -o pid,ppid,comm | grep -c sleep", r"^0$"),
    ("ledger_balances_at_the_end", "echo 1 >/proc/ledger; cat /proc/ledger", r"^balanced$"),
]

STEPS = {"smoke": SMOKE, "busybox": BUSYBOX}


def press_keys(console, pairs):
    """Press keys as a person does: a moment after the program showed that it waits for them."""
    for keys, pattern in pairs:
        time.sleep(0.3)
        console.press(keys)
        if pattern:
            console.expect(pattern)


def play(console, steps):
    """Type the steps; returns (passed, failed, reason the session broke off or None)."""
    passed, claim = [], "the_shell_prints_a_prompt"
    try:
        console.expect(PROMPT)
        passed.append(claim)
        for claim, *step in steps:
            if len(step) == 2:
                console.type(step[0])
                console.expect(step[1])
            else:
                press_keys(console, step[0])
            console.expect(PROMPT)
            passed.append(claim)
        claim = "leaving_the_shell_powers_the_machine_off"
        console.type("exit 0")
        console.expect(r"init exited with status 0")
        console.finish()
        passed.append(claim)
    except (Lost, BrokenPipeError) as problem:
        return passed, [claim], f"{claim}: {problem}"
    return passed, [], None
