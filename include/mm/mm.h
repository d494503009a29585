/* SPDX-License-Identifier: MIT */
/*
 * mm.h - an address space and its VMAs
 *
 * letters: (m) mmap_lock, read to look, write to change (t) vma_lock (l) page_table_lock or atomic (a) atomic
 *          (i) immutable. What (m) guards in a VMA may also be read by who has the VMA pinned (vma_lock.c).
 */
#ifndef MM_MM_H
#define MM_MM_H

#include <arch.h>
#include <kernel/cpumask.h>
#include <kernel/rwsem.h>
#include <lib/interval_tree.h>
#include <lib/rbtree.h>
#include <mm/numa.h>
#include <mm/page.h>

struct address_space;
struct anon_vma;
struct mempolicy;
struct mm_struct;
struct vm_area_struct;
struct fault;

enum fault_result {
	FAULT_OK,		/* resolved; the access can be retried                       */
	FAULT_SEGV_MAPERR,	/* no mapping                                                */
	FAULT_SEGV_ACCERR,	/* mapping forbids it                                        */
	FAULT_SIGBUS,		/* beyond the end of the object, or it cannot be read        */
	FAULT_OOM,
	/* from here on handle_mm_fault() tries again by itself */
	FAULT_RETRY,		/* something changed meanwhile: look everything up again     */
	FAULT_WAIT,		/* f->page, referenced, must be unlocked first               */
	FAULT_GROW,		/* the stack must grow first                                 */
	FAULT_UFFD_MISSING, FAULT_UFFD_MINOR, FAULT_UFFD_WP,	/* a userfaultfd must bring, map, unprotect the page */
};

/* vm_ops - one of the named upward tables. All members may be NULL. */
struct vm_ops {
	void	(*open)(struct vm_area_struct *vma);	/* the VMA was copied or split; mmap_lock held for write */
	void	(*close)(struct vm_area_struct *vma);	/* it is going away                                      */
	/* fault - find the page for f->pgoff: set f->page (referenced) or return an error; FAULT_RETRY: there is a pte
	 * now, look again. mmap_lock held for read, may sleep. NULL with vma->mapping set: the page cache answers. */
	enum fault_result (*fault)(struct vm_area_struct *vma, struct fault *f);
	/* page_mkwrite - a clean shared page is about to become writable; FAULT_OK or FAULT_SIGBUS */
	enum fault_result (*page_mkwrite)(struct vm_area_struct *vma, struct fault *f);
	/* access - read or write the object for ptrace and /proc/PID/mem where there is no struct page */
	int	(*access)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, bool write);
	bool	no_userfault;				/* a userfaultfd is refused, although the object is memory */
	bool	(*shows_residency)(struct vm_area_struct *vma);	/* to the caller (mincore). NULL: if it has no file */
	/* name - for /proc/PID/maps: text of the last column ("[vdso]"), or NULL: ask the file */
	const char *(*name)(struct vm_area_struct *vma);
	bool	anonymous;				/* without mapping: anonymous memory, only named (/dev/zero) */
};

struct vm_area_struct {
	unsigned long		vm_start, vm_end;	/* (m) [start, end), page aligned           */
	struct rb_node		vm_rb;			/* (m) mm->mm_rb, keyed by address          */
	struct list_head	vm_link;		/* (m) mm->mmap, in address order           */
	unsigned long		rb_gap;			/* (m) largest gap below any VMA of the subtree (augmented) */
	struct mm_struct	*vm_mm;			/* (i) */
	unsigned long		vm_flags;		/* (m) VM_* (mm/types.h)                    */
	struct userfaultfd_ctx	*uffd_ctx;		/* (m) hears of its faults; NULL <=> no VM_UFFD_FLAGS */
	pgprot_t		vm_page_prot;		/* (m) for a page that may be written if VM_WRITE and shared */
	pgoff_t			vm_pgoff;		/* (m) first page's offset in the object; anon: birth address */
	const struct vm_ops	*vm_ops;		/* (i) NULL: anonymous memory without a name */
	struct address_space	*mapping;		/* (i) page cache of the object, or NULL    */
	void			*vm_file;		/* (i) struct file *, opaque; a reference is held via vm_ops */
	void			*vm_private;		/* (i) vm_ops' own (shmem_object ...)       */
	struct mempolicy	*vm_policy;		/* (m) a reference (mbind.c), or NULL: the thread's */
	struct interval_tree_node i_mmap_node;		/* mapping->i_mmap_rwsem                    */
	struct anon_vma		*anon_vma;		/* (m) for new anonymous pages; NULL: never had one */
	struct list_head	anon_vma_chain;		/* (m) links to all anon_vmas whose pages it may map */
	unsigned long		lock_seq;		/* (t) mm->lock_seq while locked for writing */
	unsigned int		refs;			/* (a) faults inside; VMA_WRITER_WAITS       */
};

struct mm_struct {
	struct rb_root		mm_rb;			/* (m) */
	struct list_head	mmap;			/* (m) */
	struct vm_area_struct	*mmap_cache, *mmap_counted; /* (a) last hit: mmap_cache.c           */
	pgd_t			*pgd;			/* (i) */
	unsigned long		pmd_hint;		/* (a) pgtable.c: the pmd table used last   */
	unsigned int		fault_trace;		/* (a) fault_trace.c: number of its trace, 0: off */
	struct rw_semaphore	mmap_lock;		/* RANK_MMAP                                */
	spinlock_t		vma_lock;	/* RANK_VMA_TREE: (t) find a VMA and pin it, without mmap_lock */
	unsigned long		lock_seq;	/* (t) changes when mmap_lock is released by a writer */
	wait_queue_head_t	vma_wait;	/* a writer waits for the faults in one VMA    */
	atomic_t		mm_users;		/* (a) threads using the user part          */
	atomic_t		mm_count;		/* (a) references to the struct; all users = 1 */
	spinlock_t		page_table_lock;	/* RANK_PTE: upper levels of the tables     */
	unsigned long		mmap_base;		/* (i after exec) top of the mmap area, grows down; 0: legacy */
	unsigned long		task_size;		/* (i) */
	int			map_count;		/* (m) */
	unsigned long		total_vm, data_vm, exec_vm, stack_vm, locked_vm; /* (m) pages     */
	unsigned long		hiwater_rss, hiwater_vm;
	atomic64_t		rss_anon, rss_file, rss_shmem; /* (a) pages                     */
	atomic64_t		pgtables_bytes;		/* (a) */
	unsigned long		def_flags;		/* (m) VM_LOCKED from mlockall(MCL_FUTURE)  */
	unsigned long		start_code, end_code, start_data, end_data, start_brk, brk; /* (m) */
	unsigned long		start_stack, arg_start, arg_end, env_start, env_end; /* (m) */
	unsigned long		vdso_base;		/* (i after exec) 0: none                   */
	struct uffd_event	*uffd_events;		/* (m) told to userfaultfds by mmap_write_unlock() */
	struct cpumask		cpu_mask;		/* (a) CPUs that may hold our translations  */
	unsigned long		saved_auxv[64];		/* (i after exec) /proc/PID/auxv            */
	unsigned long		flags;			/* (a) MMF_*                                */
	struct list_head	mm_link;		/* list of all                              */
};

#define MMF_OOM_VICTIM	0
#define MMF_MEMBARRIER	1	/* three bits from here on: kernel/membarrier.c                     */

/* Limits that programs meet: maps per address space (/proc/sys/vm/max_map_count), and the untouchable gap below a
 * stack (1 MiB: a function with larger locals than that must probe its stack itself). */
extern int sysctl_max_map_count;
#define MAX_MAP_COUNT	READ_ONCE(sysctl_max_map_count)
#define STACK_GUARD_GAP	(256 * PAGE_SIZE)
#define MMAP_LEGACY_BASE 0x60000000UL	/* with ADDR_COMPAT_LAYOUT the mmap area grows up from here: mmap_legacy.c */

extern struct list_head mm_list;	/* every mm with users, by mm_link */
extern spinlock_t mm_list_lock;		/* RANK_MM_LIST */

/* ---- mm.c: life ---- */
extern struct mm_struct init_mm;		/* the kernel's own: pgd = swapper_pg_dir      */
struct mm_struct *mm_alloc(void);		/* empty, users = count = 1; NULL no memory    */
static inline void mmget(struct mm_struct *mm) { atomic_inc(&mm->mm_users); }
/* mmget_not_zero - for who holds only the struct: false when nobody uses it any more */
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	int v = atomic_read(&mm->mm_users);

	while (v)
		if (atomic_try_cmpxchg(&mm->mm_users, &v, v + 1))
			return true;
	return false;
}
void mmput(struct mm_struct *mm);		/* last user: unmap everything; sleeps         */
static inline void mmgrab(struct mm_struct *mm) { atomic_inc(&mm->mm_count); }
void mmdrop(struct mm_struct *mm);		/* last reference: free pgd and struct         */
/* use_mm - make @mm (or NULL) current's address space on this CPU; no references are taken or dropped. */
void use_mm(struct mm_struct *mm);
/* switch_mm - scheduler: @next runs on this CPU from now on (lazy for kernel threads). irqs off. */
void switch_mm(struct thread *prev, struct thread *next);
/* dup_mm - fork: a copy-on-write copy of @old; NULL: no memory. sleeps. */
struct mm_struct *dup_mm(struct mm_struct *old);
/* mm_rss - resident pages */
unsigned long mm_rss(struct mm_struct *mm);

/* ---- vma_lock.c: faults need one VMA, not the map ---- */
/* mmap_write_unlock - up_write(mmap_lock); VMAs locked by vma_start_write() are free; tells userfaultfds. sleeps. */
void mmap_write_unlock(struct mm_struct *mm);
/* vma_start_write - before @vma changes: no fault is in it until mmap_write_unlock(). mmap_lock held (write). */
void __vma_start_write(struct vm_area_struct *vma);
static inline bool vma_is_locked(const struct vm_area_struct *vma)
{
	return vma->lock_seq == vma->vm_mm->lock_seq;
}
static inline void vma_start_write(struct vm_area_struct *vma)
{
	if (!vma_is_locked(vma))
		__vma_start_write(vma);
}

/* ---- vma.c ---- */
/* find_vma - first VMA with vm_end > @addr, or NULL. mmap_lock held (read). */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* find_vma_intersection - a VMA that overlaps [start, end), or NULL */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start, unsigned long end);
static inline bool vma_is_anonymous(const struct vm_area_struct *v)
{
	return !v->mapping && (!v->vm_ops || v->vm_ops->anonymous);
}
static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
#define for_each_vma(mm, vma) list_for_each_entry(vma, &(mm)->mmap, vm_link)
/* mm_check - validator: tree, list, gaps, counters. mmap_lock held. */
void mm_check(struct mm_struct *mm);

/* ---- mmap.c, brk.c, mprotect.c, mremap.c, madvise.c: one call each. They take mmap_lock themselves. ---- */
struct mmap_request {
	unsigned long		addr, len;	/* len in bytes, > 0                                 */
	unsigned long		prot, flags;	/* PROT_*, MAP_*                                     */
	pgoff_t			pgoff;
	/* filled by the object (file_ops->mmap); all NULL/0 for anonymous memory */
	const struct vm_ops	*vm_ops;
	struct address_space	*mapping;
	void			*vm_file;
	void			*vm_private;
	unsigned long		vm_flags_clear;	/* e.g. VM_MAYWRITE for a shared read-only descriptor */
	unsigned long		vm_flags_set;	/* e.g. VM_PFNMAP, VM_DONTEXPAND                      */
};
/* do_mmap - address, or -errno. On success vm_ops->open() was called for the new VMA (so the object takes its
 * reference there); on failure nothing was. MAP_SHARED|MAP_ANONYMOUS makes a shmem object itself. */
long do_mmap(struct mm_struct *mm, const struct mmap_request *rq);
int mmap_errno(struct mm_struct *mm, const struct mmap_request *rq, int err);	/* @err: the file's word, the last */
int do_munmap(struct mm_struct *mm, unsigned long addr, size_t len);
int do_munmap_locked(struct mm_struct *mm, unsigned long addr, size_t len);	/* mmap_lock held for write */
unsigned long do_brk(struct mm_struct *mm, unsigned long brk);	/* new (or unchanged) break */
int do_mprotect(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long prot);
long do_mremap(struct mm_struct *mm, unsigned long addr, size_t old_len, size_t new_len,
	       unsigned long flags, unsigned long new_addr);
int do_madvise(struct mm_struct *mm, unsigned long addr, size_t len, int advice);
int do_msync(struct mm_struct *mm, unsigned long addr, size_t len, int flags);
int do_mincore(struct mm_struct *mm, unsigned long addr, size_t len, u8 __user *vec);
/* do_mlock - @lock: VM_LOCKED, with VM_LOCKONFAULT for pages as they come, 0: unlock; @rlimit: bytes of the whole mm */
int do_mlock(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long lock, unsigned long rlimit);
/* do_remap_file_pages - show [addr, addr+len) of a shared mapping from page @pgoff of its object on; 0 or -errno */
long do_remap_file_pages(struct mm_struct *mm, unsigned long addr, size_t len, pgoff_t pgoff, unsigned long flags);
/* setup_stack_vma - exec: a VM_GROWSDOWN VMA ending at @top, at least @len bytes; 0 or -errno */
int setup_stack_vma(struct mm_struct *mm, unsigned long top, size_t len, bool exec);
/* pfn_fault, pfn_access - (pfnmap.c) vm_ops->fault and ->access of shared VMAs with VM_PFNMAP in which offset n
 * shows frame n of a device: no struct page is touched */
enum fault_result pfn_fault(struct vm_area_struct *vma, struct fault *f);
int pfn_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, bool write);
/* install_special_mapping - @pages (kept by the caller for ever, NULL-free) appear at [addr, addr+len);
 * @ops->fault may be NULL; 0 or -errno */
int install_special_mapping(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long vm_flags,
			    const struct vm_ops *ops, struct page **pages);
/* mm_populate - fault in [addr, addr+len) as far as it goes; 0 or the errno of the first page that did not */
int mm_populate(struct mm_struct *mm, unsigned long addr, size_t len);
/* access_process_vm - reach into another address space (or one not loaded): bytes done, or -EFAULT. sleeps.
 * _forced: also where the program itself may not, as debuggers do (gup.c) */
long access_process_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write);
long access_process_vm_forced(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write);
/* get_user_page - fault in and reference the page at @addr, to look at it; NULL with *@err. To write, see above. */
struct page *get_user_page(struct mm_struct *mm, unsigned long addr, int *err);

/* ---- fault.c ---- */
struct fault {
	struct mm_struct	*mm;
	struct vm_area_struct	*vma;
	unsigned long		address;	/* page aligned                               */
	bool			write, exec, user;
	pgoff_t			pgoff;		/* in vma's object                            */
	pmd_t			*pmd;
	pte_t			*pte;		/* valid while ptl is held                    */
	spinlock_t		*ptl;
	pte_t			orig_pte;	/* what the decision was made on              */
	struct page		*page;		/* result of vm_ops->fault, or to wait for; referenced */
	bool			major;		/* had to wait for a device                   */
};
/* handle_mm_fault - resolve one fault in current's or another @mm; takes mmap_lock for read. sleeps. */
enum fault_result handle_mm_fault(struct mm_struct *mm, unsigned long address, bool write, bool exec, bool user);

void mm_init(void);				/* caches, zero page, init_mm; after slab_init() */

#endif
