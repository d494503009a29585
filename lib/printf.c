/* SPDX-License-Identifier: MIT */
/*
 * lib/printf.c - how does a format and its arguments become text in a buffer?
 *
 *   "%-08.3lx"  ->  struct spec { flags, width, precision, size, conversion }
 *                       |  take_number() reads the argument at its size
 *                       v
 *   [blanks][sign or 0x][zeroes][digits][blanks]      emit_number(), lengths computed first
 *
 * The rules are those of C11 7.21.6.1; what is left out and added is listed in lib/printf.h.
 *
 * ALWAYS TRUE    P1  out->pos counts every character, written or not: it is the return value.
 *                P2  no byte at or after buf + size is written, and buf is terminated if size > 0.
 * LOCKS          none; the buffer is the caller's
 */
#include <lib/compiler.h>
#include <lib/printf.h>
#include <lib/string.h>

#if __STDC_HOSTED__
#undef vsnprintf
#undef snprintf
#define vsnprintf lib_vsnprintf
#define snprintf lib_snprintf
#endif

enum print_flag {
	FLAG_LEFT  = 1 << 0,	/* - */
	FLAG_PLUS  = 1 << 1,	/* + */
	FLAG_BLANK = 1 << 2,	/* space */
	FLAG_ALT   = 1 << 3,	/* # */
	FLAG_ZERO  = 1 << 4,	/* 0 */
	FLAG_UPPER = 1 << 5,	/* X */
};

struct spec {
	unsigned int flags;
	int width;		/* 0: none */
	int precision;		/* -1: none */
	int bytes;		/* size of an integer argument: 1, 2, 4, 8 */
	char conversion;
};

struct out {
	char *buf;
	size_t size;
	size_t pos;
};

static inline void put(struct out *o, char c)
{
	if (o->pos < o->size)
		o->buf[o->pos] = c;
	o->pos++;
}

/* What does not fit is only counted: a width may be absurd. */
static void put_repeated(struct out *o, char c, s64 n)
{
	for (; n > 0 && o->pos < o->size; n--)
		put(o, c);
	if (n > 0)
		o->pos += (size_t)n;
}

static void put_chars(struct out *o, const char *s, int n)
{
	while (n-- > 0)
		put(o, *s++);
}

/* @n characters in a field of the width asked for. */
static void emit_text(struct out *o, const struct spec *spec, const char *s, int n)
{
	int pad = spec->width - n;

	if (!(spec->flags & FLAG_LEFT))
		put_repeated(o, ' ', pad);
	put_chars(o, s, n);
	if (spec->flags & FLAG_LEFT)
		put_repeated(o, ' ', pad);
}

/* ---- numbers ---- */

/* Enough for 64 bits in base 8. */
#define MAX_DIGITS	22

/* Digits of @val before @end; returns how many. None for 0: precision 1 adds that one. */
static int format_digits(char *end, u64 val, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char *p = end;

	if (base == 10) {	/* a constant divisor becomes a multiplication */
		for (; val; val /= 10)
			*--p = digits[val % 10];
	} else {
		unsigned int shift = base == 16 ? 4 : 3;

		for (; val; val >>= shift)
			*--p = digits[val & (base - 1)];
	}
	return (int)(end - p);
}

static void emit_number(struct out *o, const struct spec *spec, u64 val, unsigned int base,
			const char *prefix)
{
	char buf[MAX_DIGITS];
	int digits = format_digits(buf + MAX_DIGITS, val, base, spec->flags & FLAG_UPPER);
	int prefix_len = (int)strlen(prefix);
	int precision = spec->precision < 0 ? 1 : spec->precision;
	int zeroes = max(precision - digits, 0);
	s64 pad;		/* the widest zeroes, digits and prefix together pass INT_MAX */

	if (base == 8 && (spec->flags & FLAG_ALT) && zeroes == 0)
		zeroes = 1;	/* # makes the first digit a 0 */
	pad = (s64)spec->width - prefix_len - zeroes - digits;
	if ((spec->flags & FLAG_ZERO) && !(spec->flags & FLAG_LEFT) && spec->precision < 0) {
		zeroes += (int)max(pad, (s64)0);
		pad = 0;
	}
	if (!(spec->flags & FLAG_LEFT))
		put_repeated(o, ' ', pad);
	put_chars(o, prefix, prefix_len);
	put_repeated(o, '0', zeroes);
	put_chars(o, buf + MAX_DIGITS - digits, digits);
	if (spec->flags & FLAG_LEFT)
		put_repeated(o, ' ', pad);
}

static void emit_signed(struct out *o, const struct spec *spec, s64 val)
{
	const char *sign = "";

	if (val < 0)
		sign = "-";
	else if (spec->flags & FLAG_PLUS)
		sign = "+";
	else if (spec->flags & FLAG_BLANK)
		sign = " ";
	emit_number(o, spec, val < 0 ? 0 - (u64)val : (u64)val, 10, sign);
}

static void emit_unsigned(struct out *o, struct spec *spec, u64 val)
{
	const char *prefix = "";

	switch (spec->conversion) {
	case 'o':
		emit_number(o, spec, val, 8, "");
		return;
	case 'u':
		emit_number(o, spec, val, 10, "");
		return;
	case 'X':
		spec->flags |= FLAG_UPPER;
		break;
	default:
		break;
	}
	if ((spec->flags & FLAG_ALT) && val)
		prefix = spec->conversion == 'X' ? "0X" : "0x";
	emit_number(o, spec, val, 16, prefix);
}

/* A pointer has all its digits, so that columns of them line up. */
static void emit_pointer(struct out *o, struct spec *spec, unsigned long val)
{
	if (spec->precision < 0)
		spec->precision = 16;
	emit_number(o, spec, val, 16, "0x");
}

static void emit_symbol(struct out *o, struct spec *spec, unsigned long address)
{
	char name[128];
	int len = printf_symbol(name, sizeof(name), address);

	if (len > 0)
		emit_text(o, spec, name, min(len, (int)sizeof(name) - 1));
	else
		emit_pointer(o, spec, address);
}

static void emit_string(struct out *o, const struct spec *spec, const char *s)
{
	size_t max_len = spec->precision < 0 ? (size_t)__INT_MAX__ : (size_t)spec->precision;

	if (!s)
		s = "(null)";
	emit_text(o, spec, s, (int)strnlen(s, max_len));
}

/* ---- the format ---- */

/* Decimal digits at *@fmt; stops growing before it could overflow. */
static int parse_decimal(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
		if (n < __INT_MAX__ / 10)
			n = n * 10 + (**fmt - '0');
	}
	return n;
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
	static const char letters[] = "-+ #0";	/* in the order of enum print_flag */
	const char *which;

	while (*fmt && (which = strchr(letters, *fmt))) {
		spec->flags |= 1U << (which - letters);
		fmt++;
	}
	return fmt;
}

static const char *parse_size(const char *fmt, struct spec *spec)
{
	spec->bytes = sizeof(int);
	switch (*fmt) {
	case 'h':
		spec->bytes = fmt[1] == 'h' ? 1 : 2;
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->bytes = 8;
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z':
	case 'j':
	case 't':
		spec->bytes = 8;
		return fmt + 1;
	default:
		return fmt;
	}
}

/* The va_list lives in a structure because a va_list parameter may be an array (C11 7.16). */
struct arguments {
	va_list list;
};

/* Everything between % and the conversion, which is left at the returned position. */
static const char *parse_spec(const char *fmt, struct spec *spec, struct arguments *args)
{
	fmt = parse_flags(fmt, spec);
	if (*fmt == '*') {
		spec->width = va_arg(args->list, int);
		fmt++;
		if (spec->width < 0) {
			spec->flags |= FLAG_LEFT;
			spec->width = spec->width == -__INT_MAX__ - 1 ? 0 : -spec->width;
		}
	} else {
		spec->width = parse_decimal(&fmt);
	}
	if (*fmt == '.') {
		fmt++;
		if (*fmt == '*') {
			spec->precision = max(va_arg(args->list, int), -1);
			fmt++;
		} else {
			spec->precision = parse_decimal(&fmt);
		}
	}
	return parse_size(fmt, spec);
}

/* Arguments narrower than int arrive as int and are cut back here. */
static s64 take_signed(const struct spec *spec, struct arguments *args)
{
	s64 val = spec->bytes == 8 ? va_arg(args->list, s64) : va_arg(args->list, int);

	switch (spec->bytes) {
	case 1:
		return (s8)val;
	case 2:
		return (s16)val;
	default:
		return val;
	}
}

static u64 take_unsigned(const struct spec *spec, struct arguments *args)
{
	u64 val = spec->bytes == 8 ? va_arg(args->list, u64) : va_arg(args->list, unsigned int);

	switch (spec->bytes) {
	case 1:
		return (u8)val;
	case 2:
		return (u16)val;
	default:
		return val;
	}
}

/* Print one argument; returns where the format goes on, NULL when the conversion is unknown. */
static const char *convert(struct out *o, const char *fmt, struct spec *spec,
			   struct arguments *args)
{
	char c;

	spec->conversion = *fmt;
	switch (*fmt++) {
	case 'd':
	case 'i':
		emit_signed(o, spec, take_signed(spec, args));
		return fmt;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		emit_unsigned(o, spec, take_unsigned(spec, args));
		return fmt;
	case 'c':
		c = (char)va_arg(args->list, int);
		emit_text(o, spec, &c, 1);
		return fmt;
	case 's':
		emit_string(o, spec, va_arg(args->list, const char *));
		return fmt;
	case 'p':
		if (*fmt == 'S') {
			emit_symbol(o, spec, va_arg(args->list, unsigned long));
			return fmt + 1;
		}
		emit_pointer(o, spec, va_arg(args->list, unsigned long));
		return fmt;
	case '%':
		put(o, '%');
		return fmt;
	default:
		return NULL;
	}
}

static void format_all(struct out *o, const char *fmt, struct arguments *args)
{
	while (*fmt) {
		struct spec spec = { .precision = -1 };
		const char *next;

		if (*fmt != '%') {
			put(o, *fmt++);
			continue;
		}
		next = parse_spec(fmt + 1, &spec, args);
		next = convert(o, next, &spec, args);
		if (!next) {		/* unknown: the % and what follows, as they stand */
			put(o, *fmt++);
			continue;
		}
		fmt = next;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	struct arguments a;

	va_copy(a.list, args);
	format_all(&o, fmt, &a);
	va_end(a.list);
	if (size > 0)
		buf[min(o.pos, size - 1)] = '\0';
	return (int)min(o.pos, (size_t)__INT_MAX__);
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (size == 0)
		return 0;
	return (size_t)len < size ? len : (int)(size - 1);
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
