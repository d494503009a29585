/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_misc.c - the system calls about the machine as a whole: names, memory, log, power
 */
#include <fs/file.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <kernel/utsname.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <uapi/reboot.h>
#include <uapi/sysinfo.h>

/* ---- names ---- */

/* The C library refuses to start on a kernel older than it was built for, so the release begins with
 * the version of Linux whose interface this is (DESIGN.md 2); the rest says what it really is. */
static struct new_utsname uts = {
	.sysname = "Linux", .nodename = "verso", .release = "6.1.0-verso",
	.version = "#1 SMP Verso", .machine = ARCH_NAME, .domainname = "(none)",
};
static DEFINE_SPINLOCK(uts_lock, RANK_DEVICE);

void utsname_get(struct new_utsname *u)
{
	unsigned long flags;

	spin_lock_irqsave(&uts_lock, flags);
	*u = uts;
	spin_unlock_irqrestore(&uts_lock, flags);
}

SYSCALL_DEFINE1(uname, struct new_utsname __user *, uname)
{
	struct new_utsname u;

	utsname_get(&u);
	return copy_to_user(uname, &u, sizeof(u));
}

static long set_name(char *dst, const char __user *uname, int len)
{
	char name[UTS_LEN] = "";
	unsigned long flags;

	if (!capable())
		return -EPERM;
	if (len < 0 || len >= UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, uname, (size_t)len))
		return -EFAULT;
	spin_lock_irqsave(&uts_lock, flags);
	memcpy(dst, name, UTS_LEN);
	spin_unlock_irqrestore(&uts_lock, flags);
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return set_name(uts.nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return set_name(uts.domainname, name, len);
}

/* ---- figures ---- */

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, uinfo)
{
	struct sysinfo info;
	struct sched_load load;

	memset(&info, 0, sizeof(info));
	sched_load(&load);
	info.uptime = (s64)DIV_ROUND_UP(clock_monotonic_ns(), NSEC_PER_SEC);
	for (unsigned int i = 0; i < 3; i++)
		info.loads[i] = load.avg[i] << 5;	/* 1/2048 to 1/65536 */
	info.totalram = totalram_pages() << PAGE_SHIFT;
	info.freeram = nr_free_pages() << PAGE_SHIFT;
	info.totalhigh = totalhigh_pages() << PAGE_SHIFT;
	info.freehigh = nr_free_highpages() << PAGE_SHIFT;
	info.sharedram = (u64)max(vm_state_sum(nr_shmem), 0L) << PAGE_SHIFT;
	info.procs = (u16)min(process_count(), 65535U);
	info.mem_unit = 1;
	return copy_to_user(uinfo, &info, sizeof(info));
}

/* ---- the kernel's log: syslog(2) ---- */

#define SYSLOG_ACTION_CLOSE		0
#define SYSLOG_ACTION_OPEN		1
#define SYSLOG_ACTION_READ		2
#define SYSLOG_ACTION_READ_ALL		3
#define SYSLOG_ACTION_READ_CLEAR	4
#define SYSLOG_ACTION_CLEAR		5
#define SYSLOG_ACTION_CONSOLE_OFF	6
#define SYSLOG_ACTION_CONSOLE_ON	7
#define SYSLOG_ACTION_CONSOLE_LEVEL	8
#define SYSLOG_ACTION_SIZE_UNREAD	9
#define SYSLOG_ACTION_SIZE_BUFFER	10

#define LOG_PIECE	1024

static u64 log_read_pos;	/* of SYSLOG_ACTION_READ; racing readers may see a line twice */
static u64 log_clear_pos;	/* READ_ALL begins here */

/* Copy the log from *@pos on to the user: bytes, or -EFAULT. */
static long read_log(u64 *pos, char __user *ubuf, size_t len)
{
	char *piece = kmalloc(LOG_PIECE, GFP_KERNEL);
	size_t done = 0;
	long err = 0;

	if (!piece)
		return -ENOMEM;
	while (done < len) {
		size_t n = printk_read(pos, piece, min(len - done, (size_t)LOG_PIECE));

		if (!n)
			break;
		if (copy_to_user(ubuf + done, piece, n)) {
			err = -EFAULT;
			break;
		}
		done += n;
	}
	kfree(piece);
	return done ? (long)done : err;
}

/* How much there is from @pos on; also where it ends. */
static size_t log_length(u64 *pos)
{
	char piece[128];
	size_t n, total = 0;

	while ((n = printk_read(pos, piece, sizeof(piece))) != 0)
		total += n;
	return total;
}

/* The last @len bytes of what was not cleared. */
static long read_log_tail(char __user *ubuf, size_t len, bool clear)
{
	u64 pos = log_clear_pos, end = log_clear_pos;
	size_t total = log_length(&end);
	long n;

	if (total > len)
		pos = end - len;
	n = read_log(&pos, ubuf, len);
	if (clear && n >= 0)
		log_clear_pos = end;
	return n;
}

SYSCALL_DEFINE3(syslog, int, type, char __user *, ubuf, int, len)
{
	u64 pos;

	if (type != SYSLOG_ACTION_READ_ALL && type != SYSLOG_ACTION_SIZE_BUFFER && !capable())
		return -EPERM;
	switch (type) {
	case SYSLOG_ACTION_CLOSE:
	case SYSLOG_ACTION_OPEN:
	case SYSLOG_ACTION_CONSOLE_OFF:
	case SYSLOG_ACTION_CONSOLE_ON:
		return 0;
	case SYSLOG_ACTION_READ:
		return !ubuf || len < 0 ? -EINVAL : read_log(&log_read_pos, ubuf, (size_t)len);
	case SYSLOG_ACTION_READ_ALL:
	case SYSLOG_ACTION_READ_CLEAR:
		return !ubuf || len < 0 ? -EINVAL :
		       read_log_tail(ubuf, (size_t)len, type == SYSLOG_ACTION_READ_CLEAR);
	case SYSLOG_ACTION_CLEAR:
		log_length(&log_clear_pos);
		return 0;
	case SYSLOG_ACTION_CONSOLE_LEVEL:
		return len < 1 || len > 8 ? -EINVAL : 0;
	case SYSLOG_ACTION_SIZE_UNREAD:
		pos = log_read_pos;
		return (long)log_length(&pos);
	case SYSLOG_ACTION_SIZE_BUFFER:
		pos = 0;
		return (long)log_length(&pos);
	default:
		return -EINVAL;
	}
}

/* ---- power ---- */

static bool reboot_magic_ok(u32 magic1, u32 magic2)
{
	return magic1 == LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
		magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

SYSCALL_DEFINE4(reboot, u32, magic1, u32, magic2, u32, cmd, void __user *, arg)
{
	if (!capable())
		return -EPERM;
	if (!reboot_magic_ok(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		vfs_sync_all();
		printk("restarting\n");
		arch_restart();
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF:
		vfs_sync_all();
		printk("powering off\n");
		arch_power_off(0);
	default:
		return -EINVAL;
	}
}
