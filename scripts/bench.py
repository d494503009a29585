#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions per operation on both ports, next to tuned Linux's.

Linux's column is scripts/figures.py, or with --peer linux a Linux booted in the same run. Fails when
a judged row (figures.JUDGED) costs more than half of Linux's. Each port runs at the depth Linux
takes, its deepest: Sv57 and 5 levels; --levels picks another.
"""

import argparse
import concurrent.futures
import os
import sys

import figures
import machine
import measure
import peer


def print_row(name, verso, linux, mark=""):
    """One line of the table; None where there is no figure."""
    ratio = f"{verso / linux:.3f}" if verso and linux else "-"
    cells = [f"{value:,}" if value else "-" for value in (verso, linux)]
    print(f"{name:46} {cells[0]:>12} {cells[1]:>12} {ratio:>7}  {mark}".rstrip())


def remark(value, cost):
    """What keeps a row from being within the bar, or nothing."""
    if not cost:
        return "no figure of Linux"
    return "above one half" if value > figures.BAR * cost else ""


def report(arch, result, column, linux, only):
    """Print one port's table; returns the judged rows above the bar or not measured."""
    print(f"{arch + ': instructions per operation':46} {'Verso':>12} {column:>12} {'ratio':>7}")
    rows = list(dict.fromkeys([*result.operations, *result.not_measured, *([] if only else figures.LINUX)]))
    failed = []
    for name in rows:
        value, cost = result.operations.get(name), linux(name)
        mark = remark(value, cost) if value else result.not_measured.get(name, "not measured")
        if mark and name in figures.JUDGED:
            failed.append(name)
        print_row(name, value, cost, mark + (", not judged" if mark and name not in figures.JUDGED else ""))
    judged = [name for name in figures.JUDGED if name in rows]
    print(f"{arch}: {len(judged) - len(failed)} of {len(judged)} judged rows at one half of Linux or below"
          f"{': not ' + '; '.join(failed) if failed else ''}\n")
    return failed


def linux_column(arch, measured, fallen_back):
    """(title, cost of an operation) of a port's Linux: the one just measured, or the recorded one."""
    if measured:
        version, result = measured
        print(f"{arch}: Debian's Linux {version}, tuned, in this run")
        return "Linux", result.operations.get
    if fallen_back:
        print(f"{arch}: no Linux in this run, its recorded figures stand in: {fallen_back}")
    return "Linux tuned", lambda name: figures.tuned(name, arch)


def measure_linux(args, arch):
    """((version, Measurement) or None, why not or None)."""
    if not args.peer:
        return None, None
    try:
        return measure.boot_linux(args.build, arch, args.levels or max(machine.depths(arch)), args.only,
                                  args.timeout), None
    except peer.Missing as missing:
        return None, str(missing)


def measure_all(args, ports):
    """[(arch, Verso's Measurement, measure_linux's answer)]"""
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = [(arch, pool.submit(measure.boot, args.build, arch, args.levels or max(machine.depths(arch)),
                                   False, args.only, args.timeout, args.append),
                 pool.submit(measure_linux, args, arch)) for arch in ports]
        return [(arch, verso.result(), linux.result()) for arch, verso, linux in jobs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--arch", choices=machine.PORTS, action="append")
    parser.add_argument("--peer", choices=["linux"], help="boot and measure it in the same run")
    parser.add_argument("--levels", type=int, help="depth of the page tables")
    parser.add_argument("--only", default="", help="arguments for bench: -q, or a name's pattern")
    parser.add_argument("--append", default="", help="more boot parameters for Verso")
    parser.add_argument("--jobs", type=int, default=2, help="machines at a time")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for each boot")
    args = parser.parse_args()
    args.build = os.path.join(machine.ROOT, args.build)
    ports = args.arch or list(machine.PORTS)
    measure.build_all(args.build, ports)
    bad = False
    for arch, verso, (linux, why) in measure_all(args, ports):
        column, cost = linux_column(arch, linux, why)
        bad |= bool(report(arch, verso, column, cost, args.only))
        if verso.problem or not verso.operations:
            print(f"{arch}: {verso.problem or 'the benchmark printed nothing'}")
            bad = True
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
