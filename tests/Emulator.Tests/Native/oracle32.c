/*
 * The host processor's half of the processor check: runs short pieces of 32-bit code in its own process and reports what they left behind.
 * A 32-bit program without a C library, so that a plain gcc builds it:
 *
 *	gcc -m32 -O2 -nostdlib -static -ffreestanding -fno-pie -no-pie -fno-stack-protector -mgeneral-regs-only oracle32.c
 *
 * Everything in the address space but this image is unmapped first; then the regions, segments and cases come in on standard input, in
 * host byte order (the structures below), and one report for each case goes out on standard output. A case starts by a sigreturn,
 * which loads all registers at once, and ends by the signal of the first exception: the rig fills unused code with int3.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum {
	SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_MUNMAP = 91, SYS_SETITIMER = 104, SYS_SIGRETURN = 119, SYS_MPROTECT = 125,
	SYS_RT_SIGRETURN = 173, SYS_RT_SIGACTION = 174, SYS_SIGALTSTACK = 186, SYS_MMAP2 = 192, SYS_SET_THREAD_AREA = 243,
};

enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGVTALRM = 26 };
enum { SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANONYMOUS = 32, MAP_POPULATE = 0x8000 };
enum { ITIMER_VIRTUAL = 1, PAGE = 4096, MAX_REGIONS = 8, MAX_MEMORY = 16 * PAGE, MAX_SEGMENTS = 3, TICKS_ALLOWED = 4 };

#define MAGIC 0x3143524f	/* "ORC1" */

/* Linux's 32-bit struct sigcontext. */
struct context {
	u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trap, error, eip, cs, eflags, esp_at_signal, ss, fpstate, oldmask, cr2;
};

/* What sigreturn takes off the stack: the context, room for an old floating-point state, the rest of the signal mask. */
struct frame {
	struct context context;
	u8 unused[1024];
};

struct action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct stack { void *base; u32 flags; u32 size; };
struct user_desc { u32 entry, base, limit, flags; };
struct ucontext { u32 flags; void *link; struct stack stack; struct context context; };

/* Input: a header, its segments, its regions each followed by its content, then cases each followed by its patches until the input ends. */
struct header { u32 magic, segments, regions; };
struct segment { u32 base, limit, flags; };
struct region { u32 address, size, protection; };
struct input { u32 gs, fs, es, ds, ss, edi, esi, ebp, esp, ebx, edx, ecx, eax, eip, eflags, patches; };
struct patch { u32 address, length; };	/* then the bytes, padded to a multiple of 4 */

/* Output: one hello, then a report a case, followed by each 32-bit word of writable memory that is not as the regions' content has it. */
struct hello { u32 magic, image_start, image_end, code_selector, data_selector, selectors[MAX_SEGMENTS]; };
struct report { u32 signal; struct context context; u32 changes; };
struct change { u32 address, value; };

extern u8 __executable_start[], _end[];

static u8 main_stack[64 * 1024] __attribute__((aligned(16), used));
static u8 signal_stack[64 * 1024] __attribute__((aligned(16)));
static u32 pristine[MAX_MEMORY / 4];
static struct region regions[MAX_REGIONS];
static u32 region_count;
static struct header header;
static struct hello hello;
static struct input input;
static struct frame frame;
static u8 in_buffer[64 * 1024], out_buffer[64 * 1024];
static u32 in_position, in_length, out_length, ticks;

static int call(int number, u32 a, u32 b, u32 c, u32 d, u32 e)
{
	int result;
	asm volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return result;
}

/* The sixth argument of mmap2 goes in ebp, which the compiler won't give away: offset 0 is all that is needed. */
static int map(u32 address, u32 size, u32 protection)
{
	int result;
	asm volatile("push %%ebp; xor %%ebp, %%ebp; int $0x80; pop %%ebp"
		: "=a"(result)
		: "0"(SYS_MMAP2), "b"(address), "c"(size), "d"(protection), "S"(MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_POPULATE), "D"(-1)
		: "memory");
	return result;
}

/* The compiler may call these for structures. */
void *memset(void *to, int value, __SIZE_TYPE__ count)
{
	void *end = to;
	asm volatile("rep stosb" : "+D"(end), "+c"(count) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ count)
{
	void *end = to;
	asm volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(count) : : "memory");
	return to;
}

static void quit(int status)
{
	call(SYS_EXIT, status, 0, 0, 0, 0);
	__builtin_unreachable();
}

static void flush(void)
{
	u32 done = 0;
	while (done < out_length) {
		int n = call(SYS_WRITE, 1, (u32)out_buffer + done, out_length - done, 0, 0);
		if (n <= 0)
			quit(2);
		done += n;
	}
	out_length = 0;
}

static void put(const void *data, u32 length)
{
	if (out_length + length > sizeof(out_buffer))
		flush();
	for (u32 i = 0; i < length; i++)
		out_buffer[out_length + i] = ((const u8 *)data)[i];
	out_length += length;
}

/* Reads exactly so many bytes. Returns 0 at the end of the input. */
static int get(void *data, u32 length)
{
	for (u32 i = 0; i < length; i++) {
		if (in_position == in_length) {
			flush();	/* whoever writes the input may be waiting for what it has asked for so far */
			int n = call(SYS_READ, 0, (u32)in_buffer, sizeof(in_buffer), 0, 0);
			if (n <= 0)
				return 0;
			in_position = 0;
			in_length = n;
		}
		((u8 *)data)[i] = in_buffer[in_position++];
	}
	return 1;
}

static void need(void *data, u32 length)
{
	if (!get(data, length))
		quit(3);
}

/* Reports the words that differ from the regions' content, and puts them back. */
static void put_changes(struct report *report)
{
	static struct change changes[MAX_MEMORY / 4];
	const u32 *expected = pristine;
	for (u32 r = 0; r < region_count; r++) {
		u32 *word = (u32 *)regions[r].address;
		u32 words = regions[r].size / 4;
		if (regions[r].protection & PROT_WRITE)
			for (u32 i = 0; i < words; i++)
				if (word[i] != expected[i]) {
					changes[report->changes].address = (u32)&word[i];
					changes[report->changes++].value = word[i];
					word[i] = expected[i];
				}
		expected += words;
	}
	put(report, sizeof(*report));
	for (u32 i = 0; i < report->changes; i++)
		put(&changes[i], sizeof(changes[i]));
}

static __attribute__((used)) void run_cases(void)
{
	while (get(&input, sizeof(input))) {
		for (u32 i = 0; i < input.patches; i++) {
			struct patch patch;
			u32 padding;
			need(&patch, sizeof(patch));
			need((void *)patch.address, patch.length);
			need(&padding, -patch.length & 3);
		}
		frame.context = (struct context) {
			.gs = input.gs, .fs = input.fs, .es = input.es, .ds = input.ds, .ss = input.ss, .cs = hello.code_selector,
			.edi = input.edi, .esi = input.esi, .ebp = input.ebp, .esp = input.esp, .ebx = input.ebx, .edx = input.edx,
			.ecx = input.ecx, .eax = input.eax, .eip = input.eip, .eflags = input.eflags,
		};
		ticks = 0;
		asm volatile("mov %0, %%esp; int $0x80" : : "r"(&frame), "a"(SYS_SIGRETURN) : "memory");
		__builtin_unreachable();
	}
	flush();
	quit(0);
}

/* The end of a case: on the signal stack, never to return. */
static __attribute__((used)) void case_ended(u32 signal, struct context *context)
{
	struct report report = { .signal = signal, .context = *context };
	put_changes(&report);
	asm volatile("mov %0, %%esp; jmp resume" : : "r"(main_stack + sizeof(main_stack)) : "memory");
	__builtin_unreachable();
}

static __attribute__((used)) void on_signal(u32 signal, void *info, struct ucontext *ucontext)
{
	u32 eip = ucontext->context.eip;
	int in_image = eip >= (u32)__executable_start && eip < (u32)_end;
	(void)info;
	if (signal == SIGVTALRM && (in_image || ++ticks < TICKS_ALLOWED))
		return;
	if (in_image && ucontext->context.cs == hello.code_selector)
		quit(4);
	case_ended(signal, &ucontext->context);
}

/* The code under test may have left AC and NT set; direction and trap flag the kernel has cleared. */
asm(
	".globl _start\n"
	"_start: mov $main_stack + 65536, %esp; call start\n"
	"resume: call run_cases\n"
	"entry: pushl $2; popfl; jmp on_signal\n"
	"restorer: mov $173, %eax; int $0x80\n");
extern u8 entry[], restorer[];

static __attribute__((used)) void start(void)
{
	static const u8 signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGVTALRM };
	u32 image_end = ((u32)_end + PAGE - 1) & -PAGE;
	u32 *content = pristine;

	/* The initial stack and the vdso; the address space of a 32-bit process ends here on a 64-bit kernel, or else at 3 GB. */
	if (call(SYS_MUNMAP, image_end, 0xffffe000 - image_end, 0, 0, 0) != 0)
		call(SYS_MUNMAP, image_end, 0xc0000000 - image_end, 0, 0, 0);

	need(&header, sizeof(header));
	if (header.magic != MAGIC || header.segments > MAX_SEGMENTS || header.regions > MAX_REGIONS)
		quit(5);

	hello.magic = MAGIC;
	hello.image_start = (u32)__executable_start;
	hello.image_end = image_end;
	asm("mov %%cs, %0; mov %%ss, %1" : "=r"(hello.code_selector), "=r"(hello.data_selector));
	for (u32 i = 0; i < header.segments; i++) {
		struct segment segment;
		need(&segment, sizeof(segment));
		struct user_desc desc = { -1, segment.base, segment.limit, segment.flags };
		if (call(SYS_SET_THREAD_AREA, (u32)&desc, 0, 0, 0, 0) != 0)
			quit(6);
		hello.selectors[i] = desc.entry * 8 + 3;
	}

	for (u32 i = 0; i < header.regions; i++) {
		struct region *region = &regions[region_count++];
		need(region, sizeof(*region));
		if ((u8 *)content + region->size > (u8 *)pristine + sizeof(pristine))
			quit(7);
		if (map(region->address, region->size, PROT_READ | PROT_WRITE) != (int)region->address)
			quit(8);
		need(content, region->size);
		for (u32 j = 0; j < region->size / 4; j++)
			((u32 *)region->address)[j] = *content++;
		if (call(SYS_MPROTECT, region->address, region->size, region->protection, 0, 0) != 0)
			quit(9);
	}

	struct stack stack = { signal_stack, 0, sizeof(signal_stack) };
	call(SYS_SIGALTSTACK, (u32)&stack, 0, 0, 0, 0);
	for (u32 i = 0; i < sizeof(signals); i++) {
		struct action action = { entry, SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESTORER, restorer, { 0, 0 } };
		if (call(SYS_RT_SIGACTION, signals[i], (u32)&action, 0, 8, 0) != 0)
			quit(10);
	}
	static const u32 quarter_seconds[4] = { 0, 250000, 0, 250000 };
	call(SYS_SETITIMER, ITIMER_VIRTUAL, (u32)quarter_seconds, 0, 0, 0);

	put(&hello, sizeof(hello));
}
