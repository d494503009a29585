/* SPDX-License-Identifier: MIT */
/*
 * lib/refcount.h - reference counts that saturate instead of wrapping
 *
 *   0  dead   1..INT_MAX  alive   negative  saturated: never freed again, a leak but no reuse
 *
 * Taking a reference on a dead object, giving back one too many, or more than INT_MAX of them is
 * a bug of the caller: refcount_bug() is told, the count is pinned at REFCOUNT_SATURATED (half
 * way down the negative range, so racing CPUs cannot bring it back), and the object leaks.
 */
#ifndef LIB_REFCOUNT_H
#define LIB_REFCOUNT_H

#include <lib/atomic.h>

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)	{ ATOMIC_INIT(n) }
#define REFCOUNT_SATURATED	(-0x40000000)

/* refcount_bug - supplied by the user of lib/ (panic, a test): @what happened to @ref */
void refcount_bug(const char *what, void *ref);

/* refcount_saturate - pin the count and report; out of line because it never happens */
void refcount_saturate(refcount_t *r, const char *what);

/* refcount_set - start with @n references, before others see the object */
static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

/* refcount_read - the count now; a hint unless the caller excludes others */
static inline int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}

/* refcount_add - take @n more; the caller already holds one */
static inline void refcount_add(int n, refcount_t *r)
{
	int old = __atomic_fetch_add(&r->refs.counter, n, __ATOMIC_RELAXED);

	if (unlikely(old == 0))
		refcount_saturate(r, "reference taken on a dead object");
	else if (unlikely(old < 0 || old > __INT_MAX__ - n))
		refcount_saturate(r, "too many references");
}

/* refcount_inc - take one more; the caller already holds one */
static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

/* refcount_inc_not_zero - take one unless the object is dead; true when taken */
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	int old = refcount_read(r);

	do {
		if (old == 0)
			return false;
	} while (!atomic_try_cmpxchg(&r->refs, &old, (int)(old + 1U)));
	if (unlikely(old < 0 || old == __INT_MAX__))
		refcount_saturate(r, "too many references");
	return true;
}

/* refcount_sub_and_test - give back @n; true when that killed the object: the caller frees it */
static inline bool refcount_sub_and_test(int n, refcount_t *r)
{
	int old = atomic_fetch_sub(n, &r->refs);

	if (old == n)
		return true;
	if (unlikely(old < n))
		refcount_saturate(r, "reference given back twice");
	return false;
}

/* refcount_dec_and_test - give back one; true when it was the last: the caller frees the object */
static inline bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

#endif
