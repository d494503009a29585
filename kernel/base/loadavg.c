/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/loadavg.c - how busy has the machine been over 1, 5 and 15 minutes?
 *
 * Every five seconds of busy time the number of runnable threads n enters each average:
 *      avg = avg * e + n * (1 - e),   e = exp(-5 s / period), in units of 1/2048
 * While every CPU idles there is no tick; the intervals that this covered are entered with the next one.
 *
 * LOCKS          none: of the CPUs whose tick finds a sample due, the one that moves next_update takes it;
 *                readers may see one average older.
 */
#include <kernel/sched.h>
#include <kernel/timer.h>

#define FIXED_1		2048UL
#define INTERVAL	(5 * NSEC_PER_SEC)
#define MAX_CATCH_UP	1024UL	/* after that many idle intervals every average is 0 */

static const unsigned long decay[3] = { 1884, 2014, 2037 };	/* 2048 * exp(-5/60), (-5/300), (-5/900) */
static unsigned long avg[3];
u64 load_next_update;		/* (a) */

static void enter(unsigned long n)
{
	for (unsigned int i = 0; i < 3; i++)
		avg[i] = (avg[i] * decay[i] + n * FIXED_1 * (FIXED_1 - decay[i])) / FIXED_1;
}

static unsigned int count_running(void)
{
	unsigned int cpu, n = 0;

	for_each_online_cpu(cpu)
		n += sched_nr_queued(cpu);
	return n;
}

void sched_load_tick(u64 now)
{
	u64 due = READ_ONCE(load_next_update), missed;

	if (now < due || cmpxchg(&load_next_update, due, now + INTERVAL) != due || !due)
		return;
	missed = (now - due) / INTERVAL;
	for (u64 i = 0; i < min(missed, MAX_CATCH_UP); i++)
		enter(0);
	enter(count_running());
}

void sched_load(struct sched_load *l)
{
	for (unsigned int i = 0; i < 3; i++)
		l->avg[i] = avg[i];
	l->running = count_running();
	l->total = 0;
}
