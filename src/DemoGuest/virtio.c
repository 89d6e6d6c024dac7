// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What all virtio drivers share: finding the devices and their registers, the order of steps in
 * which a device is started, and virtqueues. The host stops a driver that leaves these rules;
 * violate.c is for trying that.
 */
#include "kernel.h"
#include "virtio.h"

#define ISR_QUEUE		1

struct virtio_device virtio_devices[32];
u32 virtio_device_count;

static const char *type_name(u8 type)
{
	switch (type) {
	case VIRTIO_NET:
		return "net";
	case VIRTIO_BLOCK:
		return "block";
	case VIRTIO_CONSOLE:
		return "console";
	case VIRTIO_RNG:
		return "rng";
	}
	return "virtio";
}

static void find_registers(struct virtio_device *device)
{
	struct pci_device *pci = device->pci;
	u8 *base = map_device(pci->bar0, pci->size);
	u32 header;

	for (u8 at = pci_read8(pci->slot, PCI_CAPABILITIES); at; at = CAP_NEXT(header)) {
		u8 *registers;

		header = pci_read32(pci->slot, at);
		if (CAP_ID(header) != CAP_ID_VENDOR)
			continue;
		registers = base + pci_read32(pci->slot, at + CAP_OFFSET);
		switch (CAP_TYPE(header)) {
		case CAP_TYPE_COMMON:
			device->common = registers;
			break;
		case CAP_TYPE_NOTIFY:
			device->notify = registers;
			device->notify_multiplier = pci_read32(pci->slot, at + CAP_NOTIFY_MULTIPLIER);
			break;
		case CAP_TYPE_ISR:
			device->isr = registers;
			break;
		case CAP_TYPE_DEVICE:
			device->config = registers;
			device->config_length = pci_read32(pci->slot, at + CAP_LENGTH);
			break;
		case CAP_TYPE_PCI_CFG:
			device->window = at;
			break;
		}
	}
	if (!device->common || !device->notify || !device->isr)
		panic("slot %u lacks a virtio capability", pci->slot);
}

void virtio_setup(void)
{
	for (u32 i = 0; i < pci_device_count; i++) {
		struct virtio_device *device = &virtio_devices[virtio_device_count];
		struct pci_device *pci = &pci_devices[i];

		if (pci->vendor != VIRTIO_VENDOR || pci->device < VIRTIO_FIRST_DEVICE)
			continue;
		device->pci = pci;
		device->type = pci->device - VIRTIO_FIRST_DEVICE;
		device->name = type_name(device->type);
		device->irq = pci->irq;
		pci_write16(pci->slot, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		find_registers(device);
		virtio_device_count++;
	}
}

/* The device of that type after so many others of it; null when there are not so many. */
struct virtio_device *virtio_find(u8 type, u32 skip)
{
	for (u32 i = 0; i < virtio_device_count; i++)
		if (virtio_devices[i].type == type && skip-- == 0)
			return &virtio_devices[i];
	return NULL;
}

/* Status bits are only ever added, each in its turn. */
static void virtio_status(struct virtio_device *device, u8 bits)
{
	u8 status = mmio_read8(device->common + COMMON_DEVICE_STATUS);

	mmio_write8(device->common + COMMON_DEVICE_STATUS, status | bits);
}

static u32 offered_features(struct virtio_device *device, u32 select)
{
	mmio_write32(device->common + COMMON_DEVICE_FEATURE_SELECT, select);
	return mmio_read32(device->common + COMMON_DEVICE_FEATURE);
}

static void accept_features(struct virtio_device *device, u32 select, u32 features)
{
	mmio_write32(device->common + COMMON_DRIVER_FEATURE_SELECT, select);
	mmio_write32(device->common + COMMON_DRIVER_FEATURE, features);
}

/* Section 3.1.1 up to the device's own setup: reset, greet, agree on features. */
void virtio_begin(struct virtio_device *device, u32 wanted)
{
	mmio_write8(device->common + COMMON_DEVICE_STATUS, 0);
	while (mmio_read8(device->common + COMMON_DEVICE_STATUS))
		;
	virtio_status(device, STATUS_ACKNOWLEDGE);
	virtio_status(device, STATUS_DRIVER);

	if (!(offered_features(device, 1) & FEATURE_HIGH_VERSION_1))
		panic("%s in slot %u is not virtio 1.0", device->name, device->pci->slot);
	device->offered = offered_features(device, 0);
	device->accepted = device->offered & wanted;
	accept_features(device, 0, device->accepted);
	accept_features(device, 1, FEATURE_HIGH_VERSION_1);

	virtio_status(device, STATUS_FEATURES_OK);
	if (!(mmio_read8(device->common + COMMON_DEVICE_STATUS) & STATUS_FEATURES_OK))
		panic("%s in slot %u wants other features", device->name, device->pci->slot);
}

static void write_address(struct virtio_device *device, u32 field, volatile void *part)
{
	mmio_write32(device->common + field, physical((void *)part));
	mmio_write32(device->common + field + 4, 0);
}

/* Gives the device memory for a queue, of at most so many descriptors, and fills in what we know of it. */
void virtio_queue(struct virtio_device *device, struct virtqueue *queue, u16 number, u16 size)
{
	u8 *common = device->common, *memory;
	u32 avail_at, used_at;

	if (number >= mmio_read16(common + COMMON_NUM_QUEUES))
		panic("%s in slot %u has no queue %u", device->name, device->pci->slot, number);
	mmio_write16(common + COMMON_QUEUE_SELECT, number);
	queue->size = min(mmio_read16(common + COMMON_QUEUE_SIZE), size);
	mmio_write16(common + COMMON_QUEUE_SIZE, queue->size);

	/* One page holds all three parts of up to 64 descriptors. */
	_Static_assert(QUEUE_MAX * (16 + 2 + 8) + 16 <= PAGE_SIZE, "a queue fits into a page");
	memory = alloc_page();
	avail_at = queue->size * sizeof(struct vring_desc);
	used_at = round_up(avail_at + sizeof(struct vring_avail) + queue->size * 2u, 4u);
	queue->desc = (struct vring_desc *)memory;
	queue->avail = (struct vring_avail *)(memory + avail_at);
	queue->used = (struct vring_used *)(memory + used_at);
	write_address(device, COMMON_QUEUE_DESC, queue->desc);
	write_address(device, COMMON_QUEUE_AVAIL, queue->avail);
	write_address(device, COMMON_QUEUE_USED, queue->used);

	queue->device = device;
	queue->number = number;
	queue->notify = device->notify + mmio_read16(common + COMMON_QUEUE_NOTIFY_OFF) * device->notify_multiplier;
	queue->free_head = 0;
	queue->free_count = queue->size;
	queue->next_avail = queue->next_used = 0;
	for (u32 i = 0; i < queue->size; i++)
		queue->desc[i].next = i + 1;
	if (device->accepted & FEATURE_INDIRECT)
		queue->indirect = alloc_pages(round_up(queue->size * INDIRECT_MAX * sizeof(struct vring_desc),
						       PAGE_SIZE) / PAGE_SIZE);

	mmio_write16(common + COMMON_QUEUE_ENABLE, 1);
}

/* Devices may share an interrupt line; reading its isr register says whether a device means us, and clears it. */
static struct virtio_device *devices_on_irq[NUM_IRQS];

static void virtio_interrupt(u32 irq)
{
	for (struct virtio_device *device = devices_on_irq[irq]; device; device = device->next_on_irq)
		if (mmio_read8(device->isr) & ISR_QUEUE)
			device->interrupt(device);
}

void virtio_ready(struct virtio_device *device, void (*interrupt)(struct virtio_device *))
{
	if (!device->interrupt) {
		device->interrupt = interrupt;
		request_irq(device->irq, device->name, virtio_interrupt);
		device->next_on_irq = devices_on_irq[device->irq];
		devices_on_irq[device->irq] = device;
	}
	virtio_status(device, STATUS_DRIVER_OK);
}

static void fill(volatile struct vring_desc *desc, const struct buffer *buffer, bool writable, bool more, u16 next)
{
	desc->address = physical(buffer->start);
	desc->address_high = 0;
	desc->length = buffer->length;
	desc->flags = (writable ? DESC_WRITE : 0) | (more ? DESC_NEXT : 0);
	if (more)
		desc->next = next;
}

/* All buffers in a table of their own, which takes one descriptor of the queue. */
static void fill_indirect(struct virtqueue *queue, u16 head, const struct buffer *buffers, u32 readable, u32 count)
{
	struct vring_desc *table = queue->indirect + head * INDIRECT_MAX;

	for (u32 i = 0; i < count; i++)
		fill(&table[i], &buffers[i], i >= readable, i + 1 < count, i + 1);
	queue->desc[head].address = physical(table);
	queue->desc[head].address_high = 0;
	queue->desc[head].length = count * sizeof(struct vring_desc);
	queue->desc[head].flags = DESC_INDIRECT;
	queue->free_head = queue->desc[head].next;
	queue->free_count--;
}

static void fill_chain(struct virtqueue *queue, u16 head, const struct buffer *buffers, u32 readable, u32 count)
{
	u16 at = head;

	for (u32 i = 0; i < count; i++) {
		u16 next = queue->desc[at].next;

		fill(&queue->desc[at], &buffers[i], i >= readable, i + 1 < count, next);
		at = next;
	}
	queue->free_head = at;
	queue->free_count -= count;
}

/* Makes a request available; virtqueue_notify() says so. False: there is no room for it now. */
bool virtqueue_add(struct virtqueue *queue, const struct buffer *buffers, u32 readable, u32 writable, void *token)
{
	u32 count = readable + writable, enabled = irq_save();
	bool indirect = queue->indirect && count > 1 && count <= INDIRECT_MAX;
	u16 head = queue->free_head;
	bool room = queue->free_count >= (indirect ? 1 : count);

	if (room) {
		if (indirect)
			fill_indirect(queue, head, buffers, readable, count);
		else
			fill_chain(queue, head, buffers, readable, count);
		queue->tokens[head] = token;
		queue->avail->ring[queue->next_avail % queue->size] = head;
		asm volatile("" ::: "memory");
		queue->avail->index = ++queue->next_avail;
		queue->requests++;
	}
	irq_restore(enabled);
	return room;
}

/* A device that is at work on the queue anyway does not want to be told, and says so in the used ring. */
void virtqueue_notify(struct virtqueue *queue)
{
	memory_barrier();
	if (!(queue->used->flags & USED_NO_NOTIFY))
		mmio_write16(queue->notify, queue->number);
}

/* The token of a request that the device has done, and how much it wrote; null when there is none. */
void *virtqueue_take(struct virtqueue *queue, u32 *length)
{
	u32 enabled = irq_save();
	void *token = NULL;

	if (queue->next_used != queue->used->index) {
		u16 slot = queue->next_used++ % queue->size, head, last;

		asm volatile("" ::: "memory");
		head = last = queue->used->ring[slot].id;
		if (length)
			*length = queue->used->ring[slot].length;
		queue->free_count++;
		while (queue->desc[last].flags & DESC_NEXT) {
			last = queue->desc[last].next;
			queue->free_count++;
		}
		queue->desc[last].next = queue->free_head;
		queue->free_head = head;
		token = queue->tokens[head];
	}
	irq_restore(enabled);
	return token;
}

/* Who looks into the used ring now and then anyway wants no interrupts. */
void virtqueue_want_interrupts(struct virtqueue *queue, bool wanted)
{
	queue->avail->flags = wanted ? 0 : AVAIL_NO_INTERRUPT;
	memory_barrier();
}
