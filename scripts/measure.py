# SPDX-License-Identifier: MIT
"""Boots under icount that run the tests and the benchmark, and what they leave on the console.

PID 1 is a shell script put in front of the ordinary archive; it marks the parts of its output. The
same script runs under Linux (scripts/peer.py), which wants /proc and /sys mounted and a minute to
finish what its boot left to be done later; with icount's clock a sleep takes no time.
"""

import os
import re

import cpio_newc
import guest
import ktap
import machine
import peer

MARK = "#### "
# What user/bench prints: `bench: NAME NUMBER`, or `bench: NAME n/a (REASON)`.
ROW = re.compile(r"^bench: (.+) (\d+)$", re.MULTILINE)
NOT_MEASURED = re.compile(r"^bench: (.+) n/a \((.*)\)$", re.MULTILINE)


class Measurement:
    """One boot: outcome per test, instructions per operation (of several runs the least), counters."""

    def __init__(self, text, problem):
        self.text, self.problem = text, problem
        parts = dict(re.findall(rf"^{MARK}(\w+)\n(.*?)(?=^{MARK}|\Z)", text,
                                re.MULTILINE | re.DOTALL))
        if "end" not in parts and not problem:
            self.problem = "the machine stopped before the last part"
        self.tests = ktap.parse(parts["tests"]) if "tests" in parts else None
        self.operations = {}
        for name, value in ROW.findall(parts.get("bench", "")):
            self.operations[name] = min(int(value), self.operations.get(name, int(value)))
        self.not_measured = dict(NOT_MEASURED.findall(parts.get("bench", "")))
        self.counters = {name: int(value) for name, value in
                         re.findall(r"^(\w+) (\d+)$", parts.get("vmstat", ""), re.MULTILINE)}


# The echo ends what the firmware left on the line.
PREPARE = """if [ ! -e /proc/self ]; then
mount -t proc proc /proc
mkdir /sys
mount -t sysfs sysfs /sys
sleep 60
fi
echo"""


def script(with_tests, bench_arguments, runs=1):
    """The shell script that is PID 1."""
    lines = ["#!/bin/sh", PREPARE]
    if with_tests:
        lines += [f"echo '{MARK}tests'", "/bin/utest"]
    lines += [f"echo '{MARK}bench'", *[f"/bin/bench {bench_arguments}"] * runs,
              f"echo '{MARK}vmstat'", "cat /proc/vmstat", f"echo '{MARK}end'", ""]
    return "\n".join(lines).encode()


def run(base, name, arch, kernel, words, first, timeout):
    """Boot a kernel under icount, with a script as PID 1 in front of a port's archive."""
    path = os.path.join(base, f"{name}.cpio")
    with open(os.path.join(base, "initrd.cpio"), "rb") as file:
        archive = file.read()
    with open(path, "wb") as file:
        file.write(cpio_newc.with_file(archive, "measure", first))
    command = machine.qemu_command(arch, kernel, path, words, icount=True)
    text, _, lost = guest.run_to_end(command, timeout)
    with open(os.path.join(base, f"{name}.log"), "w", encoding="utf-8") as file:
        file.write(text)
    return Measurement(text, lost)


def boot(build, arch, levels, with_tests, bench_arguments="", timeout=600, append=""):
    """Boot a port at a depth under icount and return its Measurement."""
    base = os.path.join(build, arch)
    words = machine.boot_words(" ".join(filter(None, (append, "rdinit=/measure"))), levels)
    return run(base, f"measure-{levels}", arch, os.path.join(base, "verso.elf"), words,
               script(with_tests, bench_arguments), timeout)


def boot_linux(build, arch, levels, bench_arguments, timeout):
    """Boot Linux on the same machine, with the same archive; returns (version, Measurement)."""
    path, version = peer.kernel(build, arch)
    words = f"{peer.boot_words(arch, levels)} rdinit=/measure"
    result = run(os.path.join(build, arch), f"measure-linux-{levels}", arch, path, words,
                 script(False, bench_arguments, peer.RUNS), timeout)
    if result.problem or not result.operations:
        raise peer.Missing(f"its kernel {version} did not finish the benchmark: "
                           f"{result.problem or 'no figures'}")
    return version, result


def build_all(build, ports=machine.PORTS):
    """Kernel and archive of the ports."""
    for arch in ports:
        machine.make("all", "initrd", f"ARCH={arch}", f"O={build}")
