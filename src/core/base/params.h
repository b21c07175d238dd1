/*
 * params.h - parameters declared once
 *
 * A learner declares a table of UpParam over the fields of a plain struct. That one table parses what the user
 * gave, words every error (the bad key, the value, the allowed range, the nearest valid name), fills
 * uprofile_params() and checks the documentation.
 *
 * C types of the fields: UP_P_BOOL bool, UP_P_INT int64_t, UP_P_REAL double, UP_P_CHOICE int (index into choices),
 * UP_P_TREE UpValue * (the value as given, NULL when absent; its owner checks it).
 */
#ifndef UPROFILE_PARAMS_H
#define UPROFILE_PARAMS_H

#include "base/value.h"

typedef enum UpParamType
{
	UP_P_BOOL,
	UP_P_INT,
	UP_P_REAL,
	UP_P_CHOICE,
	UP_P_TREE
} UpParamType;

/* For UP_P_TREE: what is said of it in errors and in uprofile_params(), e.g. "array of integers". */
typedef struct UpParam
{
	const char *name;
	UpParamType type;
	size_t offset;
	const char
		*initial;    /* the default, as JSON scalar without quotes: "10", "true", "lbfgs"; "null" for none */
	double min, max; /* numbers: allowed range, both ends included unless min_open */
	bool min_open;
	const char *const *choices; /* UP_P_CHOICE: NULL-terminated */
	const char *shape;          /* UP_P_TREE: what is expected */
	const char *help;           /* one line */
	bool nullable;              /* UP_P_REAL, UP_P_INT: null is allowed and leaves NaN, INT64_MIN */
} UpParam;

/*
 * A parameter in a line: name, field of the struct UP_PARAMS_OF (defined by the file that holds the table), default; then
 * the range of a number, the choices, or the shape of a tree; then the help, and what is special (.nullable = true).
 */
#define UP_PARAM(name_, field_, initial_, ...)                                                                 \
	.name = name_, .offset = offsetof(UP_PARAMS_OF, field_), .initial = initial_, __VA_ARGS__
#define UP_BOOL_PARAM(name, field, initial, ...)                                                               \
	{                                                                                                          \
		UP_PARAM(name, field, initial, .type = UP_P_BOOL, .help = __VA_ARGS__)                                 \
	}
#define UP_INT_PARAM(name, field, initial, least, most, ...)                                                   \
	{                                                                                                          \
		UP_PARAM(name, field, initial, .type = UP_P_INT, .min = least, .max = most, .help = __VA_ARGS__)       \
	}
#define UP_REAL_PARAM(name, field, initial, least, most, ...)                                                  \
	{                                                                                                          \
		UP_PARAM(name, field, initial, .type = UP_P_REAL, .min = least, .max = most, .help = __VA_ARGS__)      \
	}
#define UP_CHOICE_PARAM(name, field, initial, of, ...)                                                         \
	{                                                                                                          \
		UP_PARAM(name, field, initial, .type = UP_P_CHOICE, .choices = of, .help = __VA_ARGS__)                \
	}
#define UP_TREE_PARAM(name, field, initial, what, ...)                                                         \
	{                                                                                                          \
		UP_PARAM(name, field, initial, .type = UP_P_TREE, .shape = what, .help = __VA_ARGS__)                  \
	}

typedef struct UpParamTable
{
	const UpParam *params;
	int n;
} UpParamTable;

/*
 * Fills *fields from the defaults and then from given (an object, or NULL). owner is the noun of errors, such as
 * "algorithm \"svm\"". Keys that another table knows are passed over when listed in others (n_others of them);
 * unknown ones fail with the nearest of all names as a hint. Returns an object of all values of this table.
 */
extern UpValue *up_params_parse(const UpParamTable *table, const UpParamTable *const *others, int n_others,
								const UpValue *given, const char *owner, void *fields);

/* "float", "integer", "boolean", "text" or the shape; the range as text ("" if none) e.g. "> 0", "1 to 100". */
extern const char *up_param_type_name(const UpParam *p);
extern char *up_param_range(const UpParam *p);

/* The one of the names that others call by the given one (pairs: theirs, ours); else the given one. */
extern const char *up_name_here(const char *given, const char *const (*other_names)[2], size_t n_other,
								const char *const *names, int n);
/*
 * The nearest of n names within a third of its length by edits; else one that is a word of it ("auc" of "roc_auc") or most of it ("boost" of
 * "boosting"), or that it is of; or NULL.
 */
extern const char *up_nearest_name(const char *given, const char *const *names, int n);

#endif
