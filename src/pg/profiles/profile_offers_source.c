/*
 * profile_offers_source.c - the events that the recommender of a profile's offers learns from; see profile_offers_source.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/equality.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/profiles/barred.h"
#include "pg/profiles/profile_offers_source.h"

/* Of a row of the profile's table. */
static const char *
stored_segment(const UpProfile *p)
{
	const UpProfileModel *m = up_offers_segment_model(p, p->offering->segment);

	return psprintf("uprofile_row.%s::pg_catalog.text",
					quote_identifier(m != NULL ? m->column : p->offering->segment));
}

/* The key's columns of a row as key_1, …, and that they are those of an event's. */
static void
append_keys(const UpProfile *p, const UpKey *basket, const char *alias, StringInfo keys, StringInfo same)
{
	for (int i = 0; i < basket->n; i++)
	{
		const UpKeyPart *part = &p->key_parts.parts[i];

		appendStringInfo(keys, "%suprofile_row.%s AS key_%d", i > 0 ? ", " : "", quote_identifier(part->name),
						 i + 1);
		appendStringInfoString(same, i > 0 ? " AND " : "");
		up_append_equal(same, psprintf("o.%s", quote_identifier(basket->parts[i].name)), basket->parts[i].type,
						psprintf("%s.key_%d", alias, i + 1), part->type);
	}
}

/*
 * Events with the segments of their users, as models see these now. What was read for the refresh is not there to be read once more;
 * where rows are cleaned on the way, segments are those of the last refresh.
 */
static const char *
join_segments(const UpProfile *p, const UpKey *basket, const char *source)
{
	const char *segment = up_offers_segment(p, p->offering->segment);
	StringInfoData keys, same;
	UpProfile of = *p;

	if (segment == NULL)
		return "";
	of.query = source;
	initStringInfo(&keys);
	initStringInfo(&same);
	append_keys(p, basket, "s", &keys, &same);
	if (p->clean != NULL)
		segment = stored_segment(p);
	return psprintf(" LEFT JOIN (SELECT %s, %s AS " UP_OFFERS_SEGMENT " FROM (%s) uprofile_row) AS s ON %s",
					keys.data, segment,
					p->clean != NULL ? psprintf("SELECT * FROM %s", p->table) : up_profile_rows_query(&of),
					same.data);
}

/* Only events of users who consent and are not forgotten count, where that is asked for. */
static const char *
join_members(const UpProfile *p, const UpKey *basket, const char *source)
{
	StringInfoData keys, same;
	UpProfile of = *p;

	/* Where rows were read for the refresh, the profile's own condition is fulfilled by them, and not by these. */
	up_barred_find(&of);
	if (of.agreed == NULL && of.admits == NULL)
		return "";
	initStringInfo(&keys);
	initStringInfo(&same);
	append_keys(p, basket, "m", &keys, &same);
	return psprintf(" JOIN (SELECT %s FROM (%s) uprofile_row) AS m ON %s", keys.data,
					up_profile_admitted(&of, source, NULL), same.data);
}

const char *
up_offers_source(const UpProfile *p)
{
	const UpOffers *o = p->offering;
	const char *source = p->agreed != NULL ? p->agreed : up_source_query(p->source), *segments;
	UpKey basket;

	up_key_resolve(&basket, o->basket, up_query_columns(o->query));
	segments = join_segments(p, &basket, source);
	return psprintf("SELECT o.*, %s AS " UP_OFFERS_SEGMENT " FROM (%s) AS o%s%s",
					segments[0] != '\0' ? "s." UP_OFFERS_SEGMENT : "NULL::pg_catalog.text", o->query,
					join_members(p, &basket, source), segments);
}
