/*
 * correlation.h - the associations of all pairs of columns
 */
#ifndef UPROFILE_CORRELATION_H
#define UPROFILE_CORRELATION_H

#include "score/score.h"

/* Bits of methods. */
enum
{
	UP_CORRELATE_PEARSON = 1 << 0,           /* two numbers */
	UP_CORRELATE_SPEARMAN = 1 << 1,          /* two numbers */
	UP_CORRELATE_CORRELATION_RATIO = 1 << 2, /* a category and a number */
	UP_CORRELATE_CRAMERS_V = 1 << 3,         /* two categories */
	UP_CORRELATE_ALL = (1 << 4) - 1
};
extern const char *const up_correlate_names[]; /* by bit, then NULL */

/*
 * Called for every pair a < b in order, and of two numbers first with pearson, then with spearman. Where the first column is within a
 * large array, all of them are, and workers share the work.
 */
typedef void (*UpCorrelateFn)(void *arg, uint32_t a, uint32_t b, const UpScore *score);
extern void up_correlate(const UpVariable *columns, uint32_t n_columns, size_t n, unsigned methods,
						 UpCorrelateFn found, void *arg);
/* About how long it takes one process. */
extern double up_correlate_seconds(uint32_t n_columns, size_t n, unsigned methods);

/*
 * Pearson's of columns of numbers whose rows come in chunks and are not held. Of some data all rows are wanted once more: again says so
 * after the last one, and add takes them for a second time.
 */
typedef struct UpCorrelating UpCorrelating;
extern UpCorrelating *up_correlating_new(uint32_t d);
extern void up_correlating_add(UpCorrelating *c, const double *const *v, size_t n);
extern bool up_correlating_again(UpCorrelating *c);
extern void up_correlating_finish(UpCorrelating *c, UpCorrelateFn found, void *arg);

#endif
