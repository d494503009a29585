/* SPDX-License-Identifier: MIT */
/*
 * mm/anon_vma.c - which VMAs may map an anonymous page? the chains that fork leaves behind
 *
 * THE QUESTION   A file page finds its VMAs through the file. An anonymous page has no file; after
 *                a few forks, who may still have a pte of it, and how is that found without asking
 *                every process?
 *
 * THE PICTURE    The first anonymous page of a VMA gives it an anon_vma; every page it faults in
 *                points there. Fork links the child's VMA to all anon_vmas of the parent's (old
 *                pages may be shared) and gives it one of its own (new pages cannot be).
 *
 *                    parent P            child C             grandchild G
 *                    anon_vma a          anon_vma b          anon_vma c
 *                chains  P-a             C-a C-b             G-a G-b G-c
 *
 *                page of a: mapped by P, C or G.   page of c: by G alone, found in one step.
 *
 *                Each anon_vma keeps its chains in an interval tree over the offsets the VMAs
 *                show, so splits and moves cost a walk only what really covers the page.
 *
 * ALWAYS TRUE    A1  a VMA that maps an anonymous page is linked to that page's anon_vma, from
 *                    before the pte exists until after its page tables are empty.
 *                A2  all anon_vmas of one chain have the same root; the root outlives them.
 *                A3  parents come before children in a tree walk when their VMAs begin at the same
 *                    offset (interval trees keep equal starts in order of insertion).
 *                A4  an anon_vma without VMAs and children is reused by the next fork of its
 *                    parent's VMA, so a daemon that forks for ever does not grow its chain.
 *                anon_vma_check() verifies A1's links and A2.
 *
 * LOCKS          mmap_lock > root->rwsem > ptl. `gate' keeps an anon_vma from being freed between
 *                the look at page->mapping and the reference on it: whoever sees the page mapped
 *                with the gate held, sees an anon_vma that is not yet free.
 *
 * READ NEXT      rmap.c (who walks), dup_mm.c, vma_merge.c.
 */
#include <mm/anon_vma.h>
#include <mm/slab.h>
#include "mm_internal.h"

static struct kmem_cache *anon_vma_cache, *chain_cache;
static DEFINE_SPINLOCK(gate, RANK_ANON_GATE);

void anon_vma_init(void)
{
	anon_vma_cache = kmem_cache_create("anon_vma", sizeof(struct anon_vma), 0, SLAB_PANIC, NULL);
	chain_cache = kmem_cache_create("anon_vma_chain", sizeof(struct anon_vma_chain), 0, SLAB_PANIC,
					NULL);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* anon_vma_alloc - a root of its own, or below @parent, whose root it keeps alive */
static struct anon_vma *anon_vma_alloc(struct anon_vma *parent)
{
	struct anon_vma *av = kmem_cache_alloc(anon_vma_cache, GFP_KERNEL);

	if (!av)
		return NULL;
	*av = (struct anon_vma){ .refcount = ATOMIC_INIT(1) };
	init_rwsem(&av->rwsem, RANK_ANON_VMA);
	av->root = parent ? parent->root : av;
	av->parent = parent ? parent : av;
	if (parent)
		atomic_inc(&av->root->refcount);
	return av;
}

void put_anon_vma(struct anon_vma *av)
{
	struct anon_vma *root = av->root;
	bool last;

	spin_lock(&gate);
	last = atomic_dec_and_test(&av->refcount);
	spin_unlock(&gate);
	if (!last)
		return;
	ASSERT(RB_EMPTY_ROOT(&av->rb_root) && !av->num_active_vmas);
	kmem_cache_free(anon_vma_cache, av);
	if (root != av)
		put_anon_vma(root);
}

/* ---- links: root locked for writing ---------------------------------------------------------- */

static void tree_link(struct anon_vma_chain *c)
{
	c->node.start = c->vma->vm_pgoff;
	c->node.last = c->vma->vm_pgoff + vma_pages(c->vma) - 1;
	interval_tree_insert(&c->node, &c->anon_vma->rb_root);
}

static void chain_link(struct vm_area_struct *vma, struct anon_vma_chain *c, struct anon_vma *av)
{
	c->vma = vma;
	c->anon_vma = av;
	list_add(&c->same_vma, &vma->anon_vma_chain);
	tree_link(c);
}

void anon_vma_lock_write(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		down_write(&vma->anon_vma->root->rwsem);
}

void anon_vma_unlock_write(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		up_write(&vma->anon_vma->root->rwsem);
}

void anon_vma_update(struct vm_area_struct *vma)
{
	struct anon_vma_chain *c;

	list_for_each_entry(c, &vma->anon_vma_chain, same_vma)
		interval_tree_update(&c->node, &c->anon_vma->rb_root, vma->vm_pgoff,
				     vma->vm_pgoff + vma_pages(vma) - 1);
}

void anon_vma_move(struct vm_area_struct *to, struct vm_area_struct *from)
{
	struct anon_vma_chain *c;

	ASSERT(!to->anon_vma && list_empty(&to->anon_vma_chain));
	ASSERT(vma_is_locked(to) && vma_is_locked(from));
	anon_vma_lock_write(from);
	to->anon_vma = from->anon_vma;
	list_splice_init(&from->anon_vma_chain, &to->anon_vma_chain);
	list_for_each_entry(c, &to->anon_vma_chain, same_vma)
		c->vma = to;
	anon_vma_update(to);
	from->anon_vma = NULL;
	anon_vma_unlock_write(to);
}

bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	const struct vm_area_struct *vma = a->anon_vma ? a : b;

	if (a->anon_vma == b->anon_vma)
		return true;
	/* A VMA that fork cloned stays as it is: what it swallowed would be searched for all relatives. */
	return !(a->anon_vma && b->anon_vma) && list_is_singular(&vma->anon_vma_chain);
}

/* ---- the first page -------------------------------------------------------------------------- */

/* lend - @other's anon_vma, if @vma and @other, neighbours, could become one VMA later */
static struct anon_vma *lend(const struct vm_area_struct *low, const struct vm_area_struct *high,
			     const struct vm_area_struct *other)
{
	if (!other->anon_vma || !list_is_singular(&other->anon_vma_chain) ||
	    low->vm_end != high->vm_start || ((low->vm_flags ^ high->vm_flags) & ~VM_ACCESS_FLAGS) ||
	    low->mapping != high->mapping || low->vm_file != high->vm_file ||
	    low->vm_pgoff + vma_pages(low) != high->vm_pgoff)
		return NULL;
	return other->anon_vma;
}

/* Found under page_table_lock, used under mmap_lock: neither neighbour can go away. */
static struct anon_vma *find_mergeable(struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma_next(vma), *prev = vma_prev(vma);
	struct anon_vma *av = NULL;

	WITH_SPINLOCK(&vma->vm_mm->page_table_lock) {
		if (next)
			av = lend(vma, next, next);
		if (!av && prev)
			av = lend(prev, vma, prev);
	}
	return av;
}

int anon_vma_make(struct vm_area_struct *vma)
{
	struct anon_vma_chain *c = kmem_cache_alloc(chain_cache, GFP_KERNEL);
	struct anon_vma *av = find_mergeable(vma), *new = NULL;

	if (c && !av)
		av = new = anon_vma_alloc(NULL);
	if (!c || !av) {
		if (c)
			kmem_cache_free(chain_cache, c);
		return -ENOMEM;
	}
	down_write(&av->root->rwsem);
	WITH_SPINLOCK(&vma->vm_mm->page_table_lock) {
		if (!vma->anon_vma) {		/* other threads fault here too */
			chain_link(vma, c, av);
			av->num_active_vmas++;
			smp_wmb();		/* per-VMA locked faults look without page_table_lock */
			WRITE_ONCE(vma->anon_vma, av);
			c = NULL;
			new = NULL;
		}
	}
	up_write(&av->root->rwsem);
	if (new)
		put_anon_vma(new);
	if (c)
		kmem_cache_free(chain_cache, c);
	return 0;
}

/* ---- copies of VMAs -------------------------------------------------------------------------- */

/* reusable - A4: left by a process that is gone, with one line of descendants at most; never a root */
static bool reusable(const struct anon_vma *av, const struct vm_area_struct *src)
{
	return av != src->anon_vma && av->parent != av && av->num_children < 2 &&
	       av->num_active_vmas == 0;
}

/* alloc_chains - as many links as @src has, on @list */
static int alloc_chains(struct list_head *list, const struct vm_area_struct *src)
{
	struct anon_vma_chain *c;

	list_for_each_entry(c, &src->anon_vma_chain, same_vma) {
		struct anon_vma_chain *new = kmem_cache_alloc(chain_cache, GFP_KERNEL);

		if (!new)
			return -ENOMEM;
		list_add(&new->same_vma, list);
	}
	return 0;
}

static void free_chains(struct list_head *list)
{
	struct anon_vma_chain *c, *next;

	list_for_each_entry_safe(c, next, list, same_vma)
		kmem_cache_free(chain_cache, c);
}

/* clone_links - @dst joins everything @src is in, oldest first; vma->anon_vma stays the caller's business */
static int clone_links(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct anon_vma_chain *c, *new;
	LIST_HEAD(spare);

	if (alloc_chains(&spare, src)) {
		free_chains(&spare);
		return -ENOMEM;
	}
	anon_vma_lock_write(src);
	list_for_each_entry_reverse(c, &src->anon_vma_chain, same_vma) {
		new = list_first_entry(&spare, struct anon_vma_chain, same_vma);
		list_del(&new->same_vma);
		chain_link(dst, new, c->anon_vma);
		if (!dst->anon_vma && reusable(c->anon_vma, src))
			dst->anon_vma = c->anon_vma;
	}
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
	anon_vma_unlock_write(src);
	return 0;
}

int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	ASSERT(list_empty(&dst->anon_vma_chain));
	dst->anon_vma = src->anon_vma;
	if (!src->anon_vma)
		return 0;
	if (!clone_links(dst, src))
		return 0;
	dst->anon_vma = NULL;
	return -ENOMEM;
}

int anon_vma_fork(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct anon_vma_chain *c;
	struct anon_vma *av;

	ASSERT(list_empty(&dst->anon_vma_chain));
	dst->anon_vma = NULL;
	if (!src->anon_vma)
		return 0;
	if (clone_links(dst, src))
		return -ENOMEM;
	if (dst->anon_vma)
		return 0;
	av = anon_vma_alloc(src->anon_vma);
	c = av ? kmem_cache_alloc(chain_cache, GFP_KERNEL) : NULL;
	if (!c) {
		if (av)
			put_anon_vma(av);
		anon_vma_unlink(dst);
		return -ENOMEM;
	}
	down_write(&av->root->rwsem);
	dst->anon_vma = av;
	av->num_active_vmas = 1;
	av->parent->num_children++;
	chain_link(dst, c, av);
	up_write(&av->root->rwsem);
	return 0;
}

/* unlink_one - @c leaves; an anon_vma without VMAs goes to its end after the lock is dropped */
static void unlink_one(struct anon_vma_chain *c)
{
	struct anon_vma *av = c->anon_vma;

	interval_tree_remove(&c->node, &av->rb_root);
	if (RB_EMPTY_ROOT(&av->rb_root) && av->parent != av)
		av->parent->num_children--;
}

void anon_vma_unlink(struct vm_area_struct *vma)
{
	struct anon_vma_chain *c, *next;
	struct rw_semaphore *lock;

	if (list_empty(&vma->anon_vma_chain))
		return;
	ASSERT(vma_is_locked(vma) || list_empty(&vma->vm_mm->mmap));
	lock = &list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma)->anon_vma->root->rwsem;
	down_write(lock);
	list_for_each_entry_safe(c, next, &vma->anon_vma_chain, same_vma) {
		unlink_one(c);
		if (RB_EMPTY_ROOT(&c->anon_vma->rb_root))
			continue;
		list_del(&c->same_vma);
		kmem_cache_free(chain_cache, c);
	}
	if (vma->anon_vma)
		vma->anon_vma->num_active_vmas--;
	vma->anon_vma = NULL;
	up_write(lock);
	list_for_each_entry_safe(c, next, &vma->anon_vma_chain, same_vma) {
		put_anon_vma(c->anon_vma);
		kmem_cache_free(chain_cache, c);
	}
	INIT_LIST_HEAD(&vma->anon_vma_chain);
}

/* ---- from the page --------------------------------------------------------------------------- */

struct anon_vma *page_get_anon_vma(struct page *page)
{
	struct anon_vma *av = NULL;

	ASSERT(PageLocked(page));
	spin_lock(&gate);
	if (PageAnon(page) && page_mapcount(page) > 0) {
		av = (struct anon_vma *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON);
		atomic_inc(&av->refcount);
	}
	spin_unlock(&gate);
	return av;
}

/* ---- validator ------------------------------------------------------------------------------- */

void anon_vma_check(struct vm_area_struct *vma)
{
	struct anon_vma_chain *c;
	bool own = false;

	list_for_each_entry(c, &vma->anon_vma_chain, same_vma) {
		if (c->vma != vma || !vma->anon_vma || c->anon_vma->root != vma->anon_vma->root)
			panic("anon_vma_check: vma %lx-%lx: foreign chain", vma->vm_start, vma->vm_end);
		if (c->node.start != vma->vm_pgoff || c->node.last - c->node.start + 1 != vma_pages(vma))
			panic("anon_vma_check: vma %lx-%lx: chain covers offsets %lx to %lx", vma->vm_start,
			      vma->vm_end, c->node.start, c->node.last);
		own |= c->anon_vma == vma->anon_vma;
	}
	if (own != (vma->anon_vma != NULL))
		panic("anon_vma_check: vma %lx-%lx is not linked to its anon_vma", vma->vm_start,
		      vma->vm_end);
}
