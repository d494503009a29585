/* SPDX-License-Identifier: MIT */
/* uapi/shm.h - System V shared memory: the same on both ports */
#ifndef UAPI_SHM_H
#define UAPI_SHM_H

#include <lib/types.h>

#define IPC_PRIVATE	0
#define IPC_CREAT	01000
#define IPC_EXCL	02000
#define SHM_HUGETLB	04000
#define SHM_NORESERVE	010000

#define SHM_RDONLY	010000
#define SHM_RND		020000
#define SHM_REMAP	040000
#define SHM_EXEC	0100000
#define SHMLBA		PAGE_SIZE
#define SHMMIN		1

#define IPC_RMID	0
#define IPC_SET		1
#define IPC_STAT	2
#define IPC_INFO	3
#define SHM_LOCK	11
#define SHM_UNLOCK	12
#define SHM_STAT	13
#define SHM_INFO	14
#define SHM_STAT_ANY	15

#define SHM_DEST	01000U		/* in mode: goes with the last detach */
#define SHM_LOCKED	02000U

struct ipc64_perm {
	s32	key;
	u32	uid, gid, cuid, cgid, mode;
	u16	seq, pad2;
	u64	unused1, unused2;
};

struct shmid64_ds {
	struct ipc64_perm shm_perm;
	u64	shm_segsz;
	s64	shm_atime, shm_dtime, shm_ctime;
	s32	shm_cpid, shm_lpid;
	u64	shm_nattch, unused4, unused5;
};

struct shminfo64 { u64 shmmax, shmmin, shmmni, shmseg, shmall, unused[4]; };
struct shm_info {
	s32	used_ids, pad;
	u64	shm_tot, shm_rss, shm_swp, swap_attempts, swap_successes;
};

#endif
