/* SPDX-License-Identifier: MIT */
/*
 * fs/procfs.c - /proc: the kernel as a tree of files
 *
 * Fixed names come from tables (struct proc_entry) and are pinned dentries made once. What exists per
 * process is looked up each time: the root knows numbers, "self" and "thread-self"; such dentries are
 * never hashed and end with their last user. There is one super block for all mounts.
 *
 * ALWAYS TRUE  X1  inode->private is a struct proc_entry (fixed) or a struct proc_pid (per process).
 *              X2  a proc_pid inode holds a reference on its process, which may be dead already.
 * LOCKS        tasklist_lock to find processes; it is not held while text is made.
 */
#include <fs/proc.h>
#include <fs/tmpfs.h>
#include <kernel/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/errno.h>
#include <uapi/statfs.h>

#define FIRST_PID_POS	0x10000		/* readdir positions: fixed names below, then PIDs */

static struct super_block *proc_sb;

const struct proc_entry *proc_entry_of(const struct inode *inode)
{
	/* per-process inodes have numbers of their own range */
	return inode->ino >= PID_INO ? proc_pid(inode)->entry : inode->private;
}

/* ---- inodes ---- */

/* Shells cut what they redirect to: there is nothing to cut, and that is fine. */
static int proc_setattr(struct inode *inode, const struct iattr *attr)
{
	generic_setattr(inode, attr);
	return 0;
}

static void proc_set_ops(struct inode *inode, const struct proc_entry *e)
{
	static const struct inode_ops plain_iops = { .setattr = proc_setattr };

	inode->ops = e->iops ? e->iops : &plain_iops;
	if (e->fops)
		inode->fops = e->fops;
	else if (S_ISREG(e->mode))
		inode->fops = &proc_seq_fops;
	else if (S_ISDIR(e->mode))
		inode->fops = &dcache_dir_fops;
	if (S_ISDIR(e->mode))
		inode->nlink = 2;
}

static struct inode *proc_inode(const struct proc_entry *e)
{
	struct inode *inode = inode_alloc(proc_sb, e->mode);

	if (!inode)
		return NULL;
	inode->uid = inode->gid = 0;
	inode->private = (void *)e;
	proc_set_ops(inode, e);
	return inode;
}

struct inode *proc_pid_inode(struct super_block *sb, struct process *p, const struct proc_entry *e)
{
	struct proc_pid *info = kzalloc(sizeof(*info), GFP_KERNEL);
	struct inode *inode = info ? inode_alloc(sb, e->mode) : NULL;

	if (!inode) {
		kfree(info);
		return NULL;
	}
	process_get(p);
	info->entry = e;
	info->process = p;
	info->tid = p->pid;
	inode->private = info;
	inode->ino |= PID_INO;
	inode->uid = p->euid;
	inode->gid = p->egid;
	proc_set_ops(inode, e);
	return inode;
}

static void proc_evict(struct inode *inode)
{
	struct proc_pid *info = inode->private;

	if (inode->ino < PID_INO)
		return;
	process_put(info->process);
	kfree(info);
}

/* ---- directories made of tables ---- */

bool proc_emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->path.dentry;

	if (ctx->pos == 0) {
		if (!ctx->fill(ctx, ".", 1, 1, d->inode->ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!ctx->fill(ctx, "..", 2, 2, d->parent->inode->ino, DT_DIR))
			return false;
		ctx->pos = 2;
	}
	return true;
}

bool proc_emit_table(struct dir_context *ctx, const struct proc_entry *t, loff_t first, u64 ino)
{
	loff_t pos = first;

	for (; t->mode; t++, pos++) {
		if (ctx->pos > pos)
			continue;
		if (!ctx->fill(ctx, t->name, strlen(t->name), pos + 1, ino + (u64)(pos - first) + 1,
			       DT_OF_MODE(t->mode)))
			return false;
		ctx->pos = pos + 1;
	}
	return true;
}

unsigned int proc_parse_number(const char *name, size_t len)
{
	unsigned int n = 0;

	if (len == 0 || len > 9 || (name[0] == '0' && len > 1))
		return ~0u;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return ~0u;
		n = n * 10 + (unsigned int)(name[i] - '0');
	}
	return n;
}

static void add_table(struct dentry *dir, const struct proc_entry *t);

static void add_entry(struct dentry *dir, const struct proc_entry *e)
{
	struct dentry *d = d_alloc(dir, e->name, strlen(e->name));
	struct inode *inode = d ? proc_inode(e) : NULL;

	if (!inode)
		panic("proc: no memory for %s", e->name);
	d->flags = (d->flags & ~DENTRY_NOCACHE) | DENTRY_PINNED;
	d_instantiate(d, inode);
	if (e->children)
		add_table(d, e->children);
	dput(d);
}

static void add_table(struct dentry *dir, const struct proc_entry *t)
{
	for (; t->mode; t++)
		add_entry(dir, t);
}

/* ---- the root ---- */

static int self_readlink(struct dentry *dentry, char *buf, size_t size)
{
	return snprintf(buf, size, "%d", current_process()->pid);
}

static int thread_self_readlink(struct dentry *dentry, char *buf, size_t size)
{
	return snprintf(buf, size, "%d/task/%d", current_process()->pid, current->tid);
}

static int mounts_readlink(struct dentry *dentry, char *buf, size_t size)
{
	return snprintf(buf, size, "self/mounts");
}

static const struct inode_ops self_iops = { .readlink = self_readlink };
static const struct inode_ops thread_self_iops = { .readlink = thread_self_readlink };
static const struct inode_ops mounts_iops = { .readlink = mounts_readlink };

static const struct proc_entry root_entries[] = {
	{ .name = "self", .mode = S_IFLNK | 0777, .iops = &self_iops },
	{ .name = "thread-self", .mode = S_IFLNK | 0777, .iops = &thread_self_iops },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .iops = &mounts_iops },
	{ .name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys_entries },
	{ .mode = 0 },
};

static int root_lookup(struct inode *dir, struct dentry *dentry)
{
	unsigned int pid = proc_parse_number(dentry->name, dentry->len);
	struct process *p = pid == ~0u ? NULL : process_get_by_pid((pid_t)pid);

	if (!p)
		return 0;
	dentry->inode = proc_pid_inode(dir->sb, p, &proc_pid_root);
	process_put(p);
	return dentry->inode ? 0 : -ENOMEM;
}

/* The smallest PID of at least @from, or 0. */
static pid_t next_pid(pid_t from)
{
	struct process *p;
	pid_t found = 0;

	spin_lock(&tasklist_lock);
	list_for_each_entry(p, &process_list, all_link)
		if (p->pid >= from && (!found || p->pid < found))
			found = p->pid;
	spin_unlock(&tasklist_lock);
	return found;
}

static int root_iterate(struct file *f, struct dir_context *ctx)
{
	pid_t pid;

	if (ctx->pos < FIRST_PID_POS) {
		loff_t before = ctx->pos - 1;

		while (before != ctx->pos) {	/* until a round adds nothing: end, or buffer full */
			before = ctx->pos;
			dcache_iterate(f, ctx);
		}
		if (ctx->pos < (loff_t)f->inode->next_cookie)
			return 0;
		ctx->pos = FIRST_PID_POS;
	}
	while ((pid = next_pid((pid_t)(ctx->pos - FIRST_PID_POS + 1))) != 0) {
		char name[12];
		int n = snprintf(name, sizeof(name), "%d", pid);

		if (!ctx->fill(ctx, name, (size_t)n, FIRST_PID_POS + pid, PID_INO | (u64)pid << 8,
			       DT_DIR))
			return 0;
		ctx->pos = FIRST_PID_POS + pid;
	}
	return 0;
}

static loff_t root_llseek(struct file *f, loff_t off, int whence)
{
	return llseek_to(f, off, whence, 0);
}

static const struct inode_ops root_iops = { .lookup = root_lookup };
static const struct file_ops root_fops = { .iterate = root_iterate, .llseek = root_llseek };
static const struct proc_entry root_entry = {
	.name = "/", .mode = S_IFDIR | 0555, .iops = &root_iops, .fops = &root_fops,
};

/* ---- the file system ---- */

static const struct super_ops proc_super_ops = { .evict = proc_evict };

static struct super_block *proc_mount(const struct fs_type *t, const char *source,
				      const char *options, unsigned long flags)
{
	return sb_activate(proc_sb);
}

static const struct fs_type proc_type = { "proc", proc_mount, true, NULL };

void procfs_init(void)
{
	struct inode *root;

	register_filesystem(&proc_type);
	proc_sb = sb_alloc(&proc_type, &proc_super_ops, PROC_SUPER_MAGIC);
	root = proc_sb ? proc_inode(&root_entry) : NULL;
	if (root)
		proc_sb->root = d_alloc_root(proc_sb, root);
	if (!root || !proc_sb->root)
		panic("proc: no memory");
	add_table(proc_sb->root, root_entries);
	add_table(proc_sb->root, proc_info_entries);
	add_table(proc_sb->root, proc_ipc_entries);
	add_table(proc_sb->root, proc_mm_entries);
	add_table(proc_sb->root, proc_zone_entries);
	add_table(proc_sb->root, proc_page_entries);
	add_table(proc_sb->root, proc_layout_entries);
	add_table(proc_sb->root, proc_ledger_entries);
	add_table(proc_sb->root, proc_fault_entries);
	add_table(proc_sb->root, proc_faulttrace_entries);
	proc_sb->dflags = DENTRY_NOCACHE;
}

/* ---- sysfs: an empty directory, for programs that want it mounted ---- */

static struct super_block *sysfs_mount(const struct fs_type *t, const char *source,
				       const char *options, unsigned long flags)
{
	struct super_block *sb = tmpfs_mount(t, source, "mode=555", flags);

	if (!IS_ERR(sb))
		sb->magic = SYSFS_MAGIC;
	return sb;
}

static const struct fs_type sysfs_type = { "sysfs", sysfs_mount, true, NULL };

void sysfs_init(void)
{
	register_filesystem(&sysfs_type);
}
