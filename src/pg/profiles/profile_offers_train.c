/*
 * profile_offers_train.c - when the recommender of a profile's offers is made anew, and making it; see profile_offers_train.h
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/caught.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/models/recommender_train.h"
#include "pg/models/registry.h"
#include "pg/profiles/profile_offers_source.h"
#include "pg/profiles/profile_offers_train.h"

#define KEPT_VERSIONS 3

static bool
interval_has_passed(const UpProfile *p)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->offering->registered),
					  CStringGetTextDatum(p->offering->retrain_after)};

	return up_query(
			   false,
			   psprintf("SELECT FROM %s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON v.id = "
						"n.deployed WHERE n.name = $1 AND v.trained_at + $2::interval <= clock_timestamp()",
						p->schema, p->schema),
			   2, types, values, NULL)
			   .n > 0;
}

/* By its name, beside models. */
static bool
is_ordered(const UpRetrainOrder *order)
{
	ListCell *cell;

	if (order->what == UP_RETRAIN_ALL)
		return true;
	foreach (cell, order->models)
	{
		if (strcmp(lfirst(cell), UP_OFFERS_MODEL) == 0)
			return true;
	}
	return false;
}

const char *
up_offers_due(UpProfile *p, const UpRetrainOrder *order, bool everybody)
{
	UpOffers *o = p->offering;

	if (o == NULL)
		return NULL;
	up_offers_find_state(p);
	if (!o->own || order->what == UP_RETRAIN_NONE)
		return NULL;
	if (order->what == UP_RETRAIN_DUE && up_offers_must_forget(p))
		return "the recommender of the offers may have seen a user who is forgotten";
	if (!o->usable || is_ordered(order) ||
		(order->what == UP_RETRAIN_DUE && !o->manual &&
		 (o->retrain_after != NULL ? interval_has_passed(p) : everybody)))
		return "the recommender of the offers is made anew";
	return NULL;
}

bool
up_offers_changed(const UpProfile *p)
{
	UpValue *scored = p->scored != NULL ? up_value_from_jsonb(p->scored) : NULL;
	const UpValue *state =
		scored != NULL && scored->type == UP_OBJECT ? up_value_get(scored, UP_OFFERS_MODEL) : NULL;

	return p->offering != NULL &&
		   (state == NULL || state->type != UP_STRING || strcmp(state->string, p->offering->state) != 0);
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* All but the last few; what is deployed or pinned stays. */
static void
prune(const UpProfile *p, int32 newest)
{
	Oid types[] = {TEXTOID, INT4OID};
	Datum values[] = {CStringGetTextDatum(p->offering->registered), Int32GetDatum(newest - KEPT_VERSIONS)};

	if (up_registry_pinned(p->schema, p->offering->registered) > 0)
		return;
	up_query(
		false,
		psprintf(
			"DELETE FROM %s.uprofile_model_versions v WHERE v.model = $1 AND v.version <= $2 AND NOT EXISTS "
			"(SELECT FROM %s.uprofile_model_names n WHERE n.deployed = v.id)",
			p->schema, p->schema),
		2, types, values, NULL);
}

static void
train(UpProfile *p, UpModelStep *step)
{
	const UpOffers *o = p->offering;
	UpRecommendOrder order = {.schema = p->schema,
							  .name = o->registered,
							  .source = up_offers_source(p),
							  .columns = {o->basket, o->item, o->weight, o->event_time, UP_OFFERS_SEGMENT},
							  .algorithm = o->algorithm,
							  .params = o->params,
							  .test_size = 0.2,
							  .deploy = UP_DEPLOY_ALWAYS};
	UpRecommendTrained *t = up_train_recommender(&order);

	step->version = t->version;
	step->decision = "trained";
	step->said = t->note;
	prune(p, t->version);
}

static int32
deployed_number(const UpProfile *p)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(p->offering->registered);
	UpRows r = up_query(
		false,
		psprintf("SELECT v.version FROM %s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON "
				 "v.id = n.deployed WHERE n.name = $1",
				 p->schema, p->schema),
		1, &type, &value, NULL);
	bool isnull;

	return r.n > 0 ? DatumGetInt32(up_rows_get(&r, 0, "version", &isnull)) : 0;
}

typedef struct Training
{
	UpProfile *p;
	UpModelStep *step;
} Training;

static void
train_step(void *of)
{
	Training *t = of;

	train(t->p, t->step);
}

UpModelStep *
up_offers_train(UpProfile *p)
{
	UpModelStep *step = palloc0(sizeof(UpModelStep));
	Training training = {p, step};
	ErrorData *e;

	step->model = palloc0(sizeof(UpProfileModel));
	step->model->column = UP_OFFERS_MODEL;
	step->model->registered = p->offering->registered;
	step->attempted = true;
	e = up_attempt(train_step, &training);
	if (e != NULL)
	{
		step->decision = "failed";
		step->reason = up_error_told(e);
		step->version = 0;
		step->goes_on = deployed_number(p);
	}
	CommandCounterIncrement();
	up_offers_find_state(p);
	step->model->usable = p->offering->usable;
	return step;
}
