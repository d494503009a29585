/* SPDX-License-Identifier: MIT */
/*
 * lib/string.h - memory blocks and NUL-terminated strings
 *
 * In the kernel these are the C library's functions by their own names (C11 7.24; the compiler
 * calls memcpy, memmove, memset and memcmp on its own). On the host the C library's are used, so
 * that sanitizers see every access, and lib/string.c is built with LIB_STRING_TEST, which renames
 * ours to lib_NAME: a call in parentheses, (strlen)(s), still reaches the C library's.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <lib/types.h>

#if __STDC_HOSTED__
#include <string.h>
#endif

#if __STDC_HOSTED__ && defined(LIB_STRING_TEST)
#define memcpy(d, s, n)		lib_memcpy(d, s, n)
#define memmove(d, s, n)	lib_memmove(d, s, n)
#define memset(d, c, n)		lib_memset(d, c, n)
#define memcmp(a, b, n)		lib_memcmp(a, b, n)
#define memchr(s, c, n)		lib_memchr(s, c, n)
#define strlen(s)		lib_strlen(s)
#define strnlen(s, n)		lib_strnlen(s, n)
#define strcmp(a, b)		lib_strcmp(a, b)
#define strncmp(a, b, n)	lib_strncmp(a, b, n)
#define strchr(s, c)		lib_strchr(s, c)
#define strrchr(s, c)		lib_strrchr(s, c)
#define strstr(h, n)		lib_strstr(h, n)
#define strspn(s, a)		lib_strspn(s, a)
#define strcspn(s, r)		lib_strcspn(s, r)
#define strsep(s, d)		lib_strsep(s, d)
#endif

/* In the kernel, let the compiler expand calls with a small constant size in line. */
#if !__STDC_HOSTED__ && !defined(LIB_STRING_C)
#define memcpy(d, s, n)		__builtin_memcpy(d, s, n)
#define memmove(d, s, n)	__builtin_memmove(d, s, n)
#define memset(d, c, n)		__builtin_memset(d, c, n)
#define memcmp(a, b, n)		__builtin_memcmp(a, b, n)
#define strlen(s)		__builtin_strlen(s)
#define strcmp(a, b)		__builtin_strcmp(a, b)
#endif

#if !__STDC_HOSTED__ || defined(LIB_STRING_TEST)

/* Copy @n bytes; the blocks do not overlap (memmove: they may). returns: @dst */
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);

/* Fill @n bytes with the low byte of @c. returns: @dst */
void *memset(void *dst, int c, size_t n);

/* Difference of the first unequal bytes, as unsigned; 0 when all @n are equal */
int memcmp(const void *a, const void *b, size_t n);

/* First byte equal to @c among @n, or NULL */
void *memchr(const void *s, int c, size_t n);

/* Bytes before the NUL; before the NUL or @max, whichever is first */
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);

/* <0, 0, >0 as @a sorts before, equal to, after @b; strncmp looks at @n bytes at most */
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/* First (strchr) or last (strrchr) @c in @s, the NUL included; NULL when absent */
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/* First place where @needle is in @hay, or NULL; an empty needle is at once found */
char *strstr(const char *hay, const char *needle);

/* Length of the prefix of @s made only of (strcspn: without any of) the given characters */
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);

/* Cut the token before the next of @delims out of *@s and advance *@s; NULL when *@s is NULL */
char *strsep(char **s, const char *delims);

#endif

/* strlcpy - copy what fits, always terminated if @size > 0; returns strlen(@src) */
size_t strlcpy(char *dst, const char *src, size_t size);

/* strscpy - the same; returns the bytes copied without NUL, or -E2BIG when @src was cut (or
 * @size is 0); reads no more of @src than it copies, plus one byte */
ssize_t strscpy(char *dst, const char *src, size_t size);

/*
 * kstrtoul, kstrtol - a whole string as a number
 * @base: 2..36, or 0: 0x is hexadecimal, a leading 0 octal, else decimal. A sign (kstrtoul: only +)
 * may come first, one newline may come last; anything else, or nothing, is -EINVAL.
 * returns: 0; -EINVAL; -ERANGE when it does not fit. *@res is written only on success.
 */
int kstrtoul(const char *s, unsigned int base, unsigned long *res);
int kstrtol(const char *s, unsigned int base, long *res);

#endif
