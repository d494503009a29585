/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_builtin.c - commands that must run inside the shell
 *
 * THE QUESTION   Which commands change the shell itself (directory, variables, jobs, masks)
 *                or would be silly as processes (true, echo, test)?
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sh.h"
#include "tools.h"

static int bi_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int bi_false(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

/* ---- directory ---- */
static int bi_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : var_get("HOME");
	char cwd[PATH_MAX];
	bool back = to && !strcmp(to, "-");

	if (back)
		to = var_get("OLDPWD");
	if (!to)
		to = "/";
	if (!getcwd(cwd, sizeof(cwd)))
		*cwd = 0;
	if (chdir(to)) {
		fprintf(stderr, "cd: %s: %s\n", to, strerror(errno));
		return 1;
	}
	if (back)
		puts(to);
	var_set("OLDPWD", cwd, false);
	if (getcwd(cwd, sizeof(cwd)))
		var_set("PWD", cwd, true);
	return 0;
}

/* ---- variables ---- */
static int declare(int argc, char **argv, bool export, bool readonly)
{
	for (int i = 1; i < argc; i++) {
		size_t n = name_length(argv[i]);
		char *name = strndup(argv[i], n);

		if (!n || (argv[i][n] && argv[i][n] != '=')) {
			fprintf(stderr, "%s: bad name: %s\n", argv[0], argv[i]);
			free(name);
			return 1;
		}
		var_set(name, argv[i][n] ? argv[i] + n + 1 : NULL, export);
		for (struct var *v = vars; readonly && v; v = v->next)
			if (!strcmp(v->name, name))
				v->readonly = true;
		free(name);
	}
	for (struct var *v = vars; argc == 1 && v; v = v->next)
		if ((export && v->exported) || (readonly && v->readonly))
			printf("%s %s=%s\n", argv[0], v->name, v->value ? v->value : "");
	return 0;
}

static int bi_export(int argc, char **argv)
{
	return declare(argc, argv, true, false);
}

static int bi_readonly(int argc, char **argv)
{
	return declare(argc, argv, false, true);
}

static int bi_unset(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		var_unset(argv[i]);
	return 0;
}

/* New positional parameters stay until the next `set', so they are ordinary memory. */
static void set_args(int argc, char **argv)
{
	char **args = calloc(argc + 1, sizeof(*args));

	for (int i = 0; i < argc; i++)
		args[i] = strdup(argv[i]);
	sh.args = args;
	sh.nargs = argc;
}

static int bi_set(int argc, char **argv)
{
	int i = 1;

	for (struct var *v = vars; argc == 1 && v; v = v->next)
		printf("%s=%s\n", v->name, v->value ? v->value : "");
	for (; i < argc && (argv[i][0] == '-' || argv[i][0] == '+') && argv[i][1]; i++) {
		bool on = argv[i][0] == '-';

		if (!strcmp(argv[i], "--")) {
			set_args(argc - i - 1, argv + i + 1);
			return 0;
		}
		for (char *o = argv[i] + 1; *o; o++) {
			if (*o == 'e')
				sh.errexit = on;
			else if (*o == 'x')
				sh.xtrace = on;
		}
	}
	if (i < argc)
		set_args(argc - i, argv + i);
	return 0;
}

static int bi_shift(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	if (n < 0 || n > sh.nargs)
		return 1;
	sh.args += n;
	sh.nargs -= n;
	return 0;
}

/* Bytewise, so that what follows the line is left for the next command. */
static bool read_line(struct str *line, bool raw)
{
	char c;
	ssize_t n;

	str_adds(line, "", 0);
	while ((n = read(0, &c, 1)) > 0 && c != '\n') {
		if (c == '\\' && !raw) {
			if (read(0, &c, 1) <= 0)
				break;
			if (c == '\n')
				continue;
		}
		str_add(line, c);
	}
	return n > 0;
}

static int bi_read(int argc, char **argv)
{
	bool raw = argc > 1 && !strcmp(argv[1], "-r");
	const char *ifs = var_get("IFS");
	struct str line = { 0 };
	bool got = read_line(&line, raw);
	char *s = line.s;

	if (!ifs)
		ifs = " \t\n";
	for (int i = 1 + raw; i < argc; i++) {
		size_t n;

		s += strspn(s, ifs);
		n = i == argc - 1 ? strlen(s) : strcspn(s, ifs);
		while (i == argc - 1 && n && strchr(ifs, s[n - 1]))
			n--;
		char *value = strndup(s, n);

		var_set(argv[i], value, false);
		free(value);
		s += n;
		s += *s != 0;
	}
	free(line.s);
	return !got;
}

/* ---- control ---- */
static int leave(enum flow flow, int argc, char **argv)
{
	if (!sh.loop_depth)
		return 0;
	sh.flow = flow;
	sh.flow_count = argc > 1 ? atoi(argv[1]) : 1;
	return 0;
}

static int bi_break(int argc, char **argv)
{
	return leave(FLOW_BREAK, argc, argv);
}

static int bi_continue(int argc, char **argv)
{
	return leave(FLOW_CONTINUE, argc, argv);
}

static int bi_return(int argc, char **argv)
{
	sh.flow = FLOW_RETURN;
	return argc > 1 ? atoi(argv[1]) & 255 : sh.status;
}

static int bi_exit(int argc, char **argv)
{
	shell_exit(argc > 1 ? atoi(argv[1]) & 255 : sh.status);
}

static int bi_exec(int argc, char **argv)
{
	if (argc > 1)
		exec_program(argv + 1);
	return 0;
}

static int bi_eval(int argc, char **argv)
{
	struct str text = { 0 };
	int status;

	str_adds(&text, "", 0);
	for (int i = 1; i < argc; i++) {
		str_adds(&text, argv[i], strlen(argv[i]));
		str_add(&text, ' ');
	}
	sh.status = 0;
	status = run_text(text.s);
	free(text.s);
	return status;
}

static int bi_dot(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	int status;

	if (fd < 0) {
		fprintf(stderr, ".: %s: %s\n", argc > 1 ? argv[1] : "", strerror(errno));
		return 1;
	}
	status = run_file(fd, false);
	close(fd);
	if (sh.flow == FLOW_RETURN)
		sh.flow = FLOW_NONE;
	return status;
}

static int bi_type(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		if (func_find(argv[i]))
			printf("%s is a function\n", argv[i]);
		else if (builtin_find(argv[i]))
			printf("%s is a shell builtin\n", argv[i]);
		else if (tool_find(argv[i]))
			printf("%s is a tool of this binary\n", argv[i]);
		else
			status = printf("%s: not found\n", argv[i]) > 0;
	}
	return status;
}

static int bi_umask(int argc, char **argv)
{
	mode_t old = umask(0);

	umask(argc > 1 ? (mode_t)strtol(argv[1], NULL, 8) & 0777 : old);
	if (argc == 1)
		printf("%04o\n", (unsigned int)old);
	return 0;
}

/* ---- jobs ---- */
static int bi_jobs(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	job_list();
	return 0;
}

static int resume(int argc, char **argv, bool foreground)
{
	struct job *j = job_find(argc > 1 ? argv[1] : NULL);

	if (!j) {
		fprintf(stderr, "%s: no such job\n", argv[0]);
		return 1;
	}
	fprintf(stderr, "%s%s\n", j->text, foreground ? "" : " &");
	return job_continue(j, foreground);
}

static int bi_fg(int argc, char **argv)
{
	return resume(argc, argv, true);
}

static int bi_bg(int argc, char **argv)
{
	return resume(argc, argv, false);
}

static int bi_wait(int argc, char **argv)
{
	int status = 0;

	if (argc == 1) {
		while (jobs && !jobs->stopped)
			job_wait(jobs);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		struct job *j = job_find(argv[i]);

		status = j ? job_wait(j) : 127;
	}
	return status;
}

static int bi_kill(int argc, char **argv)
{
	int sig = SIGTERM, status = 0, i = 1;

	if (argc > 1 && !strcmp(argv[1], "-l")) {
		for (int s = 1; s < 32; s++)
			printf("%2d %s\n", s, signal_name(s));
		return 0;
	}
	if (i < argc && argv[i][0] == '-') {
		const char *name = argv[i] + 1;

		if (!strcmp(argv[i], "-s") && i + 1 < argc)
			name = argv[++i];
		sig = signal_number(name);
		i++;
	}
	if (sig < 0 || i == argc) {
		fprintf(stderr, "usage: kill [-SIGNAL] PID | %%JOB ...\n");
		return 2;
	}
	for (; i < argc; i++) {
		struct job *j = *argv[i] == '%' ? job_find(argv[i]) : NULL;
		pid_t pid = j ? -j->pgid : atoi(argv[i]);

		errno = ESRCH;
		if ((*argv[i] == '%' && !j) || kill(pid, sig)) {
			fprintf(stderr, "kill: %s: %s\n", argv[i], strerror(errno));
			status = 1;
		}
		if (j && j->stopped && (sig == SIGTERM || sig == SIGHUP))
			kill(pid, SIGCONT);
	}
	return status;
}

/* ---- the table ---- */
static const struct {
	const char *name;
	builtin_fn *fn;
} table[] = {
	{ ".", bi_dot },	  { ":", bi_true },	    { "[", bi_test },
	{ "bg", bi_bg },	  { "break", bi_break },    { "cd", bi_cd },
	{ "continue", bi_continue }, { "echo", tool_echo }, { "eval", bi_eval },
	{ "exec", bi_exec },	  { "exit", bi_exit },	    { "export", bi_export },
	{ "false", bi_false },	  { "fg", bi_fg },	    { "jobs", bi_jobs },
	{ "kill", bi_kill },	  { "printf", bi_printf },  { "pwd", tool_pwd },
	{ "read", bi_read },	  { "readonly", bi_readonly }, { "return", bi_return },
	{ "set", bi_set },	  { "shift", bi_shift },    { "test", bi_test },
	{ "trap", bi_trap },	  { "true", bi_true },	    { "type", bi_type },
	{ "umask", bi_umask },	  { "unset", bi_unset },    { "wait", bi_wait },
};

builtin_fn *builtin_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].fn;
	return NULL;
}
