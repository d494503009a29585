/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix_object.c - memory that has a name or a number: memfd and its seals, System V segments,
 *                                files of /dev/shm
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "callmatrix.h"

/* ---- memfd_create ---- */
static void one_memfd(const char *what, const char *name, unsigned int flags)
{
	struct stat st;
	long fd;

	key("memfd_create %s flags %#x", what, flags);
	fd = CALL(SYS_memfd_create, name, flags);
	if (fd >= 0) {
		add(" a descriptor, seals %d, fd flags %d, flags %#x", fcntl((int)fd, F_GET_SEALS),
		    fcntl((int)fd, F_GETFD),
		    fcntl((int)fd, F_GETFL) & ~0100000); /* O_LARGEFILE's value is a port's own */
		if (!fstat((int)fd, &st))
			add(" mode %o links %lu size %ld", st.st_mode, (unsigned long)st.st_nlink,
			    (long)st.st_size);
		close((int)fd);
	} else {
		result(fd);
	}
	end();
}

static void run_memfd(void)
{
	static const unsigned int flags[] = { 0, 1, 2, 3, 0x20, 0x40, 0x80000000, 0xffffffff, 1U << 26 };
	static char name[300];

	for (size_t i = 0; i < LENGTH(flags); i++)
		one_memfd("name", "name", flags[i]);
	one_memfd("empty name", "", 0);
	one_memfd("name with slashes", "a/b", 0);
	one_memfd("null", NULL, 0);
	one_memfd("null", NULL, 0x80000000);
	one_memfd("kernel address", (char *)(1UL << 63), 0);
	for (size_t n = 248; n < 252; n++) {
		memset(name, 'n', n);
		name[n] = '\0';
		key("memfd_create name of %zu", n);
		result(CALL(SYS_memfd_create, name, 0) >= 0 ? 0 : -errno);
		end();
	}
}

/* ---- seals ---- */
#define ALL_SEALS 0x1f

/* What a seal leaves: each operation on a file of two pages that is sealed so. */
static void try_sealed(int fd)
{
	char buf[2 * PAGE];
	void *p;

	memset(buf, 'w', sizeof(buf));
	add(" write %ld", pwrite(fd, "x", 1, 0) < 0 ? (long)-errno : 1L);
	add(" over %ld", (long)(pwrite(fd, buf, sizeof(buf), PAGE)));
	add(" append %d", pwrite(fd, "x", 1, 2 * PAGE) < 0 ? errno : 0);
	add(" shrink %d", ftruncate(fd, PAGE) ? errno : 0);
	add(" same %d", ftruncate(fd, 2 * PAGE) ? errno : 0);
	add(" grow %d", ftruncate(fd, 4 * PAGE) ? errno : 0);
	add(" allocate %d", fallocate(fd, 0, 0, 6 * PAGE) ? errno : 0);
	add(" keep %d", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8 * PAGE) ? errno : 0);
	add(" punch %d", fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, PAGE) ? errno : 0);
	for (int i = 0; i < 4; i++) {
		p = mmap(NULL, PAGE, i & 1 ? RW : PROT_READ, i & 2 ? MAP_PRIVATE : MAP_SHARED, fd, 0);
		add(" map %d", p == MAP_FAILED ? errno : 0);
		if (p != MAP_FAILED) {
			add("/%d", mprotect(p, PAGE, RW) ? errno : 0);
			munmap(p, PAGE);
		}
	}
}

static int two_pages(unsigned int flags)
{
	int fd = memfd_create("m", flags);

	if (ftruncate(fd, 2 * PAGE))
		add(" no size");
	return fd;
}

static void run_seals(void)
{
	static const struct {
		int first, mapped;
	} again[] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 }, { 0, 2 }, { 0, 3 } };

	for (int seals = -1; seals <= 0x40; seals++) {
		int fd;

		if ((seals & 0x20) && linux_since(6, 3))
			continue; /* F_SEAL_EXEC */
		key("seals %#x", seals);
		fd = two_pages(MFD_ALLOW_SEALING);
		add(" add %d", fcntl(fd, F_ADD_SEALS, seals) ? errno : 0);
		add(" have %#x", fcntl(fd, F_GET_SEALS));
		try_sealed(fd);
		close(fd);
		end();
	}
	for (size_t i = 0; i < LENGTH(again); i++)
		for (int seals = 1; seals <= 0x10; seals <<= 1) {
			int fd = two_pages(again[i].first ? 0 : MFD_ALLOW_SEALING);
			void *p = MAP_FAILED;

			key("seals %#x sealed %d mapped %d", seals, again[i].first, again[i].mapped);
			if (again[i].mapped)
				p = mmap(NULL, PAGE, again[i].mapped & 1 ? RW : PROT_READ,
					 again[i].mapped & 2 ? MAP_PRIVATE : MAP_SHARED, fd, 0);
			add(" add %d", fcntl(fd, F_ADD_SEALS, seals) ? errno : 0);
			add(" have %#x", fcntl(fd, F_GET_SEALS));
			if (p != MAP_FAILED) {
				add(" mprotect %d", mprotect(p, PAGE, RW) ? errno : 0);
				munmap(p, PAGE);
			}
			add(" again %d", fcntl(fd, F_ADD_SEALS, seals) ? errno : 0);
			close(fd);
			end();
		}
}

/* Seals on what cannot have them, or may not. */
static void run_seals_elsewhere(void)
{
	static const char *const paths[] = { "/dev/zero", "/dev/null", "/proc/self/maps", "/dev/shm", "/proc" };
	int p[2], fd;

	for (size_t i = 0; i < LENGTH(paths); i++) {
		fd = open(paths[i], O_RDONLY);
		key("seals of %s", paths[i]);
		add(" get %d", fcntl(fd, F_GET_SEALS) < 0 ? errno : 0);
		add(" add %d", fcntl(fd, F_ADD_SEALS, 1) < 0 ? errno : 0);
		close(fd);
		end();
	}
	fd = file_of(1, 0);
	key("seals of a tmpfs file");
	add(" get %d", fcntl(fd, F_GET_SEALS));
	add(" add %d", fcntl(fd, F_ADD_SEALS, 1) < 0 ? errno : 0);
	end();
	close(fd);
	if (pipe(p))
		return;
	key("seals of a pipe");
	add(" get %d", fcntl(p[0], F_GET_SEALS) < 0 ? errno : 0);
	end();
	fd = open_again(O_RDONLY);
	key("seals of a tmpfs file read only");
	add(" add %d", fcntl(fd, F_ADD_SEALS, 1) < 0 ? errno : 0);
	add(" closed %d", fcntl(999, F_ADD_SEALS, 1) < 0 ? errno : 0);
	end();
	close(fd);
}

/* ---- System V ---- */
static void one_shmget(int k, size_t size, int flags)
{
	long id;

	key("shmget key %#x size %#zx flags %#o", (unsigned int)k, size, (unsigned int)flags);
	id = CALL(SYS_shmget, k, size, flags);
	if (id >= 0) {
		struct shmid_ds ds;

		if (!shmctl((int)id, IPC_STAT, &ds))
			add(" mode %o size %#zx attached %lu", ds.shm_perm.mode, ds.shm_segsz, ds.shm_nattch);
		shmctl((int)id, IPC_RMID, NULL);
	} else {
		result(id);
	}
	end();
}

static void run_shmget(void)
{
	static const int keys[] = { IPC_PRIVATE, 0x1234567 };
	static const size_t sizes[] = { 0, 1, PAGE, PAGE + 1, 1UL << 62, -1UL, 1UL << 63 };
	static const int flags[] = { 0,
				     0600,
				     IPC_CREAT | 0600,
				     IPC_CREAT | IPC_EXCL | 0640,
				     IPC_EXCL,
				     010000 | IPC_CREAT,
				     IPC_CREAT | 03777 };

	for (size_t k = 0; k < LENGTH(keys); k++)
		for (size_t s = 0; s < LENGTH(sizes); s++)
			for (size_t f = 0; f < LENGTH(flags); f++)
				one_shmget(keys[k], sizes[s], flags[f]);
}

/* A key that exists: other sizes, flags and rights. */
static void run_shmget_again(void)
{
	static const size_t sizes[] = { 0, 1, 2 * PAGE, 2 * PAGE + 1, -1UL };
	static const int flags[] = { 0, 0400, 0600, 0700, 0777, IPC_CREAT, IPC_EXCL, IPC_CREAT | IPC_EXCL };
	int id = shmget(0x7654321, 2 * PAGE, IPC_CREAT | 0600);

	for (size_t s = 0; s < LENGTH(sizes); s++)
		for (size_t f = 0; f < LENGTH(flags); f++) {
			long value;

			key("shmget again size %#zx flags %#o", sizes[s], (unsigned int)flags[f]);
			value = CALL(SYS_shmget, 0x7654321, sizes[s], flags[f]);
			result(value == id ? 0 : value);
			end();
		}
	shmctl(id, IPC_RMID, NULL);
	key("shmget again removed");
	result(CALL(SYS_shmget, 0x7654321, 0, 0));
	end();
}

static void one_shmat(int mode, unsigned long addr, int flags, bool occupied)
{
	int id = shmget(IPC_PRIVATE, 2 * PAGE + 5, mode);
	struct shmid_ds ds;
	long value;

	key("shmat mode %o at %#lx flags %#o%s", (unsigned int)mode, addr, (unsigned int)flags,
	    occupied ? " occupied" : "");
	if (occupied)
		map_anon(5, 1, RW, 0);
	value = CALL(SYS_shmat, id, addr, flags);
	result(value);
	arena_state(EVERYTHING);
	if (!shmctl(id, IPC_STAT, &ds))
		add(" attached %lu", ds.shm_nattch);
	shmctl(id, IPC_RMID, NULL);
	if (value > 0)
		add(" shmdt %ld", CALL(SYS_shmdt, value));
	end();
	arena_clear();
}

static void run_shmat(void)
{
	static const unsigned long addrs[] = { 0,     1,	 P(4),	    P(4) + 1,	 PAGE - 1,
					       -PAGE, 1UL << 63, 1UL << 62, P(4) + 0xfff };
	static const int flags[] = {
		0,     SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC, SHM_RDONLY | SHM_EXEC, SHM_REMAP | SHM_RND,
		07777, 0x10000,	   -1
	};
	static const int modes[] = { 0600, 0400, 0200, 0, 0700 };

	for (size_t m = 0; m < LENGTH(modes); m++)
		for (size_t a = 0; a < LENGTH(addrs); a++)
			for (size_t f = 0; f < LENGTH(flags); f++)
				if (!(addrs[a] && addrs[a] < PAGE && (flags[f] & SHM_RND)))
					for (int o = 0; o < (addrs[a] >= ARENA && addrs[a] < P(9) ? 2 : 1); o++)
						one_shmat(modes[m], addrs[a], flags[f], o);
}

/* Parts of an attachment unmapped, protected, moved: what shmdt finds. */
static void run_shmdt(void)
{
	static const unsigned long at[] = { P(4), P(5), P(6), P(4) + 1, 0, -PAGE, 1UL << 63, P(3) };

	for (int how = 0; how < 6; how++)
		for (size_t a = 0; a < LENGTH(at); a++) {
			int id = shmget(IPC_PRIVATE, 4 * PAGE, 0600);
			struct shmid_ds ds;

			shmat(id, (void *)P(4), 0);
			key("shmdt after %d at %#lx", how, at[a]);
			if (how == 1)
				munmap((void *)P(4), PAGE);
			else if (how == 2)
				munmap((void *)P(5), PAGE);
			else if (how == 3)
				mprotect((void *)P(5), PAGE, PROT_READ);
			else if (how == 4)
				mremap((void *)P(4), 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				       (void *)P(9));
			else if (how == 5)
				shmat(id, (void *)P(9), 0);
			result(CALL(SYS_shmdt, at[a]));
			arena_state(0);
			shmctl(id, IPC_STAT, &ds);
			add(" attached %lu", ds.shm_nattch);
			shmctl(id, IPC_RMID, NULL);
			arena_clear();
			end();
		}
}

static void run_shmctl(void)
{
	static const int commands[] = { IPC_RMID, IPC_SET, IPC_STAT, SHM_LOCK, SHM_UNLOCK, 5,
					10,	  16,	   99,	     -1,       256 };
	static const unsigned long limits[] = { 0, PAGE, 1 << 20 };
	struct shmid_ds ds;

	for (int own = 0; own < 3; own++) /* mine, removed, never was */
		for (size_t c = 0; c < LENGTH(commands); c++)
			for (int b = 0; b < 2; b++) {
				int id = own == 2 ? 0x7fff : shmget(IPC_PRIVATE, 2 * PAGE, 0600);

				if (own == 1)
					shmctl(id, IPC_RMID, NULL);
				key("shmctl %s command %d %s",
				    own == 0   ? "mine"
				    : own == 1 ? "removed"
					       : "never",
				    commands[c], b ? "no buffer" : "buffer");
				memset(&ds, 0, sizeof(ds));
				ds.shm_perm.mode = 0644;
				result(CALL(SYS_shmctl, id, commands[c], b ? NULL : &ds));
				if (!own && !shmctl(id, IPC_STAT, &ds))
					add(" mode %o", ds.shm_perm.mode);
				if (!own)
					shmctl(id, IPC_RMID, NULL);
				end();
			}
	for (size_t l = 0; l < LENGTH(limits); l++) {
		const struct rlimit r = { limits[l], RLIM_INFINITY };
		int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600);

		setrlimit(RLIMIT_MEMLOCK, &r);
		key("shmctl SHM_LOCK of two pages with %lu bytes", limits[l]);
		result(CALL(SYS_shmctl, id, SHM_LOCK, NULL));
		add(" unlock %d", shmctl(id, SHM_UNLOCK, NULL) ? errno : 0);
		shmctl(id, IPC_RMID, NULL);
		end();
	}
	key("shmctl negative id");
	result(CALL(SYS_shmctl, -1, IPC_STAT, &ds));
	end();
}

const struct case_group object_groups[] = {
	{ "memfd", run_memfd, true, false },
	{ "seals", run_seals, false, false },
	{ "seals_elsewhere", run_seals_elsewhere, true, false },
	{ "shmget", run_shmget, true, false },
	{ "shmget_again", run_shmget_again, true, false },
	{ "shmat", run_shmat, true, false },
	{ "shmdt", run_shmdt, false, false },
	{ "shmctl", run_shmctl, true, false },
	{ NULL, NULL, false, false },
};
