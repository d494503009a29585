#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write docs/fault-flow.md, the flow chart of a page fault, from FAULT_CASES of the kernel.

The list is what names the records of the fault tracer. Each function it names must exist in mm/, and
each case must be provoked by a test, which the document cites. With --check it fails when the file on
disk is not what the list says (part of `make check`).
"""

import re
import sys

import lint

SOURCE = "include/mm/fault_trace.h"
ROW = re.compile(r'\bX\((\w+),\s*(.+?),\s*"(\w+)",\s*"([^"]*)"\)', re.DOTALL)
TEST = re.compile(r"^K?TEST\((\w+)\)(.*?)^\}", re.MULTILINE | re.DOTALL)
HEAD = """# The flow of a page fault

Generated from `FAULT_CASES` in `include/mm/fault_trace.h` by `make docs`; do not edit.

The questions are asked from the top; the first that is answered with yes is the case. They are the code's own
conditions: `f` is the `struct fault`, `r` what handling it returned, `after` the entry that is in the table
then. `faulttrace PID` shows the cases as they happen.

```
the hardware refuses an access: handle_mm_fault
"""


def cases():
    """(name, condition, function, outcome) of each case, in the order they are asked."""
    text = lint.read(SOURCE)
    start = text.index("#define FAULT_CASES(X)")
    body = re.sub(r"\\\n", "\n", text[start:text.index("enum fault_case {")])
    body = body[body.index("\n"):]
    return [(name, " ".join(condition.split()), by, outcome)
            for name, condition, by, outcome in ROW.findall(body)]


def tests():
    """(name, body) of each test of the tracer."""
    for path in ("tests/user/faulttrace_test.c", "tests/kernel/fault_trace_test.c"):
        yield from TEST.findall(lint.read(path))


def place_of(function, sources):
    """The file of mm/ that defines a function."""
    for path, text in sources:
        if re.search(rf"^\w[\w \*]*\b{function}\([^;{{}}]*\)\n\{{", text, re.MULTILINE):
            return path
    sys.exit(f"{SOURCE}: no file of mm/ defines {function}()")


def render():
    """The document, from the list."""
    sources = [(path, lint.read(path)) for path in lint.files(("mm",), (".c",))]
    bodies = list(tests())
    rows, chart, table = cases(), [], []
    for name, condition, by, outcome in rows:
        provokes = [test for test, body in bodies
                    if re.search(rf"case={name} |FAULT_CASE_{name}\b", body)]
        if not provokes:
            sys.exit(f"{SOURCE}: no test provokes the case {name}")
        question = "otherwise" if condition == "true" else condition + " ?"
        chart.append(f"  |\n  +- {question}\n  |     `-> {name}: {by}()\n  |         {outcome}")
        table.append(f"| `{name}` | `{by}` in `{place_of(by, sources)}` | `{provokes[0]}` |")
    lines = "\n".join(chart)
    last = lines.rindex("  +-")
    lines = lines[:last] + lines[last:].replace("  +-", "  `-").replace("\n  |", "\n   ")
    return (HEAD + lines + "\n```\n\n| case | decided or handled by | provoked by |\n|---|---|---|\n"
            + "\n".join(table) + "\n")


if __name__ == "__main__":
    lint.generate(__doc__, "docs/fault-flow.md", SOURCE, render)
