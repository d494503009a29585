/* SPDX-License-Identifier: MIT */
/*
 * fs/dcache.c - which inode does this name in this directory mean?
 *
 * Every name that was looked up is a dentry, in a hash table by parent and name, and in its parent's
 * list of children. For tmpfs and devtmpfs the dentries are the directory: a name holds a reference
 * on its dentry (DENTRY_PINNED), so what the hash does not know does not exist. procfs invents
 * its directories: its dentries are never hashed (DENTRY_NOCACHE) and end with their last user.
 *
 *      /  --children--> bin, dev, etc ...       dentry.parent holds a reference, children do not
 *
 * ALWAYS TRUE  N1  a dentry holds a reference on its parent and, if positive, on its inode.
 *              N2  refs falls from 1 to 0 only under dcache_lock; then the dentry is freed.
 *              N3  the children of a directory appear in the order of their cookies, and a cookie
 *                  is never used twice: readdir positions survive removals.
 *              N4  names are added, moved and removed with the directory's inode lock held.
 * LOCKS        dcache_lock (RANK_DCACHE): the hash, the lists, names, mounts. One lock suffices: a
 *              walk takes it once for a whole path (fs/namei.c).
 */
#include <fs/namei.h>
#include <kernel/assert.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/errno.h>

#define DHASH_BITS	11

DEFINE_SPINLOCK(dcache_lock, RANK_DCACHE);
static struct hlist_head dhash[1u << DHASH_BITS];
static struct kmem_cache *dentry_cache;

void dcache_init(void)
{
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0, SLAB_PANIC, NULL);
}

unsigned int name_hash(const char *name, size_t len)
{
	unsigned int h = 0;

	for (size_t i = 0; i < len; i++)
		h = (h + (unsigned char)name[i]) * 0x9e3779b1u;
	return h;
}

static struct hlist_head *bucket(const struct dentry *parent, unsigned int hash)
{
	return &dhash[hash_long((unsigned long)parent / sizeof(long) ^ hash, DHASH_BITS)];
}

static struct dentry *dentry_new(const char *name, size_t len)
{
	struct dentry *d = kmem_cache_alloc(dentry_cache, GFP_KERNEL);

	if (!d)
		return NULL;
	memset(d, 0, sizeof(*d));
	d->name = d->iname;
	if (len >= sizeof(d->iname))
		d->name = kmalloc(len + 1, GFP_KERNEL);
	if (!d->name) {
		kmem_cache_free(dentry_cache, d);
		return NULL;
	}
	memcpy(d->name, name, len);
	d->name[len] = '\0';
	d->len = (unsigned int)len;
	d->hash = name_hash(name, len);
	INIT_LIST_HEAD(&d->children);
	INIT_LIST_HEAD(&d->child_link);
	atomic_set(&d->refs, 1);
	return d;
}

struct dentry *d_alloc(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = dentry_new(name, len);

	if (!d)
		return NULL;
	d->parent = dget(parent);
	d->sb = parent->sb;
	d->flags = parent->sb->dflags | DENTRY_UNHASHED;
	return d;
}

struct dentry *d_alloc_root(struct super_block *sb, struct inode *inode)
{
	struct dentry *d = dentry_new("/", 1);

	if (!d)
		return NULL;
	d->parent = d;
	d->sb = sb;
	d->inode = inode;
	return d;
}

struct dentry *d_find_locked(struct dentry *parent, const char *name, size_t len,
			     unsigned int hash)
{
	struct dentry *d;

	hlist_for_each_entry(d, bucket(parent, hash), hash_link)
		if (d->hash == hash && d->parent == parent && d->len == len &&
		    memcmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

/* Out of the hash and the directory. dcache_lock held. */
static void d_unhash_locked(struct dentry *d)
{
	hlist_del_init(&d->hash_link);
	list_del_init(&d->child_link);
	d->flags |= DENTRY_UNHASHED;
}

static bool dec_unless_last(struct dentry *d)
{
	int v = atomic_read(&d->refs);

	while (v > 1)
		if (atomic_try_cmpxchg(&d->refs, &v, v - 1))
			return true;
	return false;
}

/* Drop a reference; the dentry itself when it was the last, unhashed and ready to be freed. */
static struct dentry *dput_last(struct dentry *d)
{
	if (dec_unless_last(d))
		return NULL;
	spin_lock(&dcache_lock);
	if (!atomic_dec_and_test(&d->refs)) {
		spin_unlock(&dcache_lock);
		return NULL;
	}
	d_unhash_locked(d);
	spin_unlock(&dcache_lock);
	return d;
}

void dput(struct dentry *d)
{
	while (d && (d = dput_last(d)) != NULL) {
		struct dentry *parent = d->parent == d ? NULL : d->parent;

		ASSERT(list_empty(&d->children) && !d->mounted);
		if (d->inode)
			inode_put(d->inode);
		if (d->name != d->iname)
			kfree(d->name);
		kmem_cache_free(dentry_cache, d);
		d = parent;
	}
}

void path_get(const struct path *p)
{
	mnt_get(p->mnt);
	dget(p->dentry);
}

void path_put(const struct path *p)
{
	dput(p->dentry);
	mnt_put(p->mnt);
}

/* d_add_locked - hash @d and append it to its directory. dcache_lock held. */
static void d_add_locked(struct dentry *d)
{
	struct dentry *parent = d->parent;

	d->cookie = parent->inode->next_cookie++;
	hlist_add_head(&d->hash_link, bucket(parent, d->hash));
	list_add_tail(&d->child_link, &parent->children);
	d->flags &= ~DENTRY_UNHASHED;
}

void d_instantiate(struct dentry *d, struct inode *inode)
{
	ASSERT(!d->inode);
	spin_lock(&dcache_lock);
	d->inode = inode;
	if (!(d->flags & DENTRY_NOCACHE) && (d->flags & DENTRY_UNHASHED))
		d_add_locked(d);
	spin_unlock(&dcache_lock);
	if (d->flags & DENTRY_PINNED)
		dget(d);
}

void d_drop(struct dentry *d)
{
	bool pinned;

	spin_lock(&dcache_lock);
	pinned = (d->flags & (DENTRY_PINNED | DENTRY_UNHASHED)) == DENTRY_PINNED;
	d_unhash_locked(d);
	spin_unlock(&dcache_lock);
	if (pinned)
		dput(d);
}

static void swap_names(struct dentry *a, struct dentry *b)
{
	char iname[sizeof(a->iname)];
	bool a_inline = a->name == a->iname, b_inline = b->name == b->iname;

	memcpy(iname, a->iname, sizeof(iname));
	memcpy(a->iname, b->iname, sizeof(iname));
	memcpy(b->iname, iname, sizeof(iname));
	swap(a->name, b->name);
	if (b_inline)
		a->name = a->iname;
	if (a_inline)
		b->name = b->iname;
	swap(a->len, b->len);
	swap(a->hash, b->hash);
}

/*
 * d_move - @d takes name and place of @target, which loses its own (or, with @exchange, gets @d's)
 *   locks: both directories' inode locks held
 */
void d_move(struct dentry *d, struct dentry *target, bool exchange)
{
	bool unpin;

	spin_lock(&dcache_lock);
	unpin = !exchange && target->inode &&
		(target->flags & (DENTRY_PINNED | DENTRY_UNHASHED)) == DENTRY_PINNED;
	d_unhash_locked(d);
	d_unhash_locked(target);
	swap_names(d, target);
	swap(d->parent, target->parent);
	d_add_locked(d);
	if (exchange)
		d_add_locked(target);
	spin_unlock(&dcache_lock);
	if (unpin)
		dput(target);
}

bool d_is_below(struct dentry *d, struct dentry *ancestor)
{
	bool below = false;

	spin_lock(&dcache_lock);
	for (;; d = d->parent) {
		if (d == ancestor) {
			below = true;
			break;
		}
		if (d->parent == d)
			break;
	}
	spin_unlock(&dcache_lock);
	return below;
}

struct dentry *d_lookup(struct dentry *dir, const char *name, size_t len)
{
	const struct inode_ops *ops = dir->inode->ops;
	struct dentry *d;
	int err;

	spin_lock(&dcache_lock);
	d = d_find_locked(dir, name, len, name_hash(name, len));
	if (d)
		dget(d);
	spin_unlock(&dcache_lock);
	if (d)
		return d;
	d = d_alloc(dir, name, len);
	if (!d)
		return ERR_PTR(-ENOMEM);
	if (!ops->lookup)
		return d;
	err = ops->lookup(dir->inode, d);
	if (err) {
		dput(d);
		return ERR_PTR(err);
	}
	return d;
}

/* ---- names of paths ---- */

struct text { char *start, *pos; };

static bool prepend(struct text *t, const char *s, size_t n)
{
	if ((size_t)(t->pos - t->start) < n)
		return false;
	t->pos -= n;
	memcpy(t->pos, s, n);
	return true;
}

/* From @p up to @root over mount points. dcache_lock held. */
static bool prepend_path(struct text *t, struct path p, const struct path *root)
{
	while (!root || p.dentry != root->dentry || p.mnt != root->mnt) {
		if (p.dentry == p.mnt->root || p.dentry->parent == p.dentry) {
			if (!p.mnt->parent)
				break;
			p.dentry = p.mnt->mountpoint;
			p.mnt = p.mnt->parent;
			continue;
		}
		if (!prepend(t, p.dentry->name, p.dentry->len) || !prepend(t, "/", 1))
			return false;
		p.dentry = p.dentry->parent;
	}
	return true;
}

char *path_text(const struct path *p, const struct path *root, char *buf, size_t size)
{
	struct text t = { buf, buf + size };
	bool ok = prepend(&t, "", 1), deleted;
	char *end;

	spin_lock(&dcache_lock);
	deleted = (p->dentry->flags & (DENTRY_UNHASHED | DENTRY_NOCACHE)) == DENTRY_UNHASHED &&
		  p->dentry->parent != p->dentry;
	if (ok && deleted)
		ok = prepend(&t, " (deleted)", 10);
	end = t.pos;
	ok = ok && prepend_path(&t, *p, root);
	spin_unlock(&dcache_lock);
	if (ok && t.pos == end)
		ok = prepend(&t, "/", 1);
	return ok ? t.pos : ERR_PTR(-ENAMETOOLONG);
}

/* ---- directories made of dentries ---- */

bool dcache_dir_empty(struct dentry *dir)
{
	struct dentry *d;
	bool empty = true;

	spin_lock(&dcache_lock);
	list_for_each_entry(d, &dir->children, child_link)
		if (d->inode)
			empty = false;
	spin_unlock(&dcache_lock);
	return empty;
}

/* The first positive child with a cookie of at least @cookie, behind @after (or NULL: from the start). */
static struct dentry *next_child(struct dentry *dir, struct dentry *after, u64 cookie)
{
	struct list_head *pos;
	struct dentry *found = NULL;

	spin_lock(&dcache_lock);
	pos = after ? after->child_link.next : dir->children.next;
	for (; pos != &dir->children; pos = pos->next) {
		struct dentry *d = list_entry(pos, struct dentry, child_link);

		if (d->inode && d->cookie >= cookie) {
			found = d;
			break;
		}
	}
	spin_unlock(&dcache_lock);
	return found;
}

static bool emit_dots(struct dentry *dir, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!ctx->fill(ctx, ".", 1, 1, dir->inode->ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!ctx->fill(ctx, "..", 2, 2, dir->parent->inode->ino, DT_DIR))
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* The inode lock keeps positive children in place between two steps, so no reference is needed. */
int dcache_iterate(struct file *f, struct dir_context *ctx)
{
	struct dentry *dir = f->path.dentry, *d = NULL;

	if (!emit_dots(dir, ctx))
		return 0;
	while ((d = next_child(dir, d, (u64)ctx->pos)) != NULL) {
		if (!ctx->fill(ctx, d->name, d->len, (loff_t)d->cookie + 1, d->inode->ino,
			       DT_OF_MODE(d->inode->mode)))
			return 0;
		ctx->pos = (loff_t)d->cookie + 1;
	}
	return 0;
}

static loff_t dcache_dir_llseek(struct file *f, loff_t off, int whence)
{
	return llseek_to(f, off, whence, (loff_t)f->inode->next_cookie);
}

static int dcache_dir_fsync(struct file *f, bool datasync)
{
	return 0;
}

const struct file_ops dcache_dir_fops = {
	.iterate	= dcache_iterate,
	.llseek		= dcache_dir_llseek,
	.fsync		= dcache_dir_fsync,
};
