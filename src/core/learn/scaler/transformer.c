/*
 * transformer.c - the pipeline alone: imputes, encodes, scales and selects, and learns nothing else
 *
 * For people who want prepared features as a table or for another tool. Its body is empty: everything it knows is in
 * the model's pipeline. Array: n_features values a row, as the pipeline made them. Cost: that of the pipeline.
 */
#include "learn/learner.h"

#include <string.h>

typedef struct Transformer
{
	uint32_t n_features;
} Transformer;

static void *
new_transformer(uint32_t n_features)
{
	Transformer *t = up_alloc(sizeof(Transformer));

	t->n_features = n_features;
	return t;
}

static void *
transformer_fit(const UpFit *fit)
{
	return new_transformer(fit->n_features);
}

static void
transformer_transform(const void *body, const double *x, size_t n, double *out, bool inverse)
{
	const Transformer *t = body;

	if (inverse)
		up_fail_with(UP_WRONG_KIND, NULL, "A model of uprofile_scaler can be undone.",
					 "a pipeline cannot be undone: what it encoded has no one original");
	memcpy(out, x, n * t->n_features * sizeof(double));
}

static void
transformer_write(const void *body, UpWriter *w)
{
	(void) body;
	(void) w;
}

static void *
transformer_read(UpReader *r, const UpShape *shape)
{
	(void) r;
	return new_transformer(shape->n_features);
}

static void
transformer_describe(const void *body, UpValue *info)
{
	(void) body;
	(void) info;
}

const UpLearner up_pipeline = {
	.name = "pipeline",
	.number = 12,
	.abilities = UP_L_TRANSFORM | UP_L_SCALE,
	.help = "prepares columns and learns nothing: imputes, encodes, scales",
	.params = {NULL, 0},
	.params_size = 0,
	.fit = transformer_fit,
	.transform = transformer_transform,
	.write = transformer_write,
	.read = transformer_read,
	.describe = transformer_describe,
};
