/* SPDX-License-Identifier: MIT */
/*
 * asm/local.h - a list head of this CPU, changed without lock and with interrupts on
 *
 * Only an interrupt handler of the same CPU can come between. SC fails if anything executed another SC since LR
 * (unprivileged spec 8.2). Every change of a head ends in one, but that is not enough: an LR after it, in a handler
 * that goes no further, would be taken for ours. The way out of a trap has an SC (entry.S, E6), so a head that went
 * away and came back (A, B, A) is noticed without a tag; x86-64 has no such pair and compares a tag in CMPXCHG16B.
 * Here the tag only counts (three instructions, and an interrupt in between may lose one).
 * Code between LR and SC may load and store, so SC may fail for reasons of the CPU's own: callers do not insist but
 * take their slow path.
 */
#ifndef ASM_LOCAL_H
#define ASM_LOCAL_H

#include <lib/compiler.h>

struct local_head { void *first; unsigned long tag; } __aligned(16);

/* arch_local_begin - the first of @h; opens an attempt to replace it, known by *@tag */
static inline void *arch_local_begin(struct local_head *h, unsigned long *tag)
{
	void *first;

	*tag = 0;
	__asm__ volatile("lr.d %0, %1" : "=r"(first) : "A"(h->first) : "memory");
	return first;
}

/* arch_local_commit - @first of arch_local_begin() becomes @new; false: an interrupt changed @h, start again */
static inline bool arch_local_commit(struct local_head *h, void *first, unsigned long tag, void *new)
{
	unsigned long failed;

	__asm__ volatile("sc.d %0, %2, %1" : "=&r"(failed), "+A"(h->first) : "r"(new) : "memory");
	if (failed)
		return false;
	h->tag++;
	return true;
}

/* arch_local_set - with interrupts off; the attempts it has interrupted fail */
static inline void arch_local_set(struct local_head *h, void *new)
{
	unsigned long failed;

	__asm__ volatile("sc.d %0, %2, %1" : "=&r"(failed), "+A"(h->first) : "r"(new) : "memory");
	h->first = new;
	h->tag++;
}

#endif
