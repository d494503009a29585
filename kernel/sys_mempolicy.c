/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_mempolicy.c - set_mempolicy(2), get_mempolicy(2): arguments here, the policy in mm/mempolicy.c
 *
 * A set of nodes is an array of longs in the program, of which the first maxnode - 1 bits count (as Linux has
 * it; maxnode itself for what get_mempolicy(2) requires). mbind(2) and migrate_pages(2) are not there: ENOSYS.
 */
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

/* M1 of mm/mempolicy.c; for MPOL_PREFERRED without a node: the local one. */
static int make_policy(unsigned int mode, unsigned int flags, unsigned long nodes, struct mempolicy *pol)
{
	if (mode == MPOL_PREFERRED && !nodes && !flags)
		mode = MPOL_LOCAL;
	if (mode == MPOL_DEFAULT || mode == MPOL_LOCAL) {
		if (nodes || (flags && mode == MPOL_LOCAL))
			return -EINVAL;
	} else {
		nodes &= nodes_with_memory();
		if (!nodes)
			return -EINVAL;
	}
	if (mode == MPOL_PREFERRED)
		nodes &= -nodes;
	*pol = (struct mempolicy){ .mode = (u8)mode, .nodes = (u16)nodes, .flags = mode ? flags : 0 };
	return 0;
}

SYSCALL_DEFINE3(set_mempolicy, int, mode, const unsigned long __user *, mask, unsigned long, maxnode)
{
	unsigned int flags = (unsigned int)mode & MPOL_MODE_FLAGS;
	unsigned long nodes;
	int err;

	mode &= ~MPOL_MODE_FLAGS;
	if (mode < 0 || mode >= MPOL_MAX || flags == MPOL_MODE_FLAGS)
		return -EINVAL;
	err = get_nodes(mask, maxnode, &nodes);
	return err ? err : make_policy((unsigned int)mode, flags, nodes, &current->mempolicy);
}

/* What get_mempolicy(2) answers. */
struct answer { int mode; unsigned long nodes; };

static int node_of_address(unsigned long addr)
{
	struct page *page;
	int err, nid;

	page = get_user_page(current->mm, addr, false, &err);
	if (!page)
		return -EFAULT;
	nid = (int)page_to_nid(page);
	put_page(page);
	return nid;
}

static bool is_mapped(unsigned long addr)
{
	struct vm_area_struct *vma;
	bool found;

	down_read(&current->mm->mmap_lock);
	vma = find_vma(current->mm, addr);
	found = vma && vma->vm_start <= addr;
	up_read(&current->mm->mmap_lock);
	return found;
}

static int ask(unsigned long flags, unsigned long addr, struct answer *a)
{
	const struct mempolicy *pol = &current->mempolicy;

	if (flags & MPOL_F_MEMS_ALLOWED) {
		*a = (struct answer){ 0, nodes_with_memory() };
		return flags & (MPOL_F_NODE | MPOL_F_ADDR) ? -EINVAL : 0;
	}
	if (flags & MPOL_F_ADDR ? !is_mapped(addr) : addr != 0)
		return flags & MPOL_F_ADDR ? -EFAULT : -EINVAL;
	*a = (struct answer){ (int)(pol->mode | pol->flags), pol->nodes };
	if (!(flags & MPOL_F_NODE))
		return 0;
	if (flags & MPOL_F_ADDR)
		a->mode = node_of_address(addr);
	else
		a->mode = pol->mode == MPOL_INTERLEAVE ? (int)mempolicy_next_node(pol) : -EINVAL;
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
