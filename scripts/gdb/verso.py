# SPDX-License-Identifier: MIT
"""gdb commands that speak the lecture: vm ps, vm maps PID, vm walk PID VA, vm page PFN, vm rmap PFN, vm slab [CACHE];
user [NAME].

Everything is read through the DWARF types of the kernel, so that a moved field needs no change here.
Page tables are read through the direct map, and decoded by the port's table of bits below.
"""

import os

import gdb

PAGE_SHIFT, PTRS = 12, 512
KERNEL_PID = 0
# Where both ports link the image (asm/memlayout.h); x86-64 loads it at that distance from 0.
KERNEL_LINK_BASE = 0xffffffff80000000

# Port: (shift of the frame number, its width, [(bit, letter when set)], bits that make a leaf).
# RISC-V privileged architecture, "Sv39" to "Sv57"; Intel SDM volume 3, "Paging".
RISCV = (10, 44, [(0, "V"), (1, "R"), (2, "W"), (3, "X"), (4, "U"), (5, "G"), (6, "A"), (7, "D")])
X86 = (12, 40, [(0, "P"), (1, "RW"), (2, "US"), (3, "PWT"), (4, "PCD"), (5, "A"), (6, "D"),
                (7, "PS"), (8, "G"), (63, "XD")])
LEVEL_NAMES = ["pte", "pmd", "pud", "p4d", "pgd"]


def is_riscv():
    return "riscv" in gdb.selected_inferior().architecture().name()


def value(expression):
    """A gdb expression as a Python integer."""
    return int(gdb.parse_and_eval(expression))


def container(node, type_name, member):
    """container_of(): the object around an embedded node."""
    kind = gdb.lookup_type(type_name)
    offset = next(field.bitpos // 8 for field in kind.fields() if field.name == member)
    return gdb.Value(int(node) - offset).cast(kind.pointer()).dereference()


def each(head, type_name, member):
    """The objects on a struct list_head."""
    start = int(head.address)
    node = head["next"]
    while int(node) and int(node) != start:
        yield container(node, type_name, member)
        node = node["next"]


def processes():
    try:
        yield from each(gdb.parse_and_eval("process_list"), "struct process", "all_link")
    except gdb.MemoryError:
        raise gdb.GdbError("the kernel has not mapped itself yet: `hbreak start_init`, `continue`")


def find_mm(pid):
    """The struct mm_struct of a process; PID 0 means the kernel's own."""
    if pid == KERNEL_PID:
        return gdb.parse_and_eval("init_mm")
    for process in processes():
        if int(process["pid"]) == pid:
            if not int(process["mm"]):
                raise gdb.GdbError(f"process {pid} has no address space any more")
            return process["mm"].dereference()
    raise gdb.GdbError(f"no process {pid}; `vm ps` lists them")


def read_entry(table, index):
    """Entry number index of the page table at physical address table."""
    address = value("(unsigned long)page_offset") + table + 8 * index
    data = gdb.selected_inferior().read_memory(address, 8)
    return int.from_bytes(bytes(data), "little")


def decode(entry):
    """(physical address, letters, present, leaf) of an entry above the last level."""
    shift, width, bits = RISCV if is_riscv() else X86
    frame = (entry >> shift) & ((1 << width) - 1)
    letters = " ".join(name for bit, name in bits if entry >> bit & 1)
    leaf = bool(entry & 0xe) if is_riscv() else bool(entry & 0x80)
    return frame << PAGE_SHIFT, letters, bool(entry & 1), leaf


def page_flags(page):
    """Names of the PG_ flags that are set."""
    flags = int(page["flags"])
    names = [field.name for field in gdb.lookup_type("enum pageflags").fields()
             if field.name != "NR_PAGEFLAGS" and flags >> int(field.enumval) & 1]
    return " ".join(names) or "no flags"


def vma_name(mm, vma):
    """The last column of /proc/PID/maps, as far as gdb can tell it."""
    start, end = int(vma["vm_start"]), int(vma["vm_end"])
    if int(vma["vm_file"]):
        return file_name(vma["vm_file"])
    if start <= int(mm["brk"]) and end > int(mm["start_brk"]) and int(mm["start_brk"]):
        return "[heap]"
    if start <= int(mm["start_stack"]) < end:
        return "[stack]"
    return "[vdso]" if start == int(mm["vdso_base"]) else ""


def file_name(pointer):
    """The name of a struct file: its dentry's last component, or its address."""
    try:
        file = pointer.cast(gdb.lookup_type("struct file").pointer())
        return file["path"]["dentry"]["name"].string()
    except (gdb.error, UnicodeDecodeError):
        return f"file {int(pointer):#x}"


class Vm(gdb.Command):
    """The memory of the machine: vm ps | vm maps PID | vm vmas PID | vm walk PID VA | vm page PFN | vm slab [CACHE]."""

    def __init__(self):
        super().__init__("vm", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)


class VmPs(gdb.Command):
    """vm ps: the processes, with the resident pages and the state of each."""

    def __init__(self):
        super().__init__("vm ps", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        print("  PID  PPID   RSS kB  NAME")
        for process in processes():
            parent = process["parent"]
            rss = 0
            if int(process["mm"]):
                mm = process["mm"].dereference()
                rss = sum(int(mm[f"rss_{kind}"]["counter"])
                          for kind in ("anon", "file", "shmem")) * 4
            name = process["leader"]["comm"].string() if int(process["leader"]) else "?"
            print(f"{int(process['pid']):5} {int(parent['pid']) if int(parent) else 0:5} "
                  f"{rss:8}  {name}{' (zombie)' if process['zombie'] else ''}")


class VmMaps(gdb.Command):
    """vm maps PID: the VMAs of a process, as /proc/PID/maps shows them."""

    def __init__(self):
        super().__init__("vm maps", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        mm = find_mm(value(argument))
        print("start            end              prot  offset    kB      name")
        for vma in each(mm["mmap"], "struct vm_area_struct", "vm_link"):
            start, end, flags = (int(vma[name]) for name in ("vm_start", "vm_end", "vm_flags"))
            prot = "".join(letter if flags >> bit & 1 else "-" for bit, letter in
                           enumerate("rwx")) + ("s" if flags & 8 else "p")
            offset = int(vma["vm_pgoff"]) << PAGE_SHIFT if int(vma["vm_file"]) else 0
            print(f"{start:016x} {end:016x} {prot}  {offset:08x}  {(end - start) >> 10:<7} "
                  f"{vma_name(mm, vma)}")
        print(f"{int(mm['map_count'])} VMAs, {int(mm['total_vm'])} pages")


class VmWalk(gdb.Command):
    """vm walk PID VA: the page-table walk the hardware makes, level by level (PID 0: kernel)."""

    def __init__(self):
        super().__init__("vm walk", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) != 2:
            raise gdb.GdbError("vm walk PID VA")
        mm, address = find_mm(value(words[0])), value(words[1]) & (1 << 64) - 1
        levels = value("pgtable_levels")
        self.walk(table_of(mm), address, levels)

    def walk(self, table, address, levels):
        for level in reversed(range(levels)):
            shift = PAGE_SHIFT + 9 * level
            index = address >> shift & PTRS - 1
            entry = read_entry(table, index)
            target, letters, present, leaf = decode(entry)
            # The top level is the pgd at every depth, as in Linux; absent ones are in between.
            name = "pgd" if level == levels - 1 else LEVEL_NAMES[level]
            print(f"{name}[{index:3}] at {table + 8 * index:#014x} = {entry:#018x}  {letters}")
            if not present:
                print("not present" + (f": swap entry or PROT_NONE {entry:#x}" if entry else ""))
                return
            if leaf or level == 0:
                self.show_leaf(target, address, shift)
                return
            table = target

    def show_leaf(self, target, address, shift):
        inside = address & (1 << shift) - 1
        physical = (target >> shift << shift) + inside
        print(f"{address:#x} -> {physical:#x}, a {1 << shift >> 10} kB page, "
              f"pfn {physical >> PAGE_SHIFT:#x}")


def table_of(mm):
    """Physical address of an mm's top table; the kernel's own may lie in the image."""
    pgd = int(mm["pgd"]) & (1 << 64) - 1
    if pgd < KERNEL_LINK_BASE:
        return pgd - (value("(unsigned long)page_offset") & (1 << 64) - 1)
    return pgd - KERNEL_LINK_BASE + (value("kernel_phys_base") if is_riscv() else 0)


class VmPage(gdb.Command):
    """vm page PFN: what the kernel knows about one frame."""

    def __init__(self):
        super().__init__("vm page", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        pfn = value(argument)
        if not value("min_pfn") <= pfn < value("max_pfn"):
            raise gdb.GdbError(f"RAM is frames {value('min_pfn'):#x} to {value('max_pfn'):#x}")
        page = (gdb.parse_and_eval("vmemmap") + pfn).dereference()
        print(f"pfn {pfn:#x}, physical {pfn << PAGE_SHIFT:#x}, struct page {int(page.address):#x}")
        print(f"  flags      {page_flags(page)}, zone {int(page['flags']) >> 56}")
        print(f"  _refcount  {int(page['_refcount']['counter'])}")
        print(f"  _mapcount  {int(page['_mapcount']['counter'])}  (ptes that map it, minus 1)")
        print(f"  mapping    {int(page['mapping']):#x}, index {int(page['index']):#x}, "
              f"private {int(page['private']):#x}")


def interval_nodes(node):
    """The nodes of an interval tree below an rb_node, in order."""
    if int(node):
        yield from interval_nodes(node["rb_left"])
        yield container(node, "struct interval_tree_node", "rb")
        yield from interval_nodes(node["rb_right"])


class VmRmap(gdb.Command):
    """vm rmap PFN: the VMAs that may map a page, found from the page as the kernel finds them."""

    def __init__(self):
        super().__init__("vm rmap", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        page = (gdb.parse_and_eval("vmemmap") + value(argument)).dereference()
        mapping, index = int(page["mapping"]), int(page["index"])
        if not mapping:
            raise gdb.GdbError("no program maps this page")
        names = {int(process["mm"]): process for process in processes()}
        for vma in self.vmas(mapping, index):
            address = int(vma["vm_start"]) + (index - int(vma["vm_pgoff"]) << PAGE_SHIFT)
            process = names.get(int(vma["vm_mm"]))
            print(f"PID {int(process['pid']) if process else '?'}: {address:#x} in "
                  f"{int(vma['vm_start']):x}-{int(vma['vm_end']):x}")

    def vmas(self, mapping, index):
        anon = mapping & 1
        kind, tree = ("struct anon_vma", "rb_root") if anon else ("struct address_space", "i_mmap")
        head = gdb.parse_and_eval(f"(({kind} *){mapping & ~1})->{tree}")
        for node in interval_nodes(head["rb_node"]):
            if not int(node["start"]) <= index <= int(node["last"]):
                continue
            if anon:
                chain = container(node.address, "struct anon_vma_chain", "node")
                yield chain["vma"].dereference()
            else:
                yield container(node.address, "struct vm_area_struct", "i_mmap_node")


class VmSlab(gdb.Command):
    """vm slab [CACHE]: the object caches, or the slabs of one."""

    def __init__(self):
        super().__init__("vm slab", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        self.backend = gdb.parse_and_eval("slab_ops")["name"].string()
        self.nodes = value("slab_nr_nodes")
        wanted = argument.strip()
        if not wanted:
            print(f"{self.backend.upper()}\n   SIZE OBJS/SLAB  PAGES  SLABS  NAME")
        for cache in each(gdb.parse_and_eval("'slab_common.c'::caches"), "struct kmem_cache", "link"):
            name = cache["name"].string()
            if not wanted:
                slabs = sum(int(cache["node"][i]["nr_slabs"]) for i in range(self.nodes))
                print(f"{int(cache['size']):7} {int(cache['objects']):9} {1 << int(cache['order']):6} "
                      f"{slabs:6}  {name}")
            elif name == wanted:
                self.show(cache, name)
                return
        if wanted:
            raise gdb.GdbError(f"no cache {wanted}; `vm slab` lists them")

    def show(self, cache, name):
        print(f"{name}: {int(cache['object_size'])} bytes, {int(cache['size'])} apart, "
              f"{int(cache['objects'])} in a slab of {1 << int(cache['order'])} pages")
        if name == "slob_heap":
            self.show_heap()
            return
        if self.backend == "slab":
            part = cache["slab"]
            print(f"  colours 0 to {int(part['colour'])} of {int(part['colour_off'])} bytes, freelists "
                  f"{'off' if part['off_slab'] else 'on'} the slab, limit {int(part['limit'])}, "
                  f"batchcount {int(part['batchcount'])}")
        for cpu in range(value("nr_cpus")):
            self.show_cpu(cache["cpu"][cpu], cpu)
        for number in range(self.nodes):
            node = cache["node"][number]
            print(f"  node {number}: {int(node['nr_slabs'])} slabs")
            lists = ("partial",) if self.backend == "slub" else ("full", "partial", "free")
            for part in lists:
                if int(node[part]["next"]):
                    self.show_list(node[part], part)

    def show_cpu(self, cpu, number):
        if self.backend == "slab" and int(cpu["array"]):
            array = cpu["array"].dereference()
            print(f"  CPU {number}: {int(array['avail'])} of {int(array['limit'])} objects in the array")
        elif self.backend == "slub" and int(cpu["page"]):
            print(f"  CPU {number}: slab {self.slab(cpu['page'].dereference())}")

    def slab(self, page):
        pfn = (int(page.address) - value("(unsigned long)vmemmap")) // page.type.sizeof
        text = f"pfn {pfn:#x}: {int(page['inuse'])} of {int(page['objects'])} objects in use"
        if self.backend == "slab":
            text += f", colour {8 * int(page['colour'])}, freelist at {int(page['freelist']):#x}"
        return text

    def show_list(self, head, name):
        for page in each(head, "struct page", "lru"):
            print(f"    {name:8} {self.slab(page)}")

    def show_heap(self):
        lists = gdb.parse_and_eval("'slob.c'::slob_lists")
        block_type = gdb.lookup_type("struct slob_block").pointer()
        for number, name in enumerate(("small", "medium", "large")):
            for page in each(lists[number], "struct page", "lru"):
                block, blocks = page["freelist"].cast(block_type), []
                start = int(block) & -4096
                while int(block):
                    at, units = int(block) - start, int(block["units"])
                    blocks.append(f"{at}+{8 * units}")
                    after = 8 * int(block["next"])
                    block = gdb.Value(start + after if after < 4096 else 0).cast(block_type)
                pfn = (int(page.address) - value("(unsigned long)vmemmap")) // page.type.sizeof
                print(f"  {name:7} pfn {pfn:#x}: free {' '.join(blocks)}")


class User(gdb.Command):
    """user [NAME]: symbols of a program of the image; without a name, of the running one."""

    def __init__(self):
        super().__init__("user", gdb.COMMAND_FILES)

    def invoke(self, argument, _from_tty):
        directory = os.environ.get("VERSO_USER", ".")
        name = argument.strip() or self.running()
        path = os.path.join(directory, name + ".debug")
        if not os.path.exists(path):
            path = os.path.join(directory, "verso-tools.debug")
        if not os.path.exists(path):
            raise gdb.GdbError(f"{path} does not exist; `make user` builds it")
        gdb.execute(f"add-symbol-file {path}")

    def running(self):
        """Name of the thread on the CPU that gdb looks at; QEMU numbers CPUs from 1."""
        hwid = gdb.selected_thread().num - 1
        cpus = gdb.parse_and_eval("cpus")
        for number in range(int(cpus.type.range()[1]) + 1):
            if int(cpus[number]["hwid"]) == hwid and int(cpus[number]["current"]):
                return cpus[number]["current"]["comm"].string()
        raise gdb.GdbError("no thread runs on this CPU yet; give the program's name")


for command in (Vm, VmPs, VmMaps, VmWalk, VmPage, VmRmap, VmSlab, User):
    command()

for name in ("zones.py", "vmas.py"):
    gdb.execute("source " + os.path.join(os.path.dirname(os.path.abspath(__file__)), name))
