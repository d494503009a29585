/* SPDX-License-Identifier: MIT */
/*
 * lib/hlist.h - chains for hash buckets: a head of one pointer (see the drawing in list.h)
 */
#ifndef LIB_HLIST_H
#define LIB_HLIST_H

#include <lib/compiler.h>
#include <lib/list.h>
#include <lib/types.h>

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;	/* the pointer that points here; NULL: on no chain */
};

struct hlist_head {
	struct hlist_node *first;
};

#define HLIST_HEAD_INIT		{ NULL }
#define HLIST_HEAD(name)	struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(ptr)	((ptr)->first = NULL)

/* INIT_HLIST_NODE - @node is on no chain */
static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

/* hlist_unhashed - @node is on no chain (initialised, or removed by hlist_del_init) */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

/* hlist_empty - no node on the chain */
static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

/* hlist_add_head - @node becomes the first of @head */
static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (head->first)
		head->first->pprev = &node->next;
	WRITE_ONCE(head->first, node);
}

/* hlist_add_before - @node goes right before @next, which is on a chain */
static inline void hlist_add_before(struct hlist_node *node, struct hlist_node *next)
{
	node->pprev = next->pprev;
	node->next = next;
	next->pprev = &node->next;
	WRITE_ONCE(*node->pprev, node);
}

/* hlist_add_behind - @node goes right behind @prev, which is on a chain */
static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *prev)
{
	node->next = prev->next;
	node->pprev = &prev->next;
	if (node->next)
		node->next->pprev = &node->next;
	WRITE_ONCE(prev->next, node);
}

/* hlist_unlink - take @node, which is on a chain, out; its own pointers stay */
static inline void hlist_unlink(struct hlist_node *node)
{
	WRITE_ONCE(*node->pprev, node->next);
	if (node->next)
		node->next->pprev = node->pprev;
}

/* hlist_del - take @node out and poison it */
static inline void hlist_del(struct hlist_node *node)
{
	hlist_unlink(node);
	node->next = LIST_POISON1;
	node->pprev = LIST_POISON2;
}

/* hlist_del_init - take @node out if it is on a chain; hlist_unhashed() is true afterwards */
static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	hlist_unlink(node);
	INIT_HLIST_NODE(node);
}

/* The object around a node, NULL for NULL. */
#define hlist_entry(ptr, type, member)	container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) __extension__({ \
	struct hlist_node *hlist_ptr_ = (ptr); \
	hlist_ptr_ ? hlist_entry(hlist_ptr_, type, member) : NULL; })

/* Loops over the objects of a chain; _safe: the body may remove the current one. */
#define hlist_for_each_entry(pos, head, member) \
	for ((pos) = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); (pos); \
	     (pos) = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))
#define hlist_for_each_entry_safe(pos, n, head, member) \
	for ((pos) = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); \
	     (pos) && ((n) = (pos)->member.next, true); \
	     (pos) = hlist_entry_safe(n, __typeof__(*(pos)), member))

#endif
