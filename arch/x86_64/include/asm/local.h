/* SPDX-License-Identifier: MIT */
/*
 * asm/local.h - a list head of this CPU, changed without lock and with interrupts on
 *
 * Only an interrupt handler of the same CPU can come between, so nothing needs LOCK. CMPXCHG16B compares head and tag
 * in one instruction, which no interrupt divides; the tag grows with each change, so that a head which went away and
 * came back (A, B, A) is noticed. RISC-V has this in LR and SC and needs no tag.
 */
#ifndef ASM_LOCAL_H
#define ASM_LOCAL_H

#include <lib/compiler.h>

struct local_head { void *first; unsigned long tag; } __aligned(16);

/* arch_local_begin - the first of @h; opens an attempt to replace it, known by *@tag */
static inline void *arch_local_begin(struct local_head *h, unsigned long *tag)
{
	*tag = READ_ONCE(h->tag);	/* before `first`: an interrupt between the two makes the tag old */
	return READ_ONCE(h->first);
}

/* arch_local_commit - @first of arch_local_begin() becomes @new; false: an interrupt changed @h, start again */
static inline bool arch_local_commit(struct local_head *h, void *first, unsigned long tag, void *new)
{
	unsigned long next_tag = tag + 1;
	bool same;

	asm volatile("cmpxchg16b %1" : "=@ccz" (same), "+m" (*h), "+a" (first), "+d" (tag)
				     : "b" (new), "c" (next_tag) : "memory");
	return same;
}

/* arch_local_set - with interrupts off; the attempts it has interrupted fail */
static inline void arch_local_set(struct local_head *h, void *new)
{
	h->tag++;
	h->first = new;
}

#endif
