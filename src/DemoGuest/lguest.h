/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lguest interface as a guest sees it: the hypercalls, the page that guest and host share,
 * and the few numbers on which both agree. C and assembly read this file.
 */
#ifndef LGUEST_H
#define LGUEST_H

/* "int" with this number, from ring 1, is a hypercall. */
#define HYPERCALL_VECTOR	0x1f

#define CALL_FLUSH_ASYNC	0
#define CALL_INIT		1
#define CALL_SHUTDOWN		2
#define CALL_NEW_PGTABLE	4
#define CALL_FLUSH_TLB		5
#define CALL_LOAD_IDT_ENTRY	6
#define CALL_SET_STACK		7
#define CALL_TS			8
#define CALL_SET_CLOCKEVENT	9
#define CALL_HALT		10
#define CALL_SET_PTE		14
#define CALL_SET_PGD		15
#define CALL_LOAD_TLS		16
#define CALL_LOAD_GDT_ENTRY	18
#define CALL_SEND_INTERRUPTS	19

/* How CALL_SHUTDOWN ends the guest. */
#define SHUTDOWN_POWER_OFF	1
#define SHUTDOWN_RESTART	2

/* The kernel's part of every address space starts here; the rest is for programs. */
#define KERNEL_BASE		0xc0000000

/* Segments. A selector's low two bits are its ring: the kernel lives in ring 1, programs in ring 3. */
#define GDT_KERNEL_CODE		12
#define GDT_KERNEL_DATA		13
#define GDT_USER_CODE		14
#define GDT_USER_DATA		15
#define GDT_TLS			6
#define KERNEL_CS		(GDT_KERNEL_CODE * 8 + 1)
#define KERNEL_DS		(GDT_KERNEL_DATA * 8 + 1)
#define USER_CS			(GDT_USER_CODE * 8 + 3)
#define USER_DS			(GDT_USER_DATA * 8 + 3)
#define USER_TLS		(GDT_TLS * 8 + 3)

/* The interrupt flag, as eflags and the shared page have it. */
#define FLAG_INTERRUPT		0x200
#define FLAG_TRAP		0x100

#define FIRST_IRQ_VECTOR	32
#define NUM_IRQS		32
#define SYSCALL_VECTOR		0x80

/* Fields of the shared page that assembly uses. */
#define LGUEST_IRQ_ENABLED	0
#define LGUEST_IRQ_PENDING	20

/* Page table entries. */
#define PAGE_SIZE		4096
#define PTE_PRESENT		0x001
#define PTE_WRITE		0x002
#define PTE_USER		0x004
#define PTE_UNCACHED		0x010
#define PTE_LARGE		0x080

#ifndef __ASSEMBLER__

#include "types.h"

#define RING_SLOTS		64
#define SLOT_DONE		0xff

/* What guest and host share. The comment says who writes a field. */
struct lguest_data {
	volatile u32 irq_enabled;		/* guest; host on interrupt gates and on wake-up */
	volatile u32 blocked_interrupts;	/* guest: a bit for each masked interrupt */
	volatile u32 fault_address;		/* host: the last page fault's */
	volatile u32 seconds, nanoseconds;	/* host: the time of day at the last interrupt */
	volatile u32 irq_pending;		/* host: something waits for irq_enabled */
	volatile u8 slot_status[RING_SLOTS];	/* both: 0 to do, 0xff done */
	struct {
		u32 number, arguments[4];
	} slots[RING_SLOTS];			/* guest: hypercalls to do when the next one comes */
	u32 reserve_top;			/* host: addresses at the very top that we leave alone */
	u32 tsc_khz;				/* host: time stamp counter speed, 0 if it is of no use */
	u32 noirq_iret;				/* guest: the instruction before which no frame is pushed */
	u32 kernel_address;			/* guest: from here up all address spaces agree */
	u32 syscall_vector;			/* guest */
};

extern struct lguest_data lguest_data;

/* Arguments lie in the registers that the host expects; what comes back is whatever eax holds. */
static inline u32 hypercall(u32 number, u32 a, u32 b, u32 c, u32 d)
{
	asm volatile("int %[vector]"
		     : "+a" (number)
		     : "b" (a), "c" (b), "d" (c), "S" (d), [vector] "i" (HYPERCALL_VECTOR)
		     : "memory");
	return number;
}

void hypercall_later(u32 number, u32 a, u32 b, u32 c, u32 d);
void flush_hypercalls(void);

#endif
#endif
