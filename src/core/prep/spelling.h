/*
 * spelling.h - numbers and times that people spelled: how a source makes values of them
 */
#ifndef UPROFILE_SPELLING_H
#define UPROFILE_SPELLING_H

#include "prep/dictionary.h"

/*
 * What a SELECT lists so that a text column is a number for each of these texts, by the same name, or NULL: numbers with blanks and thousands' separators ("1 200",
 * "1,200.5"), or with a decimal comma ("1.200,5"); times as seconds.
 */
extern char *up_spelled_sql(const UpDictionary *texts, const char *column);
/* The first of the texts that are short enough to be shown, by bytes, that is neither a number nor blank, or NULL. */
extern const char *up_spelled_otherwise(const UpDictionary *texts);

#endif
