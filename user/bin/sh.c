/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh.c - the shell: start, terminal, traps, end
 *
 * THE QUESTION   Is this a person at a terminal, a script, or `sh -c', and what differs?
 *
 * THE PICTURE    interactive   prompts, own process group, job control, Ctrl-C drops the line
 *                sh FILE, -c   no prompts, signals as the parent left them
 *
 * LEFT OUT       line editing (the terminal driver's erase and kill keys do it), history, aliases.
 * READ NEXT      sh.h (how the files fit together).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"
#include "tools.h"

#define NSIG_TRAP 32

struct shell sh = { .tty = -1 };

/* ---- signals by name ---- */
static const char *const signals[NSIG_TRAP] = {
	[0] = "EXIT", [SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT", [SIGBUS] = "BUS", [SIGFPE] = "FPE",
	[SIGKILL] = "KILL", [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT", [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU", [SIGURG] = "URG", [SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO", [SIGPWR] = "PWR", [SIGSYS] = "SYS",
};

const char *signal_name(int sig)
{
	return sig >= 0 && sig < NSIG_TRAP ? signals[sig] : "?";
}

int signal_number(const char *name)
{
	char *end;
	long v = strtol(name, &end, 10);

	if (end != name && !*end)
		return v >= 0 && v <= 64 ? v : -1;
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 0; i < NSIG_TRAP; i++)
		if (!strcmp(signals[i], name))
			return i;
	return -1;
}

/* ---- traps ---- */
static char *traps[NSIG_TRAP];
static volatile sig_atomic_t pending[NSIG_TRAP], any_pending;

static void on_signal(int sig)
{
	pending[sig] = 1;
	any_pending = 1;
}

void run_traps(void)
{
	if (!any_pending)
		return;
	any_pending = 0;
	for (int sig = 1; sig < NSIG_TRAP; sig++) {
		int status = sh.status;

		if (!pending[sig])
			continue;
		pending[sig] = 0;
		if (traps[sig] && *traps[sig])
			run_text(traps[sig]);
		else if (sig == SIGINT)
			sh.unwinding = true;
		sh.status = status;
	}
}

/* No SA_RESTART: read() and waitpid() must come back so that the trap can run. */
static void handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	sigaction(sig, &sa, NULL);
}

static void set_trap(int sig, const char *text)
{
	free(traps[sig]);
	traps[sig] = text ? strdup(text) : NULL;
	if (sig == 0 || sig == SIGKILL || sig == SIGSTOP)
		return;
	if (!text)
		handle(sig, sh.interactive && sig == SIGINT ? on_signal : SIG_DFL);
	else
		handle(sig, *text ? on_signal : SIG_IGN);
}

int bi_trap(int argc, char **argv)
{
	const char *text = argc > 1 && strcmp(argv[1], "-") ? argv[1] : NULL;

	for (int sig = 0; argc == 1 && sig < NSIG_TRAP; sig++)
		if (traps[sig])
			printf("trap -- '%s' %s\n", traps[sig], signals[sig]);
	for (int i = 2; i < argc; i++) {
		int sig = signal_number(argv[i]);

		if (sig < 0 || sig >= NSIG_TRAP) {
			fprintf(stderr, "trap: %s: no such signal\n", argv[i]);
			return 1;
		}
		set_trap(sig, text);
	}
	return 0;
}

void shell_exit(int status)
{
	char *text = traps[0];

	traps[0] = NULL;
	sh.status = status;
	if (text && getpid() == sh.pid) {
		sh.flow = FLOW_NONE;
		sh.unwinding = false;
		run_text(text);
	}
	fflush(stdout);
	_exit(status);
}

/* ---- the main loop ---- */
static int run_input(struct input *i)
{
	struct node *n;
	struct mark mark = arena_mark();

	for (;;) {
		if (i->interactive)
			job_reap(true);
		if (!parse_command(&n))
			break;
		if (n)
			run(n);
		run_traps();
		arena_release(mark);
		mark = arena_mark();
		if (i->interactive) {
			sh.unwinding = false;
			sh.flow = FLOW_NONE;
			sh.loop_depth = 0;
		} else if (sh.flow != FLOW_NONE || sh.unwinding) {
			break;
		}
	}
	input_close(i);
	return sh.status;
}

int run_text(const char *text)
{
	struct input i;

	input_open(&i, -1, text, false);
	return run_input(&i);
}

int run_file(int fd, bool interactive)
{
	struct input i;

	input_open(&i, fd, NULL, interactive);
	return run_input(&i);
}

/* ---- start ---- */
static void take_terminal(void)
{
	sh.tty = fcntl(2, F_DUPFD_CLOEXEC, 10);
	handle(SIGINT, on_signal);
	handle(SIGQUIT, SIG_IGN);
	handle(SIGTERM, SIG_IGN);
	/* Started in the background: stop until someone brings us to the front. */
	while (sh.tty >= 0 && tcgetpgrp(sh.tty) != getpgrp() && tcgetpgrp(sh.tty) > 0)
		kill(0, SIGTTIN);
	handle(SIGTSTP, SIG_IGN);
	handle(SIGTTIN, SIG_IGN);
	handle(SIGTTOU, SIG_IGN);
	if (getpgrp() != getpid())
		setpgid(0, 0);
	sh.pgid = getpgrp();
	sh.job_control = tcsetpgrp(sh.tty, sh.pgid) == 0;
	if (!sh.job_control)
		fprintf(stderr, "sh: no job control: %s\n", strerror(errno));
}

static int run_script(const char *path)
{
	int low = open(path, O_RDONLY | O_CLOEXEC), fd;

	if (low < 0) {
		fprintf(stderr, "sh: %s: %s\n", path, strerror(errno));
		return 127;
	}
	fd = fcntl(low, F_DUPFD_CLOEXEC, 10);
	close(low);
	return run_file(fd, false);
}

int tool_sh(int argc, char **argv)
{
	const char *command = NULL;
	bool force = false;
	int i = 1;

	sh.name = argv[0];
	sh.pid = getpid();
	var_init(environ);
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		force |= strchr(argv[i], 'i') != NULL;
		sh.errexit |= strchr(argv[i], 'e') != NULL;
		sh.xtrace |= strchr(argv[i], 'x') != NULL;
		if (strchr(argv[i], 'c') && i + 1 < argc)
			command = argv[++i];
	}
	if (i < argc)
		sh.name = argv[i++];
	sh.args = argv + i;
	sh.nargs = argc - i;
	if (command)
		shell_exit(run_text(command));
	if (sh.name != argv[0])
		shell_exit(run_script(sh.name));
	sh.interactive = force || (isatty(0) && isatty(2));
	if (sh.interactive)
		take_terminal();
	run_file(0, sh.interactive);
	if (sh.interactive)
		fputs("exit\n", stderr);
	shell_exit(sh.status);
}
