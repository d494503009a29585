/* SPDX-License-Identifier: MIT */
/*
 * tests/user/mmsoak_test.c - a short run of user/bin/mmsoak.c, on every kind of machine the tests know
 *
 * THE QUESTION   Do threads that change one address space together still see what each of them left there?
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "utest.h"

/* Beside this program, on this machine; in /bin, on ours. */
static const char *find_tools(void)
{
	static char self[PATH_MAX], path[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(path, sizeof(path), "%s/verso-tools", n > 0 ? dirname(self) : "/bin");
	if (access(path, X_OK))
		SKIP("no %s", path);
	return path;
}

TEST_WITHIN(150, threads_of_one_address_space_each_see_what_they_left_there)
{
	const char *tools = find_tools();
	char text[8192];
	int out[2];
	pid_t pid;
	int status;

	CHECK_OK(pipe(out));
	pid = fork_ok();
	if (!pid) {
		dup2(out[1], 1);
		execl(tools, tools, "mmsoak", "5", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	read_whole(out[0], text, sizeof(text));
	status = wait_for(pid);
	if (!EXITED(status, 0) || !strstr(text, " 0 mismatches\n"))
		FAIL("wait status %#x: %s", status, text);
}
