# SPDX-License-Identifier: MIT
#
# tests/fuzz/fuzz.mk - libFuzzer targets: the parsers of what firmware, archives and programs say
#
# Each tests/fuzz/NAME_fuzz.c contains its parser and becomes one program, compiled as kernel code of the
# x86-64 port with clang's coverage, AddressSanitizer and UBSan. scripts/fuzz.py runs them.
# Everything goes to $(O)/fuzz/.

FUZZ_B := $(O)/fuzz
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
		 -fno-sanitize=alignment
FUZZ_FLAGS := -std=gnu11 -O2 -g -fno-omit-frame-pointer -fno-strict-aliasing -Iinclude -Itests/fuzz \
	      -Wall -Wextra -Werror -Wno-unused-parameter -DCONFIG_DEBUG=1 -DCONFIG_KTEST=0 $(FUZZ_SANITIZE)
FUZZ_TARGETS := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BINS := $(FUZZ_TARGETS:%=$(FUZZ_B)/%_fuzz)

# What a target does not contain itself is taken from here.
FUZZ_LIB_OBJS := $(patsubst %.c,$(FUZZ_B)/%.o,$(filter-out lib/libgcc.c,$(wildcard lib/*.c)) \
		 tests/fuzz/fuzz_kernel.c)

$(FUZZ_B)/lib/%.o: lib/%.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(say) FUZZCC $<
	$(Q)clang $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(FUZZ_B)/tests/fuzz/fuzz_kernel.o: tests/fuzz/fuzz_kernel.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(say) FUZZCC $<
	$(Q)clang $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

# The riscv port's own headers are assembly that this machine does not have: see riscv/asm/port.h.
$(FUZZ_B)/tests/fuzz/boot_riscv_fuzz.o: FUZZ_PORT := -Itests/fuzz/riscv

$(FUZZ_B)/tests/fuzz/%_fuzz.o: tests/fuzz/%_fuzz.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(say) FUZZCC $<
	$(Q)clang -ffreestanding $(FUZZ_PORT) -Iarch/x86_64/include $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(FUZZ_B)/kernel.a: $(FUZZ_LIB_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(FUZZ_BINS): $(FUZZ_B)/%_fuzz: $(FUZZ_B)/tests/fuzz/%_fuzz.o $(FUZZ_B)/kernel.a
	$(say) FUZZLD $@
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^

.SECONDARY: $(FUZZ_TARGETS:%=$(FUZZ_B)/tests/fuzz/%_fuzz.o)

fuzz-targets: $(FUZZ_BINS)

# SEED= STEPS= MINUTES= (for all parsers together); fuzz-quick repeats the same runs each time.
fuzz: ## long random tests: structures 10^7 steps, threads, parsers 10 minutes (SEED=, STEPS=, MINUTES=)
	@scripts/setup run test dev
	@scripts/fuzz.py --build $(O) $(if $(SEED),--seed $(SEED)) $(if $(STEPS),--steps $(STEPS)) \
		$(if $(MINUTES),--minutes $(MINUTES))

fuzz-quick: ## every parser for a fixed number of inputs; part of `make test`
	@scripts/fuzz.py --build $(O) --quick $(if $(SEED),--seed $(SEED))

.PHONY: fuzz fuzz-quick fuzz-targets

-include $(FUZZ_LIB_OBJS:.o=.d) $(wildcard $(FUZZ_B)/tests/fuzz/*.d)
