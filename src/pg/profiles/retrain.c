/*
 * retrain.c - the policies of retraining; see retrain.h
 *
 * A policy is a function that says why a model is due, or NULL. They are asked in the order of the list, cheap ones first,
 * until one fires. Each costs a look at one row of the registry at most, but for those that read the source again, which do so
 * only where a refresh reads everybody (everybody).
 */
#include "postgres.h"

#include <math.h>

#include "pg/profiles/drift_log.h"
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

/* By the last measurement of the version in use. One that was trained since, and is not better, has answered it for a while. */
static const char *
drift_due(UpRetrainCase *c)
{
	const char *detail;
	double psi;

	if (isnan(c->m->rules.drift) || c->deployed == 0 || (c->deployed != c->version && !c->again))
		return NULL;
	detail = up_drift_log_last(c->p, c->m, c->deployed, &psi);
	if (detail == NULL || !(psi > c->m->rules.drift))
		return NULL;
	return psprintf("version %d sees other users than it was trained on, PSI %.3g (%s): retrain_drift is %g",
					c->deployed, psi, detail, c->m->rules.drift);
}

static const char *(*const policies[])(UpRetrainCase *) = {
	after_due,
	share_due,
	drift_due,
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
