# SPDX-License-Identifier: MIT
#
# tests/link/link.mk - programs linked in other ways than the image's: shared libraries, and ld -N
#
# They need the C library's shared object and its linker, which are the compiler's (Debian: libc6,
# libc6-riscv64-cross), and go into an archive of their own, $(O)/$(ARCH)/initrd-link.cpio: the default
# one, then /link with the programs. scripts/test.py boots it as the suite `link`.

LINK_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter
LINK_SO := -fPIC -shared -Wl,-z,relro,-z,now
LINK_TEST_SRC := tests/link/link_test.c tests/user/utest.c tests/user/helpers.c tests/user/ledger.c
LINK_FILES := link_test libdyn.so libplug.so omagic
# The first process has no /proc yet, and so no $$ORIGIN: /link is named as well.
# The program takes addresses in the libraries, so it must not get copies of their data: -fPIC.
# Without the C library there is neither a start file nor a protector of the stack.
LINK_OMAGIC := -fno-pic -no-pie -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
	       -nostdlib -static -Wl,-N,--no-warn-rwx-segments,--build-id=none

# $(call link_programs,DIR,COMPILER)
define link_programs
$(1)/libdyn.so: tests/link/dyn.c tests/link/dyn.h tests/link/link.mk
	@mkdir -p $$(@D)
	$$(say) ULD $$@
	$$(Q)$(2) $$(LINK_CFLAGS) $$(LINK_SO) -Wl,-soname,$$(@F) -o $$@ $$<
$(1)/libplug.so: tests/link/plug.c tests/link/dyn.h tests/link/link.mk
	@mkdir -p $$(@D)
	$$(say) ULD $$@
	$$(Q)$(2) $$(LINK_CFLAGS) $$(LINK_SO) -Wl,-soname,$$(@F) -o $$@ $$<
$(1)/omagic: tests/link/omagic.c tests/link/link.mk
	@mkdir -p $$(@D)
	$$(say) ULD $$@
	$$(Q)$(2) $$(LINK_CFLAGS) $$(LINK_OMAGIC) -o $$@ $$<
$(1)/link_test: $$(LINK_TEST_SRC) tests/user/utest.h $(1)/libdyn.so $(1)/libplug.so $(1)/omagic
	$$(say) ULD $$@
	$$(Q)$(2) $$(LINK_CFLAGS) -fPIC -pie -pthread -o $$@ $$(LINK_TEST_SRC) $(1)/libdyn.so \
		-Wl,-rpath,'$$$$ORIGIN:/link' -Wl,-z,relro,-z,now
endef

$(eval $(call link_programs,$(O)/$(ARCH)/link,$(UCC)))
$(eval $(call link_programs,$(O)/host/link,$(USER_HOSTCC)))

LINK_DIR := $(O)/$(ARCH)/link
LINK_LD-riscv := lib/ld-linux-riscv64-lp64d.so.1
LINK_LD-x86_64 := lib64/ld-linux-x86-64.so.2
LINK_LD := $(LINK_LD-$(ARCH))

$(O)/$(ARCH)/initrd-link.cpio: $(O)/$(ARCH)/initrd.cpio $(LINK_DIR)/link_test
	$(say) CPIO $@
	$(Q)rm -rf $(LINK_DIR)/root && mkdir -p $(LINK_DIR)/root/link $(LINK_DIR)/root/$(dir $(LINK_LD))
	$(Q)cp $(LINK_FILES:%=$(LINK_DIR)/%) $(shell $(UCC) -print-file-name=libc.so.6) $(LINK_DIR)/root/link/
	$(Q)cp $(shell $(UCC) -print-file-name=$(notdir $(LINK_LD))) $(LINK_DIR)/root/$(LINK_LD)
	$(Q)chmod -R u+rwX,go+rX,go-w $(LINK_DIR)/root && chmod 755 $(LINK_DIR)/root/$(LINK_LD)
	$(Q)python3 scripts/cpio_newc.py $(LINK_DIR)/root >$(LINK_DIR)/link.cpio
	$(Q)cat $< $(LINK_DIR)/link.cpio >$@

.PHONY: initrd-link link-host
initrd-link: $(O)/$(ARCH)/initrd-link.cpio ## the initramfs of the suite link: shared libraries
link-host: $(O)/host/link/link_test
