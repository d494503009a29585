/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_jobs.c - process groups, the terminal, and waiting
 *
 * THE QUESTION   Who gets Ctrl-C and Ctrl-Z, and how does the shell learn what happened?
 *
 * THE PICTURE    job_fork --> running --(all processes ended)--> finished, removed
 *                               |  ^
 *                     (stopped) v  | job_continue: fg, bg
 *                             stopped
 *
 * ALWAYS TRUE    J1  with job control each job is one process group, and the terminal's
 *                    foreground group is that of the job the shell waits for, else the shell's.
 *                J2  both parent and child call setpgid(), so neither can be too early.
 *                J3  pids[i] is 0 once process i has been reaped.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sh.h"

struct job *jobs;

/* ---- birth ---- */
static void describe(struct str *b, const struct node *n)
{
	if (n->kind == N_SIMPLE) {
		for (const struct word *w = n->words; w; w = w->next) {
			str_adds(b, w->text, strlen(w->text));
			if (w->next)
				str_add(b, ' ');
		}
	} else if (n->kind == N_PIPE) {
		for (const struct node *p = n; p; p = p->b) {
			describe(b, p->a);
			if (p->b)
				str_adds(b, " | ", 3);
		}
	} else {
		str_adds(b, "(...)", 5);
	}
}

struct job *job_new(const struct node *n, int nprocs)
{
	struct job *j = calloc(1, sizeof(*j)), **tail = &jobs;
	struct str text = { 0 };

	str_adds(&text, "", 0);
	describe(&text, n);
	j->text = text.s;
	j->pids = calloc(nprocs, sizeof(*j->pids));
	j->id = 1;
	for (; *tail; tail = &(*tail)->next)
		if ((*tail)->id >= j->id)
			j->id = (*tail)->id + 1;
	*tail = j;
	return j;
}

static void job_free(struct job *j)
{
	struct job **p = &jobs;

	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
	free(j->pids);
	free(j->text);
	free(j);
}

/* A child of the shell forgets the shell's jobs: they are not its children. */
void job_drop_all(void)
{
	while (jobs)
		job_free(jobs);
}

static void child_signals(bool background)
{
	static const int defaults[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGTERM };

	if (sh.interactive)
		for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
			signal(defaults[i], SIG_DFL);
	if (background && !sh.job_control) {
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
	}
}

pid_t job_fork(struct job *j, bool foreground)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "sh: fork: %s\n", strerror(errno));
		return pid;
	}
	if (pid == 0) {
		if (sh.job_control) {
			setpgid(0, j->pgid);
			if (foreground)
				tcsetpgrp(sh.tty, getpgrp());
		}
		child_signals(!foreground);
		return 0;
	}
	if (!j->pgid)
		j->pgid = pid;
	if (sh.job_control)
		setpgid(pid, j->pgid);
	j->pids[j->nprocs++] = pid;
	return pid;
}

/* ---- news ---- */
int status_of(int wstatus)
{
	if (WIFSTOPPED(wstatus))
		return 128 + WSTOPSIG(wstatus);
	return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus) : WEXITSTATUS(wstatus);
}

struct job *job_of(pid_t pid)
{
	for (struct job *j = jobs; j; j = j->next)
		for (int i = 0; i < j->nprocs; i++)
			if (j->pids[i] == pid)
				return j;
	return NULL;
}

static void record(pid_t pid, int wstatus)
{
	struct job *j = job_of(pid);

	if (!j)
		return;
	if (WIFSTOPPED(wstatus)) {
		j->stopped = true;
		j->status = wstatus;
		return;
	}
	for (int i = 0; i < j->nprocs; i++) {
		if (j->pids[i] != pid)
			continue;
		if (i == j->nprocs - 1)
			j->status = wstatus;
		j->pids[i] = 0;
		j->ndone++;
	}
}

static const char *state(const struct job *j)
{
	if (j->ndone == j->nprocs)
		return WIFSIGNALED(j->status) ? strsignal(WTERMSIG(j->status)) : "Done";
	return j->stopped ? "Stopped" : "Running";
}

static void print_job(const struct job *j, FILE *to)
{
	fprintf(to, "[%d] %-22s %s\n", j->id, state(j), j->text);
}

/* Drops a job that has ended; true when it did. */
bool job_finish(struct job *j, bool report)
{
	if (j->ndone < j->nprocs)
		return false;
	if (report)
		print_job(j, stderr);
	job_free(j);
	return true;
}

/* Collects what happened to background jobs, without waiting. */
void job_reap(bool report)
{
	pid_t pid;
	int st;

	while ((pid = waitpid(-1, &st, WNOHANG | WUNTRACED)) > 0)
		record(pid, st);
	for (struct job *j = jobs, *next; j; j = next) {
		next = j->next;
		job_finish(j, report);
	}
}

void job_list(void)
{
	job_reap(false);
	for (struct job *j = jobs; j; j = j->next)
		print_job(j, stdout);
}

/* ---- waiting ---- */
static void report_death(const struct job *j)
{
	int sig = WIFSIGNALED(j->status) ? WTERMSIG(j->status) : 0;

	if (sig == SIGINT) {
		if (sh.interactive) {
			fputc('\n', stderr);
			sh.unwinding = true;
		}
	} else if (sig && sig != SIGPIPE) {
		fprintf(stderr, "%s%s\n", strsignal(sig),
			WCOREDUMP(j->status) ? " (core dumped)" : "");
	}
}

int job_wait(struct job *j)
{
	int status;

	if (!j->nprocs) {
		job_free(j);
		return 1;
	}
	while (j->ndone < j->nprocs && !j->stopped) {
		int st;
		pid_t pid = waitpid(-1, &st, sh.job_control ? WUNTRACED : 0);

		if (pid > 0)
			record(pid, st);
		else if (errno != EINTR)
			break;
	}
	if (sh.job_control)
		tcsetpgrp(sh.tty, sh.pgid);
	status = status_of(j->status);
	if (j->stopped) {
		fputc('\n', stderr);
		print_job(j, stderr);
	} else {
		report_death(j);
		job_free(j);
	}
	return status;
}

int job_continue(struct job *j, bool foreground)
{
	j->stopped = false;
	if (foreground && sh.job_control)
		tcsetpgrp(sh.tty, j->pgid);
	kill(-j->pgid, SIGCONT);
	return foreground ? job_wait(j) : 0;
}

/* %1, %+, %name, a process id, or NULL for the newest job. */
struct job *job_find(const char *spec)
{
	struct job *last = NULL;

	if (spec && *spec != '%')
		return job_of(atoi(spec));
	for (struct job *j = jobs; j; j = j->next) {
		if (spec && spec[1] && spec[1] != '+' && spec[1] != '%') {
			if (j->id == atoi(spec + 1))
				return j;
			if (!strncmp(j->text, spec + 1, strlen(spec + 1)))
				return j;
		} else {
			last = j;
		}
	}
	return last;
}
