/*
 * pipeline_codec.c - a pipeline as model bytes
 *
 * Only what prediction needs travels: after reading, inputs are given in the order of the steps and categories by
 * their number. Format 1 knew medians, one-hot categories and z-scores; format 2 writes every step in full; format 3
 * and later ones say also in which form a column is kept. From format 2 on:
 *
 *   u8 by name, value columns left out, u32 inputs, u8 whether there are steps: u32 steps, and each
 *     text name, u8 kind, [from format 3 on: u8 form,] u8 encode, u8 impute, u8 indicator, u32 width, f64 fill × width
 *     categories: u32 n, text × n, u8 other, [ordinal: f64 rank × n]
 *     [hash: u32 buckets] [cyclic: u8 parts] [target: its table] u8 whether it is scaled: scale × (features - indicator)
 *   u8 whether features are selected: u32 n, u32 feature × n
 */
#include "prep/pipeline_codec.h"

#include <math.h>
#include <string.h>

static void
put_step(UpWriter *w, const UpStep *step, bool forms)
{
	uint32_t n_scales = step->scales != NULL ? step->n_features - step->indicator : 0;

	up_put_text(w, step->name);
	up_put_u8(w, (uint8_t) step->kind);
	if (forms)
		up_put_u8(w, (uint8_t) step->form);
	up_put_u8(w, (uint8_t) step->encode);
	up_put_u8(w, (uint8_t) step->impute);
	up_put_u8(w, step->indicator);
	up_put_u32(w, step->width);
	up_put_f64_array(w, step->fill, step->width);
	if (step->kind == UP_COLUMN_CATEGORY)
	{
		up_put_u32(w, step->n_categories);
		for (uint32_t j = 0; j < step->n_categories; j++)
			up_put_text(w, step->categories[j]);
		up_put_u8(w, step->other);
		if (step->encode == UP_ENCODE_ORDINAL)
			up_put_f64_array(w, step->ranks, step->n_categories);
	}
	if (step->encode == UP_ENCODE_HASH)
		up_put_u32(w, step->n_buckets);
	if (step->encode == UP_ENCODE_CYCLIC)
		up_put_u8(w, (uint8_t) step->parts);
	if (step->encode == UP_ENCODE_TARGET)
		up_put_target(w, step->target);
	up_put_u8(w, n_scales > 0);
	for (uint32_t j = 0; j < n_scales; j++)
		up_put_scale(w, &step->scales[j]);
}

bool
up_pipeline_has_forms(const UpPipeline *p)
{
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		if (p->steps[i].form != UP_FORM_PLAIN)
			return true;
	}
	return false;
}

void
up_put_pipeline(UpWriter *w, const UpPipeline *p, bool forms)
{

	up_put_u8(w, p->by_name);
	up_put_value(w, p->left_out);
	up_put_u32(w, p->n_inputs);
	up_put_u8(w, p->steps != NULL);
	if (p->steps != NULL)
		up_put_u32(w, p->n_steps);
	for (uint32_t i = 0; i < p->n_steps; i++)
		put_step(w, &p->steps[i], forms);
	up_put_u8(w, p->selected != NULL);
	if (p->selected == NULL)
		return;
	up_put_u32(w, p->n_features);
	for (uint32_t j = 0; j < p->n_features; j++)
		up_put_u32(w, p->selected[j]);
}

static void
get_categories(UpReader *r, UpStep *step)
{
	step->n_categories = up_get_count(r, 4, UP_LABEL_LIMIT + 1, "categories");
	step->categories = up_alloc_array((size_t) step->n_categories + 1, sizeof(char *));
	for (uint32_t j = 0; j < step->n_categories; j++)
	{
		step->categories[j] = up_get_text(r);
		if (step->categories[j] == NULL || (j > 0 && strcmp(step->categories[j - 1], step->categories[j]) >= 0))
			up_corrupt(r, "categories");
	}
	if (!(step->fill[0] >= 0 && step->fill[0] < step->n_categories && step->fill[0] == floor(step->fill[0])))
		up_corrupt(r, "imputed category");
}

/* Whether such a column can be encoded so: what fitting makes, and nothing else. */
static bool
kinds_fit(const UpStep *step)
{
	switch (step->kind)
	{
		case UP_COLUMN_CATEGORY:
			return step->encode == UP_ENCODE_ONE_HOT || step->encode == UP_ENCODE_ORDINAL ||
				   step->encode == UP_ENCODE_NATIVE;
		case UP_COLUMN_HASH:
			return step->encode == UP_ENCODE_HASH || step->encode == UP_ENCODE_TARGET ||
				   step->encode == UP_ENCODE_NATIVE;
		case UP_COLUMN_WORDS:
			return step->encode == UP_ENCODE_WORDS;
		case UP_COLUMN_TIME:
			return step->encode == UP_ENCODE_CYCLIC || step->encode == UP_ENCODE_NUMBER;
		default:
			return step->encode == UP_ENCODE_NUMBER;
	}
}

static void
get_scales(UpReader *r, UpStep *step)
{
	if (!up_get_bool(r))
		return;
	if (step->kind == UP_COLUMN_CATEGORY || step->encode == UP_ENCODE_HASH ||
		step->encode == UP_ENCODE_CYCLIC || step->n_features > (r->len - r->pos))
		up_corrupt(r, "scales of the pipeline");
	step->scales = up_alloc_array(step->n_features, sizeof(UpScale));
	for (uint32_t j = 0; j < step->n_features; j++)
		step->scales[j] = up_get_scale(r);
}

/* What the encoding brings with it, and how many features it makes. */
static void
get_encoding(UpReader *r, UpStep *step)
{
	step->n_features = step->width;
	if (step->kind == UP_COLUMN_CATEGORY)
	{
		get_categories(r, step);
		step->other = up_get_bool(r);
		if (step->other && step->encode == UP_ENCODE_ORDINAL)
			up_corrupt(r, "categories");
		step->n_features = step->encode == UP_ENCODE_ONE_HOT ? step->n_categories + step->other : 1;
	}
	if (step->encode == UP_ENCODE_ORDINAL)
	{
		step->ranks = up_alloc_array((size_t) step->n_categories + 1, sizeof(double));
		up_get_f64_array(r, step->ranks, step->n_categories);
	}
	if (step->encode == UP_ENCODE_HASH)
	{
		step->n_features = step->n_buckets = up_get_u32(r);
		if (step->n_buckets == 0 || step->n_buckets > UP_COLUMN_LIMIT)
			up_corrupt(r, "buckets");
	}
	if (step->encode == UP_ENCODE_CYCLIC)
	{
		step->parts = up_get_u8(r);
		step->n_features = 0;
		if (step->parts == 0 || step->parts >= 1u << UP_TIME_PARTS)
			up_corrupt(r, "parts of a time");
		for (int part = 0; part < UP_TIME_PARTS; part++)
			step->n_features += (step->parts >> part & 1) * 2;
	}
	if (step->encode == UP_ENCODE_TARGET)
	{
		step->target = up_get_target(r);
		step->n_features = step->target->n_outputs;
	}
}

static void
get_step(UpReader *r, UpPipeline *p, UpStep *step, bool forms)
{
	uint8_t kind, form, encode, impute;

	step->name = up_get_text(r);
	kind = up_get_u8(r);
	form = forms ? up_get_u8(r) : UP_FORM_PLAIN;
	encode = up_get_u8(r);
	impute = up_get_u8(r);
	step->indicator = up_get_bool(r);
	step->width = up_get_u32(r);
	if (kind > UP_COLUMN_ARRAY || (step->name != NULL) != p->by_name || encode > UP_ENCODE_NATIVE ||
		impute == UP_IMPUTE_AUTO || impute > UP_IMPUTE_NONE || step->width == 0 ||
		(kind < UP_COLUMN_WORDS && step->width != 1) || (step->name == NULL && (kind != 0 || step->indicator)))
		up_corrupt(r, "column of the pipeline");
	if ((form != UP_FORM_PLAIN && kind != UP_COLUMN_NUMBER && kind != UP_COLUMN_TIME &&
		 kind != UP_COLUMN_BOOLEAN) ||
		(form == UP_FORM_MONEY && kind != UP_COLUMN_NUMBER) || form > UP_FORM_MONEY)
		up_corrupt(r, "form of a column");
	step->kind = (UpColumnKind) kind;
	step->form = (UpForm) form;
	step->encode = (UpEncode) encode;
	step->impute = (UpImpute) impute;
	if (!kinds_fit(step) || step->width > (r->len - r->pos) / sizeof(double))
		up_corrupt(r, "column of the pipeline");
	step->fill = up_alloc_array(step->width, sizeof(double));
	up_get_f64_array(r, step->fill, step->width);
	get_encoding(r, step);
	get_scales(r, step);
	step->n_features += step->indicator;
	p->raw = p->raw || (step->encode == UP_ENCODE_NATIVE && (step->other || step->kind == UP_COLUMN_HASH));
}

/* A step of format 1: number, boolean, category or time, imputed, one-hot, z-scored. */
static void
get_old_step(UpReader *r, const UpPipeline *p, UpStep *step, bool zscore)
{
	uint8_t kind;
	UpScale scale = {.method = UP_SCALE_ZSCORE};

	step->name = up_get_text(r);
	kind = up_get_u8(r);
	if (kind > UP_COLUMN_TIME || (step->name != NULL) != p->by_name || (step->name == NULL && kind != 0))
		up_corrupt(r, "column of the pipeline");
	step->kind = (UpColumnKind) kind;
	step->width = step->n_features = 1;
	step->encode = kind == UP_COLUMN_CATEGORY ? UP_ENCODE_ONE_HOT : UP_ENCODE_NUMBER;
	step->impute =
		kind == UP_COLUMN_CATEGORY || kind == UP_COLUMN_BOOLEAN ? UP_IMPUTE_MOST_FREQUENT : UP_IMPUTE_MEDIAN;
	step->fill = up_alloc(sizeof(double));
	step->fill[0] = up_get_f64(r);
	scale.center = up_get_f64(r);
	scale.factor = up_get_f64(r);
	if (!(scale.factor >= 0))
		up_corrupt(r, "scale of the pipeline");
	if (step->kind == UP_COLUMN_CATEGORY)
	{
		get_categories(r, step);
		step->n_features = step->n_categories;
	}
	else if (zscore && step->kind != UP_COLUMN_BOOLEAN)
	{
		step->scales = up_alloc(sizeof(UpScale));
		step->scales[0] = scale;
	}
}

static void
get_steps(UpReader *r, UpPipeline *p, uint16_t format, bool zscore)
{
	uint64_t n_inputs = 0, n_features = 0;

	p->n_steps = format == 1 ? p->n_inputs : up_get_u32(r);
	/* A step takes 21 bytes and more. */
	if (p->n_steps == 0 || p->n_steps > p->n_inputs || p->n_steps > (r->len - r->pos) / 21)
		up_corrupt(r, "number of columns");
	p->steps = up_alloc0((size_t) p->n_steps * sizeof(UpStep));
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		UpStep *step = &p->steps[i];

		if (format == 1)
			get_old_step(r, p, step, zscore);
		else
			get_step(r, p, step, format >= 3);
		step->source = (uint32_t) n_inputs;
		n_inputs += step->width;
		n_features += step->n_features;
		if (n_inputs > p->n_inputs || n_features > UP_COLUMN_LIMIT)
			up_corrupt(r, "number of features");
	}
	if (n_inputs != p->n_inputs)
		up_corrupt(r, "number of inputs");
	p->n_encoded = (uint32_t) n_features;
}

static void
get_selected(UpReader *r, UpPipeline *p)
{
	uint32_t n;

	p->n_features = p->n_encoded;
	if (!up_get_bool(r))
		return;
	n = up_get_count(r, sizeof(uint32_t), p->n_encoded, "selected features");
	if (n == 0)
		up_corrupt(r, "selected features");
	p->selected = up_alloc_array(n, sizeof(uint32_t));
	for (uint32_t j = 0; j < n; j++)
	{
		p->selected[j] = up_get_u32(r);
		if (p->selected[j] >= p->n_encoded || (j > 0 && p->selected[j - 1] >= p->selected[j]))
			up_corrupt(r, "selected features");
	}
	p->encoded = up_alloc_array(p->n_encoded, sizeof(double));
	p->n_features = n;
}

UpPipeline *
up_get_pipeline(UpReader *r, uint16_t format)
{
	UpPipeline *p = up_alloc0(sizeof(UpPipeline));
	bool has_steps, zscore;

	p->by_name = up_get_bool(r);
	zscore = format == 1 && up_get_bool(r);
	p->left_out = up_get_value(r);
	if (p->left_out->type != UP_OBJECT)
		up_corrupt(r, "list of columns left out");
	p->n_inputs = up_get_u32(r);
	has_steps = up_get_bool(r);
	if (p->n_inputs == 0 || p->n_inputs > UP_COLUMN_LIMIT || (p->by_name && !has_steps))
		up_corrupt(r, "number of inputs");
	p->n_encoded = p->n_features = p->n_inputs;
	if (has_steps)
		get_steps(r, p, format, zscore);
	if (format == 1)
		p->n_features = p->n_encoded;
	else
		get_selected(r, p);
	return p;
}
