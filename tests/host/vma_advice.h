/* SPDX-License-Identifier: MIT */
/* tests/host/vma_advice.h - madvise and mlock on the model and on the kernel, as vma_calls.h does */
#ifndef TESTS_VMA_ADVICE_H
#define TESTS_VMA_ADVICE_H

/* ---- madvise --------------------------------------------------------------------------------- */

/* m_advised - the flags of a VMA after @advice; false: none of this advice's business */
static bool m_advised(int advice, unsigned long *flags)
{
	static const struct { int advice; unsigned long clear, set; } change[] = {
		{ MADV_NORMAL, VM_RAND_READ | VM_SEQ_READ, 0 },
		{ MADV_RANDOM, VM_SEQ_READ, VM_RAND_READ },
		{ MADV_SEQUENTIAL, VM_RAND_READ, VM_SEQ_READ },
		{ MADV_DONTFORK, 0, VM_DONTCOPY },
		{ MADV_DOFORK, VM_DONTCOPY, 0 },
		{ MADV_WIPEONFORK, 0, VM_WIPEONFORK },
		{ MADV_KEEPONFORK, VM_WIPEONFORK, 0 },
		{ MADV_DONTDUMP, 0, VM_DONTDUMP },
		{ MADV_DODUMP, VM_DONTDUMP, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(change); i++)
		if (change[i].advice == advice) {
			*flags = (*flags & ~change[i].clear) | change[i].set;
			return true;
		}
	return false;
}

/* m_forget - MADV_DONTNEED: private copies go; what an object holds stays. FREE: they may go later (step_shrink()) */
static int m_forget(struct mspace *s, const struct mvma *v, unsigned int first, unsigned int end, int advice)
{
	if (advice != MADV_DONTNEED_LOCKED && (v->flags & VM_LOCKED))
		return -EINVAL;
	if (advice == MADV_COLD || advice == MADV_PAGEOUT)
		return 0;
	if (advice == MADV_FREE && v->object != NO_OBJECT)
		return -EINVAL;
	for (unsigned int i = first; i < end; i++)
		if (advice == MADV_FREE)
			s->page[i].lazy = s->page[i].anon;
		else
			s->page[i] = (struct mpage){ 0 };
	return 0;
}

/* m_punch - MADV_REMOVE: the object has a hole; private copies of others stay */
static int m_punch(const struct mvma *v, unsigned int first, unsigned int end)
{
	if ((v->flags & VM_LOCKED) || v->object == NO_OBJECT)
		return -EINVAL;
	if (!(v->flags & VM_SHARED))
		return -EACCES;
	if (v->object < FIRST_DISKLESS)
		return -EOPNOTSUPP;
	for (unsigned int i = first; i < end; i++)
		if (!beyond_end(v, i))
			contents[v->object][object_page(v, i)] = 0;
	return 0;
}

/* m_advise_part - [first, end) lies in @v */
static int m_advise_part(struct mspace *s, const struct mvma *v, unsigned int first, unsigned int end,
			 int advice)
{
	unsigned long flags = v->flags;

	if (m_advised(advice, &flags)) {
		if (advice == MADV_WIPEONFORK && v->object != NO_OBJECT)
			return -EINVAL;
		return flags != v->flags && m_modify(s, first, end, flags) ? -EAGAIN : 0;
	}
	if (advice == MADV_WILLNEED)
		return 0;
	if (advice == MADV_REMOVE)
		return m_punch(v, first, end);
	return m_forget(s, v, first, end, advice);
}

/* A hole is ENOMEM, but only after all that is mapped has been advised. */
static int m_advise(struct mspace *s, unsigned int first, unsigned int end, int advice)
{
	int hole = 0;

	while (first < end) {
		const struct mvma *v = m_at(s, first);
		unsigned int stop = v ? min(end, v->end) : first + 1;
		int err = v ? m_advise_part(s, v, first, stop, advice) : 0;

		if (err)
			return err;
		hole = v ? hole : -ENOMEM;
		first = stop;
	}
	return hole;
}

static int m_advise_populate(struct mspace *s, unsigned int first, unsigned int end, enum soft_access a)
{
	enum fault_result r = FAULT_OK;

	for (; r == FAULT_OK && first < end; first++) {
		const struct mvma *v = m_at(s, first);

		if (v && a == SOFT_READ && !(v->flags & VM_READ))
			return -EINVAL;		/* although a write implies a read */
		r = m_access(s, first, a);
	}
	return r == FAULT_OK ? 0 : r == FAULT_SEGV_ACCERR ? -EINVAL : r == FAULT_SIGBUS ? -EFAULT : -ENOMEM;
}

static void step_madvise(struct mspace *s, unsigned int first, unsigned int n)
{
	static const int advices[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED_LOCKED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK,
		MADV_DOFORK, MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_DONTDUMP, MADV_DODUMP,
		MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE };
	int advice = advices[random_below(ARRAY_SIZE(advices))], err;

	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		err = m_advise_populate(s, first, first + n, advice == MADV_POPULATE_READ ? SOFT_READ : SOFT_WRITE);
	else
		err = m_advise(s, first, first + n, advice);
	assert_int_equal(do_madvise(s->mm, addr_of(first), n * PAGE_SIZE, advice), err);
}

/* ---- mlock ----------------------------------------------------------------------------------- */

/* The lock flags change up to the first hole. */
static int m_lock(struct mspace *s, unsigned int first, unsigned int end, unsigned long lock)
{
	while (first < end) {
		const struct mvma *v = m_at(s, first);
		unsigned int stop = v ? min(end, v->end) : 0;
		unsigned long flags = v ? (v->flags & ~LOCKED) | lock : 0;

		if (!v)
			return -ENOMEM;
		if (flags != v->flags && m_modify(s, first, stop, flags))
			return -ENOMEM;
		first = stop;
	}
	return 0;
}

static unsigned int m_locked_part(struct mspace *s, unsigned int first, unsigned int end)
{
	unsigned int n = 0;

	for (; first < end; first++)
		n += m_at(s, first) && (m_at(s, first)->flags & VM_LOCKED);
	return n;
}

/* mlock, mlock2(MLOCK_ONFAULT), munlock. Then every page is brought in. */
static void step_mlock(struct mspace *s, unsigned int first, unsigned int n)
{
	static const unsigned long locks[] = { 0, VM_LOCKED, VM_LOCKED, LOCKED };
	unsigned long lock = locks[random_below(ARRAY_SIZE(locks))], limit = host_limits.memlock;
	unsigned int end = first + n;
	int err = 0;

	if (lock && !limit)
		err = -EPERM;
	else if (lock && m_locked(s) + n - m_locked_part(s, first, end) > limit >> PAGE_SHIFT)
		err = -ENOMEM;
	if (!err)
		err = m_lock(s, first, end, lock);
	if (!err && lock)
		err = m_populate(s, first, end);
	assert_int_equal(do_mlock(s->mm, addr_of(first), n * PAGE_SIZE, lock, limit), err);
}

/* Everything that distinguishes private memory is taken back, in any order: neighbours may join. */
static void step_level(struct mspace *s, unsigned int first, unsigned int n)
{
	static const int plain[] = { MADV_NORMAL, MADV_DOFORK, MADV_KEEPONFORK, MADV_DODUMP };
	unsigned int start = random_below(6), end;
	const struct mvma *v = m_at(s, first);

	if (v && test_random(4)) {		/* all of one VMA */
		first = v->start;
		n = v->end - v->start;
	}
	end = first + n;
	for (unsigned int i = start; i < start + 6; i++) {
		unsigned long a = addr_of(first), len = n * PAGE_SIZE;
		unsigned int k = i % 6;

		if (k < ARRAY_SIZE(plain))
			assert_int_equal(m_advise(s, first, end, plain[k]), do_madvise(s->mm, a, len, plain[k]));
		else if (k == 4)
			assert_int_equal(m_protect(s, first, end, RW), do_mprotect(s->mm, a, len, RW));
		else
			assert_int_equal(m_lock(s, first, end, 0), do_mlock(s->mm, a, len, 0, ~0UL));
	}
}

/* mlockall(MCL_FUTURE), mostly undone soon */
static void step_mlockall(struct mspace *s, unsigned int first, unsigned int n)
{
	static const unsigned long locks[] = { 0, 0, 0, VM_LOCKED, LOCKED };

	(void)first;
	(void)n;
	s->mm->def_flags = locks[random_below(ARRAY_SIZE(locks))];
}

#endif
