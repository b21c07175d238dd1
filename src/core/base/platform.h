/*
 * platform.h - what core needs from the program around it
 *
 * The server links src/pg/platform_pg.c (palloc, CHECK_FOR_INTERRUPTS, ereport); unit tests and micro-benchmarks
 * link test/unit/platform_libc.c. up_tick and up_fail may leave by a long jump, so core holds nothing that the
 * release of the current memory context cannot free: no malloc, no open files, no static state.
 */
#ifndef UPROFILE_PLATFORM_H
#define UPROFILE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define UP_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define UP_NORETURN     __attribute__((noreturn))
#define UP_RESTRICT     __restrict__
#else
#error "uprofile needs a compiler with GNU attributes (gcc or clang)"
#endif

#define UP_MIN(a, b)     ((a) < (b) ? (a) : (b))
#define UP_MAX(a, b)     ((a) > (b) ? (a) : (b))
#define UP_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What holds if the code is right, whatever comes in. Checked in unit tests, under sanitizers and in servers with assertions;
 * elsewhere nothing is evaluated.
 */
#ifdef UP_ASSERTIONS
extern void up_assert_failed(const char *condition, const char *file, int line) UP_NORETURN;
#define UP_ASSERT(condition) ((condition) ? (void) 0 : up_assert_failed(#condition, __FILE__, __LINE__))
#else
#define UP_ASSERT(condition) ((void) sizeof((condition) ? 1 : 0))
#endif

/* Kinds of failure; the face maps each to an SQLSTATE. */
typedef enum UpCode
{
	UP_INVALID_PARAMETER, /* a parameter is unknown, of a wrong type or out of range (22023) */
	UP_INVALID_DATA,      /* rows or values that cannot be used (22000) */
	UP_LENGTH_MISMATCH,   /* rows of differing length, or not the model's number of features (2202E) */
	UP_WRONG_KIND,        /* the operation does not fit this model or this task (42809) */
	UP_CORRUPT,           /* damaged model or state bytes (XX001) */
	UP_NEWER_FORMAT,      /* bytes written by a newer version (0A000) */
	UP_LIMIT              /* a size or memory limit would be exceeded (54000) */
} UpCode;

/* Memory. Never NULL: failure leaves by up_fail. Not zeroed unless said. Any size, also beyond 1 GB. */
extern void *up_alloc(size_t size);
extern void *up_alloc0(size_t size);
extern void *up_alloc_array(size_t n, size_t size); /* n * size bytes; overflow is a failure */
extern void *up_realloc(void *p, size_t size);      /* p must not be NULL */
extern void up_free(void *p);                       /* NULL is allowed */
extern char *up_strdup(const char *text);
extern char *up_format(const char *fmt, ...) UP_PRINTF(1, 2);

/*
 * Large arrays, for what grows with the rows. Other processes can see them (up_parallel), and beyond the memory setting they stand in
 * temporary files that are mapped into memory; whoever uses them cannot tell. Not zeroed, not to be given to up_realloc or up_free; they
 * go with the memory that was current, or by up_free_large (NULL is allowed). Smaller ones than UP_LARGE_LEAST may be pieces of others, which
 * processes that are no workers of this one do not find.
 */
#define UP_LARGE_LEAST (256 * 1024)
extern void *up_alloc_large(size_t size);
extern void *up_alloc_large_array(size_t n, size_t size); /* n * size bytes; overflow is a failure */
extern void up_free_large(void *p);
static inline void *
up_alloc_large_zeroed(size_t n, size_t size)
{
	return memset(up_alloc_large_array(n, size), 0, n * size);
}
/*
 * One that other processes can see whether workers stand by or not, and that may grow where it stands; and such a one grown, with what is in
 * it. NULL, false: it cannot, and nothing has changed.
 */
extern void *up_alloc_growing(size_t size);
extern bool up_grow_large(void *p, size_t size);
/* Bytes of large arrays that this call holds in memory: those in files do not count. */
extern size_t up_large_held(void);

/*
 * Scratch arenas: everything allocated between enter and leave goes away at leave. A failure or cancellation in
 * between needs no clean-up: the arena hangs below the memory that was current at enter.
 */
typedef struct UpArena UpArena;
extern UpArena *up_arena_enter(void);
extern void up_arena_leave(UpArena *arena);
/* Between these two, allocations go to the memory that was current at enter: for results. */
extern void up_arena_suspend(UpArena *arena);
extern void up_arena_resume(UpArena *arena);
/* Nothing is warned of as long as this arena lives: it was said before. */
extern void up_arena_hush(UpArena *arena);
/* Between these two, allocations go to the arena, whatever memory was current; visit returns what return wants. */
extern void *up_arena_visit(UpArena *arena);
extern void up_arena_return(void *before);

/* To be called at least every few milliseconds of work: cancellation and progress happen here. */
extern void up_tick(void);
/* The same for loops whose rounds differ in length: ticks once in so many elements of work. */
#define UP_TICK_WORK 2000000
static inline void
up_tick_work(size_t *work, size_t elements)
{
	*work += elements;
	if (*work < UP_TICK_WORK)
		return;
	*work = 0;
	up_tick();
}
/* What is being done and how far it is (total 0: unknown). Cheap; may be called often. */
extern void up_progress(const char *phase, uint64_t done, uint64_t total);
/*
 * The same of a loop whose rounds tell progress of their own: what is done is told in rounds until the next stage, or the end of it
 * (phase NULL). Both texts are constants.
 */
extern void up_stage(const char *phase, uint64_t done, uint64_t total);

/* Seconds since some moment; for the time that work takes. */
extern double up_seconds(void);

/*
 * Work that is shared out. A job is a number of parts; part i is fn(fixed, arrays, i), done once, by this process or by a worker beside it,
 * in any order. fixed is copied and holds no pointers. arrays are places within large arrays, the same ones wherever a part is done. A
 * part writes nothing but its own places of them; what it allocates goes away after it; it ticks, and it may fail, which is the caller's
 * failure. It tells no progress and warns of nothing. Parts are cut by the data and never by the number of workers, and what they found
 * is put together in their order: so the result is the same for any number. Where an array cannot be seen by others (it was made
 * outside of a scope), or no worker is free, the caller does all parts.
 */
typedef void (*UpPart)(const void *fixed, void *const *arrays, uint32_t part);
#define UP_MOST_ARRAYS 25
#define UP_MOST_FIXED  1024 /* bytes */
extern void up_parallel(uint32_t parts, UpPart fn, const void *fixed, size_t fixed_size, void *const *arrays,
						uint32_t n_arrays);
/*
 * A scope in which workers stand by, so that a job costs microseconds: to start them takes some milliseconds, which is not done for less
 * work than that pays for (seconds: about how long all jobs take one process). Large arrays that are made in it can be seen by
 * them. A scope in a scope has the workers of the outer one; or none, where the few milliseconds that it takes do not pay for arrays that
 * they see, and within a part. Ends by up_workers_end, or with the failure that leaves it. Nothing in it may touch a table, but to read one
 * together with them before anything else.
 */
extern void up_workers_begin(double seconds);
extern void up_workers_end(void);
/* About how many seconds more it takes to make an array that workers can see than another of so many bytes. */
extern double up_seconds_to_share(double bytes);
/* Processes that a job is done by, with this one: 1 outside of a scope and in a part; each may hold what a part allocates. */
extern uint32_t up_workers(void);

/* Refuses with UP_LIMIT, naming need, limit and setting, when bytes exceed the memory setting. */
extern void up_reserve(size_t bytes, const char *what);
/* The memory setting, in bytes. */
extern size_t up_memory_limit(void);

/* CRC-32C (Castagnoli): by the processor's own instruction where the server has it. */
extern uint32_t up_crc32c(const void *bytes, size_t len);

/* Whether bytes are text in the encoding of what goes in and out. */
extern bool up_text_is_valid(const char *text, size_t len);

/* Failure. Messages in PostgreSQL's style: lower case, no period. detail and hint may be NULL (full sentences). */
extern void up_fail(UpCode code, const char *fmt, ...) UP_PRINTF(2, 3) UP_NORETURN;
extern void up_fail_with(UpCode code, const char *detail, const char *hint, const char *fmt, ...)
	UP_PRINTF(4, 5) UP_NORETURN;
extern void up_warn(const char *hint, const char *fmt, ...) UP_PRINTF(2, 3);

#endif
