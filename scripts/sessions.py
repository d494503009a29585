# SPDX-License-Identifier: MIT
"""Shell sessions that scripts/test.py types on the serial console, as a person would.

A step is (claim, line to type, what must then appear). The terminal echoes what is typed, so
an expected text must not occur in its own line: `echo o''k` prints ok.
"""

import time

from guest import Lost

# An editing shell may ask the terminal where its cursor is, behind the prompt.
PROMPT = r"[#$] (?:\x1b\[6n)?$"
CTRL_C = "\x03"

SMOKE = [
    ("shell_runs_a_builtin", "echo ver''so", r"^verso$"),
    ("shell_lists_a_directory", "ls /", r"\bproc\b"),
    ("shell_joins_a_pipe", "echo a-b-c | cat | cat; echo d''one", r"^a-b-c\ndone$"),
    ("proc_has_meminfo", "cat /proc/meminfo", r"^MemTotal: +\d+ kB$"),
    ("shell_redirects_to_a_file", "echo te''xt > /tmp/f; cat /tmp/f", r"^text$"),
    ("ps_lists_init", "ps", r"^ *1 .*init"),
    ("shell_reports_a_status", "false; echo st=$?", r"^st=1$"),
    ("shell_survives_an_unknown_command", "no-such-program; echo st=$?", r"^st=127$"),
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
    ("df_names_the_root", "df / ; echo st=$?", r"^st=0$"),
    ("du_sums_a_directory", "du -s /bin", r"^\d+\s+/bin$"),
    ("mount_lists_file_systems", "mount", r"^\S+ on / type"),
    ("env_and_id", "env | grep ^PATH; id", r"^uid=0"),
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
    ("stty_reads_the_terminal", "stty -a | head -n 1", r"^speed "),
    ("which_finds_a_program", "which ls", r"^/bin/ls$"),
    ("timeout_ends_a_program", "timeout 1 sleep 100; echo st=$?", r"^st=143$"),
    ("yes_ends_with_its_pipe", "yes | head -n 2; echo sto''p", r"^y\ny\nstop$"),
    ("ctrl_c_interrupts", "sleep 100" + CTRL_C, r"\^C"),
    ("shell_lives_after_ctrl_c", "echo al''ive", r"^alive$"),
]

STEPS = {"smoke": SMOKE, "busybox": BUSYBOX}


def play(console, steps):
    """Type the steps; returns (passed, failed, reason the session broke off or None)."""
    passed, claim = [], "the_shell_prints_a_prompt"
    try:
        console.expect(PROMPT)
        passed.append(claim)
        for claim, line, pattern in steps:
            console.type(line.removesuffix(CTRL_C))
            if line.endswith(CTRL_C):
                time.sleep(1.5)         # so that the program runs and the shell waits for it
                console.press(CTRL_C)
            console.expect(pattern)
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
