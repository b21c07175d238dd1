/*
 * numbering.h - clusters of a new version keep the numbers that they have in the deployed one
 */
#ifndef UPROFILE_NUMBERING_H
#define UPROFILE_NUMBERING_H

#include "learn/model.h"
#include "pg/io/source_frame.h"

/*
 * Numbers the clusters of a model that was trained just now after those of the deployed version of this name, by the rows that were read
 * for it. Says what came and went, or NULL. Models that are no clusterings stay as they are.
 */
extern char *up_keep_numbers(const char *schema, const char *name, const UpSourceFrame *read, UpModel *m);

#endif
