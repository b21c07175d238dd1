/*
 * history_values.h - values of columns as JSON, from which they come back just as they were
 *
 * Truth values, numbers, texts and lists of such are what JSON has for them; all else is the text that its type writes.
 * JSON null is a missing value and nothing else.
 */
#ifndef UPROFILE_HISTORY_VALUES_H
#define UPROFILE_HISTORY_VALUES_H

#include "utils/jsonb.h"

typedef struct UpJsonType UpJsonType;

/* In the current memory context. A domain is what it is made of. */
extern UpJsonType *up_json_type(Oid type);
/* Settings under which texts are the same in every session, for both ways; returns the level to end with. */
extern int up_json_settings(void);
/* The value is not NULL. */
extern JsonbValue up_json_from(UpJsonType *t, Datum value);
/* The value that up_json_from was given; fails in words where the JSON holds none of the type. */
extern Datum up_json_to(UpJsonType *t, const JsonbValue *json, bool *isnull);

#endif
