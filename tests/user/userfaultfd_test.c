/* SPDX-License-Identifier: MIT */
/*
 * tests/user/userfaultfd_test.c - page faults that a program resolves: the descriptor, registering, missing pages
 *
 * Shared memory and write protection: userfaultfd_shared_test.c. What happens when the map changes:
 * userfaultfd_event_test.c. Many threads: userfaultfd_threads_test.c.
 */
#include <stdio.h>
#include <sys/uio.h>

#include "uffd.h"

static char source[1 << 16] __attribute__((aligned(1 << 16)));

static void fill_source(int byte)
{
	memset(source, byte, page);
}

/* ---- the descriptor -------------------------------------------------------------------------- */

TEST(uffd_does_nothing_before_the_api_call)
{
	int fd = uffd_open(O_CLOEXEC | O_NONBLOCK);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(read(fd, &msg, sizeof(msg)), EINVAL);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLERR);
	CHECK_ERR(uffd_register(fd, map(page, RW, ANON, -1), page, MISSING), EINVAL);
	CHECK_OK(uffd_api(fd, 0));
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_ERR(read(fd, &msg, sizeof(msg)), EAGAIN);
	CHECK_ERR(read(fd, &msg, sizeof(msg) - 1), EINVAL);
	CHECK_ERR(write(fd, &msg, sizeof(msg)), EBADF);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

TEST(uffd_of_a_blocking_descriptor_cannot_be_polled)
{
	int fd = uffd_open(O_CLOEXEC);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK_OK(uffd_api(fd, 0));
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLERR);
}

TEST(uffd_api_reports_features_and_refuses_unknown_ones)
{
	const uint64_t known = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP |
			       UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_MISSING_SHMEM |
			       UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MINOR_SHMEM;
	const uint64_t ioctls = 1ULL << _UFFDIO_API | 1ULL << _UFFDIO_REGISTER | 1ULL << _UFFDIO_UNREGISTER;
	struct uffdio_api api = { .api = UFFD_API, .features = 1ULL << 63 };
	int fd = uffd_open(O_CLOEXEC);

	CHECK_ERR(ioctl(fd, UFFDIO_API, &api), EINVAL);
	CHECK(!api.api && !api.features && !api.ioctls);
	api = (struct uffdio_api){ .api = UFFD_API + 1 };
	CHECK_ERR(ioctl(fd, UFFDIO_API, &api), EINVAL);
	CHECK_EQ(api.api, 0);
	CHECK_ERR(ioctl(fd, UFFDIO_API, NULL), EFAULT);
	api = (struct uffdio_api){ .api = UFFD_API };
	CHECK_OK(ioctl(fd, UFFDIO_API, &api));
	CHECK_EQ(api.features & known, known);
	CHECK_EQ(api.ioctls & ioctls, ioctls);
	CHECK_ERR(uffd_api(fd, 0), EINVAL);			/* once only */
	CHECK_ERR(ioctl(fd, _IO(UFFDIO, 0x22), 0), EINVAL);
}

TEST(uffd_api_a_second_time_clears_its_argument)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = uffd_new(0);

	CHECK_ERR(ioctl(fd, UFFDIO_API, &api), EINVAL);
	CHECK(!api.api && !api.features && !api.ioctls);
	uffd_expect_nothing(fd);			/* and it works on */
}

TEST(uffd_flags_and_privilege_are_checked)
{
	int fd;

	close(uffd_open(0));
	CHECK_ERR(syscall(SYS_userfaultfd, 0x40), EINVAL);
	CHECK_ERR(syscall(SYS_userfaultfd, O_CLOEXEC | O_APPEND), EINVAL);
	need_root();
	need_proc();
	if (read_number("/proc/sys/vm/unprivileged_userfaultfd", "") > 0)
		SKIP("everybody may");
	CHECK_OK(seteuid(65534));
	CHECK_ERR(syscall(SYS_userfaultfd, 0), EPERM);
	fd = (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
	CHECK_OK(fd);
	CHECK_ERR(uffd_api(fd, UFFD_FEATURE_EVENT_FORK), EPERM);
	CHECK_OK(uffd_api(fd, UFFD_FEATURE_EVENT_UNMAP));
}

TEST(uffd_comes_from_the_device_too)
{
	int dev = open("/dev/userfaultfd", O_RDWR), fd;

	if (dev < 0)
		SKIP("no /dev/userfaultfd");
	CHECK_ERR(ioctl(dev, _IO(0xAA, 7), 0), EINVAL);
	fd = ioctl(dev, _IO(0xAA, 0), O_CLOEXEC);
	CHECK_OK(fd);
	CHECK_OK(uffd_api(fd, 0));
}

TEST(uffd_fdinfo_counts_waiting_faults)
{
	int fd = uffd_new(UFFD_FEATURE_THREAD_ID);
	char *p = map(page, RW, ANON, -1), path[64], link[64] = "";
	struct toucher t[2];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t[0], p, -1);
	uffd_expect(fd, p, 0);
	touch_start(&t[1], p, 1);
	while (read_number(path, "total:") < 2)
		sleep_ms(1);
	CHECK_EQ(read_number(path, "pending:"), 1);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t[0]);
	touch_end(&t[1]);
	CHECK_EQ(read_number(path, "total:"), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_OK(readlink(path, link, sizeof(link) - 1));
	CHECK(!strcmp(link, "anon_inode:[userfaultfd]"));
}

/* ---- register -------------------------------------------------------------------------------- */

TEST(uffd_register_names_the_ioctls_of_its_modes)
{
	const uint64_t basic = 1ULL << _UFFDIO_WAKE | 1ULL << _UFFDIO_COPY | 1ULL << _UFFDIO_ZEROPAGE;
	const uint64_t wp = 1ULL << _UFFDIO_WRITEPROTECT, minor = 1ULL << _UFFDIO_CONTINUE;
	char *p = map(page, RW, SHARED_ANON, -1);
	struct uffdio_register r = { .range = { (uintptr_t)p, page }, .mode = MISSING };
	int fd = uffd_new(UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);

	CHECK_OK(ioctl(fd, UFFDIO_REGISTER, &r));
	CHECK_EQ(r.ioctls & (basic | wp | minor), basic);
	r.mode = MISSING | WP;
	CHECK_OK(ioctl(fd, UFFDIO_REGISTER, &r));
	CHECK_EQ(r.ioctls & (basic | wp | minor), basic | wp);
	r.mode = WP | MINOR;
	CHECK_OK(ioctl(fd, UFFDIO_REGISTER, &r));
	CHECK_EQ(r.ioctls & (basic | wp | minor), basic | wp | minor);
}

TEST(uffd_register_checks_its_range_and_memory)
{
	int fd = uffd_new(0), other = uffd_new(0), file;
	char *p = map(4 * page, RW, ANON, -1), *ro;

	CHECK_ERR(uffd_register(fd, p + 1, page, MISSING), EINVAL);
	CHECK_ERR(uffd_register(fd, p, page + 1, MISSING), EINVAL);
	CHECK_ERR(uffd_register(fd, p, 0, MISSING), EINVAL);
	CHECK_ERR(uffd_register(fd, p, page, 0), EINVAL);
	CHECK_ERR(uffd_register(fd, p, page, 1 << 10), EINVAL);
	CHECK_ERR(uffd_register(fd, p, page, MINOR), EINVAL);		/* anonymous memory has no other place */
	CHECK_ERR(uffd_register(fd, NULL, page, MISSING), EINVAL);
	CHECK_ERR(uffd_register(fd, (void *)(~0UL << 12), page, MISSING), EINVAL);
	CHECK_ERR(uffd_register(fd, p, 1UL << 62, MISSING), EINVAL);
	CHECK_ERR(ioctl(fd, UFFDIO_REGISTER, (void *)8), EFAULT);
	CHECK_OK(munmap(p + page, page));
	CHECK_ERR(uffd_register(fd, p + page, page, MISSING), EINVAL);
	CHECK_OK(uffd_register(fd, p, 4 * page, MISSING));		/* over the hole */
	CHECK_ERR(uffd_register(other, p, page, MISSING), EBUSY);
	CHECK_OK(uffd_unregister(fd, p, 4 * page));
	CHECK_OK(uffd_register(other, p, page, MISSING));
	file = open("/proc/self/exe", O_RDONLY);
	if (file >= 0) {
		ro = map(page, PROT_READ, MAP_SHARED, file);
		CHECK(uffd_register(fd, ro, page, MISSING) == -1 && (errno == EPERM || errno == EINVAL));
	}
}

TEST(uffd_unregister_is_for_the_descriptor_that_registered)
{
	int fd = uffd_new(0), other = uffd_new(0);
	char *p = map(3 * page, RW, ANON, -1);

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	CHECK_OK(uffd_register(other, p + 2 * page, page, MISSING));
	CHECK_ERR(uffd_unregister(other, p, page), EINVAL);
	CHECK_ERR(uffd_unregister(fd, p, 3 * page), EINVAL);
	CHECK_OK(uffd_zero(fd, p, page, 0));			/* both are registered still */
	CHECK_OK(uffd_zero(other, p + 2 * page, page, 0));
	CHECK_OK(uffd_unregister(fd, p, 2 * page));
	CHECK_OK(uffd_unregister(other, p + page, 2 * page));
}

TEST(uffd_of_a_read_only_shared_file_is_refused)
{
	int fd = uffd_new(UFFD_FEATURE_MISSING_SHMEM), m = memfd_create("x", 0), ro;
	char path[64];

	CHECK_OK(ftruncate(m, (off_t)page));
	need_proc();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", m);
	ro = open(path, O_RDONLY);
	CHECK_OK(ro);
	CHECK_ERR(uffd_register(fd, map(page, PROT_READ, MAP_SHARED, ro), page, MISSING), EPERM);
	CHECK_OK(uffd_register(fd, map(page, PROT_READ, MAP_PRIVATE, ro), page, MISSING));
}

TEST(uffd_registered_memory_merges_only_within_one_descriptor)
{
	int a = uffd_new(0), b = uffd_new(0);
	char *p = map(4 * page, RW, ANON, -1);
	char *mine = p + page;

	need_proc();
	CHECK_OK(uffd_register(a, mine, page, MISSING));
	CHECK_EQ(maps_count(mine, page), 1);
	CHECK_EQ(maps_count(p, 4 * page), 3);
	CHECK_OK(uffd_register(b, p + 2 * page, page, MISSING));
	CHECK_EQ(maps_count(p, 4 * page), 4);
	CHECK_OK(uffd_unregister(b, p + 2 * page, page));
	CHECK_OK(uffd_register(a, p + 2 * page, page, MISSING));
	CHECK_EQ(maps_count(p, 4 * page), 3);
	CHECK_OK(uffd_unregister(a, p, 4 * page));
	CHECK_EQ(maps_count(p, 4 * page), 1);
}

TEST(uffd_shows_in_the_flags_of_smaps)
{
	int fd = uffd_new(UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	char *p = map(page, RW, SHARED_ANON, -1), line[256];
	unsigned long start, end;
	bool inside = false, found = false;
	FILE *f;

	CHECK_OK(uffd_register(fd, p, page, MISSING | WP | MINOR));
	f = fopen("/proc/self/smaps", "r");
	if (!f)
		SKIP("no smaps");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start == (uintptr_t)p;
		found |= inside && !strncmp(line, "VmFlags:", 8) && strstr(line, " um") && strstr(line, " uw") &&
			 strstr(line, " ui");
	}
	fclose(f);
	CHECK(found);
}

/* ---- missing --------------------------------------------------------------------------------- */

TEST(uffd_copy_resolves_a_missing_page)
{
	int fd = uffd_new(0);
	char *p = map(2 * page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	fill_source('a');
	touch_start(&t, p + 5, -1);
	uffd_expect(fd, p, 0);
	uffd_expect_nothing(fd);
	CHECK_OK(uffd_copy(fd, p, source, page, 0));
	CHECK_EQ(touch_end(&t), 'a');
	touch_start(&t, p + page + 9, 'w');
	uffd_expect(fd, p + page, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_copy(fd, p + page, source, page, 0));
	CHECK_EQ(touch_end(&t), 'w');
	CHECK_EQ(p[page + 8], 'a');
	uffd_expect_nothing(fd);
}

TEST(uffd_message_is_zero_where_it_says_nothing)
{
	static const unsigned char zero[32];
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1);
	struct uffd_msg msg;
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t, p, -1);
	CHECK_EQ(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
	memset(&msg, 0xff, sizeof(msg));
	CHECK_EQ(read(fd, &msg, sizeof(msg)), sizeof(msg));
	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	CHECK(!memcmp((char *)&msg + 1, zero, offsetof(struct uffd_msg, arg) - 1));
	CHECK(!memcmp((char *)&msg + offsetof(struct uffd_msg, arg.pagefault.feat), zero,
		      sizeof(msg) - offsetof(struct uffd_msg, arg.pagefault.feat)));
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t);
}

TEST(uffd_zeropage_resolves_without_a_page_of_its_own)
{
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 0);
	p[1] = 'x';				/* no fault to serve: a page is there */
	CHECK_EQ(p[0], 0);
	CHECK_ERR(uffd_zero(fd, p, page, 0), EEXIST);
}

TEST(uffd_read_gives_several_messages_at_once)
{
	int fd = uffd_new(0);
	char *p = map(4 * page, RW, ANON, -1), path[64];
	struct uffd_msg msg[8];
	struct toucher t[4];
	unsigned int seen = 0;

	need_proc();
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK_OK(uffd_register(fd, p, 4 * page, MISSING));
	for (int i = 0; i < 4; i++)
		touch_start(&t[i], p + (size_t)i * page, -1);
	while (read_number(path, "pending:") < 4)
		sleep_ms(1);
	CHECK_EQ(read(fd, msg, 3 * sizeof(msg[0]) + 5), 3 * sizeof(msg[0]));
	CHECK_EQ(read(fd, msg + 3, 5 * sizeof(msg[0])), sizeof(msg[0]));
	for (int i = 0; i < 4; i++)
		seen |= 1U << ((msg[i].arg.pagefault.address - (uintptr_t)p) / page);
	CHECK_EQ(seen, 15);
	CHECK_OK(uffd_copy(fd, p, source, 4 * page, 0));
	for (int i = 0; i < 4; i++)
		touch_end(&t[i]);
}

TEST(uffd_copy_checks_its_arguments)
{
	int fd = uffd_new(0);
	char *p = map(4 * page, RW, ANON, -1), *outside = map(page, RW, ANON, -1);
	char *bad = map(page, PROT_NONE, ANON, -1);
	struct uffdio_copy c = { .dst = (uintptr_t)p, .src = (uintptr_t)source, .len = 3 * page };

	CHECK_OK(uffd_register(fd, p, 4 * page, MISSING));
	CHECK_ERR(uffd_copy(fd, p + 1, source, page, 0), EINVAL);
	CHECK_ERR(uffd_copy(fd, p, source, page - 1, 0), EINVAL);
	CHECK_ERR(uffd_copy(fd, p, source, 0, 0), EINVAL);
	CHECK_ERR(uffd_copy(fd, p, source, page, 1 << 7), EINVAL);
	CHECK_ERR(uffd_copy(fd, p, (void *)~0UL, page, 0), EINVAL);
	CHECK_ERR(uffd_copy(fd, p, source, page, UFFDIO_COPY_MODE_WP), EINVAL);	/* not registered for that */
	CHECK_ERR(uffd_copy(fd, outside, source, page, 0), ENOENT);
	CHECK_ERR(uffd_copy(fd, outside, bad, page, 0), ENOENT);
	CHECK_ERR(uffd_copy(fd, p + 3 * page, source, 8 * page, 0), ENOENT);
	CHECK_ERR(uffd_copy(fd, p, bad, page, 0), EFAULT);
	CHECK_ERR(ioctl(fd, UFFDIO_COPY, NULL), EFAULT);
	CHECK_OK(uffd_copy(fd, p + 2 * page, source + 1, page, 0));
	CHECK_ERR(uffd_copy(fd, p + 2 * page, source, page, 0), EEXIST);
	CHECK_ERR(ioctl(fd, UFFDIO_COPY, &c), EAGAIN);			/* a part: up to the page that is there */
	CHECK_EQ(c.copy, 2 * page);
	CHECK_ERR(ioctl(fd, UFFDIO_COPY, &c), EEXIST);
	CHECK_EQ(c.copy, -EEXIST);
	CHECK_ERR(uffd_continue(fd, p, page, 0), EINVAL);
	CHECK_ERR(uffd_protect(fd, p, page, UFFDIO_WRITEPROTECT_MODE_WP), ENOENT);
	CHECK_ERR(uffd_zero(fd, p + 3 * page, page, 2), EINVAL);
	CHECK_ERR(uffd_wake(fd, p + 1, page), EINVAL);
	CHECK_ERR(uffd_wake(fd, p, 0), EINVAL);
	CHECK_ERR(uffd_unregister(fd, p, 1), EINVAL);
}

TEST(uffd_dontwake_leaves_the_thread_asleep_until_wake)
{
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1), path[64];
	struct toucher t;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK_OK(uffd_register(fd, p, page, MISSING));
	fill_source('d');
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_copy(fd, p, source, page, UFFDIO_COPY_MODE_DONTWAKE));
	sleep_ms(20);
	CHECK_EQ(read_number(path, "total:"), 1);
	CHECK_OK(uffd_wake(fd, p, page));
	CHECK_EQ(touch_end(&t), 'd');
}

TEST(uffd_wake_without_a_page_makes_the_thread_ask_again)
{
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t, p, -1);
	for (int i = 0; i < 5; i++) {
		uffd_expect(fd, p, 0);
		CHECK_OK(uffd_wake(fd, p, page));
	}
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t);
}

TEST(uffd_tells_thread_and_exact_address_when_asked)
{
	int fd = uffd_new(UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_EXACT_ADDRESS);
	char *p = map(page, RW, ANON, -1);
	struct uffd_msg msg;
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t, p + 123, -1);
	msg = uffd_next(fd);
	CHECK_EQ(msg.arg.pagefault.address, (uintptr_t)p + 123);
	CHECK_EQ(msg.arg.pagefault.feat.ptid, t.tid);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t);
}

TEST(uffd_sigbus_feature_signals_instead_of_waiting)
{
	int fd = uffd_new(UFFD_FEATURE_SIGBUS), fds[2];
	char *p = map(page, RW, ANON, -1);

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	CHECK_EQ(probe_read(p).sig, SIGBUS);
	CHECK_EQ(probe_write(p).code, BUS_ADRERR);
	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_ERR(read(fds[0], p, 1), EFAULT);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	CHECK_EQ(probe_read(p).sig, 0);
}

TEST(uffd_of_user_mode_only_fails_the_kernels_copies)
{
	int fd = uffd_open(UFFD_USER_MODE_ONLY | O_NONBLOCK), fds[2];
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_api(fd, 0));
	CHECK_OK(uffd_register(fd, p, page, MISSING));
	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_ERR(read(fds[0], p, 1), EFAULT);
	uffd_expect_nothing(fd);
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t);
}

struct pipe_reader { int fd; char *p; ssize_t n; };

static void *read_pipe(void *arg)
{
	struct pipe_reader *r = arg;

	r->n = read(r->fd, r->p, 3);
	return NULL;
}

TEST(uffd_holds_a_system_call_that_writes_to_a_missing_page)
{
	int fd = uffd_new(0), fds[2];
	char *p = map(2 * page, RW, ANON, -1);
	struct pipe_reader r = { .p = p + page - 1 };
	pthread_t t;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_OK(pipe(fds));
	r.fd = fds[0];
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(pthread_create(&t, NULL, read_pipe, &r), 0);
	uffd_expect(fd, p, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	uffd_expect(fd, p + page, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_zero(fd, p + page, page, 0));
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(r.n, 3);
	CHECK(!memcmp(r.p, "abc", 3));
}

/* process_vm_readv waits like the process itself; /proc/PID/mem, a debugger's view, does not. */
TEST(uffd_serves_process_vm_readv_of_another_process)
{
	int fd = uffd_new(0), st;
	char *p = map(2 * page, RW, ANON, -1);
	pid_t parent = getpid(), child;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	fill_source('v');
	child = fork_ok();
	if (!child) {
		char c = 0, path[64];
		struct iovec to = { &c, 1 }, from = { p, 1 };

		if (process_vm_readv(parent, &to, 1, &from, 1, 0) != 1 || c != 'v')
			_exit(1);
		snprintf(path, sizeof(path), "/proc/%d/mem", parent);
		_exit(pread(open(path, O_RDONLY), &c, 1, (off_t)(uintptr_t)(p + page)) == -1 && errno == EIO ? 0 : 2);
	}
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_copy(fd, p, source, page, 0));
	st = wait_for(child);
	CHECK_EXIT(st, 0);
	uffd_expect_nothing(fd);
}
