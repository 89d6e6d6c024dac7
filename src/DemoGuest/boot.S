/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first instructions. The launcher has put us at physical 1 MB and enters here in ring 1, with
 * virtual = physical and esi = the boot parameters. We introduce ourselves to the host, make page
 * tables that show the first 4 MB of memory at KERNEL_BASE, and go on up there.
 */
#include "lguest.h"

#define PHYSICAL(symbol)	((symbol) - KERNEL_BASE)

	.section .head, "ax"
	.globl	start
start:
	/* The first hypercall must be this one; lguest_data says all that the host wants to know. */
	movl	$CALL_INIT, %eax
	movl	$PHYSICAL(lguest_data), %ebx
	int	$HYPERCALL_VECTOR

	/* One page table for physical 0 to 4 MB ... */
	movl	$PHYSICAL(first_table), %edi
	movl	$(PTE_PRESENT | PTE_WRITE), %eax
	movl	$1024, %ecx
1:	stosl
	addl	$PAGE_SIZE, %eax
	loop	1b

	/* ... is seen at its own addresses, where we still are, and at KERNEL_BASE. */
	movl	$PHYSICAL(first_table) + PTE_PRESENT + PTE_WRITE, %eax
	movl	%eax, PHYSICAL(kernel_directory)
	movl	%eax, PHYSICAL(kernel_directory) + (KERNEL_BASE >> 22) * 4
	movl	$CALL_NEW_PGTABLE, %eax
	movl	$PHYSICAL(kernel_directory), %ebx
	int	$HYPERCALL_VECTOR

	movl	$kernel_stack_top, %esp
	pushl	%esi
	movl	$kernel_main, %eax
	call	*%eax

	.section .bss, "aw", @nobits
	.balign	PAGE_SIZE
	.globl	kernel_directory
kernel_directory:
	.skip	PAGE_SIZE
first_table:
	.skip	PAGE_SIZE
	.globl	kernel_stack
kernel_stack:
	.skip	2 * PAGE_SIZE
	.globl	kernel_stack_top
kernel_stack_top:

	.section .note.GNU-stack, "", @progbits
