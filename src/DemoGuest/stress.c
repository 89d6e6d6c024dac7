// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stress command: maps and unmaps pages through the ring of waiting hypercalls while the clock
 * ticks, and checks that each address shows the page that was put there.
 */
#include "kernel.h"

#define PAGES		32
#define MOST_ROUNDS	100000

static u32 *pages[PAGES];

/* In round r, page p lies at slot (p + r) mod PAGES. */
static void map_all(u32 round)
{
	for (u32 p = 0; p < PAGES; p++)
		map_page_later(kernel_directory, SCRATCH_BASE + (p + round) % PAGES * PAGE_SIZE,
			       physical(pages[p]) | PTE_PRESENT | PTE_WRITE);
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
