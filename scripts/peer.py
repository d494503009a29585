# SPDX-License-Identifier: MIT
"""The other kernel of `make bench PEER=linux`: Debian's Linux on Verso's machine, archive and benchmark.

Nothing is taken from one boot to the other but the archive: the same programs, the same QEMU, the
same icount clock. Linux is tuned: what mitigates, hardens or counts is off.
"""

import os
import subprocess
import zlib

import machine

TUNED = ("mitigations=off nopti nokaslr init_on_alloc=0 init_on_free=0 hardened_usercopy=off "
         "randomize_kstack_offset=off audit=0 lsm= psi=0 cgroup_disable=memory,pressure "
         "schedstats=disable numa_balancing=disable kfence.sample_interval=0 page_alloc.shuffle=0 "
         "slub_debug=- nowatchdog transparent_hugepage=never")
QUIET = "console=ttyS0 quiet panic=-1"
# Linux takes the deepest tables by itself, as Verso does.
DEPTH = {("riscv", 3): "no4lvl", ("riscv", 4): "no5lvl", ("x86_64", 4): "no5lvl"}
# Linux's own threads run between the benchmark's: the cheapest of so many runs is what it can do.
RUNS = 3
FETCH_SECONDS = 900


class Missing(Exception):
    """Why this port has no Linux to measure, in one line."""


def boot_words(arch, levels):
    """Linux's boot parameters, before rdinit=."""
    return " ".join(filter(None, (QUIET, TUNED, DEPTH.get((arch, levels)))))


def unpack(data):
    """A kernel as QEMU's -kernel takes it: an EFI zboot image or a gzip file unpacked, others as they are."""
    start, size = 0, len(data)
    if data[4:8] == b"zimg":
        packer = data[24:56].rstrip(b"\0").decode("ascii", "replace")
        if packer != "gzip":
            raise Missing(f"its kernel is packed with {packer}, which nothing here unpacks")
        start, size = (int.from_bytes(data[at:at + 4], "little") for at in (8, 12))
    packed = data[start:start + size]
    if packed[:2] != b"\x1f\x8b":
        return data
    try:
        return zlib.decompressobj(31).decompress(packed)
    except zlib.error as error:
        raise Missing(f"its kernel does not unpack: {error}") from error


def fetch(arch, directory):
    """Leave vmlinuz and version in the directory, unless they are there."""
    if os.path.exists(os.path.join(directory, "vmlinuz")):
        return
    command = [os.path.join(machine.ROOT, "scripts", "fetch-linux"), arch, directory]
    print(f"{arch}: fetching Debian's kernel, some 110 MB", flush=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Missing(f"its kernel was not fetched within {FETCH_SECONDS} seconds") from error
    if done.returncode:
        raise Missing(" ".join(done.stderr.split()) or "fetch-linux failed")


def kernel(build, arch):
    """(path, version) of a port's Linux, fetched once and kept below the build directory."""
    directory = os.path.join(build, arch, "linux")
    fetch(arch, directory)
    with open(os.path.join(directory, "vmlinuz"), "rb") as file:
        image = unpack(file.read())
    path = os.path.join(directory, "kernel")
    with open(path, "wb") as file:
        file.write(image)
    with open(os.path.join(directory, "version"), encoding="ascii") as file:
        return path, file.read().strip()
