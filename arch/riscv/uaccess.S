/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/uaccess.S - copies across the user boundary, and whole pages
 *
 * THE QUESTION   A user address may fault at any byte. How does a copy run at full speed and still
 *                tell exactly how far it came?
 *
 * THE PICTURE    a0 = destination, a1 = source, a2 = bytes left; these three are true at the head
 *                of every turn of every loop.
 *
 *                both addresses agree modulo 8:  bytes to alignment | 1024, 64, 8 a turn | tail
 *                they do not:                    bytes to align dst | 8 a turn, shifted | tail
 *                tail: 4 a turn if both are multiples of 4, then bytes
 *
 *                a fault in a wide loop -> byte loop, from the head of that turn
 *                a fault in the byte loop -> return a2: the bytes not copied
 *
 * ALWAYS TRUE    U1  each range of user accesses is in __ex_table with its fixup; fault.c jumps
 *                    there after handle_fault() has refused.
 *                U2  SUM is set only between user_on and user_off; a trap clears it for the
 *                    handlers (entry.S), and the fixups clear it on their way out.
 *                U3  a turn that is done again by bytes writes what it wrote before.
 *
 * LOCKS          none. Faults may sleep.
 */
#include <asm/regs.h>
#include <uapi/errno.h>

/* A fault at an address in [from, to) continues at fixup. */
.macro	fixup from, to, target
	.pushsection __ex_table, "a"
	.balign	8
	.dword	\from, \to, \target
	.popsection
.endm

.macro	user_on
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
.endm

.macro	user_off
	li	t6, SSTATUS_SUM
	csrc	sstatus, t6
.endm

/* 64 bytes at offset @n; clobbers a3-a5, a7, t0-t3 */
.macro	copy_64 n
	ld	a3, \n(a1)
	ld	a4, \n + 8(a1)
	ld	a5, \n + 16(a1)
	ld	a7, \n + 24(a1)
	ld	t0, \n + 32(a1)
	ld	t1, \n + 40(a1)
	ld	t2, \n + 48(a1)
	ld	t3, \n + 56(a1)
	sd	a3, \n(a0)
	sd	a4, \n + 8(a0)
	sd	a5, \n + 16(a0)
	sd	a7, \n + 24(a0)
	sd	t0, \n + 32(a0)
	sd	t1, \n + 40(a0)
	sd	t2, \n + 48(a0)
	sd	t3, \n + 56(a0)
.endm

	.text

/* ---- uaccess.S: user copies; a fault inside ends them early ---- */

/* size_t arch_copy_from_user(void *dst, const void *src, size_t n), and arch_copy_to_user() */
	.balign	16
	.globl	arch_copy_from_user
	.globl	arch_copy_to_user
arch_copy_from_user:
arch_copy_to_user:
	user_on
	or	t0, a0, a1
	andi	t0, t0, 7
	beqz	t0, copy_aligned
	li	t0, 16
	bltu	a2, t0, copy_tail
	xor	t0, a0, a1
	andi	t0, t0, 7
	bnez	t0, copy_shifted
	j	copy_head
copy_aligned:
	li	a6, 1024		# 4 instructions a turn: 1040 for a page, 1088 with 256
	bltu	a2, a6, copy_words
copy_blocks:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	copy_64	64 * \n
	.endr
	addi	a1, a1, 1024
	addi	a0, a0, 1024
	addi	a2, a2, -1024
	bgeu	a2, a6, copy_blocks
copy_words:
	li	a6, 64
	bltu	a2, a6, 2f
1:	copy_64	0
	addi	a1, a1, 64
	addi	a0, a0, 64
	addi	a2, a2, -64
	bgeu	a2, a6, 1b
2:
	andi	t0, a2, ~7
	beqz	t0, copy_tail
	add	t0, a1, t0
1:	ld	a3, 0(a1)
	sd	a3, 0(a0)
	addi	a1, a1, 8
	addi	a0, a0, 8
	addi	a2, a2, -8
	bltu	a1, t0, 1b
copy_tail:				# 4 bytes at once where possible: an int is never torn
	or	t0, a0, a1
	andi	t0, t0, 3
	bnez	t0, copy_bytes
	li	t0, 4
1:	bltu	a2, t0, copy_bytes
	lw	a3, 0(a1)
	sw	a3, 0(a0)
	addi	a1, a1, 4
	addi	a0, a0, 4
	addi	a2, a2, -4
	j	1b
copy_bytes:
	beqz	a2, copy_done
1:	lb	a3, 0(a1)
	sb	a3, 0(a0)
	addi	a1, a1, 1
	addi	a0, a0, 1
	addi	a2, a2, -1
	bnez	a2, 1b
copy_done:
	user_off
	mv	a0, a2
	ret

copy_head:				# bytes until both are aligned
1:	lb	a3, 0(a1)
	sb	a3, 0(a0)
	addi	a1, a1, 1
	addi	a0, a0, 1
	addi	a2, a2, -1
	andi	t0, a0, 7
	bnez	t0, 1b
	j	copy_aligned
copy_head_end:

/*
 * The destination gets aligned, the source is read in aligned words and shifted together. The last
 * aligned read may pass the end of the source by up to 7 bytes, but not leave the word of its last
 * byte, hence not the page.
 */
copy_shifted:
	andi	t0, a0, 7
	beqz	t0, 2f
1:	lb	a3, 0(a1)
	sb	a3, 0(a0)
	addi	a1, a1, 1
	addi	a0, a0, 1
	addi	a2, a2, -1
	andi	t0, a0, 7
	bnez	t0, 1b
2:	andi	t0, a1, 7
	slli	t1, t0, 3		# bits to drop from the lower word
	neg	t2, t1			# shifts use the count modulo 64
	sub	t0, a1, t0		# aligned source
	andi	t3, a2, ~7
	beqz	t3, copy_bytes
	add	t3, a0, t3		# end of the words
copy_shifted_turn:
	ld	a3, 0(t0)
1:	ld	a4, 8(t0)
	srl	a3, a3, t1
	sll	a5, a4, t2
	or	a3, a3, a5
	sd	a3, 0(a0)
	mv	a3, a4
	addi	t0, t0, 8
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	bltu	a0, t3, 1b
copy_shifted_end:
	j	copy_bytes

	fixup	copy_blocks, copy_bytes, copy_bytes
	fixup	copy_bytes, copy_done, copy_done
	fixup	copy_head, copy_head_end, copy_done
	fixup	copy_shifted, copy_shifted_turn, copy_done
	fixup	copy_shifted_turn, copy_shifted_end, copy_bytes

/* size_t arch_clear_user(void *dst, size_t n) */
	.balign	16
	.globl	arch_clear_user
arch_clear_user:
	user_on
clear_head:
	beqz	a1, clear_done
	andi	t0, a0, 7
	beqz	t0, clear_aligned
	sb	zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	clear_head
clear_aligned:
	li	t0, 64
	bltu	a1, t0, clear_bytes
clear_blocks:
	sd	zero, 0(a0)
	sd	zero, 8(a0)
	sd	zero, 16(a0)
	sd	zero, 24(a0)
	sd	zero, 32(a0)
	sd	zero, 40(a0)
	sd	zero, 48(a0)
	sd	zero, 56(a0)
	addi	a0, a0, 64
	addi	a1, a1, -64
	bgeu	a1, t0, clear_blocks
clear_bytes:
	beqz	a1, clear_done
1:	sb	zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	bnez	a1, 1b
clear_done:
	user_off
	mv	a0, a1
	ret

	fixup	clear_head, clear_aligned, clear_done
	fixup	clear_blocks, clear_bytes, clear_bytes
	fixup	clear_bytes, clear_done, clear_done

/* long arch_strncpy_from_user(char *dst, const char *src, size_t n) */
	.balign	16
	.globl	arch_strncpy_from_user
arch_strncpy_from_user:
	user_on
	mv	t0, a1
	add	a2, a1, a2		# end of what may be read
strncpy_turn:
	bgeu	a1, a2, strncpy_done
	lb	a3, 0(a1)
	sb	a3, 0(a0)
	beqz	a3, strncpy_done
	addi	a1, a1, 1
	addi	a0, a0, 1
	j	strncpy_turn
strncpy_done:
	user_off
	sub	a0, a1, t0
	ret
strncpy_fault:
	user_off
	li	a0, -EFAULT
	ret

	fixup	strncpy_turn, strncpy_done, strncpy_fault

/* int arch_futex_cmpxchg(u32 *uaddr, u32 old, u32 new, u32 *cur) */
	.balign	16
	.globl	arch_futex_cmpxchg
arch_futex_cmpxchg:
	user_on
	sext.w	a1, a1			# as lr.w delivers it
futex_turn:
	lr.w.aqrl t0, (a0)
	bne	t0, a1, 1f
	sc.w.aqrl t1, a2, (a0)
	bnez	t1, futex_turn
1:	user_off
	sw	t0, 0(a3)
	li	a0, 0
	ret
futex_fault:
	user_off
	li	a0, -EFAULT
	ret

	fixup	futex_turn, 1b, futex_fault

/*
 * int arch_move_io(void *dst, const void *src, size_t width)
 * Where no device answers, or not to that width, is an access fault (Privileged ISA 3.6.1). No user memory here.
 */
	.balign	16
	.globl	arch_move_io
arch_move_io:
	addi	a2, a2, -1
	beqz	a2, 1f
	lw	t0, 0(a1)
	sw	t0, 0(a0)
	j	2f
1:	lb	t0, 0(a1)
	sb	t0, 0(a0)
2:	li	a0, 0
	ret
io_fault:
	li	a0, -EFAULT
	ret

	fixup	arch_move_io, 2b, io_fault

/* whole pages of the direct map */

/* void clear_page(void *kva) */
	.balign	16
	.globl	clear_page
clear_page:
	li	t0, 4096
	add	t0, a0, t0
1:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	sd	zero, 32 * \n(a0)
	sd	zero, 32 * \n + 8(a0)
	sd	zero, 32 * \n + 16(a0)
	sd	zero, 32 * \n + 24(a0)
	.endr
	addi	a0, a0, 512
	bltu	a0, t0, 1b
	ret

/* void copy_page(void *dst, const void *src) */
	.balign	16
	.globl	copy_page
copy_page:
	li	t4, 4096
	add	t4, a1, t4
1:
	.irp	n, 0,1,2,3,4,5,6,7
	copy_64	64 * \n
	.endr
	addi	a1, a1, 512
	addi	a0, a0, 512
	bltu	a1, t4, 1b
	ret
