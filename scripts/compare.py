#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One table: both ports at every depth, on the same programs, by counted instructions.

Boots riscv (Sv39, Sv48, Sv57) and x86-64 (4 and 5 levels) with one CPU and 512 MiB under icount,
runs the user tests and the benchmark, and prints what differs and what it cost. Nothing in a boot
depends on the wall clock: two runs print the same digits, and --twice proves it.
"""

import argparse
import concurrent.futures
import os
import sys

import machine
import measure

COUNTERS = [
    ("page-table pages", "nr_page_table_pages"), ("page faults", "pgfault"),
    ("  major", "pgmajfault"), ("  anonymous", "pgfault_anon"), ("  zero page", "pgfault_zero"),
    ("  file", "pgfault_file"), ("  file, private write", "pgfault_file_cow"),
    ("  shared", "pgfault_shared"), ("  copy on write", "pgfault_cow"),
    ("  reuse", "pgfault_reuse"), ("  spurious", "pgfault_spurious"),
    ("TLB flushes, local", "tlb_flush_local"), ("TLB flushes, remote", "tlb_flush_remote"),
    ("IPIs", "ipi_sent"),
]


def columns():
    """[(port, depth)] in the order of the table."""
    return [(arch, levels) for arch in machine.PORTS for levels in machine.depths(arch)]


def run_all(args):
    """{(port, depth): Measurement}, two machines at a time."""
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = {key: pool.submit(measure.boot, args.build, *key, not args.no_tests, "-q",
                                 args.timeout) for key in columns()}
        return {key: job.result() for key, job in jobs.items()}


def print_row(name, cells, width):
    print(f"{name:{width}} " + " ".join(f"{cell:>12}" for cell in cells))


def topic(name):
    """The group of a test: its first word, which is the call or the mechanism."""
    return name.split("_")[0].split(" ")[0]


def test_rows(results):
    """[(name, cells)]: a topic where every test passes everywhere, else the test itself."""
    outcomes = {key: result.tests.outcome() if result.tests else {}
                for key, result in results.items()}
    names = list(dict.fromkeys(name for table in outcomes.values() for name in table))
    groups = {}
    for name in names:
        groups.setdefault(topic(name), []).append(name)
    rows = []
    for group, members in groups.items():
        cells = [[outcomes[key].get(name, "lost") for name in members] for key in columns()]
        if all(cell == "pass" for column in cells for cell in column):
            rows.append((f"{group} ({len(members)} tests)", ["pass"] * len(cells)))
            continue
        for position, name in enumerate(members):
            row = [column[position] for column in cells]
            if set(row) != {"pass"}:
                rows.append((name, row))
        good = sum(all(column[position] == "pass" for column in cells)
                   for position in range(len(members)))
        if good:
            rows.append((f"{group} ({good} other tests)", ["pass"] * len(cells)))
    return rows


def operation_rows(results):
    names = list(dict.fromkeys(name for result in results.values()
                               for name in [*result.operations, *result.not_measured]))
    return [(name, [f"{results[key].operations[name]:,.0f}"
                    if name in results[key].operations else "n/a" for key in columns()])
            for name in names]


def counter_rows(results):
    return [(label, [f"{results[key].counters[name]:,}" if name in results[key].counters else "-"
                     for key in columns()]) for label, name in COUNTERS]


def table(results, with_tests):
    """The whole table as [(title, rows)]."""
    parts = [("test", test_rows(results))] if with_tests else []
    return parts + [("operation, instructions per op", operation_rows(results)),
                    ("counters at the end", counter_rows(results))]


def print_table(parts):
    heads = [f"{arch} {machine.depth_name(arch, levels)}".replace("riscv ", "")
             .replace("x86_64 ", "x86 ") for arch, levels in columns()]
    width = max(len(name) for _, rows in parts for name, _ in rows + [("", [])]) + 1
    for title, rows in parts:
        print_row(title, heads, max(width, 32))
        for name, cells in rows:
            print_row(name, cells, max(width, 32))
        print()


def problems(results, with_tests):
    """Why this comparison must not be trusted, one line each."""
    for (arch, levels), result in results.items():
        where = f"{arch} {machine.depth_name(arch, levels)}"
        if result.problem:
            yield f"{where}: {result.problem}; the log is measure-{levels}.log"
        if with_tests and result.tests:
            yield from (f"{where}: not ok {name}" for name in result.tests.failed)
            yield from (f"{where}: {problem}" for problem in result.tests.problems)
        if not result.operations:
            yield f"{where}: the benchmark printed no row"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where to build (make's O)")
    parser.add_argument("--twice", action="store_true", help="fail unless two runs agree")
    parser.add_argument("--no-tests", action="store_true", help="only the benchmark")
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("--jobs", type=int, default=2, help="machines at the same time")
    args = parser.parse_args()
    args.build = os.path.join(machine.ROOT, args.build)
    measure.build_all(args.build)
    results = run_all(args)
    parts = table(results, not args.no_tests)
    print_table(parts)
    complaints = list(problems(results, not args.no_tests))
    if args.twice:
        again = table(run_all(args), not args.no_tests)
        if again == parts:
            print("A second run agrees to the digit.")
        else:
            complaints.append("a second run differs:")
            print_table([(title, [row for row in rows if row not in before]) for (title, rows),
                         (_, before) in zip(again, parts)])
    for line in complaints:
        print(line)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
