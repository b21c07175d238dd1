/*
 * forms.h - SQL functions of a model, in their forms: the model as bytea or by name, what it is applied to as array or row
 */
#ifndef UPROFILE_FORMS_H
#define UPROFILE_FORMS_H

#include "fmgr.h"
#include "utils/array.h"

#include "pg/models/named_models.h"

/* name and name_named: function(fcinfo, model of argument 0) → Datum. */
#define UP_FORM_OF_MODEL(name, use, function)                                                                  \
	PG_FUNCTION_INFO_V1(name);                                                                                 \
	Datum name(PG_FUNCTION_ARGS)                                                                               \
	{                                                                                                          \
		if (PG_ARGISNULL(0))                                                                                   \
			PG_RETURN_NULL();                                                                                  \
		return function(fcinfo, use(fcinfo, 0)->model);                                                        \
	}

#define UP_FORMS_OF_MODEL(name, function)                                                                      \
	UP_FORM_OF_MODEL(name, up_model_use_bytea, function)                                                       \
	UP_FORM_OF_MODEL(name##_named, up_model_use_named, function)

/* name and name_row: function(fcinfo, model in use, its inputs from argument 1) → Datum. */
#define UP_FORM_OF_INPUTS(name, use, inputs, argument, function)                                               \
	PG_FUNCTION_INFO_V1(name);                                                                                 \
	Datum name(PG_FUNCTION_ARGS)                                                                               \
	{                                                                                                          \
		UpModelUse *u = use(fcinfo, 0);                                                                        \
                                                                                                               \
		return function(fcinfo, u, inputs(u, argument(1)));                                                    \
	}

#define UP_FORMS_OF_INPUTS(name, use, function)                                                                \
	UP_FORM_OF_INPUTS(name, use, up_model_use_array, PG_GETARG_ARRAYTYPE_P, function)                          \
	UP_FORM_OF_INPUTS(name##_row, use, up_model_use_row, PG_GETARG_HEAPTUPLEHEADER, function)

/* These, and name_named and name_named_row, also of models that are shared for use. */
#define UP_FORMS_OF_MODEL_AND_INPUTS(name, function)                                                           \
	UP_FORMS_OF_INPUTS(name, up_model_use_bytea, function)                                                     \
	UP_FORMS_OF_INPUTS(name##_named, up_model_use_shared, function)

/* The same, where a user whom a named model was trained on is scored by one that has not seen him. */
#define UP_FORMS_OF_SCORES(name, function)                                                                     \
	UP_FORMS_OF_INPUTS(name, up_model_use_bytea, function)                                                     \
	UP_FORM_OF_INPUTS(name##_named, up_model_use_shared, up_model_use_array, PG_GETARG_ARRAYTYPE_P, function)  \
	PG_FUNCTION_INFO_V1(name##_named_row);                                                                     \
	Datum name##_named_row(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                                          \
		UpModelUse *u = up_model_use_shared(fcinfo, 0);                                                        \
		HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);                                                    \
                                                                                                               \
		u = up_model_use_of_user(u, row);                                                                      \
		return function(fcinfo, u, up_model_use_row(u, row));                                                  \
	}

#endif
