#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The two ports are mirror images.

RULE    arch/riscv and arch/x86_64 have the same files; a file of one side only is a row of the
        table "no twin, because" in arch/README.md, and every row of it names such a file. Twins
        have the same section headings (/* ---- words ---- */) in the same order, and the public
        functions that both define come in the same order.
REASON  Two files printed next to each other are the comparison; a reader who knows one port must
        find everything of the other where he expects it.
"""

import os
import re

import lint

PORTS = ("riscv", "x86_64")
HEADING = re.compile(r"^[ \t]*(?:/\*|#|//) -{3,} ([^\n]*?) -{3,}", re.MULTILINE)
ROW = re.compile(r"^\|\s*`([^`]+)`\s*\|", re.MULTILINE)
C_FUNCTION = re.compile(r"^(?!static\b(?! inline)|typedef|struct \w+ \{|enum \w+ \{|#|\s|\})"
                        r"[\w \t*]*?\b(\w+)\s*\([^;{}]*\)[^;{}()]*\n?\{", re.MULTILINE)
S_FUNCTION = re.compile(r"^\s*(?:\.globl|\.global|ENTRY\(|FUNC\(|SYM_\w+\()\s*(\w+)", re.MULTILINE)
NO_TWIN_NEEDED = {"README.md", "arch.mk", "kernel.ld"}


def port_files(port):
    """Paths of a port's files relative to its directory."""
    base = f"arch/{port}"
    return {os.path.relpath(path, base)
            for path in lint.files((base,), (".c", ".h", ".S", ".ld", ".mk", ".md"))}


def functions(path):
    """Public functions in the order of their definitions."""
    text = lint.without_comments(lint.read(path))
    regex = S_FUNCTION if path.endswith(".S") else C_FUNCTION
    return [name for name in regex.findall(text) if name not in ("if", "while", "for", "switch")]


def check_order(kind, leaf, left, right, complaints):
    """Complain about the first place where two lists differ."""
    for first, second in zip(left + ["(end)"], right + ["(end)"]):
        if first != second:
            complaints.add(f"arch/{PORTS[0]}/{leaf}", 0,
                           f"{kind} '{first}' stands where {PORTS[1]} has '{second}'")
            return


def check_twins(leaf, complaints):
    paths = [f"arch/{port}/{leaf}" for port in PORTS]
    headings = [HEADING.findall(lint.read(path)) for path in paths]
    check_order("heading", leaf, *headings, complaints)
    names = [functions(path) for path in paths]
    common = set(names[0]) & set(names[1])
    check_order("function", leaf, *[list(dict.fromkeys(name for name in side if name in common))
                                    for side in names], complaints)


def main():
    complaints = lint.Complaints("check-mirror")
    left, right = (port_files(port) for port in PORTS)
    readme = "arch/README.md"
    listed = set(ROW.findall(lint.read(readme))) if os.path.exists(
        f"{lint.ROOT}/{readme}") else set()
    for leaf in sorted(left ^ right):
        port = PORTS[0] if leaf in left else PORTS[1]
        if not {leaf, os.path.basename(leaf), f"{port}/{leaf}"} & listed:
            complaints.add(f"arch/{port}/{leaf}", 0, f"no twin, and no row in {readme} says why")
    for name in sorted(listed):
        bare = name.split("/", 1)[1] if name.split("/")[0] in PORTS else name
        one_sided = {path for path in left ^ right if bare in (path, os.path.basename(path))}
        if not one_sided:
            complaints.add(readme, 0, f"the row of `{name}` names no file without a twin")
    for leaf in sorted((left & right) - NO_TWIN_NEEDED):
        check_twins(leaf, complaints)
    complaints.finish()


if __name__ == "__main__":
    main()
