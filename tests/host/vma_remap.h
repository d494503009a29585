/* SPDX-License-Identifier: MIT */
/* tests/host/vma_remap.h - mremap on the model and on the kernel, as vma_calls.h does */
#ifndef TESTS_VMA_REMAP_H
#define TESTS_VMA_REMAP_H

struct remap_call { unsigned int first, n, to, new_n; unsigned long flags; };

static bool overlap(const struct remap_call *c)
{
	return c->first + c->n > c->to && c->to + c->new_n > c->first;
}

static int m_resize_errno(const struct mspace *s, const struct mvma *v, const struct remap_call *c)
{
	unsigned int grow = c->new_n > c->n ? c->new_n - c->n : 0;

	if (!c->n && !(v->flags & VM_SHARED))
		return -EINVAL;
	if (c->first + min(c->n, c->new_n) > v->end)
		return -EFAULT;
	if (grow && !m_may_lock(s, v->flags, grow))
		return -EAGAIN;
	return !grow || m_may_expand(s, v->flags, grow) ? 0 : -ENOMEM;
}

/* m_leave - MREMAP_DONTUNMAP: the old place stays, empty */
static void m_leave(struct mspace *s, const struct remap_call *c)
{
	struct mvma *v = m_at(s, c->first);

	v->flags &= ~LOCKED;
	if (v->start == c->first && v->end == c->first + c->n)
		mav_unlink(v);
}

static long m_move(struct mspace *s, const struct remap_call *c)
{
	struct mvma *v = m_at(s, c->first), new = *v;
	struct mpage moved[MAX_LEN] = { 0 };

	if (m_maps(s) >= sysctl_max_map_count - 3)
		return -ENOMEM;
	new.start = c->to;
	new.end = c->to + c->new_n;
	new.pgoff = object_page(v, c->first);
	if (v->object == NO_OBJECT && !v->av)
		new.pgoff = addr_of(c->to) >> PAGE_SHIFT;
	memcpy(moved, &s->page[c->first], min(c->n, c->new_n) * sizeof(moved[0]));
	memset(&s->page[c->first], 0, min(c->n, c->new_n) * sizeof(moved[0]));
	mav_clone(&new);
	if (c->to != OUTSIDE)
		m_insert(s, &new);
	if (c->flags & MREMAP_DONTUNMAP)
		m_leave(s, c);
	else if (c->n)
		assert_int_equal(m_unmap(s, c->first, c->n), 0);
	if (c->to == OUTSIDE) {
		mav_unlink(&new);
		return 0;
	}
	memcpy(&s->page[c->to], moved, c->new_n * sizeof(moved[0]));
	m_settle(s, m_first(s, c->to));
	return (long)addr_of(c->to);
}

/* MREMAP_FIXED or MREMAP_DONTUNMAP */
static long m_remap_to(struct mspace *s, struct remap_call *c)
{
	struct mvma *v = m_at(s, c->first);
	long err;

	if (overlap(c))
		return -EINVAL;
	if (m_maps(s) + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	err = m_resize_errno(s, v, c);
	if (err)
		return err;
	if (c->flags & MREMAP_FIXED)
		assert_int_equal(m_unmap(s, c->to, c->new_n), 0);
	else if (!range_free(s, c->to, c->new_n))
		c->to = m_highest_gap(s, c->new_n);
	if (c->n > c->new_n) {
		assert_int_equal(m_unmap(s, c->first + c->new_n, c->n - c->new_n), 0);
		c->n = c->new_n;
	}
	v = m_at(s, c->first);
	if (!v)
		return -EFAULT;			/* length 0, onto itself: it is gone */
	if ((c->flags & MREMAP_DONTUNMAP) && !m_may_expand(s, v->flags, c->n))
		return -ENOMEM;			/* what was at the new place does not count */
	return m_move(s, c);
}

static bool m_grows_in_place(struct mspace *s, const struct mvma *v, const struct remap_call *c)
{
	return c->n && c->first + c->n == v->end && c->first + c->new_n <= WINDOW &&
	       range_free(s, c->first + c->n, c->new_n - c->n);
}

static long m_remap(struct mspace *s, struct remap_call *c)
{
	struct mvma *v = m_at(s, c->first);
	long err;

	if (!v)
		return -EFAULT;
	if (c->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return m_remap_to(s, c);
	if (c->new_n <= c->n) {
		err = c->new_n < c->n ? m_unmap(s, c->first + c->new_n, c->n - c->new_n) : 0;
		return err ? err : (long)addr_of(c->first);
	}
	err = m_resize_errno(s, v, c);
	if (err)
		return err;
	if (m_grows_in_place(s, v, c)) {
		v->end = c->first + c->new_n;
		m_join_above(s, (unsigned int)(v - s->vma));
		return (long)addr_of(c->first);
	}
	if (!(c->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	c->to = m_highest_gap(s, c->new_n);
	return m_move(s, c);
}

static void random_remap(struct remap_call *c)
{
	c->new_n = test_random(4) ? 1 + random_below(MAX_LEN) : c->n;
	c->flags = test_random(3) ? MREMAP_MAYMOVE : 0;
	if (c->flags && test_random(3) == 0)
		c->flags |= MREMAP_FIXED;
	if (c->flags && test_random(5) == 0) {
		c->flags |= MREMAP_DONTUNMAP;
		c->new_n = c->n;
	} else if (test_random(10) == 0) {
		c->n = 0;
	}
	c->to = test_random(16) ? random_below(WINDOW - c->new_n) : min(c->first, WINDOW - c->new_n);
}

static void remap(struct mspace *s, struct remap_call c)
{
	unsigned long len = c.n * PAGE_SIZE, new_addr = addr_of(c.to);
	unsigned int n = c.n;
	long expected = m_remap(s, &c), ret;

	ret = do_mremap(s->mm, addr_of(c.first), len, c.new_n * PAGE_SIZE, c.flags, new_addr);
	if (!expected)
		below_window(s, ret, c.new_n);
	else
		assert_int_equal(ret, expected);
	if (expected > 0 && c.new_n > n) {
		unsigned int at = (unsigned int)(((unsigned long)expected - base) >> PAGE_SHIFT);

		if (m_at(s, at)->flags & VM_LOCKED)
			m_populate(s, at, at + c.new_n);
	}
}

/* What a move has emptied may grow at once: it has no anon_vma any more. */
static void step_mremap(struct mspace *s, unsigned int first, unsigned int n)
{
	struct remap_call c = { .first = first, .n = n };

	random_remap(&c);
	remap(s, c);
	if ((c.flags & MREMAP_DONTUNMAP) && test_random(2) && n < MAX_LEN)
		remap(s, (struct remap_call){ .first = first, .n = n, .new_n = n + 1 });
}

#endif
