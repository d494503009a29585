/* SPDX-License-Identifier: MIT */
/* tests/host/errname_test.c - our error numbers and names against the C library's */
#define _GNU_SOURCE
#include "lib_hooks.h"
#include <errno.h>
#include <lib/errname.h>
#include <string.h>
#include <uapi/errno.h>	/* a number that differs from <errno.h>'s does not compile */

static void every_errno_has_the_name_the_c_library_gives_it(void **state)
{
	int e;

	for (e = -5; e < 600; e++) {
		const char *theirs = e > 0 ? strerrorname_np(e) : NULL;

		if (e >= ERESTARTSYS)
			break;
		if (!theirs)
			assert_null(errname(e < 0 ? 4000 : e));
		else
			assert_string_equal(errname(e), theirs);
	}
}

static void negative_and_positive_numbers_have_the_same_name(void **state)
{
	assert_string_equal(errname(2), "ENOENT");
	assert_string_equal(errname(-2), "ENOENT");
	assert_string_equal(errname(-ERESTARTSYS), "ERESTARTSYS");
	assert_null(errname(-__LONG_MAX__ - 1));
	assert_null(errname(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_errno_has_the_name_the_c_library_gives_it),
		cmocka_unit_test(negative_and_positive_numbers_have_the_same_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
