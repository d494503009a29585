/* SPDX-License-Identifier: MIT */
/*
 * kernel/ipc_shmctl.c - what may be asked of a System V segment, and changed in it: shmctl(2)
 *
 *	by id	IPC_STAT IPC_SET IPC_RMID SHM_LOCK SHM_UNLOCK
 *	by slot	SHM_STAT SHM_STAT_ANY	(for ipcs(1), which walks 0 .. what SHM_INFO returned)
 *	of all	IPC_INFO SHM_INFO
 *
 * ALWAYS TRUE    C1  seg->locker is set exactly while SHM_LOCKED is in its mode: it pays for the pages.
 * LOCKS          shm_lock; user memory is copied outside of it.
 * READ NEXT      ipc_shm.c (the picture), fs/proc_ipc.c.
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include "ipc_internal.h"

/* The highest slot in use: what the INFO commands return. */
static int highest_slot(void)
{
	for (int i = SHMMNI_MAX - 1; i > 0; i--)
		if (shm_slots[i])
			return i;
	return 0;
}

static bool is_owner(const struct shm_segment *seg)
{
	uid_t euid = current_process()->euid;

	return euid == seg->s.cuid || euid == seg->s.uid || capable();
}

static long ctl_ipc_info(void __user *buf)
{
	struct shminfo64 info = {
		.shmmax = sysctl_shmmax, .shmmin = SHMMIN, .shmmni = (unsigned long)sysctl_shmmni,
		.shmseg = (unsigned long)sysctl_shmmni, .shmall = sysctl_shmall,
	};
	int highest;

	spin_lock(&shm_lock);
	highest = highest_slot();
	spin_unlock(&shm_lock);
	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : highest;
}

static long ctl_shm_info(void __user *buf)
{
	struct shm_info info = { .used_ids = 0 };
	int highest;

	spin_lock(&shm_lock);
	info.used_ids = shm_used_slots;
	info.shm_tot = shm_total_pages;
	for (unsigned int i = 0; i < SHMMNI_MAX; i++)
		if (shm_slots[i])
			info.shm_rss += shm_slots[i]->file->inode->mapping.nrpages;
	highest = highest_slot();
	spin_unlock(&shm_lock);
	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : highest;
}

static void fill_ds(struct shmid64_ds *ds, const struct shm_status *s)
{
	*ds = (struct shmid64_ds){
		.shm_perm = {
			.key = s->key, .uid = s->uid, .gid = s->gid, .cuid = s->cuid, .cgid = s->cgid,
			.mode = s->mode, .seq = (unsigned short)s->seq,
		},
		.shm_segsz = s->size, .shm_atime = s->atime, .shm_dtime = s->dtime,
		.shm_ctime = s->ctime, .shm_cpid = s->cpid, .shm_lpid = s->lpid, .shm_nattch = s->nattch,
	};
}

/* IPC_STAT by id returns 0; SHM_STAT and SHM_STAT_ANY by slot return the id. */
static long ctl_stat(int id, int cmd, void __user *buf)
{
	struct shmid64_ds ds;
	struct shm_segment *seg;
	long result = 0;

	spin_lock(&shm_lock);
	if (cmd == IPC_STAT)
		seg = shm_find_id(id);
	else
		seg = id < SHMMNI_MAX && shm_slots[id] ? shm_slots[id] : ERR_PTR(-EINVAL);
	if (!IS_ERR(seg) && cmd != SHM_STAT_ANY && !shm_permitted(seg, S_IRUGO))
		seg = ERR_PTR(-EACCES);
	if (!IS_ERR(seg)) {
		fill_ds(&ds, &seg->s);
		result = cmd == IPC_STAT ? 0 : seg->s.id;
	}
	spin_unlock(&shm_lock);
	if (IS_ERR(seg))
		return PTR_ERR(seg);
	return copy_to_user(buf, &ds, sizeof(ds)) ? -EFAULT : result;
}

static long ctl_set(int id, const void __user *buf)
{
	struct shmid64_ds ds;
	struct shm_segment *seg;
	long err = 0;

	if (copy_from_user(&ds, buf, sizeof(ds)))
		return -EFAULT;
	spin_lock(&shm_lock);
	seg = shm_find_id(id);
	if (IS_ERR(seg)) {
		err = PTR_ERR(seg);
	} else if (!is_owner(seg)) {
		err = -EPERM;
	} else if (ds.shm_perm.uid == (uid_t)-1 || ds.shm_perm.gid == (gid_t)-1) {
		err = -EINVAL;
	} else {
		seg->s.uid = ds.shm_perm.uid;
		seg->s.gid = ds.shm_perm.gid;
		seg->s.mode = (seg->s.mode & ~MODE_MASK) | (ds.shm_perm.mode & MODE_MASK);
		seg->s.ctime = shm_now();
	}
	spin_unlock(&shm_lock);
	return err;
}

static long ctl_rmid(int id)
{
	struct shm_segment *seg, *dead = NULL;
	long err = 0;

	spin_lock(&shm_lock);
	seg = shm_find_id(id);
	if (IS_ERR(seg)) {
		err = PTR_ERR(seg);
	} else if (!is_owner(seg)) {
		err = -EPERM;
	} else if (seg->s.nattch) {
		seg->s.mode |= SHM_DEST;
		seg->s.key = IPC_PRIVATE;
	} else {
		shm_leave_slot(seg);
		dead = seg;
	}
	spin_unlock(&shm_lock);
	if (dead)
		shm_segment_free(dead);
	return err;
}

/* Locked segments count against the RLIMIT_MEMLOCK of whoever locked them, over all his processes. */
static long lock_segment(struct shm_segment *seg, struct user **user)
{
	long pages = (long)shm_segment_pages(seg);
	u64 limit = rlimit(RLIMIT_MEMLOCK);

	if (seg->s.mode & SHM_LOCKED)
		return 0;
	if (atomic64_add_return(pages, &(*user)->locked_shm) > (long)(limit >> PAGE_SHIFT) &&
	    limit != RLIM_INFINITY && !capable()) {
		atomic64_sub(pages, &(*user)->locked_shm);
		return -ENOMEM;
	}
	seg->locker = *user;
	*user = NULL;
	seg->s.mode |= SHM_LOCKED;
	return 0;
}

static long ctl_lock(int id, bool lock)
{
	struct user *user = user_ref(current_process()->user), *payer = NULL;
	struct shm_segment *seg;
	long err = 0;

	spin_lock(&shm_lock);
	seg = shm_find_id(id);
	if (IS_ERR(seg)) {
		err = PTR_ERR(seg);
	} else if (!is_owner(seg) || (lock && !capable() && !rlimit(RLIMIT_MEMLOCK))) {
		err = -EPERM;
	} else if (lock) {
		err = lock_segment(seg, &user);
	} else if (seg->s.mode & SHM_LOCKED) {
		seg->s.mode &= ~SHM_LOCKED;
		atomic64_sub((long)shm_segment_pages(seg), &seg->locker->locked_shm);
		payer = seg->locker;
		seg->locker = NULL;
	}
	spin_unlock(&shm_lock);
	if (payer)
		user_put(payer);
	if (user)
		user_put(user);
	return err;
}

SYSCALL_DEFINE3(shmctl, int, id, int, cmd, void __user *, buf)
{
	if (cmd < 0 || id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return ctl_ipc_info(buf);
	case SHM_INFO:
		return ctl_shm_info(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return ctl_stat(id, cmd, buf);
	case IPC_SET:
		return ctl_set(id, buf);
	case IPC_RMID:
		return ctl_rmid(id);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return ctl_lock(id, cmd == SHM_LOCK);
	default:
		return -EINVAL;
	}
}

/* ---- for /proc/sysvipc/shm ---- */

int shm_next(int slot, struct shm_status *s, unsigned long *rss)
{
	spin_lock(&shm_lock);
	while (slot < SHMMNI_MAX && !shm_slots[slot])
		slot++;
	if (slot < SHMMNI_MAX) {
		*s = shm_slots[slot]->s;
		*rss = shm_slots[slot]->file->inode->mapping.nrpages;
	}
	spin_unlock(&shm_lock);
	return slot < SHMMNI_MAX ? slot : -1;
}
