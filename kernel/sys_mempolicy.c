/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_mempolicy.c - the system calls that take sets of nodes: arguments here, the work in mm/
 *
 *	set_mempolicy, get_mempolicy		the thread's policy (mm/mempolicy.c), or that of an address
 *	mbind, set_mempolicy_home_node		that of a range (mm/mbind.c)
 *	migrate_pages				all pages of a process (mm/migrate_nodes.c)
 *
 * A set of nodes is an array of longs in the program, of which the first maxnode - 1 bits count (as Linux has
 * it; maxnode itself for what get_mempolicy(2) requires).
 */
#include <fs/file.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/mempolicy.h>
#include <mm/mm.h>
#include <mm/zone.h>

#define MASK_BITS_MAX	(PAGE_SIZE * 8)

/* The program's set as one word; nodes that cannot exist are refused. */
static int get_nodes(const unsigned long __user *mask, unsigned long maxnode, unsigned long *nodes)
{
	unsigned long bits = maxnode - 1, word;

	*nodes = 0;
	if (bits == 0 || !mask)
		return 0;
	if (bits > MASK_BITS_MAX)
		return -EINVAL;
	for (unsigned long i = 0; i < bits; i += 64) {
		if (get_user(word, &mask[i / 64]))
			return -EFAULT;
		if (bits - i < 64)
			word &= (1UL << (bits - i)) - 1;
		if (i ? word : word >> MAX_NUMNODES)
			return -EINVAL;
		*nodes |= word;
	}
	return 0;
}

/* make_policy - what a program asked for, checked; 0 or -errno */
static int make_policy(unsigned long mode, const unsigned long __user *mask, unsigned long maxnode,
		       struct mempolicy *pol)
{
	unsigned int flags = (unsigned int)mode & MPOL_MODE_FLAGS;
	unsigned long nodes;
	int err;

	mode &= ~(unsigned long)MPOL_MODE_FLAGS;
	if (mode >= MPOL_MAX || flags == MPOL_MODE_FLAGS)
		return -EINVAL;
	err = get_nodes(mask, maxnode, &nodes);
	return err ? err : mpol_init(pol, (unsigned int)mode, flags, nodes);
}

SYSCALL_DEFINE3(set_mempolicy, int, mode, const unsigned long __user *, mask, unsigned long, maxnode)
{
	return make_policy((unsigned int)mode, mask, maxnode, &current->mempolicy);
}

/* What get_mempolicy(2) answers. */
struct answer { int mode; unsigned long nodes; };

static int node_of_address(unsigned long addr)
{
	struct page *page;
	int err, nid;

	page = get_user_page(current->mm, addr, &err);
	if (!page)
		return -EFAULT;
	nid = (int)page_to_nid(page);
	put_page(page);
	return nid;
}

/* policy_at - of what is mapped at @addr, in *@pol; -EFAULT: nothing is */
static int policy_at(unsigned long addr, struct mempolicy *pol)
{
	struct vm_area_struct *vma;
	struct mempolicy *found = NULL;

	*pol = (struct mempolicy){ .mode = MPOL_DEFAULT };
	down_read(&current->mm->mmap_lock);
	vma = find_vma_intersection(current->mm, addr, addr + 1);
	if (vma)
		found = get_vma_policy(vma, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	up_read(&current->mm->mmap_lock);
	if (found)
		*pol = *found;
	mpol_put(found);
	return vma ? 0 : -EFAULT;
}

static int ask(unsigned long flags, unsigned long addr, struct answer *a)
{
	struct mempolicy pol = current->mempolicy;
	int err = 0;

	if (flags & MPOL_F_MEMS_ALLOWED) {
		*a = (struct answer){ 0, nodes_with_memory() };
		return flags & (MPOL_F_NODE | MPOL_F_ADDR) ? -EINVAL : 0;
	}
	if (flags & MPOL_F_ADDR)
		err = policy_at(addr, &pol);
	else if (addr)
		err = -EINVAL;
	if (err)
		return err;
	*a = (struct answer){ (int)(pol.mode | pol.flags), pol.flags ? pol.asked : pol.nodes };
	if (!(flags & MPOL_F_NODE))
		return 0;
	if (flags & MPOL_F_ADDR)
		a->mode = node_of_address(addr);
	else
		a->mode = pol.mode == MPOL_INTERLEAVE ? (int)mempolicy_next_node(&pol) : -EINVAL;
	return min(a->mode, 0);
}

static int put_nodes(unsigned long __user *mask, unsigned long maxnode, unsigned long nodes)
{
	unsigned long words = DIV_ROUND_UP(maxnode - 1, 64);

	if (words * 8 > PAGE_SIZE)
		return -EINVAL;
	for (unsigned long i = 0; i < words; i++)
		if (put_user(i ? 0UL : nodes, &mask[i]))
			return -EFAULT;
	return 0;
}

SYSCALL_DEFINE5(get_mempolicy, int __user *, mode, unsigned long __user *, mask, unsigned long, maxnode,
		unsigned long, addr, unsigned long, flags)
{
	struct answer a = { 0 };
	int err;

	if (mask && maxnode < MAX_NUMNODES)
		return -EINVAL;
	if (flags & ~(unsigned long)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	err = ask(flags, addr, &a);
	if (err)
		return err;
	if (mode && put_user(a.mode, mode))
		return -EFAULT;
	return mask ? put_nodes(mask, maxnode, a.nodes) : 0;
}

/* ---- places ---- */

SYSCALL_DEFINE6(mbind, unsigned long, start, unsigned long, len, unsigned long, mode,
		const unsigned long __user *, mask, unsigned long, maxnode, unsigned int, flags)
{
	struct mempolicy pol;
	int err = make_policy(mode, mask, maxnode, &pol);

	if (err)
		return err;
	if (flags & ~(unsigned int)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if ((flags & MPOL_MF_MOVE_ALL) && !capable())
		return -EPERM;
	return do_mbind(current->mm, start, len, &pol, flags);
}

SYSCALL_DEFINE4(set_mempolicy_home_node, unsigned long, start, unsigned long, len, unsigned long, node,
		unsigned long, flags)
{
	if (!IS_ALIGNED(start, PAGE_SIZE) || flags || node >= MAX_NUMNODES || !node_online((unsigned int)node))
		return -EINVAL;
	return do_home_node(current->mm, start, len, (unsigned int)node);
}

static long migrate_process(struct process *p, unsigned long from, unsigned long to)
{
	struct mm_struct *mm = process_mm_access(p);
	long result = -EINVAL;

	if (IS_ERR(mm))
		return -EPERM;
	if ((to & ~nodes_with_memory()) && !capable())
		result = -EPERM;
	else if (mm && (to & nodes_with_memory()))
		result = (long)do_migrate_pages(mm, from, to & nodes_with_memory(), capable());
	if (mm)
		mmput(mm);
	return result;
}

SYSCALL_DEFINE4(migrate_pages, pid_t, pid, unsigned long, maxnode, const unsigned long __user *, old_nodes,
		const unsigned long __user *, new_nodes)
{
	unsigned long from, to;
	struct process *p;
	long result;

	result = get_nodes(old_nodes, maxnode, &from);
	if (!result)
		result = get_nodes(new_nodes, maxnode, &to);
	if (result)
		return result;
	p = process_get_by_pid(pid ? pid : current_process()->pid);
	if (!p)
		return -ESRCH;
	result = migrate_process(p, from, to);
	process_put(p);
	return result;
}
