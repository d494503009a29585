/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/printf_fuzz.c - lib/printf.c: any format with arguments that fit every conversion
 *
 * All arguments are one string's address, which is a fine number too; or odd numbers, also as widths,
 * where the format has no %s.
 */
#define snprintf	kernel_snprintf
#define vsnprintf	kernel_vsnprintf
#include "../../lib/printf.c"
#include "fuzz.h"

static char buffer[600];

static void print(size_t size, const char *format, u64 a, u64 b, u64 c, u64 d)
{
	int n;

	buffer[size] = 'G';
	n = snprintf(buffer, size, format, a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d);
	FUZZ_CHECK(n >= 0 && buffer[size] == 'G');
	/* A %c of 0 ends the text early. */
	FUZZ_CHECK(size == 0 || strlen(buffer) <= min((size_t)n, size - 1));
	FUZZ_CHECK(size == 0 || (size_t)n >= size || !buffer[n]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const char *const text = "some text";
	struct fuzz_input in = { data, size };
	size_t room = take_number(&in, 2) % (sizeof(buffer) - 1);
	u64 a = take_number(&in, 8), b = take_number(&in, 1);
	char *format = malloc(in.left + 1);

	if (!format)
		return 0;
	memcpy(format, in.p, in.left);
	format[in.left] = '\0';
	if (strlen(format) <= 40) {	/* no more conversions than arguments */
		u64 s = (u64)text;

		if (!strchr(format, '*'))
			print(room, format, s, s, s, s);
		else if (!strchr(format, 's'))
			print(room, format, b, (u64)(s64)(s8)b, a & 0xffffffff, ~0UL);
		if (!strchr(format, 's') && !strchr(format, '*'))
			print(room, format, a, b, ~a, 0);
	}
	free(format);
	return 0;
}
