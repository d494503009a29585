/* SPDX-License-Identifier: MIT */
/*
 * lockdep.h - lock order as data, and the annotations that clang's thread-safety analysis reads
 *
 * Every lock is initialised with a rank. A thread (or a CPU, for spinlocks) may take a lock only of a
 * rank greater than all it holds; debug builds panic on a descent and print both acquisition sites.
 * docs/locking.md is generated from this enum (scripts/gen-lockorder.py): one comment per rank.
 */
#ifndef KERNEL_LOCKDEP_H
#define KERNEL_LOCKDEP_H

#include <kernel/assert.h>
#include <lib/types.h>

enum lock_rank {
	RANK_FILE_POS,		/* sleeping: f_pos of a shared descriptor                             */
	RANK_MOUNT,		/* sleeping: the mount table                                          */
	RANK_RENAME,		/* sleeping: cross-directory rename of one file system                */
	RANK_INODE_DIR,		/* sleeping: parent directory's inode lock                            */
	RANK_INODE,		/* sleeping: contents and size of one inode                           */
	RANK_TTY,		/* sleeping: one terminal's line discipline (reader side)             */
	RANK_PIPE,		/* sleeping: one pipe's buffers                                       */
	RANK_MODULE,		/* sleeping: start-up and shut-down of subsystems                     */
	RANK_MMAP,		/* sleeping: mm->mmap_lock; user copies may fault, so all above are outer */
	RANK_MMAP_NESTED,	/* sleeping: the child's mmap_lock while fork holds the parent's      */
	RANK_VMA,		/* sleeping: one VMA, pinned by a fault                               */
	RANK_PAGE,		/* sleeping: PG_locked                                                */
	RANK_IMMAP,		/* sleeping: address_space->i_mmap_rwsem                              */
	RANK_ANON_VMA,		/* sleeping: anon_vma->rwsem                                          */
	RANK_VMALLOC_PURGE,	/* sleeping: one lazy-unmap purge at a time                           */
	RANK_KMAP,		/* sleeping: the table of kmap() slots                                */
	RANK_SPIN_FIRST,	/* ---- spinlocks below: nothing that sleeps may be taken inside ---- */
	RANK_KMAP_LOCAL,	/* no lock: a kmap_local_page() mapping, inside which nothing may sleep */
	RANK_TASKLIST,		/* process tree, pid table, process groups and sessions               */
	RANK_IPC,		/* the table of System V segments                                     */
	RANK_FILES,		/* one descriptor table                                               */
	RANK_FS,		/* cwd, root, umask                                                   */
	RANK_DCACHE,		/* dentry hash and tree                                               */
	RANK_INODE_SPIN,	/* inode fields read without the inode lock                           */
	RANK_MM_LIST,		/* list of all mm_structs                                             */
	RANK_VMA_TREE,		/* an address space's VMA tree and list                               */
	RANK_ANON_GATE,		/* references on anon_vmas                                            */
	RANK_PTE,		/* one page table page                                                */
	RANK_PTE_NESTED,	/* the destination's, while copying tables                            */
	RANK_CACHE_TREE,	/* address_space->tree_lock                                           */
	RANK_FAULT_TRACE,	/* the ring of traced page faults                                     */
	RANK_LRU,		/* LRU lists                                                          */
	RANK_FUTEX,		/* one futex hash bucket                                              */
	RANK_UFFD,		/* who waits for one userfaultfd                                      */
	RANK_POLL,		/* poll and epoll tables                                              */
	RANK_IPI_CALL,		/* cross-call slots                                                   */
	RANK_SIGHAND,		/* one process's signal state                                         */
	RANK_TTY_SPIN,		/* terminal buffers, taken by the receive interrupt                   */
	RANK_WAITQ,		/* one wait queue                                                     */
	RANK_EPOLL,		/* ready lists of epoll, filled by wake-ups                           */
	RANK_TIMER,		/* one CPU's timer tree                                               */
	RANK_RUNQUEUE,		/* one CPU's run queue                                                */
	RANK_VMALLOC,		/* vmalloc areas                                                      */
	RANK_SLAB_LIST,		/* list of caches                                                     */
	RANK_SLAB,		/* one cache's node lists                                             */
	RANK_PCP,		/* per-CPU page lists when drained from elsewhere                     */
	RANK_ZONE,		/* zone->lock: the buddy free lists                                   */
	RANK_RANDOM,		/* the random generator                                               */
	RANK_IRQ,		/* interrupt descriptors and controllers                              */
	RANK_DEVICE,		/* one device's registers and rings                                   */
	RANK_CONSOLE,		/* log ring and console output: innermost, so anyone may print        */
	NR_LOCK_RANKS
};

/* Held-lock bookkeeping, in debug builds only (kernel/base/lockdep.c). */
#if CONFIG_DEBUG
/* lockdep_acquire - about to take @lock of @rank at @site; @nested allows an equal rank. */
void lockdep_acquire(const void *lock, enum lock_rank rank, bool sleeping, bool nested, unsigned long site);
void lockdep_release(const void *lock, bool sleeping);
/* lockdep_held - does this thread (sleeping) or CPU (spin) hold @lock? */
bool lockdep_held(const void *lock);
/* lockdep_assert_may_sleep - no spinlock held, not in an interrupt. */
void lockdep_assert_may_sleep(const char *file, int line);
/* lockdep_print_held - for panic: locks of this CPU and thread with their sites. */
void lockdep_print_held(void);
#define might_sleep()			lockdep_assert_may_sleep(__FILE__, __LINE__)
#else
#define lockdep_acquire(l, r, s, n, site)	((void)0)
#define lockdep_release(l, s)			((void)0)
#define lockdep_print_held()			((void)0)
#define might_sleep()				((void)0)
#endif

#define ASSERT_HELD(lock)	ASSERT_MSG(lockdep_held_or_release(lock), "lock not held: %s", #lock)
#if CONFIG_DEBUG
#define lockdep_held_or_release(lock)	lockdep_held(lock)
#else
#define lockdep_held_or_release(lock)	true
#endif

#if defined(__clang__)
#define GUARDED_BY(x)	__attribute__((guarded_by(x)))
#define CAPABILITY(x)	__attribute__((capability(x)))
#define REQUIRES(...)	__attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRES(...)	__attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASES(...)	__attribute__((release_capability(__VA_ARGS__)))
#else
#define GUARDED_BY(x)
#define CAPABILITY(x)
#define REQUIRES(...)
#define ACQUIRES(...)
#define RELEASES(...)
#endif

#endif
