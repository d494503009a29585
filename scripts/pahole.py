#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Show how the kernel's busiest structures lie in cache lines, on each port.

    scripts/pahole.py [--build DIR] [--port riscv|x86_64] [--check] [STRUCT ...]

Reads the DWARF of DIR/PORT/verso.elf with gdb, the way `pahole` of dwarves does: offset, size and
name of each field, line by line, with the holes. Fields marked * are what a fast path touches;
--check fails when those of one group do not share a line (the table HOT below).
"""

import argparse
import json
import os
import subprocess
import sys

import machine

LINE = 64
# Structure -> groups of fields that one fast path touches: who, and which.
HOT = {
    "zone": {"a search of the zones": ["watermark", "lowmem_reserve", "node", "lists_closed"],
             "a refill, under the lock": ["lock", "nr_free"]},
    "pcplist": {"alloc_page, free_page": ["list", "count", "high"]},
    "pcplists": {"alloc_page": ["pgalloc", "pgfree", "first"]},
    "page": {"alloc_page, free_page, a fault": ["flags", "lru", "mapping", "index", "_refcount",
                                                "_mapcount", "private"]},
    "kmem_cache": {"a new slab, a slow free": ["offset", "object_size", "flags", "size"]},
    "mm_struct": {"a fault's search for VMA and entry": ["mm_rb", "mmap_cache", "pgd", "pmd_hint"]},
    "vm_area_struct": {"a step down the tree": ["vm_start", "vm_end", "vm_rb"],
                       "what a fault may do": ["vm_flags", "vm_page_prot", "vm_pgoff", "vm_ops"]},
    "cpu": {"the entry code": ["curr", "kstack_top", "scratch", "self", "percpu_delta"]},
}
INSIDE_GDB = """
import gdb, json
for name in {names!r}:
    try:
        kind = gdb.lookup_type("struct " + name).strip_typedefs()
    except gdb.error:
        print(json.dumps([name, 0, []]))
        continue
    fields = [[f.bitpos // 8, f.type.sizeof, f.name or "(union)",
               [] if f.name else [g.name for g in f.type.fields()]] for f in kind.fields()]
    print(json.dumps([name, kind.sizeof, fields]))
"""


def layouts(elf, names):
    """[(name, size, [(offset, size, field, members)])] by gdb."""
    command = ["gdb-multiarch", "-nx", "-batch", "-ex",
               "python exec(" + repr(INSIDE_GDB.format(names=list(names))) + ")", elf]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


def is_hot(name, field, members):
    wanted = {f for fields in HOT.get(name, {}).values() for f in fields}
    return field in wanted or bool(wanted & set(members))


def show(name, size, fields):
    """One structure, a heading for each line that a field begins in."""
    print(f"\nstruct {name}: {size} bytes, {-(-size // LINE)} cache lines")
    end, last_line, holes = 0, -1, 0
    for offset, length, field, members in fields:
        if offset > end:
            holes += offset - end
            print(f"    {'':8}{offset - end:6}  (hole)")
        if offset // LINE != last_line:
            last_line = offset // LINE
            print(f"  line {last_line}")
        mark = "*" if is_hot(name, field, members) else " "
        label = f"{field} {{ {', '.join(filter(None, members))} }}" if members else field
        print(f"  {mark} {offset:6}{length:8}  {label}")
        end = offset + length
    print(f"    {size - end} bytes at the end, {holes} in holes")


def line_of(fields, wanted):
    for offset, length, field, members in fields:
        if field == wanted or wanted in members:
            return offset // LINE, (offset + length - 1) // LINE
    return None


def complaints(name, fields):
    """Groups that do not fit one line, fields that are gone."""
    for who, group in HOT.get(name, {}).items():
        lines = {field: line_of(fields, field) for field in group}
        gone = [field for field, line in lines.items() if line is None]
        if gone:
            yield f"struct {name}: no field {', '.join(gone)}: bring HOT up to date"
        elif len({line for pair in lines.values() for line in pair}) > 1:
            yield f"struct {name}: {who}: {lines} do not share a cache line"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--port", choices=machine.PORTS, action="append")
    parser.add_argument("--check", action="store_true", help="only complain")
    parser.add_argument("structs", nargs="*", metavar="STRUCT")
    args = parser.parse_args()
    bad = 0
    for port in args.port or machine.PORTS:
        elf = os.path.join(args.build, port, "verso.elf")
        if not os.path.exists(elf):
            sys.exit(f"pahole: {elf} is missing: make ARCH={port}")
        if not args.check:
            print(f"{port}, cache lines of {LINE} bytes; * touched by a fast path")
        for name, size, fields in layouts(elf, args.structs or HOT):
            if not fields:
                sys.exit(f"pahole: {elf} has no struct {name}")
            if not args.check:
                show(name, size, fields)
            for line in complaints(name, fields):
                print(f"{port}: {line}")
                bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
