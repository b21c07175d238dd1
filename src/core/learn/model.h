/*
 * model.h - a trained model: what it was trained on, how its inputs are prepared, and the learner's body
 *
 * As bytes, written and read by model.c; numbers are little-endian, a text is u32 length (2^32 - 1: NULL) and bytes, a value
 * (base/value.h) u8 type and what it holds:
 *
 *   byte   0  "UPRF"
 *          4  u16 format: 1 to UP_MODEL_FORMAT; what is written is never newer than the pipeline needs
 *          6  u16 number of the algorithm, never used again
 *          8  u32 flags: 0
 *         12  u32 features, as the learner sees them
 *         16  u32 bytes of the payload: all that follow
 *         20  u32 crc32c of the payload
 *         24  the payload:
 *             u8 task, u8 kind of label, text name of the label
 *             u32 classes; each in order as f64 (numbers), u8 (booleans) or text
 *             the pipeline (prep/pipeline_codec.c), in which formats 1 to 3 differ; format 4 is 3 with numbers of clusters in the body, format 5 with or without
 *             u64 seed, value params, value summary
 *             [format 6: u8 whether there is a distribution]
 *             [format 5 and 6: the distribution of the training (distribution.h)]
 *             [format 6: what adjusts its answers (adjust.h)]
 *             the body: what the learner's write puts, to the end
 *
 * Reading validates everything, counts before anything is allocated; a matching checksum proves nothing.
 */
#ifndef UPROFILE_MODEL_H
#define UPROFILE_MODEL_H

#include "learn/adjust.h"
#include "learn/distribution.h"
#include "learn/learner.h"
#include "prep/frame.h"
#include "prep/pipeline.h"

#define UP_MODEL_FORMAT       6 /* the newest that is read; an older one is written where it says everything */
#define UP_MODEL_HEADER_BYTES 24

/* How the bytes of a model begin, and those of a recommender (recommend/recommend.h). */
#define UP_MODEL_MAGIC       "UPRF"
#define UP_RECOMMENDER_MAGIC "UPRC"

typedef struct UpModel
{
	uint16_t format; /* of the bytes that it was read from */
	const UpLearner *learner;
	UpTask task;
	UpLabelKind label_kind;
	char *label_name;     /* row form; NULL otherwise */
	uint32_t n_features;  /* after encoding */
	uint32_t n_classes;   /* classification */
	double *class_values; /* boolean and number labels */
	char **classes;       /* their text form, in class order */
	UpPipeline *pipeline;
	int64_t seed;
	UpValue *params;              /* all of them, with their values */
	UpValue *summary;             /* rows, what was skipped, and what the learner said of its training */
	UpDistribution *distribution; /* of what it was trained on; or NULL */
	UpAdjust *adjust;             /* calibration, threshold, intervals; or NULL */
	void *body;
} UpModel;

extern void up_put_model(UpWriter *w, const UpModel *m);
extern UpModel *up_get_model(const void *bytes, size_t len);
/* The same of bytes that live as long as the model; kept: it needs them, else they may go. */
extern UpModel *up_get_model_on(const void *bytes, size_t len, bool *kept);

/* inputs: n rows of pipeline->n_inputs values, NaN = missing (row form only). out: n values. */
extern void up_model_predict(const UpModel *m, const double *inputs, size_t n, double *out);
/* out: n × n_classes. Fails where the model has no probabilities. */
extern void up_model_proba(const UpModel *m, const double *inputs, size_t n, double *out);
/* Both, of a classifier that has them. */
extern void up_model_predict_proba(const UpModel *m, const double *inputs, size_t n, double *out,
								   double *proba);
/* Clusters: out: n × k, how much a row belongs to each, by position. Fails where clusters do not overlap. */
extern void up_model_membership(const UpModel *m, const double *inputs, size_t n, double *out);
/* Whether it has probabilities. */
extern bool up_model_has_proba(const UpModel *m);
/* The same of rows that are encoded: n × n_features. */
extern void up_model_predict_encoded(const UpModel *m, const double *x, size_t n, double *out);
extern void up_model_proba_encoded(const UpModel *m, const double *x, size_t n, double *out);
/*
 * What is calibrated, of rows that are encoded; out: n × up_maps_for(n_classes). The learner's own scores where it has one a class (of two
 * classes one), else probabilities.
 */
extern void up_model_scores(const UpModel *m, const double *x, size_t n, double *out);
/* Whether these are the learner's own. */
extern bool up_model_has_scores(const UpModel *m);
/* The body as it would be read back, and how many bytes it takes. */
extern void *up_model_body_again(const UpModel *m, size_t *size);
/* Values of a row that was transformed. */
extern uint32_t up_model_width(const UpModel *m);
/* Rows in the space that the learner found for them: how many values; fails where it has none. */
extern uint32_t up_model_embedding(const UpModel *m);
/* out: n × up_model_embedding. */
extern void up_model_embed(const UpModel *m, const double *inputs, size_t n, double *out);
/* Transformers; forward: inputs → n × width, inverse: n × width → features. */
extern void up_model_transform(const UpModel *m, const double *x, size_t n, double *out, bool inverse);
/* The class with this label, or -1. */
extern int64_t up_model_class(const UpModel *m, const char *label);
extern UpValue *up_model_info(const UpModel *m);

extern const char *up_task_name(UpTask task);

#endif
