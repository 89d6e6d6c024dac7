// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The PCI bus. Port instructions trap in ring 1; the host hands them to the launcher, which plays
 * the bus and skips the instruction.
 */
#include "kernel.h"
#include "pci.h"

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc
#define SLOTS		32
#define NO_DEVICE	0xffffffff

struct pci_device pci_devices[SLOTS];
u32 pci_device_count;

/* Selects the word; which bytes of it are meant says the data port's number. */
static u16 data_port(u8 slot, u8 offset)
{
	u32 address = 1u << 31 | (u32)slot << 11 | (offset & ~3u);

	asm volatile("outl %0, %w1" : : "a" (address), "d" (CONFIG_ADDRESS));
	return CONFIG_DATA + (offset & 3);
}

u8 pci_read8(u8 slot, u8 offset)
{
	u8 value;

	asm volatile("inb %w1, %0" : "=a" (value) : "d" (data_port(slot, offset)));
	return value;
}

u32 pci_read32(u8 slot, u8 offset)
{
	u32 value;

	asm volatile("inl %w1, %0" : "=a" (value) : "d" (data_port(slot, offset)));
	return value;
}

void pci_write8(u8 slot, u8 offset, u8 value)
{
	asm volatile("outb %0, %w1" : : "a" (value), "d" (data_port(slot, offset)));
}

void pci_write16(u8 slot, u8 offset, u16 value)
{
	asm volatile("outw %0, %w1" : : "a" (value), "d" (data_port(slot, offset)));
}

void pci_write32(u8 slot, u8 offset, u32 value)
{
	asm volatile("outl %0, %w1" : : "a" (value), "d" (data_port(slot, offset)));
}

/* The bus refuses some writes: then the trap comes back to us, and caught_trap tells of it. */
void pci_try_write32(u8 slot, u8 offset, u32 value)
{
	asm volatile(MAY_TRAP("outl %0, %w1") : : "a" (value), "d" (data_port(slot, offset)) : "memory");
}

/* The bits of BAR 0 that stay 0 when ones are written say how large the device's window is. */
static u32 window_size(u8 slot, u32 bar)
{
	u32 mask;

	pci_write32(slot, PCI_BAR0, ~0u);
	mask = pci_read32(slot, PCI_BAR0) & ~0xfu;
	pci_write32(slot, PCI_BAR0, bar);
	return -mask;
}

/* Each access costs two traps, so whole words are read where several fields are wanted. */
void pci_setup(void)
{
	for (u32 slot = 0; slot < SLOTS; slot++) {
		struct pci_device *device = &pci_devices[pci_device_count];
		u32 identity = pci_read32(slot, PCI_VENDOR), class;

		/* The launcher's host bridge has a class, but no vendor. */
		if (identity == NO_DEVICE)
			continue;
		class = pci_read32(slot, PCI_REVISION);
		device->slot = slot;
		device->vendor = identity;
		device->device = identity >> 16;
		device->class = class >> 24;
		device->subclass = class >> 16;
		device->irq = pci_read8(slot, PCI_INTERRUPT_LINE);
		device->bar0 = pci_read32(slot, PCI_BAR0);
		if (device->bar0)
			device->size = window_size(slot, device->bar0);
		pci_device_count++;
	}
}

void print_pci_devices(void)
{
	for (u32 i = 0; i < pci_device_count; i++) {
		struct pci_device *d = &pci_devices[i];

		print("00:%02x.0  %04x:%04x  class %02x%02x", d->slot, d->vendor, d->device, d->class, d->subclass);
		if (d->bar0)
			print("  irq %u  bar 0 at %08x, %u bytes", d->irq, d->bar0, d->size);
		print("\n");
	}
}
