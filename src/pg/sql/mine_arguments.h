/*
 * mine_arguments.h - arguments of the functions that mine, checked
 */
#ifndef UPROFILE_MINE_ARGUMENTS_H
#define UPROFILE_MINE_ARGUMENTS_H

#include "fmgr.h"

#include "mine/miner.h"

/* Results at most. */
#define UP_MINE_MOST 1000000000

extern char *up_mine_text(FunctionCallInfo fcinfo, int i, const char *name);
extern int64 up_mine_count(FunctionCallInfo fcinfo, int i, const char *name, bool wide, int64 min, int64 max);
extern double up_mine_support(FunctionCallInfo fcinfo, int i);
extern double up_mine_between(FunctionCallInfo fcinfo, int i, const char *name, double min, double max);
/* From 0 on. */
extern double up_mine_number(FunctionCallInfo fcinfo, int i, const char *name, double max);
extern void up_mine_check_lengths(int64 min_len, int64 max_len);
/* Which of the choices, ended by NULL. hint: or NULL. */
extern int up_mine_choice(FunctionCallInfo fcinfo, int i, const char *name, const char *const *choices,
						  const char *hint);
/* "auto": NULL. */
extern const UpMiner *up_mine_method(FunctionCallInfo fcinfo, int i);
/* An interval from now, as the moment when it ends by up_seconds; NULL: 0. */
extern double up_mine_time(FunctionCallInfo fcinfo, int i);
/* When mining has to end for rules that are made by the deadline; 0: never, as the deadline is. */
extern double up_mine_time_of_sets(double began, double deadline);
/* How many results are wanted, of the most that there may be; *limited: top_k says so. */
extern int64 up_mine_top(FunctionCallInfo fcinfo, int i, int64 most, bool *limited);
/* The least count, for these baskets. */
extern uint32_t up_mine_least(double support, const UpBaskets *b);

#endif
