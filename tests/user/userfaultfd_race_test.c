/* SPDX-License-Identifier: MIT */
/*
 * tests/user/userfaultfd_race_test.c - a userfaultfd, and something else that happens at the same moment
 *
 * The first test runs this binary again, as `utest uffd-after-exec' (see the constructor).
 */
#include "uffd.h"

/* ---- exec ------------------------------------------------------------------------------------ */

static void serve_zero(struct server *s, const struct uffd_msg *msg)
{
	CHECK_OK(uffd_zero(s->fd, (void *)((uintptr_t)msg->arg.pagefault.address & ~(page - 1)), page, 0));
}

/* The thread that called exec touches missing pages: itself, and in a system call. */
static int touch_after_exec(void)
{
	int fd = uffd_new(0), fds[2];
	char *p = map(2 * page, RW, ANON, -1);
	struct server s;

	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING));
	CHECK_OK(pipe(fds));
	server_start(&s, fd, serve_zero);
	p[0] = 'x';
	if (write(fds[1], p + page, 1) != 1)
		return 1;
	server_stop(&s);
	return p[0] != 'x' || s.served != 2;
}

__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "uffd-after-exec"))
		return;
	page = (size_t)sysconf(_SC_PAGESIZE);
	_exit(touch_after_exec());
}

TEST(uffd_serves_the_thread_that_called_exec)
{
	char *argv[] = { "utest", "uffd-after-exec", NULL };
	pid_t child;

	need_proc();
	close(uffd_new(0));
	child = fork_ok();
	if (!child) {
		execv("/proc/self/exe", argv);
		_exit(98);
	}
	CHECK_EXIT(wait_for(child), 0);
}

/* ---- fork events ----------------------------------------------------------------------------- */

#define FORKS 60

static uint32_t dice = 5;

static void spin(uint32_t turns)
{
	for (volatile uint32_t i = 0; i < turns; i++)
		;
}

/* Shares our descriptors, but is a process of its own: the reader outlives it. */
static void fork_and_wait(int report)
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_FORK);

	CHECK_OK(uffd_register(fd, map(page, RW, ANON, -1), page, MISSING));
	CHECK_EQ(write(report, &fd, sizeof(fd)), sizeof(fd));
	if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0)
		_exit(0);
	_exit(0);
}

/*
 * Whoever forks wakes up, killed, on another CPU, and takes its event back, while we read of it. How long that takes
 * we find out: a little longer if the event was there still, a little shorter if it was not.
 */
static void read_while_killed(int fd, pid_t pid)
{
	static uint32_t turns = 1000;
	struct uffd_msg msg;
	int found = 0;

	CHECK_EQ(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
	CHECK_OK(kill(pid, SIGKILL));
	spin(turns + test_random(&dice) % (turns / 8 + 1));
	for (; read(fd, &msg, sizeof(msg)) == sizeof(msg); found++) {
		CHECK_EQ(msg.event, UFFD_EVENT_FORK);
		CHECK_OK(close((int)msg.arg.fork.ufd));
	}
	CHECK_EQ(errno, EAGAIN);
	turns = found ? (turns < 1000000 ? turns + turns / 16 : turns) : turns > 100 ? turns - turns / 16 : turns;
}

TEST(uffd_fork_may_be_killed_while_somebody_reads_of_it)
{
	int fds[2], fd, st;
	pid_t pid;

	need_root();
	close(uffd_new(UFFD_FEATURE_EVENT_FORK));
	CHECK_OK(pipe(fds));
	for (int i = 0; i < FORKS; i++) {
		pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
		CHECK_OK(pid);
		if (!pid)
			fork_and_wait(fds[1]);
		CHECK_EQ(read(fds[0], &fd, sizeof(fd)), sizeof(fd));
		read_while_killed(fd, pid);
		st = wait_for(pid);
		CHECK(KILLED(st, SIGKILL) || EXITED(st, 0));
		CHECK_OK(close(fd));
	}
}

/* ---- madvise --------------------------------------------------------------------------------- */

#define REMOVED 4

static void *drop_pages(void *p)
{
	return (void *)(long)madvise(p, REMOVED * page, MADV_DONTNEED);
}

static void serve_nothing(struct server *s, const struct uffd_msg *msg)
{
	(void)s;
	CHECK_EQ(msg->event, UFFD_EVENT_REMOVE);
}

/* @change is done to what is at @p while madvise, of two registered pages and two others, waits for its reader. */
static void change_while_madvise_tells(void (*change)(int fd, char *p))
{
	int fd = uffd_new(UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *p = map(REMOVED * page, RW, ANON, -1);
	struct server s;
	void *result = p;
	pthread_t t;

	memset(p, 'd', REMOVED * page);
	CHECK_OK(uffd_register(fd, p, 2 * page, WP));
	CHECK_EQ(pthread_create(&t, NULL, drop_pages, p), 0);
	CHECK_EQ(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
	change(fd, p);
	server_start(&s, fd, serve_nothing);
	CHECK_EQ(pthread_join(t, &result), 0);
	server_stop(&s);
	CHECK(result == NULL);
	for (size_t i = 0; i < REMOVED; i++)
		CHECK_EQ(p[i * page], 0);
}

static void unregister_all(int fd, char *p)
{
	CHECK_OK(uffd_unregister(fd, p, 2 * page));
}

TEST(uffd_removal_goes_on_where_memory_was_unregistered_meanwhile)
{
	change_while_madvise_tells(unregister_all);	/* all four pages are one mapping then */
}

static void make_executable(int fd, char *p)
{
	(void)fd;
	CHECK_OK(mprotect(p + page, page, PROT_READ | PROT_WRITE | PROT_EXEC));
}

TEST(uffd_removal_goes_on_where_memory_was_split_meanwhile)
{
	change_while_madvise_tells(make_executable);
}

/* ---- truncate -------------------------------------------------------------------------------- */

#define CUTS 150

struct copier { int fd; char *to, *from; volatile int asked, done; };

/* One UFFDIO_COPY for each time it is asked; asked < 0: end. */
static void *copy_when_asked(void *arg)
{
	struct copier *c = arg;
	int turn = 0;

	while (c->asked >= 0) {
		if (c->asked == turn) {
			sched_yield();
			continue;
		}
		turn = c->asked;
		if (turn > 0 && uffd_copy(c->fd, c->to, c->from, page, 0))
			CHECK_EQ(errno, EFAULT);
		c->done = turn;
	}
	return NULL;
}

TEST(uffd_copy_leaves_no_private_page_beyond_the_end_of_a_file)
{
	struct copier c = { .fd = uffd_new(UFFD_FEATURE_MISSING_SHMEM), .from = map(page, RW, ANON, -1) };
	int m = memfd_create("x", 0);
	pthread_t t;

	CHECK_OK(m);
	c.to = map(page, RW, MAP_PRIVATE, m);
	CHECK_OK(uffd_register(c.fd, c.to, page, MISSING));
	CHECK_EQ(pthread_create(&t, NULL, copy_when_asked, &c), 0);
	for (int i = 1; i <= CUTS; i++) {
		CHECK_OK(ftruncate(m, (off_t)page));
		c.asked = i;
		spin(test_random(&dice) % 3000);
		CHECK_OK(ftruncate(m, 0));
		while (c.done != i)
			sched_yield();
		CHECK_EQ(probe_read(c.to).sig, SIGBUS);
	}
	c.asked = -1;
	CHECK_EQ(pthread_join(t, NULL), 0);
}
