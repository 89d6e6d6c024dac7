/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the demo kernel offer each other, one block for each source file. */
#ifndef KERNEL_H
#define KERNEL_H

#include "lguest.h"
#include "types.h"

/* string.c */
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t length);
bool parse_number(const char *s, u32 *number);
bool parse_address(const char *s, u32 *address);

/* print.c: %s %c %d %u %x with width and zero fill, %llu */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void format_string(char *to, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));
void format_arguments(char *to, size_t room, const char *format, va_list arguments);
void print_hex_dump(u32 offset, const u8 *bytes, u32 length);

/* lguest.c: segments, gates, interrupts on and off, the end */
void lguest_setup(void);
void set_gate(u32 vector, u32 handler, u32 type, u32 ring);
void irq_enable(void);
u32 irq_save(void);
void irq_restore(u32 enabled);
void wait_for_interrupt(void);
void power_off(void) __attribute__((noreturn));
void restart(void) __attribute__((noreturn));
void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Sleeps until the condition holds; only an interrupt can make it true, and none is missed. */
#define wait_until(condition)					\
	do {							\
		irq_save();					\
		while (!(condition)) {				\
			wait_for_interrupt();			\
			irq_save();				\
		}						\
		irq_enable();					\
	} while (0)

/* traps.c, and from entry.S into it */
struct trap_frame {
	u32 edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;	/* pusha */
	u32 ds, es;
	u32 vector, error;
	u32 eip, cs, eflags;
	u32 esp, ss;						/* only on the way from ring 3 */
};

struct caught_trap {
	u32 count;
	u32 vector, error, eip, address;
};

typedef void irq_handler(u32 irq);

extern struct caught_trap caught_trap;
void traps_setup(void);
void trap(struct trap_frame *frame);
void request_irq(u32 irq, const char *name, irq_handler *handler);
void print_interrupts(void);
u32 interrupt_count(void);
const char *trap_name(u32 vector);

/* An instruction that may trap, and where to go on if it does: traps.c looks in the table that this makes. */
#define MAY_TRAP(instruction)					\
	"1:	" instruction "\n"				\
	"2:\n"							\
	"	.pushsection .fixups, \"a\"\n"			\
	"	.long	1b, 2b\n"				\
	"	.popsection\n"

/* clock.c */
struct moment {
	u32 seconds, nanoseconds;
};

void clock_setup(void);
void clock_start(void);
void clock_stop(void);
u32 clock_ticks(void);
struct moment clock_last(void);
struct moment clock_now(void);
struct moment clock_since(struct moment start, struct moment end);
struct moment clock_uptime(void);
void clock_sleep(u32 milliseconds);
#define TICK_MILLISECONDS	10

/* Like wait_until, but not for longer than so many milliseconds. */
#define wait_until_or(condition, milliseconds)						\
	do {										\
		u32 last_tick = clock_ticks() + (milliseconds) / TICK_MILLISECONDS + 1;	\
		clock_start();								\
		wait_until((condition) || (int)(clock_ticks() - last_tick) >= 0);	\
		clock_stop();								\
	} while (0)

/* paging.c */
extern u32 kernel_directory[1024];
#define DEMAND_BASE		0xf4000000
#define DEMAND_PAGES		256
#define SCRATCH_BASE		0xf6000000

static inline u32 physical(const void *p)
{
	return (u32)p - KERNEL_BASE;
}

static inline void *virtual(u32 address)
{
	return (void *)(address + KERNEL_BASE);
}

void paging_setup(void);
void *alloc_page(void);
void free_page(void *page);
void *alloc_pages(u32 count);
void map_page(u32 *directory, u32 address, u32 entry);
void map_page_later(u32 *directory, u32 address, u32 entry);
void map_page_silently(u32 *directory, u32 address, u32 entry);
void *map_device(u32 address, u32 size);
bool resolve_page_fault(u32 address, u32 error);
u32 memory_size(void);
u32 memory_free(void);
u32 page_faults_resolved(void);
void use_directory(u32 *directory);

/* process.c and user.c */
int run_program(const char *arguments);
bool process_running(void);
bool process_page_fault(u32 address);
void process_interrupt(void);
void process_died(struct trap_frame *frame, u32 address) __attribute__((noreturn));
void process_check(void);
void process_use_fpu(void);
void syscall(struct trap_frame *frame);
void process_summary(int status);

/* main.c: from boot.S, and what the launcher has put into the boot page */
void kernel_main(u32 boot_parameters) __attribute__((noreturn));
extern char command_line[];
const char *command_line_option(const char *name);
u32 initrd_start(void);
u32 initrd_size(void);
u32 ram_size(void);

/* the devices */
void pci_setup(void);
void print_pci_devices(void);
void virtio_setup(void);
void console_setup(void);
void console_early(void);
void console_write(const char *text, u32 length);
void console_flush(void);
char console_read(void);
void block_setup(void);
void rng_setup(void);
void net_setup(void);

/* the commands */
struct words {
	int count;
	char *word[16];
	char *rest[16];		/* the line from that word on */
};

typedef void command(struct words *words);

void shell(void) __attribute__((noreturn));
void run_commands(const char *commands);
command disk_command, net_command, rng_command, mem_command, fault_command, ports_command, die_command, violate_command, stress_command;

#endif
