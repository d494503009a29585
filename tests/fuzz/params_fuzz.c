/* SPDX-License-Identifier: MIT */
/* tests/fuzz/params_fuzz.c - kernel/params.c: any command line; the kernel's own settings stay in range */
#include "../../kernel/params.c"
#include "fuzz.h"

char boot_command_line[2048];

static void start_again(const struct boot_params *defaults)
{
	boot_params = *defaults;
	memset(init_argv, 0, sizeof(init_argv));
	memset(init_envp, 0, sizeof(init_envp));
	nr_bad = nr_envp = 0;
	nr_argv = 1;
	parsed = false;
}

/* Words lie in our copy of the line and end there; the list ends with NULL. */
static void check_list(char *const *list, unsigned int n, unsigned int max)
{
	FUZZ_CHECK(n < max && !list[n]);
	for (unsigned int i = 0; i < n; i++) {
		if (!list[i])
			continue;	/* argv[0] is main.c's */
		FUZZ_CHECK(list[i] >= line && list[i] < line + sizeof(line));
		FUZZ_CHECK(list[i] + fuzz_touch_string(list[i]) < line + sizeof(line));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct boot_params defaults;
	static bool saved;

	if (!saved)
		defaults = boot_params;
	saved = true;
	start_again(&defaults);
	size = min(size, sizeof(boot_command_line) - 1);
	memset(boot_command_line, 0, sizeof(boot_command_line));
	memcpy(boot_command_line, data, size);
	params_early();
	params_early();
	params_report();
	FUZZ_CHECK(nr_bad <= MAX_BAD);
	FUZZ_CHECK(boot_params.maxcpus >= 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		const struct param *p = &table[i];

		FUZZ_CHECK(p->kind != TEXT || strnlen(p->where, p->size) < p->size);
	}
	check_list(init_argv, nr_argv, ARRAY_SIZE(init_argv));
	check_list(init_envp, nr_envp, ARRAY_SIZE(init_envp));
	return 0;
}
