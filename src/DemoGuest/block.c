// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks (virtio 1.0, section 5.2), and the commands that use them. */
#include "kernel.h"
#include "virtio.h"

#define FEATURE_SEG_MAX		(1u << 2)
#define FEATURE_READ_ONLY	(1u << 5)
#define FEATURE_FLUSH		(1u << 9)

#define CONFIG_CAPACITY		0
#define CONFIG_SEG_MAX		12

#define QUEUE_REQUESTS		0
#define MOST_DISKS		8
#define SECTOR_SIZE		512
#define ID_SIZE			20

enum request_status {
	STATUS_OK = 0,
	STATUS_IO_ERROR = 1,
	STATUS_UNSUPPORTED = 2,
};

/* What travels with the data: a header to the device, a byte back. */
struct request {
	struct {
		u32 type, reserved, sector, sector_high;
	} header;
	u8 status;
	volatile bool done;
};

/* The most data of one request: pieces of a page each. */
#define MOST_PIECES		8
#define MOST_SECTORS		(MOST_PIECES * PAGE_SIZE / SECTOR_SIZE)

static struct disk {
	struct virtio_device *device;
	struct virtqueue queue;
	u32 capacity, capacity_high, pieces;
	bool read_only, cached;
} disks[MOST_DISKS];

static u32 disk_count;
static struct disk *chosen = disks;

static void block_interrupt(struct virtio_device *device)
{
	struct disk *disk = device->driver;
	struct request *request;

	while ((request = virtqueue_take(&disk->queue, NULL)))
		request->done = true;
}

/* Two words; should they change between our reads, the generation does, too. */
static void read_capacity(struct disk *disk)
{
	u8 *common = disk->device->common, *config = disk->device->config, generation;

	do {
		generation = mmio_read8(common + COMMON_CONFIG_GENERATION);
		disk->capacity = mmio_read32(config + CONFIG_CAPACITY);
		disk->capacity_high = mmio_read32(config + CONFIG_CAPACITY + 4);
	} while (mmio_read8(common + COMMON_CONFIG_GENERATION) != generation);
}

static void start_disk(struct disk *disk, struct virtio_device *device)
{
	disk->device = device;
	device->driver = disk;
	virtio_begin(device, FEATURE_SEG_MAX | FEATURE_READ_ONLY | FEATURE_FLUSH | FEATURE_INDIRECT);
	virtio_queue(device, &disk->queue, QUEUE_REQUESTS, QUEUE_MAX);
	read_capacity(disk);
	disk->pieces = 1;
	if (device->accepted & FEATURE_SEG_MAX)
		disk->pieces = min(mmio_read32(device->config + CONFIG_SEG_MAX), MOST_PIECES);
	disk->read_only = device->accepted & FEATURE_READ_ONLY;
	disk->cached = device->accepted & FEATURE_FLUSH;
	virtio_ready(device, block_interrupt);
}

void block_setup(void)
{
	struct virtio_device *device;

	while (disk_count < MOST_DISKS && (device = virtio_find(VIRTIO_BLOCK, disk_count)))
		start_disk(&disks[disk_count++], device);
}

/* Hands a request to the device; its memory must stay until it is done. */
static void submit(struct disk *disk, struct request *request, u32 type, u32 sector, void *data, u32 length)
{
	struct buffer buffers[MOST_PIECES + 2];
	u32 count = 0, readable;

	request->header.type = type;
	request->header.reserved = 0;
	request->header.sector = sector;
	request->header.sector_high = 0;
	request->status = 0xff;
	request->done = false;

	buffers[count++] = (struct buffer){ &request->header, sizeof(request->header) };
	while (length) {
		u32 piece = min(length, (u32)PAGE_SIZE);

		buffers[count++] = (struct buffer){ data, piece };
		data = (u8 *)data + piece;
		length -= piece;
	}
	readable = type == BLOCK_WRITE ? count : 1;
	buffers[count++] = (struct buffer){ &request->status, 1 };

	wait_until(virtqueue_add(&disk->queue, buffers, readable, count - readable, request));
	virtqueue_notify(&disk->queue);
}

static const char *finish(struct request *request)
{
	wait_until(request->done);
	switch (request->status) {
	case STATUS_OK:
		return NULL;
	case STATUS_IO_ERROR:
		return "input/output error";
	case STATUS_UNSUPPORTED:
		return "not supported";
	}
	return "the device gave no status";
}

/* Reads or writes any number of sectors, in requests as large as the device takes. Null, or what went wrong. */
static const char *transfer(struct disk *disk, u32 type, u32 sector, void *data, u32 sectors)
{
	static struct request request;
	u32 most = disk->pieces * PAGE_SIZE / SECTOR_SIZE;

	while (sectors) {
		u32 n = min(sectors, most);
		const char *error;

		submit(disk, &request, type, sector, data, n * SECTOR_SIZE);
		error = finish(&request);
		if (error)
			return error;
		sector += n;
		data = (u8 *)data + n * SECTOR_SIZE;
		sectors -= n;
	}
	return NULL;
}

static bool report(const char *what, const char *error)
{
	if (error)
		print("disk %s: %s\n", what, error);
	return error;
}

static void print_info(struct disk *disk)
{
	static struct request request;
	static char id[ID_SIZE + 1];
	u64 sectors = (u64)disk->capacity_high << 32 | disk->capacity;

	print("disk %u: slot %u, irq %u, %llu sectors (%llu KB), %s, %s", disk - disks, disk->device->pci->slot,
	      disk->device->irq, sectors, sectors >> 1, disk->read_only ? "read-only" : "read-write",
	      disk->cached ? "write cache" : "no write cache");
	submit(disk, &request, BLOCK_GET_ID, 0, id, ID_SIZE);
	if (!finish(&request))
		print(", id '%s'", id);
	print(", %u requests\n", disk->queue.requests);
}

/* Whether the sectors lie on the disk; says so if not. */
static bool on_disk(u32 first, u32 count)
{
	if (chosen->capacity_high || (first < chosen->capacity && count <= chosen->capacity - first))
		return true;
	print("disk: the last sector is %u\n", chosen->capacity - 1);
	return false;
}

static bool writable(void)
{
	if (chosen->read_only)
		print("disk: it is read-only\n");
	return !chosen->read_only;
}

static u8 *workspace(void)
{
	static u8 *space;

	if (!space)
		space = alloc_pages(2 * MOST_PIECES);
	return space;
}

static void read_sectors(u32 first, u32 count)
{
	u8 *data = workspace();

	if (count < 1 || count > MOST_SECTORS)
		print("disk read: 1 to %u sectors\n", MOST_SECTORS);
	else if (on_disk(first, count) && !report("read", transfer(chosen, BLOCK_READ, first, data, count)))
		print_hex_dump(first * SECTOR_SIZE, data, count * SECTOR_SIZE);
}

static void write_text(u32 sector, const char *text)
{
	u8 *data = workspace();
	u32 length = min(strlen(text), (size_t)SECTOR_SIZE);

	if (!on_disk(sector, 1) || !writable())
		return;
	memset(data, 0, SECTOR_SIZE);
	memcpy(data, text, length);
	if (!report("write", transfer(chosen, BLOCK_WRITE, sector, data, 1)))
		print("wrote %u bytes to sector %u\n", length, sector);
}

static u32 pattern(u32 sector, u32 word)
{
	return (sector * 2654435761u) ^ (word * 40503u);
}

static void make_pattern(u8 *data, u32 first, u32 count)
{
	u32 *words = (u32 *)data;

	for (u32 i = 0; i < count * SECTOR_SIZE / 4; i++)
		words[i] = pattern(first + i / (SECTOR_SIZE / 4), i % (SECTOR_SIZE / 4));
}

static u32 wrong_sectors(const u8 *data, u32 first, u32 count)
{
	const u32 *words = (const u32 *)data;
	u32 wrong = 0;

	for (u32 s = 0; s < count; s++) {
		for (u32 w = 0; w < SECTOR_SIZE / 4; w++) {
			if (words[s * (SECTOR_SIZE / 4) + w] != pattern(first + s, w)) {
				wrong++;
				break;
			}
		}
	}
	return wrong;
}

/* One request for each sector, all of them in the queue at a time. */
static const char *read_one_by_one(u32 first, u8 *data, u32 count)
{
	static struct request requests[MOST_SECTORS];
	const char *error = NULL;

	for (u32 i = 0; i < count; i++)
		submit(chosen, &requests[i], BLOCK_READ, first + i, data + i * SECTOR_SIZE, SECTOR_SIZE);
	for (u32 i = 0; i < count; i++) {
		const char *e = finish(&requests[i]);

		if (e)
			error = e;
	}
	return error;
}

/*
 * Saves what is there, writes a pattern in large requests, reads it back in large and in
 * single-sector ones, compares, and puts back what was there.
 */
static void verify(u32 first, u32 count)
{
	u8 *saved = workspace(), *data = saved + MOST_SECTORS * SECTOR_SIZE;
	u32 wrong = 0;

	if (!on_disk(first, count) || !writable())
		return;
	for (u32 done = 0; done < count; ) {
		u32 n = min(count - done, (u32)MOST_SECTORS), sector = first + done;

		if (report("read", transfer(chosen, BLOCK_READ, sector, saved, n)))
			return;
		make_pattern(data, sector, n);
		if (report("write", transfer(chosen, BLOCK_WRITE, sector, data, n)))
			return;
		memset(data, 0, n * SECTOR_SIZE);
		if (report("read", transfer(chosen, BLOCK_READ, sector, data, n)))
			return;
		wrong += wrong_sectors(data, sector, n);
		memset(data, 0, n * SECTOR_SIZE);
		if (report("read", read_one_by_one(sector, data, n)))
			return;
		wrong += wrong_sectors(data, sector, n);
		if (report("write", transfer(chosen, BLOCK_WRITE, sector, saved, n)))
			return;
		done += n;
	}
	print("verified %u sectors from %u: %u wrong\n", count, first, wrong);
}

/* The launcher takes this request whether it offers the feature or not. */
static void flush(void)
{
	static struct request request;

	submit(chosen, &request, BLOCK_FLUSH, 0, NULL, 0);
	if (!report("flush", finish(&request)))
		print("flushed\n");
}

#define VERIFY_SECTORS	256

/* disk info | use N | read N [COUNT] | write N TEXT | verify [FIRST [COUNT]] | flush */
void disk_command(struct words *words)
{
	const char *what = words->count > 1 ? words->word[1] : "info";
	u32 numbers[2] = { 0, 0 };
	int given = 0;

	while (given < 2 && given + 2 < words->count && parse_number(words->word[given + 2], &numbers[given]))
		given++;

	if (!disk_count) {
		print("disk: there is no such device\n");
	} else if (!strcmp(what, "info")) {
		for (u32 i = 0; i < disk_count; i++)
			print_info(&disks[i]);
	} else if (!strcmp(what, "use") && given && numbers[0] < disk_count) {
		chosen = &disks[numbers[0]];
		print("disk %u is used\n", numbers[0]);
	} else if (!strcmp(what, "read") && given) {
		read_sectors(numbers[0], given > 1 ? numbers[1] : 1);
	} else if (!strcmp(what, "write") && given && words->count > 3) {
		write_text(numbers[0], words->rest[3]);
	} else if (!strcmp(what, "verify")) {
		verify(numbers[0], given > 1 ? numbers[1] : min(VERIFY_SECTORS, chosen->capacity - numbers[0]));
	} else if (!strcmp(what, "flush")) {
		flush();
	} else {
		print("disk info | use N | read N [COUNT] | write N TEXT | verify [FIRST [COUNT]] | flush\n");
	}
}
