/* SPDX-License-Identifier: MIT */
/*
 * lib/fdt.h - read a flattened devicetree (Devicetree Specification v0.4, chapter 5)
 *
 * fdt_open() checks the header, the block bounds and the whole structure block; every later
 * access is bounds-checked again, because a node argument may be wrong.
 * A node is an int: the offset of its FDT_BEGIN_NODE token in the structure block. The root is
 * fdt->root: 0, unless FDT_NOP tokens come first.
 * Functions return a node, a count or 0, or a negative enum fdt_error. Nothing is written to the
 * blob or allocated, and pointers returned point into the blob.
 */
#ifndef LIB_FDT_H
#define LIB_FDT_H

#include <lib/types.h>

#define FDT_MAGIC	0xd00dfeedU
#define FDT_MAX_DEPTH	32	/* QEMU's deepest node is at 4; a deeper tree is FDT_ERR_DEPTH */

enum fdt_error {
	FDT_OK            =  0,
	FDT_ERR_NOTFOUND  = -1,	/* no such node, property or element */
	FDT_ERR_MAGIC     = -2,	/* does not start with d00dfeed */
	FDT_ERR_VERSION   = -3,	/* version below 17, or not compatible with 17 */
	FDT_ERR_TRUNCATED = -4,	/* totalsize or a block goes past the end */
	FDT_ERR_ALIGN     = -5,	/* a block, or the blob, is not aligned as the spec says */
	FDT_ERR_STRUCTURE = -6,	/* tokens out of order, unknown or unbalanced */
	FDT_ERR_STRING    = -7,	/* a name or string is not terminated */
	FDT_ERR_DEPTH     = -8,	/* nodes nested deeper than FDT_MAX_DEPTH */
	FDT_ERR_VALUE     = -9,	/* a property has the wrong length or a value out of range */
	FDT_ERR_NODE      = -10	/* the argument is not the offset of a node */
};

/* A checked blob; filled by fdt_open(), read-only afterwards. */
struct fdt {
	const u8 *blob;
	u32 totalsize;		/* bytes, as the header says */
	u32 struct_off, struct_size;
	u32 strings_off, strings_size;
	u32 rsvmap_off;
	int root;		/* the root node */
	u32 boot_cpuid;		/* boot_cpuid_phys: the hart that starts */
};

/* fdt_open - check the blob of at most @maxsize readable bytes and fill @fdt */
int fdt_open(struct fdt *fdt, const void *blob, size_t maxsize);

/* fdt_check - only the check */
int fdt_check(const void *blob, size_t maxsize);

/* fdt_strerror - a sentence for an error; "ok" for 0 and more */
const char *fdt_strerror(int err);

/* ---- walking ---- */

/*
 * fdt_next_node - the node after @node in document order; the root after -1
 * *@depth (may be NULL) is the depth of @node on entry and that of the result on return; any
 * value goes in with -1, and 0 comes out for the root.
 */
int fdt_next_node(const struct fdt *fdt, int node, int *depth);

/* First child of @node, the sibling after @node; FDT_ERR_NOTFOUND when there is none. */
int fdt_first_child(const struct fdt *fdt, int node);
int fdt_next_sibling(const struct fdt *fdt, int node);

/* fdt_parent - parent of @node; FDT_ERR_NOTFOUND for the root; walks from the root */
int fdt_parent(const struct fdt *fdt, int node);

#define fdt_for_each_node(fdt, node, depth) \
	for ((node) = fdt_next_node(fdt, -1, depth); (node) >= 0; \
	     (node) = fdt_next_node(fdt, node, depth))
#define fdt_for_each_child(fdt, child, node) \
	for ((child) = fdt_first_child(fdt, node); (child) >= 0; \
	     (child) = fdt_next_sibling(fdt, child))

/* fdt_node_name - name with unit address ("" for the root); NULL when @node is not a node */
const char *fdt_node_name(const struct fdt *fdt, int node);

/* ---- finding ---- */

/*
 * fdt_path_offset - the node at a path such as "/soc/serial@10000000"
 * A part without @unit-address matches the first node of that name. A path that does not start
 * with '/' starts with an alias from /aliases. ':' ends the path, as in stdout-path (3.6).
 */
int fdt_path_offset(const struct fdt *fdt, const char *path);

/* fdt_subnode - child of @node called by the first @len bytes of @name */
int fdt_subnode(const struct fdt *fdt, int node, const char *name, size_t len);

/* fdt_is_compatible - whether @compat is in the "compatible" list of @node */
bool fdt_is_compatible(const struct fdt *fdt, int node, const char *compat);

/* The first node after @prev (-1: from the start) with that "compatible" or "device_type". */
int fdt_node_by_compatible(const struct fdt *fdt, int prev, const char *compat);
int fdt_node_by_device_type(const struct fdt *fdt, int prev, const char *type);

/* fdt_node_by_phandle - the node whose "phandle" is @phandle */
int fdt_node_by_phandle(const struct fdt *fdt, u32 phandle);

/* ---- properties ---- */

/*
 * fdt_getprop - value of property @name; *@len (may be NULL) is its length in bytes, >= 0
 * returns: NULL with *@len a negative enum fdt_error when there is none. The value may be
 * misaligned for 8-byte loads: read it with fdt_be32() and fdt_be64().
 */
const void *fdt_getprop(const struct fdt *fdt, int node, const char *name, int *len);

/* fdt_prop_by_index - the @i'th property of @node, its name in *@name; as fdt_getprop() */
const void *fdt_prop_by_index(const struct fdt *fdt, int node, unsigned int i,
			      const char **name, int *len);

/* fdt_prop_string - the @i'th string of a string (list) property; NULL when there is none */
const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name, unsigned int i);

/* One number: exactly 4 bytes (u32); 4 or 8 bytes (u64). FDT_ERR_VALUE for another length. */
int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, u32 *val);
int fdt_prop_u64(const struct fdt *fdt, int node, const char *name, u64 *val);

/* fdt_prop_cell - the @i'th 32-bit cell of a property */
int fdt_prop_cell(const struct fdt *fdt, int node, const char *name, unsigned int i, u32 *val);

/* fdt_is_available - "status" is absent, "okay" or "ok" */
bool fdt_is_available(const struct fdt *fdt, int node);

/* ---- addresses ---- */

/* Cells of the addresses and sizes of @node's children (2.3.5): 0..4; defaults 2 and 1. */
int fdt_address_cells(const struct fdt *fdt, int node);
int fdt_size_cells(const struct fdt *fdt, int node);

/*
 * fdt_reg - the @i'th (address, size) pair of "reg", by the parent's cells; not translated
 * through "ranges". *@size is 0 with #size-cells 0. FDT_ERR_VALUE for fields wider than 64 bits.
 */
int fdt_reg(const struct fdt *fdt, int node, unsigned int i, u64 *addr, u64 *size);

/* fdt_memrsv - the @i'th entry of the memory reservation block (5.3) */
int fdt_memrsv(const struct fdt *fdt, unsigned int i, u64 *addr, u64 *size);

/* Big-endian numbers at any address. */
static inline u32 fdt_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static inline u64 fdt_be64(const void *p)
{
	return (u64)fdt_be32(p) << 32 | fdt_be32((const u8 *)p + 4);
}

#endif
