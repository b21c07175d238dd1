/*
 * leaks.c - columns that know the answer, as training tells of them; see leaks.h
 *
 * The rows are those that training holds already, as the model's inputs, so that nothing is read again.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "assess/evaluate.h"
#include "pg/io/texts.h"
#include "pg/models/leaks.h"

#define LEAK_VALUES 500000 /* that are looked at in all columns together */
#define LEAST_ROWS  100    /* of a wide source, all the same */
#define BLOCK_ROWS  256    /* that are encoded at a time */
#define LEAST_AUC   0.995  /* what a good column may well reach is for uprofile_leaks to tell */

char *
up_leak_text(const char *column, const UpLeak *leak)
{
	switch (leak->reason)
	{
		case UP_LEAK_EQUAL:
			return psprintf("column \"%s\" equals the target", column);
		case UP_LEAK_ONE_TO_ONE:
			return psprintf("column \"%s\" has one value for each class of the target", column);
		case UP_LEAK_MISSING:
			return psprintf("column \"%s\" is missing, or known, just where the target is one value", column);
		case UP_LEAK_KEY:
			return psprintf("column \"%s\" counts the rows, and looks like a key", column);
		case UP_LEAK_TIME:
			return psprintf("column \"%s\" is later than the label in %.3g %% of the rows", column,
							100 * leak->score);
		default:
			return psprintf("column \"%s\" nearly tells the target (%.3f)", column, leak->score);
	}
}

static void
say(const char *column, const UpLeak *leak, const char *text)
{
	char *excluding =
		quote_literal_cstr(psprintf("{\"exclude\": [%s]}", up_value_text(up_value_string(column))));

	ereport(leak->reason == UP_LEAK_KEY ? NOTICE : WARNING,
			(errcode(leak->reason == UP_LEAK_KEY ? ERRCODE_SUCCESSFUL_COMPLETION : ERRCODE_WARNING),
			 errmsg("%s", text),
			 leak->reason == UP_LEAK_KEY
				 ? errhint("As a feature it tells nothing of rows to come. Name it, key => %s, or leave it "
						   "out, params => %s.",
						   quote_literal_cstr(column), excluding)
				 : errhint("If it becomes known only with the target, exclude it: params => %s.", excluding)));
}

/* Of those that were trained on, evenly. */
static size_t *
sampled_rows(const UpSourceFrame *read, size_t most, size_t *n)
{
	size_t all = read->frame->samples->n_rows, trained = 0, step;
	size_t *rows = up_alloc_array(Max(all, 1), sizeof(size_t));

	for (size_t i = 0; i < all; i++)
	{
		size_t row = up_source_row(read, i);

		if (read->n_held_out == 0 || !read->held_out[row])
			rows[trained++] = row;
	}
	*n = Min(trained, most);
	step = *n > 0 ? trained / *n : 1;
	for (size_t i = 0; i < *n; i++)
		rows[i] = rows[i * step];
	return rows;
}

/* Whether a column is looked at: those of several inputs are not. */
static bool
is_looked_at(const UpStep *s)
{
	return s->width == 1 && s->kind != UP_COLUMN_HASH;
}

/* The inputs of these rows, column by column. */
static double *
columns_of_rows(const UpBinding *b, const size_t *rows, size_t n)
{
	uint32_t n_inputs = b->model->pipeline->n_inputs;
	double *columns = up_alloc_large_array(Max(n * n_inputs, 1), sizeof(double));
	double *block = up_alloc_array((size_t) BLOCK_ROWS * Max(n_inputs, 1), sizeof(double));

	for (size_t first = 0; first < n; first += BLOCK_ROWS)
	{
		size_t here = Min(BLOCK_ROWS, n - first);

		up_tick();
		up_bound_inputs(b, rows + first, here, block);
		for (uint32_t j = 0; j < n_inputs; j++)
		{
			for (size_t i = 0; i < here; i++)
				columns[j * n + first + i] = block[i * n_inputs + j];
		}
	}
	up_free(block);
	return columns;
}

UpLeak *
up_leaks_find(const UpSourceFrame *read, const UpModel *m)
{
	const UpPipeline *p = m->pipeline;
	char *why;
	UpBinding *b = up_bind_frame(read->frame, m, &why);
	size_t n, *rows = sampled_rows(read, Max(LEAK_VALUES / Max(p->n_inputs, 1), LEAST_ROWS), &n);
	/* Where the frame has but rows that were drawn. */
	size_t of = read->n_rows > read->frame->samples->n_rows ? read->n_rows : n;
	double *columns = columns_of_rows(b, rows, n);
	double *labels = up_alloc_large_array(Max(n, 1), sizeof(double));
	UpVariable *x = up_alloc_array(Max(p->n_steps, 1), sizeof(UpVariable)), y = {labels, m->n_classes};
	bool *skipped = up_alloc_array(Max(p->n_steps, 1), sizeof(bool));
	UpLeak *leaks = up_alloc_array(Max(p->n_steps, 1), sizeof(UpLeak));

	up_bound_labels(b, rows, n, labels);
	for (uint32_t i = 0, at = 0; i < p->n_steps; at += p->steps[i++].width)
	{
		const UpStep *s = &p->steps[i];

		x[i] = (UpVariable){columns + at * n, s->kind == UP_COLUMN_CATEGORY ? s->n_categories + s->other : 0};
		skipped[i] = !is_looked_at(s);
	}
	up_leak_columns(x, skipped, p->n_steps, &y, m->class_values, n, of, UP_LEAK_THRESHOLD, leaks);
	up_free_large(columns);
	up_free_large(labels);
	up_free(x);
	up_free(skipped);
	up_free(rows);
	return leaks;
}

char *
up_leaks_say(const UpLeak *leaks, const UpModel *m, char *note)
{
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		const char *column = m->pipeline->steps[i].name;
		const UpLeak *leak = &leaks[i];
		char *text;

		if (leak->reason == UP_LEAK_NONE || (leak->reason == UP_LEAK_AUC && leak->score < LEAST_AUC))
			continue;
		text = up_leak_text(column, leak);
		say(column, leak, text);
		if (leak->reason == UP_LEAK_KEY)
			continue;
		note = up_notes_joined(text, note);
	}
	return note;
}
