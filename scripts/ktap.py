# SPDX-License-Identifier: MIT
"""Read KTAP (the kernel's Test Anything Protocol) out of a console log.

A result line with results of deeper indentation since its predecessor is the summary of a group;
only the leaves are counted. A group, and the whole log, must have as many results as its plan says:
a test program that dies half way is a failure although no line says `not ok`.
"""

import re

RESULT = re.compile(r"^(\s*)(not ok|ok) (\d+)(?: -)? ?(.*?)(?:\s+#\s*(SKIP|TODO)\b.*)?$")
PLAN = re.compile(r"^(\s*)1\.\.(\d+)\s*$")
TIME_STAMP = re.compile(r"^\[ *\d+\.\d+\] ")
BAIL = re.compile(r"^\s*Bail out!\s*(.*)$")


class Results:
    """What a log contains: names of leaves, and complaints about the log itself."""

    def __init__(self):
        self.passed, self.failed, self.skipped, self.problems = [], [], [], []

    def outcome(self):
        """{name: "pass" | "FAIL" | "skip"} for tables."""
        table = {name: "pass" for name in self.passed}
        table.update({name: "skip" for name in self.skipped})
        table.update({name: "FAIL" for name in self.failed})
        return table


class _Level:
    def __init__(self, indent, plan=None):
        self.indent, self.plan, self.count = indent, plan, 0


def parse(text):
    """Return the Results of a console log."""
    results = Results()
    levels = []
    planned = False

    def close(level):
        if level.plan is not None and level.plan != level.count:
            results.problems.append(f"plan says {level.plan} tests, the log has {level.count}")

    def level_at(indent):
        """The open level of this indentation, and whether deeper ones were closed for it."""
        group = False
        while levels and levels[-1].indent > indent:
            close(levels.pop())
            group = True
        if not levels or levels[-1].indent < indent:
            levels.append(_Level(indent))
        return levels[-1], group

    for line in text.replace("\r", "").split("\n"):
        line = TIME_STAMP.sub("", line)
        plan = PLAN.match(line)
        if plan:
            planned = True
            level, _ = level_at(len(plan.group(1)))
            if level.plan is not None:      # the next program's plan: the last one must be met
                close(level)
                level.count = 0
            level.plan = int(plan.group(2))
            continue
        result = RESULT.match(line)
        if result:
            indent, verdict, _, name, directive = result.groups()
            level, group = level_at(len(indent))
            level.count += 1
            if group:
                continue
            if directive == "SKIP":
                results.skipped.append(name)
            elif verdict == "ok":
                results.passed.append(name)
            else:
                results.failed.append(name)
            continue
        bail = BAIL.match(line)
        if bail:
            results.problems.append(f"bail out: {bail.group(1)}")
    while levels:
        close(levels.pop())
    if not planned:
        results.problems.append("no test plan (1..N) on the console")
    return results
