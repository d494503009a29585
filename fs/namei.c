/* SPDX-License-Identifier: MIT */
/*
 * fs/namei.c - from a path to a dentry
 *
 * The walk holds dcache_lock over all components that the dcache knows, and takes references only for
 * the result. Where it must sleep (text of a symbolic link, lookup in a made-up directory) it pins
 * where it stands, unlocks, works, and goes on from there:
 *
 *      lock | usr -> lib | unlock, pin, read the link, lock | -> x86 -> libc.so | get path, unlock
 *
 * A symbolic link replaces the rest of the name by its text, a slash, and the rest; 40 of them end
 * the walk with ELOOP.
 *
 * ALWAYS TRUE  W1  while locked, nd->path is alive: under the root, the cwd or the pin.
 *              W2  at most one pin (and one on the root) is held at any time.
 * LOCKS        fs->lock, then dcache_lock; permission checks happen inside and do not sleep.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <uapi/errno.h>

#define MAXSYMLINKS	40

int getname(struct filename *fn, const char __user *name, bool empty_ok)
{
	long n = strncpy_from_user(fn->inline_name, name, sizeof(fn->inline_name));

	fn->name = fn->inline_name;
	if (n == -ENAMETOOLONG) {
		fn->name = kmalloc(PATH_MAX, GFP_KERNEL);
		if (!fn->name)
			return -ENOMEM;
		n = strncpy_from_user(fn->name, name, PATH_MAX);
	}
	if (n == 0 && !empty_ok)
		n = -ENOENT;
	if (n < 0)
		putname(fn);
	return n < 0 ? (int)n : 0;
}

void putname(struct filename *fn)
{
	if (fn->name != fn->inline_name)
		kfree(fn->name);
}

/* ---- pins ---- */

static void walk_lock(void)
{
	spin_lock(&dcache_lock);
}

static void walk_unlock(struct nameidata *nd)
{
	struct path old = nd->pin;

	path_get(&nd->path);
	if (!nd->root_pinned)
		path_get(&nd->root);
	spin_unlock(&dcache_lock);
	nd->root_pinned = true;
	nd->pin = nd->path;
	if (old.dentry)
		path_put(&old);
}

/* Where the walk begins. On success dcache_lock is held. */
static int walk_start(struct nameidata *nd, int dirfd, const char *name)
{
	struct fs_struct *fs = current->fs;
	struct file *f = NULL;

	if (*name != '/' && dirfd != AT_FDCWD) {
		f = fd_get_raw(dirfd);
		if (!f)
			return -EBADF;
		if (!f->path.dentry || (*name && !S_ISDIR(f->inode->mode))) {
			file_put(f);
			return -ENOTDIR;
		}
		nd->pin = f->path;
		path_get(&nd->pin);
		file_put(f);
	}
	if (fs)
		spin_lock(&fs->lock);
	spin_lock(&dcache_lock);
	nd->root = fs ? fs->root : (struct path){ root_mount, root_mount->root };
	nd->path = f ? nd->pin : *name == '/' || !fs ? nd->root : fs->cwd;
	if (fs)
		spin_unlock(&fs->lock);
	return 0;
}

/* ---- one step ---- */

static void follow_mounts(struct path *p)
{
	struct mount *m;

	while (p->dentry->mounted && (m = mount_on_locked(p)) != NULL) {
		p->mnt = m;
		p->dentry = m->root;
	}
}

static void follow_dotdot(struct nameidata *nd)
{
	struct path *p = &nd->path;

	for (;;) {
		if (p->dentry == nd->root.dentry && p->mnt == nd->root.mnt)
			break;
		if (p->dentry != p->mnt->root) {
			p->dentry = p->dentry->parent;
			break;
		}
		if (!p->mnt->parent)
			break;
		p->dentry = p->mnt->mountpoint;
		p->mnt = p->mnt->parent;
	}
	follow_mounts(p);
}

struct component {
	const char	*name;
	size_t		len;
	const char	*rest;		/* behind the slashes that follow */
	bool		slash, last;
};

static int next_component(struct component *c, const char *name)
{
	const char *p = name;

	while (*p && *p != '/')
		p++;
	c->name = name;
	c->len = (size_t)(p - name);
	c->slash = *p == '/';
	while (*p == '/')
		p++;
	c->rest = p;
	c->last = *p == '\0';
	return c->len > NAME_MAX ? -ENAMETOOLONG : 0;
}

static enum last_type component_type(const struct component *c)
{
	if (c->name[0] != '.' || c->len > 2)
		return LAST_NORM;
	if (c->len == 1)
		return LAST_DOT;
	return c->name[1] == '.' ? LAST_DOTDOT : LAST_NORM;
}

/* A directory that makes up its names: ask it. The new dentry becomes the pin. */
static struct dentry *lookup_slow(struct nameidata *nd, const struct component *c)
{
	struct dentry *dir = nd->path.dentry, *d;

	walk_unlock(nd);
	mutex_lock(&dir->inode->lock);
	d = d_lookup(dir, c->name, c->len);
	mutex_unlock(&dir->inode->lock);
	if (!IS_ERR(d) && !d->inode) {
		dput(d);
		d = NULL;
	}
	if (!IS_ERR(d) && d) {
		dput(nd->pin.dentry);
		nd->pin.dentry = d;
	}
	walk_lock();
	return d;
}

/* Link text, a slash and the rest of the name: what is to be walked from now on; or NULL with nd->err. */
static const char *splice_link(struct nameidata *nd, struct dentry *link, const struct component *c)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	int n = buf ? link->inode->ops->readlink(link, buf, PATH_MAX) : -ENOMEM;
	size_t rest = strlen(c->rest);

	if (n == 0)
		n = -ENOENT;
	if (n > 0 && (size_t)n + rest + 2 > PATH_MAX)
		n = -ENAMETOOLONG;
	if (n < 0) {
		kfree(buf);
		nd->err = n;
		return NULL;
	}
	if (c->slash)
		buf[n++] = '/';
	memcpy(buf + n, c->rest, rest + 1);
	kfree(nd->link_buf);
	nd->link_buf = buf;
	return buf;
}

/* Go on through @link, which is in nd->path: what to walk next, or NULL with nd->err. */
static const char *follow_link(struct nameidata *nd, struct dentry *link, const struct component *c)
{
	const char *name = c->rest;
	struct path target;

	if (++nd->links > MAXSYMLINKS) {
		nd->err = -ELOOP;
		return NULL;
	}
	dget(link);
	walk_unlock(nd);
	if (link->inode->ops->follow) {
		nd->err = link->inode->ops->follow(link, &target);
		if (!nd->err) {
			path_put(&nd->pin);
			nd->path = nd->pin = target;
		}
	} else {
		name = splice_link(nd, link, c);
		if (name && *name == '/')
			nd->path = nd->root;
	}
	dput(link);
	walk_lock();
	return nd->err ? NULL : name;
}

static bool wants_link_followed(const struct nameidata *nd, const struct component *c)
{
	return !c->last || c->slash || (nd->flags & LOOKUP_FOLLOW);
}

/* Walk one ordinary name: what to walk next; NULL at the end or with nd->err. */
static const char *walk_name(struct nameidata *nd, const struct component *c)
{
	struct inode *dir = nd->path.dentry->inode;
	struct path next = { nd->path.mnt, NULL };
	struct dentry *d;

	d = d_find_locked(nd->path.dentry, c->name, c->len, name_hash(c->name, c->len));
	if ((!d || !d->inode) && dir->ops->lookup)
		d = lookup_slow(nd, c);
	if (IS_ERR(d)) {
		nd->err = (int)PTR_ERR(d);
		return NULL;
	}
	if (!d || !d->inode) {
		if (c->last && (nd->flags & LOOKUP_CREATE))
			nd->missing = true;
		else
			nd->err = -ENOENT;
		return NULL;
	}
	next.dentry = d;
	follow_mounts(&next);
	if (S_ISLNK(next.dentry->inode->mode) && wants_link_followed(nd, c))
		return follow_link(nd, next.dentry, c);
	nd->path = next;
	return c->last ? NULL : c->rest;
}

/* The whole walk, locked. The result is nd->path; value: 0 or -errno. */
static int walk(struct nameidata *nd, const char *name)
{
	struct component c = { .slash = false };
	struct inode *dir;

	nd->last_type = LAST_ROOT;
	while (name) {
		while (*name == '/')
			name++;
		if (!*name)
			break;
		dir = nd->path.dentry->inode;
		if (!S_ISDIR(dir->mode))
			return -ENOTDIR;
		nd->err = inode_permission(dir, X_OK);
		if (!nd->err)
			nd->err = next_component(&c, name);
		if (nd->err)
			return nd->err;
		nd->last_type = component_type(&c);
		nd->last = c.name;
		nd->last_len = c.len;
		nd->slash = c.slash;
		if (c.last && (nd->flags & LOOKUP_PARENT))
			return 0;
		if (nd->last_type == LAST_NORM) {
			name = walk_name(nd, &c);
			if (nd->err)
				return nd->err;
			continue;
		}
		if (nd->last_type == LAST_DOTDOT)
			follow_dotdot(nd);
		name = c.rest;
	}
	if (!nd->missing && (nd->slash || (nd->flags & LOOKUP_DIRECTORY)) &&
	    !S_ISDIR(nd->path.dentry->inode->mode))
		return -ENOTDIR;
	return 0;
}

int path_lookup(struct nameidata *nd, int dirfd, const char *name, unsigned int flags)
{
	int err;

	memset(nd, 0, sizeof(*nd));
	nd->flags = flags;
	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	err = walk_start(nd, dirfd, name);
	if (err)
		return err;
	err = walk(nd, name);
	if (!err)
		path_get(&nd->path);
	spin_unlock(&dcache_lock);
	if (nd->pin.dentry)
		path_put(&nd->pin);
	if (nd->root_pinned)
		path_put(&nd->root);
	if (err)
		nd_done(nd);
	return err;
}

void nd_done(struct nameidata *nd)
{
	kfree(nd->link_buf);
	nd->link_buf = NULL;
}

int lookup_parent(struct nameidata *nd, int dirfd, const char *name)
{
	return path_lookup(nd, dirfd, name, LOOKUP_PARENT);
}

int kern_path(int dirfd, const char *name, unsigned int flags, struct path *path)
{
	struct nameidata nd;
	int err = path_lookup(&nd, dirfd, name, flags);

	if (err)
		return err;
	*path = nd.path;
	nd_done(&nd);
	return 0;
}

int user_path_at(int dirfd, const char __user *name, unsigned int flags, struct path *path)
{
	struct filename fn;
	int err = getname(&fn, name, (flags & LOOKUP_EMPTY) != 0);

	if (err)
		return err;
	err = kern_path(dirfd, fn.name, flags, path);
	putname(&fn);
	return err;
}

/* ---- who may change a directory ---- */

int may_create(struct dentry *dir)
{
	if (dir->flags & DENTRY_UNHASHED && dir->parent != dir && !(dir->flags & DENTRY_NOCACHE))
		return -ENOENT;		/* removed while we held it */
	return inode_permission(dir->inode, W_OK | X_OK);
}

/* The sticky bit lets only the owners of file or directory remove a name. */
static bool sticky_forbids(const struct inode *dir, const struct inode *victim)
{
	const struct process *p = current->process;

	return p && (dir->mode & S_ISVTX) && p->fsuid != victim->uid && p->fsuid != dir->uid &&
	       !capable();
}

int may_delete(struct dentry *dir, struct dentry *victim, bool isdir)
{
	int err = inode_permission(dir->inode, W_OK | X_OK);

	if (err)
		return err;
	if (sticky_forbids(dir->inode, victim->inode))
		return -EPERM;
	if (isdir && !S_ISDIR(victim->inode->mode))
		return -ENOTDIR;
	if (!isdir && S_ISDIR(victim->inode->mode))
		return -EISDIR;
	return isdir && victim->mounted ? -EBUSY : 0;
}
