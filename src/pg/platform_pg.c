/*
 * platform_pg.c - the server behind core's platform.h: memory contexts, interrupts, ereport
 */
#include "postgres.h"

#include <sys/mman.h>

#include "access/parallel.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"
#include "utils/ps_status.h"
#include "utils/timestamp.h"

#include "base/platform.h"
#include "pg/module.h"
#include "pg/deadline.h"
#include "pg/large_memory.h"
#include "pg/progress.h"
#include "pg/warnings.h"

#define LONGEST_MESSAGE 1023 /* bytes */
#define LARGE_MEMORY    (4 * 1024 * 1024)

/*
 * Large memory in large pages, where the system leaves that to programs: touching it for the first time is most of the cost of
 * passing over it once.
 */
void *
up_in_large_pages(void *p, size_t size)
{
#ifdef MADV_HUGEPAGE
	const uintptr_t page = 2 * 1024 * 1024;
	uintptr_t start = ((uintptr_t) p + page - 1) / page * page, end = ((uintptr_t) p + size) / page * page;

	if (size >= LARGE_MEMORY && end > start)
		(void) madvise((void *) start, end - start, MADV_HUGEPAGE);
#endif
	return p;
}

void *
up_alloc_private(size_t size, bool zeroed)
{
	int flags = MCXT_ALLOC_HUGE | (zeroed ? MCXT_ALLOC_ZERO : 0);
	void *p = MemoryContextAllocExtended(CurrentMemoryContext, size, flags);

	return zeroed ? p : up_in_large_pages(p, size);
}

void *
up_alloc(size_t size)
{
	return size < UP_LARGE_LEAST ? palloc(size) : up_large_take(size, false);
}

void *
up_alloc0(size_t size)
{
	return size < UP_LARGE_LEAST ? palloc0(size) : up_large_take(size, true);
}

void *
up_alloc_array(size_t n, size_t size)
{
	if (size != 0 && n > MaxAllocHugeSize / size)
		up_fail(UP_LIMIT, "%zu items of %zu bytes are more than memory can hold", n, size);
	return up_alloc(n * size);
}

void *
up_realloc(void *p, size_t size)
{
	void *large = up_large_resize(p, size);

	return large != NULL ? large : repalloc(p, size);
}

#ifdef UP_ASSERTIONS
void
up_assert_failed(const char *condition, const char *file, int line)
{
	elog(PANIC, "assertion failed: %s (%s:%d)", condition, file, line);
	pg_unreachable();
}
#endif

void
up_free(void *p)
{
	if (p != NULL && !up_large_give_back(p))
		pfree(p);
}

char *
up_strdup(const char *text)
{
	return pstrdup(text);
}

char *
up_format(const char *fmt, ...)
{
	va_list args;
	size_t size = 128;

	for (;;)
	{
		char *text = palloc(size);
		size_t needed;

		va_start(args, fmt);
		needed = pvsnprintf(text, size, fmt, args);
		va_end(args);
		if (needed < size)
			return text;
		pfree(text);
		size = needed;
	}
}

struct UpArena
{
	MemoryContext outer;
	MemoryContext inner;
	MemoryContextCallback hush;
};

UpArena *
up_arena_enter(void)
{
	MemoryContext inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile arena", ALLOCSET_DEFAULT_SIZES);
	UpArena *arena = MemoryContextAlloc(inner, sizeof(UpArena));

	arena->inner = inner;
	arena->outer = MemoryContextSwitchTo(inner);
	return arena;
}

void
up_arena_leave(UpArena *arena)
{
	MemoryContextSwitchTo(arena->outer);
	MemoryContextDelete(arena->inner);
}

static UpHear hears; /* of warnings in place of the user */
static int hushed;   /* arenas during which nothing is warned of */

static void
end_hush(void *arg)
{
	hushed--;
}

/* Ends with the arena, also where an error takes it away. */
void
up_arena_hush(UpArena *arena)
{
	arena->hush.func = end_hush;
	MemoryContextRegisterResetCallback(arena->inner, &arena->hush);
	hushed++;
}

void
up_arena_suspend(UpArena *arena)
{
	MemoryContextSwitchTo(arena->outer);
}

void
up_arena_resume(UpArena *arena)
{
	MemoryContextSwitchTo(arena->inner);
}

void *
up_arena_visit(UpArena *arena)
{
	return MemoryContextSwitchTo(arena->inner);
}

void
up_arena_return(void *before)
{
	MemoryContextSwitchTo(before);
}

static TimestampTz deadline; /* 0: none */

void
up_deadline(TimestampTz at)
{
	deadline = at;
}

static void
check_deadline(void)
{
	if (deadline == 0 || GetCurrentTimestamp() < deadline)
		return;
	deadline = 0;
	ereport(ERROR, (errcode(UP_ERRCODE_LATE), errmsg("the time is over")));
}

void
up_tick(void)
{
	CHECK_FOR_INTERRUPTS();
	check_deadline();
}

/* At most once a second: in the process title, and as a notice where wanted. */
static void
tell_progress(const char *phase, uint64_t done, uint64_t total, TimestampTz now)
{
	static TimestampTz last = 0;
	char text[200];

	/* Of a part: the leader tells of the whole. */
	if (IsParallelWorker())
		return;
	if (!TimestampDifferenceExceeds(last, now, 1000))
		return;
	last = now;
	if (total > 0)
		snprintf(text, sizeof(text), "%s: " UINT64_FORMAT " of " UINT64_FORMAT, phase, done, total);
	else
		snprintf(text, sizeof(text), "%s: " UINT64_FORMAT, phase, done);
	if (update_process_title)
	{
		char title[220];

		snprintf(title, sizeof(title), "uprofile %s", text);
		set_ps_display(title);
	}
	if (up_show_progress)
		ereport(NOTICE, (errmsg_internal("%s", text)));
}

double
up_seconds(void)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_DOUBLE(now);
}

size_t
up_memory_limit(void)
{
	return (size_t) up_max_memory_kb * 1024;
}

void
up_progress(const char *phase, uint64_t done, uint64_t total)
{
	TimestampTz now;

	up_tick();
	now = GetCurrentTimestamp();
	up_call_note(phase, done, total, now);
	tell_progress(phase, done, total, now);
}

void
up_stage(const char *phase, uint64_t done, uint64_t total)
{
	TimestampTz now;

	CHECK_FOR_INTERRUPTS();
	now = GetCurrentTimestamp();
	up_call_stage(phase, done, total, now);
	if (phase != NULL)
		tell_progress(phase, done, total, now);
}

void
up_reserve(size_t bytes, const char *what)
{
	size_t limit = up_memory_limit();

	if (bytes <= limit)
		return;
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("%s needs %zu MB of memory, more than the %zu MB allowed", what,
						   bytes / (1024 * 1024) + 1, limit / (1024 * 1024)),
					errhint("Raise uprofile.max_memory, or use fewer rows or columns.")));
}

uint32_t
up_crc32c(const void *bytes, size_t len)
{
	pg_crc32c crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, bytes, len);
	FIN_CRC32C(crc);
	return crc;
}

bool
up_text_is_valid(const char *text, size_t len)
{
	return len <= PG_INT32_MAX && pg_verify_mbstr(GetDatabaseEncoding(), text, (int) len, true);
}

static int
sqlstate_of(UpCode code)
{
	switch (code)
	{
		case UP_INVALID_PARAMETER:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case UP_INVALID_DATA:
			return ERRCODE_DATA_EXCEPTION;
		case UP_LENGTH_MISMATCH:
			return ERRCODE_ARRAY_SUBSCRIPT_ERROR;
		case UP_WRONG_KIND:
			return ERRCODE_WRONG_OBJECT_TYPE;
		case UP_CORRUPT:
			return ERRCODE_DATA_CORRUPTED;
		case UP_NEWER_FORMAT:
			return ERRCODE_FEATURE_NOT_SUPPORTED;
		case UP_LIMIT:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	}
	return ERRCODE_INTERNAL_ERROR;
}

static void
report(int level, int sqlstate, const char *detail, const char *hint, const char *message)
{
	ereport(level,
			(errcode(sqlstate), errmsg_internal("%s", message),
			 detail != NULL ? errdetail_internal("%s", detail) : 0, hint != NULL ? errhint("%s", hint) : 0));
}

/* What is longer than LONGEST_MESSAGE is cut between two characters. */
static char *UP_PRINTF(1, 0) vformat(const char *fmt, va_list args)
{
	size_t size = LONGEST_MESSAGE + 1;

	for (;;)
	{
		char *text = palloc(size);
		size_t needed;
		va_list copy;

		va_copy(copy, args);
		needed = pvsnprintf(text, size, fmt, copy);
		va_end(copy);
		if (needed < size)
		{
			if (needed > LONGEST_MESSAGE)
				strcpy(text + pg_mbcliplen(text, (int) needed, LONGEST_MESSAGE - 3), "...");
			return text;
		}
		pfree(text);
		size = needed;
	}
}

void
up_fail(UpCode code, const char *fmt, ...)
{
	va_list args;
	char *message;

	va_start(args, fmt);
	message = vformat(fmt, args);
	va_end(args);
	report(ERROR, sqlstate_of(code), NULL, NULL, message);
	pg_unreachable();
}

void
up_fail_with(UpCode code, const char *detail, const char *hint, const char *fmt, ...)
{
	va_list args;
	char *message;

	va_start(args, fmt);
	message = vformat(fmt, args);
	va_end(args);
	report(ERROR, sqlstate_of(code), detail, hint, message);
	pg_unreachable();
}

UpHear
up_warn_to(UpHear hear)
{
	UpHear before = hears;

	hears = hear;
	return before;
}

void
up_warn(const char *hint, const char *fmt, ...)
{
	va_list args;
	char *message;

	if (hushed > 0)
		return;
	va_start(args, fmt);
	message = vformat(fmt, args);
	va_end(args);
	if (hears.warning != NULL)
		hears.warning(hears.arg, hint, message);
	else
		report(WARNING, ERRCODE_WARNING, NULL, hint, message);
}
