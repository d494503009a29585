/* SPDX-License-Identifier: MIT */
/*
 * mm/mprotect.c - change what may be done with mapped memory
 *
 * THE QUESTION   How do present ptes follow a change of vm_flags?
 *
 * In place: pte_modify() keeps frame, A, D and special, and replaces the permission bits by
 * vm_page_prot, which for private memory never contains W. So a page that stays writable is made
 * writable again only where no copy is due: an anonymous page of a sole owner. Everything else
 * faults once and is decided by cow.c. One flush at the end of the whole call, and only if a pte
 * lost a permission (tlb_shootdown.c has the rules).
 *
 * ALWAYS TRUE    the VMA's flags change before its ptes do: a fault that waits for mmap_lock sees
 *                the new ones. What precedes a failing VMA stays changed, as on Linux.
 * LOCKS          mmap_lock for write, ptl per table.
 * READ NEXT      vma_merge.c, cow.c.
 */
#include "mm_internal.h"

struct change {
	struct vm_area_struct *vma;
	bool write;			/* private pages may be written after this */
	bool flush;			/* some pte lost a permission */
};

static int change_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	struct change *c = arg;
	pte_t *end = ptep + n;

	(void)addr;
	for (; ptep != end; ptep++) {
		pte_t old = ptep_get(ptep), new;

		if (!pte_present(old))
			continue;
		if (pte_write(old) || !pte_protnone(old))
			old = ptep_get_and_clear(ptep);		/* hardware may be setting A or D */
		new = pte_modify(old, c->vma->vm_page_prot);
		if (c->write && write_would_reuse(old))
			new = pte_mkwrite(new);
		if ((c->vma->vm_flags & VM_EXEC) && !pte_special(old))
			sync_icache(c->vma, pfn_to_page(pte_pfn(old)));
		set_pte(ptep, new);
		c->flush |= !pte_same(old, new) && !pte_protnone(old);
	}
	return 0;
}

/* change_protection - bring the ptes of [start, end) in line with the flags of @vma; true if a flush is due */
static bool change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct change c = {
		.vma = vma,
		.write = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE,
	};

	walk_page_range(vma->vm_mm, start, end, change_ptes, &c);
	return c.flush;
}

/* charge_writable - private memory that becomes writable may have to be found later; 0 or -ENOMEM */
static int charge_writable(struct mm_struct *mm, unsigned long old, unsigned long *flags,
			   unsigned long pages)
{
	if (!(*flags & VM_WRITE) || (old & (VM_WRITE | VM_SHARED)))
		return 0;
	if (mm->data_vm + pages > READ_ONCE(mm_limits()->data) >> PAGE_SHIFT)
		return -ENOMEM;
	if ((old & (VM_ACCOUNT | VM_NORESERVE)))
		return 0;
	if (!vm_charge_pages(mm, pages, pages))
		return -ENOMEM;
	*flags |= VM_ACCOUNT;
	return 0;
}

/* forgives - nothing was ever written to @vma, and with @flags nothing can be: no page is promised any more */
static bool forgives(const struct vm_area_struct *vma, unsigned long flags)
{
	return !(flags & VM_WRITE) && vma_is_anonymous(vma) && !vma->anon_vma;
}

/* mprotect_vma - the part of @vma inside [start, end) gets @flags; *@vmap: the VMA that covers it */
static int mprotect_vma(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
			unsigned long flags, bool *flush)
{
	struct vm_area_struct *vma = *vmap;
	struct mm_struct *mm = vma->vm_mm;
	unsigned long old = vma->vm_flags, pages;
	int err;

	if (flags == old)
		return 0;
	start = max(start, vma->vm_start);
	end = min(end, vma->vm_end);
	pages = (end - start) >> PAGE_SHIFT;
	err = charge_writable(mm, old, &flags, pages);
	if (err)
		return err;
	if (forgives(vma, flags))
		flags &= ~VM_ACCOUNT;
	err = vma_modify(vmap, start, end, flags);
	if (err) {
		vm_uncharge(flags & ~old, pages);
		return err;
	}
	vm_stat_account(mm, old, -(long)pages);
	vm_uncharge(old & ~flags, pages);
	vm_stat_account(mm, flags, (long)pages);
	*flush |= change_protection(*vmap, start, end);
	return 0;
}

static unsigned long prot_flags(unsigned long prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* PROT_GROWSDOWN: the change applies from the start of the stack VMA on */
static int growsdown_start(struct vm_area_struct *vma, unsigned long prot, unsigned long *start,
			   unsigned long end)
{
	if (!vma || (!(prot & PROT_GROWSDOWN) && vma->vm_start > *start) || vma->vm_start >= end)
		return -ENOMEM;
	if (prot & PROT_GROWSUP)
		return -EINVAL;			/* no mapping grows upwards on these machines */
	if (!(prot & PROT_GROWSDOWN))
		return 0;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EINVAL;
	*start = vma->vm_start;
	return 0;
}

/* What is private, locked, and may be written from now on gets its own pages at once: no fault is due later. */
struct fill {
	unsigned long start, end;
};

static void note_fill(struct fill *fill, const struct vm_area_struct *vma, unsigned long flags, unsigned long pos,
		      unsigned long end)
{
	if ((vma->vm_flags & (VM_WRITE | VM_SHARED | VM_LOCKED)) != VM_LOCKED || !(flags & VM_WRITE))
		return;
	fill->start = min(fill->start, pos);
	fill->end = min(end, vma->vm_end);
}

static int mprotect_locked(struct mm_struct *mm, unsigned long start, unsigned long end,
			   unsigned long prot, struct fill *fill)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long first, pos;
	bool flush = false;
	int err = growsdown_start(vma, prot, &start, end);

	first = start;
	for (pos = start; !err && pos < end; pos = vma->vm_end, vma = vma_next(vma)) {
		unsigned long flags;

		if (!vma || vma->vm_start > pos) {
			err = -ENOMEM;
			break;
		}
		flags = (vma->vm_flags & ~VM_ACCESS_FLAGS) | prot_flags(prot);
		if ((flags & VM_ACCESS_FLAGS) & ~(flags >> 4)) {
			err = -EACCES;
			break;
		}
		note_fill(fill, vma, flags, pos, end);
		err = mprotect_vma(&vma, pos, end, flags, &flush);
		if (err)
			break;
	}
	if (flush)
		flush_tlb_range(mm, first, end);
	VALIDATE(mm_check(mm));
	return err;
}

int do_mprotect(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long prot)
{
	const unsigned long grows = PROT_GROWSDOWN | PROT_GROWSUP;
	unsigned long end = addr + ALIGN_UP(len, PAGE_SIZE);
	struct fill fill = { .start = ~0UL };
	int err;

	if ((prot & grows) == grows || !IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(grows | PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = mprotect_locked(mm, addr, end, prot, &fill);
	mmap_write_unlock(mm);
	if (fill.start < fill.end)
		populate_locked(mm, fill.start, fill.end);
	return err;
}
