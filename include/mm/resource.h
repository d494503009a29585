/* SPDX-License-Identifier: MIT */
/* resource.h - the physical address map: who answers where (mm/resource.c) */
#ifndef MM_RESOURCE_H
#define MM_RESOURCE_H

#include <lib/types.h>

struct resource {
	paddr_t		start, end;	/* both inside */
	const char	*name;
	unsigned int	depth;		/* of how many others it is a part */
};

/* request_mem_region - [start, start+size) is @name's (kept, not copied); 0, or -EBUSY: no more room. Any context. */
int request_mem_region(paddr_t start, u64 size, const char *name);
/*
 * iomem_resources - to the @at ranges in @r, RAM and all requested ones are added, @n at most; then each comes after
 * the one that it is a part of. returns: how many
 */
unsigned int iomem_resources(struct resource *r, unsigned int at, unsigned int n);

/* iomem_is_device - does one requested range, whole pages, cover [start, end]? Both inside. Any context. */
bool iomem_is_device(paddr_t start, paddr_t end);

#endif
