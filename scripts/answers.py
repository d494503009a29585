# SPDX-License-Identifier: MIT
"""Lines of a program that prints KEY = ANSWER per case, compared between two kernels.

A case that only one of them printed is none of the other's: the program leaves out what depends on a
kernel's version, or needs a machine of its own.
"""

FIRST = 8


def parse(text):
    """{key: answer} of what stands between the program's begin and end; None if it did not get to the end."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.endswith(": begin"):
            break
    found = {}
    for line in lines:
        if line.endswith(": end"):
            return found
        key, mark, answer = line.partition(" =")
        if mark:
            found[key] = answer.strip()
    return None


def group(key):
    """The call that a case is about, and who makes it."""
    nobody = key.startswith("nobody: ")
    return key.removeprefix("nobody: ").split()[0] + ("_by_nobody" if nobody else "_by_root")


def compare(reference, other):
    """(names of groups that agree, names of those that do not, the first differences as text)."""
    common = [key for key in other if key in reference]
    wrong = [key for key in common if reference[key] != other[key]]
    bad = {group(key) for key in wrong}
    good = {group(key) for key in common} - bad
    report = [f"{key}\n    Linux {reference[key]}\n    Verso {other[key]}" for key in wrong[:FIRST]]
    return sorted(good), sorted(bad), report
