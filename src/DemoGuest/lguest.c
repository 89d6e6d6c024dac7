// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our side of the lguest interface: the shared page as the host first sees it, segments and gates,
 * hypercalls that can wait, interrupts on and off, and the ways to end.
 */
#include "kernel.h"

extern char noirq_iret[];

/* The host reads the last three at CALL_INIT, so they must be right before the first instruction. */
struct lguest_data lguest_data = {
	.blocked_interrupts = ~0u,
	.slot_status = { [0 ... RING_SLOTS - 1] = SLOT_DONE },
	.noirq_iret = (u32)noirq_iret,
	.kernel_address = KERNEL_BASE,
	.syscall_vector = SYSCALL_VECTOR,
};

_Static_assert(offsetof(struct lguest_data, irq_enabled) == LGUEST_IRQ_ENABLED, "the host's layout");
_Static_assert(offsetof(struct lguest_data, irq_pending) == LGUEST_IRQ_PENDING, "the host's layout");
_Static_assert(offsetof(struct lguest_data, slots) == 88, "the host's layout");
_Static_assert(offsetof(struct lguest_data, reserve_top) == 1368, "the host's layout");
_Static_assert(sizeof(struct lguest_data) == 1388, "the host's layout");

static u32 next_slot;

/*
 * Puts a hypercall into the ring: the host does it when the next real one comes. It is for calls
 * whose effect can wait, and saves the way to the host and back. When the ring is full, this
 * one becomes the real call, and the host empties the ring first.
 */
void hypercall_later(u32 number, u32 a, u32 b, u32 c, u32 d)
{
	u32 enabled = irq_save();

	if (lguest_data.slot_status[next_slot] != SLOT_DONE) {
		hypercall(number, a, b, c, d);
	} else {
		lguest_data.slots[next_slot].number = number;
		lguest_data.slots[next_slot].arguments[0] = a;
		lguest_data.slots[next_slot].arguments[1] = b;
		lguest_data.slots[next_slot].arguments[2] = c;
		lguest_data.slots[next_slot].arguments[3] = d;
		asm volatile("" ::: "memory");
		lguest_data.slot_status[next_slot] = 0;
		next_slot = (next_slot + 1) % RING_SLOTS;
	}
	irq_restore(enabled);
}

void flush_hypercalls(void)
{
	hypercall(CALL_FLUSH_ASYNC, 0, 0, 0, 0);
}

/* Flat 4 GB segments for programs. The host made the kernel's before we started. */
#define USER_CODE_LOW		0x0000ffff
#define USER_CODE_HIGH		0x00cffa00
#define USER_DATA_LOW		0x0000ffff
#define USER_DATA_HIGH		0x00cff200

void lguest_setup(void)
{
	hypercall_later(CALL_LOAD_GDT_ENTRY, GDT_USER_CODE, USER_CODE_LOW, USER_CODE_HIGH, 0);
	hypercall_later(CALL_LOAD_GDT_ENTRY, GDT_USER_DATA, USER_DATA_LOW, USER_DATA_HIGH, 0);
	traps_setup();
	flush_hypercalls();
	irq_enable();
}

/* A gate, as the processor's manual has it: 0xe clears irq_enabled on the way in, 0xf does not. */
void set_gate(u32 vector, u32 handler, u32 type, u32 ring)
{
	u32 low = KERNEL_CS << 16 | (handler & 0xffff);
	u32 high = (handler & 0xffff0000) | 0x8000 | ring << 13 | type << 8;

	hypercall_later(CALL_LOAD_IDT_ENTRY, vector, low, high, 0);
}

/*
 * The processor's own interrupt flag is the host's. Ours is a word in memory, so that turning
 * interrupts off costs nothing; only if one has come meanwhile must the host be told when they go on.
 */
void irq_enable(void)
{
	irq_restore(FLAG_INTERRUPT);
}

u32 irq_save(void)
{
	u32 enabled = lguest_data.irq_enabled;

	lguest_data.irq_enabled = 0;
	asm volatile("" ::: "memory");
	return enabled;
}

void irq_restore(u32 enabled)
{
	asm volatile("" ::: "memory");
	lguest_data.irq_enabled = enabled;
	if (enabled && lguest_data.irq_pending)
		hypercall(CALL_SEND_INTERRUPTS, 0, 0, 0, 0);
}

/* Called with interrupts off: one that is pending already ends it at once. Comes back with them on. */
void wait_for_interrupt(void)
{
	hypercall(CALL_HALT, 0, 0, 0, 0);
}

/* The host reads this many bytes of a last message. */
static char last_message[128];

static void __attribute__((noreturn)) shut_down(u32 how)
{
	console_flush();
	for (;;)
		hypercall(CALL_SHUTDOWN, physical(last_message), how, 0, 0);
}

void power_off(void)
{
	format_string(last_message, sizeof(last_message), "Power down");
	shut_down(SHUTDOWN_POWER_OFF);
}

void restart(void)
{
	format_string(last_message, sizeof(last_message), "Restarting");
	shut_down(SHUTDOWN_RESTART);
}

void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_arguments(last_message, sizeof(last_message), format, arguments);
	va_end(arguments);
	print("panic: %s\n", last_message);
	shut_down(SHUTDOWN_POWER_OFF);
}
