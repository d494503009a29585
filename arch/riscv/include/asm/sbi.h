/* SPDX-License-Identifier: MIT */
/* asm/sbi.h - calls to the firmware in M-mode (RISC-V Supervisor Binary Interface 1.0) */
#ifndef ASM_SBI_H
#define ASM_SBI_H

#include <lib/types.h>

#define SBI_EXT_LEGACY_PUTCHAR	0x01		/* 5.2  */
#define SBI_EXT_LEGACY_SHUTDOWN	0x08		/* 5.9  */
#define SBI_EXT_BASE		0x10		/* 4    */
#define SBI_EXT_TIME		0x54494d45	/* 6    */
#define SBI_EXT_IPI		0x735049	/* 7    */
#define SBI_EXT_RFENCE		0x52464e43	/* 8    */
#define SBI_EXT_HSM		0x48534d	/* 9    */
#define SBI_EXT_SRST		0x53525354	/* 10   */
#define SBI_EXT_DBCN		0x4442434e	/* SBI 2.0, 12 */

#define SBI_BASE_PROBE		3
#define SBI_HSM_START		0
#define SBI_RFENCE_FENCE_I	0
#define SBI_RFENCE_SFENCE_VMA	1
#define SBI_SRST_SHUTDOWN	0
#define SBI_SRST_COLD_REBOOT	1
#define SBI_SRST_NO_REASON	0
#define SBI_SRST_FAILURE	1

struct sbiret {
	long error;		/* 0 or negative (3, table 1) */
	long value;
};

struct sbiret sbi_call(unsigned long ext, unsigned long fn, unsigned long a0, unsigned long a1,
		       unsigned long a2, unsigned long a3);
/* sbi_probe - does the firmware have extension @ext? */
bool sbi_probe(unsigned long ext);
void sbi_console_putchar(char c);
void sbi_set_timer(u64 ticks);
/* The set of harts is a word of bits, bit 0 being hart @base. */
void sbi_send_ipi(unsigned long harts, unsigned long base);
void sbi_remote_sfence_vma(unsigned long harts, unsigned long base, unsigned long start,
			   unsigned long size);
void sbi_remote_fence_i(unsigned long harts, unsigned long base);
/* sbi_hart_start - @hart enters @pc (physical, paging off) with a0 = hart, a1 = @opaque */
long sbi_hart_start(unsigned long hart, paddr_t pc, unsigned long opaque);
void sbi_system_reset(u32 type, u32 reason);

#endif
