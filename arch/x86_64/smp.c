/* SPDX-License-Identifier: MIT */
/*
 * smp.c - how do the other CPUs start, and how do CPUs get each other's attention?
 *
 * THE PICTURE    boot CPU                               other CPU
 *                copy ap_start.S to AP_START_PA
 *                INIT IPI, start-up IPI  ------------>  real mode at AP_START_PA
 *                                                       long mode, kernel tables, ap_main()
 *                sees CPU_STARTED        <------------  says so
 *                starts the next                        secondary_main(), never returns
 *
 * ALWAYS TRUE    O1  one CPU at a time uses the start-up page and its variables.
 *                O2  IPI kind k is vector VECTOR_IPI_BASE + k.
 *
 * LOCKS          none: only the boot CPU starts others, before user programs run. The start-up page and
 *                the early tables stay, for a CPU that comes too late and is to park (secondary_main).
 */
#include <irqchip_apic.h>
#include <asm/acpi.h>
#include <asm/port.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <uapi/errno.h>

#define AP_START_PA		0x8000		/* ap_start.S says the same; boot.c reserves it */
#define ARRIVAL_TIMEOUT		(1000 * NSEC_PER_MSEC)
/* Some CPUs miss the first start-up IPI: the manual sends two, 200 us apart (vol. 3A 8.4.4.1). */
#define SECOND_STARTUP		(200 * NSEC_PER_USEC)

extern const char ap_start[], ap_start_end[];
extern u64 ap_cr3, ap_cr4, ap_stack, ap_cpu;

/* The copy of a variable of ap_start.S. */
static u64 *ap_variable(const u64 *original)
{
	return phys_to_virt(AP_START_PA + (paddr_t)((const char *)original - ap_start));
}

static void prepare_start_page(struct cpu *c)
{
	bool five = pgtable_levels == 5;

	memcpy(phys_to_virt(AP_START_PA), ap_start, (size_t)(ap_start_end - ap_start));
	*ap_variable(&ap_cr3) = kimg_to_phys(five ? early_pgd5 : early_pgd);
	*ap_variable(&ap_cr4) = CR4_PAE | (five ? CR4_LA57 : 0);
	*ap_variable(&ap_stack) = c->idle->kstack_top;
	*ap_variable(&ap_cpu) = (u64)c;
}

static bool arrived(struct cpu *c, u64 timeout)
{
	u64 deadline = arch_clock_ns() + timeout;

	while (arch_clock_ns() < deadline) {
		if (__atomic_load_n(&c->arch[CPU_STARTED], __ATOMIC_ACQUIRE))
			return true;
		arch_cpu_relax();
	}
	return false;
}

/* First C code of another CPU: interrupts off, on its idle thread's stack. */
void ap_main(struct cpu *c)
{
	wrmsr(MSR_GS_BASE, (u64)c);
	c->self = c;
	c->arch[CPU_TIMER_DEADLINE] = ~0UL;
	gdt_init_cpu(c);
	*(u64 *)c->arch[CPU_TSS_RSP0] = c->kstack_top;
	idt_load();
	cpu_init();
	apic_init_cpu(VECTOR_TIMER, VECTOR_SPURIOUS);
	__atomic_store_n(&c->arch[CPU_STARTED], 1, __ATOMIC_RELEASE);
	secondary_main();
}

/* ---- smp.c ---- */

unsigned int arch_smp_count(void)
{
	return acpi.nr_cpus;
}

int arch_smp_start(struct cpu *c)
{
	c->hwid = acpi.apic_id[c->id];
	prepare_start_page(c);
	apic_send_init(c->hwid);
	apic_send_startup(c->hwid, AP_START_PA);
	if (arrived(c, SECOND_STARTUP))
		return 0;
	apic_send_startup(c->hwid, AP_START_PA);
	return arrived(c, ARRIVAL_TIMEOUT) ? 0 : -EIO;
}

void arch_ipi_send(unsigned int cpu, enum ipi_kind kind)
{
	apic_send_ipi(cpus[cpu].hwid, (u8)(VECTOR_IPI_BASE + kind));
}
