/*
 * elements.h - columns of one query level, sets of them, and the equalities that tie them together
 *
 * An element is a column of a range table entry, or the one column that FULL JOIN … USING makes of several.
 */
#ifndef UPROFILE_ELEMENTS_H
#define UPROFILE_ELEMENTS_H

#include "nodes/bitmapset.h"
#include "nodes/parsenodes.h"

#include "pg/profiles/key_type.h"

#define UP_MAX_MERGED 8

typedef struct UpColumnRef
{
	int entry;  /* in the range table */
	int column; /* attribute number */
} UpColumnRef;

typedef struct UpElement
{
	int n; /* 1, or the number of merged columns */
	UpColumnRef refs[UP_MAX_MERGED];
} UpElement;

/* Why the rows of a table cannot be told apart by user. */
typedef struct UpWhy
{
	bool users_depend; /* one user's values depend on rows of others */
	const char *text;
} UpWhy;

/* One query under analysis, and what is known of it. */
typedef struct UpLevel
{
	const UpKeyPart *key;
	Query *query;
	struct UpLevel *parent;
	List *bound; /* of UpElement: in every row that matters, these are the key or NULL */
} UpLevel;

/* a = b; a side that is a column of an outer query, known to be the key, counts as the key itself. */
typedef struct UpEquality
{
	bool a_is_key, b_is_key;
	UpElement a, b;
} UpEquality;

/* The element that an expression is, after joins' aliases and harmless casts; depth: of the query it belongs to. */
extern bool up_element_of(UpLevel *level, Node *expression, UpElement *element, int *depth);
extern bool up_element_equal(const UpElement *a, const UpElement *b);
extern bool up_elements_have(List *set, const UpElement *element);
extern List *up_elements_add(List *set, const UpElement *element);
extern List *up_elements_join(List *a, List *b);
/* Those that are wholly within the given range table entries. */
extern List *up_elements_within(List *set, const Bitmapset *entries);

/* The equalities among the conditions that all must hold. */
extern List *up_equalities(UpLevel *level, Node *conditions);
/* Adds what the equalities tie to known; in rows that satisfy them all are the key. */
extern List *up_equalities_close(List *equalities, List *known, List *weak);

#endif
