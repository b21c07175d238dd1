/*
 * value.h - small trees of values: parameters as given, and what a model tells about itself
 *
 * The shape of a JSON document. The face turns jsonb into such a tree and a tree into jsonb text; core reads
 * parameters from it, stores it with the codec and builds reports as one.
 */
#ifndef UPROFILE_VALUE_H
#define UPROFILE_VALUE_H

#include "base/codec.h"

typedef enum UpValueType
{
	UP_NULL,
	UP_BOOLEAN,
	UP_NUMBER,
	UP_STRING,
	UP_ARRAY,
	UP_OBJECT
} UpValueType;

typedef struct UpValue UpValue;
struct UpValue
{
	UpValueType type;
	bool boolean;
	double number;
	char *string;
	uint32_t n; /* children of an array or object */
	uint32_t capacity;
	UpValue **items;
	char **keys; /* of an object */
};

extern UpValue *up_value_null(void);
extern UpValue *up_value_bool(bool v);
extern UpValue *up_value_number(double v);
extern UpValue *up_value_string(const char *v); /* copied; NULL gives a null */
extern UpValue *up_value_array(void);
extern UpValue *up_value_object(void);
extern UpValue *up_value_numbers(const double *v, size_t n); /* an array */
extern void up_value_append(UpValue *array, UpValue *item);
/* For many keys: they differ, and stay where they are. */
extern void up_value_add(UpValue *object, const char *key, UpValue *item);
extern void up_value_set(UpValue *object, const char *key,
						 UpValue *item);                              /* replaces; keeps order of insertion */
extern UpValue *up_value_get(const UpValue *object, const char *key); /* NULL if absent */
extern bool up_value_equal(const UpValue *a, const UpValue *b);
extern UpValue *up_value_copy(const UpValue *v);
extern const char *up_value_type_name(const UpValue *v); /* "string", … */

/* JSON text, shortest numbers that read back the same (integers without a point). NULL gives "null". */
extern char *up_value_text(const UpValue *v);

extern void up_put_value(UpWriter *w, const UpValue *v);
extern UpValue *up_get_value(UpReader *r);

#endif
