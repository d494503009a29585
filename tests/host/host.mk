# SPDX-License-Identifier: MIT
#
# tests/host/host.mk - lib/ as ordinary programs under AddressSanitizer and UBSan
#
# `make host-test` builds and runs the test programs listed here, prints their results as TAP and
# ends with one line of counts. SEED=n repeats a randomised run.
# Everything goes to $(O)/host/.

HOSTCC ?= gcc
HOST_B := $(O)/host
HOST_CFLAGS := -std=gnu11 -O1 -g -Iinclude -Itests/host \
	       -fsanitize=address,undefined -fno-sanitize-recover=all \
	       -fno-omit-frame-pointer -fno-strict-aliasing -Wall -Wextra -Werror \
	       -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes -Wvla

# One test program per unit of lib/. string_strict is string_test.c on the code for CPUs that want
# aligned accesses; the host's own takes the other path.
HOST_LIB_TESTS := list rbtree interval_tree radix_tree bitmap string string_strict printf sort \
		  fdt cpio random hash atomic errname
HOST_LIB_BINS := $(HOST_LIB_TESTS:%=$(HOST_B)/%_test)

# lib/libgcc.c is for the kernel, which has no libgcc; string.c is built in two ways.
HOST_LIB_SRCS := $(filter-out lib/libgcc.c lib/string.c,$(wildcard lib/*.c)) tests/host/lib_hooks.c
HOST_LIB_OBJS := $(HOST_LIB_SRCS:%.c=$(HOST_B)/%.o)

$(HOST_B)/%.o: %.c tests/host/host.mk
	@mkdir -p $(@D)
	$(say) HOSTCC $<
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(HOST_B)/lib/string_strict.o: lib/string.c tests/host/host.mk
	@mkdir -p $(@D)
	$(say) HOSTCC $@
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -DLIB_STRING_STRICT -MMD -MP -c -o $@ $<

# The devicetree of fdt_test.c, and an archive of cpio_test.c, come from the tools themselves.
$(HOST_B)/fdt_test.dtb: tests/host/fdt_test.dts
	@mkdir -p $(@D)
	$(say) DTC $@
	$(Q)dtc -q -O dtb -o $@ $<

$(HOST_B)/cpio_test.cpio: tests/host/host.mk
	$(say) CPIO $@
	$(Q)rm -rf $(@D)/cpio_root && mkdir -p $(@D)/cpio_root/dir && \
	 printf 'twelve bytes' >$(@D)/cpio_root/dir/file && ln -s dir/file $(@D)/cpio_root/link && \
	 cd $(@D)/cpio_root && printf 'dir\ndir/file\nlink\n' | cpio --quiet -o -H newc >../$(@F)

$(HOST_B)/tests/host/fdt_test.o: $(HOST_B)/fdt_test.dtb
$(HOST_B)/tests/host/fdt_test.o: HOST_CFLAGS += -DFDT_TEST_BLOB='"$(HOST_B)/fdt_test.dtb"'
$(HOST_B)/tests/host/cpio_test.o: $(HOST_B)/cpio_test.cpio
$(HOST_B)/tests/host/cpio_test.o: HOST_CFLAGS += -DCPIO_TEST_ARCHIVE='"$(HOST_B)/cpio_test.cpio"'

$(HOST_B)/string_strict_test: $(HOST_B)/tests/host/string_test.o $(HOST_B)/lib/string_strict.o \
			      $(HOST_LIB_OBJS)
	$(say) HOSTLD $@
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -o $@ $^ -lcmocka

$(filter-out %/string_strict_test,$(HOST_LIB_BINS)): $(HOST_B)/%_test: \
		$(HOST_B)/tests/host/%_test.o $(HOST_B)/lib/string.o $(HOST_LIB_OBJS)
	$(say) HOSTLD $@
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -o $@ $^ -lcmocka

.SECONDARY: $(HOST_LIB_TESTS:%=$(HOST_B)/tests/host/%_test.o)

# The output is TAP, which scripts/test.py reads. A program that dies prints no verdict of its own.
host-test: $(HOST_LIB_BINS) ## lib/ on this machine under ASan and UBSan (SEED= repeats)
	@passed=0; failed=0; for t in $(HOST_LIB_BINS); do \
		echo "# $${t##*/}"; \
		CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 $$t >$$t.log 2>&1; status=$$?; \
		cat $$t.log; \
		bad=$$(grep -c '^not ok' $$t.log); \
		if [ $$status != 0 ]; then \
			if [ $$bad = 0 ]; then \
				echo "not ok 1 - $${t##*/}_runs_to_its_end"; bad=1; \
			fi; \
			sed -n 's/^# seed /# repeat: make host-test SEED=/p' $$t.log | uniq; \
		fi; \
		passed=$$((passed + $$(grep -c '^ok' $$t.log))); failed=$$((failed + bad)); \
	done; echo "# host: $$passed passed, $$failed failed"; [ $$failed = 0 ]

ifneq ($(SEED),)
export SEED
endif

-include $(HOST_LIB_OBJS:.o=.d) $(wildcard $(HOST_B)/tests/host/*.d $(HOST_B)/lib/string*.d)
