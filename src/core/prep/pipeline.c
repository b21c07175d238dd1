/*
 * pipeline.c - fits and replays the steps of a table's columns; see pipeline.h
 *
 * Columns are read a group at a time, so that each row is met once a group and not once a column. Cost: O(rows) a column,
 * and what its step takes.
 */
#include "prep/pipeline.h"

#include "prep/step_encode.h"
#include "base/params.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS    4096
#define PART_ROWS    8192
#define GROUP_VALUES 32 /* columns read in one pass over the rows */
#define FOLD_STREAM  UINT64_C(0x666f6c64)

static void
leave_out(UpPipeline *p, const char *name, const char *why)
{
	up_value_set(p->left_out, name, up_value_string(why));
}

static bool
lists_name(const UpValue *names, const char *name)
{
	for (uint32_t i = 0; names != NULL && i < names->n; i++)
	{
		if (names->items[i]->type == UP_STRING && strcmp(names->items[i]->string, name) == 0)
			return true;
	}
	return false;
}

/* Names of params.features or params.exclude must be columns. */
static void
check_names(const UpFrame *f, const UpValue *names, const char *param, const UpValue *key)
{
	bool excluding = strcmp(param, "exclude") == 0;

	if (names == NULL || names->type == UP_NULL)
		return;
	if (names->type != UP_ARRAY)
		up_fail(UP_INVALID_PARAMETER, "parameter \"%s\" must be an array of column names, not %s", param,
				up_value_type_name(names));
	if (!f->by_name)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Leave elements out of the array instead.",
					 "parameter \"%s\" needs named columns, which an array of features does not have", param);
	for (uint32_t i = 0; i < names->n; i++)
	{
		const char *name = names->items[i]->string;
		bool found;

		if (names->items[i]->type != UP_STRING)
			up_fail(UP_INVALID_PARAMETER, "parameter \"%s\" must be an array of column names", param);
		/* What is no feature anyway may be excluded. */
		found =
			excluding && (lists_name(key, name) || (f->label_name != NULL && strcmp(name, f->label_name) == 0));
		if (!found && up_frame_column(f, name) == NULL && up_value_get(f->left_out, name) == NULL)
			up_frame_no_column(f, name, param);
	}
}

bool
up_pipeline_wants(const UpPipelineOptions *o, const char *name)
{
	if (lists_name(o->key, name) || (o->weight != NULL && strcmp(o->weight, name) == 0))
		return false;
	if (o->features != NULL && o->features->type == UP_ARRAY && !lists_name(o->features, name))
		return false;
	return !(o->exclude != NULL && o->exclude->type == UP_ARRAY && lists_name(o->exclude, name));
}

/* Values of the rows that are read by parts. */
typedef struct ReadingValues
{
	UpSamplesForm rows;
	size_t n;
	uint32_t first, width;
} ReadingValues;

enum
{
	ORDER = UP_SAMPLES_ARRAYS,
	VALUES,
	N_ARRAYS
};

static void
read_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const ReadingValues *r = fixed;
	const UpSamples *samples = up_samples_open(&r->rows, arrays);
	UpSamplesPart rows = up_samples_part(r->n, PART_ROWS, part);
	const size_t *order = arrays[ORDER];
	double *row = up_alloc_array(r->width, sizeof(double)), *v = arrays[VALUES];

	for (size_t i = rows.first; i < rows.end; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		if (i + UP_SAMPLES_AHEAD < rows.end)
			up_samples_ask(samples, order[i + UP_SAMPLES_AHEAD], r->first, r->width);
		up_samples_values(samples, order[i], r->first, r->width, row);
		for (uint32_t j = 0; j < r->width; j++)
			v[(size_t) j * r->n + i] = row[j];
	}
	up_free(row);
}

/* n values at each of width positions of the rows, position by position, missing ones as they are, into a large array. */
static void
read_values(const UpFrame *f, const size_t *order, size_t n, uint32_t first, uint32_t width, double *v)
{
	void *arrays[N_ARRAYS];
	ReadingValues r = {up_samples_form(f->samples, arrays), n, first, width};

	arrays[ORDER] = (void *) order;
	arrays[VALUES] = v;
	up_parallel(up_samples_parts(n, PART_ROWS), read_part, &r, sizeof(r), arrays, N_ARRAYS);
}

/* The fold of each row: positions in canonical order, shuffled by the seed. */
static uint8_t *
make_folds(const UpFrame *f, const size_t *order, size_t n, uint64_t seed, uint8_t *of_position)
{
	uint8_t *of_sample = up_alloc0(UP_MAX(f->samples->n_rows, 1));
	size_t *shuffled = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	UpRng rng;

	for (size_t i = 0; i < n; i++)
		shuffled[i] = i;
	up_rng_init(&rng, seed, FOLD_STREAM);
	up_rng_shuffle(&rng, shuffled, n);
	for (size_t i = 0; i < n; i++)
		of_position[shuffled[i]] = (uint8_t) (i % UP_TARGET_FOLDS);
	for (size_t i = 0; i < n; i++)
		of_sample[order[i]] = of_position[i];
	up_free(shuffled);
	return of_sample;
}

/* What one pass over the rows brings: columns first … first + n_columns - 1, of so many values. */
typedef struct Group
{
	uint32_t n_columns;
	uint32_t first;
	uint32_t width;
} Group;

static Group
next_group(const UpFrame *f, uint32_t column)
{
	Group g = {0, 0, 0};

	if (!f->by_name)
	{
		g.first = column;
		g.n_columns = g.width = UP_MIN(GROUP_VALUES, f->n_columns - column);
		return g;
	}
	g.first = f->columns[column].first;
	while (column + g.n_columns < f->n_columns &&
		   (g.n_columns == 0 || g.width + f->columns[column + g.n_columns].width <= GROUP_VALUES))
		g.width += f->columns[column + g.n_columns++].width;
	return g;
}

/* Text by code that is read as something else. */
static void
read_codes(UpStep *step, const UpColumn *c, UpStepInput *in)
{
	step->value_of = up_column_values(c, step->kind);
	for (size_t i = 0; i < in->n; i++)
		in->v[i] = isnan(in->v[i]) ? NAN : step->value_of[(uint32_t) in->v[i]];
}

/* The next step of a pipeline: of this column. */
static UpStep *
begin_step(const UpPipeline *p, const UpFrame *f, uint32_t column)
{
	UpStep *step = &p->steps[p->n_steps];
	const UpColumn *c = f->by_name ? &f->columns[column] : NULL;

	memset(step, 0, sizeof(UpStep));
	step->name = f->by_name ? up_strdup(c->name) : NULL;
	step->kind = f->by_name ? up_column_reading(c) : UP_COLUMN_NUMBER;
	step->form = f->by_name && step->kind != c->kind ? UP_FORM_TEXT
				 : f->by_name && c->is_money         ? UP_FORM_MONEY
													 : UP_FORM_PLAIN;
	step->source = f->by_name ? c->first : column;
	step->width = f->by_name ? c->width : 1;
	return step;
}

/* One column of a group, whose values are at v. */
static void
fit_column(UpPipeline *p, const UpFrame *f, uint32_t column, UpStepInput *in, const UpPipelineOptions *options)
{
	UpStep *step = begin_step(p, f, column);
	const UpColumn *c = f->by_name ? &f->columns[column] : NULL;
	UpPlan plan = up_prepare_plan(f->by_name ? options->prepare : NULL, f->by_name ? c->name : "of the array");
	char *why;

	if (step->form == UP_FORM_TEXT && c->stored == UP_COLUMN_CATEGORY)
		read_codes(step, c, in);
	in->dictionary = f->by_name ? c->dictionary : NULL;
	why = up_step_fit(step, &plan, in);
	if (why != NULL)
	{
		leave_out(p, step->name, why);
		return;
	}
	p->n_steps++;
	p->n_inputs += step->width;
	if (p->n_encoded > UP_COLUMN_LIMIT - UP_MIN(step->n_features, UP_COLUMN_LIMIT))
		up_fail_with(UP_LIMIT, NULL, "Encode categories by \"target\" or \"hash\", or leave columns out.",
					 "more features than the %d that a model can have", UP_COLUMN_LIMIT);
	p->n_encoded += step->n_features;
}

static bool
is_used(UpPipeline *p, const UpColumn *c, const UpPipelineOptions *options)
{
	UpColumnKind kind = up_column_reading(c);
	bool is_number = kind == UP_COLUMN_NUMBER || kind == UP_COLUMN_ARRAY;

	if (!up_pipeline_wants(options, c->name))
		return false;
	if (!options->numbers_only || is_number || up_prepare_plan(options->prepare, c->name).explicit_encode)
		return true;
	leave_out(p, c->name, "not a number");
	return false;
}

static void
fit_columns(UpPipeline *p, const UpFrame *f, const size_t *order, UpStepInput *in,
			const UpPipelineOptions *options)
{
	uint32_t widest = GROUP_VALUES;
	double *v;

	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
		widest = UP_MAX(widest, f->columns[i].width);
	widest = UP_MIN(widest, UP_MAX(f->n_values, 1));
	v = up_alloc_large_array(UP_MAX((size_t) widest * in->n, 1), sizeof(double));
	in->copy = up_alloc_array(in->n, sizeof(double));
	for (uint32_t column = 0; column < f->n_columns;)
	{
		Group g = next_group(f, column);

		read_values(f, order, in->n, g.first, g.width, v);
		for (uint32_t end = column + g.n_columns; column < end; column++)
		{
			uint32_t first = f->by_name ? f->columns[column].first : column;

			up_tick();
			in->v = v + (size_t) (first - g.first) * in->n;
			if (!f->by_name || is_used(p, &f->columns[column], options))
				fit_column(p, f, column, in, options);
		}
		up_progress("preparing columns", column, f->n_columns);
	}
	up_free_large(v);
	up_free(in->copy);
}

static bool
is_plain(const UpStep *step)
{
	if (step->width != 1 || step->n_features != 1 || step->indicator || step->value_of != NULL ||
		step->encode != UP_ENCODE_NUMBER || step->kind == UP_COLUMN_CATEGORY || step->kind == UP_COLUMN_HASH)
		return false;
	return step->scales == NULL || (up_scale_traits[step->scales->method] & UP_SCALE_LINEAR) != 0;
}

/* Where all features are plain numbers, how each is made: most tables, and many rows. */
static void
set_plain(UpPipeline *p)
{
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		if (!is_plain(&p->steps[i]))
			return;
	}
	p->plain = up_alloc_large_array(UP_MAX(p->n_steps, 1), sizeof(UpPlainFeature));
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];
		UpPlainFeature *f = &p->plain[i];

		*f = (UpPlainFeature){.source = step->source, .factor = 1};
		f->fill = step->impute != UP_IMPUTE_NONE ? step->fill[0] : NAN;
		if (step->scales == NULL)
			continue;
		f->center = step->scales->center;
		f->rest = step->scales->rest;
		f->factor = step->scales->factor;
		f->low = step->scales->low;
	}
}

bool
up_pipeline_may_use_labels(const UpFrame *f)
{
	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		if (f->columns[i].kind == UP_COLUMN_HASH)
			return true;
	}
	return false;
}

static void
fail_without_columns(const UpPipeline *p, const UpPipelineOptions *options)
{
	bool chosen = options->features != NULL || options->exclude != NULL;
	const char *detail = NULL;

	if (p->left_out->n > 0)
		detail = up_format("Columns left out: %s", up_value_text(p->left_out));
	else if (!chosen)
		detail = "There is none beside the key and the target.";
	up_fail_with(UP_INVALID_DATA, detail,
				 chosen ? "Let \"features\" name more columns, or \"exclude\" fewer of them." : NULL,
				 "no column is left to learn from");
}

/* One without steps, and what the options name is there. */
static UpPipeline *
new_pipeline(const UpFrame *f, const UpPipelineOptions *options)
{
	UpPipeline *p = up_alloc0(sizeof(UpPipeline));

	check_names(f, options->features, "features", options->key);
	check_names(f, options->exclude, "exclude", options->key);
	up_prepare_check(options->prepare, f);
	p->by_name = f->by_name;
	p->left_out = up_value_copy(f->left_out);
	return p;
}

UpPipeline *
up_pipeline_fit(const UpFrame *f, const size_t *order, size_t n, const UpPipelineOptions *options)
{
	UpPipeline *p = new_pipeline(f, options);
	UpStepInput in = {0};

	p->n_inputs = p->n_encoded = p->n_features = f->n_columns;
	if (!f->by_name && (options->scale == 0 || options->scale == 1 + UP_SCALE_NONE))
		return p;
	in.n = n;
	in.labels = options->labels;
	in.n_classes = options->n_classes;
	in.native = options->native;
	in.scale = options->scale;
	in.complete = options->complete;
	if (up_pipeline_may_use_labels(f))
	{
		uint8_t *folds = up_alloc(UP_MAX(n, 1));

		p->folds = make_folds(f, order, n, options->seed, folds);
		in.folds = folds;
	}
	p->steps = up_alloc0(((size_t) f->n_columns + 1) * sizeof(UpStep));
	p->n_inputs = p->n_encoded = 0;
	fit_columns(p, f, order, &in, options);
	if (p->n_encoded == 0)
		fail_without_columns(p, options);
	p->n_features = p->n_encoded;
	set_plain(p);
	return p;
}

uint32_t
up_pipeline_plain_columns(const UpFrame *f, const UpPipelineOptions *options, uint32_t *columns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		const UpColumn *c = &f->columns[i];
		bool is_number = c->kind == UP_COLUMN_NUMBER || c->kind == UP_COLUMN_ARRAY;

		/* How wide it is moves all that follow. */
		if (c->kind == UP_COLUMN_ARRAY && c->width == 0)
			return 0;
		if (!up_pipeline_wants(options, c->name))
			continue;
		/* Texts of which some are no values will never be numbers. */
		if (!is_number && c->kind != UP_COLUMN_TIME && c->kind != UP_COLUMN_BOOLEAN &&
			!(options->numbers_only && c->kind == UP_COLUMN_CATEGORY && c->readings == 0))
			return 0;
		if (is_number || !options->numbers_only)
			columns[n++] = i;
	}
	return n;
}

UpPipeline *
up_pipeline_of_values(const UpFrame *f, const UpPipelineOptions *options, const UpNearValues *values)
{
	UpPipeline *p = new_pipeline(f, options);

	p->steps = up_alloc0(((size_t) f->n_columns + 1) * sizeof(UpStep));
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		if (!is_used(p, &f->columns[i], options))
			continue;
		up_step_of_values(begin_step(p, f, i), values != NULL ? &values[p->n_inputs] : NULL);
		p->n_inputs += p->steps[p->n_steps++].width;
	}
	p->n_encoded = p->n_features = p->n_inputs;
	set_plain(p);
	return p;
}

void
up_pipeline_set_scales(UpPipeline *p, UpScale *scales)
{
	for (uint32_t i = 0; i < p->n_steps; scales += p->steps[i++].width)
		p->steps[i].scales = scales;
	up_free_large(p->plain);
	set_plain(p);
}

UpPipeline *
up_pipeline_of_scales(const UpScale *scales, uint32_t n)
{
	UpPipeline *p = up_alloc0(sizeof(UpPipeline));

	p->left_out = up_value_object();
	p->n_steps = p->n_inputs = p->n_encoded = p->n_features = n;
	p->steps = up_alloc0(((size_t) n + 1) * sizeof(UpStep));
	for (uint32_t j = 0; j < n; j++)
	{
		UpStep *step = &p->steps[j];

		step->kind = UP_COLUMN_NUMBER;
		step->encode = UP_ENCODE_NUMBER;
		/* As of all arrays; nothing is ever missing in them. */
		step->impute = UP_IMPUTE_MEDIAN;
		step->source = j;
		step->width = step->n_features = 1;
		step->fill = up_alloc(sizeof(double));
		step->fill[0] = scales[j].center;
		step->scales = up_alloc(sizeof(UpScale));
		step->scales[0] = scales[j];
	}
	set_plain(p);
	return p;
}

void
up_pipeline_select(UpPipeline *p, const uint32_t *selected, uint32_t n)
{
	p->selected = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	memcpy(p->selected, selected, n * sizeof(uint32_t));
	for (uint32_t i = 0; i < n; i++)
		UP_ASSERT(selected[i] < p->n_encoded && (i == 0 || selected[i] > selected[i - 1]));
	p->encoded = up_alloc_array(p->n_encoded, sizeof(double));
	p->n_features = n;
}

static void
encode_plain(const UpPlainFeature *f, uint32_t n, const double *row, double *out)
{
	for (uint32_t j = 0; j < n; j++)
	{
		double x = row[f[j].source];

		x = isnan(x) ? f[j].fill : x;
		out[j] = ((x - f[j].center) - f[j].rest) * f[j].factor + f[j].low;
	}
}

static void
encode(const UpPipeline *p, const double *row, int fold, double *out)
{
	double *encoded = p->selected != NULL ? p->encoded : out;

	if (p->plain != NULL)
		encode_plain(p->plain, p->n_encoded, row, encoded);
	else if (p->steps == NULL)
		memcpy(encoded, row, p->n_encoded * sizeof(double));
	for (uint32_t i = 0; p->plain == NULL && i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];

		up_step_encode(step, row + step->source, fold, encoded);
		encoded += step->n_features;
	}
	for (uint32_t j = 0; p->selected != NULL && j < p->n_features; j++)
		out[j] = p->encoded[p->selected[j]];
}

void
up_pipeline_encode(const UpPipeline *p, const double *row, double *out)
{
	encode(p, row, -1, out);
}

void
up_pipeline_encode_training(const UpPipeline *p, const double *row, size_t position, double *out)
{
	encode(p, row, p->folds != NULL ? p->folds[position] : -1, out);
}

void
up_pipeline_end_training(UpPipeline *p)
{
	p->folds = NULL;
	p->plain = NULL;
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		p->steps[i].category_of = NULL;
		p->steps[i].value_of = NULL;
		/* After reading, inputs stand in the order of the steps. */
		p->steps[i].source = i == 0 ? 0 : p->steps[i - 1].source + p->steps[i - 1].width;
	}
}

uint32_t *
up_pipeline_n_values(const UpPipeline *p)
{
	uint32_t *all = up_alloc0((size_t) p->n_encoded * sizeof(uint32_t)), at = 0;

	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		if (p->steps[i].encode == UP_ENCODE_NATIVE)
			all[at] = p->steps[i].n_categories;
		at += p->steps[i].n_features;
	}
	for (uint32_t j = 0; p->selected != NULL && j < p->n_features; j++)
		all[j] = all[p->selected[j]];
	return all;
}

uint32_t
up_pipeline_step_of(const UpPipeline *p, uint32_t feature)
{
	uint32_t at = p->selected != NULL ? p->selected[feature] : feature, step = 0;

	UP_ASSERT(feature < p->n_features);
	if (p->steps == NULL)
		return at;
	while (at >= p->steps[step].n_features)
		at -= p->steps[step++].n_features;
	UP_ASSERT(step < p->n_steps);
	return step;
}

const UpScale *
up_pipeline_scale_of(const UpPipeline *p, uint32_t feature)
{
	uint32_t at = p->selected != NULL ? p->selected[feature] : feature;

	for (uint32_t i = 0; p->steps != NULL && i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];

		if (at >= step->n_features)
		{
			at -= step->n_features;
			continue;
		}
		/* The indicator of missing values, last, is not scaled. */
		if (step->scales == NULL || (step->indicator && at + 1 == step->n_features) ||
			step->scales[at].method == UP_SCALE_NONE)
			return NULL;
		return &step->scales[at];
	}
	return NULL;
}

double
up_pipeline_invert(const UpPipeline *p, uint32_t feature, double v)
{
	const UpScale *scale = up_pipeline_scale_of(p, feature);

	return scale != NULL ? up_scale_invert(scale, v) : v;
}

UpValue *
up_pipeline_feature_names(const UpPipeline *p)
{
	UpValue *all = up_value_array(), *names;

	for (uint32_t i = 0; p->steps == NULL && i < p->n_inputs; i++)
		up_value_append(all, up_value_string(up_format("x%u", i + 1)));
	for (uint32_t i = 0; i < p->n_steps; i++)
		up_step_names(&p->steps[i], i, all);
	if (p->selected == NULL)
		return all;
	names = up_value_array();
	for (uint32_t j = 0; j < p->n_features; j++)
		up_value_append(names, all->items[p->selected[j]]);
	return names;
}

char *
up_feature_called(const UpPipeline *p, uint32_t feature)
{
	if (p == NULL || !p->by_name)
		return up_format("feature %u", feature + 1);
	return up_format("feature \"%s\"", up_pipeline_feature_names(p)->items[feature]->string);
}

#define MOST_NAMED 30 /* columns in an error */

static void
fail_no_column(const UpPipeline *p, const char *column, const char *param, const char *owner)
{
	const char **names = up_alloc_array((size_t) p->n_steps + 1, sizeof(char *)), *nearest;
	const UpValue *why = up_value_get(p->left_out, column);
	char *all = up_strdup("");

	if (why != NULL)
		up_fail(UP_INVALID_PARAMETER, "column \"%s\" of parameter \"%s\" of %s is left out: %s", column, param,
				owner, why->type == UP_STRING ? why->string : up_value_text(why));
	for (uint32_t i = 0; i < p->n_steps; i++)
		names[i] = p->steps[i].name;
	for (uint32_t i = 0; i < UP_MIN(p->n_steps, MOST_NAMED); i++)
		all = up_format("%s%s%s", all, i > 0 ? ", " : "", names[i]);
	nearest = up_nearest_name(column, names, (int) p->n_steps);
	up_fail_with(UP_INVALID_PARAMETER,
				 nearest != NULL ? NULL
								 : up_format("Columns: %s%s.", all, p->n_steps > MOST_NAMED ? ", …" : ""),
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
				 "parameter \"%s\" of %s names \"%s\", which is no feature", param, owner, column);
}

uint32_t
up_pipeline_feature_of(const UpPipeline *p, const char *column, const char *param, const char *owner)
{
	uint32_t step = 0, at = 0, features;

	for (; step < p->n_steps && strcmp(p->steps[step].name, column) != 0; step++)
		at += p->steps[step].n_features;
	if (step == p->n_steps)
		fail_no_column(p, column, param, owner);
	features = p->steps[step].n_features - (p->steps[step].indicator ? 1 : 0);
	if (features != 1)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Name only columns that are one feature: numbers and times.",
					 "column \"%s\" of parameter \"%s\" of %s is encoded as %u features", column, param, owner,
					 features);
	for (uint32_t j = 0; p->selected != NULL && j < p->n_features; j++)
	{
		if (p->selected[j] == at)
			return j;
	}
	return p->selected != NULL ? p->n_features : at;
}

UpValue *
up_pipeline_describe(const UpPipeline *p)
{
	UpValue *inputs = up_value_array();

	for (uint32_t i = 0; i < p->n_steps; i++)
		up_value_append(inputs, up_step_describe(&p->steps[i], i));
	return inputs;
}
