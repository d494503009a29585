/* SPDX-License-Identifier: MIT */
/*
 * fs/mount.c - which file system is seen where?
 *
 * A mount shows the tree below one dentry (its root) in place of another dentry (its mountpoint, in
 * its parent mount). One list holds them all in mount order; a dentry counts the mounts on it, so a
 * walk looks at the list only where something is mounted.
 *
 * ALWAYS TRUE  M1  a mount on the list holds references on its super block, root, parent, mountpoint.
 *              M2  dentry->mounted = mounts on the list with that mountpoint.
 *              M3  an attached mount has refs 1 plus users; umount without MNT_DETACH wants users = 0.
 * LOCKS        mount_mutex (RANK_MOUNT) serialises mount and umount; dcache_lock guards the list.
 * LEFT OUT     namespaces, propagation, MS_MOVE.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define MAX_FS_TYPES	16
#define MNT_USER_FLAGS	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | \
			 MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME | MS_NOSYMFOLLOW)

static DEFINE_MUTEX(mount_mutex, RANK_MOUNT);
static LIST_HEAD(mounts);		/* dcache_lock */
static const struct fs_type *fs_types[MAX_FS_TYPES];
static int next_mount_id = 1;
struct mount *root_mount;

void register_filesystem(const struct fs_type *t)
{
	for (unsigned int i = 0; i < MAX_FS_TYPES; i++) {
		if (!fs_types[i]) {
			fs_types[i] = t;
			return;
		}
	}
	panic("register_filesystem: no room for %s", t->name);
}

static const struct fs_type *find_fs_type(const char *name)
{
	for (unsigned int i = 0; i < MAX_FS_TYPES && fs_types[i]; i++)
		if (strcmp(fs_types[i]->name, name) == 0)
			return fs_types[i];
	return NULL;
}

void fs_type_for_each(void (*fn)(const struct fs_type *t, void *arg), void *arg)
{
	for (unsigned int i = 0; i < MAX_FS_TYPES && fs_types[i]; i++)
		fn(fs_types[i], arg);
}

struct mount *mnt_get(struct mount *m)
{
	atomic_inc(&m->refs);
	return m;
}

/* The last reference goes under dcache_lock, where walks stand on mounts they only borrow. */
static bool mnt_put_last(struct mount *m)
{
	int v = atomic_read(&m->refs);
	bool last;

	while (v > 1)
		if (atomic_try_cmpxchg(&m->refs, &v, v - 1))
			return false;
	spin_lock(&dcache_lock);
	last = atomic_dec_and_test(&m->refs);
	spin_unlock(&dcache_lock);
	return last;
}

void mnt_put(struct mount *m)
{
	struct mount *parent;

	while (m && mnt_put_last(m)) {
		parent = m->parent;
		dput(m->root);
		if (m->mountpoint)
			dput(m->mountpoint);
		sb_deactivate(m->sb);
		kfree(m->source);
		kfree(m);
		m = parent;
	}
}

struct mount *mount_on_locked(const struct path *p)
{
	struct mount *m;

	list_for_each_entry(m, &mounts, link)
		if (m->mountpoint == p->dentry && m->parent == p->mnt)
			return m;
	return NULL;
}

int mnt_want_write(const struct path *p)
{
	return p->mnt->flags & MS_RDONLY ? -EROFS : 0;
}

/* A mount of @root (both references are taken over); NULL: no memory, references dropped. */
static struct mount *mount_new(struct super_block *sb, struct dentry *root, const char *source,
			       unsigned long flags)
{
	struct mount *m = kzalloc(sizeof(*m), GFP_KERNEL);
	char *text = kstrdup(source && *source ? source : "none", GFP_KERNEL);

	if (!m || !text) {
		kfree(m);
		kfree(text);
		dput(root);
		sb_deactivate(sb);
		return NULL;
	}
	m->sb = sb;
	m->root = root;
	m->source = text;
	m->flags = flags & MNT_USER_FLAGS;
	m->id = next_mount_id++;
	atomic_set(&m->refs, 1);
	return m;
}

struct mount *kern_mount(const struct fs_type *t, const char *options)
{
	struct super_block *sb = t->mount(t, "none", options, 0);
	struct mount *m = IS_ERR(sb) ? NULL : mount_new(sb, dget(sb->root), "none", 0);

	if (!m)
		panic("kern_mount: no memory for %s", t->name);
	return m;
}

static void mount_attach(struct mount *m, const struct path *at)
{
	path_get(at);
	spin_lock(&dcache_lock);
	m->parent = at->mnt;
	m->mountpoint = at->dentry;
	at->dentry->mounted++;
	list_add_tail(&m->link, &mounts);
	spin_unlock(&dcache_lock);
}

static int mount_bind(const char *source, const struct path *at, unsigned long flags)
{
	struct path from;
	struct mount *m;
	int err = kern_path(AT_FDCWD, source, LOOKUP_FOLLOW, &from);

	if (err)
		return err;
	if (S_ISDIR(from.dentry->inode->mode) != S_ISDIR(at->dentry->inode->mode)) {
		path_put(&from);
		return -ENOTDIR;
	}
	m = mount_new(sb_activate(from.mnt->sb), dget(from.dentry), from.mnt->source,
		      from.mnt->flags | flags);
	path_put(&from);
	if (!m)
		return -ENOMEM;
	mount_attach(m, at);
	return 0;
}

/* With MS_BIND the flags of this one mount change, and @options are not looked at. */
static int mount_remount(const struct path *at, unsigned long flags, const char *options)
{
	const struct fs_type *t = at->mnt->sb->type;
	int err = 0;

	if (at->dentry != at->mnt->root)
		return -EINVAL;
	if ((flags & MS_RDONLY) && atomic_read(&at->mnt->writers) > 0)
		return -EBUSY;
	if (t->remount && !(flags & MS_BIND))
		err = t->remount(at->mnt->sb, options);
	if (!err)
		at->mnt->flags = flags & MNT_USER_FLAGS;
	return err;
}

static int mount_new_fs(const char *source, const struct path *at, const char *type,
			unsigned long flags, const char *options)
{
	const struct fs_type *t = find_fs_type(type);
	struct super_block *sb;
	struct mount *m;

	if (!t)
		return -ENODEV;
	if (!S_ISDIR(at->dentry->inode->mode))
		return -ENOTDIR;
	sb = t->mount(t, source, options, flags);
	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);
	if (at->mnt->sb == sb && at->dentry == at->mnt->root) {
		sb_deactivate(sb);
		return -EBUSY;
	}
	m = mount_new(sb, dget(sb->root), source, flags);
	if (!m)
		return -ENOMEM;
	mount_attach(m, at);
	return 0;
}

int do_mount(const char *source, const struct path *at, const char *type, unsigned long flags,
	     const char *options)
{
	int err;

	mutex_lock(&mount_mutex);
	if (flags & MS_REMOUNT)
		err = mount_remount(at, flags, options);
	else if (flags & MS_BIND)
		err = mount_bind(source, at, flags);
	else if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		err = flags & MS_PRIVATE ? 0 : -EINVAL;	/* every mount is private */
	else if (flags & MS_MOVE)
		err = -EINVAL;
	else
		err = mount_new_fs(source, at, type, flags, options);
	mutex_unlock(&mount_mutex);
	return err;
}

static bool has_submounts(struct mount *parent)
{
	struct mount *m;

	list_for_each_entry(m, &mounts, link)
		if (m->parent == parent)
			return true;
	return false;
}

/* Take @m out of the tree; references: the caller's and the list's are the only ones unless @lazy. */
static int mount_detach(struct mount *m, bool lazy)
{
	int err = 0;

	spin_lock(&dcache_lock);
	if (m->detached || !m->parent)
		err = -EINVAL;
	else if (!lazy && (atomic_read(&m->refs) > 2 || has_submounts(m)))
		err = -EBUSY;
	if (!err) {
		m->detached = true;
		m->mountpoint->mounted--;
		list_del_init(&m->link);
	}
	spin_unlock(&dcache_lock);
	if (!err)
		mnt_put(m);
	return err;
}

/* MNT_DETACH takes the mounts below with it, the last one first. */
static void detach_submounts(struct mount *top)
{
	struct mount *m, *found;

	do {
		found = NULL;
		spin_lock(&dcache_lock);
		list_for_each_entry(m, &mounts, link)
			if (m->parent == top)
				found = mnt_get(m);
		spin_unlock(&dcache_lock);
		if (found) {
			detach_submounts(found);
			mount_detach(found, true);
			mnt_put(found);
		}
	} while (found);
}

/* path_put of @p without its last reference on the mount: that one umount keeps. */
static int do_umount(struct path *p, int flags)
{
	int err;

	if (p->dentry != p->mnt->root)
		return -EINVAL;
	dput(p->dentry);
	p->dentry = NULL;
	mutex_lock(&mount_mutex);
	if (flags & MNT_DETACH)
		detach_submounts(p->mnt);
	err = mount_detach(p->mnt, (flags & MNT_DETACH) != 0);
	mutex_unlock(&mount_mutex);
	return err;
}

SYSCALL_DEFINE2(umount2, const char __user *, name, int, flags)
{
	struct path p;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable())
		return -EPERM;
	err = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	err = do_umount(&p, flags);
	if (p.dentry)
		dput(p.dentry);
	mnt_put(p.mnt);
	return err;
}

/* A string argument of mount(2) that may be NULL. */
static int get_string(struct filename *fn, const char __user *s)
{
	fn->name = fn->inline_name;
	fn->inline_name[0] = '\0';
	return s ? getname(fn, s, true) : 0;
}

SYSCALL_DEFINE5(mount, const char __user *, source, const char __user *, target,
		const char __user *, type, unsigned long, flags, const void __user *, data)
{
	struct filename src, fstype, options;
	struct path at;
	int err;

	if (!capable())
		return -EPERM;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	err = get_string(&src, source);
	if (err)
		return err;
	err = get_string(&fstype, type);
	if (err)
		goto put_src;
	err = get_string(&options, data);
	if (err)
		goto put_type;
	err = user_path_at(AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (!err) {
		err = do_mount(src.name, &at, fstype.name, flags, options.name);
		path_put(&at);
	}
	putname(&options);
put_type:
	putname(&fstype);
put_src:
	putname(&src);
	return err;
}

void mount_for_each(void (*fn)(struct mount *m, const char *at, void *arg), void *arg)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct mount *m;

	if (!buf)
		return;
	mutex_lock(&mount_mutex);
	list_for_each_entry(m, &mounts, link) {
		struct path p = { m, m->root };
		char *text = path_text(&p, NULL, buf, PATH_MAX);

		fn(m, IS_ERR(text) ? "?" : text, arg);
	}
	mutex_unlock(&mount_mutex);
	kfree(buf);
}

/* The first mount: a tmpfs that has no parent. */
void mount_init(void)
{
	const struct fs_type *t = find_fs_type("tmpfs");
	struct super_block *sb = t->mount(t, "root", "mode=755", 0);

	if (IS_ERR(sb))
		panic("vfs: cannot mount the root file system: %ld", PTR_ERR(sb));
	root_mount = mount_new(sb, dget(sb->root), "root", 0);
	if (!root_mount)
		panic("vfs: no memory for the root mount");
	list_add_tail(&root_mount->link, &mounts);
}
