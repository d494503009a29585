/* SPDX-License-Identifier: MIT */
/* fault_trace.h - the cases of a page fault, and the record of each that was traced (mm/fault_trace.c) */
#ifndef MM_FAULT_TRACE_H
#define MM_FAULT_TRACE_H

#include <mm/mm.h>

/*
 * The decisions of mm/fault.c and mm/cow.c in their order: the first condition that holds is the case.
 * docs/fault-flow.md is made of this list (`make docs`), the records of the tracer are named by it, and
 * tests/user/faulttrace_test.c provokes each.
 *	X(case, condition: what is asked, function that decides or acts, what comes of it)
 * In a condition: f is the fault, r what handling it returned, after the entry it left.
 */
#define FAULT_CASES(X)									\
	X(stack_growth, r == FAULT_GROW, "expand_stack",				\
	  "the VMA above grows down to it: extend it under mmap_lock (write), start over") \
	X(no_vma, !f->vma, "fault_with_mmap_lock", "SIGSEGV, SEGV_MAPERR")		\
	X(no_access, r == FAULT_SEGV_ACCERR, "access_allowed", "SIGSEGV, SEGV_ACCERR")	\
	X(no_table, !f->pte, "pte_alloc", "no memory for a table: the OOM killer")	\
	X(uffd_missing, r == FAULT_UFFD_MISSING, "userfaultfd_missing",			\
	  "registered, and no page: a userfaultfd is asked for it; wait, start over")	\
	X(uffd_minor, r == FAULT_UFFD_MINOR, "userfaultfd_missing",			\
	  "registered, and the object has the page: a userfaultfd is asked to map it; wait, start over") \
	X(uffd_wp, r == FAULT_UFFD_WP, "do_wp_page",					\
	  "protected by a userfaultfd, which is told of the write; wait, start over")	\
	X(uffd_marker, is_pte_marker(f->orig_pte), "fault_marker",			\
	  "only the protection is known: the page of the cache, write-protected")	\
	X(anon_read, pte_none(f->orig_pte) && vma_is_anonymous(f->vma) && !f->write,	\
	  "fault_anon_read", "the shared zero page, read-only")				\
	X(anon_write, pte_none(f->orig_pte) && vma_is_anonymous(f->vma),		\
	  "fault_anon_write", "a new cleared page")					\
	X(file_read, pte_none(f->orig_pte) && !f->write,				\
	  "fault_file_read", "the page of the cache, and up to 15 around it that are there") \
	X(file_cow, pte_none(f->orig_pte) && !(f->vma->vm_flags & VM_SHARED),		\
	  "fault_file_cow", "a private copy of the page of the cache")			\
	X(shared_write, pte_none(f->orig_pte),						\
	  "fault_shared_write", "the page of the cache, dirty, after page_mkwrite")	\
	X(bad_entry, !pte_present(f->orig_pte) && r == FAULT_SIGBUS,			\
	  "do_swap_page", "the entry is damaged, nothing says where the page is: SIGBUS") \
	X(wait, !pte_present(f->orig_pte),						\
	  "do_swap_page", "the page is on its way to another frame: wait for its lock, start over") \
	X(spurious, !f->write || pte_write(f->orig_pte),				\
	  "fault_spurious", "another CPU was faster, or A and D are ours to set")	\
	X(wp_zero, is_zero_pte(f->orig_pte), "break_zero", "a new cleared page for the zero page") \
	X(wp_shared, f->vma->vm_flags & VM_SHARED,					\
	  "fault_shared_write", "the same page, now writable and dirty")		\
	X(wp_reuse, r == FAULT_OK && pte_pfn(after) == pte_pfn(f->orig_pte),		\
	  "reuse_page", "the only user keeps its page, now writable")			\
	X(wp_copy, true, "break_share", "a private copy of the page")

enum fault_case {
#define FAULT_CASE_ENUM(name, condition, by, outcome) FAULT_CASE_##name,
	FAULT_CASES(FAULT_CASE_ENUM)
#undef FAULT_CASE_ENUM
	NR_FAULT_CASES
};

struct fault_record {
	u64		seq;			/* 1, 2, ... over all traces; 0: an empty slot   */
	unsigned int	trace;			/* mm->fault_trace                               */
	int		tid;			/* whose access it was                           */
	unsigned long	address;		/* as the hardware gave it                       */
	unsigned long	vm_start, vm_end, vm_flags;	/* 0: no VMA                             */
	pte_t		before, after;
	u64		cost_ns;		/* of the handler, waiting not included          */
	enum fault_case	what;
	enum fault_result result;
	bool		write, exec, user;
};

#define FAULT_TRACE_SIZE	512		/* a power of two: 25 pages of the image         */
#define FAULT_TRACE_TEXT	512		/* bytes of one record as text, at most          */

/* fault_trace_start - the faults in @mm are recorded from now on, under a new number; stop ends it */
void fault_trace_start(struct mm_struct *mm);
static inline void fault_trace_stop(struct mm_struct *mm) { WRITE_ONCE(mm->fault_trace, 0); }
/* fault_trace_add - @f was handled with result @r in @cost_ns. mmap_lock held. */
void fault_trace_add(const struct fault *f, unsigned long address, enum fault_result r, u64 cost_ns);
/* fault_trace_next - the oldest record of at least *@seq; *@seq becomes its successor's number; false: none */
bool fault_trace_next(u64 *seq, struct fault_record *rec);
/* fault_record_text - one line; returns its length */
int fault_record_text(char *buf, size_t size, const struct fault_record *rec, bool show_pfn);

#endif
