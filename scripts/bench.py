#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions per operation on both ports, next to tuned Linux's (scripts/figures.py).

The bar is half of tuned Linux for every row; --strict makes a row above it an error. Each port runs
at the depth Linux was measured with, its default: Sv57 and 5 levels; --levels picks another.
"""

import argparse
import concurrent.futures
import os
import sys

import figures
import machine
import measure


def report(arch, result, only):
    """Print one port's table; returns the rows above the bar and those never measured."""
    print(f"{arch + ': instructions per operation':46} {'Verso':>12} {'Linux tuned':>12} "
          f"{'ratio':>7}")
    above = []
    for name, value in result.operations.items():
        linux = figures.tuned(name, arch)
        ratio = f"{value / linux:.3f}" if linux else "-"
        mark = ""
        if linux and value > figures.BAR * linux:
            above.append(name)
            mark = "  above the bar"
        peer = f"{linux:,}" if linux else "-"
        print(f"{name:46} {value:12,.0f} {peer:>12} {ratio:>7}{mark}")
    missing = [] if only else [name for name in figures.LINUX if name not in result.operations]
    for name in missing:
        print(f"{name:46} {'-':>12} {figures.tuned(name, arch):12,} {'-':>7}  "
              f"{result.not_measured.get(name, 'not measured')}")
    print(f"{len(result.operations) - len(above)} rows within the bar, {len(above)} above, "
          f"{len(missing)} not measured\n")
    return above


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--arch", choices=machine.PORTS, action="append")
    parser.add_argument("--levels", type=int, help="depth of the page tables")
    parser.add_argument("--only", default="", help="arguments for bench: -q, or a name's pattern")
    parser.add_argument("--append", default="", help="more boot parameters")
    parser.add_argument("--strict", action="store_true", help="fail on a row above the bar")
    parser.add_argument("--timeout", type=float, default=600)
    args = parser.parse_args()
    args.build = os.path.join(machine.ROOT, args.build)
    ports = args.arch or list(machine.PORTS)
    measure.build_all(args.build)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(measure.boot, args.build, arch,
                            args.levels or max(machine.depths(arch)), False, args.only,
                            args.timeout, args.append) for arch in ports]
        results = [job.result() for job in jobs]
    bad = False
    for arch, result in zip(ports, results):
        above = report(arch, result, args.only)
        bad |= bool(result.problem) or not result.operations or (args.strict and bool(above))
        if result.problem:
            print(f"{arch}: {result.problem}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
