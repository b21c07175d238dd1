/*
 * gate.c - whether a new version of a model takes the place of the deployed one; see gate.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "assess/evaluate.h"
#include "num/sort.h"
#include "pg/io/query.h"
#include "pg/models/design.h"
#include "pg/models/gate.h"
#include "pg/models/held_out.h"
#include "pg/models/model_cache.h"
#include "pg/module.h"

#include <math.h>

#define HOLDOUT_ROWS                                                                                           \
	8192 /* a version without a key lists so many of its held-out rows, those of the least hash */

typedef struct Deployed
{
	UpModel *model;   /* NULL: its bytes cannot be read */
	char *unreadable; /* then, why */
	int32 version;
	char *key;      /* or NULL */
	char *key_form; /* the same */
	char *target;   /* or NULL */
	double test_size;
	bytea *holdout;  /* or NULL */
	UpHoldout split; /* method 0: by the hash, or as holdout lists */
} Deployed;

static bool
load_deployed(const UpGate *g, Deployed *d)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(g->name), value;
	UpRows r = up_query(
		false,
		psprintf(
			"SELECT v.id, v.version, v.bytes, v.key_column, v.key_form, v.target, v.test_size, v.holdout FROM "
			"%s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON v.id = "
			"n.deployed WHERE n.name = $1",
			g->schema, g->schema),
		1, &type, &name, NULL);
	bool isnull;

	if (r.n == 0)
		return false;
	d->version = DatumGetInt32(up_rows_get(&r, 0, "version", &isnull));
	if (!up_design_split(g->schema, DatumGetInt64(up_rows_get(&r, 0, "id", &isnull)), &d->split))
		d->split.method = 0;
	d->test_size = DatumGetFloat8(up_rows_get(&r, 0, "test_size", &isnull));
	d->key = up_rows_text(&r, 0, "key_column");
	d->key_form = up_rows_text(&r, 0, "key_form");
	d->target = up_rows_text(&r, 0, "target");
	value = up_rows_get(&r, 0, "holdout", &isnull);
	d->holdout = isnull ? NULL : DatumGetByteaPP(value);
	d->model =
		up_model_try((bytea *) PG_DETOAST_DATUM_PACKED(up_rows_get(&r, 0, "bytes", &isnull)), &d->unreadable);
	return true;
}

bytea *
up_gate_holdout(const UpSourceFrame *read, const char *key)
{
	size_t n = read->n_held_out, kept = Min(n, HOLDOUT_ROWS);
	UpKeyed *sorted;
	bytea *list;

	if (key != NULL || n == 0)
		return NULL;
	sorted = up_alloc_array(n, sizeof(UpKeyed));
	for (size_t i = 0; i < n; i++)
		sorted[i] = (UpKeyed){read->test_hashes[i], i};
	up_sort_keyed(sorted, n);
	list = palloc(VARHDRSZ + kept * sizeof(uint64_t));
	SET_VARSIZE(list, VARHDRSZ + kept * sizeof(uint64_t));
	for (size_t i = 0; i < kept; i++)
	{
		for (int byte = 0; byte < 8; byte++)
			VARDATA(list)[i * 8 + (size_t) byte] = (char) (sorted[i].key >> (8 * byte));
	}
	up_free(sorted);
	return list;
}

/* Both hold out what is late by the same column, whatever the keys are. */
static bool
splits_by_time(const UpGate *g, const Deployed *d)
{
	return d->split.method == UP_SPLIT_TIME && g->split != NULL && up_holdout_same(&d->split, g->split);
}

/* Whether the old version held out this row, the i-th of those held out now. By time: what came after all that it knew. */
static bool
is_new_to(const UpGate *g, const Deployed *d, size_t i)
{
	uint64_t hash = g->read->test_hashes[i];

	if (splits_by_time(g, d))
		return g->read->holdout_values[g->rows[i]] >= d->split.cut;
	if (d->holdout != NULL)
		return up_hash_listed(d->holdout, hash);
	return g->key != NULL && up_held_out(hash, d->test_size);
}

/* Those of the rows held out that the old version has not been trained on either. */
static size_t *
rows_new_to_both(const UpGate *g, const Deployed *d, size_t *n)
{
	size_t *rows = up_alloc_array(Max(g->n, 1), sizeof(size_t));

	*n = 0;
	for (size_t i = 0; i < g->n; i++)
	{
		if (is_new_to(g, d, i))
			rows[(*n)++] = g->rows[i];
	}
	return rows;
}

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *
named_column(const char *name)
{
	return name != NULL ? psprintf("\"%s\"", name) : "none";
}

/* Why no row can be new to both, before any is looked at; or NULL. */
static char *
why_incomparable(const UpGate *g, const Deployed *d)
{
	const UpModel *old = d->model;

	if (old == NULL)
		return psprintf("version %d cannot be read (%s)", d->version, d->unreadable);
	if (!same_name(d->target, g->target))
		return psprintf("target changed (from %s to %s)", named_column(d->target), named_column(g->target));
	if (!splits_by_time(g, d) && !same_name(d->key, g->key))
		return psprintf("key changed (from %s to %s)", named_column(d->key), named_column(g->key));
	/* Its text decides who is held out; older versions did not keep what it was. */
	if (!splits_by_time(g, d) && d->key_form != NULL && !same_name(d->key_form, g->read->key_form))
		return psprintf("key %s was %s, and is %s", named_column(d->key), d->key_form, g->read->key_form);
	if (g->n == 0)
		return pstrdup(UP_NONE_HELD_OUT);
	if (d->test_size == 0)
		return psprintf("version %d held out no row", d->version);
	if (old->task != g->model->task ||
		(old->task == UP_TASK_CLASSIFY && old->label_kind != g->model->label_kind))
		return psprintf("version %d predicts something else", d->version);
	return NULL;
}

static bool
incomparable(const Deployed *d, const char *why, char **note)
{
	*note = psprintf("not comparable: %s; deployed instead of version %d", why, d->version);
	return true;
}

bool
up_gate_passes(const UpGate *g, char **note)
{
	Deployed d = {0};
	UpValue *old_metrics, *new_metrics = NULL;
	const char *metric, *old_metric;
	bool more_is_better, passes;
	double now, before, worse;
	const UpValue *of_new;
	size_t n, *rows;
	UpBinding *b;
	char *why;

	if (!load_deployed(g, &d) || (g->model->task != UP_TASK_CLASSIFY && g->model->task != UP_TASK_REGRESS))
		return true;
	why = why_incomparable(g, &d);
	if (why != NULL)
		return incomparable(&d, why, note);
	rows = rows_new_to_both(g, &d, &n);
	if (n == 0)
		return incomparable(&d,
							g->key == NULL
								? psprintf("without a key no row is known to be new to version %d", d.version)
								: psprintf("no row is new to version %d", d.version),
							note);
	b = up_bind_frame(g->read->frame, d.model, &why);
	if (b == NULL)
		return incomparable(&d, why, note);
	old_metrics = up_evaluate(b, rows, n);
	if (n < g->n)
		new_metrics = up_evaluate(up_bind_frame(g->read->frame, g->model, &why), rows, n);
	of_new = new_metrics != NULL ? new_metrics : g->metrics;
	before = up_main_metric(d.model, old_metrics, &old_metric, &more_is_better);
	now = up_main_metric(g->model, of_new, &metric, &more_is_better);
	if (strcmp(metric, old_metric) != 0)
	{
		/* The classes are others, or one of the two has no probabilities. */
		more_is_better =
			up_value_get(of_new, "log_loss") == NULL || up_value_get(old_metrics, "log_loss") == NULL;
		metric = more_is_better ? "accuracy" : "log_loss";
		now = up_value_get(of_new, metric)->number;
		before = up_value_get(old_metrics, metric)->number;
	}
	if (isnan(now) || isnan(before))
		return incomparable(&d, psprintf("%zu row%s of one class tell nothing", n, n == 1 ? "" : "s"), note);
	*note = psprintf("%s %.4f, and %.4f of the deployed version %d on the same %s", metric, now, before,
					 d.version, n < g->n ? psprintf("%zu rows", n) : "rows");
	worse = more_is_better ? before - now : now - before;
	passes = worse <= up_deploy_margin * fabs(before);
	if (worse > 0)
		*note = psprintf("%s, worse by %.4f%s", *note, worse,
						 passes ? psprintf(", within the margin of %g %%", 100 * up_deploy_margin) : "");
	return passes;
}
