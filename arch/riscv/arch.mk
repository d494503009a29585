# SPDX-License-Identifier: MIT
#
# arch/riscv/arch.mk - how this port is compiled, linked and run
#
# rv64imac: the kernel itself never touches a floating-point register, so that user state survives
# a system call without being saved. Assembly may name them (it saves and restores user state).
# medany: the image may be linked anywhere, and this port links it in the top 2 GiB.
# no-relax: no global pointer to set up, and symbol addresses do not move between link passes.

CROSS             ?= riscv64-linux-gnu-
CLANG_TARGET      := riscv64-linux-gnu

ARCH_CFLAGS       := -mabi=lp64 -mcmodel=medany -mno-relax -fno-pic -fno-pie
ARCH_CFLAGS_GCC   := -march=rv64imac_zicsr_zifencei
ARCH_CFLAGS_CLANG := -march=rv64imac
ARCH_AFLAGS       := -mabi=lp64 -mcmodel=medany -mno-relax -fno-pic -fno-pie
ARCH_AFLAGS_GCC   := -march=rv64gc_zicsr_zifencei
ARCH_AFLAGS_CLANG := -march=rv64gc
ARCH_VDSO_CFLAGS  := -march=rv64gc -mabi=lp64d -mcmodel=medany -mno-relax
ARCH_LDFLAGS      := -m elf64lriscv

# What scripts/run.py and the tests start; read from here so that it is said once.
QEMU              := qemu-system-riscv64
QEMU_FLAGS        := -M virt -cpu rv64
QEMU_FLAGS_ICOUNT := -M virt -cpu rv64
LEVELS_ALL        := 3 4 5
GDB_ARCH          := riscv:rv64
