# SPDX-License-Identifier: MIT
"""gdb command for the structure behind a process's map: vm vmas PID.

Sourced by verso.py, whose helpers it uses.
"""

import gdb

from __main__ import each, find_mm, value, vma_name

VM_SHARED, VM_GROWSDOWN, VM_PFNMAP = 1 << 3, 1 << 8, 1 << 10
FIELDS = ("vm_ops", "vm_file", "mapping", "anon_vma", "vm_private")


def kind_of(mm, vma):
    """What the lecture calls a mapping."""
    flags, start = int(vma["vm_flags"]), int(vma["vm_start"])
    if flags & VM_PFNMAP:
        return "device"
    if int(vma["mapping"]):
        return "shared" if flags & VM_SHARED else "file"
    if int(vma["vm_ops"]):
        return "special"
    if flags & VM_GROWSDOWN:
        return "stack"
    return "heap" if int(mm["start_brk"]) <= start < int(mm["brk"]) else "anon"


def tree_place(vma):
    """Depth and colour of a VMA's node in mm_rb; 0b is the root. Bit 0 of the parent word is the colour."""
    word = int(vma["vm_rb"]["rb_parent_color"])
    node = gdb.lookup_type("struct rb_node").pointer()
    colour, depth = "b" if word & 1 else "r", 0
    while word & ~3:
        depth += 1
        word = int(gdb.Value(word & ~3).cast(node)["rb_parent_color"])
    return f"{depth}{colour}"


class VmVmas(gdb.Command):
    """vm vmas PID: each field of each VMA, in the order of the list, with its place in the tree."""

    def __init__(self):
        super().__init__("vm vmas", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        mm = find_mm(value(argument))
        users, count = (int(mm[name]["counter"]) for name in ("mm_users", "mm_count"))
        print(f"mm {int(mm.address):x}: mm_users {users}, mm_count {count}, pgd {int(mm['pgd']):x}, mmap_base "
              f"{int(mm['mmap_base']):x}, task_size {int(mm['task_size']):x}, {int(mm['map_count'])} VMAs, "
              f"found last {int(mm['mmap_cache']):x}")
        print(f"tree kind    {'start-end':25} flags    pgoff     max gap   {'vma':16} "
              + " ".join(f"{name:16}" for name in FIELDS) + " name")
        for vma in each(mm["mmap"], "struct vm_area_struct", "vm_link"):
            print(f"{tree_place(vma):4} {kind_of(mm, vma):7} "
                  f"{int(vma['vm_start']):012x}-{int(vma['vm_end']):012x} "
                  f"{int(vma['vm_flags']):08x} {int(vma['vm_pgoff']):<9x} "
                  f"{int(vma['rb_gap']):<9x} {int(vma.address):x} "
                  + " ".join(f"{int(vma[name]):<16x}" for name in FIELDS) + f" {vma_name(mm, vma)}")


VmVmas()
