# SPDX-License-Identifier: MIT
"""What the check-*.py scripts share: which files there are, and how a complaint looks."""

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
