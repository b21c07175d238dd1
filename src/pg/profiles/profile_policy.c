/*
 * profile_policy.c - what a profile's policy may say; see profile_policy.h
 *
 * A further key is a line in the table, and a line in up_policy_parse where its form is more than a number or a choice.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/params.h"
#include "pg/io/interval_text.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/profile_policy.h"

#define OWNER "policy" /* in errors */

typedef struct Fields
{
	UpValue *full_every;
	double max_deleted;
	UpValue *ttl;
	int score;
	UpValue *live;
	UpValue *history;
	int refresh;
	int64 min_group;
} Fields;

static const char *const score_choices[] = {"refresh", "read", NULL};
static const char *const refresh_choices[] = {"manual", "continuous", NULL};

#define UP_PARAMS_OF Fields
static const UpParam params[] = {
	UP_TREE_PARAM("full_every", full_every, "null", "interval as text",
				  "a refresh computes everybody when this has passed since the last that did"),
	UP_REAL_PARAM("max_deleted", max_deleted, "0.2", 0, 1,
				  "share of the users that a refresh may delete; 10 may always go"),
	UP_TREE_PARAM(
		"ttl", ttl, "null", "interval as text, or object of them",
		"values computed longer ago are NULL in the view: all but the key, or those of the columns named"),
	UP_CHOICE_PARAM("score", score, "refresh", score_choices,
					"models that see live columns are scored by a refresh, or whenever the view is read"),
	UP_TREE_PARAM("live", live, "null", "object of expressions",
				  "columns of the view, computed when it is read from the columns of the table"),
	UP_TREE_PARAM(
		"history", history, "null", "interval as text",
		"changes of users are kept for so long, for uprofile_history and uprofile_as_of; null: none are"),
	UP_CHOICE_PARAM("refresh", refresh, "manual", refresh_choices,
					"when it is asked for, or within seconds of a change by the background worker"),
	UP_INT_PARAM("min_group", min_group, "1", 1, 1000000000,
				 "groups of fewer users, and those from which they would follow, are not told of segments"),
};

const UpParamTable up_policy_params = {params, lengthof(params)};

static void
refuse_type(const char *key, const char *expected, const UpValue *v)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("parameter \"%s\" of " OWNER " must be of type %s, not %s", key, expected,
						   up_value_type_name(v))));
}

/* An interval above zero, or NULL. */
static Interval *
take_interval(const char *key, const UpValue *v)
{
	Interval zero = {0};
	/* So far back from today there is a date to compare with. */
	Interval longest = {.month = 4000 * MONTHS_PER_YEAR};
	Interval *interval;

	if (v == NULL)
		return NULL;
	if (v->type != UP_STRING)
		refuse_type(key, "interval as text", v);
	interval = up_interval_of(v->string, psprintf("parameter \"%s\" of " OWNER, key));
	if (!DatumGetBool(
			DirectFunctionCall2(interval_gt, IntervalPGetDatum(interval), IntervalPGetDatum(&zero))) ||
		!DatumGetBool(
			DirectFunctionCall2(interval_le, IntervalPGetDatum(interval), IntervalPGetDatum(&longest))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" of " OWNER " is \"%s\", which is out of range", key, v->string),
				 errdetail("Allowed: intervals above 0, of at most 4000 years.")));
	return interval;
}

static void
take_ttl(UpPolicy *policy, const UpValue *v)
{
	if (v == NULL)
		return;
	if (v->type != UP_STRING && v->type != UP_OBJECT)
		refuse_type("ttl", "interval as text, or object of them", v);
	policy->n_ttl = v->type == UP_STRING ? 1 : (int) v->n;
	policy->ttl = palloc0(sizeof(UpTtl) * Max(policy->n_ttl, 1));
	for (int i = 0; i < policy->n_ttl; i++)
	{
		const UpValue *age = v->type == UP_STRING ? v : v->items[i];

		if (age->type != UP_STRING)
			refuse_type(psprintf("ttl.%s", v->keys[i]), "interval as text", age);
		take_interval("ttl", age);
		policy->ttl[i].column = v->type == UP_STRING ? NULL : v->keys[i];
		policy->ttl[i].age = age->string;
	}
}

static void
take_live(UpPolicy *policy, const UpValue *v)
{
	if (v == NULL)
		return;
	if (v->type != UP_OBJECT)
		refuse_type("live", "object of expressions", v);
	policy->live = palloc0(sizeof(UpLive) * Max(v->n, 1));
	for (uint32_t i = 0; i < v->n; i++)
	{
		const char *name = v->keys[i];

		if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("live column \"%s\" must have a name of 1 to %d bytes", name, NAMEDATALEN - 1)));
		if (v->items[i]->type != UP_STRING)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("live column \"%s\" must be an expression as text, not %s", name,
								   up_value_type_name(v->items[i])),
							errhint("For example {\"recency\": \"current_date - last_order\"}.")));
		policy->live[policy->n_live].column = name;
		policy->live[policy->n_live++].expression = v->items[i]->string;
	}
}

static UpValue *
object_of(const char *what, Jsonb *given)
{
	UpValue *v = given != NULL ? up_value_from_jsonb(given) : up_value_object();

	if (v->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a JSON object, not %s", what, up_value_type_name(v))));
	return v;
}

Jsonb *
up_merge_keys(const char *what, Jsonb *stored, Jsonb *given)
{
	UpValue *before = object_of(what, stored), *now = object_of(what, given), *merged = up_value_object();

	for (uint32_t i = 0; i < before->n; i++)
	{
		if (up_value_get(now, before->keys[i]) == NULL)
			up_value_set(merged, before->keys[i], before->items[i]);
	}
	for (uint32_t i = 0; i < now->n; i++)
	{
		if (now->items[i]->type != UP_NULL)
			up_value_set(merged, now->keys[i], now->items[i]);
	}
	return up_value_to_jsonb(merged);
}

UpPolicy *
up_policy_parse(Jsonb *given)
{
	UpPolicy *policy = palloc0(sizeof(UpPolicy));
	UpValue *v = object_of(OWNER, given);
	UpValue *said = up_value_object();
	Fields fields;

	/* A name is checked also where it is null. */
	for (uint32_t i = 0; i < v->n; i++)
	{
		bool known = false;

		for (int j = 0; j < up_policy_params.n; j++)
			known = known || strcmp(up_policy_params.params[j].name, v->keys[i]) == 0;
		if (v->items[i]->type != UP_NULL || !known)
			up_value_set(said, v->keys[i], v->items[i]);
	}
	up_params_parse(&up_policy_params, NULL, 0, said, OWNER, &fields);
	policy->full_every = take_interval("full_every", fields.full_every);
	take_ttl(policy, fields.ttl);
	policy->max_deleted = fields.max_deleted;
	policy->score = (UpScoreWhen) fields.score;
	take_live(policy, fields.live);
	if (take_interval("history", fields.history) != NULL)
		policy->history = fields.history->string;
	policy->continuous = fields.refresh == 1;
	policy->min_group = fields.min_group;
	return policy;
}

const char *
up_policy_live(const UpPolicy *policy, const char *column)
{
	for (int i = 0; i < policy->n_live; i++)
	{
		if (strcmp(policy->live[i].column, column) == 0)
			return policy->live[i].expression;
	}
	return NULL;
}

const char *
up_policy_ttl(const UpPolicy *policy, const char *column)
{
	for (int i = 0; i < policy->n_ttl; i++)
	{
		const char *of = policy->ttl[i].column;

		if (of == NULL || strcmp(of, column) == 0 || strcmp(psprintf("%s_probability", of), column) == 0 ||
			strcmp(psprintf("%s_reasons", of), column) == 0)
			return policy->ttl[i].age;
	}
	return NULL;
}

/* ---- live columns ------------------------------------------------------------------------------------------------ */

void
up_policy_append_live(StringInfo sql, const UpPolicy *policy, bool features)
{
	/* The line ends, so that a comment in the expression does. */
	for (int i = 0; i < policy->n_live; i++)
	{
		if (!policy->live[i].rule && (policy->live[i].feature || !features))
			appendStringInfo(sql, ", (%s\n) AS %s", policy->live[i].expression,
							 quote_identifier(policy->live[i].column));
	}
}

static int
count_rules(const UpPolicy *policy)
{
	int n = 0;

	for (int i = 0; i < policy->n_live; i++)
		n += policy->live[i].rule;
	return n;
}

/* ", ((condition) IS TRUE) AS name" for every segment by rule, over the rows with their live columns, called "profile". */
static void
append_rules(StringInfo sql, const UpPolicy *policy)
{
	/* Where a condition is neither true nor false a user is not in. */
	for (int i = 0; i < policy->n_live; i++)
	{
		if (policy->live[i].rule)
			appendStringInfo(sql, ", ((%s\n) IS TRUE) AS %s", policy->live[i].expression,
							 quote_identifier(policy->live[i].column));
	}
}

char *
up_policy_rows(const UpPolicy *policy, const char *columns, const char *from)
{
	StringInfoData rows, with;

	initStringInfo(&rows);
	appendStringInfo(&rows, "(SELECT %s", columns);
	up_policy_append_live(&rows, policy, false);
	appendStringInfo(&rows, " FROM %s profile)", from);
	if (count_rules(policy) == 0)
		return rows.data;
	initStringInfo(&with);
	appendStringInfoString(&with, "(SELECT profile.*");
	append_rules(&with, policy);
	appendStringInfo(&with, " FROM %s profile)", rows.data);
	return with.data;
}

void
up_policy_add_rules(UpPolicy *policy, Jsonb *segments)
{
	UpValue *rules = segments != NULL ? up_value_from_jsonb(segments) : NULL;
	UpLive *all;

	if (rules == NULL || rules->type != UP_OBJECT || rules->n == 0)
		return;
	all = palloc0(sizeof(UpLive) * ((Size) policy->n_live + rules->n));
	for (int i = 0; i < policy->n_live; i++)
		all[i] = policy->live[i];
	for (uint32_t i = 0; i < rules->n; i++)
	{
		UpLive *rule = &all[policy->n_live++];

		if (rules->keys[i][0] == '\0' || strlen(rules->keys[i]) >= NAMEDATALEN)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME), errmsg("segment \"%s\" must have a name of 1 to %d bytes",
														   rules->keys[i], NAMEDATALEN - 1)));
		rule->column = rules->keys[i];
		rule->expression = rules->items[i]->type == UP_STRING ? rules->items[i]->string : "NULL::bool";
		rule->rule = true;
	}
	policy->live = all;
}

/* A name as written: a column, or profile.column. */
static bool
is_column(ColumnRef *ref, TupleDesc columns)
{
	Node *name = llast(ref->fields);

	if (!IsA(name, String) || list_length(ref->fields) > 2 ||
		(list_length(ref->fields) == 2 && strcmp(strVal(linitial(ref->fields)), "profile") != 0))
		return false;
	for (int i = 0; i < columns->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(columns, i)->attname), strVal(name)) == 0)
			return true;
	}
	return false;
}

/* True where a name is none of the columns. */
static bool
other_walker(Node *node, void *columns)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
		return !is_column((ColumnRef *) node, columns);
	return raw_expression_tree_walker(node, other_walker, columns);
}

static void
tell_live(void *arg)
{
	const UpLive *live = arg;

	errcontext("live column \"%s\": %s", live->column, live->expression);
}

void
up_policy_features(UpPolicy *policy, TupleDesc columns)
{
	for (int i = 0; i < policy->n_live; i++)
	{
		UpLive *live = &policy->live[i];
		ErrorContextCallback context = {error_context_stack, tell_live, live};
		List *parsed;

		if (live->rule)
			continue;
		error_context_stack = &context;
		parsed = up_expression_parse(live->expression);
		error_context_stack = context.previous;
		live->feature =
			list_length(parsed) == 1 && !other_walker(linitial_node(RawStmt, parsed)->stmt, columns);
	}
}
