/* SPDX-License-Identifier: MIT */
/*
 * kernel/ipc_shm.c - System V shared memory: segments that live until somebody removes them
 *
 * THE QUESTION   How do programs that are no relatives share memory by agreeing on a number?
 *
 * THE PICTURE    key --shmget--> id --shmat--> address          shm_shm_slots[id % 32768] -> segment -> file
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
 *                G3  shm_total_pages = sum of the pages of all segments.
 *
 * LOCKS          shm_lock for the table and all fields; file_put() and mmap outside of it.
 * LEFT OUT       IPC namespaces, semaphores and message queues. (Linux: ipc/shm.c)
 * READ NEXT      ipc_shmctl.c, fs/memfd.c.
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
#include "ipc_internal.h"

#define SEQ_SHIFT	15
#define SEQ_MAX		0xffff

DEFINE_SPINLOCK(shm_lock, RANK_IPC);
struct shm_segment *shm_slots[SHMMNI_MAX];
int shm_used_slots;
unsigned long shm_total_pages;
static int last_slot = -1, sequence;

unsigned long sysctl_shmmax = ~0UL - (1UL << 24), sysctl_shmall = ~0UL - (1UL << 24);
int sysctl_shmmni = SHMMNI_MAX;

static pid_t my_pid(void)
{
	return current->process ? current_process()->pid : 0;
}

/* ---- the table; shm_lock held ---- */

static struct shm_segment *find_key(int key)
{
	for (unsigned int i = 0; i < SHMMNI_MAX; i++)
		if (shm_slots[i] && shm_slots[i]->s.key == key)
			return shm_slots[i];
	return NULL;
}

struct shm_segment *shm_find_id(int id)
{
	struct shm_segment *seg;
	unsigned int slot = (unsigned int)id & ((1U << SEQ_SHIFT) - 1);

	if (id < 0 || slot >= SHMMNI_MAX || !shm_slots[slot])
		return ERR_PTR(-EINVAL);
	seg = shm_slots[slot];
	return seg->s.id == id ? seg : ERR_PTR(-EIDRM);
}

static bool beyond_shmall(unsigned long pages)
{
	return shm_total_pages + pages < shm_total_pages || shm_total_pages + pages > READ_ONCE(sysctl_shmall);
}

/* Slots are taken in turn; the sequence number moves on each time round. -ENOSPC */
static int take_slot(struct shm_segment *seg)
{
	int slot;

	if (shm_used_slots >= READ_ONCE(sysctl_shmmni) || beyond_shmall(shm_segment_pages(seg)))
		return -ENOSPC;
	for (int i = 1; i <= SHMMNI_MAX; i++) {
		slot = (last_slot + i) % SHMMNI_MAX;
		if (shm_slots[slot])
			continue;
		if (slot <= last_slot)
			sequence = sequence == SEQ_MAX ? 0 : sequence + 1;
		last_slot = slot;
		shm_slots[slot] = seg;
		shm_used_slots++;
		shm_total_pages += shm_segment_pages(seg);
		seg->s.seq = sequence;
		seg->s.id = sequence << SEQ_SHIFT | slot;
		return 0;
	}
	return -ENOSPC;
}

void shm_leave_slot(struct shm_segment *seg)
{
	int slot = seg->s.id & ((1 << SEQ_SHIFT) - 1);

	ASSERT(shm_slots[slot] == seg && seg->s.nattch == 0);
	shm_slots[slot] = NULL;
	shm_used_slots--;
	shm_total_pages -= shm_segment_pages(seg);
}

/* ---- life; no lock held ---- */

static void segment_unlock_memory(struct shm_segment *seg)
{
	if (!seg->locker)
		return;
	atomic64_sub((long)shm_segment_pages(seg), &seg->locker->locked_shm);
	user_put(seg->locker);
	seg->locker = NULL;
}

void shm_segment_free(struct shm_segment *seg)
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
		shm_leave_slot(seg);
	spin_unlock(&shm_lock);
	if (gone)
		shm_segment_free(seg);
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
		.uid = p->euid, .cuid = p->euid, .gid = p->egid, .cgid = p->egid, .ctime = shm_now(),
	};
	return seg;
}

/* ---- shmget ---- */

bool shm_permitted(const struct shm_segment *seg, unsigned int want)
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

static int get_existing(const struct shm_segment *seg, size_t size, int flags)
{
	if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	if (size > seg->s.size)
		return -EINVAL;
	return shm_permitted(seg, (unsigned int)flags & MODE_MASK) ? seg->s.id : -EACCES;
}

static int check_new(size_t size, int flags)
{
	bool full;

	if (size < SHMMIN || size > READ_ONCE(sysctl_shmmax) || size > (size_t)__LONG_MAX__)
		return -EINVAL;
	if (flags & SHM_HUGETLB)
		return -EINVAL;			/* as a Linux built without huge page files */
	spin_lock(&shm_lock);
	full = beyond_shmall(DIV_ROUND_UP(size, PAGE_SIZE));
	spin_unlock(&shm_lock);
	return full ? -ENOSPC : 0;	/* asked again when the segment is published: another may have been quicker */
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
		shm_segment_free(seg);
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
	seg->s.atime = shm_now();
	spin_unlock(&shm_lock);
}

static void shm_vm_close(struct vm_area_struct *vma)
{
	struct shm_segment *seg = vma->vm_private;

	spin_lock(&shm_lock);
	seg->s.lpid = my_pid();
	seg->s.dtime = shm_now();
	spin_unlock(&shm_lock);
	segment_detach(seg);
}

/* No userfaultfd, as on Linux, whose shmdt tells none that memory goes. */
static const struct vm_ops shm_vm_ops = { .open = shm_vm_open, .close = shm_vm_close, .no_userfault = true };

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
	seg = shm_find_id(id);
	if (!IS_ERR(seg) && !shm_permitted(seg, want))
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
	if (rq.addr && !(flags & SHM_REMAP) && rq.addr + rq.len < rq.addr) {
		segment_detach(seg);
		return -EINVAL;
	}
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
	mmap_write_unlock(mm);
	return err;
}
