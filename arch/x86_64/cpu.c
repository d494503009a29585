/* SPDX-License-Identifier: MIT */
/*
 * cpu.c - what can this CPU do, and which of it do we turn on?
 *
 * THE PICTURE    feature    CPUID leaf.reg[bit]   used for
 *                NX         80000001.edx[20]      data is not executable (required)
 *                CX16       1.ecx[13]             CMPXCHG16B in SLUB's fast path (required)
 *                PGE        1.edx[13]             kernel translations survive a CR3 load
 *                XSAVE      1.ecx[26]             FP state with AVX; without it FXSAVE
 *                AVX        1.ecx[28]
 *                SMEP       7.ebx[7]              the kernel never executes user pages
 *                SMAP       7.ebx[20]             ... and touches them only in uaccess.S
 *                UMIP       7.ecx[2]              programs cannot read GDT and IDT addresses
 *                LA57       7.ecx[16]             five levels
 *                PDPE1GB    80000001.edx[26]      1 GiB leaves in the direct map
 *                RDRAND     1.ecx[30]             entropy
 *
 * ALWAYS TRUE    C1  all CPUs run with the same bits: cpu_init() sets them on each, from what the
 *                    boot CPU offered. (SDM vol. 2A, CPUID; vol. 3A ch. 2.5)
 *
 * LOCKS          none: written at boot only.
 */
#include <asm/extable.h>
#include <asm/port.h>
#include <asm/syscall.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <lib/printf.h>
#include <lib/string.h>

enum feature {
	FEATURE_NX, FEATURE_CX16, FEATURE_PGE, FEATURE_XSAVE, FEATURE_AVX, FEATURE_SMEP,
	FEATURE_SMAP, FEATURE_UMIP, FEATURE_LA57, FEATURE_1G, FEATURE_RDRAND, NR_FEATURES
};

enum cpuid_reg { EAX, EBX, ECX, EDX };

static const struct {
	u32		leaf;
	u8		reg, bit;
	const char	*name;
} features[NR_FEATURES] = {
	[FEATURE_NX]	 = { 0x80000001, EDX, 20, "nx" },
	[FEATURE_CX16]	 = { 1, ECX, 13, "cx16" },
	[FEATURE_PGE]	 = { 1, EDX, 13, "pge" },
	[FEATURE_XSAVE]	 = { 1, ECX, 26, "xsave" },
	[FEATURE_AVX]	 = { 1, ECX, 28, "avx" },
	[FEATURE_SMEP]	 = { 7, EBX, 7,  "smep" },
	[FEATURE_SMAP]	 = { 7, EBX, 20, "smap" },
	[FEATURE_UMIP]	 = { 7, ECX, 2,  "umip" },
	[FEATURE_LA57]	 = { 7, ECX, 16, "la57" },
	[FEATURE_1G]	 = { 0x80000001, EDX, 26, "pdpe1gb" },
	[FEATURE_RDRAND] = { 1, ECX, 30, "rdrand" },
};

static u32 feature_bits __ro_after_init;	/* bit n = enum feature n is offered */
static char vendor[13] __ro_after_init;
static char model_name[49] __ro_after_init;
static u32 family, model, stepping;

bool cpu_has_1g_pages __ro_after_init;
unsigned int fp_state_size __ro_after_init = FP_LEGACY_SIZE;
u64 fp_xfeatures __ro_after_init;
unsigned long elf_hwcap __ro_after_init;

static bool has(enum feature f)
{
	return feature_bits & (1U << f);
}

static u32 cpuid_reg(u32 leaf, enum cpuid_reg reg)
{
	struct cpuid_result r;

	if (leaf > cpuid(leaf & 0x80000000, 0).eax)
		return 0;
	r = cpuid(leaf, 0);
	return reg == EAX ? r.eax : reg == EBX ? r.ebx : reg == ECX ? r.ecx : r.edx;
}

static void find_features(void)
{
	for (unsigned int f = 0; f < NR_FEATURES; f++) {
		if (cpuid_reg(features[f].leaf, features[f].reg) & (1U << features[f].bit))
			feature_bits |= 1U << f;
	}
	cpu_has_1g_pages = has(FEATURE_1G);
	elf_hwcap = cpuid_reg(1, EDX);
}

static void find_names(void)
{
	struct cpuid_result id = cpuid(0, 0);
	u32 v = cpuid_reg(1, EAX);

	memcpy(vendor, &id.ebx, 4);
	memcpy(vendor + 4, &id.edx, 4);
	memcpy(vendor + 8, &id.ecx, 4);
	stepping = v & 15;
	model = (v >> 4 & 15) | (v >> 12 & 0xf0);
	family = (v >> 8 & 15) + (v >> 20 & 0xff);
	for (u32 i = 0; i < 3 && cpuid_reg(0x80000000, EAX) >= 0x80000004; i++) {
		struct cpuid_result r = cpuid(0x80000002 + i, 0);

		memcpy(model_name + 16 * i, &r, 16);
	}
}

/* What XSAVE will save, and how much room it takes (leaf 0xd: SDM vol. 1 ch. 13.2). */
static void choose_fp_format(void)
{
	u64 offered;

	if (!has(FEATURE_XSAVE))
		return;
	offered = cpuid(0xd, 0).eax;
	fp_xfeatures = (XCR0_X87 | XCR0_SSE | XCR0_AVX) & offered;
	if (!has(FEATURE_AVX))
		fp_xfeatures &= ~(u64)XCR0_AVX;
	fp_state_size = fp_xfeatures & XCR0_AVX ? FP_STATE_MAX : FP_LEGACY_SIZE + 64;
}

/* Without SMAP, STAC and CLAC do not exist: put 3-byte no-ops in their place. */
static void patch_smap_sites(void)
{
	static const u8 nop3[3] = { 0x0f, 0x1f, 0x00 };

	if (has(FEATURE_SMAP))
		return;
	for (const unsigned long *site = __smap_sites_start; site < __smap_sites_end; site++)
		memcpy(phys_to_virt(kimg_to_phys((void *)*site)), nop3, sizeof(nop3));
}

bool cpu_has_five_levels(void)
{
	return has(FEATURE_LA57);
}

void cpu_init_boot(void)
{
	find_features();
	find_names();
	if (!has(FEATURE_NX))
		boot_failure("this CPU has no NX bit, which keeps data from being executed: "
			     "use another CPU model (QEMU: -cpu max)");
	if (!has(FEATURE_CX16))
		boot_failure("this CPU has no CMPXCHG16B, with which kmalloc works: "
			     "use another CPU model (QEMU: -cpu max)");
	choose_fp_format();
	patch_smap_sites();
}

static void init_syscall_registers(void)
{
	wrmsr(MSR_STAR, (u64)USER32_CS << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SFMASK, RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_TF |
			  RFLAGS_IF | RFLAGS_DF | RFLAGS_OF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF |
			  RFLAGS_AC);
}

void cpu_init(void)
{
	unsigned long cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (has(FEATURE_PGE))
		cr4 |= CR4_PGE;
	if (has(FEATURE_SMEP))
		cr4 |= CR4_SMEP;
	if (has(FEATURE_SMAP))
		cr4 |= CR4_SMAP;
	if (has(FEATURE_UMIP))
		cr4 |= CR4_UMIP;
	if (fp_xfeatures)
		cr4 |= CR4_OSXSAVE;
	write_cr4(cr4);
	if (fp_xfeatures)
		xsetbv(0, fp_xfeatures);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
	init_syscall_registers();
	fp_reset();
}

/* RDRAND sets CF when it had a number; it may run dry for a moment. */
static bool rdrand(u64 *v)
{
	u8 ok = 0;

	for (unsigned int tries = 0; tries < 10 && !ok; tries++)
		asm volatile("rdrand %0; setc %1" : "=r" (*v), "=qm" (ok) : : "cc");
	return ok;
}

/* ---- boot.c, cpu.c ---- */

int arch_cpuinfo(unsigned int cpu, char *buf, size_t size)
{
	int n;

	n = scnprintf(buf, size, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\n"
		      "model\t\t: %u\nmodel name\t: %s\nstepping\t: %u\napicid\t\t: %u\n"
		      "address sizes\t: 46 bits physical, %lu bits virtual\nflags\t\t:", cpu,
		      vendor, family, model, model_name[0] ? model_name : "unknown", stepping,
		      cpus[cpu].hwid, max_user_levels_bits);
	for (unsigned int f = 0; f < NR_FEATURES; f++) {
		if (has(f))
			n += scnprintf(buf + n, size - (size_t)n, " %s", features[f].name);
	}
	return n + scnprintf(buf + n, size - (size_t)n, "\n\n");
}

/* Time stamps differ from boot to boot in their low bits; RDRAND, where it is, does the work. */
void arch_entropy(void *buf, size_t n)
{
	u8 *out = buf;

	while (n > 0) {
		size_t chunk = n < 8 ? n : 8;
		u64 v = 0;

		if (!has(FEATURE_RDRAND) || !rdrand(&v))
			v = 0;
		v ^= rdtsc() * 0x9e3779b97f4a7c15UL;
		memcpy(out, &v, chunk);
		out += chunk;
		n -= chunk;
	}
}
