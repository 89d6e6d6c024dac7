/*
 * Four compute kernels for comparisons between processors: crc32, sha256, sort and tree walk, a byte-code interpreter.
 * A Linux program without a C library, so that the same file runs on the host, under QEMU and here. It prints a line
 * before the first kernel and after each one; who reads them takes the time.
 */
typedef unsigned char u8;
typedef unsigned int u32;

static long system_call(long number, long a, long b, long c)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

static void say(const char *name, u32 value)
{
	char line[64], *p = line;
	const char *prefix = "KERNEL ";
	while (*prefix)
		*p++ = *prefix++;
	while (*name)
		*p++ = *name++;
	*p++ = ' ';
	for (int shift = 28; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[(value >> shift) & 15];
	*p++ = '\n';
	system_call(4, 1, (long)line, p - line);
}

static u32 seed = 12345;

static u32 next(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed;
}

/* ---- crc32: one table look-up a byte ---- */

static u8 buffer[1 << 18];

static u32 crc32(int rounds)
{
	static u32 table[256];
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
		table[i] = c;
	}
	u32 crc = ~0u;
	while (rounds--)
		for (u32 i = 0; i < sizeof buffer; i++)
			crc = table[(crc ^ buffer[i]) & 0xFF] ^ (crc >> 8);
	return ~crc;
}

/* ---- sha256: rotates and additions (FIPS 180-4) ---- */

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes, worked out at the start. */
static u32 round_constant[64];

static void make_round_constants(void)
{
	int count = 0;
	for (u32 n = 2; count < 64; n++) {
		int prime = 1;
		for (u32 d = 2; d * d <= n; d++)
			if (n % d == 0)
				prime = 0;
		if (!prime)
			continue;
		/* The largest r with r^3 <= n * 2^96, bit by bit in 128-bit words of four. */
		unsigned long long low = 0;
		for (int bit = 35; bit >= 0; bit--) {
			unsigned long long r = low | 1ull << bit;
			u32 product[6] = { 0 }, square[4] = { 0 };
			u32 half[2] = { (u32)r, (u32)(r >> 32) };
			for (int i = 0; i < 2; i++) {
				unsigned long long carry = 0;
				for (int j = 0; j < 2; j++) {
					carry += square[i + j] + (unsigned long long)half[i] * half[j];
					square[i + j] = (u32)carry;
					carry >>= 32;
				}
				square[i + 2] = (u32)carry;
			}
			for (int i = 0; i < 2; i++) {
				unsigned long long carry = 0;
				for (int j = 0; j < 4; j++) {
					carry += product[i + j] + (unsigned long long)half[i] * square[j];
					product[i + j] = (u32)carry;
					carry >>= 32;
				}
				product[i + 4] = (u32)carry;
			}
			if (product[4] == 0 && product[3] < n)
				low = r;
		}
		round_constant[count++] = (u32)low;
	}
}

static u32 rotate(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

static void sha256_block(u32 *h, const u8 *p)
{
	u32 w[64], s[8];
	for (int i = 0; i < 16; i++)
		w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3)
			+ (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	for (int i = 0; i < 8; i++)
		s[i] = h[i];
	for (int i = 0; i < 64; i++) {
		u32 t = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constant[i] + w[i];
		u32 u = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		for (int k = 7; k > 0; k--)
			s[k] = s[k - 1];
		s[4] += t;
		s[0] = t + u;
	}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}

static u32 sha256(int rounds)
{
	u32 h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	make_round_constants();
	while (rounds--)
		for (u32 i = 0; i < sizeof buffer; i += 64)
			sha256_block(h, buffer + i);
	return h[0];
}

/* ---- sort, then a search tree of the same numbers: compares, swaps, pointers ---- */

#define NUMBERS (1 << 15)

struct node {
	struct node *left, *right;
	u32 key, count;
};

static u32 numbers[NUMBERS];
static struct node nodes[NUMBERS];

static void quick_sort(u32 *a, int low, int high)
{
	while (low < high) {
		u32 pivot = a[(low + high) / 2];
		int i = low, j = high;
		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				u32 t = a[i];
				a[i++] = a[j];
				a[j--] = t;
			}
		}
		if (j - low < high - i) {
			quick_sort(a, low, j);
			low = i;
		} else {
			quick_sort(a, i, high);
			high = j;
		}
	}
}

static u32 walk(const struct node *n, u32 depth)
{
	return n ? walk(n->left, depth + 1) + (n->key ^ depth) * n->count + walk(n->right, depth + 1) : 0;
}

static u32 sort_and_tree(int rounds)
{
	u32 sum = 0;
	while (rounds--) {
		struct node *root = 0;
		for (int i = 0; i < NUMBERS; i++) {
			u32 key = next();
			struct node **at = &root;
			while (*at && (*at)->key != key)
				at = key < (*at)->key ? &(*at)->left : &(*at)->right;
			if (!*at) {
				*at = &nodes[i];
				nodes[i].left = nodes[i].right = 0;
				nodes[i].key = key;
				nodes[i].count = 0;
			}
			(*at)->count++;
			numbers[i] = key;
		}
		quick_sort(numbers, 0, NUMBERS - 1);
		sum += walk(root, 0) + numbers[NUMBERS / 2];
	}
	return sum;
}

/* ---- a machine of three-address codes that counts primes: indirect jumps ---- */

struct code {
	u8 operation, a, b, c;
	int value;
};

enum { SET, ADD3, MUL3, MOD3, IF_LESS, IF_ZERO, GO, END };

static const struct code machine[] = {
	{ SET, 0, 0, 0, 2 },            /* n = 2 */
	{ IF_LESS, 3, 0, 0, 12 },       /* 1: limit < n: end */
	{ SET, 1, 0, 0, 2 },            /* d = 2 */
	{ MUL3, 4, 1, 1, 0 },           /* 3: t = d * d */
	{ IF_LESS, 0, 4, 0, 9 },        /* n < t: prime */
	{ MOD3, 4, 0, 1, 0 },
	{ IF_ZERO, 4, 0, 0, 10 },       /* divisible */
	{ ADD3, 1, 1, 5, 0 },
	{ GO, 0, 0, 0, 3 },
	{ ADD3, 2, 2, 5, 0 },           /* 9: count++ */
	{ ADD3, 0, 0, 5, 0 },           /* 10: n++ */
	{ GO, 0, 0, 0, 1 },
	{ END, 0, 0, 0, 0 },
};

static u32 byte_code(int limit)
{
	int r[6] = { 0, 0, 0, limit, 0, 1 };
	const struct code *at = machine;
	for (;;) {
		const struct code *c = at++;
		switch (c->operation) {
		case SET: r[c->a] = c->value; break;
		case ADD3: r[c->a] = r[c->b] + r[c->c]; break;
		case MUL3: r[c->a] = r[c->b] * r[c->c]; break;
		case MOD3: r[c->a] = (u32)r[c->b] % (u32)r[c->c]; break;
		case IF_LESS: if (r[c->a] < r[c->b]) at = machine + c->value; break;
		case IF_ZERO: if (!r[c->a]) at = machine + c->value; break;
		case GO: at = machine + c->value; break;
		default: return r[2];
		}
	}
}

void _start(void)
{
	for (u32 i = 0; i < sizeof buffer; i++)
		buffer[i] = next() >> 24;
	say("start", 0);
	say("crc32", crc32(400));
	say("sha256", sha256(150));
	say("sort", sort_and_tree(30));
	say("bytecode", byte_code(250000));
	system_call(1, 0, 0, 0);
}
