/* SPDX-License-Identifier: MIT */
/*
 * kernel/exec_elf.c - from an ELF file to mappings (System V gABI, chapters 4 and 5)
 *
 *	file:    | ehdr phdrs | text ... | data |            PT_LOAD segments
 *	                \          \        \  p_filesz
 *	memory:   load_bias + p_vaddr: [r-x file][rw- file |0][rw- anonymous]
 *	                                           p_filesz ^   p_memsz ^  -> brk
 *
 * ET_EXEC goes where it says; ET_DYN (static-PIE, or with PT_INTERP) gets a bias. The interpreter is
 * loaded the same way into the mmap area. Pages are shared with the page cache until written.
 *
 * ALWAYS TRUE    E1  every address that is mapped was checked to lie in user space without wrapping.
 *                E2  segments ascend and do not overlap; a file that breaks a rule is ENOEXEC before
 *                    anything of it is mapped.
 *
 * LEFT OUT       other formats, 32-bit files, core dumps, PT_GNU_PROPERTY.
 */
#include <fs/vfs.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/elf.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>
#include "exec_internal.h"

#define MAX_PHDRS	(65536 / sizeof(struct elf64_phdr))	/* Linux: 64 KiB of them at most */

/* elf_image - one file being loaded */
struct elf_image {
	struct file		*file;
	struct elf64_hdr	ehdr;
	struct elf64_phdr	*phdrs;
	unsigned long		low, high;	/* of all segments, unbiased, page aligned */
	unsigned long		bias;
};

/* ---- checking ---- */

static bool ehdr_valid(const struct elf64_hdr *h)
{
	return !memcmp(h->e_ident, "\177ELF", 4) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_ident[EI_VERSION] == EV_CURRENT &&
	       h->e_version == EV_CURRENT && h->e_machine == ELF_MACHINE &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_phentsize == sizeof(struct elf64_phdr) && h->e_phnum >= 1 &&
	       h->e_phnum <= MAX_PHDRS;
}

bool elf_recognise(const struct binprm *b)
{
	return !memcmp(b->head, "\177ELF", 4);
}

static bool segment_valid(const struct elf64_phdr *ph)
{
	return ph->p_filesz <= ph->p_memsz && ph->p_offset + ph->p_filesz >= ph->p_offset &&
	       (s64)(ph->p_offset + ph->p_filesz) >= 0 && ph->p_memsz <= TASK_SIZE &&
	       ph->p_vaddr <= TASK_SIZE - ph->p_memsz &&
	       (ph->p_vaddr & ~PAGE_MASK) == (ph->p_offset & ~PAGE_MASK);
}

/* E2, and the extent of the image. */
static int check_segments(struct elf_image *im)
{
	unsigned long end = 0;
	bool any = false;

	for (unsigned int i = 0; i < im->ehdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &im->phdrs[i];

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		if (!segment_valid(ph) || (any && ph->p_vaddr < end))
			return -ENOEXEC;
		if (!any)
			im->low = ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE);
		end = ph->p_vaddr + ph->p_memsz;
		any = true;
	}
	im->high = ALIGN_UP(end, PAGE_SIZE);
	return any && im->high <= TASK_SIZE ? 0 : -ENOEXEC;
}

/* Read exactly; a file that ends too early is no program. */
static int read_exactly(struct file *f, void *buf, size_t n, u64 pos)
{
	ssize_t got = (loff_t)pos < 0 ? -ENOEXEC : kernel_read(f, buf, n, (loff_t)pos);

	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

static int read_headers(struct elf_image *im, const u8 *head)
{
	size_t size;
	int err;

	memcpy(&im->ehdr, head, sizeof(im->ehdr));
	if (!ehdr_valid(&im->ehdr) || (s64)im->ehdr.e_phoff < 0)
		return -ENOEXEC;
	size = im->ehdr.e_phnum * sizeof(struct elf64_phdr);
	im->phdrs = kmalloc(size, GFP_KERNEL);
	if (!im->phdrs)
		return -ENOMEM;
	err = read_exactly(im->file, im->phdrs, size, im->ehdr.e_phoff);
	return err ? err : check_segments(im);
}

static const struct elf64_phdr *find_phdr(const struct elf_image *im, u32 type)
{
	for (unsigned int i = 0; i < im->ehdr.e_phnum; i++)
		if (im->phdrs[i].p_type == type)
			return &im->phdrs[i];
	return NULL;
}

/* ---- mapping ---- */

static unsigned long segment_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

static int map_anonymous(struct mm_struct *mm, unsigned long start, unsigned long end,
			 unsigned long prot)
{
	struct mmap_request rq = {
		.addr = start, .len = end - start, .prot = prot,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	};
	long addr;

	if (start >= end)
		return 0;
	addr = do_mmap(mm, &rq);
	return addr < 0 && addr >= -4095 ? (int)addr : 0;
}

static int map_file_part(struct mm_struct *mm, struct file *f, unsigned long start,
			 unsigned long end, u64 offset, unsigned long prot)
{
	struct mmap_request rq = {
		.addr = start, .len = end - start, .prot = prot,
		.flags = MAP_PRIVATE | MAP_FIXED, .pgoff = offset >> PAGE_SHIFT, .vm_file = f,
	};
	long addr;
	int err;

	if (!f->ops->mmap)
		return -ENOEXEC;
	err = f->ops->mmap(f, &rq);
	if (err)
		return err;
	addr = do_mmap(mm, &rq);
	return addr < 0 && addr >= -4095 ? (int)addr : 0;
}

/* The last file page of a segment goes on in the file; in memory it must be zero from p_filesz on. */
static int zero_tail(struct mm_struct *mm, unsigned long from, unsigned long prot)
{
	size_t n = ALIGN_UP(from, PAGE_SIZE) - from;
	u8 *zeroes;
	long done;

	if (!n || !(prot & PROT_WRITE))
		return 0;
	zeroes = kzalloc(n, GFP_KERNEL);
	if (!zeroes)
		return -ENOMEM;
	done = access_process_vm(mm, from, zeroes, n, true);
	kfree(zeroes);
	if (done == -ENOMEM)
		return -ENOMEM;
	return done == (long)n ? 0 : -ENOEXEC;	/* beyond the end of the file: truncated */
}

static int map_segment(struct mm_struct *mm, struct elf_image *im, const struct elf64_phdr *ph)
{
	unsigned long vaddr = im->bias + ph->p_vaddr, start = ALIGN_DOWN(vaddr, PAGE_SIZE);
	unsigned long file_end = vaddr + ph->p_filesz, mem_end = vaddr + ph->p_memsz;
	unsigned long prot = segment_prot(ph), mapped = start;
	int err;

	if (ph->p_filesz) {
		mapped = ALIGN_UP(file_end, PAGE_SIZE);
		err = map_file_part(mm, im->file, start, mapped,
				    ALIGN_DOWN(ph->p_offset, PAGE_SIZE), prot);
		if (err)
			return err;
		if (ph->p_memsz > ph->p_filesz) {
			err = zero_tail(mm, file_end, prot);
			if (err)
				return err;
		}
	}
	return map_anonymous(mm, mapped, ALIGN_UP(mem_end, PAGE_SIZE), prot);
}

/* Addresses that /proc/PID/stat shows. */
static void note_segment(struct mm_struct *mm, unsigned long bias, const struct elf64_phdr *ph)
{
	unsigned long start = bias + ph->p_vaddr;

	if (ph->p_flags & PF_X) {
		if (!mm->start_code || start < mm->start_code)
			mm->start_code = start;
		mm->end_code = max(mm->end_code, start + ph->p_filesz);
	}
	mm->start_data = max(mm->start_data, start);
	mm->end_data = max(mm->end_data, start + ph->p_filesz);
}

static int map_segments(struct mm_struct *mm, struct elf_image *im, bool program)
{
	for (unsigned int i = 0; i < im->ehdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &im->phdrs[i];
		int err;

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		err = map_segment(mm, im, ph);
		if (err)
			return err;
		if (program)
			note_segment(mm, im->bias, ph);
	}
	return 0;
}

/* ---- where ---- */

/* A program of type ET_DYN: two thirds up the address space, as Linux, plus a random distance. */
static void place_program(struct binprm *b, struct elf_image *im)
{
	unsigned long base = ALIGN_DOWN(b->stack_top / 3 * 2, PAGE_SIZE);

	if (im->ehdr.e_type != ET_DYN)
		return;
	if (exec_randomize(1))
		base += random_below(b->stack_top >> (PAGE_SHIFT + 8)) << PAGE_SHIFT;
	im->bias = base - im->low;
}

/* An interpreter: wherever the mmap area has room for all of it. */
static int place_interpreter(struct mm_struct *mm, struct elf_image *im)
{
	struct mmap_request rq = {
		.len = im->high - im->low, .prot = PROT_NONE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS,
	};
	long addr;

	if (im->ehdr.e_type != ET_DYN)
		return 0;
	addr = do_mmap(mm, &rq);
	if (addr < 0 && addr >= -4095)
		return (int)addr;
	im->bias = (unsigned long)addr - im->low;
	return 0;
}

static int load_interpreter(struct binprm *b, struct elf_image *im)
{
	struct elf64_hdr head;
	int err = read_exactly(im->file, &head, sizeof(head), 0);

	if (!err)
		err = read_headers(im, (const u8 *)&head);
	if (!err)
		err = place_interpreter(b->mm, im);
	if (!err)
		err = map_segments(b->mm, im, false);
	if (err)
		return err == -ENOEXEC ? -ELIBBAD : err;
	b->interp_base = im->bias;
	b->start = im->bias + im->ehdr.e_entry;
	return 0;
}

/* The file that PT_INTERP names: 0 and *@f (NULL without PT_INTERP). */
static int open_interpreter(struct elf_image *im, struct file **f)
{
	const struct elf64_phdr *ph = find_phdr(im, PT_INTERP);
	char *name;
	int err;

	*f = NULL;
	if (!ph)
		return 0;
	if (ph->p_filesz < 2 || ph->p_filesz > EXEC_PATH_MAX)
		return -ENOEXEC;
	name = kmalloc(ph->p_filesz, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	err = read_exactly(im->file, name, ph->p_filesz, ph->p_offset);
	if (!err && name[ph->p_filesz - 1] != '\0')
		err = -ENOEXEC;
	if (!err)
		err = exec_open(AT_FDCWD, name, 0, f);
	kfree(name);
	return err;
}

/* ---- the program ---- */

/* Where the program headers are in memory: in the segment that covers their place in the file. */
static unsigned long phdr_address(const struct elf_image *im)
{
	u64 off = im->ehdr.e_phoff;

	for (unsigned int i = 0; i < im->ehdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &im->phdrs[i];

		if (ph->p_type == PT_LOAD && off >= ph->p_offset &&
		    off - ph->p_offset < ph->p_filesz)
			return im->bias + off - ph->p_offset + ph->p_vaddr;
	}
	return 0;
}

/* The heap begins up to so many pages behind the program: 512 MiB with 38 bits of addresses, 256 GiB with 47. */
#define BRK_RANDOM_PAGES	(min(TASK_SIZE, 1UL << 47) >> (PAGE_SHIFT + 9))

static void set_brk(struct mm_struct *mm, const struct elf_image *im)
{
	unsigned long brk = im->bias + im->high;

	if (exec_randomize(2))
		brk += random_below(BRK_RANDOM_PAGES) << PAGE_SHIFT;
	mm->start_brk = mm->brk = brk;
}

static int load_program(struct binprm *b, struct elf_image *im)
{
	const struct elf64_phdr *stack = find_phdr(im, PT_GNU_STACK);
	struct file *interpreter;
	int err = open_interpreter(im, &interpreter);

	if (err)
		return err;
	b->exec_stack = stack && (stack->p_flags & PF_X);
	place_program(b, im);
	err = map_segments(b->mm, im, true);
	set_brk(b->mm, im);
	b->entry = b->start = im->bias + im->ehdr.e_entry;
	b->phdr_addr = phdr_address(im);
	b->phnum = im->ehdr.e_phnum;
	if (interpreter) {
		struct elf_image lib = { .file = interpreter };

		b->unreadable |= inode_permission(interpreter->inode, R_OK) != 0;
		if (!err)
			err = load_interpreter(b, &lib);
		kfree(lib.phdrs);
		file_put(interpreter);
	}
	if (!err && b->start >= TASK_SIZE)
		err = -ENOEXEC;
	return err;
}

int elf_load(struct binprm *b)
{
	struct elf_image im = { .file = b->file };
	int err = read_headers(&im, b->head);

	if (!err)
		err = load_program(b, &im);
	kfree(im.phdrs);
	return err;
}
