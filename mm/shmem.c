/* SPDX-License-Identifier: MIT */
/*
 * mm/shmem.c - memory objects without a file: tmpfs contents and shared anonymous mappings
 *
 * THE QUESTION   Where do pages come from that several processes share, but no disk holds?
 *
 * The page cache itself is the store. A tmpfs inode owns an address_space (fs/tmpfs.c);
 * MAP_SHARED|MAP_ANONYMOUS makes a nameless one (shmem_object) that lives as long as a VMA of any
 * process refers to it: fork and split take a reference in vm_ops->open, close drops it. Filling
 * means clearing, so nobody ever waits here.
 *
 * ALWAYS TRUE    refs == number of VMAs with vm_private == object (+ 1 while it is being made);
 *                a shmem page is never clean in the sense of "can be read again": without swap
 *                it stays until truncation or the end of the object.
 * LOCKS          those of page_cache.c.
 * LEFT OUT       swapping these pages out; huge pages.
 * READ NEXT      page_cache.c, fs/tmpfs.c.
 */
#include <mm/highmem.h>
#include <mm/slab.h>
#include "mm_internal.h"

struct shmem_object {
	struct address_space	mapping;
	atomic_t		refs;		/* (a) */
	bool			reserved;	/* (i) all of it was promised when it was made */
	atomic64_t		charged;	/* (a) pages promised (overcommit.c) */
};

static int shmem_charge(struct address_space *as)
{
	struct shmem_object *o = as->host;

	if (o->reserved)
		return 0;
	if (!vm_charge_pages(NULL, 1, 1))
		return -ENOSPC;
	atomic64_inc(&o->charged);
	return 0;
}

static int shmem_fill(struct address_space *as, struct page *page)
{
	int err = shmem_charge(as);

	if (err)
		return err;
	clear_highpage(page);
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

static int shmem_punch(struct address_space *as, loff_t start, loff_t end)
{
	struct shmem_object *o = as->host;

	punch_pages(as, start, end);
	if (!o->reserved)
		vm_uncharge_pages(vm_take_excess(&o->charged, &as->nrpages));
	return 0;
}

const struct aspace_ops shmem_aspace_ops = {
	.fill = shmem_fill,
	.charge = shmem_charge,
	.punch = shmem_punch,
};

struct shmem_object *shmem_create_anon(u64 size, bool noreserve)
{
	unsigned long pages = noreserve ? 0 : (unsigned long)DIV_ROUND_UP(size, PAGE_SIZE);
	struct shmem_object *o;

	if (!vm_charge_pages(NULL, pages, pages))
		return NULL;
	o = kmalloc(sizeof(*o), GFP_KERNEL);
	if (!o) {
		vm_uncharge_pages(pages);
		return NULL;
	}
	o->reserved = !noreserve;
	atomic64_set(&o->charged, (long)pages);
	address_space_init(&o->mapping, o, &shmem_aspace_ops);
	o->mapping.size = (loff_t)size;
	atomic_set(&o->refs, 1);
	return o;
}

struct address_space *shmem_mapping(struct shmem_object *o)
{
	return &o->mapping;
}

void shmem_get(struct shmem_object *o)
{
	ASSERT(atomic_read(&o->refs) > 0);
	atomic_inc(&o->refs);
}

void shmem_put(struct shmem_object *o)
{
	if (!atomic_dec_and_test(&o->refs))
		return;
	address_space_destroy(&o->mapping);
	vm_uncharge_pages((unsigned long)atomic64_read(&o->charged));
	kfree(o);
}

/* ---- as a mapping ---------------------------------------------------------------------------- */

static void shmem_vm_open(struct vm_area_struct *vma)
{
	shmem_get(vma->vm_private);
}

static void shmem_vm_close(struct vm_area_struct *vma)
{
	shmem_put(vma->vm_private);
}

static const char *shmem_vm_name(struct vm_area_struct *vma)
{
	(void)vma;
	return "/dev/zero (deleted)";		/* what Linux shows for such memory */
}

const struct vm_ops shmem_vm_ops = {
	.open = shmem_vm_open,
	.close = shmem_vm_close,
	.name = shmem_vm_name,
};
