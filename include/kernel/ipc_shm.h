/* SPDX-License-Identifier: MIT */
/* ipc_shm.h - System V shared memory as /proc shows and sets it (kernel/ipc_shm.c) */
#ifndef KERNEL_IPC_SHM_H
#define KERNEL_IPC_SHM_H

#include <lib/types.h>

#define SHMMNI_MAX	4096

/* shm_status - what can be asked of a segment; its fields belong to the lock of ipc_shm.c */
struct shm_status {
	int		id, key, seq;
	size_t		size;			/* bytes */
	uid_t		uid, cuid;
	gid_t		gid, cgid;
	unsigned int	mode;			/* permissions, SHM_DEST, SHM_LOCKED */
	pid_t		cpid, lpid;		/* who made it; who attached or detached last */
	unsigned long	nattch;
	s64		atime, dtime, ctime;	/* seconds */
};

/* shm_next - a copy of the first segment in slot @slot or above, and its resident pages; its slot, or -1: none */
int shm_next(int slot, struct shm_status *s, unsigned long *rss);

/* /proc/sys/kernel: largest segment (bytes), all segments (pages), their number */
extern unsigned long sysctl_shmmax, sysctl_shmall;
extern int sysctl_shmmni;

#endif
