/* SPDX-License-Identifier: MIT */
/* uapi/sysinfo.h - what sysinfo(2) fills in */
#ifndef UAPI_SYSINFO_H
#define UAPI_SYSINFO_H

#include <lib/types.h>

struct sysinfo {
	s64	uptime;			/* seconds */
	u64	loads[3];		/* 1, 5, 15 minutes, in 1/65536 */
	u64	totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16	procs, pad;
	u32	pad2;
	u64	totalhigh, freehigh;
	u32	mem_unit;		/* bytes per unit of the above */
	u32	pad3;
};

#endif
