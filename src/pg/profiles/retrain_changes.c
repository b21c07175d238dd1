/*
 * retrain_changes.c - how many users have changed since a model was trained; see retrain_changes.h
 *
 * A user has changed where the columns of his source are not those of his row in the table, or he has none yet; predictions do
 * not count, which change with every version. Counted are different users, however often each changes, by a set that keeps the
 * least hashes of their keys (num/sketch_members.h): exact up to 1024, then within some percent, and written only where it
 * becomes another. A row counts for one version; with the next it begins anew.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/codec.h"
#include "num/sketch_members.h"
#include "pg/clean/clean_write.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/written.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_shards.h"
#include "pg/profiles/retrain_changes.h"

#define HELD "uprofile_held"

static bool
counts(const UpProfileModel *m)
{
	return !m->rules.manual && (!isnan(m->rules.share) || m->rules.n_limits > 0 || m->rules.incremental);
}

bool
up_retrain_counts(const UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		if (counts(&p->models[i]))
			return true;
	}
	return false;
}

/* The columns that are compared, behind this alias; as text where the table has them with another type. */
static char *
compared(const UpProfileTable *table, TupleDesc columns, const char *alias)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(columns, i),
						  b = up_attribute_named(table->columns, NameStr(a->attname));

		if (b == NULL)
			continue;
		appendStringInfo(&list, "%s%s.%s%s", list.len > 0 ? ", " : "", alias,
						 quote_identifier(NameStr(a->attname)),
						 a->atttypid == b->atttypid ? "" : "::pg_catalog.text");
	}
	return list.data;
}

/* What stands after SELECT …: the rows held that differ from those of the table, as "held". */
static char *
from_changed(const UpProfile *p, const UpProfileTable *table, const UpFreshRows *held)
{
	const UpKey *key = &p->key_parts;
	Oid types[UP_MAX_KEY], old_types[UP_MAX_KEY];

	up_key_types_in(key, held->columns, types);
	up_key_types_in(key, table->columns, old_types);
	return psprintf(" FROM " HELD " held LEFT JOIN %s old ON %s WHERE old.%s IS "
					"NULL OR pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
					up_shards_there(p, table, held->columns, held->asked),
					up_keys_equal(key, "held", types, "old", old_types, false),
					quote_identifier(key->parts[0].name), compared(table, held->columns, "held"),
					compared(table, held->columns, "old"));
}

char *
up_retrain_changed_query(const UpProfile *p, const UpProfileTable *table, const UpFreshRows *held)
{
	return psprintf("SELECT held.*%s", from_changed(p, table, held));
}

/* The least hashes of the keys of those who changed, and how many rows they have. */
static UpRows
changed_hashes(const UpProfile *p, const UpProfileTable *table, const UpFreshRows *held)
{
	int level = up_clean_text_settings();
	UpRows r = up_query_over(
		HELD, held->rows, held->columns,
		psprintf(
			"WITH changed AS MATERIALIZED (SELECT pg_catalog.hashtextextended(ROW(%s)::pg_catalog.text "
			"COLLATE pg_catalog.\"C\", 0) AS hash%s) SELECT hash, (SELECT count(*) FROM changed) AS n FROM "
			"changed GROUP BY hash ORDER BY hash LIMIT %d",
			up_keys_list(&p->key_parts, "held"), from_changed(p, table, held), UP_MEMBERS_KEPT),
		0, NULL, NULL);

	AtEOXact_GUC(true, level);
	return r;
}

/* In the order of unsigned numbers, as the set has them. */
static uint64_t
unsigned_hash(int64 hash)
{
	return (uint64_t) hash ^ (UINT64CONST(1) << 63);
}

/* The names of the models that ask, as an array. */
static Datum
counting(const UpProfile *p)
{
	Datum *names = palloc(sizeof(Datum) * (Size) Max(p->n_models, 1));
	int n = 0;

	for (int i = 0; i < p->n_models; i++)
	{
		if (counts(&p->models[i]))
			names[n++] = CStringGetTextDatum(p->models[i].registered);
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The models that ask, with their last version and what was noted for it. */
static UpRows
noted(const UpProfile *p)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID};
	Datum values[] = {CStringGetTextDatum(p->name), counting(p)};

	return up_query(
		false,
		psprintf(
			"SELECT v.model, v.id, s.members FROM unnest($2) m CROSS JOIN LATERAL (SELECT w.model, w.id FROM "
			"%s.uprofile_model_versions w WHERE w.model = m ORDER BY w.version DESC LIMIT 1) v LEFT JOIN "
			"%s.uprofile_retrain_state s ON s.profile = $1 AND s.model = v.model AND s.version_id = v.id",
			p->schema, p->schema),
		2, types, values, NULL);
}

/* What was noted; where that is damaged, nobody. */
static UpMembers *
members_of(Datum bytes)
{
	bytea *b = DatumGetByteaPP(bytes);
	UpMembers *m = up_members_of((const uint8_t *) VARDATA_ANY(b), (size_t) VARSIZE_ANY_EXHDR(b));

	return m != NULL ? m : up_members_new();
}

static void
keep(const UpProfile *p, Datum model, Datum version, const UpMembers *m)
{
	Oid types[] = {TEXTOID, TEXTOID, INT8OID, INT8OID, BYTEAOID};
	Datum values[] = {CStringGetTextDatum(p->name), model, version, Int64GetDatum((int64) up_members_count(m)),
					  (Datum) 0};
	UpWriter w;

	up_writer_init(&w);
	up_put_members(&w, m);
	values[4] = PointerGetDatum(up_written(&w, "the list of users that changed", NULL));
	up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_retrain_state AS s (profile, model, version_id, changed, members) "
				 "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (profile, model) DO UPDATE SET version_id = $3, "
				 "changed = $4, members = $5, gone = CASE WHEN s.version_id = $3 THEN s.gone ELSE 0 END",
				 p->schema),
		lengthof(types), types, values, NULL);
}

int64
up_retrain_note(const UpProfile *p, const UpProfileTable *table, const UpFreshRows *held)
{
	UpRows changed = changed_hashes(p, table, held), models;
	bool isnull;

	if (changed.n == 0)
		return 0;
	models = noted(p);
	for (uint64 i = 0; i < models.n; i++)
	{
		Datum stored = up_rows_get(&models, i, "members", &isnull);
		UpMembers *m = isnull ? up_members_new() : members_of(stored);
		bool another = isnull;

		for (uint64 j = 0; j < changed.n; j++)
			another =
				up_members_add(m, unsigned_hash(DatumGetInt64(up_rows_get(&changed, j, "hash", &isnull)))) ||
				another;
		if (another)
			keep(p, up_rows_get(&models, i, "model", &isnull), up_rows_get(&models, i, "id", &isnull), m);
		up_free(m);
	}
	return DatumGetInt64(up_rows_get(&changed, 0, "n", &isnull));
}

/* The hash of one key, as it is noted of rows that changed. */
static uint64_t
hash_of(const UpKey *key, const Datum *values)
{
	Oid types[UP_MAX_KEY];
	StringInfoData list;
	UpRows r;
	bool isnull;
	int level = up_clean_text_settings();

	initStringInfo(&list);
	for (int i = 0; i < key->n; i++)
	{
		types[i] = key->parts[i].type;
		appendStringInfo(&list, "%s$%d", i > 0 ? ", " : "", i + 1);
	}
	r = up_query(false, psprintf("SELECT hashtextextended(ROW(%s)::text COLLATE \"C\", 0) AS hash", list.data),
				 key->n, types, values, NULL);
	AtEOXact_GUC(true, level);
	return unsigned_hash(DatumGetInt64(up_rows_get(&r, 0, "hash", &isnull)));
}

int64
up_retrain_forget(const UpProfile *p, const UpKey *key, const Datum *values)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);
	uint64_t hash = hash_of(key, values), random;
	UpRows r =
		up_query(false,
				 psprintf("SELECT model, version_id, members FROM %s.uprofile_retrain_state WHERE profile = $1",
						  p->schema),
				 1, &type, &name, NULL);
	int64 n = 0;
	bool isnull;

	for (uint64 i = 0; i < r.n; i++)
	{
		UpMembers *m = members_of(up_rows_get(&r, i, "members", &isnull));

		if (!pg_strong_random(&random, sizeof(random)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random bytes")));
		if (up_members_forget(m, hash, random))
		{
			keep(p, up_rows_get(&r, i, "model", &isnull), up_rows_get(&r, i, "version_id", &isnull), m);
			n++;
		}
		up_free(m);
	}
	return n;
}

void
up_retrain_note_gone(const UpProfile *p, int64 gone, TimestampTz before)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID, INT8OID, TIMESTAMPTZOID};
	Datum values[] = {CStringGetTextDatum(p->name), (Datum) 0, Int64GetDatum(gone),
					  TimestampTzGetDatum(before)};

	if (gone == 0 || !up_retrain_counts(p))
		return;
	values[1] = counting(p);
	up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_retrain_state AS s (profile, model, version_id, changed, gone, "
			"members) SELECT $1, v.model, v.id, 0, $3, '\\x00000000' FROM unnest($2) m CROSS JOIN LATERAL "
			"(SELECT w.model, w.id, w.trained_at FROM %s.uprofile_model_versions w WHERE w.model = m ORDER "
			"BY w.version DESC LIMIT 1) v WHERE v.trained_at < $4 ON CONFLICT (profile, model) DO UPDATE "
			"SET version_id = excluded.version_id, gone = CASE WHEN s.version_id = excluded.version_id "
			"THEN s.gone ELSE 0 END + excluded.gone, changed = CASE WHEN s.version_id = "
			"excluded.version_id THEN s.changed ELSE 0 END, members = CASE WHEN s.version_id = "
			"excluded.version_id THEN s.members ELSE excluded.members END",
			p->schema, p->schema),
		lengthof(types), types, values, NULL);
}

double
up_retrain_changed(const UpProfile *p, const UpProfileModel *m)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(m->registered)};
	UpRows r = up_query(
		false,
		psprintf(
			"SELECT s.changed + s.gone AS n FROM %s.uprofile_retrain_state s WHERE s.profile = $1 AND s.model "
			"= "
			"$2 AND s.version_id = (SELECT w.id FROM %s.uprofile_model_versions w WHERE w.model = $2 ORDER BY "
			"w.version DESC LIMIT 1)",
			p->schema, p->schema),
		2, types, values, NULL);
	bool isnull;

	return r.n > 0 ? (double) DatumGetInt64(up_rows_get(&r, 0, "n", &isnull)) : 0;
}
