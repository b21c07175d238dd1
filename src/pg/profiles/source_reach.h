/*
 * source_reach.h - which columns of joined rows are the key, given filters above them
 */
#ifndef UPROFILE_SOURCE_REACH_H
#define UPROFILE_SOURCE_REACH_H

#include "pg/profiles/elements.h"

/* In rows that matter: strong elements are the key; all of them are the key or NULL. */
typedef struct UpReach
{
	List *strong;
	List *all;
} UpReach;

typedef enum UpJoinForm
{
	UP_JOIN_INNER,
	UP_JOIN_LEFT,
	UP_JOIN_RIGHT,
	UP_JOIN_MERGED, /* FULL JOIN whose merged column is the key: a filter on each side */
	UP_JOIN_CLOSED  /* FULL JOIN that no filter passes */
} UpJoinForm;

extern Query *up_level_subquery(UpLevel *level, const RangeTblEntry *rte, UpLevel **parent);
extern Bitmapset *up_node_entries(Node *node);
/* The form that a join takes under the filters; for a merged one its two columns. */
extern UpJoinForm up_level_join_form(UpLevel *level, JoinExpr *join, List *filters, UpElement *left,
									 UpElement *right);
extern List *up_level_reach(UpLevel *level, Node *node, List *filters);
extern UpReach up_level_reach_inner(UpLevel *level, List *children, Node *conditions, List *filters);
/* strong: of rows that have a partner. */
extern UpReach up_level_reach_left(UpLevel *level, Node *left, Node *right, Node *conditions, List *filters);
/* Filters on columns of a sub-select, by number. */
extern List *up_level_outputs(int entry, List *filters);

#endif
