/* SPDX-License-Identifier: MIT */
/* asm/fixmap.h - the software machine has no devices */
#ifndef ASM_FIXMAP_H
#define ASM_FIXMAP_H

#define PORT_FIXED_ADDRESSES

#endif
