/* SPDX-License-Identifier: MIT */
/*
 * lib/fdt.c - is this blob a devicetree, and what nodes does it have?
 *
 *   header | memory reservations | structure block            | strings block
 *                                  BEGIN "" PROP PROP BEGIN     names of properties,
 *                                  "cpus" PROP ... END END ...  referred to by offset
 *
 * Devicetree Specification v0.4, chapter 5. All numbers are big-endian and read byte by byte, so
 * nothing depends on alignment. One function, next_token(), reads the structure block; everything
 * else is a loop over its answers.
 *
 * ALWAYS TRUE    F1  every read lies inside the block it belongs to, and the blocks inside
 *                    totalsize <= maxsize: next_token() and fdt_string() check each one.
 *                F2  after fdt_open(): tokens are balanced, properties come before children, names
 *                    are terminated, and the depth is at most FDT_MAX_DEPTH.
 * LOCKS          none: the blob is read-only
 * LEFT OUT       versions below 16, writing, overlays
 * READ NEXT      fdt_prop.c (finding nodes, reading properties), fdt_internal.h
 */
#include <lib/align.h>
#include <lib/compiler.h>
#include <lib/fdt.h>
#include <lib/string.h>
#include "fdt_internal.h"

/* Offsets of the header's fields, 5.2. */
enum header_field {
	HDR_MAGIC = 0, HDR_TOTALSIZE = 4, HDR_OFF_STRUCT = 8, HDR_OFF_STRINGS = 12,
	HDR_OFF_RSVMAP = 16, HDR_VERSION = 20, HDR_LAST_COMP = 24, HDR_BOOT_CPUID = 28,
	HDR_SIZE_STRINGS = 32, HDR_SIZE_STRUCT = 36, HDR_SIZE = 40
};

#define FDT_VERSION	17	/* the first with size_dt_struct; 0.4 of the spec is still 17 */
#define RSV_ENTRY	16	/* bytes: address and size */

const char *fdt_strerror(int err)
{
	static const char *const text[] = {
		[-FDT_ERR_NOTFOUND] = "no such node or property",
		[-FDT_ERR_MAGIC] = "not a devicetree (no d00dfeed at its start)",
		[-FDT_ERR_VERSION] = "devicetree version not compatible with 17",
		[-FDT_ERR_TRUNCATED] = "devicetree is cut off, or a block lies outside it",
		[-FDT_ERR_ALIGN] = "a block of the devicetree is misaligned",
		[-FDT_ERR_STRUCTURE] = "the devicetree's tokens are unknown or unbalanced",
		[-FDT_ERR_STRING] = "a name in the devicetree is not terminated",
		[-FDT_ERR_DEPTH] = "devicetree nodes are nested too deep",
		[-FDT_ERR_VALUE] = "a devicetree property has a wrong length or value",
		[-FDT_ERR_NODE] = "not a devicetree node",
	};

	if (err >= 0)
		return "ok";
	if (err < FDT_ERR_NODE)
		return "unknown devicetree error";
	return text[-err];
}

/* ---- tokens ---- */

/* The property at *@pos, whose token has been read. */
static int read_prop(const struct fdt *fdt, u32 *pos, struct fdt_token *t)
{
	const u8 *p = fdt->blob + fdt->struct_off + *pos;
	u32 left = fdt->struct_size - *pos;

	if (left < 8)
		return FDT_ERR_STRUCTURE;
	t->len = fdt_be32(p);
	t->nameoff = fdt_be32(p + 4);
	t->value = p + 8;
	if (t->len > left - 8)
		return FDT_ERR_STRUCTURE;
	*pos += 8 + min(ALIGN_UP(t->len, 4), left - 8);
	return FDT_OK;
}

/* The name of the node at *@pos, whose token has been read. */
static int read_name(const struct fdt *fdt, u32 *pos, struct fdt_token *t)
{
	const u8 *p = fdt->blob + fdt->struct_off + *pos;
	u32 left = fdt->struct_size - *pos;
	const u8 *end = memchr(p, '\0', left);

	if (!end)
		return FDT_ERR_STRING;
	t->name = (const char *)p;
	*pos += min(ALIGN_UP((u32)(end - p) + 1, 4), left);
	return FDT_OK;
}

int fdt_next_token(const struct fdt *fdt, u32 *pos, struct fdt_token *t)
{
	do {
		if (*pos > fdt->struct_size || fdt->struct_size - *pos < 4)
			return FDT_ERR_STRUCTURE;
		t->offset = *pos;
		t->kind = fdt_be32(fdt->blob + fdt->struct_off + *pos);
		*pos += 4;
	} while (t->kind == FDT_NOP);
	switch (t->kind) {
	case FDT_BEGIN_NODE:
		return read_name(fdt, pos, t);
	case FDT_PROP:
		return read_prop(fdt, pos, t);
	case FDT_END_NODE:
	case FDT_END:
		return FDT_OK;
	default:
		return FDT_ERR_STRUCTURE;
	}
}

int fdt_enter_node(const struct fdt *fdt, int node, u32 *pos, struct fdt_token *t)
{
	int err;

	if (node < 0 || !IS_ALIGNED(node, 4))
		return FDT_ERR_NODE;
	*pos = (u32)node;
	err = fdt_next_token(fdt, pos, t);
	if (err || t->kind != FDT_BEGIN_NODE || t->offset != (u32)node)
		return FDT_ERR_NODE;
	return FDT_OK;
}

const char *fdt_string(const struct fdt *fdt, u32 offset)
{
	const u8 *p = fdt->blob + fdt->strings_off + offset;

	if (offset >= fdt->strings_size || !memchr(p, '\0', fdt->strings_size - offset))
		return NULL;
	return (const char *)p;
}

/* ---- checking ---- */

/* Whether [@off, @off + @size) lies behind the header and inside the blob. */
static bool block_inside(const struct fdt *fdt, u32 off, u32 size)
{
	return off >= HDR_SIZE && off <= fdt->totalsize && size <= fdt->totalsize - off;
}

static int check_header(struct fdt *fdt, const u8 *blob, size_t maxsize)
{
	if (maxsize < HDR_SIZE)
		return FDT_ERR_TRUNCATED;
	if (fdt_be32(blob + HDR_MAGIC) != FDT_MAGIC)
		return FDT_ERR_MAGIC;
	if (fdt_be32(blob + HDR_VERSION) < FDT_VERSION ||
	    fdt_be32(blob + HDR_LAST_COMP) > FDT_VERSION)
		return FDT_ERR_VERSION;
	fdt->blob = blob;
	fdt->totalsize = fdt_be32(blob + HDR_TOTALSIZE);
	fdt->struct_off = fdt_be32(blob + HDR_OFF_STRUCT);
	fdt->struct_size = fdt_be32(blob + HDR_SIZE_STRUCT);
	fdt->strings_off = fdt_be32(blob + HDR_OFF_STRINGS);
	fdt->strings_size = fdt_be32(blob + HDR_SIZE_STRINGS);
	fdt->rsvmap_off = fdt_be32(blob + HDR_OFF_RSVMAP);
	fdt->boot_cpuid = fdt_be32(blob + HDR_BOOT_CPUID);
	/* Nodes are ints, so offsets must fit. */
	if (fdt->totalsize > maxsize || fdt->totalsize > (u32)__INT_MAX__)
		return FDT_ERR_TRUNCATED;
	if (!block_inside(fdt, fdt->struct_off, fdt->struct_size) ||
	    !block_inside(fdt, fdt->strings_off, fdt->strings_size) ||
	    !block_inside(fdt, fdt->rsvmap_off, RSV_ENTRY))
		return FDT_ERR_TRUNCATED;
	if (!IS_ALIGNED(fdt->struct_off, 4) || !IS_ALIGNED(fdt->rsvmap_off, 8))
		return FDT_ERR_ALIGN;
	return FDT_OK;
}

/* The list of reservations ends with an entry of zeroes inside the blob. */
static int check_rsvmap(const struct fdt *fdt)
{
	unsigned int i = 0;
	u64 addr, size;
	int err;

	do {
		err = fdt_memrsv(fdt, i++, &addr, &size);
	} while (err == FDT_OK);
	return err == FDT_ERR_NOTFOUND ? FDT_OK : err;
}

/* What the check of the structure block knows between two tokens. */
struct structure_state {
	int depth;		/* nodes open */
	bool props_allowed;	/* no child of the open node seen yet */
	bool root_seen;
};

static int check_begin(struct fdt *fdt, const struct fdt_token *t, struct structure_state *st)
{
	if (st->depth == 0) {
		if (st->root_seen)
			return FDT_ERR_STRUCTURE;
		fdt->root = (int)t->offset;
		st->root_seen = true;
	}
	if (++st->depth > FDT_MAX_DEPTH)
		return FDT_ERR_DEPTH;
	st->props_allowed = true;
	return FDT_OK;
}

static int check_token(struct fdt *fdt, const struct fdt_token *t, struct structure_state *st)
{
	switch (t->kind) {
	case FDT_BEGIN_NODE:
		return check_begin(fdt, t, st);
	case FDT_END_NODE:
		st->props_allowed = false;
		return st->depth-- > 0 ? FDT_OK : FDT_ERR_STRUCTURE;
	case FDT_PROP:
		if (!st->props_allowed)
			return FDT_ERR_STRUCTURE;
		return fdt_string(fdt, t->nameoff) ? FDT_OK : FDT_ERR_STRING;
	default:
		return st->depth == 0 && st->root_seen ? FDT_OK : FDT_ERR_STRUCTURE;
	}
}

static int check_structure(struct fdt *fdt)
{
	struct structure_state st = { 0 };
	struct fdt_token t;
	u32 pos = 0;
	int err;

	do {
		err = fdt_next_token(fdt, &pos, &t);
		if (err == FDT_OK)
			err = check_token(fdt, &t, &st);
	} while (err == FDT_OK && t.kind != FDT_END);
	return err;
}

int fdt_open(struct fdt *fdt, const void *blob, size_t maxsize)
{
	int err;

	memset(fdt, 0, sizeof(*fdt));
	err = check_header(fdt, blob, maxsize);
	if (err == FDT_OK)
		err = check_rsvmap(fdt);
	if (err == FDT_OK)
		err = check_structure(fdt);
	return err;
}

int fdt_check(const void *blob, size_t maxsize)
{
	struct fdt fdt;

	return fdt_open(&fdt, blob, maxsize);
}

int fdt_memrsv(const struct fdt *fdt, unsigned int i, u64 *addr, u64 *size)
{
	const u8 *p = fdt->blob + fdt->rsvmap_off;

	if (i >= (fdt->totalsize - fdt->rsvmap_off) / RSV_ENTRY)
		return FDT_ERR_TRUNCATED;
	*addr = fdt_be64(p + (size_t)i * RSV_ENTRY);
	*size = fdt_be64(p + (size_t)i * RSV_ENTRY + 8);
	return *addr || *size ? FDT_OK : FDT_ERR_NOTFOUND;
}

/* ---- walking ---- */

int fdt_next_node(const struct fdt *fdt, int node, int *depth)
{
	struct fdt_token t;
	u32 pos = 0;
	int err, level = -1;

	if (node != -1) {
		err = fdt_enter_node(fdt, node, &pos, &t);
		if (err)
			return err;
		level = depth ? *depth : 0;
	}
	for (;;) {
		err = fdt_next_token(fdt, &pos, &t);
		if (err)
			return err;
		if (t.kind == FDT_END)
			return FDT_ERR_NOTFOUND;
		if (t.kind == FDT_END_NODE)
			level--;
		if (t.kind == FDT_BEGIN_NODE) {
			if (depth)
				*depth = level + 1;
			return (int)t.offset;
		}
	}
}

int fdt_first_child(const struct fdt *fdt, int node)
{
	struct fdt_token t;
	u32 pos;
	int err = fdt_enter_node(fdt, node, &pos, &t);

	while (err == FDT_OK) {
		err = fdt_next_token(fdt, &pos, &t);
		if (err == FDT_OK && t.kind == FDT_BEGIN_NODE)
			return (int)t.offset;
		if (err == FDT_OK && t.kind != FDT_PROP)
			return FDT_ERR_NOTFOUND;
	}
	return err;
}

int fdt_next_sibling(const struct fdt *fdt, int node)
{
	struct fdt_token t;
	u32 pos;
	int err, depth = 1;	/* nodes open since @node, itself included */

	err = fdt_enter_node(fdt, node, &pos, &t);
	while (err == FDT_OK) {
		err = fdt_next_token(fdt, &pos, &t);
		if (err)
			break;
		if (t.kind == FDT_BEGIN_NODE && depth++ == 0)
			return (int)t.offset;
		if (t.kind == FDT_END_NODE && depth-- == 0)
			return FDT_ERR_NOTFOUND;
		if (t.kind == FDT_END)
			return FDT_ERR_NOTFOUND;
	}
	return err;
}

int fdt_parent(const struct fdt *fdt, int node)
{
	int path[FDT_MAX_DEPTH];	/* the nodes open above the walk */
	int pos, depth = 0;

	fdt_for_each_node(fdt, pos, &depth) {
		if (depth < 0 || depth >= FDT_MAX_DEPTH)
			return FDT_ERR_DEPTH;
		path[depth] = pos;
		if (pos == node)
			return depth > 0 ? path[depth - 1] : FDT_ERR_NOTFOUND;
		if (pos > node)
			break;
	}
	return FDT_ERR_NODE;
}

const char *fdt_node_name(const struct fdt *fdt, int node)
{
	struct fdt_token t;
	u32 pos;

	return fdt_enter_node(fdt, node, &pos, &t) == FDT_OK ? t.name : NULL;
}
