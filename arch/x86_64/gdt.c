/* SPDX-License-Identifier: MIT */
/*
 * gdt.c - which segments are left in 64-bit mode, and where do traps find their stack?
 *
 * THE PICTURE    GDT (one per CPU)              TSS (one per CPU, SDM vol. 3A ch. 7.7)
 *                0x08 KERNEL32_CS (boot only)   rsp0 -> kernel stack top of the running thread
 *                0x10 KERNEL_CS                 ist1 -> fatal_stack: NMI, #DF, #MC
 *                0x18 KERNEL_DS
 *                0x20 (empty)                   The order 0x20, 0x28, 0x30 is SYSRET's: it loads
 *                0x28 USER_DS                   SS = base + 8 and CS = base + 16.
 *                0x30 USER_CS
 *                0x40 TSS, two slots
 *
 * ALWAYS TRUE    G1  rsp0 == cpu->kstack_top whenever user code runs (thread.c keeps both).
 *                G2  a double fault has a good stack, even when the kernel stack overflowed. All
 *                    three users of ist1 stop the kernel, so they may share it.
 *
 * LOCKS          none: each CPU touches only its own.
 * LEFT OUT       LDT, 32-bit user segments, the I/O permission bitmap.
 */
#include <asm/port.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>

#define FATAL_STACK_SIZE	8192
#define GDT_SLOTS		(TSS_SELECTOR / 8 + 2)

/* Present, accessed, 64-bit code or data; DPL 3 for the user's. */
#define SEG_KERNEL_CODE		0x00af9b000000ffffUL
#define SEG_KERNEL_DATA		0x00cf93000000ffffUL
#define SEG_USER_CODE		0x00affb000000ffffUL
#define SEG_USER_DATA		0x00cff3000000ffffUL
#define SEG_TSS_AVAILABLE	(0x89UL << 40)

struct tss {
	u32	reserved0;
	u64	rsp[3];
	u64	reserved1;
	u64	ist[7];
	u64	reserved2;
	u16	reserved3;
	u16	iomap_base;
} __packed;

BUILD_ASSERT(sizeof(struct tss) == 104);

struct cpu_tables {
	u64		gdt[GDT_SLOTS];
	struct tss	tss;
};

static DEFINE_PER_CPU(struct cpu_tables, cpu_tables);
static DEFINE_PER_CPU(u8, fatal_stack[FATAL_STACK_SIZE]) __aligned(16);

static void fill_gdt(struct cpu_tables *t)
{
	u64 base = (u64)&t->tss;

	t->gdt[KERNEL_CS / 8] = SEG_KERNEL_CODE;
	t->gdt[KERNEL_DS / 8] = SEG_KERNEL_DATA;
	t->gdt[USER_DS / 8] = SEG_USER_DATA;
	t->gdt[USER_CS / 8] = SEG_USER_CODE;
	t->gdt[TSS_SELECTOR / 8] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 |
				   SEG_TSS_AVAILABLE | (base >> 24 & 0xff) << 56;
	t->gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
}

static void load_gdt(const struct cpu_tables *t)
{
	const struct { u16 limit; u64 base; } __packed pointer = {
		sizeof(t->gdt) - 1, (u64)t->gdt
	};

	asm volatile("lgdt %0" : : "m" (pointer));
	/* CS keeps its old descriptor until it is loaded again; a far return does that. */
	asm volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
		     : : "i" (KERNEL_CS) : "rax", "memory");
	asm volatile("ltr %w0" : : "r" (TSS_SELECTOR));
}

void gdt_init_cpu(struct cpu *c)
{
	struct cpu_tables *t = per_cpu_ptr(&cpu_tables, c->id);
	u8 *stack = (u8 *)fatal_stack + c->percpu_delta;

	fill_gdt(t);
	t->tss.ist[0] = (u64)(stack + FATAL_STACK_SIZE);
	t->tss.iomap_base = sizeof(struct tss);
	c->arch[CPU_TSS_RSP0] = (unsigned long)&t->tss.rsp[0];
	load_gdt(t);
}
