/*
 * source_query.c - what a source says; see source_query.h
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scansup.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/nearest.h"
#include "pg/io/relation.h"
#include "pg/io/source_query.h"

#define LONGEST_SHOWN    200 /* bytes of a source in an error's context */
#define WHAT_A_SOURCE_IS "A source is the name of a relation, or a SELECT as text."

char *
up_source_shown(const char *source)
{
	return pnstrdup(source, (Size) pg_mbcliplen(source, (int) strlen(source), LONGEST_SHOWN));
}

static void
source_error_context(void *source)
{
	const char *text = source;

	errcontext("source \"%s\"", up_source_shown(text));
	/* At its first word: it is no statement. */
	if (geterrcode() == ERRCODE_SYNTAX_ERROR && geterrposition() == 1 + (int) strspn(text, " \t\r\n"))
		errhint(WHAT_A_SOURCE_IS);
	/* A position within the source is none within the caller's statement. */
	if (geterrposition() > 0)
	{
		internalerrposition(geterrposition());
		internalerrquery(text);
		errposition(0);
	}
}

/* Whether the text has the form of a relation's name: identifiers, quoted or not, joined by points. */
static bool
looks_like_name(const char *source)
{
	const char *c = source;
	bool more = true;

	while (*c == ' ' || *c == '\t' || *c == '\n')
		c++;
	while (more)
	{
		if (*c == '"')
		{
			for (c++; *c != '\0' && (*c != '"' || c[1] == '"'); c += *c == '"' ? 2 : 1)
				;
			if (*c++ != '"')
				return false;
		}
		else
		{
			const char *start = c;

			while (*c == '_' || *c == '$' || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
				   (*c >= '0' && *c <= '9' && c > start) || (unsigned char) *c >= 128)
				c++;
			if (c == start)
				return false;
		}
		while (*c == ' ' || *c == '\t' || *c == '\n')
			c++;
		more = *c == '.';
		c += more;
	}
	return *c == '\0';
}

static char *
relation_query(const char *source)
{
	List *names = up_name_parts("source", source);
	RangeVar *range = makeRangeVarFromNameList(names);
	/* Locked at once: what the name means, and that it is there, holds until the transaction ends. */
	Oid relation = RangeVarGetRelid(range, AccessShareLock, true);
	char kind;

	if (!OidIsValid(relation))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation \"%s\" does not exist", NameListToString(names)),
						up_hint_nearest(up_nearest_relation(range), WHAT_A_SOURCE_IS)));
	kind = get_rel_relkind(relation);
	if (kind != RELKIND_RELATION && kind != RELKIND_VIEW && kind != RELKIND_MATVIEW &&
		kind != RELKIND_FOREIGN_TABLE && kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a table or view", source)));
	return psprintf("SELECT * FROM %s", up_relation_name(relation));
}

static bool
reads_only(const Node *statement)
{
	const SelectStmt *select = (const SelectStmt *) statement;
	ListCell *cell;

	if (!IsA(statement, SelectStmt) || select->intoClause != NULL || select->lockingClause != NIL)
		return false;
	if (select->withClause == NULL)
		return true;
	foreach (cell, select->withClause->ctes)
	{
		if (!IsA(lfirst_node(CommonTableExpr, cell)->ctequery, SelectStmt))
			return false;
	}
	return true;
}

/*
 * One statement, and one that reads. What it calls is the caller's own affair; the run is read-only besides. Returns it
 * without the semicolon that closes it, and what comment is behind that.
 */
static char *
check_reads(const char *source)
{
	ErrorContextCallback context = {error_context_stack, source_error_context, unconstify(char *, source)};
	const RawStmt *statement;
	List *parsed;

	error_context_stack = &context;
	parsed = raw_parser(source, RAW_PARSE_DEFAULT);
	error_context_stack = context.previous;
	if (list_length(parsed) != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a source must be one statement, not %d", list_length(parsed)),
						errhint(WHAT_A_SOURCE_IS)));
	statement = linitial_node(RawStmt, parsed);
	if (!reads_only(statement->stmt))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a source must be a query that reads"),
						errhint(WHAT_A_SOURCE_IS)));
	source += Max(statement->stmt_location, 0);
	return pnstrdup(source, statement->stmt_len > 0 ? (size_t) statement->stmt_len : strlen(source));
}

char *
up_source_query(const char *source)
{
	char *query;
	size_t len;

	if (looks_like_name(source))
		return relation_query(source);
	/* So that it can stand in parentheses. A comment at its end ends with the line. */
	query = check_reads(source);
	len = strlen(query);
	while (len > 0 && scanner_isspace(query[len - 1]))
		query[--len] = '\0';
	return psprintf("%s\n", query);
}

Query *
up_own_query_parse(const char *query, QueryEnvironment *environment, TupleDesc *columns)
{
	List *parsed = raw_parser(query, RAW_PARSE_DEFAULT), *rewritten;
	Query *result;

	if (list_length(parsed) != 1 || !reads_only(linitial_node(RawStmt, parsed)->stmt))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a source must be one query that reads")));
#if PG_VERSION_NUM >= 150000
	rewritten = pg_analyze_and_rewrite_fixedparams(linitial(parsed), query, NULL, 0, environment);
#else
	rewritten = pg_analyze_and_rewrite(linitial(parsed), query, NULL, 0, environment);
#endif
	if (list_length(rewritten) != 1 || linitial_node(Query, rewritten)->commandType != CMD_SELECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a source must be a query that reads"),
						errdetail("A rule makes it something else.")));
	result = linitial(rewritten);
	*columns = ExecCleanTypeFromTL(result->targetList);
	return result;
}

Query *
up_query_parse(const char *query, QueryEnvironment *environment, TupleDesc *columns)
{
	ErrorContextCallback context = {error_context_stack, source_error_context, unconstify(char *, query)};
	Query *result;

	error_context_stack = &context;
	result = up_own_query_parse(query, environment, columns);
	error_context_stack = context.previous;
	return result;
}

/* *found: the first temporary relation. */
static bool
find_temporary(Node *node, void *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_temporary, found, QTW_EXAMINE_RTES_BEFORE);
	if (IsA(node, RangeTblEntry))
	{
		const RangeTblEntry *rte = (const RangeTblEntry *) node;

		/* A view is a subquery by now: the server notes which one it was there, or before PostgreSQL 16 as a relation within. */
		if (!OidIsValid(rte->relid) || get_rel_persistence(rte->relid) != RELPERSISTENCE_TEMP)
			return false;
		*(Oid *) found = rte->relid;
		return true;
	}
	return expression_tree_walker(node, find_temporary, found);
}

void
up_query_refuse_temporary(const char *query, const char *whose, const char *hint)
{
	TupleDesc columns;
	Oid found;

	if (find_temporary((Node *) up_query_parse(query, NULL, &columns), &found))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s cannot read temporary relation \"%s\"", whose, get_rel_name(found)),
						errdetail("Other sessions refresh it too, and do not see that."),
						hint != NULL ? errhint("%s", hint) : 0));
}

static void
forget_place(void *arg)
{
	errposition(0);
}

List *
up_expression_parse(const char *text)
{
	ErrorContextCallback context = {error_context_stack, forget_place, NULL};
	List *parsed;
	const Node *first;

	error_context_stack = &context;
	/* Its parentheses are its own: this fails where they are not, and in its own words where it ends too soon. */
	parsed = raw_parser(psprintf("SELECT %s\n", text), RAW_PARSE_DEFAULT);
	first = linitial_node(RawStmt, parsed)->stmt;
	if (IsA(first, SelectStmt) && ((const SelectStmt *) first)->op == SETOP_NONE &&
		((const SelectStmt *) first)->targetList == NIL)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("the expression is empty")));
	parsed = raw_parser(psprintf("SELECT (%s\n)", text), RAW_PARSE_DEFAULT);
	error_context_stack = context.previous;
	return parsed;
}
