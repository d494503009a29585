/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/vdso/vdso.c - the functions of the vDSO
 *
 * THE QUESTION   How does a program learn the time without entering the kernel?
 *
 * U-mode may read the counter itself (rdtime: scounteren.TM, start.S), and uapi/vdso.h says how
 * nanoseconds come out of it. A clock that the page does not describe is a real system call. This
 * port's vDSO also holds the way back from a signal handler (signal.c), at the place that
 * asm/vdso.h names.
 *
 * LEFT OUT       getcpu, clock_getres, flush_icache: the C library calls the kernel; CFI for
 *                unwinding through a handler.
 */
#include <asm/vdso.h>
#include <uapi/vdso.h>

long __vdso_clock_gettime(int id, struct vdso_timespec *ts);
long __vdso_gettimeofday(struct vdso_timeval *tv, struct vdso_timezone *tz);

#define NR_clock_gettime	113

static inline u64 counter(void)
{
	u64 ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks));
	return ticks;
}

static long ask_kernel(long id, void *ts)
{
	register long a0 __asm__("a0") = id;
	register void *a1 __asm__("a1") = ts;
	register long nr __asm__("a7") = NR_clock_gettime;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(nr) : "memory");
	return a0;
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

__asm__(".pushsection .text.sigreturn, \"ax\"\n"
	".globl	__vdso_rt_sigreturn\n"
	".type	__vdso_rt_sigreturn, @function\n"
	"__vdso_rt_sigreturn:\n"
	"	li	a7, 139\n"
	"	ecall\n"
	".size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn\n"
	".popsection");
