/* SPDX-License-Identifier: MIT */
/* kernel/ipc_internal.h - what ipc_shm.c and ipc_shmctl.c share */
#ifndef KERNEL_IPC_INTERNAL_H
#define KERNEL_IPC_INTERNAL_H

#include <fs/vfs.h>
#include <kernel/ipc_shm.h>
#include <uapi/shm.h>
#include "proc_internal.h"

#define MODE_MASK	0777U

struct shm_segment {
	struct shm_status s;
	struct file	*file;		/* (i) referenced */
	struct user	*locker;	/* SHM_LOCK: who pays for it */
	char		name[16];	/* "SYSV0000abcd" */
};

extern spinlock_t shm_lock;		/* RANK_IPC: the table, and every field of every segment */
extern struct shm_segment *shm_slots[SHMMNI_MAX];
extern int shm_used_slots;
extern unsigned long shm_total_pages;

static inline unsigned long shm_segment_pages(const struct shm_segment *seg)
{
	return DIV_ROUND_UP(seg->s.size, PAGE_SIZE);
}
static inline s64 shm_now(void) { return current_time().tv_sec; }

/* shm_find_id - ERR_PTR(-EINVAL): nothing there; -EIDRM: another by now. shm_lock held */
struct shm_segment *shm_find_id(int id);
/* shm_permitted - may current do what the bits of @want (any of the three classes) say? shm_lock held */
bool shm_permitted(const struct shm_segment *seg, unsigned int want);
/* shm_leave_slot - nobody finds @seg any more, which nobody has attached. shm_lock held */
void shm_leave_slot(struct shm_segment *seg);
void shm_segment_free(struct shm_segment *seg);		/* sleeps; no lock held */

#endif
