/* SPDX-License-Identifier: MIT */
/*
 * lib/errname.h - errno numbers as words, for traces and messages
 */
#ifndef LIB_ERRNAME_H
#define LIB_ERRNAME_H

/* errname - "ENOENT" for 2 and for -2; NULL for a number that is no errno */
const char *errname(long err);

#endif
