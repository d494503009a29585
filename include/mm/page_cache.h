/* SPDX-License-Identifier: MIT */
/*
 * page_cache.h - file offset -> page through the radix tree (mm/page_cache.c)
 *
 * letters: (t) tree_lock (m) i_mmap_rwsem (i) immutable (a) atomic
 */
#ifndef MM_PAGE_CACHE_H
#define MM_PAGE_CACHE_H

#include <kernel/rwsem.h>
#include <lib/interval_tree.h>
#include <lib/radix_tree.h>
#include <mm/page.h>

struct address_space;

/* aspace_ops - how an address space's pages are filled and written; one of the named upward tables. */
struct aspace_ops {
	/* fill - make @page (locked, in the cache, not up to date) up to date and unlock it, now or later: 0;
	 * or -errno, with the page still locked: the caller takes it out of the cache */
	int	(*fill)(struct address_space *as, struct page *page);
	/* charge - account for a page that somebody else has filled (userfaultfd); 0 or -ENOSPC. NULL: nothing to do */
	int	(*charge)(struct address_space *as);
	/* writeout - start writing dirty @page; NULL: memory is the backing store (tmpfs) */
	int	(*writeout)(struct address_space *as, struct page *page);
	/* punch - cut the hole [start, end) for MADV_REMOVE and account for it; 0 or -errno. NULL: -EOPNOTSUPP.
	 * mmap_lock held, not the owner's lock. Seals hold all the same: the caller comes from a VMA that counts in
	 * i_mmap_writable, so F_SEAL_WRITE is not set, nor can be before mmap_lock is let go. */
	int	(*punch)(struct address_space *as, loff_t start, loff_t end);
};

struct address_space {
	void			*host;		/* (i) the owner (an inode); opaque to mm       */
	struct radix_tree_root	page_tree;	/* (t) index -> struct page                     */
	struct rb_root		policies;	/* (t) ranges of pages with a memory policy (shared_policy.c) */
	spinlock_t		tree_lock;	/* RANK_CACHE_TREE                              */
	unsigned long		nrpages;	/* (t) */
	struct rw_semaphore	i_mmap_rwsem;	/* RANK_IMMAP                                   */
	struct rb_root		i_mmap;		/* (m) interval tree of VMAs over file pages    */
	atomic_t		i_mmap_writable; /* (a) VM_SHARED|VM_MAYWRITE mappings          */
	const struct aspace_ops	*ops;		/* (i) */
	loff_t			size;		/* (a) bytes: the owner's i_size; read without lock */
	unsigned long		flags;
	unsigned int		seals;		/* (a) F_SEAL_*: set under the owner's inode lock */
};

/* mapping_map_writable - one more shared writable mapping is on its way; false: writing is sealed */
static inline bool mapping_map_writable(struct address_space *as)
{
	int v = atomic_read(&as->i_mmap_writable);

	while (v >= 0)
		if (__atomic_compare_exchange_n(&as->i_mmap_writable.counter, &v, v + 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	return false;
}
static inline void mapping_unmap_writable(struct address_space *as) { atomic_dec(&as->i_mmap_writable); }
/* mapping_deny_writable - no such mapping may come any more, ever; false: there is one */
static inline bool mapping_deny_writable(struct address_space *as)
{
	int v = atomic_read(&as->i_mmap_writable);

	while (v <= 0)
		if (__atomic_compare_exchange_n(&as->i_mmap_writable.counter, &v, -1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	return false;
}

#define AS_RESERVED	BIT(1)		/* all its pages were promised when it was made (overcommit.c) */
#define AS_SHMEM	BIT(0)		/* pages are swap-backed: tmpfs and shared anonymous memory */

void address_space_init(struct address_space *as, void *host, const struct aspace_ops *ops);
/* address_space_destroy - no mappings left; drops every page. */
void address_space_destroy(struct address_space *as);

/* find_get_page - referenced page at @index, or NULL (a hole, or not cached). any state. Inline: 8 fewer a read. */
static inline struct page *find_get_page(struct address_space *as, pgoff_t index)
{
	struct page *page;

	spin_lock(&as->tree_lock);
	page = radix_tree_lookup(&as->page_tree, index);
	if (page)
		get_page(page);
	spin_unlock(&as->tree_lock);
	return page;
}
/* find_lock_page - the same, locked and still in @as. */
struct page *find_lock_page(struct address_space *as, pgoff_t index);
/* add_to_page_cache - put a new page in; takes its own reference; page comes back locked; 0, -EEXIST, -ENOMEM. */
int add_to_page_cache(struct address_space *as, struct page *page, pgoff_t index);
/* remove_from_page_cache - page locked; unmaps what still maps it, and drops the cache's reference. sleeps: yes */
void remove_from_page_cache(struct page *page);
/* remove_unused_page - page locked, one reference the caller's: the same if nobody else has one or has written to it */
bool remove_unused_page(struct page *page);
/*
 * page_cache_get - an up-to-date referenced (unlocked) page at @index, made by ops->fill when absent.
 *   returns: the page; NULL with *@err = -ENOMEM, -EIO or the fill's error. *@err is not touched when the page
 *   was there, and is 0 when it was filled now.
 */
struct page *page_cache_get(struct address_space *as, pgoff_t index, int *err);
/*
 * page_cache_adopt - make existing kernel-owned frame @page (initramfs data) the page at @index; takes over the
 * reference.
 */
int page_cache_adopt(struct address_space *as, struct page *page, pgoff_t index);
/* set_page_dirty - contents changed: newer than the backing store (counted once), and than what instruction
 * fetch may have seen. Whoever stores into a cached page calls this after. Page locked, mapped, or referenced. */
void set_page_dirty(struct page *page);
/*
 * find_get_pages - up to @max cached pages with index in [*@from, last], referenced; *@from moves behind the
 * last one.
 */
unsigned int find_get_pages(struct address_space *as, pgoff_t *from, pgoff_t last, unsigned int max,
			    struct page **pages);
/*
 * next_cached_page - smallest cached index >= @from, or ULONG_MAX (SEEK_DATA). next_hole - smallest uncached >=
 * @from.
 */
pgoff_t next_cached_page(struct address_space *as, pgoff_t from);
pgoff_t next_hole(struct address_space *as, pgoff_t from);
/*
 * truncate_pages - size shrinks to @newsize: unmap from every VMA, drop whole pages, zero the tail of the last.
 *   The caller (inode lock held) has stored as->size first, so faults beyond it get SIGBUS. sleeps: yes
 */
void truncate_pages(struct address_space *as, loff_t newsize);
/* punch_pages - drop whole pages in [start, end) and zero the partial ones (fallocate PUNCH_HOLE). */
void punch_pages(struct address_space *as, loff_t start, loff_t end);
/* undo_pages - drop those of [first, last] that are unused and whose private is @maker (fallocate that failed). */
void undo_pages(struct address_space *as, pgoff_t first, pgoff_t last, unsigned long maker);
/* unmap_mapping_range - remove user ptes of file pages [first, last]; @even_cows: private copies too. */
void unmap_mapping_range(struct address_space *as, pgoff_t first, pgoff_t last, bool even_cows);

/* ---- shmem.c: pages that have no file behind them ---- */
extern const struct aspace_ops shmem_aspace_ops;	/* only for a shmem_object: it is as->host */
/*
 * shmem_create_anon - an unnamed shared object of @size bytes (MAP_SHARED|MAP_ANONYMOUS), refcounted; all of it is
 * promised at once, or with @noreserve page by page; NULL: no memory, or too much of it
 */
struct shmem_object;
struct shmem_object *shmem_create_anon(u64 size, bool noreserve);
struct address_space *shmem_mapping(struct shmem_object *o);
void shmem_get(struct shmem_object *o);
void shmem_put(struct shmem_object *o);
/* shmem_vm_ops - of a mapping of such an object: vm_private holds a reference to it */
struct vm_ops;
extern const struct vm_ops shmem_vm_ops;

/* page_cache_init - caches of this file and of shmem.c; part of mm_init() */
void page_cache_init(void);
/* address_space_check - validator: tree, count and back pointers. Takes tree_lock. */
void address_space_check(struct address_space *as);

#endif
