/* SPDX-License-Identifier: MIT */
/*
 * fault.c - which address faulted, for which kind of access, and may it go on?
 *
 * THE PICTURE    CR2                       -> address       (SDM vol. 3A ch. 4.7)
 *                error code  W    (bit 1)  -> write
 *                            I/D  (bit 4)  -> exec
 *                            RSVD (bit 3)  -> our tables are damaged: panic
 *                CS.RPL == 3               -> user
 *
 *                user mode                      handle_fault(): resolved, or a signal
 *                kernel, user address, inside   handle_fault(); if it cannot: the fixup of
 *                  uaccess.S                      the instruction (EX_TABLE)
 *                kernel, vmalloc area           vmalloc_fault(): the loaded table lacks an entry?
 *                kernel, anything else          panic
 *
 * ALWAYS TRUE    P1  CR2 is read before interrupts go on: another fault would overwrite it.
 *                P2  handle_fault() runs with interrupts as the interrupted code had them.
 *
 * LOCKS          none here; handle_fault() takes mmap_lock and may sleep.
 */
#include <asm/extable.h>
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/sched.h>
#include <mm/vmalloc.h>

extern const char uaccess_begin[], uaccess_end[];

static bool in_uaccess(unsigned long pc)
{
	return pc >= (unsigned long)uaccess_begin && pc < (unsigned long)uaccess_end;
}

bool fixup_exception(struct trapframe *regs)
{
	if (!in_uaccess(regs->rip))
		return false;
	for (const struct ex_table_entry *e = __ex_table_start; e < __ex_table_end; e++) {
		if (e->at == regs->rip) {
			regs->rip = e->to;
			return true;
		}
	}
	return false;
}

static void kernel_fault(struct trapframe *regs, const struct fault_info *fi, unsigned long error)
{
	if (vmalloc_fault(fi->address))
		return;
	if (in_uaccess(regs->rip) && fi->address < task_size) {
		if (regs->rflags & RFLAGS_IF)
			arch_irq_enable();
		if (handle_fault(regs, fi) || fixup_exception(regs)) {
			arch_irq_disable();
			return;
		}
	}
	if (fi->address < PAGE_SIZE)
		die(regs, "NULL pointer", error);
	die(regs, fi->exec ? "jump to a bad address" : "page fault", error);
}

void page_fault(struct trapframe *regs, unsigned long error)
{
	struct fault_info fi = {
		.address = read_cr2(),
		.write = error & PF_WRITE,
		.exec = error & PF_INSTR,
		.user = regs_user(regs),
	};

	if (unlikely(error & PF_RSVD))
		die(regs, "reserved bit in a page table", error);
	if (unlikely(!fi.user)) {
		kernel_fault(regs, &fi, error);
		return;
	}
	arch_irq_enable();
	if (unlikely(!handle_fault(regs, &fi)))
		panic("handle_fault() gave up on a user access: address %lx, error %lx", fi.address,
		      error);
	if (unlikely(current->work)) {		/* a signal, perhaps: its frame shows these */
		current->arch.trap_vector = VECTOR_PF;
		current->arch.trap_error = error;
		current->arch.trap_address = fi.address;
	}
}
