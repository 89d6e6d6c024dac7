// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs: one at a time, in ring 3, in an address space of its own, with system calls by trap
 * gate 0x80. The program itself is user.c; it is part of the kernel's image.
 */
#include "kernel.h"
#include "syscall.h"

#define STATUS_KILLED	130

extern char user_image[], user_image_size[];	/* from the linker: physical address, bytes */
int enter_program(u32 eip, u32 esp);
void leave_program(int status) __attribute__((noreturn));

static struct {
	u32 *directory;
	bool running;
	volatile bool interrupted;
	u32 calls, fpu_traps;
} process;

bool process_running(void)
{
	return process.running;
}

/* Whether a page may be given to a program here. */
bool process_page_fault(u32 address)
{
	return process.running && ((address >= USER_HEAP && address < USER_HEAP_END) ||
				   (address >= USER_STACK && address < USER_STACK_END));
}

static u32 *make_address_space(void)
{
	u32 *directory = alloc_page();

	memcpy(directory + KERNEL_BASE / (PAGE_SIZE * 1024), kernel_directory + KERNEL_BASE / (PAGE_SIZE * 1024),
	       PAGE_SIZE - KERNEL_BASE / (PAGE_SIZE * 1024) * 4);
	/* The program's text stays where it is in the kernel's image; nobody may write it. */
	for (u32 at = 0; at < (u32)user_image_size; at += PAGE_SIZE)
		map_page_later(directory, USER_TEXT + at, ((u32)user_image + at) | PTE_PRESENT | PTE_USER);
	return directory;
}

static void free_address_space(u32 *directory)
{
	for (u32 i = 0; i < KERNEL_BASE / (PAGE_SIZE * 1024); i++) {
		u32 *table;

		if (!(directory[i] & PTE_PRESENT))
			continue;
		table = virtual(directory[i] & ~(PAGE_SIZE - 1));
		directory[i] = 0;
		hypercall_later(CALL_SET_PGD, physical(directory), i, 0, 0);
		for (u32 j = 0; j < 1024; j++)
			if (table[j] & PTE_WRITE)	/* all but the text */
				free_page(virtual(table[j] & ~(PAGE_SIZE - 1)));
		free_page(table);
	}
	flush_hypercalls();
	free_page(directory);
}

/* Runs a program, to which a line of text is passed on its stack. Returns its status. */
int run_program(const char *arguments)
{
	u32 size = round_up(strlen(arguments) + 1, 16u), *stack;
	int status;

	process.directory = make_address_space();
	process.running = true;
	process.interrupted = false;
	process.calls = process.fpu_traps = 0;
	use_directory(process.directory);
	clock_start();

	/* The first page of its stack comes by a page fault of ours. */
	stack = (u32 *)(USER_STACK_END - size);
	memcpy(stack, arguments, strlen(arguments) + 1);
	*--stack = USER_STACK_END - size;	/* the argument of user_main */
	*--stack = 0;				/* its return address */

	hypercall(CALL_TS, 1, 0, 0, 0);
	status = enter_program(USER_TEXT, (u32)stack);
	irq_enable();

	hypercall(CALL_TS, 1, 0, 0, 0);
	clock_stop();
	process.running = false;
	use_directory(kernel_directory);
	free_address_space(process.directory);
	return status;
}

/* The first use of the floating-point unit traps, so that programs without it need no state of it. */
void process_use_fpu(void)
{
	hypercall(CALL_TS, 0, 0, 0, 0);
	asm volatile("fninit");
	process.fpu_traps++;
}

/* Someone typed ^C. */
void process_interrupt(void)
{
	process.interrupted = true;
}

/* On each way back to ring 3. */
void process_check(void)
{
	if (process.interrupted) {
		print("^C\n");
		leave_program(STATUS_KILLED);
	}
}

void process_died(struct trap_frame *frame, u32 address)
{
	irq_enable();
	print("program: %s at %08x, error %x", trap_name(frame->vector), frame->eip, frame->error);
	if (frame->vector == 14)
		print(", address %08x", address);
	print("\n");
	leave_program(-1);
}

static int sys_write(const char *text, u32 length)
{
	static char copy[512];
	u32 at, left;

	if (length > sizeof(copy) || (u32)text >= KERNEL_BASE || length > KERNEL_BASE - (u32)text)
		return -1;
	/* What cannot be read stays in ecx. */
	asm volatile(MAY_TRAP("rep movsb")
		     : "=c" (left), "=D" (at), "+S" (text)
		     : "0" (length), "1" (copy)
		     : "memory");
	if (left)
		return -1;
	console_write(copy, length);
	return length;
}

/* Base goes into a flat segment of ring 3; the host copies three descriptors at once. */
static int sys_set_tls(u32 base)
{
	static u32 descriptors[3][2];

	descriptors[0][0] = base << 16 | 0xffff;
	descriptors[0][1] = (base & 0xff000000) | 0x00cff200 | (base >> 16 & 0xff);
	hypercall(CALL_LOAD_TLS, physical(descriptors), 0, 0, 0);
	return 0;
}

void syscall(struct trap_frame *frame)
{
	process.calls++;
	switch (frame->eax) {
	case SYS_EXIT:
		leave_program(frame->ebx);
	case SYS_WRITE:
		frame->eax = sys_write((const char *)frame->ebx, frame->ecx);
		break;
	case SYS_SLEEP:
		wait_until_or(process.interrupted, frame->ebx);
		frame->eax = 0;
		break;
	case SYS_UPTIME: {
		struct moment up = clock_uptime();

		frame->eax = up.seconds * 1000 + up.nanoseconds / 1000000;
		break;
	}
	case SYS_SET_TLS:
		frame->eax = sys_set_tls(frame->ebx);
		break;
	default:
		frame->eax = -1;
	}
}

/* user [PROGRAM]: what is printed after it has run. */
void process_summary(int status)
{
	print("program: status %d, %u system calls, %u fpu traps\n", status, process.calls, process.fpu_traps);
}
