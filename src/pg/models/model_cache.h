/*
 * model_cache.h - parsed models, kept by the call that uses them
 *
 * A bytea model is recognized without being read: a stored one by its TOAST value, another by its content (header
 * with checksum, length and ends when it is long).
 */
#ifndef UPROFILE_MODEL_CACHE_H
#define UPROFILE_MODEL_CACHE_H

#include "fmgr.h"

#include "learn/model.h"
#include "pg/io/rows.h"

/* A model as one call site uses it. */
typedef struct UpModelUse
{
	const UpModel *model;
	Size bytes;          /* of it, as it is stored */
	uint64_t identity;   /* differs between different models of one call site; 0: a fold's */
	UpRowReader *reader; /* bound to the model, for rows */
	double *inputs;      /* pipeline->n_inputs values */
	double *output;      /* UP_MAX(n_classes, 1) values, or one a cluster of those that overlap */
	MemoryContext context;
	TupleDesc result; /* of functions that return a record: made at the first call; or NULL */
	bool shared;      /* the caller may use the model, and not read it */
	/* Of a named model with folds (folds.h): see up_model_use_of_user. */
	const struct UpFolds *folds; /* or NULL */
	struct UpModelUse *of_fold;  /* folds->n; their models are NULL until they are used */
	UpRowReader *key_reader;     /* for rows */
	const UpModel *whole;        /* of the use of a fold: the version */
} UpModelUse;

extern UpModelUse *up_model_use_bytea(FunctionCallInfo fcinfo, int argument);
/* The same where it is the model that was given last, so that none is taken away; else NULL. */
extern UpModelUse *up_model_use_recent_bytea(FunctionCallInfo fcinfo, int argument);
extern void up_model_use_init(UpModelUse *use, const UpModel *m);
/* The inputs of the model from an array or a row, checked; they stay until the next call. */
extern const double *up_model_use_array(UpModelUse *use, ArrayType *array);
extern const double *up_model_use_row(UpModelUse *use, HeapTupleHeader row);

/* As a value, in the current memory. */
extern bytea *up_model_bytes(const UpModel *m);
/* Parsed, in the current memory, without any cache. */
extern UpModel *up_model_parse(bytea *bytes);
/* The same of bytes in the current memory, which are the model's from now on. */
extern UpModel *up_model_parse_own(bytea *bytes);
/* The same, or NULL where they are damaged or of a newer format: *why says what is wrong. Not for bytes that are still packed. */
extern UpModel *up_model_try(bytea *bytes, char **why);
/* Whether they are those of a model, or of a recommender, that this version reads. */
extern bool up_model_is_readable(bytea *bytes, char **why);

#endif
