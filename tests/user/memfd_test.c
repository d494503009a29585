/* SPDX-License-Identifier: MIT */
/*
 * tests/user/memfd_test.c - memfd_create, and what seals still allow
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "utest.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static int sealable(size_t size)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	CHECK_OK(fd);
	CHECK_OK(ftruncate(fd, (off_t)size));
	return fd;
}

TEST(memfd_is_a_file_without_a_name)
{
	int fd = memfd_create("hello", 0);
	char link[64], text[64] = "";
	struct stat st;

	CHECK_OK(fd);
	CHECK_OK(fstat(fd, &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0777);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(pwrite(fd, "abc", 3, 5), 3);
	CHECK_EQ(pread(fd, text, 64, 0), 8);
	CHECK(!memcmp(text, "\0\0\0\0\0abc", 8));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	memset(text, 0, sizeof(text));
	CHECK_OK(readlink(link, text, sizeof(text) - 1));
	CHECK(!strcmp(text, "/memfd:hello (deleted)"));
	CHECK_EQ(fcntl(memfd_create("x", MFD_CLOEXEC), F_GETFD), FD_CLOEXEC);
}

TEST(memfd_can_be_opened_again_through_proc)
{
	int fd = memfd_create("again", 0), other;
	char path[64], c = 0;

	CHECK_EQ(write(fd, "x", 1), 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDONLY);
	CHECK_OK(other);
	CHECK_OK(close(fd));
	CHECK_EQ(read(other, &c, 1), 1);
	CHECK_EQ(c, 'x');
}

TEST(memfd_mapping_shows_its_name)
{
	int fd = memfd_create("shown", 0);
	char line[512];
	bool found = false;
	FILE *f;

	CHECK_OK(ftruncate(fd, (off_t)page));
	map(page, RW, MAP_SHARED, fd);
	f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "rw-s") && strstr(line, "/memfd:shown (deleted)");
	CHECK(found);
}

TEST(memfd_refuses_bad_flags_and_names)
{
	char name[300];

	memset(name, 'a', sizeof(name));
	name[249] = '\0';
	CHECK_OK(memfd_create(name, 0));
	name[249] = 'a';
	name[250] = '\0';
	CHECK_ERR(memfd_create(name, 0), EINVAL);
	CHECK_ERR(memfd_create("x", 0x40000000), EINVAL);
	CHECK_ERR(memfd_create((char *)16, 0), EFAULT);
	CHECK_OK(memfd_create("", 0));
}

TEST(memfd_without_allow_sealing_cannot_be_sealed)
{
	int fd = memfd_create("x", 0), pipefd[2];

	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_OK(pipe(pipefd));
	CHECK_ERR(fcntl(pipefd[1], F_GET_SEALS), EINVAL);
	CHECK_ERR(fcntl(pipefd[1], F_ADD_SEALS, F_SEAL_WRITE), EINVAL);
}

TEST(memfd_seals_add_up_until_sealed)
{
	int fd = sealable(0), ro;
	char path[64];

	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, 0x8000), EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY);
	CHECK_OK(ro);
	CHECK_ERR(fcntl(ro, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_EQ(fcntl(ro, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

TEST(memfd_sealed_against_shrinking_and_growing_keeps_its_size)
{
	int fd = sealable(2 * page);
	char *buf = calloc(1, 3 * page);

	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	CHECK_ERR(ftruncate(fd, (off_t)page), EPERM);
	CHECK_OK(ftruncate(fd, (off_t)(3 * page)));
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	CHECK_ERR(ftruncate(fd, (off_t)(4 * page)), EPERM);
	CHECK_OK(ftruncate(fd, (off_t)(3 * page)));
	CHECK_ERR(fallocate(fd, 0, (off_t)(2 * page), (off_t)(2 * page)), EPERM);
	CHECK_OK(fallocate(fd, 0, 0, (off_t)(3 * page)));
	CHECK_EQ(pwrite(fd, buf, 3 * page, (off_t)(2 * page)), page);	/* what fits */
	CHECK_ERR(pwrite(fd, buf, 1, (off_t)(3 * page)), EPERM);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)page));
}

TEST(memfd_sealed_against_writing_cannot_change)
{
	int fd = sealable(2 * page);
	char *p = map(page, RW, MAP_SHARED, fd), *q;

	strcpy(p, "before");
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_OK(munmap(p, page));
	q = map(page, RW, MAP_PRIVATE, fd);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	strcpy(q, "mine");
	CHECK_ERR(write(fd, "x", 1), EPERM);
	CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)page), EPERM);
	CHECK_ERR(mmap(NULL, page, RW, MAP_SHARED, fd, 0), EPERM);
	p = map(page, PROT_READ, MAP_PRIVATE, fd);
	CHECK(!strcmp(p, "before"));
	CHECK_OK(ftruncate(fd, (off_t)page));	/* sizes have seals of their own */
}

TEST(memfd_future_write_seal_spares_mappings_that_exist)
{
	int fd = sealable(page);
	char *p = map(page, RW, MAP_SHARED, fd), *q;

	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) < 0)
		SKIP("no F_SEAL_FUTURE_WRITE");
	strcpy(p, "still");
	CHECK_ERR(write(fd, "x", 1), EPERM);
	CHECK_ERR(mmap(NULL, page, RW, MAP_SHARED, fd, 0), EPERM);
	q = map(page, PROT_READ, MAP_SHARED, fd);
	CHECK(!strcmp(q, "still"));
	CHECK_ERR(mprotect(q, page, RW), EACCES);
	CHECK_ERR(madvise(p, page, MADV_REMOVE), EPERM);
}

TEST(memfd_is_shared_with_a_child)
{
	int fd = sealable(page);
	char *p = map(page, RW, MAP_SHARED, fd);

	if (fork_ok() == 0) {
		CHECK_EQ(pwrite(fd, "child", 6, 0), 6);
		_exit(0);
	}
	wait(NULL);
	CHECK(!strcmp(p, "child"));
}

struct sealer {
	int fd;
	volatile bool stop, sealed;
	size_t turn;
};

static void *seal_until_done(void *arg)
{
	struct sealer *s = arg;

	while (!s->stop && !s->sealed)
		s->sealed = fcntl(s->fd, F_ADD_SEALS, F_SEAL_WRITE) == 0;
	return NULL;
}

TEST(memfd_seal_against_writing_finds_no_gap_while_the_only_mapping_is_remapped)
{
	struct sealer s = { .fd = sealable(2 * page) };
	char *p = map(page, RW, MAP_SHARED, s.fd);
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, seal_until_done, &s), 0);
	for (int64_t end = now_ns() + 500000000; now_ns() < end && !s.sealed;)
		CHECK_OK(remap_file_pages(p, page, 0, s.turn++ & 1, 0));
	s.stop = true;
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK(!s.sealed);
	CHECK_ERR(fcntl(s.fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	*p = 1;
	CHECK_OK(munmap(p, page));
	CHECK_OK(fcntl(s.fd, F_ADD_SEALS, F_SEAL_WRITE));
}
