/* SPDX-License-Identifier: MIT */
/* tests/fuzz/script_fuzz.c - kernel/exec_script.c: any first lines, one script after another, kmalloc failing */
#include "../../kernel/exec_script.c"
#include "fuzz.h"

static struct file a_file;
static long files_open;

int exec_open(int dirfd, const char *name, int flags, struct file **f)
{
	FUZZ_CHECK(fuzz_touch_string(name) < EXEC_HEAD_SIZE && name[0] && !is_blank(name[0]));
	if (name[0] == '!')
		return -ENOENT;
	files_open++;
	*f = &a_file;
	return 0;
}

void file_put(struct file *f)
{
	files_open--;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct binprm b = { .file = &a_file, .filename = "/bin/first" };
	int err = 0;

	files_open = 1;
	fuzz_blocks = 0;
	fuzz_fail_after = (long)take_u8(&in) - 128;
	while (in.left && !err) {
		size_t n = min(in.left, (size_t)EXEC_HEAD_SIZE - 2);

		memset(b.head, 0, sizeof(b.head));
		memcpy(b.head, "#!", 2);
		memcpy(b.head + 2, in.p, n);
		in.p += n;
		in.left -= n;
		FUZZ_CHECK(script_recognise(&b));
		err = script_load(&b);
		FUZZ_CHECK(b.nr_words <= MAX_SCRIPT_WORDS && b.script_depth <= MAX_SCRIPT_DEPTH + 1);
	}
	for (unsigned int i = 0; i < b.nr_words; i++) {
		FUZZ_CHECK(err || b.words[i]);
		kfree(b.words[i]);
	}
	FUZZ_CHECK(fuzz_blocks == 0 && files_open == 1);
	return 0;
}
