/*
 * varies.c - see varies.h
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"

#include "pg/io/varies.h"

/*
 * Whether a query draws a sample, of other rows each time that it is run, or takes the first rows of many: a scan of a large table begins where the last
 * one of it ended, and equal rows come in the order of that.
 */
static bool
draws_anew(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		const TableSampleClause *sample = ((const RangeTblEntry *) node)->tablesample;

		return sample != NULL && sample->repeatable == NULL;
	}
	if (IsA(node, Query))
		return ((const Query *) node)->limitCount != NULL || ((const Query *) node)->limitOffset != NULL ||
			   query_tree_walker((Query *) node, draws_anew, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, draws_anew, context);
}

bool
up_queries_vary(List *queries)
{
	return contain_volatile_functions((Node *) queries) || draws_anew((Node *) queries, NULL);
}
