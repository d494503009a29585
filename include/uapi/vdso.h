/* SPDX-License-Identifier: MIT */
/*
 * vdso.h - the clock that a program reads without a system call
 *
 *	[vvar]	one page of kernel data, read-only to programs: struct vdso_data
 *	[vdso]	an ELF shared object (arch/.../vdso/), at AT_SYSINFO_EHDR: reads the counter and vvar
 *
 *	ns of a clock = ((counter << shift) * factor >> 64) + offset[clock]
 *
 * ALWAYS TRUE	O1  only offset[] changes after boot, by whole words: a reader needs no lock and no
 *		    second look.
 *
 * Compiled for the kernel and for the vDSO, and private to the two: programs only know the functions.
 */
#ifndef UAPI_VDSO_H
#define UAPI_VDSO_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <uapi/time.h>

#define VDSO_CLOCKS	(CLOCK_TAI + 1)
#define VDSO_ASK_KERNEL	(1UL << 63)	/* in offset[]: not a clock of the vDSO */

struct vdso_data {
	u64	offset[VDSO_CLOCKS];	/* (a)                                                */
	u64	factor, shift;		/* (i)                                                */
	u64	nsec_per_sec;		/* (i) in memory, so that the division is one instruction */
	u64	boot_ns;		/* (i) what the formula gives without offset at boot  */
};

/* vdso_set_scale - from @ns_per_tick, fixed point with 32 bits of fraction: the same result to the ns */
static inline void vdso_set_scale(struct vdso_data *d, u64 ns_per_tick)
{
	d->shift = 0;
	while (ns_per_tick >> 32 >> d->shift)
		d->shift++;
	d->factor = ns_per_tick << (32 - d->shift);
}

#ifdef VERSO_VDSO

struct vdso_timespec { s64 sec; s64 nsec; };
struct vdso_timeval { s64 sec; s64 usec; };
struct vdso_timezone { s32 minuteswest, dsttime; };

/* the page below the ELF header, placed by vdso.ld */
extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

/* vdso_offset - of clock @id; the usual one first: 36 instructions a call instead of 47 (riscv) */
static inline u64 vdso_offset(int id)
{
	if (likely(id == CLOCK_MONOTONIC))
		return vdso_data.offset[CLOCK_MONOTONIC];
	return (u32)id < VDSO_CLOCKS ? READ_ONCE(vdso_data.offset[id]) : VDSO_ASK_KERNEL;
}

static inline u64 vdso_counter_ns(u64 counter)
{
	return (u64)(((unsigned __int128)(counter << vdso_data.shift) * vdso_data.factor) >> 64);
}

#endif
#endif
