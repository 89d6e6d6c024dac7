// SPDX-License-Identifier: GPL-2.0-or-later
/* From the boot page to the prompt. */
#include "kernel.h"

/* Offsets in the boot page, as Linux' boot protocol has them. */
#define BOOT_E820_ENTRIES	0x1e8
#define BOOT_RAMDISK_IMAGE	0x218
#define BOOT_RAMDISK_SIZE	0x21c
#define BOOT_COMMAND_LINE	0x228
#define BOOT_SUBARCHITECTURE	0x23c
#define BOOT_E820_MAP		0x2d0
#define SUBARCHITECTURE_LGUEST	1
#define E820_RAM		1

struct e820_entry {
	u32 base, base_high, size, size_high, type;
};

char command_line[512];
static const u8 *boot_page;

static u32 boot_word(u32 offset)
{
	return *(const u32 *)(boot_page + offset);
}

u32 initrd_start(void)
{
	return boot_word(BOOT_RAMDISK_IMAGE);
}

u32 initrd_size(void)
{
	return boot_word(BOOT_RAMDISK_SIZE);
}

/* The end of the RAM that starts at 0. */
u32 ram_size(void)
{
	const struct e820_entry *map = (const struct e820_entry *)(boot_page + BOOT_E820_MAP);

	for (u32 i = 0; i < boot_page[BOOT_E820_ENTRIES]; i++)
		if (map[i].type == E820_RAM && map[i].base == 0)
			return map[i].size;
	panic("the boot page lists no memory");
}

/* What follows a word of the command line that starts like this, or null. */
const char *command_line_option(const char *name)
{
	u32 length = strlen(name);
	const char *at = command_line;

	while (*at) {
		if (!strncmp(at, name, length))
			return at + length;
		while (*at && *at != ' ')
			at++;
		while (*at == ' ')
			at++;
	}
	return NULL;
}

static void banner(void)
{
	print("LguestPS demo guest\n");
	print("Memory: %u KB, %u KB free\n", memory_size() / 1024, memory_free() / 1024);
	if (*command_line)
		print("Command line: %s\n", command_line);
}

/* From boot.S, on the kernel's page tables and stack. */
void kernel_main(u32 boot_parameters)
{
	const char *commands;

	boot_page = virtual(boot_parameters);
	format_string(command_line, sizeof(command_line), "%s", (const char *)virtual(boot_word(BOOT_COMMAND_LINE)));
	console_early();
	if (boot_word(BOOT_SUBARCHITECTURE) != SUBARCHITECTURE_LGUEST)
		panic("this is no lguest host");
	paging_setup();
	lguest_setup();
	clock_setup();
	if (!command_line_option("quiet"))
		banner();

	pci_setup();
	virtio_setup();
	console_setup();
	block_setup();
	rng_setup();
	net_setup();

	commands = command_line_option("run=");
	if (commands)
		run_commands(commands);
	shell();
}
