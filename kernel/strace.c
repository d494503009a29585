/* SPDX-License-Identifier: MIT */
/*
 * kernel/strace.c - what did this program just ask the kernel?
 *
 *	strace=all | PID | NAME      on the command line
 *	[12 sh] openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *	[12 sh] openat(AT_FDCWD, "/nowhere", O_RDONLY) = -1 ENOENT
 *
 * Arguments are decoded by the format letters of syscall_table.h before the call, the line is printed
 * when it has returned (exit and exit_group: before).
 */
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/errname.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>
#include <uapi/time.h>
#include "proc_internal.h"
#include "strace.h"

#define MAX_STRING	32	/* characters of a string argument that are shown */

bool strace_enabled;

void strace_init(void)
{
	strace_enabled = boot_params.strace[0] != '\0';
}

bool strace_wanted(void)
{
	const char *who = boot_params.strace;
	unsigned long pid;

	if (!strcmp(who, "all"))
		return true;
	if (!kstrtoul(who, 10, &pid))
		return (pid_t)pid == current->process->pid || (pid_t)pid == current->tid;
	return !strcmp(who, current->comm);
}

/* ---- pieces ---- */

static void add(struct strace_line *l, const char *fmt, ...) __printf(2, 3);
static void add(struct strace_line *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	l->len += (size_t)vscnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, args);
	va_end(args);
}

struct flag_name { unsigned long bits; const char *name; };

/* NAME|NAME|0x rest; @zero when there is none */
static void add_flags(struct strace_line *l, unsigned long v, const struct flag_name *names,
		      const char *zero)
{
	const char *separator = "";

	for (; names->name; names++) {
		if ((v & names->bits) != names->bits)
			continue;
		add(l, "%s%s", separator, names->name);
		v &= ~names->bits;
		separator = "|";
	}
	if (v)
		add(l, "%s%#lx", separator, v);
	else if (!*separator)
		add(l, "%s", zero);
}

static void add_char(struct strace_line *l, char c)
{
	if (c == '\n')
		add(l, "\\n");
	else if (c == '"' || c == '\\')
		add(l, "\\%c", c);
	else if (c < ' ' || c > '~')
		add(l, "\\x%02x", (u8)c);
	else
		add(l, "%c", c);
}

static void add_quoted(struct strace_line *l, const char *s, size_t n, bool more)
{
	add(l, "\"");
	for (size_t i = 0; i < n; i++)
		add_char(l, s[i]);
	add(l, more ? "\"..." : "\"");
}

static void add_string(struct strace_line *l, unsigned long addr)
{
	char s[MAX_STRING + 1];
	long n;

	if (!addr) {
		add(l, "NULL");
		return;
	}
	n = strncpy_from_user(s, (const char __user *)addr, sizeof(s));
	if (n == -EFAULT)
		add(l, "%#lx", addr);
	else
		add_quoted(l, s, n < 0 ? MAX_STRING : (size_t)n, n < 0);
}

static void add_bytes(struct strace_line *l, unsigned long addr, size_t n)
{
	char s[MAX_STRING];
	size_t shown = min(n, sizeof(s));

	if (copy_from_user(s, (const void __user *)addr, shown))
		add(l, "%#lx", addr);
	else
		add_quoted(l, s, shown, n > shown);
}

static void add_timespec(struct strace_line *l, unsigned long addr)
{
	struct timespec64 ts;

	if (!addr)
		add(l, "NULL");
	else if (copy_from_user(&ts, (const void __user *)addr, sizeof(ts)))
		add(l, "%#lx", addr);
	else
		add(l, "{%ld.%09ld}", (long)ts.tv_sec, ts.tv_nsec);
}

/* ---- tables of names ---- */

static void add_open_flags(struct strace_line *l, unsigned long v)
{
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
	static const struct flag_name names[] = {
		{ O_CREAT, "O_CREAT" }, { O_EXCL, "O_EXCL" }, { O_NOCTTY, "O_NOCTTY" },
		{ O_TRUNC, "O_TRUNC" }, { O_APPEND, "O_APPEND" }, { O_NONBLOCK, "O_NONBLOCK" },
		{ O_DIRECTORY, "O_DIRECTORY" }, { O_NOFOLLOW, "O_NOFOLLOW" },
		{ O_CLOEXEC, "O_CLOEXEC" }, { O_PATH, "O_PATH" }, { 0, NULL },
	};

	add(l, "%s", modes[v & 3]);
	if (v & ~3UL) {
		add(l, "|");
		add_flags(l, v & ~3UL, names, "");
	}
}

static void add_prot(struct strace_line *l, unsigned long v)
{
	static const struct flag_name names[] = {
		{ PROT_READ, "PROT_READ" }, { PROT_WRITE, "PROT_WRITE" }, { PROT_EXEC, "PROT_EXEC" },
		{ 0, NULL },
	};

	add_flags(l, v, names, "PROT_NONE");
}

static void add_map_flags(struct strace_line *l, unsigned long v)
{
	static const struct flag_name names[] = {
		{ MAP_SHARED, "MAP_SHARED" }, { MAP_PRIVATE, "MAP_PRIVATE" },
		{ MAP_FIXED, "MAP_FIXED" }, { MAP_ANONYMOUS, "MAP_ANONYMOUS" },
		{ MAP_GROWSDOWN, "MAP_GROWSDOWN" }, { MAP_LOCKED, "MAP_LOCKED" },
		{ MAP_NORESERVE, "MAP_NORESERVE" }, { MAP_POPULATE, "MAP_POPULATE" },
		{ MAP_STACK, "MAP_STACK" }, { MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" },
		{ 0, NULL },
	};

	add_flags(l, v, names, "0");
}

static void add_clone_flags(struct strace_line *l, unsigned long v)
{
	static const struct flag_name names[] = {
		{ CLONE_VM, "CLONE_VM" }, { CLONE_FS, "CLONE_FS" }, { CLONE_FILES, "CLONE_FILES" },
		{ CLONE_SIGHAND, "CLONE_SIGHAND" }, { CLONE_VFORK, "CLONE_VFORK" },
		{ CLONE_PARENT, "CLONE_PARENT" }, { CLONE_THREAD, "CLONE_THREAD" },
		{ CLONE_SYSVSEM, "CLONE_SYSVSEM" }, { CLONE_SETTLS, "CLONE_SETTLS" },
		{ CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID" },
		{ CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID" },
		{ CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID" }, { SIGCHLD, "SIGCHLD" }, { 0, NULL },
	};

	add_flags(l, v, names, "0");
}

static void add_signal(struct strace_line *l, int sig)
{
	static const char *const names[] = {
		"0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS",
		"SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM",
		"SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
		"SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH",
		"SIGIO", "SIGPWR", "SIGSYS",
	};

	if (sig >= 0 && (size_t)sig < ARRAY_SIZE(names))
		add(l, "%s", names[sig]);
	else
		add(l, "SIGRT_%d", sig - SIGRTMIN);
}

/* ---- a line ---- */

static void add_number(struct strace_line *l, char how, unsigned long v)
{
	switch (how) {
	case 'd':
	case 'f':
		add(l, "%d", (int)v);
		break;
	case 'a':
		if ((int)v == AT_FDCWD)
			add(l, "AT_FDCWD");
		else
			add(l, "%d", (int)v);
		break;
	case 'u':
		add(l, "%lu", v);
		break;
	case 'l':
		add(l, "%ld", (long)v);
		break;
	case 'o':
		add(l, "0%o", (unsigned int)v);
		break;
	case 'p':
		add(l, v ? "%#lx" : "NULL", v);
		break;
	default:
		add(l, "%#lx", v);
		break;
	}
}

static void add_argument(struct strace_line *l, char how, unsigned long v, unsigned long next)
{
	switch (how) {
	case 's': add_string(l, v);		break;
	case 'b': add_bytes(l, v, next);	break;
	case 't': add_timespec(l, v);		break;
	case 'O': add_open_flags(l, v);		break;
	case 'R': add_prot(l, v);		break;
	case 'M': add_map_flags(l, v);		break;
	case 'C': add_clone_flags(l, v);	break;
	case 'S': add_signal(l, (int)v);	break;
	default:  add_number(l, how, v);	break;
	}
}

void strace_begin(struct strace_line *l, const struct syscall_info *info, struct trapframe *regs,
		  unsigned long nr)
{
	const char *format = info->format ? info->format : "xxxxxx";

	l->len = 0;
	l->text[0] = '\0';
	add(l, "[%d %s] ", current->tid, current->comm);
	if (info->name)
		add(l, "%s(", info->name);
	else
		add(l, "syscall_%lu(", nr);
	for (unsigned int i = 0; i < 6 && format[i] && format[i] != ':'; i++) {
		if (i)
			add(l, ", ");
		add_argument(l, format[i], regs_arg(regs, i), i < 5 ? regs_arg(regs, i + 1) : 0);
	}
	add(l, ")");
	if (info->name && (!strcmp(info->name, "exit") || !strcmp(info->name, "exit_group")))
		printk("%s\n", l->text);
}

void strace_end(struct strace_line *l, const struct syscall_info *info, long result)
{
	const char *how = info->format ? strchr(info->format, ':') : NULL;

	if (result < 0 && result >= -4095)
		printk("%s = -1 %s\n", l->text, errname(result) ? errname(result) : "?");
	else if (how)
		printk("%s = %#lx\n", l->text, (unsigned long)result);
	else
		printk("%s = %ld\n", l->text, result);
}
