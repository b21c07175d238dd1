/*
 * measured.c - the rows of a source that a model is measured on; see measured.h
 */
#include "postgres.h"

#include "pg/io/query.h"
#include "pg/io/source_frame.h"
#include "pg/models/measured.h"

UpBinding *
up_measured_source(const UpModel *m, const char *source, const char *target, bool in_order, size_t **rows,
				   size_t *n)
{
	UpSourceOrder order = {.target = target, .prepare = up_value_get(m->params, "prepare"), .model = m};
	UpFrame *f = up_source_frame_read(up_source_query(source), &order)->frame;
	UpBinding *b;
	char *why;

	*n = f->samples->n_rows;
	if (*n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no row to measure on")));
	if (m->task == UP_TASK_REGRESS && f->label_kind == UP_LABEL_BOOLEAN)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model predicts numbers, and column \"%s\" is none", target)));
	if (in_order)
		up_frame_sort_codes(f);
	b = up_bind_frame(f, m, &why);
	if (b == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model cannot be used on the source: %s", why)));
	*rows = up_alloc_array(*n, sizeof(size_t));
	for (size_t i = 0; i < *n; i++)
		(*rows)[i] = i;
	if (in_order)
		up_samples_canonical_order(f->samples, *rows);
	if (m->task == UP_TASK_CLASSIFY || m->task == UP_TASK_REGRESS)
		*n = up_bound_labelled(b, *rows, *n);
	if (*n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model predicts numbers, and column \"%s\" has none", target)));
	return b;
}
