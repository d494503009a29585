/* SPDX-License-Identifier: MIT */
/*
 * tests/link/link_test.c - programs that are not one static file: shared libraries, and ld -N
 *
 * This program is dynamic: that it runs at all shows PT_INTERP, the linker and the C library from their files. It
 * is not in the default archive (tests/link/link.mk) but beside its libraries, where it also finds the others:
 *
 *	link_test, libdyn.so (needed), libplug.so (dlopen), omagic (linked with -N), libc.so.6
 *
 * With an argument it is a child of a test: it prints what it was asked for.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/utsname.h>

#include "../user/utest.h"
#include "dyn.h"

#ifndef ADDR_COMPAT_LAYOUT
#define ADDR_COMPAT_LAYOUT 0x0200000
#endif
#define LEGACY_BASE 0x60000000UL

/* ---- where things are ---- */

struct area {
	unsigned long start, end;
	char perms[5], name[200];
};

/* The first mapping of @pid whose name ends in @name and whose rights are @perms (NULL: any). */
static bool find_area(pid_t pid, const char *name, const char *perms, struct area *a)
{
	char file[64], line[400];
	bool found = false;
	FILE *f;

	snprintf(file, sizeof(file), "/proc/%d/maps", (int)pid);
	f = fopen(file, "r");
	if (!f)
		SKIP("no %s", file);
	while (!found && fgets(line, sizeof(line), f)) {
		size_t n;

		a->name[0] = '\0';
		if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %199s", &a->start, &a->end, a->perms, a->name) < 3)
			continue;
		n = strlen(a->name);
		found = n >= strlen(name) && !strcmp(a->name + n - strlen(name), name) &&
			(!perms || !strcmp(perms, a->perms));
	}
	fclose(f);
	return found;
}

static unsigned long base_of(pid_t pid, const char *name)
{
	struct area a;

	if (!find_area(pid, name, NULL, &a))
		FAIL("process %d maps no %s", (int)pid, name);
	return a.start;
}

/* A file beside this program. */
static const char *beside(const char *name)
{
	static char path[600];
	ssize_t n = readlink("/proc/self/exe", path, 400);

	CHECK(n > 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, name);
	return path;
}

static bool on_verso(void)
{
	struct utsname u;

	CHECK_OK(uname(&u));
	return strstr(u.release, "verso") != NULL;
}

/* ---- another run of this program, which waits until it is told to end ---- */

struct run {
	pid_t pid;
	int in, out;
};

static struct run start(const char *what, unsigned long persona)
{
	char *argv[] = { (char *)"link_test", (char *)"--child", (char *)what, NULL };
	int in[2], out[2];
	struct run r;
	char ready;

	CHECK_OK(pipe2(in, O_CLOEXEC));		/* the next run must not hold this one's open */
	CHECK_OK(pipe2(out, O_CLOEXEC));
	r.pid = fork_ok();
	if (r.pid == 0) {
		if (persona)
			personality(persona);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	r.in = in[1];
	r.out = out[0];
	CHECK_EQ(read(r.out, &ready, 1), 1);
	return r;
}

static void finish(struct run *r)
{
	close(r->in);
	close(r->out);
	CHECK_EXIT(wait_for(r->pid), 0);
}

static int child_main(const char *what)
{
	char c = '.';

	if (!strcmp(what, "write"))
		dyn_data[0] = 18;
	if (dyn_text(1) != 2 || write(1, &c, 1) != 1)
		return 1;
	return read(0, &c, 1) < 0;
}

/* Runs before main(), which is utest's: a child of a test does not get there. */
__attribute__((constructor)) static void maybe_child(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--child"))
		_exit(child_main(argv[2]));
}

/* ---- frames ---- */

static uint64_t word_of(const char *file, unsigned long index)
{
	int fd = open(file, O_RDONLY);
	uint64_t word = 0;

	if (fd < 0)
		SKIP("%s: %s", file, test_errno());
	CHECK_EQ(pread(fd, &word, sizeof(word), (off_t)(index * sizeof(word))), sizeof(word));
	close(fd);
	return word;
}

/* The frame behind an address of a process. */
static unsigned long frame_of(pid_t pid, unsigned long addr)
{
	char file[64];
	uint64_t word;

	snprintf(file, sizeof(file), "/proc/%d/pagemap", (int)pid);
	word = word_of(file, addr / page);
	if (!(word >> 63))
		FAIL("process %d has no page at %#lx", (int)pid, addr);
	return (unsigned long)(word & ((1ULL << 55) - 1));
}

/* ---- the program and its interpreter ---- */

TEST(link_dynamic_program_runs_with_its_interpreter_and_libraries)
{
	struct area a;

	CHECK(getauxval(AT_BASE) != 0);
	CHECK_EQ(dyn_text(1), 2);
	CHECK_EQ(dyn_data[0], 17);
	CHECK(find_area(getpid(), "libdyn.so", "r-xp", &a));
	CHECK((unsigned long)dyn_text >= a.start && (unsigned long)dyn_text < a.end);
	CHECK(find_area(getpid(), "libc.so.6", "r-xp", &a));
}

TEST(link_interpreter_runs_a_program_it_is_given)
{
	char *argv[] = { (char *)"ld.so", (char *)"--library-path", (char *)"", (char *)"", (char *)"--child",
			 (char *)"text", NULL };
	char interpreter[200], directory[600], self[600];
	Dl_info info;
	pid_t pid;
	int p[2];

	CHECK(dladdr((void *)getauxval(AT_BASE), &info));
	snprintf(interpreter, sizeof(interpreter), "%s", info.dli_fname);
	snprintf(self, sizeof(self), "%s", beside("link_test"));
	snprintf(directory, sizeof(directory), "%s", self);
	*strrchr(directory, '/') = '\0';
	argv[2] = directory;
	argv[3] = self;
	CHECK_OK(pipe(p));
	pid = fork_ok();
	if (pid == 0) {
		dup2(p[0], 0);
		dup2(p[1], 1);
		close(p[1]);		/* so that its standard input ends */
		execv(interpreter, argv);
		_exit(99);
	}
	close(p[1]);
	CHECK_EXIT(wait_for(pid), 0);
}

/* ---- sharing ---- */

TEST(link_text_of_a_library_is_one_frame_for_two_processes)
{
	struct run a, b;
	unsigned long at = (unsigned long)dyn_text, frame;

	need_root();
	a = start("text", ADDR_NO_RANDOMIZE);
	b = start("text", 0);
	frame = frame_of(a.pid, at - base_of(getpid(), "libdyn.so") + base_of(a.pid, "libdyn.so"));
	CHECK_EQ(frame_of(b.pid, at - base_of(getpid(), "libdyn.so") + base_of(b.pid, "libdyn.so")), frame);
	if (frame && !access("/proc/kpagecount", R_OK))
		CHECK(word_of("/proc/kpagecount", frame) >= 2);
	finish(&a);
	finish(&b);
}

TEST(link_data_of_a_library_is_shared_until_one_process_writes)
{
	unsigned long at = (unsigned long)&dyn_data[0], mine, its;
	struct run w;

	need_root();
	CHECK_EQ(dyn_data[0], 17);
	w = start("write", 0);
	mine = frame_of(getpid(), at);
	its = frame_of(w.pid, at - base_of(getpid(), "libdyn.so") + base_of(w.pid, "libdyn.so"));
	if (!mine)
		SKIP("frames are not shown");
	CHECK(mine != its);
	CHECK_EQ(dyn_data[0], 17);
	finish(&w);
}

#define RUNS 6

TEST(link_text_is_in_the_page_cache_once_whoever_runs_it)
{
	struct run r[RUNS];
	long before, text;
	struct area a;

	if (!on_verso())
		SKIP("another system's page cache has other things to do");
	CHECK(find_area(getpid(), "libc.so.6", "r-xp", &a));
	text = (long)((a.end - a.start) / page);
	r[0] = start("text", 0);
	before = read_number("/proc/vmstat", "nr_file_pages");
	for (int i = 1; i < RUNS; i++)
		r[i] = start("text", 0);
	CHECK_EQ(read_number("/proc/vmstat", "nr_file_pages"), before);
	CHECK(text > 100);
	for (int i = 0; i < RUNS; i++)
		finish(&r[i]);
}

/* ---- what the linker does ---- */

TEST(link_dlopen_maps_a_library_and_dlclose_unmaps_it)
{
	void (*report)(int *);
	int state = 0;
	struct area a;
	void *plug;

	CHECK(!find_area(getpid(), "libplug.so", NULL, &a));
	plug = dlopen(beside("libplug.so"), RTLD_NOW);
	if (!plug)
		FAIL("%s", dlerror());
	CHECK(find_area(getpid(), "libplug.so", "r-xp", &a));
	report = (void (*)(int *))dlsym(plug, "plug_report_to");
	CHECK(report != NULL);
	report(&state);
	CHECK_EQ(state, PLUG_READY);
	CHECK_EQ(dlclose(plug), 0);
	CHECK_EQ(state, 0);
	CHECK(!find_area(getpid(), "libplug.so", NULL, &a));
}

static void *use_tls(void *arg)
{
	int (*count)(void) = (int (*)(void))dlsym(arg, "plug_count");
	int first = dyn_tls++;

	return (void *)(long)(first == 5 && dyn_tls == 6 && count() == 24 && count() == 25);
}

TEST(link_each_thread_has_its_own_tls_of_libraries_old_and_new)
{
	void *plug = dlopen(beside("libplug.so"), RTLD_NOW), *ok;
	pthread_t t;

	CHECK(plug != NULL);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pthread_create(&t, NULL, use_tls, plug), 0);
		CHECK_EQ(pthread_join(t, &ok), 0);
		CHECK_EQ((long)ok, 1);
	}
	CHECK(use_tls(plug) == (void *)1);
}

TEST(link_an_ifunc_was_resolved)
{
	CHECK_EQ(dyn_ifunc(), 99);
}

TEST(link_relocated_constants_are_read_only_after_relocation)
{
	struct probe p;

	CHECK_EQ(*dyn_relro[0], 41);
	CHECK_EQ(*dyn_relro[1], 42);
	p = probe_write((void *)&dyn_relro[0]);
	CHECK_EQ(p.sig, SIGSEGV);
	CHECK_EQ(p.code, SEGV_ACCERR);
}

/* ---- addresses ---- */

TEST(link_libraries_of_two_runs_are_at_different_addresses)
{
	struct run a, b;
	bool differ = false;

	if (read_number("/proc/sys/kernel/randomize_va_space", "") == 0)
		SKIP("addresses are not random here");
	for (int i = 0; i < 4 && !differ; i++) {
		a = start("text", 0);
		b = start("text", 0);
		differ = base_of(a.pid, "libc.so.6") != base_of(b.pid, "libc.so.6");
		finish(&a);
		finish(&b);
	}
	CHECK(differ);
}

TEST(link_legacy_layout_has_libraries_from_0x60000000_up_at_the_same_place_each_time)
{
	unsigned long persona = ADDR_COMPAT_LAYOUT | ADDR_NO_RANDOMIZE, libc, first;
	struct run a = start("text", persona), b = start("text", persona);

	libc = base_of(a.pid, "libc.so.6");
	CHECK_EQ(base_of(b.pid, "libc.so.6"), libc);
	CHECK_EQ(base_of(b.pid, "libdyn.so"), base_of(a.pid, "libdyn.so"));
	CHECK(libc < base_of(a.pid, "[stack]"));
	/* the linker maps what is needed in order: upwards */
	CHECK(base_of(a.pid, "libdyn.so") < libc);
	if (on_verso()) {
		struct area ld;

		CHECK(find_area(a.pid, "linux-riscv64-lp64d.so.1", NULL, &ld) ||
		      find_area(a.pid, "linux-x86-64.so.2", NULL, &ld));
		first = ld.start;
		CHECK_EQ(first, LEGACY_BASE);
		CHECK(libc > first && libc < LEGACY_BASE + (64UL << 20));
	}
	finish(&a);
	finish(&b);
}

/* ---- ld -N ---- */

TEST(link_omagic_program_has_text_and_data_in_one_writable_segment)
{
	unsigned long start = 0, end;
	char text[4096], perms[5];
	ssize_t n = 0, got;
	pid_t pid;
	int p[2];

	CHECK_OK(pipe(p));
	pid = fork_ok();
	if (pid == 0) {
		dup2(p[1], 1);
		execl(beside("omagic"), "omagic", NULL);
		_exit(99);
	}
	close(p[1]);
	while (n < (ssize_t)sizeof(text) - 1 && (got = read(p[0], text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += got;
	text[n] = '\0';
	CHECK_EXIT(wait_for(pid), 0);		/* it changed its own text, and used its heap */
	CHECK_EQ(sscanf(text, "%lx-%lx %4s", &start, &end, perms), 3);
	CHECK(!strcmp(perms, "rwxp"));
	CHECK(strstr(text, "omagic") && strstr(text, "omagic") < strchr(text, '\n'));
	CHECK(strstr(text, "[heap]") != NULL);
	CHECK(!strstr(text, "r-xp") || strstr(strstr(text, "r-xp"), "[vdso]"));
}
