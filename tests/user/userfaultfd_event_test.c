/* SPDX-License-Identifier: MIT */
/*
 * tests/user/userfaultfd_event_test.c - userfaultfd while the map changes, processes fork, and who waits dies
 */
#include "uffd.h"

/* ---- who waits may be interrupted ------------------------------------------------------------ */

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled = handled + 1;
}

TEST(uffd_waiting_thread_runs_its_signal_handler_and_faults_again)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	for (int i = 1; i < 4; i++) {
		CHECK_EQ(pthread_kill(t.thread, SIGUSR1), 0);
		uffd_expect(fd, p, 0);
		CHECK_EQ(handled, i);
	}
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t);
}

/* The child waits in user mode, or in a system call, and so does a second thread of it. */
static void wait_for_ever(char *p, int ready, bool in_kernel)
{
	int fd = uffd_new(0), fds[2];
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	touch_start(&t, p + page, 1);
	uffd_next(fd);
	CHECK_EQ(write(ready, "r", 1), 1);
	if (in_kernel)
		(void)!read(fds[0], p, 1);
	p[0] = 1;
	_exit(1);
}

TEST(uffd_waiting_process_can_be_killed)
{
	char *p = map(2 * page, RW, ANON, -1), c;
	int fds[2];

	close(uffd_new(0));
	CHECK_OK(pipe(fds));
	for (int i = 0; i < 4; i++) {
		int sig = i & 1 ? SIGTERM : SIGKILL;
		pid_t child = fork_ok();

		if (!child)
			wait_for_ever(p, fds[1], i & 2);
		CHECK_EQ(read(fds[0], &c, 1), 1);
		sleep_ms(10);
		CHECK_OK(kill(child, sig));
		CHECK_KILLED(wait_for(child), sig);
	}
}

TEST(uffd_process_may_exit_while_its_threads_wait)
{
	pid_t child = fork_ok();

	if (!child) {
		int fd = uffd_new(0);
		char *p = map(page, RW, ANON, -1);
		struct toucher t[2];

		CHECK_OK(uffd_register(fd, p, page, MISSING));
		touch_start(&t[0], p, 1);
		touch_start(&t[1], p, -1);
		uffd_next(fd);
		_exit(7);
	}
	CHECK_EXIT(wait_for(child), 7);
}

TEST(uffd_close_lets_everybody_go_on_without_it)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(3 * page, RW, ANON, -1);
	struct toucher t[3];

	p[2 * page] = 'o';
	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_OK(uffd_register(fd, p + 2 * page, page, WP));
	CHECK_OK(uffd_protect(fd, p + 2 * page, page, UFFDIO_WRITEPROTECT_MODE_WP));
	touch_start(&t[0], p, -1);
	uffd_expect(fd, p, 0);
	touch_start(&t[1], p + page, 'b');
	touch_start(&t[2], p + 2 * page, 'c');
	uffd_next(fd);
	uffd_next(fd);
	CHECK_OK(close(fd));
	CHECK_EQ(touch_end(&t[0]), 0);
	CHECK_EQ(touch_end(&t[1]), 'b');
	CHECK_EQ(touch_end(&t[2]), 'c');
	if (maps_count(p, 3 * page) >= 0)
		CHECK_EQ(maps_count(p, 3 * page), 1);
}

TEST(uffd_unregister_lets_everybody_go_on_without_it)
{
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1);
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	touch_start(&t, p, 'u');
	uffd_next(fd);
	CHECK_OK(uffd_unregister(fd, p, page));
	CHECK_EQ(touch_end(&t), 'u');
	CHECK_ERR(uffd_zero(fd, p, page, 0), ENOENT);
}

/* A process ends whose descriptor its child has too. */
static void outlive(int report)
{
	char *p = map(page, RW, ANON, -1), c, ok;
	int fd = uffd_new(0), fds[2];

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	CHECK_OK(pipe(fds));
	if (fork_ok())
		_exit(0);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &c, 1), 0);		/* the end of the file: the parent's descriptors are closed */
	for (int i = 0; i < 1000 && (uffd_zero(fd, p, page, 0) != -1 || errno != ESRCH); i++)
		sleep_ms(5);
	ok = errno == ESRCH && uffd_register(fd, p, page, MISSING) == -1 && errno == ENOMEM;
	CHECK_EQ(write(report, &ok, 1), 1);
	_exit(0);
}

TEST(uffd_of_a_process_that_is_gone_answers_esrch)
{
	char ok = 0;
	int fds[2];
	pid_t child;

	close(uffd_new(0));
	CHECK_OK(pipe(fds));
	child = fork_ok();
	if (!child)
		outlive(fds[1]);
	CHECK_EXIT(wait_for(child), 0);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &ok, 1), 1);
	CHECK_EQ(ok, 1);
}

/* ---- events ---------------------------------------------------------------------------------- */

struct events { struct uffd_msg msg[16]; int n; };

static void record(struct server *s, const struct uffd_msg *msg)
{
	struct events *e = s->arg;

	CHECK(e->n < 16);
	e->msg[e->n++] = *msg;
}

TEST(uffd_tells_of_unmapped_memory)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_UNMAP);
	char *p = map(6 * page, RW, ANON, -1);
	struct events e = { .n = 0 };
	struct server s = { .arg = &e };

	CHECK_OK(uffd_register(fd, p, 4 * page, MISSING));
	server_start(&s, fd, record);
	CHECK_OK(munmap(p + page, page));
	CHECK_OK(munmap(p + page, page));			/* nothing there: no event */
	CHECK(mmap(p + 2 * page, 4 * page, RW, ANON | MAP_FIXED, -1, 0) == p + 2 * page);
	server_stop(&s);
	CHECK_EQ(e.n, 2);
	CHECK_EQ(e.msg[0].event, UFFD_EVENT_UNMAP);
	CHECK_EQ(e.msg[0].arg.remove.start, (uintptr_t)p + page);
	CHECK_EQ(e.msg[0].arg.remove.end, (uintptr_t)p + 2 * page);
	CHECK_EQ(e.msg[1].event, UFFD_EVENT_UNMAP);
	CHECK_EQ(e.msg[1].arg.remove.start, (uintptr_t)p + 2 * page);
	CHECK_EQ(e.msg[1].arg.remove.end, (uintptr_t)p + 6 * page);
}

TEST(uffd_tells_of_moved_memory_and_serves_it_there)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_REMAP);
	char *p = map(2 * page, RW, ANON, -1), *q = map(2 * page, PROT_NONE, ANON, -1);
	struct events e = { .n = 0 };
	struct server s = { .arg = &e };
	struct toucher t;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_OK(uffd_zero(fd, p, page, 0));
	server_start(&s, fd, record);
	CHECK(mremap(p, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	server_stop(&s);
	CHECK_EQ(e.n, 1);
	CHECK_EQ(e.msg[0].event, UFFD_EVENT_REMAP);
	CHECK_EQ(e.msg[0].arg.remap.from, (uintptr_t)p);
	CHECK_EQ(e.msg[0].arg.remap.to, (uintptr_t)q);
	CHECK_EQ(e.msg[0].arg.remap.len, 2 * page);
	CHECK_EQ(q[0], 0);
	touch_start(&t, q + page, 'r');
	uffd_expect(fd, q + page, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_zero(fd, q + page, page, 0));
	CHECK_EQ(touch_end(&t), 'r');
}

TEST(uffd_forgets_moved_memory_if_nobody_asked)
{
	int fd = uffd_new(0);
	char *p = map(2 * page, RW, ANON, -1), *q = map(2 * page, PROT_NONE, ANON, -1);

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_OK(uffd_zero(fd, p, page, 0));
	CHECK(mremap(p, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	q[0] = q[page] = 1;
	uffd_expect_nothing(fd);
	CHECK_ERR(uffd_zero(fd, q, page, 0), ENOENT);
}

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

TEST(uffd_serves_what_mremap_dontunmap_leaves_behind)
{
	int fd = uffd_new(0);
	char *p = map(page, RW, ANON, -1), *q;
	struct toucher t;

	p[0] = 'd';
	CHECK_OK(uffd_register(fd, p, page, MISSING));
	q = mremap(p, page, page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], 'd');
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_copy(fd, p, q, page, 0));
	CHECK_EQ(touch_end(&t), 'd');
}

static void *drop_page(void *p)
{
	return (void *)(long)madvise(p, page, MADV_DONTNEED);
}

TEST(uffd_tells_of_removed_pages_before_they_go)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_REMOVE);
	char *p = map(2 * page, RW, ANON, -1);
	struct uffd_msg msg;
	struct toucher t;
	void *result = p;
	pthread_t thread;

	memset(p, 'r', 2 * page);
	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_EQ(pthread_create(&thread, NULL, drop_page, p), 0);
	CHECK_EQ(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
	CHECK_EQ(p[0], 'r');
	msg = uffd_next(fd);
	CHECK_EQ(msg.event, UFFD_EVENT_REMOVE);
	CHECK_EQ(msg.arg.remove.start, (uintptr_t)p);
	CHECK_EQ(msg.arg.remove.end, (uintptr_t)p + page);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK(result == NULL);
	CHECK_EQ(p[page], 'r');
	touch_start(&t, p, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	CHECK_EQ(touch_end(&t), 0);
}

static void *unmap_page(void *p)
{
	return (void *)(long)munmap(p, page);
}

static char source[1 << 16] __attribute__((aligned(1 << 16)));

TEST(uffd_refuses_to_answer_while_nobody_has_read_of_a_change)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_UNMAP);
	char *p = map(2 * page, RW, ANON, -1);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;
	pthread_t t;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING | WP));
	CHECK_EQ(pthread_create(&t, NULL, unmap_page, p), 0);
	CHECK_EQ(poll(&pfd, 1, 10000), 1);
	CHECK_ERR(uffd_copy(fd, p + page, source, page, 0), EAGAIN);
	CHECK_ERR(uffd_zero(fd, p + page, page, 0), EAGAIN);
	CHECK_ERR(uffd_protect(fd, p + page, page, 0), EAGAIN);
	CHECK_EQ(read(fd, &msg, sizeof(msg)), sizeof(msg));
	CHECK_EQ(msg.event, UFFD_EVENT_UNMAP);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_OK(uffd_copy(fd, p + page, source, page, 0));
	CHECK_ERR(uffd_copy(fd, p, source, page, 0), ENOENT);
}

/* A reader that goes by the output field alone must not take an old number for an answer. */
TEST(uffd_refusal_to_answer_is_in_the_output_field_too)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_MINOR_SHMEM);
	char *p = map(2 * page, RW, SHARED_ANON, -1);
	struct uffdio_copy c = { .dst = (uintptr_t)p + page, .src = (uintptr_t)source, .len = page, .copy = 1 };
	struct uffdio_zeropage z = { .range = { (uintptr_t)p + page, page }, .zeropage = 1 };
	struct uffdio_continue m = { .range = { (uintptr_t)p + page, page }, .mapped = 1 };
	pthread_t t;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING | MINOR));
	CHECK_EQ(pthread_create(&t, NULL, unmap_page, p), 0);
	CHECK_EQ(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
	CHECK_ERR(ioctl(fd, UFFDIO_COPY, &c), EAGAIN);
	CHECK_ERR(ioctl(fd, UFFDIO_ZEROPAGE, &z), EAGAIN);
	CHECK_ERR(ioctl(fd, UFFDIO_CONTINUE, &m), EAGAIN);
	CHECK_ERR(ioctl(fd, UFFDIO_COPY, (void *)8), EFAULT);
	uffd_next(fd);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK(c.copy == -EAGAIN && z.zeropage == -EAGAIN && m.mapped == -EAGAIN);
}

TEST(uffd_close_lets_go_who_waits_for_a_reader_of_its_event)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_UNMAP);
	char *p = map(page, RW, ANON, -1);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	void *result = p;
	pthread_t t;

	CHECK_OK(uffd_register(fd, p, page, MISSING));
	CHECK_EQ(pthread_create(&t, NULL, unmap_page, p), 0);
	CHECK_EQ(poll(&pfd, 1, 10000), 1);
	CHECK_OK(close(fd));
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == NULL);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static int new_with_fork_events(uint64_t features)
{
	need_root();
	return uffd_new(features | UFFD_FEATURE_EVENT_FORK);
}

static void take_child(struct server *s, const struct uffd_msg *msg)
{
	if (msg->event == UFFD_EVENT_FORK)
		*(int *)s->arg = (int)msg->arg.fork.ufd;
}

TEST(uffd_follows_a_fork_with_a_descriptor_of_the_childs)
{
	int fd = new_with_fork_events(UFFD_FEATURE_PAGEFAULT_FLAG_WP), childs = -1;
	char *p = map(3 * page, RW, ANON, -1);
	struct server s = { .arg = &childs };
	pid_t child;

	p[0] = 'o';
	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING | WP));
	CHECK_OK(uffd_register(fd, p + 2 * page, page, MISSING));
	CHECK_OK(uffd_protect(fd, p, page, UFFDIO_WRITEPROTECT_MODE_WP));
	server_start(&s, fd, take_child);
	child = fork_ok();
	if (!child) {
		p[0] = 'c';
		_exit(p[0] != 'c' || p[page] != 'm' || p[2 * page] != 0);
	}
	server_stop(&s);
	CHECK_OK(childs);
	CHECK_EQ(fcntl(childs, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	uffd_expect(childs, p, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_protect(childs, p, page, 0));
	uffd_expect(childs, p + page, 0);
	memset(source, 'm', page);
	CHECK_OK(uffd_copy(childs, p + page, source, page, 0));
	uffd_expect(childs, p + 2 * page, 0);
	CHECK_OK(close(childs));
	CHECK_EXIT(wait_for(child), 0);
	uffd_expect_nothing(fd);
	CHECK_EQ(p[0], 'o');
}

TEST(uffd_follows_a_fork_with_the_protection_of_shared_memory)
{
	int fd = new_with_fork_events(UFFD_FEATURE_WP_HUGETLBFS_SHMEM), childs = -1;
	char *p = map(2 * page, RW, SHARED_ANON, -1);
	struct server s = { .arg = &childs };
	pid_t child;

	p[0] = 'o';
	CHECK_OK(uffd_register(fd, p, 2 * page, WP));
	CHECK_OK(uffd_protect(fd, p, 2 * page, UFFDIO_WRITEPROTECT_MODE_WP));
	server_start(&s, fd, take_child);
	child = fork_ok();
	if (!child) {
		p[0] = 'c';
		p[page] = 'c';
		_exit(0);
	}
	server_stop(&s);
	CHECK_OK(childs);
	for (int i = 0; i < 2; i++) {
		char *at = p + (size_t)i * page;

		uffd_expect(childs, at, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
		CHECK_OK(uffd_protect(childs, at, page, 0));
	}
	CHECK_EXIT(wait_for(child), 0);
	CHECK_EQ(p[0], 'c');
}

TEST(uffd_follows_a_fork_without_the_pages_that_are_wiped)
{
	int fd = new_with_fork_events(UFFD_FEATURE_PAGEFAULT_FLAG_WP), childs = -1;
	char *p = map(2 * page, RW, ANON, -1);
	struct server s = { .arg = &childs };
	pid_t child;

	memset(p, 's', 2 * page);
	CHECK_OK(uffd_register(fd, p, 2 * page, WP));
	CHECK_OK(uffd_protect(fd, p, page, UFFDIO_WRITEPROTECT_MODE_WP));
	CHECK_OK(madvise(p, 2 * page, MADV_WIPEONFORK));
	server_start(&s, fd, take_child);
	child = fork_ok();
	if (!child) {
		bool secret = p[0] || p[page];

		memset(p, 'c', 2 * page);		/* nothing is there that could be protected */
		_exit(secret || p[0] != 'c');
	}
	server_stop(&s);
	CHECK_OK(childs);
	CHECK_EXIT(wait_for(child), 0);
	CHECK(p[0] == 's' && p[page] == 's');
}

TEST(uffd_fork_that_nobody_hears_of_can_be_killed)
{
	int fds[2];
	pid_t child;
	char c;

	close(new_with_fork_events(0));
	CHECK_OK(pipe(fds));
	child = fork_ok();
	if (!child) {
		int fd = new_with_fork_events(0);

		CHECK_OK(uffd_register(fd, map(page, RW, ANON, -1), page, MISSING));
		CHECK_EQ(write(fds[1], "r", 1), 1);
		fork_ok();				/* waits for a reader */
		_exit(1);
	}
	CHECK_EQ(read(fds[0], &c, 1), 1);
	sleep_ms(20);
	CHECK_OK(kill(child, SIGKILL));
	CHECK_KILLED(wait_for(child), SIGKILL);
}
