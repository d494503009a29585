/* SPDX-License-Identifier: MIT */
/*
 * tests/host/cpio_test.c - the archive reader on an archive that cpio(1) made, on hand-made ones
 * with every fault, and on 10^5 damaged copies
 */
#include "lib_hooks.h"
#include <lib/cpio.h>
#include <string.h>

extern const u8 archive_start[], archive_end[];
__asm__(".section .rodata\n.balign 8\n"
	"archive_start: .incbin \"" CPIO_TEST_ARCHIVE "\"\narchive_end:\n"
	".global archive_start, archive_end\n.text\n");

struct builder {
	u8 data[4096];
	size_t size;
};

/* Padding counts from the entry's start: an archive may begin anywhere. */
static void pad4(struct builder *b, size_t start)
{
	while ((b->size - start) % 4)
		b->data[b->size++] = 0;
}

/* An entry with ino 1, uid 4, gid 5 and so on, so that swapped fields show. */
static void add(struct builder *b, const char *magic, const char *name, const char *content,
		unsigned int check)
{
	size_t start = b->size;

	b->size += (size_t)sprintf((char *)b->data + b->size,
		"%s%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", magic,
		1, 0100644, 4, 5, 6, 0xABCDEF, strlen(content), 8, 9, 10, 11, strlen(name) + 1,
		check);
	memcpy(b->data + b->size, name, strlen(name) + 1);
	b->size += strlen(name) + 1;
	pad4(b, start);
	memcpy(b->data + b->size, content, strlen(content));
	b->size += strlen(content);
	pad4(b, start);
}

static void finish(struct builder *b)
{
	add(b, "070701", "TRAILER!!!", "", 0);
}

/* Read everything from a block of exactly that size; returns the last result. */
static int read_all(const u8 *data, size_t size, int *entries)
{
	u8 *copy = malloc(size ? size : 1);
	struct cpio_iter it;
	struct cpio_entry e;
	u32 sum = 0;
	int r, n = 0;

	memcpy(copy, data, size);
	cpio_iter_init(&it, copy, size);
	while ((r = cpio_next(&it, &e)) == 1) {
		u32 i;

		sum += (u32)strlen(e.name);
		for (i = 0; i < e.filesize; i++)
			sum += e.data[i];
		n++;
	}
	assert_true(n == 0 || sum > 0);	/* keeps the reads above in the program */
	assert_int_equal(cpio_next(&it, &e), r);	/* the same again */
	if (entries)
		*entries = n;
	free(copy);
	return r;
}

static void archive_of_cpio_lists_its_three_files(void **state)
{
	struct cpio_iter it;
	struct cpio_entry e;

	cpio_iter_init(&it, archive_start, (size_t)(archive_end - archive_start));
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_string_equal(e.name, "dir");
	assert_int_equal(e.mode & 0170000, 0040000);
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_string_equal(e.name, "dir/file");
	assert_int_equal(e.mode & 0170000, 0100000);
	assert_int_equal(e.filesize, 12);
	assert_memory_equal(e.data, "twelve bytes", 12);
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_string_equal(e.name, "link");
	assert_int_equal(e.mode & 0170000, 0120000);
	assert_memory_equal(e.data, "dir/file", e.filesize);
	assert_int_equal(cpio_next(&it, &e), 0);
	assert_int_equal(cpio_next(&it, &e), 0);
}

static void every_field_lands_in_its_place(void **state)
{
	struct builder b = { .size = 0 };
	struct cpio_iter it;
	struct cpio_entry e;

	add(&b, "070701", "n", "data", 0);
	finish(&b);
	cpio_iter_init(&it, b.data, b.size);
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_true(e.ino == 1 && e.mode == 0100644 && e.uid == 4 && e.gid == 5 && e.nlink == 6);
	assert_true(e.mtime == 0xabcdef && e.filesize == 4 && e.devmajor == 8 && e.devminor == 9);
	assert_true(e.rdevmajor == 10 && e.rdevminor == 11 && e.archive == 0);
}

static void archives_one_after_another_read_as_one_with_numbers(void **state)
{
	struct builder b = { .size = 0 };
	struct cpio_iter it;
	struct cpio_entry e;

	b.size = 512;	/* zeroes in front */
	add(&b, "070701", "one", "1", 0);
	finish(&b);
	b.size += 513;	/* not even a multiple of four between */
	add(&b, "070701", "two", "22", 0);
	finish(&b);
	b.size += 7;
	cpio_iter_init(&it, b.data, b.size);
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_string_equal(e.name, "one");
	assert_int_equal(e.archive, 0);
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_string_equal(e.name, "two");
	assert_int_equal(e.archive, 1);
	assert_memory_equal(e.data, "22", 2);
	assert_int_equal(cpio_next(&it, &e), 0);
}

static void checksums_of_070702_are_verified(void **state)
{
	struct builder good = { .size = 0 }, bad = { .size = 0 };

	add(&good, "070702", "f", "ab", 'a' + 'b');
	finish(&good);
	assert_int_equal(read_all(good.data, good.size, NULL), 0);
	add(&bad, "070702", "f", "ab", 'a' + 'b' + 1);
	finish(&bad);
	assert_int_equal(read_all(bad.data, bad.size, NULL), CPIO_ERR_CHECKSUM);
}

/* A one-file archive with one byte changed. */
static int read_changed(size_t at, char c)
{
	struct builder b = { .size = 0 };

	add(&b, "070701", "name", "data", 0);
	finish(&b);
	b.data[at] = (u8)c;
	return read_all(b.data, b.size, NULL);
}

static void each_fault_has_its_own_error(void **state)
{
	struct builder b = { .size = 0 };
	int i;

	assert_int_equal(read_changed(0, 'x'), CPIO_ERR_MAGIC);
	assert_int_equal(read_changed(5, '7'), CPIO_ERR_MAGIC);
	assert_int_equal(read_changed(6, 'g'), CPIO_ERR_NUMBER);
	assert_int_equal(read_changed(6, ' '), CPIO_ERR_NUMBER);
	assert_int_equal(read_changed(6 + 6 * 8, 'f'), CPIO_ERR_TRUNCATED);
	assert_int_equal(read_changed(6 + 11 * 8, 'f'), CPIO_ERR_NAME);
	assert_int_equal(read_changed(6 + 11 * 8 + 7, '0'), CPIO_ERR_NAME);
	assert_int_equal(read_changed(6 + 11 * 8 + 7, '4'), CPIO_ERR_NAME);
	assert_int_equal(read_changed(110 + 1, '\0'), CPIO_ERR_NAME);
	add(&b, "070701", "name", "data", 0);
	assert_int_equal(read_all(b.data, b.size, NULL), CPIO_ERR_TRAILER);
	b.size += 110;
	assert_int_equal(read_all(b.data, b.size, NULL), CPIO_ERR_MAGIC);
	assert_int_equal(read_all((const u8 *)"hello", 5, NULL), CPIO_ERR_MAGIC);
	assert_int_equal(read_all((const u8 *)"0707", 4, NULL), CPIO_ERR_TRUNCATED);
	for (i = -1; i >= CPIO_ERR_TRAILER; i--)
		assert_true(strlen(cpio_strerror(i)) > 20);
	assert_string_equal(cpio_strerror(0), "ok");
	assert_string_equal(cpio_strerror(CPIO_ERR_TRAILER - 1), "unknown cpio error");
}

/* "name", padded by three NULs up to a size of 8: the data moves, nothing else changes. */
static void names_may_be_padded_to_place_the_data(void **state)
{
	struct builder b = { .size = 0 };
	struct cpio_iter it;
	struct cpio_entry e;

	add(&b, "070701", "name???", "data", 0);
	memset(b.data + 110 + 4, 0, 3);
	finish(&b);
	cpio_iter_init(&it, b.data, b.size);
	assert_int_equal(cpio_next(&it, &e), 1);
	assert_string_equal(e.name, "name");
	assert_memory_equal(e.data, "data", 4);
	assert_ptr_equal(e.data, b.data + 120);	/* header and name are 118 bytes */
	assert_int_equal(cpio_next(&it, &e), 0);
}

static void nothing_and_only_zeroes_are_empty_archives(void **state)
{
	static const u8 zeroes[100];
	int n;

	assert_int_equal(read_all(zeroes, 0, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(read_all(zeroes, 100, &n), 0);
	assert_int_equal(n, 0);
}

static void every_truncation_before_the_end_is_an_error(void **state)
{
	struct builder b = { .size = 0 };
	size_t size;

	add(&b, "070701", "a", "abc", 0);
	add(&b, "070702", "b", "", 0);
	finish(&b);
	assert_int_equal(read_all(b.data, b.size, NULL), 0);
	for (size = 1; size < b.size - 3; size++)	/* the last bytes are padding */
		assert_true(read_all(b.data, size, NULL) < 0);
}

static void damaged_archives_never_lead_outside(void **state)
{
	size_t size = (size_t)(archive_end - archive_start);
	u8 *copy = malloc(size);
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		size_t n = 1 + test_random(4);

		memcpy(copy, archive_start, size);
		while (n-- > 0)
			copy[test_random(size)] = (u8)(step % 2 ? test_random(256)
					: (u64)"0123456789abcdef"[test_random(16)]);
		read_all(copy, step % 3 ? size : test_random(size), NULL);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archive_of_cpio_lists_its_three_files),
		cmocka_unit_test(every_field_lands_in_its_place),
		cmocka_unit_test(archives_one_after_another_read_as_one_with_numbers),
		cmocka_unit_test(checksums_of_070702_are_verified),
		cmocka_unit_test(each_fault_has_its_own_error),
		cmocka_unit_test(names_may_be_padded_to_place_the_data),
		cmocka_unit_test(nothing_and_only_zeroes_are_empty_archives),
		cmocka_unit_test(every_truncation_before_the_end_is_an_error),
		cmocka_unit_test(damaged_archives_never_lead_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
