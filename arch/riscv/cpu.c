/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/cpu.c - which CPUs there are, and what they can do
 *
 * THE QUESTION   The devicetree lists harts with an ISA string each. Which may we start, and which
 *                extensions change what the kernel does?
 *
 *                FDT, /cpus                                   used for
 *                timebase-frequency                           timer.c
 *                cpu@N  reg, status                           smp.c: hart ids of the enabled ones
 *                       riscv,isa  "rv64imafdc..._sstc"       sstc: timer.c; text of /proc/cpuinfo
 *
 *                Not asked of the devicetree: the depth of page tables (boot.c probes satp), and
 *                whether hardware sets A and D (generic code copes with both).
 *
 * ALWAYS TRUE    H1  CPU 0 is the hart that firmware started; the others follow in FDT order.
 *
 * LOCKS          none: written once, before the second CPU exists.
 */
#include <arch.h>
#include <asm/port.h>
#include <asm/sbi.h>
#include <kernel/cpumask.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <lib/printf.h>
#include <lib/string.h>

/*
 * entry.S: the calls that read or change all registers: rt_sigreturn 139, clone 220, execve 221,
 * execveat 281, clone3 435. Shifting the mask left by the number makes the call's bit the sign.
 */
#define FULL_CALL(nr)	(1UL << (63 - (nr) % 64))
#define FULL_CALLS	(FULL_CALL(139) | FULL_CALL(220) | FULL_CALL(221) | FULL_CALL(281) | \
			 FULL_CALL(435))

#define COUNTEREN_ALL	7		/* scounteren: programs may read cycle, time, instret */

static unsigned long hart_ids[NR_CPUS] __ro_after_init;
static unsigned int nr_harts __ro_after_init;
static char isa[160] __ro_after_init;
static u64 seed[4];			/* FDT /chosen rng-seed, used up by arch_entropy() */
unsigned long timebase_hz __ro_after_init;

static void add_hart(int node)
{
	const char *type = fdt_prop_string(&boot_fdt, node, "device_type", 0);
	u64 id, size;

	if (!type || strcmp(type, "cpu") || !fdt_is_available(&boot_fdt, node) ||
	    fdt_reg(&boot_fdt, node, 0, &id, &size))
		return;
	if (id == hart_ids[0]) {
		const char *s = fdt_prop_string(&boot_fdt, node, "riscv,isa", 0);

		strlcpy(isa, s ? s : "rv64imafdc", sizeof(isa));
	} else if (nr_harts < NR_CPUS) {
		hart_ids[nr_harts++] = id;
	}
}

static void read_seed(void)
{
	int len, chosen = fdt_path_offset(&boot_fdt, "/chosen");
	const void *p = fdt_getprop(&boot_fdt, chosen, "rng-seed", &len);

	if (p)
		memcpy(seed, p, min((size_t)len, sizeof(seed)));
}

void cpu_read_fdt(void)
{
	int node, cpus_node = fdt_path_offset(&boot_fdt, "/cpus");
	u64 hz;

	hart_ids[0] = cpus[0].hwid;
	nr_harts = 1;
	fdt_for_each_child(&boot_fdt, node, cpus_node)
		add_hart(node);
	if (fdt_prop_u64(&boot_fdt, cpus_node, "timebase-frequency", &hz) || hz == 0)
		boot_failure("the devicetree has no timebase-frequency: the clock cannot be read");
	timebase_hz = hz;
	read_seed();
}

void cpu_init_this(struct cpu *c)
{
	c->self = c;
	c->scratch[1] = FULL_CALLS;
}

void cpu_enable_counters(void)
{
	csr_write(scounteren, COUNTEREN_ALL);
}

/* cpu_has_extension - @name, of several letters, among the '_'-separated words of the ISA string */
bool cpu_has_extension(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = isa; (p = strchr(p, '_')) != NULL; ) {
		p++;
		if (!strncmp(p, name, len) && (p[len] == '_' || p[len] == '\0'))
			return true;
	}
	return false;
}

unsigned int cpu_hart_count(void)
{
	return nr_harts;
}

unsigned long cpu_hart_id(unsigned int cpu)
{
	return hart_ids[cpu];
}

/* ---- boot.c, cpu.c ---- */

/* The same lines as Linux's, so that tools which read them work. */
int arch_cpuinfo(unsigned int cpu, char *buf, size_t size)
{
	return scnprintf(buf, size,
			 "processor\t: %u\nhart\t\t: %lu\nisa\t\t: %s\nmmu\t\t: sv%lu\n\n",
			 cpu, hart_ids[cpu], isa, max_user_levels_bits);
}

void arch_entropy(void *buf, size_t n)
{
	u8 *out = buf;

	for (size_t i = 0; i < n; i++) {
		u64 *s = &seed[i / 8 % ARRAY_SIZE(seed)];

		/* splitmix64's step: a constant odd increment, then two multiplications */
		*s += 0x9e3779b97f4a7c15UL + csr_read(time);
		out[i] = (u8)((*s ^ *s >> 30) * 0xbf58476d1ce4e5b9UL >> 56);
	}
}
