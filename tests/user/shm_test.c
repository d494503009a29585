/* SPDX-License-Identifier: MIT */
/*
 * tests/user/shm_test.c - shared memory of System V and of POSIX
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "utest.h"

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

static int made[16], nmade;

static void remove_all(void)
{
	while (nmade)
		shmctl(made[--nmade], IPC_RMID, NULL);
}

/* A private segment that goes when the test ends well; SKIP where there are none. */
static int segment(size_t size, int flags)
{
	int id = shmget(IPC_PRIVATE, size, flags);

	if (id < 0 && errno == ENOSYS)
		SKIP("no System V shared memory");
	CHECK_OK(id);
	if (!nmade)
		atexit(remove_all);
	made[nmade++] = id;
	return id;
}

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	CHECK_OK(shmctl(id, IPC_STAT, &ds));
	return ds;
}

static key_t some_key(void)
{
	return (key_t)(0x5e550000 + getpid());
}

TEST(shm_segment_is_shared_and_zeroed)
{
	int id = segment(3 * page, IPC_CREAT | 0600);
	char *p = shmat(id, NULL, 0), *q;

	CHECK(p != (void *)-1);
	for (size_t i = 0; i < 3 * page; i += 64)
		CHECK_EQ(p[i], 0);
	q = shmat(id, NULL, 0);
	CHECK(q != (void *)-1 && q != p);
	p[page] = 7;
	CHECK_EQ(q[page], 7);
	if (fork_ok() == 0) {
		q[2 * page] = 9;
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(p[2 * page], 9);
	remove_all();
}

TEST(shm_attach_counts_follow_fork_exec_and_exit)
{
	int id = segment(page, 0600), fds[2];
	char *p = shmat(id, NULL, 0), c;
	pid_t pid;

	CHECK(p != (void *)-1);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_OK(pipe(fds));
	pid = fork_ok();
	if (pid == 0) {
		close(fds[1]);
		(void)!read(fds[0], &c, 1);
		_exit(0);
	}
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_OK(close(fds[1]));
	wait_for(pid);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(stat_of(id).shm_lpid, pid);
	CHECK_OK(shmdt(p));
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	CHECK_EQ(probe_read(p).sig, SIGSEGV);
	remove_all();
}

TEST(shm_removed_segment_goes_with_its_last_attachment)
{
	int id = segment(page, 0600);
	char *p = shmat(id, NULL, 0), *q;
	struct shmid_ds ds;

	CHECK_OK(shmctl(id, IPC_RMID, NULL));
	ds = stat_of(id);
	CHECK(ds.shm_perm.mode & SHM_DEST);
	q = shmat(id, NULL, 0);			/* Linux lets who knows the id in still */
	CHECK(q != (void *)-1);
	CHECK_OK(shmdt(p));
	q[0] = 1;
	CHECK_OK(shmdt(q));
	CHECK(shmctl(id, IPC_STAT, &ds) == -1 && (errno == EINVAL || errno == EIDRM));
	nmade = 0;
}

TEST(shm_key_finds_the_segment)
{
	key_t key = some_key();
	int id = shmget(key, 2 * page, IPC_CREAT | IPC_EXCL | 0600);

	if (id < 0 && errno == ENOSYS)
		SKIP("no System V shared memory");
	CHECK_OK(id);
	made[nmade++] = id;
	atexit(remove_all);
	CHECK_EQ(shmget(key, 0, 0), id);
	CHECK_EQ(shmget(key, page, IPC_CREAT), id);
	CHECK_ERR(shmget(key, page, IPC_CREAT | IPC_EXCL), EEXIST);
	CHECK_ERR(shmget(key, 3 * page, 0), EINVAL);
	CHECK_OK(shmctl(id, IPC_RMID, NULL));
	CHECK_ERR(shmget(key, page, 0), ENOENT);
	nmade = 0;
}

TEST(shm_get_refuses_bad_sizes)
{
	segment(page, 0600);
	CHECK_ERR(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	CHECK_ERR(shmget(IPC_PRIVATE, (size_t)-1, 0600), EINVAL);
	CHECK_ERR(shmget(some_key(), page, 0), ENOENT);
	remove_all();
}

TEST(shm_attach_takes_the_address_it_is_told)
{
	int id = segment(page + 100, 0600);
	char *p = map(8 * page, RW, ANON, -1);

	CHECK_OK(munmap(p, 8 * page));
	CHECK(shmat(id, p + 1, 0) == (void *)-1 && errno == EINVAL);
	CHECK(shmat(id, p + 1, SHM_RND) == p);
	CHECK(shmat(id, p, 0) == (void *)-1 && errno == EINVAL);	/* taken */
	CHECK(shmat(id, p, SHM_REMAP) == p);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK(shmat(id, NULL, SHM_REMAP) == (void *)-1 && errno == EINVAL);
	CHECK_ERR(shmdt(p + 1), EINVAL);
	CHECK_ERR(shmdt(p + 4 * page), EINVAL);
	CHECK_OK(shmdt(p));
	CHECK_ERR(shmdt(p), EINVAL);
	remove_all();
}

TEST(shm_read_only_attachment_cannot_be_written)
{
	int id = segment(page, 0600);
	char *p = shmat(id, NULL, 0), *q = shmat(id, NULL, SHM_RDONLY);

	p[0] = 5;
	CHECK_EQ(q[0], 5);
	CHECK_EQ(probe_write(q).sig, SIGSEGV);
	CHECK_ERR(mprotect(q, page, RW), EACCES);
	remove_all();
}

TEST(shm_detach_of_a_split_attachment_takes_all_parts)
{
	int id = segment(6 * page, 0600);
	char *p = shmat(id, NULL, 0);

	CHECK_OK(mprotect(p + 2 * page, page, PROT_READ));
	CHECK_OK(munmap(p + 4 * page, page));
	CHECK_OK(shmdt(p));
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	CHECK_EQ(maps_count(p, 6 * page), 0);
	remove_all();
}

TEST(shm_permissions_are_checked)
{
	pid_t child;
	int id = segment(page, 0640), secret = segment(page, 0600);
	struct shmid_ds ds = stat_of(id);

	need_root();
	ds.shm_perm.uid = 1000;
	ds.shm_perm.mode = 0400;
	CHECK_OK(shmctl(id, IPC_SET, &ds));
	CHECK_EQ(stat_of(id).shm_perm.mode & 0777, 0400);
	child = fork_ok();
	if (child == 0) {
		CHECK_OK(setgid(1000));
		CHECK_OK(setuid(1000));
		CHECK(shmat(id, NULL, 0) == (void *)-1 && errno == EACCES);
		CHECK(shmat(id, NULL, SHM_RDONLY) != (void *)-1);
		CHECK(shmat(secret, NULL, SHM_RDONLY) == (void *)-1 && errno == EACCES);
		CHECK_ERR(shmctl(secret, IPC_STAT, &ds), EACCES);
		CHECK_ERR(shmctl(secret, IPC_SET, &ds), EPERM);
		CHECK_ERR(shmctl(secret, IPC_RMID, NULL), EPERM);
		CHECK_ERR(shmctl(secret, SHM_LOCK, NULL), EPERM);
		_exit(0);
	}
	CHECK_EXIT(wait_for(child), 0);
	remove_all();
}

TEST(shm_info_is_zero_between_its_fields)
{
	static const char zero[8];
	struct shm_info info;

	memset(&info, 0xff, sizeof(info));
	CHECK_OK(shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	CHECK(!memcmp((char *)&info + sizeof(info.used_ids), zero,
		      offsetof(struct shm_info, shm_tot) - sizeof(info.used_ids)));
}

#define SHMALL "/proc/sys/kernel/shmall"

static unsigned long pages_in_segments(void)
{
	struct shm_info info;

	CHECK_OK(shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	return info.shm_tot;
}

/* There is room for one segment of four pages, and each of four processes wants one. */
static void take_and_give(unsigned long limit)
{
	for (int i = 0; i < 1000; i++) {
		int id = shmget(IPC_PRIVATE, 4 * page, 0600);

		if (id < 0)
			CHECK_EQ(errno, ENOSPC);
		CHECK(pages_in_segments() <= limit);
		if (id >= 0)
			CHECK_OK(shmctl(id, IPC_RMID, NULL));
	}
}

TEST(shm_pages_of_all_segments_stay_within_shmall_however_many_ask_at_once)
{
	unsigned long limit;
	char text[32], old[32];
	struct utsname u;
	bool good = true;
	pid_t pid[4];

	CHECK_OK(uname(&u));
	if (!strstr(u.release, "verso"))
		SKIP("the limit is the whole machine's");
	need_proc();
	read_whole(open(SHMALL, O_RDONLY), old, sizeof(old));
	limit = pages_in_segments() + 4;
	snprintf(text, sizeof(text), "%lu", limit);
	CHECK_OK(write_text(SHMALL, text));
	for (int i = 0; i < 4; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0) {
			take_and_give(limit);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++) {
		int st = wait_for(pid[i]);

		good &= EXITED(st, 0);
	}
	CHECK_OK(write_text(SHMALL, old));
	CHECK(good);
}

TEST(shm_info_counts_segments)
{
	int id = segment(4 * page, 0600), found = -1, highest;
	struct shm_info info;
	struct shminfo limits;
	struct shmid_ds ds;

	highest = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
	CHECK_OK(highest);
	CHECK(info.used_ids >= 1);
	CHECK(info.shm_tot >= 4);
	CHECK_OK(shmctl(0, IPC_INFO, (struct shmid_ds *)&limits));
	CHECK_EQ(limits.shmmin, 1);
	CHECK(limits.shmmni > 0);
	for (int i = 0; i <= highest; i++)
		if (shmctl(i, SHM_STAT_ANY, &ds) == id)
			found = i;
	CHECK(found >= 0);
	CHECK_EQ(shmctl(found, SHM_STAT, &ds), id);
	CHECK_EQ(ds.shm_segsz, 4 * page);
	CHECK_EQ(ds.shm_cpid, getpid());
	CHECK_ERR(shmctl(id, 99, &ds), EINVAL);
	CHECK_ERR(shmctl(-1, IPC_STAT, &ds), EINVAL);
	CHECK_ERR(shmctl(id, IPC_STAT, (void *)16), EFAULT);
	remove_all();
}

TEST(shm_lock_is_shown_and_limited)
{
	pid_t child;
	int id = segment(4 * page, 0600);
	struct rlimit none = { 0, 0 };
	struct shmid_ds ds;

	CHECK_OK(shmctl(id, SHM_LOCK, NULL));
	CHECK(stat_of(id).shm_perm.mode & SHM_LOCKED);
	CHECK_OK(shmctl(id, SHM_UNLOCK, NULL));
	CHECK(!(stat_of(id).shm_perm.mode & SHM_LOCKED));
	need_root();
	ds = stat_of(id);
	ds.shm_perm.uid = 1000;
	CHECK_OK(shmctl(id, IPC_SET, &ds));
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &none));
	child = fork_ok();
	if (child == 0) {
		CHECK_OK(setuid(1000));
		CHECK_ERR(shmctl(id, SHM_LOCK, NULL), EPERM);
		_exit(0);
	}
	CHECK_EXIT(wait_for(child), 0);
	remove_all();
}

TEST(shm_segments_are_listed_in_proc)
{
	int id = segment(2 * page, 0640);
	FILE *f = fopen("/proc/sysvipc/shm", "r");
	char line[512];
	bool found = false;
	char *p = shmat(id, NULL, 0);

	CHECK(f != NULL);
	p[0] = 1;
	CHECK(fgets(line, sizeof(line), f) && strstr(line, "shmid"));
	while (fgets(line, sizeof(line), f)) {
		long key, shmid, size, nattch;
		int mode;

		CHECK(sscanf(line, "%ld %ld %o %ld %*d %*d %ld", &key, &shmid, &mode, &size, &nattch) == 5);
		if (shmid == id) {
			found = true;
			CHECK_EQ(key, 0);
			CHECK_EQ(mode & 0777, 0640);
			CHECK_EQ(size, 2 * page);
			CHECK_EQ(nattch, 1);
		}
	}
	CHECK(found);
	remove_all();
}

TEST(shm_mapping_shows_the_segments_name)
{
	int id = segment(page, 0600);
	char line[512];
	bool found = false;
	FILE *f;

	CHECK(shmat(id, NULL, 0) != (void *)-1);
	f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "rw-s") && strstr(line, "/SYSV00000000 (deleted)");
	CHECK(found);
	remove_all();
}

/* ---- POSIX ---- */

TEST(posix_shm_object_is_shared_by_name)
{
	char name[64], *p, *q;
	struct stat st, dev;
	int fd, other;

	snprintf(name, sizeof(name), "/utest-%d", getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK_OK(fd);
	CHECK_OK(ftruncate(fd, (off_t)(2 * page)));
	other = shm_open(name, O_RDONLY, 0);
	CHECK_OK(other);
	p = map(2 * page, RW, MAP_SHARED, fd);
	q = map(2 * page, PROT_READ, MAP_SHARED, other);
	p[page] = 3;
	CHECK_EQ(q[page], 3);
	CHECK_OK(shm_unlink(name));
	CHECK_ERR(shm_open(name, O_RDONLY, 0), ENOENT);
	CHECK_OK(stat("/dev/shm", &st));
	CHECK_OK(stat("/dev", &dev));
	if (st.st_dev != dev.st_dev)		/* a bare directory in a chroot is as its maker left it */
		CHECK_EQ(st.st_mode & 07777, 01777);
}

TEST(posix_named_semaphore_joins_processes)
{
	pid_t child;
	char name[64];
	sem_t *s;

	snprintf(name, sizeof(name), "/utest-%d", getpid());
	s = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
	CHECK(s != SEM_FAILED);
	child = fork_ok();
	if (child == 0) {
		sem_t *mine = sem_open(name, 0);

		CHECK(mine != SEM_FAILED);
		CHECK_OK(sem_post(mine));
		_exit(0);
	}
	CHECK_OK(sem_wait(s));
	CHECK_EXIT(wait_for(child), 0);
	CHECK_OK(sem_unlink(name));
}
