/* SPDX-License-Identifier: MIT */
/*
 * kernel/params.c - boot parameters: one table, parsed once, before there is memory
 *
 * THE PICTURE    boot_command_line:   levels=4 verbose foo=1 bar -- a b
 *                                     |        |       |     |      init's arguments
 *                                     table    table   init's environment, init's argument: as on Linux,
 *                                                      and each reported once (params_report)
 *
 * ALWAYS TRUE    P1  parsing writes only boot_params, init_argv/envp and the copy of the line: it is
 *                    safe with no memory and no console.
 *                P2  a malformed value leaves the default in place and is reported.
 *
 * Quotes group words as on Linux: name="a b".
 */
#include <arch.h>
#include <kernel/cpumask.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/string.h>

#define MAX_BAD		16

struct boot_params boot_params = {
	.maxcpus = NR_CPUS, .mem = ~0ULL, .highmem = ~0ULL, .rdinit = "/init", .slub_debug = SLUB_DEBUG_UNSET,
};
char *init_argv[34], *init_envp[34];

static char line[sizeof(boot_command_line)];
static const char *bad[MAX_BAD];
static const char *bad_why[MAX_BAD];
static unsigned int nr_bad, nr_argv = 1, nr_envp;
static bool parsed;

enum kind { FLAG, NOSMP, UINT, SIZE, TEXT };

struct param { const char *name; enum kind kind; void *where; size_t size; const char *values, *help; };

#define P_TEXT(f)	TEXT, boot_params.f, sizeof(boot_params.f)
#define P_UINT(f)	UINT, &boot_params.f, sizeof(boot_params.f)
#define P_SIZE(f)	SIZE, &boot_params.f, sizeof(boot_params.f)
#define P_FLAG(f)	FLAG, &boot_params.f, sizeof(boot_params.f)

static const struct param table[] = {
	{ "levels",	P_UINT(levels),	"3|4|5",	"page-table depth; default: the deepest the machine offers" },
	{ "maxcpus",	P_UINT(maxcpus), "N",		"start at most N CPUs" },
	{ "nosmp",	NOSMP, &boot_params.maxcpus, sizeof(boot_params.maxcpus), "", "the same as maxcpus=1" },
	{ "mem",	P_SIZE(mem),	"SIZE[KMG]",	"use only this much RAM" },
	{ "min_free_kbytes", P_SIZE(min_free_kbytes), "N", "KiB kept for atomic callers; default: from RAM's size" },
	{ "coldpages",	P_FLAG(coldpages), "",		"separate per-CPU lists for cache-cold pages, as in 2.6" },
	{ "highmem",	P_SIZE(highmem), "SIZE[KMG]",	"keep the last SIZE of RAM out of the direct map" },
	{ "rdinit",	P_TEXT(rdinit),	"PATH",		"first program, default /init" },
	{ "verbose",	P_FLAG(verbose), "",		"the whole kernel log on the console" },
	{ "quiet",	P_FLAG(quiet),	"",		"no banner" },
	{ "norandom",	P_FLAG(norandom), "",		"no address-space randomisation" },
	{ "strace",	P_TEXT(strace),	"all|PID|NAME",	"trace system calls of all processes or one" },
	{ "ktest",	P_TEXT(ktest_filter), "[SUBSTRING]", "run the in-kernel tests (KTEST=1 builds)" },
	{ "seed",	P_SIZE(seed),	"N",		"order of the in-kernel tests; default: from the clock" },
	{ "slab",	P_TEXT(slab),	"slub|slab|slob", "the allocator behind kmalloc; default slub" },
	{ "slob",	P_TEXT(slob),	"first|size|best", "how slab=slob looks for room; default size" },
	{ "slub_debug",	P_TEXT(slub_debug), "[FZPU|-][,CACHE...]", "watch objects (mm/slub_debug.c)" },
	{ "nopage",	P_TEXT(nopage),	"cache|share",	"where a fault on a mapped file finds its page" },
	{ "mmap_cache",	P_TEXT(mmap_cache), "on|off|count", "remember the VMA found last" },
	{ "panic_reboot", P_FLAG(panic_reboot), "",	"restart instead of powering off after a panic" },
	{ "page_owner",	P_TEXT(page_owner), "on|off",	"note who allocates each page; default: on in debug builds" },
	{ "fail_page_alloc", P_TEXT(fail_page_alloc), "I,P,S,T", "pages refused: interval, percent, space, times" },
	{ "failslab",	P_TEXT(failslab), "I,P,S,T",	"the same for slab objects" },
};

static void report_later(const char *word, const char *why)
{
	if (nr_bad < MAX_BAD) {
		bad[nr_bad] = word;
		bad_why[nr_bad++] = why;
	}
}

/* "64M" -> bytes; false when malformed. */
static bool parse_size(const char *s, u64 *out)
{
	char digits[24];
	size_t n = strlen(s);
	unsigned int shift = 0;
	unsigned long v;

	if (!n || n >= sizeof(digits))
		return false;
	strscpy(digits, s, sizeof(digits));
	switch (digits[n - 1] | 0x20) {
	case 'g':
		shift = 30;
		break;
	case 'm':
		shift = 20;
		break;
	case 'k':
		shift = 10;
		break;
	default:
		break;
	}
	if (shift)
		digits[n - 1] = '\0';
	if (kstrtoul(digits, 0, &v) || (v << shift) >> shift != v)
		return false;
	*out = v << shift;
	return true;
}

static bool store(const struct param *p, const char *value)
{
	u64 v;

	switch (p->kind) {
	case FLAG:
		*(bool *)p->where = true;
		return !value;
	case NOSMP:
		*(unsigned int *)p->where = 1;
		return !value;
	case TEXT:
		return strscpy(p->where, value ? value : "", p->size) >= 0;
	case UINT:
		if (!value || !parse_size(value, &v) || v > 0xffffffff)
			return false;
		*(unsigned int *)p->where = (unsigned int)v;
		return true;
	case SIZE:
		return value && parse_size(value, p->where);
	}
	return false;
}

/* Unknown words go to init, as on Linux. */
static void pass_to_init(char *word, bool has_value)
{
	report_later(word, "is not a parameter of this kernel: passed to init");
	if (has_value && nr_envp < 32)
		init_envp[nr_envp++] = word;
	else if (!has_value && nr_argv < 32)
		init_argv[nr_argv++] = word;
}

static void parse_word(char *word)
{
	char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : strlen(word);

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		const struct param *p = &table[i];

		if (strlen(p->name) != n || memcmp(p->name, word, n))
			continue;
		if (!store(p, eq ? eq + 1 : NULL))
			report_later(word, "has a value this parameter does not take: ignored");
		if (!strcmp(p->name, "ktest"))
			boot_params.ktest = true;
		return;
	}
	pass_to_init(word, eq != NULL);
}

/* Cut the next word off *@s in place, dropping quotes; NULL at the end. */
static char *next_word(char **s)
{
	char *in = *s, *out, *word;
	bool quoted = false;

	while (*in == ' ' || *in == '\t' || *in == '\n')
		in++;
	if (!*in)
		return NULL;
	word = out = in;
	for (; *in && (quoted || (*in != ' ' && *in != '\t' && *in != '\n')); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	*s = *in ? in + 1 : in;
	*out = '\0';
	return word;
}

void params_early(void)
{
	bool for_init = false;
	char *s = line, *word;

	if (parsed)
		return;
	parsed = true;
	strscpy(line, boot_command_line, sizeof(line));
	while ((word = next_word(&s))) {
		if (!for_init && !strcmp(word, "--"))
			for_init = true;
		else if (!for_init)
			parse_word(word);
		else if (nr_argv < 32)
			init_argv[nr_argv++] = word;
	}
	if (!boot_params.maxcpus)
		boot_params.maxcpus = 1;
}

void params_report(void)
{
	for (unsigned int i = 0; i < nr_bad; i++)
		printk("boot parameter: '%s' %s\n", bad[i], bad_why[i]);
}

void params_print_table(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		printk("%-14s %-14s %s\n", table[i].name, table[i].values, table[i].help);
}
