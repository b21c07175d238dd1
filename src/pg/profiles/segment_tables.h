/*
 * segment_tables.h - tables of a profile's segments: overlaps, indices of target groups, movements
 */
#ifndef UPROFILE_SEGMENT_TABLES_H
#define UPROFILE_SEGMENT_TABLES_H

#include "utils/timestamp.h"

#include "pg/io/query.h"
#include "pg/io/srf.h"
#include "pg/profiles/segments.h"

/* Counts by two things, and what of it is hidden. */
typedef struct UpCounts
{
	int n_rows, n_columns;
	char **rows, **columns; /* their texts; NULL is one as well */
	int64 *counts;          /* n_rows × n_columns */
	uint8 *hidden;          /* NULL until up_counts_hide */
	uint8 *hidden_rows, *hidden_columns;
	int64 total;
} UpCounts;

/* The rows of a query with the columns a and b (texts) and n (a count). */
extern UpCounts *up_counts_of(const char *query, int n_args, const Oid *types, const Datum *values);
/* The same of rows that have more columns besides. */
extern UpCounts *up_counts_in(const UpRows *rows);
extern int up_counts_row(const UpCounts *c, const char *text);
extern int64 up_counts_row_sum(const UpCounts *c, int row);
extern int64 up_counts_column_sum(const UpCounts *c, int column);
/* Hides small groups, and those from which they would follow for one who knows all sums that are not themselves hidden. */
extern void up_counts_hide(UpCounts *c, int64 least);
/* Whether nothing may be told of a cell. */
extern bool up_counts_is_hidden(const UpCounts *c, int row, int column);

/* The rows of uprofile_overlap, uprofile_tgi and uprofile_migration. */
extern void up_segment_overlap(const UpSegments *s, UpSrf *srf);
extern void up_segment_tgi(const UpSegments *s, const char *segment, const char *base, UpSrf *srf);
extern void up_segment_migration(const UpSegments *s, TimestampTz since, UpSrf *srf);
/* The keys of the members, as texts. */
extern void up_segment_members(const UpSegments *s, const char *expression, UpSrf *srf);

#endif
