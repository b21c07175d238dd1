/*
 * retrain.c - the policies of retraining; see retrain.h
 *
 * A policy is a function that says why a model is due, or NULL. They are asked in the order of the list, cheap ones first,
 * until one fires. Each costs a look at one row of the registry at most, but for those that read the source again, which do so
 * only where a refresh reads everybody (everybody).
 */
#include "postgres.h"

#include <math.h>

#include "pg/profiles/retrain.h"
#include "pg/profiles/retrain_changes.h"

static const char *
after_due(UpRetrainCase *c)
{
	return c->recent ? NULL : psprintf("version %d is older than %s", c->version, c->m->rules.after);
}

static const char *
share_due(UpRetrainCase *c)
{
	double changed;

	if (isnan(c->m->rules.share))
		return NULL;
	changed = up_retrain_changed(c->p, c->m) + c->waiting;
	if (changed == 0 || changed < c->m->rules.share * c->users)
		return NULL;
	return psprintf("%.0f users have changed since version %d, which knew %.0f: retrain_share is %g", changed,
					c->version, c->users, c->m->rules.share);
}

static const char *(*const policies[])(UpRetrainCase *) = {
	after_due,
	share_due,
	up_retrain_metric_due,
};

const char *
up_retrain_due(UpRetrainCase *c)
{
	for (size_t i = 0; i < lengthof(policies); i++)
	{
		const char *why = policies[i](c);

		if (why != NULL)
			return why;
	}
	return NULL;
}
