/*
 * holdout.c - hold-outs that are not by the hash of the key; see holdout.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "num/sort.h"
#include "pg/io/query.h"
#include "pg/models/design.h"
#include "pg/models/held_out.h"
#include "pg/models/holdout.h"

#include <math.h>

#define MOST_LISTED 262144 /* hashes that a version lists: 2 MB */

UpHoldoutOrder *
up_holdout_order(const UpValue *given, const UpValue *params, double share)
{
	const UpValue *seed = up_value_get(params, "seed");
	UpHoldoutOrder *o;
	UpHoldout h;

	if (given == NULL)
		return NULL;
	if (given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("split must be a JSON object, not %s", up_value_type_name(given)),
						errhint("For example '{\"method\": \"time\", \"column\": \"day\"}'.")));
	h = up_holdout_parse(given, seed != NULL && seed->type == UP_NUMBER ? (int64) seed->number : 0);
	if (h.method == UP_SPLIT_HASH)
		return NULL;
	if (!(share > 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a split needs a test_size above 0")));
	o = palloc0(sizeof(UpHoldoutOrder));
	o->holdout = palloc(sizeof(UpHoldout));
	*o->holdout = h;
	o->share = share;
	return o;
}

void
up_holdout_keep(UpHoldoutOrder *o, const char *schema, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r;
	UpHoldout h;
	bool isnull;

	if (o->holdout->method == UP_SPLIT_TIME || o->holdout->method == UP_SPLIT_COLUMN)
		return;
	r = up_query(
		false,
		psprintf("SELECT v.id, v.holdout FROM %s.uprofile_model_names n JOIN %s.uprofile_model_versions v "
				 "ON v.id = n.deployed AND v.model = n.name WHERE n.name = $1",
				 schema, schema),
		1, &type, &value, NULL);
	if (r.n == 0 || !up_design_split(schema, DatumGetInt64(up_rows_get(&r, 0, "id", &isnull)), &h) ||
		!up_holdout_same(&h, o->holdout))
		return;
	value = up_rows_get(&r, 0, "holdout", &isnull);
	o->kept = isnull ? NULL : DatumGetByteaPP(value);
}

void
up_holdout_reading(const UpHoldoutOrder *o, UpSourceOrder *reading)
{
	const UpHoldout *h = o->holdout;

	if (h->method == UP_SPLIT_GROUP && h->column == NULL && reading->key == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a split by method \"group\" needs a column, or a key"),
						errhint("Name it: {\"method\": \"group\", \"column\": \"…\"}.")));
	reading->test_size = 0;
	reading->hashes = true;
	reading->holdout_column = h->column;
	reading->holdout_numbers = h->method == UP_SPLIT_TIME || h->method == UP_SPLIT_COLUMN;
}

/* Groups by the key: rows without one are groups of their own. */
static double *
groups_of_keys(const UpSourceFrame *read)
{
	size_t n = read->frame->samples->n_rows;
	double *groups = up_alloc_array(Max(n, 1), sizeof(double));

	for (size_t i = 0; i < n; i++)
		groups[i] = read->hashes[i] == UINT64_MAX ? NAN : (double) (read->hashes[i] >> 11);
	return groups;
}

static uint8_t *
kept_rows(const UpHoldoutOrder *o, const UpSourceFrame *read)
{
	size_t n = read->frame->samples->n_rows;
	uint8_t *kept;

	if (o->kept == NULL)
		return NULL;
	kept = up_alloc_array(Max(n, 1), 1);
	for (size_t i = 0; i < n; i++)
		kept[i] = up_hash_listed(o->kept, read->hashes[i]);
	return kept;
}

static void
set_kinds(UpSourceFrame *s, uint8_t *kind, const uint64_t *hashes)
{
	size_t n = s->frame->samples->n_rows;

	s->held_out = kind;
	s->n_held_out = s->n_left = 0;
	for (size_t i = 0; i < n; i++)
	{
		s->n_held_out += kind[i] == UP_ROW_HELD_OUT;
		s->n_left += kind[i] == UP_ROW_LEFT;
	}
	s->test_hashes = up_alloc_array(Max(s->n_held_out, 1), sizeof(uint64_t));
	s->n_held_out = 0;
	for (size_t i = 0; i < n; i++)
	{
		size_t row = up_source_row(s, i);

		if (kind[row] == UP_ROW_HELD_OUT)
			s->test_hashes[s->n_held_out++] = hashes[row];
	}
}

void
up_holdout_apply(const UpHoldoutOrder *o, UpTraining *training, UpSourceFrame **reads, uint32_t n)
{
	UpSourceFrame *first = reads[0];
	UpSplitRows rows = {.n_rows = first->frame->samples->n_rows};
	uint8_t *kind = up_alloc_array(Max(rows.n_rows, 1), 1);
	UpData *d;

	training->held_out = NULL;
	training->order = NULL;
	training->order = rows.order = up_train_order(training);
	rows.n = rows.n_rows;
	if (o->holdout->method == UP_SPLIT_STRATIFIED)
	{
		double *labels;

		d = &up_train_labels(training)->data;
		rows.order = d->order;
		rows.n = d->n_rows;
		labels = up_alloc_array(Max(d->n_rows, 1), sizeof(double));
		up_data_labels(d, 0, d->n_rows, labels);
		rows.labels = labels;
		rows.n_classes = d->n_classes;
	}
	rows.hashes = first->hashes;
	rows.column = o->holdout->method == UP_SPLIT_GROUP && o->holdout->column == NULL ? groups_of_keys(first)
																					 : first->holdout_values;
	up_holdout_mark(o->holdout, o->share, &rows, kept_rows(o, first), kind);
	for (uint32_t i = 0; i < n; i++)
		set_kinds(reads[i], kind, first->hashes);
}

const UpValue *
up_holdout_no_features(const UpHoldoutOrder *o, const UpValue *names)
{
	UpValue *all;
	const char *column = o->event != NULL ? "anchor" : o->holdout->column;

	if (column == NULL || (o->holdout->method == UP_SPLIT_TIME && o->event == NULL))
		return names;
	all = names != NULL ? up_value_copy(names) : up_value_array();
	up_value_append(all, up_value_string(column));
	return all;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once. */
static uint64_t *
hashes_of(const UpSourceFrame *read, bool held_out, size_t *n)
{
	size_t all = read->frame->samples->n_rows, kept = 0;
	uint64_t *h = up_alloc_array(Max(all, 1), sizeof(uint64_t));

	*n = 0;
	for (size_t i = 0; i < all; i++)
	{
		if ((read->held_out[i] == UP_ROW_HELD_OUT) == held_out)
			h[(*n)++] = read->hashes[i];
	}
	up_sort(h, *n, sizeof(uint64_t), compare_hashes);
	for (size_t i = 0; i < *n; i++)
	{
		if (kept == 0 || h[kept - 1] != h[i])
			h[kept++] = h[i];
	}
	*n = kept;
	return h;
}

bytea *
up_holdout_list(const UpSourceFrame *read)
{
	size_t n, n_trained, listed = 0, at = 0;
	uint64_t *held = hashes_of(read, true, &n), *trained = hashes_of(read, false, &n_trained);
	bytea *list = palloc(VARHDRSZ + Min(n, MOST_LISTED) * sizeof(uint64_t));

	for (size_t i = 0; i < n && listed < MOST_LISTED; i++)
	{
		while (at < n_trained && trained[at] < held[i])
			at++;
		if (held[i] == UINT64_MAX || (at < n_trained && trained[at] == held[i]))
			continue;
		for (int byte = 0; byte < 8; byte++)
			VARDATA(list)[listed * 8 + (size_t) byte] = (char) (held[i] >> (8 * byte));
		listed++;
	}
	SET_VARSIZE(list, VARHDRSZ + listed * sizeof(uint64_t));
	up_free(held);
	up_free(trained);
	return list;
}
