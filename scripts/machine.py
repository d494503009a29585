# SPDX-License-Identifier: MIT
"""The machines Verso runs on, as the scripts see them: QEMU's command line for a port.

What is particular to a port (which QEMU, which machine and CPU, which depths) is read from
arch/PORT/arch.mk, where the Makefile reads it too.
"""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PORTS = ("riscv", "x86_64")
# Under icount with shift=0 one executed instruction is one nanosecond of guest time.
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm",
          "-seed", "1"]


def port_variables(arch):
    """The `NAME := value` lines of arch/ARCH/arch.mk."""
    with open(os.path.join(ROOT, "arch", arch, "arch.mk"), encoding="ascii") as file:
        text = file.read().replace("\\\n", " ")
    return dict(re.findall(r"^(\w+)\s*[:?]?=[ \t]*(.*?)\s*$", text, re.MULTILINE))


def depths(arch):
    """The page-table depths of a port, e.g. [3, 4, 5]."""
    return [int(level) for level in port_variables(arch)["LEVELS_ALL"].split()]


def depth_name(arch, levels):
    """sv39, sv48, sv57, or 4level, 5level."""
    return f"sv{12 + 9 * levels}" if arch == "riscv" else f"{levels}level"


def qemu_command(arch, kernel, initrd=None, append="", smp=1, mem="512M", icount=False,
                 extra=()):
    """The command that boots kernel with its console on standard input and output."""
    port = port_variables(arch)
    flags = port["QEMU_FLAGS_ICOUNT" if icount else "QEMU_FLAGS"].split()
    command = [port["QEMU"], *flags, "-smp", str(smp), "-m", str(mem), "-nographic", "-no-reboot",
               "-nic", "none", "-kernel", str(kernel)]
    if initrd:
        command += ["-initrd", str(initrd)]
    if append:
        command += ["-append", append]
    if icount:
        command += ICOUNT
    return command + list(extra)


def numa_nodes(arch, smp, mem):
    """Nodes of unequal size for smp CPUs (an even number) and mem ("512M"). On x86_64 one of them has
    no CPUs; QEMU's virt machine wants CPUs in each."""
    half, total = smp // 2, int(mem[:-1]) * (1024 if mem[-1] == "G" else 1)
    sizes = [total // 2, total // 4, total // 4] if arch == "x86_64" else [total * 3 // 4, total // 4]
    cpus = [f",cpus=0-{half - 1}", f",cpus={half}-{smp - 1}", ""]
    words = []
    for node, size in enumerate(sizes):
        words += ["-object", f"memory-backend-ram,id=node{node},size={size}M",
                  "-numa", f"node,nodeid={node},memdev=node{node}{cpus[node]}"]
    distances = {(0, 1): 30, (0, 2): 20, (1, 2): 15}
    for (start, end), value in distances.items():
        if end < len(sizes):
            words += ["-numa", f"dist,src={start},dst={end},val={value}"]
    return words


def boot_words(append="", levels=None):
    """Boot parameters with the depth; levels= goes first so that words after -- stay last."""
    return " ".join(word for word in (f"levels={levels}" if levels else "", append) if word)


def make(*arguments):
    """Run make quietly; its errors reach the terminal."""
    subprocess.run(["make", "-s", "--no-print-directory", f"-j{os.cpu_count()}", *arguments],
                   cwd=ROOT, check=True)
