# SPDX-License-Identifier: MIT
"""What the check-*.py scripts share: which files there are, and how a complaint looks."""

import argparse
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL_DIRS = ("arch", "include", "mm", "kernel", "drivers", "lib", "fs")
ALL_DIRS = KERNEL_DIRS + ("user", "tests", "scripts", "docs", ".ci")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def files(directories=KERNEL_DIRS, suffixes=(".c", ".h", ".S")):
    """Sorted paths, relative to the root, of the files with these suffixes."""
    found = []
    for directory in directories:
        for base, names, leaves in os.walk(os.path.join(ROOT, directory)):
            names[:] = [name for name in names if name != "__pycache__"]
            found += [os.path.relpath(os.path.join(base, leaf), ROOT) for leaf in leaves
                      if leaf.endswith(suffixes)]
    return sorted(found)


def read(path):
    """The text of a file of the tree."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    """The text with comments blanked, line numbers kept."""
    return COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def generate(doc, output, source, render):
    """The main() of a generator: write the file of docs/, or with --check say whether it is current."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("-o", dest="output", default=output)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    text = render()
    if not args.check:
        with open(f"{ROOT}/{args.output}", "w", encoding="utf-8") as file:
            file.write(text)
        return
    try:
        same = read(args.output) == text
    except FileNotFoundError:
        same = False
    if not same:
        sys.exit(f"{args.output} is not what {source} says; `make docs` writes it")


class Complaints:
    """Collects `path:line: message` and turns them into an exit status."""

    def __init__(self, name):
        self.name, self.lines = name, []

    def add(self, path, line, message):
        self.lines.append(f"{path}:{line}: {message}" if line else f"{path}: {message}")

    def finish(self):
        for line in self.lines:
            print(line)
        if self.lines:
            print(f"{self.name}: {len(self.lines)} complaints")
        sys.exit(1 if self.lines else 0)
