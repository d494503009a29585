/* SPDX-License-Identifier: MIT */
/* tests/host/arch/mm_objects.c - files to map, see mm_objects.h */
#include <kernel/assert.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <uapi/errno.h>
#include "../mm_objects.h"
#include "host.h"

struct object objects[NR_FILES];

static bool is_disk(const struct object *o)
{
	return o - objects < FIRST_DISKLESS;
}

u64 object_word(unsigned int file, unsigned int page)
{
	return is_disk(&objects[file]) ? 0x1000000UL * (file + 1) + page : 0;
}

static int disk_fill(struct address_space *as, struct page *page)
{
	struct object *o = as->host;
	u64 word = object_word((unsigned int)(o - objects), (unsigned int)page->index);
	char *b = host_bytes(page);

	o->fills++;
	if (o->fail_fill)
		return -EIO;
	if (o->cut_before)
		as->size = 0;
	clear_page(b);
	if (page->index < o->on_disk) {
		memcpy(b, &word, sizeof(word));
		memcpy(b + PAGE_SIZE - sizeof(word), &word, sizeof(word));
	}
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

/* A file whose pages are memory, as those of tmpfs; nobody promised them (mm/overcommit.c). */
static int memory_fill(struct address_space *as, struct page *page)
{
	if (((struct object *)as->host)->cut_before)
		as->size = 0;
	clear_highpage(page);
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

static int memory_punch(struct address_space *as, loff_t start, loff_t end)
{
	punch_pages(as, start, end);
	return 0;
}

static const struct aspace_ops disk_ops = { .fill = disk_fill };
static const struct aspace_ops memory_ops = { .fill = memory_fill, .punch = memory_punch };

static void object_open(struct vm_area_struct *vma)
{
	__atomic_fetch_add(&((struct object *)vma->vm_private)->vmas, 1, __ATOMIC_RELAXED);
}

static void object_close(struct vm_area_struct *vma)
{
	__atomic_fetch_sub(&((struct object *)vma->vm_private)->vmas, 1, __ATOMIC_RELAXED);
}

static enum fault_result object_mkwrite(struct vm_area_struct *vma, struct fault *f)
{
	ASSERT(f->page && PageUptodate(f->page));
	((struct object *)vma->vm_private)->mkwrites++;
	return FAULT_OK;
}

static const struct vm_ops plain_ops = { .open = object_open, .close = object_close };
static const struct vm_ops notice_ops = {
	.open = object_open, .close = object_close, .page_mkwrite = object_mkwrite,
};

void objects_create(void)
{
	for (unsigned int i = 0; i < NR_FILES; i++) {
		struct object *o = &objects[i];

		*o = (struct object){ .on_disk = OBJECT_PAGES };
		address_space_init(&o->as, o, is_disk(o) ? &disk_ops : &memory_ops);
		o->as.flags = is_disk(o) ? 0 : AS_SHMEM;
		o->as.size = (loff_t)(OBJECT_PAGES * PAGE_SIZE);
	}
}

void objects_destroy(void)
{
	for (unsigned int i = 0; i < NR_FILES; i++) {
		if (objects[i].vmas)
			panic("file %u: %ld VMAs are left; did the test fail half-way?", i,
			      objects[i].vmas);
		ASSERT(atomic_read(&objects[i].as.i_mmap_writable) == 0);
		address_space_check(&objects[i].as);
		address_space_destroy(&objects[i].as);
	}
}

void object_request(unsigned int file, struct mmap_request *rq)
{
	rq->vm_ops = file == 1 ? &notice_ops : &plain_ops;
	rq->mapping = &objects[file].as;
	rq->vm_file = &objects[file];
	rq->vm_private = &objects[file];
}

void object_truncate(unsigned int file, unsigned int pages)
{
	objects[file].on_disk = min(objects[file].on_disk, pages);
	objects[file].as.size = (loff_t)(pages * PAGE_SIZE);
	truncate_pages(&objects[file].as, objects[file].as.size);
}
