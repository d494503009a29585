#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point down the layers, never up.

RULE    A file may include headers of its own layer and of lower ones:
          6 kernel/ fs/   5 drivers/   4 mm/   3 kernel/base/   2 arch.h   1 lib/
        <asm/...> is reached through <arch.h> alone; ports may include everything up to mm/;
        drivers see of mm/ only what allocates and maps memory for anybody.
        Programs in user/ and tests/user/ include no kernel header.
REASON  A layer can then be read, tested and replaced without the ones above it: lib/ and mm/
        compile on the host with the software MMU only because nothing in them looks up.
"""

import fnmatch
import os
import re

import lint

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)
LIB, ARCH, BASE, MM, DRIVERS, TOP = 1, 2, 3, 4, 5, 6
LAYER_NAMES = {LIB: "lib", ARCH: "arch.h", BASE: "kernel/base", MM: "mm", DRIVERS: "drivers",
               TOP: "kernel and fs"}
# The compiler's own headers; they declare types and no functions.
FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "limits.h", "stdalign.h",
                "stdatomic.h"}
# The C library's, where lib/ is compiled for the host (behind __STDC_HOSTED__).
HOSTED = {"stdio.h", "stdlib.h", "string.h", "sys/types.h"}
# Layer 3 headers that are not named after a file of kernel/base/.
BASE_HEADERS = {"assert", "atomic", "cpumask", "ipi", "irq", "lockdep", "mutex", "panic", "params",
                "percpu", "printk", "rwsem", "sched", "spinlock", "symbols", "timer", "wait"}
# Interfaces without code, which any layer may see.
FREE = {"console.h", "block.h", "irqchip_plic.h", "irqchip_apic.h"}
# What a driver may know of memory management.
MM_FOR_DRIVERS = {"mm/types.h", "mm/slab.h", "mm/page_alloc.h", "mm/vmalloc.h", "mm/page.h",
                  "mm/gfp.h", "mm/ioremap.h"}

# The circles we admit, each with the reason why it ends. An entry nobody needs is a complaint.
CIRCLES = {
    ("kernel/base/percpu.c", "mm/ledger.h"): "the CPU's copy is written into the ledger",
    ("kernel/base/thread.c", "mm/ledger.h"): "stacks have a class of their own in the ledger",
    ("kernel/base/thread.c", "mm/slab.h"): "a thread's struct is an object; slab wakes nobody",
    ("kernel/base/thread.c", "mm/vmalloc.h"): "a kernel stack is vmalloc'ed, for its guard page",
    ("kernel/base/thread.c", "mm/vmstat.h"): "stacks are counted",
    ("kernel/base/percpu.c", "mm/page_alloc.h"): "boot only, before another CPU runs",
    ("kernel/base/sched.c", "mm/mm.h"): "the switch loads the next address space: switch_mm()",
    ("kernel/base/sched.c", "mm/vmstat.h"): "events are counted",
    ("kernel/base/ipi.c", "mm/vmstat.h"): "IPIs are counted",
    ("kernel/base/panic.c", "mm/page_alloc.h"): "the last report says how much memory was free",
    ("arch/*/signal.c", "kernel/signal.h"): "builds the frame that kernel/signal.c asks for",
}


def header_layer(name):
    """The layer of an included header, None when every layer may include it."""
    if name in FREESTANDING or name in FREE or name.startswith("uapi/"):
        return None
    if name.startswith("lib/"):
        return LIB
    if name == "arch.h" or name.startswith("asm/"):
        return ARCH
    if name.startswith("mm/"):
        return MM
    if name.startswith("drivers/"):
        return DRIVERS
    if name.startswith("kernel/"):
        stem = name[len("kernel/"):-len(".h")]
        base = stem in BASE_HEADERS or os.path.exists(f"{lint.ROOT}/kernel/base/{stem}.c")
        return BASE if base else TOP
    return TOP


def file_layer(path):
    """The highest layer that a file may include."""
    if path.startswith("include/"):
        inner = path[len("include/"):]
        return BASE if inner in FREE else (header_layer(inner) or LIB)
    for prefix, layer in (("lib/", LIB), ("kernel/base/", BASE), ("mm/", MM), ("arch/", MM),
                          ("drivers/", DRIVERS)):
        if path.startswith(prefix):
            return layer
    return TOP


def admitted(path, name, used):
    """True for an edge of CIRCLES; remembers that it is needed."""
    for pattern, header in CIRCLES:
        if header == name and fnmatch.fnmatch(path, pattern):
            used.add((pattern, header))
            return True
    return False


def check(path, complaints, used):
    own = file_layer(path)
    for match in INCLUDE.finditer(lint.read(path)):
        name = match.group(1)
        line = lint.read(path)[:match.start(1)].count("\n") + 1
        if os.path.exists(os.path.join(lint.ROOT, os.path.dirname(path), name)):
            continue                                    # a private header next to its user
        if name.startswith("asm/") and not path.startswith("arch/") and path != "include/arch.h":
            complaints.add(path, line, f"<{name}> is reached only through <arch.h>")
            continue
        if name in HOSTED and path.startswith(("lib/", "include/lib/")):
            continue
        layer = header_layer(name)
        if layer is not None and layer > own:
            if admitted(path, name, used):
                continue
            complaints.add(path, line, f"<{name}> is of layer {layer} ({LAYER_NAMES[layer]}), "
                           f"above this file's {own} ({LAYER_NAMES[own]})")
        elif own == DRIVERS and layer == MM and name not in MM_FOR_DRIVERS:
            complaints.add(path, line, f"a driver must not know <{name}>")


def check_program(path, complaints):
    for match in INCLUDE.finditer(lint.read(path)):
        name = match.group(1)
        beside = os.path.join(lint.ROOT, os.path.dirname(path), name)
        if not os.path.exists(beside) and os.path.exists(f"{lint.ROOT}/include/{name}"):
            complaints.add(path, 0, f"a program must not include the kernel's <{name}>")


def main():
    complaints = lint.Complaints("check-layers")
    used = set()
    for path in lint.files():
        check(path, complaints, used)
    for edge in sorted(CIRCLES.keys() - used):
        complaints.add("scripts/check-layers.py", 0, f"the admitted circle {edge} is not needed")
    for path in lint.files(("user", "tests/user")):
        check_program(path, complaints)
    complaints.finish()


if __name__ == "__main__":
    main()
