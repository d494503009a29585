/* SPDX-License-Identifier: MIT */
/*
 * user/bin/mmsoak_slots.c - what a worker of mmsoak does to slots of its own, and what must be in them then
 *
 * THE QUESTION   After each call, does every page hold what this worker left there, whatever the neighbours do?
 *
 * THE PICTURE    slots_step(): a run of pages -> one call -> the model says the same -> the slot is read
 *                  mapped    mmap, munmap, mprotect, mremap (move, grow)
 *                  present   write, madvise (DONTNEED, FREE, POPULATE_WRITE), mlock, munlock
 *                  copied    through a pipe, by process_vm_readv, by pwrite to the file
 *
 * ALWAYS TRUE    M1  a call's pages are in one slot and alike as far as the call cares, so it does all or nothing.
 *                M2  nobody writes the file at a page's offset while that page is FILE_PRIVATE.
 *                M3  a child writes nothing that its parent sees.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mmsoak.h"

#define RW		(PROT_READ | PROT_WRITE)
#define POPULATE_WRITE	23		/* MADV_: newer than the C library's headers */

/* Pages [first, first + n) of one slot */
struct run {
	struct worker *w;
	struct model_page *m;
	char *p;
	long slot, first, n;
};

static uint64_t now_in(const struct model_page *m)
{
	return m->kind == FILE_SHARED || (m->kind == FILE_PRIVATE && !m->own) ? m->file : m->value;
}

/* ---- verify ---- */
/* A page that was freed lazily may become zeroes at any word, and then stays so. */
static void verify_words(struct model_page *m, const char *p, const uint64_t *at)
{
	uint64_t value = now_in(m);
	bool gone = false;

	for (long i = 0; i < WORDS; i++) {
		uint64_t found = ((const volatile uint64_t *)at)[i];

		gone |= m->lazy && !found;
		if (found != (gone ? 0 : page_word(value, i))) {
			soak_mismatch("word of a slot", p + i * 8, page_word(value, i), found);
			return;
		}
	}
	if (gone) {
		m->value = 0;
		m->lazy = false;
	}
}

static void verify_page(struct worker *w, struct model_page *m, char *p)
{
	volatile uint64_t *word = (volatile uint64_t *)p + soak_random(w, WORDS);
	uint64_t found = 0;

	if (m->kind != HOLE && m->prot != PROT_NONE)
		verify_words(m, p, (uint64_t *)p);
	if (m->kind != HOLE && m->prot == RW)
		return;
	if (soak_random(w, 4) == 0 && soak_write(word, 1))
		soak_mismatch("write that must fault", (void *)word, 0, 1);
	if ((m->kind == HOLE || m->prot == PROT_NONE) && soak_random(w, 4) == 0 && soak_read(word, &found))
		soak_mismatch("read that must fault", (void *)word, 0, found);
}

static void verify_slot(struct worker *w, long slot)
{
	for (long i = 0; i < SLOT_PAGES; i++)
		verify_page(w, &w->model[slot][i], slot_address(w->number, slot, i));
}

void slots_verify(struct worker *w)
{
	for (long i = 0; i < SLOTS; i++)
		verify_slot(w, i);
}

/* ---- runs ---- */
static bool alike(const struct model_page *a, const struct model_page *b)
{
	return a->kind == b->kind && a->prot == b->prot && a->locked == b->locked;
}

static struct run any_run(struct worker *w)
{
	struct run r = { .w = w, .slot = soak_random(w, SLOTS), .first = soak_random(w, SLOT_PAGES) };

	w->touched = r.slot;
	r.n = 1 + soak_random(w, SLOT_PAGES - r.first);
	r.m = &w->model[r.slot][r.first];
	r.p = slot_address(w->number, r.slot, r.first);
	return r;
}

static struct run alike_run(struct worker *w)
{
	struct run r = any_run(w);
	long n = 1;

	while (n < r.n && alike(&r.m[0], &r.m[n]))
		n++;
	r.n = n;
	return r;
}

/* ---- what is mapped ---- */
static void model_unmap(struct run *r)
{
	for (long i = 0; i < r->n; i++)
		r->m[i] = (struct model_page){ .kind = HOLE, .file = r->m[i].file };
}

static void do_munmap(struct worker *w)
{
	struct run r = any_run(w);

	if (munmap(r.p, r.n * PAGE))
		soak_failed("munmap", r.p);
	model_unmap(&r);
}

static void do_mmap(struct worker *w)
{
	static const int flags[] = { [ANON] = MAP_PRIVATE | MAP_ANONYMOUS, [FILE_PRIVATE] = MAP_PRIVATE,
				     [FILE_SHARED] = MAP_SHARED };
	static const enum kind kinds[] = { ANON, ANON, ANON, ANON, FILE_PRIVATE, FILE_PRIVATE, FILE_SHARED };
	static const int prots[] = { RW, RW, RW, RW, PROT_READ, PROT_NONE };
	struct run r = any_run(w);
	enum kind kind = kinds[soak_random(w, 7)];
	int prot = prots[soak_random(w, 6)], more = soak_random(w, 4) ? MAP_FIXED : MAP_FIXED | MAP_POPULATE;

	model_unmap(&r);
	if (mmap(r.p, r.n * PAGE, prot, flags[kind] | more, kind == ANON ? -1 : soak_file,
		 kind == ANON ? 0 : r.p - ARENA) != r.p) {
		if (errno != ENOMEM || munmap(r.p, r.n * PAGE))
			soak_failed("mmap", r.p);
		return;
	}
	for (long i = 0; i < r.n; i++) {
		r.m[i].kind = kind;
		r.m[i].prot = prot;
	}
}

static void do_mprotect(struct worker *w)
{
	static const int prots[] = { RW, RW, RW, PROT_READ, PROT_READ, PROT_NONE };
	struct run r = any_run(w);
	int prot = prots[soak_random(w, 6)];
	long n = 0;

	while (n < r.n && r.m[n].kind != HOLE)
		n++;
	if (!n)
		return;
	if (mprotect(r.p, n * PAGE, prot))
		soak_failed("mprotect", r.p);
	for (long i = 0; i < n; i++)
		r.m[i].prot = prot;
}

/* Anonymous pages to another slot. Pages that look alike may be two mappings: then none may move. */
static void do_move(struct worker *w)
{
	struct run from = alike_run(w), to = any_run(w);

	if (from.m->kind != ANON || from.slot == to.slot)
		return;
	if (from.n > SLOT_PAGES - to.first)
		from.n = SLOT_PAGES - to.first;
	to.n = from.n;
	if (munmap(to.p, to.n * PAGE))
		soak_failed("munmap", to.p);
	model_unmap(&to);
	if (mremap(from.p, from.n * PAGE, to.n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to.p) != to.p) {
		if (errno != ENOMEM && (errno != EFAULT || from.n == 1))
			soak_failed("mremap", from.p);
		return;
	}
	for (long i = 0; i < to.n; i++) {
		uint64_t file = to.m[i].file;

		to.m[i] = from.m[i];
		to.m[i].file = file;
	}
	model_unmap(&from);
}

/* The last page before a hole, into the hole; where the kernel moves it, it is fetched back. */
static void do_grow(struct worker *w)
{
	struct run r = any_run(w);
	char *at;

	if (r.first + 1 >= SLOT_PAGES || r.m[0].kind != ANON || r.m[0].locked || r.m[1].kind != HOLE)
		return;
	at = mremap(r.p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	if (at == MAP_FAILED) {
		if (errno != ENOMEM)
			soak_failed("mremap to grow", r.p);
		return;
	}
	if (at != r.p && mremap(at, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, r.p) != r.p)
		soak_failed("mremap back", at);
	r.m[1].kind = ANON;
	r.m[1].prot = r.m[0].prot;
}

/* ---- what is present ---- */
static bool writable(const struct worker *w, const struct model_page *m)
{
	return m->kind != HOLE && m->prot == RW && !(w->child && m->kind == FILE_SHARED);
}

static void model_write(struct model_page *m, uint64_t value)
{
	m->lazy = false;
	m->own = true;
	if (m->kind == FILE_SHARED)
		m->file = value;
	else
		m->value = value;
}

static void do_write(struct worker *w)
{
	struct run r = any_run(w);

	for (long n = 0; n < r.n; n++) {
		volatile uint64_t *word = (volatile uint64_t *)(r.p + n * PAGE);
		uint64_t value = soak_next(&w->random) | 1;

		if (!writable(w, &r.m[n]))
			continue;
		for (long i = 0; i < WORDS; i++)
			word[i] = page_word(value, i);
		model_write(&r.m[n], value);
	}
}

static void do_dontneed(struct worker *w)
{
	struct run r = alike_run(w);

	if (r.m->kind == HOLE)
		return;
	if (madvise(r.p, r.n * PAGE, MADV_DONTNEED)) {
		if (errno != EINVAL || !r.m->locked)
			soak_failed("madvise DONTNEED", r.p);
		return;
	}
	if (r.m->locked)
		soak_mismatch("DONTNEED of locked memory", r.p, EINVAL, 0);
	for (long i = 0; i < r.n; i++) {
		r.m[i].own = r.m[i].lazy = false;
		r.m[i].value = 0;
	}
}

static void do_free(struct worker *w)
{
	struct run r = alike_run(w);

	if (r.m->kind != ANON || r.m->locked)
		return;
	if (madvise(r.p, r.n * PAGE, MADV_FREE)) {
		soak_failed("madvise FREE", r.p);
		return;
	}
	for (long i = 0; i < r.n; i++)
		r.m[i].lazy = true;
}

/* EINVAL: a kernel before 5.14 */
static void do_populate(struct worker *w)
{
	struct run r = alike_run(w);

	if (r.m->kind != HOLE && r.m->prot == RW && madvise(r.p, r.n * PAGE, POPULATE_WRITE) && errno != EINVAL)
		soak_failed("madvise POPULATE_WRITE", r.p);
}

static void do_mlock(struct worker *w)
{
	struct run r = alike_run(w);
	bool lock;

	if (r.m->kind == HOLE || r.m->prot == PROT_NONE)
		return;
	lock = soak_random(w, 2) && !mlock(r.p, r.n * PAGE);
	if (!lock && munlock(r.p, r.n * PAGE))
		soak_failed("munlock", r.p);
	for (long i = 0; i < r.n; i++)
		r.m[i].locked = lock;
}

/* ---- what the kernel copies ---- */
static void do_copy(struct worker *w)
{
	struct run from = any_run(w), to = any_run(w);

	if (from.m->kind == HOLE || from.m->prot == PROT_NONE || from.m->lazy || !writable(w, to.m))
		return;
	if (write(w->pipe[1], from.p, PAGE) != PAGE)
		soak_failed("write from memory", from.p);
	if (read(w->pipe[0], to.p, PAGE) != PAGE)
		soak_failed("read into memory", to.p);
	model_write(to.m, now_in(from.m));
}

/* EPERM, ENOSYS: not for everybody */
static void do_peek(struct worker *w)
{
	uint64_t buffer[WORDS];
	struct run r = any_run(w);
	struct iovec local = { buffer, PAGE }, remote = { r.p, PAGE };

	if (r.m->kind == HOLE || r.m->prot == PROT_NONE)
		return;
	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == PAGE)
		verify_words(r.m, r.p, buffer);
	else if (errno != EPERM && errno != ENOSYS)
		soak_failed("process_vm_readv", r.p);
}

static void do_pwrite(struct worker *w)
{
	uint64_t buffer[WORDS], value = soak_next(&w->random) | 1;
	struct run r = any_run(w);

	if (w->child || r.m->kind == FILE_PRIVATE)
		return;
	for (long i = 0; i < WORDS; i++)
		buffer[i] = page_word(value, i);
	if (pwrite(soak_file, buffer, PAGE, r.p - ARENA) != PAGE)
		soak_failed("pwrite", r.p);
	r.m->file = value;
}

void slots_step(struct worker *w)
{
	static void (*const step[])(struct worker *w) = {
		do_mmap, do_mmap, do_mmap, do_munmap, do_mprotect, do_mprotect, do_move, do_move, do_grow, do_write,
		do_write, do_write, do_write, do_dontneed, do_free, do_populate, do_mlock, do_copy, do_peek, do_pwrite,
	};

	step[soak_random(w, sizeof(step) / sizeof(step[0]))](w);
	w->operations++;
	verify_slot(w, w->touched);
	verify_slot(w, soak_random(w, SLOTS));
}
