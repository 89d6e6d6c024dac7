/*
 * Executes single x87, MMX or SSE instructions on the host processor: reads records with an instruction and the state
 * to run it on from standard input until it ends, writes one record with the resulting state for each.
 *
 * The instruction may name eax and memory at (%rsi) or (%rdi), which have the same encoding as (%esi) and (%edi) in
 * 32-bit code.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct record {
	uint8_t code[15];
	uint8_t length;
	uint8_t image[512];	/* fxsave layout */
	uint8_t memory[128];	/* at (%rsi) and (%rdi), 16-byte aligned */
	uint32_t eax;
	uint32_t eflags;
	uint32_t signal;	/* out: 0, or what the instruction raised */
	uint32_t pad;
};

static uint8_t *code;
static size_t code_length;
static volatile sig_atomic_t caught;

static void handle(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	uint8_t *rip = (uint8_t *)c->uc_mcontext.gregs[REG_RIP];

	(void)info;
	if (rip < code || rip > code + code_length)
		_Exit(3);
	caught = signal;
	/* The instruction's state stays as the fault left it; go on at the ret behind it. */
	c->uc_mcontext.gregs[REG_RIP] = (long)(code + code_length);
}

static void run(struct record *r)
{
	static _Alignas(16) uint8_t image[512], memory[128], after[512];
	uint64_t eax = r->eax, flags = r->eflags;

	memcpy(image, r->image, sizeof(image));
	memcpy(memory, r->memory, sizeof(memory));
	memset(after, 0, sizeof(after));
	memcpy(code, r->code, r->length);
	code[r->length] = 0xC3;
	code_length = r->length;
	caught = 0;
	__asm__ volatile(
		"fxrstor (%[image])\n\t"
		"push %[flags]\n\t"
		"popfq\n\t"
		"call *%[code]\n\t"
		"pushfq\n\t"
		"pop %[flags]\n\t"
		"fxsave (%[after])\n\t"
		"fninit\n\t"
		: "+a"(eax), [flags] "+b"(flags)
		: [image] "r"(image), [after] "r"(after), [code] "r"(code), "S"(memory), "D"(memory)
		: "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
	uint32_t mxcsr = 0x1F80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));

	memcpy(r->image, after, sizeof(after));
	memcpy(r->memory, memory, sizeof(memory));
	r->eax = (uint32_t)eax;
	r->eflags = (uint32_t)flags;
	r->signal = (uint32_t)caught;
}

int main(void)
{
	static const int signals[] = { SIGFPE, SIGSEGV, SIGILL, SIGBUS };
	struct record r;

	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED)
		return 2;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER };
		sigaction(signals[i], &action, NULL);
	}
	while (fread(&r, sizeof(r), 1, stdin) == 1) {
		run(&r);
		if (fwrite(&r, sizeof(r), 1, stdout) != 1)
			return 1;
	}
	return 0;
}
