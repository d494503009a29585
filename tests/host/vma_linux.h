/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_linux.h - the VMAs of an address space as Linux keeps them, in a plain array
 *
 * Which neighbours are one VMA is part of what a program sees (/proc/PID/maps, the limit on their
 * number), and it depends on history: on who wrote first, and who was forked. So the model keeps
 * VMAs and anon_vmas of its own, and derives both from the pages: the first anonymous page of a VMA
 * gives it an anon_vma (a neighbour's, if they may join later), fork gives the child one below it.
 * No trees, no locks, no moving of borders: split, change, join whatever may be joined.
 */
#ifndef TESTS_VMA_LINUX_H
#define TESTS_VMA_LINUX_H

#define WINDOW		256U		/* pages */
#define GUARDS		2U		/* VMAs of one page each, below and above it */
#define MAX_LINKS	24U
#define NR_MAV		8192U

/* An anon_vma: @vmas are linked to it, @active have it as their own, @real is the kernel's. */
struct mav {
	struct mav *parent;
	unsigned int vmas, active, children;
	struct anon_vma *real;
};

struct mvma {
	unsigned int start, end;	/* pages of the window */
	unsigned long flags, pgoff;
	int object;
	struct mav *av, *chain[MAX_LINKS];
	unsigned int links;
};

struct mpage { bool anon, lazy; u64 value; };	/* lazy: MADV_FREE, and not written since */

struct mspace {
	struct mm_struct *mm;
	unsigned int brk_start, brk;	/* pages of the window */
	unsigned int count;
	struct mvma vma[WINDOW];
	struct mpage page[WINDOW];
};

static struct mav mavs[NR_MAV];

/* ---- anon_vmas ------------------------------------------------------------------------------- */

static struct mav *mav_new(struct mav *parent)
{
	static unsigned int next;

	for (unsigned int tries = 0; tries < NR_MAV; tries++) {
		struct mav *av = &mavs[next++ % NR_MAV];

		if (av->vmas)
			continue;
		*av = (struct mav){ .parent = parent };
		if (parent)
			parent->children++;
		return av;
	}
	fail_msg("more than %u anon_vmas", NR_MAV);
	return NULL;
}

static void mav_link(struct mvma *v, struct mav *av)
{
	assert_true(v->links < MAX_LINKS);
	v->chain[v->links++] = av;
	av->vmas++;
}

static void mav_use(struct mvma *v, struct mav *av)
{
	v->av = av;
	av->active++;
}

/* @v, a copy of another VMA, is linked to all that one is linked to. */
static void mav_clone(struct mvma *v)
{
	for (unsigned int i = 0; i < v->links; i++)
		v->chain[i]->vmas++;
	if (v->av)
		v->av->active++;
}

static void mav_unlink(struct mvma *v)
{
	for (unsigned int i = 0; i < v->links; i++)
		if (!--v->chain[i]->vmas && v->chain[i]->parent)
			v->chain[i]->parent->children--;
	if (v->av)
		v->av->active--;
	v->av = NULL;
	v->links = 0;
}

/*
 * The child's @v, a copy of the parent's: linked to everything that was, and with an anon_vma of its own. The
 * oldest that a dead process left will do, if it has one line of descendants at most and is no root.
 */
static void mav_fork(struct mvma *v)
{
	struct mav *above = v->av;

	if (!above)
		return;
	v->av = NULL;
	mav_clone(v);
	for (unsigned int i = 0; i < v->links && !v->av; i++)
		if (v->chain[i]->parent && !v->chain[i]->active && v->chain[i]->children < 2)
			mav_use(v, v->chain[i]);
	if (!v->av) {
		mav_use(v, mav_new(above));
		mav_link(v, v->av);
	}
}

/* ---- the array ------------------------------------------------------------------------------- */

/* m_first - index of the first VMA that ends above @page */
static unsigned int m_first(const struct mspace *s, unsigned int page)
{
	unsigned int i = 0;

	while (i < s->count && s->vma[i].end <= page)
		i++;
	return i;
}

static struct mvma *m_at(struct mspace *s, unsigned int page)
{
	unsigned int i = m_first(s, page);

	return i < s->count && s->vma[i].start <= page ? &s->vma[i] : NULL;
}

static bool range_free(const struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int i = m_first(s, first);

	return i == s->count || s->vma[i].start >= first + n;
}

static void m_remove(struct mspace *s, unsigned int i)
{
	mav_unlink(&s->vma[i]);
	memmove(&s->vma[i], &s->vma[i + 1], (--s->count - i) * sizeof(s->vma[0]));
}

/* m_insert - a copy of @v, whose links are counted already; returns its index */
static unsigned int m_insert(struct mspace *s, const struct mvma *v)
{
	unsigned int i = m_first(s, v->start);

	assert_true(s->count < WINDOW && (i == s->count || s->vma[i].start >= v->end));
	memmove(&s->vma[i + 1], &s->vma[i], (s->count++ - i) * sizeof(s->vma[0]));
	s->vma[i] = *v;
	return i;
}

/* m_cut - a border at @page, if a VMA lies across it */
static void m_cut(struct mspace *s, unsigned int page)
{
	struct mvma *v = m_at(s, page), upper;

	if (!v || v->start == page)
		return;
	upper = *v;
	upper.start = page;
	upper.pgoff += page - v->start;
	v->end = page;
	mav_clone(&upper);
	m_insert(s, &upper);
}

/* ---- Linux's rules --------------------------------------------------------------------------- */

static bool follows(const struct mvma *a, const struct mvma *b)
{
	return a->end == b->start && a->object == b->object && a->pgoff + (a->end - a->start) == b->pgoff;
}

/* Both have one: it must be the same. One has: it must not have come through fork. */
static bool avs_agree(const struct mvma *a, const struct mvma *b)
{
	if (a->av && b->av)
		return a->av == b->av;
	return (!a->av || a->links == 1) && (!b->av || b->links == 1);
}

static bool may_join(const struct mvma *a, const struct mvma *b)
{
	return a->flags == b->flags && follows(a, b) && avs_agree(a, b);
}

/* m_join_above - VMA @i with the next one, if they may */
static void m_join_above(struct mspace *s, unsigned int i)
{
	struct mvma *a = &s->vma[i], *b = a + 1;

	if (i + 1 >= s->count || !may_join(a, b))
		return;
	if (!a->av && b->av) {
		memcpy(a->chain, b->chain, sizeof(a->chain));
		a->links = b->links;
		a->av = b->av;
		mav_clone(a);
	}
	a->end = b->end;
	m_remove(s, i + 1);
}

/* m_settle - VMA @i is new or has changed: join it with the one below, then with the one above */
static void m_settle(struct mspace *s, unsigned int i)
{
	unsigned int before = s->count;

	if (i)
		m_join_above(s, i - 1);
	m_join_above(s, s->count < before ? i - 1 : i);
}

/* m_modify - [first, end), all in one VMA, gets @flags; 0 or -ENOMEM: too many VMAs */
static int m_modify(struct mspace *s, unsigned int first, unsigned int end, unsigned long flags)
{
	unsigned int i = m_first(s, first), splits;
	struct mvma *v = &s->vma[i], part = *v;
	bool joins;

	part.flags = flags;
	splits = (v->start < first) + (end < v->end);
	joins = (first == v->start && i && may_join(v - 1, &part)) ||
		(end == v->end && i + 1 < s->count && may_join(&part, v + 1));
	if (splits && !joins && s->count + GUARDS + splits > (unsigned int)sysctl_max_map_count)
		return -ENOMEM;
	m_cut(s, first);
	m_cut(s, end);
	i = m_first(s, first);
	s->vma[i].flags = flags;
	m_settle(s, i);
	return 0;
}

#endif
