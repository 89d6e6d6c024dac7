// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Just enough of the internet: we find a neighbour's hardware address and say our own, send an ICMP
 * echo request and wait for its answer, and answer those of others. Frames arrive by interrupt.
 */
#include "kernel.h"
#include "net.h"

#define ETHERTYPE_IP		0x0800
#define ETHERTYPE_ARP		0x0806
#define ARP_REQUEST		1
#define ARP_REPLY		2
#define PROTOCOL_ICMP		1
#define ICMP_ECHO_REPLY		0
#define ICMP_ECHO_REQUEST	8

#define OUR_ECHO_ID		0x4c47
#define ECHO_DATA		56
#define ANSWER_MILLISECONDS	1000
#define ARP_TRIES		3

struct ethernet {
	u8 to[6], from[6];
	u16 type;
} __attribute__((packed));

struct arp {
	struct ethernet ethernet;
	u16 hardware, protocol;
	u8 hardware_size, protocol_size;
	u16 operation;
	u8 sender_mac[6];
	u32 sender;
	u8 target_mac[6];
	u32 target;
} __attribute__((packed));

struct ip {
	u8 version_and_words, service;
	u16 length, id, fragment;
	u8 time_to_live, protocol;
	u16 checksum;
	u32 from, to;
} __attribute__((packed));

struct echo {
	struct ethernet ethernet;
	struct ip ip;
	u8 type, code;
	u16 checksum, id, sequence;
	u8 data[];
} __attribute__((packed));

#define ICMP_AT			(sizeof(struct ethernet) + sizeof(struct ip))
#define ICMP_CHECKSUM_AT	offsetof(struct echo, checksum)

/* The neighbour that we last asked for, and the answer that we wait for. */
static u32 neighbour;
static u8 neighbour_mac[6];
static volatile bool neighbour_known;
static volatile u16 answered;
static struct moment answer_time;

static u16 swap16(u16 n)
{
	return n << 8 | n >> 8;
}

static u32 swap32(u32 n)
{
	return __builtin_bswap32(n);
}

/* The sum of RFC 1071, in the byte order that it has in a packet. */
u16 internet_checksum(const void *data, u32 length)
{
	const u8 *bytes = data;
	u32 sum = 0;

	for (; length > 1; length -= 2, bytes += 2)
		sum += bytes[0] | bytes[1] << 8;
	if (length)
		sum += *bytes;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void send_arp(u16 operation, u32 target, const u8 *target_mac)
{
	struct arp arp = {
		.ethernet.type = swap16(ETHERTYPE_ARP),
		.hardware = swap16(1),
		.protocol = swap16(ETHERTYPE_IP),
		.hardware_size = 6,
		.protocol_size = 4,
		.operation = swap16(operation),
		.sender = swap32(net_address),
		.target = swap32(target),
	};

	memset(arp.ethernet.to, 0xff, 6);
	if (target_mac) {
		memcpy(arp.ethernet.to, target_mac, 6);
		memcpy(arp.target_mac, target_mac, 6);
	}
	memcpy(arp.ethernet.from, net_mac, 6);
	memcpy(arp.sender_mac, net_mac, 6);
	net_send(&arp, sizeof(arp), 0, 0);
}

static void receive_arp(const struct arp *arp)
{
	if (arp->target != swap32(net_address))
		return;
	if (arp->operation == swap16(ARP_REQUEST)) {
		send_arp(ARP_REPLY, swap32(arp->sender), arp->sender_mac);
	} else if (arp->operation == swap16(ARP_REPLY) && arp->sender == swap32(neighbour)) {
		memcpy(neighbour_mac, arp->sender_mac, 6);
		neighbour_known = true;
	}
}

/* Finds out who has an address on our wire. We know of no routers. */
bool arp_resolve(u32 address)
{
	if (neighbour_known && neighbour == address)
		return true;
	neighbour_known = false;
	neighbour = address;
	for (u32 i = 0; i < ARP_TRIES && !neighbour_known; i++) {
		send_arp(ARP_REQUEST, address, NULL);
		wait_until_or(neighbour_known, ANSWER_MILLISECONDS);
	}
	return neighbour_known;
}

/* Fills in all but the ICMP message; lengths are those of the frame. */
static void send_echo(struct echo *echo, const u8 *mac, u32 address, u32 length)
{
	memcpy(echo->ethernet.to, mac, 6);
	memcpy(echo->ethernet.from, net_mac, 6);
	echo->ethernet.type = swap16(ETHERTYPE_IP);
	echo->ip = (struct ip){
		.version_and_words = 0x45,
		.length = swap16(length - sizeof(struct ethernet)),
		.time_to_live = 64,
		.protocol = PROTOCOL_ICMP,
		.from = swap32(net_address),
		.to = swap32(address),
	};
	echo->ip.checksum = internet_checksum(&echo->ip, sizeof(echo->ip));
	echo->checksum = 0;
	net_send(echo, length, ICMP_AT, ICMP_CHECKSUM_AT);
}

static void receive_echo(const struct echo *echo, u32 length, bool checksum_missing)
{
	u32 end = sizeof(struct ethernet) + swap16(echo->ip.length);

	if (echo->ip.version_and_words != 0x45 || echo->ip.protocol != PROTOCOL_ICMP ||
	    echo->ip.to != swap32(net_address) || end > length || end < sizeof(*echo))
		return;
	if (internet_checksum(&echo->ip, sizeof(echo->ip)))
		return;
	if (!checksum_missing && internet_checksum(&echo->type, end - ICMP_AT))
		return;
	if (echo->type == ICMP_ECHO_REQUEST) {
		static u8 answer[MOST_FRAME];

		memcpy(answer, echo, end);
		((struct echo *)answer)->type = ICMP_ECHO_REPLY;
		send_echo((struct echo *)answer, echo->ethernet.from, swap32(echo->ip.from), end);
	} else if (echo->type == ICMP_ECHO_REPLY && echo->id == swap16(OUR_ECHO_ID)) {
		answer_time = clock_last();
		answered = swap16(echo->sequence);
	}
}

void net_receive(const u8 *frame, u32 length, bool checksum_missing)
{
	const struct ethernet *ethernet = (const struct ethernet *)frame;

	if (ethernet->type == swap16(ETHERTYPE_ARP) && length >= sizeof(struct arp))
		receive_arp((const struct arp *)frame);
	else if (ethernet->type == swap16(ETHERTYPE_IP) && length >= sizeof(struct echo))
		receive_echo((const struct echo *)frame, length, checksum_missing);
}

/* Asks a neighbour that is known for an answer. False: none came in time. */
bool echo_request(u32 address, u16 sequence, struct moment *time)
{
	static u8 request[sizeof(struct echo) + ECHO_DATA];
	struct echo *echo = (struct echo *)request;
	struct moment start;

	echo->type = ICMP_ECHO_REQUEST;
	echo->code = 0;
	echo->id = swap16(OUR_ECHO_ID);
	echo->sequence = swap16(sequence);
	for (u32 i = 0; i < ECHO_DATA; i++)
		echo->data[i] = i;
	answered = 0;
	start = clock_now();
	send_echo(echo, neighbour_mac, address, sizeof(request));
	wait_until_or(answered == sequence, ANSWER_MILLISECONDS);
	*time = clock_since(start, answer_time);
	return answered == sequence;
}
