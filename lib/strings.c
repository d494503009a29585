/* SPDX-License-Identifier: MIT */
/*
 * lib/strings.c - comparing, searching, cutting, copying and reading strings
 *
 * Byte by byte: names and words are short. What is worth words at a time is in string.c.
 *
 * ALWAYS TRUE    S1  nothing reads past the NUL, or past the count it was given.
 *                S2  strlcpy and strscpy terminate what they write when there is room for a byte.
 * LOCKS          none
 * LEFT OUT       strcpy, strcat, sprintf: they cannot know where to stop. strtok: static state.
 */
#define LIB_STRING_C
#if __STDC_HOSTED__ && !defined(LIB_STRING_TEST)
#define LIB_STRING_TEST
#endif
#include <lib/compiler.h>
#include <lib/string.h>
#include <uapi/errno.h>

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strstr(const char *hay, const char *needle)
{
	size_t len = strlen(needle);

	for (;; hay++) {
		if (strncmp(hay, needle, len) == 0)
			return (char *)hay;
		if (!*hay)
			return NULL;
	}
}

/* Whether @c, not NUL, is one of @set. */
static inline bool is_one_of(char c, const char *set)
{
	for (; *set; set++) {
		if (*set == c)
			return true;
	}
	return false;
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && is_one_of(s[n], accept))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !is_one_of(s[n], reject))
		n++;
	return n;
}

char *strsep(char **s, const char *delims)
{
	char *token = *s;
	char *end;

	if (!token)
		return NULL;
	end = token + strcspn(token, delims);
	*s = *end ? end + 1 : NULL;
	*end = '\0';
	return token;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size > 0) {
		size_t n = min(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n;

	if (size == 0)
		return -E2BIG;
	for (n = 0; n < size; n++) {
		dst[n] = src[n];
		if (!src[n])
			return (ssize_t)n;
	}
	dst[size - 1] = '\0';
	return -E2BIG;
}

/* ---- numbers ---- */

/* Value of a digit in bases up to 36; 36 for what is none. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned int)(c - 'A') + 10;
	return 36;
}

/* Resolve base 0 and step over 0x where base 16 has it before a digit. */
static const char *skip_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Digits and at most one newline, to the end of the string. */
static int parse_digits(const char *s, unsigned int base, unsigned long *res)
{
	unsigned long val = 0;
	bool overflow = false;
	unsigned int digit;

	s = skip_prefix(s, &base);
	if (digit_value(*s) >= base)
		return -EINVAL;
	for (; (digit = digit_value(*s)) < base; s++) {
		overflow |= __builtin_mul_overflow(val, (unsigned long)base, &val);
		overflow |= __builtin_add_overflow(val, (unsigned long)digit, &val);
	}
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*res = val;
	return 0;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	return parse_digits(*s == '+' ? s + 1 : s, base, res);
}

int kstrtol(const char *s, unsigned int base, long *res)
{
	bool negative = *s == '-';
	unsigned long limit = (unsigned long)__LONG_MAX__ + negative;
	unsigned long val;
	int err;

	err = parse_digits(negative || *s == '+' ? s + 1 : s, base, &val);
	if (err)
		return err;
	if (val > limit)
		return -ERANGE;
	*res = negative ? (long)(0 - val) : (long)val;
	return 0;
}
