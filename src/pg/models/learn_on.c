/*
 * learn_on.c - a named model that learns on; see learn_on.h
 *
 * The rows go to core/learn/update.h as the model's inputs. A row that it learned from before counts once more; what it was before it
 * changed is not taken back.
 */
#include "postgres.h"

#include "assess/evaluate.h"
#include "learn/update.h"
#include "pg/models/learn_on.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"

/* Rows that may be learned from, in place of all. */
static size_t *
rows_to_learn(const UpSourceFrame *read, const UpModel *m, const UpBinding *b, size_t *n)
{
	size_t all = read->frame->samples->n_rows, *rows = up_alloc_array(Max(all, 1), sizeof(size_t));

	*n = 0;
	for (size_t i = 0; i < all; i++)
	{
		if (read->n_held_out == 0 || !read->held_out[i])
			rows[(*n)++] = i;
	}
	if (m->label_kind != UP_LABEL_NONE)
		*n = up_bound_labelled(b, rows, *n);
	return rows;
}

/* Inputs and label of each row, as an update takes them; NULL where a label is none of the model's. */
static UpFrame *
inputs_of(const UpModel *m, const UpBinding *b, const size_t *rows, size_t n)
{
	uint32_t width = m->pipeline->n_inputs;
	UpFrame *f =
		up_frame_new(width, true, m->label_kind == UP_LABEL_NONE ? UP_LABEL_NONE : UP_LABEL_NUMBER, NULL);
	double *labels = up_alloc_array(n, sizeof(double));

	for (uint32_t j = 0; j < width; j++)
		up_frame_set_column(f, j, "", UP_COLUMN_NUMBER);
	if (m->label_kind != UP_LABEL_NONE)
		up_bound_labels(b, rows, n, labels);
	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(f->samples);

		up_bound_inputs(b, rows + i, 1, row);
		if (m->label_kind != UP_LABEL_NONE)
			row[width] = labels[i];
		if (m->task == UP_TASK_CLASSIFY && !(labels[i] < m->n_classes))
			return NULL;
	}
	up_free(labels);
	return f;
}

UpModel *
up_learn_on(const char *schema, const char *name, const char *query, const UpSourceOrder *reading, size_t *rows,
			char **said)
{
	UpModel *base = up_model_parse(up_registry_bytes_now(schema, up_registry_deployed_now(schema, name)));
	UpSourceOrder order = *reading;
	UpSourceFrame *read;
	UpBinding *b;
	UpFrame *inputs;
	size_t *which;
	char *why;

	order.model = base;
	read = up_source_frame_read(query, &order);
	*rows = read->frame->samples->n_rows;
	b = up_bind_frame(read->frame, base, &why);
	if (b == NULL)
	{
		*said = psprintf("trained anew: %s", why);
		return NULL;
	}
	which = rows_to_learn(read, base, b, rows);
	if (*rows == 0)
		return NULL;
	inputs = inputs_of(base, b, which, *rows);
	if (inputs == NULL)
	{
		*said = pstrdup("trained anew: there is a label that the deployed version does not know");
		return NULL;
	}
	*said = psprintf("learned on from %zu row%s", *rows, *rows == 1 ? "" : "s");
	return up_update(base, up_update_request(base, NULL), inputs);
}
