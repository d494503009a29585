/* SPDX-License-Identifier: MIT */
/*
 * kernel/cred.c - as whom does a process act?
 *
 * There is one privilege: effective uid 0. The calls follow credentials(7): without it a process may
 * only exchange its own real, effective and saved ids. Ids belong to the process, not to the thread
 * (glibc sets them in all threads anyway).
 *
 * Each real uid in use has a struct user, which counts what RLIMIT_NPROC and RLIMIT_SIGPENDING limit.
 *
 * ALWAYS TRUE    C1  p->user->uid == p->uid, and p's threads are counted there.
 *                C2  a process that changed its effective ids, or those for files, is not dumpable: what it
 *                    remembers of before is not for the eyes of its new user (process_mm_access()), unless it
 *                    says so by PR_SET_DUMPABLE.
 *
 * LOCKS          user_lock for the list of users. Ids are written by the process itself, under its siglock.
 * LEFT OUT       capabilities (capget says all or none), user namespaces, fs.suid_dumpable (it is 0).
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "proc_internal.h"

static DEFINE_SPINLOCK(user_lock, RANK_SIGHAND);
static LIST_HEAD(users);

/* ---- accounts ---- */

static struct user *user_find_locked(uid_t uid)
{
	struct user *u;

	list_for_each_entry(u, &users, link)
		if (u->uid == uid)
			return user_ref(u);
	return NULL;
}

struct user *user_get(uid_t uid)
{
	struct user *fresh, *u;
	unsigned long flags;

	spin_lock_irqsave(&user_lock, flags);
	u = user_find_locked(uid);
	spin_unlock_irqrestore(&user_lock, flags);
	if (u)
		return u;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	fresh->uid = uid;
	atomic_set(&fresh->refs, 1);
	spin_lock_irqsave(&user_lock, flags);
	u = user_find_locked(uid);
	if (!u)
		list_add(&fresh->link, &users);
	spin_unlock_irqrestore(&user_lock, flags);
	if (!u)
		return fresh;
	kfree(fresh);
	return u;
}

/* A count that reaches 0 does so under the lock: user_find_locked() never revives a dying one. */
void user_put(struct user *u)
{
	unsigned long flags;
	bool last;

	if (atomic_add_unless(&u->refs, -1, 1))
		return;
	flags = arch_irq_save();
	spin_lock_nested(&user_lock);
	last = atomic_dec_and_test(&u->refs);
	if (last)
		list_del(&u->link);
	spin_unlock_irqrestore(&user_lock, flags);
	if (last)
		kfree(u);
}

/* @p's real uid becomes that of @u: its threads move to that account. Returns the old one. siglock held. */
static struct user *switch_user(struct process *p, struct user *u)
{
	struct user *old = p->user;

	atomic_add((int)p->nr_threads, &u->threads);
	atomic_sub((int)p->nr_threads, &old->threads);
	p->user = u;
	p->uid = u->uid;
	return old;
}

/* Other threads may put the account of @p away: look at it under siglock only. */
void user_count_threads(struct process *p, int n)
{
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	atomic_add(n, &p->user->threads);
	spin_unlock_irqrestore(&p->siglock, flags);
}

struct user *user_of_process(struct process *p)
{
	struct user *u;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	u = user_ref(p->user);
	spin_unlock_irqrestore(&p->siglock, flags);
	return u;
}

/* ---- ids ---- */

bool capable(void)
{
	const struct process *p = current_process();

	return !p || p->euid == 0;
}

void cred_exec(struct process *p)
{
	p->suid = p->fsuid = p->euid;
	p->sgid = p->fsgid = p->egid;
	limits_update(p);
}

SYSCALL_DEFINE0(getuid)  { return current_process()->uid; }
SYSCALL_DEFINE0(geteuid) { return current_process()->euid; }
SYSCALL_DEFINE0(getgid)  { return current_process()->gid; }
SYSCALL_DEFINE0(getegid) { return current_process()->egid; }

static bool uid_is_mine(const struct process *p, uid_t id)
{
	return id == p->uid || id == p->euid || id == p->suid;
}

static bool gid_is_mine(const struct process *p, gid_t id)
{
	return id == p->gid || id == p->egid || id == p->sgid;
}

#define ID_KEEP	(~0U)		/* (uid_t)-1: leave as it is */

/* act_as_another - @p changes the ids it acts with (C2); siglock held from here until they are changed */
static void act_as_another(struct process *p)
{
	p->pdeath_signal = 0;
	p->dumpable = 0;
}

static void set_effective_uid(struct process *p, uid_t uid)
{
	if (uid != p->euid || uid != p->fsuid)
		act_as_another(p);
	p->euid = p->fsuid = uid;
}

static void set_effective_gid(struct process *p, gid_t gid)
{
	if (gid != p->egid || gid != p->fsgid)
		act_as_another(p);
	p->egid = p->fsgid = gid;
}

static int change_uids(uid_t ruid, uid_t euid, uid_t suid)
{
	struct process *p = current_process();
	struct user *u = NULL;
	unsigned long flags;

	if (ruid != ID_KEEP && ruid != p->uid) {
		u = user_get(ruid);
		if (!u)
			return -EAGAIN;
	}
	spin_lock_irqsave(&p->siglock, flags);
	set_effective_uid(p, euid != ID_KEEP ? euid : p->euid);
	if (u)
		u = switch_user(p, u);
	if (suid != ID_KEEP)
		p->suid = suid;
	limits_update(p);
	spin_unlock_irqrestore(&p->siglock, flags);
	if (u)
		user_put(u);
	return 0;
}

static void change_gids(gid_t rgid, gid_t egid, gid_t sgid)
{
	struct process *p = current_process();
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	set_effective_gid(p, egid != ID_KEEP ? egid : p->egid);
	if (rgid != ID_KEEP)
		p->gid = rgid;
	if (sgid != ID_KEEP)
		p->sgid = sgid;
	spin_unlock_irqrestore(&p->siglock, flags);
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	struct process *p = current_process();

	if (uid == ID_KEEP)
		return -EINVAL;
	if (capable())
		return change_uids(uid, uid, uid);
	if (uid != p->uid && uid != p->suid)
		return -EPERM;
	return change_uids(ID_KEEP, uid, ID_KEEP);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	struct process *p = current_process();

	if (gid == ID_KEEP)
		return -EINVAL;
	if (capable())
		change_gids(gid, gid, gid);
	else if (gid == p->gid || gid == p->sgid)
		change_gids(ID_KEEP, gid, ID_KEEP);
	else
		return -EPERM;
	return 0;
}

/* setreuid: the saved id follows when the real id is set, or the effective one leaves it. */
SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	struct process *p = current_process();
	uid_t suid = ID_KEEP;

	if (!capable()) {
		if (ruid != ID_KEEP && ruid != p->uid && ruid != p->euid)
			return -EPERM;
		if (euid != ID_KEEP && !uid_is_mine(p, euid))
			return -EPERM;
	}
	if (ruid != ID_KEEP || (euid != ID_KEEP && euid != p->uid))
		suid = euid != ID_KEEP ? euid : p->euid;
	return change_uids(ruid, euid, suid);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	struct process *p = current_process();
	gid_t sgid = ID_KEEP;

	if (!capable()) {
		if (rgid != ID_KEEP && rgid != p->gid && rgid != p->egid)
			return -EPERM;
		if (egid != ID_KEEP && !gid_is_mine(p, egid))
			return -EPERM;
	}
	if (rgid != ID_KEEP || (egid != ID_KEEP && egid != p->gid))
		sgid = egid != ID_KEEP ? egid : p->egid;
	change_gids(rgid, egid, sgid);
	return 0;
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	struct process *p = current_process();

	if (!capable() && ((ruid != ID_KEEP && !uid_is_mine(p, ruid)) ||
			   (euid != ID_KEEP && !uid_is_mine(p, euid)) ||
			   (suid != ID_KEEP && !uid_is_mine(p, suid))))
		return -EPERM;
	return change_uids(ruid, euid, suid);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	struct process *p = current_process();

	if (!capable() && ((rgid != ID_KEEP && !gid_is_mine(p, rgid)) ||
			   (egid != ID_KEEP && !gid_is_mine(p, egid)) ||
			   (sgid != ID_KEEP && !gid_is_mine(p, sgid))))
		return -EPERM;
	change_gids(rgid, egid, sgid);
	return 0;
}

static long put_ids(u32 __user *r, u32 __user *e, u32 __user *s, u32 real, u32 effective, u32 saved)
{
	if (put_user(real, r) || put_user(effective, e) || put_user(saved, s))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruid, uid_t __user *, euid, uid_t __user *, suid)
{
	const struct process *p = current_process();

	return put_ids(ruid, euid, suid, p->uid, p->euid, p->suid);
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgid, gid_t __user *, egid, gid_t __user *, sgid)
{
	const struct process *p = current_process();

	return put_ids(rgid, egid, sgid, p->gid, p->egid, p->sgid);
}

/* setfsuid, setfsgid: return the old id whether or not the new one was taken */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	struct process *p = current_process();
	uid_t old = p->fsuid;

	if (uid != ID_KEEP && uid != old && (capable() || uid_is_mine(p, uid))) {
		spin_lock_irq(&p->siglock);
		act_as_another(p);
		p->fsuid = uid;
		spin_unlock_irq(&p->siglock);
	}
	return old;
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	struct process *p = current_process();
	gid_t old = p->fsgid;

	if (gid != ID_KEEP && gid != old && (capable() || gid_is_mine(p, gid))) {
		spin_lock_irq(&p->siglock);
		act_as_another(p);
		p->fsgid = gid;
		spin_unlock_irq(&p->siglock);
	}
	return old;
}

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct process *p = current_process();
	int n = (int)p->ngroups;

	if (size < 0 || (size > 0 && size < n))
		return -EINVAL;
	if (size > 0 && copy_to_user(list, p->groups, sizeof(gid_t) * p->ngroups))
		return -EFAULT;
	return n;
}

SYSCALL_DEFINE2(setgroups, int, size, const gid_t __user *, list)
{
	struct process *p = current_process();
	gid_t groups[ARRAY_SIZE(p->groups)];

	if (!capable())
		return -EPERM;
	if (size < 0 || (size_t)size > ARRAY_SIZE(groups))
		return -EINVAL;
	if (copy_from_user(groups, list, sizeof(gid_t) * (size_t)size))
		return -EFAULT;
	memcpy(p->groups, groups, sizeof(gid_t) * (size_t)size);
	p->ngroups = (unsigned int)size;
	return 0;
}

/* ---- capabilities: all for root, none for others (capget(2)) ---- */

#define CAPABILITY_VERSION_1	0x19980330U
#define CAPABILITY_VERSION_2	0x20071026U
#define CAPABILITY_VERSION_3	0x20080522U
#define CAP_ALL			0x000001ffffffffffULL	/* 0 .. CAP_CHECKPOINT_RESTORE (40) */

struct cap_header { u32 version; s32 pid; };
struct cap_data { u32 effective, permitted, inheritable; };

/* Number of cap_data words for the caller's version; an unknown one is answered with ours. */
static int cap_words(struct cap_header __user *uhdr, struct cap_header *hdr)
{
	if (copy_from_user(hdr, uhdr, sizeof(*hdr)))
		return -EFAULT;
	if (hdr->version == CAPABILITY_VERSION_1)
		return 1;
	if (hdr->version == CAPABILITY_VERSION_2 || hdr->version == CAPABILITY_VERSION_3)
		return 2;
	if (put_user(CAPABILITY_VERSION_3, &uhdr->version))
		return -EFAULT;
	return -EINVAL;
}

SYSCALL_DEFINE2(capget, struct cap_header __user *, uhdr, struct cap_data __user *, udata)
{
	struct cap_data data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct cap_header hdr;
	int words = cap_words(uhdr, &hdr);
	struct process *p;
	u64 caps;

	if (words < 0)
		return words == -EINVAL && !udata ? 0 : words;
	if (hdr.pid < 0)
		return -EINVAL;
	p = process_get_by_pid(hdr.pid ? hdr.pid : current_process()->pid);
	if (!p)
		return -ESRCH;
	caps = p->euid == 0 ? CAP_ALL : 0;
	process_put(p);
	for (int i = 0; i < words; i++, caps >>= 32)
		data[i].effective = data[i].permitted = (u32)caps;
	return copy_to_user(udata, data, sizeof(data[0]) * (size_t)words);
}

/* capset: dropping capabilities is not possible without leaving uid 0; asking for what one has is fine. */
SYSCALL_DEFINE2(capset, struct cap_header __user *, uhdr, const struct cap_data __user *, udata)
{
	struct cap_data data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	u64 wanted = 0, have = capable() ? CAP_ALL : 0;
	struct cap_header hdr;
	int words = cap_words(uhdr, &hdr);

	if (words < 0)
		return words;
	if (hdr.pid != 0 && hdr.pid != current_process()->pid)
		return -EPERM;
	if (copy_from_user(data, udata, sizeof(data[0]) * (size_t)words))
		return -EFAULT;
	for (int i = words - 1; i >= 0; i--)
		wanted = wanted << 32 | data[i].effective | data[i].permitted;
	return wanted & CAP_ALL & ~have ? -EPERM : 0;
}
