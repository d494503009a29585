/* SPDX-License-Identifier: MIT */
/*
 * pvh_note.S - the ELF note by which QEMU and Xen find the 32-bit entry point
 *
 * Xen's x86/HVM direct boot ABI ("PVH"): a loader that finds a note of owner "Xen" and type 18,
 * XEN_ELFNOTE_PHYS32_ENTRY, loads the segments at their physical addresses and jumps to the
 * address in the note in 32-bit protected mode, paging off, with EBX = struct hvm_start_info.
 */
#include <asm/memlayout.h>

#define XEN_ELFNOTE_PHYS32_ENTRY 18

	.section .note.Xen, "a", @note
	.balign 4
	.long 4				/* bytes of the owner's name                            */
	.long 8				/* bytes of the value                                   */
	.long XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.quad pvh_start - KERNEL_LINK_BASE

	.section .note.GNU-stack, "", @progbits
