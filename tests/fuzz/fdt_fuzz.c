/* SPDX-License-Identifier: MIT */
/* tests/fuzz/fdt_fuzz.c - lib/fdt.c and fdt_prop.c: any bytes as a devicetree, then every question about it */
#include "../../lib/fdt.c"
#include "../../lib/fdt_prop.c"
#include "fuzz.h"

static void ask_properties(const struct fdt *f, int node)
{
	const char *name;
	int len;
	u64 a, s;
	u32 v;

	for (unsigned int i = 0; fdt_prop_by_index(f, node, i, &name, &len); i++) {
		const u8 *value = fdt_getprop(f, node, name, &len);

		FUZZ_CHECK(value && len >= 0);
		FUZZ_CHECK(value >= f->blob && value + len <= f->blob + f->totalsize);
		fdt_prop_u32(f, node, name, &v);
		fdt_prop_u64(f, node, name, &a);
		for (unsigned int k = 0; k < 3; k++) {
			const char *text = fdt_prop_string(f, node, name, k);

			if (text)
				fuzz_touch_string(text);
			fdt_prop_cell(f, node, name, k, &v);
		}
	}
	for (unsigned int i = 0; i < 4 && fdt_reg(f, node, i, &a, &s) == 0; i++)
		;
	FUZZ_CHECK(fdt_address_cells(f, node) <= 4 && fdt_size_cells(f, node) <= 4);
	fdt_is_available(f, node);
}

static void ask_everything(const struct fdt *f)
{
	int node, depth, parent, nodes = 0;
	u64 a, s;

	fdt_for_each_node(f, node, &depth) {
		FUZZ_CHECK(depth >= 0 && depth < FDT_MAX_DEPTH);
		fuzz_touch_string(fdt_node_name(f, node));
		if (++nodes > 40)	/* each question walks from the root */
			break;
		ask_properties(f, node);
		parent = fdt_parent(f, node);
		FUZZ_CHECK(parent >= 0 || node == f->root);
		fdt_first_child(f, node);
		fdt_next_sibling(f, node);
	}
	fdt_path_offset(f, "/soc/serial@10000000");
	fdt_path_offset(f, "serial0:115200n8");
	fdt_node_by_compatible(f, -1, "ns16550a");
	fdt_node_by_device_type(f, -1, "memory");
	fdt_node_by_phandle(f, 1);
	for (unsigned int i = 0; fdt_memrsv(f, i, &a, &s) == 0; i++)
		;
}

/* The last two bytes are a node that may be none. */
static void ask_about_no_node(const struct fdt *f, int node)
{
	int len;
	u64 a, s;

	fdt_node_name(f, node);
	fdt_first_child(f, node);
	fdt_next_sibling(f, node);
	fdt_next_node(f, node, NULL);
	fdt_parent(f, node);
	fdt_getprop(f, node, "reg", &len);
	fdt_reg(f, node, 0, &a, &s);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fdt f;
	int err = fdt_open(&f, data, size);

	FUZZ_CHECK(fuzz_touch_string(fdt_strerror(err)) > 1);
	FUZZ_CHECK(fdt_check(data, size) == err);
	if (err)
		return 0;
	ask_everything(&f);
	ask_about_no_node(&f, (data[size - 1] | data[size - 2] << 8) - 16);
	return 0;
}
