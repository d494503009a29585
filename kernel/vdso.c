/* SPDX-License-Identifier: MIT */
/*
 * kernel/vdso.c - the page of code that the kernel puts into every program
 *
 * The port's vdso.S may bring code between arch_vdso_start and arch_vdso_end (RISC-V: the way back
 * from a signal handler; x86-64: nothing, the C library has its own). Its pages are part of the
 * kernel image; every program maps the same ones, read-execute, at mm->vdso_base.
 */
#include <kernel/params.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/mman.h>
#include "proc_internal.h"

extern char arch_vdso_start[], arch_vdso_end[];

static struct page **vdso_pages;	/* NULL-free, one per page */
static size_t vdso_size;

static const char *vdso_name(struct vm_area_struct *vma)
{
	return "[vdso]";
}

static const struct vm_ops vdso_vm_ops = { .name = vdso_name };

void vdso_init(void)
{
	unsigned long start = (unsigned long)arch_vdso_start;

	vdso_size = (unsigned long)arch_vdso_end - start;
	ASSERT(IS_ALIGNED(vdso_size, PAGE_SIZE));
	if (!vdso_size)
		return;
	ASSERT(IS_ALIGNED(start, PAGE_SIZE));
	vdso_pages = kcalloc(vdso_size / PAGE_SIZE, sizeof(*vdso_pages), GFP_KERNEL);
	if (!vdso_pages)
		panic("no memory for the list of vdso pages");
	for (size_t i = 0; i < vdso_size / PAGE_SIZE; i++)
		vdso_pages[i] = phys_to_page(virt_to_phys((char *)start + i * PAGE_SIZE));
}

/* A free place in the mmap area: reserved by an ordinary mapping, which the special one then replaces. */
static long find_place(struct mm_struct *mm)
{
	struct mmap_request rq = {
		.len = vdso_size, .prot = PROT_NONE, .flags = MAP_PRIVATE | MAP_ANONYMOUS,
	};

	return do_mmap(mm, &rq);
}

int vdso_map(struct mm_struct *mm)
{
	long addr;
	int err;

	if (!vdso_size)
		return 0;
	addr = find_place(mm);
	if (addr < 0)
		return (int)addr;
	err = do_munmap(mm, (unsigned long)addr, vdso_size);
	if (!err)
		err = install_special_mapping(mm, (unsigned long)addr, vdso_size,
					      VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC,
					      &vdso_vm_ops, vdso_pages);
	if (!err)
		mm->vdso_base = (unsigned long)addr;
	return err;
}
