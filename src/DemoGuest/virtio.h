/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio 1.0 over PCI: the registers, the virtqueues, and what the drivers share. */
#ifndef VIRTIO_H
#define VIRTIO_H

#include "pci.h"
#include "types.h"

#define VIRTIO_VENDOR		0x1af4
#define VIRTIO_FIRST_DEVICE	0x1040	/* plus the type */
#define VIRTIO_NET		1
#define VIRTIO_BLOCK		2
#define VIRTIO_CONSOLE		3
#define VIRTIO_RNG		4

/*
 * Capabilities in configuration space that say where the registers are, section 4.1.4. The first word
 * has the id, where the next one is, the length and the type.
 */
#define CAP_ID(word)		((word) & 0xff)
#define CAP_NEXT(word)		((word) >> 8 & 0xff)
#define CAP_TYPE(word)		((word) >> 24)
#define CAP_BAR			4
#define CAP_OFFSET		8
#define CAP_LENGTH		12
#define CAP_NOTIFY_MULTIPLIER	16
#define CAP_WINDOW_DATA		16
#define CAP_ID_VENDOR		0x09
#define CAP_TYPE_COMMON		1
#define CAP_TYPE_NOTIFY		2
#define CAP_TYPE_ISR		3
#define CAP_TYPE_DEVICE		4
#define CAP_TYPE_PCI_CFG	5

/* device_status */
#define STATUS_ACKNOWLEDGE	1
#define STATUS_DRIVER		2
#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8

/* Feature bits that belong to no device type. */
#define FEATURE_INDIRECT	(1u << 28)
#define FEATURE_HIGH_VERSION_1	(1u << 0)	/* bit 32 */

/* What a block request asks for. */
#define BLOCK_READ		0
#define BLOCK_WRITE		1
#define BLOCK_FLUSH		4
#define BLOCK_GET_ID		8

/* The common configuration, section 4.1.4.3. Each field is accessed with its own width. */
#define COMMON_DEVICE_FEATURE_SELECT	0
#define COMMON_DEVICE_FEATURE		4
#define COMMON_DRIVER_FEATURE_SELECT	8
#define COMMON_DRIVER_FEATURE		12
#define COMMON_MSIX_CONFIG		16	/* 16 bits */
#define COMMON_NUM_QUEUES		18	/* 16 */
#define COMMON_DEVICE_STATUS		20	/* 8 */
#define COMMON_CONFIG_GENERATION	21	/* 8 */
#define COMMON_QUEUE_SELECT		22	/* 16, as the next four */
#define COMMON_QUEUE_SIZE		24
#define COMMON_QUEUE_MSIX_VECTOR	26
#define COMMON_QUEUE_ENABLE		28
#define COMMON_QUEUE_NOTIFY_OFF		30
#define COMMON_QUEUE_DESC		32	/* low word; the high one follows */
#define COMMON_QUEUE_AVAIL		40
#define COMMON_QUEUE_USED		48

/* A virtqueue in memory, section 2.4. */
#define DESC_NEXT		1
#define DESC_WRITE		2
#define DESC_INDIRECT		4

struct vring_desc {
	u32 address, address_high, length;
	u16 flags, next;
};

#define AVAIL_NO_INTERRUPT	1

struct vring_avail {
	u16 flags, index, ring[];
};

#define USED_NO_NOTIFY		1

struct vring_used {
	u16 flags, index;
	struct {
		u32 id, length;
	} ring[];
};

#define QUEUE_MAX		64	/* we never use more of a queue */
#define INDIRECT_MAX		16	/* buffers of a request that goes by an indirect table */

struct virtio_device;

struct virtqueue {
	struct virtio_device *device;
	volatile struct vring_desc *desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	struct vring_desc *indirect;	/* a table for each descriptor, where negotiated */
	u8 *notify;
	u16 number, size;
	u16 free_head, free_count, next_avail, next_used;
	void *tokens[QUEUE_MAX];
	u32 requests;
};

/* Part of a request: first those that the device reads, then those that it writes. */
struct buffer {
	const void *start;
	u32 length;
};

struct virtio_device {
	struct pci_device *pci;
	const char *name;
	u8 type, irq;
	u8 *common, *notify, *isr, *config;
	u32 notify_multiplier, config_length;
	u8 window;			/* of the PCI_CFG capability in configuration space */
	u32 offered, accepted;		/* features 0 to 31 */
	void (*interrupt)(struct virtio_device *device);
	void *driver;
	struct virtio_device *next_on_irq;
};

/*
 * The launcher emulates just the plain moves between a register and memory for these accesses, so
 * the compiler must not choose the instruction.
 */
static inline u8 mmio_read8(const void *at)
{
	u8 value;

	asm volatile("movb (%1), %0" : "=q" (value) : "r" (at) : "memory");
	return value;
}

static inline u16 mmio_read16(const void *at)
{
	u16 value;

	asm volatile("movw (%1), %0" : "=r" (value) : "r" (at) : "memory");
	return value;
}

static inline u32 mmio_read32(const void *at)
{
	u32 value;

	asm volatile("movl (%1), %0" : "=r" (value) : "r" (at) : "memory");
	return value;
}

static inline void mmio_write8(void *at, u8 value)
{
	asm volatile("movb %0, (%1)" : : "q" (value), "r" (at) : "memory");
}

static inline void mmio_write16(void *at, u16 value)
{
	asm volatile("movw %0, (%1)" : : "r" (value), "r" (at) : "memory");
}

static inline void mmio_write32(void *at, u32 value)
{
	asm volatile("movl %0, (%1)" : : "r" (value), "r" (at) : "memory");
}

/* Stores before this are seen by the device's threads before loads after it are made. */
static inline void memory_barrier(void)
{
	asm volatile("lock; addl $0, (%%esp)" : : : "memory", "cc");
}

extern struct virtio_device virtio_devices[32];
extern u32 virtio_device_count;

struct virtio_device *virtio_find(u8 type, u32 skip);
void virtio_begin(struct virtio_device *device, u32 wanted);
void virtio_queue(struct virtio_device *device, struct virtqueue *queue, u16 number, u16 size);
void virtio_ready(struct virtio_device *device, void (*interrupt)(struct virtio_device *));

bool virtqueue_add(struct virtqueue *queue, const struct buffer *buffers, u32 readable, u32 writable, void *token);
void virtqueue_notify(struct virtqueue *queue);
void *virtqueue_take(struct virtqueue *queue, u32 *length);
void virtqueue_want_interrupts(struct virtqueue *queue, bool wanted);

#endif
