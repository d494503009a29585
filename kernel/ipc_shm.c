/* SPDX-License-Identifier: MIT */
/*
 * kernel/ipc_shm.c - System V shared memory: segments that live until somebody removes them
 *
 * THE QUESTION   How do programs that are no relatives share memory by agreeing on a number?
 *
 * THE PICTURE    key --shmget--> id --shmat--> address          slots[id % 32768] -> segment -> file
 *
 *                RMID  attached: the key goes, SHM_DEST is set, the last detach removes it
 *                      else:     it goes at once
 *
 *                An id is slot + 32768 * sequence number, so that an old id finds a new segment in its
 *                slot only after 65536 rounds: EIDRM until then. The memory is a file of the same
 *                nameless tmpfs as memfd's, so that faults, fork, /proc/PID/maps and accounting know nothing of
 *                segments; only vm_ops differ, and they count.
 *
 * ALWAYS TRUE    G1  nattch = VMAs with vm_private == segment (+ 1 while shmat is on its way).
 *                G2  a segment is in its slot until it is freed; it is freed with nattch 0 only.
 *                G3  total_pages = sum of the pages of all segments.
 *
 * LOCKS          shm_lock for the table and all fields; file_put() and mmap outside of it.
 * LEFT OUT       IPC namespaces, semaphores and message queues. (Linux: ipc/shm.c)
 * READ NEXT      fs/memfd.c, fs/proc_ipc.c.
 */
#include <fs/memfd.h>
#include <kernel/ipc_shm.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/overcommit.h>
#include <mm/slab.h>
#include <uapi/mman.h>
#include <uapi/shm.h>
#include "proc_internal.h"

#define SEQ_SHIFT	15
#define SEQ_MAX		0xffff
#define MODE_MASK	0777U

struct shm_segment {
	struct shm_status s;
	struct file	*file;		/* (i) referenced */
	struct user	*locker;	/* SHM_LOCK: who pays for it */
	char		name[16];	/* "SYSV0000abcd" */
};

static DEFINE_SPINLOCK(shm_lock, RANK_IPC);
static struct shm_segment *slots[SHMMNI_MAX];
static int last_slot = -1, sequence;
static int used_slots;
static unsigned long total_pages;

unsigned long sysctl_shmmax = ~0UL - (1UL << 24), sysctl_shmall = ~0UL - (1UL << 24);
int sysctl_shmmni = SHMMNI_MAX;

static unsigned long segment_pages(const struct shm_segment *seg)
{
	return DIV_ROUND_UP(seg->s.size, PAGE_SIZE);
}

static s64 now(void)
{
	return current_time().tv_sec;
}

static pid_t my_pid(void)
{
	return current->process ? current_process()->pid : 0;
}

/* ---- the table; shm_lock held ---- */

static struct shm_segment *find_key(int key)
{
	for (unsigned int i = 0; i < SHMMNI_MAX; i++)
		if (slots[i] && slots[i]->s.key == key)
			return slots[i];
	return NULL;
}

static struct shm_segment *find_id(int id)
{
	struct shm_segment *seg;
	unsigned int slot = (unsigned int)id & ((1U << SEQ_SHIFT) - 1);

	if (id < 0 || slot >= SHMMNI_MAX || !slots[slot])
		return ERR_PTR(-EINVAL);
	seg = slots[slot];
	return seg->s.id == id ? seg : ERR_PTR(-EIDRM);
}

/* Slots are taken in turn; the sequence number moves on each time round. -ENOSPC */
static int take_slot(struct shm_segment *seg)
{
	int slot;

	if (used_slots >= READ_ONCE(sysctl_shmmni))
		return -ENOSPC;
	for (int i = 1; i <= SHMMNI_MAX; i++) {
		slot = (last_slot + i) % SHMMNI_MAX;
		if (slots[slot])
			continue;
		if (slot <= last_slot)
			sequence = sequence == SEQ_MAX ? 0 : sequence + 1;
		last_slot = slot;
		slots[slot] = seg;
		used_slots++;
		total_pages += segment_pages(seg);
		seg->s.seq = sequence;
		seg->s.id = sequence << SEQ_SHIFT | slot;
		return 0;
	}
	return -ENOSPC;
}

static void leave_slot(struct shm_segment *seg)
{
	int slot = seg->s.id & ((1 << SEQ_SHIFT) - 1);

	ASSERT(slots[slot] == seg && seg->s.nattch == 0);
	slots[slot] = NULL;
	used_slots--;
	total_pages -= segment_pages(seg);
}

/* The highest slot in use: what the INFO commands return. */
static int highest_slot(void)
{
	for (int i = SHMMNI_MAX - 1; i > 0; i--)
		if (slots[i])
			return i;
	return 0;
}

/* ---- life; no lock held ---- */

static void segment_unlock_memory(struct shm_segment *seg)
{
	if (!seg->locker)
		return;
	atomic64_sub((long)segment_pages(seg), &seg->locker->locked_shm);
	user_put(seg->locker);
	seg->locker = NULL;
}

static void segment_free(struct shm_segment *seg)
{
	segment_unlock_memory(seg);
	if (seg->file)
		file_put(seg->file);
	kfree(seg);
}

/* Drop one attachment, and the segment with the last one if it was removed. */
static void segment_detach(struct shm_segment *seg)
{
	bool gone;

	spin_lock(&shm_lock);
	ASSERT(seg->s.nattch > 0);
	gone = --seg->s.nattch == 0 && (seg->s.mode & SHM_DEST);
	if (gone)
		leave_slot(seg);
	spin_unlock(&shm_lock);
	if (gone)
		segment_free(seg);
}

static struct shm_segment *segment_alloc(int key, size_t size, int flags)
{
	const struct process *p = current_process();
	struct shm_segment *seg = kzalloc(sizeof(*seg), GFP_KERNEL);
	bool noreserve = (flags & SHM_NORESERVE) && sysctl_overcommit_memory != OVERCOMMIT_NEVER;

	if (!seg)
		return ERR_PTR(-ENOMEM);
	snprintf(seg->name, sizeof(seg->name), "SYSV%08x", (unsigned int)key);
	seg->file = shmem_file_setup(seg->name, (loff_t)size, noreserve);
	if (IS_ERR(seg->file)) {
		int err = (int)PTR_ERR(seg->file);

		kfree(seg);
		return ERR_PTR(err);
	}
	seg->s = (struct shm_status){
		.key = key, .size = size, .mode = (unsigned int)flags & MODE_MASK, .cpid = p->pid,
		.uid = p->euid, .cuid = p->euid, .gid = p->egid, .cgid = p->egid, .ctime = now(),
	};
	return seg;
}

/* ---- shmget ---- */

/* May current do what the bits of @want (any of the three classes) say? */
static bool permitted(const struct shm_segment *seg, unsigned int want)
{
	const struct process *p = current_process();
	unsigned int granted = seg->s.mode;

	want = (want >> 6) | (want >> 3) | want;
	if (p->euid == seg->s.cuid || p->euid == seg->s.uid)
		granted >>= 6;
	else if (in_group(seg->s.cgid) || in_group(seg->s.gid))
		granted >>= 3;
	return !(want & ~granted & 7) || capable();
}

static bool is_owner(const struct shm_segment *seg)
{
	uid_t euid = current_process()->euid;

	return euid == seg->s.cuid || euid == seg->s.uid || capable();
}

static int get_existing(const struct shm_segment *seg, size_t size, int flags)
{
	if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	if (size > seg->s.size)
		return -EINVAL;
	return permitted(seg, (unsigned int)flags & MODE_MASK) ? seg->s.id : -EACCES;
}

static int check_new(size_t size, int flags)
{
	unsigned long pages = DIV_ROUND_UP(size, PAGE_SIZE);

	if (size < SHMMIN || size > READ_ONCE(sysctl_shmmax) || size > (size_t)__LONG_MAX__)
		return -EINVAL;
	if (flags & SHM_HUGETLB)
		return -EINVAL;			/* as a Linux built without huge page files */
	if (total_pages + pages < total_pages || total_pages + pages > READ_ONCE(sysctl_shmall))
		return -ENOSPC;
	return 0;
}

/* Put @seg in, unless another got the key meanwhile: that one's id then. Frees what it does not use. */
static int publish_segment(struct shm_segment *seg, size_t size, int flags)
{
	struct shm_segment *other;
	int id;

	spin_lock(&shm_lock);
	other = seg->s.key == IPC_PRIVATE ? NULL : find_key(seg->s.key);
	id = other ? get_existing(other, size, flags) : take_slot(seg);
	if (!other && id == 0) {
		id = seg->s.id;
		seg->file->inode->ino = (u64)id;	/* what /proc/PID/maps shows */
		seg = NULL;
	}
	spin_unlock(&shm_lock);
	if (seg)
		segment_free(seg);
	return id;
}

SYSCALL_DEFINE3(shmget, int, key, size_t, size, int, flags)
{
	struct shm_segment *seg;
	int id;

	if (key != IPC_PRIVATE) {
		spin_lock(&shm_lock);
		seg = find_key(key);
		id = seg ? get_existing(seg, size, flags) : -ENOENT;
		spin_unlock(&shm_lock);
		if (seg || !(flags & IPC_CREAT))
			return id;
	}
	id = check_new(size, flags);
	if (id)
		return id;
	seg = segment_alloc(key, size, flags);
	return IS_ERR(seg) ? PTR_ERR(seg) : publish_segment(seg, size, flags);
}

/* ---- shmat, shmdt ---- */

static void shm_vm_open(struct vm_area_struct *vma)
{
	struct shm_segment *seg = vma->vm_private;

	spin_lock(&shm_lock);
	seg->s.nattch++;
	seg->s.lpid = my_pid();
	seg->s.atime = now();
	spin_unlock(&shm_lock);
}

static void shm_vm_close(struct vm_area_struct *vma)
{
	struct shm_segment *seg = vma->vm_private;

	spin_lock(&shm_lock);
	seg->s.lpid = my_pid();
	seg->s.dtime = now();
	spin_unlock(&shm_lock);
	segment_detach(seg);
}

static const struct vm_ops shm_vm_ops = { .open = shm_vm_open, .close = shm_vm_close };

/* Where: fills in address and flags of @rq; 0 or -EINVAL. */
static int attach_address(struct mmap_request *rq, unsigned long addr, int flags)
{
	rq->flags = MAP_SHARED;
	if (!addr)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (addr & (SHMLBA - 1)) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr = ALIGN_DOWN(addr, SHMLBA);
		if (!addr && (flags & SHM_REMAP))
			return -EINVAL;
	}
	rq->addr = addr;
	rq->flags |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	return 0;
}

/* The segment of @id with one attachment more, which segment_detach() drops; ERR_PTR. */
static struct shm_segment *attach_segment(int id, unsigned int want)
{
	struct shm_segment *seg;

	spin_lock(&shm_lock);
	seg = find_id(id);
	if (!IS_ERR(seg) && !permitted(seg, want))
		seg = ERR_PTR(-EACCES);
	if (!IS_ERR(seg))
		seg->s.nattch++;
	spin_unlock(&shm_lock);
	return seg;
}

SYSCALL_DEFINE3(shmat, int, id, unsigned long, addr, int, flags)
{
	unsigned int want = S_IRUGO | (flags & SHM_RDONLY ? 0 : S_IWUGO) | (flags & SHM_EXEC ? S_IXUGO : 0);
	struct mmap_request rq = { .vm_ops = &shm_vm_ops };
	struct shm_segment *seg;
	long result = attach_address(&rq, addr, flags);

	if (result)
		return result;
	seg = attach_segment(id, want);
	if (IS_ERR(seg))
		return PTR_ERR(seg);
	rq.len = seg->s.size;
	rq.prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
	rq.vm_flags_clear = flags & SHM_RDONLY ? VM_MAYWRITE : 0;
	rq.mapping = &seg->file->inode->mapping;
	rq.vm_file = seg->file;
	rq.vm_private = seg;
	result = do_mmap(current->mm, &rq);
	segment_detach(seg);
	return result == -EEXIST ? -EINVAL : result;
}

/* The first mapping at or above @addr that shows a segment whose first page would be at @addr. */
static struct vm_area_struct *find_attachment(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	for (vma = find_vma(mm, addr); vma; vma = find_vma(mm, vma->vm_end))
		if (vma->vm_ops == &shm_vm_ops && vma->vm_start >= addr &&
		    (vma->vm_start - addr) >> PAGE_SHIFT == vma->vm_pgoff)
			return vma;
	return NULL;
}

/* Splits may have made several mappings of one attachment, and holes between them. */
static int detach_locked(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_attachment(mm, addr);
	struct shm_segment *seg;
	unsigned long stop, pos;
	int err = vma ? 0 : -EINVAL;

	if (err)
		return err;
	seg = vma->vm_private;
	stop = addr + ALIGN_UP(seg->s.size, PAGE_SIZE);
	for (; !err && vma && vma->vm_end <= stop; vma = find_vma(mm, pos)) {
		pos = vma->vm_end;
		if (vma->vm_ops == &shm_vm_ops && vma->vm_private == seg &&
		    (vma->vm_start - addr) >> PAGE_SHIFT == vma->vm_pgoff)
			err = do_munmap_locked(mm, vma->vm_start, pos - vma->vm_start);
	}
	return err;
}

SYSCALL_DEFINE1(shmdt, unsigned long, addr)
{
	struct mm_struct *mm = current->mm;
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = detach_locked(mm, addr);
	up_write(&mm->mmap_lock);
	return err;
}

/* ---- shmctl ---- */

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
	info.used_ids = used_slots;
	info.shm_tot = total_pages;
	for (unsigned int i = 0; i < SHMMNI_MAX; i++)
		if (slots[i])
			info.shm_rss += slots[i]->file->inode->mapping.nrpages;
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
		seg = find_id(id);
	else
		seg = id < SHMMNI_MAX && slots[id] ? slots[id] : ERR_PTR(-EINVAL);
	if (!IS_ERR(seg) && cmd != SHM_STAT_ANY && !permitted(seg, S_IRUGO))
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
	seg = find_id(id);
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
		seg->s.ctime = now();
	}
	spin_unlock(&shm_lock);
	return err;
}

static long ctl_rmid(int id)
{
	struct shm_segment *seg, *dead = NULL;
	long err = 0;

	spin_lock(&shm_lock);
	seg = find_id(id);
	if (IS_ERR(seg)) {
		err = PTR_ERR(seg);
	} else if (!is_owner(seg)) {
		err = -EPERM;
	} else if (seg->s.nattch) {
		seg->s.mode |= SHM_DEST;
		seg->s.key = IPC_PRIVATE;
	} else {
		leave_slot(seg);
		dead = seg;
	}
	spin_unlock(&shm_lock);
	if (dead)
		segment_free(dead);
	return err;
}

/* Locked segments count against the RLIMIT_MEMLOCK of whoever locked them, over all his processes. */
static long lock_segment(struct shm_segment *seg, struct user **user)
{
	long pages = (long)segment_pages(seg);
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
	seg = find_id(id);
	if (IS_ERR(seg)) {
		err = PTR_ERR(seg);
	} else if (!is_owner(seg) || (lock && !capable() && !rlimit(RLIMIT_MEMLOCK))) {
		err = -EPERM;
	} else if (lock) {
		err = lock_segment(seg, &user);
	} else if (seg->s.mode & SHM_LOCKED) {
		seg->s.mode &= ~SHM_LOCKED;
		atomic64_sub((long)segment_pages(seg), &seg->locker->locked_shm);
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
	while (slot < SHMMNI_MAX && !slots[slot])
		slot++;
	if (slot < SHMMNI_MAX) {
		*s = slots[slot]->s;
		*rss = slots[slot]->file->inode->mapping.nrpages;
	}
	spin_unlock(&shm_lock);
	return slot < SHMMNI_MAX ? slot : -1;
}
