# SPDX-License-Identifier: MIT
#
# Verso: `make help` lists the targets; the build knobs are explained in config.mk.
#
# One kernel image per architecture and configuration:
#
#   $(O)/$(ARCH)/verso.elf                     the default
#   $(O)/$(ARCH)-debug-ktest-clang/verso.elf   DEBUG=1 KTEST=1 COMPILER=clang, and so on
#   $(O)/$(ARCH)/user/, $(O)/$(ARCH)/initrd.cpio    programs and the first file system

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
SHELL := /bin/bash

include config.mk

ifeq ($(filter $(ARCH),riscv x86_64),)
$(error ARCH=$(ARCH): the ports are riscv and x86_64)
endif
ifeq ($(filter $(DEBUG),0 1 2),)
$(error DEBUG=$(DEBUG): give 0, 1 or 2 (config.mk says what they mean))
endif
ifeq ($(filter $(COMPILER),gcc clang),)
$(error COMPILER=$(COMPILER): give gcc or clang)
endif

include arch/$(ARCH)/arch.mk

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

# ---- configuration and its directory ----------------------------------------------------------

suffix-debug-0 :=
suffix-debug-1 := -debug
suffix-debug-2 := -debug2
suffix-ktest-1 := -ktest
suffix-clang   := -clang
B := $(O)/$(ARCH)$(suffix-debug-$(DEBUG))$(suffix-ktest-$(KTEST))$(suffix-$(COMPILER))
KERNEL := $(B)/verso.elf

# ---- tools and flags --------------------------------------------------------------------------

ifeq ($(COMPILER),clang)
KCC := clang --target=$(CLANG_TARGET)
KCFLAGS := $(ARCH_CFLAGS) $(ARCH_CFLAGS_CLANG)
KAFLAGS := $(ARCH_AFLAGS) $(ARCH_AFLAGS_CLANG) -Wno-unused-command-line-argument
else
KCC := $(CROSS)gcc
KCFLAGS := $(ARCH_CFLAGS) $(ARCH_CFLAGS_GCC)
KAFLAGS := $(ARCH_AFLAGS) $(ARCH_AFLAGS_GCC)
endif
KLD := $(CROSS)ld
NM := $(CROSS)nm

# The strict flags are part of the language we write; -O2 with frame pointers keeps backtraces.
KCPPFLAGS := -Iinclude -Iarch/$(ARCH)/include -DCONFIG_DEBUG=$(DEBUG) -DCONFIG_KTEST=$(KTEST)
KCFLAGS += -std=gnu11 -ffreestanding -nostdlib -O2 -g \
	   -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-strict-aliasing -fno-common \
	   -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables \
	   -Wall -Wextra -Werror -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes \
	   -Wvla
KAFLAGS += -D__ASSEMBLY__ -g -nostdlib
KLDFLAGS := $(ARCH_LDFLAGS) -static -nostdlib --build-id=none -z noexecstack \
	    -z max-page-size=4096 --no-warn-rwx-segments

# ---- sources ----------------------------------------------------------------------------------

KDIRS := arch/$(ARCH) mm kernel kernel/base drivers lib fs fs/fuse
ifeq ($(KTEST),1)
KDIRS += tests/kernel
endif
KSRCS := $(sort $(wildcard $(foreach d,$(KDIRS),$(d)/*.c $(d)/*.S)))
KOBJS := $(addprefix $(B)/,$(addsuffix .o,$(KSRCS)))
KLDSCRIPT := arch/$(ARCH)/kernel.ld

# ---- targets ----------------------------------------------------------------------------------

.PHONY: all objects initrd run gdb test check compare bench doctor format tags docs clean
.PHONY: host-test user help setup FORCE

all: $(KERNEL) ## build the kernel for ARCH (default)

objects: $(KOBJS) ## compile every kernel source, without linking

# A change of flags or compiler rebuilds everything; the file is only touched when they differ.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(KCC) $(KCPPFLAGS) $(KCFLAGS) | $(KAFLAGS) | $(KLDFLAGS)' | cmp -s - $@ || \
	 echo '$(KCC) $(KCPPFLAGS) $(KCFLAGS) | $(KAFLAGS) | $(KLDFLAGS)' > $@

$(B)/%.c.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(KCC) $(KCPPFLAGS) $(KCFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.S.o: %.S $(B)/flags
	@mkdir -p $(@D)
	$(say) AS $<
	$(Q)$(KCC) $(KCPPFLAGS) $(KAFLAGS) -MMD -MP -c -o $@ $<

# The vDSO is a small shared object of its own, which arch/$(ARCH)/vdso.S takes into the image.
VDSO_SRC := arch/$(ARCH)/vdso
VDSO_CFLAGS := $(filter-out -fno-omit-frame-pointer,$(KCPPFLAGS) $(ARCH_VDSO_CFLAGS)) -DVERSO_VDSO \
	       -std=gnu11 -ffreestanding -O2 -fPIC -fomit-frame-pointer -fno-stack-protector \
	       -fno-asynchronous-unwind-tables -fno-builtin -Wall -Wextra -Werror

$(B)/$(VDSO_SRC)/%.o: $(VDSO_SRC)/%.c $(B)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(KCC) $(VDSO_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/$(VDSO_SRC)/vdso.ld: $(VDSO_SRC)/vdso.ld $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(KCC) $(KCPPFLAGS) -D__ASSEMBLY__ -D__LINKER__ -E -P -x c -MMD -MP -MT $@ \
		-MF $@.d -o $@ $<

$(B)/vdso.so: $(B)/$(VDSO_SRC)/vdso.o $(B)/$(VDSO_SRC)/vdso.ld
	$(say) LD $@
	$(Q)$(KLD) $(ARCH_LDFLAGS) -shared -soname linux-vdso.so.1 --hash-style=both --build-id=none \
		-z noexecstack -z max-page-size=4096 -T $(B)/$(VDSO_SRC)/vdso.ld -o $@ $<

$(B)/arch/$(ARCH)/vdso.S.o: $(B)/vdso.so
$(B)/arch/$(ARCH)/vdso.S.o: KAFLAGS += -I$(B)

-include $(B)/$(VDSO_SRC)/vdso.d $(B)/$(VDSO_SRC)/vdso.ld.d

# Three links. The first has an empty symbol table; the second has one of the right size, which
# may move what lies behind it; the third has the final addresses, and gen-symbols checks it.
$(B)/kernel.ld: $(KLDSCRIPT) $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(KCC) $(KCPPFLAGS) -D__ASSEMBLY__ -D__LINKER__ -E -P -x c -MMD -MP -MT $@ \
		-MF $@.d -o $@ $<

define link
	$(Q)$(KCC) $(KAFLAGS) -c -o $(B)/symbols$(1).o $(B)/symbols$(1).S
	$(Q)$(KLD) $(KLDFLAGS) -T $(B)/kernel.ld -Map $(B)/verso.map -o $(2) $(KOBJS) \
		$(B)/symbols$(1).o
endef

$(KERNEL): $(KOBJS) $(B)/kernel.ld scripts/gen-symbols.py
	$(say) LD $@
	$(Q)scripts/gen-symbols.py --empty -o $(B)/symbols1.S
	$(call link,1,$(B)/verso.1.elf)
	$(Q)scripts/gen-symbols.py --nm $(NM) -o $(B)/symbols2.S $(B)/verso.1.elf
	$(call link,2,$(B)/verso.2.elf)
	$(Q)scripts/gen-symbols.py --nm $(NM) -o $(B)/symbols3.S $(B)/verso.2.elf
	$(call link,3,$@)
	$(Q)scripts/gen-symbols.py --nm $(NM) --verify $(B)/symbols3.S $@
	$(Q)rm -f $(B)/verso.1.elf $(B)/verso.2.elf

-include $(KOBJS:.o=.d) $(B)/kernel.ld.d

# ---- user programs, host tests, first file system ---------------------------------------------

# user/user.mk makes $(O)/$(ARCH)/user/ with $(UCC), and the same programs for this machine in
# $(O)/host/user/; tests/host/host.mk runs host-test.
UCC := $(CROSS)gcc
USER_DIR := $(O)/$(ARCH)/user
USER_FILES := $(addprefix $(USER_DIR)/,verso-tools utest bench tools.list)
-include user/user.mk
-include tests/link/link.mk
-include tests/host/host.mk
-include tests/fuzz/fuzz.mk

user: $(USER_FILES) ## build the user programs for ARCH

ROOTFS ?= verso
INITRD-verso := $(O)/$(ARCH)/initrd.cpio
INITRD-busybox := $(O)/$(ARCH)/initrd-busybox.cpio
INITRD := $(INITRD-$(ROOTFS))
ifeq ($(INITRD),)
$(error ROOTFS=$(ROOTFS): give verso or busybox)
endif

initrd: $(INITRD) ## build the initramfs (ROOTFS=verso or busybox)

$(O)/$(ARCH)/initrd.cpio: $(USER_FILES) scripts/mkinitrd
	$(say) CPIO $@
	$(Q)scripts/mkinitrd --user $(USER_DIR) --work $(O)/$(ARCH)/initrd-root -o $@

# Both ports take BusyBox from the same release; the list of its applets comes from the one that
# runs on this machine.
HOST_BUSYBOX := $(O)/x86_64/busybox/busybox
$(O)/%/busybox/busybox: scripts/fetch-busybox
	$(say) FETCH $@
	$(Q)scripts/fetch-busybox $* $(@D)

$(O)/$(ARCH)/initrd-busybox.cpio: $(O)/$(ARCH)/busybox/busybox $(HOST_BUSYBOX) $(USER_FILES) \
				  scripts/mkinitrd
	$(say) CPIO $@
	$(Q)scripts/mkinitrd --user $(USER_DIR) --busybox $< --busybox-list $(HOST_BUSYBOX) \
		--work $(O)/$(ARCH)/initrd-busybox-root -o $@

# ---- running ----------------------------------------------------------------------------------

SMP ?= 1
MEM ?= 512M
APPEND ?=
LEVELS ?=
RUN = scripts/run.py --arch $(ARCH) --kernel $(KERNEL) --initrd $(INITRD) --smp $(SMP) \
      --mem $(MEM) $(if $(LEVELS),--levels $(LEVELS)) --append '$(APPEND)'
# One spelling of this configuration for the recursive calls, which follow the set-up.
SELF = $(MAKE) --no-print-directory ARCH=$(ARCH) O=$(O) DEBUG=$(DEBUG) KTEST=$(KTEST) \
       COMPILER=$(COMPILER) ROOTFS=$(ROOTFS) \
       $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

setup: ## install what is missing with apt-get
	@scripts/setup run test dev

run: ## install what is missing, build, boot: ROOTFS= SMP= MEM= LEVELS= APPEND="..."
	@scripts/setup run
	@$(SELF) all initrd
	@$(RUN) || echo "The machine ended with status $$?."

gdb: ## boot stopped and attach gdb with symbols and the vm commands
	@scripts/setup run dev
	@$(SELF) all initrd
	@scripts/gdb/session --arch $(ARCH) --kernel $(KERNEL) --user $(USER_DIR) \
		--gdb-arch '$(GDB_ARCH)' -- $(RUN)

test: ## every test on the whole matrix; ends with `N passed, N failed` (ONLY= selects)
	@scripts/setup run test
	@scripts/test.py --build $(O) $(if $(ONLY),--only '$(ONLY)')

compare: ## one table: both ports at every depth; WHAT=slab: the three object allocators, options: old ways
	@scripts/setup run test
	@scripts/compare$(if $(WHAT),_$(WHAT)).py --build $(O) $(if $(TWICE),--twice)

bench: ## instructions per operation and Linux's; fails above one half (ARCH= one port, PEER=linux)
	@scripts/setup run test
	@scripts/bench.py --build $(O) $(if $(filter-out file,$(origin ARCH)),--arch $(ARCH)) \
		$(if $(PEER),--peer $(PEER))

check: ## the lints: format, layers, mirror, budgets, banners, names, concepts
	@scripts/check

doctor: ## what is missing or too old on this machine, and the remedy
	@scripts/doctor

format: ## put the mechanical part of the format right: blanks at line ends, final newline
	@scripts/check-format --fix

tags: ## index for editors
	@ctags -R --languages=C,Asm --exclude=$(O) arch include mm kernel drivers lib fs user tests

docs: ## generate what is generated in docs/
	@scripts/gen-lockorder.py -o docs/locking.md
	@scripts/gen-fault-flow.py -o docs/fault-flow.md
	@scripts/gen-page-kinds.py -o docs/page-kinds.md
	@scripts/gen-syscall-doc.py -o docs/syscalls.md

clean: ## remove everything under O
	rm -rf $(O)

help: ## this list
	@echo 'Verso. Usage: make TARGET [ARCH=riscv|x86_64] [VARIABLE=value ...]'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile $(wildcard user/user.mk \
		tests/host/host.mk tests/fuzz/fuzz.mk tests/link/link.mk) \
		| sort | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'
	@echo
	@echo 'Variables: ARCH O DEBUG KTEST COMPILER (or LLVM=1) V: explained in config.mk.'
	@echo 'For run and gdb: ROOTFS=verso|busybox SMP=n MEM=512M LEVELS=3|4|5 APPEND="words".'
	@echo "For bench: ARCH= measures one port; PEER=linux boots Debian's Linux next to it."
