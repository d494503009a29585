/* SPDX-License-Identifier: MIT */
/*
 * arch.h - the whole contract between a port and the rest of the kernel
 *
 * Generic code reaches the machine through this header only. It has two halves: PROVIDES (what
 * arch/<port>/ implements, in the order its files keep) and CALLS (the upcalls a port must make).
 * Inline helpers live in the port's <asm/...> headers, included here; a missing one is a compile
 * error in its first generic user, and tests/kernel/arch_contract_test.c checks each sentence.
 */
#ifndef ARCH_H
#define ARCH_H

#include <lib/types.h>
#include <lib/compiler.h>

/*
 * Headers a port provides, and what each must define:
 *  <asm/page.h>      PAGE_SHIFT, PAGE_SIZE, PAGE_MASK; phys_to_virt(pa) and virt_to_phys(va) for the
 *                    direct map, kimg_to_phys(va) for kernel-image addresses (virt_to_phys() accepts
 *                    both); clear_page(kva), copy_page(dst_kva, src_kva)
 *  <asm/memlayout.h> the drawing; TASK_SIZE (top of user space, run-time), USER_ADDR_MIN (64 KiB),
 *                    page_offset, vmemmap_base, vmalloc_start, vmalloc_end (run-time variables
 *                    chosen with the depth); FIXADDR_START, FIXADDR_SIZE, KERNEL_LINK_BASE, MAX_PHYSMEM,
 *                    DIRECT_MAP_SIZE (RAM beyond it is high memory)
 *  <asm/fixmap.h>    PORT_FIXED_ADDRESSES: slots for devices, and for what else must never be looked up
 *  <asm/regs.h>      control registers and their bits, accessors
 *  <asm/irqflags.h>  arch_irq_save() -> flags, arch_irq_restore(flags), arch_irq_enable/disable(),
 *                    arch_irqs_disabled(), arch_cpu_relax(), arch_wait_for_interrupt() (enables and
 *                    waits without losing a wake-up that arrives between the two)
 *  <asm/barrier.h>   mb/rmb/wmb for devices;  <asm/io.h> readb..readq/writeb..writeq (and port I/O)
 *  <asm/percpu.h>    arch_cpu() -> struct cpu * of this CPU, arch_current() -> struct thread *
 *  <asm/local.h>     struct local_head, arch_local_begin/commit/set(): replace a list head of this CPU with
 *                    interrupts on; a commit fails if an interrupt changed the head since begin, A-B-A included
 *  <asm/trapframe.h> struct trapframe and the regs_* accessors below
 *  <asm/thread.h>    struct arch_thread (saved kernel sp, FP state, user TLS)
 *  <asm/pgtable.h>   the page-table helpers below
 *  <asm/syscall.h>   ARCH_SYSCALLS(X): X(number, name) for each call the port has a number for;
 *                    ARCH_NR_SYSCALLS = largest number + 1; ARCH_NAME ("riscv64"/"x86_64" of uname);
 *                    ELF_MACHINE, ELF_PLATFORM, ELF_HWCAP, ELF_HWCAP2
 *  <asm/signal.h>    struct sigcontext/ucontext/rt_sigframe as Linux's
 */
#include <asm/page.h>
#include <asm/memlayout.h>
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/barrier.h>
#include <asm/io.h>
#include <asm/percpu.h>
#include <asm/local.h>
#include <asm/trapframe.h>
#include <asm/thread.h>
#include <asm/pgtable.h>
#include <asm/syscall.h>

struct cpu;
struct cpumask;
struct ksignal;
struct mm_struct;
struct thread;
struct vm_area_struct;

/* ======================================= PROVIDES ============================================ */

/* ---- boot.c, cpu.c ---- */
/*
 * The port's boot code runs before kernel_main(): it fills memblock (memory and reserved ranges:
 * kernel image, initrd, firmware, tables), boot_command_line, initrd_start/initrd_end (physical, 0
 * if none), chooses the depth, maps direct map and kernel image with final permissions.
 */
extern char boot_command_line[2048];
extern paddr_t initrd_start, initrd_end;
extern unsigned int pgtable_levels;             /* 3, 4 or 5; constant after boot */
extern unsigned long max_user_levels_bits;      /* user address bits + 1: 39, 48, 57 */

/* arch_init - what needs memory or interrupts: irqchips, timer, feature table. sleeps: no */
void arch_init(void);
/* arch_cpuinfo - text of /proc/cpuinfo for @cpu into @buf; returns length. */
int arch_cpuinfo(unsigned int cpu, char *buf, size_t size);
/* arch_entropy - fill @buf with what randomness the machine offers (time stamps, RDRAND, FDT seed). */
void arch_entropy(void *buf, size_t n);

/* ---- trapframe.h: user registers of a trap ----
 * regs_pc regs_set_pc regs_sp regs_set_sp regs_user(regs) regs_syscall_nr regs_arg(regs, 0..5)
 * regs_return(regs) regs_set_return(regs, v) regs_irqs_enabled; regs_set_syscall_restart(regs): back
 * up the pc over the syscall instruction with number and first argument restored.
 * A port keeps the original first argument (orig_a0 / orig_rax=nr) for restart.
 */
/* arch_show_regs - print a register dump with printk. */
void arch_show_regs(const struct trapframe *regs);
/* arch_backtrace - call @fn(pc, arg) for each frame from @regs (NULL: from the caller) until it returns false. */
void arch_backtrace(const struct trapframe *regs, bool (*fn)(unsigned long pc, void *arg), void *arg);

/* ---- switch.S, thread.c ---- */
/*
 * arch_switch_to - save @prev's callee-saved state, run @next; returns (on prev's stack, later) the thread that
 * ran before. irqs off.
 */
struct thread *arch_switch_to(struct thread *prev, struct thread *next);
/* arch_thread_init_kernel - make @t start in @fn(@arg) at its first switch (via schedule_tail()). */
void arch_thread_init_kernel(struct thread *t, void (*fn)(void *), void *arg);
/*
 * arch_thread_init_fork - make @t return to user mode with @regs' state, result 0, stack @sp (0: same), TLS @tls
 * if @set_tls. FP state copied.
 */
int arch_thread_init_fork(struct thread *t, const struct trapframe *regs, unsigned long sp,
			  bool set_tls, unsigned long tls);
/*
 * arch_start_user - set @regs so that the return to user mode enters @pc with @sp, all else as Linux's
 * ELF_PLAT_INIT; FP state reset.
 */
void arch_start_user(struct trapframe *regs, unsigned long pc, unsigned long sp);
/* arch_fork_return - first code of a forked thread after schedule_tail(): return to user mode. Never called from C. */
void arch_fork_return(void);
/* arch_enter_user - leave the kernel for the current thread's trapframe (used once per kernel thread that execs). */
void arch_enter_user(struct trapframe *regs) __noreturn;
/* arch_thread_free - release what arch_thread holds. */
void arch_thread_free(struct thread *t);

/* ---- signal.c: Linux's rt_sigframe on each architecture ---- */
/* arch_signal_deliver - build the frame for @ks on the user stack (or altstack) and redirect @regs; 0 or -EFAULT. */
int arch_signal_deliver(struct ksignal *ks, struct trapframe *regs);
/*
 * arch_sigreturn - restore @regs, mask and altstack from the frame at the user sp; returns the value for the
 * result register, or -EFAULT.
 */
long arch_sigreturn(struct trapframe *regs);

/* ---- irq.c, timer.c ---- */
/* arch_clock_ns - monotonic nanoseconds since boot; the same on all CPUs; any context. */
u64 arch_clock_ns(void);
/* arch_clock_realtime_ns - the machine's wall clock (RTC) in ns since 1970; read once at boot. */
u64 arch_clock_realtime_ns(void);
/* arch_vdso_clock - scale and boot_ns of @d: how a program turns its counter into arch_clock_ns(); fixed after boot. */
struct vdso_data;
void arch_vdso_clock(struct vdso_data *d);
/* arch_timer_set - next timer_interrupt() of this CPU at or soon after @deadline_ns of arch_clock_ns(); ~0 = none. */
void arch_timer_set(u64 deadline_ns);

/* ---- smp.c ---- */
enum ipi_kind { IPI_RESCHED, IPI_CALL, IPI_STOP, NR_IPI_KINDS };
/* arch_smp_prepare - number of CPUs the machine has (<= NR_CPUS), boot CPU is 0. */
unsigned int arch_smp_count(void);
/* arch_smp_start - start CPU @c->id on @c->idle's stack; it ends in secondary_main(). 0 or -EIO. */
int arch_smp_start(struct cpu *c);
/* arch_ipi_send - raise @kind on @cpu; handle_ipi(@kind) runs there. */
void arch_ipi_send(unsigned int cpu, enum ipi_kind kind);

/* ---- mmu.c ---- */
/*
 * arch_map_kernel - map [va, va+size) -> pa in the kernel's tables with the largest leaves that fit (tables from
 * memblock before mm is up, from the page allocator after); 0 or -ENOMEM.
 */
int arch_map_kernel(unsigned long va, paddr_t pa, size_t size, pgprot_t prot);
/* arch_kernel_pgd - the kernel's own top-level table (swapper_pg_dir). */
pgd_t *arch_kernel_pgd(void);
/* arch_pgd_init - copy the kernel half into a new zeroed top-level table. */
void arch_pgd_init(pgd_t *pgd);
/* arch_switch_mm - load @next's tables on this CPU (NULL: the kernel's own). irqs off. */
void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next);

/* ---- tlb.c: every flush counted in vmstat by the caller ---- */
void arch_tlb_flush_local_page(unsigned long va);
void arch_tlb_flush_local_range(unsigned long start, unsigned long end);
void arch_tlb_flush_local_all(void);
/*
 * arch_tlb_flush_remote - [start, end) flushed on every CPU of @mask but this one when it returns; irqs on (or
 * boot).
 */
void arch_tlb_flush_remote(const struct cpumask *mask, unsigned long start, unsigned long end);
/* arch_tlb_flush_kernel_range - the same for kernel addresses, on all CPUs. */
void arch_tlb_flush_kernel_range(unsigned long start, unsigned long end);

/* ---- uaccess.S: user copies; a fault inside ends them early ---- */
/* Each returns the number of bytes NOT copied. The caller has checked the range with access_ok(). */
size_t arch_copy_from_user(void *dst, const void __user *src, size_t n);
size_t arch_copy_to_user(void __user *dst, const void *src, size_t n);
size_t arch_clear_user(void __user *dst, size_t n);
/* arch_strncpy_from_user - length copied without NUL; @n if none found; -EFAULT. */
long arch_strncpy_from_user(char *dst, const char __user *src, size_t n);
/* arch_futex_cmpxchg - atomically if *uaddr == old then new; *cur = value seen; 0 or -EFAULT. */
int arch_futex_cmpxchg(u32 __user *uaddr, u32 old, u32 new, u32 *cur);
/* arch_move_io - one access of @width (1 or 4) bytes, register to memory or back; 0, -EFAULT: the bus refused it. */
int arch_move_io(void *dst, const void *src, size_t width);

/* ---- console.c, power.c ---- */
/* arch_console_putc - earliest console, polled, any context. */
void arch_console_putc(char c);
/* arch_power_off - end the machine; @code 0 = success; the emulator's exit status carries it where it can. */
void arch_power_off(int code) __noreturn;
void arch_restart(void) __noreturn;

/* ---- pgtable.h: typed entries; X in pgd p4d pud pmd pte ----
 * X_t, X_val(x), __X(v), X_none X_present X_leaf X_bad (X != pte has leaf/bad), PXD_SHIFT/SIZE/MASK
 * (PGDIR_SHIFT is run-time), PTRS_PER_PTE 512, pgd_index(va) ...; p4d_offset(pgd_t *, va),
 * pud_offset, pmd_offset, pte_offset return the entry for va in the next table (or the same entry
 * retyped where the level is folded: then pgd_none() is false and pgd_populate never called):
 * p4d_folded() = pgtable_levels < 5, pud_folded() = pgtable_levels < 4.
 * pgd_populate(pgd_t *, p4d_t *table) ... pmd_populate(pmd_t *, paddr_t pte_table); pgd_clear ...
 * pgd_table_pa(pgd_t) ... : physical address of the table the entry points to; pXd_pfn(leaf).
 * ptes: pte_write pte_dirty pte_young pte_exec pte_user pte_special pte_uffd_wp pte_protnone pte_pfn;
 * pfn_pte(pfn, pgprot), pte_mkwrite pte_wrprotect pte_mkdirty pte_mkclean pte_mkyoung pte_mkold
 * pte_mkspecial pte_mkuffd_wp (W goes) pte_clear_uffd_wp pte_modify(pte, prot: keeps pfn, A, D, special, uffd-wp),
 * pte_same.
 *   - pte_present() is true for a PROT_NONE page too; no user access is possible through it.
 *   - write-protecting a dirty pte keeps it dirty; pte_mkwrite() makes it dirty only if it was.
 *   - pte_none() <=> value 0. Non-present non-zero values are swap entries.
 * In memory: ptep_get(ptep), set_pte(ptep, pte), pte_clear(ptep), ptep_get_and_clear(ptep) and
 * ptep_set_wrprotect(ptep) and ptep_clear_young(ptep) are atomic against the hardware walker.
 * Protections: pgprot_t, pgprot_val, __pgprot, PAGE_KERNEL PAGE_KERNEL_RO PAGE_KERNEL_EXEC (RX)
 * PAGE_KERNEL_IO; user_pgprot(bool r, w, x): any false,false,false = PROT_NONE.
 * PTE_BITS(X): the bits beside the frame, X(mask, letter, name) for each, lowest first.
 * arch_sync_icache(pa, size): stored code becomes executable code (fence.i; nothing on x86).
 */

/* ======================================== CALLS ============================================== */

struct fault_info {
	unsigned long	address;	/* faulting virtual address                               */
	bool		write;		/* store or atomic                                        */
	bool		exec;		/* instruction fetch                                      */
	bool		user;		/* the access was made in user mode                       */
	bool		noncanon;	/* not a page fault: address the walker rejects (x86 #GP) */
};

/* kernel_main - the port has paging, memblock and a console; irqs off, on the boot CPU's idle stack. */
void kernel_main(void) __noreturn;
/* secondary_main - the same on a CPU started by arch_smp_start(). */
void secondary_main(void) __noreturn;
/* handle_fault - page fault in user mode, or in the kernel on a user copy (irqs as the interrupted code had them).
 *   returns: true resolved (or signal queued: user mode); false: the port applies the uaccess fixup or panics. */
bool handle_fault(struct trapframe *regs, const struct fault_info *fi);
/*
 * vmalloc_fault - a page fault in the kernel at a kernel address: asked first, whatever instruction it was. irqs: any.
 *   returns: true: the loaded top-level table has a new entry now; flush @addr's page here if the hardware keeps
 *   absent entries, and go on. (mm/vmap.c)
 */
bool vmalloc_fault(unsigned long addr);
/* handle_exception - a user-mode exception other than a fault becomes signal @sig with @code and @addr. */
void handle_exception(struct trapframe *regs, int sig, int code, unsigned long addr);
/* handle_syscall - run the call in @regs and store its result; irqs on. */
void handle_syscall(struct trapframe *regs);
/* handle_irq - device interrupt @irq (the irqchip driver's numbering); irqs off. */
void handle_irq(unsigned int irq);
/* timer_interrupt - the deadline of arch_timer_set() has passed; @regs is what was interrupted; irqs off. */
void timer_interrupt(const struct trapframe *regs);
/* handle_ipi - @kind was sent to this CPU; irqs off. */
void handle_ipi(enum ipi_kind kind);
/*
 * exit_to_user_work - current->work is non-zero on the way to user mode; called with irqs off, returns with irqs
 * off and work 0.
 */
void exit_to_user_work(struct trapframe *regs);
/* schedule_tail - first call of every new thread, before its function: finishes the switch (irqs come back on). */
void schedule_tail(struct thread *prev);

#endif /* ARCH_H */
