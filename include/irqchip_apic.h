/* SPDX-License-Identifier: MIT */
/* irqchip_apic.h - local APIC and IO-APIC (drivers/irqchip_apic.c), as the x86-64 port uses them */
#ifndef IRQCHIP_APIC_H
#define IRQCHIP_APIC_H

#include <lib/types.h>

/* apic_init - the local APICs' registers are at @regs, the same on each CPU; boot CPU only. */
void apic_init(void *regs);
/* apic_init_cpu - accept interrupts on this CPU; timer and spurious one get these vectors. */
void apic_init_cpu(u8 timer_vector, u8 spurious_vector);
u32 apic_id(void);
void apic_eoi(void);

/* apic_send_ipi - @vector on the CPU with APIC id @dest; any context. The others start a CPU. */
void apic_send_ipi(u32 dest, u8 vector);
void apic_send_init(u32 dest);
void apic_send_startup(u32 dest, paddr_t entry);

/* apic_timer_start - interrupt once after @ticks (0: never). apic_timer_left - ticks to go. */
void apic_timer_start(u32 ticks);
u32 apic_timer_left(void);

/* ioapic_add - a controller whose pins count from @gsi_base; they are masked. 0 or -ENOSPC. */
int ioapic_add(void *regs, u32 gsi_base);
/* ioapic_route_isa - ISA interrupt @irq (0..15) arrives at @gsi, not at its own number. */
void ioapic_route_isa(unsigned int irq, u32 gsi, bool level, bool active_low);
/* ioapic_register - interrupt n is vector @vector_base + n from now on; request_irq() works. */
void ioapic_register(u8 vector_base, u32 dest);

#endif
