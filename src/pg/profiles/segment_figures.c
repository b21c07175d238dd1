/*
 * segment_figures.c - figures of a model's segments; see segment_figures.h
 *
 * Distances are those that the model sees: between rows as it prepares them. What is stored with the users counts, not what the model would
 * say now.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "assess/cluster_figures.h"
#include "assess/silhouette.h"
#include "pg/io/caught.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/source_frame.h"
#include "pg/profiles/segment_figures.h"

#define ROWS     3000
#define FEWEST   200
#define DISTANCE 1e8 /* steps that the distances between all rows may take */
#define KEY      "uprofile_key"
#define SEGMENT  "uprofile_segment"

/* What is kept of the rows beside the frame. */
typedef struct Kept
{
	UpRowReader *reader;
	int key, segment; /* places of the columns */
	MemoryContext context;
	size_t n, space;
	char **keys;
	double *segments;
} Kept;

static void
take_columns(void *arg, UpRowReader *r)
{
	Kept *kept = arg;

	kept->reader = r;
	kept->key = up_row_reader_find(r, KEY, "column");
	kept->segment = up_row_reader_find(r, SEGMENT, "column");
}

static void
take_row(void *arg, UpRowReader *r, uint64_t hash)
{
	Kept *kept = arg;
	MemoryContext outer = MemoryContextSwitchTo(kept->context);

	(void) hash;
	if (kept->n == kept->space)
	{
		kept->space *= 2;
		kept->keys = repalloc(kept->keys, sizeof(char *) * kept->space);
		kept->segments = repalloc(kept->segments, sizeof(double) * kept->space);
	}
	kept->keys[kept->n] = TextDatumGetCString(r->values[kept->key]);
	kept->segments[kept->n++] = DatumGetInt32(r->values[kept->segment]);
	MemoryContextSwitchTo(outer);
}

static int64
rows_wanted(const UpModel *m)
{
	double most = sqrt(DISTANCE / Max(m->n_features, 1));

	return (int64) Min(ROWS, Max(FEWEST, most));
}

/* The model's columns, the key and the segment; NULL where one is missing. */
static char *
query_of(const UpSegments *s, const UpSegmentSet *set, const UpModel *m, int64 users)
{
	int64 most = rows_wanted(m);
	char *sample = users > most ? psprintf("TABLESAMPLE BERNOULLI (%.10g) REPEATABLE (0)",
										   Min(100, 100.0 * (double) most / (double) users))
								: "";
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s AS " KEY ", r.%s AS " SEGMENT, up_segments_key(s, "r"),
					 quote_identifier(set->column));
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		if (up_attribute_named(s->columns, m->pipeline->steps[i].name) == NULL)
			return NULL;
		appendStringInfo(&sql, ", r.%s", quote_identifier(m->pipeline->steps[i].name));
	}
	appendStringInfo(&sql, " FROM %s WHERE r.%s IS NOT NULL ORDER BY " KEY, up_segments_from(s, sample),
					 quote_identifier(set->column));
	return sql.data;
}

/* The rows as the model's learner sees them. */
static double *
encoded(const UpBinding *b, size_t n)
{
	const UpPipeline *p = b->model->pipeline;
	size_t *rows = up_alloc_array(Max(n, 1), sizeof(size_t));
	double *inputs = up_alloc_array(Max(n * p->n_inputs, 1), sizeof(double));
	double *x = up_alloc_array(Max(n * b->model->n_features, 1), sizeof(double));

	for (size_t i = 0; i < n; i++)
		rows[i] = i;
	up_bound_inputs(b, rows, n, inputs);
	for (size_t i = 0; i < n; i++)
		up_pipeline_encode(p, inputs + i * p->n_inputs, x + i * b->model->n_features);
	up_free(inputs);
	up_free(rows);
	return x;
}

static UpValue *
own_columns(void)
{
	UpValue *names = up_value_array();

	up_value_append(names, up_value_string(KEY));
	up_value_append(names, up_value_string(SEGMENT));
	return names;
}

static UpSegmentFigure *
measure(const UpSegments *s, const UpSegmentSet *set, const UpModel *m, int64 users, int *n, double *stability)
{
	Kept kept = {.context = CurrentMemoryContext, .space = 256};
	UpSourceOrder order = {.prepare = up_value_get(m->params, "prepare"),
						   .model = m,
						   .columns = take_columns,
						   .row = take_row,
						   .arg = &kept};
	char *sql = query_of(s, set, m, users), *why;
	UpClusterFigures figures;
	UpSegmentFigure *out;
	double *dense;
	UpFrame *f;
	UpBinding *b;

	*n = 0;
	*stability = NAN;
	if (sql == NULL || !m->pipeline->by_name)
		return NULL;
	kept.keys = palloc(sizeof(char *) * kept.space);
	kept.segments = palloc(sizeof(double) * kept.space);
	f = up_source_frame_read(sql, &order)->frame;
	if (kept.n == 0 || kept.n != f->samples->n_rows)
		return NULL;
	up_frame_sort_codes(f);
	b = up_bind_frame(f, m, &why);
	if (b == NULL)
		return NULL;
	dense = up_alloc_array(kept.n, sizeof(double));
	memcpy(dense, kept.segments, sizeof(double) * kept.n);
	*n = (int) up_clusters_dense(dense, kept.n);
	up_cluster_figures(kept.n, m->n_features, encoded(b, kept.n), dense, (uint32_t) *n, &figures);
	*stability = up_steadiness(f, m, dense, (uint32_t) *n, own_columns());
	out = palloc0(sizeof(UpSegmentFigure) * (Size) Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		size_t row = figures.typical[i];

		out[i].segment = psprintf("%d", (int) kept.segments[row]);
		out[i].silhouette = figures.silhouette[i];
		out[i].typical = kept.keys[row];
	}
	return out;
}

typedef struct Measuring
{
	const UpSegments *s;
	const UpSegmentSet *set;
	const UpModel *m;
	int64 users;
	int n;
	double stability;
	UpSegmentFigure *figures;
} Measuring;

static void
measure_set(void *of)
{
	Measuring *w = of;

	w->figures = measure(w->s, w->set, w->m, w->users, &w->n, &w->stability);
}

/* Where they cannot be measured the segments are described without. */
UpSegmentFigure *
up_segment_figures_of(const UpSegments *s, const UpSegmentSet *set, const UpModel *m, int64 users, int *n,
					  double *stability)
{
	Measuring w = {s, set, m, users};
	ErrorData *e = up_attempt(measure_set, &w);

	*n = e == NULL ? w.n : 0;
	*stability = e == NULL ? w.stability : NAN;
	if (e == NULL)
		return w.figures;
	ereport(DEBUG1,
			(errmsg_internal("segments of model \"%s\" are not measured: %s", set->registered, e->message)));
	return NULL;
}
