/* SPDX-License-Identifier: MIT */
/*
 * tests/user/tty_test.c - the terminal: termios, job control signals
 *
 * A pseudo-terminal gives a terminal of our own. Where there is none the tests use the console
 * only for questions that change nothing, or SKIP.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "utest.h"

static int master, slave;

static void make_pty(void)
{
	int unlock = 0, number;
	char name[32];

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) || ioctl(master, TIOCGPTN, &number))
		SKIP("no pseudo-terminals");
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	slave = open(name, O_RDWR | O_NOCTTY);
	if (slave < 0)
		SKIP("no /dev/pts");
}

static int any_tty(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0 || !isatty(fd))
		SKIP("no terminal");
	return fd;
}

TEST(tty_isatty_tells_terminals_from_files)
{
	struct termios t;

	CHECK(!isatty(make_file("f", "", 0)));
	CHECK_EQ(errno, ENOTTY);
	CHECK_ERR(tcgetattr(open("/dev/null", O_RDWR), &t), ENOTTY);
}

TEST(tty_attributes_can_be_read_and_written_back)
{
	int fd = any_tty();
	struct termios a, b;

	CHECK_OK(tcgetattr(fd, &a));
	signal(SIGTTOU, SIG_IGN);
	CHECK_OK(tcsetattr(fd, TCSANOW, &a));
	CHECK_OK(tcgetattr(fd, &b));
	CHECK_EQ(a.c_lflag, b.c_lflag);
	CHECK_EQ(a.c_iflag, b.c_iflag);
	CHECK(!memcmp(a.c_cc, b.c_cc, sizeof(a.c_cc)));
}

TEST(tty_window_size_can_be_asked)
{
	struct winsize w;

	CHECK_OK(ioctl(any_tty(), TIOCGWINSZ, &w));
}

TEST(tty_unknown_ioctl_is_enotty)
{
	CHECK_ERR(ioctl(make_file("f", "", 0), TIOCGWINSZ, NULL), ENOTTY);
}

TEST(tty_canonical_mode_gives_whole_edited_lines)
{
	char buf[32];

	make_pty();
	CHECK_EQ(write(master, "abx\177c\n", 6), 6);
	CHECK_EQ(read(slave, buf, sizeof(buf)), 4);
	CHECK(!memcmp(buf, "abc\n", 4));
	CHECK_EQ(write(master, "zzz\025k\n", 6), 6);
	CHECK_EQ(read(slave, buf, sizeof(buf)), 2);
	CHECK(!memcmp(buf, "k\n", 2));
}

TEST(tty_control_d_at_the_start_of_a_line_is_end_of_file)
{
	char buf[8];

	make_pty();
	CHECK_EQ(write(master, "\004", 1), 1);
	CHECK_EQ(read(slave, buf, sizeof(buf)), 0);
	CHECK_EQ(write(master, "ab\004", 3), 3);
	CHECK_EQ(read(slave, buf, sizeof(buf)), 2);
}

TEST(tty_raw_mode_gives_bytes_at_once)
{
	struct termios t;
	char buf[8];

	make_pty();
	CHECK_OK(tcgetattr(slave, &t));
	cfmakeraw(&t);
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(write(master, "\003x", 2), 2);
	CHECK_EQ(read(slave, buf, 1), 1);
	CHECK_EQ(buf[0], 3);
}

TEST(tty_output_newline_becomes_carriage_return_newline)
{
	char buf[8];

	make_pty();
	CHECK_EQ(write(slave, "a\n", 2), 2);
	CHECK_EQ(read(master, buf, sizeof(buf)), 3);
	CHECK(!memcmp(buf, "a\r\n", 3));
}

/* A session of one process on the pty; the key must end it with @sig. */
static void press_key(const char *key, int sig)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		setsid();
		if (ioctl(slave, TIOCSCTTY, 0))
			_exit(1);
		CHECK_EQ(write(master, key, 1), 1);
		for (;;)
			pause();
	}
	CHECK_KILLED(wait_for(pid), sig);
}

TEST(tty_control_c_interrupts_the_foreground_group)
{
	make_pty();
	press_key("\003", SIGINT);
}

TEST(tty_control_backslash_quits_the_foreground_group)
{
	make_pty();
	press_key("\034", SIGQUIT);
}

static void session_with_job(void *arg)
{
	pid_t pid;
	int st;

	(void)arg;
	setsid();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	signal(SIGTTOU, SIG_IGN);
	pid = fork_ok();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_DFL);
		for (;;)
			pause();
	}
	setpgid(pid, pid);
	CHECK_OK(tcsetpgrp(slave, pid));
	CHECK_EQ(tcgetpgrp(slave), pid);
	CHECK_EQ(write(master, "\032", 1), 1);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGTSTP);
	CHECK_OK(tcsetpgrp(slave, getpgrp()));
	CHECK_OK(kill(-pid, SIGCONT));
	CHECK_OK(kill(-pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

TEST(tty_control_z_stops_a_job_and_the_shell_takes_the_terminal_back)
{
	make_pty();
	CHECK_EXIT(in_child(session_with_job, NULL), 0);
}

static void background_read(void *arg)
{
	pid_t pid;
	char c;
	int st;

	(void)arg;
	setsid();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	pid = fork_ok();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(read(slave, &c, 1) != 1);
	}
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGTTIN);
	CHECK_OK(kill(pid, SIGKILL));
}

TEST(tty_read_from_the_background_stops_with_sigttin)
{
	make_pty();
	CHECK_EXIT(in_child(background_read, NULL), 0);
}
