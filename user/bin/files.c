/* SPDX-License-Identifier: MIT */
/*
 * user/bin/files.c - programs that move bytes and names: cat cp mv rm mkdir rmdir ln touch
 *
 * Each is a loop over its arguments; the exit status is 1 when any argument failed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools.h"

#define PATH_SIZE 4096

/* ---- bytes ---- */
static int copy_fd(int from, int to)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		for (ssize_t done = 0; done < n; ) {
			ssize_t k = write(to, buf + done, n - done);

			if (k < 0)
				return -1;
			done += k;
		}
	}
	return n;
}

int tool_cat(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return copy_fd(0, 1) ? complain("cat", "-") : 0;
	for (int i = 1; i < argc; i++) {
		int fd = strcmp(argv[i], "-") ? open(argv[i], O_RDONLY) : dup(0);

		if (fd < 0 || copy_fd(fd, 1))
			status = complain("cat", argv[i]);
		if (fd >= 0)
			close(fd);
	}
	return status;
}

/* ---- paths ---- */
static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where @from goes when the target is @to: into it when that is a directory. */
static const char *target(char buf[PATH_SIZE], const char *from, const char *to)
{
	if (!is_dir(to))
		return to;
	snprintf(buf, PATH_SIZE, "%s/%s", to, base(from));
	return buf;
}

/* Calls @fn for each name in @dir, with the whole path. */
static int each_entry(const char *dir, int (*fn)(const char *path, void *arg), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int status = 0;

	if (!d)
		return 1;
	while ((e = readdir(d))) {
		char path[PATH_SIZE];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		status |= fn(path, arg);
	}
	closedir(d);
	return status;
}

/* ---- cp ---- */
static int copy_tree(const char *from, const char *to);

static int copy_entry(const char *path, void *to_dir)
{
	char to[PATH_SIZE];

	snprintf(to, sizeof(to), "%s/%s", (char *)to_dir, base(path));
	return copy_tree(path, to);
}

static int copy_file(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY), out, status;

	if (in < 0)
		return complain("cp", from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 07777);
	status = out < 0 || copy_fd(in, out) ? complain("cp", to) : 0;
	close(in);
	if (out >= 0 && close(out))
		status = complain("cp", to);
	return status;
}

static int copy_tree(const char *from, const char *to)
{
	struct stat st;

	if (stat(from, &st))
		return complain("cp", from);
	if (!S_ISDIR(st.st_mode))
		return copy_file(from, to, st.st_mode);
	if (mkdir(to, (st.st_mode & 07777) | 0700) && errno != EEXIST)
		return complain("cp", to);
	return each_entry(from, copy_entry, (void *)to);
}

int tool_cp(int argc, char **argv)
{
	bool recurse = argc > 1 && !strcmp(argv[1], "-r");
	char buf[PATH_SIZE];
	int status = 0;

	argc -= recurse;
	argv += recurse;
	if (argc < 3 || (argc > 3 && !is_dir(argv[argc - 1]))) {
		fprintf(stderr, "usage: cp [-r] FROM... TO\n");
		return 2;
	}
	for (int i = 1; i < argc - 1; i++) {
		if (is_dir(argv[i]) && !recurse) {
			fprintf(stderr, "cp: %s is a directory (use -r)\n", argv[i]);
			status = 1;
			continue;
		}
		status |= copy_tree(argv[i], target(buf, argv[i], argv[argc - 1]));
	}
	return status;
}

/* ---- names ---- */
int tool_mv(int argc, char **argv)
{
	char buf[PATH_SIZE];
	int status = 0;

	if (argc < 3 || (argc > 3 && !is_dir(argv[argc - 1]))) {
		fprintf(stderr, "usage: mv FROM... TO\n");
		return 2;
	}
	for (int i = 1; i < argc - 1; i++) {
		const char *to = target(buf, argv[i], argv[argc - 1]);

		if (!rename(argv[i], to))
			continue;
		if (errno == EXDEV && !is_dir(argv[i]) && !copy_tree(argv[i], to))
			status |= unlink(argv[i]) ? complain("mv", argv[i]) : 0;
		else
			status = complain("mv", argv[i]);
	}
	return status;
}

struct rm_flags {
	bool recurse, force;
};

static int remove_one(const char *path, void *arg)
{
	struct rm_flags *f = arg;
	struct stat st;
	int status = 0;

	if (lstat(path, &st))
		return f->force && errno == ENOENT ? 0 : complain("rm", path);
	if (!S_ISDIR(st.st_mode))
		return unlink(path) ? complain("rm", path) : 0;
	if (!f->recurse) {
		errno = EISDIR;
		return complain("rm", path);
	}
	status = each_entry(path, remove_one, arg);
	return rmdir(path) ? complain("rm", path) : status;
}

int tool_rm(int argc, char **argv)
{
	struct rm_flags f = { 0 };
	int status = 0, opt;

	while ((opt = getopt(argc, argv, "rRf")) != -1) {
		if (opt == '?')
			return 2;
		f.recurse |= opt == 'r' || opt == 'R';
		f.force |= opt == 'f';
	}
	for (int i = optind; i < argc; i++)
		status |= remove_one(argv[i], &f);
	return status;
}

static int make_parents(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0777) && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return mkdir(path, 0777) && (errno != EEXIST || !is_dir(path)) ? -1 : 0;
}

int tool_mkdir(int argc, char **argv)
{
	bool parents = argc > 1 && !strcmp(argv[1], "-p");
	int status = 0;

	for (int i = 1 + parents; i < argc; i++)
		if (parents ? make_parents(argv[i]) : mkdir(argv[i], 0777))
			status = complain("mkdir", argv[i]);
	return status;
}

int tool_rmdir(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		if (rmdir(argv[i]))
			status = complain("rmdir", argv[i]);
	return status;
}

int tool_ln(int argc, char **argv)
{
	bool soft = argc > 1 && !strcmp(argv[1], "-s");
	char buf[PATH_SIZE];
	const char *to;

	argv += soft;
	if (argc - soft != 3) {
		fprintf(stderr, "usage: ln [-s] OLD NEW\n");
		return 2;
	}
	to = target(buf, argv[1], argv[2]);
	return (soft ? symlink(argv[1], to) : link(argv[1], to)) ? complain("ln", to) : 0;
}

int tool_touch(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_WRONLY | O_CREAT | O_NONBLOCK, 0666);

		if (fd < 0 && errno != EISDIR)
			status = complain("touch", argv[i]);
		else if (utimensat(AT_FDCWD, argv[i], NULL, 0))
			status = complain("touch", argv[i]);
		if (fd >= 0)
			close(fd);
	}
	return status;
}
