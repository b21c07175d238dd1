/*
 * platform_libc.c - core's platform on plain libc, for unit tests and micro-benchmarks
 *
 * Allocations are kept in a list; an arena is a mark in it. Each allocation is a malloc of its own, so that
 * AddressSanitizer sees every overrun.
 */
#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

typedef struct Chunk
{
	struct Chunk *prev, *next;
	size_t size;
	UpArena *arena; /* that it is, or NULL: what is in it goes with it */
	max_align_t data[];
} Chunk;

struct UpArena
{
	Chunk *suspended;
	Chunk head;
};

static Chunk root = {&root, &root, 0, NULL};
static Chunk *current = &root;

jmp_buf up_test_jump;
bool up_test_catching;
UpCode up_test_code;
char up_test_message[1024];
char up_test_hint[1024];
int up_test_warnings;
long up_test_ticks;
long up_test_cancel_after;
uint32_t up_test_workers = 1;
size_t up_test_memory_limit = (size_t) 1 << 30;

static int checks_failed;

static Chunk *
chunk_of(void *p)
{
	return (Chunk *) ((char *) p - offsetof(Chunk, data));
}

static void
chunk_link(Chunk *c, Chunk *head)
{
	c->prev = head;
	c->next = head->next;
	head->next->prev = c;
	head->next = c;
}

static void
chunk_unlink(Chunk *c)
{
	c->prev->next = c->next;
	c->next->prev = c->prev;
}

void *
up_alloc(size_t size)
{
	Chunk *c = malloc(sizeof(Chunk) + size);

	if (c == NULL)
		up_fail(UP_LIMIT, "out of memory");
	c->size = size;
	c->arena = NULL;
	chunk_link(c, current);
	return c->data;
}

void *
up_alloc0(size_t size)
{
	return memset(up_alloc(size), 0, size);
}

void *
up_alloc_array(size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / 2 / size)
		up_fail(UP_LIMIT, "an array of %zu items of %zu bytes is too large", n, size);
	return up_alloc(n * size);
}

void *
up_realloc(void *p, size_t size)
{
	Chunk *c = chunk_of(p);

	c = realloc(c, sizeof(Chunk) + size);
	if (c == NULL)
		abort();
	c->prev->next = c;
	c->next->prev = c;
	c->size = size;
	return c->data;
}

void
up_free(void *p)
{
	if (p == NULL)
		return;
	chunk_unlink(chunk_of(p));
	free(chunk_of(p));
}

char *
up_strdup(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(up_alloc(n), text, n);
}

char *
up_format(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	text = up_alloc(n + 1);
	va_start(args, fmt);
	vsnprintf(text, n + 1, fmt, args);
	va_end(args);
	return text;
}

void *
up_alloc_large(size_t size)
{
	return up_alloc(size);
}

void *
up_alloc_large_array(size_t n, size_t size)
{
	return up_alloc_array(n, size);
}

#define MOST_GROWN ((size_t) 16 * 1024 * 1024)

void *
up_alloc_growing(size_t size)
{
	return size <= MOST_GROWN ? up_alloc(MOST_GROWN) : NULL;
}

bool
up_grow_large(void *p, size_t size)
{
	(void) p;
	return size <= MOST_GROWN;
}

void
up_free_large(void *p)
{
	up_free(p);
}

size_t
up_large_held(void)
{
	return 0;
}

static void
release(Chunk *head)
{
	while (head->next != head)
	{
		if (head->next->arena != NULL)
			release(&head->next->arena->head);
		up_free(head->next->data);
	}
}

UpArena *
up_arena_enter(void)
{
	UpArena *arena = up_alloc0(sizeof(UpArena));

	chunk_of(arena)->arena = arena;
	arena->head.prev = arena->head.next = &arena->head;
	arena->suspended = current;
	current = &arena->head;
	return arena;
}

void
up_arena_leave(UpArena *arena)
{
	release(&arena->head);
	current = arena->suspended;
	up_free(arena);
}

void
up_arena_suspend(UpArena *arena)
{
	current = arena->suspended;
}

void
up_arena_hush(UpArena *arena)
{
	(void) arena;
}

void
up_arena_resume(UpArena *arena)
{
	current = &arena->head;
}

void *
up_arena_visit(UpArena *arena)
{
	void *before = current;

	current = &arena->head;
	return before;
}

void
up_arena_return(void *before)
{
	current = before;
}

void
up_tick(void)
{
	up_test_ticks++;
	if (up_test_cancel_after > 0 && up_test_ticks > up_test_cancel_after)
		up_fail(UP_LIMIT, "cancelled by the test");
}

void
up_progress(const char *phase, uint64_t done, uint64_t total)
{
	(void) phase;
	(void) done;
	(void) total;
	up_tick();
}

static int scopes;

void
up_workers_begin(double seconds)
{
	(void) seconds;
	scopes++;
}

void
up_workers_end(void)
{
	if (scopes-- == 0)
		abort();
}

double
up_seconds_to_share(double bytes)
{
	(void) bytes;
	return 0;
}

uint32_t
up_workers(void)
{
	return up_test_workers;
}

/* Odd parts first, each half from its end: what depends on the order differs from what the server gives. fixed is a copy that ends with the job. */
void
up_parallel(uint32_t parts, UpPart fn, const void *fixed, size_t fixed_size, void *const *arrays,
			uint32_t n_arrays)
{
	void *copy = up_alloc(fixed_size + 1);
	void **seen = up_alloc((n_arrays + 1) * sizeof(void *));

	if (fixed_size > UP_MOST_FIXED || n_arrays > UP_MOST_ARRAYS)
		abort();
	if (fixed_size > 0)
		memcpy(copy, fixed, fixed_size);
	memcpy(seen, arrays, n_arrays * sizeof(void *));
	for (uint32_t odd = 2; odd-- > 0;)
	{
		for (uint32_t part = parts; part-- > 0;)
		{
			if (part % 2 == odd)
			{
				UpArena *arena = up_arena_enter();

				fn(copy, seen, part);
				up_arena_leave(arena);
			}
		}
	}
	up_free(seen);
	up_free(copy);
}

double
up_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

size_t
up_memory_limit(void)
{
	return up_test_memory_limit;
}

void
up_stage(const char *phase, uint64_t done, uint64_t total)
{
	up_progress(phase, done, total);
}

void
up_reserve(size_t bytes, const char *what)
{
	if (bytes > up_test_memory_limit)
		up_fail(UP_LIMIT, "%s need %zu bytes, more than the limit of %zu", what, bytes, up_test_memory_limit);
}

/* The server has an instruction for it; here eight bytes are looked up at a time. */
uint32_t
up_crc32c(const void *bytes, size_t len)
{
	static uint32_t table[8][256];
	static bool filled;
	const uint8_t *p = bytes;
	uint32_t crc = 0xffffffff;

	for (uint32_t i = 0; !filled && i < 256; i++)
	{
		table[0][i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[0][i] = table[0][i] >> 1 ^ (table[0][i] & 1 ? 0x82f63b78 : 0);
	}
	for (int k = 1; !filled && k < 8; k++)
	{
		for (int i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 255];
	}
	filled = true;
	for (; len >= 8; len -= 8, p += 8)
	{
		crc ^= p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 24;
		crc = table[7][crc & 255] ^ table[6][crc >> 8 & 255] ^ table[5][crc >> 16 & 255] ^ table[4][crc >> 24] ^
			  table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
	}
	for (; len > 0; len--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
	return ~crc;
}

/* Bytes of the UTF-8 character at text; 0 where there is none. */
static size_t
utf8_char(const unsigned char *text, size_t len)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = text[0] < 0x80   ? 1
			   : text[0] < 0xc0 ? 0
			   : text[0] < 0xe0 ? 2
			   : text[0] < 0xf0 ? 3
			   : text[0] < 0xf8 ? 4
								: 0;
	uint32_t c = n > 1 ? text[0] & (0xffu >> (n + 1)) : text[0];

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
	{
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

bool
up_text_is_valid(const char *text, size_t len)
{
	for (size_t at = 0, n; at < len; at += n)
	{
		n = utf8_char((const unsigned char *) text + at, len - at);
		if (n == 0)
			return false;
	}
	return true;
}

/* Into the message's room; what does not fit is cut between two characters. */
static void UP_PRINTF(1, 0) set_message(const char *fmt, va_list args)
{
	size_t room = sizeof(up_test_message);

	if (vsnprintf(up_test_message, room, fmt, args) < (int) room)
		return;
	for (size_t at = room - 1; at-- > room - 5;)
	{
		if ((up_test_message[at] & 0xc0) != 0x80)
		{
			if (utf8_char((unsigned char *) up_test_message + at, room - 1 - at) == 0)
				up_test_message[at] = '\0';
			return;
		}
	}
}

static void
fail(UpCode code, const char *hint)
{
	up_test_code = code;
	snprintf(up_test_hint, sizeof(up_test_hint), "%s", hint ? hint : "");
	if (up_test_catching)
		longjmp(up_test_jump, 1);
	printf("not ok - unexpected failure: %s\n", up_test_message);
	fflush(stdout);
	abort();
}

void
up_fail(UpCode code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_message(fmt, args);
	va_end(args);
	fail(code, NULL);
	abort();
}

void
up_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "assertion failed: %s (%s:%d)\n", condition, file, line);
	abort();
}

void
up_fail_with(UpCode code, const char *detail, const char *hint, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
	set_message(fmt, args);
	va_end(args);
	n = strlen(up_test_message);
	if (detail)
		snprintf(up_test_message + n, sizeof(up_test_message) - n, "\n%s", detail);
	fail(code, hint);
	abort();
}

void
up_warn(const char *hint, const char *fmt, ...)
{
	(void) hint;
	(void) fmt;
	up_test_warnings++;
}

void
up_check(bool ok, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	if (ok)
		return;
	checks_failed++;
	printf("# %s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

int
up_run_tests(const char *suite, const UpTest *tests, size_t n)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++)
	{
		checks_failed = 0;
		up_test_warnings = 0;
		up_test_ticks = 0;
		up_test_cancel_after = 0;
		tests[i].run();
		current = &root;
		release(&root);
		printf("%s - %s: %s\n", checks_failed == 0 ? "ok" : "not ok", suite, tests[i].name);
		fflush(stdout);
		failed += checks_failed > 0;
	}
	return failed > 0;
}
