/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_sys.c - /proc/sys: settings by name, as sysctl(8) knows them
 *
 * All but vm/min_free_kbytes are facts about this kernel that programs ask for.
 */
#include <fs/proc.h>
#include <kernel/random.h>
#include <kernel/utsname.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/zone.h>
#include <uapi/errno.h>

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
TEXT(randomize, "2")
TEXT(core_pattern, "core")
TEXT(overcommit, "1")
TEXT(overcommit_ratio, "50")
TEXT(max_map_count, "65530")
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
	RO("randomize_va_space", randomize), RO("threads-max", threads_max),
	RO("version", version), { .mode = 0 },
};

static const struct proc_entry vm_entries[] = {
	RO("max_map_count", max_map_count),
	{ .name = "min_free_kbytes", .mode = S_IFREG | 0644, .show = show_min_free, .write = write_min_free },
	RO("mmap_min_addr", mmap_min_addr),
	RO("overcommit_memory", overcommit), RO("overcommit_ratio", overcommit_ratio),
	RO("swappiness", swappiness), { .mode = 0 },
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
