/*
 * profile_report.h - a profile, or one of its users, as a page for people
 *
 * Everything is read with the rights of the caller: through the views of the registry, and the profile's table. Nothing that was stored as text is run but by functions that
 * run it as its owner.
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
/* "3 hours": a time span for people. */
extern const char *up_report_span(double seconds);

/* The column of this name is one of a model, or of its probability. */
extern bool up_report_is_answer(const UpReportOf *r, const char *column);
/* A part: the segments of the profile. */
extern void up_report_segments(UpPage *p, void *report);

/* The whole page of a profile. */
extern char *up_report_profile(const char *schema, const char *name);
/* That of a user: type and value of his key, as given. */
extern char *up_report_user(const char *schema, const char *name, Oid type, Datum key);

#endif
