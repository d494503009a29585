#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run every test on a sensible subset of ports, depths, CPU counts and memory sizes.

One boot is called PORT:DEPTH:smpN:MEMORY:SUITE, e.g. riscv:sv39:smp4:512M:user. Suites:

  ktest        the tests linked into the kernel (DEBUG=1 KTEST=1), boot parameter ktest
  user         /bin/utest as PID 1 on the kernel that users run
  user-debug   the same on a kernel with assertions and lock ranks
  user-clang   the same, made by the other compiler
  link         tests/link: dynamic programs with the C library's shared objects, and one linked with -N
  calls        callmatrix as PID 1: its lines are those that it prints on this machine's Linux
  faultfuzz    random faults and memory calls: each line as on this machine's Linux
  smoke        a shell session on the default file system, typed over the serial line
  busybox      a BusyBox session on the BusyBox file system
  bad-WHAT     input that no kernel can use: one clear line, then power off

A suite may end in -numa (a machine with two nodes, x86_64: three), -highmem (most of memory outside
the direct map), -slab or -slob (that allocator instead of SLUB), -history (old ways chosen by boot
parameter). There are also, without a
machine, `host` (tests/host), `fuzz` (tests/fuzz, a fixed number of inputs each) and `linux` (utest
on this machine's kernel, the reference). A time-out, a lost console or a panic fails the boot. The
last line is always `N passed, N failed`, counting single tests; the exit status says whether any
failed.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import answers
import bad_inputs
import faultfuzz
import guest
import ktap
import machine
import sessions

MATRIX = """
host
fuzz
linux
riscv:sv57:smp4:4608M:ktest   x86_64:5level:smp4:4608M:ktest
riscv:sv39:smp4:512M:ktest    x86_64:4level:smp4:512M:ktest
riscv:sv48:smp4:512M:ktest-numa x86_64:5level:smp4:512M:ktest-numa
riscv:sv39:smp2:512M:user-debug-numa x86_64:4level:smp2:512M:user-numa
riscv:sv39:smp4:512M:ktest-highmem x86_64:5level:smp1:512M:ktest-highmem
riscv:sv57:smp1:512M:user-debug-highmem x86_64:4level:smp4:512M:user-debug-highmem
riscv:sv57:smp4:512M:ktest-slab  x86_64:4level:smp4:512M:ktest-slob
riscv:sv39:smp1:512M:user-slob   x86_64:5level:smp4:512M:user-slob
riscv:sv48:smp4:512M:user-slab   x86_64:4level:smp1:512M:user-slab
riscv:sv39:smp4:512M:user-debug-history x86_64:5level:smp1:512M:user-history
riscv:sv57:smp1:512M:calls    x86_64:4level:smp1:512M:calls
riscv:sv39:smp4:512M:link     x86_64:4level:smp1:512M:link
riscv:sv57:smp1:64M:busybox-slob x86_64:5level:smp1:64M:busybox-slab
riscv:sv39:smp4:512M:user     x86_64:4level:smp4:512M:user-debug
riscv:sv48:smp4:512M:user-debug
riscv:sv39:smp4:512M:user-clang x86_64:5level:smp4:512M:user-clang
riscv:sv48:smp1:32M:user      x86_64:4level:smp1:32M:user
riscv:sv57:smp1:512M:user     x86_64:5level:smp4:512M:user
riscv:sv39:smp1:4608M:user    x86_64:5level:smp1:4608M:user
riscv:sv39:smp1:512M:faultfuzz x86_64:4level:smp1:512M:faultfuzz-debug
riscv:sv48:smp1:512M:faultfuzz-debug x86_64:5level:smp1:512M:faultfuzz
riscv:sv57:smp1:512M:faultfuzz
riscv:sv57:smp1:32M:smoke     x86_64:5level:smp1:32M:smoke
riscv:sv39:smp4:512M:smoke    x86_64:4level:smp4:512M:smoke
riscv:sv48:smp4:512M:busybox  x86_64:4level:smp4:512M:busybox
riscv:sv57:smp1:64M:busybox   x86_64:5level:smp1:64M:busybox
""".split() + [f"{port}:{depth}:smp1:{case.memory}:bad-{name}"
               for port, depth in (("riscv", "sv57"), ("x86_64", "5level"))
               for name, case in bad_inputs.CASES.items() if port in case.ports]

NAME = re.compile(r"^(riscv:sv(39|48|57)|x86_64:(4|5)level):smp(\d+):(\d+[MG]):([\w-]+)$")
TIMEOUTS = {"ktest": 240, "user": 480, "user-debug": 600, "user-clang": 600, "calls": 240, "smoke": 90,
            "busybox": 150, "link": 90, "bad": 40, "faultfuzz": 60, "faultfuzz-debug": 90}
FUZZ = (1, 300, 6)              # of faultfuzz: seed, steps, number of seeds
VARIANTS = {"ktest": "-debug-ktest", "user-debug": "-debug", "user-clang": "-debug-clang",
            "faultfuzz-debug": "-debug"}
OPTIONS = {"numa": "", "highmem": "highmem=400M", "slab": "slab=slab", "slob": "slab=slob",
           "history": "mmap_cache=off nopage=share"}
PANIC = re.compile(r"^.*\b(?:kernel panic|panic:|PANIC).*$", re.MULTILINE)
SEED = re.compile(r"\bseed[ =:]+(0x[0-9a-f]+|\d+)", re.IGNORECASE)

class Job:
    """A boot, or one of the three lists of tests that need no machine."""

    def __init__(self, name):
        self.name = name
        self.arch = self.suite = name
        self.option = None
        parts = NAME.match(name)
        self.boots = bool(parts)
        if not parts:
            if name not in ("host", "fuzz", "linux"):
                raise ValueError(name)
            return
        port, riscv_depth, x86_depth, smp, self.mem, self.suite = parts.groups()
        self.arch = port.split(":")[0]
        self.levels = (int(riscv_depth) - 12) // 9 if riscv_depth else int(x86_depth)
        self.smp = int(smp)
        base, _, last = self.suite.rpartition("-")
        if last in OPTIONS:
            self.suite, self.option = base, last

    def kernel_variant(self):
        """The directory suffix of the kernel this suite boots."""
        return VARIANTS.get(self.suite, "")

    def timeout(self):
        return TIMEOUTS["bad" if self.suite.startswith("bad-") else self.suite]


class Outcome:
    """Names of single tests, and reasons why the job as a whole is wrong."""

    def __init__(self, passed=(), failed=(), skipped=(), reasons=(), text="", seed=None):
        self.passed, self.failed, self.skipped = list(passed), list(failed), list(skipped)
        self.reasons, self.text, self.seed = list(reasons), text, seed

    def failures(self):
        """Every failed test counts one; a job that is wrong without one counts one too."""
        return len(self.failed) or (1 if self.reasons else 0)


class Runner:
    """Knows where things are built and runs one job at a time per thread."""

    def __init__(self, args):
        self.build = os.path.join(machine.ROOT, args.build)
        self.scale, self.append = args.slow, args.append
        self.logs = os.path.join(self.build, "test-logs")
        os.makedirs(self.logs, exist_ok=True)
        self.reference, self.lock = None, threading.Lock()

    def path(self, *parts):
        return os.path.join(self.build, *parts)

    def prepare(self, jobs):
        """Build what the jobs need, once, before any of them starts."""
        for arch in machine.PORTS:
            mine = [job for job in jobs if job.boots and job.arch == arch]
            for variant in sorted({job.kernel_variant() for job in mine}):
                machine.make("all", f"ARCH={arch}", f"O={self.build}",
                             f"DEBUG={int('debug' in variant)}",
                             f"KTEST={int('ktest' in variant)}",
                             f"COMPILER={'clang' if 'clang' in variant else 'gcc'}")
            if mine:
                machine.make("initrd", f"ARCH={arch}", f"O={self.build}")
            if any(job.suite == "busybox" for job in mine):
                machine.make("initrd", f"ARCH={arch}", f"O={self.build}", "ROOTFS=busybox")
            if any(job.suite == "link" for job in mine):
                machine.make("initrd-link", f"ARCH={arch}", f"O={self.build}")
        fuzz = any(job.suite.startswith("faultfuzz") for job in jobs)
        if fuzz or any(job.suite in ("linux", "calls") for job in jobs):
            machine.make("user-host", "link-host", f"O={self.build}")
        self.fuzz_expected = faultfuzz.on_linux(self.build, *FUZZ) if fuzz else {}

    def command(self, job, append="", initrd="initrd.cpio", extra=()):
        kernel = self.path(job.arch + job.kernel_variant(), "verso.elf")
        words = " ".join(filter(None, (self.append, OPTIONS.get(job.option), append)))
        words = machine.boot_words(words, job.levels)
        initrd = initrd and self.path(job.arch, initrd)
        return machine.qemu_command(job.arch, kernel, initrd, words, job.smp, job.mem,
                                    extra=extra)

    def run(self, job):
        """Run a job; whatever happens becomes an Outcome."""
        try:
            if job.suite in ("host", "fuzz", "linux"):
                outcome = getattr(self, "run_" + job.suite)()
            elif job.suite.startswith("bad-"):
                outcome = self.run_bad(job)
            elif job.suite == "calls":
                outcome = self.run_calls(job)
            elif job.suite.startswith("faultfuzz"):
                outcome = self.run_faultfuzz(job)
            elif job.suite in ("smoke", "busybox"):
                outcome = self.run_session(job)
            else:
                outcome = self.run_ktap(job)
        except (OSError, subprocess.SubprocessError) as error:
            outcome = Outcome(reasons=[str(error)])
        with open(self.log_name(job), "w", encoding="utf-8") as file:
            file.write(outcome.text)
        return outcome

    def log_name(self, job):
        return os.path.join(self.logs, job.name.replace(":", "-") + ".log")

    def run_ktap(self, job):
        in_kernel = job.suite.startswith("ktest")
        nodes = machine.numa_nodes(job.arch, job.smp, job.mem) if job.option == "numa" else ()
        program = "/link/link_test" if job.suite == "link" else "/bin/utest"
        append = "ktest" if in_kernel else f"rdinit={program}"
        initrd = "initrd-link.cpio" if job.suite == "link" else "initrd.cpio"
        command = self.command(job, append, initrd, extra=nodes)
        text, _, lost = guest.run_to_end(command, job.timeout() * self.scale)
        return self.judge(text, lost, not in_kernel)

    def run_faultfuzz(self, job):
        text, _, lost = guest.run_to_end(self.command(job, faultfuzz.boot_words(*FUZZ)), job.timeout() * self.scale)
        passed, failed, reasons = faultfuzz.compare(self.fuzz_expected, text, job.arch,
                                                    machine.depth_name(job.arch, job.levels))
        panic = PANIC.search(text)
        reasons += ([lost] if lost else []) + ([panic.group(0).strip()] if panic else [])
        if len(passed) + len(failed) != FUZZ[2]:
            reasons.append("faultfuzz did not run to its end on this machine's Linux")
        return Outcome(passed, failed, (), reasons, text)

    def judge(self, text, lost, from_init):
        """KTAP on a console: complete, no panic, ended by itself."""
        results = ktap.parse(text)
        reasons = list(results.problems)
        if lost:
            reasons.append(lost)
        panic = PANIC.search(text)
        if panic:
            reasons.append(panic.group(0).strip())
        if from_init and not re.search(r"init exited with status \d+", text):
            reasons.append("the console was lost before init exited")
        seed = SEED.search(text)
        return Outcome(results.passed, results.failed, results.skipped, reasons, text,
                       seed and seed.group(1))

    def run_session(self, job):
        initrd = "initrd.cpio" if job.suite == "smoke" else "initrd-busybox.cpio"
        with guest.Guest(self.command(job, initrd=initrd), job.timeout() * self.scale) as console:
            passed, failed, reason = sessions.play(console, sessions.STEPS[job.suite])
            reasons = [reason] if reason else []
            panic = PANIC.search(console.text)
            if panic:
                reasons.append(panic.group(0).strip())
            return Outcome(passed, failed, (), reasons, console.text)

    def linux_answers(self):
        """What callmatrix prints here, as root: once for all boots."""
        with self.lock:
            if self.reference is None:
                done = subprocess.run([self.path("host", "user", "verso-tools"), "callmatrix"],
                                      capture_output=True, text=True, errors="replace",
                                      timeout=120 * self.scale, check=False)
                self.reference = answers.parse(done.stdout) or {}
        return self.reference

    def run_calls(self, job):
        """The calls about memory, line by line as on this machine's Linux."""
        if os.geteuid():
            return Outcome(skipped=["calls answer as Linux: the reference wants root"])
        reference = self.linux_answers()
        command = self.command(job, "rdinit=/bin/callmatrix")
        text, _, lost = guest.run_to_end(command, job.timeout() * self.scale)
        ours = answers.parse(text)
        reasons = [lost] if lost else []
        panic = PANIC.search(text)
        if panic:
            reasons.append(panic.group(0).strip())
        if not reference or ours is None:
            reasons.append("callmatrix did not get to its end" + ("" if reference else " on Linux"))
            return Outcome(reasons=reasons, text=text)
        good, bad, report = answers.compare(reference, ours)
        return Outcome(good, bad, (), reasons + report, text)

    def run_bad(self, job):
        name = job.suite[len("bad-"):]
        case = bad_inputs.CASES[name]
        work = self.path("bad-inputs", job.arch)
        os.makedirs(work, exist_ok=True)
        special = case.make(work, self.path(job.arch, "initrd.cpio"), job)
        command = self.command(job, special.append, None, special.extra)
        if special.initrd:
            command += ["-initrd", special.initrd]
        if special.levels is not None:
            command = [word.replace(f"levels={job.levels}", f"levels={special.levels}")
                       for word in command]
        text, _, lost = guest.run_to_end(command, job.timeout() * self.scale)
        reasons = [lost + ": it must power off by itself"] if lost else []
        panic = PANIC.search(text)
        if panic:
            reasons.append(f"bad input is no panic: {panic.group(0).strip()}")
        if not re.search(case.expect, text, re.MULTILINE):
            reasons.append(f"the console has no line like /{case.expect}/")
        name = f"{job.arch}_{name.replace('-', '_')}_is_one_clear_line_and_power_off"
        return Outcome([] if reasons else [name], [name] if reasons else [], (), reasons, text)

    def run_make(self, target):
        """A target that prints TAP."""
        done = subprocess.run(["make", "-s", "--no-print-directory", target,
                               f"O={self.build}"], cwd=machine.ROOT, capture_output=True,
                              text=True, timeout=900 * self.scale, check=False)
        text = done.stdout + done.stderr
        results = ktap.parse(text)
        reasons = list(results.problems)
        if done.returncode:
            reasons.append(f"make {target} ended with status {done.returncode}")
        return Outcome(results.passed, results.failed, results.skipped, reasons, text)

    def run_host(self):
        return self.run_make("host-test")

    def run_fuzz(self):
        return self.run_make("fuzz-quick")

    def run_program(self, program):
        """What it printed; into a file, as a pipe stays open for what a test left behind."""
        reason = []
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=output,
                                      stderr=subprocess.STDOUT, timeout=240 * self.scale, check=False)
                if done.returncode:
                    name = os.path.basename(program)
                    reason = [f"{name} ended with status {done.returncode} on Linux"]
            except subprocess.TimeoutExpired as error:
                reason = [str(error)]
            output.seek(0)
            return output.read(), reason

    def run_linux(self):
        outcome = Outcome()
        for program in (("user", "utest"), ("link", "link_test")):
            text, reason = self.run_program(self.path("host", *program))
            results = ktap.parse(text)
            outcome.passed += results.passed
            outcome.failed += results.failed
            outcome.skipped += results.skipped
            outcome.reasons += results.problems + reason
            outcome.text += text
        return outcome


class Report:
    """Progress lines as jobs end, and the sums."""

    def __init__(self, runner, total):
        self.runner, self.total, self.done = runner, total, 0
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def add(self, job, outcome, seconds):
        with self.lock:
            self.done += 1
            self.passed += len(outcome.passed)
            self.failed += outcome.failures()
            verdict = "FAIL" if outcome.failures() else "ok"
            skipped = f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
            print(f"[{self.done:2}/{self.total}] {verdict:4} {job.name:34} "
                  f"{len(outcome.passed)} passed, {outcome.failures()} failed{skipped}"
                  f"  ({seconds:.0f} s)", flush=True)
            for line in re.findall(r"^# (ledger: .*?)\r?$", outcome.text or "", re.MULTILINE):
                print(f"           {line}", flush=True)
            if outcome.failures():
                self.explain(job, outcome)

    def explain(self, job, outcome):
        for name in outcome.failed:
            print(f"           not ok {name}")
        for reason in outcome.reasons:
            print(f"           {reason}")
        seed = f" --append seed={outcome.seed}" if outcome.seed and job.suite == "ktest" else ""
        log = os.path.relpath(self.runner.log_name(job), machine.ROOT)
        print(f"           again: scripts/test.py --only {job.name}{seed}    log: {log}",
              flush=True)


def choose(patterns):
    """The jobs of the matrix that match, or the one job that is named exactly."""
    if not patterns:
        return [Job(name) for name in MATRIX]
    chosen = [name for name in MATRIX
              if any(fnmatch.fnmatch(name, pattern) or pattern in name for pattern in patterns)]
    for pattern in patterns:
        if not any(fnmatch.fnmatch(name, pattern) or pattern in name for name in MATRIX):
            if not NAME.match(pattern):
                sys.exit(f"test: {pattern}: no boot of the matrix has this in its name (--list)")
            chosen.append(pattern)
    return [Job(name) for name in chosen]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="part of a name, or a glob; repeatable")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--append", default="", help="more boot parameters for every boot")
    parser.add_argument("--slow", type=float, default=1.0, help="stretch every time-out")
    parser.add_argument("--jobs", type=int, default=2, help="machines at the same time")
    args = parser.parse_args()
    jobs = choose(args.only)
    if args.list:
        print("\n".join(job.name for job in jobs))
        return
    if not shutil.which("make"):
        sys.exit("test: make is missing; scripts/setup installs it")

    runner = Runner(args)
    try:
        runner.prepare(jobs)
    except subprocess.CalledProcessError as error:
        print(f"test: cannot build: {' '.join(error.cmd)}\n0 passed, 1 failed")
        sys.exit(1)
    report = Report(runner, len(jobs))

    def run(job):
        start = time.monotonic()
        report.add(job, runner.run(job), time.monotonic() - start)

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(run, jobs))
    print(f"{report.passed} passed, {report.failed} failed")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
