/* SPDX-License-Identifier: MIT */
/*
 * kernel/membarrier.c - a fence on other CPUs, on behalf of those who never execute one
 *
 * THE QUESTION   A reader's fast path has no fence. How does a rare writer get the order it needs? It
 *                makes every CPU that could be in such a path execute a fence, by an interrupt.
 *
 *	command                  who is interrupted                               needs
 *	GLOBAL                   every CPU                                        nothing
 *	GLOBAL_EXPEDITED         CPUs that run a program registered for it        nothing of the caller
 *	PRIVATE_EXPEDITED        CPUs that run a thread of the caller's program   registration
 *	..._SYNC_CORE            the same, and what they fetch next is new code   registration
 *
 * A CPU in user mode has its program's address space loaded, so mm->cpu_mask says where to send. One that
 * loads it later passes the scheduler's locks first, which are fences. The interrupt's return
 * synchronises the instruction stream on x86-64; RISC-V needs fence.i, which one arch_sync_icache() is for all CPUs.
 *
 * ALWAYS TRUE    a command that the program did not register for is EPERM, and no CPU is disturbed.
 * LEFT OUT       restartable sequences (RSEQ commands: EINVAL, as a Linux built without them).
 */
#include <kernel/ipi.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/mm.h>

#define CMD_QUERY				0
#define CMD_GLOBAL				(1 << 0)
#define CMD_GLOBAL_EXPEDITED			(1 << 1)
#define CMD_REGISTER_GLOBAL_EXPEDITED		(1 << 2)
#define CMD_PRIVATE_EXPEDITED			(1 << 3)
#define CMD_REGISTER_PRIVATE_EXPEDITED		(1 << 4)
#define CMD_PRIVATE_EXPEDITED_SYNC_CORE		(1 << 5)
#define CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE (1 << 6)
#define CMD_ALL					((1 << 7) - 1)

enum registered { FOR_GLOBAL, FOR_PRIVATE, FOR_SYNC_CORE };

static int register_mm(enum registered how)
{
	__atomic_fetch_or(&current->mm->flags, BIT(MMF_MEMBARRIER + how), __ATOMIC_SEQ_CST);
	return 0;
}

static bool is_registered(const struct mm_struct *mm, enum registered how)
{
	return READ_ONCE(mm->flags) & BIT(MMF_MEMBARRIER + how);
}

static void fence_ipi(void *arg)
{
	smp_mb();
}

/* Seen from the interrupted CPU: is what it runs registered? */
static void fence_registered_ipi(void *arg)
{
	struct mm_struct *mm = current->mm;

	if (mm && is_registered(mm, FOR_GLOBAL))
		smp_mb();
}

static int fence(const struct cpumask *where, void (*fn)(void *))
{
	smp_mb();
	ipi_call_mask(where, fn, NULL);
	smp_mb();
	return 0;
}

static int fence_private(enum registered how)
{
	if (!is_registered(current->mm, how))
		return -EPERM;
	if (how == FOR_SYNC_CORE)
		arch_sync_icache(0, 0);
	return fence(&current->mm->cpu_mask, fence_ipi);
}

SYSCALL_DEFINE3(membarrier, int, cmd, unsigned int, flags, int, cpu)
{
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case CMD_QUERY:
		return CMD_ALL;
	case CMD_GLOBAL:
		return fence(&cpu_online_mask, fence_ipi);
	case CMD_GLOBAL_EXPEDITED:
		return fence(&cpu_online_mask, fence_registered_ipi);
	case CMD_REGISTER_GLOBAL_EXPEDITED:
		return register_mm(FOR_GLOBAL);
	case CMD_PRIVATE_EXPEDITED:
		return fence_private(FOR_PRIVATE);
	case CMD_REGISTER_PRIVATE_EXPEDITED:
		return register_mm(FOR_PRIVATE);
	case CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return fence_private(FOR_SYNC_CORE);
	case CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return register_mm(FOR_SYNC_CORE);
	default:
		return -EINVAL;
	}
}
