/* SPDX-License-Identifier: MIT */
/*
 * tests/user/exec_test.c - execve: what the new program gets, scripts, and every refusal
 *
 * The tests run this binary again, as `utest exec-NAME ARG...' (see the constructor below).
 */
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

#define SELF "/proc/self/exe"

/* ---- what the exec'ed copies do ---- */
static int check_args(int argc, char **argv)
{
	return argc != 4 || strcmp(argv[2], "") || strcmp(argv[3], "b c") || argv[4];
}

static int check_env(void)
{
	return !getenv("UTEST_A") || strcmp(getenv("UTEST_A"), "1") || getenv("PATH") ||
	       environ[1] != NULL;
}

static int check_auxv(void)
{
	const unsigned char *random = (void *)getauxval(AT_RANDOM);
	const char *file = (void *)getauxval(AT_EXECFN);

	if (getauxval(AT_PAGESZ) != (unsigned long)sysconf(_SC_PAGESIZE))
		return 1;
	if (!getauxval(AT_PHDR) || !getauxval(AT_PHNUM) ||
	    getauxval(AT_PHENT) != sizeof(Elf64_Phdr))
		return 2;
	if (!getauxval(AT_ENTRY) || !random || !file || strcmp(file, SELF))
		return 3;
	if (getauxval(AT_UID) != getuid() || getauxval(AT_EGID) != getegid() ||
	    getauxval(AT_SECURE))
		return 4;
	return 0;
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A child asks: does our lock on descriptor @fd keep others out? */
static int still_locked(int fd)
{
	struct flock l = { .l_type = F_WRLCK };
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(fcntl(fd, F_GETLK, &l) || l.l_type != F_WRLCK || l.l_pid != getppid());
	return pid < 0 || waitpid(pid, &st, 0) != pid || st;
}

__attribute__((constructor)) static void exec_helpers(int argc, char **argv)
{
	const char *what = argc > 1 && !strncmp(argv[1], "exec-", 5) ? argv[1] + 5 : NULL;

	if (!what)
		return;
	if (!strcmp(what, "exit"))
		_exit(argc > 2 ? atoi(argv[2]) : 0);
	if (!strcmp(what, "args"))
		_exit(check_args(argc, argv));
	if (!strcmp(what, "env"))
		_exit(check_env());
	if (!strcmp(what, "auxv"))
		_exit(check_auxv());
	if (!strcmp(what, "locked"))
		_exit(still_locked(atoi(argv[2])));
	if (!strcmp(what, "fds"))
		_exit(count_fds());
	if (!strcmp(what, "euid"))
		_exit((int)geteuid());
	if (!strcmp(what, "count"))
		_exit(argc & 127);
	if (!strcmp(what, "dumpable"))
		_exit(prctl(PR_GET_DUMPABLE) == 1);
	if (!strcmp(what, "stack"))
		_exit((uintptr_t)__builtin_frame_address(0) % 16 != 0);
	_exit(99);
}

static int spawn(char *const *argv, char *const *env)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		execve(SELF, argv, env);
		_exit(98);
	}
	return wait_for(pid);
}

static char *const no_env[] = { NULL };

/* ---- tests ---- */
TEST(exec_passes_arguments)
{
	char *argv[] = { "utest", "exec-args", "", "b c", NULL };

	need_proc();
	CHECK_EXIT(spawn(argv, no_env), 0);
}

TEST(exec_passes_the_environment_and_no_other)
{
	char *argv[] = { "utest", "exec-env", NULL }, *env[] = { "UTEST_A=1", NULL };

	need_proc();
	CHECK_EXIT(spawn(argv, env), 0);
}

TEST(exec_gives_a_complete_auxiliary_vector)
{
	char *argv[] = { "utest", "exec-auxv", NULL };

	need_proc();
	CHECK_EXIT(spawn(argv, no_env), 0);
}

TEST(exec_aligns_the_stack)
{
	char *argv[] = { "utest", "exec-stack", NULL, NULL, NULL };

	need_proc();
	for (int i = 0; i < 3; i++) {
		CHECK_EXIT(spawn(argv, no_env), 0);
		argv[2 + (i < 2 ? i : 0)] = "x";
	}
}

TEST(exec_keeps_the_pid_and_drops_cloexec_descriptors)
{
	char *argv[] = { "utest", "exec-fds", NULL };
	int keep = count_fds();

	need_proc();
	CHECK_OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
	CHECK_OK(open("/dev/null", O_RDONLY));
	/* The runner's message pipe is close-on-exec and open here. */
	CHECK_EXIT(spawn(argv, no_env), keep);
}

TEST(exec_takes_a_thousand_arguments)
{
	char **argv = calloc(1003, sizeof(*argv));

	need_proc();
	CHECK(argv);
	argv[0] = "utest";
	argv[1] = "exec-count";
	for (int i = 2; i < 1002; i++)
		argv[i] = "argument-that-is-not-so-short";
	CHECK_EXIT(spawn(argv, no_env), 1002 & 127);
}

static void big_exec(void *arg)
{
	execve(SELF, arg, no_env);
	_exit(errno == E2BIG ? 0 : 1);
}

TEST(exec_of_too_many_bytes_is_e2big)
{
	size_t size = 256 << 10;
	char *big = malloc(size), *argv[] = { "utest", "exec-exit", big, NULL };

	need_proc();
	CHECK(big);
	memset(big, 'x', size - 1);
	big[size - 1] = 0;
	CHECK_EXIT(in_child(big_exec, argv), 0);
}

TEST(exec_refusals_have_the_right_errno)
{
	char *argv[] = { "x", NULL };
	int fd;

	CHECK_ERR(execv("nonexistent", argv), ENOENT);
	fd = make_file("plain", "not a program", 13);
	CHECK_ERR(execv("plain", argv), EACCES);
	CHECK_OK(fchmod(fd, 0755));
	close(fd);
	CHECK_ERR(execv("plain", argv), ENOEXEC);
	CHECK_ERR(execv(".", argv), EACCES);
	CHECK_ERR(execv("plain/x", argv), ENOTDIR);
	CHECK_ERR(execv("", argv), ENOENT);
	close(make_file("empty", "", 0));
	CHECK_OK(chmod("empty", 0755));
	CHECK_ERR(execv("empty", argv), ENOEXEC);
}

TEST(exec_of_a_damaged_elf_fails_and_the_caller_lives)
{
	static const int offsets[] = { 0, 16, 18, 32, 54, 56 };
	unsigned char head[4096];
	char *argv[] = { "x", NULL };
	int fd, self;

	need_proc();
	self = open(SELF, O_RDONLY);
	CHECK_EQ(read(self, head, sizeof(head)), (ssize_t)sizeof(head));
	for (int i = 0; i < 6; i++) {
		unsigned char bad[4096];

		memcpy(bad, head, sizeof(bad));
		memset(bad + offsets[i], 0xee, 2);
		fd = make_file("bad", bad, sizeof(bad));
		CHECK_OK(fchmod(fd, 0755));
		close(fd);
		CHECK_EQ(execv("bad", argv), -1);
		CHECK(errno == ENOEXEC || errno == EINVAL || errno == ENOMEM || errno == EIO);
	}
}

TEST(exec_of_an_interpreter_name_at_a_negative_offset_fails)
{
	char *argv[] = { "x", NULL };
	unsigned char head[4096];
	Elf64_Ehdr *e = (Elf64_Ehdr *)head;
	Elf64_Phdr *ph;
	int fd;

	need_proc();
	fd = open(SELF, O_RDONLY);
	CHECK_EQ(read(fd, head, sizeof(head)), (ssize_t)sizeof(head));
	close(fd);
	ph = (Elf64_Phdr *)(head + e->e_phoff);
	ph->p_type = PT_INTERP;
	ph->p_offset = ~0UL << 43;
	ph->p_filesz = 16;
	fd = make_file("bad", head, sizeof(head));
	CHECK_OK(fchmod(fd, 0755));
	close(fd);
	CHECK_EQ(execv("bad", argv), -1);
	CHECK(errno == ENOEXEC || errno == EINVAL || errno == EIO);
}

static void write_script(const char *name, const char *text)
{
	int fd = make_file(name, text, strlen(text));

	CHECK_OK(fchmod(fd, 0755));
	CHECK_OK(close(fd));
}

/* This binary's path, for a #! line that has room for @max bytes of it. */
static void path_for_script(char *path, ssize_t max)
{
	ssize_t n;

	need_proc();
	n = readlink(SELF, path, (size_t)max + 1);
	CHECK(n > 0);
	if (n > max)
		SKIP("the path of this binary is too long for a #! line");
	path[n] = 0;
}

TEST(exec_runs_a_script_with_its_interpreter_and_argument)
{
	char *argv[] = { "ignored", "one", "two", NULL }, path[256], line[300];
	pid_t pid;

	path_for_script(path, 100);
	snprintf(line, sizeof(line), "#!%s exec-count\nnothing\n", path);
	write_script("script", line);
	pid = fork_ok();
	if (pid == 0) {
		execv("./script", argv);
		_exit(98);
	}
	/* interpreter, its argument, script, one, two */
	CHECK_EXIT(wait_for(pid), 5);
}

TEST(exec_of_a_script_without_its_interpreter_is_enoent)
{
	char *argv[] = { "x", NULL };

	write_script("script", "#!/nonexistent/interpreter\n");
	CHECK_ERR(execv("./script", argv), ENOENT);
}

TEST(exec_of_a_script_that_is_its_own_interpreter_ends)
{
	char *argv[] = { "x", NULL }, line[4200], cwd[4096];

	CHECK(getcwd(cwd, sizeof(cwd)));
	snprintf(line, sizeof(line), "#!%s/loop\n", cwd);
	write_script("loop", line);
	CHECK_EQ(execv("./loop", argv), -1);
	CHECK(errno == ELOOP || errno == ENOEXEC);
}

TEST(exec_of_a_proc_file_is_eacces_and_the_machine_lives)
{
	static const char *const names[] = { "/proc/self/maps", "/proc/self/status", "/proc/meminfo" };
	char *argv[] = { "x", NULL };

	need_proc();
	for (int i = 0; i < 3; i++)
		CHECK_ERR(execv(names[i], argv), EACCES);
}

TEST(exec_keeps_writers_away_while_the_program_runs)
{
	CHECK_ERR(open("/proc/self/exe", O_RDWR), ETXTBSY);
	CHECK_ERR(truncate("/proc/self/exe", 0), ETXTBSY);
}

TEST(exec_of_a_file_open_for_writing_is_etxtbsy)
{
	int fd = open("f", O_RDWR | O_CREAT, 0755);
	char *argv[] = { "f", NULL };

	CHECK_OK(fd);
	CHECK_ERR(execv("./f", argv), ETXTBSY);
	CHECK_OK(close(fd));
	CHECK_ERR(execv("./f", argv), ENOEXEC);
}

TEST(exec_of_a_script_line_that_ends_in_blanks_beyond_its_head_runs)
{
	char *argv[] = { "ignored", NULL }, path[256], line[400];
	pid_t pid;

	path_for_script(path, 200);
	memset(line, ' ', sizeof(line));
	memcpy(line + sprintf(line, "#!%s", path), " ", 1);
	line[sizeof(line) - 1] = 0;
	write_script("script", line);
	pid = fork_ok();
	if (pid == 0) {
		freopen("/dev/null", "w", stdout);
		execv("./script", argv);
		_exit(98);
	}
	CHECK_EXIT(wait_for(pid), 2);		/* it runs no test named ./script */
}

/* copy_self - ./@name: this program, root's, with @mode */
static void copy_self(const char *name, unsigned int mode)
{
	int from = open(SELF, O_RDONLY), to = open(name, O_CREAT | O_WRONLY, 0755);
	char buf[64 << 10];
	ssize_t n;

	CHECK_OK(from);
	CHECK_OK(to);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(to, buf, (size_t)n), n);
	CHECK_OK(fchown(to, 0, 0));
	CHECK_OK(fchmod(to, mode));
	close(from);
	close(to);
}

/* Run a copy of ourselves with these permissions as somebody else. */
static int dumpable_after_exec(unsigned int mode)
{
	char *argv[] = { "utest", "exec-dumpable", NULL };
	pid_t pid;
	int st;

	copy_self("copy", mode);
	CHECK_OK(chmod(".", 0755));
	pid = fork_ok();
	if (pid == 0) {
		CHECK_OK(setuid(54321));
		execv("./copy", argv);
		_exit(errno);
	}
	st = wait_for(pid);
	CHECK_OK(unlink("copy"));
	return st;
}

TEST(exec_of_a_file_that_may_not_be_read_is_not_dumpable)
{
	need_proc();
	need_root();
	CHECK_EXIT(dumpable_after_exec(0755), 1);
	CHECK_EXIT(dumpable_after_exec(0711), 0);
}

static volatile int *alive;

static void *count_up(void *arg)
{
	for (;;)
		++*alive;
	return arg;
}

TEST(exec_by_a_thread_of_a_table_shared_with_a_process_closes_nothing_there)
{
	char *argv[] = { "utest", "exec-exit", "0", NULL };
	pthread_t t;
	int p[2], st;
	pid_t pid;

	need_proc();
	alive = (void *)map(page, RW, SHARED_ANON, -1);
	CHECK_OK(pipe2(p, O_CLOEXEC));
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	CHECK_OK(pid);
	if (pid == 0) {
		CHECK_EQ(pthread_create(&t, NULL, count_up, NULL), 0);
		execv(SELF, argv);
		_exit(98);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EXIT(st, 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
}

static void *nothing(void *arg)
{
	return arg;
}

/* Always one more thread that begins or ends. */
static void *make_threads(void *arg)
{
	pthread_t t;

	for (;;)
		if (pthread_create(&t, NULL, nothing, arg) == 0)
			pthread_join(t, NULL);
	return arg;
}

TEST(exec_beside_threads_that_begin_and_end_keeps_the_record_locks)
{
	char fd[12], *argv[] = { "utest", "exec-locked", fd, NULL };
	struct flock l = { .l_type = F_WRLCK };
	pthread_t t;

	need_proc();
	snprintf(fd, sizeof(fd), "%d", make_file("f", "x", 1));
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork_ok();

		if (pid == 0) {
			CHECK_OK(fcntl(atoi(fd), F_SETLK, &l));
			CHECK_EQ(pthread_create(&t, NULL, make_threads, NULL), 0);
			sleep_ms(1);
			execv(SELF, argv);
			_exit(98);
		}
		CHECK_EXIT(wait_for(pid), 0);
	}
}

/* ---- memory of a program that has more rights than the one before it ---- */

#define MARK	((char *)0x2000000000)	/* a page of the old program; nothing is there in the new one */
#define PLENTY	(24UL << 20)		/* takes its time to be freed, while the new program is there already */

static pid_t start_su(size_t plenty)
{
	char *argv[] = { "su", "exec-euid", NULL };
	pid_t pid = fork_ok();

	if (pid)
		return pid;
	if (plenty)
		memset(map(plenty, RW, ANON, -1), 1, plenty);
	execv("./su", argv);
	_exit(98);
}

/* look_at_mark - a page of the old program, or nothing at all; never an address that the new one does not have */
static void look_at_mark(pid_t pid)
{
	struct iovec local = { (char[1]){ 0 }, 1 }, remote = { MARK, 1 };
	char name[32], c;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/mem", (int)pid);
	fd = open(name, O_RDWR);
	if (fd >= 0) {
		if (pread(fd, &c, 1, (off_t)(uintptr_t)MARK) < 0)
			FAIL("the memory of a set-user-ID program could be opened: %s", test_errno());
		close(fd);
	}
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 && errno == EFAULT)
		FAIL("the memory of a set-user-ID program could be read");
}

TEST(exec_of_a_setuid_program_never_shows_its_memory_to_its_caller)
{
	int st;

	need_root();
	need_proc();
	need_memory(4 * PLENTY);
	copy_self("su", 04755);
	CHECK_OK(chmod(".", 0755));
	CHECK(mmap(MARK, page, RW, ANON | MAP_FIXED, -1, 0) == MARK);
	MARK[0] = 1;
	CHECK_OK(setgid(1000));
	CHECK_OK(setuid(1000));
	CHECK_OK(prctl(PR_SET_DUMPABLE, 1));	/* changing ids has taken it away */
	st = wait_for(start_su(0));
	if (!EXITED(st, 0))
		SKIP("a set-user-ID program has no more rights here: wait status %#x", st);
	for (int round = 0; round < 6; round++) {
		pid_t pid = start_su(PLENTY);

		while (!waitpid(pid, &st, WNOHANG))
			look_at_mark(pid);
		CHECK_EXIT(st, 0);
	}
}
