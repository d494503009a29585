/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fdt_test.c - the devicetree reader on a blob that dtc made of fdt_test.dts, and on
 * 10^5 damaged copies of it
 */
#include "lib_hooks.h"
#include <lib/fdt.h>
#include <string.h>

extern const u8 blob_start[], blob_end[];
__asm__(".section .rodata\n.balign 8\n"
	"blob_start: .incbin \"" FDT_TEST_BLOB "\"\nblob_end:\n"
	".global blob_start, blob_end\n.text\n");

static struct fdt fdt;

static size_t blob_size(void)
{
	return (size_t)(blob_end - blob_start);
}

static int open_blob(void **state)
{
	return fdt_open(&fdt, blob_start, blob_size());
}

static int node_at(const char *path)
{
	int node = fdt_path_offset(&fdt, path);

	assert_true(node >= 0);
	return node;
}

static void paths_with_and_without_unit_address_lead_to_the_node(void **state)
{
	int serial = node_at("/soc/serial@10000000");

	assert_string_equal(fdt_node_name(&fdt, serial), "serial@10000000");
	assert_int_equal(node_at("/soc/serial"), serial);
	assert_int_equal(node_at("//soc//serial/"), serial);
	assert_int_equal(node_at("serial0:115200n8"), serial);
	assert_int_equal(node_at("serial0"), serial);
	assert_int_equal(node_at("/"), fdt.root);
	assert_int_equal(fdt_path_offset(&fdt, "/soc/serial@1"), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_path_offset(&fdt, "/so"), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_path_offset(&fdt, "/soc@0"), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_path_offset(&fdt, "loop"), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_path_offset(&fdt, "serial"), FDT_ERR_NOTFOUND);
}

static void walk_visits_every_node_once_with_its_depth(void **state)
{
	static const int depths[] = { 0, 1, 1, 1, 1, 2, 3, 2, 1, 2, 2, 3 };
	int node, depth = 99, n = 0;

	fdt_for_each_node(&fdt, node, &depth) {
		assert_true(n < 12);
		assert_int_equal(depth, depths[n++]);
	}
	assert_int_equal(n, 12);
	assert_int_equal(node, FDT_ERR_NOTFOUND);
}

static void children_have_their_parent(void **state)
{
	int child, node, n = 0, cpus = node_at("/cpus");

	fdt_for_each_child(&fdt, child, cpus) {
		assert_int_equal(fdt_parent(&fdt, child), cpus);
		n++;
	}
	assert_int_equal(n, 2);
	assert_int_equal(child, FDT_ERR_NOTFOUND);
	node = node_at("/soc/serial");
	assert_int_equal(fdt_parent(&fdt, node), node_at("/soc"));
	assert_int_equal(fdt_parent(&fdt, fdt.root), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_first_child(&fdt, node), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_parent(&fdt, node + 4), FDT_ERR_NODE);
}

static void nodes_are_found_by_compatible_type_and_phandle(void **state)
{
	int node = fdt_node_by_compatible(&fdt, -1, "ns16550");

	assert_int_equal(node, node_at("/soc/serial"));
	assert_int_equal(fdt_node_by_compatible(&fdt, node, "ns16550"), FDT_ERR_NOTFOUND);
	assert_true(fdt_is_compatible(&fdt, node, "ns16550a"));
	assert_false(fdt_is_compatible(&fdt, node, "ns1655"));
	node = fdt_node_by_device_type(&fdt, -1, "cpu");
	assert_int_equal(node, node_at("/cpus/cpu@0"));
	assert_true(fdt_is_available(&fdt, node));
	node = fdt_node_by_device_type(&fdt, node, "cpu");
	assert_int_equal(node, node_at("/cpus/cpu@1"));
	assert_false(fdt_is_available(&fdt, node));
	assert_true(fdt_is_available(&fdt, node_at("/soc")));
	assert_int_equal(fdt_node_by_phandle(&fdt, 7), node_at("/cpus/cpu@0/interrupt-controller"));
	assert_int_equal(fdt_node_by_phandle(&fdt, 8), FDT_ERR_NOTFOUND);
}

static void properties_read_as_numbers_and_strings(void **state)
{
	int chosen = node_at("/chosen"), serial = node_at("/soc/serial"), len;
	const char *name;
	u32 v32;
	u64 v64;

	assert_string_equal(fdt_prop_string(&fdt, chosen, "bootargs", 0), "levels=4 -- hello");
	assert_string_equal(fdt_prop_string(&fdt, serial, "compatible", 1), "ns16550");
	assert_null(fdt_prop_string(&fdt, serial, "compatible", 2));
	assert_int_equal(fdt_prop_u64(&fdt, chosen, "linux,initrd-start", &v64), 0);
	assert_int_equal(v64, 0x84000000);
	assert_int_equal(fdt_prop_u64(&fdt, chosen, "linux,initrd-end", &v64), 0);
	assert_int_equal(v64, 0x84100000);
	assert_int_equal(fdt_prop_u32(&fdt, chosen, "linux,initrd-start", &v32), FDT_ERR_VALUE);
	assert_int_equal(fdt_prop_u64(&fdt, chosen, "odd", &v64), FDT_ERR_VALUE);
	assert_int_equal(fdt_prop_cell(&fdt, chosen, "odd", 0, &v32), FDT_ERR_VALUE);
	assert_int_equal(fdt_prop_u32(&fdt, chosen, "absent", &v32), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_prop_u32(&fdt, node_at("/cpus"), "timebase-frequency", &v32), 0);
	assert_int_equal(v32, 10000000);
	assert_int_equal(fdt_prop_cell(&fdt, serial, "interrupts-extended", 1, &v32), 0);
	assert_int_equal(v32, 10);
	assert_int_equal(fdt_prop_cell(&fdt, serial, "interrupts-extended", 2, &v32),
			 FDT_ERR_NOTFOUND);
	assert_non_null(fdt_prop_by_index(&fdt, serial, 1, &name, &len));
	assert_string_equal(name, "reg");
	assert_int_equal(len, 16);
	assert_null(fdt_prop_by_index(&fdt, serial, 3, &name, &len));
	assert_int_equal(len, FDT_ERR_NOTFOUND);
}

static void questions_about_no_node_are_answered_with_that_error(void **state)
{
	static const int no_nodes[] = { -1, -4, 2, 3, 1 << 30, __INT_MAX__ - 3 };
	const char *name;
	int len;
	u32 v;

	for (size_t i = 0; i < sizeof(no_nodes) / sizeof(no_nodes[0]); i++) {
		assert_null(fdt_prop_by_index(&fdt, no_nodes[i], 0, &name, &len));
		assert_int_equal(len, FDT_ERR_NODE);
		assert_null(fdt_getprop(&fdt, no_nodes[i], "reg", NULL));
		assert_null(fdt_node_name(&fdt, no_nodes[i]));
		assert_int_equal(fdt_first_child(&fdt, no_nodes[i]), FDT_ERR_NODE);
		assert_int_equal(fdt_next_sibling(&fdt, no_nodes[i]), FDT_ERR_NODE);
		assert_int_equal(fdt_parent(&fdt, no_nodes[i]), FDT_ERR_NODE);
	}
	assert_int_equal(fdt_prop_cell(&fdt, fdt.root, "absent", 0, &v), FDT_ERR_NOTFOUND);
}

static void reg_follows_the_parents_cells(void **state)
{
	int memory = node_at("/memory");
	u64 addr, size;

	assert_int_equal(fdt_reg(&fdt, memory, 1, &addr, &size), 0);
	assert_true(addr == 0x100000000UL && size == 0x40000000);
	assert_int_equal(fdt_reg(&fdt, memory, 2, &addr, &size), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_reg(&fdt, node_at("/cpus/cpu@1"), 0, &addr, &size), 0);
	assert_true(addr == 1 && size == 0);
	assert_int_equal(fdt_reg(&fdt, node_at("/soc"), 0, &addr, &size), FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_reg(&fdt, node_at("/soc/pci/wide"), 0, &addr, &size), FDT_ERR_VALUE);
	assert_int_equal(fdt_address_cells(&fdt, node_at("/soc/pci")), 3);
	assert_int_equal(fdt_size_cells(&fdt, node_at("/soc/pci")), 1);
}

static void reservations_are_listed_to_the_terminator(void **state)
{
	u64 addr, size;

	assert_int_equal(fdt_memrsv(&fdt, 0, &addr, &size), 0);
	assert_true(addr == 0x80000000UL && size == 0x20000);
	assert_int_equal(fdt_memrsv(&fdt, 1, &addr, &size), 0);
	assert_true(addr == 0x1000000000UL && size == 0x1000);
	assert_int_equal(fdt_memrsv(&fdt, 2, &addr, &size), FDT_ERR_NOTFOUND);
}

/* A copy in memory of exactly its size, which the caller frees. */
static u8 *copy_of(size_t size)
{
	u8 *copy = malloc(size ? size : 1);

	memcpy(copy, blob_start, size);
	return copy;
}

static void header_faults_have_their_own_errors(void **state)
{
	static const struct {
		int offset;
		u8 value;
		int err;
	} cases[] = {
		{ 0, 0, FDT_ERR_MAGIC }, { 23, 16, FDT_ERR_VERSION }, { 27, 18, FDT_ERR_VERSION },
		{ 4, 0x7f, FDT_ERR_TRUNCATED }, { 8, 1, FDT_ERR_TRUNCATED },
		{ 12, 1, FDT_ERR_TRUNCATED }, { 16, 1, FDT_ERR_TRUNCATED },
		{ 19, 0x2c, FDT_ERR_ALIGN }, { 36, 1, FDT_ERR_TRUNCATED },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u8 *copy = copy_of(blob_size());

		copy[cases[i].offset] = cases[i].value;
		assert_int_equal(fdt_check(copy, blob_size()), cases[i].err);
		free(copy);
	}
	for (i = 1; i <= 10; i++)
		assert_true(strlen(fdt_strerror(-(int)i)) > 10);
	assert_string_equal(fdt_strerror(0), "ok");
	assert_string_equal(fdt_strerror(-11), "unknown devicetree error");
}

static void every_truncation_is_refused(void **state)
{
	size_t size;

	for (size = 0; size < blob_size(); size++) {
		u8 *copy = copy_of(size);

		assert_true(fdt_check(copy, size) < 0);
		free(copy);
	}
}

/* A hand-made blob with this structure block and the strings "p". */
static int check_tokens(const u32 *tokens, size_t n)
{
	u8 *blob = calloc(1, 64 + 4 * n + 2);
	u32 header[] = { FDT_MAGIC, (u32)(64 + 4 * n + 2), 64, (u32)(64 + 4 * n), 40, 17, 16, 0, 2,
			 (u32)(4 * n) };
	size_t i;
	int err;

	for (i = 0; i < 10; i++)
		header[i] = __builtin_bswap32(header[i]);
	memcpy(blob, header, 40);
	for (i = 0; i < n; i++) {
		u32 be = __builtin_bswap32(tokens[i]);

		memcpy(blob + 64 + 4 * i, &be, 4);
	}
	blob[64 + 4 * n] = 'p';
	err = fdt_check(blob, 64 + 4 * n + 2);
	free(blob);
	return err;
}

#define CHECK(...) \
	check_tokens((u32[]){ __VA_ARGS__ }, sizeof((u32[]){ __VA_ARGS__ }) / sizeof(u32))

static void unbalanced_or_unknown_tokens_are_refused(void **state)
{
	assert_int_equal(CHECK(1, 0, 2, 9), FDT_OK);
	assert_int_equal(CHECK(4, 1, 0, 4, 3, 0, 0, 4, 2, 4, 9), FDT_OK);
	assert_int_equal(CHECK(9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 2), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 2, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 2, 1, 0, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 5, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(3, 0, 0, 1, 0, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 1, 0x61000000, 2, 3, 0, 0, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 3, 100, 0, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 3, 0xfffffffe, 0, 2, 9), FDT_ERR_STRUCTURE);
	assert_int_equal(CHECK(1, 0, 3, 0, 2, 2, 9), FDT_ERR_STRING);
	assert_int_equal(CHECK(1, 0x61616161), FDT_ERR_STRING);
}

static void nesting_deeper_than_the_limit_is_refused(void **state)
{
	u32 tokens[4 * (FDT_MAX_DEPTH + 1) + 1];
	int depth, i;

	for (depth = FDT_MAX_DEPTH; depth <= FDT_MAX_DEPTH + 1; depth++) {
		u32 *t = tokens;

		for (i = 0; i < depth; i++) {
			*t++ = 1;
			*t++ = i ? 0x61000000 : 0;
		}
		for (i = 0; i < depth; i++)
			*t++ = 2;
		*t++ = 9;
		assert_int_equal(check_tokens(tokens, (size_t)(t - tokens)),
				 depth > FDT_MAX_DEPTH ? FDT_ERR_DEPTH : FDT_OK);
	}
}

/* Call everything on what may be nonsense; the sanitizers judge. */
static void use_everything(const struct fdt *f)
{
	int node, depth, len;
	unsigned int i;
	const char *name;
	u64 a, s;
	u32 v;

	fdt_for_each_node(f, node, &depth) {
		fdt_node_name(f, node);
		fdt_parent(f, node);
		for (i = 0; fdt_prop_by_index(f, node, i, &name, &len); i++)
			fdt_getprop(f, node, name, NULL);
		for (i = 0; i < 4 && fdt_reg(f, node, i, &a, &s) == 0; i++)
			;
		fdt_is_available(f, node);
		fdt_next_sibling(f, node);
	}
	fdt_path_offset(f, "/soc/serial@10000000");
	fdt_path_offset(f, "serial0:115200n8");
	fdt_node_by_compatible(f, -1, "ns16550");
	fdt_node_by_device_type(f, -1, "memory");
	fdt_node_by_phandle(f, 7);
	fdt_prop_cell(f, f->root, "compatible", 3, &v);
	for (i = 0; fdt_memrsv(f, i, &a, &s) == 0; i++)
		;
	/* Any int as a node, too. */
	node = (int)test_random(blob_size());
	fdt_first_child(f, node);
	fdt_next_node(f, node, NULL);
	fdt_getprop(f, node, "reg", &len);
	fdt_reg(f, -node, 0, &a, &s);
}

static void damaged_blobs_never_lead_outside(void **state)
{
	int step, accepted = 0;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		/* The structure block begins at 88: mostly damage that, not the header. */
		size_t from = step % 4 ? 88 : 0, n = 1 + test_random(4);
		u8 *copy = copy_of(blob_size());
		struct fdt damaged;

		while (n-- > 0) {
			size_t at = from + test_random(blob_size() - from);

			copy[at] = test_random(2) ? (u8)test_random(256)
						  : copy[at] ^ (u8)(1U << test_random(8));
		}
		if (fdt_open(&damaged, copy, blob_size()) == 0) {
			accepted++;
			if (step % 4 == 1)
				use_everything(&damaged);
		}
		free(copy);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_with_and_without_unit_address_lead_to_the_node),
		cmocka_unit_test(walk_visits_every_node_once_with_its_depth),
		cmocka_unit_test(children_have_their_parent),
		cmocka_unit_test(nodes_are_found_by_compatible_type_and_phandle),
		cmocka_unit_test(properties_read_as_numbers_and_strings),
		cmocka_unit_test(questions_about_no_node_are_answered_with_that_error),
		cmocka_unit_test(reg_follows_the_parents_cells),
		cmocka_unit_test(reservations_are_listed_to_the_terminator),
		cmocka_unit_test(header_faults_have_their_own_errors),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(unbalanced_or_unknown_tokens_are_refused),
		cmocka_unit_test(nesting_deeper_than_the_limit_is_refused),
		cmocka_unit_test(damaged_blobs_never_lead_outside),
	};

	return cmocka_run_group_tests(tests, open_blob, NULL);
}
