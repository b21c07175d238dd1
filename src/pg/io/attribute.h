/*
 * attribute.h - values of one column as numbers or text
 */
#ifndef UPROFILE_ATTRIBUTE_H
#define UPROFILE_ATTRIBUTE_H

#include "catalog/pg_attribute.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/numeric_double.h"
#include "prep/frame.h"

#include <math.h>

/* How the values of one column become numbers or text. */
typedef enum UpSourceKind
{
	UP_FROM_INT2,
	UP_FROM_INT4,
	UP_FROM_INT8,
	UP_FROM_FLOAT4,
	UP_FROM_FLOAT8,
	UP_FROM_NUMERIC,
	UP_FROM_MONEY,
	UP_FROM_BOOL,
	UP_FROM_DATE,
	UP_FROM_TIMESTAMP, /* with time zone as well: both count microseconds */
	UP_FROM_TIME,
	UP_FROM_INTERVAL,
	UP_FROM_TEXT,   /* a varlena of characters */
	UP_FROM_OUTPUT, /* any other text form */
	UP_FROM_ARRAY,  /* of numbers */
	UP_FROM_CAST,   /* a type of its own that casts to real[], such as pgvector's vector */
	UP_FROM_NOTHING /* not usable as a feature */
} UpSourceKind;

extern UpSourceKind up_source_of_type(Oid type);

/* A value of INT2 to NUMERIC. */
static inline double
up_source_number(UpSourceKind source, Datum value)
{
	switch (source)
	{
		case UP_FROM_INT2:
			return DatumGetInt16(value);
		case UP_FROM_INT4:
			return DatumGetInt32(value);
		case UP_FROM_INT8:
			return (double) DatumGetInt64(value);
		case UP_FROM_FLOAT4:
			return DatumGetFloat4(value);
		case UP_FROM_FLOAT8:
			return DatumGetFloat8(value);
		default:
			return up_numeric_double(value);
	}
}

typedef struct UpAttribute
{
	char *name;
	uint64 name_hash;
	Oid type; /* below domains */
	UpSourceKind source;
	bool is_string;    /* text, varchar, char: what it holds may be something else */
	UpColumnKind kind; /* as the frame or the model has it */
	int32_t column;    /* of the frame; -1: not used */
	bool
		no_feature; /* of what is trained, or of the model: then an infinite value is nobody's mistake, and missing */
	FmgrInfo output;
	Oid element; /* of arrays */
	FmgrInfo cast;
	FmgrInfo cast_before;    /* of sparse vectors, to vectors; else its fn_oid is 0 */
	const char *bookkeeping; /* why it is no feature although it could be, or NULL; see pg/io/relation.h */
} UpAttribute;

extern void up_attribute_init(UpAttribute *a, Form_pg_attribute att);
extern UpLabelKind up_attribute_label_kind(const UpAttribute *a);
/* The elements of an array, NULL ones NaN; *n receives their number. Infinite ones are errors. */
extern double *up_attribute_array(UpAttribute *a, Datum value, uint32_t *n);
/* Number of a value that is not text; infinite ones as they are. */
extern double up_source_raw(UpSourceKind source, Datum value);

static inline double
up_attribute_raw(const UpAttribute *a, Datum value)
{
	return up_source_raw(a->source, value);
}

extern void up_attribute_infinite(const UpAttribute *a, double v) UP_NORETURN;
extern char *up_attribute_text(UpAttribute *a, Datum value);

/* The same, and NaN for infinite ones. */
static inline double
up_attribute_finite(const UpAttribute *a, Datum value)
{
	double v = up_attribute_raw(a, value);

	return isinf(v) ? NAN : v;
}

/* The same, finite, or NaN for missing; anything else is an error that names the column. */
static inline double
up_attribute_number(const UpAttribute *a, Datum value)
{
	double v = a->source == UP_FROM_FLOAT8 ? DatumGetFloat8(value) : up_attribute_raw(a, value);

	if (unlikely(isinf(v)))
		up_attribute_infinite(a, v);
	return v;
}

#endif
