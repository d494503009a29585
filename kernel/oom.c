/* SPDX-License-Identifier: MIT */
/*
 * kernel/oom.c - whom to kill when nothing else helps?
 *
 * A fault found no page. The process with the most resident memory, adjusted by oom_score_adj (-1000 ..
 * 1000: thousandths of all memory), is killed; the others wait a moment and try again. PID 1 and -1000
 * are never chosen. While a victim is still on its way out, nobody else is killed. An allocation that
 * failed on purpose (fault_inject.c) kills nobody: the fault is taken again.
 *
 * ALWAYS TRUE    O1  a victim's mm has MMF_OOM_VICTIM until it is gone.
 *
 * LOCKS          tasklist_lock: one decision at a time.
 */
#include <kernel/printk.h>
#include <kernel/process.h>
#include <mm/fault_inject.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include "proc_internal.h"

#define OOM_SCORE_ADJ_MIN	(-1000)
#define OOM_WAIT_NS		(10 * NSEC_PER_MSEC)	/* a tick: time for the victim to run */

static u64 victim_since;		/* tasklist_lock; when the last one was killed */

/* A victim that has not gone after this long is stuck: choose another. */
#define OOM_VICTIM_PATIENCE	(NSEC_PER_SEC)

static bool is_dying_victim(const struct process *p)
{
	return p->mm && (READ_ONCE(p->mm->flags) & (1UL << MMF_OOM_VICTIM));
}

/* Pages, or -1: not to be chosen. siglock of @p held. */
static long badness(const struct process *p)
{
	long points;

	if (p == init_process || !p->mm || p->group_exit || p->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return -1;
	points = (long)mm_rss(p->mm) + atomic64_read(&p->mm->pgtables_bytes) / (long)PAGE_SIZE;
	points += p->oom_score_adj * (long)(totalram_pages() / 1000);
	return max(points, 1L);
}

/* The worst process, referenced; NULL: none, or *@wait: one is dying already. tasklist lock held. */
static struct process *choose_victim(bool *wait)
{
	struct process *p, *worst = NULL;
	long points, most = 0;
	unsigned long flags;

	*wait = false;
	list_for_each_entry(p, &process_list, all_link) {
		spin_lock_irqsave(&p->siglock, flags);
		*wait |= is_dying_victim(p);
		points = badness(p);
		spin_unlock_irqrestore(&p->siglock, flags);
		if (points > most) {
			most = points;
			worst = p;
		}
	}
	return worst;
}

static void kill_victim(struct process *p)
{
	unsigned long flags, rss = 0;

	spin_lock_irqsave(&p->siglock, flags);
	if (p->mm) {
		rss = mm_rss(p->mm);
		__atomic_fetch_or(&p->mm->flags, 1UL << MMF_OOM_VICTIM, __ATOMIC_RELAXED);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	count_vm_event(oom_kill);
	printk("Out of memory: killed process %d (%s), %lu KiB resident\n", p->pid, p->comm,
	       rss * (PAGE_SIZE / 1024));
	send_signal_process(p, SIGKILL, NULL);
}

/* Kill one unless one is dying; false: there is nobody left to kill. */
static bool oom_kill_one(void)
{
	struct process *p;
	u64 now = clock_monotonic_ns();
	bool wait, found = true;

	spin_lock(&tasklist_lock);
	p = choose_victim(&wait);
	if (!(wait && now - victim_since < OOM_VICTIM_PATIENCE)) {
		if (p) {
			victim_since = now;
			kill_victim(p);
		} else {
			found = wait;
		}
	}
	spin_unlock(&tasklist_lock);
	return found;
}

bool oom_make_room(void)
{
	if (fatal_signal_pending(current))
		return false;
	if (fault_was_injected()) {
		schedule();	/* it may be refused for ever: others must be able to run, and to stop that */
		return true;
	}
	if (!oom_kill_one())
		return false;
	if (fatal_signal_pending(current))
		return false;
	/* Somebody else dies: let it, then try again. */
	WRITE_ONCE(current->state, THREAD_KILLABLE);
	schedule_until(clock_monotonic_ns() + OOM_WAIT_NS);
	return true;
}
