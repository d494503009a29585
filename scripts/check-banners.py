#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every source file of the kernel says first which question it answers.

RULE    Line 1 is the licence; then comes a comment whose first line is `path - phrase`, with the
        file's own path from the root of the tree (in a port its name is enough: twins then open
        with the same words). In mm/ the banner goes on for at least five lines.
REASON  A reader decides by the banner whether this is the file he looks for, and learns the
        invariants before the mechanism. The path is checked because files are copied and moved.
"""

import re

import lint

BANNER = re.compile(r"/\*\n \* (\S+) - (\S.*)\n|/\* (\S+) - (\S.*)\n?")
SHORTEST_IN_MM = 5


def check(path, complaints):
    text = lint.read(path)
    first, _, rest = text.partition("\n")
    if "SPDX-License-Identifier" not in first:
        complaints.add(path, 1, "line 1 must be the SPDX line")
        return
    match = BANNER.match(rest)
    if not match:
        complaints.add(path, 2, "a comment `path - phrase` must follow the SPDX line")
        return
    name = match.group(1) or match.group(3)
    if name != path and not (path.startswith("arch/") and path.endswith("/" + name)):
        complaints.add(path, 3, f"the banner names {name}")
    if path.startswith("mm/") and rest[:rest.find("*/")].count("\n") < SHORTEST_IN_MM:
        complaints.add(path, 3, "the banner says too little: question, invariants, locks")


def main():
    complaints = lint.Complaints("check-banners")
    for path in lint.files(("mm", "kernel", "drivers", "lib", "fs", "arch"), (".c", ".S")):
        check(path, complaints)
    complaints.finish()


if __name__ == "__main__":
    main()
