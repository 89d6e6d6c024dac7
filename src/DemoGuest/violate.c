// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The violate command: one misdeed for each rule that the host checks, numbered as in its list of
 * rules. Each starts the device anew up to the point where the rule applies, and then breaks it.
 */
#include "violate.h"

#define GIVE_UP		500	/* milliseconds until we say that nothing happened */

struct bad_device bad;

void set_status(u8 status)
{
	write8(COMMON_DEVICE_STATUS, status);
}

/* The device is off, and comes up to the step without any fault; with VERSION_1 and no feature but those given. */
void start_device(u8 step, u32 features)
{
	set_status(0);
	while (mmio_read8(bad.device->common + COMMON_DEVICE_STATUS))
		;
	set_status(STATUS_ACKNOWLEDGE);
	if (step < STEP_DRIVER)
		return;
	set_status(STEP_DRIVER);
	if (step < STEP_FEATURES)
		return;
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
	write32(COMMON_DRIVER_FEATURE, features);
	write32(COMMON_DRIVER_FEATURE_SELECT, 1);
	write32(COMMON_DRIVER_FEATURE, FEATURE_HIGH_VERSION_1);
	set_status(STEP_FEATURES);
	mmio_read8(bad.device->common + COMMON_DEVICE_STATUS);
}

void set_addresses(void)
{
	write32(COMMON_QUEUE_DESC, physical(bad.desc));
	write32(COMMON_QUEUE_DESC + 4, 0);
	write32(COMMON_QUEUE_AVAIL, physical(bad.avail));
	write32(COMMON_QUEUE_AVAIL + 4, 0);
	write32(COMMON_QUEUE_USED, physical(bad.used));
	write32(COMMON_QUEUE_USED + 4, 0);
}

/* The queue has its memory, but is not enabled. */
void prepare_queue(u32 features)
{
	start_device(STEP_FEATURES, features);
	memset(bad.desc, 0, PAGE_SIZE);
	memset(bad.avail, 0, PAGE_SIZE);
	memset(bad.used, 0, PAGE_SIZE);
	write16(COMMON_QUEUE_SELECT, bad.queue);
	write16(COMMON_QUEUE_SIZE, SIZE);
	set_addresses();
}

void enable_queue(void)
{
	write16(COMMON_QUEUE_ENABLE, 1);
}

/* The device runs, and its queue is empty. */
void run_queue(u32 features)
{
	prepare_queue(features);
	enable_queue();
	set_status(STEP_RUNNING);
}

static bool suits(struct virtio_device *d, enum need need)
{
	switch (need) {
	case ANY:
		return true;
	case WITH_INDIRECT:
		return d->offered & FEATURE_INDIRECT;
	case WITH_CONFIG:
		return d->config;
	default:
		return d->type == need;
	}
}

/* The console comes last: once it is out of order we can say nothing any more. */
static struct virtio_device *find_device(enum need need)
{
	static const u8 order[] = { VIRTIO_RNG, VIRTIO_BLOCK, VIRTIO_NET, VIRTIO_CONSOLE };

	for (u32 i = 0; i < array_size(order); i++) {
		struct virtio_device *d = virtio_find(order[i], 0);

		if (d && suits(d, need))
			return d;
	}
	return NULL;
}

/* Any queue on which the device acts at once: the console's and the network's transmit, or the only one. */
static void choose_queue(const struct violation *violation)
{
	bool two_way = bad.device->type == VIRTIO_CONSOLE || bad.device->type == VIRTIO_NET;
	bool fixed = violation->need == NET || violation->need == CONSOLE;

	bad.queue = fixed ? violation->queue : two_way;
	bad.direction = bad.device->type == VIRTIO_RNG || (two_way && bad.queue == 0) ? DESC_WRITE : 0;
}

/* Null when there is no such rule. */
static const struct violation *find_violation(u32 number)
{
	for (u32 i = 0; i < queue_violation_count; i++)
		if (queue_violations[i].number == number)
			return &queue_violations[i];
	for (u32 i = 0; i < register_violation_count; i++)
		if (register_violations[i].number == number)
			return &register_violations[i];
	return NULL;
}

static void list_violations(void)
{
	const struct violation *violation;

	for (u32 number = 1; (violation = find_violation(number)); number++)
		print("%2u  %s\n", number, violation->name);
}

/* violate N | list */
void violate_command(struct words *words)
{
	const struct violation *violation = NULL;
	u32 number, count;

	if (words->count > 1 && !strcmp(words->word[1], "list")) {
		list_violations();
		return;
	}
	if (words->count == 2 && parse_number(words->word[1], &number))
		violation = find_violation(number);
	if (!violation) {
		print("violate 1 to %u | list\n", queue_violation_count + register_violation_count);
		return;
	}
	bad.device = find_device(violation->need);
	if (!bad.device) {
		print("violate %u: no device is fit for it\n", number);
		return;
	}
	if (!bad.desc) {
		bad.desc = alloc_page();
		bad.avail = alloc_page();
		bad.used = alloc_page();
		bad.data = alloc_page();
	}
	choose_queue(violation);
	print("violate %u: %s (%s)\n", number, violation->name, bad.device->name);
	console_flush();

	count = caught_trap.count;
	violation->commit();
	if (caught_trap.count != count) {
		print("violate %u: the access is refused, trap %u (%s), error code %x\n", number,
		      caught_trap.vector, trap_name(caught_trap.vector), caught_trap.error);
		return;
	}
	clock_sleep(GIVE_UP);
	print("violate %u: the host has not noticed\n", number);
}
