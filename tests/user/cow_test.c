/* SPDX-License-Identifier: MIT */
/*
 * tests/user/cow_test.c - copy on write after fork, and the memory of brk and of the stack
 */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "utest.h"

/* ---- copy on write ---- */
TEST(cow_write_by_child_leaves_parents_page_unchanged)
{
	volatile char *p = map(4 * page, RW, ANON, -1);
	pid_t pid;

	memset((void *)p, 'p', 4 * page);
	pid = fork_ok();
	if (pid == 0) {
		memset((void *)p, 'c', 4 * page);
		_exit(p[page]);
	}
	CHECK_EXIT(wait_for(pid), 'c');
	for (size_t i = 0; i < 4 * page; i++)
		CHECK_EQ(p[i], 'p');
}

TEST(cow_write_by_parent_leaves_childs_page_unchanged)
{
	volatile char *p = map(page, RW, ANON, -1);
	int go[2];
	pid_t pid;
	char c;

	p[0] = 1;
	CHECK_OK(pipe(go));
	pid = fork_ok();
	if (pid == 0) {
		CHECK_EQ(read(go[0], &c, 1), 1);
		_exit(p[0]);
	}
	p[0] = 2;
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EXIT(wait_for(pid), 1);
}

TEST(cow_grandchild_sees_the_child_at_its_fork)
{
	volatile char *p = map(page, RW, ANON, -1);
	pid_t pid;

	p[0] = 1;
	pid = fork_ok();
	if (pid == 0) {
		pid_t grand;

		p[0] = 2;
		grand = fork_ok();
		if (grand == 0)
			_exit(p[0]);
		p[0] = 3;
		_exit(WEXITSTATUS(wait_for(grand)));
	}
	CHECK_EXIT(wait_for(pid), 2);
	CHECK_EQ(p[0], 1);
}

TEST(cow_kernel_write_by_read_call_copies_too)
{
	volatile char *p = map(page, RW, ANON, -1);
	int fd = make_file("f", "K", 1);
	pid_t pid;

	p[0] = 'p';
	pid = fork_ok();
	if (pid == 0) {
		CHECK_EQ(pread(fd, (void *)p, 1, 0), 1);
		_exit(p[0]);
	}
	CHECK_EXIT(wait_for(pid), 'K');
	CHECK_EQ(p[0], 'p');
}

TEST(cow_page_is_private_after_the_sharer_exits)
{
	volatile char *p = map(page, RW, ANON, -1);

	for (int i = 0; i < 20; i++) {
		pid_t pid;

		p[0] = i;
		pid = fork_ok();
		if (pid == 0)
			_exit(p[0]);
		CHECK_EXIT(wait_for(pid), i);
	}
	p[0] = 99;
	CHECK_EQ(p[0], 99);
}

TEST(cow_many_children_each_keep_their_own_copy)
{
	volatile char *p = map(8 * page, RW, ANON, -1);
	pid_t pid[8];

	memset((void *)p, 1, 8 * page);
	for (int i = 0; i < 8; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0) {
			p[i * page] = 100 + i;
			sleep_ms(20);
			for (int k = 0; k < 8; k++)
				CHECK_EQ(p[k * page], k == i ? 100 + i : 1);
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++)
		CHECK_EXIT(wait_for(pid[i]), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(p[i * page], 1);
}

TEST(cow_of_the_zero_page_gives_each_side_its_own)
{
	volatile char *p = map(page, RW, ANON, -1);
	pid_t pid;

	CHECK_EQ(p[0], 0);
	pid = fork_ok();
	if (pid == 0) {
		p[0] = 5;
		_exit(p[0]);
	}
	CHECK_EXIT(wait_for(pid), 5);
	CHECK_EQ(p[0], 0);
}

TEST(cow_data_and_bss_are_private_to_each_process)
{
	static volatile int data = 7, bss;
	pid_t pid = fork_ok();

	if (pid == 0) {
		data = 8;
		bss = 9;
		_exit(data + bss);
	}
	CHECK_EXIT(wait_for(pid), 17);
	CHECK_EQ(data, 7);
	CHECK_EQ(bss, 0);
}

TEST(cow_deep_chain_of_forks_keeps_every_value)
{
	volatile int *p = (void *)map(page, RW, ANON, -1);

	p[0] = 0;
	for (int depth = 0; depth < 16; depth++) {
		pid_t pid = fork_ok();

		if (pid > 0) {
			int st = wait_for(pid);

			CHECK_EQ(p[0], depth);
			if (depth == 0)
				CHECK_EXIT(st, 0);
			if (depth > 0)
				_exit(WEXITSTATUS(st));
			return;
		}
		p[0] = depth + 1;
	}
	_exit(0);
}

TEST(cow_random_writes_on_both_sides_stay_apart)
{
	size_t n = 32;
	volatile unsigned char *p = (void *)map(n * page, RW, ANON, -1);
	uint32_t seed = 12345;
	pid_t pid;

	for (size_t i = 0; i < n; i++)
		p[i * page] = i;
	pid = fork_ok();
	if (pid == 0)
		seed = 999;
	for (int k = 0; k < 200; k++) {
		size_t i = test_random(&seed) % n;

		p[i * page + 8] = pid == 0 ? 'c' : 'p';
		CHECK_EQ(p[i * page], i);
	}
	for (size_t i = 0; i < n; i++)
		CHECK(p[i * page + 8] == 0 || p[i * page + 8] == (pid == 0 ? 'c' : 'p'));
	if (pid == 0)
		_exit(0);
	CHECK_EXIT(wait_for(pid), 0);
}

/* ---- brk ---- */
static char *raw_brk(void *p)
{
	return (char *)syscall(SYS_brk, p);
}

TEST(brk_grows_with_zeroed_memory)
{
	char *b = raw_brk(NULL);

	CHECK(raw_brk(b + 3 * page) == b + 3 * page);
	for (size_t i = 0; i < 3 * page; i++)
		CHECK_EQ(b[i], 0);
	memset(b, 1, 3 * page);
}

TEST(brk_shrink_unmaps_and_growth_is_zero_again)
{
	char *b = raw_brk(NULL);
	char *base = (char *)(((uintptr_t)b + page - 1) & ~(page - 1));

	CHECK(raw_brk(base + 4 * page) == base + 4 * page);
	memset(base, 0x5a, 4 * page);
	CHECK(raw_brk(base + page) == base + page);
	CHECK_EQ(probe_read(base + 2 * page).sig, SIGSEGV);
	CHECK(raw_brk(base + 4 * page) == base + 4 * page);
	CHECK_EQ(base[2 * page], 0);
	CHECK_EQ(base[0], 0x5a);
}

TEST(brk_below_the_start_returns_the_current_break)
{
	char *b = raw_brk(NULL);

	CHECK(raw_brk((void *)page) == b);
	CHECK(raw_brk(NULL) == b);
}

TEST(brk_that_would_hit_a_mapping_is_refused)
{
	char *b = raw_brk(NULL);
	char *at = (char *)(((uintptr_t)b + 16 * page) & ~(page - 1));

	CHECK_OK(mmap(at, page, RW, ANON | MAP_FIXED, -1, 0));
	CHECK(raw_brk(at + 2 * page) == b);
	CHECK(raw_brk(at - 4 * page) == at - 4 * page);
}

TEST(brk_beyond_the_data_limit_is_refused)
{
	struct rlimit r = { 1 << 20, 1 << 20 };
	char *b = raw_brk(NULL);

	CHECK_OK(setrlimit(RLIMIT_DATA, &r));
	CHECK(raw_brk(b + (64 << 20)) == b);
}

TEST(brk_of_a_child_does_not_move_the_parents)
{
	char *b = raw_brk(NULL);
	pid_t pid = fork_ok();

	if (pid == 0)
		_exit(raw_brk(b + 8 * page) != b + 8 * page);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK(raw_brk(NULL) == b);
}

/* ---- the stack ---- */
static size_t __attribute__((noinline)) use_stack(size_t left)
{
	volatile char frame[4096];

	frame[0] = left & 1;
	frame[4095] = 1;
	if (left < sizeof(frame))
		return 0;
	return use_stack(left - sizeof(frame)) + (size_t)frame[4095];
}

TEST(stack_grows_on_demand_to_a_megabyte)
{
	CHECK(use_stack(1 << 20) > 0);
}

static void overflow(void *arg)
{
	(void)arg;
	use_stack(SIZE_MAX);
}

TEST(stack_overflow_is_sigsegv)
{
	CHECK_KILLED(in_child(overflow, NULL), SIGSEGV);
}

static void overflow_small(void *arg)
{
	struct rlimit r = { 256 << 10, 256 << 10 };

	(void)arg;
	if (setrlimit(RLIMIT_STACK, &r))
		_exit(1);
	use_stack(1 << 20);
}

TEST(stack_limit_is_obeyed_when_it_shrinks)
{
	CHECK_KILLED(in_child(overflow_small, NULL), SIGSEGV);
}

TEST(stack_below_the_limit_still_works_with_a_small_limit)
{
	struct rlimit r = { 512 << 10, 512 << 10 };

	CHECK_OK(setrlimit(RLIMIT_STACK, &r));
	CHECK(use_stack(256 << 10) > 0);
}

TEST(stack_can_be_filled_by_the_kernel_below_the_touched_part)
{
	int fd = make_file("f", "abcdefgh", 8);
	char *buf = alloca(64 * 1024);

	CHECK_EQ(pread(fd, buf, 8, 0), 8);
	CHECK_EQ(buf[7], 'h');
}

TEST(stack_is_named_in_maps_and_not_executable)
{
	char perms[5], here;

	need_proc();
	CHECK(maps_perms(&here, perms));
	CHECK(!strcmp(perms, "rw-p"));
}

TEST(stack_fork_copies_the_stack)
{
	volatile int local = 5;
	pid_t pid = fork_ok();

	if (pid == 0) {
		local = 6;
		_exit(local);
	}
	CHECK_EXIT(wait_for(pid), 6);
	CHECK_EQ(local, 5);
}
