/* SPDX-License-Identifier: MIT */
/*
 * fs/tmpfs_options.c - the words that mount(2) is given for a tmpfs, and those that /proc/mounts shows
 *
 * THE PICTURE  size=N[k|m|g|t|p|e|%]   bytes, or a share of RAM          0: no limit
 *              nr_blocks=N[k...]       pages                             0: no limit
 *              nr_inodes=N[k...]       inodes, and names beyond each     0: no limit
 *                                      one's first
 *              mode=OCTAL uid=N gid=N  of the root directory; of no effect when mounted already
 *              huge=never mpol=default inode32 inode64 noswap, and the flags of any mount that
 *              change nothing here: accepted; all else is EINVAL
 *
 * ALWAYS TRUE  a remount that is refused has changed nothing.
 * LOCKS        mount_mutex for remounting; the limits are words that tmpfs.c reads at any time.
 * LEFT OUT     "ro" as a word (MS_RDONLY says it), other huge= and mpol=.
 */
#include <fs/tmpfs.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>

/* Half of RAM, whatever is counted. */
static long default_limit(void)
{
	return (long)(totalram_pages() / 2);
}

/* ---- numbers ---- */

static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 : 16;
}

/* The number at @s, in C's notation, as @n; returns what is behind it, or NULL: no number, or too large a one. */
static const char *parse_digits(const char *s, unsigned long *n)
{
	unsigned int base = *s != '0' ? 10 : s[1] == 'x' || s[1] == 'X' ? 16 : 8;

	if (base == 16)
		s += 2;
	if (digit_value(*s) >= base)
		return NULL;
	for (*n = 0; digit_value(*s) < base; s++)
		if (__builtin_mul_overflow(*n, base, n) || __builtin_add_overflow(*n, digit_value(*s), n))
			return NULL;
	return s;
}

/* The same, and what one letter behind it makes of it: powers of 1024. */
static const char *parse_units(const char *s, unsigned long *n)
{
	static const char units[] = "kmgtpe";
	const char *rest = parse_digits(s, n), *unit;

	if (!rest || !*rest)
		return rest;
	unit = strchr(units, *rest | 0x20);
	if (!unit)
		return rest;
	return __builtin_mul_overflow(*n, 1UL << (10 * (unit - units + 1)), n) ? NULL : rest + 1;
}

static int parse_count(const char *s, long *count)
{
	unsigned long n;
	const char *rest = parse_units(s, &n);

	if (!rest || *rest || (long)n < 0)
		return -EINVAL;
	*count = (long)n;
	return 0;
}

static int parse_size(const char *s, long *pages)
{
	unsigned long n;
	const char *rest = parse_units(s, &n);

	if (rest && strcmp(rest, "%") == 0) {
		if (__builtin_mul_overflow(n, totalram_pages(), &n))
			return -EINVAL;
		*pages = (long)DIV_ROUND_UP(n, 100UL);
		return 0;
	}
	if (!rest || *rest)
		return -EINVAL;
	*pages = (long)(n / PAGE_SIZE + (n % PAGE_SIZE != 0));
	return 0;
}

static int parse_id(const char *s, u32 *id)
{
	unsigned long n;

	if (kstrtoul(s, 0, &n) || n >= 0xffffffffUL)
		return -EINVAL;
	*id = (u32)n;
	return 0;
}

static int parse_mode(const char *s, mode_t *mode)
{
	unsigned long n;

	if (kstrtoul(s, 8, &n) || n > 0xffffffffUL)
		return -EINVAL;
	*mode = (mode_t)n & S_IALLUGO;
	return 0;
}

/* ---- words ---- */

/* What is accepted and changes nothing. */
static bool no_effect(const char *opt)
{
	static const char *const words[] = {
		"rw", "sync", "async", "dirsync", "mand", "nomand", "lazytime", "nolazytime",
		"inode32", "inode64", "noswap", "huge=never", "mpol=default",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(opt, words[i]) == 0)
			return true;
	return false;
}

static int parse_option(struct tmpfs_options *o, char *opt)
{
	char *value = strchr(opt, '=');

	if (no_effect(opt))
		return 0;
	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (strcmp(opt, "size") == 0) {
		o->seen |= TMPFS_BLOCKS;
		return parse_size(value, &o->blocks);
	}
	if (strcmp(opt, "nr_blocks") == 0) {
		o->seen |= TMPFS_BLOCKS;
		return parse_count(value, &o->blocks);
	}
	if (strcmp(opt, "nr_inodes") == 0) {
		o->seen |= TMPFS_INODES;
		return parse_count(value, &o->inodes);
	}
	if (strcmp(opt, "mode") == 0)
		return parse_mode(value, &o->mode);
	if (strcmp(opt, "uid") == 0)
		return parse_id(value, &o->uid);
	return strcmp(opt, "gid") == 0 ? parse_id(value, &o->gid) : -EINVAL;
}

int tmpfs_parse_options(struct tmpfs_options *o, const char *text)
{
	char *copy = kstrdup(text ? text : "", GFP_KERNEL), *rest = copy, *opt;
	int err = copy ? 0 : -ENOMEM;

	*o = (struct tmpfs_options){
		.blocks = default_limit(), .inodes = default_limit(), .mode = S_ISVTX | S_IRWXUGO,
	};
	while (!err && (opt = strsep(&rest, ",")) != NULL)
		if (*opt)
			err = parse_option(o, opt);
	kfree(copy);
	return err;
}

/* ---- of what is mounted ---- */

/* A limit may change, and go, but not come later: what was not limited was not meant to be counted. */
static bool may_limit(long now, const atomic64_t *used, long wanted)
{
	return !wanted || (now && atomic64_read(used) <= wanted);
}

int tmpfs_remount(struct super_block *sb, const char *options)
{
	struct tmpfs_info *info = sb->private;
	struct tmpfs_options o;
	int err = tmpfs_parse_options(&o, options);

	if (err)
		return err;
	if ((o.seen & TMPFS_BLOCKS) && !may_limit(info->max, &info->used, o.blocks))
		return -EINVAL;
	if ((o.seen & TMPFS_INODES) && !may_limit(info->max_inodes, &info->inodes, o.inodes))
		return -EINVAL;
	if (o.seen & TMPFS_BLOCKS)
		WRITE_ONCE(info->max, o.blocks);
	if (o.seen & TMPFS_INODES)
		WRITE_ONCE(info->max_inodes, o.inodes);
	return 0;
}

void tmpfs_show_options(struct super_block *sb, char *buf, size_t n)
{
	struct tmpfs_info *info = sb->private;
	size_t used = 0;

	if (info->max)
		used = (size_t)scnprintf(buf, n, ",size=%ldk", info->max * (long)(PAGE_SIZE / 1024));
	if (info->max_inodes != default_limit())
		scnprintf(buf + used, n - used, ",nr_inodes=%ld", info->max_inodes);
}
