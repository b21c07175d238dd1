/*
 * profile_report.h - a profile, or one of its users, as a page for people
 *
 * Everything is read with the rights of the caller: through the views of the registry, and the profile's table. Nothing that was stored
 * as text is run but by functions that run it as its owner.
 */
#ifndef UPROFILE_PROFILE_REPORT_H
#define UPROFILE_PROFILE_REPORT_H

#include "pg/io/page.h"
#include "pg/profiles/profile.h"

typedef struct UpReportOf
{
	UpPage page;
	const UpProfile *profile;
	UpRows facts;      /* its row of uprofile_profiles, as texts and numbers */
	bool whole;        /* the caller is told all of it */
	bool may_read;     /* the table */
	char *why_not;     /* the table is not read, or NULL */
	TupleDesc columns; /* of the table, or NULL */
	UpRows models;     /* name and column_name of those that are deployed */
} UpReportOf;

/* The profile; fails if there is none that the caller may use. */
extern void up_report_read(UpReportOf *r, const char *schema, const char *name);
/* Runs a query of one text. */
extern UpRows up_report_ask(const char *sql, const char *argument);
/* "3 hours": a time span for people. */
extern const char *up_report_span(double seconds);

/* The policy's min_group; whether a group is not told because it is smaller. */
extern int64 up_report_least(const UpReportOf *r);
extern bool up_report_few(const UpReportOf *r, double users);

/* Parts: the segments of the profile, its offers; the quality of its data, with its heading. */
extern void up_report_segments(UpPage *p, void *report);
extern void up_report_offers(UpPage *p, void *report);
extern void up_report_quality(UpReportOf *r);

/* The whole page of a profile. */
extern char *up_report_profile(const char *schema, const char *name);
/* That of a user: type and value of his key, as given. */
extern char *up_report_user(const char *schema, const char *name, Oid type, Datum key);

#endif
