# SPDX-License-Identifier: MIT
#
# user/user.mk - how the user programs and user tests are built
#
# They are plain POSIX/Linux C for the stock compiler and the C library's headers only. The top
# Makefile sets ARCH, O (build root) and UCC (the user compiler of ARCH) and includes this file.
#
#   $(O)/$(ARCH)/user/{verso-tools,utest,bench}   what goes into the image
#   $(O)/host/user/{verso-tools,utest,bench}      the same sources for this machine, as reference
#   $(O)/$(ARCH)/user/tools.list                  a link to verso-tools is wanted for each line

USER_HOSTCC ?= gcc
# The top Makefile says what it does; without it make itself echoes the commands.
say ?= @:
USER_CFLAGS := -std=gnu11 -D_GNU_SOURCE -static -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter
# The binary of many tools is built for size: it is in every image.
USER_TOOLS_CFLAGS := $(USER_CFLAGS) -Os -ffunction-sections -fdata-sections
USER_LDFLAGS := -static -pthread -Wl,--gc-sections

USER_TOOLS_SRC := $(sort $(wildcard user/bin/*.c))
USER_BENCH_SRC := $(sort $(wildcard user/bench/*.c))
USER_UTEST_SRC := $(sort $(wildcard tests/user/*.c))

# The three programs with debug information; the image gets them stripped (see user-strip below).
USER_PROGRAMS := verso-tools utest bench

# $(call user_program,DIR,COMPILER,STRIP,PROGRAM,SOURCES,CFLAGS)
define user_program
$(1)/obj/%.o: %.c user/user.mk
	@mkdir -p $$(@D)
	$$(say) UCC $$@
	$$(Q)$(2) $$(if $$(findstring user/bin/,$$<),$(USER_TOOLS_CFLAGS),$(USER_CFLAGS)) \
		-MMD -MP -c -o $$@ $$<

$(1)/verso-tools.debug: $(USER_TOOLS_SRC:%.c=$(1)/obj/%.o)
	$$(say) ULD $$@
	$$(Q)$(2) $(USER_LDFLAGS) -o $$@ $$^
$(1)/utest.debug: $(USER_UTEST_SRC:%.c=$(1)/obj/%.o)
	$$(say) ULD $$@
	$$(Q)$(2) $(USER_LDFLAGS) -o $$@ $$^
$(1)/bench.debug: $(USER_BENCH_SRC:%.c=$(1)/obj/%.o)
	$$(say) ULD $$@
	$$(Q)$(2) $(USER_LDFLAGS) -o $$@ $$^

$(USER_PROGRAMS:%=$(1)/%): $(1)/%: $(1)/%.debug
	$$(Q)$(3) -o $$@ $$<

-include $(patsubst %.c,$(1)/obj/%.d,$(USER_TOOLS_SRC) $(USER_BENCH_SRC) $(USER_UTEST_SRC))
endef

# The names come from the table in tools.h, so that a cross build need not run its own binary.
define user_list
$(1)/tools.list: user/bin/tools.h user/user.mk
	@mkdir -p $$(@D)
	$$(Q)sed -n 's/^\tX(\([a-z0-9_]*\), .*/\1/p' $$< >$$@
endef

USER_STRIP := $(patsubst %gcc,%strip,$(filter %gcc,$(UCC)))
$(eval $(call user_program,$(O)/$(ARCH)/user,$(UCC),$(if $(USER_STRIP),$(USER_STRIP),strip)))
$(eval $(call user_program,$(O)/host/user,$(USER_HOSTCC),strip))
$(eval $(call user_list,$(O)/$(ARCH)/user))
$(eval $(call user_list,$(O)/host/user))

.PHONY: user user-host user-check
user: $(USER_PROGRAMS:%=$(O)/$(ARCH)/user/%) $(O)/$(ARCH)/user/tools.list
user-host: $(USER_PROGRAMS:%=$(O)/host/user/%)

# The shell against the machine's own: same script, same output. The tools are the machine's.
user-check: $(O)/host/user/verso-tools
	@rm -rf $(O)/shell-check && mkdir -p $(O)/shell-check/ours $(O)/shell-check/bin \
		$(O)/shell-check/theirs
	@ln -s $(abspath $(O))/host/user/verso-tools $(O)/shell-check/bin/sh
	@script=$(abspath tests/user/shell.sh); bin=$(abspath $(O)/shell-check/bin); \
	for side in ours theirs; do \
		(cd $(O)/shell-check/$$side && \
		 { [ $$side = theirs ] || PATH=$$bin:$$PATH; } && \
		 sh $$script 1 "2 3" >../$$side.out 2>&1 || true); \
	done; \
	diff $(O)/shell-check/theirs.out $(O)/shell-check/ours.out && \
		echo "user-check: the shell agrees on $$(wc -l <$(O)/shell-check/ours.out) lines"
