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
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/array.h"

#include "learn/model.h"
#include "learn/request.h"
#include "pg/io/attribute.h"
#include "pg/io/key_columns.h"

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
/*
 * What is no feature of any of n requests that are trained, nor of the model (NULL: there is none), may be infinite: the end of what holds
 * still, in a column that is left out, says nothing against the others.
 */
extern void up_row_reader_mark_features(UpRowReader *r, const UpRequest *const *requests, uint32_t n,
										const UpModel *m);
/* Binds to an existing frame (after the state has travelled). */
extern void up_row_reader_bind_frame(UpRowReader *r, const UpFrame *f);
/* Why a step of a model cannot take its column from these rows, or NULL. */
extern const char *up_row_reader_misfit(const UpRowReader *r, const UpStep *step);
/* Binds to a model's inputs; a missing column is an error that names it. */
extern void up_row_reader_bind_model(UpRowReader *r, const UpModel *m);

/* Whether a row of the slot would be one of the frame, which none without a label is. */
extern bool up_row_reader_has_label(const UpRowReader *r, TupleTableSlot *slot);
/* r->values and nulls, deformed, → one more row of the frame; false (and nothing added) if the label is NULL. */
extern bool up_row_reader_add(UpRowReader *r, UpFrame *f);
/* The same into a row of the caller's, n_values and the label, where all widths are known. */
extern bool up_row_reader_read(UpRowReader *r, UpFrame *f, double *row);
/* The same values → inputs of a model. */
extern void up_row_reader_inputs(UpRowReader *r, const UpModel *m, double *inputs);
/* The label's text of the deformed row, or NULL. */
extern char *up_row_reader_label(UpRowReader *r);
/* Finds the columns of a key, see key_columns.h; false where one is missing. */
extern bool up_row_reader_find_key(UpRowReader *r, const char *key);
/* Whether there is a key and no part of it is NULL. */
extern bool up_row_reader_has_key(const UpRowReader *r);
/* A hash of the texts of the key's parts or, without a key, of all values that are features; stable across versions. */
extern uint64_t up_row_reader_hash(UpRowReader *r);

#endif
