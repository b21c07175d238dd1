/*
 * mine_arguments.c - arguments of the functions that mine; see mine_arguments.h
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/sql/mine_arguments.h"

#include <math.h>

#define SHARE_OF_SETS 0.4 /* of the time budget; the rules have to be made in what is left */

static void
check_given(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"%s\" must not be null", name)));
}

char *
up_mine_text(FunctionCallInfo fcinfo, int i, const char *name)
{
	check_given(fcinfo, i, name);
	return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

int64
up_mine_count(FunctionCallInfo fcinfo, int i, const char *name, bool wide, int64 min, int64 max)
{
	int64 v;

	check_given(fcinfo, i, name);
	v = wide ? PG_GETARG_INT64(i) : PG_GETARG_INT32(i);
	if (v < min || v > max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be between " INT64_FORMAT " and " INT64_FORMAT ", not " INT64_FORMAT,
							   name, min, max, v)));
	return v;
}

double
up_mine_support(FunctionCallInfo fcinfo, int i)
{
	double v;

	check_given(fcinfo, i, "min_support");
	v = PG_GETARG_FLOAT8(i);
	if (!(v > 0) || isinf(v))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_support must be a number greater than 0, not %g", v),
						errhint("Up to 1 it is a share of the baskets, above 1 a number of baskets.")));
	return v;
}

double
up_mine_between(FunctionCallInfo fcinfo, int i, const char *name, double min, double max)
{
	double v;

	check_given(fcinfo, i, name);
	v = PG_GETARG_FLOAT8(i);
	if (!(v >= min && v <= max) || isinf(v))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 isinf(max) ? errmsg("%s must be a number of at least %g, not %g", name, min, v)
							: errmsg("%s must be a number between %g and %g, not %g", name, min, max, v)));
	return v;
}

double
up_mine_number(FunctionCallInfo fcinfo, int i, const char *name, double max)
{
	return up_mine_between(fcinfo, i, name, 0, max);
}

void
up_mine_check_lengths(int64 min_len, int64 max_len)
{
	if (max_len != 0 && max_len < min_len)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_len " INT64_FORMAT " is less than min_len " INT64_FORMAT, max_len, min_len),
						errhint("max_len 0 allows any length.")));
}

int
up_mine_choice(FunctionCallInfo fcinfo, int i, const char *name, const char *const *choices, const char *hint)
{
	char *given = up_mine_text(fcinfo, i, name), *list = pstrdup("");

	for (int c = 0; choices[c] != NULL; c++)
	{
		if (strcmp(choices[c], given) == 0)
			return c;
		list = psprintf("%s%s%s", list, c == 0 ? "" : choices[c + 1] == NULL ? " or " : ", ", choices[c]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be %s, not \"%s\"", name, list, given),
			 hint != NULL ? errhint("%s", hint) : 0));
}

const UpMiner *
up_mine_method(FunctionCallInfo fcinfo, int i)
{
	const char *choices[8] = {"auto"};
	int c;

	for (uint32_t j = 0; j < 6 && up_miner_get(j) != NULL; j++)
		choices[j + 1] = up_miner_get(j)->name;
	c = up_mine_choice(fcinfo, i, "method", choices, "All find the same; auto takes what suits the baskets.");
	return c == 0 ? NULL : up_miner_get((uint32_t) c - 1);
}

double
up_mine_time(FunctionCallInfo fcinfo, int i)
{
	Interval *budget;
	double seconds;

	if (PG_ARGISNULL(i))
		return 0;
	budget = PG_GETARG_INTERVAL_P(i);
	seconds =
		budget->time / 1e6 + (double) SECS_PER_DAY * (budget->day + (double) DAYS_PER_MONTH * budget->month);
	if (!(seconds > 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_budget must be above 0")));
	return up_seconds() + seconds;
}

double
up_mine_time_of_sets(double began, double deadline)
{
	return deadline == 0 ? 0 : began + (deadline - began) * SHARE_OF_SETS;
}

int64
up_mine_top(FunctionCallInfo fcinfo, int i, int64 most, bool *limited)
{
	int64 k;

	*limited = false;
	if (PG_ARGISNULL(i))
		return most;
	k = up_mine_count(fcinfo, i, "top_k", true, 1, UP_MINE_MOST);
	*limited = k <= most;
	return Min(k, most);
}

uint32_t
up_mine_least(double support, const UpBaskets *b)
{
	uint64_t least = up_min_count(support, b->n_baskets);

	/* Nothing comes of what may well be meant otherwise. */
	if (b->n_baskets > 1 && support == 1)
		ereport(NOTICE, (errmsg("min_support 1 asks for what is in each of the %u baskets", b->n_baskets),
						 errhint("Up to 1 it is a share of the baskets, above 1 a number of baskets.")));
	else if (b->n_baskets > 0 && least > b->n_baskets)
		ereport(NOTICE,
				(errmsg("min_support %g asks for more baskets than there are: %u", support, b->n_baskets),
				 errhint("Up to 1 it is a share of the baskets, above 1 a number of baskets.")));
	return least > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t) least;
}
