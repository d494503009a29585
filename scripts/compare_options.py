#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a boot parameter is worth: the same benchmark with both of its values, by counted instructions.

Boots both ports at their deepest page tables, with one CPU under icount, once with the defaults and
once with each old way of OPTIONS, and prints the operations whose cost differs. For mmap_cache a third
boot counts how often the remembered VMA would have been the right one. Addresses are not random, since
caches of the kernel that are found by address would add differences of their own. --twice repeats it
all and fails unless the digits are the same.
"""

import argparse
import concurrent.futures
import os
import sys

import machine
import measure

# title, the default, the old way, counters that tell what happened (of which boot parameter)
OPTIONS = [
    ("the VMA found last", "mmap_cache=on", "mmap_cache=off", "mmap_cache=count",
     ("vmacache_find_calls", "vmacache_find_hits")),
    ("pages of mapped files", "nopage=cache", "nopage=share", "nopage=share",
     ("nopage_shared", "nopage_read")),
]
SMALL = 0.005		# a share of the cost: what differs less is not shown


def boots():
    """Every command line that is needed, once."""
    return list(dict.fromkeys(words for _, *three, _ in OPTIONS for words in three
                              if words != OPTIONS[1][1]))


def run_port(args, arch):
    """{words: Measurement} of a port, one boot after the other: they share its files."""
    deepest = machine.depths(arch)[-1]
    return {words: measure.boot(args.build, arch, deepest, False, "-q", args.timeout,
                                words + " norandom")
            for words in boots()}


def run_all(args):
    """{(port, words): Measurement}"""
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = {arch: pool.submit(run_port, args, arch) for arch in machine.PORTS}
        return {(arch, words): result for arch, job in jobs.items()
                for words, result in job.result().items()}


def rows_of(results, new, old):
    """[(operation, cells)]: what costs otherwise on some port."""
    default = boots()[0]
    rows = []
    for name in results[machine.PORTS[0], default].operations:
        cells, differs = [], False
        for arch in machine.PORTS:
            a = results[arch, new if (arch, new) in results else default].operations.get(name)
            b = results[arch, old].operations.get(name)
            if not a or not b:
                cells += ["-", "-", "-"]
                continue
            differs |= abs(b - a) > SMALL * a
            cells += [f"{a:,}", f"{b:,}", f"{b / a:.2f}"]
        if differs:
            rows.append((name, cells))
    return rows


def table(results):
    """[(title, heads, rows)]"""
    parts = []
    for title, new, old, counting, counters in OPTIONS:
        heads = [head for _ in machine.PORTS for head in (new.split("=")[1], old.split("=")[1], "ratio")]
        rows = rows_of(results, new, old)
        for name in counters:
            figures = [results[arch, counting].counters.get(name, 0) for arch in machine.PORTS]
            rows.append((f"{name} ({counting})", [cell for n in figures for cell in (f"{n:,}", "", "")]))
        parts.append((f"{title}: {new} | {old}", heads, rows))
    return parts


def print_table(parts):
    print(f"{'':46}" + "".join(f"{arch:^30}" for arch in machine.PORTS))
    for title, heads, rows in parts:
        print(f"{title:46}" + "".join(f"{head:>10}" for head in heads))
        for label, cells in rows:
            print(f"  {label:44}" + "".join(f"{cell:>10}" for cell in cells))
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--twice", action="store_true", help="fail unless two runs agree")
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("--jobs", type=int, default=2, help="machines at the same time")
    args = parser.parse_args()
    args.build = os.path.join(machine.ROOT, args.build)
    measure.build_all(args.build)
    results = run_all(args)
    parts = table(results)
    print_table(parts)
    complaints = [f"{arch} {words}: {result.problem or 'no figures'}"
                  for (arch, words), result in results.items()
                  if result.problem or not result.operations]
    if args.twice:
        if table(run_all(args)) == parts:
            print("A second run agrees to the digit.")
        else:
            complaints.append("a second run differs")
    for line in complaints:
        print(line)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
