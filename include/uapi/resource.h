/* SPDX-License-Identifier: MIT */
/* uapi/resource.h - limits, usage and priorities of a process (getrlimit(2), getrusage(2)) */
#ifndef UAPI_RESOURCE_H
#define UAPI_RESOURCE_H

#include <uapi/time.h>

#define RLIMIT_CPU		0
#define RLIMIT_FSIZE		1
#define RLIMIT_DATA		2
#define RLIMIT_STACK		3
#define RLIMIT_CORE		4
#define RLIMIT_RSS		5
#define RLIMIT_NPROC		6
#define RLIMIT_NOFILE		7
#define RLIMIT_MEMLOCK		8
#define RLIMIT_AS		9
#define RLIMIT_LOCKS		10
#define RLIMIT_SIGPENDING	11
#define RLIMIT_MSGQUEUE		12
#define RLIMIT_NICE		13
#define RLIMIT_RTPRIO		14
#define RLIMIT_RTTIME		15
#define RLIM_NLIMITS		16

#define RLIM_INFINITY		(~0UL)

struct rlimit64 { u64 rlim_cur, rlim_max; };

#define RUSAGE_SELF		0
#define RUSAGE_CHILDREN		(-1)
#define RUSAGE_THREAD		1

struct rusage {
	struct kernel_timeval ru_utime, ru_stime;
	s64	ru_maxrss;		/* KiB */
	s64	ru_ixrss, ru_idrss, ru_isrss;
	s64	ru_minflt, ru_majflt, ru_nswap;
	s64	ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals;
	s64	ru_nvcsw, ru_nivcsw;
};

#define PRIO_PROCESS		0
#define PRIO_PGRP		1
#define PRIO_USER		2

#endif
