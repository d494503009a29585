/* SPDX-License-Identifier: MIT */
/*
 * timer.c - what time is it, and how does this CPU get an interrupt at a given time?
 *
 * THE PICTURE    PIT channel 2, 1193182 Hz, known   --- one millisecond at boot --->  rates of
 *                the TSC (clock) and the local APIC's timer (next interrupt), unknown
 *
 *                ns    = (tsc * ns_per_tick >> 32) - ns_at_boot     (the vDSO rounds in the same places)
 *                ticks = ns * ticks_per_ns >> 32, 32 bits at most
 *
 * ALWAYS TRUE    K1  arch_clock_ns() never goes back, and is the same on all CPUs: the TSCs of a
 *                    machine start together and run at one rate (SDM vol. 3B ch. 17.17).
 *                K2  timer_interrupt() is called only when the deadline has passed: a deadline
 *                    beyond the counter's range, or a rate measured too high, costs another round.
 *
 * LOCKS          none: each CPU has its own timer; rates are constant after boot.
 */
#include <irqchip_apic.h>
#include <asm/port.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/timer.h>
#include <uapi/vdso.h>

/* PIT (8254) channel 2, and port 0x61 that gates it and shows its output */
#define PIT_HZ			1193182UL
#define PIT_CHANNEL2		0x42
#define PIT_COMMAND		0x43
#define PIT_CH2_MODE0		0xb0		/* two-byte count; output rises at zero */
#define PORT_B			0x61
#define PORT_B_GATE2		(1 << 0)
#define PORT_B_SPEAKER		(1 << 1)
#define PORT_B_OUT2		(1 << 5)

/*
 * 1 ms: the error is one read of port 0x61 at either end, below 0.1% even on an emulator; ten times
 * as long would cost ten million instructions of every boot that counts instructions.
 */
#define CALIBRATION_TICKS	(PIT_HZ / 1000)
#define CALIBRATION_TRIES	20
#define CALIBRATION_NS		(CALIBRATION_TICKS * 1000000000UL / PIT_HZ)

/* CMOS real-time clock (MC146818) */
#define CMOS_INDEX		0x70
#define CMOS_DATA		0x71
#define RTC_STATUS_A		0x0a
#define RTC_UPDATING		(1 << 7)
#define RTC_STATUS_B		0x0b
#define RTC_24H			(1 << 1)
#define RTC_BINARY		(1 << 2)
#define RTC_PM			(1 << 7)

static u64 ns_per_tick __ro_after_init;		/* of the TSC, * 2^32; 0 = not known yet */
static u64 ns_at_boot __ro_after_init;		/* what the TSC said then                */
static u64 ticks_per_ns __ro_after_init;	/* of the APIC timer, * 2^32             */

static u64 scale(u64 v, u64 factor)
{
	return (u64)((unsigned __int128)v * factor >> 32);
}

/* One reading of the APIC's counter, and how far apart in TSC ticks the things around it happened. */
struct reading { u64 tsc; u32 left; u64 blur; };

static struct reading read_both(u64 since)
{
	struct reading r = { .left = apic_timer_left() };

	r.tsc = rdtsc();
	r.blur = r.tsc - since;
	return r;
}

/*
 * Let the PIT count one window. Either end is known only to lie between two readings of the TSC; if an
 * emulator's host stopped us there, those are far apart: @blur says by how much the sample may be wrong.
 */
static void take_sample(u64 *tsc_ticks, u32 *apic_ticks, u64 *blur)
{
	struct reading begin, end;
	bool done;
	u64 since;

	outb((inb(PORT_B) & ~PORT_B_SPEAKER) | PORT_B_GATE2, PORT_B);
	outb(PIT_CH2_MODE0, PIT_COMMAND);
	outb(CALIBRATION_TICKS & 0xff, PIT_CHANNEL2);
	apic_timer_start(~0U);
	since = rdtsc();
	outb(CALIBRATION_TICKS >> 8, PIT_CHANNEL2);	/* counting begins */
	begin = read_both(since);
	end = begin;
	do {
		done = inb(PORT_B) & PORT_B_OUT2;
		end = read_both(end.tsc);
	} while (!done);
	apic_timer_start(0);
	*tsc_ticks = end.tsc - begin.tsc;
	*apic_ticks = begin.left - end.left;
	*blur = begin.blur + end.blur;
}

/* A rate that is off would be so until power-off: sample until one is sharp, or use the sharpest. */
void timer_calibrate(void)
{
	u64 tsc_ticks = 0, blur = ~0UL, start = rdtsc();
	u32 apic_ticks = 0;

	for (unsigned int i = 0; i < CALIBRATION_TRIES && blur > tsc_ticks / 64; i++) {
		u64 tsc, b;
		u32 apic;

		take_sample(&tsc, &apic, &b);
		if (b < blur) {
			tsc_ticks = tsc;
			apic_ticks = apic;
			blur = b;
		}
	}
	if (tsc_ticks == 0 || apic_ticks == 0)
		boot_failure("the time stamp counter or the APIC timer does not count");
	ns_per_tick = (CALIBRATION_NS << 32) / tsc_ticks;
	ns_at_boot = scale(start, ns_per_tick);
	ticks_per_ns = ((u64)apic_ticks << 32) / CALIBRATION_NS;
}

/* The interrupt came: is it time, or was the deadline only too far away for the counter? */
void timer_vector(const struct trapframe *regs)
{
	struct cpu *c = arch_cpu();
	u64 deadline = c->arch[CPU_TIMER_DEADLINE];

	if (arch_clock_ns() < deadline) {
		arch_timer_set(deadline);
		return;
	}
	c->arch[CPU_TIMER_DEADLINE] = ~0UL;
	timer_interrupt(regs);
}

static u8 cmos_read(u8 reg)
{
	outb(reg, CMOS_INDEX);
	return inb(CMOS_DATA);
}

static unsigned int from_bcd(u8 v)
{
	return (v >> 4) * 10U + (v & 15);
}

struct rtc_time {
	u8 second, minute, hour, day, month, year;
};

/* Fields change while the clock updates itself: read until two readings agree. */
static struct rtc_time rtc_read(void)
{
	struct rtc_time t[2];
	unsigned int i = 0;

	do {
		while (cmos_read(RTC_STATUS_A) & RTC_UPDATING)
			arch_cpu_relax();
		t[i & 1] = (struct rtc_time){ cmos_read(0), cmos_read(2), cmos_read(4),
					      cmos_read(7), cmos_read(8), cmos_read(9) };
		i++;
	} while (i < 2 || __builtin_memcmp(&t[0], &t[1], sizeof(t[0])) != 0);
	return t[0];
}

static void rtc_decode(struct rtc_time *t)
{
	u8 status = cmos_read(RTC_STATUS_B);
	bool pm = !(status & RTC_24H) && (t->hour & RTC_PM);
	u8 *field = (u8 *)t;

	if (!(status & RTC_24H))
		t->hour &= (u8)~RTC_PM;
	for (unsigned int i = 0; i < sizeof(*t) && !(status & RTC_BINARY); i++)
		field[i] = (u8)from_bcd(field[i]);
	if (!(status & RTC_24H))
		t->hour = (u8)(t->hour % 12 + (pm ? 12 : 0));
}

/* Days from 1970-01-01; years are counted from March, so that the leap day comes last. */
static u64 days_since_1970(u64 year, u64 month, u64 day)
{
	u64 y = month > 2 ? year : year - 1;
	u64 m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* ---- irq.c, timer.c ---- */

u64 arch_clock_ns(void)
{
	return scale(rdtsc(), ns_per_tick) - ns_at_boot;
}

u64 arch_clock_realtime_ns(void)
{
	struct rtc_time t = rtc_read();
	u64 seconds;

	rtc_decode(&t);
	seconds = days_since_1970(2000U + t.year, t.month, t.day) * 86400;
	seconds += t.hour * 3600U + t.minute * 60U + t.second;
	return seconds * 1000000000UL;
}

void arch_vdso_clock(struct vdso_data *d)
{
	vdso_set_scale(d, ns_per_tick);
	d->boot_ns = ns_at_boot;
}

void arch_timer_set(u64 deadline_ns)
{
	arch_cpu()->arch[CPU_TIMER_DEADLINE] = deadline_ns;
	if (deadline_ns == ~0UL) {
		apic_timer_start(0);
		return;
	}
	apic_timer_start((u32)timer_ticks(arch_clock_ns(), deadline_ns, ticks_per_ns, ~0U));
}
