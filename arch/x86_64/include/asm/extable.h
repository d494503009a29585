/* SPDX-License-Identifier: MIT */
/*
 * asm/extable.h - instructions of the kernel that may fault, and where to go on then
 *
 * Used by uaccess.S and read by fault.c. USER_BEGIN and USER_END open and close user memory to the
 * kernel (SMAP); the sites are recorded, and cpu.c makes them no-ops on a CPU without SMAP.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#ifdef __ASSEMBLY__

/* The instruction at the local label @at may fault; execution goes on at @to. */
.macro EX_TABLE at, to
	.pushsection __ex_table, "a"
	.balign 8
	.quad \at, \to
	.popsection
.endm

/* STAC and CLAC are three bytes each. */
.macro SMAP_SITE instruction
9999:	\instruction
	.pushsection .smap_sites, "a"
	.balign 8
	.quad 9999b
	.popsection
.endm

#define USER_BEGIN	SMAP_SITE stac
#define USER_END	SMAP_SITE clac

#else

struct ex_table_entry {
	unsigned long at, to;
};

extern const struct ex_table_entry __ex_table_start[], __ex_table_end[];
extern const unsigned long __smap_sites_start[], __smap_sites_end[];

#endif /* __ASSEMBLY__ */
#endif
