// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Misdeeds with registers: accesses that the device refuses at once, for their time, their width, their
 * value, or for being there at all.
 */
#include "violate.h"

#define FEATURE_NET_GUEST_TSO4	(1u << 7)

/* The window in configuration space, at a length that no register has. */
static void set_bad_window(void)
{
	u8 slot = bad.device->pci->slot;

	pci_write8(slot, bad.device->window + CAP_BAR, 0);
	pci_write32(slot, bad.device->window + CAP_OFFSET, 0);
	pci_write32(slot, bad.device->window + CAP_LENGTH, 3);
}

static void window_read(void)
{
	set_bad_window();
	pci_read32(bad.device->pci->slot, bad.device->window + CAP_WINDOW_DATA);
}

static void window_write(void)
{
	set_bad_window();
	pci_try_write32(bad.device->pci->slot, bad.device->window + CAP_WINDOW_DATA, 0);
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
	write32(COMMON_QUEUE_DESC, physical(bad.desc) + 8);
	enable_queue();
}

static void used_flags(void)
{
	prepare_queue(0);
	bad.used->flags = 1;
	enable_queue();
}

static void driver_select(void)
{
	start_device(STEP_DRIVER, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 2);
}

static void over_accept(void)
{
	start_device(STEP_DRIVER, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
	write32(COMMON_DRIVER_FEATURE, 1u << 31);
}

static void clear_status(void)
{
	start_device(STEP_DRIVER, 0);
	set_status(STATUS_DRIVER);
}

static void unknown_status(void)
{
	start_device(STEP_DRIVER, 0);
	set_status(STEP_DRIVER | 0x10);
}

static void status_order(void)
{
	start_device(STATUS_ACKNOWLEDGE, 0);
	set_status(STATUS_ACKNOWLEDGE | STATUS_FEATURES_OK);
}

/* Features are agreed on, but the answer is not read. */
static void features_unread(void)
{
	start_device(STEP_DRIVER, 0);
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
	start_device(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_SELECT, bad.queue);
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
	start_device(STEP_FEATURES, 0);
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
	start_device(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_NOTIFY_OFF, 0);
}

static void address_live(void)
{
	prepare_queue(0);
	enable_queue();
	write32(COMMON_QUEUE_DESC, physical(bad.desc));
}

static void address_early(void)
{
	start_device(STEP_DRIVER, 0);
	write16(COMMON_QUEUE_SELECT, bad.queue);
	write32(COMMON_QUEUE_DESC, physical(bad.desc));
}

static void address_unread(void)
{
	features_unread();
	write16(COMMON_QUEUE_SELECT, bad.queue);
	write32(COMMON_QUEUE_DESC, physical(bad.desc));
}

static void notify_nobody(void)
{
	run_queue(0);
	mmio_write16(bad.device->notify, 99);
}

static void write_isr(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_write8(bad.device->isr, 0);
}

static void write_read_only(void)
{
	start_device(STEP_DRIVER, 0);
	write32(COMMON_DEVICE_FEATURE, 0);
}

static void features_early(void)
{
	start_device(STATUS_ACKNOWLEDGE, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
}

static void features_late(void)
{
	start_device(STEP_FEATURES, 0);
	write32(COMMON_DRIVER_FEATURE_SELECT, 0);
}

static void write_width(void)
{
	start_device(STEP_DRIVER, 0);
	write16(COMMON_DRIVER_FEATURE_SELECT, 0);
}

static void read_features_early(void)
{
	start_device(STATUS_ACKNOWLEDGE, 0);
	mmio_read32(bad.device->common + COMMON_DEVICE_FEATURE);
}

static void read_msix(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_read16(bad.device->common + COMMON_MSIX_CONFIG);
}

static void notify_early(void)
{
	prepare_queue(0);
	enable_queue();
	mmio_write16(bad.device->notify, bad.queue);
}

static void read_isr_wide(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_read16(bad.device->isr);
}

static void read_padding(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_read8(bad.device->isr + 1);
}

static void read_past_end(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_read32(bad.device->config + bad.device->config_length - 2);
}

static void config_early(void)
{
	start_device(STATUS_ACKNOWLEDGE, 0);
	mmio_read32(bad.device->config);
}

static void read_width(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_read16(bad.device->common + COMMON_DEVICE_FEATURE);
}

static void no_version_1(void)
{
	start_device(STEP_DRIVER, 0);
	set_status(STEP_FEATURES);
}

static void feature_alone(void)
{
	start_device(STEP_FEATURES, FEATURE_NET_GUEST_TSO4);	/* it needs GUEST_CSUM */
}

static void queue_too_large(void)
{
	start_device(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_SELECT, bad.queue);
	write16(COMMON_QUEUE_SIZE, 512);
}

static void queue_absent(void)
{
	start_device(STEP_FEATURES, 0);
	write16(COMMON_QUEUE_SELECT, 99);
	write16(COMMON_QUEUE_SIZE, SIZE);
}

static void read_unaligned(void)
{
	start_device(STEP_DRIVER, 0);
	mmio_read16(bad.device->config + 1);
}

const struct violation register_violations[] = {
	{ 21, window_read, "a window read of 3 bytes", ANY, 0 },
	{ 22, window_write, "a window write of 3 bytes", ANY, 0 },
	{ 23, address_64_bit, "a queue above 4 GB", ANY, 0 },
	{ 24, misaligned, "a misaligned queue", ANY, 0 },
	{ 25, used_flags, "used.flags is not 0 at first", ANY, 0 },
	{ 26, driver_select, "driver_feature_select is 2", ANY, 0 },
	{ 27, over_accept, "a feature that was not offered", ANY, 0 },
	{ 28, clear_status, "a status bit cleared", ANY, 0 },
	{ 29, unknown_status, "a status bit that does not exist", ANY, 0 },
	{ 30, status_order, "status bits out of order", ANY, 0 },
	{ 31, driver_ok_unread, "DRIVER_OK without reading FEATURES_OK back", ANY, 0 },
	{ 32, queue_size, "a queue size of 3", ANY, 0 },
	{ 33, queue_size_live, "a new size for an enabled queue", ANY, 0 },
	{ 34, msix_vector, "an MSI-X vector", ANY, 0 },
	{ 35, disable_queue, "queue_enable is 0", ANY, 0 },
	{ 36, enable_late, "a queue enabled after DRIVER_OK", ANY, 0 },
	{ 37, notify_off, "queue_notify_off written", ANY, 0 },
	{ 38, address_live, "an address of an enabled queue", ANY, 0 },
	{ 39, address_early, "a queue address before FEATURES_OK", ANY, 0 },
	{ 40, address_unread, "a queue address before FEATURES_OK was read back", ANY, 0 },
	{ 41, notify_nobody, "notification of a queue that does not exist", ANY, 0 },
	{ 42, write_isr, "isr written", ANY, 0 },
	{ 43, write_read_only, "device_feature written", ANY, 0 },
	{ 44, features_early, "features written before DRIVER", ANY, 0 },
	{ 45, features_late, "features written after FEATURES_OK", ANY, 0 },
	{ 46, write_width, "a 16-bit write to a 32-bit field", ANY, 0 },
	{ 47, read_features_early, "features read before DRIVER", ANY, 0 },
	{ 48, read_msix, "msix_config read", ANY, 0 },
	{ 49, notify_early, "notification before DRIVER_OK", ANY, 0 },
	{ 50, read_isr_wide, "a 16-bit read of isr", ANY, 0 },
	{ 51, read_padding, "the padding byte read", ANY, 0 },
	{ 52, read_past_end, "a read past the end of the device", WITH_CONFIG, 0 },
	{ 53, config_early, "device configuration read before DRIVER", WITH_CONFIG, 0 },
	{ 54, read_width, "a 16-bit read of a 32-bit field", ANY, 0 },
	{ 55, no_version_1, "VERSION_1 not accepted", ANY, 0 },
	{ 56, feature_alone, "a feature without what it needs", NET, 1 },
	{ 57, queue_too_large, "a queue larger than offered", ANY, 0 },
	{ 58, queue_absent, "a queue that does not exist set up", ANY, 0 },
	{ 59, read_unaligned, "device configuration read out of line", WITH_CONFIG, 0 },
};

const u32 register_violation_count = array_size(register_violations);
