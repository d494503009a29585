/* SPDX-License-Identifier: MIT */
/*
 * user/bench/process.c - fork, exec, exit, wait
 *
 * exec runs this binary with --exit, which leaves main at once: the C library's start-up is part
 * of the figure, as it is for every real program.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define BENCH_FILE 2

static bool reap(struct run *r, pid_t pid)
{
	int st = 0;

	if (pid > 0 && waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 0)
		return true;
	cannot(r, pid < 0 ? strerror(errno) : "the child failed");
	return false;
}

static void fork_loop(struct run *r)
{
	begin(r);
	for (long i = 0; i < r->n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (!reap(r, pid))
			return;
	}
	end(r, r->n);
}
BENCH("fork + exit + wait, small process", 100, fork_loop)

static void fork_large(struct run *r)
{
	size_t pages = ((size_t)64 << 20) / page;
	char *p;

	if (!enough(r, (size_t)64 << 20))
		return;
	p = memory(r, pages);
	if (!p)
		return;
	for (size_t i = 0; i < pages; i++)
		p[i * page] = 1;
	fork_loop(r);
	munmap(p, pages * page);
}
BENCH("fork + exit + wait, 64 MiB touched", 10, fork_large)

static void fork_exec(struct run *r)
{
	begin(r);
	for (long i = 0; i < r->n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(self, "bench", "--exit", NULL);
			_exit(1);
		}
		if (!reap(r, pid))
			return;
	}
	end(r, r->n);
}
BENCH("fork + exec + exit + wait (static binary)", 50, fork_exec)

static pid_t vfork_one(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, "bench", "--exit", NULL);
		_exit(1);
	}
	return pid;
}

static void vfork_exec(struct run *r)
{
	begin(r);
	for (long i = 0; i < r->n; i++)
		if (!reap(r, vfork_one()))
			return;
	end(r, r->n);
}
BENCH("vfork + exec + exit + wait", 50, vfork_exec)
