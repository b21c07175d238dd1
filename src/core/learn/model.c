/*
 * model.c - trained models in use and as bytes; see model.h
 */
#include "learn/model.h"

#include "learn/learners.h"
#include "prep/pipeline_codec.h"

#include <math.h>
#include <string.h>

#define PLAIN_FORMAT   2 /* of models whose columns are all kept in the plain form */
#define FORMS_FORMAT   3 /* of others, as long as clusters have no numbers of their own … */
#define NUMBERS_FORMAT 4 /* … or no distribution is kept … */
#define SPREAD_FORMAT  5 /* … or its answers are the learner's … */
#define ADJUST_FORMAT  6 /* … or its body is written as it always was */

#define MAGIC_BYTES 4

const char *
up_task_name(UpTask task)
{
	static const char *const names[] = {"transform", "clustering", "classification", "regression",
										"outlier detection"};

	return names[task];
}

static void
put_labels(UpWriter *w, const UpModel *m)
{
	up_put_u8(w, (uint8_t) m->label_kind);
	up_put_text(w, m->label_name);
	up_put_u32(w, m->n_classes);
	for (uint32_t i = 0; i < m->n_classes; i++)
	{
		if (m->label_kind == UP_LABEL_NUMBER)
			up_put_f64(w, m->class_values[i]);
		else if (m->label_kind == UP_LABEL_BOOLEAN)
			up_put_u8(w, m->class_values[i] != 0);
		else
			up_put_text(w, m->classes[i]);
	}
}

static bool
has_numbers(const UpModel *m)
{
	return m->learner->clusters != NULL && m->learner->clusters(m->body).numbers != NULL;
}

/* What is written is never newer than it must be: for all but the body … */
static uint16_t
format_but_for_body(const UpModel *m)
{
	if (m->adjust != NULL)
		return ADJUST_FORMAT;
	if (m->distribution != NULL)
		return SPREAD_FORMAT;
	if (has_numbers(m))
		return NUMBERS_FORMAT;
	return up_pipeline_has_forms(m->pipeline) ? FORMS_FORMAT : PLAIN_FORMAT;
}

/* … and with it. */
static uint16_t
format_of(const UpModel *m)
{
	return UP_MAX(format_but_for_body(m), m->learner->format);
}

void
up_put_model(UpWriter *w, const UpModel *m)
{
	uint16_t format = format_of(m);
	UpWriter payload;

	up_writer_init(&payload);
	up_put_u8(&payload, (uint8_t) m->task);
	put_labels(&payload, m);
	up_put_pipeline(&payload, m->pipeline, format >= FORMS_FORMAT);
	up_put_u64(&payload, (uint64_t) m->seed);
	up_put_value(&payload, m->params);
	up_put_value(&payload, m->summary);
	if (format >= ADJUST_FORMAT)
		up_put_u8(&payload, m->distribution != NULL);
	if (format > ADJUST_FORMAT)
		up_put_u8(&payload, m->adjust != NULL);
	if (m->distribution != NULL)
		up_put_distribution(&payload, m->distribution);
	if (m->adjust != NULL)
		up_put_adjust(&payload, m->adjust);
	m->learner->write(m->body, &payload);
	if (payload.len > UINT32_MAX)
		up_fail(UP_LIMIT, "the model takes %zu bytes, more than the 4 GB that a model can have", payload.len);

	up_put_bytes(w, UP_MODEL_MAGIC, MAGIC_BYTES);
	up_put_u16(w, format);
	up_put_u16(w, m->learner->number);
	up_put_u32(w, 0);
	up_put_u32(w, m->n_features);
	up_put_sealed(w, &payload);
}

static unsigned
ability_of(UpTask task)
{
	return 1u << task;
}

static void
get_class(UpReader *r, UpModel *m, uint32_t i)
{
	if (m->label_kind == UP_LABEL_TEXT)
	{
		m->classes[i] = up_get_text(r);
		if (m->classes[i] == NULL || (i > 0 && strcmp(m->classes[i - 1], m->classes[i]) >= 0))
			up_corrupt(r, "classes");
		return;
	}
	if (m->label_kind == UP_LABEL_BOOLEAN)
	{
		m->class_values[i] = up_get_bool(r);
		m->classes[i] = up_strdup(m->class_values[i] != 0 ? "true" : "false");
	}
	else
	{
		m->class_values[i] = up_get_f64(r);
		m->classes[i] = up_value_text(up_value_number(m->class_values[i]));
	}
	if (i > 0 && !(m->class_values[i - 1] < m->class_values[i]))
		up_corrupt(r, "classes");
}

static void
get_labels(UpReader *r, UpModel *m)
{
	uint8_t task = up_get_u8(r);
	uint8_t kind;

	if (task > UP_TASK_OUTLIER || (m->learner->abilities & ability_of((UpTask) task)) == 0)
		up_corrupt(r, "task");
	m->task = (UpTask) task;
	kind = up_get_u8(r);
	if (kind > UP_LABEL_TEXT ||
		(kind == UP_LABEL_NONE) != (task != UP_TASK_CLASSIFY && task != UP_TASK_REGRESS) ||
		(task == UP_TASK_REGRESS && kind != UP_LABEL_NUMBER))
		up_corrupt(r, "kind of label");
	m->label_kind = (UpLabelKind) kind;
	m->label_name = up_get_text(r);
	m->n_classes = up_get_count(r, 1, UP_LABEL_LIMIT, "classes");
	if ((m->n_classes > 0) != (m->task == UP_TASK_CLASSIFY) ||
		(m->label_kind == UP_LABEL_BOOLEAN && m->n_classes > 2))
		up_corrupt(r, "number of classes");
	m->class_values = up_alloc0(((size_t) m->n_classes + 1) * sizeof(double));
	m->classes = up_alloc0(((size_t) m->n_classes + 1) * sizeof(char *));
	for (uint32_t i = 0; i < m->n_classes; i++)
		get_class(r, m, i);
}

/* Magic, versions, lengths and checksum; leaves the reader at the payload and returns the format. */
static uint16_t
get_header(UpReader *r, UpModel *m)
{
	char start[MAGIC_BYTES];
	uint16_t format, number;

	if (r->len >= MAGIC_BYTES && memcmp(r->bytes, UP_RECOMMENDER_MAGIC, MAGIC_BYTES) == 0)
		up_fail_with(UP_WRONG_KIND, NULL,
					 "Use uprofile_recommend_for(model, user_key) and what else goes with it.",
					 "this is a recommender, not a model that predicts");
	if (r->len < UP_MODEL_HEADER_BYTES)
		up_corrupt(r, "shorter than a header");
	up_get_bytes(r, start, sizeof(start));
	if (memcmp(start, UP_MODEL_MAGIC, MAGIC_BYTES) != 0)
		up_corrupt(r, "does not begin as a model does");
	format = up_get_u16(r);
	if (format > UP_MODEL_FORMAT)
		up_fail_with(UP_NEWER_FORMAT, NULL, "Update the extension to the version that wrote the model.",
					 "the model has format %u, and this version reads up to %d", format, UP_MODEL_FORMAT);
	if (format == 0)
		up_corrupt(r, "format");
	number = up_get_u16(r);
	m->learner = up_learner_by_number(number);
	if (up_get_u32(r) != 0)
		up_corrupt(r, "flags");
	m->n_features = up_get_u32(r);
	up_get_seal(r);
	if (m->learner == NULL)
		up_fail_with(UP_NEWER_FORMAT, NULL, "Update the extension to the version that wrote the model.",
					 "the model's algorithm (number %u) is not known to this version", number);
	return format;
}

UpModel *
up_get_model(const void *bytes, size_t len)
{
	return up_get_model_on(bytes, len, NULL);
}

UpModel *
up_get_model_on(const void *bytes, size_t len, bool *kept)
{
	UpModel *m = up_alloc0(sizeof(UpModel));
	UpReader r;
	UpShape shape;
	bool spread, adjusted;

	up_reader_init(&r, bytes, len, "model");
	r.lasting = kept != NULL;
	m->format = get_header(&r, m);
	get_labels(&r, m);
	m->pipeline = up_get_pipeline(&r, m->format);
	if (m->n_features == 0 || m->n_features != m->pipeline->n_features)
		up_corrupt(&r, "number of features");
	if (m->pipeline->raw && (m->learner->abilities & UP_L_RAW) == 0)
		up_corrupt(&r, "column of the pipeline");
	m->seed = (int64_t) up_get_u64(&r);
	m->params = up_get_value(&r);
	m->summary = up_get_value(&r);
	if (m->params->type != UP_OBJECT || m->summary->type != UP_OBJECT)
		up_corrupt(&r, "summary");
	spread = m->format == SPREAD_FORMAT || (m->format >= ADJUST_FORMAT && up_get_bool(&r));
	adjusted = m->format == ADJUST_FORMAT || (m->format > ADJUST_FORMAT && up_get_bool(&r));
	if (spread)
		m->distribution = up_get_distribution(&r, m->pipeline);
	if (adjusted)
		m->adjust = up_get_adjust(&r, m->task, m->n_classes);
	shape.task = m->task;
	shape.n_features = m->n_features;
	shape.n_classes = m->n_classes;
	shape.classes = (const char *const *) m->classes;
	m->body = m->learner->read(&r, &shape);
	up_get_end(&r);
	/* The checksum does not cover the header. Bodies may be as they were before. */
	if (m->format > 1 && m->format != format_but_for_body(m) && m->format != format_of(m))
		up_corrupt(&r, "format");
	if (kept != NULL)
		*kept = r.kept;
	return m;
}

void *
up_model_body_again(const UpModel *m, size_t *size)
{
	UpShape shape = {m->task, m->n_features, m->n_classes, (const char *const *) m->classes};
	UpWriter w;
	UpReader r;
	void *body;

	up_writer_init(&w);
	m->learner->write(m->body, &w);
	*size = w.len;
	up_reader_init(&r, w.bytes, w.len, "model");
	body = m->learner->read(&r, &shape);
	up_get_end(&r);
	return body;
}

/* ---- what it answers ---- */

#define MOST_SCORE 1e100

static bool
is_calibrated(const UpModel *m)
{
	return m->adjust != NULL && m->adjust->n_maps > 0;
}

bool
up_model_has_proba(const UpModel *m)
{
	const UpValue *probability = up_value_get(m->params, "probability");

	if (m->task != UP_TASK_CLASSIFY)
		return false;
	return is_calibrated(m) || (m->learner->proba != NULL && (probability == NULL || probability->boolean));
}

bool
up_model_has_scores(const UpModel *m)
{
	return m->learner->raw_scores != NULL && m->learner->n_outputs != NULL &&
		   m->learner->n_outputs(m->body) == up_maps_for(m->n_classes);
}

/* Logarithms of densities have a part in common, which is none of the class: log p / (1 - p) has not. */
static void
subtract_others(double *scores, uint32_t n)
{
	double *share = up_alloc_array(n, sizeof(double)), greatest = scores[0], all = 0;
	uint32_t most = 0;

	for (uint32_t k = 1; k < n; k++)
	{
		if (scores[k] > greatest)
			greatest = scores[most = k];
	}
	for (uint32_t k = 0; k < n; k++)
		all += share[k] = exp(scores[k] - greatest);
	for (uint32_t k = 0; k < n; k++)
	{
		double others = all - share[k];

		/* Those of the greatest may be next to none, and are summed up without it. */
		for (uint32_t j = 0; k == most && j < n; j++)
			others = (j == 0 ? 0 : others) + (j != k ? share[j] : 0);
		scores[k] = scores[k] - greatest - log(UP_MAX(others, 1e-300));
	}
	up_free(share);
}

void
up_model_scores(const UpModel *m, const double *x, size_t n, double *out)
{
	uint32_t width = up_maps_for(m->n_classes);
	double *proba;

	if (!up_model_has_scores(m))
	{
		proba = up_alloc_array(UP_MAX(n, 1) * m->n_classes, sizeof(double));
		m->learner->proba(m->body, x, n, proba);
		for (size_t i = 0; i < n; i++)
			memcpy(out + i * width, proba + i * m->n_classes + (m->n_classes - width), width * sizeof(double));
		up_free(proba);
		return;
	}
	for (size_t i = 0; i < n; i++)
	{
		double *row = out + i * width;

		if (i % 256 == 255)
			up_tick();
		m->learner->raw_scores(m->body, x + i * m->n_features, row);
		for (uint32_t k = 0; k < width; k++)
			row[k] = isnan(row[k]) ? 0 : UP_MAX(UP_MIN(row[k], MOST_SCORE), -MOST_SCORE);
		if (width > 1 && (m->learner->abilities & UP_L_JOINT) != 0)
			subtract_others(row, width);
	}
}

void
up_model_proba_encoded(const UpModel *m, const double *x, size_t n, double *out)
{
	double *scores;

	if (!is_calibrated(m))
	{
		m->learner->proba(m->body, x, n, out);
		return;
	}
	scores = up_alloc_array(UP_MAX(n, 1) * m->adjust->n_maps, sizeof(double));
	up_model_scores(m, x, n, scores);
	for (size_t i = 0; i < n; i++)
		up_adjust_proba(m->adjust, scores + i * m->adjust->n_maps, m->n_classes, out + i * m->n_classes);
	up_free(scores);
}

static void
adjust_classes(const UpModel *m, const double *proba, size_t n, double *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = up_adjust_class(m->adjust, proba + i * m->n_classes, m->n_classes);
}

void
up_model_predict_encoded(const UpModel *m, const double *x, size_t n, double *out)
{
	double *proba;

	if (m->adjust == NULL || m->task != UP_TASK_CLASSIFY)
	{
		m->learner->predict(m->body, x, n, out);
		return;
	}
	proba = up_alloc_array(UP_MAX(n, 1) * m->n_classes, sizeof(double));
	up_model_proba_encoded(m, x, n, proba);
	adjust_classes(m, proba, n, out);
	up_free(proba);
}

#define BLOCK_VALUES 16384

/* Rows encoded a block at a time, or as they are. */
typedef struct Encoded
{
	const UpModel *model;
	const double *inputs;
	double *buffer;
	double small[256];
	size_t block;
} Encoded;

static void
encoded_init(Encoded *e, const UpModel *m, const double *inputs, size_t n)
{
	e->model = m;
	e->inputs = inputs;
	e->block = UP_MAX(BLOCK_VALUES / m->n_features, 1);
	e->block = UP_MIN(e->block, UP_MAX(n, 1));
	e->buffer = NULL;
	if (m->pipeline->steps == NULL && m->pipeline->selected == NULL)
		e->block = n;
	else if (e->block * m->n_features <= UP_LENGTH(e->small))
		e->buffer = e->small;
	else
		e->buffer = up_alloc_array(e->block * m->n_features, sizeof(double));
}

static const double *
encoded_rows(Encoded *e, size_t first, size_t n)
{
	const UpPipeline *p = e->model->pipeline;

	if (p->steps == NULL && p->selected == NULL)
		return e->inputs + first * p->n_inputs;
	for (size_t i = 0; i < n; i++)
		up_pipeline_encode(p, e->inputs + (first + i) * p->n_inputs, e->buffer + i * p->n_features);
	return e->buffer;
}

static void
encoded_end(Encoded *e)
{
	if (e->buffer != e->small)
		up_free(e->buffer);
}

void
up_model_predict(const UpModel *m, const double *inputs, size_t n, double *out)
{
	Encoded e;

	if (m->learner->predict == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Use uprofile_transform(model, features).",
					 "a model of algorithm \"%s\" does not predict", m->learner->name);
	encoded_init(&e, m, inputs, n);
	for (size_t i = 0; i < n; i += e.block)
	{
		size_t rows = UP_MIN(e.block, n - i);

		up_model_predict_encoded(m, encoded_rows(&e, i, rows), rows, out + i);
	}
	encoded_end(&e);
}

void
up_model_membership(const UpModel *m, const double *inputs, size_t n, double *out)
{
	Encoded e;
	uint32_t k;

	if (m->learner->membership == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Use uprofile_gmm, whose clusters overlap.",
					 "a %s model of algorithm \"%s\" has no probabilities", up_task_name(m->task),
					 m->learner->name);
	k = m->learner->clusters(m->body).k;
	encoded_init(&e, m, inputs, n);
	for (size_t i = 0; i < n; i += e.block)
	{
		size_t rows = UP_MIN(e.block, n - i);

		m->learner->membership(m->body, encoded_rows(&e, i, rows), rows, out + i * k);
	}
	encoded_end(&e);
}

void
up_model_proba(const UpModel *m, const double *inputs, size_t n, double *out)
{
	Encoded e;

	if (m->task != UP_TASK_CLASSIFY || (m->learner->proba == NULL && !is_calibrated(m)))
		up_fail_with(UP_WRONG_KIND, NULL, "Use a classifier that has probabilities.",
					 "a %s model of algorithm \"%s\" has no probabilities", up_task_name(m->task),
					 m->learner->name);
	encoded_init(&e, m, inputs, n);
	for (size_t i = 0; i < n; i += e.block)
	{
		size_t rows = UP_MIN(e.block, n - i);

		up_model_proba_encoded(m, encoded_rows(&e, i, rows), rows, out + i * m->n_classes);
	}
	encoded_end(&e);
}

/* The same of rows that are encoded. */
static void
predict_proba_encoded(const UpModel *m, const double *x, size_t n, double *out, double *proba)
{
	if (m->adjust == NULL && m->learner->predict_proba != NULL)
	{
		m->learner->predict_proba(m->body, x, n, out, proba);
		return;
	}
	up_model_proba_encoded(m, x, n, proba);
	if (m->adjust == NULL)
		m->learner->predict(m->body, x, n, out);
	else
		adjust_classes(m, proba, n, out);
}

void
up_model_predict_proba(const UpModel *m, const double *inputs, size_t n, double *out, double *proba)
{
	Encoded e;

	encoded_init(&e, m, inputs, n);
	for (size_t i = 0; i < n; i += e.block)
	{
		size_t rows = UP_MIN(e.block, n - i);

		predict_proba_encoded(m, encoded_rows(&e, i, rows), rows, out + i, proba + i * m->n_classes);
	}
	encoded_end(&e);
}

void
up_model_transform(const UpModel *m, const double *x, size_t n, double *out, bool inverse)
{
	Encoded e;

	if (m->learner->transform == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Use a model trained by uprofile_scaler.",
					 "a model of algorithm \"%s\" does not scale", m->learner->name);
	if (inverse)
	{
		m->learner->transform(m->body, x, n, out, true);
		return;
	}
	encoded_init(&e, m, x, n);
	for (size_t i = 0; i < n; i += e.block)
	{
		size_t rows = UP_MIN(e.block, n - i);

		m->learner->transform(m->body, encoded_rows(&e, i, rows), rows, out + i * up_model_width(m), false);
	}
	encoded_end(&e);
}

uint32_t
up_model_width(const UpModel *m)
{
	return m->learner->width != NULL ? m->learner->width(m->body) : m->n_features;
}

uint32_t
up_model_embedding(const UpModel *m)
{
	const char *why = "Such models have no space of their own.";
	uint32_t n = m->learner->transform != NULL && m->learner->width != NULL ? m->learner->width(m->body)
				 : m->learner->embedding != NULL ? m->learner->embedding(m->body, &why)
												 : 0;

	if (n == 0)
		up_fail_with(UP_WRONG_KIND, why,
					 "Use a model of algorithm \"pca\", or one of \"mlp\" with hidden layers.",
					 "a model of algorithm \"%s\" cannot embed rows", m->learner->name);
	return n;
}

void
up_model_embed(const UpModel *m, const double *inputs, size_t n, double *out)
{
	uint32_t width = up_model_embedding(m);
	Encoded e;

	if (m->learner->embed == NULL)
	{
		up_model_transform(m, inputs, n, out, false);
		return;
	}
	encoded_init(&e, m, inputs, n);
	for (size_t i = 0; i < n; i += e.block)
	{
		size_t rows = UP_MIN(e.block, n - i);

		m->learner->embed(m->body, encoded_rows(&e, i, rows), rows, out + i * width);
	}
	encoded_end(&e);
}

int64_t
up_model_class(const UpModel *m, const char *label)
{
	for (uint32_t i = 0; i < m->n_classes; i++)
	{
		if (strcmp(m->classes[i], label) == 0)
			return i;
	}
	return -1;
}

/* Centres are told in the units of the data; as the learner sees them, scaled, only beside that. */
static void
tell_units(const UpModel *m, UpValue *info)
{
	UpValue *scaled = up_value_get(info, "centres"), *centres = up_value_array();
	bool differ = false;

	if (scaled == NULL)
		return;
	for (uint32_t j = 0; j < m->n_features; j++)
		differ |= up_pipeline_scale_of(m->pipeline, j) != NULL;
	for (uint32_t c = 0; differ && c < scaled->n; c++)
	{
		UpValue *centre = up_value_array();

		for (uint32_t j = 0; j < m->n_features; j++)
			up_value_append(centre, up_value_number(up_pipeline_invert(m->pipeline, j,
																	   scaled->items[c]->items[j]->number)));
		up_value_append(centres, centre);
	}
	if (!differ)
		return;
	up_value_set(info, "centres", centres);
	up_value_set(info, "centres_scaled", scaled);
}

UpValue *
up_model_info(const UpModel *m)
{
	static const char *const label_types[] = {NULL, "boolean", "number", "text"};
	UpValue *info = up_value_object();

	up_value_set(info, "algorithm", up_value_string(m->learner->name));
	up_value_set(info, "task", up_value_string(up_task_name(m->task)));
	up_value_set(info, "format", up_value_number(m->format));
	for (uint32_t i = 0; i < m->summary->n; i++)
		up_value_set(info, m->summary->keys[i], m->summary->items[i]);
	if (m->label_kind != UP_LABEL_NONE)
	{
		if (m->label_name != NULL)
			up_value_set(info, "target", up_value_string(m->label_name));
		up_value_set(info, "label_type", up_value_string(label_types[m->label_kind]));
	}
	if (m->task == UP_TASK_CLASSIFY)
	{
		UpValue *classes = up_value_array();

		for (uint32_t i = 0; i < m->n_classes; i++)
			up_value_append(classes, m->label_kind == UP_LABEL_NUMBER ? up_value_number(m->class_values[i])
									 : m->label_kind == UP_LABEL_BOOLEAN
										 ? up_value_bool(m->class_values[i] != 0)
										 : up_value_string(m->classes[i]));
		up_value_set(info, "classes", classes);
	}
	up_value_set(info, "params", m->params);
	up_value_set(info, "seed", up_value_number((double) m->seed));
	up_value_set(info, "n_features", up_value_number(m->n_features));
	up_value_set(info, "features", up_pipeline_feature_names(m->pipeline));
	if (m->pipeline->steps != NULL)
		up_value_set(info, "inputs", up_pipeline_describe(m->pipeline));
	if (m->pipeline->left_out->n > 0)
		up_value_set(info, "left_out", m->pipeline->left_out);
	m->learner->describe(m->body, info);
	tell_units(m, info);
	return info;
}
