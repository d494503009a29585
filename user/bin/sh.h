/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh.h - what the files of the shell share
 *
 * THE PICTURE    sh_lex.c -> sh_parse.c -> tree of struct node -> sh_exec.c -> fork, exec
 *                 (tokens)   (grammar)                           |      \-> sh_jobs.c (wait)
 *                                                  sh_expand.c <-/       \-> sh_builtin.c
 *                                                  (words to fields)
 *
 * ALWAYS TRUE    S1  a word in the tree is still raw text, quotes included; only sh_expand.c
 *                    removes quotes, and it runs each time the command runs.
 *                S2  tree and fields live in the arena; nothing in the arena outlives the
 *                    top-level command, except that a function definition pins it.
 *                S3  no descriptor from 10 up is given to a command (all are close-on-exec).
 */
#ifndef USER_SH_H
#define USER_SH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- arena ---- */
struct mark {
	struct chunk *chunk;
	size_t used;
	unsigned int pins;
};
void *arena_alloc(size_t size);
char *arena_dup(const char *s, size_t n);
struct mark arena_mark(void);
void arena_release(struct mark m);
void arena_pin(void);

/* A growing string in ordinary memory. */
struct str {
	char *s;
	size_t len, cap;
};
void str_add(struct str *b, char c);
void str_adds(struct str *b, const char *s, size_t n);

/* ---- input and tokens ---- */
enum tok {
	T_EOF, T_NL, T_WORD, T_SEMI, T_DSEMI, T_AMP, T_AND, T_PIPE, T_OR, T_LPAR, T_RPAR, T_REDIR
};
enum redir_kind { R_IN, R_OUT, R_APPEND, R_RDWR, R_DUP, R_HERE };
struct redir {
	struct redir *next;
	int fd;
	enum redir_kind kind;
	char *target;		/* raw word; for R_HERE the body */
	bool literal;		/* R_HERE with a quoted delimiter: body is not expanded */
	bool strip_tabs;	/* <<- */
};
struct input {
	struct input *prev;
	int fd;			/* -1: only the text in buf */
	struct str buf;
	size_t pos;
	bool interactive;
	bool second;		/* a command has begun: prompt is PS2 */
	bool eof;
	enum tok tok;
	char *word;		/* T_WORD: raw text */
	struct redir *redir;	/* T_REDIR: operator; the target word follows */
	struct redir *heres[8];	/* here-documents whose bodies follow the next newline */
	int nheres;
};
extern struct input *in;
void input_open(struct input *i, int fd, const char *text, bool interactive);
void input_close(struct input *i);
void next_token(void);
void syntax_error(const char *what) __attribute__((noreturn));

/* ---- tree ---- */
struct word {
	struct word *next;
	char *text;
};
struct case_item {
	struct case_item *next;
	struct word *patterns;
	struct node *body;
};
enum node_kind {
	N_SIMPLE, N_PIPE, N_AND, N_OR, N_SEQ, N_BG, N_NOT, N_IF, N_WHILE, N_UNTIL, N_FOR, N_CASE,
	N_BRACE, N_SUBSHELL, N_FUNC
};
struct node {
	enum node_kind kind;
	struct node *a, *b, *c;		/* operands; N_IF: condition, then, else */
	struct word *words;		/* N_SIMPLE: words; N_FOR: list */
	struct redir *redirs;
	char *name;			/* N_FOR: variable; N_CASE: subject; N_FUNC: name */
	bool has_list;			/* N_FOR: `in' was given */
	struct case_item *items;
};
/* parse_command - one complete command; false at end of input. *@n may be NULL (empty line). */
bool parse_command(struct node **n);

/* ---- variables ---- */
struct var {
	struct var *next;
	char *name, *value;
	bool exported, readonly;
};
extern struct var *vars;
void var_init(char **env);
const char *var_get(const char *name);
int var_set(const char *name, const char *value, bool export);
void var_unset(const char *name);
char **var_environ(void);
size_t name_length(const char *s);

/* ---- expansion ---- */
char **expand_words(const struct word *w, int *argc);
char *expand_one(const char *text);		/* no field splitting, no globbing */
char *expand_pattern(const char *text);		/* quoted characters come out backslashed */
char *expand_here(const char *text);
char *capture(const char *command);		/* $(command), malloc'ed */
long arith(const char *text);
void glob_field(const char *pattern, struct word ***tail);

/* ---- execution ---- */
enum flow { FLOW_NONE, FLOW_BREAK, FLOW_CONTINUE, FLOW_RETURN };
struct shell {
	int status;			/* $? */
	pid_t pid, last_bg;		/* $$ and $! */
	const char *name;		/* $0 */
	char **args;			/* $1.. */
	int nargs;
	enum flow flow;
	int flow_count;
	bool interactive, job_control, errexit, xtrace;
	bool last_command;		/* a child whose only command this is: no fork needed */
	bool unwinding;			/* Ctrl-C: give up everything up to the prompt */
	int loop_depth;
	int tty;			/* the terminal, or -1 */
	pid_t pgid;
};
extern struct shell sh;
int run(struct node *n);
int run_text(const char *text);
int run_file(int fd, bool interactive);
int redirect(const struct redir *r, int saved[10]);
void redirect_undo(int saved[10]);
void run_traps(void);
void shell_exit(int status) __attribute__((noreturn));
void exec_program(char **argv) __attribute__((noreturn));
void func_set(const char *name, struct node *body);
struct node *func_find(const char *name);

/* ---- jobs ---- */
struct job {
	struct job *next;
	int id, nprocs, ndone;
	pid_t pgid, *pids;
	int status;			/* of the last process of the pipeline */
	bool stopped, notify;
	char *text;
};
extern struct job *jobs;
struct job *job_new(const struct node *n, int nprocs);
pid_t job_fork(struct job *j, bool foreground);
int job_wait(struct job *j);
int job_continue(struct job *j, bool foreground);
void job_reap(bool report);
void job_drop_all(void);
struct job *job_find(const char *spec);
struct job *job_of(pid_t pid);
bool job_finish(struct job *j, bool report);
int status_of(int wstatus);
void job_list(void);

/* ---- builtins ---- */
typedef int builtin_fn(int argc, char **argv);
builtin_fn *builtin_find(const char *name);
int bi_test(int argc, char **argv);
int bi_trap(int argc, char **argv);
int bi_printf(int argc, char **argv);
int signal_number(const char *name);
const char *signal_name(int sig);

#endif
