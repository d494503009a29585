/* SPDX-License-Identifier: MIT */
/* tests/kernel/syscall_test.c - dispatch of system calls (kernel/syscall.c), and random bytes */
#include <arch.h>
#include <kernel/ktest.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <lib/string.h>

/* Numbers that both ports' lists have by name. */
enum {
#define X(nr, name) NR_##name = (nr),
	ARCH_SYSCALLS(X)
#undef X
};

KTEST(syscall_numbers_are_below_the_limit)
{
#define X(nr, name) EXPECT((nr) < ARCH_NR_SYSCALLS);
	ARCH_SYSCALLS(X)
#undef X
	EXPECT(NR_read != NR_write && NR_exit != NR_exit_group);
}

KTEST(syscall_wide_arguments_keep_their_upper_bits)
{
	long sys_rt_sigprocmask(unsigned long how, unsigned long set, unsigned long old,
				unsigned long size, unsigned long a, unsigned long b);

	/* sigsetsize is a size_t: a wrong one is refused whatever its lower half says */
	EXPECT_EQ(sys_rt_sigprocmask(0, 0, 0, 8UL | 1UL << 32, 0, 0), -EINVAL);
}

KTEST(random_bytes_differ_and_fill_the_buffer)
{
	u8 a[64], b[64];
	unsigned int zeroes = 0;

	memset(a, 0, sizeof(a));
	get_random_bytes(a, sizeof(a));
	get_random_bytes(b, sizeof(b));
	EXPECT(memcmp(a, b, sizeof(a)) != 0);
	for (unsigned int i = 0; i < sizeof(a); i++)
		zeroes += a[i] == 0;
	EXPECT(zeroes < 8);
}

KTEST(random_numbers_stay_below_the_bound)
{
	for (unsigned int i = 0; i < 1000; i++)
		EXPECT(random_below(7) < 7);
	EXPECT_EQ(random_below(1), 0);
}
