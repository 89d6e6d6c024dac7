// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands that work the memory. stress moves pages about while the clock ticks, and checks that each
 * address shows the page that was put there; mem test uses all pages that are free.
 */
#include "kernel.h"

#define PAGES		32
#define MOST_ROUNDS	100000

static u32 *pages[PAGES];

/*
 * In round r, page p lies at slot (p + r) mod PAGES. The host hears of each change by the ring in even
 * rounds; in odd ones it is told to forget everything.
 */
static void map_all(u32 round)
{
	for (u32 p = 0; p < PAGES; p++) {
		u32 address = SCRATCH_BASE + (p + round) % PAGES * PAGE_SIZE;
		u32 entry = physical(pages[p]) | PTE_PRESENT | PTE_WRITE;

		if (round % 2)
			map_page_silently(kernel_directory, address, entry);
		else
			map_page_later(kernel_directory, address, entry);
	}
	if (round % 2)
		hypercall(CALL_FLUSH_TLB, 1, 0, 0, 0);
	else
		flush_hypercalls();
}

static u32 count_wrong(u32 round)
{
	u32 wrong = 0;

	for (u32 p = 0; p < PAGES; p++) {
		volatile u32 *seen = (u32 *)(SCRATCH_BASE + (p + round) % PAGES * PAGE_SIZE);

		if (seen[0] != p || seen[1] != round)
			wrong++;
		seen[1] = round + 1;
	}
	return wrong;
}

/* stress [ROUNDS] */
void stress_command(struct words *words)
{
	u32 rounds = 50, wrong = 0, before = clock_ticks();

	if (words->count > 1 && (!parse_number(words->word[1], &rounds) || rounds > MOST_ROUNDS)) {
		print("stress: at most %u rounds\n", MOST_ROUNDS);
		return;
	}
	for (u32 p = 0; p < PAGES; p++) {
		if (!pages[p])
			pages[p] = alloc_page();
		pages[p][0] = p;
		pages[p][1] = 0;
	}
	clock_start();
	for (u32 round = 0; round < rounds; round++) {
		map_all(round);
		wrong += count_wrong(round);
		if (round % 16 == 0)
			clock_now();
	}
	for (u32 p = 0; p < PAGES; p++)
		map_page_later(kernel_directory, SCRATCH_BASE + p * PAGE_SIZE, 0);
	flush_hypercalls();
	wait_until(clock_ticks() != before);
	clock_stop();
	print("stress: %u rounds, %u mappings, %u wrong, the clock ticks\n", rounds, rounds * PAGES, wrong);
}

/* What is left free while all other memory is tested. */
#define RESERVE		(64 * PAGE_SIZE)

/* The first word of each page leads to the one before, the last says which it is. */
static void test_memory(void)
{
	u32 *last = NULL, count = 0, wrong = 0;

	while (memory_free() > RESERVE) {
		u32 *page = alloc_page();

		for (u32 i = 0; i < PAGE_SIZE / 4; i += 16)
			wrong += page[i] != 0;
		page[0] = (u32)last;
		page[PAGE_SIZE / 4 - 1] = count++;
		last = page;
	}
	for (u32 i = count; i--; ) {
		u32 *page = last;

		wrong += page[PAGE_SIZE / 4 - 1] != i;
		last = (u32 *)page[0];
		free_page(page);
	}
	print("memory: %u pages written and read back, %u wrong\n", count, wrong);
}

/* mem [test] */
void mem_command(struct words *words)
{
	if (words->count > 1 && !strcmp(words->word[1], "test"))
		test_memory();
	else
		print("memory: %u KB, %u KB free, %u page faults resolved\n", memory_size() / 1024,
		      memory_free() / 1024, page_faults_resolved());
}
