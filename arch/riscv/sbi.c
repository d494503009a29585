/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/sbi.c - calls to the firmware (RISC-V Supervisor Binary Interface 1.0, chapter 3)
 *
 * THE QUESTION   S-mode may not touch other harts, the machine timer or the power switch. How does
 *                it ask M-mode? By ecall: a7 = extension, a6 = function, a0-a5 = arguments; on
 *                return a0 = error, a1 = value, all other registers unchanged.
 *
 * No x86-64 twin: there the kernel drives these devices itself (APIC, PIT, ACPI registers).
 * LOCKS          none; the firmware serialises what must be.
 */
#include <asm/sbi.h>

struct sbiret sbi_call(unsigned long ext, unsigned long fn, unsigned long a0, unsigned long a1,
		       unsigned long a2, unsigned long a3)
{
	register unsigned long r0 __asm__("a0") = a0;
	register unsigned long r1 __asm__("a1") = a1;
	register unsigned long r2 __asm__("a2") = a2;
	register unsigned long r3 __asm__("a3") = a3;
	register unsigned long r6 __asm__("a6") = fn;
	register unsigned long r7 __asm__("a7") = ext;

	__asm__ volatile("ecall" : "+r"(r0), "+r"(r1) : "r"(r2), "r"(r3), "r"(r6), "r"(r7)
			 : "memory");
	return (struct sbiret){ .error = (long)r0, .value = (long)r1 };
}

bool sbi_probe(unsigned long ext)
{
	struct sbiret r = sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE, ext, 0, 0, 0);

	return r.error == 0 && r.value != 0;
}

void sbi_console_putchar(char c)
{
	sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (unsigned char)c, 0, 0, 0);
}

void sbi_set_timer(u64 ticks)
{
	sbi_call(SBI_EXT_TIME, 0, ticks, 0, 0, 0);
}

void sbi_send_ipi(unsigned long harts, unsigned long base)
{
	sbi_call(SBI_EXT_IPI, 0, harts, base, 0, 0);
}

void sbi_remote_sfence_vma(unsigned long harts, unsigned long base, unsigned long start,
			   unsigned long size)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, harts, base, start, size);
}

void sbi_remote_fence_i(unsigned long harts, unsigned long base)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, harts, base, 0, 0);
}

long sbi_hart_start(unsigned long hart, paddr_t pc, unsigned long opaque)
{
	return sbi_call(SBI_EXT_HSM, SBI_HSM_START, hart, pc, opaque, 0).error;
}

void sbi_system_reset(u32 type, u32 reason)
{
	sbi_call(SBI_EXT_SRST, 0, type, reason, 0, 0);
}
