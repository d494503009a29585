# SPDX-License-Identifier: MIT
#
# config.mk - the few knobs that change what is compiled
#
# Everything else is a boot parameter (the table is kernel/params.c), so that one image serves every
# comparison and a measurement can be cited by its command line. Give a knob on the command line,
# `make ARCH=riscv DEBUG=1`; each combination has its own directory under $(O).

# ARCH - the port to build: riscv or x86_64.
ARCH ?= riscv

# O - where every output goes. `make O=somewhere` keeps builds apart.
O ?= build
# One spelling for one place: .d files name objects as make named them, and another name matches nothing.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))

# DEBUG - 0: what users run, ASSERT compiled out; 1: ASSERT and lock ranks checked;
#         2: also the structure validators after every operation (slow).
DEBUG ?= 0

# KTEST - 1 links tests/kernel/ into the image; the boot parameter `ktest` then runs them.
KTEST ?= 0

# COMPILER - gcc (the distribution's cross compiler) or clang. LLVM=1 means clang.
COMPILER ?= gcc
ifeq ($(LLVM),1)
COMPILER := clang
endif
ifneq ($(filter clang%,$(notdir $(CC))),)
COMPILER := clang
endif

# V - 1 prints every command in full.
V ?= 0
