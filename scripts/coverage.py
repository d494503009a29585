#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which lines of lib/ and mm/ do the host tests run?

Reads what gcc's --coverage builds left under --build (make coverage makes them and runs the tests),
adds up the copies of a file that several programs have, and prints one row per file. Annotated
sources go to BUILD/sources/: ##### stands before a line that never ran, a minus sign before one
whose branches all went the same way.
"""

import argparse
import collections
import json
import os
import subprocess

import machine

DIRECTORIES = ("lib", "mm")
BATCH = 40


class File:
    """Counts of one source file: lines, and branches as (line, index)."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.Counter()

    def add(self, lines):
        """One object's counts. A line has several entries where it is in several functions."""
        for line in lines:
            number = line["line_number"]
            self.lines[number] += line["count"]
            for i, branch in enumerate(line["branches"]):
                if not branch["throw"]:
                    self.branches[number, i] += branch["count"]

    def run_lines(self):
        """How many lines ran."""
        return sum(1 for count in self.lines.values() if count)

    def taken(self):
        """How many branches were taken."""
        return sum(1 for count in self.branches.values() if count)


def data_files(build):
    """Everything the instrumented programs wrote."""
    for directory, _, names in os.walk(build):
        yield from (os.path.join(directory, name) for name in names if name.endswith(".gcda"))


def wanted(name):
    """The path from the root of a file that belongs into the table, or None."""
    path = os.path.relpath(os.path.join(machine.ROOT, name), machine.ROOT)
    return path if path.split(os.sep)[0] in DIRECTORIES and path.endswith(".c") else None


def collect(build):
    """{path: File} of all objects."""
    files = collections.defaultdict(File)
    names = sorted(os.path.abspath(name) for name in data_files(build))
    for start in range(0, len(names), BATCH):
        text = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                               *names[start:start + BATCH]],
                              cwd=machine.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        for document in text.splitlines():
            for entry in json.loads(document)["files"]:
                path = wanted(entry["file"])
                if path:
                    files[path].add(entry["lines"])
    return files


def annotate(path, file, directory):
    """Write the source with a mark in front of each line."""
    missed = {number for (number, _), count in file.branches.items() if not count}
    target = os.path.join(directory, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(os.path.join(machine.ROOT, path), encoding="utf-8") as source, \
         open(target, "w", encoding="utf-8") as out:
        for number, text in enumerate(source, 1):
            mark = ""
            if number in file.lines:
                mark = "#####" if not file.lines[number] else "-" if number in missed else "+"
            out.write(f"{mark:5} {number:4} {text}")


def percent(part, whole):
    """A share for the table."""
    return f"{100 * part / whole:6.1f} %" if whole else "      -"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="the directory of the instrumented build")
    args = parser.parse_args()
    files = collect(args.build)
    row = "{:24} {:>6} {:>9} {:>9} {:>9}"
    print(row.format("file", "lines", "run", "branches", "taken"))
    for directory in DIRECTORIES:
        sums = [0, 0, 0, 0]
        for path in sorted(path for path in files if path.startswith(directory + os.sep)):
            file = files[path]
            counts = len(file.lines), file.run_lines(), len(file.branches), file.taken()
            sums = [a + b for a, b in zip(sums, counts)]
            annotate(path, file, os.path.join(args.build, "sources"))
            print(row.format(path, counts[0], percent(counts[1], counts[0]), counts[2],
                             percent(counts[3], counts[2])))
        print(row.format(f"{directory}/ in all", sums[0], percent(sums[1], sums[0]), sums[2],
                         percent(sums[3], sums[2])) + "\n")


if __name__ == "__main__":
    main()
