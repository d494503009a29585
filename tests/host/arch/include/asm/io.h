/* SPDX-License-Identifier: MIT */
/*
 * asm/io.h - empty: this machine has no devices
 *
 * Only drivers use readb() and its relatives, and none is compiled here. Should lib/ or mm/ ever
 * touch a device, the missing accessor stops the build.
 */
#ifndef ASM_IO_H
#define ASM_IO_H

#endif
