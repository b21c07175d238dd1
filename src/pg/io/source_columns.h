/*
 * source_columns.h - a source as columns of numbers and of categories by code, for statistics of columns
 */
#ifndef UPROFILE_SOURCE_COLUMNS_H
#define UPROFILE_SOURCE_COLUMNS_H

#include "learn/learner.h"
#include "pg/io/source_frame.h"
#include "score/score.h"

#define UP_SOURCE_CLASSES                                                                                      \
	20 /* whole numbers with at most so many different values are classes, as in training */

typedef struct UpSourceColumns
{
	UpFrame *frame; /* codes sorted; without samples once columns are extracted */
	size_t n;       /* rows that have a label, where there is a target */
	size_t *order;  /* canonical, where there is a target; else that of the source, NULL: as they stand */
	uint32_t n_used;
	uint32_t *
		used; /* columns of the frame that can be used, arrays once an element; a NOTICE names the other ones */
	uint32_t *element;   /* of them, in arrays; else 0 */
	const char **names;  /* of them */
	UpVariable *columns; /* of them, once extracted */
	UpTask task;
	UpVariable target;          /* class numbers or values */
	const double *label_of;     /* text labels that are numbers: code → value; NULL: labels as they are */
	const double *class_values; /* classes: their labels in the samples, sorted */
	bool
		summed; /* the rows were handed on (UpColumnSums): there are neither samples nor columns, task nor target */
	UpEarly early; /* who read the rows with us */
} UpSourceColumns;

/* What needs each row but once, in chunks: the columns that are used, and labels (codes, where they are texts; 0, where there is no target). */
typedef struct UpColumnSums
{
	void (*begin)(void *arg, const UpSourceColumns *c); /* columns are known */
	void (*add)(void *arg, const double *const *v, const double *labels, size_t n);
	bool (*again)(void *arg); /* NULL: never */
	void *arg;
} UpColumnSums;

/*
 * Reads a query; target: a column's name or NULL. Labels are classes or numbers as uprofile_train would have it. seconds_a_value: what is done
 * with a value afterwards takes one process so long, about; workers that this pays for read the rows as well, and stand by until
 * up_source_columns_end: no table is touched in between.
 */
extern UpSourceColumns *up_source_columns_read(const char *query, const char *target, double seconds_a_value);
/*
 * Rows that are held, once all are read, and workers stand by where there are some: with a target puts them in order, and sets task and
 * target. What workers see of them goes with their scope, so it is to be released, or extracted, before.
 */
extern void up_source_columns_arrange(UpSourceColumns *c);
extern void up_source_columns_release(UpSourceColumns *c);
/*
 * The same where rows need not be held. They are where there are few, where a column is text, and where labels are texts that are
 * numbers.
 */
extern UpSourceColumns *up_source_columns_sum(const char *query, const char *target, const UpColumnSums *sums);
/* When what was found has been told. */
extern void up_source_columns_end(UpSourceColumns *c);
/* Fills columns, in a large array, and frees the samples. */
extern void up_source_columns_extract(UpSourceColumns *c);

#endif
