/*
 * recommender_source.h - events of users with items, from a source
 */
#ifndef UPROFILE_RECOMMENDER_SOURCE_H
#define UPROFILE_RECOMMENDER_SOURCE_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "executor/tuptable.h"

#include "learn/recommend/recommend.h"
#include "pg/io/baskets.h"

#define UP_RECOMMEND_TASK "recommendation" /* of versions in the registry */

/* Which columns of a source say what. They are kept with the model, in its summary. */
typedef struct UpRecommendColumns
{
	const char *user_key; /* as key_columns.h has it */
	const char *item;
	const char *weight, *event_time, *segment; /* or NULL */
} UpRecommendColumns;

extern UpValue *up_recommend_columns_value(const UpRecommendColumns *c);
/* Of a model; fails where it was made without. */
extern UpRecommendColumns up_recommend_columns_of(const UpRecommendModel *m);

/* How the rows of up_recommend_query are read. */
typedef struct UpRecommendShape
{
	int weight, time, segment, key; /* places in the select list, that of the item is 0; -1: not there */
	UpKeyColumn item, user, segments;
	UpAttribute *attributes;
	MemoryContext row_context;
} UpRecommendShape;

/*
 * The statement that reads the events of a query (up_source_query): item, weight, time, segment and, with with_key, the key as one
 * column. where: a condition on the query's columns as those of s, or NULL. Fails where a column is missing or of a type that does not do.
 */
extern char *up_recommend_query(const char *query, const UpRecommendColumns *c, bool with_key,
								const char *where);
/* columns: of that statement. What the shape keeps is allocated in the current memory. */
extern void up_recommend_shape_init(UpRecommendShape *s, const UpRecommendColumns *c, bool with_key,
									TupleDesc columns);
/*
 * The weight and the time of a row (NaN: none); false: it counts for nothing, since its user, its item or its weight is NULL. Refuses a
 * weight or a time that is not finite.
 */
extern bool up_recommend_row(UpRecommendShape *s, TupleTableSlot *slot, double *weight, double *time);

/* All events of a source. */
typedef struct UpRecommendRead
{
	UpRecommendShape shape;
	UpPairs pairs; /* users and items by their numbers in the shape */
	uint64 n_rows, n_passed_over;
	uint32_t n_users, n_items, n_segments;
	uint32_t *segments;   /* of each user, that of his latest event; NULL: there is no such column */
	double *segment_time; /* while it is read */
	uint32_t capacity;
	const char **items; /* their texts */
	const char **segment_names;
} UpRecommendRead;

/* trains: on all of its events; more than memory allows are refused before they are read. */
extern UpRecommendRead *up_recommend_read(const char *query, const UpRecommendColumns *c, bool trains);
/* The same in steps: columns are those of up_recommend_query with the key; take is given each row, and this as its argument. */
extern UpRecommendRead *up_recommend_read_new(const UpRecommendColumns *c, TupleDesc columns);
extern void up_recommend_read_take(void *read, TupleTableSlot *slot);
extern void up_recommend_read_end(UpRecommendRead *r);
/* Places of pairs, those of a user together: his begin at starts[user], n_users + 1 of them. */
extern uint32_t *up_recommend_places(const UpPairs *p, uint32_t n_users, uint64_t **starts);

#endif
