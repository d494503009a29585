/* SPDX-License-Identifier: MIT */
/*
 * uaccess.S - copies between kernel and user memory, and what happens when one faults
 *
 * THE QUESTION   A program passes any address it likes. How does the kernel touch it?
 *
 * A fault that mm cannot resolve at an instruction listed with EX_TABLE goes on at its fixup
 * (fault.c). The callers have checked that the range is in user space.
 *
 * U1  User memory is open (AC set) only between USER_BEGIN and USER_END.
 * U2  Each function returns how many bytes it did not copy, to the byte: when 8 bytes at once
 *     fault, the rest is tried byte by byte up to the one that cannot be reached.
 *
 * REP MOVSQ is used, not an unrolled loop: it costs one instruction per 8 bytes where a loop of
 * loads and stores costs two and more, and after a fault rcx says exactly what is left. REP MOVSB
 * would cost one instruction per byte wherever the CPU lacks fast strings.
 */
#include <asm/extable.h>

#define EFAULT	14

	.text
	.globl uaccess_begin, uaccess_end
uaccess_begin:

/* ---- uaccess.S: user copies; a fault inside ends them early ---- */

/* size_t arch_copy_from_user(void *dst, const void *src, size_t n); to user: the same code */
	.globl arch_copy_from_user, arch_copy_to_user
	.balign 16
arch_copy_from_user:
arch_copy_to_user:
	USER_BEGIN
	movq %rdx, %rcx
	shrq $3, %rcx
	andl $7, %edx
1:	rep movsq
	movl %edx, %ecx
2:	rep movsb
	movl %ecx, %eax
	USER_END
	ret
3:	leaq (%rdx, %rcx, 8), %rcx	/* bytes left                                   */
4:	rep movsb
5:	movq %rcx, %rax
	USER_END
	ret
	EX_TABLE 1b, 3b
	EX_TABLE 2b, 5b
	EX_TABLE 4b, 5b

/* size_t arch_clear_user(void *dst, size_t n) */
	.globl arch_clear_user
	.balign 16
arch_clear_user:
	USER_BEGIN
	xorl %eax, %eax
	movq %rsi, %rcx
	shrq $3, %rcx
	andl $7, %esi
1:	rep stosq
	movl %esi, %ecx
2:	rep stosb
	movl %ecx, %eax
	USER_END
	ret
3:	leaq (%rsi, %rcx, 8), %rcx
4:	rep stosb
5:	movq %rcx, %rax
	USER_END
	ret
	EX_TABLE 1b, 3b
	EX_TABLE 2b, 5b
	EX_TABLE 4b, 5b

/*
 * long arch_strncpy_from_user(char *dst, const char *src, size_t n)
 * 8 bytes at a time while they fit and contain no NUL. (x - 0x01..01) & ~x & 0x80..80 has the top
 * bit of the first zero byte set. A word that faults is read again byte by byte: the string may end
 * before the page does.
 */
	.globl arch_strncpy_from_user
	.balign 16
arch_strncpy_from_user:
	USER_BEGIN
	movq %rdx, %rcx			/* bytes left                                   */
	movabsq $0x0101010101010101, %r8
	movabsq $0x8080808080808080, %r9
1:	cmpq $8, %rcx
	jb 4f
2:	movq (%rsi), %rax
	movq %rax, %r10
	movq %rax, %r11
	subq %r8, %r10
	notq %r11
	andq %r9, %r10
	movq %rax, (%rdi)
	andq %r11, %r10
	jnz 3f
	addq $8, %rsi
	addq $8, %rdi
	subq $8, %rcx
	jmp 1b
3:	bsfq %r10, %r10			/* bit 7 of the NUL's byte                      */
	shrq $3, %r10
	movq %rdx, %rax
	subq %rcx, %rax
	addq %r10, %rax
	USER_END
	ret
4:	testq %rcx, %rcx
	jz 6f
5:	movb (%rsi), %al
	movb %al, (%rdi)
	testb %al, %al
	jz 6f
	incq %rsi
	incq %rdi
	decq %rcx
	jmp 4b
6:	movq %rdx, %rax
	subq %rcx, %rax
	USER_END
	ret
7:	movq $-EFAULT, %rax
	USER_END
	ret
	EX_TABLE 2b, 4b
	EX_TABLE 5b, 7b

/* int arch_futex_cmpxchg(u32 *uaddr, u32 old, u32 new, u32 *cur) */
	.globl arch_futex_cmpxchg
	.balign 16
arch_futex_cmpxchg:
	USER_BEGIN
	movl %esi, %eax
1:	lock cmpxchgl %edx, (%rdi)
	USER_END
	movl %eax, (%rcx)
	xorl %eax, %eax
	ret
2:	USER_END
	movl $-EFAULT, %eax
	ret
	EX_TABLE 1b, 2b
uaccess_end:

/*
 * int arch_move_io(void *dst, const void *src, size_t width)
 * Nothing to catch: where no device answers, reads give all ones, and writes go nowhere.
 */
	.globl arch_move_io
	.balign 16
arch_move_io:
	decq %rdx
	jz 1f
	movl (%rsi), %eax
	movl %eax, (%rdi)
	xorl %eax, %eax
	ret
1:	movb (%rsi), %al
	movb %al, (%rdi)
	xorl %eax, %eax
	ret

/* clear_page() and copy_page() are one REP instruction each, inline in asm/page.h. */

	.section .note.GNU-stack, "", @progbits
