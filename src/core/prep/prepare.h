/*
 * prepare.h - how the columns of a table are to be prepared: params.prepare
 *
 * {"age": {"impute": "mean", "scale": "robust"}, "city": {"encode": "target"}, "*": {"indicator": true}}: an object a
 * column, "*" for all; a column's own keys come before those of "*". What is not said is chosen by the kind of the
 * column and by the learner.
 */
#ifndef UPROFILE_PREPARE_H
#define UPROFILE_PREPARE_H

#include "base/params.h"
#include "prep/frame.h"
#include "prep/scale.h"

/* Stand in model bytes: never renumbered. */
typedef enum UpImpute
{
	UP_IMPUTE_AUTO, /* median, or the most frequent value of booleans and categories; none for native learners */
	UP_IMPUTE_MEAN,
	UP_IMPUTE_MEDIAN,
	UP_IMPUTE_MOST_FREQUENT,
	UP_IMPUTE_CONSTANT,
	UP_IMPUTE_NONE
} UpImpute;

typedef enum UpEncode
{
	UP_ENCODE_AUTO,
	UP_ENCODE_NUMBER,
	UP_ENCODE_ONE_HOT,
	UP_ENCODE_ORDINAL,
	UP_ENCODE_TARGET,
	UP_ENCODE_HASH,
	UP_ENCODE_CYCLIC,
	UP_ENCODE_WORDS,
	UP_ENCODE_NATIVE
} UpEncode;

/* Parts of a time that come round again; bits of UpPlan.parts. */
typedef enum UpTimePart
{
	UP_PART_HOUR,      /* time of day, period 24 hours */
	UP_PART_WEEKDAY,   /* 7 days */
	UP_PART_MONTH_DAY, /* the length of the month */
	UP_PART_MONTH,     /* 12 months, whole */
	UP_PART_YEAR_DAY   /* the length of the year */
} UpTimePart;
#define UP_TIME_PARTS 5
extern const char *const up_time_part_names[];

typedef struct UpPlan
{
	int impute; /* UpImpute */
	UpValue *fill_value;
	bool indicator;
	int encode;             /* UpEncode */
	int64_t max_categories; /* one_hot: INT64_MIN: as many as there are */
	UpValue *order;         /* ordinal: categories, lowest first */
	double smooth;          /* target: NaN: by empirical Bayes */
	int64_t buckets;        /* hash, words */
	UpValue *part_names;
	unsigned parts;
	int scale; /* 0: auto, else 1 + UpScaleMethod */
	UpValue *feature_range;
	UpValue *quantile_range;
	int64_t n_quantiles;
	int output_distribution; /* 0: uniform, 1: normal */
	bool explicit_encode;    /* the user chose the encoding */
} UpPlan;

extern const char *const up_scale_choices[]; /* "auto", then the methods in the order of UpScaleMethod */
extern const UpParamTable up_plan_params;
extern const char *up_encode_name(UpEncode encode);

/* The plan of one column; prepare may be NULL. Words the errors of the user's object. */
extern UpPlan up_prepare_plan(const UpValue *prepare, const char *name);
/* Every key of prepare must be "*" or one of these columns, or one that cannot be used anyway. */
extern void up_prepare_check(const UpValue *prepare, const UpFrame *f);

/*
 * The kind in which a frame keeps a column of this kind, by the plan's encoding; fails where the encoding does not
 * fit. *width: values a row (0: not known yet, for arrays). *limit: of the dictionary, for categories.
 */
extern UpColumnKind up_prepare_kind(const UpPlan *plan, const char *name, UpColumnKind kind, uint32_t *width,
									uint32_t *limit);
/*
 * What text in a column with this plan may be: UP_COLUMN_CATEGORY: text and nothing else; UP_COLUMN_NUMBER and
 * UP_COLUMN_TIME: those, and what is none is missing (encode number, cyclic); with encode auto any, by what it holds.
 */
extern UpColumnKind up_plan_reads(const UpPlan *plan);
/* The options of the plan's scale method; method must not be "auto". */
extern UpScaleOptions up_plan_scale(const UpPlan *plan, const char *name);

#endif
