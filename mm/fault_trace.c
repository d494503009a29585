/* SPDX-License-Identifier: MIT */
/*
 * mm/fault_trace.c - what each fault of a process was, and what became of it
 *
 * THE QUESTION   This program faults. Where, which case of fault.c is it, what did the page-table entry say
 *                before and after, what did it cost?
 *
 * THE PICTURE    handle_mm_fault: mm->fault_trace?  0: nothing more happens (two instructions)
 *                                                   n: fault_traced, which ends each round in
 *                fault_trace_add -> ring [ | | | | ]  512 records, the oldest goes first
 *                                        /proc/PID/faulttrace, /proc/faulttrace
 *
 *                The case follows from the fault as it was decided on: FAULT_CASES, first match.
 *
 * ALWAYS TRUE    A record is of one moment: a traced fault holds mmap_lock (read) from the look at the VMA
 *                to the look at what is in the table afterwards. So tracing changes which lock is taken, and
 *                nothing else.
 *                Numbers of traces are not used twice: who reads one process's records never gets another's.
 *
 * LOCKS          ring_lock (RANK_FAULT_TRACE), inside mmap_lock.
 * LEFT OUT       addresses beyond user space: they are refused before there is a fault to handle.
 *                Instructions: the cost is in ns of arch_clock_ns(), which QEMU -icount shift=0 makes one
 *                instruction each, in steps of the clock (riscv: 100).
 * READ NEXT      fault.c, docs/fault-flow.md.
 */
#include <kernel/sched.h>
#include <lib/printf.h>
#include <mm/fault_trace.h>
#include <mm/pagetables.h>
#include <mm/swapops.h>
#include "mm_internal.h"

static struct fault_record ring[FAULT_TRACE_SIZE];	/* ring_lock */
static u64 next_seq = 1;				/* ring_lock */
static unsigned int last_trace;				/* ring_lock */
static DEFINE_SPINLOCK(ring_lock, RANK_FAULT_TRACE);

static const char *const case_names[] = {
#define FAULT_CASE_NAME(name, condition, by, outcome) #name,
	FAULT_CASES(FAULT_CASE_NAME)
#undef FAULT_CASE_NAME
};

/* ---- writing --------------------------------------------------------------------------------- */

void fault_trace_start(struct mm_struct *mm)
{
	WITH_SPINLOCK(&ring_lock) {
		if (!++last_trace)
			last_trace = 1;
		WRITE_ONCE(mm->fault_trace, last_trace);
	}
}

static enum fault_case fault_case(const struct fault *f, enum fault_result r, pte_t after)
{
#define FAULT_CASE_MATCH(name, condition, by, outcome)		\
	if (condition)						\
		return FAULT_CASE_##name;
	FAULT_CASES(FAULT_CASE_MATCH)
#undef FAULT_CASE_MATCH
	panic("fault_case: %lx has none", f->address);
}

/* What the table says now. A refused access did not look into it: neither was it changed. */
static pte_t pte_now(const struct fault *f)
{
	pmd_t *pmd = pmd_lookup(f->mm->pgd, f->address);

	return pmd ? ptep_get(pte_offset(pmd, f->address)) : __pte(0);
}

void fault_trace_add(const struct fault *f, unsigned long address, enum fault_result r, u64 cost_ns)
{
	pte_t after = pte_now(f);
	struct fault_record rec = {
		.trace = READ_ONCE(f->mm->fault_trace), .tid = current->tid, .address = address,
		.before = f->pte ? f->orig_pte : after, .after = after, .cost_ns = cost_ns,
		.what = fault_case(f, r, after), .result = r,
		.write = f->write, .exec = f->exec, .user = f->user,
	};

	if (f->vma) {
		rec.vm_start = f->vma->vm_start;
		rec.vm_end = f->vma->vm_end;
		rec.vm_flags = f->vma->vm_flags;
	}
	WITH_SPINLOCK(&ring_lock) {
		rec.seq = next_seq++;
		ring[rec.seq % FAULT_TRACE_SIZE] = rec;
	}
}

/* ---- reading --------------------------------------------------------------------------------- */

bool fault_trace_next(u64 *seq, struct fault_record *rec)
{
	bool found;

	WITH_SPINLOCK(&ring_lock) {
		u64 oldest = next_seq > FAULT_TRACE_SIZE ? next_seq - FAULT_TRACE_SIZE : 1;

		*seq = max(*seq, oldest);
		found = *seq < next_seq;
		if (found)
			*rec = ring[*seq % FAULT_TRACE_SIZE];
	}
	ASSERT(!found || rec->seq == *seq);
	*seq += found;
	return found;
}

static const char *result_name(enum fault_result r)
{
	static const char *const names[] = {
		[FAULT_OK] = "ok", [FAULT_SEGV_MAPERR] = "segv_maperr", [FAULT_SEGV_ACCERR] = "segv_accerr",
		[FAULT_SIGBUS] = "sigbus", [FAULT_OOM] = "oom", [FAULT_RETRY] = "retry",
		[FAULT_WAIT] = "wait", [FAULT_GROW] = "grow", [FAULT_UFFD_MISSING] = "uffd_missing",
		[FAULT_UFFD_MINOR] = "uffd_minor", [FAULT_UFFD_WP] = "uffd_wp",
	};

	ASSERT((unsigned int)r < ARRAY_SIZE(names));
	return names[r];
}

/* Why the hardware refused the access, as far as the entry tells. */
static const char *cause_name(const struct fault_record *rec)
{
	if (pte_none(rec->before))
		return "empty";
	if (!pte_present(rec->before) || pte_protnone(rec->before))
		return "not-present";
	return "protection";
}

static const char *access_name(const struct fault_record *rec)
{
	return rec->write ? "write" : rec->exec ? "exec" : "read";
}

int fault_record_text(char *buf, size_t size, const struct fault_record *rec, bool show_pfn)
{
	unsigned long fl = rec->vm_flags;
	char before[PTE_TEXT], after[PTE_TEXT];

	pte_text(before, sizeof(before), rec->before, show_pfn);
	pte_text(after, sizeof(after), rec->after, show_pfn);
	return scnprintf(buf, size, "seq=%llu trace=%u tid=%d address=%016lx access=%s-%s cause=%s vma=%lx-%lx "
			 "flags=%c%c%c%c case=%s result=%s before=[%s] after=[%s] ns=%llu\n",
			 (unsigned long long)rec->seq, rec->trace, rec->tid, rec->address,
			 rec->user ? "user" : "kernel", access_name(rec), cause_name(rec), rec->vm_start, rec->vm_end,
			 fl & VM_READ ? 'r' : '-', fl & VM_WRITE ? 'w' : '-', fl & VM_EXEC ? 'x' : '-',
			 fl & VM_SHARED ? 's' : 'p', case_names[rec->what], result_name(rec->result), before, after,
			 (unsigned long long)rec->cost_ns);
}
