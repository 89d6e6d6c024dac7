// SPDX-License-Identifier: GPL-2.0-or-later
/* The few functions of the C library that a kernel needs; the compiler calls the first three by itself. */
#include "kernel.h"

void *memcpy(void *to, const void *from, size_t length)
{
	void *at = to;
	size_t words = length / 4;

	asm volatile("rep movsl" : "+D" (at), "+S" (from), "+c" (words) : : "memory");
	length %= 4;
	asm volatile("rep movsb" : "+D" (at), "+S" (from), "+c" (length) : : "memory");
	return to;
}

void *memset(void *to, int value, size_t length)
{
	void *at = to;
	size_t words = length / 4;

	asm volatile("rep stosl" : "+D" (at), "+c" (words) : "a" ((u8)value * 0x01010101u) : "memory");
	length %= 4;
	asm volatile("rep stosb" : "+D" (at), "+c" (length) : "a" (value) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
	const u8 *x = a, *y = b;

	for (; length; length--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return end - s;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t length)
{
	for (; length; length--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

/* A whole word that is a number, decimal or 0x. */
bool parse_number(const char *s, u32 *number)
{
	u32 base = 10, value = 0;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		u32 digit;

		if (*s >= '0' && *s <= '9')
			digit = *s - '0';
		else if (*s >= 'a' && *s <= 'f')
			digit = *s - 'a' + 10;
		else
			return false;
		if (digit >= base || value > (~0u - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return true;
}

/* An IPv4 address, a.b.c.d; the first number becomes the highest byte. */
bool parse_address(const char *s, u32 *address)
{
	u32 value = 0;

	for (int i = 0; i < 4; i++) {
		u32 part = 0;

		if (*s < '0' || *s > '9')
			return false;
		for (; *s >= '0' && *s <= '9'; s++) {
			part = part * 10 + *s - '0';
			if (part > 255)
				return false;
		}
		value = value << 8 | part;
		if (i < 3 && *s++ != '.')
			return false;
	}
	*address = value;
	return !*s || *s == ' ';
}
