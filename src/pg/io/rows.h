/*
 * rows.h - a float8[] or a record as a row of numbers
 *
 * Array form: every element must be there and finite. Row form: columns are found by name; NULL and NaN are missing;
 * an infinite value is an error that names the column.
 */
#ifndef UPROFILE_ROWS_H
#define UPROFILE_ROWS_H

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "learn/model.h"
#include "pg/io/key_columns.h"
#include "prep/frame.h"

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
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
	}
}

typedef struct UpAttribute
{
	char *name;
	Oid type; /* below domains */
	UpSourceKind source;
	bool is_string;    /* text, varchar, char: what it holds may be something else */
	UpColumnKind kind; /* as the frame or the model has it */
	int32_t column;    /* of the frame; -1: not used */
	FmgrInfo output;
	Oid element; /* of arrays */
	FmgrInfo cast;
} UpAttribute;

/* The attributes of one row type, bound to a frame's or a model's columns. */
typedef struct UpRowReader
{
	Oid type;
	int32 typmod;
	TupleDesc desc;
	int n_attributes;
	UpAttribute *attributes;
	int target; /* attribute of the label, or -1 */
	int n_keys; /* columns of the key; 0: none */
	int keys[UP_MAX_KEY];
	int *attribute_of; /* for models: step → attribute */
	Datum *values;
	bool *nulls;
	MemoryContext frame_context; /* where the frame grows; everything else may go after each row */
} UpRowReader;

/* The elements, checked: one dimension, no NULL, finite; *n receives their number. */
extern const double *up_array_values(ArrayType *array, uint32_t *n);

extern UpRowReader *up_row_reader_new(TupleDesc desc);
extern bool up_row_reader_fits(const UpRowReader *r, HeapTupleHeader row);
/* The descriptor of a record; release with ReleaseTupleDesc. */
extern TupleDesc up_record_desc(HeapTupleHeader row);
extern void up_row_reader_deform(UpRowReader *r, HeapTupleHeader row);

/* The attribute with this name; fails with the nearest one as a hint. what: "target", "key". */
extern int up_row_reader_find(const UpRowReader *r, const char *name, const char *what);
/*
 * A frame for rows of this type. target: a name, key: as in key_columns.h, or NULL; all other columns become columns of
 * the frame, or are left out. prepare: how (prep/prepare.h), or NULL.
 */
extern UpFrame *up_row_reader_frame(UpRowReader *r, const char *target, const char *key,
									const UpValue *prepare);
/* Refuses a target that is no label: a date or money, unless task says that each value is a class. task: UpCommonParams.task. */
extern void up_row_reader_check_target(const UpRowReader *r, int task);
/* Text that the model took for numbers, times or booleans is read as such, and that of categories whatever comes. */
extern void up_row_reader_read_for(const UpRowReader *r, UpFrame *f, const UpModel *m);
/* Binds to an existing frame (after the state has travelled). */
extern void up_row_reader_bind_frame(UpRowReader *r, const UpFrame *f);
/* Binds to a model's inputs; a missing column is an error that names it. */
extern void up_row_reader_bind_model(UpRowReader *r, const UpModel *m);

/* r->values and nulls, deformed, → one more row of the frame; false (and nothing added) if the label is NULL. */
extern bool up_row_reader_add(UpRowReader *r, UpFrame *f);
/* The same values → inputs of a model. */
extern void up_row_reader_inputs(UpRowReader *r, const UpModel *m, double *inputs);
/* The label's text of the deformed row, or NULL. */
extern char *up_row_reader_label(UpRowReader *r);
/* Whether there is a key and no part of it is NULL. */
extern bool up_row_reader_has_key(const UpRowReader *r);
/* A hash of the texts of the key's parts or, without a key, of all values that are features; stable across versions. */
extern uint64_t up_row_reader_hash(UpRowReader *r);

extern UpLabelKind up_attribute_label_kind(const UpAttribute *a);
/* The elements of an array, NULL ones NaN; *n receives their number. Infinite ones are errors. */
extern double *up_attribute_array(UpAttribute *a, Datum value, uint32_t *n);
/* Whether a type of its own casts to real[]; sets a->cast. */
extern bool up_attribute_casts_to_array(UpAttribute *a);
/* Number of a value that is not text. */
extern double up_attribute_number(const UpAttribute *a, Datum value);
/* The same, infinite ones as they are. */
extern double up_attribute_raw(const UpAttribute *a, Datum value);
extern char *up_attribute_text(UpAttribute *a, Datum value);

#endif
