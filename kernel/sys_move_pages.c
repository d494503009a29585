/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_move_pages.c - move_pages(2): single pages of a process to single nodes, or where they are now
 *
 * Arrays of the program are read and written entry by entry, with no lock held: they may lie in the very pages
 * that move. What becomes of a page is its status: its node, or -errno (mm/migrate_nodes.c names them).
 */
#include <fs/file.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/mempolicy.h>
#include <mm/mm.h>

struct request {
	const unsigned long __user	*pages;
	const int __user		*nodes;		/* NULL: only ask */
	int __user			*status;
	unsigned long			n;
	bool				all;		/* MPOL_MF_MOVE_ALL */
	unsigned long			with_memory;	/* nodes that pages can go to */
};

/* The node that page @i shall go to; -EFAULT, -ENODEV: there is none. */
static int wanted_node(const struct request *rq, unsigned long i)
{
	int nid;

	if (get_user(nid, &rq->nodes[i]))
		return -EFAULT;
	return nid < 0 || nid >= MAX_NUMNODES || !(rq->with_memory >> nid & 1) ? -ENODEV : nid;
}

/* One page; *@stays counts those that should have moved. */
static int do_one(struct mm_struct *mm, const struct request *rq, unsigned long i, long *stays)
{
	unsigned long addr;
	int nid = 0, status;

	if (get_user(addr, &rq->pages[i]))
		return -EFAULT;
	if (rq->nodes) {
		nid = wanted_node(rq, i);
		if (nid < 0)
			return nid;
		status = do_move_page(mm, addr, (unsigned int)nid, rq->all);
		*stays += status == -EBUSY || status == -ENOMEM;
	} else {
		status = node_of_page(mm, addr);
	}
	return put_user(status, &rq->status[i]) ? -EFAULT : 0;
}

/* Pages that should have moved and did not, or -errno. */
static long do_all(struct mm_struct *mm, const struct request *rq)
{
	long stays = 0;
	int err = 0;

	for (unsigned long i = 0; i < rq->n && !err; i++)
		err = cond_resched_killable() ? -EINTR : do_one(mm, rq, i, &stays);
	return err ? err : stays;
}

static long move_process(struct process *p, const struct request *rq)
{
	struct mm_struct *mm;
	long result;

	mm = process_mm_access(p);
	if (IS_ERR_OR_NULL(mm))
		return mm ? -EPERM : -EINVAL;
	result = do_all(mm, rq);
	mmput(mm);
	return result;
}

SYSCALL_DEFINE6(move_pages, pid_t, pid, unsigned long, n, const unsigned long __user *, pages,
		const int __user *, nodes, int __user *, status, int, flags)
{
	struct request rq = { pages, nodes, status, n, flags & MPOL_MF_MOVE_ALL, nodes_with_memory() };
	struct process *p;
	long result;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (rq.all && !capable())
		return -EPERM;
	p = process_get_by_pid(pid ? pid : current_process()->pid);
	if (!p)
		return -ESRCH;
	result = move_process(p, &rq);
	process_put(p);
	return result;
}
