/* SPDX-License-Identifier: MIT */
/* proc.h - what the files of procfs share (fs/procfs.c, fs/proc_pid.c, fs/proc_info.c, fs/proc_sys.c) */
#ifndef FS_PROC_H
#define FS_PROC_H

#include <fs/vfs.h>
#include <kernel/process.h>

/* seq_file - text that is made as a whole or in long pieces, then read in short ones (fs/seq_file.c) */
struct seq_file {
	char		*buf;
	size_t		size, count;
	bool		failed;		/* out of memory: the read returns -ENOMEM */
	struct inode	*inode;		/* whose text this is */
	unsigned long	resume;		/* where show() goes on (0: begins), and leaves off (0: that was all) */
};
/* seq_full - long enough for one piece? Then show() sets resume and returns. */
bool seq_full(const struct seq_file *m);
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t n);
/* seq_puts_escaped - with each of @chars as a backslash and three octal digits */
void seq_puts_escaped(struct seq_file *m, const char *s, const char *chars);

/* what one name in /proc is */
struct proc_entry {
	const char	*name;
	mode_t		mode;		/* 0 ends a table */
	/* regular files: make the text; 0 or -errno */
	int		(*show)(struct seq_file *m);
	/* write - the program's text, NUL-terminated, newline cut; 0 or -errno */
	int		(*write)(struct inode *inode, char *text);
	/* directories: what is inside */
	const struct proc_entry *children;
	/* directories and links with rules of their own */
	const struct inode_ops *iops;
	const struct file_ops *fops;
	const struct ctl *ctl;		/* a setting: proc_show_ctl and proc_write_ctl */
};

/* ctl - a setting that is one number; written values outside [min, max] are -EINVAL */
struct ctl {
	void		*value;
	enum { CTL_INT, CTL_ULONG } kind;
	unsigned long	max;
	long		min;
	void		(*changed)(void);	/* after a write, or NULL */
};
/* proc_parse_int - an int with blanks around it: 0, -EINVAL or -ERANGE; @text is cut */
int proc_parse_int(char *text, unsigned int base, long *value);
int proc_show_ctl(struct seq_file *m);
int proc_write_ctl(struct inode *inode, char *text);

/* inode->private of every inode below a process */
struct proc_pid {
	const struct proc_entry *entry;
	struct process	*process;	/* referenced */
	pid_t		tid;		/* below task/: the thread; else the process */
	int		fd;		/* below fd/ */
};
static inline struct proc_pid *proc_pid(const struct inode *i) { return i->private; }
static inline struct process *seq_process(struct seq_file *m) { return proc_pid(m->inode)->process; }

extern const struct file_ops proc_seq_fops;
#define PID_INO		0x100000000ULL	/* inodes below a process: | pid << 8; the global ones are smaller */
/* proc_entry_of - the table row of a /proc inode */
const struct proc_entry *proc_entry_of(const struct inode *inode);
/* proc_pid_inode - a new inode for @e of @p; NULL: no memory */
struct inode *proc_pid_inode(struct super_block *sb, struct process *p, const struct proc_entry *e);

/* the tables */
extern const struct proc_entry proc_info_entries[];	/* proc_info.c: meminfo, stat, ... */
extern const struct proc_entry proc_mm_entries[];	/* proc_mm.c: meminfo, vmstat, ... */
extern const struct proc_entry proc_zone_entries[];	/* proc_zone.c: buddyinfo, zoneinfo, pagetypeinfo */
extern const struct proc_entry proc_page_entries[];	/* proc_page.c: kpageflags, kpagecount, page_kinds */
extern const struct proc_entry proc_layout_entries[];	/* proc_layout.c: iomem, kernel_layout, vmallocinfo */
extern const struct proc_entry proc_ledger_entries[];	/* proc_ledger.c: ledger, page_owner */
extern const struct proc_entry proc_fault_entries[];	/* proc_fault.c: fail_page_alloc/, failslab/ */
extern const struct proc_entry proc_faulttrace_entries[];	/* proc_faulttrace.c */
extern const struct proc_entry proc_ipc_entries[];	/* proc_ipc.c: sysvipc/ */
extern const struct proc_entry proc_sys_entries[];	/* proc_sys.c: below /proc/sys */
extern const struct proc_entry proc_pid_entries[];	/* proc_pid.c: below /proc/PID */

/* proc_pid.c: the directory of a process, for the root's lookup and readdir */
extern const struct inode_ops proc_pid_dir_iops;
extern const struct file_ops proc_pid_dir_fops;
extern const struct proc_entry proc_pid_root;
/* proc_status.c */
int proc_show_stat(struct seq_file *m);
int proc_show_statm(struct seq_file *m);
int proc_show_mm_counters(struct seq_file *m);
int proc_show_status(struct seq_file *m);
int proc_show_comm(struct seq_file *m);
/* proc_fault.c: of one thread */
extern const struct file_ops proc_fail_nth_fops;
int proc_show_make_it_fail(struct seq_file *m);
int proc_write_make_it_fail(struct inode *inode, char *text);
/* proc_faulttrace.c */
int proc_show_faulttrace(struct seq_file *m);
int proc_write_faulttrace(struct inode *inode, char *text);
/* proc_maps.c */
int proc_show_maps(struct seq_file *m);
int proc_show_smaps(struct seq_file *m);
int proc_show_smaps_rollup(struct seq_file *m);
int proc_show_numa_maps(struct seq_file *m);
/* proc_mem.c */
extern const struct file_ops proc_mem_fops, proc_pagemap_fops, proc_pagetables_fops;
int proc_write_clear_refs(struct inode *inode, char *text);
/* proc_fd.c */
extern const struct inode_ops proc_fd_iops, proc_fdinfo_iops;
extern const struct file_ops proc_fd_fops;
/* proc_mounts.c: /proc/PID/mounts and mountinfo */
int proc_show_mounts(struct seq_file *m);
int proc_show_mountinfo(struct seq_file *m);

/* kernel_layout - the regions of the address space, ascending, into @r[MAX_LAYOUT_REGIONS]; how many (proc_layout.c) */
#define MAX_LAYOUT_REGIONS	11
struct layout_region { unsigned long start, end; const char *name; };	/* end 0: the top */
unsigned int kernel_layout(struct layout_region *r);

/* physical_layout - as iomem_resources(), with the kernel's image */
struct resource;
unsigned int physical_layout(struct resource *r, unsigned int n);

/* proc_emit_table - readdir of the entries of a table from position @first on; false: buffer full */
bool proc_emit_table(struct dir_context *ctx, const struct proc_entry *t, loff_t first, u64 ino);
bool proc_emit_dots(struct file *f, struct dir_context *ctx);
unsigned int proc_parse_number(const char *name, size_t len);	/* ~0u: none */

#endif
