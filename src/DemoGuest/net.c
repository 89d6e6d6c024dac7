// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The network: a driver for the device (virtio 1.0, section 5.1), and as much of ARP, IPv4 and ICMP
 * as it takes to send echo requests and to answer them.
 */
#include "kernel.h"
#include "net.h"
#include "virtio.h"

#define FEATURE_CSUM		(1u << 0)
#define FEATURE_GUEST_CSUM	(1u << 1)
#define FEATURE_MAC		(1u << 5)

#define QUEUE_RECEIVE		0
#define QUEUE_TRANSMIT		1
#define BUFFERS			16	/* for each direction */

/* What comes before each packet, in both directions (section 5.1.6). */
struct packet_header {
	u8 flags, gso_type;
	u16 header_length, gso_size, checksum_start, checksum_offset, buffers;
};

#define HEADER_NEEDS_CHECKSUM	1	/* the sum from checksum_start on is missing at checksum_offset */

struct packet {
	struct packet_header header;
	u8 frame[MOST_FRAME];
};

static struct virtio_device *device;
static struct virtqueue receive_queue, transmit_queue;
static struct packet receive_packets[BUFFERS], transmit_packets[BUFFERS];
static struct packet *free_packets[BUFFERS];
static u32 free_packet_count, received, sent;

u8 net_mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };	/* ours, if the device has no other */
u32 net_address = 192u << 24 | 168 << 16 | 19 << 8 | 2;

/* Sent packets are collected when a buffer is wanted; nobody waits for them. */
static struct packet *transmit_packet(void)
{
	struct packet *packet;

	while ((packet = virtqueue_take(&transmit_queue, NULL)))
		free_packets[free_packet_count++] = packet;
	return free_packet_count ? free_packets[--free_packet_count] : NULL;
}

/*
 * Sends a frame. Where checksum_at is not 0, the 16-bit sum of everything from checksum_from on
 * belongs at checksum_at; the device computes it if it offered to. When no buffer is free the
 * frame is dropped, as networks do.
 */
void net_send(const void *frame, u32 length, u32 checksum_from, u32 checksum_at)
{
	u32 enabled = irq_save();
	struct packet *packet = transmit_packet();

	if (packet) {
		struct buffer buffers[2] = {
			{ &packet->header, sizeof(packet->header) },
			{ packet->frame, length },
		};

		memset(&packet->header, 0, sizeof(packet->header));
		memcpy(packet->frame, frame, length);
		if (checksum_at && (device->accepted & FEATURE_CSUM)) {
			packet->header.flags = HEADER_NEEDS_CHECKSUM;
			packet->header.checksum_start = checksum_from;
			packet->header.checksum_offset = checksum_at - checksum_from;
		} else if (checksum_at) {
			u16 sum = internet_checksum(packet->frame + checksum_from, length - checksum_from);

			memcpy(packet->frame + checksum_at, &sum, sizeof(sum));
		}
		virtqueue_add(&transmit_queue, buffers, 2, 0, packet);
		virtqueue_notify(&transmit_queue);
		sent++;
	}
	irq_restore(enabled);
}

static void give_receive_packet(struct packet *packet)
{
	struct buffer buffer = { packet, sizeof(*packet) };

	virtqueue_add(&receive_queue, &buffer, 0, 1, packet);
}

static void net_interrupt(struct virtio_device *d)
{
	struct packet *packet;
	u32 length;
	bool given = false;

	(void)d;
	while ((packet = virtqueue_take(&receive_queue, &length))) {
		if (length > sizeof(packet->header) && length <= sizeof(*packet)) {
			received++;
			net_receive(packet->frame, length - sizeof(packet->header),
				    packet->header.flags & HEADER_NEEDS_CHECKSUM);
		}
		give_receive_packet(packet);
		given = true;
	}
	if (given)
		virtqueue_notify(&receive_queue);
}

void net_setup(void)
{
	const char *option = command_line_option("ip=");

	if (option && !parse_address(option, &net_address))
		print("net: ip= is not an address\n");
	device = virtio_find(VIRTIO_NET, 0);
	if (!device)
		return;
	virtio_begin(device, FEATURE_CSUM | FEATURE_GUEST_CSUM | FEATURE_MAC | FEATURE_INDIRECT);
	virtio_queue(device, &receive_queue, QUEUE_RECEIVE, BUFFERS);
	virtio_queue(device, &transmit_queue, QUEUE_TRANSMIT, 2 * BUFFERS);
	if (device->accepted & FEATURE_MAC)
		for (u32 i = 0; i < sizeof(net_mac); i++)
			net_mac[i] = mmio_read8(device->config + i);
	virtqueue_want_interrupts(&transmit_queue, false);
	for (u32 i = 0; i < BUFFERS; i++) {
		free_packets[free_packet_count++] = &transmit_packets[i];
		give_receive_packet(&receive_packets[i]);
	}
	virtio_ready(device, net_interrupt);
	virtqueue_notify(&receive_queue);
}

static void print_address(const char *before, u32 address, const char *after)
{
	print("%s%u.%u.%u.%u%s", before, address >> 24, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff,
	      after);
}

static void print_info(void)
{
	print("net: slot %u, irq %u, mac %02x:%02x:%02x:%02x:%02x:%02x", device->pci->slot, device->irq,
	      net_mac[0], net_mac[1], net_mac[2], net_mac[3], net_mac[4], net_mac[5]);
	print_address(", address ", net_address, "");
	print(", checksums by %s, %u sent, %u received\n", device->accepted & FEATURE_CSUM ? "the device" : "us",
	      sent, received);
}

static void ping(u32 address, u32 count)
{
	u32 answers = 0;

	if (!arp_resolve(address)) {
		print_address("ping: ", address, " does not answer (no such neighbour)\n");
		return;
	}
	for (u32 sequence = 1; sequence <= count; sequence++) {
		struct moment time;

		if (!echo_request(address, sequence, &time)) {
			print_address("ping: no answer from ", address, "");
			print(", seq %u\n", sequence);
			continue;
		}
		answers++;
		print_address("ping: answer from ", address, "");
		print(", seq %u, %u.%03u ms\n", sequence, time.seconds * 1000 + time.nanoseconds / 1000000,
		      time.nanoseconds / 1000 % 1000);
	}
	print("ping: %u sent, %u answered\n", count, answers);
}

/* net info | ping A.B.C.D [COUNT] */
void net_command(struct words *words)
{
	const char *what = words->count > 1 ? words->word[1] : "info";
	u32 address, count = 3;

	if (!device)
		print("net: there is no such device\n");
	else if (!strcmp(what, "info"))
		print_info();
	else if (!strcmp(what, "ping") && words->count > 2 && parse_address(words->word[2], &address) &&
		 (words->count < 4 || parse_number(words->word[3], &count)))
		ping(address, count);
	else
		print("net info | ping A.B.C.D [COUNT]\n");
}
