/*
 * event_checks.c - that features know nothing but what was there at the anchor; see events.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"

#include "pg/io/source_query.h"
#include "pg/models/events.h"

#define ANCHOR "uprofile_anchor"

/* ---- the anchor within a text ---- */

static bool
anchor_walker(Node *node, void *places)
{
	List **found = places;

	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
	{
		const FuncCall *f = (const FuncCall *) node;

		if (f->args == NIL && f->location >= 0 && strcmp(strVal(llast(f->funcname)), ANCHOR) == 0)
			*found = lappend_int(*found, f->location);
	}
	return raw_expression_tree_walker(node, anchor_walker, places);
}

static int
compare_places(const ListCell *a, const ListCell *b)
{
	return lfirst_int(a) - lfirst_int(b);
}

/* Behind the closing parenthesis of a call that begins here: names, quoted or not, and points come before it. */
static const char *
end_of_call(const char *c)
{
	bool quoted = false;

	for (; *c != '\0' && (quoted || *c != ')'); c++)
		quoted = *c == '"' ? !quoted : quoted;
	return *c == ')' ? c + 1 : c;
}

char *
up_anchored(const char *statement, TimestampTz anchor)
{
	List *parsed = raw_parser(statement, RAW_PARSE_DEFAULT), *places = NIL;
	const char *from = statement;
	StringInfoData s;
	ListCell *cell;

	foreach (cell, parsed)
		(void) anchor_walker((Node *) lfirst_node(RawStmt, cell)->stmt, &places);
	list_sort(places, compare_places);
	initStringInfo(&s);
	foreach (cell, places)
	{
		const char *at = statement + lfirst_int(cell);

		appendBinaryStringInfo(&s, from, (int) (at - from));
		appendStringInfo(&s, "('%s'::pg_catalog.timestamptz)", up_anchor_text(anchor));
		from = end_of_call(at);
	}
	appendStringInfoString(&s, from);
	return s.data;
}

/* ---- what features read ---- */

static bool
reads_clock(Oid function)
{
	static const Oid clocks[] = {F_NOW,       F_TRANSACTION_TIMESTAMP, F_STATEMENT_TIMESTAMP, F_CLOCK_TIMESTAMP,
								 F_TIMEOFDAY, F_AGE_TIMESTAMP,         F_AGE_TIMESTAMPTZ};

	for (int i = 0; i < (int) lengthof(clocks); i++)
	{
		if (function == clocks[i])
			return true;
	}
	return false;
}

static void
refuse_clock(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features read the clock"),
					errdetail("At a past anchor now is another time."), errhint("Use uprofile_anchor().")));
}

static void
refuse_relation(Oid relation)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("features read relation \"%s\", and may read events and users alone",
						   get_rel_name(relation)),
					errdetail("It may hold what was not there at the anchor."),
					errhint("Read \"events\" in the features, and join what belongs to an event in the source "
							"of the events.")));
}

static bool
feature_walker(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		const RangeTblEntry *r = (const RangeTblEntry *) node;

		if (r->rtekind == RTE_RELATION)
			refuse_relation(r->relid);
		return false;
	}
	if (IsA(node, FuncExpr) && reads_clock(((const FuncExpr *) node)->funcid))
		refuse_clock();
	if (IsA(node, SQLValueFunction) && ((const SQLValueFunction *) node)->op <= SVFOP_LOCALTIMESTAMP_N)
		refuse_clock();
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, feature_walker, arg, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, feature_walker, arg);
}

static void
offer(QueryEnvironment *environment, const char *name, TupleDesc columns)
{
	EphemeralNamedRelation rows = palloc0(sizeof(EphemeralNamedRelationData));

	rows->md.name = pstrdup(name);
	rows->md.reliddesc = InvalidOid;
	rows->md.tupdesc = columns;
	rows->md.enrtype = ENR_NAMED_TUPLESTORE;
	register_ENR(environment, rows);
}

void
up_event_check_features(const UpEvents *e, const char *features)
{
	QueryEnvironment *environment = create_queryEnv();
	TupleDesc columns;
	Query *q;

	offer(environment, "events", e->event_columns);
	offer(environment, "users", e->user_columns);
	q = up_query_parse(up_anchored(features, 0), environment, &columns);
	(void) feature_walker((Node *) q, NULL);
}
