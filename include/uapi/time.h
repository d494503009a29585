/* SPDX-License-Identifier: MIT */
/* uapi/time.h - times and clocks as programs pass them (clock_gettime(2), setitimer(2)) */
#ifndef UAPI_TIME_H
#define UAPI_TIME_H

#include <lib/types.h>

/* struct timespec64 - seconds and nanoseconds; Linux's __kernel_timespec */
struct timespec64 { s64 tv_sec; long tv_nsec; };

struct kernel_timeval { s64 tv_sec, tv_usec; };
struct kernel_itimerval { struct kernel_timeval it_interval, it_value; };
struct kernel_itimerspec { struct timespec64 it_interval, it_value; };
struct kernel_timezone { s32 tz_minuteswest, tz_dsttime; };
struct kernel_tms { s64 tms_utime, tms_stime, tms_cutime, tms_cstime; };

#define CLOCK_REALTIME			0
#define CLOCK_MONOTONIC			1
#define CLOCK_PROCESS_CPUTIME_ID	2
#define CLOCK_THREAD_CPUTIME_ID		3
#define CLOCK_MONOTONIC_RAW		4
#define CLOCK_REALTIME_COARSE		5
#define CLOCK_MONOTONIC_COARSE		6
#define CLOCK_BOOTTIME			7
#define CLOCK_REALTIME_ALARM		8
#define CLOCK_BOOTTIME_ALARM		9
#define CLOCK_TAI			11

#define TIMER_ABSTIME			1

#define ITIMER_REAL			0
#define ITIMER_VIRTUAL			1
#define ITIMER_PROF			2

#define USER_HZ				100	/* clock ticks of times() and /proc */

#endif
