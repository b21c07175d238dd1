/*
 * row_sums.h - many rows of named columns as sums, for learners that need no more (UpStream)
 *
 * Few rows are held, and trained on as all others are. Of more a frame goes on with sums of those that are complete, and with what tells the
 * medians of its columns; rows that lack a value wait in it until these are known.
 */
#ifndef UPROFILE_ROW_SUMS_H
#define UPROFILE_ROW_SUMS_H

#include "learn/train.h"

typedef struct UpRowSums
{
	const UpRequest *request;
	const UpValue *key; /* names of columns that are no features, or NULL */
	uint32_t n;         /* features */
	uint32_t *places;   /* in the rows of the frame */
	uint8_t *flags;     /* as UpStream takes them */
	UpNearValues
		*values; /* of each, also in rows that wait; NULL: missing values need none that stand for them */
	void *sums;
	uint64_t n_rows; /* in the sums */
	double *x;       /* space for one row */
} UpRowSums;

/* Rows that have room in a share of the memory, one in so many, or a few all the same; of these so many are held in any case. */
#define UP_HELD_SHARE 4 /* an aggregate's */
extern uint64_t up_row_sums_fitting(const UpFrame *f, size_t share);
extern uint64_t up_row_sums_least(const UpFrame *f, size_t share);
/*
 * Sums in place of the frame's rows, which go; or NULL, where rows are needed, as far as these tell: columns that are no numbers, times,
 * booleans or arrays, or of which nothing is known yet; parameters that look at rows; and where sums of so many columns have no room.
 */
extern UpRowSums *up_row_sums_begin(const UpRequest *q, UpFrame *f);
/*
 * The same of no row: those of the frame stay, and tell what is known of the columns, but those not to be trained on (held_out: one byte a row, or
 * NULL).
 */
extern UpRowSums *up_row_sums_new(const UpRequest *q, const UpValue *key, const UpFrame *f,
								  const uint8_t *held_out);
/* One more row: the values of the frame and its label. */
extern void up_row_sums_add(UpRowSums *s, UpFrame *f, const double *row);
/* Adds what another frame has, with sums or without (NULL). s: NULL: these begin with those of the other. */
extern UpRowSums *up_row_sums_merge(UpRowSums *s, UpFrame *f, const UpRequest *q, const UpRowSums *other,
									const UpFrame *other_frame);
/* Of one row in the sums at least. Nothing changes. strict: one class is a failure. */
extern UpModel *up_row_sums_train(const UpRowSums *s, const UpFrame *f, bool strict);

extern void up_put_row_sums(UpWriter *w, const UpRowSums *s);
extern UpRowSums *up_get_row_sums(UpReader *r, const UpRequest *q, const UpFrame *f);

#endif
