/* SPDX-License-Identifier: MIT */
/*
 * tests/user/userfaultfd_shared_test.c - userfaultfd over shared memory, minor faults, and write protection
 */
#include <sys/shm.h>

#include "uffd.h"

static char source[1 << 16] __attribute__((aligned(1 << 16)));

static void fill_source(int byte)
{
	memset(source, byte, page);
}

/* ---- shared memory --------------------------------------------------------------------------- */

TEST(uffd_copy_into_shared_memory_is_seen_by_every_mapping)
{
	int fd = uffd_new(UFFD_FEATURE_MISSING_SHMEM), m = memfd_create("x", 0);
	char *p, *q, c;
	struct toucher t;

	CHECK_OK(ftruncate(m, (off_t)(2 * page)));
	p = map(4 * page, RW, MAP_SHARED, m);
	q = map(4 * page, RW, MAP_SHARED, m);
	CHECK_OK(uffd_register(fd, p, 4 * page, MISSING));
	fill_source('s');
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_copy(fd, p, source, page, 0));
	CHECK_EQ(touch_end(&t), 's');
	CHECK_EQ(q[0], 's');
	CHECK_EQ(pread(m, &c, 1, 0), 1);
	CHECK_EQ(c, 's');
	p[0] = 'w';
	CHECK_EQ(q[0], 'w');
	q[page] = 'q';						/* somebody else brings the second page */
	CHECK_EQ(p[page], 'q');					/* so it is not missing */
	CHECK_ERR(uffd_copy(fd, p + page, source, page, 0), EEXIST);
	CHECK_ERR(uffd_copy(fd, p + 2 * page, source, page, 0), EFAULT);	/* beyond the end */
	CHECK_EQ(probe_read(p + 2 * page).sig, SIGBUS);
	uffd_expect_nothing(fd);
}

TEST(uffd_of_system_v_shared_memory_is_refused)
{
	int fd = uffd_new(UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM), id = shmget(IPC_PRIVATE, page, 0600);
	char *p;

	if (id < 0 && errno == ENOSYS)
		SKIP("no System V shared memory");
	CHECK_OK(id);
	p = shmat(id, NULL, 0);
	CHECK_OK(shmctl(id, IPC_RMID, NULL));
	CHECK_OK(p);
	CHECK_ERR(uffd_register(fd, p, page, MISSING), EINVAL);
	CHECK_ERR(uffd_register(fd, p, page, MINOR), EINVAL);
	CHECK_ERR(uffd_unregister(fd, p, page), EINVAL);
	CHECK_EQ(p[0], 0);
	CHECK_OK(shmdt(p));
}

TEST(uffd_zeropage_fills_shared_memory_with_a_page)
{
	int fd = uffd_new(UFFD_FEATURE_MISSING_SHMEM);
	char *p = map(page, RW, SHARED_ANON, -1);

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	CHECK_OK(uffd_zero(fd, p, page, 0));
	p[3] = 'z';
	CHECK_EQ(p[2], 0);
	CHECK_ERR(uffd_zero(fd, p, page, 0), EEXIST);
}

TEST(uffd_copy_into_a_private_file_mapping_leaves_the_file_alone)
{
	int fd = uffd_new(UFFD_FEATURE_MISSING_SHMEM), m = memfd_create("x", 0);
	char *p, c = 'x';

	CHECK_OK(ftruncate(m, (off_t)page));
	p = map(page, RW, MAP_PRIVATE, m);
	CHECK_OK(uffd_register(fd, p, page, MISSING));
	fill_source('p');
	CHECK_OK(uffd_copy(fd, p, source, page, 0));
	CHECK_EQ(p[7], 'p');
	CHECK_EQ(pread(m, &c, 1, 7), 1);
	CHECK_EQ(c, 0);
}

TEST(uffd_minor_fault_tells_of_a_page_that_is_only_not_mapped)
{
	int fd = uffd_new(UFFD_FEATURE_MINOR_SHMEM), m = memfd_create("x", 0);
	char *p, *q;
	struct toucher t;

	CHECK_OK(ftruncate(m, (off_t)(3 * page)));
	p = map(4 * page, RW, MAP_SHARED, m);
	q = map(4 * page, RW, MAP_SHARED, m);
	CHECK_OK(uffd_register(fd, p, 4 * page, MISSING | MINOR));
	q[0] = 'm';
	q[page] = 'n';
	touch_start(&t, p, -1);
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_MINOR);
	q[0] = 'M';					/* the reader changes it before anybody sees it */
	CHECK_OK(uffd_continue(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 'M');
	touch_start(&t, p + page, 'W');			/* the one beside it was not mapped along */
	uffd_expect(fd, p + page, UFFD_PAGEFAULT_FLAG_MINOR | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_continue(fd, p + page, page, 0));
	CHECK_EQ(touch_end(&t), 'W');
	CHECK_EQ(q[page], 'W');
	CHECK_ERR(uffd_continue(fd, p, page, 0), EEXIST);
	CHECK_ERR(uffd_continue(fd, p + 2 * page, page, 0), EFAULT);		/* a hole */
	CHECK_ERR(uffd_continue(fd, p + 3 * page, page, 0), EINVAL);		/* beyond the end */
	CHECK_ERR(uffd_continue(fd, p, page, 2), EINVAL);
	touch_start(&t, p + 2 * page, -1);
	uffd_expect(fd, p + 2 * page, 0);		/* and a hole is a missing page */
	CHECK_OK(uffd_zero(fd, p + 2 * page, page, 0));
	CHECK_EQ(touch_end(&t), 0);
}

/* ---- write protection ------------------------------------------------------------------------ */

#define PROTECT UFFDIO_WRITEPROTECT_MODE_WP

TEST(uffd_write_protection_tells_of_the_first_write)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(2 * page, RW, ANON, -1);
	struct toucher t;

	need_proc();
	memset(p, 'o', 2 * page);
	CHECK_OK(uffd_register(fd, p, 2 * page, WP));
	CHECK_EQ(p[0], 'o');
	CHECK_OK(uffd_protect(fd, p, 2 * page, PROTECT));
	CHECK(page_is_wp(p) && page_is_wp(p + page));
	CHECK_EQ(p[page], 'o');				/* reading is no write */
	touch_start(&t, p + 3, 'n');
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_EQ(p[3], 'o');				/* not before it is allowed */
	CHECK_OK(uffd_protect(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 'n');
	CHECK(!page_is_wp(p) && page_is_wp(p + page));
	p[4] = 'x';					/* once allowed, for ever */
	CHECK_ERR(uffd_protect(fd, p, page, 3), EINVAL);
	CHECK_ERR(uffd_protect(fd, p, page, 4), EINVAL);
	CHECK_ERR(uffd_protect(fd, p, page - 1, 0), EINVAL);
	CHECK_OK(uffd_unregister(fd, p, 2 * page));
	CHECK(!page_is_wp(p + page));
	p[page] = 'y';
	uffd_expect_nothing(fd);
}

TEST(uffd_copy_may_protect_the_new_page)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, MISSING | WP));
	fill_source('c');
	touch_start(&t, p, 'w');
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_copy(fd, p, source, page, UFFDIO_COPY_MODE_WP));
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_protect(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 'w');
	CHECK_EQ(p[1], 'c');
}

TEST(uffd_protection_of_the_zero_page_holds)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, WP));
	CHECK_EQ(p[0], 0);
	CHECK_OK(uffd_protect(fd, p, page, PROTECT));
	touch_start(&t, p, 'z');
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_protect(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 'z');
	CHECK_EQ(p[1], 0);
}

TEST(uffd_protection_outlives_mprotect)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	need_proc();
	p[0] = 'a';
	CHECK_OK(uffd_register(fd, p, page, WP));
	CHECK_OK(uffd_protect(fd, p, page, PROTECT));
	CHECK_OK(mprotect(p, page, PROT_NONE));
	CHECK(page_is_wp(p));
	CHECK_OK(mprotect(p, page, RW));
	CHECK(page_is_wp(p));
	touch_start(&t, p, 'b');
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_protect(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 'b');
}

TEST(uffd_protects_shared_memory_that_is_not_mapped_yet)
{
	int fd = uffd_new(UFFD_FEATURE_WP_HUGETLBFS_SHMEM), m = memfd_create("x", 0);
	char *p, *q;
	struct toucher t;

	need_proc();
	CHECK_OK(ftruncate(m, (off_t)(3 * page)));
	p = map(3 * page, RW, MAP_SHARED, m);
	q = map(3 * page, RW, MAP_SHARED, m);
	q[0] = 'f';
	p[page] = 'g';
	CHECK_OK(uffd_register(fd, p, 3 * page, WP));
	CHECK_OK(uffd_protect(fd, p, 3 * page, PROTECT));
	CHECK(page_is_wp(p) && page_is_wp(p + page) && page_is_wp(p + 2 * page));
	CHECK_OK(madvise(p, 3 * page, MADV_DONTNEED));	/* the page goes from the table, its protection does not */
	CHECK(page_is_wp(p + page));
	CHECK_EQ(p[0], 'f');
	CHECK(page_is_wp(p));
	for (int i = 0; i < 3; i++) {
		char *at = p + (size_t)i * page;

		touch_start(&t, at, 'w');
		uffd_expect(fd, at, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
		q[i * (int)page + 1] = 'r';			/* another mapping is not protected */
		CHECK_OK(uffd_protect(fd, at, page, 0));
		CHECK_EQ(touch_end(&t), 'w');
		CHECK_EQ(q[i * (int)page], 'w');
	}
	CHECK_OK(uffd_protect(fd, p, 3 * page, PROTECT));
	CHECK_OK(uffd_unregister(fd, p, 3 * page));
	memset(p, 'u', 3 * page);
	CHECK(!page_is_wp(p));
}

TEST(uffd_protection_is_not_inherited_without_fork_events)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP), st;
	char *p = map(2 * page, RW, ANON, -1);
	struct toucher t;
	pid_t child;

	need_proc();
	p[0] = 'a';
	CHECK_OK(uffd_register(fd, p, 2 * page, WP | MISSING));
	CHECK_OK(uffd_protect(fd, p, page, PROTECT));
	child = fork_ok();
	if (!child) {
		bool wp = page_is_wp(p);

		p[0] = 'c';
		p[page] = 'c';
		_exit(wp || p[0] != 'c');
	}
	st = wait_for(child);
	CHECK_EXIT(st, 0);
	touch_start(&t, p, 'p');
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_EQ(p[0], 'a');
	CHECK_OK(uffd_protect(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 'p');
}
