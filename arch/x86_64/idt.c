/* SPDX-License-Identifier: MIT */
/*
 * idt.c - where does each vector enter the kernel?
 *
 * THE PICTURE    vector 0..255 -> gate (SDM vol. 3A ch. 6.14.1) -> trap_stubs + 16 * vector
 *
 * ALWAYS TRUE    I1  every gate is an interrupt gate: interrupts are off on entry, and C turns
 *                    them on again where it may (trap.c, fault.c).
 *                I2  a program can enter only gate 3 by itself (int3); `int n` on another is #GP.
 *                I3  the table is filled once at boot, shared by all CPUs, then read-only.
 */
#include <asm/port.h>
#include <kernel/percpu.h>

#define NR_VECTORS		256
#define STUB_SIZE		16
#define GATE_INTERRUPT		0x8e		/* present, 64-bit interrupt gate       */
#define GATE_DPL_USER		0x60
#define IST_FATAL		1

struct gate {
	u16	offset_low;
	u16	selector;
	u8	ist;
	u8	type;
	u16	offset_middle;
	u32	offset_high;
	u32	reserved;
};

BUILD_ASSERT(sizeof(struct gate) == 16);

extern const char trap_stubs[];

static struct gate idt[NR_VECTORS] __aligned(16) __ro_after_init;

static u8 gate_type(unsigned int vector)
{
	return vector == VECTOR_BP ? GATE_INTERRUPT | GATE_DPL_USER : GATE_INTERRUPT;
}

static u8 gate_ist(unsigned int vector)
{
	bool fatal = vector == VECTOR_NMI || vector == VECTOR_DF || vector == VECTOR_MC;

	return fatal ? IST_FATAL : 0;
}

void idt_init(void)
{
	for (unsigned int v = 0; v < NR_VECTORS; v++) {
		u64 stub = (u64)trap_stubs + v * STUB_SIZE;

		idt[v] = (struct gate){
			.offset_low = (u16)stub,
			.offset_middle = (u16)(stub >> 16),
			.offset_high = (u32)(stub >> 32),
			.selector = KERNEL_CS,
			.ist = gate_ist(v),
			.type = gate_type(v),
		};
	}
	idt_load();
}

void idt_load(void)
{
	const struct { u16 limit; u64 base; } __packed pointer = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lidt %0" : : "m" (pointer));
}
