/* SPDX-License-Identifier: MIT */
/*
 * tests/user/memanswers_test.c - answers of calls about memory that callmatrix once found to differ from Linux's
 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define FREE_PLACE	((char *)0x1000000000)	/* nothing is mapped here by itself */

static int map_errno(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *p = mmap(addr, len, prot, flags, fd, off);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, len);
	return 0;
}

static char *map_pages(void *addr, size_t pages, int flags)
{
	char *p = mmap(addr, pages * PAGE, RW, MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);

	CHECK(p == addr);
	for (size_t i = 0; i < pages; i++)
		p[i * PAGE] = (char)('a' + i);
	return p;
}

static int sized_file(size_t pages)
{
	int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_OK(ftruncate(fd, (off_t)(pages * PAGE)));
	return fd;
}

/* ---- mmap: what is said first ---- */

TEST(mmap_without_a_type_is_einval_whatever_the_descriptor)
{
	int p[2];

	CHECK_OK(pipe(p));
	sized_file(1);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, 0, p[0], 0), EINVAL);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, 0, open("f", O_WRONLY), 0), EINVAL);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, open("f", O_WRONLY), 0), EACCES);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, p[0], 0), ENODEV);
}

TEST(mmap_complains_about_the_address_before_the_file)
{
	int fd;

	sized_file(1);
	fd = open("f", O_WRONLY);
	CHECK_EQ(map_errno(FREE_PLACE + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0), EINVAL);
	CHECK_EQ(map_errno(NULL, 1UL << 60, PROT_READ, MAP_PRIVATE, fd, 0), ENOMEM);
	CHECK_EQ(map_errno(NULL, 1UL << 60, PROT_READ, MAP_PRIVATE, fd, 0x7ffffffffffff000), ENOMEM);
}

TEST(mmap_of_o_path_descriptor_is_ebadf_even_with_length_zero)
{
	sized_file(1);
	CHECK_EQ(map_errno(NULL, 0, PROT_READ, MAP_PRIVATE, open("f", O_PATH), 0), EBADF);
	CHECK_EQ(map_errno(NULL, 0, PROT_READ, MAP_PRIVATE, open("f", O_RDONLY), 0), EINVAL);
}

TEST(mmap_of_proc_file_to_execute_is_eperm)
{
	int fd = open("/proc/self/maps", O_RDONLY);

	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0), EPERM);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
}

TEST(mmap_shared_validate_knows_the_bits_of_huge_page_sizes)
{
	int fd = sized_file(1);

	for (int bit = 26; bit <= 30; bit++)
		CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 1 << bit, fd, 0), 0);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 1 << 25, fd, 0), EOPNOTSUPP);
}

TEST(mmap_of_dev_zero_takes_shared_validate_but_does_not_grow_down)
{
	int fd = open("/dev/zero", O_RDWR);

	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE, fd, 0), 0);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 0x200, fd, 0), EOPNOTSUPP);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0), EINVAL);
}

/* ---- mlock, mincore, populate ---- */

TEST(mlock_of_wrapping_range_is_einval_and_of_length_minus_one_nothing)
{
	char *p = map_pages(FREE_PLACE, 1, MAP_PRIVATE);

	CHECK_EQ(geteuid(), 0);
	CHECK_ERR(mlock(p, -PAGE), EINVAL);
	CHECK_ERR(munlock(p, -PAGE), EINVAL);
	CHECK_OK(mlock(p, -1UL));
	CHECK_OK(munlock(p, -1UL));
	CHECK_ERR(syscall(SYS_mlock, -PAGE, PAGE), EINVAL);
}

TEST(mincore_reports_the_pages_before_a_hole)
{
	unsigned char vec[4] = { 9, 9, 9, 9 };
	char *p = map_pages(FREE_PLACE, 2, MAP_PRIVATE);

	CHECK_ERR(mincore(p, 4 * PAGE, vec), ENOMEM);
	CHECK_EQ(vec[0] & 1, 1);
	CHECK_EQ(vec[1] & 1, 1);
	CHECK_EQ(vec[2], 9);
}

/* A file of four pages, of which the last three are holes. */
static void look_at_residency(void *arg)
{
	unsigned char vec[4] = { 0 };
	int *want = arg;
	char *p;

	CHECK_OK(setgroups(0, NULL));
	CHECK_OK(setgid(64009));
	CHECK_OK(setuid(64009));
	p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, want[0], 0);
	CHECK(p != MAP_FAILED);
	CHECK_OK(mincore(p, 4 * PAGE, vec));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(vec[i] & 1, want[1 + i]);
}

TEST(mincore_shows_what_is_cached_only_to_those_who_may_write_the_file)
{
	int hidden[] = { 0, 1, 1, 1, 1 }, shown[] = { 0, 1, 0, 0, 0 }, fd = sized_file(4);

	need_root();
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	hidden[0] = shown[0] = open("f", O_RDONLY);
	CHECK_OK(hidden[0]);
	CHECK_EXIT(in_child(look_at_residency, hidden), 0);
	CHECK_OK(fchmod(fd, 0666));
	CHECK_EXIT(in_child(look_at_residency, shown), 0);
	CHECK_OK(fchmod(fd, 0644));
	CHECK_OK(fchown(fd, 64009, 0));
	CHECK_EXIT(in_child(look_at_residency, shown), 0);
}

TEST(madvise_populate_below_a_growing_stack_is_enomem_and_does_not_grow_it)
{
	char *p = map_pages(FREE_PLACE, 2, MAP_PRIVATE | MAP_GROWSDOWN);
	unsigned char vec;

	CHECK_ERR(madvise(p - PAGE, PAGE, 22), ENOMEM);		/* MADV_POPULATE_READ */
	CHECK_ERR(madvise(p - PAGE, PAGE, 23), ENOMEM);
	CHECK_ERR(mincore(p - PAGE, PAGE, &vec), ENOMEM);
}

/* ---- mremap ---- */

TEST(mremap_of_length_zero_onto_itself_is_efault)
{
	char *p = map_pages(FREE_PLACE, 1, MAP_SHARED);

	CHECK(mremap(p, 0, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == MAP_FAILED);
	CHECK_EQ(errno, EFAULT);
}

/* As Linux since 6.17; until then the mapping at the new place was gone before the limit was looked at. */
TEST(mremap_onto_a_mapping_counts_both_against_the_limit_and_leaves_both)
{
	char *p = map_pages(FREE_PLACE, 1, MAP_PRIVATE), *to = map_pages(FREE_PLACE + 16 * PAGE, 2, MAP_PRIVATE);
	struct rlimit r = { 0, RLIM_INFINITY };

	read_number("/proc/self/status", "VmSize:");		/* reading takes memory by itself, once */
	r.rlim_cur = (rlim_t)read_number("/proc/self/status", "VmSize:") * 1024;
	CHECK_OK(setrlimit(RLIMIT_AS, &r));
	CHECK(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK_EQ(p[0], 'a');
	CHECK_EQ(to[PAGE], 'b');
	r.rlim_cur += PAGE;
	CHECK_OK(setrlimit(RLIMIT_AS, &r));
	CHECK(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK_EQ(to[PAGE], 0);
}

TEST(mremap_that_cuts_off_what_lies_behind_the_mapping_moves_the_rest)
{
	char *p = map_pages(FREE_PLACE, 2, MAP_PRIVATE), *to = FREE_PLACE + 16 * PAGE;

	CHECK(mremap(p, 3 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK_EQ(to[0], 'a');
	CHECK_EQ(to[PAGE], 'b');
}

/* ---- remap_file_pages, System V, process_vm ---- */

TEST(remap_file_pages_beyond_the_largest_file_is_eoverflow)
{
	char *p = map_pages(FREE_PLACE, 2, MAP_SHARED);

	CHECK_ERR(syscall(SYS_remap_file_pages, p, PAGE, 0, 1UL << 51, 0), EOVERFLOW);
	CHECK_EQ(p[0], 'a');
}

TEST(shmat_at_an_address_that_wraps_is_einval)
{
	int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600);

	CHECK(shmat(id, (void *)-PAGE, 0) == (void *)-1);
	CHECK_EQ(errno, EINVAL);
	CHECK(shmat(id, (void *)(1UL << 63), 0) == (void *)-1);
	CHECK_EQ(errno, ENOMEM);
	CHECK_OK(shmctl(id, IPC_RMID, NULL));
}

TEST(process_vm_readv_of_nothing_succeeds_and_of_negative_length_is_einval)
{
	char here[8];
	const struct iovec local = { here, 8 }, none = { here, 0 }, negative = { here, (size_t)-1 };

	CHECK_EQ(process_vm_readv(1 << 30, &local, 1, &none, 1, 0), 0);
	CHECK_EQ(process_vm_readv(1 << 30, &none, 1, &local, 1, 0), 0);
	CHECK_ERR(process_vm_readv(1 << 30, &local, 1, &local, 1, 0), ESRCH);
	CHECK_ERR(process_vm_readv(getpid(), &local, 1, &negative, 1, 0), EINVAL);
}

/* ---- /proc ---- */

static int count_lines(const char *needle)
{
	static char text[1 << 16];
	int fd = open("/proc/self/maps", O_RDONLY), n = 0;
	size_t have = 0;
	ssize_t got;

	while ((got = read(fd, text + have, sizeof(text) - 1 - have)) > 0)
		have += (size_t)got;
	close(fd);
	text[have] = '\0';
	for (char *at = text; (at = strstr(at, needle)); at++)
		n++;
	return n;
}

TEST(maps_shows_where_part_of_shared_anonymous_memory_begins)
{
	char *p = map_pages(FREE_PLACE, 3, MAP_SHARED);

	CHECK_OK(munmap(p, PAGE));
	CHECK_EQ(count_lines("1000001000-1000003000 rw-s 00001000 "), 1);
}

TEST(reserves_for_administrator_and_user_suit_the_machine)
{
	char text[32] = "";
	int fd = open("/proc/sys/vm/admin_reserve_kbytes", O_RDONLY);
	long pages = sysconf(_SC_PHYS_PAGES);

	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK(atol(text) > 0 && atol(text) <= pages * 4 / 32);
}

static ssize_t put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	CHECK(fd >= 0);
	n = write(fd, text, strlen(text));
	close(fd);
	return n;
}

TEST(oom_score_adj_takes_blanks_and_bases_and_knows_the_range_of_int)
{
	static const char path[] = "/proc/self/oom_score_adj";

	CHECK_EQ(put(path, " 0x10 "), 6);
	CHECK_EQ(put(path, "010"), 3);
	CHECK_ERR(put(path, "99999999999999999999"), ERANGE);
	CHECK_ERR(put(path, "1001"), EINVAL);
}

TEST(oom_score_adj_can_be_lowered_again_down_to_what_root_set)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(write(fd, "0", 1), 1);
	CHECK_OK(seteuid(65534));
	CHECK_EQ(write(fd, "500", 3), 3);
	CHECK_EQ(write(fd, "200", 3), 3);
	CHECK_ERR(write(fd, "-5", 2), EACCES);
}

TEST(proc_files_that_are_only_read_open_for_root_and_refuse_the_write)
{
	int fd = open("/proc/self/maps", O_RDWR);

	CHECK_EQ(geteuid(), 0);
	CHECK(fd >= 0);
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	CHECK_OK(close(fd));
	fd = open("/proc/self/clear_refs", O_RDWR);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, &fd, 1), EINVAL);
}

TEST(clear_refs_has_no_position)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	CHECK_EQ(lseek(fd, -5, SEEK_END), 0);
}

TEST(positions_in_proc_mem_reach_the_upper_half_of_addresses)
{
	int fd = open("/proc/self/mem", O_RDONLY);
	char c;

	CHECK_EQ(lseek(fd, INT64_MIN, SEEK_SET), INT64_MIN);
	CHECK_ERR(read(fd, &c, 1), EIO);
	CHECK_ERR(pread(fd, &c, 1, INT64_MIN), EINVAL);
}

TEST(pread_whose_end_is_beyond_the_largest_position_is_einval)
{
	int fd = sized_file(1);
	char buf[8];

	CHECK_ERR(pread(fd, buf, 8, INT64_MAX), EINVAL);
	CHECK_ERR(pwrite(fd, buf, 8, INT64_MAX - 3), EINVAL);
	CHECK_EQ(pread(fd, buf, 0, INT64_MAX), 0);
}
