// SPDX-License-Identifier: GPL-2.0-or-later
/* The entropy device: a queue of buffers to be filled with random bytes (virtio 1.0, section 5.4). */
#include "kernel.h"
#include "virtio.h"

#define QUEUE_INPUT	0
#define MOST_BYTES	256

static struct virtio_device *device;
static struct virtqueue queue;
static u8 random_bytes[MOST_BYTES];

static void rng_interrupt(struct virtio_device *d)
{
	(void)d;	/* it only had to wake whoever waits */
}

void rng_setup(void)
{
	device = virtio_find(VIRTIO_RNG, 0);
	if (!device)
		return;
	virtio_begin(device, FEATURE_INDIRECT);
	virtio_queue(device, &queue, QUEUE_INPUT, 8);
	virtio_ready(device, rng_interrupt);
}

static u32 read_random(u32 wanted)
{
	struct buffer buffer = { random_bytes, wanted };
	u32 length = 0;

	virtqueue_add(&queue, &buffer, 0, 1, random_bytes);
	virtqueue_notify(&queue);
	wait_until(virtqueue_take(&queue, &length));
	return min(length, wanted);
}

/* rng [N] */
void rng_command(struct words *words)
{
	u32 wanted = 16, length;

	if (!device) {
		print("rng: there is no such device\n");
		return;
	}
	if (words->count > 1 && (!parse_number(words->word[1], &wanted) || wanted < 1 || wanted > MOST_BYTES)) {
		print("rng: 1 to %u bytes\n", MOST_BYTES);
		return;
	}
	length = read_random(wanted);
	for (u32 i = 0; i < length; i++)
		print("%02x%s", random_bytes[i], i % 16 == 15 || i + 1 == length ? "\n" : " ");
}
