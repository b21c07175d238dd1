/*
 * fn_next.c - uprofile_train_next and uprofile_next: what users do next
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "mine/next.h"
#include "pg/large_memory.h"
#include "pg/io/srf.h"
#include "pg/io/trails.h"
#include "pg/io/written.h"
#include "pg/models/model_key.h"
#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"
#include "pg/sql/mine_arguments.h"

/* ---- training ---- */

/* max_order, min_count, new_visit, collapse are arguments `first` and on. */
static UpNext *
train(FunctionCallInfo fcinfo, int first)
{
	const char *source = up_text_argument(fcinfo, 0, "source");
	const char *user_key = up_text_argument(fcinfo, 1, "user_key");
	const char *event_time = up_text_argument(fcinfo, 2, "event_time");
	const char *item = up_text_argument(fcinfo, 3, "item");
	UpNextOptions o;
	UpTrailSource *read;
	UpNext *model;

	o.max_order = (uint32_t) up_mine_count(fcinfo, first, "max_order", false, 0, UP_NEXT_MOST_ORDER);
	o.min_count = (uint32_t) up_mine_count(fcinfo, first + 1, "min_count", false, 1, PG_INT32_MAX);
	o.collapse = up_bool_argument(fcinfo, first + 3, "collapse");
	read = up_trails_read(source, user_key, event_time, item);
	o.new_visit = up_trails_interval(read, up_interval_argument(fcinfo, first + 2), "new_visit", UP_ANY_TIME);
	model = up_next_train(&read->trails, &o);
	for (uint32_t i = 0; i < read->trails.n_items; i++)
		up_keys_bytes(&model->items, read->items[i].text, read->items[i].len);
	return model;
}

PG_FUNCTION_INFO_V1(uprofile_train_next);
Datum
uprofile_train_next(PG_FUNCTION_ARGS)
{
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile function", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(work);
	UpWriter w;
	bytea *bytes;

	up_writer_init(&w);
	up_put_next(&w, train(fcinfo, 4));
	MemoryContextSwitchTo(outer);
	bytes = up_written(&w, "the model", "Raise min_count, or lower max_order.");
	MemoryContextDelete(work);
	PG_RETURN_BYTEA_P(bytes);
}

/* ---- asking ---- */

/* Numbers of the items of an array; what the model does not know, and NULL, is UINT32_MAX. */
static uint32_t *
history_argument(FunctionCallInfo fcinfo, int argument, UpNext *m, int *n)
{
	Datum *texts;
	bool *nulls;
	uint32_t *history;

	*n = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, n);
	history = palloc(sizeof(uint32_t) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		text *t = nulls[i] ? NULL : DatumGetTextPP(texts[i]);

		history[i] = UINT32_MAX;
		if (t != NULL && up_keys_has(&m->items, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)))
			history[i] = up_keys_bytes(&m->items, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
	}
	return history;
}

static Datum
item_text(const UpNext *m, uint32_t item)
{
	size_t len;
	const char *text = up_keys_get(&m->items, item, &len);

	return PointerGetDatum(cstring_to_text_with_len(text, (int) len));
}

static Datum
context_array(const UpNext *m, const uint32_t *items, uint32_t n)
{
	Datum *texts = palloc(sizeof(Datum) * Max(n, 1));

	for (uint32_t i = 0; i < n; i++)
		texts[i] = item_text(m, items[i]);
	return PointerGetDatum(construct_array(texts, (int) n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* history and n are arguments `first` and the next. */
static void
return_guesses(UpSrf *srf, FunctionCallInfo fcinfo, int first, UpNext *m)
{
	uint32_t n = (uint32_t) up_mine_count(fcinfo, first + 1, "n", false, 1, PG_INT32_MAX), used;
	int n_history;
	uint32_t *history = history_argument(fcinfo, first, m, &n_history);
	UpGuess *guesses = up_alloc_array(Max(Min(n, m->items.n), 1), sizeof(UpGuess));
	uint32_t found = up_next_guess(m, history, (uint32_t) n_history, n, guesses, &used);
	Datum context = context_array(m, history + n_history - used, used);

	for (uint32_t i = 0; i < found; i++)
	{
		Datum values[4];
		bool nulls[4] = {false};

		values[0] = item_text(m, guesses[i].item);
		values[1] = Float8GetDatum(guesses[i].probability);
		values[2] = context;
		values[3] = Int64GetDatum((int64) guesses[i].count);
		up_srf_row(srf, values, nulls);
	}
}

/* The model that a call site used last. */
typedef struct Used
{
	UpModelKey key;
	UpNext *model;
	MemoryContext context;
} Used;

static UpNext *
model_argument(FunctionCallInfo fcinfo)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	Used *used = fcinfo->flinfo->fn_extra;
	MemoryContext outer = CurrentMemoryContext, context;
	bytea *bytes;

	/* In memory elsewhere: only its content says what it is. */
	if (VARATT_IS_EXTERNAL(v) && !VARATT_IS_EXTERNAL_ONDISK(v))
		v = PG_DETOAST_DATUM(PointerGetDatum(v));
	if (used != NULL && up_model_key_matches(&used->key, v))
		return used->model;
	bytes = (bytea *) PG_DETOAST_DATUM_PACKED(PointerGetDatum(v));
	context = AllocSetContextCreate(CurrentMemoryContext, "uprofile model", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	used = palloc0(sizeof(Used));
	used->context = context;
	used->model = up_get_next(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	up_model_key_set(&used->key, v);
	MemoryContextSwitchTo(outer);
	if (fcinfo->flinfo->fn_extra != NULL)
		MemoryContextDelete(((Used *) fcinfo->flinfo->fn_extra)->context);
	MemoryContextSetParent(context, fcinfo->flinfo->fn_mcxt);
	up_large_keep(context);
	fcinfo->flinfo->fn_extra = used;
	return used->model;
}

PG_FUNCTION_INFO_V1(uprofile_next_of_model);
Datum
uprofile_next_of_model(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);

	if (!PG_ARGISNULL(0))
		return_guesses(srf, fcinfo, 1, model_argument(fcinfo));
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_next_of_source);
Datum
uprofile_next_of_source(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);

	return_guesses(srf, fcinfo, 4, train(fcinfo, 6));
	return up_srf_end_work(srf);
}
