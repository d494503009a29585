# SPDX-License-Identifier: MIT
"""gdb commands for free memory and kernel addresses: vm buddy [ORDER], vm pcp, vm vmalloc.

Sourced by verso.py, whose helpers it uses.
"""

import gdb

from __main__ import PAGE_SHIFT, each, value

MAX_ORDER = 10
SHOWN = 8               # frames of a list that are printed
AREA_KINDS = [(1, "ioremap"), (2, "vmalloc"), (4, "vmap"), (8, "vpages"), (16, "being-made")]


def zones():
    """The zones that have pages for the allocator."""
    for node in range(value("sizeof(node_data) / sizeof(node_data[0])")):
        for zone in range(value("NR_ZONES")):
            found = gdb.parse_and_eval(f"node_data[{node}].node_zones[{zone}]")
            if int(found["managed"]):
                yield found


def pfn_of(page):
    """Frame number of a struct page that lies in the memmap."""
    base = int(gdb.parse_and_eval("vmemmap"))
    return (int(page.address) - base) // page.type.sizeof


def first_pfns(head):
    """The first frames on a list of pages, as text."""
    pfns = []
    for page in each(head, "struct page", "lru"):
        if len(pfns) == SHOWN:
            return " ".join(pfns) + " ..."
        pfns.append(f"{pfn_of(page):#x}")
    return " ".join(pfns)


class VmBuddy(gdb.Command):
    """vm buddy [ORDER]: free blocks of each zone by order; with ORDER, the first blocks on that list."""

    def __init__(self):
        super().__init__("vm buddy", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        if argument and not 0 <= value(argument) <= MAX_ORDER:
            raise gdb.GdbError(f"orders are 0 to {MAX_ORDER}")
        for zone in zones():
            areas = zone["free_area"]
            print(f"Node {int(zone['node'])}, zone {zone['name'].string():>8}: frames "
                  f"{int(zone['start_pfn']):#x} to {int(zone['end_pfn']):#x}, free "
                  f"{int(zone['nr_free'])} of {int(zone['managed'])}, marks "
                  + "/".join(str(int(zone["watermark"][i])) for i in range(3)))
            if argument:
                print("  " + (first_pfns(areas[value(argument)]["free_list"]) or "none"))
                continue
            print("  order  " + " ".join(f"{order:6}" for order in range(MAX_ORDER + 1)))
            print("  blocks " + " ".join(f"{int(areas[order]['nr_free']):6}"
                                         for order in range(MAX_ORDER + 1)))


class VmPcp(gdb.Command):
    """vm pcp: the pages on each CPU's own lists, and the first frames of each."""

    def __init__(self):
        super().__init__("vm pcp", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        template = int(gdb.parse_and_eval("&pcplists"))
        kind = gdb.parse_and_eval("pcplists").type.pointer()
        print(f"a batch is {value('pcp_batch')} pages")
        for cpu in range(value("nr_cpus")):
            address = template + value(f"cpus[{cpu}].percpu_delta")
            lists = gdb.Value(address & (1 << 64) - 1).cast(kind).dereference()
            for zone in zones():
                own = lists["list"][int(zone["id"])]
                print(f"cpu {cpu}, node {int(zone['node'])}, zone {zone['name'].string():>8}: "
                      f"{int(own['count']):4} of {int(own['high'])}  {first_pfns(own['list'])}")


def function_at(address):
    """`<name+offset>' of a code address."""
    return gdb.execute(f"info symbol {address:#x}", to_string=True).split(" in section")[0].strip()


class VmVmalloc(gdb.Command):
    """vm vmalloc: the areas of the vmalloc space, then what is free and what waits for a flush."""

    def __init__(self):
        super().__init__("vm vmalloc", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        print("start              end (with guard)     KiB  pages  what, for whom")
        for area in each(gdb.parse_and_eval("'mm/vmap_area.c'::busy.list"), "struct vmap_area", "list"):
            self.show(area)
        self.total("free", "'mm/vmap_area.c'::vacant.list")
        self.total("lazily freed", "'mm/vmap_area.c'::purge_list")

    def show(self, area):
        start, end = int(area["va_start"]), int(area["va_end"])
        line = f"{start:#018x} {end:#018x} {(end - start) >> 10:6}"
        if int(area["vm"]):
            flags = int(area["vm"]["flags"])
            what = " ".join(name for bit, name in AREA_KINDS if flags & bit)
            line += f" {int(area['vm']['nr_pages']):6}  {what}, {function_at(int(area['vm']['caller']))}"
        print(line)

    def total(self, what, head):
        sizes = [int(area["va_end"]) - int(area["va_start"])
                 for area in each(gdb.parse_and_eval(head), "struct vmap_area", "list")]
        print(f"{what}: {len(sizes)} areas, {sum(sizes) >> PAGE_SHIFT} pages, the largest "
              f"{max(sizes, default=0) >> PAGE_SHIFT}")


for command in (VmBuddy, VmPcp, VmVmalloc):
    command()
