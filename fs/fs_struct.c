/* SPDX-License-Identifier: MIT */
/*
 * fs/fs_struct.c - where a process stands: working directory, root, umask
 *
 * ALWAYS TRUE  both paths are referenced. Threads made with CLONE_FS share one structure.
 * LOCKS        fs->lock (RANK_FS), outside dcache_lock.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/slab.h>
#include <uapi/errno.h>

struct fs_struct *fs_alloc(void)
{
	struct fs_struct *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	spin_lock_init(&fs->lock, RANK_FS);
	fs->cwd = fs->root = (struct path){ root_mount, root_mount->root };
	path_get(&fs->cwd);
	path_get(&fs->root);
	fs->umask = 022;
	atomic_set(&fs->refs, 1);
	return fs;
}

struct fs_struct *fs_dup(struct fs_struct *old)
{
	struct fs_struct *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	spin_lock_init(&fs->lock, RANK_FS);
	atomic_set(&fs->refs, 1);
	spin_lock(&old->lock);
	fs->cwd = old->cwd;
	fs->root = old->root;
	fs->umask = old->umask;
	path_get(&fs->cwd);
	path_get(&fs->root);
	spin_unlock(&old->lock);
	return fs;
}

void fs_put(struct fs_struct *fs)
{
	if (!atomic_dec_and_test(&fs->refs))
		return;
	path_put(&fs->cwd);
	path_put(&fs->root);
	kfree(fs);
}

/* Put @p (reference taken over) into *@slot of current's fs. */
static void set_path(struct path *slot, struct path *p)
{
	struct path old;

	spin_lock(&current->fs->lock);
	old = *slot;
	*slot = *p;
	spin_unlock(&current->fs->lock);
	path_put(&old);
}

SYSCALL_DEFINE1(chdir, const char __user *, name)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->inode, X_OK);
	if (err)
		path_put(&p);
	else
		set_path(&current->fs->cwd, &p);
	return err;
}

SYSCALL_DEFINE1(fchdir, int, fd)
{
	struct file *f = fd_get_raw(fd);
	struct path p;
	int err;

	if (!f)
		return -EBADF;
	if (!f->path.dentry || !S_ISDIR(f->inode->mode))
		err = -ENOTDIR;
	else
		err = inode_permission(f->inode, X_OK);
	if (!err) {
		p = f->path;
		path_get(&p);
		set_path(&current->fs->cwd, &p);
	}
	file_put(f);
	return err;
}

SYSCALL_DEFINE1(chroot, const char __user *, name)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->inode, X_OK);
	if (!err && !capable())
		err = -EPERM;
	if (err)
		path_put(&p);
	else
		set_path(&current->fs->root, &p);
	return err;
}

SYSCALL_DEFINE2(getcwd, char __user *, ubuf, size_t, size)
{
	struct path cwd, root;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;
	long n;

	if (!buf)
		return -ENOMEM;
	spin_lock(&current->fs->lock);
	cwd = current->fs->cwd;
	root = current->fs->root;
	path_get(&cwd);
	path_get(&root);
	spin_unlock(&current->fs->lock);
	text = path_text(&cwd, &root, buf, PATH_MAX);
	if (IS_ERR(text)) {
		n = PTR_ERR(text);
	} else if ((cwd.dentry->flags & DENTRY_UNHASHED) && !(cwd.dentry->flags & DENTRY_NOCACHE) &&
		   cwd.dentry->parent != cwd.dentry) {
		n = -ENOENT;
	} else {
		n = buf + PATH_MAX - text;
		if ((size_t)n > size)
			n = -ERANGE;
		else if (copy_to_user(ubuf, text, (size_t)n))
			n = -EFAULT;
	}
	path_put(&cwd);
	path_put(&root);
	kfree(buf);
	return n;
}
