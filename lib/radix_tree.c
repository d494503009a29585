/* SPDX-License-Identifier: MIT */
/*
 * lib/radix_tree.c - which page is at this file offset?
 *
 * The drawing is in lib/radix_tree.h. A node covers 64 slots of 2^shift indices each; leaves have
 * shift 0 and hold items. Height depends on the largest index: a file of up to 256 KiB needs one
 * node, one of 16 MiB two levels.
 *
 * ALWAYS TRUE    R1  node->count == number of slots that are not NULL, and is not 0.
 *                R2  child->parent and child->offset lead back to the slot it hangs in.
 *                R3  tag bit i of a node: i's item has the tag, or some tag bit of child i is set.
 *                R4  the top node uses a slot other than 0, or is a leaf: the tree is as low as
 *                    its indices allow.
 *                radix_tree_check() verifies all of them.
 *
 * LOCKS          the caller's, for readers too (the page cache's tree lock)
 * LIFE           nodes are born in insert (extend, make_leaf), and end in prune and shrink
 * LEFT OUT       lockless lookup by RCU, preloading, multi-order entries (Linux: lib/xarray.c)
 */
#include <lib/bitops.h>
#include <lib/compiler.h>
#include <lib/radix_tree.h>
#include <lib/string.h>
#include <uapi/errno.h>

/* In place of a tag: any item. */
#define ANY_ITEM	(-1)

static inline unsigned int slot_of(const struct radix_tree_node *node, unsigned long index)
{
	return (index >> node->shift) & RADIX_TREE_MAP_MASK;
}

/* Largest index a tree with this top can hold. */
static inline unsigned long max_index(const struct radix_tree_node *top)
{
	unsigned int bits = top->shift + RADIX_TREE_MAP_SHIFT;

	return bits >= BITS_PER_LONG ? ~0UL : (1UL << bits) - 1;
}

static struct radix_tree_node *new_node(unsigned int shift)
{
	struct radix_tree_node *node = radix_tree_node_alloc();

	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	node->shift = (u8)shift;
	return node;
}

/* ---- height ---- */

/* R4: drop tops that have nothing but slot 0. */
static void shrink(struct radix_tree_root *root)
{
	struct radix_tree_node *top = root->node;

	while (top && top->shift && top->count == 1 && top->slots[0]) {
		root->node = top->slots[0];
		root->node->parent = NULL;
		radix_tree_node_free(top);
		top = root->node;
	}
}

/* R1: free @node and its ancestors as far as they are empty; then R4. */
static void prune(struct radix_tree_root *root, struct radix_tree_node *node)
{
	while (node && node->count == 0) {
		struct radix_tree_node *parent = node->parent;

		if (parent) {
			parent->slots[node->offset] = NULL;
			parent->count--;
		} else {
			root->node = NULL;
		}
		radix_tree_node_free(node);
		node = parent;
	}
	shrink(root);
}

/* Put a new top above the present one, its only child. */
static int add_level(struct radix_tree_root *root)
{
	struct radix_tree_node *child = root->node;
	struct radix_tree_node *top = new_node(child->shift + RADIX_TREE_MAP_SHIFT);
	int tag;

	if (!top)
		return -ENOMEM;
	top->slots[0] = child;
	top->count = 1;
	for (tag = 0; tag < RADIX_TREE_MAX_TAGS; tag++)
		top->tags[tag] = child->tags[tag] != 0;
	child->parent = top;
	root->node = top;
	return 0;
}

/* Make the tree high enough for @index; an empty tree gets its top at once. */
static int extend(struct radix_tree_root *root, unsigned long index)
{
	if (!root->node) {
		unsigned int level = index ? __fls(index) / RADIX_TREE_MAP_SHIFT : 0;

		root->node = new_node(level * RADIX_TREE_MAP_SHIFT);
		return root->node ? 0 : -ENOMEM;
	}
	while (index > max_index(root->node)) {
		if (add_level(root) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- finding one ---- */

/* The leaf that covers @index in a tree high enough, built where missing. On failure *@last is
 * the node where it stopped, perhaps empty. */
static struct radix_tree_node *make_leaf(struct radix_tree_root *root, unsigned long index,
					 struct radix_tree_node **last)
{
	struct radix_tree_node *node = root->node;

	while (node->shift) {
		unsigned int slot = slot_of(node, index);
		struct radix_tree_node *child = node->slots[slot];

		if (!child) {
			child = new_node(node->shift - RADIX_TREE_MAP_SHIFT);
			if (!child) {
				*last = node;
				return NULL;
			}
			child->parent = node;
			child->offset = (u8)slot;
			node->slots[slot] = child;
			node->count++;
		}
		node = child;
	}
	return node;
}

int radix_tree_insert(struct radix_tree_root *root, unsigned long index, void *item)
{
	struct radix_tree_node *leaf, *last;
	unsigned int slot = index & RADIX_TREE_MAP_MASK;

	if (extend(root, index) != 0) {
		shrink(root);
		return -ENOMEM;
	}
	leaf = make_leaf(root, index, &last);
	if (!leaf) {
		prune(root, last);
		return -ENOMEM;
	}
	if (leaf->slots[slot])
		return -EEXIST;
	leaf->slots[slot] = item;
	leaf->count++;
	return 0;
}

void **radix_tree_lookup_slot(const struct radix_tree_root *root, unsigned long index)
{
	struct radix_tree_node *leaf = radix_tree_leaf(root, index);
	unsigned int slot = index & RADIX_TREE_MAP_MASK;

	return leaf && leaf->slots[slot] ? &leaf->slots[slot] : NULL;
}

void *radix_tree_replace(struct radix_tree_root *root, unsigned long index, void *item)
{
	void **slot = radix_tree_lookup_slot(root, index);
	void *old;

	if (!slot)
		return NULL;
	old = *slot;
	*slot = item;
	return old;
}

/* ---- tags ---- */

/* R3 upwards after bit @slot of @node is to be set. */
static void set_tag_up(struct radix_tree_node *node, unsigned int slot, int tag)
{
	while (node && !(node->tags[tag] >> slot & 1)) {
		node->tags[tag] |= 1UL << slot;
		slot = node->offset;
		node = node->parent;
	}
}

/* R3 upwards: a node whose last bit goes takes its bit out of its parent. */
static void clear_tag_up(struct radix_tree_node *node, unsigned int slot, int tag)
{
	while (node && (node->tags[tag] >> slot & 1)) {
		node->tags[tag] &= ~(1UL << slot);
		if (node->tags[tag])
			return;
		slot = node->offset;
		node = node->parent;
	}
}

void *radix_tree_tag_set(struct radix_tree_root *root, unsigned long index,
			 enum radix_tree_tag tag)
{
	struct radix_tree_node *leaf = radix_tree_leaf(root, index);
	unsigned int slot = index & RADIX_TREE_MAP_MASK;

	if (!leaf || !leaf->slots[slot])
		return NULL;
	set_tag_up(leaf, slot, (int)tag);
	return leaf->slots[slot];
}

void *radix_tree_tag_clear(struct radix_tree_root *root, unsigned long index,
			   enum radix_tree_tag tag)
{
	struct radix_tree_node *leaf = radix_tree_leaf(root, index);
	unsigned int slot = index & RADIX_TREE_MAP_MASK;

	if (!leaf || !leaf->slots[slot])
		return NULL;
	clear_tag_up(leaf, slot, (int)tag);
	return leaf->slots[slot];
}

bool radix_tree_tag_get(const struct radix_tree_root *root, unsigned long index,
			enum radix_tree_tag tag)
{
	struct radix_tree_node *leaf = radix_tree_leaf(root, index);

	return leaf && (leaf->tags[tag] >> (index & RADIX_TREE_MAP_MASK) & 1);
}

bool radix_tree_tagged(const struct radix_tree_root *root, enum radix_tree_tag tag)
{
	return root->node && root->node->tags[tag];
}

void *radix_tree_delete(struct radix_tree_root *root, unsigned long index)
{
	struct radix_tree_node *leaf = radix_tree_leaf(root, index);
	unsigned int slot = index & RADIX_TREE_MAP_MASK;
	void *item = leaf ? leaf->slots[slot] : NULL;
	int tag;

	if (!item)
		return NULL;
	for (tag = 0; tag < RADIX_TREE_MAX_TAGS; tag++)
		clear_tag_up(leaf, slot, tag);
	leaf->slots[slot] = NULL;
	leaf->count--;
	prune(root, leaf);
	return item;
}

/* ---- finding many ---- */

/* First slot >= @slot of @node in use, or with the tag; 64 when there is none. */
static inline unsigned int next_slot(const struct radix_tree_node *node, unsigned int slot,
				     int tag)
{
	u64 bits;

	if (slot >= RADIX_TREE_MAP_SIZE)
		return RADIX_TREE_MAP_SIZE;
	if (tag == ANY_ITEM) {
		while (slot < RADIX_TREE_MAP_SIZE && !node->slots[slot])
			slot++;
		return slot;
	}
	bits = node->tags[tag] >> slot;
	return bits ? slot + __ffs(bits) : RADIX_TREE_MAP_SIZE;
}

/* @index moved up to the first one under slot @slot of @node. */
static inline unsigned long index_at(const struct radix_tree_node *node, unsigned long index,
				     unsigned int slot)
{
	return ((index >> node->shift & ~RADIX_TREE_MAP_MASK) | slot) << node->shift;
}

/* The leaf with the first item (or tagged item) at or after *@index, and its index; or NULL. */
static struct radix_tree_node *next_leaf(const struct radix_tree_root *root,
					 unsigned long *index, int tag)
{
	struct radix_tree_node *node = root->node;
	unsigned int from, slot;

	if (!node || *index > max_index(node))
		return NULL;
	from = slot_of(node, *index);
	while (node) {
		slot = next_slot(node, from, tag);
		if (slot == RADIX_TREE_MAP_SIZE) {	/* nothing more below: on behind it */
			from = node->offset + 1U;
			node = node->parent;
			continue;
		}
		if (slot != slot_of(node, *index))
			*index = index_at(node, *index, slot);
		if (node->shift == 0)
			return node;
		node = node->slots[slot];
		from = slot_of(node, *index);
	}
	return NULL;
}

static unsigned int gang(const struct radix_tree_root *root, void **results,
			 unsigned long *indices, unsigned long index, unsigned int max, int tag)
{
	struct radix_tree_node *leaf;
	unsigned int found = 0;

	while (found < max && (leaf = next_leaf(root, &index, tag))) {
		unsigned int slot = index & RADIX_TREE_MAP_MASK;

		for (; slot < RADIX_TREE_MAP_SIZE && found < max;
		     slot = next_slot(leaf, slot + 1, tag)) {
			if (indices)
				indices[found] = index_at(leaf, index, slot);
			results[found++] = leaf->slots[slot];
		}
		index = (index | RADIX_TREE_MAP_MASK) + 1;
		if (index == 0)
			break;
	}
	return found;
}

unsigned int radix_tree_gang_lookup(const struct radix_tree_root *root, void **results,
				    unsigned long *indices, unsigned long first,
				    unsigned int max)
{
	return gang(root, results, indices, first, max, ANY_ITEM);
}

unsigned int radix_tree_gang_lookup_tag(const struct radix_tree_root *root, void **results,
					unsigned long *indices, unsigned long first,
					unsigned int max, enum radix_tree_tag tag)
{
	return gang(root, results, indices, first, max, (int)tag);
}

unsigned long radix_tree_range_tag_if_tagged(struct radix_tree_root *root, unsigned long first,
					     unsigned long last, enum radix_tree_tag iftag,
					     enum radix_tree_tag settag)
{
	struct radix_tree_node *leaf;
	unsigned long count = 0;

	while (first <= last && (leaf = next_leaf(root, &first, (int)iftag)) && first <= last) {
		set_tag_up(leaf, first & RADIX_TREE_MAP_MASK, (int)settag);
		count++;
		if (first == ~0UL)
			break;
		first++;
	}
	return count;
}

unsigned long radix_tree_next_hole(const struct radix_tree_root *root, unsigned long first,
				   unsigned long max)
{
	while (max-- > 0 && radix_tree_lookup(root, first)) {
		first++;
		if (first == 0)
			break;
	}
	return first;
}

/* ---- validation ---- */

static bool tags_ok(const struct radix_tree_node *node, unsigned int slot)
{
	const struct radix_tree_node *child = node->slots[slot];
	int tag;

	for (tag = 0; tag < RADIX_TREE_MAX_TAGS; tag++) {
		bool bit = node->tags[tag] >> slot & 1;

		if (!child ? bit : (node->shift && bit != (child->tags[tag] != 0)))
			return false;
	}
	return true;
}

/* R1 to R3 below @node; recursion ends at the leaves, at most RADIX_TREE_MAX_HEIGHT deep. */
static long check_node(const struct radix_tree_node *node)
{
	unsigned int slot, used = 0;
	long items = 0;

	for (slot = 0; slot < RADIX_TREE_MAP_SIZE; slot++) {
		const struct radix_tree_node *child = node->slots[slot];
		long below = 1;

		if (!tags_ok(node, slot))
			return -1;
		if (!child)
			continue;
		used++;
		if (node->shift) {
			if (child->parent != node || child->offset != slot ||
			    child->shift + RADIX_TREE_MAP_SHIFT != node->shift)
				return -1;
			below = check_node(child);
			if (below < 0)
				return -1;
		}
		items += below;
	}
	return used && used == node->count ? items : -1;
}

long radix_tree_check(const struct radix_tree_root *root)
{
	const struct radix_tree_node *top = root->node;

	if (!top)
		return 0;
	if (top->parent || (top->shift && top->count == 1 && top->slots[0]))
		return -1;
	return check_node(top);
}
