/*
 * holdout.h - which rows are held out of a training
 *
 * Other ways than the stable hash of the key: a share of the rows at random, of each class, of whole groups; the last of them in the
 * order of time; or those that a column names. Rows that an earlier version held out stay held out, as far as the method leaves it
 * open, so that versions are compared on the same rows.
 */
#ifndef UPROFILE_HOLDOUT_H
#define UPROFILE_HOLDOUT_H

#include "assess/splits.h"

typedef struct UpHoldout
{
	int method;         /* UpSplitMethod, not auto */
	const char *column; /* of the group, the time or the rows; NULL: none, or the key as group */
	uint64_t seed;
	double gap; /* time: what is nearer before the first row held out is neither trained on nor held out */
	double cut; /* time: what comes from here on is held out; NaN: the share decides, and sets it */
} UpHoldout;

/* {"method": "time", "column": "day", "gap": 86400, "seed": 1}; words its errors. seed: where the object has none. */
extern UpHoldout up_holdout_parse(const UpValue *given, int64_t seed);
/* The same as a value, as kept with a version, and back; false where the value is none. */
extern UpValue *up_holdout_value(const UpHoldout *h);
extern bool up_holdout_read(const UpValue *v, UpHoldout *h);
/* Whether the second deals rows out as the first one did: what was held out may be kept. */
extern bool up_holdout_same(const UpHoldout *a, const UpHoldout *b);

/* What becomes of a row. */
#define UP_ROW_TRAINED  0
#define UP_ROW_HELD_OUT 1
#define UP_ROW_LEFT     2 /* neither */

/*
 * Sets kind of each row of the samples; rows that are not split are trained on. kept: rows to be held out again, one byte each,
 * or NULL. Fails where none is held out, or none is left. Cost: O(n), and a sort.
 */
extern void up_holdout_mark(UpHoldout *h, double share, const UpSplitRows *rows, const uint8_t *kept,
							uint8_t *kind);

#endif
