/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_faulttrace.c - /proc/PID/faulttrace and /proc/faulttrace: the page faults of traced processes
 *
 * Writing 1 to PID/faulttrace traces the process from then on, exec included and its children not; 0 ends it.
 * Reading gives "trace N" (0: off) and the records of trace N that the ring still has. /proc/faulttrace is
 * the whole ring, for root, with the records of processes that are gone. mm/fault_trace.c says what is in them.
 *
 * LOCKS        those of mm/fault_trace.c.
 */
#include <fs/proc.h>
#include <mm/fault_trace.h>
#include <uapi/errno.h>

/* The records of @trace, or of all for 0. */
static void show_records(struct seq_file *m, unsigned int trace, bool show_pfn)
{
	struct fault_record rec;
	char text[FAULT_TRACE_TEXT];
	u64 seq = 0;

	while (!m->failed && fault_trace_next(&seq, &rec))
		if (!trace || rec.trace == trace)
			seq_write(m, text, (size_t)fault_record_text(text, sizeof(text), &rec, show_pfn));
}

static int show_all(struct seq_file *m)
{
	if (!capable())
		return -EACCES;
	show_records(m, 0, true);
	return 0;
}

int proc_show_faulttrace(struct seq_file *m)
{
	struct mm_struct *mm;
	unsigned int trace;

	mm = process_mm_access(seq_process(m));
	if (IS_ERR_OR_NULL(mm))
		return mm ? (int)PTR_ERR(mm) : 0;
	trace = READ_ONCE(mm->fault_trace);
	mmput(mm);
	seq_printf(m, "trace %u\n", trace);
	if (trace)
		show_records(m, trace, capable());
	return 0;
}

int proc_write_faulttrace(struct inode *inode, char *text)
{
	struct process *p = proc_pid(inode)->process;
	struct mm_struct *mm;

	if ((text[0] != '0' && text[0] != '1') || text[1])
		return -EINVAL;
	mm = process_mm_access(p);
	if (IS_ERR_OR_NULL(mm))
		return mm ? (int)PTR_ERR(mm) : -ESRCH;
	if (text[0] == '1')
		fault_trace_start(mm);
	else
		fault_trace_stop(mm);
	mmput(mm);
	return 0;
}

const struct proc_entry proc_faulttrace_entries[] = {
	{ .name = "faulttrace", .mode = S_IFREG | 0400, .show = show_all },
	{ .mode = 0 },
};
