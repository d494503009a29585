#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Functions and files stay small enough to hold in the head.

RULE    Function bodies of the kernel: median at most 12 lines, nine of ten at most 35, none more
        than 80 (that one holds for programs and tests too). Files: at most 600 lines; a port's 350;
        headers 250, and 300 for include/arch.h and the ports' asm/pgtable.h. The system-call
        table has one line per call and no other content: its length is Linux's.
REASON  What is over budget holds two stages or two concepts: split it there, not by line count.

--list prints the longest functions and files.
"""

import re
import statistics
import sys

import lint

FUNCTION = re.compile(r"^([a-zA-Z_][^\n;=#]*?\b(\w+)\s*\([^;{}]*?\)[^;{}()=]*)\n\{\n(.*?)^\}",
                      re.MULTILINE | re.DOTALL)
MEDIAN, NINE_OF_TEN, LONGEST = 12, 35, 80


TABLE = "kernel/syscall_table.h"


def file_limit(path):
    if path == TABLE:
        return 600
    if path == "include/arch.h" or path.endswith("asm/pgtable.h"):
        return 300
    if path.endswith(".h"):
        return 250
    if path.startswith("arch/"):
        return 350
    return 600


def functions(path):
    """(lines of the body, name, line number) of each function of a file."""
    text = lint.without_comments(lint.read(path))
    return [(match.group(3).count("\n"), match.group(2), text[:match.start()].count("\n") + 1)
            for match in FUNCTION.finditer(text)]


def main():
    complaints = lint.Complaints("check-budget")
    bodies, sizes = [], []
    for path in lint.files(lint.KERNEL_DIRS + ("user", "tests")):
        lines = lint.read(path).count("\n")
        sizes.append((lines, path))
        if lines > file_limit(path):
            complaints.add(path, 0, f"{lines} lines; at most {file_limit(path)}")
        for length, name, line in functions(path):
            if path.startswith(lint.KERNEL_DIRS):
                bodies.append((length, f"{path}:{line} {name}"))
            if length > LONGEST:
                complaints.add(path, line, f"{name} has {length} lines; at most {LONGEST}")
    lengths = sorted(length for length, _ in bodies)
    if lengths:
        median, tenth = statistics.median(lengths), lengths[len(lengths) * 9 // 10]
        if median > MEDIAN:
            complaints.add("kernel", 0, f"the median function has {median} lines; aim {MEDIAN}")
        if tenth > NINE_OF_TEN:
            complaints.add("kernel", 0, f"one function in ten has more than {tenth} lines; "
                           f"aim {NINE_OF_TEN}")
    if "--list" in sys.argv:
        print("\n".join(f"{length:4} {where}" for length, where in sorted(bodies)[-15:]))
        print("\n".join(f"{length:4} {where}" for length, where in sorted(sizes)[-15:]))
        print(f"{len(lengths)} functions: median {median}, 90% {tenth}, longest {lengths[-1]}")
    complaints.finish()


if __name__ == "__main__":
    main()
