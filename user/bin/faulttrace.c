/* SPDX-License-Identifier: MIT */
/*
 * user/bin/faulttrace.c - print each page fault of a process, or of a command from its exec on
 *
 * The kernel keeps the last 512 (/proc/faulttrace, for root). A process is traced from then on until the
 * program is interrupted or the process ends; a command until it ends. Lost records are said so.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools.h"

#define POLL_NS		10000000	/* 10 ms */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static const char *trace_file(pid_t pid)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/faulttrace", pid);
	return path;
}

static bool set_tracing(pid_t pid, bool on)
{
	int fd = open(trace_file(pid), O_WRONLY);
	bool ok = fd >= 0 && write(fd, on ? "1" : "0", 1) == 1;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The number of the trace that @pid is in; 0: none. */
static unsigned int trace_number(pid_t pid)
{
	FILE *f = fopen(trace_file(pid), "r");
	unsigned int n = 0;

	if (f && fscanf(f, "trace %u", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* Prints what came since record *@last; the ring has lost what lies between. */
static bool print_new(unsigned int trace, unsigned long long *last)
{
	FILE *f = fopen("/proc/faulttrace", "r");
	unsigned long long seq, expected = *last + 1;
	unsigned int of;
	char line[640];

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "seq=%llu trace=%u", &seq, &of) != 2 || seq < expected)
			continue;
		if (*last && seq > expected)
			fprintf(stderr, "faulttrace: records %llu to %llu are lost\n", expected, seq - 1);
		expected = seq + 1;
		*last = seq;
		if (of == trace)
			fputs(line, stdout);
	}
	fclose(f);
	fflush(stdout);
	return true;
}

/* Until the process has left the trace: it ended, or somebody else stopped it. */
static int follow(pid_t pid, unsigned int trace, bool child)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	unsigned long long last = 0;
	int status = 0;

	while (!interrupted) {
		bool over = child ? waitpid(pid, &status, WNOHANG) == pid : trace_number(pid) != trace;

		if (!print_new(trace, &last))
			return complain("faulttrace", "/proc/faulttrace");
		if (over)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		nanosleep(&pause, NULL);
	}
	set_tracing(pid, false);
	return 0;
}

/* The child traces itself, then waits until its number is known. */
static int trace_command(char **argv)
{
	unsigned int trace;
	int go[2];
	pid_t pid;
	char c;

	if (pipe(go))
		return complain("faulttrace", "pipe");
	pid = fork();
	if (pid < 0)
		return complain("faulttrace", "fork");
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(127);
		close(go[0]);
		execvp(argv[0], argv);
		complain("faulttrace", argv[0]);
		_exit(127);
	}
	close(go[0]);
	trace = set_tracing(pid, true) ? trace_number(pid) : 0;
	if (!trace)
		complain("faulttrace", trace_file(pid));
	else if (write(go[1], "", 1) != 1)
		complain("faulttrace", "pipe");
	close(go[1]);
	if (trace)
		return follow(pid, trace, true);
	waitpid(pid, NULL, 0);
	return 1;
}

int tool_faulttrace(int argc, char **argv)
{
	pid_t pid;
	char *end;

	if (argc < 2) {
		fprintf(stderr, "usage: faulttrace PID | COMMAND [ARG...]\n");
		return 2;
	}
	signal(SIGINT, on_interrupt);
	pid = (pid_t)strtol(argv[1], &end, 10);
	if (*end || pid <= 0)
		return trace_command(argv + 1);
	if (!set_tracing(pid, true))
		return complain("faulttrace", argv[1]);
	return follow(pid, trace_number(pid), false);
}
