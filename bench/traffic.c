/*
 * Makes the traffic that the measurements of disk and network time. A Linux program without a C library, so that the same
 * file runs in the guest, under QEMU and, as the network's other end, on the host. It says "DONE" when it is done; who reads
 * that takes the time.
 *
 *   traffic data BYTES                    text of short random lines, to standard output
 *   traffic read PATH CHUNK COUNT         reads of a device past the page cache, from its start on and over again
 *   traffic random PATH BYTES COUNT       4096-byte reads at random places of its first BYTES
 *   traffic write PATH CHUNK COUNT        writes of a device past the page cache, from its start on and over again
 *   traffic serve PORT                    the network's other end: serves one connection after the other
 *   traffic send ADDRESS PORT BYTES       sends, and waits until the other end has had everything
 *   traffic receive ADDRESS PORT BYTES
 *   traffic ask ADDRESS PORT COUNT        a byte there and a byte back, COUNT times
 */
typedef unsigned char u8;
typedef unsigned int u32;

enum {
	SYS_exit = 1, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_lseek = 19, SYS_socketcall = 102, SYS_pread64 = 180,
	SOCKET = 1, BIND = 2, CONNECT = 3, LISTEN = 4, ACCEPT = 5, SET_OPTION = 14,
	READ_ONLY = 0, WRITE_ONLY = 1, DIRECT = 040000, NO_ROOM = -28,
	CHUNK = 1 << 16,
};

static long system_call(long number, long a, long b, long c, long d, long e)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return result;
}

static void say(const char *text)
{
	u32 length = 0;
	while (text[length])
		length++;
	system_call(SYS_write, 1, (long)text, length, 0, 0);
}

static void __attribute__((noreturn)) end(const char *text, int code)
{
	say(text);
	for (;;)
		system_call(SYS_exit, code, 0, 0, 0, 0);
}

static long check(long result, const char *what)
{
	if (result >= 0)
		return result;
	say("FAILED ");
	say(what);
	end("\n", 1);
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static u32 number(const char **text)
{
	u32 value = 0;
	while (**text >= '0' && **text <= '9')
		value = value * 10 + *(*text)++ - '0';
	return value;
}

static u32 seed = 12345;

static u32 next(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static u8 buffer[1 << 20] __attribute__((aligned(4096)));

/* ---- text ---- */

static void data(u32 bytes)
{
	while (bytes) {
		u32 length = bytes < CHUNK ? bytes : CHUNK;
		for (u32 i = 0; i < length; i++)
			buffer[i] = i % 8 == 7 ? '\n' : '0' + next() % 64;
		for (u32 done = 0; done < length;)
			done += check(system_call(SYS_write, 1, (long)buffer + done, length - done, 0, 0), "write");
		bytes -= length;
	}
}

/* ---- disk ---- */

static void go_through(const char *path, u32 chunk, u32 count, int writing)
{
	long file = check(system_call(SYS_open, (long)path, DIRECT | (writing ? WRITE_ONLY : READ_ONLY), 0, 0, 0), "open");
	if (chunk > sizeof buffer)
		end("FAILED chunk too large\n", 1);
	while (count) {
		long done = system_call(writing ? SYS_write : SYS_read, file, (long)buffer, chunk, 0, 0);
		if (done == (long)chunk) {
			count--;
		} else {	/* the end: no more bytes, or no more room */
			check(done == NO_ROOM ? 0 : done, "read or write");
			check(system_call(SYS_lseek, file, 0, 0, 0, 0), "lseek");
		}
	}
}

static void read_at_random(const char *path, u32 bytes, u32 count)
{
	long file = check(system_call(SYS_open, (long)path, DIRECT | READ_ONLY, 0, 0, 0), "open");
	while (count--)
		check(system_call(SYS_pread64, file, (long)buffer, 4096, next() % (bytes / 4096) * 4096, 0) - 4096, "pread");
}

/* ---- network ---- */

struct address {
	unsigned short family, port;
	u32 host;
	u8 zero[8];
};

static long socket_call(int call, long a, long b, long c, long d, long e)
{
	long arguments[] = { a, b, c, d, e };
	return system_call(SYS_socketcall, call, (long)arguments, 0, 0, 0);
}

static struct address address_of(const char *host, const char *port)
{
	struct address address = { .family = 2 };
	u32 p = number(&port);
	address.port = (unsigned short)(p >> 8 | p << 8);
	for (int shift = 0; shift < 32; shift += 8) {
		address.host |= number(&host) << shift;
		if (*host == '.')
			host++;
	}
	return address;
}

static long new_socket(void)
{
	int one = 1;
	long s = check(socket_call(SOCKET, 2, 1, 0, 0, 0), "socket");
	socket_call(SET_OPTION, s, 6, 1, (long)&one, sizeof one);	/* TCP_NODELAY */
	socket_call(SET_OPTION, s, 1, 2, (long)&one, sizeof one);	/* SO_REUSEADDR */
	return s;
}

/* What the client wants of the other end: the first bytes of a connection. */
struct request {
	u32 kind;	/* 's' send to the server, 'r' receive, 'a' ask */
	u32 amount;
};

/* Moves bytes one way; the caller knows how many there are. */
static void pump(long s, int call, u32 bytes)
{
	while (bytes) {
		long done = check(system_call(call, s, (long)buffer, bytes < CHUNK ? bytes : CHUNK, 0, 0), "transfer");
		if (!done)
			end("FAILED connection closed\n", 1);
		bytes -= done;
	}
}

static void serve(const char *port)
{
	struct address here = address_of("0.0.0.0", port);
	long listener = new_socket();
	check(socket_call(BIND, listener, (long)&here, sizeof here, 0, 0), "bind");
	check(socket_call(LISTEN, listener, 4, 0, 0, 0), "listen");
	say("READY\n");
	for (;;) {
		struct request request;
		int one = 1;
		long s = check(socket_call(ACCEPT, listener, 0, 0, 0, 0), "accept");
		socket_call(SET_OPTION, s, 6, 1, (long)&one, sizeof one);
		check(system_call(SYS_read, s, (long)&request, sizeof request, 0, 0) - (long)sizeof request, "request");
		if (request.kind == 's') {
			pump(s, SYS_read, request.amount);
			pump(s, SYS_write, 1);
		} else if (request.kind == 'r') {
			pump(s, SYS_write, request.amount);
		} else {
			while (request.amount--) {
				pump(s, SYS_read, 1);
				pump(s, SYS_write, 1);
			}
		}
		system_call(SYS_close, s, 0, 0, 0, 0);
	}
}

static void connect_and_do(u32 kind, const char *host, const char *port, u32 amount)
{
	struct address there = address_of(host, port);
	struct request request = { kind, amount };
	long s = new_socket();
	check(socket_call(CONNECT, s, (long)&there, sizeof there, 0, 0), "connect");
	check(system_call(SYS_write, s, (long)&request, sizeof request, 0, 0), "request");
	if (kind == 's') {
		pump(s, SYS_write, amount);
		pump(s, SYS_read, 1);
	} else if (kind == 'r') {
		pump(s, SYS_read, amount);
	} else {
		while (amount--) {
			pump(s, SYS_write, 1);
			pump(s, SYS_read, 1);
		}
	}
}

/* Called with the stack as the kernel leaves it: the number of arguments, then their addresses. */
void __attribute__((used)) begin(long *stack)
{
	int count = stack[0];
	const char **argument = (const char **)stack + 1, *amount = count > 2 ? argument[count - 1] : "";
	const char *what = count > 1 ? argument[1] : "";

	if (same(what, "data") && count == 3) {
		data(number(&amount));
		system_call(SYS_exit, 0, 0, 0, 0, 0);
	}
	if (same(what, "read") && count == 5)
		go_through(argument[2], number(&argument[3]), number(&amount), 0);
	else if (same(what, "write") && count == 5)
		go_through(argument[2], number(&argument[3]), number(&amount), 1);
	else if (same(what, "random") && count == 5)
		read_at_random(argument[2], number(&argument[3]), number(&amount));
	else if (same(what, "serve") && count == 3)
		serve(argument[2]);
	else if (same(what, "send") && count == 5)
		connect_and_do('s', argument[2], argument[3], number(&amount));
	else if (same(what, "receive") && count == 5)
		connect_and_do('r', argument[2], argument[3], number(&amount));
	else if (same(what, "ask") && count == 5)
		connect_and_do('a', argument[2], argument[3], number(&amount));
	else
		end("FAILED arguments\n", 2);
	end("DONE\n", 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call begin\n");
