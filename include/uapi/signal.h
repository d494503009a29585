/* SPDX-License-Identifier: MIT */
/*
 * uapi/signal.h - signal numbers and structures as Linux's programs know them
 *
 * Numbers and layouts are those of asm-generic and x86-64 (they agree but for sa_restorer).
 * What a sender means by each number is in signal(7).
 */
#ifndef UAPI_SIGNAL_H
#define UAPI_SIGNAL_H

#include <lib/types.h>

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGSTKFLT	16
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGIO		29
#define SIGPWR		30
#define SIGSYS		31
#define SIGRTMIN	32	/* the kernel's; glibc keeps the first two for itself */
#define SIGRTMAX	64
#define NSIG		64

/* handlers that are no addresses */
#define SIG_DFL		0UL
#define SIG_IGN		1UL
#define SIG_ERR		(~0UL)

/* sa_flags */
#define SA_NOCLDSTOP	0x00000001UL
#define SA_NOCLDWAIT	0x00000002UL
#define SA_SIGINFO	0x00000004UL
#define SA_EXPOSE_TAGBITS 0x00000800UL	/* no fault address of ours has tag bits to hide */
#define SA_RESTORER	0x04000000UL
#define SA_ONSTACK	0x08000000UL
#define SA_RESTART	0x10000000UL
#define SA_NODEFER	0x40000000UL
#define SA_RESETHAND	0x80000000UL
#if defined(__x86_64__)
#define SA_KNOWN_ARCH	SA_RESTORER
#else
#define SA_KNOWN_ARCH	0UL
#endif
#define SA_KNOWN	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_ONSTACK | \
			 SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_KNOWN_ARCH)

/* rt_sigprocmask() */
#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

/* si_code > 0: the kernel, by signal; <= 0: a program */
#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_QUEUE	(-1)
#define SI_TIMER	(-2)
#define SI_MESGQ	(-3)
#define SI_ASYNCIO	(-4)
#define SI_SIGIO	(-5)
#define SI_TKILL	(-6)
/* SIGILL */
#define ILL_ILLOPC	1
#define ILL_ILLOPN	2
#define ILL_ILLADR	3
#define ILL_ILLTRP	4
#define ILL_PRVOPC	5
#define ILL_PRVREG	6
#define ILL_COPROC	7
#define ILL_BADSTK	8
/* SIGFPE */
#define FPE_INTDIV	1
#define FPE_INTOVF	2
#define FPE_FLTDIV	3
#define FPE_FLTOVF	4
#define FPE_FLTUND	5
#define FPE_FLTRES	6
#define FPE_FLTINV	7
#define FPE_FLTSUB	8
/* SIGSEGV */
#define SEGV_MAPERR	1
#define SEGV_ACCERR	2
/* SIGBUS */
#define BUS_ADRALN	1
#define BUS_ADRERR	2
#define BUS_OBJERR	3
/* SIGTRAP */
#define TRAP_BRKPT	1
#define TRAP_TRACE	2
/* SIGCHLD */
#define CLD_EXITED	1
#define CLD_KILLED	2
#define CLD_DUMPED	3
#define CLD_TRAPPED	4
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

/* siginfo_t - what came with the signal; which arm is valid depends on signal and si_code */
typedef struct siginfo {
	s32	si_signo;
	s32	si_errno;
	s32	si_code;
	s32	pad_;
	union {
		struct {			/* kill, rt_sigqueueinfo, SIGCHLD */
			s32	si_pid;
			u32	si_uid;
			union {
				u64	si_value;	/* union sigval */
				struct {		/* SIGCHLD */
					s32	si_status;
					u32	pad2_;
					s64	si_utime;	/* clock ticks */
					s64	si_stime;
				};
			};
		};
		struct {			/* SI_TIMER */
			s32	si_timerid;
			s32	si_overrun;
			u64	si_timer_value;
		};
		struct {			/* SIGILL SIGFPE SIGSEGV SIGBUS SIGTRAP */
			u64	si_addr;
			s16	si_addr_lsb;
		};
		struct {			/* SIGIO */
			s64	si_band;
			s32	si_fd;
		};
		u64	raw_[14];
	};
} siginfo_t;
_Static_assert(sizeof(siginfo_t) == 128, "siginfo_t is 128 bytes");

/* rt_sigaction()'s structure; asm-generic has no sa_restorer (the vDSO or the kernel's own page returns) */
struct kernel_sigaction {
	u64	sa_handler;
	u64	sa_flags;
#if defined(__x86_64__)
	u64	sa_restorer;
#endif
	u64	sa_mask;
};

/* sigaltstack() */
typedef struct sigaltstack {
	u64	ss_sp;
	s32	ss_flags;
	u32	pad_;
	u64	ss_size;
} stack_t;
#define SS_ONSTACK	1
#define SS_DISABLE	2
#define SS_AUTODISARM	(1U << 31)
#define MINSIGSTKSZ	2048
#define SIGSTKSZ	8192

/* timer_create()'s request */
#define SIGEV_SIGNAL	0
#define SIGEV_NONE	1
#define SIGEV_THREAD	2
#define SIGEV_THREAD_ID	4
struct sigevent {
	u64	sigev_value;
	s32	sigev_signo;
	s32	sigev_notify;
	s32	sigev_tid;		/* SIGEV_THREAD_ID */
	s32	pad_[11];
};
_Static_assert(sizeof(struct sigevent) == 64, "struct sigevent is 64 bytes");

#endif
