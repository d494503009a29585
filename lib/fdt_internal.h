/* SPDX-License-Identifier: MIT */
/*
 * lib/fdt_internal.h - the token reader that fdt.c gives to fdt_prop.c; nobody else includes it
 */
#ifndef LIB_FDT_INTERNAL_H
#define LIB_FDT_INTERNAL_H

#include <lib/fdt.h>

/* Tokens of the structure block, 5.4.1. */
enum fdt_token_kind {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE   = 2,
	FDT_PROP       = 3,
	FDT_NOP        = 4,
	FDT_END        = 9
};

struct fdt_token {
	u32 kind;		/* enum fdt_token_kind, never FDT_NOP */
	u32 offset;		/* where it is in the structure block */
	const char *name;	/* FDT_BEGIN_NODE: terminated inside the block */
	const u8 *value;	/* FDT_PROP: @len bytes inside the block */
	u32 len;
	u32 nameoff;		/* FDT_PROP: for fdt_string() */
};

/* fdt_next_token - read the token at *@pos and move behind it; FDT_NOPs are skipped */
int fdt_next_token(const struct fdt *fdt, u32 *pos, struct fdt_token *t);

/* fdt_enter_node - the same for the BEGIN_NODE of @node; FDT_ERR_NODE when it is none */
int fdt_enter_node(const struct fdt *fdt, int node, u32 *pos, struct fdt_token *t);

/* fdt_string - the name at @offset of the strings block; NULL when outside or not terminated */
const char *fdt_string(const struct fdt *fdt, u32 offset);

#endif
