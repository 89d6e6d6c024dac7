// SPDX-License-Identifier: GPL-2.0-or-later
/* The shell: reads a line, finds the command, and has a few small commands of its own. */
#include "kernel.h"

#define PROMPT		"demo> "
#define LINE_SIZE	256

#define BACKSPACE	8
#define DELETE		127
#define CONTROL_C	3
#define CONTROL_U	21

/* Words are separated by blanks; the rest of the line from each word on is kept as it was typed. */
static void split(char *line, struct words *words)
{
	static char rest[LINE_SIZE];

	memcpy(rest, line, strlen(line) + 1);
	words->count = 0;
	for (char *at = line; *at && words->count < (int)array_size(words->word); ) {
		while (*at == ' ')
			*at++ = '\0';
		if (!*at)
			break;
		words->word[words->count] = at;
		words->rest[words->count] = rest + (at - line);
		words->count++;
		while (*at && *at != ' ')
			at++;
	}
}

static command help_command;

/* Whether it is whole: its size, which the launcher rounds up to pages, and the sum of its bytes. */
static void initrd_command(struct words *words)
{
	u32 sum = 0;

	(void)words;
	if (!initrd_start()) {
		print("initrd: there is none\n");
		return;
	}
	for (u32 at = 0; at < initrd_size(); at += PAGE_SIZE) {
		map_page(kernel_directory, SCRATCH_BASE, (initrd_start() + at) | PTE_PRESENT);
		for (u32 i = 0; i < PAGE_SIZE; i++)
			sum += *(u8 *)(SCRATCH_BASE + i);
	}
	map_page(kernel_directory, SCRATCH_BASE, 0);
	print("initrd: %u bytes at %08x, sum %08x\n", initrd_size(), initrd_start(), sum);
}

static void uptime_command(struct words *words)
{
	struct moment up = clock_uptime();

	(void)words;
	print("up %u.%03u seconds, %u ticks, %u interrupts\n", up.seconds, up.nanoseconds / 1000000, clock_ticks(),
	      interrupt_count());
}

/* Days since 1970 to a date: years start in March here, so that the odd day is the last. */
static void date_command(struct words *words)
{
	struct moment now = clock_now();
	u32 days = now.seconds / 86400 + 719468, second = now.seconds % 86400;
	u32 era = days / 146097, day = days % 146097;
	u32 year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	u32 of_year = day - (365 * year + year / 4 - year / 100);
	u32 month = (5 * of_year + 2) / 153;

	(void)words;
	year += era * 400 + (month >= 10);
	print("%04u-%02u-%02u %02u:%02u:%02u UTC\n", year, month < 10 ? month + 3 : month - 9,
	      of_year - (153 * month + 2) / 5 + 1, second / 3600, second / 60 % 60, second % 60);
}

static void sleep_command(struct words *words)
{
	u32 milliseconds;

	if (words->count != 2 || !parse_number(words->word[1], &milliseconds))
		print("sleep MILLISECONDS\n");
	else
		clock_sleep(milliseconds);
}

static void cpu_command(struct words *words)
{
	u32 leaf[4], signature, features;
	char vendor[13] = "";

	(void)words;
	asm("cpuid" : "=a" (leaf[0]), "=b" (leaf[1]), "=c" (leaf[3]), "=d" (leaf[2]) : "a" (0));
	memcpy(vendor, leaf + 1, 12);
	asm("cpuid" : "=a" (signature), "=d" (features) : "a" (1) : "ebx", "ecx");
	print("cpu: %s, family %u model %u stepping %u, features %08x, tsc %u kHz\n", vendor, signature >> 8 & 15,
	      signature >> 4 & 15, signature & 15, features, lguest_data.tsc_khz);
}

static void irqs_command(struct words *words)
{
	(void)words;
	print_interrupts();
}

static void pci_command(struct words *words)
{
	(void)words;
	print_pci_devices();
}

static void user_command(struct words *words)
{
	process_summary(run_program(words->count > 1 ? words->word[1] : ""));
}

static void echo_command(struct words *words)
{
	print("%s\n", words->count > 1 ? words->rest[1] : "");
}

static void cmdline_command(struct words *words)
{
	(void)words;
	print("%s\n", command_line);
}

static void reboot_command(struct words *words)
{
	(void)words;
	restart();
}

static void halt_command(struct words *words)
{
	(void)words;
	power_off();
}

static const struct {
	const char *name, *arguments, *help;
	command *run;
} commands[] = {
	{ "help", "", "this list", help_command },
	{ "mem", "[test]", "memory; write and read back all that is free", mem_command },
	{ "initrd", "", "the initial RAM disk", initrd_command },
	{ "uptime", "", "time since the start, ticks and interrupts", uptime_command },
	{ "date", "", "the host's time of day", date_command },
	{ "sleep", "MS", "wait so many milliseconds", sleep_command },
	{ "cpu", "", "the processor", cpu_command },
	{ "irqs", "", "interrupts of each line", irqs_command },
	{ "pci", "", "devices on the bus", pci_command },
	{ "disk", "...", "info, use N, read N, write N TEXT, verify, flush", disk_command },
	{ "rng", "[N]", "random bytes", rng_command },
	{ "net", "...", "info, ping A.B.C.D [COUNT]", net_command },
	{ "user", "[PROGRAM]", "run a program in ring 3", user_command },
	{ "fault", "[KIND]", "cause a trap that is handled", fault_command },
	{ "ports", "", "instructions that the launcher does for us", ports_command },
	{ "die", "[KIND]", "break a rule of the lguest interface", die_command },
	{ "violate", "N | list", "break rule N for virtio drivers", violate_command },
	{ "stress", "[ROUNDS]", "page tables, hypercall ring and clock", stress_command },
	{ "echo", "TEXT", "print the text", echo_command },
	{ "cmdline", "", "the kernel's command line", cmdline_command },
	{ "reboot", "", "start anew", reboot_command },
	{ "halt", "", "power off", halt_command },
};

static void help_command(struct words *words)
{
	(void)words;
	for (u32 i = 0; i < array_size(commands); i++) {
		char usage[32];

		format_string(usage, sizeof(usage), "%s %s", commands[i].name, commands[i].arguments);
		print("%-18s%s\n", usage, commands[i].help);
	}
}

static void run_line(char *line)
{
	struct words words;

	split(line, &words);
	if (!words.count)
		return;
	for (u32 i = 0; i < array_size(commands); i++) {
		if (!strcmp(words.word[0], commands[i].name)) {
			commands[i].run(&words);
			return;
		}
	}
	print("%s: no such command; try help\n", words.word[0]);
}

/* Commands separated by semicolons, up to the end or, where they are in quotes, the closing one. */
void run_commands(const char *text)
{
	char end = *text == '"' ? *text++ : '\0';

	while (*text && *text != end) {
		char line[LINE_SIZE];
		u32 length = 0;

		for (; *text && *text != end && *text != ';'; text++)
			if (length < sizeof(line) - 1)
				line[length++] = *text;
		line[length] = '\0';
		if (*text == ';')
			text++;
		print(PROMPT "%s\n", line);
		run_line(line);
	}
}

/* Reads one line with echo; CR, LF or both end it. False: ^C was typed instead. */
static bool read_line(char *line)
{
	static char last;
	u32 length = 0;

	for (;;) {
		char c = console_read(), before = last;

		last = c;
		switch (c) {
		case '\n':
			if (before == '\r')
				break;
			/* fall through */
		case '\r':
			print("\n");
			line[length] = '\0';
			return true;
		case CONTROL_C:
			print("^C\n");
			return false;
		case CONTROL_U:
			for (; length; length--)
				print("\b \b");
			break;
		case BACKSPACE:
		case DELETE:
			if (length) {
				length--;
				print("\b \b");
			}
			break;
		default:
			if (c >= ' ' && length < LINE_SIZE - 1) {
				line[length++] = c;
				print("%c", c);
			}
		}
	}
}

void shell(void)
{
	for (;;) {
		char line[LINE_SIZE];

		print(PROMPT);
		if (read_line(line))
			run_line(line);
	}
}
