# SPDX-License-Identifier: MIT
#
# tests/host/host.mk - lib/ and mm/ as ordinary programs under AddressSanitizer and UBSan
#
# `make host-test` builds and runs the test programs listed here, prints their results as TAP and
# ends with one line of counts. SEED=n repeats a randomised run, STEPS=n makes it longer.
# Everything goes to $(O)/host/.

HOSTCC ?= gcc
comma := ,
HOST_B := $(O)/host
HOST_CFLAGS := -std=gnu11 -O1 -g -Iinclude -Itests/host \
	       -fsanitize=address,undefined -fno-sanitize-recover=all \
	       -fno-omit-frame-pointer -fno-strict-aliasing -Wall -Wextra -Werror \
	       -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes -Wvla

# COVERAGE=1, of `make coverage`: the programs count which lines they run, and do nothing else besides.
ifeq ($(COVERAGE),1)
HOST_CFLAGS := $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(HOST_CFLAGS)) --coverage \
	       -fprofile-update=prefer-atomic
endif

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

# ---- mm/ on the software machine of tests/host/arch/ -------------------------------------------

# One program per test; @n runs it with page tables of n levels. mm/ is unmodified, and of
# kernel/base everything that needs no machine.
HOST_MM_RUNS := memblock@4 numa@4 buddy@4 many_vmas@3 many_vmas@5 slub@4 slub_debug@4 slab@4 slob@3 slob@4 slob@5 \
		vmalloc@3 vmalloc@4 vmalloc@5 \
		$(foreach t,vma fault cow rmap page_cache mmu_gather userfaultfd space_threads,$(t)@3 $(t)@4 $(t)@5)
HOST_MM_TESTS := $(sort $(foreach r,$(HOST_MM_RUNS),$(firstword $(subst @, ,$(r)))))
HOST_MM_BINS := $(HOST_MM_TESTS:%=$(HOST_B)/%_test)
HOST_MM_SRCS := $(wildcard mm/*.c tests/host/arch/*.c) \
		$(addprefix kernel/base/,ipi.c lockdep.c mutex.c percpu.c rwsem.c spinlock.c wait.c) \
		$(filter-out lib/libgcc.c,$(wildcard lib/*.c))
# The end of a list is its head seen as an entry: never touched, but less aligned than a struct page.
# A CPU's copy of a per-CPU variable is found by an offset from the template, outside of that object.
HOST_MM_FLAGS := -Itests/host/arch/include -Itests/host/arch -fno-sanitize=alignment,object-size
HOST_MM_LDFLAGS := -Wl,-T,tests/host/arch/percpu.ld -pthread \
		   $(addprefix -Wl$(comma)--wrap=,poison_free_page alloc_pages kmem_cache_alloc kmalloc)
HOST_MM_OBJS := $(HOST_MM_SRCS:%.c=$(HOST_B)/soft/%.o)

$(HOST_B)/soft/%.o: %.c tests/host/host.mk
	@mkdir -p $(@D)
	$(say) HOSTCC $<
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(HOST_MM_FLAGS) -DCONFIG_DEBUG=2 -MMD -MP -c -o $@ $<

# memblock_test.c contains mm/memblock.c, many_vmas_test.c mm/vma.c.
$(HOST_B)/memblock_test: $(HOST_B)/soft/tests/host/memblock_test.o \
			 $(filter-out %/mm/memblock.o,$(HOST_MM_OBJS))
$(HOST_B)/many_vmas_test: $(HOST_B)/soft/tests/host/many_vmas_test.o $(filter-out %/mm/vma.o,$(HOST_MM_OBJS))
$(filter-out %/memblock_test %/many_vmas_test,$(HOST_MM_BINS)): $(HOST_B)/%_test: \
		$(HOST_B)/soft/tests/host/%_test.o $(HOST_MM_OBJS)
$(HOST_MM_BINS):
	$(say) HOSTLD $@
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(HOST_MM_LDFLAGS) -o $@ $^ -lcmocka

.SECONDARY: $(HOST_MM_TESTS:%=$(HOST_B)/soft/tests/host/%_test.o)

# CPUs as threads, under ThreadSanitizer, with the locks of the default build: the allocators, and the
# test of one address space again. It does not understand fences; tsan.c says where they matter.
HOST_TSAN_CFLAGS := $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(HOST_CFLAGS)) \
		    -fsanitize=thread $(if $(findstring clang,$(HOSTCC)),-mllvm -tsan-distinguish-volatile=1,-Wno-tsan \
		    --param tsan-distinguish-volatile=1)
HOST_TSAN_OBJS := $(HOST_MM_SRCS:%.c=$(HOST_B)/tsan/%.o) $(HOST_B)/tsan/tests/host/tsan.o
HOST_TSAN_TESTS := threads space_threads_tsan

$(HOST_B)/tsan/%.o: %.c tests/host/host.mk
	@mkdir -p $(@D)
	$(say) HOSTCC $<
	$(Q)$(HOSTCC) $(HOST_TSAN_CFLAGS) $(HOST_MM_FLAGS) -MMD -MP -c -o $@ $<

$(HOST_B)/tsan/tests/host/space_threads_tsan_test.o: tests/host/space_threads_test.c tests/host/host.mk
	@mkdir -p $(@D)
	$(say) HOSTCC $@
	$(Q)$(HOSTCC) $(HOST_TSAN_CFLAGS) $(HOST_MM_FLAGS) -MMD -MP -c -o $@ $<

$(HOST_TSAN_TESTS:%=$(HOST_B)/%_test): $(HOST_B)/%_test: $(HOST_B)/tsan/tests/host/%_test.o $(HOST_TSAN_OBJS)
	$(say) HOSTLD $@
	$(Q)$(HOSTCC) $(HOST_TSAN_CFLAGS) $(HOST_MM_LDFLAGS) -o $@ $^ -lcmocka

# The output is TAP, which scripts/test.py reads. A program that dies prints no verdict of its own.
HOST_PROGRAMS := $(HOST_LIB_BINS) $(HOST_MM_BINS) $(HOST_TSAN_TESTS:%=$(HOST_B)/%_test)
HOST_RUNS := $(HOST_LIB_BINS) $(HOST_MM_RUNS:%=$(HOST_B)/%) \
	     $(foreach t,$(HOST_TSAN_TESTS),$(addprefix $(HOST_B)/$(t)@,3 4 5))
ifeq ($(COVERAGE),1)	# one depth is enough, and the threads run nothing else
HOST_PROGRAMS := $(filter-out $(HOST_TSAN_TESTS:%=$(HOST_B)/%_test),$(HOST_PROGRAMS))
HOST_RUNS := $(filter-out $(HOST_TSAN_TESTS:%=$(HOST_B)/%@4) %@3 %@5,$(HOST_RUNS))
endif

.PHONY: host-programs
host-programs: $(HOST_PROGRAMS)

# One run of `program@levels`: its output and its status, for the summary.
define host-run
levels=; t=$$0; case $$t in *@*) levels=$${t#*@}; t=$${t%@*}_test;; esac; \
LEVELS=$$levels CMOCKA_MESSAGE_OUTPUT=TAP timeout 1800 $$t >$$0.log 2>&1; echo $$? >$$0.status
endef

# As many at a time as there are CPUs; then the outputs in order.
host-test: $(HOST_PROGRAMS) ## lib/ and mm/ on this machine under sanitizers (SEED=, STEPS=, SLOW=1)
	@printf '%s\n' $(HOST_RUNS) | xargs -P $$(nproc) -n 1 bash -c '$(host-run)'
	@passed=0; failed=0; for t in $(HOST_RUNS); do \
		status=$$(cat $$t.status); name=$${t##*/}; \
		echo "# $$name"; cat $$t.log; \
		bad=$$(grep -c '^not ok' $$t.log); \
		if [ $$status != 0 ]; then \
			if [ $$bad = 0 ]; then \
				echo "not ok 1 - $${name%@*}_runs_to_its_end (status $$status):" \
				     "$$(grep -m 1 -o 'kernel panic.*\|Sanitizer: .*' $$t.log)"; bad=1; \
			fi; \
			sed -n 's/^# seed /# repeat: make host-test SEED=/p' $$t.log | uniq; \
		fi; \
		passed=$$((passed + $$(grep -c '^ok' $$t.log))); failed=$$((failed + bad)); \
	done; echo "# host: $$passed passed, $$failed failed"; [ $$failed = 0 ]

# The table counts what ran, also when a test fails; that shows in the line before it.
coverage: ## which lines of lib/ and mm/ the host tests run, as a table
	@scripts/setup run test
	@find $(O)/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory -s COVERAGE=1 O=$(O)/coverage host-test | tail -n 1
	@scripts/coverage.py --build $(O)/coverage

.PHONY: coverage

ifneq ($(SEED),)
export SEED
endif
ifneq ($(STEPS),)
export STEPS
endif

-include $(HOST_LIB_OBJS:.o=.d) $(wildcard $(HOST_B)/tests/host/*.d $(HOST_B)/lib/string*.d)
-include $(HOST_MM_OBJS:.o=.d) $(HOST_TSAN_OBJS:.o=.d) $(wildcard $(HOST_B)/soft/tests/host/*.d)
