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
