/*
 * leaks.h - columns that know the answer: what becomes known only with the target, or is the target by another name
 */
#ifndef UPROFILE_LEAKS_H
#define UPROFILE_LEAKS_H

#include "score/score.h"

typedef enum UpLeakReason
{
	UP_LEAK_NONE,
	UP_LEAK_EQUAL,      /* the same number in every row */
	UP_LEAK_ONE_TO_ONE, /* each value goes with one class, and each class with one value */
	UP_LEAK_MISSING, /* missing, or known, where the target is one value; score: the share of the rows of that value */
	UP_LEAK_AUC, /* of two classes: the area under the curve of the column by itself, or of its negative */
	UP_LEAK_RULE, /* the best class for each value: what it gets right of what the most frequent class gets wrong */
	UP_LEAK_CORRELATION, /* up_score_correlation's, or of ranks */
	UP_LEAK_KEY, /* whole numbers, each once and close together; score: the share of rows that have one */
	UP_LEAK_TIME /* a time after that of the label; score: the share of rows */
} UpLeakReason;

extern const char *const up_leak_names[]; /* by reason */

typedef struct UpLeak
{
	UpLeakReason reason;
	double score;
	double strength; /* how well the column tells the target, whatever the reason: 0 … 1 */
} UpLeak;

#define UP_LEAK_THRESHOLD 0.98
#define UP_LEAK_ROWS      10 /* fewer tell nothing */

/*
 * Of a column x and a target y (classes, or numbers). class_values: the numbers that the classes are, or NULL. Scores from
 * threshold on are leaks; an empty or constant column, or target, never is. all: the n rows were drawn from so many, or are they. Cost: O(n).
 */
extern UpLeak up_leak(const UpVariable *x, const UpVariable *y, const double *class_values, size_t n,
					  size_t all, double threshold);
/*
 * The same of columns beside each other, each a part of the work of a scope of workers, who see columns that lie in one large array, and a
 * target that lies in another; skipped ones are no leaks.
 */
extern void up_leak_columns(const UpVariable *x, const bool *skipped, uint32_t n_columns, const UpVariable *y,
							const double *class_values, size_t n, size_t all, double threshold, UpLeak *leaks);
/* About how long that takes one process. */
extern double up_leak_seconds(uint32_t n_columns, size_t n);
/* The share of rows in which x comes after t, of those where both are known. */
extern double up_leak_later(const double *x, const double *t, size_t n);

#endif
