/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_mm.c - the system calls about memory: arguments checked here, work done in mm/
 *
 * mm/ knows no file. A file mapping asks the file for its half of the request (file_ops->mmap fills in
 * address space and operations) after the checks of mmap(2): the descriptor must be readable, and
 * writable for a shared writable mapping.
 */
#include <fs/file.h>
#include <fs/vfs.h>
#include <kernel/ipi.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/page_cache.h>
#include <mm/slab.h>
#include <uapi/mman.h>
#include <uapi/mount.h>
#include <uapi/statfs.h>

/* ---- mmap ---- */

#define MAX_FILE_PAGES	(__INT64_MAX__ >> PAGE_SHIFT)

/* Nothing in /proc is a program, however it was mounted. */
static bool path_noexec(const struct path *path)
{
	return path->mnt && ((path->mnt->flags & MS_NOEXEC) || path->mnt->sb->magic == PROC_SUPER_MAGIC);
}

/* What the open mode allows: also what mprotect may ask for later. */
static int check_file_access(const struct file *f, struct mmap_request *rq)
{
	unsigned long pages = DIV_ROUND_UP(min(rq->len, (unsigned long)TASK_SIZE), PAGE_SIZE);

	if (rq->pgoff > MAX_FILE_PAGES - pages)
		return -EOVERFLOW;
	if ((rq->flags & MAP_TYPE) != MAP_PRIVATE && !(f->mode & FMODE_WRITE)) {
		if (rq->prot & PROT_WRITE)
			return -EACCES;
		rq->vm_flags_clear |= VM_MAYWRITE;
	}
	if (!(f->mode & FMODE_READ))
		return -EACCES;
	if (path_noexec(&f->path)) {
		if (rq->prot & PROT_EXEC)
			return -EPERM;
		rq->vm_flags_clear |= VM_MAYEXEC;
	}
	if (!f->ops->mmap)
		return -ENODEV;
	return rq->flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

/* What the object's seals leave of a shared mapping. */
static int check_seals(struct mmap_request *rq)
{
	if (!rq->mapping || !(rq->mapping->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return 0;
	if (rq->prot & PROT_WRITE)
		return -EPERM;
	rq->vm_flags_clear |= VM_MAYWRITE;
	return 0;
}

/* A shared mapping counts as writable from before it exists, so that no seal can slip in between. */
static long mmap_shared(struct mmap_request *rq)
{
	long result = check_seals(rq);
	bool writable = rq->mapping && !(rq->vm_flags_clear & VM_MAYWRITE);

	if (result)
		return result;
	if (writable && !mapping_map_writable(rq->mapping))
		return -EPERM;
	result = do_mmap(current->mm, rq);
	if (writable)
		mapping_unmap_writable(rq->mapping);
	return result;
}

static long mmap_file(struct file *f, struct mmap_request *rq)
{
	int err = mmap_errno(current->mm, rq, check_file_access(f, rq));

	if (err)
		return err;
	rq->vm_file = f;
	err = f->ops->mmap(f, rq);
	if (err)
		return err;
	return (rq->flags & MAP_TYPE) == MAP_PRIVATE ? do_mmap(current->mm, rq) : mmap_shared(rq);
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, size_t, len, unsigned long, prot, unsigned long, flags,
		int, fd, u64, offset)
{
	struct mmap_request rq = {
		.addr = addr, .len = len, .prot = prot, .flags = flags,
		.pgoff = offset >> PAGE_SHIFT,
	};
	struct file *f;
	long result;

	if (offset & ~PAGE_MASK)
		return -EINVAL;
	if (flags & MAP_ANONYMOUS)
		return do_mmap(current->mm, &rq);
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	result = len ? mmap_file(f, &rq) : -EINVAL;
	file_put(f);
	return result;
}

/* ---- one line each ---- */

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return do_munmap(current->mm, addr, len);
}

SYSCALL_DEFINE3(mprotect, unsigned long, addr, size_t, len, unsigned long, prot)
{
	return do_mprotect(current->mm, addr, len, prot);
}

SYSCALL_DEFINE5(mremap, unsigned long, addr, size_t, old_len, size_t, new_len, unsigned long, flags,
		unsigned long, new_addr)
{
	return do_mremap(current->mm, addr, old_len, new_len, flags, new_addr);
}

SYSCALL_DEFINE3(madvise, unsigned long, addr, size_t, len, int, advice)
{
	return do_madvise(current->mm, addr, len, advice);
}

SYSCALL_DEFINE5(remap_file_pages, unsigned long, addr, size_t, len, unsigned long, prot, unsigned long, pgoff,
		unsigned long, flags)
{
	return prot ? -EINVAL : do_remap_file_pages(current->mm, addr, len, pgoff, flags);
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	return (long)do_brk(current->mm, brk);
}

SYSCALL_DEFINE3(msync, unsigned long, addr, size_t, len, int, flags)
{
	return do_msync(current->mm, addr, len, flags);
}

SYSCALL_DEFINE3(mincore, unsigned long, addr, size_t, len, u8 __user *, vec)
{
	return do_mincore(current->mm, addr, len, vec);
}

/* ---- mlock ---- */

static u64 mlock_limit(void)
{
	return capable() ? RLIM_INFINITY : rlimit(RLIMIT_MEMLOCK);
}

SYSCALL_DEFINE2(mlock, unsigned long, addr, size_t, len)
{
	return do_mlock(current->mm, addr, len, VM_LOCKED, mlock_limit());
}

SYSCALL_DEFINE3(mlock2, unsigned long, addr, size_t, len, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(current->mm, addr, len,
			flags ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED, mlock_limit());
}

SYSCALL_DEFINE2(munlock, unsigned long, addr, size_t, len)
{
	return do_mlock(current->mm, addr, len, 0, mlock_limit());
}

/* Every mapping is locked or unlocked on its own: the list may change between two of them. */
static long lock_all(struct mm_struct *mm, unsigned long lock)
{
	unsigned long addr = 0;
	int err;

	for (;;) {
		struct vm_area_struct *vma;
		unsigned long start = 0, end = 0;

		down_read(&mm->mmap_lock);
		vma = find_vma(mm, addr);
		if (vma) {
			start = max(vma->vm_start, addr);
			end = vma->vm_end;
		}
		up_read(&mm->mmap_lock);
		if (!vma)
			return 0;
		err = do_mlock(mm, start, end - start, lock, RLIM_INFINITY);
		if (err == -EINTR)
			return err;
		addr = end;
	}
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long lock = flags & MCL_ONFAULT ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
	u64 limit = mlock_limit();

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!capable() && !limit)
		return -EPERM;
	if (limit != RLIM_INFINITY && (flags & MCL_CURRENT) &&
	    mm->total_vm > limit >> PAGE_SHIFT)
		return -ENOMEM;
	down_write(&mm->mmap_lock);
	mm->def_flags = flags & MCL_FUTURE ? lock : 0;
	mmap_write_unlock(mm);
	return flags & MCL_CURRENT ? lock_all(mm, lock) : 0;
}

SYSCALL_DEFINE0(munlockall)
{
	struct mm_struct *mm = current->mm;

	down_write(&mm->mmap_lock);
	mm->def_flags = 0;
	mmap_write_unlock(mm);
	return lock_all(mm, 0);
}

/* ---- code that a program wrote (RISC-V only: x86-64 keeps its caches coherent itself) ---- */

SYSCALL_DEFINE3(riscv_flush_icache, unsigned long, start, unsigned long, end, unsigned long, flags)
{
	if (flags & ~1UL)
		return -EINVAL;
	arch_sync_icache(0, 0);			/* on every CPU */
	return 0;
}
