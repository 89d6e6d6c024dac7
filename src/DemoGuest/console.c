// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The console. Before its driver runs, characters go one by one through a window in the device's
 * PCI configuration space to a register made for emergencies. Afterwards there are two virtqueues.
 */
#include "kernel.h"
#include "virtio.h"

#define CONSOLE_SLOT		1	/* the launcher always puts it there */
#define CONFIG_EMERGENCY_WRITE	8
#define QUEUE_INPUT		0
#define QUEUE_OUTPUT		1
#define CONTROL_C		3

#define INPUT_BUFFERS		4
#define INPUT_SIZE		64
#define OUTPUT_BUFFERS		16
#define OUTPUT_SIZE		256
#define TYPED_SIZE		1024	/* a power of two */

static u8 emergency_data;		/* where in configuration space a character is written; 0: nowhere */
static struct virtqueue input, output;
static bool running;

static char input_buffers[INPUT_BUFFERS][INPUT_SIZE];
static char output_buffers[OUTPUT_BUFFERS][OUTPUT_SIZE];
static char *free_output[OUTPUT_BUFFERS];
static u32 free_outputs;

static char typed[TYPED_SIZE];
static volatile u32 typed_in, typed_out;

/* Sets the window to the emergency register of BAR 0, for writes of 4 bytes. */
void console_early(void)
{
	u8 window = 0;
	u32 offset = 0, header;

	for (u8 at = pci_read8(CONSOLE_SLOT, PCI_CAPABILITIES); at; at = CAP_NEXT(header)) {
		header = pci_read32(CONSOLE_SLOT, at);
		if (CAP_TYPE(header) == CAP_TYPE_PCI_CFG)
			window = at;
		else if (CAP_TYPE(header) == CAP_TYPE_DEVICE)
			offset = pci_read32(CONSOLE_SLOT, at + CAP_OFFSET) + CONFIG_EMERGENCY_WRITE;
	}
	if (!window || !offset)
		return;
	pci_write8(CONSOLE_SLOT, window + CAP_BAR, 0);
	pci_write32(CONSOLE_SLOT, window + CAP_LENGTH, 4);
	pci_write32(CONSOLE_SLOT, window + CAP_OFFSET, offset);
	emergency_data = window + CAP_WINDOW_DATA;
}

/* Takes back the buffers that have been printed. */
static void collect_output(void)
{
	char *buffer;

	while ((buffer = virtqueue_take(&output, NULL)))
		free_output[free_outputs++] = buffer;
}

/* We look for printed buffers when we need one, and want an interrupt only when we must wait for it. */
static char *output_buffer(void)
{
	collect_output();
	if (!free_outputs) {
		virtqueue_want_interrupts(&output, true);
		wait_until((collect_output(), free_outputs));
		virtqueue_want_interrupts(&output, false);
	}
	return free_output[--free_outputs];
}

static void print_buffer(char *text, u32 length)
{
	struct buffer buffer = { text, length };

	virtqueue_add(&output, &buffer, 1, 0, text);
	virtqueue_notify(&output);
}

void console_write(const char *text, u32 length)
{
	char *buffer = NULL;
	u32 used = 0;

	if (!running) {
		for (; length && emergency_data; length--, text++) {
			if (*text == '\n')
				pci_write32(CONSOLE_SLOT, emergency_data, '\r');
			pci_write32(CONSOLE_SLOT, emergency_data, (u8)*text);
		}
		return;
	}
	for (; length; length--, text++) {
		if (!buffer)
			buffer = output_buffer();
		if (*text == '\n')
			buffer[used++] = '\r';
		buffer[used++] = *text;
		if (used >= OUTPUT_SIZE - 1) {
			print_buffer(buffer, used);
			buffer = NULL;
			used = 0;
		}
	}
	if (buffer)
		print_buffer(buffer, used);
}

/* Waits until all is printed; for those who end the guest and want to be read. */
void console_flush(void)
{
	if (!running)
		return;
	virtqueue_want_interrupts(&output, true);
	wait_until((collect_output(), free_outputs == OUTPUT_BUFFERS));
	virtqueue_want_interrupts(&output, false);
}

static void give_input_buffer(char *start)
{
	struct buffer buffer = { start, INPUT_SIZE };

	virtqueue_add(&input, &buffer, 0, 1, start);
}

/* While there is room for a whole buffer. What does not fit stays in the queue, and the host waits. */
static void collect_input(void)
{
	char *buffer;
	u32 length;
	bool given = false;

	while (TYPED_SIZE - (typed_in - typed_out) >= INPUT_SIZE && (buffer = virtqueue_take(&input, &length))) {
		for (u32 i = 0; i < length && i < INPUT_SIZE; i++) {
			if (buffer[i] == CONTROL_C && process_running())
				process_interrupt();
			else
				typed[typed_in++ % TYPED_SIZE] = buffer[i];
		}
		give_input_buffer(buffer);
		given = true;
	}
	if (given)
		virtqueue_notify(&input);
}

static void console_interrupt(struct virtio_device *device)
{
	(void)device;
	collect_input();
}

/* The next character typed; sleeps until there is one. */
char console_read(void)
{
	char c;
	u32 enabled;

	wait_until(typed_in != typed_out);
	enabled = irq_save();
	c = typed[typed_out++ % TYPED_SIZE];
	collect_input();
	irq_restore(enabled);
	return c;
}

void console_setup(void)
{
	struct virtio_device *device = virtio_find(VIRTIO_CONSOLE, 0);

	if (!device)
		panic("there is no console");
	virtio_begin(device, FEATURE_INDIRECT);
	virtio_queue(device, &input, QUEUE_INPUT, INPUT_BUFFERS);
	virtio_queue(device, &output, QUEUE_OUTPUT, OUTPUT_BUFFERS);
	virtqueue_want_interrupts(&output, false);
	for (u32 i = 0; i < OUTPUT_BUFFERS; i++)
		free_output[free_outputs++] = output_buffers[i];
	for (u32 i = 0; i < INPUT_BUFFERS; i++)
		give_input_buffer(input_buffers[i]);
	virtio_ready(device, console_interrupt);
	virtqueue_notify(&input);
	running = true;
}
