/*
 * to_sql.h - a model as one SQL expression over the columns that it was trained on
 */
#ifndef UPROFILE_TO_SQL_H
#define UPROFILE_TO_SQL_H

#include "learn/model.h"

/*
 * input: of models of rows an alias that qualifies their columns, or NULL; of models of arrays the expression of the array. Fails
 * where the learner, or the preparation of a column, cannot be said in SQL.
 */
extern char *up_model_to_sql(const UpModel *m, const char *input);

#endif
