/* SPDX-License-Identifier: MIT */
/* types.h - allocation flags and VMA flags: one table each */
#ifndef MM_TYPES_H
#define MM_TYPES_H

#include <lib/types.h>
#include <lib/align.h>

typedef unsigned long pfn_t;		/* page frame number: physical address >> PAGE_SHIFT */
typedef unsigned long pgoff_t;		/* offset in a file, in pages                        */

/*
 * gfp_t: what an allocation may do, and where the page may come from
 */
typedef unsigned int gfp_t;
#define __GFP_DMA		BIT(0)	/* x86: below 16 MiB                                 */
#define __GFP_DMA32		BIT(1)	/* below 4 GiB                                       */
#define __GFP_HIGHMEM		BIT(2)	/* may lie outside the direct map                    */
#define __GFP_THISNODE		BIT(3)	/* from the wanted node or not at all                */
#define __GFP_COLD		BIT(4)	/* a page that no cache holds will do (for DMA)      */
#define __GFP_ZERO		BIT(5)	/* cleared                                           */
#define __GFP_RECLAIM		BIT(6)	/* may wait for reclaim                              */
#define __GFP_IO		BIT(7)	/* reclaim may start I/O                             */
#define __GFP_FS		BIT(8)	/* reclaim may call the file system                  */
#define __GFP_HIGH		BIT(9)	/* may use half of the reserve                       */
#define __GFP_MEMALLOC		BIT(10)	/* may use all of it (frees memory soon)             */
#define __GFP_NOWARN		BIT(11)
#define __GFP_ACCOUNT		BIT(12)

/*
 * The named combinations. What each leaves free in a zone is in mm/page_alloc.c, A3.
 *   GFP_KERNEL  may sleep, write and call file systems    GFP_NOWAIT  may not sleep, no reserve
 *   GFP_NOFS    called by a file system                   GFP_ATOMIC  may not sleep, 5/8 of the reserve
 *   GFP_NOIO    called by a disk driver
 * Names of the textbooks' kernels: GFP_BUFFER (2.2: for buffer heads, waits but starts no I/O) is GFP_NOIO;
 * GFP_NFS (2.2: page-outs over the network, with a share of the reserve) is GFP_NOFS that may use half of it.
 */
#define GFP_NOWAIT		0u
#define GFP_ATOMIC		(__GFP_HIGH)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_NOFS		(__GFP_RECLAIM | __GFP_IO)
#define GFP_NOIO		(__GFP_RECLAIM)
#define GFP_BUFFER		GFP_NOIO
#define GFP_NFS			(GFP_NOFS | __GFP_HIGH)
#define GFP_USER		GFP_KERNEL
#define GFP_HIGHUSER		(GFP_KERNEL | __GFP_HIGHMEM)
#define GFP_DMA			__GFP_DMA

/*
 * vm_flags: what may be done in a VMA, and how it behaves
 */
#define VM_READ			BIT(0)
#define VM_WRITE		BIT(1)
#define VM_EXEC			BIT(2)
#define VM_SHARED		BIT(3)
#define VM_MAYREAD		BIT(4)	/* mprotect may set the bit four places to the right */
#define VM_MAYWRITE		BIT(5)
#define VM_MAYEXEC		BIT(6)
#define VM_MAYSHARE		BIT(7)
#define VM_GROWSDOWN		BIT(8)	/* stack                                             */
#define VM_STACK		VM_GROWSDOWN
#define VM_UFFD_MISSING		BIT(9)	/* userfaultfd brings pages that are not there      */
#define VM_PFNMAP		BIT(10)	/* frames without struct page accounting (vdso, MMIO) */
#define VM_UFFD_MINOR		BIT(11)	/* userfaultfd maps pages that the object has       */
#define VM_UFFD_WP		BIT(12)	/* userfaultfd hears of writes to protected pages   */
#define VM_LOCKED		BIT(13)
#define VM_IO			BIT(14)
#define VM_SEQ_READ		BIT(15)
#define VM_RAND_READ		BIT(16)
#define VM_DONTCOPY		BIT(17)	/* not in the child (MADV_DONTFORK)                  */
#define VM_DONTEXPAND		BIT(18)	/* mremap may not grow it                            */
#define VM_LOCKONFAULT		BIT(19)	/* with VM_LOCKED: pages stay once they came     */
#define VM_ACCOUNT		BIT(20)	/* counted as committed                              */
#define VM_NORESERVE		BIT(21)
#define VM_WIPEONFORK		BIT(25)
#define VM_DONTDUMP		BIT(26)
#define VM_UFFD_FLAGS		(VM_UFFD_MISSING | VM_UFFD_MINOR | VM_UFFD_WP)
#define VM_LOCKED_MASK		(VM_LOCKED | VM_LOCKONFAULT)
#define VM_ACCESS_FLAGS		(VM_READ | VM_WRITE | VM_EXEC)

#endif
