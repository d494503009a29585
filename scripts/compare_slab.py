#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One table: SLUB, SLAB and SLOB on the same allocations, by counted instructions and by memory.

Boots both ports with 1 and 4 CPUs under icount and slab=slub, slab, slob (first, size, best), runs
`ktest=slabbench` (tests/kernel/slab_bench.c) of a KTEST=1 build without debugging, and prints what
an operation cost. One instruction takes 1 ns of guest time there, so each figure is both. --twice
repeats everything and fails unless the digits are the same.

One machine is not counted: under icount QEMU runs the CPUs of a riscv machine in turns of 10^8
instructions (x86-64's `pause` ends a turn), so that each fence of another CPU takes seconds. Its
figures are ns of real time, and vary.
"""

import argparse
import concurrent.futures
import os
import re
import sys

import guest
import machine

BACK_ENDS = [("SLUB", "slab=slub"), ("SLAB", "slab=slab"), ("SLOB first", "slab=slob slob=first"),
             ("SLOB size", "slab=slob slob=size"), ("SLOB best", "slab=slob slob=best")]
CPUS = (1, 4)
NOT_COUNTED = ("riscv", 4)
ROW = re.compile(r"^slabbench: (.+) (\d+)$", re.MULTILINE)
PAGE = 4096


def boot(args, arch, cpus, words):
    """({name: number}, problem or None) of one machine."""
    kernel = os.path.join(args.build, f"{arch}-ktest", "verso.elf")
    command = machine.qemu_command(arch, kernel, None, f"ktest=slabbench seed=1 norandom {words}",
                                   smp=cpus, icount=(arch, cpus) != NOT_COUNTED)
    text, _, problem = guest.run_to_end(command, args.timeout)
    if not problem and "\n# 1 passed, 0 failed" not in text:
        problem = "the benchmark did not end well:\n" + text[-600:]
    return {name: int(value) for name, value in ROW.findall(text)}, problem


def run_all(args):
    """{(port, cpus, back end): (figures, problem)}, a few machines at a time."""
    keys = [(arch, cpus, name) for arch in machine.PORTS for cpus in CPUS for name, _ in BACK_ENDS]
    words = dict(BACK_ENDS)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = {key: pool.submit(boot, args, key[0], key[1], words[key[2]]) for key in keys}
        return {key: job.result() for key, job in jobs.items()}


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def memory_rows(figures):
    """[(label, cells)]: what the mixed workload holds in memory, while it is full and after it."""
    rows = [("requested KiB", [f"{f.get('requested', 0) // 1024:,}" for f in figures]),
            ("pages used for it", [f"{f.get('pages', 0):,}" for f in figures])]
    rows.append(("internal fragmentation (objects)",
                 [percent(f.get("usable", 0) - f.get("requested", 0), f.get("usable", 0))
                  for f in figures]))
    rows.append(("overhead (pages over requested)",
                 [percent(f.get("pages", 0) * PAGE - f.get("requested", 0), f.get("requested", 0))
                  for f in figures]))
    rows.append(("pages kept when all is free", [f"{f.get('kept', 0):,}" for f in figures]))
    return rows


def time_rows(figures):
    """[(label, cells)]: instructions of an allocation and its free."""
    labels = {"cache": "kmem_cache of 200, 64 at a time", "exchange": "kmalloc 200, freed elsewhere",
              "mixed": "mixed sizes and lives"}
    names = [name for name in dict.fromkeys(name for f in figures for name in f)
             if name.split()[0] in ("pair", "batch", "cache", "exchange", "mixed")]
    order = ["pair", "batch", "cache", "exchange", "mixed"]
    names.sort(key=lambda name: order.index(name.split()[0]))
    rows = []
    for name in names:
        kind, _, size = name.partition(" ")
        label = {"pair": f"kmalloc {size}, one at a time", "batch": f"kmalloc {size}, 64 at a time"
                 }.get(kind, labels.get(kind))
        rows.append((label, [f"{f[name]:,}" if name in f else "-" for f in figures]))
    return rows


def table(results):
    """[(title, rows)] for each machine."""
    parts = []
    for arch in machine.PORTS:
        for cpus in CPUS:
            figures = [results[arch, cpus, name][0] for name, _ in BACK_ENDS]
            unit = "real ns" if (arch, cpus) == NOT_COUNTED else "instructions (= ns)"
            where = f"{arch}, {cpus} CPU{'s' if cpus > 1 else ''}"
            parts.append((f"{where}: {unit}", time_rows(figures)))
            parts.append((f"{where}: memory", memory_rows(figures)))
    return parts


def counted(parts):
    """The parts that must be the same in every run."""
    uncounted = f"{NOT_COUNTED[0]}, {NOT_COUNTED[1]} CPUs"
    return [part for part in parts if not part[0].startswith(uncounted)]


def print_table(parts):
    for title, rows in parts:
        print(f"{title:40}" + "".join(f"{name:>12}" for name, _ in BACK_ENDS))
        for label, cells in rows:
            print(f"  {label:38}" + "".join(f"{cell:>12}" for cell in cells))
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--twice", action="store_true", help="fail unless two runs agree")
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--jobs", type=int, default=2, help="machines at the same time")
    args = parser.parse_args()
    args.build = os.path.join(machine.ROOT, args.build)
    for arch in machine.PORTS:
        machine.make("all", "KTEST=1", f"ARCH={arch}", f"O={args.build}")
    results = run_all(args)
    parts = table(results)
    print_table(parts)
    complaints = [f"{arch} {cpus} CPUs {name}: {problem}"
                  for (arch, cpus, name), (_, problem) in results.items() if problem]
    if args.twice:
        if counted(table(run_all(args))) == counted(parts):
            print("A second run agrees to the digit.")
        else:
            complaints.append("a second run differs")
    for line in complaints:
        print(line)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
