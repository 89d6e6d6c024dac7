/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways into the kernel and out of it: a stub for each trap, interrupt and the system call, the
 * one return path, and the door to ring 3.
 */
#include "lguest.h"

	.text

	/* The processor pushes an error code for these, for all others we push a 0. */
#define HAS_ERROR_CODE(vector) \
	((vector) == 8 || ((vector) >= 10 && (vector) <= 14) || (vector) == 17)

	.macro	stub vector
	.section .rodata
	.long	entry_\vector
	.text
entry_\vector:
	.if	!HAS_ERROR_CODE(\vector)
	pushl	$0
	.endif
	pushl	$\vector
	jmp	trap_entry
	.endm

	/* entry_points[n] is the stub of vector n; the last one is the system call's. */
	.section .rodata
	.balign	4
	.globl	entry_points
entry_points:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19
	stub	\n
	.endr
	.irp	n, 20,21,22,23,24,25,26,27,28,29,30,31
	stub	\n
	.endr
	.irp	n, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
	stub	\n
	.endr
	.irp	n, 48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63
	stub	\n
	.endr
	stub	128

trap_entry:
	pushl	%es
	pushl	%ds
	pushal
	movl	$KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	cld
	movl	%esp, %eax
	pushl	%eax
	call	trap
	addl	$4, %esp

	popal
	popl	%ds
	popl	%es
	addl	$8, %esp

	/*
	 * The frame's eflags say whether interrupts were on, but the host looks at irq_enabled.
	 * From the moment we write it an interrupt may come, and be handled on top of our
	 * frame. At noirq_iret itself the host pushes no second frame but uses ours again.
	 * An interrupt that has waited for this moment needs a word to the host.
	 * The data segment may be a program's already, so the stack's is used.
	 */
return_from_trap:
	pushl	%eax
	movl	12(%esp), %eax
	andl	$FLAG_INTERRUPT, %eax
	movl	%eax, %ss:lguest_data + LGUEST_IRQ_ENABLED
	testl	%eax, %ss:lguest_data + LGUEST_IRQ_PENDING
	jz	1f
	movl	$CALL_SEND_INTERRUPTS, %eax
	int	$HYPERCALL_VECTOR
1:	popl	%eax
	.globl	noirq_iret
noirq_iret:
	iret

	/*
	 * int enter_program(u32 eip, u32 esp): runs in ring 3 until leave_program(). Traps from
	 * there come in on this stack, just below what we save here.
	 */
	.globl	enter_program
enter_program:
	movl	4(%esp), %ecx
	movl	8(%esp), %edx
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	%esp, program_stack_mark
	pushl	%edx
	pushl	%ecx

	movl	$CALL_SET_STACK, %eax
	movl	$KERNEL_DS, %ebx
	movl	program_stack_mark, %ecx
	movl	$1, %edx
	int	$HYPERCALL_VECTOR

	popl	%ecx
	popl	%edx
	pushl	$USER_DS
	pushl	%edx
	pushl	$(FLAG_INTERRUPT | 2)
	pushl	$USER_CS
	pushl	%ecx
	movl	$USER_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	jmp	return_from_trap

	/* void leave_program(int status): what enter_program() then returns. */
	.globl	leave_program
leave_program:
	movl	4(%esp), %eax
	movl	program_stack_mark, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

	.section .bss, "aw", @nobits
	.balign	4
program_stack_mark:
	.skip	4

	.section .note.GNU-stack, "", @progbits
