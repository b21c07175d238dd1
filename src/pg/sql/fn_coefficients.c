/*
 * fn_coefficients.c - uprofile_coefficients: what a linear model has found, and how sure it is
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/srf.h"
#include "pg/sql/forms.h"

#include <math.h>

static void
set_number(Datum *value, bool *is_null, double v)
{
	*is_null = isnan(v);
	*value = Float8GetDatum(v);
}

static Datum
coefficient_rows(FunctionCallInfo fcinfo, const UpModel *m)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	UpValue *names;
	UpCoefficient *c;
	uint32_t n;

	if (m->learner->coefficients == NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("models of algorithm \"%s\" have no coefficients", m->learner->name),
						errhint("Linear and logistic regression do.")));
	names = up_pipeline_feature_names(m->pipeline);
	c = m->learner->coefficients(m->body, &n);
	for (uint32_t i = 0; i < n; i++)
	{
		bool intercept = c[i].feature == m->n_features;
		Datum values[6];
		bool nulls[6] = {m->n_classes < 2, false};

		if (m->n_classes >= 2)
			values[0] = CStringGetTextDatum(m->classes[m->n_classes == 2 ? 1 : c[i].output]);
		values[1] = CStringGetTextDatum(intercept ? "(intercept)" : names->items[c[i].feature]->string);
		set_number(&values[2], &nulls[2], c[i].estimate);
		set_number(&values[3], &nulls[3], c[i].error);
		set_number(&values[4], &nulls[4], c[i].statistic);
		set_number(&values[5], &nulls[5], c[i].p);
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}

UP_FORMS_OF_MODEL(uprofile_coefficients, coefficient_rows)
