/* SPDX-License-Identifier: MIT */
/*
 * params.h - boot parameters: one documented table (kernel/params.c)
 *
 * The command line is `name` or `name=value` words; words after `--` are init's arguments. Unknown
 * words are reported once, and passed to init as Linux does (name=value: environment; else argument).
 */
#ifndef KERNEL_PARAMS_H
#define KERNEL_PARAMS_H

#include <lib/types.h>

struct boot_params {
	unsigned int	levels;		/* 0 = deepest                                         */
	unsigned int	maxcpus;	/* NR_CPUS by default; nosmp = 1                       */
	u64		mem;		/* bytes, ~0 = all                                     */
	u64		min_free_kbytes; /* 0 = from the size of RAM                           */
	bool		coldpages;	/* hot and cold per-CPU lists                          */
	u64		highmem;	/* bytes, ~0 = what the direct map does not hold       */
	char		rdinit[256];	/* /init                                               */
	bool		verbose;	/* the whole log on the console                        */
	bool		quiet;
	bool		norandom;	/* no address-space randomisation                      */
	char		strace[32];	/* trace system calls: "all", "1" = off is "", or a PID or a comm name */
	bool		ktest;		/* run the in-kernel tests instead of init (KTEST builds) */
	char		ktest_filter[64];
	u64		seed;		/* test order; 0 = from the clock                      */
	char		slab[8];	/* kmalloc's back end: "" = slub                       */
	char		slob[8];	/* how SLOB fits: "" = size                            */
	char		slub_debug[64];	/* letters FZPU, caches; "" = all of both              */
	bool		panic_reboot;
	char		nopage[8];	/* "cache", "share"; "" = cache                         */
	char		mmap_cache[8];	/* "on", "off", "count"; "" = on                        */
	char		page_owner[8];	/* "on", "off"; "": on in debug builds                  */
	char		fail_page_alloc[64], failslab[64]; /* interval,probability,space,times         */
};

#define SLUB_DEBUG_UNSET	"unset"	/* slub_debug's default: as the build says */

extern struct boot_params boot_params;
extern char *init_argv[34], *init_envp[34];	/* NULL-terminated; argv[0] is set by kernel/main.c */

/* params_early - parse without printing or memory; idempotent; ports call it as soon as boot_command_line is set. */
void params_early(void);
/* params_report - print a line for each unknown or malformed word. */
void params_report(void);
/* params_print_table - name, values, default, one line each: `help` boot parameter, docs generator. */
void params_print_table(void);

#endif
