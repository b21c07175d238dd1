/*
 * failures.c - uprofile_refresh_failures; see failures.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "pg/clean/clean_write.h"
#include "pg/io/caught.h"
#include "pg/io/query.h"
#include "pg/profiles/failures.h"

static Datum
text_array(Datum *texts, int n)
{
	return PointerGetDatum(construct_array(texts, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static bool
has_failures(const UpProfile *p)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);

	return up_query(
			   false,
			   psprintf("SELECT 1 FROM %s.uprofile_refresh_failures WHERE profile = $1 LIMIT 1", p->schema), 1,
			   &type, &name, NULL)
			   .n > 0;
}

/* The texts of keys, which must be the same in every session. */
Datum
up_failures_key_texts(const UpKeys *keys)
{
	int level = up_clean_text_settings();
	UpKeyRows rows;
	UpKeyOutput output;
	Datum *texts = palloc(sizeof(Datum) * (Size) Max(keys->n, 1)), result;

	up_key_rows_take(&rows, keys);
	up_key_output_init(&output, keys->n_parts, keys->types);
	for (int64 i = 0; i < rows.n; i++)
		texts[i] = CStringGetTextDatum(up_key_stored(&output, rows.values + i * rows.n_parts));
	result = text_array(texts, (int) rows.n);
	AtEOXact_GUC(true, level);
	return result;
}

/* As of when a row is that this refresh leaves as it is, and the versions of the models that it was computed with. */
static char *
before_this_run(const UpProfile *p)
{
	return psprintf(
		"SELECT CASE WHEN d.scored -> 'clock' = 'true' THEN to_timestamp((d.scored ->> "
		"'full_at')::float8) ELSE (SELECT max(l.started_at) FROM %s.uprofile_refresh_log l WHERE "
		"l.profile = d.name AND l.status = 'succeeded') END AS at, d.scored -> 'versions' AS versions "
		"FROM %s.uprofile_profile_definitions d WHERE d.name = $1",
		p->schema, p->schema);
}

static void
add(const UpProfile *p, const List *failures, Datum keys)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	int n = list_length(failures);
	Datum *states = palloc(sizeof(Datum) * Max(n, 1));
	Datum *messages = palloc(sizeof(Datum) * Max(n, 1));
	Datum values[4];

	for (int i = 0; i < n; i++)
	{
		const UpFailure *f = list_nth(failures, i);

		states[i] = CStringGetTextDatum(unpack_sql_state(f->error->sqlerrcode));
		messages[i] = CStringGetTextDatum(up_error_told(f->error));
	}
	values[0] = CStringGetTextDatum(p->name);
	values[1] = keys;
	values[2] = text_array(states, n);
	values[3] = text_array(messages, n);
	up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_refresh_failures AS f (profile, user_key, sqlstate, message, row_at, "
			"row_versions) SELECT DISTINCT ON (u.k) $1, u.k, u.s, u.m, b.at, b.versions FROM unnest($2, $3, "
			"$4) u (k, s, m), (%s) b ON CONFLICT (profile, user_key) DO UPDATE SET sqlstate = "
			"excluded.sqlstate, message = excluded.message WHERE (f.sqlstate, f.message) <> "
			"(excluded.sqlstate, excluded.message)",
			p->schema, before_this_run(p)),
		lengthof(types), types, values, NULL);
}

void
up_failures_keep(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum values[3];
	char nulls[] = "   ";
	bool any = fresh->failures != NIL;

	if (!any && !has_failures(p))
		return;
	values[0] = CStringGetTextDatum(p->name);
	values[1] = any ? up_failures_key_texts(&fresh->failed) : text_array(NULL, 0);
	values[2] = keys != NULL ? up_failures_key_texts(keys) : (Datum) 0;
	nulls[2] = keys == NULL ? 'n' : ' ';
	up_query(
		false,
		psprintf("DELETE FROM %s.uprofile_refresh_failures WHERE profile = $1 AND user_key <> ALL ($2) AND "
				 "($3 IS NULL OR user_key = ANY ($3))",
				 p->schema),
		lengthof(types), types, values, nulls);
	if (any)
		add(p, fresh->failures, values[1]);
}
