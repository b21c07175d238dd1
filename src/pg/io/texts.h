/*
 * texts.h - pieces of text
 */
#ifndef UPROFILE_TEXTS_H
#define UPROFILE_TEXTS_H

#include "nodes/pg_list.h"

/* What lies between, without what SQL takes for blanks around it. */
extern char *up_trimmed(const char *from, const char *to);
/* What notes say, one after the other; NULL: nothing. */
extern char *up_notes_joined(char *first, char *second);
/* Strings as text[]. */
extern Datum up_text_array(List *texts);

#endif
