/* SPDX-License-Identifier: MIT */
/*
 * kernel/pid.c - which number names what?
 *
 * One number may name a thread, a process, a process group and a session at the same time. It is
 * given out again only when none of the four is left, so that kill(-pgid) never meets strangers.
 *
 *	pid_map    bit n set  <=>  n is reserved
 *	hashes     number -> thread, process, group, session
 *	id_group   one per group or session that has members; zombies are members until reaped
 *
 * ALWAYS TRUE    I1  whatever is in a hash has its bit set in pid_map.
 *                I2  a group is in its hash exactly while it has members.
 *
 * LOCKS          tasklist_lock for everything here.
 * LEFT OUT       pid namespaces, pidfds. (Linux: kernel/pid.c)
 */
#include <kernel/process.h>
#include <lib/bitmap.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include "proc_internal.h"

#define HASH_BITS	8
#define RESERVED_PIDS	300	/* after a wrap, low numbers stay with the daemons of the boot, as Linux does */

enum group_kind { GROUP_PGRP, GROUP_SESSION, NR_GROUP_KINDS };

static DECLARE_BITMAP(pid_map, PID_MAX);
static pid_t last_pid;
static struct list_head thread_hash[1 << HASH_BITS];
static struct list_head process_hash[1 << HASH_BITS];
static struct list_head group_hash[NR_GROUP_KINDS][1 << HASH_BITS];
static struct kmem_cache *group_cache;

static struct list_head *bucket(struct list_head *table, pid_t nr)
{
	return &table[(unsigned int)nr & ((1U << HASH_BITS) - 1)];
}

void pid_init(void)
{
	for (unsigned int i = 0; i < 1U << HASH_BITS; i++) {
		INIT_LIST_HEAD(&thread_hash[i]);
		INIT_LIST_HEAD(&process_hash[i]);
		for (unsigned int k = 0; k < NR_GROUP_KINDS; k++)
			INIT_LIST_HEAD(&group_hash[k][i]);
	}
	__set_bit(0, pid_map);
	group_cache = kmem_cache_create("id_group", sizeof(struct id_group), 0, SLAB_PANIC, NULL);
}

pid_t pid_alloc(void)
{
	unsigned long nr;

	ASSERT_HELD(&tasklist_lock);
	nr = find_next_zero_bit(pid_map, PID_MAX, (unsigned long)last_pid + 1);
	if (nr >= PID_MAX)
		nr = find_next_zero_bit(pid_map, PID_MAX, RESERVED_PIDS);
	if (nr >= PID_MAX)
		return -EAGAIN;
	__set_bit(nr, pid_map);
	last_pid = (pid_t)nr;
	return last_pid;
}

static struct id_group *find_group(enum group_kind kind, pid_t id)
{
	struct id_group *g;

	list_for_each_entry(g, bucket(group_hash[kind], id), hash_link)
		if (g->id == id)
			return g;
	return NULL;
}

void pid_release(pid_t nr)
{
	ASSERT_HELD(&tasklist_lock);
	if (find_thread(nr) || find_process(nr) || find_group(GROUP_PGRP, nr) ||
	    find_group(GROUP_SESSION, nr))
		return;
	__clear_bit((unsigned long)nr, pid_map);
}

void thread_hash_add(struct thread *t)
{
	list_add(&t->pid_link, bucket(thread_hash, t->tid));
}

void thread_hash_del(struct thread *t)
{
	list_del_init(&t->pid_link);
}

void process_hash_add(struct process *p)
{
	list_add(&p->pid_link, bucket(process_hash, p->pid));
}

void process_hash_del(struct process *p)
{
	list_del_init(&p->pid_link);
}

struct thread *find_thread(pid_t tid)
{
	struct thread *t;

	ASSERT_HELD(&tasklist_lock);
	list_for_each_entry(t, bucket(thread_hash, tid), pid_link)
		if (t->tid == tid)
			return t;
	return NULL;
}

struct process *find_process(pid_t pid)
{
	struct process *p;

	ASSERT_HELD(&tasklist_lock);
	list_for_each_entry(p, bucket(process_hash, pid), pid_link)
		if (p->pid == pid)
			return p;
	return NULL;
}

struct id_group *find_pgrp(pid_t id)
{
	ASSERT_HELD(&tasklist_lock);
	return find_group(GROUP_PGRP, id);
}

struct id_group *find_session(pid_t id)
{
	ASSERT_HELD(&tasklist_lock);
	return find_group(GROUP_SESSION, id);
}

struct id_group *id_group_alloc(pid_t id)
{
	struct id_group *g = kmem_cache_alloc(group_cache, GFP_KERNEL);

	if (g) {
		g->id = id;
		INIT_LIST_HEAD(&g->hash_link);
		INIT_LIST_HEAD(&g->members);
	}
	return g;
}

void id_group_free(struct id_group *spare)
{
	if (spare)
		kmem_cache_free(group_cache, spare);
}

/* Take the member @link out of @g; the last one ends the group (I2). */
static void group_leave(struct id_group *g, struct list_head *link)
{
	pid_t id = g->id;

	list_del_init(link);
	if (!list_empty(&g->members))
		return;
	list_del(&g->hash_link);
	kmem_cache_free(group_cache, g);
	pid_release(id);
}

/* The group of @id, made from *@spare if there is none yet. */
static struct id_group *group_enter(enum group_kind kind, pid_t id, struct id_group **spare,
				    struct list_head *link)
{
	struct id_group *g = find_group(kind, id);

	if (!g) {
		g = *spare;
		ASSERT(g && g->id == id);
		*spare = NULL;
		list_add(&g->hash_link, bucket(group_hash[kind], id));
	}
	list_add_tail(link, &g->members);
	return g;
}

void pgrp_join(struct process *p, pid_t id, struct id_group **spare)
{
	ASSERT_HELD(&tasklist_lock);
	if (p->pgrp && p->pgrp->id == id)
		return;
	if (p->pgrp)
		group_leave(p->pgrp, &p->pgrp_link);
	p->pgrp = group_enter(GROUP_PGRP, id, spare, &p->pgrp_link);
	p->pgid = id;
}

void session_join(struct process *p, pid_t id, struct id_group **spare)
{
	ASSERT_HELD(&tasklist_lock);
	if (p->session && p->session->id == id)
		return;
	if (p->session)
		group_leave(p->session, &p->session_link);
	p->session = group_enter(GROUP_SESSION, id, spare, &p->session_link);
	p->sid = id;
}

void groups_leave(struct process *p)
{
	ASSERT_HELD(&tasklist_lock);
	if (p->pgrp)
		group_leave(p->pgrp, &p->pgrp_link);
	if (p->session)
		group_leave(p->session, &p->session_link);
	p->pgrp = NULL;
	p->session = NULL;
}

/* Does a member other than @ignored have a living parent in another group of the same session? */
bool will_become_orphaned(pid_t pgid, const struct process *ignored)
{
	struct id_group *g = find_pgrp(pgid);
	struct process *p;

	if (!g)
		return true;
	list_for_each_entry(p, &g->members, pgrp_link) {
		if (p == ignored || p->zombie || !p->parent || p->parent == init_process)
			continue;
		if (p->parent->pgid != pgid && p->parent->sid == p->sid)
			return false;
	}
	return true;
}

bool pgrp_is_orphaned(pid_t pgid)
{
	bool orphaned;

	spin_lock(&tasklist_lock);
	orphaned = will_become_orphaned(pgid, NULL);
	spin_unlock(&tasklist_lock);
	return orphaned;
}

void session_disassociate(pid_t sid)
{
	struct id_group *g;
	struct process *p;

	spin_lock(&tasklist_lock);
	g = find_session(sid);
	if (g)
		list_for_each_entry(p, &g->members, session_link)
			p->tty = NULL;
	spin_unlock(&tasklist_lock);
}
