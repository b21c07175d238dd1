/*
 * ensemble.c - several models that answer as one; see ensemble.h
 *
 * Of classes p = sum_i w_i p_i, with weights that sum to 1, or p = meta(p_1, …, p_m); of two classes the meta model is given
 * the second's probability of each member, of more all of them. Values likewise. Contributions are those of a game (explain.c) in
 * which a column is replaced by its mean, or its most frequent category.
 *
 * Cost of a row: that of all members. Body: u32 members, each f64 weight, u32 length and bytes of the model, and for each
 * of its columns u32 feature, u32 n and u32 number of the member's category for each of the ensemble's (2^32 - 1: none); of a stack
 * u32 length and bytes of the meta model.
 */
#include "learn/ensemble/ensemble.h"

#include "prep/step_encode.h"

#include <math.h>
#include <string.h>

#define NO_CATEGORY UINT32_MAX
#define BLOCK_ROWS  64

/* A member, and where its inputs come from: arrays have a place for each of its steps. */
typedef struct Member
{
	const UpModel *model;
	double weight;
	uint32_t *feature;
	uint32_t *n_values; /* 0: no category */
	uint32_t **value_of;
} Member;

typedef struct Ensemble
{
	UpTask task;
	uint32_t n_features, n_classes;
	uint32_t n;
	Member *members;
	const UpModel *meta; /* or NULL */
} Ensemble;

uint32_t
up_ensemble_answers(UpTask task, uint32_t n_classes)
{
	return task == UP_TASK_CLASSIFY && n_classes > 2 ? n_classes : 1;
}

/* ---- answers ---- */

static void
member_inputs(const Ensemble *e, const Member *m, const double *x, size_t n, double *out)
{
	const UpPipeline *p = m->model->pipeline;

	for (size_t i = 0; i < n; i++)
	{
		const double *row = x + i * e->n_features;

		for (uint32_t s = 0; s < p->n_steps; s++)
		{
			const double *v = row + m->feature[s];

			if (m->n_values[s] == 0)
			{
				memcpy(out, v, p->steps[s].width * sizeof(double));
				out += p->steps[s].width;
				continue;
			}
			*out = NAN;
			if (*v >= 0 && *v < m->n_values[s] && m->value_of[s][(uint32_t) *v] != NO_CATEGORY)
				*out = m->value_of[s][(uint32_t) *v];
			out++;
		}
	}
}

/* What a member says of n rows: probabilities, n × classes, or values. */
static void
member_says(const Ensemble *e, const Member *m, const double *x, size_t n, double *inputs, double *out)
{
	member_inputs(e, m, x, n, inputs);
	if (e->task == UP_TASK_CLASSIFY)
		up_model_proba(m->model, inputs, n, out);
	else
		up_model_predict(m->model, inputs, n, out);
}

static uint32_t
widest_inputs(const Ensemble *e)
{
	uint32_t most = 1;

	for (uint32_t i = 0; i < e->n; i++)
		most = UP_MAX(most, e->members[i].model->pipeline->n_inputs);
	return most;
}

/* Probabilities (n × classes) or values of a block of rows. */
static void
answer_block(const Ensemble *e, const double *x, size_t n, double *inputs, double *said, double *asked,
			 double *out)
{
	uint32_t width = e->task == UP_TASK_CLASSIFY ? e->n_classes : 1,
			 answers = up_ensemble_answers(e->task, e->n_classes);
	uint32_t all = answers * e->n;

	memset(out, 0, n * width * sizeof(double));
	for (uint32_t i = 0; i < e->n; i++)
	{
		member_says(e, &e->members[i], x, n, inputs, said);
		for (size_t r = 0; e->meta == NULL && r < n * width; r++)
			out[r] += e->members[i].weight * said[r];
		/* Of two classes the second alone. */
		for (size_t r = 0; e->meta != NULL && r < n; r++)
			memcpy(asked + r * all + i * answers, said + (r + 1) * width - answers, answers * sizeof(double));
	}
	if (e->meta == NULL)
		return;
	if (e->task == UP_TASK_CLASSIFY)
		up_model_proba(e->meta, asked, n, out);
	else
		up_model_predict(e->meta, asked, n, out);
}

/* All rows; argmax: class numbers in place of probabilities. */
static void
answer(const Ensemble *e, const double *x, size_t n, bool argmax, double *out)
{
	uint32_t width = e->task == UP_TASK_CLASSIFY ? e->n_classes : 1;
	size_t block = UP_MIN(UP_MAX(n, 1), BLOCK_ROWS);
	double *inputs = up_alloc_array(block * widest_inputs(e), sizeof(double)),
		   *said = up_alloc_array(block * width, sizeof(double)),
		   *asked = up_alloc_array(block * up_ensemble_answers(e->task, e->n_classes) * e->n, sizeof(double)),
		   *got = up_alloc_array(block * width, sizeof(double));

	for (size_t first = 0; first < n; first += block)
	{
		size_t rows = UP_MIN(block, n - first);

		answer_block(e, x + first * e->n_features, rows, inputs, said, asked, got);
		if (!argmax)
			memcpy(out + first * width, got, rows * width * sizeof(double));
		for (size_t r = 0; argmax && r < rows; r++)
		{
			uint32_t best = 0;

			for (uint32_t k = 1; k < width; k++)
				best = got[r * width + k] > got[r * width + best] ? k : best;
			out[first + r] = best;
		}
	}
	up_free(inputs);
	up_free(said);
	up_free(asked);
	up_free(got);
}

static void
ensemble_predict(const void *body, const double *x, size_t n, double *out)
{
	const Ensemble *e = body;

	answer(e, x, n, e->task == UP_TASK_CLASSIFY, out);
}

static void
ensemble_proba(const void *body, const double *x, size_t n, double *out)
{
	answer(body, x, n, false, out);
}

/* ---- bytes ---- */

static void
put_model(UpWriter *w, const UpModel *m)
{
	UpModel plain = *m;
	UpWriter bytes;

	/* The ensemble keeps one of its own. */
	plain.distribution = NULL;
	up_writer_init(&bytes);
	up_put_model(&bytes, &plain);
	if (bytes.len > UINT32_MAX)
		up_fail(UP_LIMIT, "a member takes %zu bytes, more than the 4 GB that it can have", bytes.len);
	up_put_u32(w, (uint32_t) bytes.len);
	up_put_bytes(w, bytes.bytes, bytes.len);
	up_free(bytes.bytes);
}

static void
ensemble_write(const void *body, UpWriter *w)
{
	const Ensemble *e = body;

	up_put_u32(w, e->n);
	for (uint32_t i = 0; i < e->n; i++)
	{
		const Member *m = &e->members[i];

		up_put_f64(w, m->weight);
		put_model(w, m->model);
		for (uint32_t s = 0; s < m->model->pipeline->n_steps; s++)
		{
			up_put_u32(w, m->feature[s]);
			up_put_u32(w, m->n_values[s]);
			for (uint32_t k = 0; k < m->n_values[s]; k++)
				up_put_u32(w, m->value_of[s][k]);
		}
	}
	if (e->meta != NULL)
		put_model(w, e->meta);
}

/* A model of the same task and classes; none is an ensemble itself, so that they are no deeper than this. */
static UpModel *
get_model(UpReader *r, const Ensemble *e, const UpShape *shape, bool by_name)
{
	uint32_t len = up_get_u32(r);
	UpModel *m;

	if (len > r->len - r->pos)
		up_corrupt(r, "member");
	if (len >= UP_MODEL_HEADER_BYTES)
	{
		uint16_t number = (uint16_t) (r->bytes[r->pos + 6] | r->bytes[r->pos + 7] << 8);

		if (number == up_vote.number || number == up_stack.number)
			up_corrupt(r, "member");
	}
	m = up_get_model(r->bytes + r->pos, len);
	r->pos += len;
	if (m->task != e->task || m->n_classes != e->n_classes || m->pipeline->by_name != by_name ||
		(e->task == UP_TASK_CLASSIFY && !up_model_has_proba(m)))
		up_corrupt(r, "member");
	for (uint32_t k = 0; by_name && k < m->n_classes; k++)
	{
		if (strcmp(m->classes[k], shape->classes[k]) != 0)
			up_corrupt(r, "classes of a member");
	}
	return m;
}

static void
members_alloc(Member *m)
{
	uint32_t n = m->model->pipeline->n_steps;

	m->feature = up_alloc0(UP_MAX(n, 1) * sizeof(uint32_t));
	m->n_values = up_alloc0(UP_MAX(n, 1) * sizeof(uint32_t));
	m->value_of = up_alloc0(UP_MAX(n, 1) * sizeof(uint32_t *));
}

static void
get_places(UpReader *r, const Ensemble *e, Member *m)
{
	const UpPipeline *p = m->model->pipeline;

	members_alloc(m);
	for (uint32_t s = 0; s < p->n_steps; s++)
	{
		const UpStep *step = &p->steps[s];
		uint32_t known = step->n_categories + step->other;

		m->feature[s] = up_get_u32(r);
		if (m->feature[s] >= e->n_features || step->width > e->n_features - m->feature[s])
			up_corrupt(r, "column of a member");
		m->n_values[s] = up_get_count(r, sizeof(uint32_t), UP_LABEL_LIMIT + 2, "categories of a member");
		if ((m->n_values[s] > 0) != (step->kind == UP_COLUMN_CATEGORY))
			up_corrupt(r, "categories of a member");
		m->value_of[s] = up_alloc_array((size_t) m->n_values[s] + 1, sizeof(uint32_t));
		for (uint32_t k = 0; k < m->n_values[s]; k++)
		{
			m->value_of[s][k] = up_get_u32(r);
			if (m->value_of[s][k] != NO_CATEGORY && m->value_of[s][k] >= known)
				up_corrupt(r, "category of a member");
		}
	}
}

static Ensemble *
read_ensemble(UpReader *r, const UpShape *shape, bool stack)
{
	Ensemble *e = up_alloc0(sizeof(Ensemble));

	e->task = shape->task;
	e->n_features = shape->n_features;
	e->n_classes = shape->n_classes;
	e->n = up_get_count(r, UP_MODEL_HEADER_BYTES, UP_MEMBERS_LIMIT, "members");
	if (e->n == 0)
		up_corrupt(r, "number of members");
	e->members = up_alloc0(e->n * sizeof(Member));
	for (uint32_t i = 0; i < e->n; i++)
	{
		Member *m = &e->members[i];

		m->weight = up_get_f64(r);
		if (!(m->weight >= 0 && m->weight <= 1))
			up_corrupt(r, "weight of a member");
		m->model = get_model(r, e, shape, true);
		get_places(r, e, m);
	}
	if (!stack)
		return e;
	e->meta = get_model(r, e, shape, false);
	if (e->meta->pipeline->n_inputs != e->n * up_ensemble_answers(e->task, e->n_classes))
		up_corrupt(r, "meta model");
	return e;
}

static void *
vote_read(UpReader *r, const UpShape *shape)
{
	return read_ensemble(r, shape, false);
}

static void *
stack_read(UpReader *r, const UpShape *shape)
{
	return read_ensemble(r, shape, true);
}

static void
ensemble_describe(const void *body, UpValue *info)
{
	const Ensemble *e = body;
	UpValue *members = up_value_array();

	for (uint32_t i = 0; i < e->n; i++)
	{
		const UpModel *m = e->members[i].model;
		UpValue *member = up_value_object();

		up_value_set(member, "algorithm", up_value_string(m->learner->name));
		if (e->meta == NULL)
			up_value_set(member, "weight", up_value_number(e->members[i].weight));
		up_value_set(member, "n_features", up_value_number(m->n_features));
		up_value_set(member, "params", up_value_copy(m->params));
		up_value_append(members, member);
	}
	up_value_set(info, "members", members);
	if (e->meta != NULL)
	{
		UpValue *meta = up_value_object();

		up_value_set(meta, "algorithm", up_value_string(e->meta->learner->name));
		e->meta->learner->describe(e->meta->body, meta);
		up_value_set(info, "meta", meta);
	}
}

/* ---- an ensemble out of models ---- */

static void
check_member(const UpModel *m, const char *name)
{
	if (m->learner == &up_vote || m->learner == &up_stack)
		up_fail_with(UP_WRONG_KIND, NULL, "Give its members.", "model \"%s\" is an ensemble itself", name);
	if (m->task != UP_TASK_CLASSIFY && m->task != UP_TASK_REGRESS)
		up_fail_with(UP_WRONG_KIND, NULL, "Models that classify or do regression can.",
					 "model \"%s\" does %s and cannot be a member", name, up_task_name(m->task));
	if (!m->pipeline->by_name)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it on rows.",
					 "model \"%s\" was trained on arrays, which have no names of columns", name);
	if (m->task == UP_TASK_CLASSIFY && !up_model_has_proba(m))
		up_fail_with(UP_WRONG_KIND, NULL, "Train it with {\"probability\": true}, if it can.",
					 "model \"%s\" has no probabilities to be averaged", name);
}

static void
check_alike(const UpModel *a, const char *a_name, const UpModel *b, const char *b_name)
{
	bool alike = a->n_classes == b->n_classes && a->label_kind == b->label_kind;

	if (a->task != b->task)
		up_fail(UP_WRONG_KIND, "model \"%s\" does %s, and model \"%s\" %s", a_name, up_task_name(a->task),
				b_name, up_task_name(b->task));
	if (a->label_name == NULL || b->label_name == NULL || strcmp(a->label_name, b->label_name) != 0)
		up_fail(UP_WRONG_KIND, "model \"%s\" predicts \"%s\", and model \"%s\" predicts \"%s\"", a_name,
				a->label_name != NULL ? a->label_name : "", b_name, b->label_name != NULL ? b->label_name : "");
	for (uint32_t k = 0; alike && k < a->n_classes; k++)
		alike = strcmp(a->classes[k], b->classes[k]) == 0;
	if (!alike)
		up_fail_with(UP_WRONG_KIND, NULL, "Train them on rows of the same classes.",
					 "models \"%s\" and \"%s\" know different classes", a_name, b_name);
}

/* The ensemble's step for a member's: the column as it is. */
static UpStep
raw_step(const UpStep *of)
{
	UpStep s = {.name = up_strdup(of->name), .kind = of->kind, .form = of->form, .width = of->width};

	s.impute = UP_IMPUTE_NONE;
	s.fill = up_alloc0(of->width * sizeof(double));
	s.n_features = of->width;
	s.encode = of->kind == UP_COLUMN_CATEGORY || of->kind == UP_COLUMN_HASH ? UP_ENCODE_NATIVE
			   : of->kind == UP_COLUMN_WORDS                                ? UP_ENCODE_WORDS
																			: UP_ENCODE_NUMBER;
	s.other = of->kind == UP_COLUMN_CATEGORY;
	return s;
}

static uint32_t
find_step(const UpPipeline *p, const char *name)
{
	uint32_t i = 0;

	while (i < p->n_steps && strcmp(p->steps[i].name, name) != 0)
		i++;
	return i;
}

/* Every column that a member takes, in the order of the first that does. */
static UpPipeline *
gather_columns(UpModel *const *members, const char *const *names, uint32_t n)
{
	UpPipeline *p = up_alloc0(sizeof(UpPipeline));
	size_t most = 0;

	p->by_name = true;
	p->raw = true;
	p->left_out = up_value_object();
	for (uint32_t i = 0; i < n; i++)
		most += members[i]->pipeline->n_steps;
	p->steps = up_alloc0(UP_MAX(most, 1) * sizeof(UpStep));
	for (uint32_t i = 0; i < n; i++)
	{
		for (uint32_t s = 0; s < members[i]->pipeline->n_steps; s++)
		{
			const UpStep *of = &members[i]->pipeline->steps[s];
			uint32_t at = find_step(p, of->name);
			UpStep *step = &p->steps[at];

			if (at == p->n_steps)
			{
				*step = raw_step(of);
				step->source = p->n_inputs;
				p->n_inputs += step->width;
				p->n_steps++;
			}
			if (step->kind != of->kind || step->form != of->form || step->width != of->width)
				up_fail_with(UP_WRONG_KIND, NULL, "Train the members with the same \"prepare\" of the column.",
							 "model \"%s\" takes column \"%s\" for something else than the models before it",
							 names[i], of->name);
			if (of->kind == UP_COLUMN_CATEGORY)
				up_step_join_categories(step, step, of, NULL, NULL);
		}
	}
	p->n_encoded = p->n_features = p->n_inputs;
	return p;
}

static void
find_places(Member *m, const UpPipeline *p)
{
	members_alloc(m);
	for (uint32_t s = 0; s < m->model->pipeline->n_steps; s++)
	{
		const UpStep *of = &m->model->pipeline->steps[s];
		const UpStep *step = &p->steps[find_step(p, of->name)];

		m->feature[s] = step->source;
		if (of->kind != UP_COLUMN_CATEGORY)
			continue;
		/* The last stands for values that no member knows. */
		m->n_values[s] = step->n_categories + 1;
		m->value_of[s] = up_alloc_array(m->n_values[s], sizeof(uint32_t));
		for (uint32_t k = 0; k < step->n_categories; k++)
		{
			double v = up_step_category(of, step->categories[k], strlen(step->categories[k]));

			m->value_of[s][k] = isnan(v) ? NO_CATEGORY : (uint32_t) v;
		}
		m->value_of[s][step->n_categories] = of->other ? of->n_categories : NO_CATEGORY;
	}
}

UpModel *
up_ensemble_vote(UpModel *const *members, const char *const *names, const double *weights, uint32_t n)
{
	UpModel *m = up_alloc0(sizeof(UpModel));
	Ensemble *e = up_alloc0(sizeof(Ensemble));
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		check_member(members[i], names[i]);
		check_alike(members[0], names[0], members[i], names[i]);
		sum += weights != NULL ? weights[i] : 1;
	}
	*m = *members[0];
	m->format = UP_MODEL_FORMAT;
	m->learner = &up_vote;
	m->pipeline = gather_columns(members, names, n);
	m->n_features = m->pipeline->n_features;
	m->params = up_value_object();
	m->summary = up_value_object();
	m->distribution = NULL;
	m->adjust = NULL;
	e->task = m->task;
	e->n_features = m->n_features;
	e->n_classes = m->n_classes;
	e->n = n;
	e->members = up_alloc0(n * sizeof(Member));
	for (uint32_t i = 0; i < n; i++)
	{
		e->members[i].model = members[i];
		e->members[i].weight = (weights != NULL ? weights[i] : 1) / sum;
		find_places(&e->members[i], m->pipeline);
	}
	m->body = e;
	return m;
}

UpModel *
up_ensemble_stack(const UpModel *vote, const UpModel *meta)
{
	UpModel *m = up_alloc(sizeof(UpModel));
	Ensemble *e = up_alloc(sizeof(Ensemble));

	UP_ASSERT(meta->n_classes == vote->n_classes);
	*m = *vote;
	*e = *(const Ensemble *) vote->body;
	e->meta = meta;
	m->learner = &up_stack;
	m->body = e;
	return m;
}

static const UpParam no_params[1];

const UpLearner up_vote = {
	.name = "vote",
	.number = 14,
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_NATIVE | UP_L_RAW,
	.help = "the mean of several models",
	.params = {no_params, 0},
	.predict = ensemble_predict,
	.proba = ensemble_proba,
	.write = ensemble_write,
	.read = vote_read,
	.describe = ensemble_describe,
};

const UpLearner up_stack = {
	.name = "stack",
	.number = 15,
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_NATIVE | UP_L_RAW,
	.help = "a model of what several models say",
	.params = {no_params, 0},
	.predict = ensemble_predict,
	.proba = ensemble_proba,
	.write = ensemble_write,
	.read = stack_read,
	.describe = ensemble_describe,
};
