/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the basic types. */
#ifndef TYPES_H
#define TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define array_size(a)		(sizeof(a) / sizeof((a)[0]))
#define round_up(n, unit)	(((n) + (unit) - 1) & ~((unit) - 1))
#define min(a, b)		((a) < (b) ? (a) : (b))

#endif
