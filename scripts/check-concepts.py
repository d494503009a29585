#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The index from the lecture's word to the file is complete and true.

RULE    In docs/concepts.md every `path` of the column "code" exists (a * stands for both ports),
        and every mm/*.c is named in some row.
REASON  The index is the first page a student opens; a dead entry costs more trust than none.
"""

import glob
import os
import re

import lint

INDEX = "docs/concepts.md"
PATH = re.compile(r"`([\w./*-]+\.[chS])`")


def main():
    complaints = lint.Complaints("check-concepts")
    named = set()
    for number, line in enumerate(lint.read(INDEX).split("\n"), 1):
        cells = line.split("|")
        if len(cells) < 4:
            continue
        for path in PATH.findall(cells[2]):
            hits = {os.path.relpath(hit, lint.ROOT) for hit in glob.glob(f"{lint.ROOT}/{path}")}
            named |= hits
            if not hits or ("arch/*" in path and len(hits) < 2):
                complaints.add(INDEX, number, f"`{path}` does not exist")
    for path in lint.files(("mm",), (".c",)):
        if path not in named:
            complaints.add(INDEX, 0, f"no row names {path}")
    complaints.finish()


if __name__ == "__main__":
    main()
