/*
 * fn_interval.c - uprofile_predict_interval: between which values a prediction lies
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"

#include "pg/sql/forms.h"
#include "pg/servers.h"

static TupleDesc
result_desc(UpModelUse *use)
{
	MemoryContext outer;
	TupleDesc desc;

	if (use->result != NULL)
		return use->result;
	outer = MemoryContextSwitchTo(use->context);
	desc = CreateTemplateTupleDesc(2);
	TupleDescInitEntry(desc, 1, "low", FLOAT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "high", FLOAT8OID, -1, 0);
	use->result = BlessTupleDesc(up_columns_done(desc));
	MemoryContextSwitchTo(outer);
	return use->result;
}

static Datum
predict_interval(FunctionCallInfo fcinfo, UpModelUse *use, const double *inputs)
{
	const UpModel *m = use->model;
	const UpAdjust *a = m->adjust;
	double predicted, low, high;
	Datum values[2];
	bool nulls[2] = {false, false};

	if (m->task != UP_TASK_REGRESS)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a %s model has no intervals", up_task_name(m->task)),
				 errhint("Models that predict numbers have, if they are trained with {\"intervals\": 0.9}.")));
	/* That of a fold may have had too few rows for its own. */
	if ((a == NULL || !(a->level > 0)) && use->whole != NULL)
		a = use->whole->adjust;
	if (a == NULL || !(a->level > 0))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model was trained without intervals"),
						errhint("Train it with {\"intervals\": 0.9}.")));
	up_model_predict(m, inputs, 1, &predicted);
	up_adjust_interval(a, predicted, &low, &high);
	values[0] = Float8GetDatum(low);
	values[1] = Float8GetDatum(high);
	return HeapTupleGetDatum(heap_form_tuple(result_desc(use), values, nulls));
}

UP_FORMS_OF_SCORES(uprofile_predict_interval, predict_interval)
