/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/timer.c - reading the clock and asking for the next interrupt
 *
 * THE QUESTION   The `time` register counts at timebase-frequency (FDT). How does it become
 *                nanoseconds without a division, and who raises the interrupt?
 *
 *                ns    = ticks * ns_per_tick >> 32      ns_per_tick = 10^9 * 2^32 / frequency
 *                ticks = ns * ticks_per_ns >> 32        (128-bit products)
 *
 *                At 10 MHz the first is exact and the second too small by 2.2e-8: 2 ms a day. So it is used
 *                for distances from now only (timer_ticks()), never for the time since boot.
 *
 *                With the Sstc extension S-mode writes stimecmp itself: one instruction. Without it
 *                (or when M-mode did not enable it) each deadline is a call to the firmware.
 *
 * ALWAYS TRUE    M1  a deadline at most 4 s away never fires early: what rounding takes away, timer_ticks() adds.
 *                    One further away may, and the next interrupt is asked for 10^7 times closer to it.
 *                M2  after an interrupt STIE is off until the next arch_timer_set(): the condition
 *                    (time >= stimecmp) stays true until then.
 *
 * LOCKS          none: registers of this CPU; the factors are constant after boot.
 */
#include <arch.h>
#include <asm/port.h>
#include <asm/sbi.h>
#include <kernel/printk.h>
#include <kernel/timer.h>
#include <mm/resource.h>
#include <mm/vmalloc.h>
#include <uapi/vdso.h>

#define NS_PER_SEC	1000000000UL
#define FRACTION_BITS	32

/* Goldfish RTC (FDT "google,goldfish-rtc"): nanoseconds since 1970; reading LOW latches HIGH */
#define RTC_TIME_LOW	0x00
#define RTC_TIME_HIGH	0x04

static u64 ns_per_tick, ticks_per_ns;	/* fixed point, FRACTION_BITS */
static bool has_stimecmp;
static u64 rtc_ns;

static u64 scale(u64 value, u64 factor)
{
	return (u64)(((unsigned __int128)value * factor) >> FRACTION_BITS);
}

/* Does a write of stimecmp trap? M-mode decides (menvcfg.STCE); a trap skips to the label. */
static bool stimecmp_works(void)
{
	unsigned long works = 0;

	if (!cpu_has_extension("sstc"))
		return false;
	__asm__ volatile("la	t0, 1f\n"
			 "csrrw	t0, stvec, t0\n"
			 "csrw	" CSR_NAME(CSR_STIMECMP) ", %1\n"
			 "li	%0, 1\n"
			 ".balign 4\n"
			 "1: csrw stvec, t0\n"
			 : "+&r"(works) : "r"(~0UL) : "t0", "memory");
	return works;
}

void timer_probe(void)
{
	ns_per_tick = (NS_PER_SEC << FRACTION_BITS) / timebase_hz;
	ticks_per_ns = (timebase_hz << FRACTION_BITS) / NS_PER_SEC;
	has_stimecmp = stimecmp_works();
}

void timer_read_rtc(void)
{
	int node = fdt_node_by_compatible(&boot_fdt, -1, "google,goldfish-rtc");
	u64 base, size;
	char *rtc;

	if (node < 0 || fdt_reg(&boot_fdt, node, 0, &base, &size))
		return;
	request_mem_region(base, size, "rtc");
	rtc = ioremap(base, size);
	if (!rtc)
		return;
	rtc_ns = readl(rtc + RTC_TIME_LOW);
	rtc_ns |= (u64)readl(rtc + RTC_TIME_HIGH) << 32;
	iounmap(rtc);
}

void timer_irq(const struct trapframe *regs)
{
	csr_clear(sie, SIE_STIE);
	timer_interrupt(regs);
}

/* ---- irq.c, timer.c ---- */

u64 arch_clock_ns(void)
{
	return scale(csr_read(time), ns_per_tick);
}

u64 arch_clock_realtime_ns(void)
{
	return rtc_ns;
}

void arch_vdso_clock(struct vdso_data *d)
{
	vdso_set_scale(d, ns_per_tick);
	d->boot_ns = 0;
}

void arch_timer_set(u64 deadline_ns)
{
	u64 ticks = ~0UL;

	if (deadline_ns != ~0UL) {
		ticks = csr_read(time);
		ticks += timer_ticks(scale(ticks, ns_per_tick), deadline_ns, ticks_per_ns, ~0UL - ticks);
	}
	if (has_stimecmp)
		csr_write(CSR_STIMECMP, ticks);
	else
		sbi_set_timer(ticks);
	csr_set(sie, SIE_STIE);
}
