#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The random fault fuzzer on this machine's Linux and on Verso: every line must be the same.

  scripts/faultfuzz.py [--port riscv:sv39] [--seeds 20] [--steps 2000] [--seed 1] [--build build]

boots each port and depth (or one) on the kernel in the build directory. For each seed that differs
the first step that does is printed, with what either side says. `make test` runs a short part of it
(scripts/test.py --only faultfuzz), `make fuzz` a long one.
"""

import argparse
import os
import random
import re
import subprocess
import sys

import guest
import machine

LINE = re.compile(r"^(\d+)(?:\.| end)")
DEPTHS = [(arch, levels) for arch in machine.PORTS for levels in machine.depths(arch)]


def by_seed(text):
    """{seed: its lines}, without what a kernel prints in between."""
    seeds = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            seeds.setdefault(int(match.group(1)), []).append(line)
    return seeds


def on_linux(build, seed, steps, seeds):
    """The reference."""
    tools = os.path.join(machine.ROOT, build, "host", "user", "verso-tools")
    done = subprocess.run([tools, "faultfuzz", str(seed), str(steps), str(seeds)], capture_output=True,
                          text=True, errors="replace", timeout=60 + seeds * steps / 100, check=False)
    return by_seed(done.stdout)


def words(line):
    """A map is compared mapping by mapping, any other line as one."""
    return re.split(r"(?= \[)", line) if " map " in line else [line]


def first_difference(expected, got):
    """None, or three lines: the step before, what Linux says, what Verso says."""
    if expected == got:
        return None
    at = next((i for i, pair in enumerate(zip(expected, got)) if pair[0] != pair[1]), min(len(expected), len(got)))
    ours, theirs = (lines[at] if at < len(lines) else "(no more lines)" for lines in (got, expected))
    before = [line for line in expected[:at] if " map " not in line and " digest " not in line][-1:]
    return [f"after {line}" for line in before] + [
        "linux " + "".join(part for part in words(theirs) if part not in words(ours)),
        "verso " + "".join(part for part in words(ours) if part not in words(theirs))]


def compare(expected, text, arch, depth):
    """(names that passed, names that failed, reasons) of one boot."""
    got, passed, failed, reasons = by_seed(text), [], [], []
    for seed, lines in expected.items():
        name = f"faultfuzz_seed_{seed}_on_{arch}_{depth}_is_as_on_linux"
        problem = first_difference(lines, got.get(seed, []))
        (failed if problem else passed).append(name)
        reasons += problem or []
    return passed, failed, reasons


def boot_words(seed, steps, seeds):
    """What makes the fuzzer the first program."""
    return f"rdinit=/bin/faultfuzz -- {seed} {steps} {seeds}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", help="as riscv:sv39 or x86_64:5level; default: all")
    parser.add_argument("--seed", type=int, default=0, help="default: a random one, printed")
    parser.add_argument("--seeds", type=int, default=20, help="how many, one after the other")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--build", default="build")
    parser.add_argument("--variant", default="", help="-debug for the kernel with assertions")
    args = parser.parse_args()
    args.seed = args.seed or random.SystemRandom().randrange(1, 1 << 20)
    print(f"# seed {args.seed}", flush=True)
    expected = on_linux(args.build, args.seed, args.steps, args.seeds)
    bad = len(expected) != args.seeds
    for arch, levels in DEPTHS:
        depth = machine.depth_name(arch, levels)
        if args.port and args.port != f"{arch}:{depth}":
            continue
        kernel = os.path.join(machine.ROOT, args.build, arch + args.variant, "verso.elf")
        initrd = os.path.join(machine.ROOT, args.build, arch, "initrd.cpio")
        append = machine.boot_words(boot_words(args.seed, args.steps, args.seeds), levels)
        text, _, lost = guest.run_to_end(machine.qemu_command(arch, kernel, initrd, append),
                                         60 + args.seeds * args.steps / 50)
        passed, failed, reasons = compare(expected, text, arch, depth)
        print(f"{arch}:{depth}: {len(passed)} seeds as on Linux, {len(failed)} not")
        print("".join(f"    {line}\n" for line in ([lost] if lost else []) + reasons), end="", flush=True)
        bad |= bool(failed or lost)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
