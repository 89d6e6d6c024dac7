// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Time. The host writes the time of day into the shared page with each interrupt, and raises irq 0
 * once when we have asked for it: a guest that waits for nothing in particular has no ticks.
 */
#include "kernel.h"

#define CLOCK_IRQ		0
#define NANOSECONDS_PER_SECOND	1000000000u
#define TICK_NANOSECONDS	(TICK_MILLISECONDS * 1000000u)

static volatile u32 ticks;
static u32 users;
static struct moment started;

static void set_alarm(u32 nanoseconds)
{
	hypercall(CALL_SET_CLOCKEVENT, nanoseconds, 0, 0, 0);
}

static void clock_interrupt(u32 irq)
{
	(void)irq;
	if (!users)
		return;
	ticks++;
	set_alarm(TICK_NANOSECONDS);
}

void clock_setup(void)
{
	started = clock_last();		/* CALL_INIT has written it */
	request_irq(CLOCK_IRQ, "clock", clock_interrupt);
}

/* Ticks run while somebody wants them. */
void clock_start(void)
{
	if (users++ == 0)
		set_alarm(TICK_NANOSECONDS);
}

void clock_stop(void)
{
	if (--users == 0)
		set_alarm(0);
}

u32 clock_ticks(void)
{
	return ticks;
}

/* The time of the last interrupt. */
struct moment clock_last(void)
{
	struct moment now;
	u32 enabled = irq_save();

	now.seconds = lguest_data.seconds;
	now.nanoseconds = lguest_data.nanoseconds;
	irq_restore(enabled);
	return now;
}

/* The time of the last interrupt is only as fresh as that, so we have one come. */
struct moment clock_now(void)
{
	irq_save();
	set_alarm(1);
	wait_for_interrupt();
	if (users)
		set_alarm(TICK_NANOSECONDS);
	return clock_last();
}

struct moment clock_since(struct moment start, struct moment end)
{
	struct moment passed = { end.seconds - start.seconds, end.nanoseconds - start.nanoseconds };

	if (end.nanoseconds < start.nanoseconds) {
		passed.seconds--;
		passed.nanoseconds += NANOSECONDS_PER_SECOND;
	}
	return passed;
}

struct moment clock_uptime(void)
{
	return clock_since(started, clock_now());
}

void clock_sleep(u32 milliseconds)
{
	wait_until_or(false, milliseconds);
}
