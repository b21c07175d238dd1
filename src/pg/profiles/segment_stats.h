/*
 * segment_stats.h - what stands out in the users of a segment, in figures
 */
#ifndef UPROFILE_SEGMENT_STATS_H
#define UPROFILE_SEGMENT_STATS_H

#include "nodes/pg_list.h"

#include "pg/profiles/segments.h"

/* How the values of a column are told. */
typedef enum UpTold
{
	UP_TOLD_NUMBER,
	UP_TOLD_DATE,     /* as a date */
	UP_TOLD_SPAN,     /* an interval: in days */
	UP_TOLD_CATEGORY, /* text, or true and false */
	UP_TOLD_NOT
} UpTold;

extern UpTold up_told_as(Oid type);
#define UP_TOLD_LIMIT 1e100 /* of numbers that are told */
/* The column of a row as float8; of a date, time or interval in seconds. */
extern char *up_told_value(const char *row, const char *column, UpTold told);
/* The same, NULL where it is no number that is told. */
extern char *up_told_number(const char *row, const char *column, UpTold told);

/* What is so of a segment's users in one column, and of all users. */
typedef struct UpStand
{
	const char *column;
	UpTold told;
	bool whole;            /* its type has whole numbers alone */
	const char *statistic; /* mean, median or share */
	const char *value_of;  /* the share's value, or NULL */
	double value, everybody;
	double difference; /* of the means, or shares, in standard deviations of all users */
	bool ratio;        /* value / everybody says something */
	int64 users;       /* who have a value */
} UpStand;

#define UP_STANDS_CHOSEN 4 /* of a segment of many users: what a sample shows most, and is measured on all */

typedef struct UpSegmentGroup
{
	const char *segment; /* a number; of a rule its name */
	int64 users;
	bool unseen;  /* too few of them were in the sample by which columns are chosen */
	List *stands; /* of UpStand, what stands out most first */
	const char *name, *description;
} UpSegmentGroup;

/* The segments of a set, the largest first, with what stands out. *total: all users of the profile. */
extern UpSegmentGroup *up_segment_groups(const UpSegments *s, const UpSegmentSet *set, int *n, int64 *total);

#endif
