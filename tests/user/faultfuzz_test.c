/* SPDX-License-Identifier: MIT */
/*
 * tests/user/faultfuzz_test.c - what `faultfuzz' found, one test for each difference from Linux
 *
 * THE QUESTION   Does what was once answered in another way than Linux answers it stay right?
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

#define POPULATE_READ	22		/* MADV_: newer than the C library's headers */
#define STACK_ROOM	600		/* pages below a stack that are free: more than the guard gap */

/* ---- which errno comes first ---- */
TEST(mmap_of_a_used_address_is_eexist_before_its_type_is_looked_at)
{
	char *p = map(page, RW, ANON, -1);

	CHECK_ERR(mmap(p, page, RW, MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_ERR(mmap(p, page, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
}

TEST(mmap_of_a_used_address_is_eexist_before_the_descriptor_is_asked)
{
	char *p = map(page, RW, ANON, -1);
	int fd;

	close(make_file("f", "x", 1));
	fd = open("f", O_RDONLY);
	CHECK_OK(fd);
	CHECK_ERR(mmap(p, page, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0), EEXIST);
	CHECK_ERR(mmap(NULL, page, RW, MAP_SHARED, fd, 0), EACCES);
	CHECK_ERR(mmap(NULL, page, PROT_WRITE, MAP_NORESERVE, fd, 0), EINVAL);
}

/* ---- what may be reached from elsewhere ---- */
/* A stack of one page with room below it. */
static char *make_stack(void)
{
	char *p = map(STACK_ROOM * page, PROT_NONE, ANON, -1);

	CHECK_OK(munmap(p, STACK_ROOM * page));
	p += (STACK_ROOM - 1) * page;
	CHECK_EQ(mmap(p, page, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0), p);
	return p;
}

TEST(madvise_populate_below_a_stack_does_not_grow_it)
{
	char *stack = make_stack();

	CHECK_ERR(madvise(stack - page, page, POPULATE_READ), ENOMEM);
	CHECK_EQ(maps_count(stack - page, page), 0);
}

TEST(madvise_populate_read_of_write_only_memory_is_einval)
{
	char *p = map(page, PROT_WRITE, ANON, -1);

	CHECK_ERR(madvise(p, page, POPULATE_READ), EINVAL);
}

static ssize_t read_self(void *from, size_t n)
{
	static char to[3 * 4096];
	struct iovec local = { to, n }, remote = { from, n };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

TEST(process_vm_readv_of_write_only_memory_is_efault)
{
	char *p = map(2 * page, RW, ANON, -1);

	CHECK_EQ(read_self(p, page), page);
	CHECK_OK(mprotect(p + page, page, PROT_WRITE));
	CHECK_ERR(read_self(p + page, page), EFAULT);
	CHECK_EQ(read_self(p + 10, 2 * page - 10), page - 10);
}

TEST(process_vm_readv_below_a_stack_is_efault_and_does_not_grow_it)
{
	char *stack = make_stack();

	CHECK_ERR(read_self(stack - page, page), EFAULT);
	CHECK_EQ(maps_count(stack - page, page), 0);
}

TEST(remap_file_pages_of_a_read_only_descriptor_is_einval)
{
	static const char data[8192];
	int fd;
	char *p;

	close(make_file("f", data, sizeof(data)));
	fd = open("f", O_RDONLY);
	p = map(2 * page, PROT_READ, MAP_SHARED, fd);
	CHECK_ERR(syscall(SYS_remap_file_pages, p, page, 0, 1, 0), EINVAL);
}

/* ---- limits ---- */
static void give_up_privilege(void)
{
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		FAIL("cannot become nobody: %s", test_errno());
}

TEST(stack_that_is_locked_grows_only_within_the_limit)
{
	struct rlimit r = { 4 * page, 4 * page };
	char *stack = make_stack();

	give_up_privilege();
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &r));
	CHECK_OK(mlock(stack, page));
	CHECK_EQ(probe_write(stack - page).sig, 0);
	CHECK_EQ(probe_write(stack - 5 * page).sig, SIGSEGV);
}

TEST(mmap_beyond_the_limit_of_locked_memory_is_eagain_before_its_type_is_looked_at)
{
	struct rlimit r = { 2 * page, 2 * page };

	give_up_privilege();
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &r));
	CHECK_ERR(mmap(NULL, 4 * page, RW, MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EAGAIN);
	CHECK_ERR(mmap(NULL, page, RW, MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EINVAL);
}

/* The new place is taken: what is there goes first, and its pages no longer count. */
TEST(mremap_dontunmap_counts_what_the_new_place_gives_back)
{
	char *p = map(8 * page, RW, ANON, -1), *to = map(8 * page, RW, ANON, -1);
	long size = read_number("/proc/self/status", "VmSize");
	struct rlimit r = { (rlim_t)size * 1024 + page, RLIM_INFINITY };

	CHECK(size > 0);
	CHECK_OK(setrlimit(RLIMIT_AS, &r));
	CHECK_EQ(syscall(SYS_mremap, p, 8 * page, 8 * page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to),
		 (long)to);
}

TEST(mremap_dontunmap_to_a_hint_that_overlaps_is_einval)
{
	char *p = map(4 * page, RW, ANON, -1);

	CHECK_ERR(syscall(SYS_mremap, p, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, p + page), EINVAL);
}

TEST(brk_of_a_heap_that_was_unmapped_does_not_shrink)
{
	uintptr_t old = (syscall(SYS_brk, 0) + page - 1) & ~(page - 1);

	CHECK_EQ(syscall(SYS_brk, old), old);
	CHECK_EQ(syscall(SYS_brk, old + 4 * page), old + 4 * page);
	CHECK_OK(munmap((char *)old + 2 * page, 2 * page));
	CHECK_EQ(syscall(SYS_brk, old + 2 * page), old + 4 * page);
	CHECK_EQ(syscall(SYS_brk, old + page), old + page);
}

/* ---- what is one mapping and what is two ---- */
TEST(maps_show_the_offset_of_shared_anonymous_memory)
{
	char *p = map(2 * page, RW, SHARED_ANON, -1), line[256];
	unsigned long start, offset;
	bool found = false;
	FILE *f;

	CHECK_OK(mprotect(p + page, page, PROT_READ));
	f = fopen("/proc/self/maps", "r");
	CHECK(f);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%lx-%*x %*s %lx", &start, &offset) == 2 && start == (uintptr_t)p + page;
	fclose(f);
	CHECK(found);
	CHECK_EQ(offset, page);
}

TEST(mprotect_of_memory_never_written_forgets_that_it_was_promised)
{
	char *p = map(2 * page, PROT_READ, ANON, -1);

	CHECK_EQ(mmap(p + page, page, RW, ANON | MAP_FIXED, -1, 0), p + page);
	CHECK_EQ(maps_count(p, 2 * page), 2);
	CHECK_OK(mprotect(p + page, page, PROT_READ));
	CHECK_EQ(maps_count(p, 2 * page), 1);
}

/* Both neighbours have pages of their own, and so cannot become one. */
TEST(mprotect_merges_with_the_lower_neighbour_first)
{
	char *p = map(3 * page, PROT_NONE, ANON, -1);

	CHECK_OK(mprotect(p, page, RW));
	CHECK_OK(mprotect(p + 2 * page, page, RW));
	p[0] = p[2 * page] = 1;
	CHECK_OK(mprotect(p + page, page, RW));
	CHECK_EQ(maps_count(p, 2 * page), 1);
	CHECK_EQ(maps_count(p, 3 * page), 2);
}

static void merge_again(void *p)
{
	CHECK_OK(mprotect((char *)p + page, page, RW));
	CHECK_EQ(maps_count(p, 2 * page), 2);
}

TEST(private_write_beyond_the_end_of_a_file_keeps_the_parts_apart_in_a_child)
{
	char *p = map(2 * page, RW, MAP_PRIVATE, make_file("f", NULL, 0));

	CHECK_EQ(probe_write(p).sig, SIGBUS);
	CHECK_OK(mprotect(p + page, page, PROT_READ));
	CHECK_EXIT(in_child(merge_again, p), 0);
}

TEST(stack_that_grew_by_a_read_stays_in_parts_in_a_child)
{
	char *stack = make_stack();

	CHECK_EQ(probe_read(stack - page).sig, 0);
	CHECK_OK(mprotect(stack, page, PROT_READ));
	CHECK_EXIT(in_child(merge_again, stack - page), 0);
}

/* ---- pages ---- */
TEST(mprotect_that_makes_locked_memory_writable_brings_its_pages_in)
{
	struct rusage before, after;
	char *p = map(4 * page, PROT_READ, ANON, -1);

	if (mlock(p, 4 * page))
		SKIP("mlock: %s", test_errno());
	CHECK_OK(mprotect(p, 4 * page, RW));
	CHECK_OK(getrusage(RUSAGE_SELF, &before));
	for (int i = 0; i < 4; i++)
		((volatile char *)p)[i * (long)page] = 1;
	CHECK_OK(getrusage(RUSAGE_SELF, &after));
	CHECK_EQ(after.ru_minflt, before.ru_minflt);
}

TEST(file_write_from_its_own_mapping_goes_on_where_the_file_begins_to_exist)
{
	static char data[5000];
	int fd;
	char *p;

	memset(data, 'a', sizeof(data));
	fd = make_file("f", data, sizeof(data));
	p = map(4 * page, PROT_READ, MAP_SHARED, fd);
	CHECK_EQ(pwrite(fd, p + page, 2 * page, sizeof(data)), 2 * page);
}
