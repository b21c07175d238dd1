/*
 * profile_comment.c - what a profile's table and view say of themselves; see profile_comment.h
 *
 * The comment that was written last is kept with the definition, beside the column that it is on (table_columns). While
 * the table has this very comment it is the profile's; any other, or none, is the user's word. Of a model's column the
 * version is kept as well, so that a model is read only when another is deployed. The columns of the view say what those
 * of the table say.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include <math.h>

#include "assess/evaluate.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/profiles/profile_comment.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_table.h"
#include "pg/profiles/view_sql.h"

/* What is kept of the table as a whole stands under this name, which no column has. */
#define OF_TABLE ""

typedef struct Comments
{
	UpProfile *profile;
	Oid table;
	UpValue *kept; /* the new table_columns */
	bool changed;
} Comments;

static UpValue *
kept_of(const Comments *c, const char *name)
{
	UpValue *v = up_value_get(c->kept, name);

	return v != NULL && v->type == UP_OBJECT ? v : NULL;
}

static const char *
text_in(const UpValue *object, const char *key)
{
	UpValue *v = up_value_get(object, key);

	return v != NULL && v->type == UP_STRING ? v->string : NULL;
}

static const char *
kept_text(const Comments *c, const char *name, const char *key)
{
	UpValue *of = kept_of(c, name);

	return of != NULL ? text_in(of, key) : NULL;
}

static void
keep(Comments *c, const char *name, const char *key, UpValue *value)
{
	UpValue *of = kept_of(c, name);

	of = of != NULL ? up_value_copy(of) : up_value_object();
	up_value_set(of, key, value);
	up_value_set(c->kept, name, of);
	c->changed = true;
}

/*
 * Says it of a column, or of the table where column is NULL, unless that is said already or somebody else has the word.
 * Kept under name and key.
 */
static void
say(Comments *c, const char *column, const char *name, const char *key, const char *text)
{
	AttrNumber number = column != NULL ? get_attnum(c->table, column) : 0;
	const char *last = kept_text(c, name, key);
	char *now;

	if (column != NULL && number <= 0)
		return;
	now = GetComment(c->table, RelationRelationId, number);
	if (now == NULL ? last != NULL : last == NULL || strcmp(now, last) != 0)
		return;
	if (now != NULL && strcmp(now, text) == 0)
		return;
	up_query(false,
			 column == NULL ? psprintf("COMMENT ON TABLE %s IS %s", c->profile->table, quote_literal_cstr(text))
							: psprintf("COMMENT ON COLUMN %s.%s IS %s", c->profile->table,
									   quote_identifier(column), quote_literal_cstr(text)),
			 0, NULL, NULL, NULL);
	keep(c, name, key, up_value_string(text));
}

/* ---- columns of the source --------------------------------------------------------------------------------------- */

/* "customers.age", with the comment on it, if the column is one of a table or view. */
static char *
origin(const TargetEntry *entry)
{
	char *name, *comment;

	if (!OidIsValid(entry->resorigtbl) || entry->resorigcol <= 0)
		return NULL;
	name = psprintf("%s.%s", get_rel_name(entry->resorigtbl),
					get_attname(entry->resorigtbl, entry->resorigcol, false));
	comment = GetComment(entry->resorigtbl, RelationRelationId, entry->resorigcol);
	return comment != NULL ? psprintf("%s: %s", name, comment) : name;
}

static void
say_source(Comments *c)
{
	const UpProfile *p = c->profile;
	TupleDesc columns;
	Query *query = up_query_parse(p->query, NULL, &columns);
	ListCell *cell;

	foreach (cell, query->targetList)
	{
		const TargetEntry *entry = lfirst(cell);
		char *from;

		if (entry->resjunk || entry->resname == NULL)
			continue;
		from = origin(entry);
		say(c, entry->resname, entry->resname, "comment",
			from != NULL ? from : "computed by the profile's source");
	}
}

/* ---- columns of models ------------------------------------------------------------------------------------------- */

/* "AUC 0.84", or NULL. */
static char *
measured(const UpModel *m, const UpValue *metrics)
{
	const char *name = NULL;
	bool more_is_better;
	double value = up_main_metric(m, metrics, &name, &more_is_better);

	if (m->task == UP_TASK_REGRESS && up_value_get(metrics, "r2") != NULL)
	{
		value = up_value_get(metrics, "r2")->number;
		name = "R2";
	}
	if (name != NULL && strcmp(name, "log_loss") == 0)
	{
		name = "accuracy";
		value = up_value_get(metrics, name)->number;
	}
	if (m->task == UP_TASK_CLUSTER && up_value_get(metrics, "silhouette") != NULL)
	{
		value = up_value_get(metrics, "silhouette")->number;
		name = "silhouette";
	}
	if (name == NULL || isnan(value))
		return NULL;
	return psprintf("%s %.2f", strcmp(name, "auc") == 0 ? "AUC" : name, value);
}

/* "logistic, version 3; AUC 0.84" */
static char *
credentials(const UpModel *m, int32 version, const UpValue *metrics)
{
	char *how_good = measured(m, metrics);

	return psprintf("%s, version %d%s%s", m->learner->name, version, how_good != NULL ? "; " : "",
					how_good != NULL ? how_good : "");
}

/* What a column tells of a model's prediction. */
typedef enum UpOfModel
{
	PREDICTION,
	PROBABILITY,
	REASONS
} UpOfModel;

static const char *
meaning(const UpProfileModel *p, const UpModel *m, UpOfModel what)
{
	if (what == REASONS)
		return p->target != NULL ? psprintf("columns that speak most for the predicted %s", p->target)
								 : "columns that speak most for the cluster";
	if (up_profile_embeds(p))
		return "principal components";
	if (p->target == NULL)
		return what == PROBABILITY ? "probability of the cluster" : "cluster, from 0 on by falling size";
	if (what == PREDICTION)
		return psprintf("predicted %s", p->target);
	if (m == NULL)
		return psprintf("probability of %s", p->target);
	if (m->n_classes == 2)
		return psprintf("probability of %s = %s", p->target, m->classes[1]);
	return psprintf("probability of the predicted %s", p->target);
}

static void
say_columns(Comments *c, const UpProfileModel *p, const UpModel *m, const char *credentials)
{
	const char *columns[] = {p->column,
							 up_profile_has_probability(p) ? up_profile_probability_name(p->column) : NULL,
							 p->reasons > 0 ? up_profile_reasons_name(p->column) : NULL};

	for (UpOfModel what = PREDICTION; what <= REASONS; what++)
	{
		if (columns[what] != NULL)
			say(c, columns[what], columns[what], "comment",
				psprintf("%s; %s", meaning(p, m, what), credentials));
	}
}

/* One whose version was told is not read again: the bytes may be many. */
static void
say_model(Comments *c, const UpProfileModel *p)
{
	Oid type = INT8OID;
	Datum id = Int64GetDatum(p->version_id);
	UpValue *of = kept_of(c, p->column);
	UpValue *told = of != NULL ? up_value_get(of, "version") : NULL;
	UpModel *m;
	UpRows r;
	bool isnull;
	char *why;

	if (told != NULL && told->type == UP_NUMBER && told->number == (double) p->version_id)
		return;
	if (p->version_id == 0)
	{
		say_columns(c, p, NULL, "no version is deployed");
		keep(c, p->column, "version", up_value_number(0));
		return;
	}
	/* Not read-only: it may have been trained in this very command. */
	r = up_query(false,
				 psprintf("SELECT version, metrics, bytes FROM %s.uprofile_model_versions WHERE id = $1",
						  c->profile->schema),
				 1, &type, &id, NULL);
	if (r.n == 0)
		return;
	m = up_model_try((bytea *) PG_DETOAST_DATUM_PACKED(up_rows_get(&r, 0, "bytes", &isnull)), &why);
	if (m == NULL)
		return;
	say_columns(c, p, m,
				credentials(m, DatumGetInt32(up_rows_get(&r, 0, "version", &isnull)),
							up_value_from_jsonb(DatumGetJsonbP(up_rows_get(&r, 0, "metrics", &isnull)))));
	keep(c, p->column, "version", up_value_number((double) p->version_id));
}

static void
say_offers(Comments *c)
{
	const UpOffers *o = c->profile->offering;

	for (int i = 0; o != NULL && i < o->n; i++)
	{
		char *offer = up_offer_name(i, false), *reason = up_offer_name(i, true);

		say(c, offer, offer, "comment",
			psprintf("what the user may want next, number %d, by %s", i + 1, o->registered));
		say(c, reason, reason, "comment", psprintf("why offer %d is made", i + 1));
	}
}

static void
store(const Comments *c)
{
	Oid types[] = {TEXTOID, JSONBOID};
	Datum values[] = {CStringGetTextDatum(c->profile->name), (Datum) 0};

	if (!c->changed)
		return;
	c->profile->table_columns = c->kept;
	values[1] = JsonbPGetDatum(up_value_to_jsonb(c->kept));
	up_query(false,
			 psprintf("UPDATE %s.uprofile_profile_definitions SET table_columns = $2 WHERE name = $1",
					  c->profile->schema),
			 2, types, values, NULL);
}

void
up_profile_comment(UpProfile *p, Oid table)
{
	Comments c = {p, table};

	if (p->table_columns == NULL)
		return;
	c.kept = up_value_copy(p->table_columns);
	say(&c, NULL, OF_TABLE, "comment",
		psprintf("profile \"%s\": a row for each %s of its source, brought up to date by uprofile_refresh; "
				 "uprofile_profiles tells how fresh it is",
				 p->name, p->key));
	say_source(&c);
	for (int i = 0; i < p->n_models; i++)
		say_model(&c, &p->models[i]);
	say_offers(&c);
	say(&c, UP_CHANGED_AT, OF_TABLE, UP_CHANGED_AT, "when a refresh last changed the row");
	store(&c);
}

/* ---- columns of the view ----------------------------------------------------------------------------------------- */

/* What a column of the view is: what the table says of it, or how it is computed. NULL: nothing is known. */
static const char *
meaning_in_view(const UpProfile *p, Oid table, const char *name)
{
	AttrNumber number = get_attnum(table, name);
	const char *live = up_policy_live(p->policy, name);
	const char *computed_at, *stale;

	up_view_age_names(p, up_relation_columns(table), &computed_at, &stale);
	if (live != NULL)
		return psprintf("computed when it is read: %s", live);
	if (number > 0)
		return GetComment(table, RelationRelationId, number);
	if (strcmp(name, computed_at) == 0)
		return "as of when the row is: the start of the last refresh that computed it, or the time of a change "
			   "that waits";
	if (strcmp(name, stale) == 0)
		return "true where a change of the user waits, the user cannot be computed, or another version of a "
			   "model "
			   "is deployed; NULL where that is not known";
	return NULL;
}

void
up_profile_comment_view(UpProfile *p, Oid table, Oid view, bool anew)
{
	Comments c = {p, table};
	UpValue *of, *said, *now = up_value_object();
	TupleDesc columns;

	if (p->table_columns == NULL || !OidIsValid(view))
		return;
	c.kept = up_value_copy(p->table_columns);
	of = kept_of(&c, OF_TABLE);
	said = of != NULL && !anew ? up_value_get(of, "view") : NULL;
	columns = up_relation_columns(view);
	for (int i = 0; i < columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(columns, i)->attname);
		const char *last = said != NULL && said->type == UP_OBJECT ? text_in(said, name) : NULL;
		const char *has = GetComment(view, RelationRelationId, i + 1);
		const char *text = meaning_in_view(p, table, name);

		/* The user's word, or silence. */
		if (has == NULL ? last != NULL : last == NULL || strcmp(has, last) != 0)
			text = last;
		else if (text != NULL && (has == NULL || strcmp(has, text) != 0))
			up_query(false,
					 psprintf("COMMENT ON COLUMN %s.%s IS %s", up_relation_name(view), quote_identifier(name),
							  quote_literal_cstr(text)),
					 0, NULL, NULL, NULL);
		else if (text == NULL)
			text = last;
		if (text != NULL)
			up_value_set(now, pstrdup(name), up_value_string(text));
	}
	if (said == NULL || !up_value_equal(said, now))
		keep(&c, OF_TABLE, "view", now);
	store(&c);
}
