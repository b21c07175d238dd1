/*
 * recommender_train.c - training a version of a named recommender; see recommender_train.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include <math.h>

#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/texts.h"
#include "pg/io/value_pg.h"
#include "pg/io/written.h"
#include "pg/models/learner_for.h"
#include "pg/models/recommender_measure.h"
#include "pg/models/recommender_train.h"
#include "pg/models/registry.h"
#include "pg/module.h"

/* What 'auto' does not try, since it would take minutes. */
#define MOST_OF_ALS        2.5e11 /* operations of 15 rounds with 64 factors */
#define MOST_ITEMS_OF_EASE 1000   /* whose cost grows with their third power */

static bytea *
model_bytes(const UpRecommendModel *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_recommender(&w, m);
	return up_written(&w, "the recommender", NULL);
}

void
up_recommend_check_task(const char *schema, const char *name, bool recommender)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r = up_query(
		true,
		psprintf("SELECT version FROM %s.uprofile_model_versions WHERE model = $1 AND (task = '%s') <> "
				 "%s LIMIT 1",
				 schema, UP_RECOMMEND_TASK, recommender ? "true" : "false"),
		1, &type, &value, NULL);

	if (r.n > 0)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						recommender ? errmsg("model \"%s\" is no recommender", name)
									: errmsg("model \"%s\" is a recommender", name),
						errhint("Choose another name, or drop the model.")));
}

/* ---- ways of recommending ---------------------------------------------------------------------------------------- */

typedef struct Way
{
	UpRecommendRequest *request;
	double figures[UP_N_FIGURES];
	uint32_t users; /* that they are of */
} Way;

static UpRecommendModel *
train_on(const UpRecommendRead *read, const UpPairs *pairs, const UpRecommendRequest *request)
{
	UpRecommendTraining t = {.request = request,
							 .events = pairs,
							 .n_users = read->n_users,
							 .n_items = read->n_items,
							 .items = read->items,
							 .segments = read->segments,
							 .n_segments = read->n_segments,
							 .segment_names = read->segment_names};

	return up_recommend_train(&t);
}

/* Trained on what is not held out, and measured on the rest. ratings: of the way that was ordered. */
static void
measure_way(Way *way, const UpRecommendSplit *split, bool ratings)
{
	UpArena *arena = up_arena_enter();
	UpRecommendModel *m;

	/* What stands beside ratings counts users, and takes weights of any sign. */
	way->request->ratings |= ratings;
	m = train_on(split->read, &split->train, way->request);
	way->users = up_recommend_measure(m, split, ratings, way->figures);
	up_arena_leave(arena);
}

static Way *
new_way(const UpRecommender *recommender, const UpValue *params)
{
	Way *way = palloc0(sizeof(Way));

	way->request = up_recommend_request(recommender, params);
	for (int f = 0; f < UP_N_FIGURES; f++)
		way->figures[f] = NAN;
	return way;
}

/* Only what every recommender takes: the seed, so that the others are as reproducible. */
static UpValue *
seed_only(const UpValue *params)
{
	UpValue *v = up_value_object(), *seed = up_value_get(params, "seed");

	if (seed != NULL)
		up_value_set(v, "seed", seed);
	return v;
}

#define NOTHING_NEW "no user has an item among the events held out that he has not among the others"

/* Operations: an event adds the square of a row, each user and item solves a system. */
static double
cost_of_als(const UpRecommendRead *read)
{
	double k = 64;

	return 15 * (4 * (double) read->pairs.n * k * k + ((double) read->n_users + read->n_items) * k * k * k / 3);
}

static bool
suits_auto(const UpRecommender *r, const UpRecommendRead *read)
{
	if (strcmp(r->name, "item_knn") == 0)
		return true;
	if (strcmp(r->name, "als") == 0)
		return cost_of_als(read) <= MOST_OF_ALS;
	return strcmp(r->name, "ease") == 0 && read->n_items <= MOST_ITEMS_OF_EASE;
}

static double
ndcg(const Way *way)
{
	return way->figures[UP_FIGURE_NDCG];
}

/* The best of those that suit the events, on the events held out; without any the first. */
static Way *
choose_way(const UpRecommendOrder *order, const UpRecommendRead *read, const UpRecommendSplit *split,
		   const Way *popular, StringInfo said)
{
	Way *best = NULL;

	for (int i = 0; i < up_n_recommenders; i++)
	{
		Way *way;

		if (!suits_auto(up_recommenders[i], read))
			continue;
		way = new_way(up_recommenders[i], order->params);
		if (split == NULL && best == NULL)
			best = way;
		if (split == NULL)
			continue;
		measure_way(way, split, false);
		appendStringInfo(said, "%s%s %.4f", said->len == 0 ? "auto: ndcg@10 of " : ", ",
						 up_recommenders[i]->name, ndcg(way));
		if (best == NULL || ndcg(way) > ndcg(best))
			best = way;
	}
	if (said->len > 0 && popular != NULL)
		appendStringInfo(said, ", %s %.4f", up_recommend_popularity.name, ndcg(popular));
	if (best == NULL || (split != NULL && popular != NULL && ndcg(popular) > ndcg(best)))
	{
		best = new_way(&up_recommend_popularity, order->params);
		if (popular != NULL)
			memcpy(best->figures, popular->figures, sizeof(best->figures));
	}
	return best;
}

/* ---- the deployed version ---------------------------------------------------------------------------------------- */

/* How the deployed version recommends, and its number; NULL: there is none. */
static Way *
deployed_way(const UpRecommendOrder *order, int32 *version)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(order->name);
	UpRows r = up_query(
		true,
		psprintf("SELECT v.version, v.algorithm, v.params FROM %s.uprofile_model_names n JOIN "
				 "%s.uprofile_model_versions v ON v.id = n.deployed AND v.model = n.name WHERE n.name = $1",
				 order->schema, order->schema),
		1, &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		return NULL;
	*version = DatumGetInt32(up_rows_get(&r, 0, "version", &isnull));
	return new_way(up_recommender_by_name(TextDatumGetCString(up_rows_get(&r, 0, "algorithm", &isnull))),
				   up_value_from_jsonb(DatumGetJsonbP(up_rows_get(&r, 0, "params", &isnull))));
}

static void
add_note(UpRecommendTrained *t, char *said)
{
	t->note = up_notes_joined(t->note, said);
}

static void
warn_below_popularity(const UpRecommendOrder *order, const UpRecommendTrained *t, const char *said)
{
	ereport(
		WARNING,
		(errcode(ERRCODE_WARNING), errmsg("version %d of model \"%s\" is %s", t->version, order->name, said),
		 t->deployed
			 ? errhint("Deploy another version, or train with another algorithm or other parameters.")
			 : errhint("It is not deployed. Train with another algorithm or other parameters, or deploy it all "
					   "the same: uprofile_deploy('%s', %d).",
					   order->name, t->version)));
}

/* Whether to deploy, by what was ordered and measured. */
static bool
decide(const UpRecommendOrder *order, const UpRecommendSplit *split, const Way *way, const Way *popular,
	   UpRecommendTrained *t)
{
	bool below = split != NULL && popular != NULL && ndcg(way) < ndcg(popular), worse = false;
	int32 version = 0, pinned = up_registry_pinned(order->schema, order->name);
	Way *deployed = order->deploy == UP_DEPLOY_AUTO && split != NULL ? deployed_way(order, &version) : NULL;

	/* The same way on newer events has nothing to be compared with. */
	if (deployed != NULL && (deployed->request->recommender != way->request->recommender ||
							 !up_value_equal(deployed->request->params, way->request->params)))
	{
		measure_way(deployed, split, way->request->recommender->ratings);
		worse = ndcg(deployed) - ndcg(way) > up_deploy_margin * ndcg(deployed);
		add_note(t, psprintf("ndcg@10 %.4f, %s as version %d recommends %.4f on the same events", ndcg(way),
							 deployed->request->recommender->name, version, ndcg(deployed)));
	}
	if (order->deploy == UP_DEPLOY_AUTO && pinned > 0)
		add_note(t, psprintf("version %d is pinned", pinned));
	t->deployed =
		order->deploy == UP_DEPLOY_AUTO ? !worse && !below && pinned == 0 : order->deploy == UP_DEPLOY_ALWAYS;
	if (below)
	{
		char *said = psprintf("worse than popularity: ndcg@10 %.4f, and %.4f of what most users have",
							  ndcg(way), ndcg(popular));

		add_note(t, said);
		warn_below_popularity(order, t, said);
	}
	return t->deployed;
}

/* ---- a version --------------------------------------------------------------------------------------------------- */

static UpValue *
metrics_of(const UpRecommendSplit *split, const Way *way, const Way *popular)
{
	UpValue *metrics;

	if (split == NULL)
		return up_value_object();
	metrics = up_recommend_figures_value(way->figures);
	up_value_set(metrics, "users_measured", up_value_number(way->users));
	up_value_set(metrics, "popularity", up_recommend_figures_value(popular->figures));
	return metrics;
}

static int64
store(const UpRecommendOrder *order, const UpRecommendRead *read, const UpRecommendSplit *split,
	  const UpRecommendModel *m, const UpRecommendTrained *t, TimestampTz began)
{
	UpNewVersion v = {.name = order->name,
					  .version = t->version,
					  .algorithm = t->algorithm,
					  .task = UP_RECOMMEND_TASK,
					  .source = order->source,
					  .target = order->columns.item,
					  .key = order->columns.user_key,
					  .params = m->params,
					  .metrics = t->metrics,
					  .test_size = order->test_size,
					  .rows_trained = (int64) read->pairs.n,
					  .rows_tested = split != NULL ? (int64) split->test.n : 0,
					  .n_features = (int32) Min(m->n_items, PG_INT32_MAX),
					  .note = t->note,
					  .bytes = model_bytes(m),
					  .seconds = (double) (GetCurrentTimestamp() - began) / USECS_PER_SEC};

	return up_registry_store(order->schema, &v);
}

static void
check_order(const UpRecommendOrder *order)
{
	const UpValue *half_life = up_value_get(order->params, "half_life");

	if (half_life != NULL && half_life->type != UP_NULL && order->columns.event_time == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"half_life\" needs the times of events"),
				 errhint("Name their column: event_time => '…'.")));
}

UpRecommendTrained *
up_train_recommender(const UpRecommendOrder *order)
{
	UpRecommendTrained *t = palloc0(sizeof(UpRecommendTrained));
	TimestampTz began = GetCurrentTimestamp();
	bool is_auto = strcmp(order->algorithm, UP_AUTO) == 0;
	Way *way = is_auto ? NULL : new_way(up_recommender_by_name(order->algorithm), order->params);
	Way *popular = NULL;
	const UpValue *seed = up_value_get(order->params, "seed");
	UpRecommendSplit *split;
	UpRecommendRead *read;
	UpRecommendModel *m;
	StringInfoData said;
	const char *why;
	int64 id;

	check_order(order);
	initStringInfo(&said);
	up_registry_claim(order->schema, order->name);
	if (order->deploy == UP_DEPLOY_ALWAYS)
		up_registry_check_unpinned(order->schema, order->name);
	up_recommend_check_task(order->schema, order->name, true);
	read = up_recommend_read(up_source_query(order->source), &order->columns, true);
	split = up_recommend_split(read, order->test_size,
							   seed != NULL && seed->type == UP_NUMBER ? (uint64_t) (int64_t) seed->number : 0,
							   &why);
	if (split != NULL)
	{
		popular = new_way(&up_recommend_popularity, seed_only(order->params));
		measure_way(popular, split, way != NULL && way->request->recommender->ratings);
		if (isnan(ndcg(popular)))
		{
			split = NULL;
			popular = NULL;
			why = NOTHING_NEW;
		}
	}
	if (is_auto)
		way = choose_way(order, read, split, popular, &said);
	else if (split != NULL)
		measure_way(way, split, way->request->recommender->ratings);
	m = train_on(read, &read->pairs, way->request);
	up_value_set(m->summary, "columns", up_recommend_columns_value(&order->columns));
	t->algorithm = m->recommender->name;
	t->n_users = read->n_users;
	t->n_items = read->n_items;
	t->n_events = read->pairs.n;
	t->metrics = metrics_of(split, way, popular);
	if (said.len > 0)
		add_note(t, said.data);
	if (split == NULL)
		add_note(t, psprintf("it was not measured: %s", why));
	if (read->n_passed_over > 0)
		add_note(t, psprintf("rows without a user, an item or a weight, which do not count: %llu",
							 (unsigned long long) read->n_passed_over));
	t->version = up_registry_next_version(order->schema, order->name);
	(void) decide(order, split, way, popular, t);
	id = store(order, read, split, m, t, began);
	if (t->deployed)
		up_registry_deploy(order->schema, order->name, id);
	return t;
}

/* ---- a version on other events ----------------------------------------------------------------------------------- */

uint32_t
up_recommend_evaluate(const char *schema, int64 id, const char *source, uint64_t seed, double *figures,
					  double *baseline)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(id);
	bytea *bytes = up_registry_bytes(schema, id);
	UpRecommendModel *m = up_get_recommender(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	UpRecommendColumns columns = up_recommend_columns_of(m);
	UpRows r = up_query(
		true,
		psprintf("SELECT source, version, CASE WHEN test_size > 0 THEN test_size ELSE 0.2 END AS share "
				 "FROM %s.uprofile_model_versions WHERE id = $1",
				 schema),
		1, &type, &value, NULL);
	bool isnull;
	const char *why;
	UpRecommendRead *read = up_recommend_read(up_source_query(source), &columns, false);
	UpRecommendSplit *split =
		up_recommend_split(read, DatumGetFloat8(up_rows_get(&r, 0, "share", &isnull)), seed, &why);
	Way *popular = new_way(&up_recommend_popularity, NULL);
	uint32_t measured;

	if (split == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has nothing to measure on: %s", why)));
	if (strcmp(TextDatumGetCString(up_rows_get(&r, 0, "source", &isnull)), source) == 0)
		ereport(NOTICE, (errmsg("version %d was trained on this source: on the events that are hidden as well",
								DatumGetInt32(up_rows_get(&r, 0, "version", &isnull))),
						 errhint("uprofile_models has the figures of its training, in which they were not.")));
	measured = up_recommend_measure(m, split, m->recommender->ratings, figures);
	if (isnan(figures[UP_FIGURE_NDCG]))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("the source has nothing to measure on: %s", NOTHING_NEW)));
	measure_way(popular, split, m->recommender->ratings);
	memcpy(baseline, popular->figures, sizeof(popular->figures));
	return measured;
}
