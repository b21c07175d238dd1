/*
 * fn_recommend.c - what the rules suggest to who has these items
 *
 * A rule fires if all items of its left side are there. Of the rules that fire for an item the one of greatest
 * confidence is shown; among equals that of greater lift, then the one whose sides come first by bytes, so that the
 * answer does not depend on the order of the rules.
 *
 * Where nothing is suggested, an item from which no rule starts is told of, once a call site.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "mine/items.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/rows.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/models/moment.h"

#include <math.h>

/* The columns of the rules that are read, in the order of the function's result from its third column on. */
static const struct RuleColumn
{
	const char *name;
	const char *type;
	bool needed;
} rule_columns[] = {
	{"lhs", "pg_catalog.text[]", true},        {"rhs", "pg_catalog.text[]", true},
	{"count", "pg_catalog.int8", false},       {"support", "pg_catalog.float8", false},
	{"confidence", "pg_catalog.float8", true}, {"lift", "pg_catalog.float8", true},
	{"leverage", "pg_catalog.float8", false},  {"conviction", "pg_catalog.float8", false},
};

#define LHS        0
#define RHS        1
#define CONFIDENCE 4
#define LIFT       5
#define N_COLUMNS  lengthof(rule_columns)

/* The best rule for one item. */
typedef struct Suggestion
{
	uint32_t item;
	Datum values[N_COLUMNS];
	bool nulls[N_COLUMNS];
	ArrayType *lhs, *rhs; /* the same as values[LHS], values[RHS] */
} Suggestion;

typedef struct Search
{
	UpKeys owned;
	UpKeys suggested;
	Suggestion *suggestions; /* [suggested.n] */
	uint32_t capacity;
	MemoryContext context;
	MemoryContext row_context;
	uint64 n_rows;
} Search;

/* Texts of an array, without its NULLs; *complete: there was none. */
static Datum *
array_texts(ArrayType *array, int *n, bool *complete)
{
	Datum *elements;
	bool *nulls;
	int all;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &all);
	*n = 0;
	for (int i = 0; i < all; i++)
	{
		if (!nulls[i])
			elements[(*n)++] = elements[i];
	}
	*complete = *n == all;
	return elements;
}

static bool
is_owned(const Search *s, Datum text)
{
	return up_keys_has(&s->owned, VARDATA_ANY(DatumGetPointer(text)), VARSIZE_ANY_EXHDR(DatumGetPointer(text)));
}

static int
compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int by = memcmp(a, b, Min(n_a, n_b));

	return by != 0 ? by : n_a < n_b ? -1 : n_a > n_b;
}

static int
compare_arrays(ArrayType *a, ArrayType *b)
{
	int n_a, n_b;
	bool complete;
	Datum *x = array_texts(a, &n_a, &complete), *y = array_texts(b, &n_b, &complete);

	for (int i = 0; i < n_a && i < n_b; i++)
	{
		int by = compare_bytes(VARDATA_ANY(DatumGetPointer(x[i])), VARSIZE_ANY_EXHDR(DatumGetPointer(x[i])),
							   VARDATA_ANY(DatumGetPointer(y[i])), VARSIZE_ANY_EXHDR(DatumGetPointer(y[i])));

		if (by != 0)
			return by;
	}
	return n_a < n_b ? -1 : n_a > n_b;
}

/* By score, then lift, both greatest first. */
static int
compare_scores(const Datum *a, const Datum *b)
{
	static const int columns[] = {CONFIDENCE, LIFT};

	for (size_t i = 0; i < lengthof(columns); i++)
	{
		double x = DatumGetFloat8(a[columns[i]]), y = DatumGetFloat8(b[columns[i]]);

		if (x != y)
			return x > y ? -1 : 1;
	}
	return 0;
}

static bool
is_better(const Suggestion *old, const Datum *values, ArrayType *lhs, ArrayType *rhs)
{
	int by = compare_scores(values, old->values);

	if (by == 0)
		by = compare_arrays(lhs, old->lhs);
	if (by == 0)
		by = compare_arrays(rhs, old->rhs);
	return by < 0;
}

/* A rule that fires suggests one item. */
static void
suggest(Search *s, Datum item, const Datum *values, const bool *nulls, ArrayType *lhs, ArrayType *rhs)
{
	uint32_t known = s->suggested.n;
	uint32_t i;
	Suggestion *suggestion;
	MemoryContext outer = MemoryContextSwitchTo(s->context);

	i = up_keys_bytes(&s->suggested, VARDATA_ANY(DatumGetPointer(item)),
					  VARSIZE_ANY_EXHDR(DatumGetPointer(item)));
	if (i >= s->capacity)
	{
		s->capacity *= 2;
		s->suggestions = up_realloc(s->suggestions, s->capacity * sizeof(Suggestion));
	}
	MemoryContextSwitchTo(s->row_context);
	suggestion = &s->suggestions[i];
	if (i == known || is_better(suggestion, values, lhs, rhs))
	{
		MemoryContextSwitchTo(s->context);
		if (i < known)
		{
			pfree(suggestion->lhs);
			pfree(suggestion->rhs);
		}
		suggestion->item = i;
		memcpy(suggestion->values, values, sizeof(suggestion->values));
		memcpy(suggestion->nulls, nulls, sizeof(suggestion->nulls));
		suggestion->lhs = DatumGetArrayTypePCopy(PointerGetDatum(lhs));
		suggestion->rhs = DatumGetArrayTypePCopy(PointerGetDatum(rhs));
		suggestion->values[LHS] = PointerGetDatum(suggestion->lhs);
		suggestion->values[RHS] = PointerGetDatum(suggestion->rhs);
	}
	MemoryContextSwitchTo(outer);
}

/* Whether it is a rule at all. */
static bool
is_rule(const Datum *values, const bool *nulls)
{
	for (size_t i = 0; i < N_COLUMNS; i++)
	{
		if (rule_columns[i].needed && nulls[i])
			return false;
	}
	return !isnan(DatumGetFloat8(values[CONFIDENCE])) && !isnan(DatumGetFloat8(values[LIFT]));
}

/* Suggests what a rule does, if it fires. */
static void
consider(Search *s, const Datum *values, const bool *nulls)
{
	MemoryContext outer;
	ArrayType *lhs, *rhs;
	Datum *items;
	int n;
	bool complete;

	MemoryContextReset(s->row_context);
	outer = MemoryContextSwitchTo(s->row_context);
	lhs = DatumGetArrayTypeP(values[LHS]);
	items = array_texts(lhs, &n, &complete);
	for (int i = 0; complete && i < n; i++)
		complete = is_owned(s, items[i]);
	if (complete)
	{
		rhs = DatumGetArrayTypeP(values[RHS]);
		items = array_texts(rhs, &n, &complete);
		for (int i = 0; i < n; i++)
		{
			if (!is_owned(s, items[i]))
				suggest(s, items[i], values, nulls, lhs, rhs);
		}
	}
	MemoryContextSwitchTo(outer);
}

static void
take_rule(void *arg, TupleTableSlot *slot)
{
	Search *s = arg;

	slot_getallattrs(slot);
	if ((++s->n_rows & 4095) == 0)
		up_progress("reading rules", s->n_rows, 0);
	if (is_rule(slot->tts_values, slot->tts_isnull))
		consider(s, slot->tts_values, slot->tts_isnull);
}

/*
 * SELECT of the rules' columns, NULL for what a source of rules does not have. those_that_fire: for the items that are its parameter; an
 * index on lhs (GIN) finds them.
 */
static char *
rules_query(const char *source, bool those_that_fire)
{
	char *query = up_source_query(source);
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));
	StringInfoData sql;

	initStringInfo(&sql);
	for (size_t i = 0; i < N_COLUMNS; i++)
	{
		const struct RuleColumn *c = &rule_columns[i];
		bool there = c->needed;

		if (c->needed)
			up_row_reader_find(reader, c->name, "rule");
		for (int j = 0; j < reader->n_attributes && !there; j++)
			there = strcmp(reader->attributes[j].name, c->name) == 0;
		appendStringInfo(&sql, "%sCAST(%s AS %s)", i == 0 ? "SELECT " : ", ",
						 there ? psprintf("s.%s", c->name) : "NULL", c->type);
	}
	appendStringInfo(&sql, " FROM (%s) AS s", query);
	if (those_that_fire)
		appendStringInfoString(&sql, " WHERE CAST(s.lhs AS pg_catalog.text[]) OPERATOR(pg_catalog.<@) $1");
	return sql.data;
}

static int
compare_suggestions(const void *a, const void *b, void *arg)
{
	const Suggestion *x = a, *y = b;
	const Search *s = arg;
	int by = compare_scores(x->values, y->values);
	size_t n_x, n_y;
	const char *text_x, *text_y;

	if (by != 0)
		return by;
	text_x = up_keys_get(&s->suggested, x->item, &n_x);
	text_y = up_keys_get(&s->suggested, y->item, &n_y);
	return compare_bytes(text_x, n_x, text_y, n_y);
}

static void
search_init(Search *s, ArrayType *items)
{
	Datum *texts;
	int n;
	bool complete;

	up_keys_init(&s->owned, true);
	up_keys_init(&s->suggested, true);
	texts = array_texts(items, &n, &complete);
	for (int i = 0; i < n; i++)
		up_keys_bytes(&s->owned, VARDATA_ANY(DatumGetPointer(texts[i])),
					  VARSIZE_ANY_EXHDR(DatumGetPointer(texts[i])));
	s->capacity = 64;
	s->suggestions = up_alloc_array(s->capacity, sizeof(Suggestion));
	s->context = CurrentMemoryContext;
	s->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile rule", ALLOCSET_DEFAULT_SIZES);
}

/* ---- rules that are kept ------------------------------------------------------------------------------------------ */

typedef struct KeptRule
{
	Datum values[N_COLUMNS];
	bool nulls[N_COLUMNS];
	uint32_t next; /* below the same item, + 1 */
} KeptRule;

/*
 * Where one call site asks again within a moment, the rules are kept, each below one item of its left side: that below which the
 * fewest stand.
 */
typedef struct RulesSite
{
	UpMoment moment;
	char *source;
	bool looked;           /* for items that no rule has, in the source */
	bool told;             /* of one */
	MemoryContext context; /* of what follows; NULL: nothing is kept */
	bool too_many;         /* to be kept */
	UpKeys items;
	uint32_t *first;  /* [items_capacity] rule + 1 */
	uint32_t *counts; /* the same: rules below it */
	uint32_t items_capacity;
	uint32_t first_of_all; /* of those without a left side, + 1 */
	uint32_t n, capacity;
	KeptRule *rules;
	MemoryContext row_context;
} RulesSite;

static uint32_t
site_item(RulesSite *site, Datum text)
{
	uint32_t item = up_keys_bytes(&site->items, VARDATA_ANY(DatumGetPointer(text)),
								  VARSIZE_ANY_EXHDR(DatumGetPointer(text)));

	if (item >= site->items_capacity)
	{
		uint32_t before = site->items_capacity;

		site->items_capacity = Max(2 * before, 1024);
		site->first = before == 0 ? palloc(site->items_capacity * sizeof(uint32_t))
								  : repalloc_huge(site->first, site->items_capacity * sizeof(uint32_t));
		site->counts = before == 0 ? palloc(site->items_capacity * sizeof(uint32_t))
								   : repalloc_huge(site->counts, site->items_capacity * sizeof(uint32_t));
		memset(site->first + before, 0, (site->items_capacity - before) * sizeof(uint32_t));
		memset(site->counts + before, 0, (site->items_capacity - before) * sizeof(uint32_t));
	}
	return item;
}

/* Where a rule is kept; NULL: it never fires. */
static uint32_t *
place_of(RulesSite *site, ArrayType *lhs)
{
	bool complete;
	int n;
	Datum *texts = array_texts(lhs, &n, &complete);
	uint32_t best = UINT32_MAX;

	if (!complete)
		return NULL;
	for (int i = 0; i < n; i++)
	{
		MemoryContext outer = MemoryContextSwitchTo(site->context);
		uint32_t item = site_item(site, texts[i]);

		MemoryContextSwitchTo(outer);
		if (best == UINT32_MAX || site->counts[item] < site->counts[best])
			best = item;
	}
	if (best == UINT32_MAX)
		return &site->first_of_all;
	site->counts[best]++;
	return &site->first[best];
}

static void
keep_rule(void *arg, TupleTableSlot *slot)
{
	RulesSite *site = arg;
	MemoryContext outer;
	KeptRule *rule;
	uint32_t *place;

	slot_getallattrs(slot);
	if ((site->n & 4095) == 4095)
	{
		up_progress("reading rules", site->n, 0);
		site->too_many = site->too_many ||
						 MemoryContextMemAllocated(site->context, true) > up_memory_limit() / 2 ||
						 site->n > PG_INT32_MAX;
	}
	if (site->too_many || !is_rule(slot->tts_values, slot->tts_isnull))
		return;
	outer = MemoryContextSwitchTo(site->row_context);
	place = place_of(site, DatumGetArrayTypeP(slot->tts_values[LHS]));
	MemoryContextSwitchTo(site->context);
	if (place != NULL)
	{
		if (site->n == site->capacity)
		{
			site->capacity = Max(2 * site->capacity, 1024);
			site->rules = site->rules == NULL ? palloc(site->capacity * sizeof(KeptRule))
											  : repalloc_huge(site->rules, site->capacity * sizeof(KeptRule));
		}
		rule = &site->rules[site->n++];
		memcpy(rule->values, slot->tts_values, sizeof(rule->values));
		memcpy(rule->nulls, slot->tts_isnull, sizeof(rule->nulls));
		rule->values[LHS] = PointerGetDatum(DatumGetArrayTypePCopy(slot->tts_values[LHS]));
		rule->values[RHS] = PointerGetDatum(DatumGetArrayTypePCopy(slot->tts_values[RHS]));
		rule->next = *place;
		*place = site->n;
	}
	MemoryContextSwitchTo(outer);
	MemoryContextReset(site->row_context);
}

static void
keep_rules(RulesSite *site, FunctionCallInfo fcinfo, const char *source)
{
	MemoryContext context =
		AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "uprofile rules", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);

	site->context = context;
	up_keys_init(&site->items, true);
	site->row_context = AllocSetContextCreate(context, "uprofile rule", ALLOCSET_DEFAULT_SIZES);
	site->n = site->capacity = site->items_capacity = site->first_of_all = 0;
	site->rules = NULL;
	MemoryContextSwitchTo(outer);
	up_query_stream(rules_query(source, false), 0, NULL, NULL, NULL, NULL, keep_rule, site);
	if (!site->too_many)
		return;
	MemoryContextDelete(context);
	site->context = NULL;
}

/* The site, as it is at this moment: from the second call on the rules are kept. */
static RulesSite *
rules_site(FunctionCallInfo fcinfo, const char *source)
{
	RulesSite *site = fcinfo->flinfo->fn_extra;
	UpMoment now = up_this_moment();
	bool looked, told;

	if (site == NULL)
		site = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RulesSite));
	if (site->source != NULL && strcmp(site->source, source) == 0 &&
		memcmp(&now, &site->moment, sizeof(now)) == 0)
	{
		if (site->context == NULL && !site->too_many)
			keep_rules(site, fcinfo, source);
		return site;
	}
	if (site->context != NULL)
		MemoryContextDelete(site->context);
	if (site->source != NULL)
		pfree(site->source);
	looked = site->looked;
	told = site->told;
	memset(site, 0, sizeof(*site));
	site->looked = looked;
	site->told = told;
	site->source = MemoryContextStrdup(fcinfo->flinfo->fn_mcxt, source);
	site->moment = now;
	return site;
}

static void
consider_chain(Search *s, const RulesSite *site, uint32_t first)
{
	for (uint32_t i = first; i != 0; i = site->rules[i - 1].next)
	{
		if ((++s->n_rows & 4095) == 0)
			up_tick();
		consider(s, site->rules[i - 1].values, site->rules[i - 1].nulls);
	}
}

/* The rules that may fire. */
static void
consider_kept(Search *s, RulesSite *site)
{
	consider_chain(s, site, site->first_of_all);
	for (uint32_t i = 0; i < s->owned.n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&s->owned, i, &len);

		if (up_keys_has(&site->items, text, len))
			consider_chain(s, site, site->first[up_keys_bytes(&site->items, text, len)]);
	}
}

/* Where the rules are asked once: those that may fire, straight from the source. */
static void
read_firing(Search *s, const char *source, Datum items)
{
	const Oid types[] = {TEXTARRAYOID};

	up_query_stream(rules_query(source, true), 1, types, &items, NULL, NULL, take_rule, s);
}

/* ---- items from which no rule starts ----------------------------------------------------------------------------------- */

#define MOST_COMPARED 1000  /* names: of more the nearest takes longer than the answer */
#define MOST_READ     10000 /* items of rules, to find as many */

typedef struct Names
{
	int n;
	const char *names[MOST_COMPARED];
} Names;

static void
take_name(void *arg, TupleTableSlot *slot)
{
	Names *found = arg;

	slot_getallattrs(slot);
	found->names[found->n++] = TextDatumGetCString(slot->tts_values[0]);
}

/*
 * The first of these items that no left side has, or NULL. Rules that are kept are at hand; else the source is asked, once a site: an index on
 * lhs (GIN) serves that as well.
 */
static const char *
unknown_item(const Search *s, RulesSite *site, const char *source, Datum items)
{
	const Oid types[] = {TEXTARRAYOID};
	Names *unknown;

	for (uint32_t i = 0; site->context != NULL && i < s->owned.n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&s->owned, i, &len);

		if (!up_keys_has(&site->items, text, len))
			return pnstrdup(text, len);
	}
	if (site->context != NULL || site->looked)
		return NULL;
	site->looked = true;
	unknown = palloc0(sizeof(Names));
	up_query_stream(
		psprintf("SELECT i FROM pg_catalog.unnest($1) AS i WHERE i IS NOT NULL AND NOT EXISTS (SELECT FROM "
				 "(%s) AS s WHERE CAST(s.lhs AS pg_catalog.text[]) OPERATOR(pg_catalog.@>) ARRAY[i]) "
				 "LIMIT 1",
				 up_source_query(source)),
		1, types, &items, NULL, NULL, take_name, unknown);
	return unknown->names[0];
}

static const char *
nearest_item(const char *source, const char *name)
{
	Names *known = palloc0(sizeof(Names));

	up_query_stream(
		psprintf("SELECT DISTINCT i FROM (SELECT pg_catalog.unnest(CAST(s.lhs AS pg_catalog.text[])) AS i "
				 "FROM (%s) AS s LIMIT %d) AS n WHERE i IS NOT NULL ORDER BY i LIMIT %d",
				 up_source_query(source), MOST_READ, MOST_COMPARED),
		0, NULL, NULL, NULL, NULL, take_name, known);
	return up_nearest_name(name, known->names, known->n);
}

static void
tell_unknown(const Search *s, RulesSite *site, const char *source, Datum items)
{
	const char *name = site->told || s->owned.n == 0 ? NULL : unknown_item(s, site, source, items);

	if (name == NULL)
		return;
	site->told = true;
	ereport(NOTICE, (errmsg("no rule starts from item \"%s\"", name),
					 up_hint_nearest(nearest_item(source, name), NULL)));
}

PG_FUNCTION_INFO_V1(uprofile_recommend);
Datum
uprofile_recommend(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"rules", "items", "n"};
	Search s = {0};
	UpSrf *srf;
	RulesSite *site;
	char *source;
	int32 n;

	for (int i = 0; i < 3; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("argument \"%s\" must not be null", names[i])));
	}
	n = PG_GETARG_INT32(2);
	if (n < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("n must be at least 1, not %d", n)));
	srf = up_srf_begin(fcinfo);
	search_init(&s, PG_GETARG_ARRAYTYPE_P(1));
	source = text_to_cstring(PG_GETARG_TEXT_PP(0));
	site = rules_site(fcinfo, source);
	if (site->context != NULL)
		consider_kept(&s, site);
	else
		read_firing(&s, source, PG_GETARG_DATUM(1));
	if (s.suggested.n == 0)
		tell_unknown(&s, site, source, PG_GETARG_DATUM(1));
	qsort_arg(s.suggestions, s.suggested.n, sizeof(Suggestion), compare_suggestions, &s);
	for (uint32_t i = 0; i < s.suggested.n && i < (uint32_t) n; i++)
	{
		const Suggestion *suggestion = &s.suggestions[i];
		Datum values[2 + N_COLUMNS];
		bool nulls[2 + N_COLUMNS] = {false};
		size_t len;
		const char *text = up_keys_get(&s.suggested, suggestion->item, &len);

		values[0] = PointerGetDatum(cstring_to_text_with_len(text, (int) len));
		values[1] = suggestion->values[CONFIDENCE];
		memcpy(values + 2, suggestion->values, sizeof(suggestion->values));
		memcpy(nulls + 2, suggestion->nulls, sizeof(suggestion->nulls));
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}
