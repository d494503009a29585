/* SPDX-License-Identifier: MIT */
/* fs/proc_ipc.c - /proc/sysvipc: the System V segments, as ipcs(1) reads them */
#include <fs/proc.h>
#include <kernel/ipc_shm.h>

static int show_shm(struct seq_file *m)
{
	struct shm_status s;
	unsigned long rss;

	seq_puts(m, "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
		    "      atime      dtime      ctime                   rss                  swap\n");
	for (int slot = shm_next(0, &s, &rss); slot >= 0; slot = shm_next(slot + 1, &s, &rss))
		seq_printf(m, "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10llu %10llu %10llu %21lu %21lu\n",
			   s.key, s.id, s.mode, s.size, (unsigned int)s.cpid, (unsigned int)s.lpid, s.nattch,
			   s.uid, s.gid, s.cuid, s.cgid, (unsigned long long)s.atime,
			   (unsigned long long)s.dtime, (unsigned long long)s.ctime, rss << PAGE_SHIFT, 0UL);
	return 0;
}

static const struct proc_entry sysvipc_entries[] = {
	{ .name = "shm", .mode = S_IFREG | 0444, .show = show_shm }, { .mode = 0 },
};
const struct proc_entry proc_ipc_entries[] = {
	{ .name = "sysvipc", .mode = S_IFDIR | 0555, .children = sysvipc_entries }, { .mode = 0 },
};
