/*
 * model_cache.c - bytea models of one call site, kept in fn_extra; see model_cache.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "learn/recommend/recommend.h"
#include "pg/large_memory.h"
#include "pg/io/written.h"
#include "pg/models/model_cache.h"
#include "pg/models/model_key.h"
#include "pg/models/stored_models.h"

#define SLOTS      32
#define SLOT_BYTES (64 * 1024 * 1024) /* models that one call site keeps, by their size as bytes */

typedef struct Slot
{
	UpModelKey key;
	Size model_bytes;
	uint64 last_used;
	UpModelUse use;
} Slot;

/* fn_extra of functions that take a bytea. */
typedef struct CallSite
{
	uint64 clock;
	int n;
	int recent;
	Size model_bytes;
	Slot *slots[SLOTS];
	UpStoredModel *stored[SLOTS]; /* of each slot: pinned; NULL: the model is the slot's own */
	MemoryContextCallback callback;
} CallSite;

UpModel *
up_model_parse(bytea *bytes)
{
	return up_get_model(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

UpModel *
up_model_parse_own(bytea *bytes)
{
	bool kept;
	UpModel *m = up_get_model_on(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), &kept);

	if (!kept)
		pfree(bytes);
	return m;
}

/* The result of read, or NULL where it refuses the bytes. */
static void *
try_reading(void *(*read)(bytea *), bytea *bytes, char **why)
{
	MemoryContext outer = CurrentMemoryContext;
	void *volatile result = NULL;

	/* Reading takes memory and nothing else, so that no subtransaction is needed. */
	PG_TRY();
	{
		result = read(bytes);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(outer);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_DATA_CORRUPTED && error->sqlerrcode != ERRCODE_FEATURE_NOT_SUPPORTED)
			PG_RE_THROW();
		FlushErrorState();
		*why = error->message;
	}
	PG_END_TRY();
	return result;
}

static void *
read_model(bytea *bytes)
{
	return up_model_parse(bytes);
}

static void *
read_recommender(bytea *bytes)
{
	return up_get_recommender(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

UpModel *
up_model_try(bytea *bytes, char **why)
{
	return try_reading(read_model, bytes, why);
}

bool
up_model_is_readable(bytea *bytes, char **why)
{
	bool is_recommender = up_is_recommender(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));

	return try_reading(is_recommender ? read_recommender : read_model, bytes, why) != NULL;
}

bytea *
up_model_bytes(const UpModel *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, m);
	return up_written(&w, "the model", NULL);
}

void
up_model_use_init(UpModelUse *use, const UpModel *m)
{
	use->model = m;
	use->inputs = up_alloc_array(Max(m->pipeline->n_inputs, m->n_features), sizeof(double));
	use->output =
		up_alloc_array(m->learner->membership != NULL ? m->learner->clusters(m->body).k : Max(m->n_classes, 1),
					   sizeof(double));
}

const double *
up_model_use_array(UpModelUse *use, ArrayType *array)
{
	const UpPipeline *p = use->model->pipeline;
	const double *inputs;
	uint32_t n;

	if (p->by_name)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model was trained on rows, not on arrays"),
				 errhint("Give it a row with the columns that it was trained on.")));
	inputs = up_array_values(array, &n);
	if (n != p->n_inputs)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%u features were given, and the model was trained on %u", n, p->n_inputs)));
	return inputs;
}

const double *
up_model_use_row(UpModelUse *use, HeapTupleHeader row)
{
	if (use->reader == NULL || !up_row_reader_fits(use->reader, row))
	{
		MemoryContext outer = MemoryContextSwitchTo(use->context);
		TupleDesc desc = up_record_desc(row);
		UpRowReader *reader = up_row_reader_new(desc);

		ReleaseTupleDesc(desc);
		up_row_reader_bind_model(reader, use->model);
		use->reader = reader;
		MemoryContextSwitchTo(outer);
	}
	up_row_reader_deform(use->reader, row);
	up_row_reader_inputs(use->reader, use->model, use->inputs);
	return use->inputs;
}

static void
drop_slot(CallSite *site, int i)
{
	Slot *slot = site->slots[i];

	site->model_bytes -= slot->model_bytes;
	if (site->stored[i] != NULL)
		up_stored_model_unpin(site->stored[i]);
	site->n--;
	site->slots[i] = site->slots[site->n];
	site->stored[i] = site->stored[site->n];
	site->recent = 0;
	MemoryContextDelete(slot->use.context);
}

static void
unpin_all(void *arg)
{
	CallSite *site = arg;

	/* The slots themselves, in contexts below, are gone. */
	for (int i = 0; i < site->n; i++)
	{
		if (site->stored[i] != NULL)
			up_stored_model_unpin(site->stored[i]);
	}
	site->n = 0;
}

static void
evict(CallSite *site, Size needed)
{
	while (site->n > 0 && (site->n == SLOTS || site->model_bytes + needed > SLOT_BYTES))
	{
		int oldest = 0;

		for (int i = 1; i < site->n; i++)
		{
			if (site->slots[i]->last_used < site->slots[oldest]->last_used)
				oldest = i;
		}
		drop_slot(site, oldest);
	}
}

static CallSite *
new_call_site(FunctionCallInfo fcinfo)
{
	CallSite *site = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CallSite));

	site->callback.func = unpin_all;
	site->callback.arg = site;
	MemoryContextRegisterResetCallback(fcinfo->flinfo->fn_mcxt, &site->callback);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

static void
add_slot(CallSite *site, FunctionCallInfo fcinfo, struct varlena *v)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "uprofile model", ALLOCSET_SMALL_SIZES);
	MemoryContext outer = CurrentMemoryContext;
	UpStoredModel *stored = VARATT_IS_EXTERNAL_ONDISK(v) ? up_stored_model(v) : NULL;
	bytea *bytes = stored != NULL ? NULL : (bytea *) PG_DETOAST_DATUM_PACKED(PointerGetDatum(v));
	Slot *slot;

	MemoryContextSwitchTo(context);
	slot = palloc0(sizeof(Slot));
	up_model_use_init(&slot->use, stored != NULL ? stored->model : up_model_parse(bytes));
	up_model_key_set(&slot->key, v);
	slot->model_bytes = slot->use.bytes = stored != NULL ? stored->bytes : VARSIZE_ANY(bytes);
	slot->use.context = context;
	MemoryContextSwitchTo(outer);
	if (bytes != NULL && (struct varlena *) bytes != v)
		pfree(bytes);

	/* Only now, that nothing can fail any more, it gets to live as long as the call site. */
	evict(site, slot->model_bytes);
	if (stored != NULL)
		up_stored_model_pin(stored);
	MemoryContextSetParent(context, fcinfo->flinfo->fn_mcxt);
	up_large_keep(context);
	slot->use.identity = ++site->clock;
	site->stored[site->n] = stored;
	site->slots[site->n++] = slot;
	site->model_bytes += slot->model_bytes;
}

UpModelUse *
up_model_use_recent_bytea(FunctionCallInfo fcinfo, int argument)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(argument));
	CallSite *site = fcinfo->flinfo->fn_extra;
	Slot *slot;

	if (site == NULL || site->n == 0 || (VARATT_IS_EXTERNAL(v) && !VARATT_IS_EXTERNAL_ONDISK(v)))
		return NULL;
	slot = site->slots[site->recent];
	if (!up_model_key_matches(&slot->key, v))
		return NULL;
	slot->last_used = ++site->clock;
	return &slot->use;
}

UpModelUse *
up_model_use_bytea(FunctionCallInfo fcinfo, int argument)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(argument));
	CallSite *site = fcinfo->flinfo->fn_extra;
	UpModelUse *recent = up_model_use_recent_bytea(fcinfo, argument);
	int found = -1;

	/* The model of the row before is the likely one. */
	if (recent != NULL)
		return recent;
	/* In memory elsewhere (an indirect or expanded value): only its content says what it is. */
	if (VARATT_IS_EXTERNAL(v) && !VARATT_IS_EXTERNAL_ONDISK(v))
		v = PG_DETOAST_DATUM(PointerGetDatum(v));
	if (site == NULL)
		site = new_call_site(fcinfo);
	for (int i = 0; found < 0 && i < site->n; i++)
	{
		if (up_model_key_matches(&site->slots[i]->key, v))
			found = i;
	}
	if (found < 0)
	{
		add_slot(site, fcinfo, v);
		found = site->n - 1;
	}
	site->recent = found;
	site->slots[found]->last_used = ++site->clock;
	return &site->slots[found]->use;
}
