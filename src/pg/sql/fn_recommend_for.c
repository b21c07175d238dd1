/*
 * fn_recommend_for.c - uprofile_recommend_for: what a recommender offers to a user, and why
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/nearest.h"
#include "pg/io/srf.h"
#include "pg/sql/arguments.h"
#include "pg/sql/recommender_site.h"

#include <math.h>

#define NAMED_ITEMS 3 /* of the user's that a reason names */

enum
{
	MODEL,
	USER_KEY,
	N,
	EXCLUDE_OWNED,
	CANDIDATES,
	SEGMENT,
	ITEMS,
	SOURCE
};

/* Names: of more the nearest takes longer than the answer, and the item may well be new. */
#define MOST_COMPARED 2000

/* One NOTICE a call site: the answer may be for less than was asked for. */
static void
tell_unknown(UpRecommenderSite *s, const char *what, const char *name, char *const *names, uint32_t n)
{
	if (s->told)
		return;
	s->told = true;
	ereport(
		NOTICE,
		(errmsg("model \"%s\" knows no %s \"%s\"", s->name, what, name),
		 up_hint_nearest(
			 n <= MOST_COMPARED ? up_nearest_name(name, (const char *const *) names, (int) n) : NULL, NULL)));
}

/* The user whom items make, without asking for what he has. */
static void
pairs_of_items(UpRecommenderSite *s, ArrayType *items, UpPairs *pairs)
{
	const UpRecommendModel *m = s->recommender->model;
	Datum *values;
	bool *nulls;
	int n;

	deconstruct_array(items, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &n);
	up_pairs_init(pairs, false, false);
	for (int i = 0; i < n; i++)
	{
		char *name = nulls[i] ? NULL : TextDatumGetCString(values[i]);
		uint32_t item = name == NULL ? UP_NO_ITEM : up_recommend_item(m, name);

		if (item != UP_NO_ITEM)
			up_pairs_add(pairs, 0, item, 1, NAN);
		else if (name != NULL)
			tell_unknown(s, "item", name, m->items, m->n_items);
	}
}

/* What the user has now, and his segment: the argument, else that of his events. */
static UpHistory *
history_of(FunctionCallInfo fcinfo, UpRecommenderSite *s)
{
	const UpRecommendModel *m = s->recommender->model;
	uint32_t segment = UP_NO_SEGMENT;
	UpPairs pairs;

	if (!PG_ARGISNULL(ITEMS))
		pairs_of_items(s, PG_GETARG_ARRAYTYPE_P(ITEMS), &pairs);
	else if (PG_ARGISNULL(USER_KEY))
		ereport(
			ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("user_key must not be NULL"),
			 errhint(
				 "Whoever has no key yet is described by what he has: items => '{…}', which may be empty.")));
	else
		up_user_events_get(&s->users, fcinfo, USER_KEY, &pairs, &segment);
	if (!PG_ARGISNULL(SEGMENT))
	{
		char *name = text_to_cstring(PG_GETARG_TEXT_PP(SEGMENT));

		segment = up_recommend_segment(m, name);
		if (segment == UP_NO_SEGMENT)
			tell_unknown(s, "segment", name, m->segments, m->n_segments);
	}
	return up_recommend_history(m, &pairs, segment);
}

static const uint8_t *
excluded_items(FunctionCallInfo fcinfo, UpRecommenderSite *s, const UpHistory *h)
{
	const uint8_t *allowed;
	uint32_t n = s->recommender->model->n_items;

	if (PG_ARGISNULL(EXCLUDE_OWNED))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("exclude_owned must not be NULL")));
	memset(s->excluded, 0, n);
	if (!PG_ARGISNULL(CANDIDATES))
	{
		allowed = up_recommender_candidates(s, text_to_cstring(PG_GETARG_TEXT_PP(CANDIDATES)));
		for (uint32_t i = 0; i < n; i++)
			s->excluded[i] = !allowed[i];
	}
	for (uint32_t i = 0; PG_GETARG_BOOL(EXCLUDE_OWNED) && i < h->n; i++)
		s->excluded[h->items[i]] = 1;
	return s->excluded;
}

/* The places of the items with the greatest parts; returns how many. */
static int
greatest_parts(const double *parts, uint32_t n, uint32_t *places)
{
	int found = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		int at = found;

		if (!(parts[i] > 0))
			continue;
		while (at > 0 && parts[places[at - 1]] < parts[i])
			at--;
		if (at == NAMED_ITEMS)
			continue;
		if (found < NAMED_ITEMS)
			found++;
		memmove(places + at + 1, places + at, (size_t) (found - 1 - at) * sizeof(uint32_t));
		places[at] = i;
	}
	return found;
}

/* "because of milk (62 %), bread (30 %)": shares of what speaks for the item. */
static char *
because_of(const UpRecommendModel *m, const UpHistory *h, const double *parts)
{
	uint32_t places[NAMED_ITEMS];
	int n = greatest_parts(parts, h->n, places);
	double sum = 0;
	StringInfoData text;

	if (n == 0)
		return pstrdup("because of all that this user has");
	for (uint32_t i = 0; i < h->n; i++)
		sum += parts[i] > 0 ? parts[i] : 0;
	initStringInfo(&text);
	for (int i = 0; i < n; i++)
	{
		int percent = (int) rint(100 * parts[places[i]] / sum);

		if (i > 0 && percent < 1)
			break;
		appendStringInfo(&text, "%s%s (%d %%)", i == 0 ? "because of " : ", ", m->items[h->items[places[i]]],
						 percent);
	}
	return text.data;
}

static char *
reason_for(const UpRecommendModel *m, const UpHistory *h, uint32_t item, UpRecommendBasis basis)
{
	double *parts = up_alloc_array(Max(h->n, 1), sizeof(double));
	char *words = basis == UP_BY_HISTORY ? up_recommend_words(m, h, item) : NULL;

	if (words != NULL)
		return words;
	if (basis == UP_BY_HISTORY)
		basis = up_recommend_reason(m, h, item, parts);
	if (basis == UP_BY_HISTORY)
		return because_of(m, h, parts);
	if (basis == UP_BY_SEGMENT)
		return psprintf("popular in segment %s%s", m->segments[h->segment],
						h->n == 0 ? ": nothing else is known of this user" : "");
	return pstrdup(h->n == 0 ? "popular with everybody: nothing is known of this user"
							 : "popular with everybody");
}

PG_FUNCTION_INFO_V1(uprofile_recommend_for);
Datum
uprofile_recommend_for(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile recommend_for", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(work);
	UpRecommenderSite *s = up_recommender_site(fcinfo, up_text_argument(fcinfo, SOURCE, NULL));
	const UpRecommendModel *m = s->recommender->model;
	uint32_t n = Min(up_recommender_count(fcinfo, N), m->n_items), *top;
	UpHistory *h = history_of(fcinfo, s);
	const uint8_t *excluded = excluded_items(fcinfo, s, h);
	UpRecommendBasis basis = up_recommend_score(m, h, s->scores);

	top = up_alloc_array(n, sizeof(uint32_t));
	n = up_recommend_top(m, s->scores, excluded, n, top);
	for (uint32_t i = 0; i < n; i++)
	{
		Datum values[] = {CStringGetTextDatum(m->items[top[i]]), Float8GetDatum(s->scores[top[i]]),
						  Int32GetDatum((int32) i + 1), CStringGetTextDatum(reason_for(m, h, top[i], basis))};
		bool nulls[lengthof(values)] = {false};

		if ((i & 255) == 255)
			up_tick();
		up_srf_row(srf, values, nulls);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(work);
	return (Datum) 0;
}
