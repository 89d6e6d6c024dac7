/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the network driver, net.c, and the protocols, inet.c. Addresses are numbers in our own byte order. */
#ifndef NET_H
#define NET_H

#include "kernel.h"

#define MOST_FRAME	1514

extern u8 net_mac[6];
extern u32 net_address;

void net_send(const void *frame, u32 length, u32 checksum_from, u32 checksum_at);

void net_receive(const u8 *frame, u32 length, bool checksum_missing);
u16 internet_checksum(const void *data, u32 length);
bool arp_resolve(u32 address);
bool echo_request(u32 address, u16 sequence, struct moment *time);

#endif
