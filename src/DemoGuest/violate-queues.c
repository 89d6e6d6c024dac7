// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Misdeeds in memory: descriptors, rings and requests that break a rule. The device finds them when it
 * takes the buffer.
 */
#include "violate.h"

#define OUTSIDE		0xfffff000u	/* no guest has memory there */
#define LONG_CHAIN	256u		/* descriptors in the longest queue */

static void set_desc(u32 i, u32 address, u32 length, u16 flags, u16 next)
{
	bad.desc[i] = (struct vring_desc){ address, 0, length, flags, next };
}

/* Makes a descriptor available and tells the device; the avail index grows by more than it should where asked. */
static void offer(u16 head, u16 entries)
{
	bad.avail->ring[0] = head;
	asm volatile("" ::: "memory");
	bad.avail->index = entries;
	memory_barrier();
	mmio_write16(bad.device->notify, bad.queue);
}

/* A descriptor in the direction that the device wants. */
static void good_desc(u32 i, u16 flags, u16 next)
{
	set_desc(i, physical(bad.data), 16, bad.direction | flags, next);
}

/* A block request with a good header, for so many bytes from memory. */
static void offer_request(u32 type, u32 sector, u32 length)
{
	u32 *header = (u32 *)bad.data, last = 1;

	header[0] = type;
	header[1] = 0;
	header[2] = sector;
	header[3] = 0;
	set_desc(0, physical(bad.data), 16, DESC_NEXT, 1);
	if (length)
		set_desc(last++, physical(bad.data) + 512, length, DESC_NEXT, 2);
	set_desc(last, physical(bad.data) + 64, 1, DESC_WRITE, 0);
	offer(0, 1);
}

static void short_request(void)
{
	run_queue(0);
	set_desc(0, physical(bad.data), 8, DESC_NEXT, 1);
	set_desc(1, physical(bad.data) + 64, 1, DESC_WRITE, 0);
	offer(0, 1);
}

static void outside_of_memory(void)
{
	run_queue(0);
	set_desc(0, OUTSIDE, 16, bad.direction, 0);
	offer(0, 1);
}

static void next_outside(void)
{
	run_queue(0);
	good_desc(0, DESC_NEXT, SIZE);
	offer(0, 1);
}

static void avail_flags(void)
{
	run_queue(0);
	bad.avail->flags = 2;
	if (bad.device->type == VIRTIO_BLOCK) {
		offer_request(BLOCK_FLUSH, 0, 0);
	} else {
		good_desc(0, 0, 0);
		offer(0, 1);
	}
}

static void avail_index_jumps(void)
{
	run_queue(0);
	good_desc(0, 0, 0);
	offer(0, SIZE + 1);
}

static void head_outside(void)
{
	run_queue(0);
	offer(SIZE, 1);
}

static void indirect_not_negotiated(void)
{
	run_queue(0);
	set_desc(0, physical(bad.data), 16, DESC_INDIRECT, 0);
	offer(0, 1);
}

/* A table of one good descriptor, with those flags in it. */
static void make_table(u16 flags)
{
	*(struct vring_desc *)bad.data = (struct vring_desc){ physical(bad.data) + 64, 0, 16, bad.direction | flags, 0 };
}

static void indirect_in_indirect(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(DESC_INDIRECT);
	set_desc(0, physical(bad.data), 16, DESC_INDIRECT, 0);
	offer(0, 1);
}

static void indirect_and_next(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(0);
	set_desc(0, physical(bad.data), 16, DESC_INDIRECT | DESC_NEXT, 1);
	offer(0, 1);
}

static void indirect_odd_length(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(0);
	set_desc(0, physical(bad.data), 24, DESC_INDIRECT, 0);
	offer(0, 1);
}

static void indirect_too_long(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(0);
	set_desc(0, physical(bad.data), (SIZE + 1) * 16, DESC_INDIRECT, 0);
	offer(0, 1);
}

static void out_after_in(void)
{
	run_queue(0);
	set_desc(0, physical(bad.data), 16, DESC_WRITE | DESC_NEXT, 1);
	set_desc(1, physical(bad.data), 16, 0, 0);
	offer(0, 1);
}

static void loop(void)
{
	run_queue(0);
	good_desc(0, DESC_NEXT, 1);
	good_desc(1, DESC_NEXT, 0);
	offer(0, 1);
}

/* A buffer of the other direction. */
static void wrong_direction(void)
{
	run_queue(0);
	bad.direction ^= DESC_WRITE;
	good_desc(0, 0, 0);
	offer(0, 1);
}

static void no_room_for_status(void)
{
	run_queue(0);
	memset(bad.data, 0, 16);
	set_desc(0, physical(bad.data), 16, 0, 0);
	offer(0, 1);
}

static void write_past_end(void)
{
	run_queue(0);
	offer_request(BLOCK_WRITE, mmio_read32(bad.device->config), 512);
}

/* All memory again and again, until it is more than 4 GB. */
static void chain_too_long(void)
{
	u32 count = 0;

	if (memory_size() <= ~0u / LONG_CHAIN + 1) {
		print("violate 60: it takes more than 16 MB of memory\n");
		return;
	}
	start_device(STEP_FEATURES, 0);
	memset(bad.avail, 0, PAGE_SIZE);
	memset(bad.used, 0, PAGE_SIZE);
	write16(COMMON_QUEUE_SELECT, bad.queue);
	set_addresses();
	for (; count < LONG_CHAIN; count++)
		set_desc(count, 0, memory_size(), bad.direction | (count < LONG_CHAIN - 1 ? DESC_NEXT : 0), count + 1);
	enable_queue();
	set_status(STEP_RUNNING);
	offer(0, 1);
}

static void flush_sector(void)
{
	run_queue(0);
	offer_request(BLOCK_FLUSH, 1, 0);
}

static void odd_data(void)
{
	run_queue(0);
	offer_request(BLOCK_WRITE, 0, 100);
}

/* A packet whose header asks for what was not agreed on. */
static void offer_packet(u8 flags, u8 segmentation)
{
	run_queue(0);
	memset(bad.data, 0, 128);
	bad.data[0] = flags;
	bad.data[1] = segmentation;
	set_desc(0, physical(bad.data), 128, 0, 0);
	offer(0, 1);
}

static void packet_checksum(void)
{
	offer_packet(1, 0);
}

static void packet_segmentation(void)
{
	offer_packet(0, 1);
}

const struct violation queue_violations[] = {
	{ 1, short_request, "a block request shorter than its header", BLOCK, 0 },
	{ 2, outside_of_memory, "a buffer outside of memory", ANY, 0 },
	{ 3, next_outside, "a next descriptor outside of the table", ANY, 0 },
	{ 4, avail_flags, "avail.flags is 2", ANY, 0 },
	{ 5, avail_index_jumps, "more available entries than the queue holds", ANY, 0 },
	{ 6, head_outside, "an available head outside of the queue", ANY, 0 },
	{ 7, indirect_not_negotiated, "an indirect table that was not negotiated", ANY, 0 },
	{ 8, indirect_in_indirect, "an indirect table within another", WITH_INDIRECT, 0 },
	{ 9, indirect_and_next, "indirect and next together", WITH_INDIRECT, 0 },
	{ 10, indirect_odd_length, "an indirect table of one and a half entries", WITH_INDIRECT, 0 },
	{ 11, indirect_too_long, "an indirect table longer than the queue", WITH_INDIRECT, 0 },
	{ 12, out_after_in, "a readable descriptor after a writable one", ANY, 0 },
	{ 13, loop, "a chain that runs in a circle", ANY, 0 },
	{ 14, wrong_direction, "a readable buffer for console input", CONSOLE, 0 },
	{ 15, wrong_direction, "a writable buffer for console output", CONSOLE, 1 },
	{ 16, wrong_direction, "a writable buffer for net transmission", NET, 1 },
	{ 17, wrong_direction, "a readable buffer for net reception", NET, 0 },
	{ 18, no_room_for_status, "a block request without room for its status", BLOCK, 0 },
	{ 19, write_past_end, "a block write past the end of the disk", BLOCK, 0 },
	{ 20, wrong_direction, "a readable buffer for the rng", RNG, 0 },
	{ 60, chain_too_long, "a chain of more than 4 GB", ANY, 0 },
	{ 61, flush_sector, "a flush of one sector", BLOCK, 0 },
	{ 62, odd_data, "a block write of no whole sectors", BLOCK, 0 },
	{ 63, packet_checksum, "a packet that asks for a checksum that was not negotiated", NET, 1 },
	{ 64, packet_segmentation, "a packet that asks for segmentation that was not negotiated", NET, 1 },
};

const u32 queue_violation_count = array_size(queue_violations);
