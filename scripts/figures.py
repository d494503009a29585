# SPDX-License-Identifier: MIT
"""What Linux costs: executed guest instructions per operation, user and kernel together.

Debian's Linux 6.12.107 in QEMU 7.2 TCG, one CPU, 512 MiB, the same static benchmark binary, under
`-icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1`, where an instruction is a
nanosecond of guest time. x86-64 ran with `-M q35 -cpu max,-erms,-fsrm`, RISC-V with `-M virt -cpu
rv64`. "tuned" has every mitigation, hardening and accounting option off. Two runs gave the same
digits.
"""

# operation: (riscv default, riscv tuned, x86-64 default, x86-64 tuned)
LINUX = {
    "null system call (getppid)": (441, 277, 333, 322),
    "clock_gettime (vDSO)": (67, 67, 71, 71),
    "anonymous first write, per 4K page": (4538, 3440, 3690, 3336),
    "anonymous munmap, per page": (1376, 1056, 1129, 935),
    "anonymous first read (zero page)": (1269, 1152, 1510, 1401),
    "zero page to private page on write": (4890, 3777, 4063, 3709),
    "copy-on-write fault (copy)": (5746, 4633, 5867, 4962),
    "copy-on-write fault (reuse, sole owner)": (1436, 1318, 1579, 1470),
    "shared anonymous (shmem) first write": (6623, 5276, 5848, 4782),
    "MADV_DONTNEED + refault, per page of 64": (5838, 4406, 4739, 4147),
    "MADV_DONTNEED + refault, 1 page": (9034, 7376, 7251, 6598),
    "fork + exit + wait, small process": (193950, 177325, 174940, 160665),
    "fork + exit + wait, 64 MiB touched": (6396000, 6362000, 6929000, 6901000),
    "fork + exec + exit + wait (static binary)": (577333, 515496, 556411, 512258),
    "vfork + exec + exit + wait": (420317, 368296, 415912, 380303),
    "mmap + touch + munmap, 1 page": (21700, 19450, 16803, 15701),
    "mmap + munmap, 1 MiB untouched": (14511, 13609, 12366, 11979),
    "mprotect, split + merge (2 calls)": (20198, 19110, 24036, 22639),
    "mprotect of 64 MiB, per page": (91, 91, 208, 208),
    "10,000 VMAs: split, per call": (12094, 11322, 9142, 8444),
    "10,000 VMAs: fault at random": (6465, 5311, 5230, 4795),
    "10,000 VMAs: mmap + munmap": (13516, 12792, 10858, 10437),
    "10,000 VMAs: munmap, per VMA": (5014, 4777, 4166, 3963),
    "brk grow + touch": (7697, 6450, 6228, 5902),
    "brk shrink": (13105, 12181, 9826, 9167),
    "mremap move of 64 pages": (19234, 18576, 16520, 16082),
    "mremap grow + shrink": (15401, 14740, 12333, 11946),
    "file mapping, sequential read, per page": (617, 490, 545, 462),
    "file mapping, per fault taken": (9839, 7752, 8628, 7297),
    "file private mapping, first write": (5660, 4562, 5736, 4827),
    "file shared mapping, first write": (2442, 2200, 2469, 2277),
    "pread 4 KiB, cached": (2893, 2620, 1836, 1715),
    "pread 1 byte, cached": (1740, 1467, 1375, 1254),
    "pwrite 4 KiB, cached": (3429, 3156, 2200, 2072),
    "pipe ping-pong, two processes, round trip": (13728, 11542, 11453, 9934),
    "pipe write + read 1 byte": (3010, 2464, 2240, 1995),
    "pipe bandwidth, per 4 KiB": (5312, 4533, 3372, 2728),
    "thread create + join": (48242, 43467, 46754, 41857),
    "futex ping-pong, round trip": (9981, 8206, 8507, 7436),
    "sched_yield pair": (6008, 5160, 5484, 4935),
    "signal to self, handler, return": (5265, 4525, 4187, 3794),
    "SIGSEGV handler + mprotect + resume": (9152, 8697, 15187, 14458),
    "KSM break (COW of a merged page)": (5486, 4390, 5627, 4722),
}

# A judged row of a port may cost this share of tuned Linux's, and no more.
BAR = 0.5
# The judged rows: address spaces and page faults, without fork and exec.
_NAMES = list(LINUX)
JUDGED = [name for name in _NAMES[_NAMES.index("anonymous first write, per 4K page"):
                                  _NAMES.index("file shared mapping, first write") + 1]
          if "fork" not in name and "exec" not in name]


def tuned(operation, arch):
    """Tuned Linux's cost on a port, or None for an operation it was not measured with."""
    row = LINUX.get(operation)
    return row and row[1 if arch == "riscv" else 3]
