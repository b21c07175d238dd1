/*
 * model_columns.h - columns of a profile's source that its models name, or were trained on
 */
#ifndef UPROFILE_MODEL_COLUMNS_H
#define UPROFILE_MODEL_COLUMNS_H

#include "pg/profiles/profile.h"

/* Fails where "features" or "exclude" of the model name what is no column of the source, nor a live one. */
extern void up_model_columns_check(const UpProfile *p, const UpProfileModel *m);
/* Why a version cannot predict from the source as it is, in words that name the column; or NULL. */
extern const char *up_model_columns_obstacle(const UpProfile *p, int64 version_id);

#endif
