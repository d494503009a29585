#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The user guide names everything a user can type.

RULE    Every target with a help text, every boot parameter of kernel/params.c, every program of
        user/bin/tools.h and every name in /proc is a word of docs/user-guide.md.
REASON  A thing that the guide does not name is a thing that only its author uses.
"""

import re

import lint

GUIDE = "docs/user-guide.md"
# What to look for: (what it is, file, pattern with the name as its group).
SOURCES = [
    ("target", "Makefile", r"^([a-z-]+):.*## "),
    ("target", "tests/host/host.mk", r"^([a-z-]+):.*## "),
    ("boot parameter", "kernel/params.c", r'^\t\{ "(\w+)",\s+(?:P_|NOSMP)'),
    ("program", "user/bin/tools.h", r"^\tX\((\w+), "),
]
PROC = r'\{ \.name = "([\w-]+)", \.mode = S_IF'


def names():
    """(what, name, file) of everything the guide must name."""
    for what, path, pattern in SOURCES:
        for name in re.findall(pattern, lint.read(path), re.MULTILINE):
            yield what, name, path
    for path in lint.files(("fs",), (".c",)):
        if path.startswith("fs/proc"):
            for name in re.findall(PROC, lint.read(path)):
                yield "/proc file", name, path


def main():
    complaints = lint.Complaints("check-guide")
    words = set(re.findall(r"[\w-]+", lint.read(GUIDE)))
    for what, name, path in names():
        if name not in words:
            complaints.add(GUIDE, 0, f"the {what} `{name}` of {path} is not in it")
    complaints.finish()


if __name__ == "__main__":
    main()
