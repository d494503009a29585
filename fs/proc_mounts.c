/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_mounts.c - the mount table as text: mounts (fstab(5)) and mountinfo (proc(5))
 */
#include <fs/proc.h>
#include <lib/printf.h>

#define MOUNT_ESCAPES	" \t\n\\"	/* what a column may not hold */

static void show_flags(struct seq_file *m, unsigned long flags)
{
	static const struct { unsigned long flag; const char *text; } names[] = {
		{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" }, { MS_NOEXEC, ",noexec" },
		{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" },
	};

	seq_puts(m, flags & MS_RDONLY ? "ro" : "rw");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seq_puts(m, names[i].text);
	if (!(flags & MS_NOATIME))
		seq_puts(m, ",relatime");
}

static void show_options(struct seq_file *m, struct super_block *sb)
{
	char buf[128] = "";

	if (sb->ops->show_options)
		sb->ops->show_options(sb, buf, sizeof(buf));
	seq_puts(m, buf);
}

static void mounts_line(struct mount *mnt, const char *at, void *arg)
{
	struct seq_file *m = arg;

	seq_puts_escaped(m, mnt->source, MOUNT_ESCAPES);
	seq_putc(m, ' ');
	seq_puts_escaped(m, at, MOUNT_ESCAPES);
	seq_printf(m, " %s ", mnt->sb->type->name);
	show_flags(m, mnt->flags);
	show_options(m, mnt->sb);
	seq_puts(m, " 0 0\n");
}

static void mountinfo_line(struct mount *mnt, const char *at, void *arg)
{
	struct seq_file *m = arg;

	seq_printf(m, "%d %d %u:%u / ", mnt->id, mnt->parent ? mnt->parent->id : mnt->id,
		   MAJOR(mnt->sb->dev), MINOR(mnt->sb->dev));
	seq_puts_escaped(m, at, MOUNT_ESCAPES);
	seq_putc(m, ' ');
	show_flags(m, mnt->flags);
	seq_printf(m, " - %s ", mnt->sb->type->name);
	seq_puts_escaped(m, mnt->source, MOUNT_ESCAPES);
	seq_puts(m, mnt->flags & MS_RDONLY ? " ro" : " rw");
	show_options(m, mnt->sb);
	seq_putc(m, '\n');
}

int proc_show_mounts(struct seq_file *m)
{
	mount_for_each(mounts_line, m);
	return 0;
}

int proc_show_mountinfo(struct seq_file *m)
{
	mount_for_each(mountinfo_line, m);
	return 0;
}
