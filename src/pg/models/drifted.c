/*
 * drifted.c - drift of a source against what a model was trained on; see drifted.h
 *
 * Only the model's columns are read. Where there are more rows than are looked at, those are taken evenly in the canonical
 * order, so that the figures do not depend on the plan.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "assess/spread.h"
#include "pg/io/query.h"
#include "pg/io/source_frame.h"
#include "pg/models/drifted.h"

#define ORDER_SECONDS 5e-9 /* a value, to put rows in order, about */

/* Puts the rows of two lists, none in both, into the canonical order. */
static void
sort_rows(const UpSamples *samples, size_t *lists[2], const size_t n[2])
{
	size_t *order = up_alloc_large_array(samples->n_rows, sizeof(size_t)), at[2] = {0, 0};
	uint8_t *listed = up_alloc0(samples->n_rows);

	for (uint8_t list = 0; list < 2; list++)
	{
		for (size_t i = 0; i < n[list]; i++)
			listed[lists[list][i]] = list + 1;
	}
	up_samples_canonical_order(samples, order);
	for (size_t i = 0; i < samples->n_rows; i++)
	{
		uint8_t list = listed[order[i]];

		if (list > 0)
			lists[list - 1][at[list - 1]++] = order[i];
	}
	up_free_large(order);
	up_free(listed);
}

UpDistribution *
up_distribution_of(const UpBinding *b, size_t *trained, size_t n_trained, size_t *held_out, size_t n_held_out)
{
	const UpSamples *samples = b->frame->samples;

	if (!b->model->pipeline->by_name || samples->n_rows > UINT32_MAX)
		return NULL;
	if (Max(n_trained, n_held_out) > Min(UP_SPREAD_ROWS, UP_ANSWER_ROWS))
		sort_rows(samples, (size_t *[]){trained, held_out}, (size_t[]){n_trained, n_held_out});
	return up_distribution_fit(b, trained, n_trained, held_out, n_held_out);
}

/* The model's columns of a query, as far as it has them; NULL: none. */
static char *
columns_of(const UpModel *m, const char *query)
{
	TupleDesc columns = up_query_columns(query);
	StringInfoData sql;
	bool any = false;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		const char *name = m->pipeline->steps[i].name;

		for (int j = 0; j < columns->natts; j++)
		{
			Form_pg_attribute a = TupleDescAttr(columns, j);

			if (a->attisdropped || strcmp(NameStr(a->attname), name) != 0)
				continue;
			appendStringInfo(&sql, "%suprofile_row.%s", any ? ", " : "", quote_identifier(name));
			any = true;
			break;
		}
	}
	appendStringInfo(&sql, " FROM (%s) uprofile_row", query);
	return any ? sql.data : NULL;
}

UpDrift *
up_drift_of_query(const UpModel *m, const char *query, const UpDriftParams *params)
{
	UpEarly early = {.seconds_a_value = UP_READ_SECONDS + ORDER_SECONDS};
	UpSourceOrder order = {
		.prepare = up_value_get(m->params, "prepare"), .model = m, .plain = up_early_begin, .arg = &early};
	UpDrift *drift;
	char *sql, **why;
	UpFrame *f;
	UpBinding *b;
	size_t *rows;

	if (m->distribution == NULL)
		return NULL;
	sql = columns_of(m, query);
	if (sql == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("the source has none of the model's columns"),
						errdetail("The first of them is \"%s\".", m->pipeline->steps[0].name)));
	f = up_source_frame_read(sql, &order)->frame;
	up_frame_sort_codes(f);
	b = up_bind_what_fits(f, m, &why);
	rows = up_alloc_large_array(Max(f->samples->n_rows, 1), sizeof(size_t));
	for (size_t i = 0; i < f->samples->n_rows; i++)
		rows[i] = i;
	if (f->samples->n_rows > Min(UP_SPREAD_ROWS, UP_ANSWER_ROWS))
	{
		UpSamples *lent = up_samples_lend_to_workers(f->samples);

		up_samples_canonical_order(f->samples, rows);
		up_samples_take_back(lent);
	}
	drift = up_drift_measure(b, why, rows, f->samples->n_rows, params);
	up_free_large(rows);
	up_early_end(&early);
	return drift;
}
