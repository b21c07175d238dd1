/*
 * retrain_metric.c - the deployed version measured on rows that it has not seen; see retrain.h
 *
 * Those are the rows held out from training by the hash of their key, as they and their labels are now; clusterings have
 * no labels and are measured on all rows. It reads the source once more, so only where a refresh reads everybody, and where at
 * least 1 % of the users have changed since the last training, which would else give the same model.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "assess/evaluate.h"
#include "pg/io/source_frame.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/io/caught.h"
#include "pg/profiles/retrain.h"
#include "pg/profiles/retrain_changes.h"

#define LEAST_CHANGED 0.01 /* of the users */

/* Positions of the rows that it has not seen; of a clustering all. */
static size_t *
unseen(const UpSourceFrame *read, const UpModel *m, const UpBinding *b, size_t *n)
{
	size_t all = read->frame->samples->n_rows, *rows = up_alloc_array(Max(all, 1), sizeof(size_t));
	bool clusters = m->task == UP_TASK_CLUSTER;

	*n = 0;
	for (size_t i = 0; i < all; i++)
	{
		if (clusters || (read->n_held_out > 0 && read->held_out[i]))
			rows[(*n)++] = i;
	}
	if (clusters)
		up_samples_canonical_order(read->frame->samples, rows);
	else
		*n = up_bound_labelled(b, rows, *n);
	return rows;
}

/* Of the deployed version; NULL where no row is unseen. */
static UpValue *
measure(const UpRetrainCase *c, size_t *n)
{
	const UpModel *m = up_model_parse(up_registry_bytes_now(c->p->schema, c->deployed_id));
	UpSourceOrder order = {.target = c->m->target, .key = c->p->key, .model = m};
	UpSourceFrame *read;
	UpBinding *b;
	size_t *rows;
	char *why;

	order.prepare = up_value_get(m->params, "prepare");
	order.test_size = m->task == UP_TASK_CLUSTER ? 0 : c->test_size;
	read = up_source_frame_read(up_profile_admitted(c->p, up_profile_rows_query(c->p), NULL), &order);
	b = up_bind_frame(read->frame, m, &why);
	if (b == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("%s", why)));
	rows = unseen(read, m, b, n);
	if (*n == 0)
		return NULL;
	return m->task == UP_TASK_CLUSTER ? up_evaluate_clusters(b, rows, *n) : up_evaluate(b, rows, *n);
}

/* The first figure that falls short, or that all are kept. */
static const char *
compare(UpRetrainCase *c, const UpValue *figures, size_t n)
{
	const UpRetrainRules *rules = &c->m->rules;
	StringInfoData kept;

	initStringInfo(&kept);
	for (int i = 0; i < rules->n_limits; i++)
	{
		const UpRetrainLimit *l = &rules->limits[i];
		const UpValue *v = figures != NULL ? up_value_get(figures, l->metric) : NULL;
		const char *told;

		if (v == NULL || v->type != UP_NUMBER || isnan(v->number))
		{
			appendStringInfo(&kept, "%sversion %d has no %s", kept.len > 0 ? "; " : "", c->deployed, l->metric);
			continue;
		}
		told = psprintf("%s of version %d is %.4f on %zu rows%s: retrain_metric is %g", l->metric, c->deployed,
						v->number, n, c->m->target != NULL ? " that it has not seen" : "", l->limit);
		if (l->more_is_better ? v->number < l->limit : v->number > l->limit)
			return told;
		appendStringInfo(&kept, "%s%s", kept.len > 0 ? "; " : "", told);
	}
	c->said = kept.data;
	return NULL;
}

typedef struct Measuring
{
	UpRetrainCase *c;
	MemoryContext inner;
	const char *why;
} Measuring;

static void
measure_and_compare(void *of)
{
	Measuring *w = of;
	MemoryContext outer = MemoryContextSwitchTo(w->inner);
	size_t n;
	UpValue *figures = measure(w->c, &n);

	MemoryContextSwitchTo(outer);
	if (figures == NULL)
		w->c->said =
			psprintf("version %d cannot be measured: there is no row that it has not seen", w->c->deployed);
	else
		w->why = compare(w->c, figures, n);
}

/* What cannot be measured stops nobody. */
static const char *
try_to_compare(UpRetrainCase *c)
{
	Measuring w = {c};
	ErrorData *e;

	w.inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile_refresh measure", ALLOCSET_DEFAULT_SIZES);
	e = up_attempt(measure_and_compare, &w);
	if (e != NULL)
		c->said = psprintf("version %d cannot be measured: %s", c->deployed, up_error_told(e));
	MemoryContextDelete(w.inner);
	return e == NULL ? w.why : NULL;
}

const char *
up_retrain_metric_due(UpRetrainCase *c)
{
	if (c->m->rules.n_limits == 0 || !c->everybody || c->deployed_id == 0 ||
		up_retrain_changed(c->p, c->m) < Max(LEAST_CHANGED * c->users, 1))
		return NULL;
	return try_to_compare(c);
}
