/* SPDX-License-Identifier: MIT */
/*
 * tests/user/failnth_test.c - every allocation behind processes, memory and time fails once, and nothing breaks
 *
 * How: failnth.c. The calls on files and names are in failnth_file_test.c.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "failnth.h"
#include "utest.h"

/* ---- processes ---- */
static long reap(pid_t pid)
{
	int st;

	if (pid < 0)
		return -1;
	waitpid(pid, &st, 0);
	return EXITED(st, 0) ? 0 : -1;
}

static long act_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return reap(pid);
}
SWEEP(failnth_fork_is_eagain_or_enomem_and_leaves_nothing, 10, .act = act_fork, .other = EAGAIN)

static long act_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return reap(pid);
}
SWEEP(failnth_vfork_fails_cleanly, 3, .act = act_vfork, .other = EAGAIN)

static char thread_stack[16384] __attribute__((aligned(16)));

static int thread_fn(void *arg)
{
	(void)arg;
	return 0;
}

static void touch_stack(void)
{
	memset(thread_stack, 1, sizeof(thread_stack));
}

static long act_clone(void)
{
	static volatile int tid;
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID |
		    CLONE_CHILD_CLEARTID;

	tid = 1;
	if (clone(thread_fn, thread_stack + sizeof(thread_stack), flags, NULL, &tid, NULL, &tid) < 0)
		return -1;
	while (tid)
		sched_yield();
	return 0;
}
SWEEP(failnth_new_thread_fails_cleanly, 1, .prepare = touch_stack, .act = act_clone, .other = EAGAIN)

static void *pthread_fn(void *arg)
{
	return arg;
}

static long act_pthread(void)
{
	pthread_t t;
	int err = pthread_create(&t, NULL, pthread_fn, NULL);

	if (!err)
		err = pthread_join(t, NULL);
	errno = err;
	return err ? -1 : 0;
}

static void prepare_pthread(void)
{
	CHECK_EQ(act_pthread(), 0);
}
SWEEP(failnth_pthread_create_fails_cleanly, 1, .prepare = prepare_pthread, .act = act_pthread, .other = EAGAIN)

/* ---- exec: what the new program itself asks for may fail too; then it may end as it likes ---- */
static char exe[256], script_path[] = "./script";

static void write_script(void)
{
	char text[512];
	int fd;

	exe[readlink("/proc/self/exe", exe, sizeof(exe) - 1)] = 0;
	snprintf(text, sizeof(text), "#!%s no-such-test\n", exe);
	fd = make_file(script_path, text, strlen(text));
	CHECK_OK(fchmod(fd, 0755));
	CHECK_OK(close(fd));
}

/* Exit status 2 is the new program's: it does not know the name. */
static void exec_or_fail(const char *path, int n)
{
	char *argv[] = { "utest", "no-such-test", NULL };
	int null = open("/dev/null", O_RDWR);

	dup2(null, 1);
	dup2(null, 2);
	open_fail_nth();
	fail_nth(n);
	execv(path, argv);
	if (errno != ENOMEM)
		_exit(100 + errno);
	fail_nth(0);
	if (count_lines("/proc/self/maps") < 3)
		_exit(51);
	execv(path, argv);
	_exit(52);
}

static void run_execs(const void *path)
{
	int good = 0;

	for (int n = 1; n < MAX_N && good < 10; n++) {
		pid_t pid = fork_ok();
		int st;

		if (pid == 0)
			exec_or_fail(path, n);
		st = wait_for(pid);
		if (WIFEXITED(st) && WEXITSTATUS(st) >= 50 && WEXITSTATUS(st) != 127)
			FAIL("N=%d: status %d", n, WEXITSTATUS(st));
		good = EXITED(st, 2) && n > 60 ? good + 1 : 0;
	}
	CHECK_EQ(good, 10);
}

static void sweep_exec(const char *path)
{
	need_fail_nth();
	write_script();
	check_nothing_lost(run_execs, path);
}

TEST(failnth_exec_of_a_program_fails_cleanly)
{
	sweep_exec("/proc/self/exe");
}

TEST(failnth_exec_of_a_script_fails_cleanly)
{
	sweep_exec(script_path);
}

/* What exec asks for after the new program is built: the descriptors are shared with a process and with a thread. */
static void *count_up(void *arg)
{
	for (;;)
		++*(volatile unsigned int *)arg;
	return NULL;
}

static pid_t sharing_process(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return pid;
}

static void exec_beside_thread(int n)
{
	char *argv[] = { "utest", "no-such-test", NULL };
	static volatile unsigned int counter;
	int null = open("/dev/null", O_RDWR);
	unsigned int before, ms = 0;
	pthread_t t;

	dup2(null, 1);
	dup2(null, 2);
	CHECK_EQ(pthread_create(&t, NULL, count_up, (void *)&counter), 0);
	CHECK_OK(sharing_process());
	open_fail_nth();
	fail_nth(n);
	execv("/proc/self/exe", argv);
	if (errno != ENOMEM)
		_exit(100 + errno);
	for (before = counter; counter == before; sleep_ms(1))
		if (ms++ > 5000)
			_exit(51);
	_exit(50);
}

TEST(failnth_exec_that_fails_leaves_the_other_threads_alive)
{
	int failed = 0, good = 0;

	need_fail_nth();
	for (int n = 1; n < MAX_N && good < 10; n++) {
		pid_t pid = fork_ok();
		int st;

		if (pid == 0)
			exec_beside_thread(n);
		st = wait_for(pid);
		if (WIFEXITED(st) && WEXITSTATUS(st) > 50 && WEXITSTATUS(st) != 127)
			FAIL("N=%d: status %d", n, WEXITSTATUS(st));
		failed += EXITED(st, 50);
		good = EXITED(st, 2) && n > 60 ? good + 1 : 0;
	}
	CHECK_EQ(good, 10);
	CHECK(failed > 10);
}

/* ---- mappings ---- */
static char *area;
static int file;

static void unmap_area(void)
{
	munmap(area, 16 * page);
}

static long do_map(int flags, int fd)
{
	char *p = mmap(NULL, 16 * page, RW, flags, fd, 0);

	if (p == MAP_FAILED)
		return -1;
	area = p;
	return 0;
}

static void prepare_file(void)
{
	file = open("data", O_RDWR | O_CREAT, 0644);
	CHECK_OK(file);
	CHECK_OK(ftruncate(file, 16 * page));
	CHECK_EQ(pwrite(file, "x", 1, 3 * page), 1);
}

static long act_mmap_anon(void) { return do_map(ANON, -1); }
static long act_mmap_shared(void) { return do_map(SHARED_ANON, -1); }
static long act_mmap_populate(void) { return do_map(ANON | MAP_POPULATE, -1); }
static long act_mmap_file(void) { return do_map(MAP_PRIVATE, file); }
static long act_mmap_file_shared(void) { return do_map(MAP_SHARED, file); }
static long act_mmap_file_populate(void) { return do_map(MAP_SHARED | MAP_POPULATE, file); }
SWEEP(failnth_mmap_of_shared_memory_fails_cleanly, 2, .act = act_mmap_shared, .undo = unmap_area)
SWEEP(failnth_mmap_populate_loses_no_page, 0, .act = act_mmap_populate, .undo = unmap_area)
SWEEP(failnth_mmap_of_a_file_fails_cleanly, 1, .prepare = prepare_file, .act = act_mmap_file, .undo = unmap_area)
SWEEP(failnth_mmap_of_a_shared_file_fails_cleanly, 1, .prepare = prepare_file, .act = act_mmap_file_shared,
      .undo = unmap_area)
SWEEP(failnth_mmap_populate_of_a_file_loses_no_page, 1, .prepare = prepare_file, .act = act_mmap_file_populate,
      .undo = unmap_area)

static void prepare_area(void)
{
	CHECK_OK(do_map(ANON, -1));
	for (int i = 0; i < 16; i++)
		area[i * page] = (char)i;
}

/* Another permission than its neighbours': it cannot merge with them. */
static void prepare_lone_area(void)
{
	prepare_area();
	CHECK_OK(mprotect(area, page, PROT_NONE));
	CHECK_OK(mprotect(area + 15 * page, page, PROT_NONE));
}

static long act_mmap_lone(void)
{
	char *p = mmap(NULL, page, PROT_READ | PROT_EXEC, ANON, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	return munmap(p, page);
}
SWEEP(failnth_mmap_fails_cleanly, 1, .act = act_mmap_lone)
SWEEP(failnth_mmap_that_merges_needs_little, 0, .act = act_mmap_anon, .undo = unmap_area)

static long act_mmap_fixed(void)
{
	char *p = mmap(area + 4 * page, 4 * page, PROT_READ, ANON | MAP_FIXED, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static void check_fixed(void)
{
	CHECK_EQ(area[3 * page], 3);
	CHECK_EQ(area[8 * page], 8);
}
SWEEP(failnth_mmap_fixed_over_the_middle_fails_cleanly, 1, .prepare = prepare_area, .act = act_mmap_fixed,
      .undo = check_fixed, .may_unmap = true)

static long act_mprotect(void) { return mprotect(area + 4 * page, 4 * page, PROT_READ); }
SWEEP(failnth_mprotect_that_splits_fails_cleanly, 2, .prepare = prepare_lone_area, .act = act_mprotect)
static long act_munmap(void) { return munmap(area + 4 * page, 4 * page); }
SWEEP(failnth_munmap_that_splits_fails_cleanly, 1, .prepare = prepare_lone_area, .act = act_munmap)
static long act_madvise_fork(void) { return madvise(area + 4 * page, 4 * page, MADV_DONTFORK); }
SWEEP(failnth_madvise_that_splits_fails_cleanly, 2, .prepare = prepare_lone_area, .act = act_madvise_fork,
      .other = EAGAIN)
static long act_madvise_free(void) { return madvise(area + 4 * page, 4 * page, MADV_DONTNEED); }
SWEEP(failnth_madvise_dontneed_needs_nothing, 0, .prepare = prepare_lone_area, .act = act_madvise_free)
static long act_mlock(void) { return mlock(area + 4 * page, 4 * page); }
SWEEP(failnth_mlock_that_splits_fails_cleanly, 2, .prepare = prepare_lone_area, .act = act_mlock, .other = EAGAIN)

static long act_mremap(void)
{
	char *p = mremap(area, 16 * page, 64 * page, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return -1;
	for (int i = 0; i < 16; i++)
		CHECK_EQ(p[i * page], i);
	return munmap(p, 64 * page);
}

/* Something right behind it: it has to move. */
static void prepare_wall(void)
{
	char *p = map(17 * page, RW, ANON, -1);

	CHECK_OK(mprotect(p + 16 * page, page, PROT_READ));
	area = p;
	for (int i = 0; i < 16; i++)
		area[i * page] = (char)i;
}
SWEEP(failnth_mremap_that_moves_fails_cleanly, 1, .prepare = prepare_wall, .act = act_mremap)

static long act_msync(void)
{
	static unsigned char vec[16];

	return mincore(area, 16 * page, vec) || msync(area, 16 * page, MS_SYNC) ? -1 : 0;
}
SWEEP(failnth_mincore_and_msync_fail_cleanly, 0, .prepare = prepare_area, .act = act_msync)

static long act_mlockall(void) { return mlockall(MCL_CURRENT) || munlockall() ? -1 : 0; }
SWEEP(failnth_mlockall_loses_no_page, 0, .act = act_mlockall, .other = EAGAIN, .stride = 7)

static long act_brk(void)
{
	return sbrk(64 * page) == (void *)-1 ? -1 : 0;
}
SWEEP(failnth_brk_fails_cleanly, 0, .act = act_brk)

/* ---- faults: taken again, so never seen ---- */
static long act_touch(void)
{
	char *p = mmap(NULL, 4 << 20, RW, ANON, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < 4 << 20; i += 1 << 20) {
		CHECK_EQ(((volatile char *)p)[i + page], 0);
		p[i] = 7;
	}
	for (size_t i = 0; i < 4 << 20; i += 1 << 20)
		CHECK_EQ(p[i], 7);
	return munmap(p, 4 << 20);
}
SWEEP(failnth_faults_on_anonymous_memory_are_taken_again, 0, .act = act_touch)

static long act_cow(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	for (int i = 0; i < 16; i++)
		area[i * page]++;	/* the child still has them */
	for (int i = 0; i < 16; i++)
		CHECK_EQ(area[i * page]--, i + 1);
	if (pid == 0)
		_exit(0);
	return reap(pid);
}
SWEEP(failnth_copy_on_write_faults_are_taken_again, 10, .prepare = prepare_area, .act = act_cow, .other = EAGAIN)

static long act_file_fault(void)
{
	if (do_map(MAP_PRIVATE, file))
		return -1;
	CHECK_EQ(area[3 * page], 'x');
	CHECK_EQ(area[5 * page], 0);
	area[3 * page] = 'y';
	CHECK_EQ(area[3 * page], 'y');
	return munmap(area, 16 * page);
}
SWEEP(failnth_faults_on_a_private_file_are_taken_again, 0, .prepare = prepare_file, .act = act_file_fault)

static long act_shared_fault(void)
{
	if (do_map(MAP_SHARED, file))
		return -1;
	area[3 * page] = 'x';
	area[7 * page] = 'z';
	CHECK_EQ(area[7 * page], 'z');
	return munmap(area, 16 * page);
}
SWEEP(failnth_faults_on_a_shared_file_are_taken_again, 0, .prepare = prepare_file, .act = act_shared_fault)

/* ---- signals and time ---- */
static void block_rt(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
}

static long act_sigqueue(void) { return sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 }); }
SWEEP(failnth_sigqueue_is_eagain, 1, .prepare = block_rt, .act = act_sigqueue, .other = EAGAIN)

static timer_t timer;
static long act_timer(void) { return timer_create(CLOCK_MONOTONIC, NULL, &timer); }
static void undo_timer(void) { CHECK_OK(timer_delete(timer)); }
SWEEP(failnth_timer_create_is_eagain, 1, .act = act_timer, .undo = undo_timer, .other = EAGAIN)

static long act_small(void)
{
	struct itimerval it = { .it_value.tv_sec = 100 };
	struct timespec t = { 0, 100000 };
	struct rlimit r;
	int word = 0;

	if (setitimer(ITIMER_REAL, &it, NULL) || getrlimit(RLIMIT_NOFILE, &r) || setrlimit(RLIMIT_NOFILE, &r) ||
	    prctl(PR_SET_NAME, "failnth") || kill(getpid(), 0))
		return -1;
	syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, &t, NULL, 0);
	return nanosleep(&t, NULL);
}
SWEEP(failnth_small_calls_need_no_memory, 0, .act = act_small)

static long act_setuid(void) { return setresuid(64002, 64002, 64002); }
SWEEP(failnth_becoming_a_new_user_is_eagain, 1, .act = act_setuid, .other = EAGAIN)

static long act_process_vm(void)
{
	static char from[64] = "data", to[64];
	static struct iovec l[20], r[20];

	for (int i = 0; i < 20; i++) {
		l[i] = (struct iovec){ to + i, 1 };
		r[i] = (struct iovec){ from + i, 1 };
	}
	return process_vm_readv(getpid(), l, 20, r, 20, 0);
}
SWEEP(failnth_process_vm_readv_fails_cleanly, 1, .act = act_process_vm)

static int fds[2];

/* ---- the files themselves ---- */
TEST(failnth_counts_down_fires_once_and_is_not_inherited)
{
	pid_t pid;
	int st;

	need_fail_nth();
	open_fail_nth();
	CHECK_EQ(nth_left(), 0);
	fail_nth(100000);
	CHECK(nth_left() <= 100000 && nth_left() > 99000);
	pid = fork_ok();
	if (pid == 0) {
		open_fail_nth();
		_exit(nth_left() ? 1 : 0);
	}
	st = wait_for(pid);
	CHECK_EXIT(st, 0);
	fail_nth(1);
	CHECK_ERR(pipe(fds), ENOMEM);
	CHECK_EQ(nth_left(), 0);
	CHECK_OK(pipe(fds));
	fail_nth(0);
}

/* How many of 100 pipes could be made. */
static int make_pipes(void)
{
	int made = 0;

	for (int i = 0; i < 100; i++)
		if (!pipe(fds)) {
			made++;
			close(fds[0]);
			close(fds[1]);
		}
	return made;
}

TEST(failslab_with_a_task_filter_fails_only_tasks_with_make_it_fail)
{
	int unmarked, marked;

	need_fail_nth();
	need_root();
	put("/proc/failslab/cache-filter", "filp");
	put("/proc/failslab/ignore-gfp-wait", "N");
	put("/proc/failslab/task-filter", "Y");
	put("/proc/failslab/times", "5");
	put("/proc/failslab/probability", "100");
	unmarked = make_pipes();
	/* the failures begin with the next file that is opened */
	{
		int fd = open("/proc/self/make-it-fail", O_WRONLY);

		CHECK_EQ(write(fd, "1", 1), 1);
		marked = make_pipes();
		CHECK_EQ(pwrite(fd, "0", 1, 0), 1);
		close(fd);
	}
	put("/proc/failslab/probability", "0");
	put("/proc/failslab/times", "-1");
	put("/proc/failslab/task-filter", "N");
	put("/proc/failslab/ignore-gfp-wait", "Y");
	CHECK_EQ(unmarked, 100);
	CHECK_EQ(marked, 95);
}

TEST(fault_injection_files_refuse_nonsense)
{
	int fd;

	need_fail_nth();
	need_root();
	fd = open("/proc/failslab/probability", O_RDWR);
	CHECK_OK(fd);
	CHECK_ERR(write(fd, "101", 3), EINVAL);
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	CHECK_ERR(write(fd, "-1", 2), EINVAL);
	CHECK_OK(close(fd));
	fd = open("/proc/self/fail-nth", O_RDWR);
	CHECK_ERR(write(fd, "-1", 2), EINVAL);
	CHECK_ERR(write(fd, "many", 4), EINVAL);
	CHECK_OK(close(fd));
	fd = open("/proc/self/make-it-fail", O_RDWR);
	CHECK_ERR(write(fd, "2", 1), EINVAL);
	CHECK_OK(close(fd));
}

TEST(proc_file_may_be_opened_for_truncation_as_shells_do)
{
	int fd = open("/proc/self/comm", O_WRONLY | O_TRUNC | O_CREAT, 0644);

	CHECK_OK(fd);
	CHECK_EQ(write(fd, "renamed", 7), 7);
	CHECK_OK(close(fd));
}
