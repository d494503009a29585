/* SPDX-License-Identifier: MIT */
/*
 * lib/radix_tree.h - a sparse array of pointers indexed by unsigned long, with three tags
 *
 *   root (height 2)                  index 0..4095: bits 11..6 pick the slot of the upper node,
 *     [node shift=6]  64 slots       bits 5..0 that of the lower one. The tree grows a level
 *       [node shift=0]  64 slots     when an index needs it and shrinks when only slot 0 is left.
 *          items
 *
 * An item is a pointer whose two low bits are 0, or an exceptional entry (bit 1 set: a shadow
 * entry of the page cache, a swap entry) whose other bits belong to the user. NULL is no item.
 * Tags are bits per item; an inner node's bit says "somewhere below", so searches by tag skip.
 * The caller's lock covers the tree. Nodes come from two hooks that the user of lib/ supplies.
 */
#ifndef LIB_RADIX_TREE_H
#define LIB_RADIX_TREE_H

#include <lib/types.h>

#define RADIX_TREE_MAP_SHIFT	6
#define RADIX_TREE_MAP_SIZE	(1UL << RADIX_TREE_MAP_SHIFT)
#define RADIX_TREE_MAP_MASK	(RADIX_TREE_MAP_SIZE - 1)
#define RADIX_TREE_MAX_HEIGHT	11	/* 64 index bits / 6, rounded up */

#define RADIX_TREE_EXCEPTIONAL_ENTRY	2UL
#define RADIX_TREE_EXCEPTIONAL_SHIFT	2

/* What the page cache marks; the tree itself gives the names no meaning. */
enum radix_tree_tag {
	PAGECACHE_TAG_DIRTY,
	PAGECACHE_TAG_WRITEBACK,
	PAGECACHE_TAG_TOWRITE,
	RADIX_TREE_MAX_TAGS
};

struct radix_tree_node {
	u8 shift;			/* index bits below this node: 0, 6, 12, ... */
	u8 offset;			/* this node's slot in its parent */
	u16 count;			/* slots in use, 1..64 */
	struct radix_tree_node *parent;	/* NULL at the top */
	u64 tags[RADIX_TREE_MAX_TAGS];	/* bit i: slot i, or something below it, has the tag */
	void *slots[RADIX_TREE_MAP_SIZE];
};

struct radix_tree_root {
	struct radix_tree_node *node;	/* NULL when the tree is empty */
};

#define RADIX_TREE_INIT		{ NULL }
#define RADIX_TREE(name)	struct radix_tree_root name = RADIX_TREE_INIT
#define INIT_RADIX_TREE(root)	((root)->node = NULL)

/*
 * Supplied by the user of lib/ (the kernel's mm; a test).
 * radix_tree_node_alloc - memory for one node, contents undefined; NULL when there is none
 * radix_tree_node_free - take it back
 */
struct radix_tree_node *radix_tree_node_alloc(void);
void radix_tree_node_free(struct radix_tree_node *node);

/* radix_tree_exceptional_entry - whether @item is one, not a pointer */
static inline bool radix_tree_exceptional_entry(const void *item)
{
	return ((unsigned long)item & RADIX_TREE_EXCEPTIONAL_ENTRY) != 0;
}

/* radix_tree_empty - no item at all */
static inline bool radix_tree_empty(const struct radix_tree_root *root)
{
	return root->node == NULL;
}

/*
 * radix_tree_insert - store @item (not NULL) at @index, without tags
 * returns: 0; -EEXIST when there is an item; -ENOMEM with the set of items unchanged
 */
int radix_tree_insert(struct radix_tree_root *root, unsigned long index, void *item);

/* radix_tree_leaf - the leaf that covers @index, or NULL; inline, as every cached read begins here */
static inline struct radix_tree_node *radix_tree_leaf(const struct radix_tree_root *root,
						      unsigned long index)
{
	struct radix_tree_node *node = root->node;

	if (!node || index >> node->shift >= RADIX_TREE_MAP_SIZE)
		return NULL;
	while (node && node->shift)
		node = node->slots[(index >> node->shift) & RADIX_TREE_MAP_MASK];
	return node;
}

/* radix_tree_lookup - the item at @index, or NULL */
static inline void *radix_tree_lookup(const struct radix_tree_root *root, unsigned long index)
{
	struct radix_tree_node *leaf = radix_tree_leaf(root, index);

	return leaf ? leaf->slots[index & RADIX_TREE_MAP_MASK] : NULL;
}

/* radix_tree_lookup_slot - where the item at @index is stored, valid until the next change; NULL */
void **radix_tree_lookup_slot(const struct radix_tree_root *root, unsigned long index);

/* radix_tree_delete - remove the item at @index with its tags; returns it, or NULL */
void *radix_tree_delete(struct radix_tree_root *root, unsigned long index);

/* radix_tree_replace - put @item in place of the one at @index, tags stay; returns it, or NULL
 * (and stores nothing) when there was none */
void *radix_tree_replace(struct radix_tree_root *root, unsigned long index, void *item);

/*
 * radix_tree_gang_lookup - up to @max items with index >= @first, ascending
 * Fills @results, and @indices unless NULL, each of @max elements. returns: how many
 */
unsigned int radix_tree_gang_lookup(const struct radix_tree_root *root, void **results,
				    unsigned long *indices, unsigned long first,
				    unsigned int max);

/* radix_tree_gang_lookup_tag - the same among the items that have @tag */
unsigned int radix_tree_gang_lookup_tag(const struct radix_tree_root *root, void **results,
					unsigned long *indices, unsigned long first,
					unsigned int max, enum radix_tree_tag tag);

/* radix_tree_tag_set, _clear - mark the item at @index; returns it, or NULL when there is none */
void *radix_tree_tag_set(struct radix_tree_root *root, unsigned long index,
			 enum radix_tree_tag tag);
void *radix_tree_tag_clear(struct radix_tree_root *root, unsigned long index,
			   enum radix_tree_tag tag);

/* radix_tree_tag_get - whether there is an item at @index and it has @tag */
bool radix_tree_tag_get(const struct radix_tree_root *root, unsigned long index,
			enum radix_tree_tag tag);

/* radix_tree_tagged - whether any item has @tag; constant time */
bool radix_tree_tagged(const struct radix_tree_root *root, enum radix_tree_tag tag);

/*
 * radix_tree_range_tag_if_tagged - items in [@first, @last] that have @iftag get @settag too
 * returns: how many
 */
unsigned long radix_tree_range_tag_if_tagged(struct radix_tree_root *root, unsigned long first,
					     unsigned long last, enum radix_tree_tag iftag,
					     enum radix_tree_tag settag);

/* radix_tree_next_hole - lowest index >= @first without an item, looking at most at @max of them;
 * first + max (which may wrap) when all of them have one */
unsigned long radix_tree_next_hole(const struct radix_tree_root *root, unsigned long first,
				   unsigned long max);

/*
 * radix_tree_check - counts, parents, offsets, tags and minimal height; for tests
 * returns: number of items, or -1
 */
long radix_tree_check(const struct radix_tree_root *root);

#endif
