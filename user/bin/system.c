/* SPDX-License-Identifier: MIT */
/*
 * user/bin/system.c - programs that ask or tell the kernel one thing: uname uptime free id kill
 * sleep sync mount umount poweroff reboot
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "tools.h"

int tool_uname(int argc, char **argv)
{
	const char *want = argc > 1 ? argv[1] : "-s";
	struct utsname u;
	const struct {
		char letter;
		const char *text;
	} parts[] = {
		{ 's', u.sysname }, { 'n', u.nodename }, { 'r', u.release },
		{ 'v', u.version }, { 'm', u.machine },
	};
	bool first = true;

	if (uname(&u))
		return complain("uname", "uname");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strchr(want, parts[i].letter) && !strchr(want, 'a'))
			continue;
		printf("%s%s", first ? "" : " ", parts[i].text);
		first = false;
	}
	putchar('\n');
	return 0;
}

int tool_uptime(int argc, char **argv)
{
	struct sysinfo si;
	struct timespec now;

	(void)argc;
	(void)argv;
	if (sysinfo(&si) || clock_gettime(CLOCK_BOOTTIME, &now))
		return complain("uptime", "sysinfo");
	printf("up %ld:%02ld:%02ld.%02ld, %u processes, load average: %.2f, %.2f, %.2f\n",
	       (long)now.tv_sec / 3600, (long)now.tv_sec / 60 % 60, (long)now.tv_sec % 60,
	       now.tv_nsec / 10000000, si.procs, si.loads[0] / 65536.0, si.loads[1] / 65536.0,
	       si.loads[2] / 65536.0);
	return 0;
}

static unsigned long meminfo(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	unsigned long kb = 0;
	size_t n = strlen(key);

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n) && line[n] == ':')
			kb = strtoul(line + n + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

int tool_free(int argc, char **argv)
{
	struct sysinfo si;
	unsigned long unit, total, unused, cache;

	(void)argc;
	(void)argv;
	if (sysinfo(&si))
		return complain("free", "sysinfo");
	unit = si.mem_unit;
	total = si.totalram * unit / 1024;
	unused = si.freeram * unit / 1024;
	cache = meminfo("Buffers") + meminfo("Cached") + meminfo("SReclaimable");
	printf("%6s %10s %10s %10s %10s %10s\n", "KiB", "total", "used", "free", "shared", "cache");
	printf("%6s %10lu %10lu %10lu %10lu %10lu\n", "Mem:", total, total - unused - cache, unused,
	       si.sharedram * unit / 1024, cache);
	printf("%6s %10lu %10lu %10lu\n", "Swap:", si.totalswap * unit / 1024,
	       (si.totalswap - si.freeswap) * unit / 1024, si.freeswap * unit / 1024);
	return 0;
}

int tool_id(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("uid=%u gid=%u euid=%u egid=%u\n", getuid(), getgid(), geteuid(), getegid());
	return 0;
}

int tool_kill(int argc, char **argv)
{
	int sig = SIGTERM, status = 0, i = 1;

	if (i < argc && argv[i][0] == '-')
		sig = atoi(argv[i++] + 1);
	for (; i < argc; i++)
		if (kill(atoi(argv[i]), sig))
			status = complain("kill", argv[i]);
	return status;
}

int tool_sleep(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0;
	struct timespec t;

	t.tv_sec = (time_t)seconds;
	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	return nanosleep(&t, NULL) ? complain("sleep", argc > 1 ? argv[1] : "") : 0;
}

int tool_sync(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sync();
	return 0;
}

/* ---- mounts ---- */
static int list_mounts(void)
{
	FILE *f = fopen("/proc/mounts", "r");
	char line[512];

	if (!f)
		return complain("mount", "/proc/mounts");
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	fclose(f);
	return 0;
}

int tool_mount(int argc, char **argv)
{
	const char *type = NULL;

	if (argc == 1)
		return list_mounts();
	if (argc > 2 && !strcmp(argv[1], "-t")) {
		type = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: mount [-t TYPE] SOURCE DIR\n");
		return 2;
	}
	return mount(argv[1], argv[2], type, 0, NULL) ? complain("mount", argv[2]) : 0;
}

int tool_umount(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: umount DIR\n");
		return 2;
	}
	return umount2(argv[1], 0) ? complain("umount", argv[1]) : 0;
}

/* ---- the machine ---- */
static int end_machine(const char *name, int how)
{
	sync();
	return reboot(how) ? complain(name, "reboot") : 0;
}

int tool_poweroff(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return end_machine("poweroff", RB_POWER_OFF);
}

int tool_reboot(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return end_machine("reboot", RB_AUTOBOOT);
}
