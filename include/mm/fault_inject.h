/* SPDX-License-Identifier: MIT */
/* fault_inject.h - allocations that fail on purpose (mm/fault_inject.c) */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include <lib/atomic.h>
#include <lib/compiler.h>
#include <mm/types.h>

/*
 * alloc_watch - who wants to see each allocation: WATCH_*; 0, as always: nobody. While WATCH_FAIL is set the per-CPU
 * fast paths find nothing (page_alloc_watch(), slab_watch()), so only slow paths ask the questions below.
 */
#define WATCH_FAIL	BIT(0)
#define WATCH_OWNER	BIT(1)
extern unsigned long alloc_watch;

/* one kind of failure; the names are those of the files below /proc/fail_page_alloc and /proc/failslab */
struct fault_attr {
	const char	*name;
	unsigned long	probability;	/* percent; 0: off                                             */
	unsigned long	interval;	/* 1: each that passes the other tests; n: every n-th          */
	long		times;		/* failures left; -1: no limit                                 */
	long		space;		/* bytes to let through first                                  */
	unsigned long	verbose;	/* 0 silent, 1 a line in the log, 2 on the console with a stack */
	unsigned long	task_filter;	/* only tasks with make-it-fail                                */
	unsigned long	ignore_gfp_wait; /* only those that may not wait fail                          */
	unsigned long	min_order;	/* pages only                                                  */
	char		cache[32];	/* slab only: this cache; "": all                              */
	unsigned long	count;		/* candidates so far                                           */
	unsigned int	armed;		/* counted in fault_arm()'s number                             */
};
extern struct fault_attr fail_page_alloc, failslab;

/* fail_page, fail_object - should this allocation fail? Use the two below, which cost a load when nobody asked. */
bool fail_page(gfp_t gfp, unsigned int order);
bool fail_object(const char *cache, size_t size, gfp_t gfp);

static inline bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	return unlikely(READ_ONCE(alloc_watch) & WATCH_FAIL) && fail_page(gfp, order);
}

static inline bool should_failslab(const char *cache, size_t size, gfp_t gfp)
{
	return unlikely(READ_ONCE(alloc_watch) & WATCH_FAIL) && fail_object(cache, size, gfp);
}

/* slab_bypass - must allocators keep their per-CPU lists empty? */
static inline bool slab_bypass(void) { return unlikely(READ_ONCE(alloc_watch) & WATCH_FAIL); }

/* fault_arm, fault_disarm - one more, one less reason to watch. sleeps: fault_arm, until every CPU's lists are empty */
void fault_arm(void);
void fault_disarm(void);
/* fault_attr_update - after a change of @a: arm or disarm. fault_attr_parse - "interval,probability,space,times" */
void fault_attr_update(struct fault_attr *a);
bool fault_attr_parse(struct fault_attr *a, const char *text);
/* fault_inject_init - boot parameters; once slab caches exist. */
void fault_inject_init(void);
/* fault_was_injected - since the last call, to the running thread? Then memory has not run out. */
bool fault_was_injected(void);
/* fault_inject_exit - the running thread ends: its fail-nth no longer counts. */
void fault_inject_exit(void);

#endif
