/*
 * read_together.h - a table of numbers read by this process and the workers that stand by
 */
#ifndef UPROFILE_READ_TOGETHER_H
#define UPROFILE_READ_TOGETHER_H

#include "pg/io/rows.h"

/* Of a row's key or, without one, of its features. */
typedef struct UpRowHash
{
	uint64_t hash;
	bool has_key;
} UpRowHash;

/*
 * How all rows of a table are to be read into a frame without any; numbers: which of its columns each of the reader's attributes is. NULL: that
 * cannot be done, for text but in a key, arrays, tables that workers do not see, and where the rows would take much of the memory. Else it is to
 * be freed once it was read by.
 */
typedef struct UpTogether UpTogether;
extern UpTogether *up_together_plan(Oid table, const AttrNumber *numbers, const UpRowReader *r,
									const UpFrame *f, double n_expected, bool hashes);
/*
 * Those that the active snapshot sees, in any order, a large array with a hash of each, if they were to be made, and another with the order in
 * which they are in the table. Is done once. false: the frame has none. They are to be read one by one where no workers stand by, and where a
 * value cannot be learned from, which is then told of.
 */
extern bool up_read_together(UpTogether *t, UpFrame *f, UpRowHash **hashes, size_t **order);

/*
 * The same where rows are not kept: step by step, in the order of the table, at least so many the first time. The values of
 * row i are those from order[i] × width on, the label (or 0) behind the frame's; both are within large arrays. So is hashes[order[i]],
 * where hashes are made.
 */
typedef struct UpStepRows
{
	const double *values;
	size_t width;
	const size_t *order;
	const UpRowHash *hashes;
	size_t n;
} UpStepRows;
extern bool up_together_in_steps(const UpTogether *t);
/* false: none were taken, and no more are wanted. */
typedef bool (*UpStepFn)(void *arg, UpFrame *f, const UpStepRows *rows);
extern UpTogether *up_together_plan_steps(Oid table, const AttrNumber *numbers, const UpRowReader *r,
										  const UpFrame *f, double n_expected, uint64 least, bool hashes);
/*
 * May be done again. false, beside what is said above, where the table has fewer rows than that: none was taken. Where a value cannot be
 * used, those before may have been, and who reads them one by one fails at it.
 */
extern bool up_read_steps(UpTogether *t, UpFrame *f, UpStepFn take, void *arg);

#endif
