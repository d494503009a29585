# SPDX-License-Identifier: MIT
"""Input no kernel can use, and the line it must print before it powers off.

Each case makes its files in a directory of its own and says what changes on the command line.
"""

import os
import struct
import subprocess

import cpio_newc
import machine

# ELF machine numbers (System V ABI, chapter 4, e_machine).
EM_X86_64, EM_RISCV = 62, 243


class Special:
    """How this boot differs from an ordinary one."""

    def __init__(self, initrd=None, append="", extra=(), levels=None):
        self.initrd, self.append, self.extra, self.levels = initrd, append, list(extra), levels


class Case:
    """expect: the clear line, as a regular expression; ports: where the case exists."""

    def __init__(self, make, expect, ports=machine.PORTS, memory="512M"):
        self.make, self.expect, self.ports, self.memory = make, expect, ports, memory


def write(work, name, data):
    path = os.path.join(work, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def init_file(name, make_data):
    """A case whose archive holds only /init with these bytes."""
    def make(work, _initrd, job):
        members = [("init", make_data(job), 0o100755)]
        return Special(write(work, name, cpio_newc.archive(members)))
    return make


def elf_header(machine_number):
    """The first 64 bytes of a static executable without segments."""
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 2, machine_number, 1, 0x10000, 64, 0, 0,
                               64, 56, 0, 64, 0, 0)


def foreign_elf(job):
    return elf_header(EM_X86_64 if job.arch == "riscv" else EM_RISCV) + bytes(4096)


def truncated(work, initrd, _job):
    data = read(initrd)
    return Special(write(work, "truncated.cpio", data[:len(data) // 2 + 1]))


def corrupt(work, initrd, _job):
    data = bytearray(read(initrd))
    data[0:6] = b"070X07"
    return Special(write(work, "corrupt.cpio", bytes(data)))


def no_init(work, _initrd, _job):
    members = [("etc", b"", 0o040755), ("etc/motd", b"hello\n", 0o100644)]
    return Special(write(work, "no-init.cpio", cpio_newc.archive(members)))


def fdt_without_memory(work, initrd, job):
    """The machine's own FDT with every node called memory made unrecognisable."""
    path = os.path.join(work, "machine.dtb")
    command = machine.qemu_command(job.arch, "/dev/null", None, "", job.smp, job.mem)
    command = [word.replace("virt", f"virt,dumpdtb={path}") if word == "virt" else word
               for word in command if word not in ("-kernel", "/dev/null")]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    data = read(path).replace(b"memory@", b"mumory@").replace(b"memory\0", b"mumory\0")
    return Special(initrd, extra=["-dtb", write(work, "no-memory.dtb", data)])


def fdt_with_odd_memory(work, initrd, job):
    """Memory nodes that overlap, out of order, smaller than a page, and beyond any machine."""
    path = os.path.join(work, "machine-odd.dtb")
    command = machine.qemu_command(job.arch, "/dev/null", None, "", job.smp, job.mem)
    command = [word.replace("virt", f"virt,dumpdtb={path}") if word == "virt" else word
               for word in command if word not in ("-kernel", "/dev/null")]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    source = subprocess.run(["dtc", "-q", "-I", "dtb", path], check=True, capture_output=True,
                            text=True, timeout=30).stdout
    nodes = "".join(f"memory@{n:x} {{ device_type = \"memory\"; reg = <{reg}>; }};"
                    for n, reg in enumerate(("0 0x98000000 0 0x8000000", "0 0x80000000 0 0x4001001",
                                             "0 0x1000 0 100", "0x10000000 0 0x10000000 0"), 1))
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path], check=True, text=True, timeout=30,
                   input=source.rstrip().removesuffix("};") + nodes + "};")
    return Special(initrd, append="rdinit=/bin/sh -- -c exit", extra=["-dtb", path])


def parameters(words):
    """A boot with these words, whose init ends at once."""
    return lambda _work, initrd, _job: Special(initrd, append=words + " rdinit=/bin/sh -- -c exit")


def nothing(_work, _initrd, _job):
    """No archive. (With 8 MiB QEMU itself would refuse one beside the kernel.)"""
    return Special()


def wrong_levels(_work, initrd, _job):
    return Special(initrd, levels=7)


# Every line starts with these words (boot_failure() of kernel/base/panic.c).
CANNOT = r"(?i)^cannot boot: .*"

CASES = {
    "no-initrd": Case(nothing, CANNOT + "no (initrd|initramfs)"),
    "truncated-cpio": Case(truncated, CANNOT + "(initrd|initramfs|cpio)"),
    "corrupt-cpio": Case(corrupt, CANNOT + "(initrd|initramfs|cpio)"),
    "no-init": Case(no_init, CANNOT + "/init"),
    "foreign-init": Case(init_file("foreign.cpio", foreign_elf), CANNOT + "/init"),
    "text-init": Case(init_file("text.cpio", lambda job: b"just some words\n" * 9),
                      CANNOT + "/init"),
    "empty-init": Case(init_file("empty.cpio", lambda job: b""), CANNOT + "/init"),
    "fdt": Case(fdt_without_memory, CANNOT + "(fdt|device tree|devicetree|memory)",
                ports=("riscv",)),
    "8M": Case(nothing, CANNOT + "(memory|RAM)", memory="8M"),
    "fdt-odd-memory": Case(fdt_with_odd_memory, r"^Verso on riscv64.* 512 MiB", ports=("riscv",)),
    "mem-zero": Case(parameters("mem=0"), CANNOT + "memory"),
    "mem-tiny": Case(parameters("mem=4M"), CANNOT + "memory"),
    "mem-without-initrd": Case(parameters("mem=40M"), CANNOT + "initrd"),
    "mem-more-than-there-is": Case(parameters("mem=100000G"), r"^.*Verso on .* 51[12] MiB"),
    "mem-garbage": Case(parameters("mem=lots"), r"^boot parameter: 'mem=lots' has a value"),
    "highmem-zero": Case(parameters("highmem=0"), r"^boot parameter: 'highmem=0' asks for none"),
    "highmem-all-and-more": Case(parameters("highmem=99G"), r"'highmem=\d+' leaves .* too little"),
    "highmem-nearly-all": Case(parameters("highmem=510M"), "^init exited with status 0"),
    "highmem-garbage": Case(parameters("highmem=some"), r"^boot parameter: 'highmem=some' has a value"),
    "min-free-too-much": Case(parameters("min_free_kbytes=4000000000"), "^init exited with status 0"),
    "levels": Case(wrong_levels, CANNOT + "levels"),
}
