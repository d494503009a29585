#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write docs/locking.md from enum lock_rank, the one place where the lock order is stated.

With --check it fails when the file on disk is not what the enum says (part of `make check`).
"""

import re

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


if __name__ == "__main__":
    lint.generate(__doc__, "docs/locking.md", SOURCE, render)
