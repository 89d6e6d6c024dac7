// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory and page tables. All RAM that is in use is seen at KERNEL_BASE + its physical address.
 * The host follows our tables, so it is told of each entry that changes.
 */
#include "kernel.h"

#define PART			(1024 * PAGE_SIZE)	/* what one page table covers */
#define TABLE_FLAGS		(PTE_PRESENT | PTE_WRITE)
#define ADDRESS(entry)		((entry) & ~(PAGE_SIZE - 1))
#define DEVICE_BASE		0xf0000000
#define LINEAR_LIMIT		(DEVICE_BASE - KERNEL_BASE)

/* The bits of a page fault's error code. */
#define FAULT_PROTECTION	0x1

extern char image_end[];

static u32 next_new;		/* physical: from here on RAM has never been used */
static u32 end_of_ram;
static void *first_free;	/* pages that came back, each pointing to the next */
static u32 free_count;
static u32 next_device = DEVICE_BASE;
static u32 resolved;
static u32 *directory_in_use = kernel_directory;

void paging_setup(void)
{
	u32 initrd = initrd_start();

	next_new = round_up(physical(image_end), PAGE_SIZE);
	end_of_ram = min(ADDRESS(ram_size()), LINEAR_LIMIT);
	if (initrd && initrd < end_of_ram)
		end_of_ram = ADDRESS(initrd);

	/* boot.S needed virtual = physical for a moment; programs live there. */
	kernel_directory[0] = 0;
	hypercall(CALL_SET_PGD, physical(kernel_directory), 0, 0, 0);
}

u32 memory_size(void)
{
	return ram_size();
}

u32 memory_free(void)
{
	return end_of_ram - next_new + free_count * PAGE_SIZE;
}

u32 page_faults_resolved(void)
{
	return resolved;
}

/* A directory entry above KERNEL_BASE goes into each directory that there is: the kernel's and the running program's. */
static void set_table(u32 *directory, u32 index, u32 entry)
{
	directory[index] = entry;
	hypercall(CALL_SET_PGD, physical(directory), index, 0, 0);
	if (directory == kernel_directory && directory_in_use != kernel_directory) {
		directory_in_use[index] = entry;
		hypercall(CALL_SET_PGD, physical(directory_in_use), index, 0, 0);
	}
}

/*
 * RAM is used from below. boot.S has mapped the first 4 MB; the last page of each 4 MB becomes
 * the table that maps the next. The launcher starts us on zeroed memory, so new pages are clean.
 */
static void *new_page(void)
{
	u32 page = next_new;

	if (page % PART == PART - PAGE_SIZE && end_of_ram - page > PAGE_SIZE) {
		u32 *table = virtual(page);

		next_new += PAGE_SIZE;
		for (u32 i = 0; i < 1024; i++)
			table[i] = (next_new + i * PAGE_SIZE) | TABLE_FLAGS;
		set_table(kernel_directory, (KERNEL_BASE + next_new) / PART, page | TABLE_FLAGS);
		page = next_new;
	}
	if (page >= end_of_ram)
		panic("out of memory");
	next_new += PAGE_SIZE;
	return virtual(page);
}

/* A page of zeros. */
void *alloc_page(void)
{
	void *page = first_free;

	if (!page)
		return new_page();
	first_free = *(void **)page;
	free_count--;
	memset(page, 0, PAGE_SIZE);
	return page;
}

void free_page(void *page)
{
	*(void **)page = first_free;
	first_free = page;
	free_count++;
}

/* Pages that follow each other, in physical memory too. They are never given back. */
void *alloc_pages(u32 count)
{
	for (;;) {
		u8 *first = new_page(), *last = first;
		u32 got = 1;

		while (got < count) {
			u8 *next = new_page();

			if (next != last + PAGE_SIZE)
				break;
			last = next;
			got++;
		}
		if (got == count)
			return first;
	}
}

static u32 *entry_of(u32 *directory, u32 address)
{
	u32 index = address / PART;

	if (!(directory[index] & PTE_PRESENT)) {
		u32 flags = TABLE_FLAGS | (address < KERNEL_BASE ? PTE_USER : 0);

		set_table(directory, index, physical(alloc_page()) | flags);
	}
	return (u32 *)virtual(ADDRESS(directory[index])) + address / PAGE_SIZE % 1024;
}

void map_page(u32 *directory, u32 address, u32 entry)
{
	*entry_of(directory, address) = entry;
	hypercall(CALL_SET_PTE, physical(directory), address, entry, 0);
}

/* The same without a word to the host, who must be told to forget all that it knows of the tables. */
void map_page_silently(u32 *directory, u32 address, u32 entry)
{
	*entry_of(directory, address) = entry;
}

/* The same, but before the mapping can be relied on there must be a hypercall. */
void map_page_later(u32 *directory, u32 address, u32 entry)
{
	*entry_of(directory, address) = entry;
	hypercall_later(CALL_SET_PTE, physical(directory), address, entry, 0);
}

/* Makes a device's registers visible. The host sees each access, so they must not be cached. */
void *map_device(u32 address, u32 size)
{
	u32 offset = address % PAGE_SIZE, start = next_device;

	for (u32 page = ADDRESS(address); page < address + size; page += PAGE_SIZE) {
		map_page_later(kernel_directory, next_device,
			       page | PTE_PRESENT | PTE_WRITE | PTE_UNCACHED);
		next_device += PAGE_SIZE;
	}
	flush_hypercalls();
	return (void *)(start + offset);
}

/* Two ranges get their pages when they are first touched: one of the kernel's, and programs' stack and heap. */
bool resolve_page_fault(u32 address, u32 error)
{
	u32 *directory, flags;

	if (error & FAULT_PROTECTION)
		return false;
	if (address >= DEMAND_BASE && address < DEMAND_BASE + DEMAND_PAGES * PAGE_SIZE) {
		directory = kernel_directory;
		flags = PTE_PRESENT | PTE_WRITE;
	} else if (process_page_fault(address)) {
		directory = directory_in_use;
		flags = PTE_PRESENT | PTE_WRITE | PTE_USER;
	} else {
		return false;
	}
	map_page(directory, ADDRESS(address), physical(alloc_page()) | flags);
	resolved++;
	return true;
}

void use_directory(u32 *directory)
{
	directory_in_use = directory;
	hypercall(CALL_NEW_PGTABLE, physical(directory), 0, 0, 0);
}
