/*
 * pipeline_codec.c - a pipeline as model bytes
 *
 * Only what prediction needs travels: after reading, inputs are given in the order of the steps and categories by
 * their number.
 */
#include "prep/pipeline.h"

#include <math.h>
#include <string.h>

void
up_put_pipeline(UpWriter *w, const UpPipeline *p)
{
	up_put_u8(w, p->by_name);
	up_put_u8(w, p->zscore);
	up_put_value(w, p->left_out);
	up_put_u32(w, p->n_inputs);
	up_put_u8(w, p->steps != NULL);
	for (uint32_t i = 0; p->steps != NULL && i < p->n_inputs; i++)
	{
		const UpStep *step = &p->steps[i];

		up_put_text(w, step->name);
		up_put_u8(w, (uint8_t) step->kind);
		up_put_f64(w, step->fill);
		up_put_f64(w, step->center);
		up_put_f64(w, step->factor);
		if (step->kind != UP_COLUMN_CATEGORY)
			continue;
		up_put_u32(w, step->n_categories);
		for (uint32_t j = 0; j < step->n_categories; j++)
			up_put_text(w, step->categories[j]);
	}
}

static void
get_categories(UpReader *r, UpStep *step)
{
	step->n_categories = up_get_count(r, 4, UP_CATEGORY_LIMIT, "categories");
	step->categories = up_alloc_array((size_t) step->n_categories + 1, sizeof(char *));
	for (uint32_t j = 0; j < step->n_categories; j++)
	{
		step->categories[j] = up_get_text(r);
		if (step->categories[j] == NULL || (j > 0 && strcmp(step->categories[j - 1], step->categories[j]) >= 0))
			up_corrupt(r, "categories");
	}
	if (!(step->fill >= 0 && step->fill < step->n_categories && step->fill == floor(step->fill)))
		up_corrupt(r, "imputed category");
}

static void
get_step(UpReader *r, const UpPipeline *p, UpStep *step, uint32_t position)
{
	uint8_t kind;

	step->name = up_get_text(r);
	kind = up_get_u8(r);
	if (kind > UP_COLUMN_TIME || (step->name != NULL) != p->by_name)
		up_corrupt(r, "column of the pipeline");
	step->kind = (UpColumnKind) kind;
	step->source = position;
	step->fill = up_get_f64(r);
	step->center = up_get_f64(r);
	step->factor = up_get_f64(r);
	if (!(step->factor >= 0))
		up_corrupt(r, "scale of the pipeline");
	if (step->kind == UP_COLUMN_CATEGORY)
		get_categories(r, step);
}

UpPipeline *
up_get_pipeline(UpReader *r)
{
	UpPipeline *p = up_alloc0(sizeof(UpPipeline));
	uint64_t n_features = 0;
	bool has_steps;

	p->by_name = up_get_bool(r);
	p->zscore = up_get_bool(r);
	p->left_out = up_get_value(r);
	if (p->left_out->type != UP_OBJECT)
		up_corrupt(r, "list of columns left out");
	p->n_inputs = up_get_u32(r);
	has_steps = up_get_bool(r);
	if (p->n_inputs == 0 || p->n_inputs > UP_COLUMN_LIMIT || (p->by_name && !has_steps) ||
		(has_steps && p->n_inputs > (r->len - r->pos) / 29))
		up_corrupt(r, "number of inputs");
	p->n_features = p->n_inputs;
	if (!has_steps)
		return p;
	p->steps = up_alloc0((size_t) p->n_inputs * sizeof(UpStep));
	for (uint32_t i = 0; i < p->n_inputs; i++)
	{
		UpStep *step = &p->steps[i];

		get_step(r, p, step, i);
		n_features += step->kind == UP_COLUMN_CATEGORY ? step->n_categories : 1;
	}
	if (n_features > UP_COLUMN_LIMIT)
		up_corrupt(r, "number of features");
	p->n_features = (uint32_t) n_features;
	return p;
}
