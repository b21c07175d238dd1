/*
 * profile_statement.c - the statement by which a refresh reads the source; see profile_statement.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_statement.h"
#include "pg/profiles/profile_table.h"

static void
append_probability(StringInfo sql, const UpProfile *p, const UpProfileModel *m, const char *given)
{
	if (!up_profile_has_probability(m))
		return;
	if (m->usable && (m->classifies || m->target == NULL))
		appendStringInfo(sql, ", %s.uprofile_predict_proba%s", p->schema, given);
	else
		appendStringInfoString(sql, ", NULL::pg_catalog.float8");
	appendStringInfo(sql, " AS %s", quote_identifier(up_profile_probability_name(m->column)));
}

static void
append_reasons(StringInfo sql, const UpProfile *p, const UpProfileModel *m)
{
	if (m->reasons == 0)
		return;
	if (m->usable)
		appendStringInfo(sql, ", %s.uprofile_reasons(%s::pg_catalog.text, uprofile_row.*, %d)", p->schema,
						 quote_literal_cstr(m->registered), m->reasons);
	else
		appendStringInfoString(sql, ", NULL::pg_catalog.text[]");
	appendStringInfo(sql, " AS %s", quote_identifier(up_profile_reasons_name(m->column)));
}

/* The expressions for the models' columns over one row of the source. A model that cannot be used leaves NULL. */
static void
append_predictions(StringInfo sql, const UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];
		char *given = psprintf("(%s::pg_catalog.text, uprofile_row.*)", quote_literal_cstr(m->registered));
		const char *type = format_type_extended(up_profile_column_type(m), -1, FORMAT_TYPE_FORCE_QUALIFY);

		if (!m->usable)
			appendStringInfo(sql, ", NULL::%s", type);
		else if (up_profile_embeds(m))
			appendStringInfo(sql, ", %s.uprofile_embed%s", p->schema, given);
		else if (m->target == NULL || m->label_kind == UP_LABEL_NUMBER)
			appendStringInfo(sql, ", %s.uprofile_predict%s::%s", p->schema, given, type);
		else
			appendStringInfo(sql, ", %s.uprofile_predict_label%s::%s", p->schema, given, type);
		appendStringInfo(sql, " AS %s", quote_identifier(m->column));
		append_probability(sql, p, m, given);
		append_reasons(sql, p, m);
	}
}

/*
 * What is read of the source. Keys are either asked for one by one, by a subquery that takes each from outside (OFFSET 0
 * keeps it one), so that the key reaches all that the source joins and groups by it, or all at once.
 */
static char *
from_source(const UpProfile *p, const char *rows, const UpKeys *keys, bool one_by_one, const char *join)
{
	Oid types[UP_MAX_KEY];
	const char *among = NULL;

	if (keys != NULL)
	{
		up_key_types_in(&p->key_parts, p->columns, types);
		among = up_keys_among(&p->key_parts, "uprofile_row", types, keys, 1);
	}
	rows = up_profile_admitted(p, rows, among);
	if (keys == NULL)
		return psprintf(" FROM (%s) uprofile_row%s", rows, join);
	if (!one_by_one)
		return psprintf(" FROM (%s) uprofile_row%s WHERE %s", rows, join, among);
	return psprintf(" FROM %s, LATERAL (SELECT * FROM (%s) uprofile_source WHERE %s OFFSET 0) uprofile_row%s",
					up_keys_table(keys, 1), rows,
					up_keys_equal(&p->key_parts, "uprofile_source", types, "uprofile_keys", keys->types, true),
					join);
}

double
up_profile_cost(const UpProfile *p, const UpKeys *keys, bool one_by_one)
{
	char *query = psprintf("SELECT uprofile_row.*%s", from_source(p, p->query, keys, one_by_one, ""));
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];

	if (keys != NULL)
		up_keys_arguments(keys, types, values);
	return up_query_cost(query, keys != NULL ? keys->n_parts : 0, types, values);
}

bool
up_profile_one_by_one(const UpProfile *p, const UpKeys *keys)
{
	/* A subquery that takes the key from outside is not sent to shards. */
	if (up_reads_shards(p->query))
		return false;
	/* One key needs no question. */
	return keys->n <= 1 || up_profile_cost(p, keys, true) <= up_profile_cost(p, keys, false);
}

/* The columns of the source, without what only models see. */
static void
append_stored(StringInfo sql, const UpProfile *p, const char *rows)
{
	bool all = rows == p->query;

	if (all)
		appendStringInfoString(sql, "uprofile_row.*");
	for (int i = 0; !all && i < p->columns->natts; i++)
		appendStringInfo(sql, "%suprofile_row.%s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(TupleDescAttr(p->columns, i)->attname)));
}

char *
up_profile_statement(const UpProfile *p, const UpKeys *keys, bool one_by_one, bool computed)
{
	/* What is read to be held has no live columns yet; where it is cleaned they may not even fit its types. */
	const char *rows = computed ? up_profile_rows_query(p) : p->query;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	append_stored(&sql, p, rows);
	if (computed)
	{
		append_predictions(&sql, p);
		up_offers_append(&sql, p);
	}
	appendStringInfoString(&sql, from_source(p, rows, keys, one_by_one, computed ? up_offers_join(p) : ""));
	return sql.data;
}
