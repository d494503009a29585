/* SPDX-License-Identifier: MIT */
/*
 * kernel/exec_stack.c - what does a new program find on its stack?
 *
 * The same as on Linux, byte for byte where it is not random (System V ABI, "Process Initialization"):
 *
 *	stack_top ->  8 zero bytes
 *	              file name (AT_EXECFN)
 *	              environment strings        <- mm->env_start .. env_end
 *	              argument strings           <- mm->arg_start .. arg_end
 *	              (a random distance below 8 KiB)
 *	              platform name, 16 random bytes
 *	              auxiliary vector: pairs, AT_NULL last
 *	              envp pointers, NULL
 *	              argv pointers, NULL
 *	sp ->         argc                        sp is a multiple of 16
 *
 * Sizes are computed first, then everything is written upwards through one page of buffer.
 */
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <uapi/auxv.h>
#include <uapi/time.h>
#include "exec_internal.h"

#define STACK_RANDOM_PAGES	(1UL << 25)	/* 128 GiB: 25 bits; Linux takes 16 GiB */
#define MMAP_WINDOW		(1UL << 47)	/* programs keep tags above bit 47: only asked for by address */
#define STACK_GAP_MIN		(128UL << 20)	/* between stack top and mmap area, at least */

/* ---- layout ---- */

#define ADDR_NO_RANDOMIZE	0x0040000u	/* personality(2) */
#define ADDR_COMPAT_LAYOUT	0x0200000u

int sysctl_randomize_va_space = 2;

bool exec_randomize(int level)
{
	return READ_ONCE(sysctl_randomize_va_space) >= level &&
	       !(current_process()->personality & ADDR_NO_RANDOMIZE);
}

static unsigned long random_pages(unsigned long n)
{
	return exec_randomize(1) ? random_below(n) << PAGE_SHIFT : 0;
}

void exec_layout(struct binprm *b)
{
	unsigned long window = min(TASK_SIZE, MMAP_WINDOW);
	unsigned long random_part = min(STACK_RANDOM_PAGES, window >> (PAGE_SHIFT + 5));
	unsigned long gap = rlimit(RLIMIT_STACK);

	b->stack_top = ALIGN_DOWN(window, PAGE_SIZE) - random_pages(random_part);
	gap = clamp(gap, STACK_GAP_MIN, window / 6 * 5);
	gap += STACK_GUARD_GAP + (random_part << PAGE_SHIFT);
	b->mm->mmap_base = ALIGN_DOWN(window - min(gap, window / 6 * 5), PAGE_SIZE) -
			   random_pages(window >> (PAGE_SHIFT + 7));
	if (current_process()->personality & ADDR_COMPAT_LAYOUT)
		b->mm->mmap_base = 0;		/* upwards, from MMAP_LEGACY_BASE */
	b->mm->task_size = TASK_SIZE;
}

/* ---- writing upwards ---- */

struct stack_writer {
	struct mm_struct	*mm;
	unsigned long		addr;		/* of the next byte */
	size_t			fill;
	u8			*buf;		/* one page: [addr - fill, addr) */
	int			err;
};

static void flush(struct stack_writer *w)
{
	if (w->fill && !w->err &&
	    access_process_vm(w->mm, w->addr - w->fill, w->buf, w->fill, true) != (long)w->fill)
		w->err = -ENOMEM;
	w->fill = 0;
}

static void put(struct stack_writer *w, const void *data, size_t n)
{
	const u8 *p = data;

	while (n) {
		size_t part = min(n, PAGE_SIZE - w->fill);

		memcpy(w->buf + w->fill, p, part);
		w->fill += part;
		w->addr += part;
		p += part;
		n -= part;
		if (w->fill == PAGE_SIZE)
			flush(w);
	}
}

static void put_word(struct stack_writer *w, u64 word)
{
	put(w, &word, sizeof(word));
}

static void put_zeroes(struct stack_writer *w, unsigned long until)
{
	static const u8 zeroes[64];

	while (w->addr < until)
		put(w, zeroes, min(until - w->addr, sizeof(zeroes)));
}

/* ---- places ---- */

/* Where each part goes, from the top down. */
struct stack_plan {
	unsigned long	execfn, env, arg, platform, random, sp;
	size_t		execfn_len, arg_len, skip;	/* skip: bytes of argv[0] that scripts replace */
	unsigned long	argc, envc;
	unsigned int	auxc;				/* words */
};

static size_t words_len(const struct binprm *b)
{
	size_t n = 0;

	for (unsigned int i = 0; i < b->nr_words; i++)
		n += strlen(b->words[i]) + 1;
	return n;
}

static void plan(const struct binprm *b, struct stack_plan *s)
{
	unsigned long sp;

	s->skip = b->drop_argv0 ? b->argv.first_len : 0;
	s->argc = b->argv.count - (b->drop_argv0 && b->argv.count) + b->nr_words;
	s->envc = b->envp.count;
	s->arg_len = words_len(b) + b->argv.len - s->skip;
	s->execfn_len = strlen(b->filename) + 1;
	s->execfn = b->stack_top - sizeof(u64) - s->execfn_len;
	s->env = s->execfn - b->envp.len;
	s->arg = s->env - s->arg_len;
	sp = s->arg;
	if (exec_randomize(1))
		sp -= random_below(8192);
	sp = ALIGN_DOWN(sp, 16UL);
	if (ELF_PLATFORM)
		sp -= strlen(ELF_PLATFORM ? ELF_PLATFORM : "") + 1;
	s->platform = sp;
	s->random = s->platform - 16;
	sp = ALIGN_DOWN(s->random, 16UL);
	s->sp = ALIGN_DOWN(sp - (1 + s->argc + 1 + s->envc + 1 + s->auxc) * sizeof(u64), 16UL);
}

/* ---- auxiliary vector ---- */

static void aux(struct mm_struct *mm, unsigned int *n, unsigned long type, unsigned long value)
{
	ASSERT(*n + 2 <= ARRAY_SIZE(mm->saved_auxv));
	mm->saved_auxv[(*n)++] = type;
	mm->saved_auxv[(*n)++] = value;
}

/* The same entries in the same order as Linux. Run twice: for the size, and with addresses known. */
static unsigned int fill_auxv(const struct binprm *b, const struct stack_plan *s)
{
	const struct process *p = current_process();
	struct mm_struct *mm = b->mm;
	unsigned int n = 0;

	aux(mm, &n, AT_SYSINFO_EHDR, mm->vdso_base);
	aux(mm, &n, AT_MINSIGSTKSZ, MINSIGSTKSZ);
	aux(mm, &n, AT_HWCAP, ELF_HWCAP);
	aux(mm, &n, AT_PAGESZ, PAGE_SIZE);
	aux(mm, &n, AT_CLKTCK, USER_HZ);
	aux(mm, &n, AT_PHDR, b->phdr_addr);
	aux(mm, &n, AT_PHENT, 56);
	aux(mm, &n, AT_PHNUM, b->phnum);
	aux(mm, &n, AT_BASE, b->interp_base);
	aux(mm, &n, AT_FLAGS, 0);
	aux(mm, &n, AT_ENTRY, b->entry);
	aux(mm, &n, AT_UID, p->uid);
	aux(mm, &n, AT_EUID, b->euid);
	aux(mm, &n, AT_GID, p->gid);
	aux(mm, &n, AT_EGID, b->egid);
	aux(mm, &n, AT_SECURE, b->secure);
	aux(mm, &n, AT_RANDOM, s->random);
	aux(mm, &n, AT_HWCAP2, ELF_HWCAP2);
	aux(mm, &n, AT_EXECFN, s->execfn);
	if (ELF_PLATFORM)
		aux(mm, &n, AT_PLATFORM, s->platform);
	aux(mm, &n, AT_NULL, 0);
	return n;
}

/* ---- the parts, from low to high ---- */

/* A pointer for each string of @a behind the first @skip bytes; the strings will begin at @addr. */
static void put_pointers(struct stack_writer *w, const struct arg_strings *a, size_t skip,
			 unsigned long addr)
{
	for (size_t pos = skip, start = skip; pos < a->len; pos++) {
		const char *page = a->page[pos / PAGE_SIZE];

		if (page[pos % PAGE_SIZE])
			continue;
		put_word(w, addr + start - skip);
		start = pos + 1;
	}
}

static void put_strings(struct stack_writer *w, const struct arg_strings *a, size_t skip)
{
	for (size_t pos = skip; pos < a->len;) {
		size_t n = min(a->len - pos, PAGE_SIZE - pos % PAGE_SIZE);

		put(w, a->page[pos / PAGE_SIZE] + pos % PAGE_SIZE, n);
		pos += n;
	}
}

static void put_vectors(struct stack_writer *w, const struct binprm *b, const struct stack_plan *s)
{
	unsigned long addr = s->arg;

	put_word(w, s->argc);
	for (unsigned int i = 0; i < b->nr_words; i++) {
		put_word(w, addr);
		addr += strlen(b->words[i]) + 1;
	}
	put_pointers(w, &b->argv, s->skip, addr);
	put_word(w, 0);
	put_pointers(w, &b->envp, 0, s->env);
	put_word(w, 0);
	put(w, b->mm->saved_auxv, s->auxc * sizeof(u64));
}

static void put_data(struct stack_writer *w, const struct binprm *b, const struct stack_plan *s)
{
	u8 random[16];

	put_zeroes(w, s->random);
	get_random_bytes(random, sizeof(random));
	put(w, random, sizeof(random));
	if (ELF_PLATFORM)
		put(w, ELF_PLATFORM, strlen(ELF_PLATFORM ? ELF_PLATFORM : "") + 1);
	put_zeroes(w, s->arg);
	for (unsigned int i = 0; i < b->nr_words; i++)
		put(w, b->words[i], strlen(b->words[i]) + 1);
	put_strings(w, &b->argv, s->skip);
	put_strings(w, &b->envp, 0);
	put(w, b->filename, s->execfn_len);
	put_zeroes(w, b->stack_top);
}

static void note_places(struct binprm *b, const struct stack_plan *s)
{
	struct mm_struct *mm = b->mm;

	mm->start_stack = s->sp;
	mm->arg_start = s->arg;
	mm->arg_end = mm->env_start = s->env;
	mm->env_end = s->execfn;
	b->sp = s->sp;
}

int exec_build_stack(struct binprm *b)
{
	struct stack_writer w = { .mm = b->mm };
	struct stack_plan s = { .auxc = 0 };
	int err;

	s.auxc = fill_auxv(b, &s);
	plan(b, &s);
	fill_auxv(b, &s);
	err = setup_stack_vma(b->mm, b->stack_top, b->stack_top - s.sp, b->exec_stack);
	if (err)
		return err;
	w.buf = get_free_page(GFP_KERNEL);
	if (!w.buf)
		return -ENOMEM;
	w.addr = s.sp;
	put_vectors(&w, b, &s);
	put_data(&w, b, &s);
	flush(&w);
	free_page_va(w.buf);
	note_places(b, &s);
	return w.err;
}
