/*
 * row_doubts.h - what is told of the rows of a training, or of folds, before anything is trained
 */
#ifndef UPROFILE_ROW_DOUBTS_H
#define UPROFILE_ROW_DOUBTS_H

#include "pg/io/source_frame.h"

/* Of fewer test rows each is more than 5 % of what is said of all. */
#define UP_FEW_TESTED 20

/*
 * One NOTICE where the key comes again in other rows, which are "held out together" or the like (together; NULL: that is no matter),
 * one where rows are held out and some have no key, and one where figures will be of 1 to UP_FEW_TESTED - 1 rows. The note, to which it is added that they said so.
 */
extern void up_row_doubts_say(const UpSourceFrame *read, const char *together, size_t tested);
extern char *up_row_doubts_note(const UpSourceFrame *read, bool keys, size_t tested, char *note);

#endif
