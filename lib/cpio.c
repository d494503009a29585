/* SPDX-License-Identifier: MIT */
/*
 * lib/cpio.c - which files are in this initramfs?
 *
 * The layout is drawn in lib/cpio.h. Each step first asks whether the bytes are there, in the
 * form `need > size - pos`, which cannot overflow, because pos <= size always.
 *
 * ALWAYS TRUE    C1  pos <= size, and no byte at or past size is read.
 *                C2  a call that fails leaves the iterator as it was, except that zeroes between
 *                    archives are skipped: the next call fails alike.
 *                C3  names handed out have their NUL inside the archive.
 * LOCKS          none; the iterator is the caller's
 * LEFT OUT       the older odc and binary formats, compression (the kernel unpacks neither)
 */
#include <lib/align.h>
#include <lib/compiler.h>
#include <lib/cpio.h>
#include <lib/string.h>

#define MAGIC_LEN	6
#define FIELD_LEN	8
#define HEADER_LEN	(MAGIC_LEN + FIELD_COUNT * FIELD_LEN)	/* 110 */
#define CPIO_ALIGN	4

/* The fields in the order of the header. */
enum cpio_field {
	FIELD_INO, FIELD_MODE, FIELD_UID, FIELD_GID, FIELD_NLINK, FIELD_MTIME, FIELD_FILESIZE,
	FIELD_DEVMAJOR, FIELD_DEVMINOR, FIELD_RDEVMAJOR, FIELD_RDEVMINOR, FIELD_NAMESIZE,
	FIELD_CHECK, FIELD_COUNT
};

struct header {
	u32 field[FIELD_COUNT];
	bool has_check;		/* 070702 */
};

void cpio_iter_init(struct cpio_iter *it, const void *data, size_t size)
{
	memset(it, 0, sizeof(*it));
	it->data = data;
	it->size = size;
}

const char *cpio_strerror(int err)
{
	switch (err) {
	case CPIO_ERR_MAGIC:
		return "not a newc cpio archive (no 070701 or 070702 where a header must be)";
	case CPIO_ERR_TRUNCATED:
		return "the cpio archive ends inside an entry";
	case CPIO_ERR_NUMBER:
		return "a field of a cpio header is not a hexadecimal number";
	case CPIO_ERR_NAME:
		return "a name in the cpio archive is empty, too long or not terminated";
	case CPIO_ERR_CHECKSUM:
		return "the data of a file in the cpio archive does not match its checksum";
	case CPIO_ERR_TRAILER:
		return "the cpio archive ends without its TRAILER!!! entry";
	default:
		return err >= 0 ? "ok" : "unknown cpio error";
	}
}

/* One field of eight hexadecimal digits. */
static int parse_field(const u8 *p, u32 *val)
{
	int i;

	*val = 0;
	for (i = 0; i < FIELD_LEN; i++) {
		u8 c = p[i];
		u32 digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20) - 'a' + 10U;
		else
			return CPIO_ERR_NUMBER;
		*val = *val << 4 | digit;
	}
	return 0;
}

static int parse_header(const u8 *p, struct header *h)
{
	int i, err;

	if (memcmp(p, "07070", MAGIC_LEN - 1) != 0 || (p[5] != '1' && p[5] != '2'))
		return CPIO_ERR_MAGIC;
	h->has_check = p[5] == '2';
	for (i = 0; i < FIELD_COUNT; i++) {
		err = parse_field(p + MAGIC_LEN + i * FIELD_LEN, &h->field[i]);
		if (err)
			return err;
	}
	return 0;
}

/* namesize counts the NUL, and any more behind it: padding that puts the data on a page boundary. */
static int check_name(const u8 *name, size_t namesize)
{
	const u8 *end = memchr(name, '\0', namesize);

	for (const u8 *p = end; p && p < name + namesize; p++)
		if (*p)
			return CPIO_ERR_NAME;
	return end && end > name ? 0 : CPIO_ERR_NAME;
}

static bool checksum_ok(const struct cpio_entry *e, u32 check)
{
	u32 sum = 0;
	u32 i;

	for (i = 0; i < e->filesize; i++)
		sum += e->data[i];
	return sum == check;
}

static void fill_entry(struct cpio_entry *e, const u32 *field)
{
	e->filesize = field[FIELD_FILESIZE];
	e->ino = field[FIELD_INO];
	e->mode = field[FIELD_MODE];
	e->uid = field[FIELD_UID];
	e->gid = field[FIELD_GID];
	e->nlink = field[FIELD_NLINK];
	e->mtime = field[FIELD_MTIME];
	e->devmajor = field[FIELD_DEVMAJOR];
	e->devminor = field[FIELD_DEVMINOR];
	e->rdevmajor = field[FIELD_RDEVMAJOR];
	e->rdevminor = field[FIELD_RDEVMINOR];
}

/* Too few bytes for a header: cut off, or something else altogether? */
static int short_header(const u8 *p, size_t left)
{
	size_t n = min(left, (size_t)MAGIC_LEN - 1);

	return memcmp(p, "07070", n) == 0 ? CPIO_ERR_TRUNCATED : CPIO_ERR_MAGIC;
}

/* Read the entry at it->pos, the trailer too; *@used is its length with padding. */
static int read_entry(const struct cpio_iter *it, struct cpio_entry *e, size_t *used)
{
	const u8 *p = it->data + it->pos;
	size_t left = it->size - it->pos;
	size_t namesize, data_off;
	struct header h;
	int err;

	if (left < HEADER_LEN)
		return short_header(p, left);
	err = parse_header(p, &h);
	if (err)
		return err;
	namesize = h.field[FIELD_NAMESIZE];
	if (namesize == 0 || namesize > CPIO_NAME_MAX)
		return CPIO_ERR_NAME;
	if (namesize > left - HEADER_LEN)
		return CPIO_ERR_TRUNCATED;
	err = check_name(p + HEADER_LEN, namesize);
	if (err)
		return err;
	fill_entry(e, h.field);
	e->name = (const char *)p + HEADER_LEN;
	e->archive = it->archives;
	data_off = min(ALIGN_UP(HEADER_LEN + namesize, CPIO_ALIGN), left);
	if (e->filesize > left - data_off)
		return CPIO_ERR_TRUNCATED;
	e->data = p + data_off;
	if (h.has_check && !checksum_ok(e, h.field[FIELD_CHECK]))
		return CPIO_ERR_CHECKSUM;
	*used = min(ALIGN_UP(data_off + e->filesize, CPIO_ALIGN), left);
	return 0;
}

int cpio_next(struct cpio_iter *it, struct cpio_entry *e)
{
	size_t used;
	int err;

	for (;;) {
		while (!it->in_archive && it->pos < it->size && it->data[it->pos] == 0)
			it->pos++;
		if (it->pos == it->size)
			return it->in_archive ? CPIO_ERR_TRAILER : 0;
		err = read_entry(it, e, &used);
		if (err)
			return err;
		it->pos += used;
		it->in_archive = strcmp(e->name, "TRAILER!!!") != 0;
		if (it->in_archive)
			return 1;
		it->archives++;
	}
}
