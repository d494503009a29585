/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/vdso/vdso.c - the functions of the vDSO
 *
 * THE QUESTION   How does a program learn the time without entering the kernel?
 *
 * User mode may read the counter itself (RDTSC: CR4.TSD is clear), and uapi/vdso.h says how
 * nanoseconds come out of it. A clock that the page does not describe is a real system call. A
 * signal handler's way back is not here: the C library brings its own (SA_RESTORER).
 *
 * LEFT OUT       getcpu, time, clock_getres: the C library calls the kernel.
 */
#include <asm/vdso.h>
#include <uapi/vdso.h>

long __vdso_clock_gettime(int id, struct vdso_timespec *ts);
long __vdso_gettimeofday(struct vdso_timeval *tv, struct vdso_timezone *tz);

#define NR_clock_gettime	228

/* LFENCE: not before the loads that come first in the program. */
static inline u64 counter(void)
{
	u64 low, high;			/* RDTSC clears the upper halves */

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return high << 32 | low;
}

static long ask_kernel(long id, void *ts)
{
	long result = NR_clock_gettime;

	__asm__ volatile("syscall" : "+a"(result) : "D"(id), "S"(ts) : "rcx", "r11", "memory");
	return result;
}

/* ---- clocks ---- */

long __vdso_clock_gettime(int id, struct vdso_timespec *ts)
{
	u64 offset = vdso_offset(id), ns;

	if (unlikely(id != CLOCK_MONOTONIC && offset == VDSO_ASK_KERNEL))
		return ask_kernel(id, ts);
	ns = vdso_counter_ns(counter()) + offset;
	ts->sec = (s64)(ns / vdso_data.nsec_per_sec);
	ts->nsec = (s64)(ns % vdso_data.nsec_per_sec);
	return 0;
}

long __vdso_gettimeofday(struct vdso_timeval *tv, struct vdso_timezone *tz)
{
	u64 ns = vdso_counter_ns(counter()) + vdso_offset(CLOCK_REALTIME);

	if (tv) {
		tv->sec = (s64)(ns / vdso_data.nsec_per_sec);
		tv->usec = (s64)(ns % vdso_data.nsec_per_sec / 1000);
	}
	if (tz)
		*tz = (struct vdso_timezone){ 0, 0 };
	return 0;
}

/* ---- the way back from a signal handler ---- */

/* SA_RESTORER; see above. */
