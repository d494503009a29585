/* SPDX-License-Identifier: MIT */
/*
 * lib/cpio.h - read a "newc" cpio archive: an initramfs
 *
 *   070701 header of 13 fields of 8 hexadecimal digits | name NUL pad to 4 | data pad to 4 | ...
 *   ... | TRAILER!!! | zeroes | perhaps another archive
 *
 * The format is that of cpio(5) and of Linux's early-userspace/buffer-format document, which
 * also allows archives one after another. 070702 carries the sum of the data bytes, verified.
 * The reader allocates nothing, copies nothing and trusts nothing.
 */
#ifndef LIB_CPIO_H
#define LIB_CPIO_H

#include <lib/types.h>

#define CPIO_NAME_MAX	4096	/* PATH_MAX, the NUL included */

enum cpio_error {
	CPIO_ERR_MAGIC     = -1,	/* neither 070701 nor 070702 where a header must be */
	CPIO_ERR_TRUNCATED = -2,	/* the archive ends inside a header, name or data */
	CPIO_ERR_NUMBER    = -3,	/* a field is not hexadecimal */
	CPIO_ERR_NAME      = -4,	/* empty, too long, or not terminated where it says */
	CPIO_ERR_CHECKSUM  = -5,	/* data bytes do not add up to the 070702 check field */
	CPIO_ERR_TRAILER   = -6		/* the archive ends without TRAILER!!! */
};

struct cpio_iter {
	const u8 *data;
	size_t size;
	size_t pos;		/* next byte to read; after an error: the entry that is bad */
	bool in_archive;	/* an entry was read and its TRAILER!!! not yet */
	u32 archives;		/* TRAILER!!!s passed */
};

struct cpio_entry {
	const char *name;	/* NUL-terminated, inside the archive; never "TRAILER!!!" */
	const u8 *data;		/* filesize bytes inside the archive */
	u32 filesize;
	u32 ino;		/* equal in hard links of one archive, with the device */
	u32 mode;		/* S_IF* and permissions, as st_mode */
	u32 uid, gid;
	u32 nlink;
	u32 mtime;		/* seconds since 1970 */
	u32 devmajor, devminor;	/* where the file was */
	u32 rdevmajor, rdevminor;	/* which device it is */
	u32 archive;		/* which of the concatenated archives, from 0: scope of ino */
};

/* cpio_iter_init - read @size bytes at @data from the start */
void cpio_iter_init(struct cpio_iter *it, const void *data, size_t size);

/*
 * cpio_next - the next entry, trailers and padding skipped
 * returns: 1 with *@e filled; 0 at the end; negative enum cpio_error, and again the same if asked
 * again
 */
int cpio_next(struct cpio_iter *it, struct cpio_entry *e);

/* cpio_strerror - a sentence for an error */
const char *cpio_strerror(int err);

#endif
