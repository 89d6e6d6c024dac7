/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the violate command and the two files of misdeeds: a device that is up to no good, and how far it behaves. */
#ifndef VIOLATE_H
#define VIOLATE_H

#include "kernel.h"
#include "virtio.h"

/* How far a device is started: what its status is then. */
#define STEP_DRIVER	(STATUS_ACKNOWLEDGE | STATUS_DRIVER)
#define STEP_FEATURES	(STEP_DRIVER | STATUS_FEATURES_OK)
#define STEP_RUNNING	(STEP_FEATURES | STATUS_DRIVER_OK)

#define SIZE		16u	/* of the queue */

/* The device, and one queue of it, of which each part has a page of its own. */
struct bad_device {
	struct virtio_device *device;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	u8 *data;
	u32 direction;		/* of the buffers that the queue takes: 0 or DESC_WRITE */
	u16 queue;
};

extern struct bad_device bad;

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

struct violation {
	u8 number;		/* of the rule, in the host's list */
	void (*commit)(void);
	const char *name;
	u8 need, queue;
};

/* violate-queues.c and violate-registers.c */
extern const struct violation queue_violations[], register_violations[];
extern const u32 queue_violation_count, register_violation_count;

static inline void write8(u32 field, u8 value)
{
	mmio_write8(bad.device->common + field, value);
}

static inline void write16(u32 field, u16 value)
{
	mmio_write16(bad.device->common + field, value);
}

static inline void write32(u32 field, u32 value)
{
	mmio_write32(bad.device->common + field, value);
}

/* violate.c */
void set_status(u8 status);
void start_device(u8 step, u32 features);
void set_addresses(void);
void prepare_queue(u32 features);
void enable_queue(void);
void run_queue(u32 features);

#endif
