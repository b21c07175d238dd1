/*
 * check.h - the small frame of the unit tests: a libc platform below core, checks, expected failures
 *
 * A test program is a list of functions run by up_run_tests. Memory is released after each test, so that
 * AddressSanitizer sees overruns and not the arena's habits.
 */
#ifndef UPROFILE_CHECK_H
#define UPROFILE_CHECK_H

#include "base/platform.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

typedef struct UpTest
{
	const char *name;
	void (*run)(void);
} UpTest;

extern int up_run_tests(const char *suite, const UpTest *tests, size_t n);
extern void up_check(bool ok, const char *file, int line, const char *fmt, ...) UP_PRINTF(4, 5);

/* What up_fail said last, and whether the test asked for it. */
extern jmp_buf up_test_jump;
extern bool up_test_catching;
extern UpCode up_test_code;
extern char up_test_message[1024];
extern char up_test_hint[1024];
extern int up_test_warnings;
extern long up_test_ticks;        /* calls of up_tick */
extern long up_test_cancel_after; /* > 0: up_tick fails after that many calls */
extern size_t up_test_memory_limit;
extern uint32_t up_test_workers; /* what up_workers says */

#define CHECK(cond) up_check((cond), __FILE__, __LINE__, "%s", #cond)
#define CHECK_NEAR(got, want, tol)                                                                             \
	do                                                                                                         \
	{                                                                                                          \
		double got_ = (got), want_ = (want);                                                                   \
		up_check(fabs(got_ - want_) <= (tol), __FILE__, __LINE__, "%s = %.17g, expected %.17g", #got, got_,    \
				 want_);                                                                                       \
	} while (0)
/* The statement fails with this code and a message that contains this text. */
#define CHECK_FAILS(code, text, statement)                                                                     \
	do                                                                                                         \
	{                                                                                                          \
		volatile bool failed_ = false;                                                                         \
		up_test_catching = true;                                                                               \
		if (setjmp(up_test_jump) == 0)                                                                         \
		{                                                                                                      \
			statement;                                                                                         \
		}                                                                                                      \
		else                                                                                                   \
			failed_ = true;                                                                                    \
		up_test_catching = false;                                                                              \
		up_check(failed_, __FILE__, __LINE__, "%s did not fail", #statement);                                  \
		if (failed_)                                                                                           \
		{                                                                                                      \
			up_check(up_test_code == (code), __FILE__, __LINE__, "failed with another code: %s",               \
					 up_test_message);                                                                         \
			up_check(strstr(up_test_message, (text)) != NULL, __FILE__, __LINE__, "message: %s",               \
					 up_test_message);                                                                         \
		}                                                                                                      \
	} while (0)

#endif
