/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/loadavg.c - how busy has the machine been over 1, 5 and 15 minutes?
 *
 * Every five seconds of busy time the number of runnable threads n enters each average:
 *      avg = avg * e + n * (1 - e),   e = exp(-5 s / period), in units of 1/2048
 * Idle stretches have no tick; the intervals they covered are entered when the next one ends.
 *
 * LOCKS          none: CPU 0's tick is the only writer; readers may see one average older.
 */
#include <kernel/sched.h>
#include <kernel/timer.h>

#define FIXED_1		2048UL
#define INTERVAL	(5 * NSEC_PER_SEC)
#define MAX_CATCH_UP	1024	/* after that many idle intervals every average is 0 */

static const unsigned long decay[3] = { 1884, 2014, 2037 };	/* 2048 * exp(-5/60), (-5/300), (-5/900) */
static unsigned long avg[3];
static u64 next_update;

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
	unsigned int missed = 0;

	if (!next_update)
		next_update = now + INTERVAL;
	if (now < next_update)
		return;
	for (; next_update + INTERVAL <= now && missed < MAX_CATCH_UP; missed++) {
		enter(0);
		next_update += INTERVAL;
	}
	enter(count_running());
	next_update = now + INTERVAL;
}

void sched_load(struct sched_load *l)
{
	for (unsigned int i = 0; i < 3; i++)
		l->avg[i] = avg[i];
	l->running = count_running();
	l->total = 0;
}
