/*
 * data.c - encoded rows in a given order; see data.h
 */
#include "prep/data.h"

#include "num/sort.h"

#include <string.h>

#define TICK_ROWS   4096
#define PART_ROWS   8192
#define PART_VALUES 1000000
#define ROW_COST    256 /* in values, as it is anywhere in memory */
#define AHEAD       16  /* rows */
#define LINE        8   /* values of a cache line */

/*
 * Rows in canonical order are anywhere in memory: the one that is wanted soon is asked for while others are read. Of a wide row
 * the processor finds the rest by itself.
 */
__attribute__((always_inline)) static inline void
ask_ahead(const UpData *d, size_t i, size_t end)
{
	if (i + AHEAD < end)
		up_samples_ask(d->samples, d->order[i + AHEAD], 0, UP_MIN(d->samples->n_columns + 1, 4 * LINE + 1));
}

void
up_data_rows(const UpData *d, size_t first, size_t n, double *x)
{
	double *space = d->pipeline != NULL ? up_samples_space(d->samples) : NULL;
	size_t work = 0;

	UP_ASSERT(first + n <= d->n_rows);
	for (size_t i = 0; i < n; i++)
	{
		size_t row = d->order[first + i];

		ask_ahead(d, first + i, d->n_rows);
		up_tick_work(&work, d->n_features + ROW_COST);
		if (d->pipeline == NULL)
			up_samples_values(d->samples, row, 0, d->n_features, x);
		else
			up_pipeline_encode_training(d->pipeline, up_samples_read(d->samples, row, space), row, x);
		x += d->n_features;
	}
	up_free(space);
}

void
up_data_rows_f32(const UpData *d, size_t first, size_t n, float *x)
{
	double *space = up_samples_space(d->samples);
	double *wide = d->pipeline != NULL ? up_alloc_array(UP_MAX(d->n_features, 1), sizeof(double)) : NULL;
	size_t work = 0;

	UP_ASSERT(first + n <= d->n_rows);
	for (size_t i = 0; i < n; i++)
	{
		const double *row = up_samples_read(d->samples, d->order[first + i], space);

		ask_ahead(d, first + i, d->n_rows);
		up_tick_work(&work, d->n_features + ROW_COST);
		if (d->pipeline != NULL)
		{
			up_pipeline_encode_training(d->pipeline, row, d->order[first + i], wide);
			row = wide;
		}
		for (uint32_t j = 0; j < d->n_features; j++)
			x[j] = (float) row[j];
		x += d->n_features;
	}
	up_free(wide);
	up_free(space);
}

void
up_data_labels(const UpData *d, size_t first, size_t n, double *y)
{
	UP_ASSERT(first + n <= d->n_rows);
	UP_ASSERT(d->class_values == NULL || d->n_classes > 0);
	for (size_t i = 0; i < n; i++)
	{
		double label = up_samples_value(d->samples, d->order[first + i], d->samples->n_columns);

		if (first + i + AHEAD < d->n_rows)
			up_samples_ask(d->samples, d->order[first + i + AHEAD], d->samples->n_columns, 1);
		if (d->label_of != NULL)
			label = d->label_of[(uint32_t) label];
		y[i] =
			d->class_values == NULL ? label : (double) up_lower_bound(d->class_values, d->n_classes - 1, label);
	}
}

double *
up_data_weights(const UpData *d)
{
	double *w;

	if (d->weight_at == 0)
		return NULL;
	w = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double));
	for (size_t i = 0; i < d->n_rows; i++)
		w[i] = up_samples_value(d->samples, d->order[i], d->weight_at - 1);
	return w;
}

UpDataBlock
up_data_blocks(const UpData *d, size_t most, bool labels)
{
	UpDataBlock b = {.data = d, .most = most};

	UP_ASSERT(most > 0);
	b.x = up_alloc_array(most * UP_MAX(d->n_features, 1), sizeof(double));
	b.y = labels ? up_alloc_array(most, sizeof(double)) : NULL;
	return b;
}

bool
up_data_next(UpDataBlock *b)
{
	b->first += b->n;
	b->n = UP_MIN(b->most, b->data->n_rows - b->first);
	if (b->n == 0)
	{
		up_free(b->x);
		up_free(b->y);
		return false;
	}
	up_tick();
	up_data_rows(b->data, b->first, b->n, b->x);
	if (b->y != NULL)
		up_data_labels(b->data, b->first, b->n, b->y);
	return true;
}

/* ---- shared out ---- */

enum
{
	ORDER = UP_SAMPLES_ARRAYS,
	ENCODING /* of plain numbers, or NULL */
};

/* Whether a part can encode the rows, if that is to be done. */
static bool
encodes_in_parts(const UpPipeline *p)
{
	return p == NULL || (p->plain != NULL && p->selected == NULL);
}

UpDataForm
up_data_form(const UpData *d, void **arrays)
{
	UpDataForm form = {.n_rows = d->n_rows,
					   .n_features = d->n_features,
					   .n_classes = d->n_classes,
					   .weight_at = d->weight_at,
					   .of_classes = d->class_values != NULL};

	memset(arrays, 0, UP_DATA_ARRAYS * sizeof(void *));
	if (d->samples->lent == NULL || !encodes_in_parts(d->pipeline) || d->label_of != NULL ||
		d->n_classes > UP_DATA_MOST_CLASSES)
	{
		arrays[0] = (void *) d;
		return form;
	}
	form.samples = up_samples_form(d->samples, arrays);
	arrays[ORDER] = (void *) d->order;
	arrays[ENCODING] = d->pipeline != NULL ? d->pipeline->plain : NULL;
	if (form.of_classes)
		memcpy(form.class_values, d->class_values, d->n_classes * sizeof(double));
	return form;
}

const UpData *
up_data_open(const UpDataForm *form, void *const *arrays)
{
	UpData *d;

	if (!form->samples.lent)
		return arrays[0];
	d = up_alloc0(sizeof(UpData));
	d->samples = up_samples_open(&form->samples, arrays);
	d->order = arrays[ORDER];
	d->n_rows = form->n_rows;
	d->n_features = form->n_features;
	d->n_classes = form->n_classes;
	d->weight_at = form->weight_at;
	d->class_values = form->of_classes ? form->class_values : NULL;
	if (arrays[ENCODING] != NULL)
	{
		UpPipeline *p = up_alloc0(sizeof(UpPipeline));

		p->plain = arrays[ENCODING];
		p->n_encoded = p->n_features = form->n_features;
		d->pipeline = p;
	}
	return d;
}

/* The first rows, padded to a width. */
typedef struct Reading
{
	UpDataForm rows;
	size_t n, width, part_rows;
	double constant;
} Reading;

enum
{
	PADDED = UP_DATA_ARRAYS,
	LABELS, /* or NULL */
	N_ARRAYS
};

static void
labels_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpData *d = up_data_open(fixed, arrays);
	UpSamplesPart rows = up_samples_part(d->n_rows, PART_ROWS, part);

	for (size_t first = rows.first; first < rows.end; first += TICK_ROWS)
	{
		up_tick();
		up_data_labels(d, first, UP_MIN(TICK_ROWS, rows.end - first), (double *) arrays[LABELS] + first);
	}
}

void
up_data_all_labels(const UpData *d, double *y)
{
	void *arrays[N_ARRAYS] = {0};
	UpDataForm form = up_data_form(d, arrays);

	arrays[LABELS] = y;
	up_parallel(up_samples_parts(d->n_rows, PART_ROWS), labels_part, &form, sizeof(form), arrays, N_ARRAYS);
}

static void
padded_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Reading *r = fixed;
	const UpData *d = up_data_open(&r->rows, arrays);
	UpSamplesPart rows = up_samples_part(r->n, r->part_rows, part);
	double *row = (double *) arrays[PADDED] + rows.first * r->width, *labels = arrays[LABELS];
	size_t work = 0;

	for (size_t i = rows.first; i < rows.end; i++, row += r->width)
	{
		up_tick_work(&work, r->width + ROW_COST);
		up_data_rows(d, i, 1, row);
		row[d->n_features] = r->constant;
		memset(row + d->n_features + 1, 0, (r->width - d->n_features - 1) * sizeof(double));
		/* It stands beside what was read last. */
		if (labels != NULL)
			up_data_labels(d, i, 1, labels + i);
	}
}

double *
up_data_padded(const UpData *d, size_t n, size_t width, double constant, double *labels)
{
	void *arrays[N_ARRAYS] = {0};
	Reading r = {.rows = up_data_form(d, arrays),
				 .n = n,
				 .width = width,
				 .part_rows = UP_MIN(PART_ROWS, PART_VALUES / width + 1),
				 .constant = constant};

	UP_ASSERT(n <= d->n_rows && width > d->n_features);
	arrays[PADDED] = up_alloc_large_array(UP_MAX(n, 1), width * sizeof(double));
	arrays[LABELS] = labels;
	up_parallel(up_samples_parts(n, r.part_rows), padded_part, &r, sizeof(r), arrays, N_ARRAYS);
	return arrays[PADDED];
}

/* ---- */

const double **
up_data_places(const UpData *d)
{
	const double **places;

	if (d->pipeline != NULL || up_samples_packed(d->samples))
		return NULL;
	places = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double *));
	for (size_t i = 0; i < d->n_rows; i++)
		places[i] = up_samples_row(d->samples, d->order[i]);
	return places;
}

UpData *
up_data_subset(const UpData *d, const size_t *positions, size_t n)
{
	UpData *subset = up_alloc(sizeof(UpData));
	size_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));

	*subset = *d;
	for (size_t i = 0; i < n; i++)
	{
		UP_ASSERT(positions[i] < d->n_rows);
		order[i] = d->order[positions[i]];
	}
	subset->order = order;
	subset->n_rows = n;
	return subset;
}
