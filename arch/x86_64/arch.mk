# SPDX-License-Identifier: MIT
#
# arch/x86_64/arch.mk - how this port is compiled, linked and run
#
# general-regs-only: the kernel itself never touches an SSE register, so that user state survives
# a system call without being saved. kernel code model: the image sits in the top 2 GiB.
# no-red-zone: an interrupt on the same stack would overwrite it. stack boundary of 8 bytes: only
# SSE wants 16, and a trap frame is an odd number of words.

CROSS             ?= x86_64-linux-gnu-
CLANG_TARGET      := x86_64-linux-gnu

ARCH_CFLAGS       := -m64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
		     -fcf-protection=none
ARCH_CFLAGS_GCC   := -mpreferred-stack-boundary=3
ARCH_CFLAGS_CLANG := -mstack-alignment=8
ARCH_AFLAGS       := -m64 -fno-pic -fno-pie
ARCH_AFLAGS_GCC   :=
ARCH_AFLAGS_CLANG :=
ARCH_VDSO_CFLAGS  := -m64 -mgeneral-regs-only -fcf-protection=none
ARCH_LDFLAGS      := -m elf_x86_64

# What scripts/run.py and the tests start; read from here so that it is said once. Under icount a
# REP instruction counts once per iteration, so with ERMS a page clear would count 4096.
QEMU              := qemu-system-x86_64
QEMU_FLAGS        := -M q35 -cpu max -device isa-debug-exit,iobase=0xf4,iosize=0x04
QEMU_FLAGS_ICOUNT := -M q35 -cpu max,-erms,-fsrm -device isa-debug-exit,iobase=0xf4,iosize=0x04
LEVELS_ALL        := 4 5
GDB_ARCH          := i386:x86-64
