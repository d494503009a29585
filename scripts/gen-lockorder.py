#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write docs/locking.md from enum lock_rank, the one place where the lock order is stated.

With --check it fails when the file on disk is not what the enum says (part of `make check`).
"""

import argparse
import re
import sys

import lint

SOURCE = "include/kernel/lockdep.h"
RANK = re.compile(r"^\s*(RANK_\w+),?\s*/\*\s*(.*?)\s*\*/", re.MULTILINE)
HEAD = """# The lock order

Generated from `enum lock_rank` in `include/kernel/lockdep.h` by `make docs`; do not edit.

A thread, or a CPU for spinlocks, may take a lock only of a rank *below* (further down this table)
all it holds. Debug builds (`DEBUG=1`) panic on a descent and print both acquisition sites.
Outermost first:

| rank | kind | guards |
|---|---|---|
"""


def render():
    """The document, from the enum."""
    rows, kind = [], "sleeping"
    for name, text in RANK.findall(lint.read(SOURCE)):
        if name == "RANK_SPIN_FIRST":
            kind = "spin"
            rows.append("| | | *spinlocks from here on: nothing that sleeps is taken inside* |")
            continue
        text = re.sub(r"^sleeping:\s*", "", text)
        rows.append(f"| `{name}` | {kind} | {text} |")
    return HEAD + "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", dest="output", default="docs/locking.md")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    text = render()
    if not args.check:
        with open(f"{lint.ROOT}/{args.output}", "w", encoding="utf-8") as file:
            file.write(text)
        return
    try:
        same = lint.read(args.output) == text
    except FileNotFoundError:
        same = False
    if not same:
        sys.exit(f"{args.output} is not what {SOURCE} says; `make docs` writes it")


if __name__ == "__main__":
    main()
