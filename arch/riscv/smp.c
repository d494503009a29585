/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/smp.c - the other harts, and messages between them
 *
 * THE QUESTION   Firmware starts one hart. How do the others join, and how does one interrupt the
 *                other?
 *
 * THE PICTURE    arch_smp_start: SBI HSM hart_start (9) -> _start (start.S, paging off), another_hart
 *                -> secondary_boot -> secondary_main (generic)
 *
 *                arch_ipi_send: bit `kind` of the target's word := 1, SBI send_ipi (7)
 *                    -> software interrupt there -> the word is taken whole -> handle_ipi() per bit
 *
 * ALWAYS TRUE    P1  the bit is set before the interrupt is raised, and the interrupt is cleared
 *                    (irq.c) before the word is read: a kind sent in between raises a new one.
 *                P2  CPU ids are ours (boot CPU is 0), hart ids the machine's; cpus[].hwid maps.
 *
 * LOCKS          none: the word is atomic.
 */
#include <arch.h>
#include <asm/port.h>
#include <asm/sbi.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <uapi/errno.h>

extern char _start[];
void secondary_boot(void) __noreturn;

/* start.S: the CPU that comes next. In .data: the first hart clears .bss, and reads nothing of this. */
struct cpu *starting_cpu __section(".data");

void secondary_boot(void)
{
	cpu_enable_counters();
	irq_init_this();
	secondary_main();
}

void ipi_irq(void)
{
	unsigned long kinds = __atomic_exchange_n(&this_cpu()->arch[CPU_ARCH_IPI], 0,
						  __ATOMIC_ACQ_REL);

	for (unsigned int kind = 0; kind < NR_IPI_KINDS; kind++)
		if (kinds & (1UL << kind))
			handle_ipi((enum ipi_kind)kind);
}

/* ---- smp.c ---- */

unsigned int arch_smp_count(void)
{
	return cpu_hart_count();
}

int arch_smp_start(struct cpu *c)
{
	c->hwid = (unsigned int)cpu_hart_id(c->id);
	cpu_init_this(c);
	c->curr = c->idle;
	c->kstack_top = c->idle->kstack_top;
	WRITE_ONCE(starting_cpu, c);
	mb();
	return sbi_hart_start(c->hwid, kimg_to_phys(_start), 0) ? -EIO : 0;
}

void arch_ipi_send(unsigned int cpu, enum ipi_kind kind)
{
	struct cpu *c = &cpus[cpu];

	__atomic_fetch_or(&c->arch[CPU_ARCH_IPI], 1UL << kind, __ATOMIC_ACQ_REL);
	sbi_send_ipi(1, c->hwid);
}
