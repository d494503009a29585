/* SPDX-License-Identifier: MIT */
/*
 * kernel/process_vm.c - another process's memory: read it, write it, give advice about it
 *
 * Two lists of ranges, ours and theirs, are walked side by side through one page of buffer. Theirs is reached
 * by mm/gup.c, so that it need not be loaded: the bytes move while the lock of its page table is held.
 *
 * ALWAYS TRUE    the other process is referenced, and its address space used, only while the call runs.
 * READ NEXT      mm/gup.c, fs/proc_mem.c (the same by file).
 */
#include <fs/file.h>
#include <kernel/pidfd.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/mman.h>

/* may_access - siglock held: exec changes the answer together with p->mm */
static bool may_access(const struct process *p)
{
	const struct process *me = current_process();

	return p == me || capable() ||
	       (p->dumpable == 1 && me->uid == p->uid && me->uid == p->euid && me->uid == p->suid &&
		me->gid == p->gid && me->gid == p->egid && me->gid == p->sgid);
}

struct mm_struct *process_mm_access(struct process *p)
{
	struct mm_struct *mm = ERR_PTR(-EACCES);
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	if (may_access(p))
		mm = p->mm;
	if (mm && !IS_ERR(mm))
		mmget(mm);
	spin_unlock_irqrestore(&p->siglock, flags);
	return mm;
}

/* As the other process itself may access it; a stack of its does not grow for us. */
static bool remote_allows(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma;
	bool ok;

	down_read(&mm->mmap_lock);
	vma = find_vma_intersection(mm, addr, addr + 1);
	ok = vma && (vma->vm_flags & (write ? VM_WRITE : VM_READ));
	up_read(&mm->mmap_lock);
	return ok;
}

/* Copy between @it (ours) and [addr, addr+len) of @mm in pieces: bytes done, or -errno if none were. */
static long copy_remote(struct mm_struct *mm, struct iov_iter *it, unsigned long addr, size_t len,
			bool write, void *page)
{
	size_t done = 0;

	while (done < len && it->count) {
		size_t n = min(min(len - done, it->count), PAGE_SIZE - ((addr + done) & ~PAGE_MASK));
		long got;

		if (cond_resched_killable())
			return done ? (long)done : -EINTR;
		if (!remote_allows(mm, addr + done, write))
			return done ? (long)done : -EFAULT;
		if (write)
			n = copy_from_iter(page, n, it);
		got = n ? access_process_vm(mm, addr + done, page, n, write) : -EFAULT;
		if (got > 0 && !write)
			got = (long)copy_to_iter(page, (size_t)got, it);
		if (got <= 0)
			return done ? (long)done : -EFAULT;
		done += (size_t)got;
		if ((size_t)got < n)
			break;
	}
	return (long)done;
}

static long copy_vectors(struct mm_struct *mm, struct iov_iter *local, const struct iovec *remote,
			 unsigned long nr, bool write)
{
	void *page = get_free_page(GFP_KERNEL);
	long total = 0, n = 0;

	if (!page)
		return -ENOMEM;
	for (unsigned long i = 0; i < nr && local->count; i++) {
		n = copy_remote(mm, local, (unsigned long)remote[i].iov_base, remote[i].iov_len,
				write, page);
		if (n < 0)
			break;
		total += n;
		if ((size_t)n < remote[i].iov_len)
			break;
	}
	free_page_va(page);
	return total ? total : n;
}

#define UIO_MAXIOV	1024

/* The ranges of another process: kmalloc'ed, or ERR_PTR(-EINVAL, -ENOMEM, -EFAULT). */
static struct iovec *copy_vector(const struct iovec __user *uvec, unsigned long nr)
{
	struct iovec *vec;

	if (nr > UIO_MAXIOV)
		return ERR_PTR(-EINVAL);
	vec = kmalloc((nr + 1) * sizeof(*vec), GFP_KERNEL);
	if (!vec)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(vec, uvec, nr * sizeof(*vec))) {
		kfree(vec);
		return ERR_PTR(-EFAULT);
	}
	for (unsigned long i = 0; i < nr; i++) {
		if ((ssize_t)vec[i].iov_len < 0) {
			kfree(vec);
			return ERR_PTR(-EINVAL);
		}
	}
	return vec;
}

static bool vector_empty(const struct iovec *vec, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		if (vec[i].iov_len)
			return false;
	return true;
}

static long copy_process(pid_t pid, struct iov_iter *local, const struct iovec *remote, unsigned long nr,
			 bool write)
{
	struct process *p = process_get_by_pid(pid);
	struct mm_struct *mm;
	long result;

	if (!p)
		return -ESRCH;
	mm = process_mm_access(p);
	if (IS_ERR_OR_NULL(mm)) {
		result = mm ? -EPERM : -ESRCH;
	} else {
		result = copy_vectors(mm, local, remote, nr, write);
		mmput(mm);
	}
	process_put(p);
	return result;
}

/* Where nothing is asked for, nobody has to be there: not even the process. */
static long process_vm_rw(pid_t pid, const struct iovec __user *ulocal, unsigned long nr_local,
			  const struct iovec __user *uremote, unsigned long nr_remote, bool write)
{
	struct iovec *remote, *heap = NULL;
	struct iov_iter local;
	long result = iov_iter_import(&local, ulocal, nr_local, &heap);

	if (result)
		return result;
	if (!local.count) {
		kfree(heap);
		return 0;
	}
	remote = copy_vector(uremote, nr_remote);
	if (IS_ERR(remote)) {
		result = PTR_ERR(remote);
	} else {
		if (!vector_empty(remote, nr_remote))
			result = copy_process(pid, &local, remote, nr_remote, write);
		kfree(remote);
	}
	kfree(heap);
	return result;
}

SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, const struct iovec __user *, local, unsigned long, nlocal,
		const struct iovec __user *, remote, unsigned long, nremote, unsigned long, flags)
{
	return flags ? -EINVAL : process_vm_rw(pid, local, nlocal, remote, nremote, false);
}

SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, const struct iovec __user *, local, unsigned long, nlocal,
		const struct iovec __user *, remote, unsigned long, nremote, unsigned long, flags)
{
	return flags ? -EINVAL : process_vm_rw(pid, local, nlocal, remote, nremote, true);
}

/* ---- advice ---- */

static bool advice_to_others(int advice)
{
	return advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED;
}

/* Bytes advised; an error counts only if it came before the first of them. */
static long advise_ranges(struct mm_struct *mm, const struct iovec *vec, unsigned long nr, int advice)
{
	long done = 0;

	for (unsigned long i = 0; i < nr; i++) {
		int err = do_madvise(mm, (unsigned long)vec[i].iov_base, vec[i].iov_len, advice);

		if (err)
			return done ? done : err;
		done += (long)vec[i].iov_len;
	}
	return done;
}

static long advise_process(struct process *p, const struct iovec *vec, unsigned long nr, int advice)
{
	struct mm_struct *mm = process_mm_access(p);
	long result;

	if (IS_ERR_OR_NULL(mm))
		return mm ? PTR_ERR(mm) : -ESRCH;
	/* it costs the other process time: CAP_SYS_NICE, even for our own */
	result = capable() ? advise_ranges(mm, vec, nr, advice) : -EPERM;
	mmput(mm);
	return result;
}

SYSCALL_DEFINE5(process_madvise, int, pidfd, const struct iovec __user *, uvec, size_t, nr, int, advice,
		unsigned int, flags)
{
	struct process *p;
	struct iovec *vec;
	long result;

	if (flags)
		return -EINVAL;
	vec = copy_vector(uvec, nr);
	if (IS_ERR(vec))
		return PTR_ERR(vec);
	p = pidfd_process_get(pidfd, NULL);
	if (!p) {
		result = -EBADF;
	} else {
		result = advice_to_others(advice) ? advise_process(p, vec, nr, advice) : -EINVAL;
		process_put(p);
	}
	kfree(vec);
	return result;
}
