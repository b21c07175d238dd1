/*
 * fn_paths.c - uprofile_paths and uprofile_funnel: the ways that users went, and how far along given steps
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "mine/funnel.h"
#include "mine/paths.h"
#include "pg/io/nearest.h"
#include "pg/io/srf.h"
#include "pg/io/trails.h"
#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"
#include "pg/sql/mine_arguments.h"

#include <math.h>

#define MAX_LEN 10000

/* UP_ANY_ITEM for NULL; false where there is no such item. */
static bool
item_argument(FunctionCallInfo fcinfo, int argument, const UpTrailSource *read, uint32_t *item)
{
	text *t;

	*item = UP_ANY_ITEM;
	if (PG_ARGISNULL(argument))
		return true;
	t = PG_GETARG_TEXT_PP(argument);
	return up_trails_find(read, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), item);
}

static void
return_paths(UpSrf *srf, UpTrailSource *read, const UpPaths *p, int64 max_paths)
{
	uint32_t n = (uint32_t) Min(p->keys.n, max_paths);

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t at = p->order[i], len;
		Datum values[6];
		bool nulls[6] = {false}, cut;
		const uint32_t *items = up_path_get(p, at, &len, &cut);

		if ((i & 1023) == 0)
			up_progress("returning paths", i, n);
		values[0] = up_trails_texts(read, items, len);
		values[1] = Int64GetDatum((int64) p->counts[at]);
		values[2] = Float8GetDatum((double) p->counts[at] / (double) p->n);
		values[3] = Int64GetDatum(p->users[at]);
		values[4] = BoolGetDatum(cut);
		values[5] = BoolGetDatum(n < p->keys.n);
		up_srf_row(srf, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	if (n < p->keys.n)
		up_warn("Raise max_paths, lower max_len, or set collapse.",
				"there are %u paths: only the %u most common are returned", p->keys.n, n);
}

PG_FUNCTION_INFO_V1(uprofile_paths);
Datum
uprofile_paths(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *source = up_text_argument(fcinfo, 0, "source");
	const char *user_key = up_text_argument(fcinfo, 1, "user_key");
	const char *event_time = up_text_argument(fcinfo, 2, "event_time");
	const char *item = up_text_argument(fcinfo, 3, "item");
	int64 max_paths = up_mine_count(fcinfo, 9, "max_paths", true, 1, UP_MINE_MOST);
	UpPathOptions o = {.collapse = up_bool_argument(fcinfo, 5, "collapse")};
	UpTrailSource *read;
	UpPaths paths;

	o.max_len = (uint32_t) up_mine_count(fcinfo, 4, "max_len", false, 1, MAX_LEN);
	read = up_trails_read(source, user_key, event_time, item);
	o.new_visit = up_trails_interval(read, up_interval_argument(fcinfo, 6), "new_visit", UP_ANY_TIME);
	if (item_argument(fcinfo, 7, read, &o.first_item) && item_argument(fcinfo, 8, read, &o.last_item))
	{
		up_count_paths(&read->trails, &o, &paths);
		return_paths(srf, read, &paths, max_paths);
	}
	return up_srf_end_work(srf);
}

/* ---- funnel ---- */

static const char *
nearest_item(const UpTrailSource *read, const char *name)
{
	const char **names = palloc(sizeof(char *) * Max(read->trails.n_items, 1));

	for (uint32_t i = 0; i < read->trails.n_items; i++)
		names[i] = pnstrdup(read->items[i].text, read->items[i].len);
	return up_nearest_name(name, names, (int) read->trails.n_items);
}

/* As the difference of timestamps is: days and the rest. */
static Datum
microseconds(double n)
{
	Interval *i = palloc0(sizeof(Interval));
	int64 whole = n > 9e18 ? PG_INT64_MAX : (int64) n;

	i->day = (int32) (whole / USECS_PER_DAY);
	i->time = whole % USECS_PER_DAY;
	return IntervalPGetDatum(i);
}

static Datum
share(uint64_t part, uint64_t whole, bool *isnull)
{
	*isnull = whole == 0;
	return Float8GetDatum(whole == 0 ? 0 : (double) part / (double) whole);
}

static void
return_steps(UpSrf *srf, const UpTrailSource *read, const Datum *steps, int n, const UpFunnel *f)
{
	for (int k = 0; k < n; k++)
	{
		Datum values[6];
		bool nulls[6] = {false};

		values[0] = Int32GetDatum(k + 1);
		values[1] = steps[k];
		values[2] = Int64GetDatum((int64) f->users[k]);
		values[3] = share(f->users[k], f->users[0], &nulls[3]);
		nulls[4] = true;
		if (k > 0)
			values[4] = share(f->users[k], f->users[k - 1], &nulls[4]);
		nulls[5] = isnan(f->medians[k]) || !read->is_time;
		if (!nulls[5])
			values[5] = microseconds(f->medians[k]);
		up_srf_row(srf, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(uprofile_funnel);
Datum
uprofile_funnel(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *source = up_text_argument(fcinfo, 0, "source");
	const char *user_key = up_text_argument(fcinfo, 1, "user_key");
	const char *event_time = up_text_argument(fcinfo, 2, "event_time");
	const char *item = up_text_argument(fcinfo, 3, "item");
	uint32_t items[UP_MOST_STEPS];
	UpFunnelOptions o = {.steps = items};
	UpTrailSource *read;
	UpFunnel funnel;
	int n;
	Datum *steps = up_texts_argument(fcinfo, 4, "steps", &n);

	if (steps == NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("steps must not be null"),
						errhint("For example steps => '{home,cart,order}'.")));
	if (n < 1 || n > UP_MOST_STEPS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("steps must be from 1 to %d items, not %d", UP_MOST_STEPS, n),
						errhint("For example steps => '{home,cart,order}'.")));
	read = up_trails_read(source, user_key, event_time, item);
	o.within = up_trails_interval(read, up_interval_argument(fcinfo, 5), "within", UP_ANY_TIME);
	o.n_steps = (uint32_t) n;
	for (int k = 0; k < n; k++)
	{
		text *t = DatumGetTextPP(steps[k]);

		if (!up_trails_find(read, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &items[k]))
		{
			items[k] = UINT32_MAX;
			ereport(NOTICE, (errmsg("nobody has item \"%s\" of step %d", text_to_cstring(t), k + 1),
							 up_hint_nearest(nearest_item(read, text_to_cstring(t)), NULL)));
		}
	}
	up_count_funnel(&read->trails, &o, &funnel);
	return_steps(srf, read, steps, n, &funnel);
	return up_srf_end_work(srf);
}
