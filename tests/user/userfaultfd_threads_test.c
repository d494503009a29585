/* SPDX-License-Identifier: MIT */
/*
 * tests/user/userfaultfd_threads_test.c - userfaultfd at work: many threads, memory that arrives late, dirty tracking
 */
#include "uffd.h"

#define THREADS 4
#define PAGES 192

static unsigned char word_of(size_t i)
{
	return (unsigned char)(i * 37 + 5);
}

/* What is there already came from somebody else: whoever asked for it has been woken, or sees it now. */
static void bring(int fd, char *mem, size_t i, unsigned char *buffer)
{
	memset(buffer, word_of(i), page);
	if (uffd_copy(fd, mem + i * page, buffer, page, 0)) {
		CHECK_EQ(errno, EEXIST);
		CHECK_OK(uffd_wake(fd, mem + i * page, page));
	}
}

static void bring_page(struct server *s, const struct uffd_msg *msg)
{
	static unsigned char buffer[1 << 16] __attribute__((aligned(1 << 16)));
	char *mem = s->arg;

	CHECK_EQ(msg->event, UFFD_EVENT_PAGEFAULT);
	bring(s->fd, mem, (msg->arg.pagefault.address - (uintptr_t)mem) / page, buffer);
}

TEST(uffd_wakes_all_threads_that_wait_for_one_page)
{
	int fd = uffd_new(0);
	char *p = map(PAGES * page, RW, ANON, -1);
	struct server s = { .arg = p };
	struct toucher t[THREADS];

	CHECK_OK(uffd_register(fd, p, PAGES * page, MISSING));
	server_start(&s, fd, bring_page);
	for (size_t i = 0; i < 40; i++) {
		for (int k = 0; k < THREADS; k++)
			touch_start(&t[k], p + i * page + (size_t)k, -1);
		for (int k = 0; k < THREADS; k++)
			CHECK_EQ(touch_end(&t[k]), word_of(i));
	}
	server_stop(&s);
	CHECK(s.served >= 40 && s.served <= 40 * THREADS);
	uffd_expect_nothing(fd);
}

/* A program that moved here while it ran: its memory follows, what is asked for first. */
struct migrant { char *mem; uint32_t seed; size_t wrong; pthread_t thread; };

static void *run_migrant(void *arg)
{
	struct migrant *m = arg;

	for (int i = 0; i < 4 * PAGES; i++) {
		size_t at = test_random(&m->seed) % PAGES;

		m->wrong += (unsigned char)m->mem[at * page + test_random(&m->seed) % page] != word_of(at);
	}
	return NULL;
}

static void lazy_server(int flags, int memfd)
{
	static unsigned char buffer[1 << 16] __attribute__((aligned(1 << 16)));
	int fd = uffd_new(memfd >= 0 ? UFFD_FEATURE_MISSING_SHMEM : 0);
	char *p = map(PAGES * page, RW, flags, memfd);
	struct server s = { .arg = p };
	struct migrant m[THREADS];
	uint32_t seed = 7;

	CHECK_OK(uffd_register(fd, p, PAGES * page, MISSING));
	server_start(&s, fd, bring_page);
	for (int i = 0; i < THREADS; i++) {
		m[i] = (struct migrant){ .mem = p, .seed = (uint32_t)i + 1 };
		CHECK_EQ(pthread_create(&m[i].thread, NULL, run_migrant, &m[i]), 0);
	}
	for (size_t i = 0; i < PAGES; i++)			/* the rest is sent without being asked for */
		bring(fd, p, test_random(&seed) % PAGES, buffer);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(m[i].thread, NULL), 0);
		CHECK_EQ(m[i].wrong, 0);
	}
	server_stop(&s);
	for (size_t i = 0; i < PAGES; i++)
		bring(fd, p, i, buffer);
	CHECK_OK(uffd_unregister(fd, p, PAGES * page));
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ((unsigned char)p[i * page + 77], word_of(i));
}

TEST(uffd_serves_a_program_whose_memory_arrives_while_it_runs)
{
	lazy_server(ANON, -1);
}

TEST(uffd_serves_a_program_whose_shared_memory_arrives_while_it_runs)
{
	int m = memfd_create("x", 0);

	CHECK_OK(ftruncate(m, (off_t)(PAGES * page)));
	lazy_server(MAP_SHARED, m);
}

/* Which pages changed since the last round? What a snapshot or a live migration asks again and again. */
struct tracker { char *mem; bool dirty[PAGES]; };

static void mark_dirty(struct server *s, const struct uffd_msg *msg)
{
	struct tracker *t = s->arg;
	size_t i = (msg->arg.pagefault.address - (uintptr_t)t->mem) / page;

	CHECK_EQ(msg->arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	t->dirty[i] = true;
	CHECK_OK(uffd_protect(s->fd, t->mem + i * page, page, 0));
}

static void track_writes(int fd, char *mem)
{
	struct tracker t = { .mem = mem };
	struct server s = { .arg = &t };
	bool truth[PAGES];
	uint32_t seed = 3;

	CHECK_OK(uffd_register(fd, mem, PAGES * page, WP));
	server_start(&s, fd, mark_dirty);
	for (int round = 0; round < 12; round++) {
		memset(truth, 0, sizeof(truth));
		memset(t.dirty, 0, sizeof(t.dirty));
		CHECK_OK(uffd_protect(fd, mem, PAGES * page, UFFDIO_WRITEPROTECT_MODE_WP));
		for (int i = 0; i < 60; i++) {
			size_t at = test_random(&seed) % PAGES;

			if (i & 1) {
				CHECK_EQ(mem[at * page], (char)at);
				continue;
			}
			mem[at * page + 1] = (char)i;
			truth[at] = true;
		}
		CHECK(!memcmp(truth, t.dirty, sizeof(truth)));
	}
	server_stop(&s);
}

TEST(uffd_finds_exactly_the_pages_that_were_written)
{
	int fd = uffd_new(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(PAGES * page, RW, ANON, -1);

	for (size_t i = 0; i < PAGES; i++)
		p[i * page] = (char)i;
	track_writes(fd, p);
}

TEST(uffd_finds_exactly_the_shared_pages_that_were_written)
{
	int fd = uffd_new(UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	char *p = map(PAGES * page, RW, SHARED_ANON, -1);

	for (size_t i = 0; i < PAGES; i++)
		p[i * page] = (char)i;
	track_writes(fd, p);
}

/* Threads fault, others drop, protect, fork and unmap, and the server keeps up. */
static void serve_any(struct server *s, const struct uffd_msg *msg)
{
	char *at = (char *)(uintptr_t)msg->arg.pagefault.address;

	if (msg->event != UFFD_EVENT_PAGEFAULT)
		return;
	if (msg->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP)
		uffd_protect(s->fd, at, page, 0);
	else
		uffd_zero(s->fd, at, page, 0);
	uffd_wake(s->fd, at, page);		/* EAGAIN: an event must be read first; the fault comes again */
}

struct stress { char *mem; uint32_t seed; volatile bool stop; pthread_t thread; };

static void *stress_touch(void *arg)
{
	struct stress *s = arg;

	while (!s->stop)
		++*(volatile char *)(s->mem + test_random(&s->seed) % 32 * page);
	return NULL;
}

/* ---- memory that is there, and gets other frames ---- */

static void *read_until_stopped(void *arg)
{
	struct stress *t = arg;

	while (!t->stop)
		for (size_t i = 0; i < 16; i++)
			(void)*(volatile char *)(t->mem + i * page);
	return NULL;
}

/* Each store after fork replaces a page, whose entry is empty for a moment. That moment is no missing page. */
TEST(uffd_that_sends_sigbus_sends_none_for_a_page_that_is_being_replaced)
{
	int fd = uffd_new(UFFD_FEATURE_SIGBUS);
	char *p = map(16 * page, RW, ANON, -1);
	struct stress t = { .mem = p };

	memset(p, 1, 16 * page);
	CHECK_OK(uffd_register(fd, p, 16 * page, MISSING));
	CHECK_EQ(pthread_create(&t.thread, NULL, read_until_stopped, &t), 0);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork_ok();

		if (!pid)
			for (;;)
				pause();
		for (size_t k = 0; k < 16; k++)
			p[k * page] = 2;
		CHECK_OK(kill(pid, SIGKILL));
		wait_for(pid);
	}
	t.stop = true;
	CHECK_EQ(pthread_join(t.thread, NULL), 0);
}

TEST(uffd_keeps_up_with_a_map_that_changes)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_PAGEFAULT_FLAG_WP), st;
	char *p = map(33 * page, RW, ANON, -1);
	struct server s = { .arg = NULL };
	struct stress t[2];
	uint32_t seed = 11;

	CHECK_OK(uffd_register(fd, p, 33 * page, MISSING | WP));
	server_start(&s, fd, serve_any);
	for (int i = 0; i < 2; i++) {
		t[i] = (struct stress){ .mem = p, .seed = (uint32_t)i + 20 };
		CHECK_EQ(pthread_create(&t[i].thread, NULL, stress_touch, &t[i]), 0);
	}
	for (int i = 0; i < 100; i++) {
		char *at = p + test_random(&seed) % 32 * page;
		pid_t child;

		switch (test_random(&seed) % 5) {
		case 0:
			CHECK_OK(madvise(at, page, MADV_DONTNEED));
			break;
		case 1:
			CHECK(!uffd_protect(fd, at, page, UFFDIO_WRITEPROTECT_MODE_WP) || errno == EAGAIN ||
			      errno == ENOENT);
			break;
		case 2:
			CHECK_OK(mprotect(at, page, PROT_READ | PROT_WRITE | PROT_EXEC));
			CHECK_OK(mprotect(at, page, RW));
			break;
		case 3:
			CHECK(mmap(p + 32 * page, page, RW, ANON | MAP_FIXED, -1, 0) == p + 32 * page);
			break;
		default:
			if (i % 8)
				break;
			child = fork_ok();
			if (!child) {
				p[0] = p[31 * page] = 1;
				_exit(0);
			}
			st = wait_for(child);
			CHECK_EXIT(st, 0);
		}
	}
	for (int i = 0; i < 2; i++)
		t[i].stop = true;
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(t[i].thread, NULL), 0);
	server_stop(&s);
}
