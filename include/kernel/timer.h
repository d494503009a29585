/* SPDX-License-Identifier: MIT */
/*
 * timer.h - clocks, and functions called later (kernel/base/timer.c)
 *
 * There is no periodic tick: each CPU asks for one interrupt at the earlier of its first timer and the
 * end of the running thread's time slice (if another thread waits). An idle CPU without timers gets none.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <kernel/spinlock.h>
#include <lib/rbtree.h>

#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_USEC	1000ULL

struct timer {
	struct rb_node	node;		/* in one CPU's tree while armed                          */
	u64		expires;	/* absolute, arch_clock_ns()                              */
	void		(*fn)(struct timer *t);	/* interrupt context, irqs off, no timer lock held; may re-arm */
	int		cpu;		/* tree it is on, -1 = not armed                          */
};

void timer_setup(struct timer *t, void (*fn)(struct timer *t));
/*
 * timer_arm - (re)arm on this CPU for @expires. timer_cancel - true if it was armed; on return fn is neither running
 * nor about to run anywhere, unless somebody armed it again (so never call it from fn itself or holding a lock that
 * fn takes). Any context otherwise.
 */
void timer_arm(struct timer *t, u64 expires);
bool timer_cancel(struct timer *t);

void timer_init(void);
void timer_init_cpu(void);		/* on each CPU */
/* timer_slice - scheduler: want an interrupt at @deadline on this CPU as well (~0 = no). */
void timer_slice(u64 deadline);

/*
 * timer_ticks - how far a port's counter must run from @now until @deadline (ns of arch_clock_ns()): 1 .. @limit.
 * @ticks_per_ns has 32 bits of fraction and is rounded down: that is less than a tick in 2^32 ns, and the product is
 * rounded down too, so up to 4 s (and 1 GHz) two more ticks are enough to be never early. Further away it may be early
 * by 2^-32 ticks for each ns of the distance, and the rest is asked for again; the time since boot does not matter.
 */
static inline u64 timer_ticks(u64 now, u64 deadline, u64 ticks_per_ns, u64 limit)
{
	unsigned __int128 ticks = 1;

	if (deadline > now)
		ticks = ((unsigned __int128)(deadline - now) * ticks_per_ns >> 32) + 2;
	return ticks < limit ? (u64)ticks : limit;
}

u64 clock_monotonic_ns(void);
u64 clock_realtime_ns(void);
/* clock_realtime_offset - wall clock minus monotonic clock, ns */
u64 clock_realtime_offset(void);
/* clock_settime_realtime - set the wall clock (clock_settime, settimeofday). */
void clock_set_realtime(u64 ns);
#define ktime_get() clock_monotonic_ns()

#endif
