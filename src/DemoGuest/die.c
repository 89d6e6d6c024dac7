// SPDX-License-Identifier: GPL-2.0-or-later
/* The die command: what ends a guest. Most of these break a rule of the lguest interface, and the host says which. */
#include "kernel.h"

#define OUTSIDE		0xfffff000u	/* no guest has memory there */

/* In assembly, since the compiler knows too much about constant addresses. */
static void write_to(u32 address)
{
	asm volatile("movl $0, (%0)" : : "r" (address) : "memory");
}

/* Nothing is mapped there; our own handler gives up. */
static void die_kernel(void)
{
	write_to(0x10);
}

static void die_unhandled(void)
{
	hypercall(CALL_LOAD_IDT_ENTRY, 6, 0, 0, 0);
	asm volatile("ud2");
}

static void die_panic(void)
{
	panic("asked for");
}

static void die_message(void)
{
	hypercall(CALL_SHUTDOWN, OUTSIDE, SHUTDOWN_POWER_OFF, 0, 0);
}

static void die_hypercall(void)
{
	hypercall(99, 0, 0, 0, 0);
}

static void die_init(void)
{
	hypercall(CALL_INIT, physical(&lguest_data), 0, 0, 0);
}

static void die_idt(void)
{
	hypercall(CALL_LOAD_IDT_ENTRY, 256, KERNEL_CS << 16, 0x8e00, 0);
}

static void die_idt_type(void)
{
	hypercall(CALL_LOAD_IDT_ENTRY, 6, KERNEL_CS << 16, 0x8500, 0);
}

static void die_gdt(void)
{
	hypercall(CALL_LOAD_GDT_ENTRY, 32, 0, 0, 0);
}

static void die_stack_segment(void)
{
	hypercall(CALL_SET_STACK, USER_DS, 0xc0100000, 1, 0);
}

static void die_stack_pages(void)
{
	hypercall(CALL_SET_STACK, KERNEL_DS, 0xc0100000, 3, 0);
}

static void die_pgd_index(void)
{
	hypercall(CALL_SET_PGD, physical(kernel_directory), 1025, 0, 0);
}

/* A directory entry with a bit that must not be there: the host looks when it follows it. */
static void die_pgd_bits(void)
{
	u32 index = SCRATCH_BASE / (PAGE_SIZE * 1024);

	kernel_directory[index] = physical(alloc_page()) | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
	hypercall(CALL_SET_PGD, physical(kernel_directory), index, 0, 0);
	write_to(SCRATCH_BASE);
}

static void touch(u32 entry)
{
	map_page(kernel_directory, SCRATCH_BASE, entry);
	write_to(SCRATCH_BASE);
}

static void die_pte(void)
{
	touch(OUTSIDE | PTE_PRESENT | PTE_WRITE);
}

static void die_pte_large(void)
{
	touch(physical(alloc_page()) | PTE_PRESENT | PTE_WRITE | PTE_LARGE);
}

static void die_top(void)
{
	hypercall(CALL_SET_PTE, physical(kernel_directory), OUTSIDE, 0, 0);
}

/* The host cannot push an interrupt's frame where there is no memory. */
static void die_stack(void)
{
	irq_save();
	hypercall(CALL_SET_CLOCKEVENT, 1, 0, 0, 0);
	asm volatile("movl %0, %%esp; int %1" : : "r" (SCRATCH_BASE + PAGE_SIZE), "i" (HYPERCALL_VECTOR), "a" (CALL_HALT));
}

static const struct {
	const char *name, *help;
	void (*run)(void);
} deaths[] = {
	{ "kernel", "write to address 0x10", die_kernel },
	{ "unhandled", "a trap without a gate", die_unhandled },
	{ "panic", "a message of our own", die_panic },
	{ "message", "a last message outside of memory", die_message },
	{ "hypercall", "hypercall 99", die_hypercall },
	{ "init", "the first hypercall again", die_init },
	{ "idt", "gate 256", die_idt },
	{ "idt-type", "a gate of type 5", die_idt_type },
	{ "gdt", "descriptor 32", die_gdt },
	{ "stack-segment", "a stack of ring 3 for ring 1", die_stack_segment },
	{ "stack-pages", "a stack of 3 pages", die_stack_pages },
	{ "pgd-index", "slot 1025 of a page directory", die_pgd_index },
	{ "pgd-bits", "a directory entry with a bit too many", die_pgd_bits },
	{ "pte", "a page outside of memory", die_pte },
	{ "pte-large", "a page table entry with the large bit", die_pte_large },
	{ "top", "a page in the host's part of the address space", die_top },
	{ "stack", "an interrupt on a stack that is not there", die_stack },
};

/* die [KIND] */
void die_command(struct words *words)
{
	for (u32 i = 0; words->count > 1 && i < array_size(deaths); i++) {
		if (strcmp(words->word[1], deaths[i].name))
			continue;
		console_flush();
		deaths[i].run();
		print("die %s: still alive\n", deaths[i].name);
		return;
	}
	for (u32 i = 0; i < array_size(deaths); i++)
		print("  %-16s%s\n", deaths[i].name, deaths[i].help);
}
