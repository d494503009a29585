/* SPDX-License-Identifier: MIT */
/*
 * lib/atomic.h - words that several CPUs change at once, and fences
 *
 * Ordering is Linux's: an operation that returns a value is a full barrier; one that returns
 * nothing (add, inc, set_bit ...) orders nothing; read and set are plain untorn accesses.
 * (C11 7.17.3 seq_cst and relaxed; the compiler's __atomic builtins are those of gcc and clang.)
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include <lib/compiler.h>
#include <lib/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic64_t;

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }

/* Fences between this CPU's memory accesses as other CPUs see them: all, reads, writes. */
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

/* Later accesses stay after the load; earlier accesses stay before the store. Scalars only. */
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, val)	__atomic_store_n(p, val, __ATOMIC_RELEASE)

/* Exchange on any int- or long-sized scalar (a pte, a pointer); full barrier; returns the old. */
#define xchg(p, val)	__atomic_exchange_n(p, val, __ATOMIC_SEQ_CST)

/* Store @new if *p == @old; full barrier; returns what was there (equal to @old: success). */
#define cmpxchg(p, old, new) __extension__({ \
	__typeof__(*(p)) cmpxchg_old_ = (old); \
	__atomic_compare_exchange_n(p, &cmpxchg_old_, new, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	cmpxchg_old_; })

/*
 * For P = atomic on (atomic_t, int) and P = atomic64 on (atomic64_t, long), defines:
 *   P_read(v), P_set(v, i)                 plain
 *   P_add(i, v) P_sub P_inc(v) P_dec(v) P_or(i, v) P_andnot(i, v)            relaxed, no value
 *   P_add_return P_sub_return P_inc_return P_dec_return                      the new value
 *   P_fetch_add P_fetch_sub P_fetch_or P_fetch_and P_fetch_andnot P_xchg     the old value
 *   P_dec_and_test P_inc_and_test P_sub_and_test     true when the new value is 0
 *   P_cmpxchg(v, old, new)                 the old value
 *   P_try_cmpxchg(v, &old, new)            true on success; else old = what was there
 *   P_add_unless(v, a, u), P_inc_not_zero(v)   add unless the value is u; true if added
 */
#define ATOMIC_OPS(P, T, I) \
static inline I P##_read(const T *v) { return READ_ONCE(v->counter); } \
static inline void P##_set(T *v, I i) { WRITE_ONCE(v->counter, i); } \
static inline void P##_add(I i, T *v) \
{ (void)__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); } \
static inline void P##_sub(I i, T *v) \
{ (void)__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); } \
static inline void P##_or(I i, T *v) \
{ (void)__atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED); } \
static inline void P##_andnot(I i, T *v) \
{ (void)__atomic_fetch_and(&v->counter, ~i, __ATOMIC_RELAXED); } \
static inline void P##_inc(T *v) { P##_add(1, v); } \
static inline void P##_dec(T *v) { P##_sub(1, v); } \
static inline I P##_fetch_add(I i, T *v) \
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline I P##_fetch_sub(I i, T *v) \
{ return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline I P##_fetch_or(I i, T *v) \
{ return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline I P##_fetch_and(I i, T *v) \
{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline I P##_fetch_andnot(I i, T *v) { return P##_fetch_and(~i, v); } \
static inline I P##_add_return(I i, T *v) \
{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline I P##_sub_return(I i, T *v) \
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline I P##_inc_return(T *v) { return P##_add_return(1, v); } \
static inline I P##_dec_return(T *v) { return P##_sub_return(1, v); } \
static inline bool P##_inc_and_test(T *v) { return P##_add_return(1, v) == 0; } \
static inline bool P##_dec_and_test(T *v) { return P##_sub_return(1, v) == 0; } \
static inline bool P##_sub_and_test(I i, T *v) { return P##_sub_return(i, v) == 0; } \
static inline I P##_xchg(T *v, I i) { return xchg(&v->counter, i); } \
static inline I P##_cmpxchg(T *v, I old, I new) { return cmpxchg(&v->counter, old, new); } \
static inline bool P##_try_cmpxchg(T *v, I *old, I new) \
{ return __atomic_compare_exchange_n(&v->counter, old, new, false, \
				     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); } \
static inline bool P##_add_unless(T *v, I a, I u) \
{ \
	I old = P##_read(v); \
	do { \
		if (old == u) \
			return false; \
	} while (!P##_try_cmpxchg(v, &old, (I)((unsigned long)old + (unsigned long)a))); \
	return true; \
} \
static inline bool P##_inc_not_zero(T *v) { return P##_add_unless(v, 1, 0); }

ATOMIC_OPS(atomic, atomic_t, int)
ATOMIC_OPS(atomic64, atomic64_t, long)
#undef ATOMIC_OPS

/* Bit @nr of the array of words at @addr: which word, and the bit in it. */
#define BIT_WORD(nr)	((nr) / 64)
#define BIT_MASK(nr)	(1UL << ((nr) % 64))

/* set_bit, clear_bit - atomic; order nothing (see bitmap.h for the non-atomic __set_bit) */
static inline void set_bit(unsigned long nr, unsigned long *addr)
{
	(void)__atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned long nr, unsigned long *addr)
{
	(void)__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_RELAXED);
}

/* test_bit - plain read */
static inline bool test_bit(unsigned long nr, const unsigned long *addr)
{
	return (READ_ONCE(addr[BIT_WORD(nr)]) & BIT_MASK(nr)) != 0;
}

/* test_and_set_bit, test_and_clear_bit - atomic, full barrier; return the old bit */
static inline bool test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	return (__atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_SEQ_CST) &
		BIT_MASK(nr)) != 0;
}

static inline bool test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	return (__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_SEQ_CST) &
		BIT_MASK(nr)) != 0;
}

/* test_and_set_bit_lock, clear_bit_unlock - the pair that makes a bit a lock: acquire, release */
static inline bool test_and_set_bit_lock(unsigned long nr, unsigned long *addr)
{
	return (__atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_ACQUIRE) &
		BIT_MASK(nr)) != 0;
}

static inline void clear_bit_unlock(unsigned long nr, unsigned long *addr)
{
	(void)__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_RELEASE);
}

#endif
