/*
 * binding.c - a frame's columns as a model's inputs; see binding.h
 */
#include "assess/binding.h"

#include "prep/step_encode.h"

#include <math.h>
#include <string.h>

#define RUN 64 /* rows that stand one after the other, on the average, are as good as all of them */

static double *
categories_of_codes(const UpDictionary *d, const UpStep *step)
{
	double *values = up_alloc_array((size_t) d->n + 1, sizeof(double));

	for (uint32_t i = 0; i < d->n; i++)
		values[i] = up_step_category(step, d->texts[i], strlen(d->texts[i]));
	return values;
}

/* How a column becomes the values of a step: b->values[i] is set where they are not as they are. Returns why it cannot. */
static char *
bind_column(UpBinding *b, uint32_t i, const UpColumn *c)
{
	const UpStep *step = &b->model->pipeline->steps[i];

	if (c->stored == UP_COLUMN_CATEGORY && step->kind == UP_COLUMN_CATEGORY)
		b->values[i] = categories_of_codes(c->dictionary, step);
	else if (c->stored == UP_COLUMN_CATEGORY && step->form == UP_FORM_TEXT && !c->dictionary->overflowed)
		b->values[i] = up_column_values(c, step->kind);
	else if (c->stored != step->kind)
		return up_format("column \"%s\" is a %s now, and was a %s", step->name, up_column_kind_name(c->stored),
						 up_column_kind_name(step->kind));
	else if (c->width != step->width && c->width != 0)
		return up_format("column \"%s\" has %u values now, and had %u", step->name, c->width, step->width);
	return NULL;
}

static UpBinding *
binding_new(const UpFrame *f, const UpModel *m)
{
	UpBinding *b = up_alloc0(sizeof(UpBinding));
	const UpPipeline *p = m->pipeline;

	b->frame = f;
	b->model = m;
	b->columns = up_alloc_array(UP_MAX(p->n_steps, 1), sizeof(uint32_t));
	b->values = up_alloc0(UP_MAX(p->n_steps, 1) * sizeof(double *));
	if (m->task == UP_TASK_REGRESS && f->label_kind == UP_LABEL_TEXT)
		b->label_of = up_frame_label_values(f);
	return b;
}

/* Why a step cannot be bound, or NULL. */
static char *
bind_step(UpBinding *b, uint32_t i)
{
	const UpStep *step = &b->model->pipeline->steps[i];
	const UpColumn *column = up_frame_column(b->frame, step->name);
	const UpValue *left_out = up_value_get(b->frame->left_out, step->name);

	if (column == NULL)
		return left_out != NULL && left_out->type == UP_STRING
				   ? up_format("column \"%s\" cannot be used: %s", step->name, left_out->string)
				   : up_format("column \"%s\" is missing", step->name);
	b->columns[i] = (uint32_t) (column - b->frame->columns);
	return bind_column(b, i, column);
}

UpBinding *
up_bind_frame(const UpFrame *f, const UpModel *m, char **why)
{
	UpBinding *b = binding_new(f, m);

	*why = NULL;
	if (!m->pipeline->by_name || !f->by_name)
	{
		*why = up_strdup("it was trained on arrays");
		return NULL;
	}
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		*why = bind_step(b, i);
		if (*why != NULL)
			return NULL;
	}
	return b;
}

UpBinding *
up_bind_what_fits(const UpFrame *f, const UpModel *m, char ***why)
{
	UpBinding *b = binding_new(f, m);

	*why = up_alloc0(UP_MAX(m->pipeline->n_steps, 1) * sizeof(char *));
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
		(*why)[i] = bind_step(b, i);
	return b;
}

UpStanding
up_bound_standing(const UpBinding *b, const size_t *rows, size_t n)
{
	UpStanding s = {.rows = rows};
	size_t total = b->frame->samples->n_rows, runs = 0, k = 0, *place, *standing;

	for (size_t i = 1; i < n; i++)
		runs += rows[i - 1] > rows[i];
	if (runs <= n / RUN)
		return s;
	place = up_alloc0(total * sizeof(size_t));
	standing = up_alloc_array(n, sizeof(size_t));
	s.at = up_alloc_array(n, sizeof(size_t));
	for (size_t i = 0; i < n; i++)
	{
		UP_ASSERT(place[rows[i]] == 0);
		place[rows[i]] = i + 1;
	}
	for (size_t row = 0; row < total; row++)
	{
		if (place[row] == 0)
			continue;
		s.at[k] = place[row] - 1;
		standing[k++] = row;
	}
	s.rows = standing;
	up_free(place);
	return s;
}

void
up_standing_free(UpStanding *s)
{
	if (s->at == NULL)
		return;
	up_free((size_t *) s->rows);
	up_free(s->at);
}

void
up_bound_inputs(const UpBinding *b, const size_t *rows, size_t n, double *inputs)
{
	const UpPipeline *p = b->model->pipeline;
	double *space = up_samples_space(b->frame->samples);

	for (size_t i = 0; i < n; i++)
	{
		const double *row;

		if (i + UP_SAMPLES_AHEAD < n)
			up_samples_ask(b->frame->samples, rows[i + UP_SAMPLES_AHEAD], 0, b->frame->samples->n_columns);
		row = up_samples_read(b->frame->samples, rows[i], space);
		for (uint32_t j = 0; j < p->n_steps; j++)
		{
			const UpColumn *c = &b->frame->columns[b->columns[j]];
			double v = c->width > 0 ? row[c->first] : NAN;

			if (b->values[j] != NULL && !isnan(v))
				v = b->values[j][(uint32_t) v];
			*inputs++ = v;
			for (uint32_t k = 1; k < p->steps[j].width; k++)
				*inputs++ = k < c->width ? row[c->first + k] : NAN;
		}
	}
	up_free(space);
}
