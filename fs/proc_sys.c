/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_sys.c - /proc/sys: settings by name, as sysctl(8) knows them
 *
 * Some are facts about this kernel that programs ask for. What can be set is a struct ctl: the address
 * of a number, its range, and what to do after it changed. Only the owner, root, may write.
 *
 * LOCKS        none: a setting is one word, stored whole; who uses it reads it once per decision.
 */
#include <fs/proc.h>
#include <kernel/ipc_shm.h>
#include <kernel/random.h>
#include <kernel/utsname.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/overcommit.h>
#include <mm/userfaultfd.h>
#include <mm/zone.h>
#include <uapi/errno.h>

/* ---- settings ---- */

int proc_show_ctl(struct seq_file *m)
{
	const struct ctl *c = proc_entry_of(m->inode)->ctl;

	if (c->kind == CTL_INT)
		seq_printf(m, "%d\n", READ_ONCE(*(int *)c->value));
	else
		seq_printf(m, "%lu\n", READ_ONCE(*(unsigned long *)c->value));
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *trim(char *text)
{
	size_t n;

	while (is_blank(*text))
		text++;
	for (n = strlen(text); n && is_blank(text[n - 1]); n--)
		text[n - 1] = '\0';
	return text;
}

int proc_parse_int(char *text, unsigned int base, long *value)
{
	int err = kstrtol(trim(text), base, value);

	return err ? err : *value != (int)*value ? -ERANGE : 0;
}

int proc_write_ctl(struct inode *inode, char *text)
{
	const struct ctl *c = proc_entry_of(inode)->ctl;
	unsigned long u = 0;
	long v = 0;

	text = trim(text);
	if (!*text)
		return 0;		/* nothing is written by writing nothing */
	if (*text == '+')
		return -EINVAL;
	if (c->kind == CTL_INT) {
		if (kstrtol(text, 0, &v) || v < c->min || v > (long)c->max)
			return -EINVAL;
		WRITE_ONCE(*(int *)c->value, (int)v);
	} else {
		if (kstrtoul(text, 0, &u) || u < (unsigned long)c->min || u > c->max)
			return -EINVAL;
		WRITE_ONCE(*(unsigned long *)c->value, u);
	}
	if (c->changed)
		c->changed();
	return 0;
}

/* Only one of the two counts; the other shows 0 then, as on Linux. */
static void ratio_changed(void) { sysctl_overcommit_kbytes = 0; }
static void kbytes_changed(void) { sysctl_overcommit_ratio = 0; }

#define INT_CTL(var, lo, hi)		{ &var, CTL_INT, hi, lo, NULL }
#define ULONG_CTL(var, hi)		{ &var, CTL_ULONG, hi, 0, NULL }
static const struct ctl overcommit_memory = INT_CTL(sysctl_overcommit_memory, 0, 2);
static const struct ctl overcommit_ratio = { &sysctl_overcommit_ratio, CTL_INT, __INT_MAX__, 0, ratio_changed };
static const struct ctl overcommit_kbytes = { &sysctl_overcommit_kbytes, CTL_ULONG, ~0UL, 0, kbytes_changed };
static const struct ctl admin_reserve = ULONG_CTL(sysctl_admin_reserve_kbytes, ~0UL);
static const struct ctl user_reserve = ULONG_CTL(sysctl_user_reserve_kbytes, ~0UL);
static const struct ctl max_map_count = INT_CTL(sysctl_max_map_count, 0, __INT_MAX__);
static const struct ctl unprivileged_userfaultfd = INT_CTL(sysctl_unprivileged_userfaultfd, 0, 1);
static const struct ctl shmmax = ULONG_CTL(sysctl_shmmax, ~0UL);
static const struct ctl shmall = ULONG_CTL(sysctl_shmall, ~0UL);
static const struct ctl shmmni = INT_CTL(sysctl_shmmni, 0, SHMMNI_MAX);
static const struct ctl randomize = INT_CTL(sysctl_randomize_va_space, 0, 2);

/* ---- facts ---- */

#define TEXT(name, text)				\
static int show_##name(struct seq_file *m)		\
{							\
	seq_puts(m, text "\n");				\
	return 0;					\
}
TEXT(pid_max, "32768")
TEXT(threads_max, "32768")
TEXT(ngroups_max, "32")
TEXT(cap_last_cap, "40")
TEXT(core_pattern, "core")
TEXT(mmap_min_addr, "65536")
TEXT(swappiness, "60")
TEXT(file_max, "1048576")
TEXT(nr_open, "1048576")
TEXT(pipe_max_size, "1048576")
TEXT(entropy_avail, "256")
TEXT(poolsize, "256")

#define UTS_TEXT(field)					\
static int show_##field(struct seq_file *m)		\
{							\
	struct new_utsname u;				\
							\
	utsname_get(&u);					\
	seq_printf(m, "%s\n", u.field);			\
	return 0;					\
}
UTS_TEXT(sysname)
UTS_TEXT(release)
UTS_TEXT(version)
UTS_TEXT(nodename)
UTS_TEXT(domainname)

static int show_file_nr(struct seq_file *m)
{
	seq_puts(m, "0\t0\t1048576\n");
	return 0;
}

static int show_min_free(struct seq_file *m)
{
	seq_printf(m, "%lu\n", min_free_kbytes);
	return 0;
}

static int write_min_free(struct inode *inode, char *text)
{
	unsigned long kb;

	if (kstrtoul(text, 10, &kb))
		return -EINVAL;
	zone_set_min_free(kb);
	return 0;
}

/* A version 4 UUID (RFC 4122 4.4). */
static void put_uuid(struct seq_file *m, const u8 raw[16])
{
	u8 b[16];

	memcpy(b, raw, sizeof(b));
	b[6] = (u8)((b[6] & 0x0f) | 0x40);
	b[8] = (u8)((b[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++)
		seq_printf(m, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	seq_putc(m, '\n');
}

static int show_uuid(struct seq_file *m)
{
	u8 b[16];

	get_random_bytes(b, sizeof(b));
	put_uuid(m, b);
	return 0;
}

static int show_boot_id(struct seq_file *m)
{
	static u8 id[16];
	static bool made;

	if (!made)
		get_random_bytes(id, sizeof(id));
	made = true;
	put_uuid(m, id);
	return 0;
}

#define RO(n, fn) { .name = n, .mode = S_IFREG | 0444, .show = show_##fn }
#define RW(n, c) { .name = n, .mode = S_IFREG | 0644, .show = proc_show_ctl, .write = proc_write_ctl, .ctl = &(c) }

static const struct proc_entry random_entries[] = {
	RO("boot_id", boot_id), RO("entropy_avail", entropy_avail), RO("poolsize", poolsize),
	RO("uuid", uuid), { .mode = 0 },
};

static const struct proc_entry kernel_entries[] = {
	RO("cap_last_cap", cap_last_cap), RO("core_pattern", core_pattern),
	RO("domainname", domainname),
	RO("hostname", nodename),
	RO("ngroups_max", ngroups_max), RO("osrelease", release), RO("ostype", sysname),
	RO("pid_max", pid_max),
	{ .name = "random", .mode = S_IFDIR | 0555, .children = random_entries },
	RW("randomize_va_space", randomize), RW("shmall", shmall), RW("shmmax", shmmax), RW("shmmni", shmmni),
	 RO("threads-max", threads_max),
	RO("version", version), { .mode = 0 },
};

static const struct proc_entry vm_entries[] = {
	RW("admin_reserve_kbytes", admin_reserve), RW("max_map_count", max_map_count),
	{ .name = "min_free_kbytes", .mode = S_IFREG | 0644, .show = show_min_free, .write = write_min_free },
	RO("mmap_min_addr", mmap_min_addr), RW("overcommit_kbytes", overcommit_kbytes),
	RW("overcommit_memory", overcommit_memory), RW("overcommit_ratio", overcommit_ratio),
	RO("swappiness", swappiness), RW("unprivileged_userfaultfd", unprivileged_userfaultfd),
	RW("user_reserve_kbytes", user_reserve), { .mode = 0 },
};

static const struct proc_entry fs_entries[] = {
	RO("file-max", file_max), RO("file-nr", file_nr), RO("nr_open", nr_open),
	RO("pipe-max-size", pipe_max_size), { .mode = 0 },
};

const struct proc_entry proc_sys_entries[] = {
	{ .name = "fs", .mode = S_IFDIR | 0555, .children = fs_entries },
	{ .name = "kernel", .mode = S_IFDIR | 0555, .children = kernel_entries },
	{ .name = "vm", .mode = S_IFDIR | 0555, .children = vm_entries },
	{ .mode = 0 },
};
