/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls, for the kernel and for programs: number in eax, arguments in ebx and ecx, result in eax. */
#ifndef SYSCALL_H
#define SYSCALL_H

#include "lguest.h"

#define SYS_EXIT	0	/* status */
#define SYS_WRITE	1	/* text, length; result: length, or -1 */
#define SYS_SLEEP	2	/* milliseconds */
#define SYS_UPTIME	3	/* result: milliseconds */
#define SYS_SET_TLS	4	/* address, which gs:0 is from then on */

/* Where a program lives. Stack and heap get their pages as they are touched. */
#define USER_TEXT	0x08048000
#define USER_HEAP	0x10000000
#define USER_HEAP_END	0x10400000
#define USER_STACK	0xbff00000
#define USER_STACK_END	0xc0000000

#endif
