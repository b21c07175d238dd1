/*
 * learner.h - the one interface of everything that learns
 *
 * A learner is a constant struct of functions and a table of parameters; learners.c lists them all. Aggregates,
 * train, evaluate, predict and the documentation work on that list and name no algorithm.
 *
 * Shapes: features are float8, row-major, n rows of n_features, finite and already imputed, encoded and scaled by
 * the pipeline unless the learner says that it takes missing values. Labels are class numbers 0 … n_classes - 1 for
 * classification, values for regression.
 */
#ifndef UPROFILE_LEARNER_H
#define UPROFILE_LEARNER_H

#include "base/params.h"
#include "prep/data.h"

typedef enum UpTask
{
	UP_TASK_TRANSFORM, /* scaler */
	UP_TASK_CLUSTER,
	UP_TASK_CLASSIFY,
	UP_TASK_REGRESS,
	UP_TASK_OUTLIER
} UpTask;

enum
{
	UP_L_TRANSFORM = 1 << 0, /* what it can do: one bit a task */
	UP_L_CLUSTER = 1 << 1,
	UP_L_CLASSIFY = 1 << 2,
	UP_L_REGRESS = 1 << 3,
	UP_L_OUTLIER = 1 << 4,
	UP_L_SCALE = 1 << 5,        /* row form: z-score the numbers first */
	UP_L_NUMBERS_ONLY = 1 << 6, /* row form: takes numeric columns only, passes over the others */
	UP_L_NATIVE = 1 << 7, /* row form: takes categories by code and missing values as NaN (data.h: n_values) */
	UP_L_ABSOLUTE = 1 << 8, /* regression: minimizes absolute errors, not their squares */
	UP_L_JOINT = 1 << 9,    /* raw scores of several classes are logarithms of joint densities */
	UP_L_RAW =
		1 << 10, /* its features are columns as they are, of any kind; what is not seen is a category more */
	UP_L_WEIGHTS = 1 << 11,  /* rows can have weights (class_weights.h) */
	UP_L_ONE_START = 1 << 12 /* average: only of bodies that began alike, with one seed */
};

struct UpReuse;

/* What a learner reads: its training data and its parameters. */
typedef struct UpFit
{
	const UpData *data;
	const UpPipeline *
		pipeline; /* what names the features in errors (up_feature_called); NULL: only their numbers are known */
	UpTask task;
	const void *params; /* the learner's own parameter struct, parsed */
	uint64_t seed;
	uint32_t n_features;
	uint32_t n_classes;         /* classification */
	const char *const *classes; /* their labels as text, sorted */
	bool by_name;               /* without data: the sums are of rows, and not of arrays */
	bool strict;   /* data that do not fit the parameters (fewer distinct rows than clusters) are a failure */
	UpValue *info; /* object: what training has to say goes here (iterations, inertia, converged, …) */
	uint64_t rows_before; /* updates: rows that the body has learned from */
	const UpValue *given; /* updates: the parameters that were named this time, or NULL */
	/* What trainings on the same data share (reuse.h), or NULL; a body made with it is written, and read back only to predict. */
	struct UpReuse *reuse;
} UpFit;

/* A body's shape, known before it is read. */
typedef struct UpShape
{
	UpTask task;
	uint32_t n_features;
	uint32_t n_classes;
	const char *const *classes; /* their labels as text, sorted; they live as long as the body */
} UpShape;

/*
 * Where the features, classes and categories of a body stand among those of another shape. Features that the body
 * does not have are new to it; a class can be dropped, if no row is of it.
 */
typedef struct UpRenumbering
{
	UpShape shape;
	const uint32_t *feature_of;
	const uint32_t *class_of; /* UINT32_MAX: dropped */
	const uint32_t *const
		*value_of;            /* one a feature of the body: of each of its categories; NULL: as they are */
	const uint32_t *n_values; /* one a feature of the body: how many categories there are */
} UpRenumbering;

/*
 * Learners that keep only sums: one pass, mergeable, no samples held. sums is opaque; x is one row of features. Of rows of named columns one
 * byte a feature says whether it is a flag, 0 or 1 (flags; NULL: of arrays); then what is missing is NaN, where the learner takes that
 * (UP_L_NATIVE).
 */
typedef struct UpStream
{
	/* Whether these parameters allow it (the robust scaler needs the samples). */
	bool (*usable)(const void *params);
	void *(*start)(uint32_t n_features, const uint8_t *flags);
	void (*add)(void *sums, const double *x, double label);
	void (*merge)(void *sums, const void *other);
	void (*write)(const void *sums, UpWriter *w);
	void *(*read)(UpReader *r, uint32_t n_features, const uint8_t *flags);
	size_t (*bytes)(uint32_t n_features);
	/* The different labels that came, ascending: numbers, or 0 and 1; NULL: the learner has no classes. */
	double *(*labels)(const void *sums, uint32_t *n);
	void *(*finish)(const void *sums, const UpFit *fit); /* fit->data is NULL; returns a body; sums untouched */
	/*
	 * The sums as they are of features that were z-scored, one a feature, which is told too (sums untouched); NULL: rows that are to be
	 * scaled are held.
	 */
	void *(*zscored)(const void *sums, UpScale *scales);
} UpStream;

/* What a model's parts are called. */
typedef struct UpNames
{
	const char *const *features;
	const char *const *const *values; /* one a feature: the names of its categories, or NULL */
	const char *const *classes;       /* or NULL */
	const UpPipeline *pipeline;       /* for learners that speak in the data's units; of a model never NULL */
} UpNames;

/* What a model's parts are called in SQL. */
typedef struct UpSqlTerms
{
	const char *const *features; /* expressions, NULL where missing */
	const char *const *const
		*values; /* one a feature: the texts of its categories, which its expression then is; or NULL */
	const char *const *labels; /* literals of the classes; NULL: regression */
	/* The class that such probabilities say; NULL: the first of the highest. */
	uint32_t (*class_of)(const void *model, const double *proba);
	const void *model;
} UpSqlTerms;

/*
 * The clusters of a body and the numbers by which they are told. Numbers are those of the clusters of versions before, as far as
 * these are still there (assess/clusters.h); one that was given to a cluster is never given to another.
 */
typedef struct UpClusters
{
	uint32_t k;
	const uint32_t *numbers; /* one a cluster, each another; NULL: 0 to k - 1 */
	uint32_t next;           /* above all that were ever given */
} UpClusters;

/* The largest number of a cluster, and of those that there may ever be: columns of type integer hold them. */
#define UP_CLUSTER_NUMBERS INT32_MAX

/* A coefficient, and how sure it is; NaN where that is not known. */
typedef struct UpCoefficient
{
	uint32_t output;  /* of several: the class */
	uint32_t feature; /* n_features: the intercept */
	double estimate;
	double error;
	double statistic; /* t or z */
	double p;         /* two-sided */
} UpCoefficient;

typedef struct UpLearner
{
	const char *name;   /* as in uprofile_<name> */
	uint16_t number;    /* in model bytes; never reused */
	uint16_t format;    /* of models: the first one that knows what write puts (model.h); 0: any */
	unsigned abilities; /* UP_L_… */
	const char *help;   /* one line, for uprofile_algorithms() */
	UpParamTable params;
	size_t params_size;
	const UpStream *stream; /* or NULL */
	const char *path;       /* the parameter along which trainings share most (reuse.h), or NULL */

	/*
	 * Bytes that training on so many rows holds in memory to the end, since it reads them in no order; NULL: it goes through its rows
	 * in passes, and they may stand in files.
	 */
	double (*holds)(const void *params, double n_rows, uint32_t n_features);
	/* Trains; returns a body in the current memory. Everything else it allocates it may leave to the arena. */
	void *(*fit)(const UpFit *fit);

	/* out: n values: cluster number, class number or regression value. NULL for transformers. */
	void (*predict)(const void *body, const double *x, size_t n, double *out);
	/* out: n × n_classes probabilities that sum to 1; NULL: never has any. Fails with UP_WRONG_KIND and a hint
	 * where this body was trained without. */
	void (*proba)(const void *body, const double *x, size_t n, double *out);
	/* Both at once, to the last bit as these two would; NULL: one after the other is as quick. */
	void (*predict_proba)(const void *body, const double *x, size_t n, double *out, double *proba);
	/* Transformers: in → out, n × n_features → n × width; inverse undoes it. */
	void (*transform)(const void *body, const double *x, size_t n, double *out, bool inverse);
	uint32_t (*width)(const void *body); /* of transformed rows; NULL: n_features */

	void (*write)(const void *body, UpWriter *w);
	void *(*read)(UpReader *r, const UpShape *shape); /* validates everything */
	void (*describe)(const void *body,
					 UpValue *info); /* adds what belongs into model_info: sizes, coefficients, … */

	/* What follows may be NULL: this learner has none of its own. */

	/* out: n_features values >= 0 that sum to 1 (all 0 where nothing was learned). */
	void (*importance)(const void *body, double *out);
	/*
	 * Exact SHAP values of one row. An output is the regression value, or for each class its score (two classes: one
	 * output, the score of the second); out: n_outputs × (n_features + 1): a contribution a feature and, last, the
	 * base value; they sum to raw_scores.
	 */
	void (*explain)(const void *body, const double *x, double *out);
	/*
	 * The same of a part of the body of about this size, spread over it, where the whole would take too long for every user; NULL: it
	 * never does.
	 */
	void (*explain_some)(const void *body, const double *x, size_t most_nodes, double *out);
	/* The scores that explain adds up to (log-odds, margins, probabilities of a forest, …): n_outputs values. */
	void (*raw_scores)(const void *body, const double *x, double *out);
	uint32_t (*n_outputs)(const void *body);
	/* Readable text: a tree, a formula. */
	char *(*show)(const void *body, const UpNames *names);
	/* A new body that has learned from fit->data as well; the old one stays as it is. */
	void *(*update)(const void *body, const UpFit *fit);
	/* One body out of two trained on different rows. */
	void *(*merge)(const void *a, const void *b);
	/* Where that cannot be exact: their mean, weighed by the rows behind each; both know the same classes. */
	void *(*average)(const void *a, double rows_a, const void *b, double rows_b);
	/*
	 * A body as if the rows of b, which are among those of a, had never been there; fails where they cannot be. kept: one a
	 * class: whether rows of it are left.
	 */
	void *(*subtract)(const void *a, const void *b, bool *kept);
	/* The same body in another shape; what merge and subtract give need not be usable before. */
	void *(*renumber)(const void *body, const UpRenumbering *r);
	/* All coefficients of all outputs. */
	UpCoefficient *(*coefficients)(const void *body, uint32_t *n);
	/* The raw score of an output as w·x + intercept; false where it is not linear. */
	bool (*plane)(const void *body, uint32_t output, double *w, double *intercept);
	/* The prediction as an SQL expression, for learners without planes. */
	char *(*sql)(const void *body, const UpSqlTerms *terms);
	/* Clusterings: the clusters as they are numbered, and other numbers for them. */
	UpClusters (*clusters)(const void *body);
	void (*set_numbers)(void *body, const UpClusters *clusters);
	/* The centre of a cluster (by its position), as the learner sees features: n_features values. */
	void (*centre)(const void *body, uint32_t cluster, double *out);
	/*
	 * Predictors that find a space of their own for rows: its width, and n rows in it (n × width). 0: this body has none, and why it is so
	 * goes into *why.
	 */
	uint32_t (*embedding)(const void *body, const char **why);
	void (*embed)(const void *body, const double *x, size_t n, double *out);
	/* Clusterings that overlap: how much a row belongs to each cluster; out: n × k shares that sum to 1, by position. */
	void (*membership)(const void *body, const double *x, size_t n, double *out);
} UpLearner;

/* All of them; each is defined in its folder. */
#define UP_LEARNER(name, takes, holds, array_form, row_form) extern const UpLearner up_##name;
#include "learn/learners.list"
#undef UP_LEARNER

/* Not of the list, since nothing is trained by them: they are made of models (ensemble/ensemble.h). */
extern const UpLearner up_vote, up_stack;

#endif
