/* SPDX-License-Identifier: MIT */
/*
 * mm/mmap.c - mmap(2) and munmap(2): where a mapping goes, whether it may, and how it leaves
 *
 * THE QUESTION   Which address does a new mapping get, and what must be undone to remove one?
 *
 * THE PICTURE    USER_ADDR_MIN                                mmap_base         TASK_SIZE
 *                | text data heap ->          ...      <- mmap area |  gap  <- stack |
 *                A mapping without a wish goes into the highest gap below mmap_base, else
 *                anywhere. munmap: split the VMAs at both ends, take those between out of the
 *                tree, zap their ptes, leave i_mmap and anon_vmas, free page tables that became useless, and
 *                only then let the objects go (close).
 *
 * ALWAYS TRUE    N1  a request that fails changed nothing, except that MAP_FIXED may already
 *                    have unmapped what was there (as POSIX allows and Linux does), and that VMAs
 *                    stay split at both ends if there is no memory to tell a userfaultfd.
 *                N2  vm_ops->open() has run for every linked VMA, close() runs once for each.
 *                N3  total_vm is the sum over all VMAs.
 *
 * LOCKS          mmap_lock for write, taken here; i_mmap_rwsem and ptl inside.
 * LEFT OUT       huge pages. (Linux: mm/mmap.c)
 * READ NEXT      vma.c, overcommit.c, zap.c, mm.c (exit).
 */
#include <mm/userfaultfd.h>
#include "mm_internal.h"

#define LEGACY_FLAGS	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | \
			 MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | \
			 MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | \
			 MAP_HUGE_2MB | MAP_HUGE_1GB)

/* MAP_32BIT means the low 2 GiB, and Linux leaves the first of them to the program itself. */
#define MAP32_LOW	0x40000000UL
#define MAP32_HIGH	0x80000000UL

/* ---- address --------------------------------------------------------------------------------- */

/* range_is_free - no VMA in [addr, addr+len), nor the guard gap of a stack above it */
static bool range_is_free(struct mm_struct *mm, unsigned long addr, size_t len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return !vma || addr + len <= vm_start_gap(vma);
}

static long fixed_area(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long flags)
{
	if (addr > mm->task_size - len)
		return -ENOMEM;
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (addr < USER_ADDR_MIN)
		return -EPERM;
	if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	return (long)addr;
}

long find_unmapped_area(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long flags)
{
	if (len > mm->task_size - USER_ADDR_MIN)
		return -ENOMEM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
		return fixed_area(mm, addr, len, flags);
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	if (addr && addr < USER_ADDR_MIN)
		addr = USER_ADDR_MIN;
	if (flags & MAP_32BIT) {
		if (addr && addr <= MAP32_HIGH - min(len, (size_t)MAP32_HIGH) &&
		    range_is_free(mm, addr, len))
			return (long)addr;
		addr = unmapped_area(mm, len, MAP32_LOW, MAP32_HIGH);
		return addr ? (long)addr : -ENOMEM;
	}
	if (addr && addr <= mm->task_size - len && range_is_free(mm, addr, len))
		return (long)addr;
	addr = unmapped_area(mm, len, USER_ADDR_MIN, mm->mmap_base);
	if (!addr && !mm->mmap_base)
		addr = unmapped_area_bottomup(mm, len);		/* personality: ADDR_COMPAT_LAYOUT */
	if (!addr)
		addr = unmapped_area(mm, len, USER_ADDR_MIN, mm->task_size);
	return addr ? (long)addr : -ENOMEM;
}

/* ---- map ------------------------------------------------------------------------------------- */

int mmap_region(struct mm_struct *mm, struct vm_area_struct *proto, bool merge)
{
	struct vm_area_struct *prev, *vma, *next;
	unsigned long pages = vma_pages(proto);

	if (unlikely(proto->vm_flags & VM_SPECIAL))
		proto->vm_flags &= ~VM_LOCKED_MASK;	/* it cannot go away; and nobody would unlock it */
	if (!vm_charge(mm, proto->vm_flags, pages))
		return -ENOMEM;
	next = find_vma_prev(mm, proto->vm_start, &prev);
	proto->vm_mm = mm;
	vma_set_page_prot(proto);
	if (!merge || !vma_merge_new(proto, prev, next)) {
		vma = vm_area_alloc(mm, proto);
		if (!vma) {
			vm_uncharge(proto->vm_flags, pages);
			return -ENOMEM;
		}
		vma_link(mm, vma, prev);
		if (vma->vm_ops && vma->vm_ops->open)
			vma->vm_ops->open(vma);
	}
	vm_stat_account(mm, proto->vm_flags, (long)pages);
	if (proto->vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	VALIDATE(mm_check(mm));
	return 0;
}

static unsigned long calc_vm_flags(struct mm_struct *mm, const struct mmap_request *rq)
{
	unsigned long flags = mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	flags |= rq->prot & PROT_READ ? VM_READ : 0;
	flags |= rq->prot & PROT_WRITE ? VM_WRITE : 0;
	flags |= rq->prot & PROT_EXEC ? VM_EXEC : 0;
	flags |= rq->flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0;
	flags |= rq->flags & MAP_LOCKED ? VM_LOCKED : 0;
	if ((rq->flags & MAP_NORESERVE) && sysctl_overcommit_memory != OVERCOMMIT_NEVER)
		flags |= VM_NORESERVE;
	if ((rq->flags & MAP_TYPE) != MAP_PRIVATE)
		flags |= VM_SHARED | VM_MAYSHARE;
	if (accountable(flags))
		flags |= VM_ACCOUNT;
	return (flags & ~rq->vm_flags_clear) | rq->vm_flags_set;
}

static int check_map_type(const struct mmap_request *rq)
{
	unsigned long type = rq->flags & MAP_TYPE;

	if (rq->flags & MAP_HUGETLB)
		return -EINVAL;		/* as Linux without a huge page pool of that size */
	if (type == MAP_SHARED_VALIDATE) {
		if (rq->flags & MAP_ANONYMOUS)
			return -EINVAL;
		if (rq->flags & ~(unsigned long)(LEGACY_FLAGS | MAP_TYPE))
			return -EOPNOTSUPP;
	} else if (type != MAP_SHARED && type != MAP_PRIVATE) {
		return -EINVAL;
	}
	return 0;
}

/* check_flags - what man mmap(2) refuses before any address is looked for */
static int check_flags(const struct mmap_request *rq)
{
	if ((rq->flags & MAP_GROWSDOWN) &&
	    (!(rq->flags & MAP_ANONYMOUS) || (rq->flags & MAP_TYPE) != MAP_PRIVATE))
		return -EINVAL;
	return check_map_type(rq);
}

/* mapped_pages - how much of [start, end) is mapped: a fixed mapping replaces that */
static unsigned long mapped_pages(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	unsigned long bytes = 0;

	for (; vma && vma->vm_start < end; vma = vma_next(vma))
		bytes += min(end, vma->vm_end) - max(start, vma->vm_start);
	return bytes >> PAGE_SHIFT;
}

bool may_lock(const struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	return !(vm_flags & VM_LOCKED) ||
	       mm->locked_vm + pages <= READ_ONCE(mm_limits()->memlock) >> PAGE_SHIFT;
}

/* make_room - limits, then unmap what a mapping at a @fixed place replaces */
static int make_room(struct mm_struct *mm, const struct vm_area_struct *proto, bool fixed)
{
	unsigned long pages = vma_pages(proto);
	struct vm_area_struct *old;

	if (mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	if (!may_lock(mm, proto->vm_flags, pages))
		return -EAGAIN;
	if (!may_expand_vm(mm, proto->vm_flags, pages) &&
	    !may_expand_vm(mm, proto->vm_flags,
			   pages - mapped_pages(mm, proto->vm_start, proto->vm_end)))
		return -ENOMEM;
	if (!fixed)
		return 0;
	old = find_vma_intersection(mm, proto->vm_start, proto->vm_end);
	return old ? do_munmap_locked(mm, proto->vm_start, proto->vm_end - proto->vm_start) : 0;
}

/* map_shared_anon - MAP_SHARED|MAP_ANONYMOUS: a nameless object that only this VMA refers to */
static int map_shared_anon(struct mm_struct *mm, struct vm_area_struct *proto)
{
	struct shmem_object *o = shmem_create_anon(proto->vm_end - proto->vm_start,
						   proto->vm_flags & VM_NORESERVE);
	int err;

	if (!o)
		return -ENOMEM;
	proto->vm_ops = &shmem_vm_ops;
	proto->vm_private = o;
	proto->mapping = shmem_mapping(o);
	proto->vm_pgoff = 0;
	err = mmap_region(mm, proto, true);
	shmem_put(o);
	return err;
}

long mmap_locked(struct mm_struct *mm, const struct mmap_request *rq, size_t len)
{
	struct vm_area_struct proto = {
		.vm_flags = calc_vm_flags(mm, rq),
		.vm_pgoff = rq->pgoff,
		.vm_ops = rq->vm_ops,
		.mapping = rq->mapping,
		.vm_file = rq->vm_file,
		.vm_private = rq->vm_private,
	};
	long addr;
	int err;

	if ((proto.vm_flags & VM_ACCESS_FLAGS) & ~(proto.vm_flags >> 4))
		return -EACCES;
	addr = find_unmapped_area(mm, rq->addr, len, rq->flags);
	if (addr < 0)
		return addr;
	proto.vm_start = (unsigned long)addr;
	proto.vm_end = proto.vm_start + len;
	err = make_room(mm, &proto, rq->flags & MAP_FIXED);
	if (err)
		return err;
	if (!(rq->flags & MAP_ANONYMOUS)) {
		err = mmap_region(mm, &proto, true);
	} else if (proto.vm_flags & VM_SHARED) {
		err = map_shared_anon(mm, &proto);
	} else {
		if (!proto.vm_file)
			proto.vm_pgoff = proto.vm_start >> PAGE_SHIFT;
		err = mmap_region(mm, &proto, true);
	}
	return err ? err : addr;
}

/* place_errno - 0, or what is wrong with address, length and RLIMIT_MEMLOCK: that is said before anything else */
static int place_errno(struct mm_struct *mm, const struct mmap_request *rq)
{
	size_t len = ALIGN_UP(rq->len, PAGE_SIZE);
	long addr;

	if (!len)
		return -ENOMEM;
	if (rq->pgoff + (len >> PAGE_SHIFT) < rq->pgoff)
		return -EOVERFLOW;
	down_read(&mm->mmap_lock);
	addr = find_unmapped_area(mm, rq->addr, len, rq->flags);
	if (addr > 0 && (rq->flags & MAP_LOCKED) && !mm_limits()->memlock)
		addr = -EPERM;
	if (addr > 0 && !may_lock(mm, calc_vm_flags(mm, rq), len >> PAGE_SHIFT))
		addr = -EAGAIN;
	up_read(&mm->mmap_lock);
	return addr < 0 ? (int)addr : 0;
}

int mmap_errno(struct mm_struct *mm, const struct mmap_request *rq, int err)
{
	int type = check_map_type(rq), place;

	if (likely(!err && !type))
		return 0;
	place = place_errno(mm, rq);
	return place ? place : type && err != -EOVERFLOW ? type : err;
}

long do_mmap(struct mm_struct *mm, const struct mmap_request *rq)
{
	size_t len = ALIGN_UP(rq->len, PAGE_SIZE);
	bool populate;
	long addr = rq->len ? check_flags(rq) : -EINVAL;

	if (addr)
		return rq->len ? place_errno(mm, rq) ?: addr : addr;
	if (!len)
		return -ENOMEM;
	if (rq->pgoff + (len >> PAGE_SHIFT) < rq->pgoff)
		return -EOVERFLOW;
	if ((rq->flags & MAP_LOCKED) && !mm_limits()->memlock)
		return -EPERM;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	addr = mmap_locked(mm, rq, len);
	populate = ((rq->flags & MAP_LOCKED) || (mm->def_flags & VM_LOCKED) ||
		    (rq->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE);
	mmap_write_unlock(mm);
	if (addr > 0 && populate)
		(void)mm_populate(mm, (unsigned long)addr, len);	/* man mmap: may fail silently */
	return addr;
}

int setup_stack_vma(struct mm_struct *mm, unsigned long top, size_t len, bool exec)
{
	unsigned long size = ALIGN_UP(len, PAGE_SIZE);
	struct vm_area_struct proto = {
		.vm_start = top - size, .vm_end = top, .vm_pgoff = (top - size) >> PAGE_SHIFT,
		.vm_flags = VM_READ | VM_WRITE | (exec ? VM_EXEC : 0) | VM_MAYREAD | VM_MAYWRITE |
			    VM_MAYEXEC | VM_GROWSDOWN | VM_ACCOUNT,
	};
	int err;

	if (!size || size > top || top > mm->task_size || !IS_ALIGNED(top, PAGE_SIZE))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	if (find_vma_intersection(mm, proto.vm_start, top))
		err = -EEXIST;
	else
		err = mmap_region(mm, &proto, true);
	mmap_write_unlock(mm);
	return err;
}

int install_special_mapping(struct mm_struct *mm, unsigned long addr, size_t len,
			    unsigned long vm_flags, const struct vm_ops *ops, struct page **pages)
{
	struct vm_area_struct proto = {
		.vm_start = addr, .vm_end = addr + ALIGN_UP(len, PAGE_SIZE),
		.vm_flags = vm_flags | VM_DONTEXPAND, .vm_ops = ops, .vm_private = pages,
	};
	int err;

	ASSERT(ops);
	if (!IS_ALIGNED(addr, PAGE_SIZE) || !len || addr > mm->task_size - len)
		return -EINVAL;
	down_write(&mm->mmap_lock);
	if (find_vma_intersection(mm, proto.vm_start, proto.vm_end))
		err = -EEXIST;
	else
		err = mmap_region(mm, &proto, true);
	mmap_write_unlock(mm);
	return err;
}

/* ---- unmap ----------------------------------------------------------------------------------- */

void update_hiwater(struct mm_struct *mm)
{
	mm->hiwater_rss = max(mm->hiwater_rss, mm_rss(mm));
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

/* unaccount - @vma is about to go; returns the pages to take back from what was promised */
static unsigned long unaccount(struct mm_struct *mm, const struct vm_area_struct *vma)
{
	vm_stat_account(mm, vma->vm_flags, -(long)vma_pages(vma));
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm -= vma_pages(vma);
	return vma->vm_flags & VM_ACCOUNT ? vma_pages(vma) : 0;
}

/*
 * free_region_tables - the tables of all VMAs on @list, which have left i_mmap
 * Runs of VMAs less than a pte table apart are done in one go; a table that two runs share is
 * outside the ceiling of the first and is freed with the second.
 */
static void free_region_tables(struct mmu_gather *tlb, struct list_head *list,
			       unsigned long floor, unsigned long ceiling)
{
	struct vm_area_struct *vma, *next;
	unsigned long start, top;

	for (vma = list_first_entry(list, struct vm_area_struct, vm_link);
	     !list_entry_is_head(vma, list, vm_link); vma = next) {
		start = vma->vm_start;
		top = ceiling;
		for (;;) {
			next = list_next_entry(vma, vm_link);
			if (list_entry_is_head(next, list, vm_link))
				break;
			top = next->vm_start;
			if (top > vma->vm_end + PMD_SIZE)
				break;
			vma = next;
			top = ceiling;
		}
		free_page_tables(tlb, start, vma->vm_end, floor, top);
	}
}

void unmap_region(struct mm_struct *mm, struct list_head *list, struct vm_area_struct *prev,
		  struct vm_area_struct *next)
{
	unsigned long ceiling = ALIGN_UP(mm->task_size, PGDIR_SIZE);
	struct vm_area_struct *vma, *tmp;
	unsigned long charged = 0;
	struct mmu_gather tlb;

	update_hiwater(mm);
	tlb_gather_mmu(&tlb, mm, atomic_read(&mm->mm_users) == 0);
	list_for_each_entry(vma, list, vm_link) {
		zap_range(&tlb, vma, vma->vm_start, vma->vm_end);
		charged += unaccount(mm, vma);
	}
	if (charged)
		vm_uncharge_pages(charged);
	list_for_each_entry(vma, list, vm_link) {
		anon_vma_unlink(vma);
		vma_unlink_file(vma);
	}
	free_region_tables(&tlb, list, prev ? prev->vm_end : 0, next ? next->vm_start : ceiling);
	tlb_finish_mmu(&tlb);
	list_for_each_entry_safe(vma, tmp, list, vm_link)
		vm_area_remove(vma);
}

/* split_ends - make VMA borders at @start and @end; *@first is the lowest VMA between them */
static int split_ends(struct mm_struct *mm, unsigned long start, unsigned long end,
		      struct vm_area_struct **first)
{
	struct vm_area_struct *vma = *first, *last;
	bool below = vma->vm_start < start;
	int err;

	if (below) {
		if (end < vma->vm_end && mm->map_count >= MAX_MAP_COUNT)
			return -ENOMEM;		/* otherwise the count will not be above what it is now */
		err = split_vma(vma, start, true);
		if (err)
			return err;
	}
	last = find_vma_intersection(mm, end - 1, end);
	if (last && last->vm_end > end) {
		err = split_vma(last, end, false);
		if (err && below)
			vma_unsplit(vma);
		return err;
	}
	return 0;
}

int do_munmap_locked(struct mm_struct *mm, unsigned long addr, size_t len)
{
	struct vm_area_struct *vma, *prev, *next;
	LIST_HEAD(list);
	unsigned long end;
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || addr > mm->task_size || len > mm->task_size - addr)
		return -EINVAL;
	end = addr + ALIGN_UP(len, PAGE_SIZE);
	if (end <= addr)
		return -EINVAL;
	vma = find_vma_intersection(mm, addr, end);
	if (!vma)
		return 0;
	err = split_ends(mm, addr, end, &vma);
	if (!err)
		err = userfaultfd_unmap(vma, addr, end);
	if (err)
		return err;
	prev = vma_prev(vma);
	for (; vma && vma->vm_start < end; vma = next) {
		next = vma_next(vma);
		vma_unlink_mm(vma);
		list_add_tail(&vma->vm_link, &list);
	}
	unmap_region(mm, &list, prev, vma);
	VALIDATE(mm_check(mm));
	return 0;
}

int do_munmap(struct mm_struct *mm, unsigned long addr, size_t len)
{
	int err;

	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = do_munmap_locked(mm, addr, len);
	mmap_write_unlock(mm);
	return err;
}
