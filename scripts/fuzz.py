#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Long random tests on this machine: structures against models, allocators under threads, parsers.

  structures   tests/host programs with STEPS=10^7 operations each, and again with SLOW=1 (everything
               compared, validators run after each step) and fewer
  threads      the allocators with four CPUs as threads under ThreadSanitizer, 10^6 operations each
  faults       user/bin/faultfuzz.c at each port and depth, each line as on this machine's Linux
  parsers      libFuzzer on every target of tests/fuzz/, for --minutes in all

--quick leaves only the parsers, with a number of runs each: the part of `make test`. Everything
starts from one --seed, which is printed; the same seed repeats the run, --only NAME one part of it.
Prints TAP, then `# fuzz: N passed, M failed`; the exit status says whether any failed. What failed
leaves its log and, of parsers, the input that did it in the build directory.
"""

import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import threading
import time

import faultfuzz
import machine

FAULT_SEEDS, FAULT_STEPS = 40, 2000
SLOW_STEPS = 100000             # with everything compared after each
# tests/host/NAME_test.c, where it exists, which run STEPS= operations against a model. @n is LEVELS=n: the
# depth of page tables, or for slob and threads the kind of allocator.
STRUCTURES = ("vmalloc@3", "vmalloc@4", "vmalloc@5", "memblock", "slob@3", "slob@4", "slob@5", "slab", "slub", "buddy",
              "pcplist", "radix_tree", "rbtree", "interval_tree", "bitmap", "list")
THREADS = ("threads@3", "threads@4", "threads@5")
# Runs in --quick: the parsers of what a machine or a user can give come first.
QUICK_RUNS = {"fdt": 1000000, "cpio": 1000000, "params": 1000000}
OTHER_RUNS = 200000
MAX_LENGTH = {"initramfs": 16000, "acpi": 1024, "params": 600, "printf": 64}
USUAL_LENGTH = 1600


class Part:
    """One program to run: its name in the report, command, environment, time-out."""

    def __init__(self, name, command, timeout, **environment):
        self.name, self.command, self.timeout = name, command, timeout
        self.environment = {key: str(value) for key, value in environment.items()}

    def run(self, log):
        """Whether it went well, and one line about it."""
        start = time.monotonic()
        with open(log, "w", encoding="utf-8", errors="replace") as file:
            try:
                status = subprocess.run(self.command, stdout=file, stderr=subprocess.STDOUT, check=False,
                                        timeout=self.timeout, env={**os.environ, **self.environment}).returncode
            except subprocess.TimeoutExpired:
                status = "time-out"
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        bad = re.findall(r"^not ok.*|.*ERROR: \w+Sanitizer.*|.*WARNING: ThreadSanitizer.*|^not true in.*"
                         r"|.*kernel panic.*|.*runtime error.*|.*ERROR: libFuzzer.*", text, re.MULTILINE)
        done = re.search(r"^Done (\d+) runs", text, re.MULTILINE)
        note = f"{done.group(1)} runs, " if done else ""
        return status == 0 and not bad, f"{note}{time.monotonic() - start:.0f} s", status, bad[:3]


class Plan:
    """Builds the programs and lists the parts."""

    def __init__(self, args):
        self.args = args
        self.build = os.path.join(machine.ROOT, args.build)
        self.logs = os.path.join(self.build, "fuzz", "logs")
        os.makedirs(self.logs, exist_ok=True)

    def model(self, run, claim, **environment):
        """A program of tests/host as a part."""
        name, _, levels = run.partition("@")
        return Part(run.replace("@", "_") + claim, [os.path.join(self.build, "host", name + "_test")], 14400,
                    SEED=self.args.seed, LEVELS=levels or 4, CMOCKA_MESSAGE_OUTPUT="TAP", **environment)

    def structures(self):
        """Each structure twice: many steps, and fewer with a look at everything after each."""
        for run in STRUCTURES:
            if not os.path.exists(os.path.join(machine.ROOT, f"tests/host/{run.partition('@')[0]}_test.c")):
                continue
            for slow, steps in ((0, self.args.steps), (1, min(SLOW_STEPS, self.args.steps))):
                yield self.model(run, f"_agrees_with_its_model_for_{steps}_steps" + "_checked_each" * slow,
                                 SLOW=slow, STEPS=steps)

    def threads(self):
        """@steps / 10 operations per thread, 10^6 by default."""
        for run in THREADS:
            yield self.model(run, f"_race_free_for_4_times_{self.args.steps // 10}_steps",
                             STEPS=self.args.steps // 10)

    def faults(self):
        """FAULT_SEEDS runs of FAULT_STEPS for each machine."""
        for arch, levels in faultfuzz.DEPTHS:
            port = f"{arch}:{machine.depth_name(arch, levels)}"
            yield Part(f"faultfuzz_on_{port.replace(':', '_')}_is_as_on_linux",
                       [os.path.join(machine.ROOT, "scripts/faultfuzz.py"), "--port", port, "--build", self.args.build,
                        "--seed", str(self.args.seed), "--seeds", str(FAULT_SEEDS), "--steps", str(FAULT_STEPS)], 7200)

    def targets(self):
        """Names of the libFuzzer targets."""
        return sorted(name[:-len("_fuzz.c")] for name in os.listdir(os.path.join(machine.ROOT, "tests/fuzz"))
                      if name.endswith("_fuzz.c"))

    def parser(self, name, quick, seconds):
        """One libFuzzer target from its seeds: a number of runs, or seconds."""
        work = os.path.join(self.build, "fuzz", "work", name)
        subprocess.run(["rm", "-rf", work], check=True)
        subprocess.run([os.path.join(machine.ROOT, "tests/fuzz/seeds.py"), name, work], check=True)
        corpus, words = os.path.join(work, "corpus"), os.path.join(work, "words")
        os.makedirs(corpus)
        runs = self.args.runs or QUICK_RUNS.get(name, OTHER_RUNS)
        # Entropic scheduling looks at the clock: without it a seed repeats a run.
        command = [os.path.join(self.build, "fuzz", name + "_fuzz"), f"-seed={self.args.seed}", "-entropic=0",
                   f"-max_len={MAX_LENGTH.get(name, USUAL_LENGTH)}", "-timeout=20", "-print_final_stats=1",
                   f"-artifact_prefix={self.logs}/{name}-", "-verbosity=1"]
        command += [f"-runs={runs}"] if quick else [f"-max_total_time={seconds}"]
        if os.path.getsize(words):
            command.append(f"-dict={words}")
        return Part(f"{name}_takes_any_input", command + [corpus, os.path.join(work, "seeds")],
                    1200 if quick else seconds + 120)

    def once_failed(self, name):
        """The inputs of a target that have a name, each alone."""
        seeds = os.path.join(self.build, "fuzz", "work", name, "seeds")
        for seed in sorted(os.listdir(seeds)):
            if not seed.isdigit():
                yield Part(f"{name}_{seed}", [os.path.join(self.build, "fuzz", name + "_fuzz"),
                                              os.path.join(seeds, seed)], 60)

    def parsers(self):
        """Every libFuzzer target; the first ones are the longest, so that none runs alone at the end."""
        names = sorted(self.targets(), key=lambda name: -QUICK_RUNS.get(name, OTHER_RUNS))
        seconds = max(5, int(self.args.minutes * 60 * self.args.jobs / len(names)))
        for name in names:
            yield self.parser(name, self.args.quick, seconds)
            yield from self.once_failed(name)

    def parts(self):
        """What --quick and --only leave of it."""
        if self.args.quick:
            parts = list(self.parsers())
        else:
            parts = list(self.structures()) + list(self.threads()) + list(self.faults()) + list(self.parsers())
        return [part for part in parts if self.args.only in part.name]

    def prepare(self):
        """Build what the parts run."""
        machine.make("fuzz-targets", f"O={self.build}")
        if not self.args.quick:
            machine.make("host-programs", "user-host", f"O={self.build}")
            for arch in machine.PORTS:
                machine.make("all", "initrd", f"ARCH={arch}", f"O={self.build}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--quick", action="store_true", help="only the parsers, some runs each, seed 1")
    parser.add_argument("--seed", type=int, default=0, help="default: a new one, printed; 1 with --quick")
    parser.add_argument("--steps", type=int, default=10**7, help="operations per structure")
    parser.add_argument("--minutes", type=float, default=10, help="for all parsers together")
    parser.add_argument("--runs", type=int, default=0, help="of each parser with --quick")
    parser.add_argument("--only", default="", help="part of a name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="programs at the same time")
    args = parser.parse_args()
    args.seed = args.seed or (1 if args.quick else random.SystemRandom().randrange(1, 1 << 31))

    plan = Plan(args)
    try:
        plan.prepare()
    except subprocess.CalledProcessError as error:
        print(f"1..1\nnot ok 1 - fuzz_programs_build: {' '.join(error.cmd)}\n# fuzz: 0 passed, 1 failed")
        sys.exit(1)
    parts = plan.parts()
    print(f"# seed {args.seed}\n1..{len(parts)}", flush=True)
    lock, failed = threading.Lock(), []

    def run(part):
        log = os.path.join(plan.logs, part.name + ".log")
        good, note, status, bad = part.run(log)
        with lock:
            run.count += 1
            print(f"{'ok' if good else 'not ok'} {run.count} - {part.name}\n#     {note}", flush=True)
            if not good:
                failed.append(part.name)
                again = (f"scripts/fuzz.py{' --quick' * args.quick} --seed {args.seed} --steps {args.steps} "
                         f"--only {part.name}")
                print("\n".join([f"#     status {status}"] + [f"#     {line}" for line in bad] +
                                [f"#     again: {again}    log: {os.path.relpath(log, machine.ROOT)}"]), flush=True)

    run.count = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(run, parts))
    print(f"# fuzz: {len(parts) - len(failed)} passed, {len(failed)} failed (seed {args.seed})")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
