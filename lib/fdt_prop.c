/* SPDX-License-Identifier: MIT */
/*
 * lib/fdt_prop.c - which node do I want, and what do its properties say?
 *
 * Properties are loops over the tokens of one node; searches are loops over nodes. Nothing is
 * indexed: a machine's tree has some hundred nodes and is read once, at boot.
 *
 * ALWAYS TRUE    F1  of fdt.c: bounds are checked by fdt_next_token() and fdt_string(); here only
 *                    the length of a value against what the caller wants from it.
 * LOCKS          none
 * LEFT OUT       translation through "ranges": on the machines we know they are identities
 */
#include <lib/compiler.h>
#include <lib/fdt.h>
#include <lib/string.h>
#include "fdt_internal.h"

/* Cells an address or size may have (2.3.5 gives no limit; PCI uses 3). */
#define MAX_CELLS	4

/* ---- properties ---- */

/* Store a result or error as *@len if wanted, for the functions that return a pointer. */
static const void *give(const void *value, int result, int *len)
{
	if (len)
		*len = result;
	return value;
}

/* The next property of an entered node; FDT_ERR_NOTFOUND behind the last. */
static int next_prop(const struct fdt *fdt, u32 *pos, struct fdt_token *t)
{
	int err = fdt_next_token(fdt, pos, t);

	if (err == FDT_OK && t->kind != FDT_PROP)
		return FDT_ERR_NOTFOUND;
	return err;
}

const void *fdt_getprop(const struct fdt *fdt, int node, const char *name, int *len)
{
	struct fdt_token t;
	u32 pos;
	int err = fdt_enter_node(fdt, node, &pos, &t);

	if (err)
		return give(NULL, err, len);
	while ((err = next_prop(fdt, &pos, &t)) == FDT_OK) {
		const char *this = fdt_string(fdt, t.nameoff);

		if (this && strcmp(this, name) == 0)
			return give(t.value, (int)t.len, len);
	}
	return give(NULL, err, len);
}

const void *fdt_prop_by_index(const struct fdt *fdt, int node, unsigned int i,
			      const char **name, int *len)
{
	struct fdt_token t;
	u32 pos;
	int err = fdt_enter_node(fdt, node, &pos, &t);

	if (err)
		return give(NULL, err, len);
	while ((err = next_prop(fdt, &pos, &t)) == FDT_OK) {
		if (i-- > 0)
			continue;
		*name = fdt_string(fdt, t.nameoff);
		if (!*name)
			return give(NULL, FDT_ERR_STRING, len);
		return give(t.value, (int)t.len, len);
	}
	return give(NULL, err, len);
}

const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name, unsigned int i)
{
	int len;
	const char *s = fdt_getprop(fdt, node, name, &len);

	while (s && len > 0) {
		const char *end = memchr(s, '\0', (size_t)len);

		if (!end)
			return NULL;
		if (i-- == 0)
			return s;
		len -= (int)(end - s) + 1;
		s = end + 1;
	}
	return NULL;
}

int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, u32 *val)
{
	int len;
	const void *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return len;
	if (len != 4)
		return FDT_ERR_VALUE;
	*val = fdt_be32(p);
	return FDT_OK;
}

int fdt_prop_u64(const struct fdt *fdt, int node, const char *name, u64 *val)
{
	int len;
	const void *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return len;
	if (len != 4 && len != 8)
		return FDT_ERR_VALUE;
	*val = len == 4 ? fdt_be32(p) : fdt_be64(p);
	return FDT_OK;
}

int fdt_prop_cell(const struct fdt *fdt, int node, const char *name, unsigned int i, u32 *val)
{
	int len;
	const u8 *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return len;
	if (len % 4 != 0)
		return FDT_ERR_VALUE;
	if (i >= (unsigned int)len / 4)
		return FDT_ERR_NOTFOUND;
	*val = fdt_be32(p + 4 * (size_t)i);
	return FDT_OK;
}

bool fdt_is_available(const struct fdt *fdt, int node)
{
	const char *status = fdt_prop_string(fdt, node, "status", 0);

	if (!status)
		return !fdt_getprop(fdt, node, "status", NULL);
	return strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

/* ---- finding ---- */

int fdt_subnode(const struct fdt *fdt, int node, const char *name, size_t len)
{
	bool any_unit = !memchr(name, '@', len);
	int child;

	fdt_for_each_child(fdt, child, node) {
		const char *this = fdt_node_name(fdt, child);

		if (!this || strncmp(this, name, len) != 0)
			continue;
		if (this[len] == '\0' || (any_unit && this[len] == '@'))
			return child;
	}
	return child;
}

/* The path that the alias made of the first @len bytes of @path stands for. */
static const char *find_alias(const struct fdt *fdt, const char *path, size_t len)
{
	int aliases = fdt_subnode(fdt, fdt->root, "aliases", strlen("aliases"));
	const char *name;
	unsigned int i;

	for (i = 0; aliases >= 0 && fdt_prop_by_index(fdt, aliases, i, &name, NULL); i++) {
		if (strncmp(name, path, len) == 0 && name[len] == '\0')
			return fdt_prop_string(fdt, aliases, name, 0);
	}
	return NULL;
}

/* Follow the parts of @path down from @node. */
static int descend(const struct fdt *fdt, int node, const char *path)
{
	while (node >= 0) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/:");
		if (len == 0)
			break;
		node = fdt_subnode(fdt, node, path, len);
		path += len;
	}
	return node;
}

int fdt_path_offset(const struct fdt *fdt, const char *path)
{
	int node = fdt->root;

	if (*path != '/') {
		size_t len = strcspn(path, "/:");
		const char *target = find_alias(fdt, path, len);

		/* An alias stands for a full path, never for another alias: no loop. */
		if (!target || *target != '/')
			return FDT_ERR_NOTFOUND;
		node = descend(fdt, node, target);
		path += len;
	}
	return descend(fdt, node, path);
}

bool fdt_is_compatible(const struct fdt *fdt, int node, const char *compat)
{
	const char *s;
	unsigned int i;

	for (i = 0; (s = fdt_prop_string(fdt, node, "compatible", i)); i++) {
		if (strcmp(s, compat) == 0)
			return true;
	}
	return false;
}

int fdt_node_by_compatible(const struct fdt *fdt, int prev, const char *compat)
{
	int node = prev;

	do {
		node = fdt_next_node(fdt, node, NULL);
	} while (node >= 0 && !fdt_is_compatible(fdt, node, compat));
	return node;
}

int fdt_node_by_device_type(const struct fdt *fdt, int prev, const char *type)
{
	const char *s;
	int node = prev;

	do {
		node = fdt_next_node(fdt, node, NULL);
		if (node < 0)
			return node;
		s = fdt_prop_string(fdt, node, "device_type", 0);
	} while (!s || strcmp(s, type) != 0);
	return node;
}

int fdt_node_by_phandle(const struct fdt *fdt, u32 phandle)
{
	int node = -1;
	u32 val;

	do {
		node = fdt_next_node(fdt, node, NULL);
	} while (node >= 0 &&
		 (fdt_prop_u32(fdt, node, "phandle", &val) != FDT_OK || val != phandle));
	return node;
}

/* ---- addresses ---- */

static int cells(const struct fdt *fdt, int node, const char *name, u32 absent)
{
	u32 val = absent;
	int err = fdt_prop_u32(fdt, node, name, &val);

	if (err && err != FDT_ERR_NOTFOUND)
		return err;
	return val <= MAX_CELLS ? (int)val : FDT_ERR_VALUE;
}

int fdt_address_cells(const struct fdt *fdt, int node)
{
	return cells(fdt, node, "#address-cells", 2);
}

int fdt_size_cells(const struct fdt *fdt, int node)
{
	return cells(fdt, node, "#size-cells", 1);
}

/* A number of @n cells at @p; FDT_ERR_VALUE when it needs more than 64 bits. */
static int read_cells(const u8 *p, int n, u64 *val)
{
	*val = 0;
	for (; n > 0; n--, p += 4) {
		if (*val >> 32)
			return FDT_ERR_VALUE;
		*val = *val << 32 | fdt_be32(p);
	}
	return FDT_OK;
}

int fdt_reg(const struct fdt *fdt, int node, unsigned int i, u64 *addr, u64 *size)
{
	int parent = fdt_parent(fdt, node);
	int na, ns, len, err;
	size_t entry;
	const u8 *reg;

	if (parent < 0)
		return parent;
	na = fdt_address_cells(fdt, parent);
	ns = fdt_size_cells(fdt, parent);
	if (na < 0 || ns < 0)
		return na < 0 ? na : ns;
	reg = fdt_getprop(fdt, node, "reg", &len);
	if (!reg)
		return len;
	entry = 4 * (size_t)(na + ns);
	if (na == 0 || (size_t)len % entry != 0)
		return FDT_ERR_VALUE;
	if (i >= (size_t)len / entry)
		return FDT_ERR_NOTFOUND;
	reg += i * entry;
	err = read_cells(reg, na, addr);
	return err ? err : read_cells(reg + 4 * (size_t)na, ns, size);
}
