/*
 * watch_spec.c - watch as the user writes it; see watch_spec.h
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/varlena.h"

#include "base/platform.h"
#include "pg/io/nearest.h"
#include "pg/io/source_query.h"
#include "pg/io/texts.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch_spec.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"

#define CHANGED "changed"

/* An entry as written. */
typedef struct Wish
{
	const char *text; /* for messages */
	const char *table;
	List *columns;   /* of names, or */
	const char *key; /* a query */
	UpWatchForm form;
} Wish;

static void
bad_entry(const char *text)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("watch entry \"%s\" is not of the form table.column", text),
		 errhint(
			 "Write auto, none, {orders.customer_id, shops.(shop, customer)}, or a JSON array of such strings "
			 "and of {\"table\": …, \"key\": \"SELECT … FROM … JOIN changed USING (…)\"}.")));
}

/* table.column or table.(column, …): the last point that is neither in quotes nor in parentheses parts them. */
static Wish *
parse_entry(const char *text)
{
	Wish *wish = palloc0(sizeof(Wish));
	const char *point = NULL;
	const char *open = NULL;
	bool quoted = false;
	char *columns;
	size_t len;

	wish->text = text;
	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '"')
			quoted = !quoted;
		else if (!quoted && *c == '(' && open == NULL)
			open = c;
		else if (!quoted && *c == '.' && open == NULL)
			point = c;
	}
	if (point == NULL || quoted)
		bad_entry(text);
	wish->table = up_trimmed(text, point);
	columns = up_trimmed(point + 1, text + strlen(text));
	len = strlen(columns);
	if (open != NULL && (columns[0] != '(' || columns[len - 1] != ')'))
		bad_entry(text);
	if (open != NULL)
		columns = up_trimmed(columns + 1, columns + len - 1);
	if (wish->table[0] == '\0' || !SplitIdentifierString(columns, ',', &wish->columns) ||
		wish->columns == NIL || (open == NULL && list_length(wish->columns) > 1))
		bad_entry(text);
	return wish;
}

static List *
parse_braces(const char *text)
{
	const char *from = text + 1;
	const char *end = text + strlen(text) - 1;
	List *wishes = NIL;
	bool quoted = false;
	int depth = 0;

	if (*end != '}' || end == text)
		bad_entry(text);
	if (up_trimmed(from, end)[0] == '\0')
		return NIL;
	for (const char *c = from; c <= end; c++)
	{
		if (*c == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		depth += (*c == '(') - (*c == ')');
		if ((*c == ',' && depth == 0) || c == end)
		{
			wishes = lappend(wishes, parse_entry(up_trimmed(from, c)));
			from = c + 1;
		}
	}
	if (quoted)
		bad_entry(text);
	return wishes;
}

static const char *
take_text(const UpValue *object, const char *key)
{
	UpValue *v = up_value_get(object, key);

	if (v == NULL || v->type != UP_STRING)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an object in watch needs \"%s\", which is text", key),
			 errhint(
				 "For example {\"table\": \"order_lines\", \"key\": \"SELECT o.customer_id FROM orders o JOIN "
				 "changed USING (order_id)\"}.")));
	return v->string;
}

static UpWatchForm
take_form(const UpValue *object)
{
	UpValue *form = up_value_get(object, "form");
	UpValue *always = up_value_get(object, "always");
	bool is_always = always != NULL && always->type == UP_BOOLEAN && always->boolean;

	if (always != NULL && always->type != UP_BOOLEAN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"always\" in watch is true or false, not %s", up_value_type_name(always))));
	if (form == NULL)
		return is_always ? UP_WATCH_ALWAYS : UP_WATCH_STATEMENT;
	if (form->type != UP_STRING || (strcmp(form->string, "row") != 0 && strcmp(form->string, "statement") != 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"form\" in watch is \"statement\" or \"row\", not %s",
							   form->type == UP_STRING ? psprintf("\"%s\"", form->string)
													   : up_value_type_name(form))));
	if (form->string[0] == 'r')
		return is_always ? UP_WATCH_ALWAYS : UP_WATCH_ROW;
	if (is_always)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"always\" in watch needs the form \"row\""),
				 errdetail("What is replicated into a table fires no trigger of statements.")));
	return UP_WATCH_STATEMENT;
}

/* The key of an object: names of columns, or a query, which is no list of names. */
static Wish *
parse_object(const UpValue *object)
{
	static const char *const keys[] = {"table", "key", "form", "always"};
	Wish *wish = palloc0(sizeof(Wish));
	const char *key;

	for (uint32_t i = 0; i < object->n; i++)
	{
		bool known = false;

		for (size_t k = 0; k < lengthof(keys); k++)
			known = known || strcmp(object->keys[i], keys[k]) == 0;
		if (!known)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("an object in watch has no \"%s\"", object->keys[i]),
							errdetail("It has \"table\", \"key\", \"form\" and \"always\".")));
	}
	wish->table = take_text(object, "table");
	key = take_text(object, "key");
	if (!SplitIdentifierString(pstrdup(key), ',', &wish->columns) || wish->columns == NIL)
	{
		wish->columns = NIL;
		wish->key = key;
	}
	wish->form = take_form(object);
	wish->text = wish->columns != NIL ? psprintf("%s.(%s)", wish->table, key) : wish->table;
	return wish;
}

static List *
parse_json(const char *text)
{
	UpValue *array = up_value_from_jsonb(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
	List *wishes = NIL;

	for (uint32_t i = 0; i < array->n; i++)
	{
		UpValue *item = array->items[i];

		if (item->type == UP_STRING)
			wishes = lappend(wishes, parse_entry(item->string));
		else if (item->type == UP_OBJECT)
			wishes = lappend(wishes, parse_object(item));
		else
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("watch lists strings and objects, not %s", up_value_type_name(item))));
	}
	return wishes;
}

UpWatchSpec *
up_watch_parse(const char *given)
{
	UpWatchSpec *spec = palloc0(sizeof(UpWatchSpec));
	char *text = up_trimmed(given, given + strlen(given));

	spec->mode = UP_WATCH_LIST;
	if (pg_strcasecmp(text, "auto") == 0)
		spec->mode = UP_WATCH_AUTO;
	else if (pg_strcasecmp(text, "none") == 0)
		spec->mode = UP_WATCH_NONE;
	else if (text[0] == '[')
		spec->wishes = parse_json(text);
	else if (text[0] == '{')
		spec->wishes = parse_braces(text);
	else
		bad_entry(text);
	if (spec->mode == UP_WATCH_LIST && spec->wishes == NIL)
		spec->mode = UP_WATCH_NONE;
	return spec;
}

/* ---- entries --------------------------------------------------------------------------------------------------- */

static void
add_entry(UpWatchPlan *plan, Oid relation, List *columns, const char *key_query, const char *found,
		  UpWatchForm form)
{
	UpWatchEntry *entry;
	ListCell *cell;

	foreach (cell, plan->entries)
	{
		UpWatchEntry *other = lfirst(cell);

		if (other->relation == relation &&
			equal(other->key_query == NULL ? NULL : makeString(pstrdup(other->key_query)),
				  key_query == NULL ? NULL : makeString(pstrdup(key_query))) &&
			list_length(other->columns) == list_length(columns))
		{
			ListCell *a, *b;
			bool same = true;

			forboth(a, other->columns, b, columns) same = same && strcmp(lfirst(a), lfirst(b)) == 0;
			if (same)
			{
				other->form = Max(other->form, form);
				return;
			}
		}
	}
	entry = palloc0(sizeof(UpWatchEntry));
	entry->relation = relation;
	entry->columns = columns;
	entry->key_query = key_query;
	entry->found = found;
	entry->form = form;
	plan->entries = lappend(plan->entries, entry);
}

static List *
column_names(const UpTableUse *use, int n)
{
	List *names = NIL;

	for (int i = 0; i < n; i++)
		names = lappend(names, get_attname(use->relation, use->columns[i], false));
	return names;
}

static bool
is_watched(const UpWatchPlan *plan, Oid relation)
{
	ListCell *cell;

	foreach (cell, plan->entries)
	{
		UpWatchEntry *entry = lfirst(cell);

		if (entry->relation == relation)
			return true;
	}
	return false;
}

static Oid
find_table(const Wish *wish)
{
	List *names = up_name_parts("table of a watch entry", wish->table);
	Oid relation = RangeVarGetRelid(makeRangeVarFromNameList(names), AccessShareLock, true);

	if (!OidIsValid(relation))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("watch entry \"%s\" names a table that does not exist", wish->text),
						up_hint_nearest(up_nearest_relation(makeRangeVarFromNameList(names)), NULL)));
	return relation;
}

/* An entry for a view means the tables that it reads. */
static void
plan_view(UpWatchPlan *plan, const Wish *wish, Oid view)
{
	StringInfoData key;
	UpSourceAnalysis *a;
	ListCell *cell;

	initStringInfo(&key);
	foreach (cell, wish->columns)
		appendStringInfo(&key, "%s%s", key.len > 0 ? ", " : "", quote_identifier(lfirst(cell)));
	a = up_source_analyse(psprintf("SELECT * FROM %s", up_relation_name(view)), key.data, NULL);
	foreach (cell, a->tables)
	{
		UpTableUse *use = lfirst(cell);

		if (!use->proved)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("watch entry \"%s\": view %s reads table %s, in which %s is not to be found",
							wish->text, up_relation_name(view), up_relation_name(use->relation), key.data),
					 errdetail("%s.", use->why.text), errhint("Name the tables themselves.")));
		add_entry(plan, use->relation, column_names(use, a->key.n), NULL, "given", wish->form);
	}
}

/* ---- key queries ----------------------------------------------------------------------------------------------- */

typedef struct ChangedWalk
{
	List *queries; /* innermost first */
	Bitmapset *columns;
	bool whole; /* a whole row of changed */
	bool found; /* changed is read at all */
} ChangedWalk;

static bool
changed_walker(Node *node, void *context)
{
	ChangedWalk *w = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		ListCell *cell;

		foreach (cell, ((Query *) node)->rtable)
			w->found |= lfirst_node(RangeTblEntry, cell)->rtekind == RTE_NAMEDTUPLESTORE;
		w->queries = lcons(node, w->queries);
		query_tree_walker((Query *) node, changed_walker, w, QTW_IGNORE_JOINALIASES);
		w->queries = list_delete_first(w->queries);
		return false;
	}
	if (IsA(node, Var) && (int) ((Var *) node)->varlevelsup < list_length(w->queries))
	{
		Var *var = (Var *) node;
		Query *query = list_nth(w->queries, (int) var->varlevelsup);
		RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);

		if (rte->rtekind == RTE_NAMEDTUPLESTORE && var->varattno > 0)
			w->columns = bms_add_member(w->columns, var->varattno);
		else if (rte->rtekind == RTE_NAMEDTUPLESTORE)
			w->whole = true;
		else if (rte->rtekind == RTE_JOIN && var->varattno > 0)
		{
			Node *alias = copyObjectImpl(list_nth(rte->joinaliasvars, var->varattno - 1));
			List *saved = w->queries;

			w->queries = list_copy_tail(saved, (int) var->varlevelsup);
			changed_walker(alias, w);
			w->queries = saved;
		}
		else if (rte->rtekind == RTE_JOIN)
			w->whole = true;
		return false;
	}
	return expression_tree_walker(node, changed_walker, w);
}

static QueryEnvironment *
changed_environment(Oid relation, TupleDesc desc)
{
	QueryEnvironment *environment = create_queryEnv();
	EphemeralNamedRelation changed = palloc0(sizeof(EphemeralNamedRelationData));

	changed->md.name = CHANGED;
	changed->md.tupdesc = desc;
	changed->md.enrtype = ENR_NAMED_TUPLESTORE;
	register_ENR(environment, changed);
	return environment;
}

/* Every table on the way from changed to the key: it moves users as well. */
static void
plan_way(UpWatchPlan *plan, const Wish *wish, const UpSourceAnalysis *a, List **open)
{
	ListCell *cell;

	foreach (cell, a->tables)
	{
		UpTableUse *use = lfirst(cell);

		if (use->proved)
			add_entry(plan, use->relation, column_names(use, a->key.n), NULL, "on the way", UP_WATCH_STATEMENT);
		else
			*open = lappend(*open, use);
	}
}

static List *
changed_columns(const Wish *wish, Query *query, TupleDesc desc)
{
	ChangedWalk w = {0};
	List *names = NIL;

	changed_walker((Node *) query, &w);
	if (!w.found)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the \"key\" of watched table \"%s\" does not read \"changed\"", wish->table),
				 errdetail("changed is the set of the rows of the table that changed."),
				 errhint("For example SELECT o.customer_id FROM orders o JOIN changed USING (order_id).")));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (!a->attisdropped && (w.whole || bms_is_member(i + 1, w.columns)))
			names = lappend(names, pstrdup(NameStr(a->attname)));
	}
	if (names == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the \"key\" of watched table \"%s\" uses no column of \"changed\"", wish->table)));
	return names;
}

static void
plan_query(UpWatchPlan *plan, const Wish *wish, const UpKey *key, Oid relation, List **open)
{
	Relation table = table_open(relation, AccessShareLock);
	QueryEnvironment *environment = changed_environment(relation, CreateTupleDescCopy(RelationGetDescr(table)));
	char *query_text = up_source_query(wish->key);
	char *text = up_trimmed(query_text, query_text + strlen(query_text));
	StringInfoData names;
	TupleDesc columns;
	Query *query = up_query_parse(text, environment, &columns);

	if (columns->natts != key->n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the \"key\" of watched table \"%s\" has %d columns, but the profile's key has %d",
						wish->table, columns->natts, key->n)));
	initStringInfo(&names);
	for (int i = 0; i < key->n; i++)
	{
		Oid type = getBaseType(TupleDescAttr(columns, i)->atttypid);
		Oid function;

		if (up_key_conversion(type, key->parts[i].type, &function) == UP_CONVERT_NEVER)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("the \"key\" of watched table \"%s\" finds %s, but the key \"%s\" is of type %s",
							wish->table, format_type_be(type), key->parts[i].name,
							format_type_be(key->parts[i].type))));
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(TupleDescAttr(columns, i)->attname)));
	}
	add_entry(plan, relation, changed_columns(wish, query, RelationGetDescr(table)), text, "given", wish->form);
	plan_way(plan, wish, up_source_analyse(text, names.data, environment), open);
	table_close(table, NoLock);
}

char *
up_watch_key_query(const UpWatch *watch, Relation queue)
{
	StringInfoData sql, arrays;

	initStringInfo(&sql);
	initStringInfo(&arrays);
	appendStringInfoString(&sql, "WITH " CHANGED " (");
	for (int i = 0; i < watch->n_columns; i++)
	{
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", quote_identifier(watch->columns[i]));
		appendStringInfo(&arrays, "%s$%d", i > 0 ? ", " : "", i + 1);
	}
	appendStringInfo(&sql, ") AS (SELECT * FROM ROWS FROM (");
	for (int i = 0; i < watch->n_columns; i++)
		appendStringInfo(&sql, "%spg_catalog.unnest($%d)", i > 0 ? ", " : "", i + 1);
	appendStringInfo(&sql, ") AS u) SELECT * FROM (%s) AS uprofile_keys", watch->key_query);
	return sql.data;
}

/* ---- the plan -------------------------------------------------------------------------------------------------- */

static void
plan_wish(UpWatchPlan *plan, const Wish *wish, const UpSourceAnalysis *source, List **open)
{
	Oid relation = find_table(wish);
	char kind = get_rel_relkind(relation);

	if (wish->key != NULL)
		plan_query(plan, wish, &source->key, relation, open);
	else if (kind == RELKIND_VIEW)
		plan_view(plan, wish, relation);
	else if (kind == RELKIND_MATVIEW)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("watch entry \"%s\": a materialized view cannot be watched", wish->text),
						errhint("Watch the tables that it reads, and refresh it before the profile.")));
	else
		add_entry(plan, relation, list_copy(wish->columns), NULL, "given", wish->form);
}

static bool
may_watch(Oid relation)
{
	ListCell *cell;

	foreach (cell, find_all_inheritors(relation, NoLock, NULL))
	{
		if (pg_class_aclcheck(lfirst_oid(cell), GetUserId(), ACL_TRIGGER) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/* A table in which nobody can be seen to write. */
static void
plan_unwatchable(UpWatchPlan *plan, const UpTableUse *use, bool by_time)
{
	char *table = up_relation_name(use->relation);

	if (by_time)
		plan->by_time = lappend(plan->by_time, table);
	else
		plan->missing = lappend(
			plan->missing,
			psprintf("%s: %s; with the policy \"full_every\" changes elsewhere are followed, and all users are "
					 "computed at that interval",
					 table, use->why.text));
}

static void
plan_auto(UpWatchPlan *plan, const UpSourceAnalysis *source, bool by_time)
{
	ListCell *cell;

	foreach (cell, source->tables)
	{
		UpTableUse *use = lfirst(cell);
		char *table = up_relation_name(use->relation);

		if (!use->proved && use->why.users_depend)
			continue;
		if (use->unwatchable)
			plan_unwatchable(plan, use, by_time);
		else if (!use->proved)
			plan->missing =
				lappend(plan->missing, psprintf("%s: %s; write the entry {\"table\": \"%s\", \"key\": \"SELECT "
												"… FROM … JOIN changed USING (…)\"}",
												table, use->why.text, table));
		else if (!may_watch(use->relation))
			plan->missing =
				lappend(plan->missing, psprintf("%s: let its owner run GRANT TRIGGER ON %s TO %s", table, table,
												quote_identifier(GetUserNameFromId(GetUserId(), false))));
		else
			add_entry(plan, use->relation, column_names(use, source->key.n), NULL, "auto", UP_WATCH_STATEMENT);
	}
}

static void
plan_list(UpWatchPlan *plan, const UpWatchSpec *spec, const UpSourceAnalysis *source, bool by_time)
{
	List *open = NIL;
	ListCell *cell;

	foreach (cell, spec->wishes)
		plan_wish(plan, lfirst(cell), source, &open);
	foreach (cell, open)
	{
		UpTableUse *use = lfirst(cell);

		if (!is_watched(plan, use->relation))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("table %s stands on the way to the key and is not watched",
								   up_relation_name(use->relation)),
							errdetail("%s.", use->why.text),
							errhint("Add an entry for it, with a \"key\" of its own.")));
	}
	foreach (cell, source->tables)
	{
		UpTableUse *use = lfirst(cell);

		if (is_watched(plan, use->relation))
			continue;
		if (use->unwatchable)
			plan_unwatchable(plan, use, by_time);
		else
			plan->missing = lappend(plan->missing, psprintf("%s: the source reads it and no entry names it",
															up_relation_name(use->relation)));
	}
}

UpWatchPlan *
up_watch_plan(const UpWatchSpec *spec, const UpSourceAnalysis *source, bool by_time)
{
	UpWatchPlan *plan = palloc0(sizeof(UpWatchPlan));
	ListCell *cell;

	foreach (cell, source->tables)
	{
		UpTableUse *use = lfirst(cell);

		if (!use->proved && use->why.users_depend)
			plan->mixed =
				lappend(plan->mixed, psprintf("%s: %s", up_relation_name(use->relation), use->why.text));
	}
	plan->mixed = list_concat(plan->mixed, list_copy(source->unsafe));
	if (spec->mode == UP_WATCH_AUTO)
		plan_auto(plan, source, by_time);
	else if (spec->mode == UP_WATCH_LIST)
		plan_list(plan, spec, source, by_time);
	plan->keyed = plan->entries != NIL && plan->missing == NIL && plan->mixed == NIL;
	return plan;
}
