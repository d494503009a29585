/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_exec.c - runs the tree: loops in this process, programs in children
 *
 * THE QUESTION   What must be a new process, and what must not be?
 *
 * THE PICTURE    kind                     runs in
 *                builtin, function        the shell itself (cd must change *its* directory)
 *                program                  one child: redirect, then execve
 *                a | b | c                one child each, one process group, one job
 *                ( list ), list &, $( )   a child that goes on as a shell
 *
 * ALWAYS TRUE    E1  redirections of a builtin are undone before the next command runs.
 *                E2  stdout's buffer is empty when fork() is called, so nothing prints twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sh.h"
#include "tools.h"

/* ---- functions ---- */
struct func {
	struct func *next;
	char *name;
	struct node *body;
};
static struct func *funcs;

void func_set(const char *name, struct node *body)
{
	struct func *f = arena_alloc(sizeof(*f));

	*f = (struct func){ funcs, arena_dup(name, strlen(name)), body };
	funcs = f;
	arena_pin();
}

struct node *func_find(const char *name)
{
	for (struct func *f = funcs; f; f = f->next)
		if (!strcmp(f->name, name))
			return f->body;
	return NULL;
}

/* ---- redirections ---- */
static int here_document(const struct redir *r)
{
	char *body = r->literal ? r->target : expand_here(r->target);
	size_t n = strlen(body);
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return -1;
	/* A body longer than the pipe needs a writer of its own. */
	if (n <= 4096) {
		if (write(p[1], body, n) < 0)
			perror("sh: here-document");
	} else if (fork() == 0) {
		close(p[0]);
		while (n > 0) {
			ssize_t k = write(p[1], body, n);

			if (k <= 0)
				break;
			body += k;
			n -= k;
		}
		_exit(0);
	}
	close(p[1]);
	return p[0];
}

static int open_target(const struct redir *r, const char *name)
{
	static const int flags[] = {
		[R_IN] = O_RDONLY,
		[R_OUT] = O_WRONLY | O_CREAT | O_TRUNC,
		[R_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
		[R_RDWR] = O_RDWR | O_CREAT,
	};
	int fd = open(name, flags[r->kind] | O_CLOEXEC, 0666);

	if (fd < 0)
		fprintf(stderr, "sh: %s: %s\n", name, strerror(errno));
	return fd;
}

static int redirect_dup(const struct redir *r, const char *name)
{
	if (!strcmp(name, "-")) {
		close(r->fd);
		return 0;
	}
	if (dup2(atoi(name), r->fd) >= 0)
		return 0;
	fprintf(stderr, "sh: %s: %s\n", name, strerror(errno));
	return -1;
}

/* Applies the list; @saved (of a builtin) keeps the old descriptors, -2 meaning untouched. */
int redirect(const struct redir *r, int saved[10])
{
	for (; r; r = r->next) {
		char *name = r->kind == R_HERE ? NULL : expand_one(r->target);
		int fd;

		if (saved && saved[r->fd] == -2)
			saved[r->fd] = fcntl(r->fd, F_DUPFD_CLOEXEC, 10);
		if (r->kind == R_DUP) {
			if (redirect_dup(r, name))
				return -1;
			continue;
		}
		fd = r->kind == R_HERE ? here_document(r) : open_target(r, name);
		if (fd < 0)
			return -1;
		if (fd != r->fd) {
			dup2(fd, r->fd);
			close(fd);
		} else {
			fcntl(fd, F_SETFD, 0);
		}
	}
	return 0;
}

void redirect_undo(int saved[10])
{
	for (int fd = 0; fd < 10; fd++) {
		if (saved[fd] == -2)
			continue;
		if (saved[fd] < 0) {
			close(fd);
		} else {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
	}
}

/* ---- programs ---- */
static void try_exec(const char *path, char **argv, char **env)
{
	int argc = 0;
	char **script;

	execve(path, argv, env);
	if (errno != ENOEXEC)
		return;
	while (argv[argc])
		argc++;
	script = arena_alloc((argc + 3) * sizeof(*script));
	script[0] = "sh";
	script[1] = (char *)path;
	for (int i = 1; i <= argc; i++)
		script[i + 1] = argv[i];
	execve("/proc/self/exe", script, env);
}

void exec_program(char **argv)
{
	char **env = var_environ();
	const char *path = var_get("PATH");
	bool denied = false;
	char file[4096];

	if (strchr(argv[0], '/')) {
		try_exec(argv[0], argv, env);
		fprintf(stderr, "sh: %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	for (const char *p = path ? path : "/bin"; *p; ) {
		size_t n = strcspn(p, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, p, argv[0]);
		try_exec(n ? file : argv[0], argv, env);
		denied |= errno == EACCES;
		p += n + (p[n] == ':');
	}
	if (tool_find(argv[0]))
		execve("/proc/self/exe", argv, env);
	fprintf(stderr, "sh: %s: %s\n", argv[0], denied ? "permission denied" : "not found");
	_exit(denied ? 126 : 127);
}

/* ---- simple commands ---- */
static bool is_assignment(const char *s)
{
	size_t n = name_length(s);

	return n && s[n] == '=';
}

static void assign(const char *text, bool export)
{
	size_t n = name_length(text);
	char *value = expand_one(text + n + 1);

	var_set(arena_dup(text, n), value, export);
}

static void trace(char **argv)
{
	fputc('+', stderr);
	for (; *argv; argv++)
		fprintf(stderr, " %s", *argv);
	fputc('\n', stderr);
}

static int call_function(struct node *body, int argc, char **argv)
{
	char **args = sh.args;
	int nargs = sh.nargs;

	sh.args = argv + 1;
	sh.nargs = argc - 1;
	run(body);
	if (sh.flow == FLOW_RETURN)
		sh.flow = FLOW_NONE;
	sh.args = args;
	sh.nargs = nargs;
	return sh.status;
}

/* A builtin or function: in this process, with redirections that end with it. */
static int run_inside(struct node *n, int argc, char **argv, struct node *func, builtin_fn *fn)
{
	int saved[10] = { -2, -2, -2, -2, -2, -2, -2, -2, -2, -2 };
	bool keeps = fn && !strcmp(argv[0], "exec") && argc == 1;
	int status = 1;

	fflush(stdout);
	if (redirect(n->redirs, keeps ? NULL : saved) == 0) {
		if (func)
			status = call_function(func, argc, argv);
		else
			status = fn ? fn(argc, argv) : sh.status;
	}
	fflush(stdout);
	redirect_undo(saved);
	return status;
}

/* In a child that has nothing else to do the program takes the shell's place. */
static int run_program(struct node *n, struct word *assigns, struct word *end, char **argv)
{
	struct job *j = job_new(n, 1);

	if (sh.last_command || job_fork(j, true) == 0) {
		for (; assigns != end; assigns = assigns->next)
			assign(assigns->text, true);
		if (redirect(n->redirs, NULL))
			_exit(1);
		exec_program(argv);
	}
	return job_wait(j);
}

static int run_simple(struct node *n)
{
	struct mark mark = arena_mark();
	struct word *args = n->words;
	struct node *func;
	builtin_fn *fn;
	char **argv;
	int argc;

	while (args && is_assignment(args->text))
		args = args->next;
	sh.status = args ? sh.status : 0;
	argv = expand_words(args, &argc);
	if (sh.xtrace && argc)
		trace(argv);
	func = argc ? func_find(argv[0]) : NULL;
	fn = argc && !func ? builtin_find(argv[0]) : NULL;
	sh.last_command &= !func && !fn;
	if (!argc || func || fn) {
		for (struct word *w = n->words; w != args; w = w->next)
			assign(w->text, func || fn);
		sh.status = run_inside(n, argc, argv, func, fn);
	} else {
		sh.status = run_program(n, n->words, args, argv);
	}
	arena_release(mark);
	return sh.status;
}

/* ---- pipelines, subshells, background ---- */
static void child_runs(struct node *n)
{
	sh.interactive = sh.job_control = false;
	sh.last_command = n->kind == N_SIMPLE;
	job_drop_all();
	run(n);
	fflush(stdout);
	shell_exit(sh.status);
}

static void pipe_child(struct node *n, int from, const int *to)
{
	if (from >= 0) {
		dup2(from, 0);
		close(from);
	}
	if (to) {
		dup2(to[1], 1);
		close(to[0]);
		close(to[1]);
	}
	child_runs(n);
}

static struct job *start_pipe(struct node *n, bool foreground)
{
	int count = 0, from = -1;
	struct job *j;

	for (struct node *p = n; p; p = p->b)
		count++;
	j = job_new(n, count);
	for (struct node *p = n; p; p = p->b) {
		int to[2] = { -1, -1 };

		if (p->b && pipe2(to, O_CLOEXEC)) {
			perror("sh: pipe");
			break;
		}
		if (job_fork(j, foreground) == 0)
			pipe_child(p->a, from, p->b ? to : NULL);
		if (from >= 0)
			close(from);
		if (p->b)
			close(to[1]);
		from = to[0];
	}
	return j;
}

static struct job *start_child(struct node *n, bool foreground)
{
	struct job *j = job_new(n, 1);

	if (job_fork(j, foreground) == 0) {
		if (n->kind == N_SUBSHELL) {
			if (redirect(n->redirs, NULL))
				_exit(1);
			n = n->a;
		}
		child_runs(n);
	}
	return j;
}

static int run_background(struct node *n)
{
	struct job *j = n->kind == N_PIPE ? start_pipe(n, false) : start_child(n, false);

	if (!j->nprocs)
		return 1;
	sh.last_bg = j->pids[j->nprocs - 1];
	if (sh.interactive)
		fprintf(stderr, "[%d] %d\n", j->id, (int)sh.last_bg);
	return 0;
}

char *capture(const char *command)
{
	struct str out = { 0 };
	char buf[512];
	ssize_t n;
	pid_t pid;
	int p[2], st = 0;

	str_adds(&out, "", 0);
	if (pipe2(p, O_CLOEXEC))
		return out.s;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		sh.interactive = sh.job_control = sh.last_command = false;
		job_drop_all();
		run_text(command);
		fflush(stdout);
		shell_exit(sh.status);
	}
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		str_adds(&out, buf, n > 0 ? n : 0);
	close(p[0]);
	while (pid > 0 && waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	sh.status = pid > 0 ? status_of(st) : 1;
	while (out.len && out.s[out.len - 1] == '\n')
		out.s[--out.len] = 0;
	return out.s;
}

/* ---- loops and choices ---- */
/* After the body of a loop: true when the loop must end. */
static bool loop_ends(void)
{
	if (sh.unwinding)
		return true;
	if (sh.flow == FLOW_NONE)
		return false;
	if (sh.flow == FLOW_RETURN)
		return true;
	if (--sh.flow_count > 0)
		return true;
	if (sh.flow == FLOW_BREAK) {
		sh.flow = FLOW_NONE;
		return true;
	}
	sh.flow = FLOW_NONE;
	return false;
}

/* Runs a condition: its failure is an answer, so `set -e' does not apply. */
static int test_run(struct node *n)
{
	bool errexit = sh.errexit;
	int status;

	sh.errexit = false;
	status = run(n);
	sh.errexit = errexit;
	return status;
}

static int run_while(struct node *n)
{
	int status = 0;

	sh.loop_depth++;
	while ((test_run(n->a) == 0) == (n->kind == N_WHILE) && sh.flow == FLOW_NONE) {
		status = run(n->b);
		if (loop_ends())
			break;
	}
	sh.loop_depth--;
	return status;
}

static int run_for(struct node *n)
{
	struct mark mark = arena_mark();
	char **list = sh.args;
	int count = sh.nargs, status = 0;

	if (n->has_list)
		list = expand_words(n->words, &count);
	sh.loop_depth++;
	for (int i = 0; i < count; i++) {
		var_set(n->name, list[i], false);
		status = run(n->a);
		if (loop_ends())
			break;
	}
	sh.loop_depth--;
	arena_release(mark);
	return status;
}

static int run_case(struct node *n)
{
	char *subject = expand_one(n->name);

	for (struct case_item *i = n->items; i; i = i->next)
		for (struct word *p = i->patterns; p; p = p->next)
			if (!fnmatch(expand_pattern(p->text), subject, 0))
				return i->body ? run(i->body) : 0;
	return 0;
}

static int run_compound(struct node *n)
{
	switch (n->kind) {
	case N_IF:
		if (test_run(n->a) == 0)
			return run(n->b);
		return n->c ? run(n->c) : 0;
	case N_WHILE:
	case N_UNTIL:
		return run_while(n);
	case N_FOR:
		return run_for(n);
	case N_CASE:
		return run_case(n);
	default:
		return run(n->a);
	}
}

static int run_redirected(struct node *n)
{
	int saved[10] = { -2, -2, -2, -2, -2, -2, -2, -2, -2, -2 };
	int status = 1;

	if (!n->redirs)
		return run_compound(n);
	fflush(stdout);
	if (redirect(n->redirs, saved) == 0)
		status = run_compound(n);
	fflush(stdout);
	redirect_undo(saved);
	return status;
}

static int run_and_or(struct node *n)
{
	int status = test_run(n->a);

	if (sh.flow == FLOW_NONE && (status == 0) == (n->kind == N_AND))
		status = run(n->b);
	return status;
}

static int run_kind(struct node *n)
{
	switch (n->kind) {
	case N_SIMPLE:
		return run_simple(n);
	case N_PIPE:
		return job_wait(start_pipe(n, true));
	case N_SUBSHELL:
		return job_wait(start_child(n, true));
	case N_BG:
		return run_background(n->a);
	case N_AND:
	case N_OR:
		return run_and_or(n);
	case N_NOT:
		return !test_run(n->a);
	case N_SEQ:
		run(n->a);
		return run(n->b);
	case N_FUNC:
		func_set(n->name, n->a);
		return 0;
	default:
		return run_redirected(n);
	}
}

int run(struct node *n)
{
	bool condition = n->kind == N_IF || n->kind == N_WHILE || n->kind == N_UNTIL ||
			 n->kind == N_AND || n->kind == N_OR || n->kind == N_NOT;

	run_traps();
	if (sh.flow != FLOW_NONE || sh.unwinding)
		return sh.status;
	sh.status = run_kind(n);
	if (sh.errexit && sh.status && !condition)
		shell_exit(sh.status);
	return sh.status;
}
