/*
 * leaks.h - columns that know the answer, as training tells of them
 */
#ifndef UPROFILE_PG_LEAKS_H
#define UPROFILE_PG_LEAKS_H

#include "assess/leaks.h"
#include "learn/model.h"
#include "pg/io/source_frame.h"

/* What is to be said of a column, beginning with its name. */
extern char *up_leak_text(const char *column, const UpLeak *leak);
/* Of the rows that were trained on, a sample: one of each column, looked at by all who stand by. */
extern UpLeak *up_leaks_find(const UpSourceFrame *read, const UpModel *m);
/* A WARNING a column that tells the target. Returns the note with what was said before it. */
extern char *up_leaks_say(const UpLeak *leaks, const UpModel *m, char *note);

#endif
