/*
 * user_events.c - see user_events.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg/io/equality.h"
#include "pg/io/source_query.h"
#include "pg/large_memory.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/shards.h"
#include "pg/profiles/source_trust.h"
#include "pg/profiles/user_events.h"
#include "pg/servers.h"

#include <float.h>
#include <math.h>

#define COST_OF_A_NODE 100 /* to be asked for one user, in the planner's units */
#define COST_OF_A_CALL 20  /* of a single user, beside its plan's, in the planner's units */
#define BYTES_OF_EVENT 48  /* that is kept, about */

/* Reads the events of one user; in the reader_context of its recommender. */
typedef struct Reader
{
	Oid role;
	const char *source;
	const char *path;
	UpKey key;
	Oid types[UP_MAX_KEY];
	char *all;       /* the statement that reads all users */
	char *looked_at; /* the statement for one user, as it is looked at before it is planned */
	TupleDesc columns;
	UpRecommendShape shape;
	double cost;
	bool sharded; /* other nodes are read */
	bool many;    /* keys are told apart by their text as the type tells them apart */
} Reader;

static const char *
source_of(const UpUserEvents *u)
{
	return u->source != NULL ? u->source : u->recommender->source;
}

static void
events_context(void *arg)
{
	const UpUserEvents *u = arg;

	if (u->source == NULL && geterrcode() == ERRCODE_INSUFFICIENT_PRIVILEGE)
		errhint(
			"Events are read with your own rights, also where a model is shared with you: you need SELECT on "
			"what "
			"its source reads. Or name a source of your own (events => '…'), or the items (items => '{…}').");
	if (!u->shared || u->source != NULL)
		errcontext("source \"%s\" of model \"%s\"", up_source_shown(source_of(u)), u->name);
	/* Of a statement that the caller has not written. */
	errposition(0);
	internalerrposition(0);
	internalerrquery(NULL);
}

/* From here to leave what runs reads the source. */
typedef struct Entered
{
	ErrorContextCallback context;
	UpAsRole role;
} Entered;

static void
enter(UpUserEvents *u, const char *path, Entered *e)
{
	e->context.callback = events_context;
	e->context.arg = u;
	e->context.previous = error_context_stack;
	error_context_stack = &e->context;
	up_as_role_begin(&e->role, GetUserId(), path);
}

static void
leave(Entered *e)
{
	up_as_role_end(&e->role);
	error_context_stack = e->context.previous;
}

static bool
is_told_by_text(const UpKey *key)
{
	static const Oid types[] = {INT2OID, INT4OID,      INT8OID,        TEXTOID, VARCHAROID,
								DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, UUIDOID, BOOLOID};

	for (size_t i = 0; key->n == 1 && i < lengthof(types); i++)
	{
		if (key->parts[0].type == types[i])
			return true;
	}
	return false;
}

/* "s.column is value", by the equality of the type: what path the caller has says nothing of that. */
static void
append_equal(StringInfo sql, const char *column, Oid type, const char *value)
{
	char *left = psprintf("s.%s", quote_identifier(column));

	appendStringInfoString(sql, sql->len > 0 ? " AND " : "");
	if (!up_append_equal_of_type(sql, left, type, value, type))
		appendStringInfo(sql, "%s = %s", left, value);
}

static Reader *
new_reader(UpUserEvents *u, const char *path, UpKept **plan)
{
	UpRecommendColumns c = up_recommend_columns_of(u->recommender->model);
	Reader *r = palloc0(sizeof(Reader));
	char *query = up_source_query(source_of(u));
	StringInfoData where, same;

	r->role = GetUserId();
	r->source = pstrdup(source_of(u));
	r->path = pstrdup(path);
	up_key_resolve(&r->key, c.user_key, up_query_columns(query));
	initStringInfo(&where);
	initStringInfo(&same);
	for (int i = 0; i < r->key.n; i++)
	{
		r->types[i] = r->key.parts[i].type;
		append_equal(&same, r->key.parts[i].name, r->types[i],
					 psprintf("NULL::%s", format_type_be_qualified(r->types[i])));
		append_equal(&where, r->key.parts[i].name, r->types[i], psprintf("$%d", i + 1));
	}
	r->all = up_recommend_query(query, &c, true, NULL);
	r->columns = up_query_columns(r->all);
	up_recommend_shape_init(&r->shape, &c, true, r->columns);
	r->many = is_told_by_text(&r->key);
	r->sharded = up_reads_shards(r->all);
	r->looked_at = up_recommend_query(query, &c, true, same.data);
	*plan = up_kept_source(up_recommend_query(query, &c, true, where.data), r->key.n, r->types, r->sharded);
	return r;
}

/* A query, looked at: that it may run, and that its columns are still these. */
static bool
check_query(const UpUserEvents *u, Query *query, TupleDesc columns)
{
	up_source_check_trust(query,
						  u->source != NULL ? "the source" : psprintf("the source of model \"%s\"", u->name));
	return up_same_columns(ExecCleanTypeFromTL(query->targetList), columns);
}

/* The same of what is planned now. */
static bool
check_plan(const UpUserEvents *u, UpKept *plan, TupleDesc columns, double *cost, double *n_rows)
{
	List *queries = up_kept_queries(plan, cost, n_rows);

	if (list_length(queries) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a source must be one query that reads")));
	return check_query(u, linitial_node(Query, queries), columns);
}

/*
 * The statement is looked at before it is planned: to plan runs functions that are immutable, and stable ones for a guess. Shards are
 * asked by a plan for each user, so there is none to look at.
 */
static bool
check_reader(const UpUserEvents *u, Reader *r)
{
	TupleDesc columns;
	double n_rows;

	if (!check_query(u, up_query_parse(r->looked_at, NULL, &columns), r->columns))
		return false;
	if (!r->sharded)
		return check_plan(u, u->recommender->reader_plan, r->columns, &r->cost, &n_rows);
	r->cost = COST_OF_A_NODE;
	return true;
}

static Reader *
make_reader(UpUserEvents *u, const char *path)
{
	UpNamedRecommender *named = u->recommender;
	MemoryContext context, outer = CurrentMemoryContext;
	Reader *r;
	UpKept *plan;

	up_named_recommender_forget_reader(named);
	context = AllocSetContextCreate(CurrentMemoryContext, "uprofile events of users", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	r = new_reader(u, path, &plan);
	MemoryContextSwitchTo(outer);
	MemoryContextSetParent(context, named->context);
	up_large_keep(context);
	named->reader_context = context;
	named->reader = r;
	named->reader_plan = plan;
	return r;
}

/* The reader of this source for the current role, as it is now: what became of a source that has changed is said as of a new one. */
static Reader *
reader_for(UpUserEvents *u, const char *path)
{
	Reader *r = u->recommender->reader;

	if (r == NULL || r->role != GetUserId() || strcmp(r->source, source_of(u)) != 0 ||
		strcmp(r->path, path) != 0 || !up_kept_is_valid(u->recommender->reader_plan))
		r = make_reader(u, path);
	if (check_reader(u, r))
		return r;
	r = make_reader(u, path);
	(void) check_reader(u, r);
	return r;
}

static const char *
path_for(const UpUserEvents *u)
{
	if (u->source != NULL)
		return GetConfigOption("search_path", false, false);
	if (u->recommender->why_not != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the source of model \"%s\" cannot be read: %s", u->name, u->recommender->why_not),
				 errhint("Name a source of your own (events => '…'), or the items (items => '{…}').")));
	return u->recommender->path;
}

/* ---- one user ---------------------------------------------------------------------------------------------------- */

typedef struct Taking
{
	const UpRecommendModel *m;
	Reader *reader;
	UpPairs *pairs;
	double segment_time; /* of the latest event with a segment */
	const char *segment; /* in the current memory, or NULL */
	MemoryContext context;
} Taking;

static const char *
value_text(UpKeyColumn *c, Datum value)
{
	return c->form == UP_KEY_BYTES ? TextDatumGetCString(value) : up_key_column_value_text(c, value);
}

static void
take_segment(Taking *t, Datum value, double time)
{
	const char *text = value_text(&t->reader->shape.segments, value);

	if (isnan(time))
		time = -DBL_MAX;
	if (t->segment != NULL &&
		(time < t->segment_time || (time == t->segment_time && strcmp(text, t->segment) >= 0)))
		return;
	t->segment = MemoryContextStrdup(t->context, text);
	t->segment_time = time;
}

static void
take_event(void *arg, TupleTableSlot *slot)
{
	Taking *t = arg;
	UpRecommendShape *s = &t->reader->shape;
	MemoryContext outer = MemoryContextSwitchTo(s->row_context);
	double weight, time;
	uint32_t item;

	if (up_recommend_row(s, slot, &weight, &time))
	{
		item = up_recommend_item(t->m, value_text(&s->item, slot->tts_values[0]));
		if (s->segment >= 0 && !slot->tts_isnull[s->segment])
			take_segment(t, slot->tts_values[s->segment], time);
		MemoryContextSwitchTo(outer);
		if (item != UP_NO_ITEM)
			up_pairs_add(t->pairs, 0, item, weight, time);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextReset(s->row_context);
}

static void
read_one(UpUserEvents *u, Reader *r, const Datum *values, UpPairs *pairs, uint32_t *segment)
{
	Taking t = {u->recommender->model, r, pairs, -DBL_MAX, NULL, CurrentMemoryContext};

	up_kept_stream(u->recommender->reader_plan, r->columns, r->key.n, r->types, values, take_event, &t);
	*segment = t.segment != NULL ? up_recommend_segment(t.m, t.segment) : UP_NO_SEGMENT;
	u->spent += r->cost + COST_OF_A_CALL;
}

/* ---- all users --------------------------------------------------------------------------------------------------- */

static void
number_names(UpUserEvents *u)
{
	const UpRecommendModel *m = u->recommender->model;

	u->item_number = up_alloc_array(Max(u->all->n_items, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < u->all->n_items; i++)
		u->item_number[i] = up_recommend_item(m, u->all->items[i]);
	u->segment_number = up_alloc_array(Max(u->all->n_segments, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < u->all->n_segments; i++)
		u->segment_number[i] = up_recommend_segment(m, u->all->segment_names[i]);
}

/* Plans reading all users; with even_if: reads them, whatever they cost. Else where single ones have cost as much. */
static void
read_all(UpUserEvents *u, Reader *r, bool even_if)
{
	UpRecommendColumns c = up_recommend_columns_of(u->recommender->model);
	double n_rows;
	UpKept *plan = up_kept_source(r->all, 0, NULL, false);
	MemoryContext outer;

	/* The plan is the backend's, so it must not be left behind. */
	PG_TRY();
	{
		if (!check_plan(u, plan, r->columns, &u->cost_all, &n_rows))
			u->cost_all = even_if ? 0 : DBL_MAX;
		if (!even_if && n_rows * BYTES_OF_EVENT > (double) up_memory_limit() / 2)
			u->cost_all = DBL_MAX;
		if (even_if || u->spent > u->cost_all)
		{
			u->all_context =
				AllocSetContextCreate(u->context, "uprofile events of all users", ALLOCSET_DEFAULT_SIZES);
			outer = MemoryContextSwitchTo(u->all_context);
			u->key = r->key;
			u->all = up_recommend_read_new(&c, r->columns);
			up_kept_stream(plan, r->columns, 0, NULL, NULL, up_recommend_read_take, u->all);
			up_recommend_read_end(u->all);
			u->places = up_recommend_places(&u->all->pairs, u->all->n_users, &u->starts);
			number_names(u);
			MemoryContextSwitchTo(outer);
		}
	}
	PG_FINALLY();
	{
		up_kept_free(plan);
	}
	PG_END_TRY();
}

void
up_user_events_of(const UpUserEvents *u, uint32_t user, UpPairs *pairs, uint32_t *segment)
{
	const UpPairs *p = &u->all->pairs;
	uint32_t own;

	*segment = UP_NO_SEGMENT;
	up_pairs_init(pairs, p->weights != NULL, p->times != NULL);
	if (user >= u->all->n_users)
		return;
	for (uint64_t i = u->starts[user]; i < u->starts[user + 1]; i++)
	{
		size_t at = u->places[i];
		uint32_t item = u->item_number[p->pairs[2 * at + 1]];

		if (item != UP_NO_ITEM)
			up_pairs_add(pairs, 0, item, p->weights != NULL ? p->weights[at] : 1,
						 p->times != NULL ? p->times[at] : NAN);
	}
	own = u->all->segments != NULL ? u->all->segments[user] : UP_NO_SEGMENT;
	if (own != UP_NO_SEGMENT)
		*segment = u->segment_number[own];
}

/* What ROW(…) is as text, for a key of several parts. */
static Datum
row_text(const UpKey *key, const Datum *values)
{
	TupleDesc desc = CreateTemplateTupleDesc(key->n);
	bool nulls[UP_MAX_KEY] = {false};

	for (int i = 0; i < key->n; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), NULL, key->parts[i].type, -1, 0);
	return CStringGetTextDatum(OidOutputFunctionCall(
		F_RECORD_OUT, HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(up_columns_done(desc)),
														unconstify(Datum *, values), nulls))));
}

static uint32_t
number_of(UpUserEvents *u, const Datum *values)
{
	UpKeyColumn *c = &u->all->shape.user;
	Datum value = u->key.n > 1 ? row_text(&u->key, values) : values[0];
	MemoryContext outer = MemoryContextSwitchTo(u->all_context);
	uint32_t number = up_key_column_number(c, value, u->all->shape.row_context);

	MemoryContextSwitchTo(outer);
	MemoryContextReset(u->all->shape.row_context);
	return number < u->all->n_users ? number : UINT32_MAX;
}

/* ---- what others call -------------------------------------------------------------------------------------------- */

void
up_user_events_forget(UpUserEvents *u)
{
	if (u->all_context != NULL)
		MemoryContextDelete(u->all_context);
	u->all_context = NULL;
	u->all = NULL;
	u->spent = u->cost_all = 0;
}

static bool
key_of(UpUserEvents *u, FunctionCallInfo fcinfo, int argument, const UpKey *key, Datum *values)
{
	Oid owner =
		OidIsValid(u->recommender->trainer) && u->source == NULL ? u->recommender->trainer : GetUserId();

	return up_user_key(fcinfo, argument, key, owner, values);
}

/* As up_user_events_get, where not all were read; or reads all. */
static void
read_as_caller(UpUserEvents *u, FunctionCallInfo fcinfo, int argument, UpPairs *pairs, uint32_t *segment)
{
	const char *path = path_for(u);
	Datum values[UP_MAX_KEY];
	Entered entered;
	Reader *r;

	enter(u, path, &entered);
	r = reader_for(u, path);
	if (fcinfo == NULL || (u->spent > u->cost_all && r->many))
		read_all(u, r, fcinfo == NULL);
	if (u->all == NULL)
	{
		up_pairs_init(pairs, r->shape.weight >= 0, r->shape.time >= 0);
		if (key_of(u, fcinfo, argument, &r->key, values))
			read_one(u, r, values, pairs, segment);
	}
	leave(&entered);
}

/*
 * The same. An error leaves nothing half read; where the text of the source is not for the caller it comes without the statement that
 * it happened in.
 */
static void
read_events(UpUserEvents *u, FunctionCallInfo fcinfo, int argument, UpPairs *pairs, uint32_t *segment)
{
	UpNamedRecommender *named = u->recommender;
	MemoryContext outer = CurrentMemoryContext;

	if (named->reading)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_RECURSION),
				 errmsg("the events of users for model \"%s\" are being read by what asks for them", u->name)));
	named->reading = true;
	PG_TRY();
	{
		read_as_caller(u, fcinfo, argument, pairs, segment);
		named->reading = false;
	}
	PG_CATCH();
	{
		ErrorData *error;

		named->reading = false;
		up_user_events_forget(u);
		if (!u->shared || u->source != NULL)
			PG_RE_THROW();
		MemoryContextSwitchTo(outer);
		error = CopyErrorData();
		FlushErrorState();
		error->context = psprintf("the source of model \"%s\"", u->name);
		error->internalquery = NULL;
		error->internalpos = 0;
		ReThrowError(error);
	}
	PG_END_TRY();
}

void
up_user_events_get(UpUserEvents *u, FunctionCallInfo fcinfo, int argument, UpPairs *pairs, uint32_t *segment)
{
	*segment = UP_NO_SEGMENT;
	if (u->all == NULL)
		read_events(u, fcinfo, argument, pairs, segment);
	if (u->all != NULL)
		up_user_events_of(u, up_user_events_number(u, fcinfo, argument), pairs, segment);
}

void
up_user_events_all(UpUserEvents *u)
{
	if (u->all == NULL)
		read_events(u, NULL, 0, NULL, NULL);
}

uint32_t
up_user_events_number(UpUserEvents *u, FunctionCallInfo fcinfo, int argument)
{
	Datum values[UP_MAX_KEY];

	return key_of(u, fcinfo, argument, &u->key, values) ? number_of(u, values) : UINT32_MAX;
}
