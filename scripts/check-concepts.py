#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The index from the lecture's word to the file is complete and true.

RULE    In docs/concepts.md every `path` of the column "code" exists (a * stands for both ports),
        every `symbol` there occurs in the path before it (on both ports after a *), every name of
        the column "test" occurs in tests/, and every mm/*.c is named in some row.
REASON  The index is the first page a student opens; a dead entry costs more trust than none.
"""

import glob
import os
import re

import lint

INDEX = "docs/concepts.md"
CODE, TEST = 3, 4
TOKEN = re.compile(r"`([^`]+)`")
PATH = re.compile(r"[\w./*-]+\.[chS]")
WORD = re.compile(r"\w+")


def test_words():
    """Every identifier in tests/, among them the names of all tests."""
    return {word for path in lint.files(("tests",), (".c",))
            for word in WORD.findall(lint.read(path))}


def paths_of(pattern):
    """The files a path of the index stands for."""
    return [os.path.relpath(hit, lint.ROOT) for hit in glob.glob(f"{lint.ROOT}/{pattern}")]


def check_code(complaints, number, cell):
    """Complain about dead paths and symbols; returns the paths that the cell names."""
    named, hits = set(), []
    for token in TOKEN.findall(cell):
        if PATH.fullmatch(token):
            hits = paths_of(token)
            named.update(hits)
            if not hits or ("arch/*" in token and len(hits) < 2):
                complaints.add(INDEX, number, f"`{token}` does not exist")
            continue
        for path in hits:
            if token not in WORD.findall(lint.read(path)):
                complaints.add(INDEX, number, f"`{token}` does not occur in {path}")
    return named


def main():
    complaints = lint.Complaints("check-concepts")
    tests, named = test_words(), set()
    for number, line in enumerate(lint.read(INDEX).split("\n"), 1):
        cells = line.split("|")
        if len(cells) <= TEST:
            continue
        named |= check_code(complaints, number, cells[CODE])
        for name in TOKEN.findall(cells[TEST]):
            if name not in tests:
                complaints.add(INDEX, number, f"`{name}` is no test")
    for path in lint.files(("mm",), (".c",)):
        if path not in named:
            complaints.add(INDEX, 0, f"no row names {path}")
    complaints.finish()


if __name__ == "__main__":
    main()
