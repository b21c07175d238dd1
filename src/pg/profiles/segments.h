/*
 * segments.h - the segments of a profile: those of its clusterings, by number, and those by rule, by name
 */
#ifndef UPROFILE_SEGMENTS_H
#define UPROFILE_SEGMENTS_H

#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/profiles/profile.h"

/* A way in which users fall into segments: a clustering's column, or a rule. */
typedef struct UpSegmentSet
{
	const char *column; /* of the rows: its name */
	bool rule;
	const char *condition;  /* of a rule, as it is written */
	const char *registered; /* of a model */
} UpSegmentSet;

typedef struct UpSegments
{
	UpProfile *profile;
	Oid table;
	TupleDesc columns; /* of the rows: of the table, then live ones and rules */
	int n_stored;      /* of them, those of the table */
	int n_sets;
	UpSegmentSet *sets;
	UpAsRole before;
} UpSegments;

/* The profile's sets: models that cluster, in the order of the definition, and then rules. Key and columns are those of the table. */
extern void up_segments_resolve(UpSegments *s, UpProfile *p, Oid table);
/*
 * The same for a function that reads, as the profile's owner from here to the end. Fails in words where the caller may not use the
 * profile.
 */
extern UpSegments *up_segments_begin(const char *schema, const char *profile);
extern void up_segments_end(UpSegments *s);

/* What stands after FROM, with the name r: the profile's rows with live columns and rules. sample: a TABLESAMPLE clause, or "". */
extern char *up_segments_from(const UpSegments *s, const char *sample);
/* The rows of a query over those, under the path of the profile's source, by which rules name their functions. */
extern UpRows up_segments_query(const char *query, int n_args, const Oid *types, const Datum *values);
/* The segment of a row of r by this set as text: the number; of a rule true or NULL. */
extern char *up_segment_of(const UpSegmentSet *set, const char *alias);
/* A user's key as text, as uprofile_user_key tells it. */
extern char *up_segments_key(const UpSegments *s, const char *alias);
/* How a segment is named in expressions where it has no name of its own: segment_3. */
extern char *up_segment_id(const UpSegmentSet *set, const char *segment);

/* A segment as others are told of it. */
typedef struct UpSegment
{
	const UpSegmentSet *set;
	const char *segment; /* a number, or the name of the rule */
	const char *name;    /* made, or the rule's; NULL: none */
} UpSegment;

/* Those that were described last, by place; for sets that still are there. */
extern UpSegment *up_segments_known(const UpSegments *s, int *n);
/*
 * The condition on r of an expression of segments: their names, or segment_3, in quotes where they are no identifiers, with AND, OR, NOT and
 * parentheses. single: receives the segment where the expression is nothing but one; or NULL.
 */
extern char *up_segments_condition(const UpSegments *s, const char *expression, UpSegment *single);

#endif
