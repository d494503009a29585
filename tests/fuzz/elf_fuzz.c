/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/elf_fuzz.c - kernel/exec_elf.c: any bytes as a program and its interpreter
 *
 * The address space is a check of what is asked of it: E1 of exec_elf.c, and whole pages.
 */
#include "../../kernel/exec_elf.c"
#include "fuzz.h"

unsigned long task_size = 1UL << 47;

static const u8 *bytes;
static size_t nr_bytes;
static struct fuzz_input choices;
static struct file program, interpreter;
static long files_open;
static bool fixed_places;

static int map_file(struct file *f, struct mmap_request *rq)
{
	return 0;
}

static const struct file_ops ops = { .mmap = map_file };

ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t pos)
{
	FUZZ_CHECK(pos >= 0 && n <= 65536);
	if ((u64)pos >= nr_bytes)
		return 0;
	n = min(n, nr_bytes - (size_t)pos);
	memcpy(buf, bytes + pos, n);
	return (ssize_t)n;
}

long do_mmap(struct mm_struct *mm, const struct mmap_request *rq)
{
	FUZZ_CHECK(rq->len > 0 && IS_ALIGNED(rq->addr, PAGE_SIZE) && IS_ALIGNED(rq->len, PAGE_SIZE));
	FUZZ_CHECK(rq->addr + rq->len >= rq->addr);
	if (!(rq->flags & MAP_FIXED))
		return rq->len < TASK_SIZE / 2 ? (long)(TASK_SIZE / 2) : -ENOMEM;
	FUZZ_CHECK(!rq->vm_file || rq->pgoff <= ~0UL >> (PAGE_SHIFT + 1));
	return rq->addr + rq->len <= TASK_SIZE ? (long)rq->addr : -ENOMEM;
}

long access_process_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	FUZZ_CHECK(write && len < PAGE_SIZE && (addr & ~PAGE_MASK) + len == PAGE_SIZE);
	return (long)len;
}

int exec_open(int dirfd, const char *name, int flags, struct file **f)
{
	fuzz_touch_string(name);
	if (take_u8(&choices) % 8 == 7)
		return -ENOENT;
	files_open++;
	interpreter.ops = &ops;
	*f = &interpreter;
	return 0;
}

int inode_permission(struct inode *i, int mask)
{
	return take_u8(&choices) & 1 ? -EACCES : 0;
}

void file_put(struct file *f)
{
	files_open--;
}

bool exec_randomize(int level)
{
	return !fixed_places;
}

u64 random_below(u64 n)
{
	return take_number(&choices, 8) % n;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct mm_struct mm;
	struct binprm b = { .file = &program, .mm = &mm };
	u8 mode = size ? data[size - 1] : 0;

	memset(&mm, 0, sizeof(mm));
	program.ops = &ops;
	bytes = data;
	nr_bytes = size;
	choices = (struct fuzz_input){ data, size };
	fixed_places = mode & 1;
	fuzz_fail_after = mode & 2 ? mode >> 2 & 3 : -1;
	fuzz_blocks = files_open = 0;
	b.stack_top = mode & 16 ? TASK_SIZE : TASK_SIZE - (1UL << 34);
	memcpy(b.head, data, min(size, (size_t)EXEC_HEAD_SIZE));
	if (elf_recognise(&b) && elf_load(&b) == 0)
		FUZZ_CHECK(b.start < TASK_SIZE && b.phnum <= MAX_PHDRS);
	FUZZ_CHECK(fuzz_blocks == 0 && files_open == 0);
	return 0;
}
