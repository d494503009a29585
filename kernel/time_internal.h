/* SPDX-License-Identifier: MIT */
/* kernel/time_internal.h - what the files about time share */
#ifndef KERNEL_TIME_INTERNAL_H
#define KERNEL_TIME_INTERNAL_H

#include <kernel/timer.h>
#include <uapi/time.h>

#define KTIME_MAX	(__INT64_MAX__ / 2)	/* some 146 years: sums of two do not overflow */

static inline bool timespec_valid(const struct timespec64 *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < (long)NSEC_PER_SEC;
}

/* timespec_to_ns - saturates at KTIME_MAX; @ts is valid */
static inline u64 timespec_to_ns(const struct timespec64 *ts)
{
	if ((u64)ts->tv_sec >= KTIME_MAX / NSEC_PER_SEC)
		return KTIME_MAX;
	return (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
}

static inline struct timespec64 ns_to_timespec(u64 ns)
{
	return (struct timespec64){ (s64)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };
}

/* deadline_after - absolute monotonic time @ns from now, saturating */
static inline u64 deadline_after(u64 ns)
{
	return clock_monotonic_ns() + (ns > KTIME_MAX ? KTIME_MAX : ns);
}

/* timeout_from_user - a relative timeout becomes a deadline: 0, -EFAULT, -EINVAL */
int timeout_from_user(const struct timespec64 __user *uts, u64 *deadline);
/* clock_read - ns on clock @id; 0 or -EINVAL */
int clock_read(int id, u64 *ns);
/* clock_is_wall - absolute times on it move with settimeofday; clock_is_cpu - it stands while nobody runs */
static inline bool clock_is_wall(int id)
{
	return id == CLOCK_REALTIME || id == CLOCK_REALTIME_ALARM || id == CLOCK_TAI;
}
static inline bool clock_can_sleep(int id)
{
	return clock_is_wall(id) || id == CLOCK_MONOTONIC || id == CLOCK_BOOTTIME ||
	       id == CLOCK_BOOTTIME_ALARM;
}
/* deadline_on_clock - absolute time @ns of clock @id as a monotonic deadline */
u64 deadline_on_clock(int id, u64 ns);

#endif
