/* SPDX-License-Identifier: MIT */
/*
 * tests/user/devmem_test.c - device registers in a program, through /dev/mem
 *
 * The device is the PCI host bridge, which both machines have: its configuration space begins with a
 * vendor and a device number (PCI Express base specification, ch. 7.5.1.1).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "utest.h"

#define QEMU_BRIDGE	0x00081b36u	/* generic PCIe host bridge      */
#define Q35_BRIDGE	0x29c08086u	/* 82G33/G31/P35/P31 host bridge */

/* Start of the first range of /proc/iomem whose line holds @name; skips the test without one. */
static off_t range(const char *name)
{
	FILE *f = fopen("/proc/iomem", "r");
	char line[200];
	long start = -1;

	while (f && start < 0 && fgets(line, sizeof(line), f))
		if (strstr(line, name))
			sscanf(line, "%lx", &start);
	if (start <= 0)
		SKIP("/proc/iomem names no %s", name);
	return start;
}

static int open_mem(void)
{
	int fd = open("/dev/mem", O_RDWR);

	if (fd < 0)
		SKIP("/dev/mem: %s", test_errno());
	return fd;
}

static volatile uint32_t *map_bridge(void)
{
	off_t at = range("PCI ECAM");
	void *p = mmap(NULL, page, RW, MAP_SHARED, open_mem(), at);

	CHECK_OK(p);
	return p;
}

static bool is_bridge(uint32_t id)
{
	return id == QEMU_BRIDGE || id == Q35_BRIDGE;
}

TEST(devmem_shows_device_registers)
{
	CHECK(is_bridge(*map_bridge()));
}

TEST(devmem_mapping_shows_its_offset)
{
	char start[32], line[512], offset[32] = "";
	FILE *f;

	snprintf(start, sizeof(start), "%08lx-", (unsigned long)map_bridge());
	f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, start, strlen(start)))
			sscanf(line, "%*s %*s %31s", offset);
	fclose(f);
	CHECK_EQ(strtoull(offset, NULL, 16), range("PCI ECAM"));
}

TEST(devmem_mapping_is_inherited_by_fork)
{
	volatile uint32_t *bridge = map_bridge();
	pid_t pid = fork_ok();

	if (!pid)
		_exit(is_bridge(*bridge) ? 0 : 1);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK(is_bridge(*bridge));
}

TEST(devmem_registers_obey_mprotect)
{
	volatile uint32_t *bridge = map_bridge();
	uint32_t command = bridge[1];

	CHECK_OK(mprotect((void *)bridge, page, PROT_READ));
	CHECK_EQ(probe_write(bridge + 1).sig, SIGSEGV);
	CHECK(is_bridge(*bridge));
	CHECK_OK(mprotect((void *)bridge, page, RW));
	bridge[1] = command;
	CHECK_EQ(bridge[1], command);
	CHECK_OK(munmap((void *)bridge, page));
	CHECK_EQ(probe_read(bridge).sig, SIGSEGV);
}

/* No struct page: other processes go through vm_ops->access, which only /proc/PID/mem asks. */
TEST(devmem_is_read_and_written_through_proc_mem)
{
	volatile uint32_t *bridge = map_bridge();
	uint32_t id = 0, command = bridge[1];
	int fd = open("/proc/self/mem", O_RDWR);
	struct iovec to = { &id, 4 }, from = { (void *)bridge, 4 };
	uint8_t byte = 0;

	CHECK_OK(fd);
	CHECK_ERR(process_vm_readv(getpid(), &to, 1, &from, 1, 0), EFAULT);	/* wants pages */
	CHECK_EQ(pread(fd, &id, 4, (off_t)(uintptr_t)bridge), 4);
	CHECK(is_bridge(id));
	CHECK_EQ(pread(fd, &byte, 1, (off_t)(uintptr_t)bridge), 1);
	CHECK_EQ(byte, id & 255);
	CHECK_EQ(pwrite(fd, &command, 4, (off_t)(uintptr_t)(bridge + 1)), 4);
	CHECK_EQ(bridge[1], command);
}

/* Some registers answer to words only (the RISC-V PLIC's), and a page may be longer than its device. */
static void read_bytes(int fd, const char *p)
{
	char byte;

	for (size_t k = 0; k < page; k += page - 1) {
		ssize_t n = pread(fd, &byte, 1, (off_t)(uintptr_t)(p + k));

		CHECK(n == 1 || (n == -1 && errno == EIO));
	}
}

TEST(devmem_access_that_no_device_answers_is_an_error_and_no_more)
{
	static const char *const devices[] = { "plic", "rtc", "Local APIC", "IOAPIC" };	/* two are on each port */
	int mem = open_mem(), fd = open("/proc/self/mem", O_RDWR), tried = 0;
	FILE *iomem = fopen("/proc/iomem", "r");
	char line[200];

	CHECK_OK(fd);
	CHECK(iomem != NULL);
	while (fgets(line, sizeof(line), iomem)) {
		for (int i = 0; i < 4; i++) {
			char *p;

			if (!strstr(line, devices[i]))
				continue;
			p = mmap(NULL, page, RW, MAP_SHARED, mem, strtol(line, NULL, 16));
			CHECK_OK(p);
			read_bytes(fd, p);
			tried++;
		}
	}
	CHECK(tried >= 2);
	CHECK(is_bridge(*map_bridge()));
}

TEST(devmem_pages_are_neither_counted_nor_locked)
{
	volatile uint32_t *bridge = map_bridge();
	long rss;

	read_number("/proc/self/status", "RssAnon:");		/* reading takes memory by itself, once */
	rss = read_number("/proc/self/status", "RssAnon:");
	CHECK(is_bridge(*bridge));
	CHECK_EQ(read_number("/proc/self/status", "RssAnon:"), rss);
	CHECK_OK(mlock((void *)bridge, page));
	CHECK_EQ(read_number("/proc/self/status", "VmLck:"), 0);
	CHECK_ERR(madvise((void *)bridge, page, MADV_DONTNEED), EINVAL);
	CHECK_ERR(mremap((void *)bridge, page, 2 * page, MREMAP_MAYMOVE), EFAULT);
}

TEST(devmem_mapped_after_mlockall_future_does_not_count_as_locked)
{
	CHECK_OK(mlockall(MCL_FUTURE));
	CHECK(is_bridge(*map_bridge()));
	CHECK_OK(munlockall());
	CHECK_EQ(read_number("/proc/self/status", "VmLck:"), 0);
}

TEST(devmem_refuses_memory_and_addresses_of_nobody)
{
	int fd = open_mem();
	off_t ram = range("Kernel code");
	char c;

	range("PCI ECAM");
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, ram), EPERM);
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 1L << 50), EPERM);
	CHECK_ERR(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, range("PCI ECAM")), EINVAL);
	CHECK_ERR(pread(fd, &c, 1, ram), EPERM);
	CHECK_ERR(pread(fd, &c, 1, 1L << 50), EFAULT);
	CHECK_ERR(pwrite(fd, "x", 1, ram), EPERM);
	CHECK_EQ(pread(fd, &c, 0, ram), 0);
}

static void open_as_nobody(void *unused)
{
	(void)unused;
	CHECK_OK(setgid(65534));
	CHECK_OK(setuid(65534));
	CHECK_ERR(open("/dev/mem", O_RDONLY), EACCES);
}

static void open_as_group_root(void *unused)
{
	(void)unused;
	CHECK_OK(setgid(0));
	CHECK_OK(setuid(65534));
	CHECK_ERR(open("/dev/mem", O_RDONLY), EPERM);
}

TEST(devmem_is_for_root)
{
	need_root();
	close(open_mem());
	CHECK_EXIT(in_child(open_as_nobody, NULL), 0);
	CHECK_EXIT(in_child(open_as_group_root, NULL), 0);
}
