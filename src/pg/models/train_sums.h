/*
 * train_sums.h - a named model of rows that are summed up as they are read
 */
#ifndef UPROFILE_TRAIN_SUMS_H
#define UPROFILE_TRAIN_SUMS_H

#include "assess/constant.h"
#include "pg/io/source_frame.h"

/*
 * Where more rows are trained on than are held (core/learn/row_sums.h says which learners can), they become sums in the order of the source. The
 * frame has the rows held out then, and some of the others, drawn evenly: those by which columns and answers are described, and leaks are found.
 */
typedef struct UpTrainSums UpTrainSums;

/* Goes with the order of a reading, which must not split rows or keep their hashes; NULL: rows are needed. */
extern UpTrainSums *up_train_sums_begin(const UpRequest *q, UpSourceOrder *reading);
/* Once all is read: whether there are sums. t: NULL. */
extern bool up_train_sums_finish(UpTrainSums *t, UpSourceFrame *s);
/* After that. One class is a failure. */
extern UpModel *up_train_sums_model(const UpTrainSums *t);
/* The best constant of the rows in the sums; NULL: of more classes than were counted. */
extern UpConstant *up_train_sums_constant(const UpTrainSums *t, const UpModel *m);

#endif
