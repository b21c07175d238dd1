/*
 * profile_offers.c - the next best offers of a profile's users; see profile_offers.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "learn/recommend/recommend.h"
#include "pg/io/interval_text.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/models/auto.h"
#include "pg/models/recommender_source.h"
#include "pg/models/registry.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_parts.h"

#define OWNER "offers"

typedef struct Fields
{
	UpValue *source, *basket, *item, *weight, *event_time;
	int64_t n;
	bool exclude_owned;
	UpValue *where, *candidates, *algorithm, *params, *model, *segment, *after;
	int retrain;
} Fields;

static const char *const retrain_choices[] = {"due", "manual", NULL};

#define UP_PARAMS_OF Fields
static const UpParam params[] = {
	UP_TREE_PARAM("source", source, "null", "text", "rows of who has what: a relation or a SELECT"),
	UP_TREE_PARAM("basket", basket, "null", "text", "its column of the user's key"),
	UP_TREE_PARAM("item", item, "null", "text", "its column of items"),
	UP_TREE_PARAM("weight", weight, "null", "text", "its column of how much; each row counts 1 without"),
	UP_TREE_PARAM("event_time", event_time, "null", "text", "its column of when"),
	UP_INT_PARAM("n", n, "3", 1, UP_MOST_OFFERS, "offers a user"),
	UP_BOOL_PARAM("exclude_owned", exclude_owned, "true", "never what the user has"),
	UP_TREE_PARAM("where", where, "null", "text",
				  "a condition on rows of the source: items without such a row are not offered"),
	UP_TREE_PARAM("candidates", candidates, "null", "text", "a source of the items that may be offered"),
	UP_TREE_PARAM("algorithm", algorithm, "null", "text", "a recommender's, or auto; rules by default"),
	UP_TREE_PARAM("params", params, "null", "object", "of the algorithm"),
	UP_TREE_PARAM("model", model, "null", "text", "a trained recommender, in place of an algorithm"),
	UP_TREE_PARAM("segment", segment, "null", "text",
				  "the model or column by which bestsellers are told apart; the first clustering by default"),
	UP_TREE_PARAM("retrain_after", after, "null", "interval as text",
				  "so long after its last training; else with everybody"),
	UP_CHOICE_PARAM("retrain", retrain, "due", retrain_choices, "manual: only with retrain => 'all'"),
};

static const UpParamTable table = {params, lengthof(params)};

/* ---- the definition ---------------------------------------------------------------------------------------------- */

static const char *
text_of(const UpValue *v, const char *key)
{
	if (v == NULL || v->type == UP_NULL)
		return NULL;
	if (v->type != UP_STRING || v->string[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" of offers must be text, not %s", key,
							   v->type == UP_STRING ? "an empty one" : up_value_type_name(v))));
	return v->string;
}

static const char *
needed(const UpValue *v, const char *key)
{
	const char *text = text_of(v, key);

	if (text == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("offers have no \"%s\"", key),
						errhint("For example {\"source\": \"tx\", \"basket\": \"household_id\", \"item\": "
								"\"product_category\", \"n\": 3}.")));
	return text;
}

/* As the user's key is compared with it. */
static void
check_basket(const UpProfile *p, const UpOffers *o)
{
	UpKey basket;

	up_key_resolve(&basket, o->basket, up_query_columns(o->query));
	for (int i = 0; i < Min(basket.n, p->key_parts.n); i++)
	{
		if (!up_key_family(p->key_parts.parts[i].type, basket.parts[i].type))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("basket column \"%s\" of offers is of type %s, and the key \"%s\" of type %s",
							basket.parts[i].name, format_type_be(basket.parts[i].type),
							p->key_parts.parts[i].name, format_type_be(p->key_parts.parts[i].type)),
					 errhint("Cast it in the source of the offers.")));
	}
	if (basket.n != p->key_parts.n)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the basket of offers has %d columns, and the profile's key has %d", basket.n,
							   p->key_parts.n)));
}

/* The one column of a source of items, or that which is called as the items'. */
static const char *
candidates_of(const UpOffers *o, const Fields *f)
{
	const char *where = text_of(f->where, "where"), *given = text_of(f->candidates, "candidates");
	const char *item = quote_identifier(o->item), *query;
	TupleDesc columns;

	if (where != NULL && given != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("offers have \"where\" and \"candidates\""),
				 errhint("Leave one of them out: the condition can stand in the source of candidates.")));
	if (where != NULL)
	{
		up_part_condition("\"where\" of offers", where);
		/* The line ends, so that a comment in the condition does. */
		query = psprintf("SELECT DISTINCT o.%s FROM (SELECT * FROM (%s) AS i WHERE (%s\n)) AS o", item,
						 o->query, where);
	}
	else if (given != NULL)
	{
		query = up_part_query("the source of \"candidates\" of offers", given, &columns);
		if (columns->natts > 1)
			query = psprintf("SELECT o.%s FROM (%s) AS o", item, query);
	}
	else
		return NULL;
	(void) up_part_columns(where != NULL ? "\"where\" of offers" : "the source of \"candidates\" of offers",
						   query);
	return query;
}

static const char *
predicted_segment(const UpProfile *p, const UpProfileModel *m)
{
	if (m->target == NULL || m->label_kind == UP_LABEL_NUMBER)
		return psprintf(
			"%s.uprofile_predict(%s::pg_catalog.text, uprofile_row.*)::pg_catalog.%s::pg_catalog.text",
			p->schema, quote_literal_cstr(m->registered), m->target == NULL ? "int4" : "float8");
	return psprintf("%s.uprofile_predict_label(%s::pg_catalog.text, uprofile_row.*)", p->schema,
					quote_literal_cstr(m->registered));
}

const UpProfileModel *
up_offers_segment_model(const UpProfile *p, const char *name)
{
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];

		if (name != NULL ? strcmp(m->column, name) == 0 : m->target == NULL && !up_profile_embeds(m))
			return m;
	}
	return NULL;
}

const char *
up_offers_segment(const UpProfile *p, const char *name)
{
	const UpProfileModel *m = up_offers_segment_model(p, name);

	if (m != NULL && up_profile_embeds(m))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"segment\" of offers is \"%s\", and that model tells no segments", name)));
	if (m != NULL)
		return m->usable ? predicted_segment(p, m) : NULL;
	for (int i = 0; name != NULL && i < p->columns->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(p->columns, i)->attname), name) == 0)
			return psprintf("uprofile_row.%s::pg_catalog.text", quote_identifier(name));
	}
	if (name != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("\"segment\" of offers is \"%s\", and the profile has no such model or column", name),
				 up_hint_nearest(up_nearest_column(name, p->columns), NULL)));
	return NULL;
}

static void
take_recommender(const UpProfile *p, UpOffers *o, const Fields *f)
{
	const char *model = text_of(f->model, "model"), *algorithm = text_of(f->algorithm, "algorithm");

	o->own = model == NULL;
	o->registered = model != NULL ? model : psprintf("%s." UP_OFFERS_MODEL, p->name);
	o->params = f->params != NULL && f->params->type == UP_OBJECT ? f->params : up_value_object();
	if (f->params != NULL && f->params->type != UP_OBJECT && f->params->type != UP_NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"params\" of offers must be an object, not %s", up_value_type_name(f->params))));
	if (model != NULL && (algorithm != NULL || o->params->n > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("offers have a \"model\" and \"%s\"", algorithm != NULL ? "algorithm" : "params"),
				 errhint("Leave one of them out.")));
	o->algorithm = algorithm != NULL ? algorithm : "rules";
	if (strcmp(o->algorithm, UP_AUTO) != 0)
		(void) up_recommend_request(up_recommender_by_name(o->algorithm), o->params);
	for (int i = 0; o->own && i < p->n_models; i++)
	{
		if (strcmp(p->models[i].column, UP_OFFERS_MODEL) == 0)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
							errmsg("the profile has offers, and a model \"" UP_OFFERS_MODEL "\""),
							errhint("Give the model another name.")));
	}
}

static const char *
take_interval(const UpValue *v)
{
	const char *text = text_of(v, "retrain_after");

	if (text != NULL)
		(void) up_interval_of(text, "\"retrain_after\" of offers");
	return text;
}

void
up_offers_resolve(UpProfile *p)
{
	UpOffers *o;
	UpRecommendColumns columns;
	TupleDesc ignored;
	Fields f;

	p->offering = NULL;
	if (p->offers == NULL)
		return;
	up_params_parse(&table, NULL, 0, up_value_from_jsonb(p->offers), OWNER, &f);
	o = palloc0(sizeof(UpOffers));
	o->source = needed(f.source, "source");
	o->basket = needed(f.basket, "basket");
	o->item = needed(f.item, "item");
	o->weight = text_of(f.weight, "weight");
	o->event_time = text_of(f.event_time, "event_time");
	o->n = (int) f.n;
	o->exclude_owned = f.exclude_owned;
	o->manual = f.retrain == 1;
	o->retrain_after = take_interval(f.after);
	o->query = up_part_query("the source of offers", o->source, &ignored);
	columns = (UpRecommendColumns){o->basket, o->item, o->weight, o->event_time, NULL};
	(void) up_recommend_query(o->query, &columns, true, NULL);
	check_basket(p, o);
	take_recommender(p, o, &f);
	o->candidates = candidates_of(o, &f);
	/* Checked here; which it is follows from what can be used. */
	(void) up_offers_segment(p, text_of(f.segment, "segment"));
	o->segment = text_of(f.segment, "segment");
	p->offering = o;
}

char *
up_offer_name(int i, bool reason)
{
	return psprintf("offer_%d%s", i + 1, reason ? "_reason" : "");
}

bool
up_offer_is(const char *name)
{
	size_t digits;

	if (strncmp(name, "offer_", 6) != 0)
		return false;
	digits = strspn(name + 6, "0123456789");
	return digits > 0 && (name[6 + digits] == '\0' || strcmp(name + 6 + digits, "_reason") == 0);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

void
up_offers_append(StringInfo sql, const UpProfile *p)
{
	const UpOffers *o = p->offering;

	for (int i = 0; o != NULL && i < o->n; i++)
	{
		if (o->usable)
			appendStringInfo(sql, ", uprofile_offers.items[%d] AS %s, uprofile_offers.reasons[%d] AS %s", i + 1,
							 up_offer_name(i, false), i + 1, up_offer_name(i, true));
		else
			appendStringInfo(sql, ", NULL::pg_catalog.text AS %s, NULL::pg_catalog.text AS %s",
							 up_offer_name(i, false), up_offer_name(i, true));
	}
}

static const char *
literal_or_null(const char *text)
{
	return text != NULL ? psprintf("%s::pg_catalog.text", quote_literal_cstr(text)) : "NULL::pg_catalog.text";
}

/* The user's events, with the column that the recommender was trained with. */
static const char *
events_of(const UpOffers *o)
{
	if (!o->own)
		return NULL;
	return psprintf("SELECT o.*, NULL::pg_catalog.text AS " UP_OFFERS_SEGMENT " FROM (%s) AS o", o->query);
}

const char *
up_offers_join(const UpProfile *p)
{
	const UpOffers *o = p->offering;
	const char *segment;
	StringInfoData key;

	if (o == NULL || !o->usable)
		return "";
	segment = up_offers_segment(p, o->segment);
	initStringInfo(&key);
	for (int i = 0; i < p->key_parts.n; i++)
		appendStringInfo(&key, "%suprofile_row.%s", i > 0 ? ", " : "",
						 quote_identifier(p->key_parts.parts[i].name));
	return psprintf(
		" LEFT JOIN LATERAL (SELECT pg_catalog.array_agg(r.item ORDER BY r.rank) AS items, "
		"pg_catalog.array_agg(r.reason ORDER BY r.rank) AS reasons FROM "
		"%s.uprofile_recommend_for(%s::pg_catalog.text, %s, %d, %s, %s, %s, NULL::pg_catalog.text[], %s) "
		"r) uprofile_offers ON true",
		p->schema, quote_literal_cstr(o->registered),
		p->key_parts.n > 1 ? psprintf("ROW(%s)", key.data) : key.data, o->n,
		o->exclude_owned ? "true" : "false", literal_or_null(o->candidates),
		segment != NULL ? segment : "NULL::pg_catalog.text", literal_or_null(events_of(o)));
}

/* ---- following --------------------------------------------------------------------------------------------------- */

void
up_offers_analyse(const char *query, const char *basket, UpSourceAnalysis *source)
{
	UpSourceAnalysis *of = up_source_analyse(query, basket, NULL);

	source->tables = list_concat(source->tables, of->tables);
	source->unsafe = list_concat(source->unsafe, of->unsafe);
	source->clock = list_concat(source->clock, of->clock);
	source->all_proved = source->all_proved && of->all_proved;
}

static int64
deployed_version(const UpProfile *p)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(p->offering->registered);
	UpRows r =
		up_query(false,
				 psprintf("SELECT v.id FROM %s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON "
						  "v.id = n.deployed WHERE n.name = $1 AND v.task = '" UP_RECOMMEND_TASK "'",
						  p->schema, p->schema),
				 1, &type, &value, NULL);
	bool isnull;

	return r.n > 0 ? DatumGetInt64(up_rows_get(&r, 0, "id", &isnull)) : 0;
}

/* One line for all items that may be offered. */
static const char *
digest_of_candidates(const UpOffers *o)
{
	UpRows r;
	bool isnull;
	Datum value;

	if (o->candidates == NULL)
		return "all";
	r = up_query_in_path(
		psprintf("SELECT pg_catalog.md5(pg_catalog.string_agg(t, E'\\n' ORDER BY t COLLATE \"C\")) AS "
				 "digest FROM (SELECT DISTINCT c.item::pg_catalog.text AS t FROM (%s) AS c (item)) t",
				 o->candidates));
	value = up_rows_get(&r, 0, "digest", &isnull);
	return isnull ? "none" : TextDatumGetCString(value);
}

void
up_offers_find_state(UpProfile *p)
{
	int64 version = deployed_version(p);

	p->offering->usable = version > 0;
	p->offering->state =
		psprintf(INT64_FORMAT " %d %s", version, p->offering->n, digest_of_candidates(p->offering));
}

void
up_offers_forget(const UpProfile *p)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name),
					  CStringGetTextDatum(psprintf("%s." UP_OFFERS_MODEL, p->name))};

	up_query(
		false,
		psprintf(
			"DELETE FROM %s.uprofile_model_names n USING %s.uprofile_profile_definitions d WHERE d.name = $1 "
			"AND d.offers IS NOT NULL AND NOT d.models ? '" UP_OFFERS_MODEL
			"' AND n.name = $2 AND n.owner_oid = d.owner_oid AND n.owner_mark = d.owner_mark",
			p->schema, p->schema),
		2, types, values, NULL);
}
