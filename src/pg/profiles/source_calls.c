/*
 * source_calls.c - the functions that a source calls; see source_calls.h
 *
 * IMMUTABLE is believed. STABLE is harmless where the function is built in and neither reads the clock, a setting nor
 * the catalogues; another's STABLE function may read tables that nobody watches.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/heap.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/tlist.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/platform.h"
#include "pg/profiles/source_calls.h"

static bool
starts_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* A built-in function that reads the clock. */
static bool
is_clock(Oid function)
{
	static const char *const names[] = {"now", "transaction_timestamp", "statement_timestamp",
										"clock_timestamp", "timeofday"};
	char *name;

	if (function >= FirstNormalObjectId)
		return false;
	name = get_func_name(function);
	if (name == NULL)
		return false;
	for (size_t i = 0; i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	/* With one argument it counts from today. */
	return strcmp(name, "age") == 0 && get_func_nargs(function) == 1;
}

/* A built-in STABLE function whose answer changes with what is neither an argument nor a watched row. */
static bool
looks_elsewhere(const char *name)
{
	static const char *const prefixes[] = {"pg_",
										   "has_",
										   "query_to_xml",
										   "table_to_xml",
										   "cursor_to_xml",
										   "schema_to_xml",
										   "database_to_xml",
										   "txid_",
										   "to_reg",
										   "inet_client",
										   "inet_server",
										   "ts_stat",
										   "current_schema",
										   "row_security_active",
										   "lo_"};
	static const char *const names[] = {"current_setting",   "obj_description", "col_description",
										"shobj_description", "lastval",         "currval",
										"mxid_age"};

	for (size_t i = 0; i < lengthof(prefixes); i++)
	{
		if (starts_with(name, prefixes[i]))
			return true;
	}
	for (size_t i = 0; i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_setting(Oid function)
{
	return function == F_CURRENT_SETTING_TEXT || function == F_CURRENT_SETTING_TEXT_BOOL;
}

/* A function of this extension's traits: STABLE where it reads the clock, which is told apart, or the session's time zone. */
static bool
is_trait(Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	bool is;

	if (!HeapTupleIsValid(tuple))
		return false;
	is = ((Form_pg_proc) GETSTRUCT(tuple))->prolang == ClanguageId &&
		 starts_with(NameStr(((Form_pg_proc) GETSTRUCT(tuple))->proname), "uprofile_agg_");
	ReleaseSysCache(tuple);
	return is;
}

typedef struct UnsafeWalk
{
	List *reasons;
	bool settings; /* may be read */
} UnsafeWalk;

static void
complain(UnsafeWalk *w, const char *format, const char *name)
{
	char *reason = psprintf(format, name);
	ListCell *cell;

	foreach (cell, w->reasons)
	{
		if (strcmp(lfirst(cell), reason) == 0)
			return;
	}
	w->reasons = lappend(w->reasons, reason);
}

static bool
check_function(Oid function, void *context)
{
	UnsafeWalk *w = context;
	char *name;
	char volatility;

	if (is_clock(function) || (w->settings && is_setting(function)) || (name = get_func_name(function)) == NULL)
		return false;
	volatility = func_volatile(function);
	if (volatility == PROVOLATILE_VOLATILE)
		complain(w, "function %s is VOLATILE", quote_identifier(name));
	else if (volatility == PROVOLATILE_STABLE && function >= FirstNormalObjectId && !is_trait(function))
		complain(w, "function %s is STABLE, so it may read tables that nobody watches", quote_identifier(name));
	else if (volatility == PROVOLATILE_STABLE && looks_elsewhere(name))
		complain(w, "function %s depends on more than its arguments", quote_identifier(name));
	return false;
}

/* An aggregate is IMMUTABLE whatever its functions are. */
static void
check_aggregate(Oid aggregate, UnsafeWalk *w)
{
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	Form_pg_aggregate form;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	check_function(form->aggtransfn, w);
	if (OidIsValid(form->aggfinalfn))
		check_function(form->aggfinalfn, w);
	ReleaseSysCache(tuple);
}

static bool
unsafe_walker(Node *node, void *context)
{
	UnsafeWalk *w = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, unsafe_walker, w, 0);
	if (IsA(node, Aggref))
		check_aggregate(((Aggref *) node)->aggfnoid, w);
	else if (IsA(node, WindowFunc) &&
			 SearchSysCacheExists1(AGGFNOID, ObjectIdGetDatum(((WindowFunc *) node)->winfnoid)))
		check_aggregate(((WindowFunc *) node)->winfnoid, w);
	else if (IsA(node, Var) && ((Var *) node)->varattno < 0 &&
			 ((Var *) node)->varattno != TableOidAttributeNumber)
		complain(w, "it reads the system column %s",
				 NameStr(SystemAttributeDefinition(((Var *) node)->varattno)->attname));
	else if (IsA(node, NextValueExpr))
		complain(w, "function %s is VOLATILE", "nextval");
	else if (IsA(node, CurrentOfExpr))
		complain(w, "it reads %s", "a cursor");
	check_functions_in_node(node, check_function, w);
	return expression_tree_walker(node, unsafe_walker, w);
}

List *
up_calls_unsafe(Query *query, bool settings)
{
	UnsafeWalk w = {NIL, settings};

	unsafe_walker((Node *) query, &w);
	return w.reasons;
}

/* ---- what may be replaced ------------------------------------------------------------------------------------- */

static void
append_attribute(StringInfo all, HeapTuple function, AttrNumber attribute)
{
	bool isnull;
	Datum value = SysCacheGetAttr(PROCOID, function, attribute, &isnull);

	appendStringInfo(all, "%s\n", isnull ? "" : TextDatumGetCString(value));
}

static bool
append_body(Oid function, void *arg)
{
	HeapTuple tuple;

	if (function < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return false;
	append_attribute(arg, tuple, Anum_pg_proc_prosrc);
	append_attribute(arg, tuple, Anum_pg_proc_probin);
	append_attribute(arg, tuple, Anum_pg_proc_prosqlbody);
	appendStringInfo(arg, "%c %u\n", ((Form_pg_proc) GETSTRUCT(tuple))->provolatile,
					 ((Form_pg_proc) GETSTRUCT(tuple))->prolang);
	ReleaseSysCache(tuple);
	return false;
}

static void
append_aggregate(Oid aggregate, StringInfo all)
{
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	Form_pg_aggregate form;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	append_body(form->aggtransfn, all);
	append_body(form->aggfinalfn, all);
	ReleaseSysCache(tuple);
}

static bool
bodies_walker(Node *node, void *all)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, bodies_walker, all, 0);
	if (IsA(node, Aggref))
		append_aggregate(((Aggref *) node)->aggfnoid, all);
	else if (IsA(node, WindowFunc))
		append_aggregate(((WindowFunc *) node)->winfnoid, all);
	check_functions_in_node(node, append_body, all);
	return expression_tree_walker(node, bodies_walker, all);
}

const char *
up_calls_bodies(Query *query)
{
	StringInfoData all;

	initStringInfo(&all);
	bodies_walker((Node *) query, &all);
	return all.data;
}

/* ---- the clock ------------------------------------------------------------------------------------------------ */

typedef struct Scope
{
	Query *query;
	struct Scope *parent;
} Scope;

typedef struct ClockWalk
{
	Scope *scope;
	const char *found;
	bool settings; /* count as well */
} ClockWalk;

static bool clock_walker(Node *node, void *context);

static bool
clock_function(Oid function, void *context)
{
	ClockWalk *w = context;

	if (is_clock(function) || (w->settings && is_setting(function)))
		w->found = psprintf("%s()", get_func_name(function));
	return w->found != NULL;
}

/* Whether params, the last of the arguments, are a constant that says as of when. */
static bool
says_at(List *args)
{
	Node *last = llast(args);
	Const *params = (Const *) (IsA(last, TargetEntry) ? (Node *) ((TargetEntry *) last)->expr : last);
	JsonbValue *at;

	if (!IsA(params, Const) || params->constisnull || params->consttype != JSONBOID)
		return false;
	at = findJsonbValueFromContainer(&DatumGetJsonbP(params->constvalue)->root, JB_FOBJECT,
									 &(JsonbValue){.type = jbvString, .val.string = {2, "at"}});
	return at != NULL && at->type != jbvNull;
}

/* The name of a trait that is told as of now, or NULL. */
static char *
trait_of_now(Oid aggregate, List *args)
{
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	Oid final;
	char *name;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	final = ((Form_pg_aggregate) GETSTRUCT(tuple))->aggfinalfn;
	ReleaseSysCache(tuple);
	if (!OidIsValid(final) || !is_trait(final) || (name = get_func_name(final)) == NULL)
		return NULL;
	if (strcmp(name, "uprofile_agg_since_final") == 0
			? list_length(args) > 1
			: (strcmp(name, "uprofile_agg_rfm_final") != 0 && strcmp(name, "uprofile_agg_streak_final") != 0) ||
				  says_at(args))
		return NULL;
	return get_func_name(aggregate);
}

static const char *
clock_value(const SQLValueFunction *f)
{
	switch (f->op)
	{
		case SVFOP_CURRENT_DATE:
			return "CURRENT_DATE";
		case SVFOP_CURRENT_TIME:
		case SVFOP_CURRENT_TIME_N:
			return "CURRENT_TIME";
		case SVFOP_CURRENT_TIMESTAMP:
		case SVFOP_CURRENT_TIMESTAMP_N:
			return "CURRENT_TIMESTAMP";
		case SVFOP_LOCALTIME:
		case SVFOP_LOCALTIME_N:
			return "LOCALTIME";
		case SVFOP_LOCALTIMESTAMP:
		case SVFOP_LOCALTIMESTAMP_N:
			return "LOCALTIMESTAMP";
		default:
			return NULL;
	}
}

static Query *
subquery_of(Scope *scope, const RangeTblEntry *rte, Scope **parent)
{
	ListCell *cell;

	*parent = scope;
	if (rte->rtekind == RTE_SUBQUERY)
		return rte->subquery;
	if (rte->rtekind != RTE_CTE || rte->self_reference)
		return NULL;
	for (Index up = rte->ctelevelsup; up > 0 && *parent != NULL; up--)
		*parent = (*parent)->parent;
	if (*parent == NULL)
		return NULL;
	foreach (cell, (*parent)->query->cteList)
	{
		if (strcmp(lfirst_node(CommonTableExpr, cell)->ctename, rte->ctename) == 0)
			return castNode(Query, lfirst_node(CommonTableExpr, cell)->ctequery);
	}
	return NULL;
}

/* Whether a column of a query's result reads the clock: in any arm of a set operation. */
static bool
output_reads_clock(Scope *scope, int column, ClockWalk *w)
{
	Query *query = scope->query;
	TargetEntry *entry;
	ListCell *cell;

	check_stack_depth();
	if (query->setOperations != NULL)
	{
		foreach (cell, query->rtable)
		{
			RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);
			Scope arm = {rte->subquery, scope};

			if (rte->rtekind == RTE_SUBQUERY && output_reads_clock(&arm, column, w))
				return true;
		}
		return false;
	}
	entry = get_tle_by_resno(query->targetList, (AttrNumber) column);
	if (entry != NULL)
	{
		Scope *saved = w->scope;

		w->scope = scope;
		clock_walker((Node *) entry->expr, w);
		w->scope = saved;
	}
	return w->found != NULL;
}

static bool
column_reads_clock(const Var *var, ClockWalk *w)
{
	Scope *scope = w->scope;
	Scope *parent;
	RangeTblEntry *rte;
	Scope inner;

	for (Index up = var->varlevelsup; up > 0 && scope != NULL; up--)
		scope = scope->parent;
	if (scope == NULL || var->varattno <= 0)
		return false;
	rte = rt_fetch(var->varno, scope->query->rtable);
	if (rte->rtekind == RTE_JOIN || rte->rtekind == RTE_FUNCTION)
	{
		Scope *saved = w->scope;

		w->scope = scope;
		if (rte->rtekind == RTE_JOIN)
			clock_walker(list_nth(rte->joinaliasvars, var->varattno - 1), w);
		else
			clock_walker((Node *) rte->functions, w);
		w->scope = saved;
		return w->found != NULL;
	}
#if PG_VERSION_NUM >= 180000
	if (rte->rtekind == RTE_GROUP)
	{
		Scope *saved = w->scope;

		w->scope = scope;
		clock_walker(list_nth(rte->groupexprs, var->varattno - 1), w);
		w->scope = saved;
		return w->found != NULL;
	}
#endif
	inner.query = subquery_of(scope, rte, &inner.parent);
	parent = inner.parent;
	return inner.query != NULL && parent != NULL && output_reads_clock(&inner, var->varattno, w);
}

static bool
clock_walker(Node *node, void *context)
{
	ClockWalk *w = context;

	if (node == NULL || w->found != NULL)
		return w->found != NULL;
	if (IsA(node, Query))
	{
		Scope scope = {(Query *) node, w->scope};
		Scope *saved = w->scope;

		w->scope = &scope;
		query_tree_walker((Query *) node, clock_walker, w, QTW_IGNORE_RC_SUBQUERIES);
		w->scope = saved;
		return w->found != NULL;
	}
	if (IsA(node, SQLValueFunction))
		w->found = clock_value((SQLValueFunction *) node);
	else if (IsA(node, Aggref))
		w->found = trait_of_now(((Aggref *) node)->aggfnoid, ((Aggref *) node)->args);
	else if (IsA(node, WindowFunc))
		w->found = trait_of_now(((WindowFunc *) node)->winfnoid, ((WindowFunc *) node)->args);
	else if (IsA(node, Var) && column_reads_clock((Var *) node, w))
		return true;
	if (w->found != NULL || check_functions_in_node(node, clock_function, w))
		return true;
	return expression_tree_walker(node, clock_walker, w);
}

typedef struct FilterWalk
{
	Scope *scope;
	const char *found;
} FilterWalk;

static bool
filter_reads_clock(Node *condition, FilterWalk *w)
{
	ClockWalk clock = {w->scope, NULL};

	clock_walker(condition, &clock);
	if (clock.found != NULL)
		w->found = clock.found;
	return w->found != NULL;
}

/* Conditions at every level: WHERE, ON, HAVING, LIMIT. */
static bool
filter_walker(Node *node, void *context)
{
	FilterWalk *w = context;

	if (node == NULL || w->found != NULL)
		return w->found != NULL;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;
		Scope scope = {query, w->scope};
		Scope *saved = w->scope;

		w->scope = &scope;
		filter_reads_clock(query->havingQual, w);
		filter_reads_clock(query->limitCount, w);
		filter_reads_clock(query->limitOffset, w);
		query_tree_walker(query, filter_walker, w, 0);
		w->scope = saved;
		return w->found != NULL;
	}
	if (IsA(node, FromExpr) && filter_reads_clock(((FromExpr *) node)->quals, w))
		return true;
	if (IsA(node, JoinExpr) && filter_reads_clock(((JoinExpr *) node)->quals, w))
		return true;
	return expression_tree_walker(node, filter_walker, w);
}

static List *
note(List *uses, const char *column, const char *what)
{
	UpClockUse *use = palloc(sizeof(UpClockUse));

	use->column = column;
	use->what = what;
	return lappend(uses, use);
}

List *
up_calls_clock(Query *query)
{
	Scope scope = {query, NULL};
	FilterWalk filter = {NULL, NULL};
	List *uses = NIL;
	ListCell *cell;

	foreach (cell, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		ClockWalk w = {&scope, NULL};

		if (!entry->resjunk && output_reads_clock(&scope, entry->resno, &w))
			uses = note(uses, entry->resname, w.found);
	}
	filter_walker((Node *) query, &filter);
	if (filter.found != NULL)
		uses = note(uses, NULL, filter.found);
	return uses;
}

bool
up_calls_time(Query *query)
{
	Scope scope = {query, NULL};
	ClockWalk w = {&scope, NULL, true};

	return clock_walker((Node *) query->targetList, &w);
}

static bool
word_walker(Node *node, void *context)
{
	const char **found = context;
	static const char *const words[] = {"now", "today", "yesterday", "tomorrow"};

	if (node == NULL)
		return false;
	if (IsA(node, TypeCast) && IsA(((TypeCast *) node)->arg, A_Const))
	{
		A_Const *constant = (A_Const *) ((TypeCast *) node)->arg;
		const char *text = NULL;

#if PG_VERSION_NUM >= 150000
		if (!constant->isnull && IsA(&constant->val, String))
			text = constant->val.sval.sval;
#else
		if (IsA(&constant->val, String))
			text = constant->val.val.str;
#endif
		for (size_t i = 0; text != NULL && i < lengthof(words); i++)
		{
			if (pg_strncasecmp(text, words[i], strlen(words[i])) == 0)
				*found = psprintf("'%s'", words[i]);
		}
	}
	return *found != NULL || raw_expression_tree_walker(node, word_walker, found);
}

const char *
up_calls_clock_word(const char *text)
{
	const char *found = NULL;
	ListCell *cell;

	foreach (cell, raw_parser(text, RAW_PARSE_DEFAULT))
		word_walker(lfirst_node(RawStmt, cell)->stmt, &found);
	return found;
}
