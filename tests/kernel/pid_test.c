/* SPDX-License-Identifier: MIT */
/* tests/kernel/pid_test.c - numbers of processes and groups (kernel/pid.c) */
#include <kernel/ktest.h>
#include <kernel/process.h>
#include "../../kernel/proc_internal.h"

#define SOME	100

KTEST(pid_numbers_in_use_are_distinct)
{
	pid_t pids[SOME];

	spin_lock(&tasklist_lock);
	for (unsigned int i = 0; i < SOME; i++) {
		pids[i] = pid_alloc();
		for (unsigned int j = 0; j < i; j++)
			EXPECT(pids[i] != pids[j]);
		EXPECT(pids[i] > 0 && pids[i] < PID_MAX);
	}
	for (unsigned int i = 0; i < SOME; i++)
		pid_release(pids[i]);
	spin_unlock(&tasklist_lock);
}

KTEST(pid_numbers_wrap_and_are_used_again)
{
	pid_t first, pid = 0;

	spin_lock(&tasklist_lock);
	do {	/* the lowest numbers are given out once only: a wrap starts above them */
		first = pid_alloc();
		pid_release(first);
	} while (first <= 512);
	for (unsigned int i = 0; i < PID_MAX; i++) {
		pid = pid_alloc();
		pid_release(pid);
		if (pid == first)
			break;
	}
	spin_unlock(&tasklist_lock);
	EXPECT_EQ(pid, first);
}

KTEST(pid_of_a_group_stays_reserved_until_the_group_is_empty)
{
	struct process *p = process_alloc();
	struct id_group *spare, *other;
	pid_t a, b;

	REQUIRE(p);
	spin_lock(&tasklist_lock);
	a = pid_alloc();
	b = pid_alloc();
	spin_unlock(&tasklist_lock);
	spare = id_group_alloc(a);
	other = id_group_alloc(b);
	REQUIRE(spare && other);
	spin_lock(&tasklist_lock);
	pgrp_join(p, a, &spare);
	EXPECT(spare == NULL);
	EXPECT(find_pgrp(a) == p->pgrp);
	EXPECT(will_become_orphaned(a, p));
	pid_release(a);				/* refused: the group bears it */
	for (unsigned int i = 0; i < PID_MAX; i++) {
		pid_t pid = pid_alloc();

		EXPECT(pid != a);
		if (pid < 0)
			break;
		pid_release(pid);
	}
	pgrp_join(p, b, &other);
	EXPECT(find_pgrp(a) == NULL);
	EXPECT_EQ(p->pgid, b);
	groups_leave(p);
	EXPECT(find_pgrp(b) == NULL);
	spin_unlock(&tasklist_lock);
	process_put(p);
}
