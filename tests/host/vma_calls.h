/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_calls.h - mmap, munmap, mprotect, mremap, brk: each on the model, then on the kernel
 *
 * The model says first what the call returns, errno included, and what it leaves behind.
 */
#ifndef TESTS_VMA_CALLS_H
#define TESTS_VMA_CALLS_H

/* below_window - the kernel found room where the model does not look: take it back */
static void below_window(struct mspace *s, long addr, unsigned int n)
{
	int maps = sysctl_max_map_count;

	assert_true(addr > 0 && (unsigned long)addr < base);
	sysctl_max_map_count = INT_MAX;
	assert_int_equal(do_munmap(s->mm, (unsigned long)addr, n * PAGE_SIZE), 0);
	sysctl_max_map_count = maps;
}

/* ---- mmap ------------------------------------------------------------------------------------ */

struct map_call { struct mmap_request rq; unsigned int first, n; struct mvma v; };

static void random_map_object(struct map_call *c)
{
	c->v.object = test_random(4) ? NO_OBJECT : (int)random_below(NR_FILES);
	if (c->v.object == NO_OBJECT) {
		c->rq.flags |= MAP_ANONYMOUS;
		return;
	}
	c->rq.pgoff = random_below(OBJECT_PAGES - c->n);
	object_request((unsigned int)c->v.object, &c->rq);
}

static void random_map(struct mspace *s, struct map_call *c)
{
	bool shared = test_random(5) == 0, place = test_random(4);

	c->rq = (struct mmap_request){
		.addr = test_random(8) ? addr_of(c->first) : 0, .prot = random_prot(),
		.len = c->n * PAGE_SIZE - test_random(PAGE_SIZE), .flags = shared ? MAP_SHARED : MAP_PRIVATE,
	};
	if (place)
		c->rq.addr = addr_of(c->first);
	random_map_object(c);
	c->rq.flags |= !place ? 0 : test_random(4) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	c->rq.flags |= test_random(16) ? 0 : MAP_LOCKED;
	c->rq.flags |= test_random(16) ? 0 : MAP_POPULATE;
	c->rq.flags |= test_random(16) || shared ? 0 : MAP_NORESERVE;
	c->v.flags = MAY | c->rq.prot | s->mm->def_flags;
	c->v.flags |= shared ? VM_SHARED | VM_MAYSHARE : 0;
	c->v.flags |= c->rq.flags & MAP_LOCKED ? VM_LOCKED : 0;
	c->v.flags |= c->rq.flags & MAP_NORESERVE ? VM_NORESERVE : 0;
	if ((c->v.flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) == VM_WRITE)
		c->v.flags |= VM_ACCOUNT;
}

/* m_place - where a mapping goes: 0, or -EEXIST */
static int m_place(struct mspace *s, struct map_call *c)
{
	bool wish = c->rq.addr && range_free(s, c->first, c->n);

	if (c->rq.flags & MAP_FIXED)
		return 0;
	if (c->rq.flags & MAP_FIXED_NOREPLACE)
		return wish ? 0 : -EEXIST;
	if (!wish)
		c->first = m_highest_gap(s, c->n);
	return 0;
}

static unsigned int m_covered(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int covered = 0;

	for (unsigned int i = first; i < first + n && i < WINDOW; i++)
		covered += m_at(s, i) != NULL;
	return covered;
}

static int m_mmap(struct mspace *s, struct map_call *c)
{
	int err = (c->rq.flags & MAP_LOCKED) && !host_limits.memlock ? -EPERM : m_place(s, c);

	if (err)
		return err;
	if (m_maps(s) > sysctl_max_map_count)
		return -ENOMEM;
	if (!m_may_lock(s, c->v.flags, c->n))
		return -EAGAIN;
	if (!m_may_expand(s, c->v.flags, c->n) &&
	    !m_may_expand(s, c->v.flags, c->n - m_covered(s, c->first, c->n)))
		return -ENOMEM;
	if (c->first == OUTSIDE)
		return 0;
	err = m_unmap(s, c->first, c->n);
	if (err)
		return err;
	c->v.start = c->first;
	c->v.end = c->first + c->n;
	c->v.pgoff = c->v.object == NO_OBJECT && !(c->v.flags & VM_SHARED) ? addr_of(c->first) >> PAGE_SHIFT
									   : c->rq.pgoff;
	if (c->v.object == NO_OBJECT && (c->v.flags & VM_SHARED))
		c->v.object = new_anon_object(c->n);
	m_map(s, &c->v);
	if (c->v.flags & VM_LOCKED || c->rq.flags & MAP_POPULATE)
		m_populate(s, c->first, c->first + c->n);
	return 0;
}

static void step_mmap(struct mspace *s, unsigned int first, unsigned int n)
{
	struct map_call c = { .first = first, .n = n };
	long addr;
	int err;

	random_map(s, &c);
	err = m_mmap(s, &c);
	addr = do_mmap(s->mm, &c.rq);
	if (!err && c.first == OUTSIDE)
		below_window(s, addr, n);
	else
		assert_int_equal(addr, err ? err : (long)addr_of(c.first));
}

/* ---- munmap, mprotect ------------------------------------------------------------------------- */

/* Now and then all of one side of the window's middle, so that page tables become empty. */
static void step_munmap(struct mspace *s, unsigned int first, unsigned int n)
{
	int err;

	if (test_random(32) == 0) {
		first = first < WINDOW / 2 ? 0 : WINDOW / 2;
		n = WINDOW / 2;
	}
	err = m_unmap(s, first, n);
	assert_int_equal(do_munmap(s->mm, addr_of(first), n * PAGE_SIZE), err);
}

/* m_protect_part - [first, end) lies in @v */
static int m_protect_part(struct mspace *s, const struct mvma *v, unsigned int first, unsigned int end,
			  unsigned long prot)
{
	unsigned long flags = (v->flags & ~VM_ACCESS_FLAGS) | prot;

	if (flags == v->flags)
		return 0;
	if ((flags & VM_WRITE) && !(v->flags & (VM_WRITE | VM_SHARED))) {
		if (m_data(s) + (end - first) > host_limits.data >> PAGE_SHIFT)
			return -ENOMEM;
		flags |= flags & VM_NORESERVE ? 0 : VM_ACCOUNT;
	}
	if (!(flags & VM_WRITE) && v->object == NO_OBJECT && !v->av)
		flags &= ~VM_ACCOUNT;		/* never written, and cannot be: nothing is promised */
	return m_modify(s, first, end, flags);
}

/* What is private and locked, and becomes writable, gets its pages: from the first such part to the last. */
static void m_fill(struct mspace *s, unsigned int first, unsigned int end)
{
	while (first < end) {
		const struct mvma *v = m_at(s, first);
		unsigned int stop = v ? min(end, v->end) : end;

		if (v && (v->flags & VM_LOCKED))
			m_populate(s, first, stop);
		first = stop;
	}
}

/* Applies to everything up to the first hole; a hole is ENOMEM. */
static int m_protect(struct mspace *s, unsigned int first, unsigned int end, unsigned long prot)
{
	unsigned int from = WINDOW, to = 0;
	int err = 0;

	while (!err && first < end) {
		const struct mvma *v = m_at(s, first);
		unsigned int stop = v ? min(end, v->end) : 0;

		if (v && (prot & VM_WRITE) && (v->flags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED) {
			from = min(from, first);
			to = stop;
		}
		err = v ? m_protect_part(s, v, first, stop, prot) : -ENOMEM;
		first = stop;
	}
	m_fill(s, from, to);
	return err;
}

static void step_mprotect(struct mspace *s, unsigned int first, unsigned int n)
{
	u8 prot = random_prot();
	int err = m_protect(s, first, first + n, prot);

	assert_int_equal(do_mprotect(s->mm, addr_of(first), n * PAGE_SIZE, prot), err);
}

/* ---- brk ------------------------------------------------------------------------------------- */

static bool m_brk_grow(struct mspace *s, unsigned int end)
{
	struct mvma heap = {
		.start = s->brk, .end = end, .pgoff = addr_of(s->brk) >> PAGE_SHIFT, .object = NO_OBJECT,
		.flags = VM_READ | VM_WRITE | MAY | VM_ACCOUNT | s->mm->def_flags,
	};
	unsigned int n = end - s->brk;

	if (!range_free(s, s->brk, n + 1) || !m_may_expand(s, heap.flags, n) ||
	    m_maps(s) > sysctl_max_map_count || !m_may_lock(s, heap.flags, n))
		return false;
	if (s->brk > s->brk_start)
		m_map(s, &heap);
	else
		m_insert(s, &heap);	/* what lies below an empty heap is not the heap */
	return true;
}

static bool m_brk(struct mspace *s, unsigned int end, unsigned long bytes)
{
	if (bytes > host_limits.data)
		return false;
	if (end < s->brk)
		return !range_free(s, end, s->brk - end) && !m_unmap(s, end, s->brk - end);
	return end == s->brk || m_brk_grow(s, end);
}

static void step_brk(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int end = s->brk_start + (test_random(4) ? random_below(MAX_LEN) : 0), old = s->brk;
	unsigned long want = max(addr_of(end) - test_random(PAGE_SIZE), addr_of(s->brk_start)), before = s->mm->brk;
	bool ok;

	(void)first;
	(void)n;
	ok = m_brk(s, end, want - addr_of(s->brk_start));
	s->brk = ok ? end : old;
	if (ok && end > old && (s->mm->def_flags & VM_LOCKED))
		m_populate(s, old, end);
	assert_int_equal(do_brk(s->mm, want), ok ? want : before);
}

#endif
