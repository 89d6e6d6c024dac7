// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program that runs in ring 3. It shares nothing with the kernel but syscall.h; the linker sees
 * to it that neither calls the other. The first word of its argument says what it does.
 */
#include "syscall.h"
#include "types.h"

static int call(u32 number, u32 a, u32 b)
{
	asm volatile("int %[vector]"
		     : "+a" (number)
		     : "b" (a), "c" (b), [vector] "i" (SYSCALL_VECTOR)
		     : "memory");
	return number;
}

static void say(const char *text)
{
	u32 length = 0;

	while (text[length])
		length++;
	call(SYS_WRITE, (u32)text, length);
}

static void say_number(const char *before, u32 number, const char *after)
{
	char digits[11], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = '0' + number % 10;
		number /= 10;
	} while (number);
	say(before);
	say(at);
	say(after);
}

static int hello(void)
{
	u32 cs;

	asm("movl %%cs, %0" : "=r" (cs));
	say_number("Hello from ring ", cs & 3, "\n");
	return 0;
}

/* The square root of 2 in millionths, by the floating-point unit. */
static int fpu(void)
{
	u32 two = 2, million = 1000000, result;

	asm volatile("fildl %1; fsqrt; fimull %2; fistpl %0" : "=m" (result) : "m" (two), "m" (million));
	say_number("sqrt(2) = 1.", result - million, "\n");
	return result == 1414214 ? 0 : 1;
}

/* A word that is found through gs, as threads find theirs. */
static int tls(void)
{
	u32 storage[2] = { 1, 4711 }, value;

	call(SYS_SET_TLS, (u32)storage, 0);
	asm volatile("movl %1, %%gs; movl %%gs:4, %0" : "=r" (value) : "r" (USER_TLS));
	say_number("gs:4 = ", value, "\n");
	return value == 4711 ? 0 : 1;
}

/* Touches pages that do not exist yet, and looks at them again. */
static int heap(void)
{
	u32 wrong = 0, pages = 0;

	for (u32 at = USER_HEAP; at < USER_HEAP + 64 * PAGE_SIZE; at += PAGE_SIZE, pages++) {
		volatile u32 *word = (u32 *)at;

		if (*word)
			wrong++;
		*word = at;
	}
	for (u32 at = USER_HEAP; at < USER_HEAP + 64 * PAGE_SIZE; at += PAGE_SIZE)
		if (*(volatile u32 *)at != at)
			wrong++;
	say_number("heap: ", pages, " pages, ");
	say_number("", wrong, " wrong\n");
	return wrong;
}

/* Each level has half a page on the stack. */
static u32 __attribute__((noinline)) deeper(u32 levels)
{
	volatile char room[2048];

	room[0] = levels;
	return levels ? deeper(levels - 1) + (u8)room[0] / (u8)levels : 0;
}

static int stack(void)
{
	say_number("stack: ", deeper(100), " levels\n");
	return 0;
}

static int nap(void)
{
	u32 start = call(SYS_UPTIME, 0, 0), end;

	call(SYS_SLEEP, 50, 0);
	end = call(SYS_UPTIME, 0, 0);
	say(end - start >= 50 ? "slept 50 ms\n" : "woke early\n");
	return end - start >= 50 ? 0 : 1;
}

static int __attribute__((noreturn)) spin(void)
{
	say("spinning until ^C\n");
	for (;;)
		asm volatile("");
}

/* The rest breaks rules of ring 3, and is ended for it. */
static int null(void)
{
	asm volatile("movl (%0), %%eax" : : "r" (0) : "eax");
	return 0;
}

static int kernel(void)
{
	asm volatile("movl (%0), %%eax" : : "r" (KERNEL_BASE) : "eax");
	return 0;
}

static int text(void)
{
	asm volatile("movl $0, (%0)" : : "r" (USER_TEXT) : "memory");
	return 0;
}

static int divide(void)
{
	u32 quotient = 1, rest = 0, zero = 0;

	asm volatile("divl %2" : "+a" (quotient), "+d" (rest) : "r" (zero));
	return quotient;
}

static int port(void)
{
	asm volatile("outb %%al, $0x80" : : "a" (0));
	return 0;
}

static int host_call(void)
{
	asm volatile("int %0" : : "i" (HYPERCALL_VECTOR), "a" (CALL_HALT));
	return 0;
}

static int stop(void)
{
	asm volatile("hlt");
	return 0;
}

static int breakpoint(void)
{
	asm volatile("int3");
	return 0;
}

/* The kernel must not believe this address. */
static int pointer(void)
{
	int result = call(SYS_WRITE, KERNEL_BASE, 4) + call(SYS_WRITE, 0, 4);

	say(result == -2 ? "bad pointers refused\n" : "bad pointer taken\n");
	return result == -2 ? 0 : 1;
}

static const struct {
	const char *name;
	int (*run)(void);
} programs[] = {
	{ "hello", hello }, { "fpu", fpu }, { "tls", tls }, { "heap", heap }, { "stack", stack },
	{ "sleep", nap }, { "spin", spin }, { "pointer", pointer }, { "null", null },
	{ "kernel", kernel }, { "text", text }, { "divide", divide }, { "port", port },
	{ "hypercall", host_call }, { "hlt", stop }, { "breakpoint", breakpoint },
};

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void __attribute__((used)) user_main(const char *argument)
{
	for (u32 i = 0; i < array_size(programs); i++)
		if (same(argument, programs[i].name))
			call(SYS_EXIT, programs[i].run(), 0);

	say("programs:");
	for (u32 i = 0; i < array_size(programs); i++) {
		say(" ");
		say(programs[i].name);
	}
	say("\n");
	call(SYS_EXIT, 2, 0);
}

/* The linker puts this first, at USER_TEXT, where the kernel enters; our argument is on the stack. */
asm(".section .text.first, \"ax\"\n"
    "	jmp	user_main\n"
    "	.text\n");
