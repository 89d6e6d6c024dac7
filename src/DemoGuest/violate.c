// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The violate command: one misdeed for each rule that the host checks, numbered as in its list of
 * rules. Each starts the device anew up to the point where the rule applies, and then breaks it.
 */
#include "kernel.h"
#include "virtio.h"

#define STEP_DRIVER	(STATUS_ACKNOWLEDGE | STATUS_DRIVER)
#define STEP_FEATURES	(STEP_DRIVER | STATUS_FEATURES_OK)
#define STEP_RUNNING	(STEP_FEATURES | STATUS_DRIVER_OK)

#define OUTSIDE		0xfffff000u	/* no guest has memory there */
#define SIZE		16u		/* of our queue */
#define LONG_CHAIN	256u		/* descriptors in the longest queue */
#define GIVE_UP		500		/* milliseconds until we say that nothing happened */

#define FEATURE_NET_GUEST_TSO4	(1u << 7)

/* A device that is up to no good, and a queue of it, of which each part has a page of its own. */
static struct virtio_device *device;
static struct vring_desc *desc;
static struct vring_avail *avail;
static struct vring_used *used;
static u8 *data;
static u32 data_flags;		/* which direction the queue's buffers have */
static u16 queue_number;

static void write8(u32 field, u8 value)
{
	mmio_write8(device->common + field, value);
}

static void write16(u32 field, u16 value)
{
	mmio_write16(device->common + field, value);
}

static void write32(u32 field, u32 value)
{
	mmio_write32(device->common + field, value);
}

static void set_status(u8 status)
{
	write8(COMMON_DEVICE_STATUS, status);
}

/* The device is off, and comes up to the step without any fault; with VERSION_1 and no feature but those given. */
static void start(u8 step, u32 features)
{
	set_status(0);
	while (mmio_read8(device->common + COMMON_DEVICE_STATUS))
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
	mmio_read8(device->common + COMMON_DEVICE_STATUS);
}

static void set_addresses(void)
{
	write32(COMMON_QUEUE_DESC, physical(desc));
	write32(COMMON_QUEUE_DESC + 4, 0);
	write32(COMMON_QUEUE_AVAIL, physical(avail));
	write32(COMMON_QUEUE_AVAIL + 4, 0);
	write32(COMMON_QUEUE_USED, physical(used));
	write32(COMMON_QUEUE_USED + 4, 0);
}

/* The queue has its memory, but is not enabled. */
static void prepare_queue(u32 features)
{
	start(STEP_FEATURES, features);
	memset(desc, 0, PAGE_SIZE);
	memset(avail, 0, PAGE_SIZE);
	memset(used, 0, PAGE_SIZE);
	write16(COMMON_QUEUE_SELECT, queue_number);
	write16(COMMON_QUEUE_SIZE, SIZE);
	set_addresses();
}

static void enable_queue(void)
{
	write16(COMMON_QUEUE_ENABLE, 1);
}

/* The device runs, and its queue is empty. */
static void run_queue(u32 features)
{
	prepare_queue(features);
	enable_queue();
	set_status(STEP_RUNNING);
}

static void set_desc(u32 i, u32 address, u32 length, u16 flags, u16 next)
{
	desc[i] = (struct vring_desc){ address, 0, length, flags, next };
}

/* Makes a descriptor available and tells the device; the avail index grows by more than it should where asked. */
static void offer(u16 head, u16 entries)
{
	avail->ring[0] = head;
	asm volatile("" ::: "memory");
	avail->index = entries;
	memory_barrier();
	mmio_write16(device->notify, queue_number);
}

/* A descriptor in the direction that the device wants. */
static void good_desc(u32 i, u16 flags, u16 next)
{
	set_desc(i, physical(data), 16, data_flags | flags, next);
}

/* A block request with a good header, for so many bytes from memory. */
static void offer_request(u32 type, u32 sector, u32 length)
{
	u32 *header = (u32 *)data, last = 1;

	header[0] = type;
	header[1] = 0;
	header[2] = sector;
	header[3] = 0;
	set_desc(0, physical(data), 16, DESC_NEXT, 1);
	if (length)
		set_desc(last++, physical(data) + 512, length, DESC_NEXT, 2);
	set_desc(last, physical(data) + 64, 1, DESC_WRITE, 0);
	offer(0, 1);
}

/* 1 to 13: what is wrong is in memory, and the device finds it when it takes the buffer. */
static void short_request(void)
{
	run_queue(0);
	set_desc(0, physical(data), 8, DESC_NEXT, 1);
	set_desc(1, physical(data) + 64, 1, DESC_WRITE, 0);
	offer(0, 1);
}

static void outside_of_memory(void)
{
	run_queue(0);
	set_desc(0, OUTSIDE, 16, data_flags, 0);
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
	avail->flags = 2;
	if (device->type == VIRTIO_BLOCK) {
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
	set_desc(0, physical(data), 16, DESC_INDIRECT, 0);
	offer(0, 1);
}

/* A table of one good descriptor, with those flags in it. */
static void make_table(u16 flags)
{
	*(struct vring_desc *)data = (struct vring_desc){ physical(data) + 64, 0, 16, data_flags | flags, 0 };
}

static void indirect_in_indirect(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(DESC_INDIRECT);
	set_desc(0, physical(data), 16, DESC_INDIRECT, 0);
	offer(0, 1);
}

static void indirect_and_next(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(0);
	set_desc(0, physical(data), 16, DESC_INDIRECT | DESC_NEXT, 1);
	offer(0, 1);
}

static void indirect_odd_length(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(0);
	set_desc(0, physical(data), 24, DESC_INDIRECT, 0);
	offer(0, 1);
}

static void indirect_too_long(void)
{
	run_queue(FEATURE_INDIRECT);
	make_table(0);
	set_desc(0, physical(data), (SIZE + 1) * 16, DESC_INDIRECT, 0);
	offer(0, 1);
}

static void out_after_in(void)
{
	run_queue(0);
	set_desc(0, physical(data), 16, DESC_WRITE | DESC_NEXT, 1);
	set_desc(1, physical(data), 16, 0, 0);
	offer(0, 1);
}

static void loop(void)
{
	run_queue(0);
	good_desc(0, DESC_NEXT, 1);
	good_desc(1, DESC_NEXT, 0);
	offer(0, 1);
}

/* 14 to 17, 20: a buffer of the other direction. */
static void wrong_direction(void)
{
	run_queue(0);
	data_flags ^= DESC_WRITE;
	good_desc(0, 0, 0);
	offer(0, 1);
}

static void no_room_for_status(void)
{
	run_queue(0);
	memset(data, 0, 16);
	set_desc(0, physical(data), 16, 0, 0);
	offer(0, 1);
}

static void write_past_end(void)
{
	run_queue(0);
	offer_request(BLOCK_WRITE, mmio_read32(device->config), 512);
}

/* 21 and 22: the window in configuration space, at a length that no register has. */
static void set_bad_window(void)
{
	u8 slot = device->pci->slot;

	pci_write8(slot, device->window + CAP_BAR, 0);
	pci_write32(slot, device->window + CAP_OFFSET, 0);
	pci_write32(slot, device->window + CAP_LENGTH, 3);
}

static void window_read(void)
{
	set_bad_window();
	pci_read32(device->pci->slot, device->window + CAP_WINDOW_DATA);
}

static void window_write(void)
{
	set_bad_window();
	if (!pci_try_write32(device->pci->slot, device->window + CAP_WINDOW_DATA, 0))
		print("violate 22: the write is refused, trap %u (%s), error code %x\n", caught_trap.vector,
		      trap_name(caught_trap.vector), caught_trap.error);
}

static void address_64_bit(void)
{
	prepare_queue(0);
	write32(COMMON_QUEUE_DESC + 4, 1);
	enable_queue();
}

static void misaligned(void)
{
	prepare_queue(0);
	write32(COMMON_QUEUE_DESC, physical(desc) + 8);
	enable_queue();
}

static void used_flags(void)
{
	prepare_queue(0);
	used->flags = 1;
	enable_queue();
}

static void driver_select(void)
{
	start(STEP_DRIVER, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 2);
}

static void over_accept(void)
{
	start(STEP_DRIVER, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
	write32(COMMON_DRIVER_FEATURE, 1u << 31);
}

static void clear_status(void)
{
	start(STEP_DRIVER, 0);
	set_status(STATUS_DRIVER);
}

static void unknown_status(void)
{
	start(STEP_DRIVER, 0);
	set_status(STEP_DRIVER | 0x10);
}

static void status_order(void)
{
	start(STATUS_ACKNOWLEDGE, 0);
	set_status(STATUS_ACKNOWLEDGE | STATUS_FEATURES_OK);
}

/* Features are agreed on, but the answer is not read. */
static void features_unread(void)
{
	start(STEP_DRIVER, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 1);
	write32(COMMON_DRIVER_FEATURE, FEATURE_HIGH_VERSION_1);
	set_status(STEP_FEATURES);
}

static void driver_ok_unread(void)
{
	features_unread();
	set_status(STEP_RUNNING);
}

static void queue_size(void)
{
	start(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_SELECT, queue_number);
	write16(COMMON_QUEUE_SIZE, 3);
}

static void queue_size_live(void)
{
	prepare_queue(0);
	enable_queue();
	write16(COMMON_QUEUE_SIZE, SIZE / 2);
}

static void msix_vector(void)
{
	start(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_MSIX_VECTOR, 1);
}

static void disable_queue(void)
{
	prepare_queue(0);
	write16(COMMON_QUEUE_ENABLE, 0);
}

static void enable_late(void)
{
	prepare_queue(0);
	set_status(STEP_RUNNING);
	enable_queue();
}

static void notify_off(void)
{
	start(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_NOTIFY_OFF, 0);
}

static void address_live(void)
{
	prepare_queue(0);
	enable_queue();
	write32(COMMON_QUEUE_DESC, physical(desc));
}

static void address_early(void)
{
	start(STEP_DRIVER, 0);
	write16(COMMON_QUEUE_SELECT, queue_number);
	write32(COMMON_QUEUE_DESC, physical(desc));
}

static void address_unread(void)
{
	features_unread();
	write16(COMMON_QUEUE_SELECT, queue_number);
	write32(COMMON_QUEUE_DESC, physical(desc));
}

static void notify_nobody(void)
{
	run_queue(0);
	mmio_write16(device->notify, 99);
}

static void write_isr(void)
{
	start(STEP_DRIVER, 0);
	mmio_write8(device->isr, 0);
}

static void write_read_only(void)
{
	start(STEP_DRIVER, 0);
	write32(COMMON_DEVICE_FEATURE, 0);
}

static void features_early(void)
{
	start(STATUS_ACKNOWLEDGE, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
}

static void features_late(void)
{
	start(STEP_FEATURES, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
}

static void write_width(void)
{
	start(STEP_DRIVER, 0);
	write16(COMMON_DRIVER_FEATURE_SELECT, 0);
}

static void read_features_early(void)
{
	start(STATUS_ACKNOWLEDGE, 0);
	mmio_read32(device->common + COMMON_DEVICE_FEATURE);
}

static void read_msix(void)
{
	start(STEP_DRIVER, 0);
	mmio_read16(device->common + COMMON_MSIX_CONFIG);
}

static void notify_early(void)
{
	prepare_queue(0);
	enable_queue();
	mmio_write16(device->notify, queue_number);
}

static void read_isr_wide(void)
{
	start(STEP_DRIVER, 0);
	mmio_read16(device->isr);
}

static void read_padding(void)
{
	start(STEP_DRIVER, 0);
	mmio_read8(device->isr + 1);
}

static void read_past_end(void)
{
	start(STEP_DRIVER, 0);
	mmio_read32(device->config + device->config_length - 2);
}

static void config_early(void)
{
	start(STATUS_ACKNOWLEDGE, 0);
	mmio_read32(device->config);
}

static void read_width(void)
{
	start(STEP_DRIVER, 0);
	mmio_read16(device->common + COMMON_DEVICE_FEATURE);
}

/* 55 and up: rules of the standard that the host has added to its first list. */
static void no_version_1(void)
{
	start(STEP_DRIVER, 0);
	set_status(STEP_FEATURES);
}

static void feature_alone(void)
{
	start(STEP_FEATURES, FEATURE_NET_GUEST_TSO4);	/* it needs GUEST_CSUM */
}

static void queue_too_large(void)
{
	start(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_SELECT, queue_number);
	write16(COMMON_QUEUE_SIZE, 512);
}

static void queue_absent(void)
{
	start(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_SELECT, 99);
	write16(COMMON_QUEUE_SIZE, SIZE);
}

static void read_unaligned(void)
{
	start(STEP_DRIVER, 0);
	mmio_read16(device->config + 1);
}

/* All memory again and again, until it is more than 4 GB. */
static void chain_too_long(void)
{
	u32 count = 0;

	if (memory_size() <= ~0u / LONG_CHAIN + 1) {
		print("violate 60: it takes more than 16 MB of memory\n");
		return;
	}
	start(STEP_FEATURES, 0);
	memset(avail, 0, PAGE_SIZE);
	memset(used, 0, PAGE_SIZE);
	write16(COMMON_QUEUE_SELECT, queue_number);
	set_addresses();
	for (; count < LONG_CHAIN; count++)
		set_desc(count, 0, memory_size(), data_flags | (count < LONG_CHAIN - 1 ? DESC_NEXT : 0), count + 1);
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
	memset(data, 0, 128);
	data[0] = flags;
	data[1] = segmentation;
	set_desc(0, physical(data), 128, 0, 0);
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

/* What a misdeed needs: a type of device, or one with a certain gift, or just any. */
enum need {
	ANY = 0,
	NET = VIRTIO_NET,
	BLOCK = VIRTIO_BLOCK,
	CONSOLE = VIRTIO_CONSOLE,
	RNG = VIRTIO_RNG,
	WITH_INDIRECT,
	WITH_CONFIG,
};

static const struct violation {
	void (*commit)(void);
	const char *name;
	u8 need, queue;
} violations[] = {
	[1] = { short_request, "a block request shorter than its header", BLOCK, 0 },
	[2] = { outside_of_memory, "a buffer outside of memory", ANY, 0 },
	[3] = { next_outside, "a next descriptor outside of the table", ANY, 0 },
	[4] = { avail_flags, "avail.flags is 2", ANY, 0 },
	[5] = { avail_index_jumps, "more available entries than the queue holds", ANY, 0 },
	[6] = { head_outside, "an available head outside of the queue", ANY, 0 },
	[7] = { indirect_not_negotiated, "an indirect table that was not negotiated", ANY, 0 },
	[8] = { indirect_in_indirect, "an indirect table within another", WITH_INDIRECT, 0 },
	[9] = { indirect_and_next, "indirect and next together", WITH_INDIRECT, 0 },
	[10] = { indirect_odd_length, "an indirect table of one and a half entries", WITH_INDIRECT, 0 },
	[11] = { indirect_too_long, "an indirect table longer than the queue", WITH_INDIRECT, 0 },
	[12] = { out_after_in, "a readable descriptor after a writable one", ANY, 0 },
	[13] = { loop, "a chain that runs in a circle", ANY, 0 },
	[14] = { wrong_direction, "a readable buffer for console input", CONSOLE, 0 },
	[15] = { wrong_direction, "a writable buffer for console output", CONSOLE, 1 },
	[16] = { wrong_direction, "a writable buffer for net transmission", NET, 1 },
	[17] = { wrong_direction, "a readable buffer for net reception", NET, 0 },
	[18] = { no_room_for_status, "a block request without room for its status", BLOCK, 0 },
	[19] = { write_past_end, "a block write past the end of the disk", BLOCK, 0 },
	[20] = { wrong_direction, "a readable buffer for the rng", RNG, 0 },
	[21] = { window_read, "a window read of 3 bytes", ANY, 0 },
	[22] = { window_write, "a window write of 3 bytes", ANY, 0 },
	[23] = { address_64_bit, "a queue above 4 GB", ANY, 0 },
	[24] = { misaligned, "a misaligned queue", ANY, 0 },
	[25] = { used_flags, "used.flags is not 0 at first", ANY, 0 },
	[26] = { driver_select, "driver_feature_select is 2", ANY, 0 },
	[27] = { over_accept, "a feature that was not offered", ANY, 0 },
	[28] = { clear_status, "a status bit cleared", ANY, 0 },
	[29] = { unknown_status, "a status bit that does not exist", ANY, 0 },
	[30] = { status_order, "status bits out of order", ANY, 0 },
	[31] = { driver_ok_unread, "DRIVER_OK without reading FEATURES_OK back", ANY, 0 },
	[32] = { queue_size, "a queue size of 3", ANY, 0 },
	[33] = { queue_size_live, "a new size for an enabled queue", ANY, 0 },
	[34] = { msix_vector, "an MSI-X vector", ANY, 0 },
	[35] = { disable_queue, "queue_enable is 0", ANY, 0 },
	[36] = { enable_late, "a queue enabled after DRIVER_OK", ANY, 0 },
	[37] = { notify_off, "queue_notify_off written", ANY, 0 },
	[38] = { address_live, "an address of an enabled queue", ANY, 0 },
	[39] = { address_early, "a queue address before FEATURES_OK", ANY, 0 },
	[40] = { address_unread, "a queue address before FEATURES_OK was read back", ANY, 0 },
	[41] = { notify_nobody, "notification of a queue that does not exist", ANY, 0 },
	[42] = { write_isr, "isr written", ANY, 0 },
	[43] = { write_read_only, "device_feature written", ANY, 0 },
	[44] = { features_early, "features written before DRIVER", ANY, 0 },
	[45] = { features_late, "features written after FEATURES_OK", ANY, 0 },
	[46] = { write_width, "a 16-bit write to a 32-bit field", ANY, 0 },
	[47] = { read_features_early, "features read before DRIVER", ANY, 0 },
	[48] = { read_msix, "msix_config read", ANY, 0 },
	[49] = { notify_early, "notification before DRIVER_OK", ANY, 0 },
	[50] = { read_isr_wide, "a 16-bit read of isr", ANY, 0 },
	[51] = { read_padding, "the padding byte read", ANY, 0 },
	[52] = { read_past_end, "a read past the end of the device", WITH_CONFIG, 0 },
	[53] = { config_early, "device configuration read before DRIVER", WITH_CONFIG, 0 },
	[54] = { read_width, "a 16-bit read of a 32-bit field", ANY, 0 },
	[55] = { no_version_1, "VERSION_1 not accepted", ANY, 0 },
	[56] = { feature_alone, "a feature without what it needs", NET, 1 },
	[57] = { queue_too_large, "a queue larger than offered", ANY, 0 },
	[58] = { queue_absent, "a queue that does not exist set up", ANY, 0 },
	[59] = { read_unaligned, "device configuration read out of line", WITH_CONFIG, 0 },
	[60] = { chain_too_long, "a chain of more than 4 GB", ANY, 0 },
	[61] = { flush_sector, "a flush of one sector", BLOCK, 0 },
	[62] = { odd_data, "a block write of no whole sectors", BLOCK, 0 },
	[63] = { packet_checksum, "a packet that asks for a checksum that was not negotiated", NET, 1 },
	[64] = { packet_segmentation, "a packet that asks for segmentation that was not negotiated", NET, 1 },
};

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
	bool two_way = device->type == VIRTIO_CONSOLE || device->type == VIRTIO_NET;
	bool fixed = violation->need == NET || violation->need == CONSOLE;

	queue_number = fixed ? violation->queue : two_way;
	data_flags = device->type == VIRTIO_RNG || (two_way && queue_number == 0) ? DESC_WRITE : 0;
}

static void list_violations(void)
{
	for (u32 i = 1; i < array_size(violations); i++)
		print("%2u  %s\n", i, violations[i].name);
}

/* violate N | list */
void violate_command(struct words *words)
{
	u32 number;

	if (words->count > 1 && !strcmp(words->word[1], "list")) {
		list_violations();
		return;
	}
	if (words->count != 2 || !parse_number(words->word[1], &number) || number < 1 ||
	    number >= array_size(violations)) {
		print("violate 1 to %u | list\n", (u32)array_size(violations) - 1);
		return;
	}
	device = find_device(violations[number].need);
	if (!device) {
		print("violate %u: no device is fit for it\n", number);
		return;
	}
	if (!desc) {
		desc = alloc_page();
		avail = alloc_page();
		used = alloc_page();
		data = alloc_page();
	}
	choose_queue(&violations[number]);
	print("violate %u: %s (%s)\n", number, violations[number].name, device->name);
	console_flush();
	violations[number].commit();
	if (number == 22)
		return;
	clock_sleep(GIVE_UP);
	print("violate %u: the host has not noticed\n", number);
}
