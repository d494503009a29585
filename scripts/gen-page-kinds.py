#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write docs/page-kinds.md, the matrix of swappable and shareable pages, from PAGE_KINDS of the kernel.

The list is what classifies pages (mm/page_kind.c). Each kind must be tried by a test, which the document
cites. With --check it fails when the file on disk is not what the list says (part of `make check`).
"""

import re
import sys

import lint

SOURCE = "include/mm/page_kind.h"
TESTS = "tests/kernel/page_kind_test.c"
ROW = re.compile(r'\bX\((\w+),\s*(yes|no),\s*(yes|no),\s*"([^"]+)",\s*"([^"]+)"\)')
TEST = re.compile(r"^KTEST\((\w+)\)(.*?)^\}", re.MULTILINE | re.DOTALL)
HEAD = """# Kinds of pages: which may be taken away, which may be shared

Generated from `PAGE_KINDS` in `include/mm/page_kind.h` by `make docs`; do not edit.

*Swappable*: a process can lose the page and get it back by a fault. *Shareable*: several address spaces map it.
The first row that fits is a page's kind. `/proc/page_kinds` shows the table with the number of pages of each kind; the
tests make a page of each kind and try both columns. Until there is swap space, "to swap" means that everything else is
there: all entries are found, taken out and put back (`mm/migrate.c`), and the page says that it has no file
(`PG_swapbacked`).

| kind | pages | swappable | shareable | how | tried by |
|---|---|---|---|---|---|
"""


def render():
    """The document, from the list."""
    tests = TEST.findall(lint.read(TESTS))
    text = lint.read(SOURCE)
    lines = []
    for kind, swappable, shareable, what, how in ROW.findall(text[text.index("#define PAGE_KINDS"):]):
        cited = [name for name, body in tests if re.search(rf"\bKIND_{kind}\b", body)]
        if not cited:
            sys.exit(f"{SOURCE}: no test of {TESTS} makes a page of the kind {kind}")
        lines.append(f"| `{kind}` | {what} | {swappable} | {shareable} | {how} | `{cited[0]}` |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    lint.generate(__doc__, "docs/page-kinds.md", SOURCE, render)
