/* SPDX-License-Identifier: MIT */
/*
 * mm/vma.c - the VMAs of an address space: find, insert, split, search for a gap
 *
 * THE QUESTION   What is mapped at this address, and where is room for more?
 *
 * THE PICTURE    mm->mm_rb   red-black tree by address; each node also knows the largest gap
 *                            below any VMA of its subtree (rb_gap), so a search for room goes
 *                            straight to it
 *                mm->mmap    the same VMAs as a list in address order: neighbours in one step
 *
 *                     gap       gap (stack: guard pages are not free)
 *                0 |------[vma]------[vma][vma]--------....[stack] TASK_SIZE
 *
 * ALWAYS TRUE    V1  tree order = list order; VMAs are not empty and do not overlap.
 *                V2  rb_gap = max(own gap, children's rb_gap); map_count = VMAs in the list.
 *                V3  no two neighbours could be one VMA right after a change of theirs (vma_merge.c).
 *                V4  a VMA with a mapping is in the mapping's i_mmap from vma_link() until
 *                    vma_unlink_file(), one with an anon_vma in its chains until
 *                    anon_vma_unlink(); its page tables are freed only after that.
 *                mm_check() verifies V1, V2 and the page counts.
 *
 * LOCKS          mmap_lock for write to change, for read to look; each change of tree, list or
 *                borders also under mm->vma_lock, after vma_start_write(), for faults look there
 *                (vma_lock.c); i_mmap_rwsem and the root anon_vma's outside of that, around any
 *                change of what their walks read (start, end, pgoff).
 *
 * LEFT OUT       the maple tree. (Linux: mm/mmap.c, mm/vma.c)
 * READ NEXT      vma_merge.c, mmap.c (who calls this), fault.c (the most frequent reader).
 */
#include <mm/history.h>
#include <mm/mempolicy.h>
#include <mm/slab.h>
#include "mm_internal.h"

static struct kmem_cache *vma_cache;

void vma_init(void)
{
	vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0,
				      SLAB_PANIC, NULL);
	mmap_cache_init();
	nopage_init();
}

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm, const struct vm_area_struct *like)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vma_cache, GFP_KERNEL);

	if (!vma)
		return NULL;
	if (like)
		*vma = *like;
	else
		*vma = (struct vm_area_struct){ .vm_flags = 0 };
	vma->vm_mm = mm;
	vma->anon_vma = NULL;
	INIT_LIST_HEAD(&vma->anon_vma_chain);
	vma->refs = 0;
	vma->lock_seq = mm->lock_seq;		/* nobody else knows it yet: as good as locked */
	if (unlikely(vma->vm_policy))
		mpol_get(vma->vm_policy);
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	ASSERT(list_empty(&vma->anon_vma_chain) && !vma->refs);
	if (unlikely(vma->vm_policy))
		mpol_put(vma->vm_policy);
	kmem_cache_free(vma_cache, vma);
}

/* counts_as_writer - S2 of fs/memfd.c: is @vma one of mapping->i_mmap_writable? */
static bool counts_as_writer(const struct vm_area_struct *vma)
{
	return vma->mapping && (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}

void vm_area_remove(struct vm_area_struct *vma)
{
	if (counts_as_writer(vma))
		mapping_unmap_writable(vma->mapping);
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	vm_area_free(vma);
}

/* ---- the largest-gap augmentation ------------------------------------------------------------ */

static struct vm_area_struct *rb_vma(struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, vm_rb);
}

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return list_is_last(&vma->vm_link, &vma->vm_mm->mmap) ? NULL : list_next_entry(vma, vm_link);
}

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
	return list_is_first(&vma->vm_link, &vma->vm_mm->mmap) ? NULL
							       : list_prev_entry(vma, vm_link);
}

static unsigned long prev_end(struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma_prev(vma);

	return prev ? prev->vm_end : 0;
}

/* own_gap - free bytes right below @vma */
static unsigned long own_gap(struct vm_area_struct *vma)
{
	unsigned long top = vm_start_gap(vma), bottom = prev_end(vma);

	return top > bottom ? top - bottom : 0;
}

static unsigned long subtree_gap(struct vm_area_struct *vma)
{
	unsigned long gap = own_gap(vma);

	if (vma->vm_rb.rb_left)
		gap = max(gap, rb_vma(vma->vm_rb.rb_left)->rb_gap);
	if (vma->vm_rb.rb_right)
		gap = max(gap, rb_vma(vma->vm_rb.rb_right)->rb_gap);
	return gap;
}

static void gap_propagate(struct rb_node *node, struct rb_node *stop)
{
	for (; node != stop; node = rb_parent(node)) {
		unsigned long gap = subtree_gap(rb_vma(node));

		if (rb_vma(node)->rb_gap == gap)
			break;
		rb_vma(node)->rb_gap = gap;
	}
}

static void gap_copy(struct rb_node *old, struct rb_node *node)
{
	rb_vma(node)->rb_gap = rb_vma(old)->rb_gap;
}

static void gap_rotate(struct rb_node *old, struct rb_node *node)
{
	rb_vma(node)->rb_gap = rb_vma(old)->rb_gap;
	rb_vma(old)->rb_gap = subtree_gap(rb_vma(old));
}

static const struct rb_augment_callbacks gap_callbacks = {
	.propagate = gap_propagate,
	.copy = gap_copy,
	.rotate = gap_rotate,
};

static void gap_update(struct vm_area_struct *vma)
{
	if (vma)
		gap_propagate(&vma->vm_rb, NULL);
}

/* ---- find ------------------------------------------------------------------------------------ */

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->mmap_cache), *best = NULL;
	struct rb_node *node;

	if (vma && addr < vma->vm_end && (addr >= vma->vm_start || addr >= prev_end(vma)))
		return vma;
	for (node = mm->mm_rb.rb_node; node;) {
		vma = rb_vma(node);
		if (addr >= vma->vm_end) {
			node = node->rb_right;
			continue;
		}
		best = vma;
		if (addr >= vma->vm_start)
			break;
		node = node->rb_left;
	}
	if (unlikely(mmap_cache_mode == MMAP_CACHE_COUNT))
		mmap_cache_count(mm, best);
	else if (best && likely(mmap_cache_mode == MMAP_CACHE_ON))
		WRITE_ONCE(mm->mmap_cache, best);
	return best;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (vma)
		*prev = vma_prev(vma);
	else
		*prev = list_last_entry_or_null(&mm->mmap, struct vm_area_struct, vm_link);
	return vma;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

/*
 * The highest gap of the subtree that holds @len bytes of [low, high). A subtree without a large
 * enough gap is skipped; one whose gap fails only because [low, high) cuts it lies on the path to
 * that border, so the walk stays O(log n).
 */
static unsigned long highest_gap(struct rb_node *node, size_t len, unsigned long low,
				 unsigned long high)
{
	while (node && rb_vma(node)->rb_gap >= len) {
		struct vm_area_struct *vma = rb_vma(node);
		struct rb_node *right = node->rb_right;
		unsigned long addr, top, bottom;

		if (right && rb_vma(right)->rb_gap >= len && vma->vm_end < high) {
			addr = highest_gap(right, len, low, high);
			if (addr)
				return addr;
		}
		top = min(vm_start_gap(vma), high);
		bottom = max(prev_end(vma), low);
		if (top > bottom && top - bottom >= len)
			return top - len;
		node = node->rb_left;
	}
	return 0;
}

unsigned long unmapped_area(struct mm_struct *mm, size_t len, unsigned long low,
			    unsigned long high)
{
	struct vm_area_struct *last = list_last_entry_or_null(&mm->mmap, struct vm_area_struct,
							      vm_link);
	unsigned long bottom = last ? max(last->vm_end, low) : low;

	if (high > bottom && high - bottom >= len)
		return high - len;
	return highest_gap(mm->mm_rb.rb_node, len, low, high);
}

/* ---- insert and remove ----------------------------------------------------------------------- */

void vma_link_file(struct vm_area_struct *vma)
{
	struct address_space *as = vma->mapping;

	if (!as)
		return;
	down_write(&as->i_mmap_rwsem);
	vma->i_mmap_node.start = vma->vm_pgoff;
	vma->i_mmap_node.last = vma->vm_pgoff + vma_pages(vma) - 1;
	interval_tree_insert(&vma->i_mmap_node, &as->i_mmap);
	up_write(&as->i_mmap_rwsem);
	if (counts_as_writer(vma))
		atomic_inc(&as->i_mmap_writable);
}

void vma_unlink_file(struct vm_area_struct *vma)
{
	struct address_space *as = vma->mapping;

	if (!as)
		return;
	down_write(&as->i_mmap_rwsem);
	interval_tree_remove(&vma->i_mmap_node, &as->i_mmap);
	up_write(&as->i_mmap_rwsem);
}

/*
 * Own gaps come from the list, subtree gaps from the tree. Rebalancing recomputes single nodes, so
 * all values must be right before it starts: a later gap_update() would find such a node up to
 * date, stop, and leave its ancestors stale. And a gap that only changes hands (from next to a new
 * VMA below it, and back) should not travel to the root twice: so the new node is linked before
 * next is updated, and an old one is erased after next has got its gap.
 *
 * The place right behind @prev is the right child of prev, or the left child of its successor. */
static void tree_insert(struct mm_struct *mm, struct vm_area_struct *vma,
			struct vm_area_struct *prev, struct vm_area_struct *next)
{
	struct rb_node *parent, **link;

	if (prev && !prev->vm_rb.rb_right) {
		parent = &prev->vm_rb;
		link = &parent->rb_right;
	} else if (next) {
		parent = &next->vm_rb;
		link = &parent->rb_left;
	} else {
		parent = NULL;
		link = &mm->mm_rb.rb_node;
	}
	ASSERT(!*link);
	rb_link_node(&vma->vm_rb, parent, link);
	vma->rb_gap = own_gap(vma);
	gap_propagate(parent, NULL);
	gap_update(next);
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, &gap_callbacks);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	struct vm_area_struct *next;

	ASSERT(vma->vm_start < vma->vm_end);
	ASSERT(!prev || prev->vm_start < vma->vm_start);
	spin_lock(&mm->vma_lock);
	vma->lock_seq = mm->lock_seq;		/* visible, but not to faults before it is complete */
	list_add(&vma->vm_link, prev ? &prev->vm_link : &mm->mmap);
	next = vma_next(vma);
	ASSERT(!next || vma->vm_start <= next->vm_start);
	tree_insert(mm, vma, prev, next);
	mm->map_count++;
	spin_unlock(&mm->vma_lock);
	vma_link_file(vma);
}

void vma_unlink_mm(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *next = vma_next(vma);

	vma_start_write(vma);
	spin_lock(&mm->vma_lock);
	if (mm->mmap_cache == vma)
		mm->mmap_cache = next;
	if (mm->mmap_counted == vma)
		mm->mmap_counted = NULL;
	list_unlink(vma->vm_link.prev, vma->vm_link.next);	/* own_gap(vma) still finds prev */
	gap_update(next);
	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, &gap_callbacks);
	mm->map_count--;
	spin_unlock(&mm->vma_lock);
}

void vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end, pgoff_t pgoff)
{
	bool start_moves = start != vma->vm_start, end_moves = end != vma->vm_end;
	struct address_space *as = vma->mapping;

	ASSERT(start < end);
	vma_start_write(vma);
	if (as)
		down_write(&as->i_mmap_rwsem);
	anon_vma_lock_write(vma);
	spin_lock(&vma->vm_mm->vma_lock);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	if (start_moves)
		gap_update(vma);
	if (end_moves)
		gap_update(vma_next(vma));
	spin_unlock(&vma->vm_mm->vma_lock);
	anon_vma_update(vma);
	anon_vma_unlock_write(vma);
	if (as) {
		interval_tree_update(&vma->i_mmap_node, &as->i_mmap, pgoff, pgoff + vma_pages(vma) - 1);
		up_write(&as->i_mmap_rwsem);
	}
}

/* ---- split ----------------------------------------------------------------------------------- */

int split_vma(struct vm_area_struct *vma, unsigned long addr, bool new_below)
{
	struct mm_struct *mm = vma->vm_mm;
	pgoff_t middle = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	struct vm_area_struct *new;

	ASSERT(vma->vm_start < addr && addr < vma->vm_end);
	new = vm_area_alloc(mm, vma);
	if (!new)
		return -ENOMEM;
	if (new_below) {
		new->vm_end = addr;
	} else {
		new->vm_start = addr;
		new->vm_pgoff = middle;
	}
	if (anon_vma_clone(new, vma)) {
		vm_area_free(new);
		return -ENOMEM;
	}
	/* The two overlap for a moment, so that no gap appears between them and goes again. */
	if (new_below) {
		vma_link(mm, new, vma_prev(vma));
		vma_adjust(vma, addr, vma->vm_end, middle);
	} else {
		vma_link(mm, new, vma);
		vma_adjust(vma, vma->vm_start, addr, vma->vm_pgoff);
	}
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	return 0;
}

/* ---- accounting and protection --------------------------------------------------------------- */

static bool is_data(unsigned long flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_STACK)) == VM_WRITE;
}

void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	mm->total_vm += (unsigned long)pages;
	if ((vm_flags & (VM_EXEC | VM_WRITE | VM_STACK)) == VM_EXEC)
		mm->exec_vm += (unsigned long)pages;
	else if (vm_flags & VM_STACK)
		mm->stack_vm += (unsigned long)pages;
	else if (is_data(vm_flags))
		mm->data_vm += (unsigned long)pages;
}

bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	const struct mm_limits *limits = mm_limits();

	if (mm->total_vm + pages > READ_ONCE(limits->as) >> PAGE_SHIFT)
		return false;
	return !is_data(vm_flags) || mm->data_vm + pages <= READ_ONCE(limits->data) >> PAGE_SHIFT;
}

bool vma_wants_writenotify(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED) || !vma->mapping)
		return false;
	return (vma->vm_ops && vma->vm_ops->page_mkwrite) || !(vma->mapping->flags & AS_SHMEM);
}

/*
 * A private page becomes writable one by one, after it was copied; a shared one at once, unless
 * somebody wants to know about the first write. Writable implies readable: RISC-V reserves the
 * encoding W without R (privileged spec 4.3.1), and x86-64 cannot express it.
 */
void vma_set_page_prot(struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	bool write = (flags & VM_WRITE) && (flags & VM_SHARED) && !vma_wants_writenotify(vma) && !(flags & VM_UFFD_WP);

	vma->vm_page_prot = user_pgprot(flags & (VM_READ | VM_WRITE), write, flags & VM_EXEC);
}

/* ---- validator ------------------------------------------------------------------------------- */

static void check_vma(struct mm_struct *mm, struct vm_area_struct *vma, struct rb_node *node,
		      unsigned long last_end)
{
	if (vma->vm_mm != mm || &vma->vm_rb != node)
		panic("mm_check: vma %lx-%lx: tree and list differ", vma->vm_start, vma->vm_end);
	if (!vma->uffd_ctx != !(vma->vm_flags & VM_UFFD_FLAGS))
		panic("mm_check: vma %lx-%lx: userfaultfd %p, flags %lx", vma->vm_start, vma->vm_end, vma->uffd_ctx,
		      vma->vm_flags);
	if (vma->vm_start < last_end || vma->vm_start >= vma->vm_end)
		panic("mm_check: vma %lx-%lx overlaps or is empty (below: %lx)", vma->vm_start,
		      vma->vm_end, last_end);
	if (vma->rb_gap != subtree_gap(vma))
		panic("mm_check: vma %lx-%lx: gap %lx, should be %lx", vma->vm_start, vma->vm_end,
		      vma->rb_gap, subtree_gap(vma));
}

void mm_check(struct mm_struct *mm)
{
	struct rb_node *node = rb_first(&mm->mm_rb);
	unsigned long last_end = 0, pages = 0;
	struct vm_area_struct *vma;
	int count = 0;

	for_each_vma(mm, vma) {
		check_vma(mm, vma, node, last_end);
		last_end = vma->vm_end;
		pages += vma_pages(vma);
		anon_vma_check(vma);
		count++;
		node = rb_next(node);
	}
	if (node || rb_check(&mm->mm_rb) != count || count != mm->map_count)
		panic("mm_check: %d VMAs in the list, map_count %d, tree %ld", count,
		      mm->map_count, rb_check(&mm->mm_rb));
	if (pages != mm->total_vm || last_end > mm->task_size)
		panic("mm_check: %lu pages mapped up to %lx, total_vm %lu, task size %lx", pages,
		      last_end, mm->total_vm, mm->task_size);
}
