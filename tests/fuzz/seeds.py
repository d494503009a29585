#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the first inputs of each fuzz target: seeds.py TARGET DIRECTORY

A mutation of something valid gets further than one of nothing. Everything is made here, so no binary
is kept in the repository; the same inputs come out each time. An input that once led to a bug has a
name that says what must happen now. DIRECTORY/words is libFuzzer's dictionary, where a target has words.
"""

import os
import re
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import cpio_newc  # noqa: E402  (its directory is known only now)

BOOT_DTS = """/dts-v1/;
/memreserve/ 0x80000000 0x40000;
/ { #address-cells = <2>; #size-cells = <2>;
    chosen { bootargs = "verbose -- a"; linux,initrd-start = <0x84000000>; linux,initrd-end = <0x84100000>; };
    memory@80000000 { device_type = "memory"; numa-node-id = <0>;
        reg = <0x0 0x80000000 0x0 0x20000000>, <0x1 0x0 0x0 0x40000000>; };
    cpus { #address-cells = <1>; #size-cells = <0>; cpu@1 { reg = <1>; numa-node-id = <0>; }; };
    distance-map { distance-matrix = <0 0 10 0 1 20>; };
    reserved-memory { #address-cells = <2>; #size-cells = <2>;
        mmode@80000000 { reg = <0x0 0x80000000 0x0 0x40000>; }; };
};"""


def dtb(source):
    return subprocess.run(["dtc", "-q", "-O", "dtb"], input=source, stdout=subprocess.PIPE, check=True).stdout


def test_dts():
    with open(os.path.join(ROOT, "tests/host/fdt_test.dts"), "rb") as file:
        return file.read()


def fdt():
    yield dtb(test_dts())
    yield dtb(BOOT_DTS.encode())
    yield dtb(b"/dts-v1/; / { };")


def boot_riscv():
    for mode in (0x0, 0x8, 0xb, 0x20, 0x24, 0x4d):
        yield dtb(BOOT_DTS.encode()) + bytes([mode])
        yield dtb(test_dts()) + bytes([mode])


def member(name, data=b"", mode=0o100644, nlink=1, ino=1):
    fields = [ino, mode, 0, 0, nlink, 7, len(data), 0, 0, 5, 1, len(name) + 1, 0]
    text = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    text += b"\0" * (-len(text) % 4)
    return text + data + b"\0" * (-len(data) % 4)


def archives():
    end = member(cpio_newc.TRAILER)
    yield end
    yield member("d", mode=0o40755) + member("d/f", b"twelve bytes") + member("d/l", b"f", 0o120777) + end
    yield member("a", b"x", nlink=2, ino=9) + member("b", nlink=2, ino=9) + end + b"\0" * 16 + member("c") + end
    yield member(".", mode=0o40755) + member("dev/c", mode=0o20600) + member("../x") + end


def big_archives():
    yield from archives()
    # Data on a page boundary of an archive on one; names lie in the page before, which is freed.
    yield member("pad", b"p" * (4096 - 232)) + member("big", b"\0" * 8200) + member(cpio_newc.TRAILER)
    head = member("big", b"\0" * 8200)
    yield head + member("tail", b"t" * 5000, nlink=2) + member("tail", b"u") + member(cpio_newc.TRAILER)


def cpio():
    yield from archives()


def initramfs():
    # Where data begin in their page: at its start with offset 4096 - 116.
    for archive in big_archives():
        for offset in (0, 4096 - 116, 100):
            for failing_call in (*range(24), 32):
                yield archive + struct.pack("<HBBI", offset, 7, 0, (1 << failing_call) & 0xffffffff)
            yield archive + struct.pack("<HBBI", offset, 10, 0, 0)
    # The name was in a page that had been freed when its file's last bytes could not be written.
    archive = member("pad", b"p" * (4096 - 232)) + member("big", b"\0" * 8200) + member(cpio_newc.TRAILER)
    yield "failed_write_names_the_file_before_its_page_is_freed", archive + struct.pack("<HBBI", 0, 7, 0, 1 << 19)


def params():
    yield b"levels=4 verbose mem=64M foo=1 bar -- a b"
    yield b'rdinit="/bin/a b" maxcpus=0 nosmp mem=1G seed=0x12 quiet'
    yield b"mem=99999999999999999999 levels=x strace maxcpus= =5 \" -- --"
    yield b"a " * 60 + b"b=c " * 60


def phdr(kind, flags, offset, vaddr, filesz, memsz):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, vaddr, filesz, memsz, 4096)


def elf():
    interp = phdr(3, 4, 64 + 4 * 56, 0x10120, 8, 8)
    text = phdr(1, 5, 0, 0x10000, 400, 400)
    data = phdr(1, 6, 0x190, 0x12190, 16, 0x3000)
    stack = phdr(0x6474e551, 7, 0, 0, 0, 0)
    for kind, headers in ((2, text + data), (3, text + data + stack), (3, interp + text + data + stack)):
        head = b"\177ELF\2\1\1" + b"\0" * 9 + struct.pack(
            "<HHIQQQIHHHHHH", kind, 62, 1, 0x10100, 64, 0, 0, 64, 56, len(headers) // 56, 0, 0, 0)
        for mode in (b"\0", b"\1", b"\2"):
            yield (head + headers).ljust(64 + 4 * 56, b"\0") + b"/lib/ld\0" + b"\0" * 40 + mode
    # A file position is signed.
    interp = phdr(3, 4, 0xfffff80000000000, 0x10120, 8, 8)
    yield ("interpreter_name_at_a_negative_offset_is_refused",
           (head + interp + text + data + stack).ljust(336, b"\0"))


def script():
    for fail in (0, 128, 131):
        yield bytes([fail]) + b"/bin/sh\n"
        yield bytes([fail]) + b"  /usr/bin/env -S  a b \t\n" + b"x" * 300
        yield bytes([fail]) + b"/bin/a" * 60
        yield bytes([fail]) + (b"/bin/sh arg\n".ljust(254, b"\0")) * 5


def record(signature, payload):
    payload += b"\0" * (len(payload) % 2)
    return bytes([signature, len(payload) // 2]) + payload


def madt():
    cpus = b"".join(struct.pack("<BBBBI", 0, 8, i, i, 1) for i in range(4))
    ioapic = struct.pack("<BBBBII", 1, 12, 0, 0, 0xfec00000, 0)
    override = struct.pack("<BBBBIH", 2, 10, 0, 0, 2, 0)
    return record(0, struct.pack("<II", 0xfee00000, 1) + cpus + ioapic + override)


def srat():
    cpu = struct.pack("<BBBBI3xBI", 0, 16, 0, 1, 1, 0, 0)[:16]
    memory = struct.pack("<BBIHQQIIQ", 1, 40, 0, 0, 0, 1 << 30, 0, 1, 0)
    slit = record(3, struct.pack("<Q", 2) + bytes([10, 20, 20, 10]))
    return record(2, b"\1" + b"\0" * 11 + cpu + memory) + slit


def acpi():
    dsdt = record(5, b"\x08_S5_\x12\x06\x04\x0a\x05\x0a\x05\x00\x00" + b"\0" * 20)
    fadt = record(1, struct.pack("<II", 0, 0) + b"\0" * 20 + struct.pack("<IIII", 0x600, 0, 0x604, 0) +
                  b"\0" * 40 + struct.pack("<I", 1 << 10) + struct.pack("<BBBBQB", 1, 8, 0, 1, 0xcf9, 6))
    for mode in (0, 2, 4, 8):
        yield bytes([mode]) + dsdt + fadt + madt() + srat()
        yield bytes([mode]) + madt()
    yield bytes([1]) + b"RSD PTR " + b"\0" * 28


def boot_x86_64():
    entries = [(0, 0x9fc00, 1), (0x9fc00, 0x60400, 2), (0x100000, 0x1ff00000, 1), (1 << 32, 1 << 30, 1)]
    for nr_modules, mode in ((0, 0x48), (1, 8), (1, 0x85), (1, 4)):
        line = b"verbose -- x\0".ljust(16, b"\0")
        module = struct.pack("<QQQQ", 0x1000000, 0x2000, 0, 0)
        memmap = 56 + len(line) + len(module)
        info = struct.pack("<IIIIQQQQII", 0x336ec578, 1, 0, nr_modules, 56 + len(line), 56, 0, memmap,
                           len(entries), 0)
        yield info + line + module + b"".join(struct.pack("<QQII", *e, 0) for e in entries) + bytes([mode])
    info = struct.pack("<IIIIQQQQII", 0x336ec578, 1, 0, 1, 56, 0, 0, 56 + 32, 2, 0)
    yield ("initrd_that_ends_before_it_begins_is_ignored", info + struct.pack("<QQQQ", 0x5000, 2**64 - 1, 0, 0) +
           struct.pack("<QQIIQQII", 0x5000, 2**64 - 1, 1, 0, 0x100000, 1 << 28, 1, 0) + b"\x08")


def printf():
    for text in (b"%d %5u|%-8lx|%#o", b"%s and %.3s %%", b"%p %pS", b"%*d %-*.*lx", b"%hhd %hx %zu %c %q"):
        yield b"\0\x40" + b"\x80\0\0\0\0\0\0\1" + b"\x9c" + text
    yield "widest_number_with_a_prefix_is_counted", b"\0\x40" + b"\0" * 7 + b"\5\5" + b"%#.2147483639x%#.214748363911x"


def words(target):
    """libFuzzer's dictionary of a target, or nothing."""
    if target == "params":
        with open(os.path.join(ROOT, "kernel/params.c"), encoding="utf-8") as file:
            names = re.findall(r'^\t\{ "(\w+)",', file.read(), re.MULTILINE)
        return [name + end for name in names for end in ("", "=")] + ["-- ", "0x", "G ", "M "]
    return {"fdt": ["reg", "status", "#address-cells", "phandle"], "cpio": ["070701", "070702", "TRAILER!!!"],
            "initramfs": ["070701", "TRAILER!!!", "../"], "script": ["#!", "/bin/sh"],
            "printf": ["%ld", "%-", "%.*", "%pS", "%hhx"]}.get(target, [])


def main():
    target, directory = sys.argv[1:]
    os.makedirs(os.path.join(directory, "seeds"), exist_ok=True)
    for i, seed in enumerate(globals()[target]()):
        name, data = seed if isinstance(seed, tuple) else (f"{i:03}", seed)
        with open(os.path.join(directory, "seeds", name), "wb") as file:
            file.write(data)
    with open(os.path.join(directory, "words"), "w", encoding="ascii") as file:
        file.writelines(f'"{word}"\n' for word in words(target))


if __name__ == "__main__":
    main()
