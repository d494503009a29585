/* SPDX-License-Identifier: MIT */
/* tests/fuzz/cpio_fuzz.c - lib/cpio.c: any bytes as an archive; what it returns lies inside */
#include "../../lib/cpio.c"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct cpio_iter it;
	struct cpio_entry e;
	size_t last = 0;
	int r;

	cpio_iter_init(&it, data, size);
	while ((r = cpio_next(&it, &e)) == 1) {
		FUZZ_CHECK(it.pos > last && it.pos <= size);
		last = it.pos;
		FUZZ_CHECK((const u8 *)e.name >= data && (const u8 *)e.name < data + size);
		FUZZ_CHECK(fuzz_touch_string(e.name) > 0);
		FUZZ_CHECK(e.data >= data && e.filesize <= size && e.data + e.filesize <= data + size);
	}
	FUZZ_CHECK(cpio_next(&it, &e) == r && it.pos <= size);
	if (r < 0)
		fuzz_touch_string(cpio_strerror(r));
	return 0;
}
