/*
 * view_sql.c - the statement of the view <profile>_current; see view_sql.h
 *
 * computed_at is told without a row being written for it: nobody is older than the last refresh, but those whose change
 * waits on the queue, who are as old as that change. Where the users of a change are found only when the queue is taken
 * (a watch with a key query) that holds for everybody, and stale is not known.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/io/relation.h"
#include "pg/io/shards.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_live.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/view_sql.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

#define COMPUTED_AT "computed_at"
#define STALE       "stale"

void
up_view_column_add(List **columns, const char *name, const char *expression)
{
	UpViewColumn *c = palloc(sizeof(UpViewColumn));

	c->name = name;
	c->expression = expression;
	*columns = lappend(*columns, c);
}

UpViewColumn *
up_view_column_find(List *columns, const char *name)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		if (strcmp(((UpViewColumn *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* The name of a column of ours, which makes way for one of the user's. */
static const char *
our_name(List *columns, const char *name)
{
	while (up_view_column_find(columns, name) != NULL)
		name = psprintf("uprofile_%s", name);
	return name;
}

void
up_view_age_names(const UpProfile *p, TupleDesc table, const char **computed_at, const char **stale)
{
	List *columns = NIL;

	for (int i = 0; i < table->natts; i++)
	{
		if (!TupleDescAttr(table, i)->attisdropped)
			up_view_column_add(&columns, pstrdup(NameStr(TupleDescAttr(table, i)->attname)), "");
	}
	for (int i = 0; i < p->policy->n_live; i++)
		up_view_column_add(&columns, p->policy->live[i].column, "");
	*computed_at = our_name(columns, COMPUTED_AT);
	*stale = our_name(columns, STALE);
}

/* A value that is NULL when it is too old. */
static const char *
aged(const UpProfile *p, const char *name, const char *expression)
{
	const char *ttl = up_policy_ttl(p->policy, name);

	if (ttl == NULL || strcmp(name, UP_CHANGED_AT) == 0 || up_key_has(&p->key_parts, name))
		return expression;
	return psprintf("CASE WHEN c.computed_at OPERATOR(pg_catalog.>=) (pg_catalog.now() OPERATOR(pg_catalog.-) "
					"%s::pg_catalog.interval) THEN %s END",
					quote_literal_cstr(ttl), expression);
}

/*
 * What stands for a column of the table: its value, or that of a model that is scored when it is read. While another
 * version waits for its refresh the stored value stands, as it does where the model had none (NULL).
 */
static const char *
predicted(const UpProfile *p, const char *name)
{
	const char *stored = psprintf("t.%s", quote_identifier(name));

	for (int i = 0; p->policy->score == UP_SCORE_READ && i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];
		bool reasons = m->reasons > 0 && strcmp(up_profile_reasons_name(m->column), name) == 0;
		bool probability =
			up_profile_has_probability(m) && strcmp(up_profile_probability_name(m->column), name) == 0;
		const char *function = probability                                             ? "predict_proba"
							   : up_profile_embeds(m)                                  ? "embed"
							   : m->target == NULL || m->label_kind == UP_LABEL_NUMBER ? "predict"
																					   : "predict_label";
		Oid type = probability ? FLOAT8OID : up_profile_column_type(m);

		if (reasons && up_profile_sees_live(p, m))
			return psprintf("CASE WHEN f.stale OR %s IS NULL THEN %s ELSE "
							"%s.uprofile_reasons(%s::pg_catalog.text, t.*, %d) END",
							stored, stored, p->schema, quote_literal_cstr(m->registered), m->reasons);
		if ((probability || strcmp(m->column, name) == 0) && up_profile_sees_live(p, m))
			return psprintf("CASE WHEN f.stale OR %s IS NULL THEN %s ELSE "
							"%s.uprofile_%s(%s::pg_catalog.text, t.*)::%s END",
							stored, stored, p->schema, function, quote_literal_cstr(m->registered),
							format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY));
	}
	return stored;
}

static List *
columns_of(const UpProfile *p, TupleDesc table)
{
	List *columns = NIL;

	for (int i = 0; i < table->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(table, i);
		const char *name = pstrdup(NameStr(a->attname));

		if (!a->attisdropped && up_policy_live(p->policy, name) == NULL)
			up_view_column_add(&columns, name, aged(p, name, predicted(p, name)));
	}
	for (int i = 0; i < p->policy->n_live; i++)
	{
		const char *name = p->policy->live[i].column;

		up_view_column_add(&columns, name, aged(p, name, psprintf("t.%s", quote_identifier(name))));
	}
	up_view_column_add(&columns, our_name(columns, COMPUTED_AT), "c.computed_at");
	up_view_column_add(&columns, our_name(columns, STALE), "c.stale");
	return columns;
}

/* COLLATE …, so that keys are equal here as they are in the table's unique index. */
static const char *
collation_clause(Oid collation)
{
	if (!OidIsValid(collation) || collation == DEFAULT_COLLATION_OID)
		return "";
	return psprintf(" COLLATE %s", up_collation_name(collation));
}

/* The queue of keys as rows: one a user, with the time of his oldest change; and how they meet those of the table. */
static bool
append_waiting(StringInfo from, const UpProfile *p, Relation queue, TupleDesc table)
{
	StringInfoData list, unnest, named, names;
	bool rows = false;
	const UpKey *key = &p->key_parts;
	Oid in_table[UP_MAX_KEY], in_queue[UP_MAX_KEY];

	if (up_queue_parts(queue) != key->n)
		return false;
	initStringInfo(&list);
	initStringInfo(&unnest);
	initStringInfo(&named);
	initStringInfo(&names);
	for (int i = 0; i < key->n; i++)
	{
		Form_pg_attribute a = up_attribute_named(table, key->parts[i].name);

		in_queue[i] = up_queue_type(queue, i);
		if (a == NULL || getBaseType(a->atttypid) != in_queue[i])
			return false;
		in_table[i] = a->atttypid;
		appendStringInfo(&list, "%s(k.key_%d%s) AS key_%d", i > 0 ? ", " : "", i + 1,
						 collation_clause(a->attcollation), i + 1);
		/* In FROM unnest would make columns of the parts of a composite type. */
		rows = rows || type_is_rowtype(in_queue[i]);
		appendStringInfo(&unnest, "%spg_catalog.unnest(q.key_%d)", i > 0 ? ", " : "", i + 1);
		appendStringInfo(&named, "%spg_catalog.unnest(q.key_%d) AS key_%d", i > 0 ? ", " : "", i + 1, i + 1);
		appendStringInfo(&names, "%skey_%d", i > 0 ? ", " : "", i + 1);
	}
	appendStringInfo(from,
					 " LEFT JOIN (SELECT %s, pg_catalog.min(q.changed_at) AS changed_at FROM %s q, LATERAL %s "
					 "GROUP BY ",
					 list.data, up_relation_name(RelationGetRelid(queue)),
					 rows ? psprintf("(SELECT %s) AS k", named.data)
						  : psprintf("ROWS FROM (%s) AS k (%s)", unnest.data, names.data));
	for (int i = 0; i < key->n; i++)
		appendStringInfo(from, "%s%d", i > 0 ? ", " : "", i + 1);
	appendStringInfo(from, ") w ON %s", up_keys_equal(key, "t", in_table, "w", in_queue, true));
	return true;
}

typedef struct Queues
{
	bool watched;   /* changes are queued */
	bool by_key;    /* some of them with keys that can be joined: w */
	bool by_query;  /* some of them without */
	bool sharded;   /* the rows lie on other nodes: then what is known of single users here is not asked for */
	StringInfo all; /* entries that concern everybody: what stands within a */
} Queues;

static void
append_queue(Queues *queues, StringInfo from, const UpProfile *p, const UpWatch *w, Relation queue,
			 TupleDesc table)
{
	const char *name = up_relation_name(RelationGetRelid(queue));
	bool joined = !queues->sharded && w->key_query == NULL && append_waiting(from, p, queue, table);

	appendStringInfo(queues->all, "%sSELECT q.changed_at, q.because IS NOT NULL AS everybody FROM %s q%s",
					 queues->all->len > 0 ? " UNION ALL " : "", name,
					 joined ? " WHERE q.because IS NOT NULL" : "");
	queues->watched = true;
	queues->by_key = queues->by_key || joined;
	queues->by_query = queues->by_query || !joined;
}

/* What waits on the queues: w, a row a user, and a, one row for those changes that concern everybody. */
static Queues
append_queues(StringInfo from, const UpProfile *p, TupleDesc table, bool sharded)
{
	Queues queues = {.sharded = sharded};
	List *seen = NIL;
	ListCell *cell;

	queues.all = makeStringInfo();
	foreach (cell, up_watch_list(p->schema, p->name))
	{
		UpWatch *w = lfirst(cell);
		Relation queue = up_watch_open_queue(w, p->owner, AccessShareLock);

		if (queue == NULL)
			continue;
		if (!list_member_oid(seen, RelationGetRelid(queue)))
			append_queue(&queues, from, p, w, queue, table);
		seen = lappend_oid(seen, RelationGetRelid(queue));
		table_close(queue, NoLock);
	}
	if (queues.watched)
		appendStringInfo(from,
						 " CROSS JOIN (SELECT pg_catalog.min(q.changed_at) AS changed_at, "
						 "COALESCE(pg_catalog.bool_or(q.everybody), false) AS everybody, "
						 "COALESCE(pg_catalog.bool_or(NOT q.everybody), false) AS somebody FROM (%s) q) a",
						 queues.all->data);
	return queues;
}

/* When the row of a user was computed who fails since; NULL for all others. */
static char *
failed_at(const UpProfile *p)
{
	char *key = up_keys_list(&p->key_parts, "t");

	return psprintf("%s.uprofile_failed_at(%s::pg_catalog.text, %s::pg_catalog.uuid, %s)", p->schema,
					quote_literal_cstr(p->name), quote_literal_cstr(p->identity),
					p->key_parts.n > 1 ? psprintf("ROW(%s)", key) : key);
}

/* c: computed_at and stale of a row. */
static void
append_age(StringInfo from, const UpProfile *p, const Queues *queues)
{
	const char *failed = queues->sharded ? "NULL::pg_catalog.timestamptz" : failed_at(p);

	appendStringInfo(from,
					 " CROSS JOIN LATERAL (SELECT LEAST(f.computed_at, %s%s%s) AS computed_at, CASE WHEN "
					 "f.stale%s%s OR %s IS NOT NULL THEN true",
					 failed, queues->watched ? ", a.changed_at" : "", queues->by_key ? ", w.changed_at" : "",
					 queues->watched ? " OR a.everybody" : "",
					 queues->by_key ? " OR w.changed_at IS NOT NULL" : "", failed);
	if (queues->watched && !queues->sharded)
		appendStringInfoString(from, " WHEN a.somebody THEN NULL ELSE false");
	appendStringInfoString(from, " END AS stale) c");
}

/* The rows of the table, with what is live. */
static void
append_rows(StringInfo from, const UpProfile *p, TupleDesc table)
{
	StringInfoData columns;

	initStringInfo(&columns);
	for (int i = 0; i < table->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(table, i);

		if (!a->attisdropped && up_policy_live(p->policy, NameStr(a->attname)) == NULL)
			appendStringInfo(&columns, "%sprofile.%s", columns.len > 0 ? ", " : "",
							 quote_identifier(NameStr(a->attname)));
	}
	appendStringInfo(from, "%s t", up_policy_rows(p->policy, columns.data, p->table));
}

/* Where rows lie on other nodes it is read beside a table of this one: else they would be asked, who do not know the profile. */
static char *
freshness_of(const UpProfile *p, int64 made_of, bool sharded)
{
	return psprintf("%s%s." UP_VIEW_FRESHNESS "(%s::pg_catalog.text, %s::pg_catalog.uuid, '" INT64_FORMAT
					"'::pg_catalog.int8) f%s",
					sharded ? "(SELECT f.computed_at, f.stale FROM pg_catalog.pg_namespace here, " : "",
					p->schema, quote_literal_cstr(p->name), quote_literal_cstr(p->identity), made_of,
					sharded ? " WHERE here.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name) f"
							: "");
}

char *
up_view_select(List *columns, const char *from)
{
	StringInfoData sql;
	ListCell *cell;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	foreach (cell, columns)
	{
		UpViewColumn *c = lfirst(cell);

		appendStringInfo(&sql, "%s%s AS %s", foreach_current_index(cell) > 0 ? ", " : "", c->expression,
						 quote_identifier(c->name));
	}
	appendStringInfo(&sql, " FROM %s", from);
	return sql.data;
}

/* Not negative, and written as the view writes it. */
static int64
hash_of(const char *text)
{
	return (int64) (hash_bytes_extended((const unsigned char *) text, (int) strlen(text), UINT64CONST(1)) >> 2);
}

/* What stands after FROM names the hash of the statement with 0 in its place. */
UpViewPlan
up_view_plan(const UpProfile *p, Oid table)
{
	TupleDesc desc = up_relation_columns(table);
	bool sharded = up_is_sharded(table);
	StringInfoData rows, ages;
	Queues queues;
	UpViewPlan plan;

	initStringInfo(&rows);
	initStringInfo(&ages);
	append_rows(&rows, p, desc);
	queues = append_queues(&ages, p, desc, sharded);
	append_age(&ages, p, &queues);
	/* Freshness refuses whom policies hide rows from: before the first one is read, by a condition of none, and with no statistics told. */
	plan.with = !sharded && up_has_row_security(table) ? " WITH (security_barrier)" : "";
	if (plan.with[0] != '\0')
		appendStringInfo(
			&ages, " WHERE (SELECT f.computed_at FROM %s) IS DISTINCT FROM '-infinity'::pg_catalog.timestamptz",
			freshness_of(p, 0, false));
	plan.columns = columns_of(p, desc);
	plan.from = psprintf("%s CROSS JOIN %s%s", rows.data, freshness_of(p, 0, sharded), ages.data);
	plan.made_of = hash_of(up_view_select(plan.columns, plan.from));
	plan.from = psprintf("%s CROSS JOIN %s%s", rows.data, freshness_of(p, plan.made_of, sharded), ages.data);
	return plan;
}

UpViewColumn *
up_view_column_null(Form_pg_attribute a)
{
	List *columns = NIL;

	up_view_column_add(&columns, pstrdup(NameStr(a->attname)),
					   psprintf("NULL::%s%s",
								format_type_extended(a->atttypid, a->atttypmod,
													 FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY),
								collation_clause(a->attcollation)));
	return linitial(columns);
}

char *
up_view_select_nothing(const UpProfile *p, TupleDesc columns)
{
	List *empty = NIL;

	for (int i = 0; i < columns->natts; i++)
		empty = lappend(empty, up_view_column_null(TupleDescAttr(columns, i)));
	return up_view_select(empty, psprintf("%s WHERE false", freshness_of(p, 0, false)));
}
