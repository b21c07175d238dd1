/*
 * recommender_site.c - see recommender_site.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/io/relation.h"
#include "pg/io/source_query.h"
#include "pg/sql/arguments.h"
#include "pg/sql/recommender_site.h"

static void
unpin(void *arg)
{
	UpRecommenderSite *s = arg;

	if (s->recommender != NULL)
		s->recommender->pins--;
	s->recommender = NULL;
}

static UpRecommenderSite *
new_site(FunctionCallInfo fcinfo)
{
	UpRecommenderSite *s = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(UpRecommenderSite));

	s->function = fcinfo->flinfo->fn_oid;
	s->callback.func = unpin;
	s->callback.arg = s;
	MemoryContextRegisterResetCallback(fcinfo->flinfo->fn_mcxt, &s->callback);
	fcinfo->flinfo->fn_extra = s;
	return s;
}

/* What was kept of another recommender goes. */
static void
set_recommender(UpRecommenderSite *s, FunctionCallInfo fcinfo, UpNamedRecommender *r)
{
	unpin(s);
	if (s->context != NULL)
		MemoryContextDelete(s->context);
	s->context = NULL;
	memset(&s->users, 0, sizeof(s->users));
	s->told = false;
	s->candidates = NULL;
	s->context =
		AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "uprofile recommending", ALLOCSET_DEFAULT_SIZES);
	s->scores = MemoryContextAllocHuge(s->context, Max(r->model->n_items, 1) * sizeof(double));
	s->excluded = MemoryContextAllocHuge(s->context, Max(r->model->n_items, 1));
	s->allowed = MemoryContextAllocHuge(s->context, Max(r->model->n_items, 1));
	s->recommender = r;
	r->pins++;
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

UpRecommenderSite *
up_recommender_site(FunctionCallInfo fcinfo, const char *source)
{
	UpRecommenderSite *s = fcinfo->flinfo->fn_extra;
	char *name = up_text_argument(fcinfo, 0, "model");
	UpMoment now = up_this_moment();
	UpNamedRecommender *r;
	bool shared;

	if (s == NULL)
		s = new_site(fcinfo);
	if (s->recommender != NULL && memcmp(&now, &s->moment, sizeof(now)) == 0 && strcmp(s->name, name) == 0 &&
		is_same(s->source, source))
		return s;
	/* Only a look-up that succeeded counts. */
	memset(&s->moment, 0, sizeof(s->moment));
	r = up_named_recommender(s->function, name, &shared);
	if (r != s->recommender)
		set_recommender(s, fcinfo, r);
	up_user_events_forget(&s->users);
	s->vectors = NULL;
	s->owned = NULL;
	s->candidates = NULL;
	s->name = MemoryContextStrdup(s->context, name);
	s->source = source != NULL ? MemoryContextStrdup(s->context, source) : NULL;
	s->users.recommender = r;
	s->users.name = s->name;
	s->users.shared = shared;
	s->users.source = s->source;
	s->users.context = s->context;
	s->moment = now;
	return s;
}

/* ---- candidates -------------------------------------------------------------------------------------------------- */

typedef struct Naming
{
	const UpRecommendModel *m;
	UpKeyColumn item;
	uint8_t *allowed;
	MemoryContext context;
	uint64 n;
} Naming;

static void
take_candidate(void *arg, TupleTableSlot *slot)
{
	Naming *g = arg;
	MemoryContext outer = MemoryContextSwitchTo(g->context);
	uint32_t item;

	slot_getallattrs(slot);
	if ((++g->n & 65535) == 0)
		up_tick();
	if (!slot->tts_isnull[0])
	{
		item = up_recommend_item(g->m, g->item.form == UP_KEY_BYTES
										   ? TextDatumGetCString(slot->tts_values[0])
										   : up_key_column_value_text(&g->item, slot->tts_values[0]));
		if (item != UP_NO_ITEM)
			g->allowed[item] = 1;
	}
	MemoryContextSwitchTo(outer);
	MemoryContextReset(g->context);
}

/* The one column, or that which is called as the items' of the model. */
static char *
candidates_query(const UpRecommendModel *m, const char *source)
{
	char *query = up_source_query(source);
	TupleDesc columns = up_query_columns(query);
	const char *name =
		columns->natts == 1 ? NameStr(TupleDescAttr(columns, 0)->attname) : up_recommend_columns_of(m).item;

	if (up_attribute_named(columns, name) == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("the candidates have %d columns, of which none is \"%s\"", columns->natts, name),
						errhint("Select the items alone, or call their column as that of the events.")));
	return psprintf("SELECT s.%s FROM (%s) AS s", quote_identifier(name), query);
}

const uint8_t *
up_recommender_candidates(UpRecommenderSite *s, const char *source)
{
	Naming g = {.m = s->recommender->model, .allowed = s->allowed};
	TupleDesc columns;
	char *query;
	UpKept *plan;

	if (s->candidates != NULL && strcmp(s->candidates, source) == 0)
		return s->allowed;
	s->candidates = NULL;
	memset(s->allowed, 0, g.m->n_items);
	query = candidates_query(g.m, source);
	columns = up_query_columns(query);
	up_key_column_init(&g.item, up_row_reader_new(columns)->attributes, "candidates", false);
	g.context = AllocSetContextCreate(CurrentMemoryContext, "uprofile candidates", ALLOCSET_DEFAULT_SIZES);
	plan = up_kept_source(query, 0, NULL, false);
	/* The plan is the backend's, so it must not be left behind. */
	PG_TRY();
	{
		up_kept_stream(plan, columns, 0, NULL, NULL, take_candidate, &g);
	}
	PG_FINALLY();
	{
		up_kept_free(plan);
	}
	PG_END_TRY();
	MemoryContextDelete(g.context);
	s->candidates = MemoryContextStrdup(s->context, source);
	return s->allowed;
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

uint32_t
up_recommender_count(FunctionCallInfo fcinfo, int argument)
{
	int32 n = PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT32(argument);

	if (n < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						PG_ARGISNULL(argument) ? errmsg("n must not be NULL")
											   : errmsg("n must be at least 1, not %d", n)));
	return (uint32_t) n;
}

char *
up_recommender_item_text(FunctionCallInfo fcinfo, int argument)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	FormData_pg_attribute att = {0};
	UpKeyColumn column = {0};
	UpAttribute a = {0};

	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("item must not be NULL")));
	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("the type of item is not known")));
	if (type == UNKNOWNOID)
		return pstrdup(DatumGetCString(PG_GETARG_DATUM(argument)));
	namestrcpy(&att.attname, "item");
	att.atttypid = type;
	up_attribute_init(&a, &att);
	up_key_column_init(&column, &a, "argument", false);
	return column.form == UP_KEY_BYTES ? text_to_cstring(PG_GETARG_TEXT_PP(argument))
									   : pstrdup(up_key_column_value_text(&column, PG_GETARG_DATUM(argument)));
}
