/* SPDX-License-Identifier: MIT */
/*
 * fs/devmem.c - /dev/mem: the physical address space as a file
 *
 * As in a Linux that is built with CONFIG_STRICT_DEVMEM, RAM belongs to the kernel: EPERM. Stricter than
 * that, only what /proc/iomem names can be mapped, because elsewhere nobody answers, and an access that
 * nobody answers ends a program on RISC-V; and only MAP_SHARED, because a private copy of registers is no
 * use to anybody. read(2) and write(2) reach RAM alone, so they always fail here: EPERM for RAM, EFAULT
 * for the rest. Opening it takes root (Linux: CAP_SYS_RAWIO).
 */
#include <fs/device.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <mm/mm.h>
#include <mm/resource.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

static const struct vm_ops mem_vm_ops = {
	.open = file_vm_open, .close = file_vm_close, .fault = pfn_fault, .access = pfn_access,
	.shows_residency = file_shows_residency,
};

static ssize_t mem_transfer(struct file *f, struct iov_iter *it, loff_t *pos)
{
	if (!it->count)
		return 0;
	return phys_overlaps_ram((paddr_t)*pos, (paddr_t)*pos + 1) ? -EPERM : -EFAULT;
}

static loff_t mem_llseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EOVERFLOW;
	return f->pos = off;
}

static int mem_open(struct inode *inode, struct file *f)
{
	return capable() ? 0 : -EPERM;
}

static int mem_mmap(struct file *f, struct mmap_request *rq)
{
	paddr_t start = (paddr_t)rq->pgoff << PAGE_SHIFT;

	if ((rq->flags & MAP_TYPE) == MAP_PRIVATE)
		return -EINVAL;
	if (start >> PAGE_SHIFT != rq->pgoff || start + ALIGN_UP(rq->len, PAGE_SIZE) < start)
		return -EINVAL;
	if (!iomem_is_device(start, start + ALIGN_UP(rq->len, PAGE_SIZE) - 1))
		return -EPERM;
	rq->vm_ops = &mem_vm_ops;
	rq->vm_flags_set |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	return 0;
}

static const struct file_ops mem_fops = {
	.read = mem_transfer, .write = mem_transfer, .llseek = mem_llseek, .mmap = mem_mmap, .open = mem_open,
};

int devmem_init(void)
{
	return device_register("mem", S_IFCHR | 0640, MKDEV(1, 1), &mem_fops);
}
