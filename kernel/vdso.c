/* SPDX-License-Identifier: MIT */
/*
 * kernel/vdso.c - the two mappings that the kernel puts into every program
 *
 *	vdso_base - 4096   [vvar]  struct vdso_data, read-only: what the clock functions need
 *	vdso_base          [vdso]  the port's vdso/ as an ELF file, read-execute: AT_SYSINFO_EHDR
 *
 * Both are pages of the kernel image, the same ones in every program. The code finds the data page
 * by its distance, so the two are always mapped together, at a random place of the mmap area.
 *
 * ALWAYS TRUE  V1  wall_clocks[] and boot_clocks[] are what clock_read() computes from arch_clock_ns().
 * LOCKS        none: single words, see uapi/vdso.h.
 */
#include <kernel/params.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/timer.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/mman.h>
#include <uapi/time.h>
#include <uapi/vdso.h>
#include "proc_internal.h"

extern char arch_vdso_start[], arch_vdso_end[];

static union {
	struct vdso_data	data;
	char			page[PAGE_SIZE];
} vvar __aligned(PAGE_SIZE) = { .page = { 0 } };

static struct page *vvar_page;
static struct page **vdso_pages;	/* NULL-free, one per page */
static size_t vdso_size;

static const char *vvar_name(struct vm_area_struct *vma)
{
	return "[vvar]";
}

static const char *vdso_name(struct vm_area_struct *vma)
{
	return "[vdso]";
}

static const struct vm_ops vvar_vm_ops = { .name = vvar_name };
static const struct vm_ops vdso_vm_ops = { .name = vdso_name };

/* ---- data ---- */

static const u8 wall_clocks[] = { CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI };
static const u8 boot_clocks[] = {
	CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
};

void vdso_clock_was_set(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(wall_clocks); i++)
		WRITE_ONCE(vvar.data.offset[wall_clocks[i]],
			   clock_realtime_offset() - vvar.data.boot_ns);
}

static void init_data(void)
{
	arch_vdso_clock(&vvar.data);
	vvar.data.nsec_per_sec = NSEC_PER_SEC;
	for (unsigned int i = 0; i < VDSO_CLOCKS; i++)
		vvar.data.offset[i] = VDSO_ASK_KERNEL;
	for (unsigned int i = 0; i < ARRAY_SIZE(boot_clocks); i++)
		vvar.data.offset[boot_clocks[i]] = -vvar.data.boot_ns;
	vdso_clock_was_set();
}

void vdso_init(void)
{
	unsigned long start = (unsigned long)arch_vdso_start;

	vdso_size = (unsigned long)arch_vdso_end - start;
	ASSERT(vdso_size && IS_ALIGNED(start, PAGE_SIZE) && IS_ALIGNED(vdso_size, PAGE_SIZE));
	vdso_pages = kcalloc(vdso_size / PAGE_SIZE, sizeof(*vdso_pages), GFP_KERNEL);
	if (!vdso_pages)
		panic("no memory for the list of vdso pages");
	for (size_t i = 0; i < vdso_size / PAGE_SIZE; i++)
		vdso_pages[i] = phys_to_page(virt_to_phys((char *)start + i * PAGE_SIZE));
	vvar_page = phys_to_page(virt_to_phys(&vvar));
	init_data();
}

/* ---- mappings ---- */

/* A free place in the mmap area: reserved by an ordinary mapping, which the special ones then replace. */
static long find_place(struct mm_struct *mm, size_t len)
{
	struct mmap_request rq = {
		.len = len, .prot = PROT_NONE, .flags = MAP_PRIVATE | MAP_ANONYMOUS,
	};
	long addr = do_mmap(mm, &rq);
	int err = addr < 0 ? 0 : do_munmap(mm, (unsigned long)addr, len);

	return err ? err : addr;
}

int vdso_map(struct mm_struct *mm)
{
	long addr = find_place(mm, PAGE_SIZE + vdso_size);
	unsigned long base = (unsigned long)addr + PAGE_SIZE;
	int err;

	if (addr < 0)
		return (int)addr;
	err = install_special_mapping(mm, (unsigned long)addr, PAGE_SIZE, VM_READ | VM_MAYREAD,
				      &vvar_vm_ops, &vvar_page);
	if (!err)
		err = install_special_mapping(mm, base, vdso_size,
					      VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC,
					      &vdso_vm_ops, vdso_pages);
	if (!err)
		mm->vdso_base = base;
	return err;
}
