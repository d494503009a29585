# SPDX-License-Identifier: MIT
"""Boots under icount that run the tests and the benchmark, and what they leave on the console.

PID 1 is a shell script put in front of the ordinary archive; it marks the parts of its output.
"""

import os
import re

import cpio_newc
import guest
import ktap
import machine

MARK = "#### "
# What user/bench prints: `bench: NAME NUMBER`, or `bench: NAME n/a (REASON)`.
ROW = re.compile(r"^bench: (.+) (\d+)$", re.MULTILINE)
NOT_MEASURED = re.compile(r"^bench: (.+) n/a \((.*)\)$", re.MULTILINE)


class Measurement:
    """One boot: outcome per test, instructions per operation, counters at the end."""

    def __init__(self, text, problem):
        self.text, self.problem = text, problem
        parts = dict(re.findall(rf"^{MARK}(\w+)\n(.*?)(?=^{MARK}|\Z)", text,
                                re.MULTILINE | re.DOTALL))
        if "end" not in parts and not problem:
            self.problem = "the machine stopped before the last part"
        self.tests = ktap.parse(parts["tests"]) if "tests" in parts else None
        self.operations = {name: int(value)
                           for name, value in ROW.findall(parts.get("bench", ""))}
        self.not_measured = dict(NOT_MEASURED.findall(parts.get("bench", "")))
        self.counters = {name: int(value) for name, value in
                         re.findall(r"^(\w+) (\d+)$", parts.get("vmstat", ""), re.MULTILINE)}


def script(with_tests, bench_arguments):
    """The shell script that is PID 1."""
    lines = ["#!/bin/sh"]
    if with_tests:
        lines += [f"echo '{MARK}tests'", "/bin/utest"]
    lines += [f"echo '{MARK}bench'", f"/bin/bench {bench_arguments}",
              f"echo '{MARK}vmstat'", "cat /proc/vmstat", f"echo '{MARK}end'", ""]
    return "\n".join(lines).encode()


def boot(build, arch, levels, with_tests, bench_arguments="", timeout=600, append=""):
    """Boot a port at a depth under icount and return its Measurement."""
    base = os.path.join(build, arch)
    path = os.path.join(base, f"measure-{levels}.cpio")
    with open(os.path.join(base, "initrd.cpio"), "rb") as file:
        archive = file.read()
    with open(path, "wb") as file:
        file.write(cpio_newc.with_file(archive, "measure", script(with_tests, bench_arguments)))
    words = machine.boot_words(" ".join(filter(None, (append, "rdinit=/measure"))), levels)
    command = machine.qemu_command(arch, os.path.join(base, "verso.elf"), path, words,
                                   icount=True)
    text, _, lost = guest.run_to_end(command, timeout)
    with open(os.path.join(base, f"measure-{levels}.log"), "w", encoding="utf-8") as file:
        file.write(text)
    return Measurement(text, lost)


def build_all(build):
    """Kernel and archive of both ports."""
    for arch in machine.PORTS:
        machine.make("all", "initrd", f"ARCH={arch}", f"O={build}")
