// SPDX-License-Identifier: GPL-2.0-or-later
/* The fault command: traps of the kernel's own that it survives, one of each kind; and ports, which are traps that we do not see. */
#include "kernel.h"
#include "virtio.h"

#define GDT_ABSENT		20	/* an entry that nobody else uses */
#define ABSENT_DATA_HIGH	0x00cf1200
#define OUTSIDE_SELECTOR	0x1f9	/* beyond the table's 32 entries */

static void fault_divide(void)
{
	u32 quotient = 1, rest = 0;

	asm volatile(MAY_TRAP("divl %2") : "+a" (quotient), "+d" (rest) : "r" (0));
}

/* One instruction with the trap flag set. */
static void fault_debug(void)
{
	asm volatile("pushf; orl %0, (%%esp); popf; nop" : : "i" (FLAG_TRAP) : "memory", "cc");
}

static void fault_breakpoint(void)
{
	asm volatile("int3");
}

static void fault_overflow(void)
{
	asm volatile("addl %1, %0; into" : : "r" (0x7fffffff), "r" (1) : "cc");
}

static void fault_bound(void)
{
	static const int bounds[2] = { 1, 2 };

	asm volatile(MAY_TRAP("bound %0, %1") : : "r" (3), "m" (bounds));
}

static void fault_opcode(void)
{
	asm volatile(MAY_TRAP("ud2"));
}

static void fault_fpu(void)
{
	hypercall(CALL_TS, 1, 0, 0, 0);
	asm volatile(MAY_TRAP("fninit"));
}

static void load_absent(void)
{
	hypercall(CALL_LOAD_GDT_ENTRY, GDT_ABSENT, 0xffff, ABSENT_DATA_HIGH, 0);
}

static void fault_segment(void)
{
	load_absent();
	asm volatile(MAY_TRAP("movl %0, %%es") : : "r" (GDT_ABSENT * 8 + 1));
}

static void fault_stack(void)
{
	load_absent();
	asm volatile(MAY_TRAP("movl %0, %%ss") : : "r" (GDT_ABSENT * 8 + 1));
}

static void fault_protection(void)
{
	asm volatile(MAY_TRAP("movl %0, %%es") : : "r" (OUTSIDE_SELECTOR));
}

/* Error code 0: the host first asks the launcher, which cannot do it and gives it back. */
static void fault_privileged(void)
{
	asm volatile(MAY_TRAP("wrmsr") : : "a" (0), "c" (0x1b), "d" (0));
}

static void fault_int(void)
{
	asm volatile(MAY_TRAP("int $0x70"));
}

/* A page that comes when it is touched; a new one each time. */
static void fault_page(void)
{
	static u32 next = DEMAND_BASE;

	if (next == DEMAND_BASE + DEMAND_PAGES * PAGE_SIZE)
		next = DEMAND_BASE;
	*(volatile u32 *)next = next;
	next += PAGE_SIZE;
}

static void fault_null(void)
{
	u32 value;

	asm volatile(MAY_TRAP("movl (%1), %0") : "=r" (value) : "r" (0));
}

/* Write protection holds for ring 1, too. */
static void fault_write(void)
{
	static void *page;

	if (!page)
		page = alloc_page();
	map_page(kernel_directory, SCRATCH_BASE, physical(page) | PTE_PRESENT);
	asm volatile(MAY_TRAP("movl %0, (%1)") : : "r" (1), "r" (SCRATCH_BASE) : "memory");
	map_page(kernel_directory, SCRATCH_BASE, 0);
}

/* The launcher knows only plain moves; for any other instruction on a device's registers it gives the fault back. */
static void fault_device(void)
{
	struct virtio_device *device = virtio_find(VIRTIO_CONSOLE, 0);

	asm volatile(MAY_TRAP("incl (%0)") : : "r" (device->common + COMMON_DEVICE_FEATURE_SELECT) : "memory", "cc");
}

static const struct {
	const char *name, *help;
	void (*run)(void);
} faults[] = {
	{ "divide", "division by zero", fault_divide },
	{ "debug", "a single step", fault_debug },
	{ "breakpoint", "int3", fault_breakpoint },
	{ "overflow", "into", fault_overflow },
	{ "bound", "bound", fault_bound },
	{ "opcode", "ud2", fault_opcode },
	{ "fpu", "floating point while the host watches it", fault_fpu },
	{ "segment", "load an absent segment", fault_segment },
	{ "stack", "load an absent stack segment", fault_stack },
	{ "gp", "load a selector outside the table", fault_protection },
	{ "msr", "a privileged instruction; comes back from the launcher", fault_privileged },
	{ "int", "an interrupt number without a gate", fault_int },
	{ "page", "touch a page that comes on demand", fault_page },
	{ "null", "read address 0", fault_null },
	{ "write", "write to a read-only page", fault_write },
	{ "device", "increment a device's register; comes back from the launcher", fault_device },
};

/* fault [KIND] */
void fault_command(struct words *words)
{
	if (words->count > 1 && (!strcmp(words->word[1], "kernel") || !strcmp(words->word[1], "unhandled"))) {
		die_command(words);
		return;
	}
	for (u32 i = 0; words->count > 1 && i < array_size(faults); i++) {
		u32 count = caught_trap.count;

		if (strcmp(words->word[1], faults[i].name))
			continue;
		faults[i].run();
		if (caught_trap.count == count) {
			print("fault %s: nothing happened\n", faults[i].name);
			return;
		}
		print("fault %s: trap %u (%s), error code %x", faults[i].name, caught_trap.vector,
		      trap_name(caught_trap.vector), caught_trap.error);
		if (caught_trap.vector == 14)
			print(", address %08x", caught_trap.address);
		print(", handled\n");
		return;
	}
	print("handled traps:\n");
	for (u32 i = 0; i < array_size(faults); i++)
		print("  %-12s%s\n", faults[i].name, faults[i].help);
	print("that end the guest: kernel, unhandled, and more by die\n");
}

/* ports: instructions of ring 0 that the launcher does for us, in all their encodings, where no device is. */
void ports_command(struct words *words)
{
	const u32 port = 0x70;
	u32 byte = 0, word = 0, dword, keyboard = 0, by_number = 0;

	(void)words;
	asm volatile("inb $0x64, %%al" : "+a" (keyboard));
	asm volatile("inb %w1, %%al" : "+a" (byte) : "d" (port));
	asm volatile("inw %w1, %%ax" : "+a" (word) : "d" (port));
	asm volatile("inl %w1, %%eax" : "=a" (dword) : "d" (port));
	asm volatile("inw $0x70, %%ax" : "+a" (by_number));
	print("in: keyboard %x, nothing %x %x %x %x\n", keyboard, byte, word, dword, by_number);
	asm volatile("outb %%al, $0x70; outw %%ax, $0x70; outl %%eax, $0x70" : : "a" (0));
	asm volatile("outb %%al, %w1; outw %%ax, %w1; outl %%eax, %w1" : : "a" (0), "d" (port));
	asm volatile("cli");
	print("out, cli: done, interrupts are still %s\n", lguest_data.irq_enabled ? "on" : "off");
}
