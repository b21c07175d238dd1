/*
 * clean_rules.h - the rules of cleaning, declared once
 *
 * Rules are an array of objects such as {"rule": "range", "column": "price", "min": 0}. The tables here parse them,
 * word every error (which rule, which key, the nearest valid name) and hold the defaults. They know no column and no
 * type: the face looks these up.
 */
#ifndef UPROFILE_CLEAN_RULES_H
#define UPROFILE_CLEAN_RULES_H

#include "base/params.h"

typedef enum UpCleanKind
{
	UP_CLEAN_DUPLICATES,
	UP_CLEAN_DUPLICATE_KEYS,
	UP_CLEAN_TRIM,
	UP_CLEAN_CASE,
	UP_CLEAN_REPLACE,
	UP_CLEAN_SYNONYMS,
	UP_CLEAN_MISSING,
	UP_CLEAN_TYPE,
	UP_CLEAN_RANGE,
	UP_CLEAN_ALLOWED,
	UP_CLEAN_MATCH,
	UP_CLEAN_OUTLIERS,
	UP_CLEAN_FILL,
	UP_CLEAN_REQUIRED
} UpCleanKind;

typedef enum UpCleanKeep
{
	UP_KEEP_FIRST,
	UP_KEEP_LAST,
	UP_KEEP_COMPLETE
} UpCleanKeep;

/* What becomes of a value that a rule objects to. */
typedef enum UpCleanAction
{
	UP_ACTION_QUARANTINE, /* its row leaves, with the reason */
	UP_ACTION_MISSING,    /* it becomes missing */
	UP_ACTION_CLIP,       /* it becomes the nearest bound */
	UP_ACTION_REPLACE     /* it becomes another given value */
} UpCleanAction;

typedef enum UpCleanCase
{
	UP_CASE_LOWER,
	UP_CASE_UPPER,
	UP_CASE_TITLE
} UpCleanCase;

typedef enum UpCleanType
{
	UP_TYPE_NUMBER,
	UP_TYPE_INTEGER,
	UP_TYPE_FLOAT,
	UP_TYPE_DATE,
	UP_TYPE_TIMESTAMP,
	UP_TYPE_TIMESTAMPTZ,
	UP_TYPE_BOOLEAN
} UpCleanType;

typedef enum UpCleanOutliers
{
	UP_OUTLIERS_IQR,
	UP_OUTLIERS_ZSCORE,
	UP_OUTLIERS_WINSORIZE
} UpCleanOutliers;

typedef enum UpCleanFill
{
	UP_FILL_MEAN,
	UP_FILL_MEDIAN,
	UP_FILL_MODE,
	UP_FILL_CONSTANT,
	UP_FILL_PREVIOUS,
	UP_FILL_PREDICTED
} UpCleanFill;

/* One parsed rule; each kind uses some of the fields. Texts and trees are NULL where they were not given. */
typedef struct UpCleanRule
{
	UpCleanKind kind;
	const char *name;
	const char *owner;  /* for errors: "rule 3 (range)" */
	uint32_t n_columns; /* from column or columns; 0: none given */
	const char **columns;
	UpValue *exclude; /* array of texts */
	UpValue *order;   /* text */
	UpValue *by;      /* text */
	int keep;
	int action;
	bool collapse;
	bool ignore_case;
	bool negate;
	bool all;
	bool min_open;
	bool max_open;
	int to_case;
	int to_type;
	int decimal; /* 0: point, 1: comma */
	int date_order;
	int method;
	int fill;
	double factor; /* NaN: the method's own */
	double lower;
	double upper;
	UpValue *pattern; /* text */
	UpValue *unit;    /* text */
	UpValue *with;    /* text, number or boolean */
	UpValue *value;   /* the same */
	UpValue *table;   /* object of texts, or a source */
	UpValue *values;  /* array */
	UpValue *min;     /* number or text */
	UpValue *max;
	UpValue *learner; /* text */
	UpValue *params;  /* object */
	UpValue *rule;
	UpValue *column;
	UpValue *column_list;
} UpCleanRule;

typedef struct UpCleanRules
{
	uint32_t n;
	UpCleanRule *rules;
} UpCleanRules;

/* Parses an array of rules; fails in words. */
extern UpCleanRules *up_clean_rules_parse(const UpValue *given);

#endif
