/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space by ports 0xCF8 and 0xCFC, and the devices found there. */
#ifndef PCI_H
#define PCI_H

#include "types.h"

#define PCI_VENDOR		0x00
#define PCI_COMMAND		0x04
#define PCI_REVISION		0x08
#define PCI_BAR0		0x10
#define PCI_CAPABILITIES	0x34
#define PCI_INTERRUPT_LINE	0x3c

#define PCI_COMMAND_MEMORY	0x2
#define PCI_COMMAND_MASTER	0x4

struct pci_device {
	u8 slot, class, subclass, irq;
	u16 vendor, device;
	u32 bar0, size;
};

u8 pci_read8(u8 slot, u8 offset);
u32 pci_read32(u8 slot, u8 offset);
void pci_write8(u8 slot, u8 offset, u8 value);
void pci_write16(u8 slot, u8 offset, u16 value);
void pci_write32(u8 slot, u8 offset, u32 value);
void pci_try_write32(u8 slot, u8 offset, u32 value);

extern struct pci_device pci_devices[32];
extern u32 pci_device_count;

#endif
