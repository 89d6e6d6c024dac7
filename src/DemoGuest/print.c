// SPDX-License-Identifier: GPL-2.0-or-later
/* Formatted text, for the console and for messages. */
#include "kernel.h"

/* Where formatted characters go: a buffer, which print() empties onto the console when it is full. */
struct output {
	char *to;
	u32 room, length;
	bool console;
};

static void put(struct output *out, char c)
{
	if (out->length == out->room) {
		if (!out->console)
			return;
		console_write(out->to, out->length);
		out->length = 0;
	}
	out->to[out->length++] = c;
}

/* Divides in place and returns the remainder; a 64-bit division by the compiler would need its library. */
static u32 divide(u64 *number, u32 by)
{
	u32 high = *number >> 32, low = *number, rest = 0;

	asm("divl %[by]" : "+a" (high), "+d" (rest) : [by] "r" (by));
	asm("divl %[by]" : "+a" (low), "+d" (rest) : [by] "r" (by));
	*number = (u64)high << 32 | low;
	return rest;
}

static void put_number(struct output *out, u64 number, u32 base, int width, char fill)
{
	char digits[24];
	int length = 0;

	do {
		digits[length++] = "0123456789abcdef"[divide(&number, base)];
	} while (number);
	for (; width > length; width--)
		put(out, fill);
	while (length)
		put(out, digits[--length]);
}

static void put_text(struct output *out, const char *text, int width, bool left)
{
	int padding = width - (int)strlen(text);

	for (; !left && padding > 0; padding--)
		put(out, ' ');
	while (*text)
		put(out, *text++);
	for (; padding > 0; padding--)
		put(out, ' ');
}

static void format_to(struct output *out, const char *f, va_list arguments)
{
	for (; *f; f++) {
		bool left = false, wide = false;
		char fill = ' ';
		int width = 0;

		if (*f != '%') {
			put(out, *f);
			continue;
		}
		f++;
		if (*f == '-') {
			left = true;
			f++;
		}
		if (*f == '0') {
			fill = '0';
			f++;
		}
		for (; *f >= '0' && *f <= '9'; f++)
			width = width * 10 + *f - '0';
		for (; *f == 'l'; f++)
			wide = true;

		switch (*f) {
		case 'c':
			put(out, va_arg(arguments, int));
			break;
		case 's':
			put_text(out, va_arg(arguments, const char *), width, left);
			break;
		case 'd': {
			int n = va_arg(arguments, int);

			if (n < 0)
				put(out, '-');
			put_number(out, n < 0 ? -(u32)n : (u32)n, 10, width, fill);
			break;
		}
		case 'u':
		case 'x':
			put_number(out, wide ? va_arg(arguments, u64) : va_arg(arguments, u32),
				   *f == 'u' ? 10 : 16, width, fill);
			break;
		default:
			put(out, *f);
		}
	}
}

void print(const char *format, ...)
{
	char buffer[128];
	struct output out = { buffer, sizeof(buffer), 0, true };
	va_list arguments;

	va_start(arguments, format);
	format_to(&out, format, arguments);
	va_end(arguments);
	console_write(buffer, out.length);
}

/* Always ends with a zero; what does not fit is left out. */
void format_arguments(char *to, size_t room, const char *format, va_list arguments)
{
	struct output out = { to, room - 1, 0, false };

	format_to(&out, format, arguments);
	to[out.length] = '\0';
}

void format_string(char *to, size_t room, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_arguments(to, room, format, arguments);
	va_end(arguments);
}

/* Sixteen bytes a line, with their characters; lines like the one before are shown as one "*". */
void print_hex_dump(u32 offset, const u8 *bytes, u32 length)
{
	bool skipping = false;

	for (u32 i = 0; i < length; i += 16) {
		u32 n = min(length - i, 16u);
		char text[80];
		u32 at = 0;

		if (i && n == 16 && memcmp(bytes + i, bytes + i - 16, 16) == 0) {
			if (!skipping)
				print("*\n");
			skipping = true;
			continue;
		}
		skipping = false;
		for (u32 j = 0; j < 16; j++) {
			if (j < n)
				format_string(text + at, 4, "%02x ", bytes[i + j]);
			else
				format_string(text + at, 4, "   ");
			at += 3;
		}
		for (u32 j = 0; j < n; j++)
			text[at++] = bytes[i + j] >= ' ' && bytes[i + j] < 0x7f ? bytes[i + j] : '.';
		text[at] = '\0';
		print("%08x  %s\n", offset + i, text);
	}
	print("%08x\n", offset + length);
}
