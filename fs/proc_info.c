/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_info.c - /proc's files about the machine: cpuinfo, stat, uptime, loadavg, interrupts ...
 *
 * Formats are those of proc(5), field by field, so that stock tools read them; what Verso has no
 * notion of prints as 0.
 */
#include <fs/proc.h>
#include <kernel/irq.h>
#include <kernel/timer.h>
#include <kernel/utsname.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define CLOCK_TICK_NS	(NSEC_PER_SEC / USER_HZ)

static int show_version(struct seq_file *m)
{
	struct new_utsname u;

	utsname_get(&u);
	seq_printf(m, "%s version %s %s\n", u.sysname, u.release, u.version);
	return 0;
}

static int show_cmdline(struct seq_file *m)
{
	seq_printf(m, "%s\n", boot_command_line);
	return 0;
}

static int show_cpuinfo(struct seq_file *m)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned int cpu;

	if (!buf)
		return -ENOMEM;
	for_each_online_cpu(cpu)
		seq_write(m, buf, (size_t)arch_cpuinfo(cpu, buf, PAGE_SIZE));
	kfree(buf);
	return 0;
}

/* Ticks in user and kernel mode of every process there is or was; a CPU's share is an equal one. */
static void all_cpu_times(u64 *user, u64 *system)
{
	struct process *p;
	u64 u, s;
	unsigned long flags;

	*user = *system = 0;
	spin_lock(&tasklist_lock);
	list_for_each_entry(p, &process_list, all_link) {
		spin_lock_irqsave(&p->siglock, flags);
		process_cpu_times(p, &u, &s);
		*user += u + (p->pid == 1 ? p->cutime : 0);
		*system += s + (p->pid == 1 ? p->cstime : 0);
		spin_unlock_irqrestore(&p->siglock, flags);
	}
	spin_unlock(&tasklist_lock);
	*user /= CLOCK_TICK_NS;
	*system /= CLOCK_TICK_NS;
}

static void cpu_line(struct seq_file *m, const char *name, u64 user, u64 system, u64 idle)
{
	seq_printf(m, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name, (unsigned long long)user,
		   (unsigned long long)system, (unsigned long long)idle);
}

static unsigned long all_irqs(void)
{
	unsigned long sum = 0;
	const char *name;

	for (unsigned int i = 0; i < NR_IRQS; i++)
		sum += irq_count(i, &name);
	return sum;
}

/* The process made last is the last on the list. */
static pid_t newest_pid(void)
{
	pid_t pid;

	spin_lock(&tasklist_lock);
	pid = list_empty(&process_list) ? 0 :
	      list_last_entry(&process_list, struct process, all_link)->pid;
	spin_unlock(&tasklist_lock);
	return pid;
}

static int show_stat(struct seq_file *m)
{
	u64 user, system, idle = 0, now = arch_clock_ns();
	u64 boot = (clock_realtime_ns() - now) / NSEC_PER_SEC;
	struct sched_load load;
	unsigned int cpu;
	char name[8];

	all_cpu_times(&user, &system);
	for_each_online_cpu(cpu)
		idle += sched_idle_ns(cpu) / CLOCK_TICK_NS;
	cpu_line(m, "cpu ", user, system, idle);
	for_each_online_cpu(cpu) {
		u64 idle_one = sched_idle_ns(cpu) / CLOCK_TICK_NS, busy = now / CLOCK_TICK_NS;

		busy = busy > idle_one ? busy - idle_one : 0;
		if (busy > user + system)
			busy = user + system;
		snprintf(name, sizeof(name), "cpu%u", cpu);
		cpu_line(m, name, user + system ? busy * user / (user + system) : 0,
			 user + system ? busy * system / (user + system) : 0, idle_one);
	}
	sched_load(&load);
	seq_printf(m, "intr %lu\nctxt %lu\nbtime %llu\nprocesses %u\nprocs_running %u\n"
		   "procs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n", all_irqs(), sched_switches(),
		   (unsigned long long)boot, (unsigned int)newest_pid(), load.running);
	return 0;
}

static int show_uptime(struct seq_file *m)
{
	u64 up = arch_clock_ns() / (NSEC_PER_SEC / 100), idle = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		idle += sched_idle_ns(cpu) / (NSEC_PER_SEC / 100);
	seq_printf(m, "%llu.%02llu %llu.%02llu\n", (unsigned long long)up / 100,
		   (unsigned long long)up % 100, (unsigned long long)idle / 100,
		   (unsigned long long)idle % 100);
	return 0;
}

static int show_loadavg(struct seq_file *m)
{
	struct sched_load load;

	sched_load(&load);
	for (int i = 0; i < 3; i++)
		seq_printf(m, "%lu.%02lu ", load.avg[i] >> 11,
			   ((load.avg[i] & 2047) * 100) >> 11);
	seq_printf(m, "%u/%u %u\n", load.running, process_count(),
		   (unsigned int)newest_pid());
	return 0;
}

static int show_interrupts(struct seq_file *m)
{
	const char *name;

	seq_puts(m, "           CPU0\n");
	for (unsigned int i = 0; i < NR_IRQS; i++) {
		unsigned long n = irq_count(i, &name);

		if (name)
			seq_printf(m, "%4u: %10lu  %s\n", i, n, name);
	}
	return 0;
}

static void fs_type_line(const struct fs_type *t, void *arg)
{
	seq_printf(arg, "%s\t%s\n", t->nodev ? "nodev" : "", t->name);
}

static int show_filesystems(struct seq_file *m)
{
	fs_type_for_each(fs_type_line, m);
	return 0;
}

static void chr_line(const char *name, mode_t type, dev_t dev, void *arg)
{
	if (name && S_ISCHR(type))
		seq_printf(arg, "%3u %s\n", MAJOR(dev), name);
}

static void blk_line(const char *name, mode_t type, dev_t dev, void *arg)
{
	if (name && S_ISBLK(type))
		seq_printf(arg, "%3u %s\n", MAJOR(dev), name);
}

static int show_devices(struct seq_file *m)
{
	seq_puts(m, "Character devices:\n");
	device_for_each(chr_line, m);
	seq_puts(m, "\nBlock devices:\n");
	device_for_each(blk_line, m);
	return 0;
}

static int show_partitions(struct seq_file *m)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	return 0;
}

const struct proc_entry proc_info_entries[] = {
	{ .name = "cmdline", .mode = S_IFREG | 0444, .show = show_cmdline },
	{ .name = "cpuinfo", .mode = S_IFREG | 0444, .show = show_cpuinfo },
	{ .name = "devices", .mode = S_IFREG | 0444, .show = show_devices },
	{ .name = "filesystems", .mode = S_IFREG | 0444, .show = show_filesystems },
	{ .name = "interrupts", .mode = S_IFREG | 0444, .show = show_interrupts },
	{ .name = "loadavg", .mode = S_IFREG | 0444, .show = show_loadavg },
	{ .name = "partitions", .mode = S_IFREG | 0444, .show = show_partitions },
	{ .name = "stat", .mode = S_IFREG | 0444, .show = show_stat },
	{ .name = "uptime", .mode = S_IFREG | 0444, .show = show_uptime },
	{ .name = "version", .mode = S_IFREG | 0444, .show = show_version },
	{ .mode = 0 },
};
