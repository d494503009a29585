/* SPDX-License-Identifier: MIT */
/*
 * user/bin/init.c - the first process
 *
 * THE QUESTION   What must exist before a shell can run, and who reaps orphans?
 *
 * THE PICTURE    mount /proc /dev /tmp -> child: new session, owns /dev/console -> sh
 *                     |                                                            |
 *                     +-- wait for anyone, for ever <------- shell ends: return its status
 *
 *                `init WORD...' runs that program instead; else /etc/rc if it exists, else sh.
 *
 * ALWAYS TRUE    I1  when the main program ends, process 1 returns its status, and the kernel
 *                    powers the machine off. (On Linux process 1 must ask: see leave().)
 *                I2  a mount that exists already or is refused is not fatal.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools.h"

/* A tmpfs has mode 1777 at its root: what anybody may write, only its owner removes. */
static void mount_at(const char *type, const char *dir, unsigned long flags)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, flags, NULL) && errno != EBUSY && errno != EPERM)
		complain("init: mount", dir);
}

/* Gives the calling process /dev/console as 0, 1 and 2; a kernel may have done so already. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void welcome(void)
{
	struct utsname u;

	if (uname(&u))
		return;
	printf("\n%s %s on %s\n", u.sysname, u.release, u.machine);
	printf("To leave: type exit, or press Ctrl-D (machine powers off); Ctrl-A X ends QEMU.\n");
	printf("verso-tools lists the programs.\n\n");
	fflush(stdout);
}

static char **choose(int argc, char **argv)
{
	static char *rc[] = { "sh", "/etc/rc", NULL };
	static char *shell[] = { "sh", NULL };

	if (argc > 1)
		return argv + 1;
	if (!access("/etc/rc", R_OK))
		return rc;
	welcome();
	return shell;
}

static void run(char **argv)
{
	setsid();
	open_console();
	ioctl(0, TIOCSCTTY, 0);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 0);
	setenv("HOME", "/", 0);
	setenv("TERM", "vt100", 0);
	if (strchr(argv[0], '/') || !tool_find(argv[0]))
		execvp(argv[0], argv);
	else
		execv("/proc/self/exe", argv);
	execvp(argv[0], argv);
	complain("init", argv[0]);
	_exit(127);
}

/* Verso powers off when process 1 returns; Linux panics then, so there we ask for it. */
static bool powers_off_by_itself(void)
{
	struct utsname u;

	return !uname(&u) && (strstr(u.sysname, "Verso") || strstr(u.release, "verso") ||
			      strstr(u.version, "Verso"));
}

static int leave(int status)
{
	fflush(stdout);
	if (getpid() == 1 && !powers_off_by_itself()) {
		printf("init exited with status %d\n", status);
		fflush(stdout);
		sync();
		reboot(RB_POWER_OFF);
	}
	return status;
}

int tool_init(int argc, char **argv)
{
	char **program;
	pid_t main_pid, pid;
	int st;

	if (getpid() == 1) {
		mount_at("devtmpfs", "/dev", 0);
		open_console();
		mount_at("proc", "/proc", 0);
		mount_at("tmpfs", "/tmp", 0);
		mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC);
		mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV);
		signal(SIGINT, SIG_IGN);
	}
	program = choose(argc, argv);
	main_pid = fork();
	if (main_pid < 0)
		return complain("init", "fork");
	if (main_pid == 0) {
		signal(SIGINT, SIG_DFL);
		run(program);
	}
	for (;;) {
		pid = wait(&st);
		if (pid == main_pid)
			break;
		if (pid < 0 && errno != EINTR)
			return complain("init", "wait");
	}
	return leave(WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st));
}
