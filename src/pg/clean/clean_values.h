/*
 * clean_values.h - values of one type, as cleaning sees them
 */
#ifndef UPROFILE_CLEAN_VALUES_H
#define UPROFILE_CLEAN_VALUES_H

#include "fmgr.h"
#include "utils/typcache.h"

#include "pg/io/attribute.h"

typedef struct UpCleanValues
{
	Oid type; /* as declared */
	Oid base; /* below domains */
	int32 typmod;
	Oid collation; /* of the column; the default one where it has none */
	int16 len;
	bool byval;
	bool is_text;        /* varlena of characters */
	bool through_input;  /* a new value must pass the type's input: domains, and types with a modifier */
	bool by_image;       /* values are equal where their bytes are */
	UpSourceKind number; /* INT2 to MONEY; DATE: days; TIMESTAMP: microseconds; NOTHING: no number */
	double money_units;  /* of MONEY */
	FmgrInfo output;
	FmgrInfo input;
	Oid input_param;
	TypeCacheEntry *cache;
	Datum *values;
	bool *nulls;
} UpCleanValues;

/* A description of values of a type, without any. */
extern UpCleanValues *up_clean_values_new(MemoryContext context, Oid type, int32 typmod, Oid collation);
/* Whether it is one of the server's own types, so that no code of others is called for values of it. */
extern bool up_clean_is_built_in(const UpCleanValues *v);
/* NULL, or NaN. */
extern bool up_clean_is_missing(const UpCleanValues *v, size_t row);
extern double up_clean_number(const UpCleanValues *v, Datum value);
/*
 * A number as a value of the type. direction: to whole numbers, where the type has no others: -1 down, 0 to the
 * nearest, 1 up. False where it is beyond the type.
 */
extern bool up_clean_from_number(const UpCleanValues *v, double number, int direction, Datum *out);
extern char *up_clean_text(UpCleanValues *v, Datum value);
/* Characters of a text value, without the padding of char(n). */
extern const char *up_clean_characters(const UpCleanValues *v, Datum value, size_t *len);
/* Whether the bytes are the same, and their hash. */
extern bool up_clean_same(const UpCleanValues *v, Datum a, Datum b);
extern uint64 up_clean_image_hash(const UpCleanValues *v, Datum value);
/* As the column's type has it: equality and hash (types without: by image). */
extern bool up_clean_equal(const UpCleanValues *v, Datum a, Datum b);
extern uint64 up_clean_hash(const UpCleanValues *v, Datum value);
extern int up_clean_compare(const UpCleanValues *v, Datum a, Datum b);

#endif
