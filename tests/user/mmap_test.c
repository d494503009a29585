/* SPDX-License-Identifier: MIT */
/*
 * tests/user/mmap_test.c - mmap, munmap and mprotect: what a program gets, and every refusal
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "utest.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* ---- anonymous memory ---- */
TEST(mmap_anonymous_memory_reads_as_zero)
{
	char *p = map(8 * page, RW, ANON, -1);

	for (size_t i = 0; i < 8 * page; i++)
		CHECK_EQ(p[i], 0);
}

TEST(mmap_anonymous_read_then_write_keeps_the_write)
{
	volatile char *p = map(2 * page, RW, ANON, -1);

	CHECK_EQ(p[10], 0);
	p[10] = 7;
	CHECK_EQ(p[10], 7);
	CHECK_EQ(p[page + 10], 0);
}

TEST(mmap_zero_page_is_not_changed_by_writing_another_mapping)
{
	volatile char *a = map(page, RW, ANON, -1), *b = map(page, RW, ANON, -1);

	CHECK_EQ(a[0] + b[0], 0);
	a[0] = 1;
	CHECK_EQ(b[0], 0);
}

TEST(mmap_addresses_are_page_aligned_and_do_not_overlap)
{
	char *p[32];

	for (int i = 0; i < 32; i++) {
		p[i] = map(3 * page, RW, ANON, -1);
		CHECK_EQ((uintptr_t)p[i] % page, 0);
		for (int j = 0; j < i; j++)
			CHECK(p[i] + 3 * page <= p[j] || p[j] + 3 * page <= p[i]);
	}
}

TEST(mmap_length_is_rounded_up_to_pages)
{
	char *p = map(page + 1, RW, ANON, -1);

	p[2 * page - 1] = 1;
	CHECK_OK(munmap(p, page + 1));
	CHECK_EQ(probe_read(p + page).sig, SIGSEGV);
}

TEST(mmap_hint_that_is_free_is_taken)
{
	char *p = map(16 * page, RW, ANON, -1);

	CHECK_OK(munmap(p, 16 * page));
	CHECK(mmap(p + 4 * page, page, RW, ANON, -1, 0) == p + 4 * page);
}

TEST(mmap_hint_that_is_taken_is_not_used)
{
	char *p = map(page, RW, ANON, -1), *q;

	p[0] = 9;
	q = mmap(p, page, RW, ANON, -1, 0);
	CHECK_OK(q);
	CHECK(q != p);
	CHECK_EQ(p[0], 9);
}

TEST(mmap_fixed_replaces_what_was_there)
{
	char *p = map(3 * page, RW, ANON, -1);

	memset(p, 5, 3 * page);
	CHECK(mmap(p + page, page, RW, ANON | MAP_FIXED, -1, 0) == p + page);
	CHECK_EQ(p[0], 5);
	CHECK_EQ(p[page], 0);
	CHECK_EQ(p[2 * page], 5);
}

TEST(mmap_fixed_noreplace_refuses_an_overlap_and_keeps_it)
{
	char *p = map(2 * page, RW, ANON, -1);

	p[0] = 5;
	CHECK_ERR(mmap(p, page, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(p[0], 5);
	CHECK_OK(munmap(p, page));
	CHECK(mmap(p, page, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p);
}

TEST(mmap_prot_none_faults_on_read_and_write)
{
	char *p = map(page, PROT_NONE, ANON, -1);

	CHECK_EQ(probe_read(p).sig, SIGSEGV);
	CHECK_EQ(probe_write(p).sig, SIGSEGV);
	CHECK_OK(mprotect(p, page, RW));
	CHECK_EQ(probe_write(p).sig, 0);
}

TEST(mmap_large_untouched_mapping_costs_no_memory)
{
	size_t size = (size_t)8 << 30;
	char *p = mmap(NULL, size, RW, ANON | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED && errno == ENOMEM)
		SKIP("overcommit is off");
	CHECK_OK(p);
	p[size / 2] = 1;
	p[size - 1] = 2;
	CHECK_EQ(p[size / 2] + p[size - 1], 3);
	CHECK_OK(munmap(p, size));
}

TEST(mmap_populate_makes_pages_resident)
{
	char *p = map(8 * page, RW, ANON | MAP_POPULATE, -1);
	unsigned char vec[8];

	if (mincore(p, 8 * page, vec) && errno == ENOSYS)
		SKIP("no mincore");
	for (int i = 0; i < 8; i++)
		CHECK(vec[i] & 1);
}

/* ---- refusals ---- */
TEST(mmap_of_zero_bytes_is_einval)
{
	CHECK_ERR(mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
}

TEST(mmap_without_private_or_shared_is_einval)
{
	CHECK_ERR(mmap(NULL, page, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
}

TEST(mmap_fixed_at_an_unaligned_address_is_einval)
{
	char *p = map(2 * page, RW, ANON, -1);

	CHECK_ERR(mmap(p + 1, page, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
}

TEST(mmap_with_an_unaligned_offset_is_einval)
{
	int fd = make_file("f", "x", 1);

	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 1), EINVAL);
}

TEST(mmap_larger_than_the_address_space_is_enomem)
{
	CHECK_ERR(mmap(NULL, SIZE_MAX & ~(page - 1), RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(mmap(NULL, (size_t)1 << 62, RW, ANON, -1, 0), ENOMEM);
}

TEST(mmap_length_that_wraps_is_enomem)
{
	CHECK_ERR(mmap(NULL, SIZE_MAX, RW, ANON, -1, 0), ENOMEM);
}

TEST(mmap_fixed_above_user_space_is_enomem)
{
	CHECK_ERR(mmap((void *)(UINTPTR_MAX & ~(page - 1)), page, RW, ANON | MAP_FIXED, -1, 0),
		  ENOMEM);
}

TEST(mmap_of_a_bad_descriptor_is_ebadf)
{
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
}

TEST(mmap_of_a_write_only_file_is_eacces)
{
	int fd = open("f", O_WRONLY | O_CREAT, 0644);

	CHECK_OK(fd);
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0), EACCES);
}

TEST(mmap_shared_writable_of_a_read_only_descriptor_is_eacces)
{
	int fd;

	close(make_file("f", "x", 1));
	fd = open("f", O_RDONLY);
	CHECK_ERR(mmap(NULL, page, RW, MAP_SHARED, fd, 0), EACCES);
	CHECK_OK(mmap(NULL, page, RW, MAP_PRIVATE, fd, 0));
	CHECK_OK(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0));
}

TEST(mmap_of_a_pipe_is_enodev)
{
	int p[2];

	CHECK_OK(pipe(p));
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, p[0], 0), ENODEV);
}

TEST(mmap_of_a_directory_is_enodev)
{
	int fd = open(".", O_RDONLY);

	CHECK_OK(fd);
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
}

TEST(mmap_whose_file_offset_overflows_is_eoverflow)
{
	int fd = make_file("f", "x", 1);
	long r;

	errno = 0;
	r = (long)mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd,
		       (off_t)(INT64_MAX & ~(int64_t)(page - 1)));
	CHECK_EQ(r, -1);
	CHECK(errno == EOVERFLOW || errno == EINVAL);
}

/* ---- munmap ---- */
TEST(munmap_makes_the_range_fault)
{
	char *p = map(3 * page, RW, ANON, -1);

	memset(p, 1, 3 * page);
	CHECK_OK(munmap(p + page, page));
	CHECK_EQ(probe_read(p).sig, 0);
	CHECK_EQ(probe_read(p + page).sig, SIGSEGV);
	CHECK_EQ(probe_read(p + page).code, SEGV_MAPERR);
	CHECK_EQ(p[2 * page], 1);
}

TEST(munmap_of_several_mappings_with_holes_succeeds)
{
	char *p = map(9 * page, RW, ANON, -1);

	CHECK_OK(munmap(p + page, page));
	CHECK_OK(munmap(p + 4 * page, 2 * page));
	CHECK_OK(munmap(p, 9 * page));
	CHECK_OK(munmap(p, 9 * page));
	CHECK_EQ(probe_read(p).sig, SIGSEGV);
	CHECK_EQ(probe_read(p + 8 * page).sig, SIGSEGV);
}

TEST(munmap_of_an_unaligned_address_or_zero_length_is_einval)
{
	char *p = map(page, RW, ANON, -1);

	CHECK_ERR(munmap(p + 1, page), EINVAL);
	CHECK_ERR(munmap(p, 0), EINVAL);
	CHECK_ERR(munmap(p, SIZE_MAX), EINVAL);
}

TEST(munmap_then_mmap_gives_zeroed_memory_again)
{
	for (int i = 0; i < 50; i++) {
		char *p = map(4 * page, RW, ANON, -1);

		for (size_t k = 0; k < 4 * page; k += 64)
			CHECK_EQ(p[k], 0);
		memset(p, 0xa5, 4 * page);
		CHECK_OK(munmap(p, 4 * page));
	}
}

/* ---- mprotect ---- */
TEST(mprotect_read_only_faults_with_accerr_on_write)
{
	char *p = map(page, RW, ANON, -1);
	struct probe r;

	p[3] = 4;
	CHECK_OK(mprotect(p, page, PROT_READ));
	r = probe_write(p + 3);
	CHECK_EQ(r.sig, SIGSEGV);
	CHECK_EQ(r.code, SEGV_ACCERR);
	CHECK(r.addr == p + 3);
	CHECK_EQ(p[3], 4);
}

TEST(mprotect_splits_and_merges_mappings)
{
	char *p = map(8 * page, PROT_NONE, ANON, -1);

	need_proc();
	CHECK_OK(mprotect(p + page, 6 * page, RW));
	CHECK_EQ(maps_count(p + page, 6 * page), 1);
	CHECK_OK(mprotect(p + 3 * page, page, PROT_READ));
	CHECK_EQ(maps_count(p + page, 6 * page), 3);
	CHECK_OK(mprotect(p + 3 * page, page, RW));
	CHECK_EQ(maps_count(p + page, 6 * page), 1);
}

TEST(mprotect_shows_in_proc_maps)
{
	char *p = map(3 * page, PROT_READ, ANON, -1), perms[5] = "";

	need_proc();
	CHECK_OK(mprotect(p + page, page, RW));
	CHECK(maps_perms(p, perms) && !strcmp(perms, "r--p"));
	CHECK(maps_perms(p + page, perms) && !strcmp(perms, "rw-p"));
}

TEST(mprotect_over_a_hole_is_enomem)
{
	char *p = map(3 * page, RW, ANON, -1);

	CHECK_OK(munmap(p + page, page));
	CHECK_ERR(mprotect(p, 3 * page, PROT_READ), ENOMEM);
}

TEST(mprotect_of_an_unaligned_address_is_einval)
{
	char *p = map(page, RW, ANON, -1);

	CHECK_ERR(mprotect(p + 1, page, PROT_READ), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_READ));
}

TEST(mprotect_cannot_make_a_shared_read_only_file_writable)
{
	int fd;
	char *p;

	close(make_file("f", "x", 1));
	fd = open("f", O_RDONLY);
	p = map(page, PROT_READ, MAP_SHARED, fd);
	CHECK_ERR(mprotect(p, page, RW), EACCES);
}

TEST(mprotect_keeps_contents_through_prot_none)
{
	char *p = map(4 * page, RW, ANON, -1);

	memset(p, 'k', 4 * page);
	CHECK_OK(mprotect(p, 4 * page, PROT_NONE));
	CHECK_EQ(probe_read(p + page).sig, SIGSEGV);
	CHECK_OK(mprotect(p, 4 * page, PROT_READ));
	for (size_t i = 0; i < 4 * page; i++)
		CHECK_EQ(p[i], 'k');
}

TEST(mprotect_after_fork_leaves_the_parent_alone)
{
	char *p = map(page, RW, ANON, -1);
	pid_t pid = fork_ok();

	if (pid == 0)
		_exit(mprotect(p, page, PROT_NONE) != 0);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(probe_write(p).sig, 0);
}

TEST(mprotect_exec_lets_code_run)
{
#if defined(__x86_64__)
	static const unsigned char ret[] = { 0xc3 };
#else
	static const unsigned char ret[] = { 0x67, 0x80, 0x00, 0x00 };
#endif
	char *p = map(page, RW, ANON, -1);

	memcpy(p, ret, sizeof(ret));
	CHECK_EQ(probe_call((void (*)(void))(uintptr_t)p).sig, SIGSEGV);
	CHECK_OK(mprotect(p, page, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(p, p + sizeof(ret));
	CHECK_EQ(probe_call((void (*)(void))(uintptr_t)p).sig, 0);
}

/* ---- madvise, msync, mremap: what a C library uses ---- */
TEST(madvise_dontneed_gives_zeroes_back)
{
	char *p = map(4 * page, RW, ANON, -1);

	memset(p, 1, 4 * page);
	CHECK_OK(madvise(p + page, page, MADV_DONTNEED));
	CHECK_EQ(p[0], 1);
	CHECK_EQ(p[page], 0);
	CHECK_EQ(p[2 * page], 1);
}

TEST(madvise_of_a_bad_range_or_advice_fails)
{
	char *p = map(2 * page, RW, ANON, -1);

	CHECK_ERR(madvise(p + 1, page, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, page, 12345), EINVAL);
	CHECK_OK(munmap(p + page, page));
	CHECK_ERR(madvise(p, 2 * page, MADV_DONTNEED), ENOMEM);
}

TEST(mremap_move_takes_the_contents_along)
{
	char *p = map(4 * page, RW, ANON, -1), *to = map(4 * page, PROT_NONE, ANON, -1), *q;

	for (int i = 0; i < 4; i++)
		p[i * page] = i + 1;
	q = mremap(p, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CHECK(q == to);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(q[i * page], i + 1);
	CHECK_EQ(probe_read(p).sig, SIGSEGV);
}

TEST(mremap_grow_keeps_old_and_zeroes_new)
{
	char *p = map(2 * page, RW, ANON, -1), *q;

	p[page] = 3;
	q = mremap(p, 2 * page, 64 * page, MREMAP_MAYMOVE);
	CHECK_OK(q);
	CHECK_EQ(q[page], 3);
	CHECK_EQ(q[63 * page], 0);
	CHECK(mremap(q, 64 * page, page, 0) == q);
	CHECK_EQ(probe_read(q + page).sig, SIGSEGV);
}

TEST(mremap_that_cannot_grow_in_place_is_enomem)
{
	char *p = map(3 * page, RW, ANON, -1);

	CHECK_ERR(mremap(p, page, 2 * page, 0), ENOMEM);
	CHECK_ERR(mremap(p + 1, page, page, 0), EINVAL);
	CHECK_ERR(mremap(p, page, 0, 0), EINVAL);
}

TEST(mincore_tells_touched_pages_from_untouched)
{
	char *p = map(4 * page, RW, ANON, -1);
	unsigned char vec[4] = { 0 };

	p[2 * page] = 1;
	if (mincore(p, 4 * page, vec) && errno == ENOSYS)
		SKIP("no mincore");
	CHECK_EQ(vec[2] & 1, 1);
	CHECK_EQ(vec[0] & 1, 0);
	CHECK_OK(munmap(p, page));
	CHECK_ERR(mincore(p, 4 * page, vec), ENOMEM);
}

TEST(mmap_many_mappings_are_found_again)
{
	char *p = map(400 * page, PROT_NONE, ANON, -1);

	for (int i = 0; i < 400; i += 2)
		CHECK_OK(mprotect(p + i * page, page, RW));
	for (int i = 0; i < 400; i += 2)
		p[i * page] = i & 127;
	for (int i = 0; i < 400; i += 2)
		CHECK_EQ(p[i * page], i & 127);
	CHECK_EQ(probe_read(p + 199 * page).sig, SIGSEGV);
	CHECK_OK(munmap(p, 400 * page));
	CHECK_EQ(probe_read(p + 200 * page).sig, SIGSEGV);
}

/* ---- page tables that go while another CPU walks them ---- */

#define TABLES		24
#define TABLE_SIZE	(2UL << 20)	/* of addresses: what one page table maps, on both ports */

static struct {
	char *p;
	atomic_bool stop;
	atomic_int strange;		/* a byte that nobody wrote */
	sigjmp_buf again;
} tables;

static void on_read_fault(int sig)
{
	(void)sig;
	siglongjmp(tables.again, 1);
}

static void *read_each_table(void *arg)
{
	sigsetjmp(tables.again, 1);
	while (!atomic_load(&tables.stop)) {
		for (int i = TABLES - 1; i >= 0; i--) {
			int c = *(volatile unsigned char *)(tables.p + i * TABLE_SIZE);

			if (c != 0 && c != 0x5a)
				atomic_store(&tables.strange, c);
		}
	}
	return arg;
}

TEST(munmap_of_many_tables_leaves_a_reading_thread_its_bytes_or_a_fault)
{
	pthread_t t;

	tables.p = map(TABLES * TABLE_SIZE, RW, ANON | MAP_NORESERVE, -1);
	CHECK(signal(SIGSEGV, on_read_fault) != SIG_ERR);
	CHECK_EQ(pthread_create(&t, NULL, read_each_table, NULL), 0);
	for (int round = 0; round < 50; round++) {
		(void)madvise(tables.p, TABLES * TABLE_SIZE, MADV_NOHUGEPAGE);
		for (int i = 0; i < TABLES; i++)
			tables.p[i * TABLE_SIZE] = 0x5a;
		CHECK_OK(munmap(tables.p, TABLES * TABLE_SIZE));
		CHECK(mmap(tables.p, TABLES * TABLE_SIZE, RW, ANON | MAP_NORESERVE | MAP_FIXED, -1, 0) == tables.p);
	}
	atomic_store(&tables.stop, true);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(atomic_load(&tables.strange), 0);
}
