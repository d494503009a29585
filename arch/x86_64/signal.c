/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/signal.c - a handler's frame on the user stack, and the way back
 *
 * THE QUESTION   How is a program made to call its handler, and how does it get its registers back?
 *
 * THE PICTURE    old sp ->  |                               |
 *                           | red zone, 128 bytes           |  leaf functions keep locals there
 *                           | FP state (XSAVE's format)     |  multiple of 64
 *                           | siginfo                       |  <- rsi
 *                           | ucontext: registers, mask ... |  <- rdx
 *                new sp ->  | sa_restorer                   |  multiple of 16 + 8, as after a call
 *
 *                rdi = signal, rip = handler, which returns to sa_restorer; that calls rt_sigreturn
 *                with sp 8 above the frame.
 *
 * ALWAYS TRUE    G1  frames are built in zeroed memory: no kernel bytes reach the program.
 *                G2  a frame comes back from the program: nothing in it is trusted. CS and SS are
 *                    ours, RFLAGS is masked, the FP state is checked field by field so that XRSTOR
 *                    cannot fault, and entry.S checks rip.
 *
 * LOCKS          none: the running thread's own state; user copies may sleep.
 * LEFT OUT       32-bit frames, supervisor states, AMX, protection keys.
 * Formats: System V ABI for AMD64 ch. 3.4; SDM vol. 1 ch. 13.4 (XSAVE area).
 */
#include <arch.h>
#include <asm/signal.h>
#include <asm/syscall.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define RED_ZONE		128
#define MXCSR_MASK_DEFAULT	0xffbfU		/* where the CPU reports 0 (SDM vol. 1 11.6.6)  */
#define FLAGS_FROM_USER		(RFLAGS_AC | RFLAGS_OF | RFLAGS_DF | RFLAGS_TF | RFLAGS_SF | \
				 RFLAGS_ZF | RFLAGS_AF | RFLAGS_PF | RFLAGS_CF | RFLAGS_RF)

/* XSAVE's area, as far as it is checked here. */
struct fp_image {
	u8	legacy[FP_MXCSR_OFFSET];
	u32	mxcsr, mxcsr_mask;
	u8	registers[FP_SW_BYTES_OFFSET - FP_MXCSR_OFFSET - 8];
	struct fpx_sw_bytes sw;
	u64	xstate_bv, xcomp_bv, header[6];
	u8	extended[FP_STATE_MAX - FP_LEGACY_SIZE - 64];
} __aligned(FP_ALIGN);

BUILD_ASSERT(offsetof(struct fp_image, xstate_bv) == FP_LEGACY_SIZE);
BUILD_ASSERT(offsetof(struct fp_image, extended) == FP_LEGACY_SIZE + 64);

/* ---- signal.c: Linux's rt_sigframe on each architecture ---- */

static size_t fp_frame_size(void)
{
	return fp_xfeatures ? fp_state_size + sizeof(u32) : FP_LEGACY_SIZE;
}

/* The save area of current is free while it runs; a switch meanwhile writes the same again. */
static int write_fp(unsigned long addr)
{
	struct fp_image *image = fp_area(&current->arch);
	const u32 magic2 = FP_XSTATE_MAGIC2;

	fp_save(image);
	image->sw = (struct fpx_sw_bytes){ 0 };
	if (fp_xfeatures) {
		image->sw.magic1 = FP_XSTATE_MAGIC1;
		image->sw.extended_size = (u32)fp_frame_size();
		image->sw.xfeatures = fp_xfeatures;
		image->sw.xstate_size = fp_state_size;
		if (arch_copy_to_user((void __user *)(addr + fp_state_size), &magic2,
				      sizeof(magic2)))
			return -EFAULT;
	}
	return arch_copy_to_user((void __user *)addr, image, fp_state_size) ? -EFAULT : 0;
}

static void save_context(struct sigcontext *sc, const struct trapframe *regs, u64 mask,
			 unsigned long fp)
{
	const struct arch_thread *a = &current->arch;

	*sc = (struct sigcontext){
		.r8 = regs->r8, .r9 = regs->r9, .r10 = regs->r10, .r11 = regs->r11,
		.r12 = regs->r12, .r13 = regs->r13, .r14 = regs->r14, .r15 = regs->r15,
		.rdi = regs->rdi, .rsi = regs->rsi, .rbp = regs->rbp, .rbx = regs->rbx,
		.rdx = regs->rdx, .rax = regs->rax, .rcx = regs->rcx, .rsp = regs->rsp,
		.rip = regs->rip, .rflags = regs->rflags, .cs = USER_CS, .ss = USER_DS,
		.err = a->trap_error, .trapno = a->trap_vector, .cr2 = a->trap_address,
		.oldmask = mask, .fpstate = fp,
	};
}

static int write_frame(unsigned long addr, unsigned long fp, const struct ksignal *ks,
		       const struct trapframe *regs)
{
	struct rt_sigframe frame = {
		.pretcode = ks->action.restorer,
		.info = ks->info,
		.uc = { .uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
			.uc_sigmask = ks->mask },
	};

	if (fp_xfeatures)
		frame.uc.uc_flags |= UC_FP_XSTATE;
	signal_save_altstack(&frame.uc.uc_stack, regs->rsp);
	save_context(&frame.uc.uc_mcontext, regs, ks->mask, fp);
	return arch_copy_to_user((void __user *)addr, &frame, sizeof(frame)) ? -EFAULT : 0;
}

/* Make @image safe to load: only the legacy part unless @extended; -EFAULT if it is damaged. */
static int check_fp(struct fp_image *image, u32 mxcsr_mask, bool extended)
{
	if (image->mxcsr & ~mxcsr_mask)
		return -EFAULT;
	if (!fp_xfeatures)
		return 0;
	if (!extended) {
		memset(&image->xstate_bv, 0, 64);
		image->xstate_bv = XCR0_X87 | XCR0_SSE;
		return 0;
	}
	if (image->xstate_bv & ~fp_xfeatures)
		return -EFAULT;
	memset(&image->xcomp_bv, 0, 64 - sizeof(image->xstate_bv));
	return 0;
}

/* Is there more than the legacy part at @fp? The marks at both ends must agree. */
static bool is_extended(const struct fp_image *image, unsigned long fp)
{
	u32 magic2;

	if (!fp_xfeatures || image->sw.magic1 != FP_XSTATE_MAGIC1 ||
	    image->sw.xstate_size != fp_state_size ||
	    image->sw.extended_size != fp_state_size + sizeof(u32))
		return false;
	if (arch_copy_from_user(&magic2, (void __user *)(fp + fp_state_size), sizeof(magic2)))
		return false;
	return magic2 == FP_XSTATE_MAGIC2;
}

static int read_fp(unsigned long fp)
{
	struct fp_image image;
	bool extended;
	u32 mask;

	if (!fp) {
		fp_reset();
		return 0;
	}
	if (!access_ok((void __user *)fp, fp_frame_size()))
		return -EFAULT;
	fp_save(&image);
	mask = image.mxcsr_mask ? image.mxcsr_mask : MXCSR_MASK_DEFAULT;
	if (arch_copy_from_user(&image, (void __user *)fp, FP_LEGACY_SIZE))
		return -EFAULT;
	extended = is_extended(&image, fp);
	if (extended &&
	    arch_copy_from_user(&image.xstate_bv, (void __user *)(fp + FP_LEGACY_SIZE),
				fp_state_size - FP_LEGACY_SIZE))
		return -EFAULT;
	if (check_fp(&image, mask, extended))
		return -EFAULT;
	fp_restore(&image);
	return 0;
}

static void restore_context(struct trapframe *regs, const struct sigcontext *sc)
{
	*regs = (struct trapframe){
		.r8 = sc->r8, .r9 = sc->r9, .r10 = sc->r10, .r11 = sc->r11,
		.r12 = sc->r12, .r13 = sc->r13, .r14 = sc->r14, .r15 = sc->r15,
		.rdi = sc->rdi, .rsi = sc->rsi, .rbp = sc->rbp, .rbx = sc->rbx,
		.rdx = sc->rdx, .rax = sc->rax, .rcx = sc->rcx, .rsp = sc->rsp,
		.rip = sc->rip, .cs = USER_CS, .ss = USER_DS, .orig_rax = ~0UL,
		.rflags = (sc->rflags & FLAGS_FROM_USER) | RFLAGS_IF | RFLAGS_FIXED,
	};
}

int arch_signal_deliver(struct ksignal *ks, struct trapframe *regs)
{
	unsigned long sp = signal_altstack_sp(&ks->action, regs->rsp - RED_ZONE);
	unsigned long fp = ALIGN_DOWN(sp - fp_frame_size(), 64UL);
	unsigned long frame = ALIGN_DOWN(fp - sizeof(struct rt_sigframe), 16UL) - 8;

	if (!(ks->action.flags & SA_RESTORER) || !access_ok((void __user *)frame, sp - frame))
		return -EFAULT;
	if (write_fp(fp) || write_frame(frame, fp, ks, regs))
		return -EFAULT;
	regs->rdi = (u64)ks->sig;
	regs->rsi = frame + offsetof(struct rt_sigframe, info);
	regs->rdx = frame + offsetof(struct rt_sigframe, uc);
	regs->rax = 0;
	regs->rip = ks->action.handler;
	regs->rsp = frame;
	regs->rflags &= ~(u64)(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
	regs->orig_rax = ~0UL;
	fp_reset();
	return 0;
}

long arch_sigreturn(struct trapframe *regs)
{
	unsigned long frame = regs->rsp - sizeof(u64);
	void __user *from = (void __user *)(frame + offsetof(struct rt_sigframe, uc));
	struct ucontext uc;

	if (!access_ok(from, sizeof(uc)) || arch_copy_from_user(&uc, from, sizeof(uc)) ||
	    read_fp(uc.uc_mcontext.fpstate) ||
	    signal_restore_altstack(&uc.uc_stack))
		return -EFAULT;
	restore_context(regs, &uc.uc_mcontext);
	set_current_blocked(uc.uc_sigmask);
	return (long)regs->rax;
}
