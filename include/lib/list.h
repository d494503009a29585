/* SPDX-License-Identifier: MIT */
/*
 * lib/list.h - doubly linked rings (list_head), and chains for hash buckets (hlist)
 *
 *   head <-> a <-> b <-> c <-> head        list_head: the head is a node without an object
 *   first -> a -> b -> c -> NULL           hlist: head is one pointer; pprev points at the pointer
 *                                          that points here, so removal needs no head
 *
 * Nothing here locks or allocates; all operations take constant time except list_count_nodes().
 * A removed node is poisoned, so that using it again faults at a telling address.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <lib/compiler.h>
#include <lib/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_POISON1	((void *)0xdead000000000100UL)
#define LIST_POISON2	((void *)0xdead000000000122UL)

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

/* INIT_LIST_HEAD - make @head an empty ring, or @head as a node belong to no ring */
static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

/* list_link - put @node between two neighbours; the one place where nodes enter a ring */
static inline void list_link(struct list_head *node, struct list_head *prev,
			     struct list_head *next)
{
	next->prev = node;
	node->next = next;
	node->prev = prev;
	WRITE_ONCE(prev->next, node);
}

/* list_unlink - make two nodes neighbours; what was between them is out */
static inline void list_unlink(struct list_head *prev, struct list_head *next)
{
	next->prev = prev;
	WRITE_ONCE(prev->next, next);
}

/* list_add - insert @node right behind @head: a stack */
static inline void list_add(struct list_head *node, struct list_head *head)
{
	list_link(node, head, head->next);
}

/* list_add_tail - insert @node right before @head: a queue */
static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	list_link(node, head->prev, head);
}

/* list_del - take @node out of its ring and poison it */
static inline void list_del(struct list_head *node)
{
	list_unlink(node->prev, node->next);
	node->next = LIST_POISON1;
	node->prev = LIST_POISON2;
}

/* list_del_init - take @node out and leave it empty, so list_empty(node) says "on no list" */
static inline void list_del_init(struct list_head *node)
{
	list_unlink(node->prev, node->next);
	INIT_LIST_HEAD(node);
}

/* list_replace - put @node where @old was; @old is left as it is */
static inline void list_replace(struct list_head *old, struct list_head *node)
{
	list_link(node, old->prev, old->next);
}

/* list_move, list_move_tail - from its ring to the start or end of @head's */
static inline void list_move(struct list_head *node, struct list_head *head)
{
	list_unlink(node->prev, node->next);
	list_add(node, head);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	list_unlink(node->prev, node->next);
	list_add_tail(node, head);
}

/* list_empty - no node in @head's ring; safe to ask without the lock, as a hint */
static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/* list_is_singular - exactly one node */
static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/* list_is_first, list_is_last - whether @node is the first or last of @head's ring */
static inline bool list_is_first(const struct list_head *node, const struct list_head *head)
{
	return node->prev == head;
}

static inline bool list_is_last(const struct list_head *node, const struct list_head *head)
{
	return node->next == head;
}

/* list_splice_between - the nodes of @list (not empty) between @prev and @next */
static inline void list_splice_between(const struct list_head *list, struct list_head *prev,
				       struct list_head *next)
{
	list->next->prev = prev;
	prev->next = list->next;
	list->prev->next = next;
	next->prev = list->prev;
}

/* list_splice, list_splice_tail - @list's nodes to the start or end of @head; @list is stale */
static inline void list_splice(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		list_splice_between(list, head, head->next);
}

static inline void list_splice_tail(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		list_splice_between(list, head->prev, head);
}

/* list_splice_init, list_splice_tail_init - the same, and @list is an empty ring afterwards */
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

/* list_rotate_left - the first node becomes the last */
static inline void list_rotate_left(struct list_head *head)
{
	if (!list_empty(head))
		list_move_tail(head->next, head);
}

/* list_count_nodes - how many nodes; walks the ring */
static inline size_t list_count_nodes(const struct list_head *head)
{
	const struct list_head *pos;
	size_t n = 0;

	for (pos = head->next; pos != head; pos = pos->next)
		n++;
	return n;
}

/* The object around a node; around the first, last node of a ring (or NULL when it is empty). */
#define list_entry(ptr, type, member)		container_of(ptr, type, member)
#define list_first_entry(head, type, member)	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)	list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_last_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_last_entry(head, type, member))
#define list_next_entry(pos, member)	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member)	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member)	(&(pos)->member == (head))

/* Loops over nodes, then over objects; _safe: the body may remove the current one. */
#define list_for_each(pos, head) \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
#define list_for_each_safe(pos, n, head) \
	for ((pos) = (head)->next, (n) = (pos)->next; (pos) != (head); \
	     (pos) = (n), (n) = (pos)->next)

#define list_for_each_entry(pos, head, member) \
	for ((pos) = list_first_entry(head, __typeof__(*(pos)), member); \
	     !list_entry_is_head(pos, head, member); (pos) = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member) \
	for ((pos) = list_last_entry(head, __typeof__(*(pos)), member); \
	     !list_entry_is_head(pos, head, member); (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for ((pos) = list_first_entry(head, __typeof__(*(pos)), member), \
	     (n) = list_next_entry(pos, member); !list_entry_is_head(pos, head, member); \
	     (pos) = (n), (n) = list_next_entry(n, member))
#define list_for_each_entry_safe_reverse(pos, n, head, member) \
	for ((pos) = list_last_entry(head, __typeof__(*(pos)), member), \
	     (n) = list_prev_entry(pos, member); !list_entry_is_head(pos, head, member); \
	     (pos) = (n), (n) = list_prev_entry(n, member))
#define list_for_each_entry_continue(pos, head, member) \
	for ((pos) = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); (pos) = list_next_entry(pos, member))

#include <lib/hlist.h>

#endif
