/*
 * profile_view.c - the view <profile>_current; see profile_view.h
 *
 * computed_at is told without a row being written for it: nobody is older than the last refresh, but those whose change
 * waits on the queue, who are as old as that change. Where the users of a change are found only when the queue is taken
 * (a watch with a key query) that holds for everybody, and stale is not known.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "rewrite/prs2lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "utils/uuid.h"
#include "utils/varlena.h"

#include "pg/io/local_setting.h"
#include "pg/io/relation.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_live.h"
#include "pg/io/caught.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

#define VIEW_SUFFIX "_current"
#define FRESHNESS   "uprofile_freshness"
#define COMPUTED_AT "computed_at"
#define STALE       "stale"

/* ---- its name, and whether it is ours ----------------------------------------------------------------------------- */

static char *
view_name(const UpProfile *p)
{
	return psprintf("%s" VIEW_SUFFIX, up_profile_base(p));
}

static Oid
view_of_name(const UpProfile *p)
{
	Oid schema = get_namespace_oid(p->table_schema, true);

	return OidIsValid(schema) ? get_relname_relid(view_name(p), schema) : InvalidOid;
}

/* uprofile_freshness(profile, identity, made_of) of our schema. */
static bool
is_freshness(const UpProfile *p, Oid function)
{
	const char *schema = get_namespace_name(get_func_namespace(function));
	const char *name = get_func_name(function);

	return name != NULL && schema != NULL && strcmp(name, FRESHNESS) == 0 &&
		   strcmp(quote_identifier(schema), p->schema) == 0;
}

static Const *
argument_of(FuncExpr *call, int n)
{
	Node *node = list_nth(call->args, n);

	return IsA(node, Const) && !((Const *) node)->constisnull ? (Const *) node : NULL;
}

/* Whether the query calls uprofile_freshness for this profile, and with which hash. */
static bool
names_profile(const UpProfile *p, Query *query, int64 *made_of)
{
	ListCell *cell;

	foreach (cell, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);
		FuncExpr *call;
		Const *identity, *hash;

		if (rte->rtekind == RTE_SUBQUERY && names_profile(p, rte->subquery, made_of))
			return true;
		if (rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1)
			continue;
		call = (FuncExpr *) linitial_node(RangeTblFunction, rte->functions)->funcexpr;
		if (!IsA(call, FuncExpr) || !is_freshness(p, call->funcid) || list_length(call->args) != 3)
			continue;
		identity = argument_of(call, 1);
		hash = argument_of(call, 2);
		if (identity == NULL || hash == NULL || identity->consttype != UUIDOID || hash->consttype != INT8OID)
			continue;
		*made_of = DatumGetInt64(hash->constvalue);
		return strcmp(DatumGetCString(DirectFunctionCall1(uuid_out, identity->constvalue)), p->identity) == 0;
	}
	return false;
}

/* Whether the relation is the profile's view: a view that names it and belongs to its owner. */
static bool
is_own_view(const UpProfile *p, Oid oid, bool any_owner, int64 *made_of)
{
	Relation view = OidIsValid(oid) ? try_relation_open(oid, AccessShareLock) : NULL;
	bool own = false;

	if (view == NULL)
		return false;
	if (view->rd_rel->relkind == RELKIND_VIEW && view->rd_rules != NULL && view->rd_rules->numLocks == 1 &&
		list_length(view->rd_rules->rules[0]->actions) == 1 &&
		(any_owner || !OidIsValid(p->owner) || view->rd_rel->relowner == p->owner))
		own = names_profile(p, linitial_node(Query, view->rd_rules->rules[0]->actions), made_of);
	relation_close(view, AccessShareLock);
	return own;
}

Oid
up_view_find(const UpProfile *p)
{
	Oid view = view_of_name(p);
	int64 made_of;

	return is_own_view(p, view, false, &made_of) ? view : InvalidOid;
}

/* ---- what it selects ---------------------------------------------------------------------------------------------- */

/* A column of the view: its name and what stands for it. */
typedef struct Column
{
	const char *name;
	const char *expression;
} Column;

static void
add_column(List **columns, const char *name, const char *expression)
{
	Column *c = palloc(sizeof(Column));

	c->name = name;
	c->expression = expression;
	*columns = lappend(*columns, c);
}

static Column *
find_column(List *columns, const char *name)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		if (strcmp(((Column *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* The name of a column of ours, which makes way for one of the user's. */
static const char *
our_name(List *columns, const char *name)
{
	while (find_column(columns, name) != NULL)
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
			add_column(&columns, pstrdup(NameStr(TupleDescAttr(table, i)->attname)), "");
	}
	for (int i = 0; i < p->policy->n_live; i++)
		add_column(&columns, p->policy->live[i].column, "");
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
			add_column(&columns, name, aged(p, name, predicted(p, name)));
	}
	for (int i = 0; i < p->policy->n_live; i++)
	{
		const char *name = p->policy->live[i].column;

		add_column(&columns, name, aged(p, name, psprintf("t.%s", quote_identifier(name))));
	}
	add_column(&columns, our_name(columns, COMPUTED_AT), "c.computed_at");
	add_column(&columns, our_name(columns, STALE), "c.stale");
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
	return psprintf(
		"%s%s." FRESHNESS "(%s::pg_catalog.text, %s::pg_catalog.uuid, '" INT64_FORMAT "'::pg_catalog.int8) f%s",
		sharded ? "(SELECT f.computed_at, f.stale FROM pg_catalog.pg_namespace here, " : "", p->schema,
		quote_literal_cstr(p->name), quote_literal_cstr(p->identity), made_of,
		sharded ? " WHERE here.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name) f" : "");
}

static char *
select_of(List *columns, const char *from)
{
	StringInfoData sql;
	ListCell *cell;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	foreach (cell, columns)
	{
		Column *c = lfirst(cell);

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

/* ---- making it ---------------------------------------------------------------------------------------------------- */

/* So that DROP EXTENSION takes the view with it. A dump does not keep that; the next refresh sees to it. */
static void
depend_on_extension(const UpProfile *p, Oid view)
{
	ObjectAddress depender, extension;
	List *schema;
	Oid types[] = {TEXTOID, UUIDOID, INT8OID};
	Oid function;

	if (!SplitIdentifierString(pstrdup(p->schema), '.', &schema) || list_length(schema) != 1)
		elog(ERROR, "the extension's schema is %s", p->schema);
	function = LookupFuncName(list_make2(makeString(linitial(schema)), makeString(FRESHNESS)), lengthof(types),
							  types, false);
	ObjectAddressSet(depender, RelationRelationId, view);
	ObjectAddressSet(extension, ExtensionRelationId, getExtensionOfObject(ProcedureRelationId, function));
	if (OidIsValid(extension.objectId) && getAutoExtensionsOfObject(RelationRelationId, view) == NIL)
		recordDependencyOn(&depender, &extension, DEPENDENCY_AUTO_EXTENSION);
}

/* What it asks is of this node: Citus is not to make it on the others as well, or to complain that it cannot. */
static void
make(const UpProfile *p, const char *with, const char *select, bool replace)
{
	int level = NewGUCNestLevel();

	if (!(replace && up_is_on_other_nodes(view_of_name(p))) &&
		GetConfigOption("citus.enable_ddl_propagation", true, false) != NULL)
		up_set_locally("citus.enable_ddl_propagation", "off");
	up_query_in_path(psprintf("CREATE %sVIEW %s%s AS %s", replace ? "OR REPLACE " : "",
							  quote_qualified_identifier(p->table_schema, view_name(p)), with, select));
	AtEOXact_GUC(true, level);
	CommandCounterIncrement();
	depend_on_extension(p, view_of_name(p));
}

/* The view as it should be. */
typedef struct Plan
{
	List *columns; /* of Column */
	const char *with;
	char *from;
	int64 made_of;
} Plan;

/* What stands after FROM names the hash of the statement with 0 in its place. */
static Plan
plan_view(const UpProfile *p, Oid table)
{
	TupleDesc desc = up_relation_columns(table);
	bool sharded = up_is_sharded(table);
	StringInfoData rows, ages;
	Queues queues;
	Plan plan;

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
	plan.made_of = hash_of(select_of(plan.columns, plan.from));
	plan.from = psprintf("%s CROSS JOIN %s%s", rows.data, freshness_of(p, plan.made_of, sharded), ages.data);
	return plan;
}

static void
create(const UpProfile *p, const Plan *plan)
{
	make(p, plan->with, select_of(plan->columns, plan->from), false);
	up_query(false,
			 psprintf("COMMENT ON VIEW %s IS 'The profile as it is when it is read, with the age of each row.'",
					  quote_qualified_identifier(p->table_schema, view_name(p))),
			 0, NULL, NULL, NULL);
}

void
up_view_create(const UpProfile *p, Oid table)
{
	Plan plan = plan_view(p, table);
	Oid taken = view_of_name(p);

	if (OidIsValid(taken))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation %s already exists", up_relation_name(taken)),
				 errdetail("The profile's view needs this name."), errhint("Rename it, or the profile.")));
	create(p, &plan);
}

/* ---- making it anew ----------------------------------------------------------------------------------------------- */

/* What depends on the view, in the server's words; NULL: nothing. */
static const char *
dependent_of(Oid view)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(view);
	UpRows r = up_query(false,
						"SELECT CASE WHEN r.ev_class IS NULL THEN pg_describe_object(d.classid, d.objid, "
						"d.objsubid) ELSE pg_describe_object('pg_class'::regclass, r.ev_class, 0) END AS what "
						"FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND "
						"r.oid = d.objid WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND "
						"d.deptype = 'n' AND r.ev_class IS DISTINCT FROM $1 ORDER BY 1 LIMIT 1",
						1, &type, &value, NULL);
	bool isnull;

	return r.n == 0 ? NULL : TextDatumGetCString(up_rows_get(&r, 0, "what", &isnull));
}

/* Statements that give a new view of the same name what people gave this one: grants and comments. */
static List *
what_was_given(Oid view)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(view);
	UpRows r = up_query(
		false,
		"SELECT ''::text AS column_name, format('GRANT %s ON %s TO %s%s', x.privilege_type, $1::regclass, CASE "
		"x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, CASE WHEN "
		"x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement FROM pg_class c, "
		"aclexplode(c.relacl) x WHERE c.oid = $1 AND x.grantee <> c.relowner UNION ALL SELECT a.attname::text, "
		"format('GRANT %s (%I) ON %s TO %s%s', x.privilege_type, a.attname, $1::regclass, CASE x.grantee WHEN "
		"0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, CASE WHEN x.is_grantable THEN ' "
		"WITH GRANT OPTION' ELSE '' END) FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = $1 AND "
		"NOT a.attisdropped UNION ALL SELECT coalesce(a.attname::text, ''), format('COMMENT ON %s IS %L', CASE "
		"WHEN a.attname IS NULL THEN 'VIEW ' || $1::regclass ELSE 'COLUMN ' || $1::regclass || '.' || "
		"quote_ident(a.attname) END, d.description) FROM pg_description d LEFT JOIN pg_attribute a ON "
		"a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 WHERE d.objoid = $1 AND d.classoid "
		"= 'pg_class'::regclass",
		1, &type, &value, NULL);
	List *given = NIL;

	for (uint64 i = 0; i < r.n; i++)
	{
		bool isnull;

		add_column(&given, TextDatumGetCString(up_rows_get(&r, i, "column_name", &isnull)),
				   TextDatumGetCString(up_rows_get(&r, i, "statement", &isnull)));
	}
	return given;
}

static void
drop(Oid view)
{
	up_query(false, psprintf("DROP VIEW %s", up_relation_name(view)), 0, NULL, NULL, NULL);
	CommandCounterIncrement();
}

/* Another view in its place: nothing depends on the old one. */
static void
make_another(const UpProfile *p, const Plan *plan, Oid view)
{
	List *given = what_was_given(view);
	ListCell *cell;

	drop(view);
	create(p, plan);
	foreach (cell, given)
	{
		Column *c = lfirst(cell);

		if (c->name[0] == '\0' || find_column(plan->columns, c->name) != NULL)
			up_query(false, c->expression, 0, NULL, NULL, NULL);
	}
}

static void
refuse_retyped(Oid view, const char *column, const char *dependent)
{
	ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					errmsg("column \"%s\" of view %s gets another type, and %s depends on the view", column,
						   up_relation_name(view), dependent),
					errhint("Drop that, and make it again afterwards.")));
}

static Column *
null_column(Form_pg_attribute a)
{
	List *columns = NIL;

	add_column(&columns, pstrdup(NameStr(a->attname)),
			   psprintf("NULL::%s%s",
						format_type_extended(a->atttypid, a->atttypmod,
											 FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY),
						collation_clause(a->attcollation)));
	return linitial(columns);
}

/* A column that the view has and should not have: where something depends on the view it stays and is NULL. */
static Column *
empty_column(Oid view, Form_pg_attribute a, const char *dependent)
{
	ereport(NOTICE, (errmsg("view %s keeps its column \"%s\", which is NULL from now on",
							up_relation_name(view), NameStr(a->attname)),
					 errdetail_internal("%s depends on the view.", dependent)));
	return null_column(a);
}

/* Columns of a view that is replaced stand where they stood; new ones follow. */
static void
replace(const UpProfile *p, const Plan *plan, Oid view)
{
	TupleDesc before = up_relation_columns(view);
	TupleDesc after = up_query_columns(select_of(plan->columns, plan->from));
	const char *dependent = dependent_of(view);
	List *ordered = NIL;
	ListCell *cell;

	/* With its table views may have been copied there, where they would be in the way of the table's columns. */
	if (dependent == NULL && up_is_on_other_nodes(view))
	{
		make_another(p, plan, view);
		return;
	}
	for (int i = 0; i < before->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(before, i);
		Column *c = find_column(plan->columns, NameStr(a->attname));
		Form_pg_attribute b = c != NULL ? up_attribute_named(after, c->name) : NULL;
		bool same = b != NULL && a->atttypid == b->atttypid && a->atttypmod == b->atttypmod &&
					a->attcollation == b->attcollation;

		if (!same && dependent == NULL)
		{
			make_another(p, plan, view);
			return;
		}
		if (!same && b != NULL)
			refuse_retyped(view, c->name, dependent);
		ordered = lappend(ordered, same ? c : empty_column(view, a, dependent));
	}
	foreach (cell, plan->columns)
	{
		if (find_column(ordered, ((Column *) lfirst(cell))->name) == NULL)
			ordered = lappend(ordered, lfirst(cell));
	}
	make(p, plan->with, select_of(ordered, plan->from), true);
}

bool
up_view_update(const UpProfile *p, Oid table)
{
	Oid view = view_of_name(p);
	Plan plan = plan_view(p, table);
	int64 made_of;

	if (!OidIsValid(view))
		create(p, &plan);
	else if (!is_own_view(p, view, false, &made_of))
		return false;
	else if (made_of != plan.made_of)
		replace(p, &plan, view);
	else
		depend_on_extension(p, view);
	return true;
}

typedef struct Keeping
{
	const UpProfile *p;
	Oid table;
	bool own;
} Keeping;

static void
keep(void *of)
{
	Keeping *k = of;

	k->own = up_view_update(k->p, k->table);
}

bool
up_view_keep(const UpProfile *p, Oid table)
{
	Keeping k = {p, table, true};
	ErrorData *e = up_attempt(keep, &k);

	if (e != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("view %s of profile \"%s\" is not as it should be: %s",
						quote_qualified_identifier(p->table_schema, view_name(p)), p->name, e->message)));
	return k.own;
}

void
up_view_empty(const UpProfile *p)
{
	Oid view = up_view_find(p);
	TupleDesc desc;
	List *columns = NIL;

	if (!OidIsValid(view))
		return;
	desc = up_relation_columns(view);
	for (int i = 0; i < desc->natts; i++)
		columns = lappend(columns, null_column(TupleDescAttr(desc, i)));
	make(p, "", select_of(columns, psprintf("%s WHERE false", freshness_of(p, 0, false))), true);
}

void
up_view_drop(const UpProfile *p)
{
	Oid view = up_view_find(p);

	if (OidIsValid(view))
		drop(view);
}

void
up_view_reassign(const UpProfile *p, Oid role)
{
	Oid view = view_of_name(p);
	int64 made_of;

	if (is_own_view(p, view, true, &made_of))
		up_query(false,
				 psprintf("ALTER VIEW %s OWNER TO %s", up_relation_name(view),
						  quote_identifier(GetUserNameFromId(role, false))),
				 0, NULL, NULL, NULL);
}
