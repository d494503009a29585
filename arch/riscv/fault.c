/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/fault.c - from scause and stval to struct fault_info
 *
 * THE QUESTION   What was touched, how, and who may put it right: mm/, a fixup, or nobody?
 *
 * THE PICTURE    user mode      -> handle_fault(), which maps the page or queues a signal
 *                kernel mode    in a range of __ex_table (uaccess.S)?
 *                                 yes -> handle_fault(); refused -> continue at the fixup
 *                                 no  -> panic
 *                both first     a new kernel mapping that this CPU, or the table it has loaded, has
 *                               not seen? take note of it, retry
 *
 * ALWAYS TRUE    X1  the kernel touches user memory only inside __ex_table's ranges.
 *                X2  handle_fault() runs with interrupts as the interrupted code had them.
 *
 * LOCKS          none here; handle_fault() takes mm's.
 * READ NEXT      mm/fault.c.
 */
#include <arch.h>
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <mm/vmalloc.h>

struct ex_entry {
	unsigned long from, to, fixup;
};

extern const struct ex_entry __ex_table_start[], __ex_table_end[];

static bool is_page_fault(unsigned long cause)
{
	return cause == EXC_INST_PAGE_FAULT || cause == EXC_LOAD_PAGE_FAULT ||
	       cause == EXC_STORE_PAGE_FAULT;
}

static struct fault_info decode(const struct trapframe *regs)
{
	return (struct fault_info){
		.address = regs->tval,
		.write = regs->cause == EXC_STORE_PAGE_FAULT,
		.exec = regs->cause == EXC_INST_PAGE_FAULT,
		.user = regs_user(regs),
	};
}

static const struct ex_entry *find_fixup(unsigned long pc)
{
	for (const struct ex_entry *e = __ex_table_start; e < __ex_table_end; e++)
		if (pc >= e->from && pc < e->to)
			return e;
	return NULL;
}

/* What the kernel's own tables say about @va; 0 when it is not mapped there. */
static unsigned long kernel_entry(unsigned long va)
{
	pgd_t *pgd = pgd_offset_pgd(arch_kernel_pgd(), va);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!pgd_present(*pgd))
		return 0;
	p4d = p4d_offset(pgd, va);
	if (!p4d_present(*p4d))
		return 0;
	pud = pud_offset(p4d, va);
	if (!pud_present(*pud) || pud_leaf(*pud))
		return pud_val(*pud);
	pmd = pmd_offset(pud, va);
	if (!pmd_present(*pmd) || pmd_leaf(*pmd))
		return pmd_val(*pmd);
	return pte_val(*pte_offset(pmd, va));
}

/*
 * A CPU may remember that an address was not mapped (Privileged ISA 4.2.1) when another CPU maps it
 * and sends nobody a flush. The tables know better: flush here and try again.
 */
static bool fault_is_stale(const struct trapframe *regs)
{
	unsigned long need = PTE_V | PTE_R;

	if (regs->cause == EXC_STORE_PAGE_FAULT)
		need = PTE_V | PTE_W;
	else if (regs->cause == EXC_INST_PAGE_FAULT)
		need = PTE_V | PTE_X;
	return (kernel_entry(regs->tval) & need) == need;
}

/* The kernel's own tables have the mapping: now this CPU has it, too. */
static bool kernel_mapping_is_new(const struct trapframe *regs)
{
	if ((long)regs->tval >= 0 || !is_page_fault(regs->cause))
		return false;
	if (!vmalloc_fault(regs->tval) && !fault_is_stale(regs))
		return false;
	arch_tlb_flush_local_page(regs->tval);
	return true;
}

static void __noreturn die(const struct trapframe *regs)
{
	arch_show_regs(regs);
	if (!is_page_fault(regs->cause))
		panic("kernel trap: cause %ld, tval %lx, pc %lx", regs->cause, regs->tval,
		      regs->epc);
	panic("kernel page fault: %s of %lx at pc %lx",
	      regs->cause == EXC_STORE_PAGE_FAULT ? "write" :
	      regs->cause == EXC_LOAD_PAGE_FAULT ? "read" : "fetch", regs->tval, regs->epc);
}

void fault_user(struct trapframe *regs)
{
	struct fault_info fi = decode(regs);

	handle_fault(regs, &fi);
}

void fault_kernel(struct trapframe *regs)
{
	const struct ex_entry *e = find_fixup(regs->epc);
	struct fault_info fi = decode(regs);
	bool resolved = false;

	if (kernel_mapping_is_new(regs))
		return;
	if (!e)
		die(regs);
	if (regs_irqs_enabled(regs))
		arch_irq_enable();
	if (is_page_fault(regs->cause) && (long)fi.address >= 0)
		resolved = handle_fault(regs, &fi);
	arch_irq_disable();
	if (!resolved)
		regs->epc = e->fixup;
}
