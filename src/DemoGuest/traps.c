// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traps, interrupts and system calls, once entry.S has made a frame of them: which gate has which
 * kind, and who deals with what comes in.
 */
#include "kernel.h"

#define GATE_INTERRUPT	0xe
#define GATE_TRAP	0xf

#define TRAP_DEBUG	1
#define TRAP_NO_FPU	7
#define TRAP_PAGE_FAULT	14

extern const u32 entry_points[FIRST_IRQ_VECTOR + NUM_IRQS + 1];

/*
 * These reach us directly, without the host: they have trap gates, and need no state of the host's.
 * Breakpoint and overflow may be raised by programs.
 */
static const u32 direct_traps = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 16;
static const u32 program_traps = 1 << 3 | 1 << 4;

/* What the fault command wants to know about the last trap that was survived. */
struct caught_trap caught_trap;

static struct {
	irq_handler *handler;
	const char *name;
	u32 count;
} irqs[NUM_IRQS];

/* Made by MAY_TRAP: where an instruction stands, and where to go on when it traps. */
struct fixup {
	u32 instruction, resume;
};
extern const struct fixup fixups_start[], fixups_end[];

const char *trap_name(u32 vector)
{
	static const char *const names[] = {
		"divide error", "debug", "nmi", "breakpoint", "overflow", "bound range",
		"invalid opcode", "device not available", "double fault", "segment overrun",
		"invalid tss", "segment not present", "stack fault", "general protection",
		"page fault", "reserved", "floating point", "alignment check", "machine check", "simd",
	};

	return vector < array_size(names) ? names[vector] : "unknown";
}

void traps_setup(void)
{
	for (u32 vector = 0; vector < 20; vector++) {
		bool direct = direct_traps & 1 << vector;

		set_gate(vector, entry_points[vector], direct ? GATE_TRAP : GATE_INTERRUPT,
			 program_traps & 1 << vector ? 3 : 1);
	}
	for (u32 irq = 0; irq < NUM_IRQS; irq++)
		set_gate(FIRST_IRQ_VECTOR + irq, entry_points[FIRST_IRQ_VECTOR + irq], GATE_INTERRUPT, 1);
	set_gate(SYSCALL_VECTOR, entry_points[FIRST_IRQ_VECTOR + NUM_IRQS], GATE_TRAP, 3);
}

void request_irq(u32 irq, const char *name, irq_handler *handler)
{
	if (irq >= NUM_IRQS)
		panic("%s has interrupt %u, and there are %u", name, irq, NUM_IRQS);
	irqs[irq].handler = handler;
	irqs[irq].name = name;
	lguest_data.blocked_interrupts &= ~(1u << irq);
}

void print_interrupts(void)
{
	for (u32 irq = 0; irq < NUM_IRQS; irq++)
		if (irqs[irq].handler)
			print("irq %2u  %-8s %u\n", irq, irqs[irq].name, irqs[irq].count);
}

u32 interrupt_count(void)
{
	u32 count = 0;

	for (u32 irq = 0; irq < NUM_IRQS; irq++)
		count += irqs[irq].count;
	return count;
}

static bool from_program(const struct trap_frame *frame)
{
	return (frame->cs & 3) == 3;
}

static bool fix_up(struct trap_frame *frame)
{
	for (const struct fixup *f = fixups_start; f < fixups_end; f++) {
		if (f->instruction == frame->eip) {
			frame->eip = f->resume;
			return true;
		}
	}
	return false;
}

static void exception(struct trap_frame *frame)
{
	u32 address = lguest_data.fault_address, eip = frame->eip;
	bool survived = false;

	if (frame->vector == TRAP_PAGE_FAULT && resolve_page_fault(address, frame->error))
		survived = true;
	else if (frame->vector == TRAP_NO_FPU && process_running()) {
		process_use_fpu();
		return;
	} else if (from_program(frame))
		process_died(frame, address);
	else if (frame->vector == TRAP_DEBUG) {
		frame->eflags &= ~FLAG_TRAP;
		survived = true;
	} else if (program_traps & 1u << frame->vector)
		survived = true;	/* these report the next instruction */
	else
		survived = fix_up(frame);

	if (!survived)
		panic("%s at %08x (address %08x, error %x)", trap_name(frame->vector), eip,
		      frame->vector == TRAP_PAGE_FAULT ? address : 0, frame->error);

	caught_trap.count++;
	caught_trap.vector = frame->vector;
	caught_trap.error = frame->error;
	caught_trap.eip = eip;
	caught_trap.address = address;
}

/* From entry.S. The frame is restored from what we leave in it. */
void trap(struct trap_frame *frame)
{
	if (frame->vector == SYSCALL_VECTOR) {
		syscall(frame);
	} else if (frame->vector >= FIRST_IRQ_VECTOR) {
		u32 irq = frame->vector - FIRST_IRQ_VECTOR;

		irqs[irq].count++;
		if (irqs[irq].handler)
			irqs[irq].handler(irq);
	} else {
		/*
		 * A direct trap pushes the processor's interrupt flag, which is always on. What
		 * the return path must restore is ours.
		 */
		if (direct_traps & 1 << frame->vector)
			frame->eflags = (frame->eflags & ~FLAG_INTERRUPT) | lguest_data.irq_enabled;
		exception(frame);
	}
	if (from_program(frame))
		process_check();
}
