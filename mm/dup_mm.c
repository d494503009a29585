/* SPDX-License-Identifier: MIT */
/*
 * mm/dup_mm.c - fork: the child gets the parent's memory, and nobody copies it yet
 *
 * THE QUESTION   How do two address spaces share pages so that neither sees the other's writes?
 *
 * THE PICTURE    parent pte  RW --.            parent pte  R- --.
 *                                 v     ==>                     v
 *                               [page]         child pte   R- -> [page]  count 2, mapcount 2
 *                The first write on either side faults and copies (cow.c).
 *
 *                VMA                                  what the child gets
 *                VM_DONTCOPY                          nothing
 *                VM_WIPEONFORK                        the VMA, no ptes: reads as zeroes
 *                shared, or private without an        the VMA; its pages come back by cheap
 *                  anonymous page (no anon_vma)       faults
 *                private with anonymous pages         VMA and ptes, write-protected on both sides
 *                VM_PFNMAP                            VMA and ptes as they are
 *                userfaultfd                          nothing of it, unless the descriptor asked for
 *                                                     fork events: then a context of its own
 *
 * ALWAYS TRUE    D1  a private page mapped by both is writable through neither.
 *                D2  the parent's writable translations are flushed before fork returns.
 *                D3  a child's VMA is in i_mmap, and linked to its anon_vmas, before its ptes are
 *                    copied, so truncation and reverse-map walks find them; it is never visible
 *                    to threads before it is complete.
 *                D4  what a child sees of a thread's writes is what the thread did first: whoever meets a pte
 *                    that fork has protected waits until fork is done, and so writes nothing that a page
 *                    copied later would show. Hence the parent's VMAs are locked, not only its mmap_lock.
 *
 * LOCKS          the parent's mmap_lock (write) and its VMAs with private pages, the child's inside; child ptl
 *                inside parent ptl.
 *
 * LEFT OUT       sharing of page tables. (Linux: kernel/fork.c dup_mmap, mm/memory.c copy_*)
 * READ NEXT      cow.c.
 */
#include <lib/string.h>
#include <mm/swapops.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

struct copy {
	struct mm_struct *to;
	bool protected;		/* some parent pte lost W: flush at the end */
	bool keep_wp;		/* the child's VMA keeps uffd-wp */
	long anon;		/* pages of the table being copied */
	unsigned long charged;	/* pages of linked VMAs with VM_ACCOUNT: mmput() takes them back */
};

/* copy_swap_pte - a page on its way (migrate.c) arrives for both, read-only; a marker may be for the parent only */
static void copy_swap_pte(struct copy *c, pte_t *src, pte_t *dst, pte_t pte)
{
	if (is_pte_marker(pte)) {
		if (c->keep_wp)
			set_pte(dst, pte);
		return;
	}
	pte = swp_to_pte(swp_read_only(pte_to_swp(pte)));
	set_pte(src, pte);
	set_pte(dst, c->keep_wp ? pte : pte_swp_clear_uffd_wp(pte));
	c->anon += is_migration_entry(pte_to_swp(pte));
}

static void copy_pte(struct copy *c, pte_t *src, pte_t *dst, pte_t pte)
{
	struct page *page;

	if (!pte_present(pte)) {
		copy_swap_pte(c, src, dst, pte);
		return;
	}
	if (unlikely(pte_uffd_wp(pte)) && !c->keep_wp)
		pte = pte_clear_uffd_wp(pte);
	if (pte_special(pte)) {
		set_pte(dst, pte);
		return;
	}
	page = pfn_to_page(pte_pfn(pte));
	if (!PageAnon(page)) {
		if (pte_uffd_wp(pte))		/* the page comes back by a fault, protected */
			set_pte(dst, pte_marker());
		return;
	}
	if (pte_write(pte)) {
		ptep_set_wrprotect(src);
		pte = pte_wrprotect(ptep_get(src));
		c->protected = true;
	}
	get_page(page);
	atomic_inc(&page->_mapcount);
	c->anon++;
	set_pte(dst, pte);
}

/* copy_table - the ptes of one source table from @addr to @end */
static int copy_table(struct copy *c, pmd_t *src_pmd, unsigned long addr, unsigned long end)
{
	spinlock_t *src_ptl = pte_lockptr(src_pmd), *dst_ptl;
	pte_t *src = pte_offset(src_pmd, addr), *dst;
	pmd_t *dst_pmd;

	dst = pte_alloc(c->to, addr, &dst_pmd);
	if (!dst)
		return -ENOMEM;
	dst_ptl = pte_lockptr(dst_pmd);
	spin_lock(src_ptl);
	spin_lock_nested(dst_ptl);
	c->anon = 0;
	for (; addr != end; addr += PAGE_SIZE, src++, dst++) {
		pte_t pte = ptep_get(src);

		if (!pte_none(pte))
			copy_pte(c, src, dst, pte);
	}
	atomic64_add(c->anon, &c->to->rss_anon);	/* truncation may take them back at once (D3) */
	spin_unlock(dst_ptl);
	spin_unlock(src_ptl);
	return 0;
}

/* needs_copy - does the child's @new get any of the ptes of @vma? */
static bool needs_copy(const struct vm_area_struct *vma, const struct vm_area_struct *new)
{
	if (vma->vm_flags & VM_WIPEONFORK)
		return false;			/* whatever else: no anon_vma leads to the child's pages (dup_vma) */
	if ((vma->vm_flags & VM_PFNMAP) || (new->vm_flags & VM_UFFD_WP))
		return true;
	if (vma->vm_flags & VM_SHARED)
		return false;
	return vma->anon_vma != NULL;
}

static int copy_ptes(struct copy *c, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, next;
	pmd_t *pmd;
	int err;

	for (; (pmd = next_pmd(vma->vm_mm->pgd, &addr, vma->vm_end)); addr = next) {
		next = pmd_addr_end(addr, vma->vm_end);
		err = copy_table(c, pmd, addr, next);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static int dup_vma(struct copy *c, struct vm_area_struct *vma, struct vm_area_struct **prev)
{
	struct vm_area_struct *new = vm_area_alloc(c->to, vma);

	if (!new)
		return -ENOMEM;
	if (vma->anon_vma)
		vma_start_write(vma);					/* D4 */
	new->vm_flags &= ~VM_LOCKED_MASK;
	if (unlikely(new->uffd_ctx) && userfaultfd_dup(new, vma->vm_mm)) {
		vm_area_free(new);
		return -ENOMEM;
	}
	if (!(vma->vm_flags & VM_WIPEONFORK) && anon_vma_fork(new, vma)) {
		vm_area_free(new);
		return -ENOMEM;
	}
	vma_link(c->to, new, *prev);
	*prev = new;
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	vm_stat_account(c->to, new->vm_flags, (long)vma_pages(new));
	c->charged += new->vm_flags & VM_ACCOUNT ? vma_pages(new) : 0;
	c->keep_wp = new->vm_flags & VM_UFFD_WP;
	return needs_copy(vma, new) ? copy_ptes(c, vma) : 0;
}

/* copy_fields - what describes the program rather than the VMAs */
static void copy_fields(struct mm_struct *new, const struct mm_struct *old)
{
	new->mmap_base = old->mmap_base;
	new->task_size = old->task_size;
	new->start_code = old->start_code;
	new->end_code = old->end_code;
	new->start_data = old->start_data;
	new->end_data = old->end_data;
	new->start_brk = old->start_brk;
	new->brk = old->brk;
	new->start_stack = old->start_stack;
	new->arg_start = old->arg_start;
	new->arg_end = old->arg_end;
	new->env_start = old->env_start;
	new->env_end = old->env_end;
	new->vdso_base = old->vdso_base;
	memcpy(new->saved_auxv, old->saved_auxv, sizeof(new->saved_auxv));
	new->flags = old->flags & ~BIT(MMF_OOM_VICTIM);
}

static int dup_vmas(struct copy *c, struct mm_struct *old)
{
	struct vm_area_struct *vma, *prev = NULL;
	int err = 0;

	for_each_vma(old, vma) {
		if (vma->vm_flags & VM_DONTCOPY)
			continue;
		err = dup_vma(c, vma, &prev);
		if (err)
			break;
	}
	return err;
}

/* charge_copy - what the child will be promised, in one go; pages, or -ENOMEM */
static long charge_copy(struct mm_struct *old)
{
	unsigned long pages = 0, largest = 0;
	const struct vm_area_struct *vma;

	for_each_vma(old, vma) {
		if ((vma->vm_flags & (VM_ACCOUNT | VM_DONTCOPY)) != VM_ACCOUNT)
			continue;
		pages += vma_pages(vma);
		largest = max(largest, vma_pages(vma));
	}
	return vm_charge_pages(old, pages, largest) ? (long)pages : -ENOMEM;
}

/* copy_vmas - charge and copy everything; what a failure leaves in c->to is charged, the rest is not */
static int copy_vmas(struct copy *c, struct mm_struct *old)
{
	long charged = charge_copy(old);
	int err = charged < 0 ? (int)charged : dup_vmas(c, old);

	if (charged > 0 && err)
		vm_uncharge_pages((unsigned long)charged - c->charged);
	ASSERT(err || c->charged == (unsigned long)charged);
	return err;
}

struct mm_struct *dup_mm(struct mm_struct *old)
{
	struct mm_struct *new = mm_alloc();
	struct copy c = { .to = new };
	int err;

	if (!new)
		return NULL;
	down_write(&old->mmap_lock);
	down_write_nested(&new->mmap_lock);
	copy_fields(new, old);
	err = copy_vmas(&c, old);
	if (c.protected)
		flush_tlb_mm(old);
	update_hiwater(new);
	VALIDATE(mm_check(new));
	if (err)
		userfaultfd_dup_undo(old);
	mmap_write_unlock(new);
	mmap_write_unlock(old);
	if (err) {
		mmput(new);
		return NULL;
	}
	return new;
}
