/* SPDX-License-Identifier: MIT */
/* asm/local.h - a list head of this CPU; host_interrupt(), if set, comes in the middle of each change */
#ifndef ASM_LOCAL_H
#define ASM_LOCAL_H

#include <asm/irqflags.h>
#include <lib/compiler.h>

struct local_head { void *first; unsigned long tag; } __aligned(16);

extern void (*host_interrupt)(void);

static inline void *arch_local_begin(struct local_head *h, unsigned long *tag)
{
	*tag = h->tag;
	return h->first;
}

static inline bool arch_local_commit(struct local_head *h, void *first, unsigned long tag, void *new)
{
	if (host_interrupt && !host_irqs_off)
		host_interrupt();
	if (h->first != first || h->tag != tag)
		return false;
	h->first = new;
	h->tag++;
	return true;
}

static inline void arch_local_set(struct local_head *h, void *new)
{
	h->first = new;
	h->tag++;
}

#endif
