/*
 * forget_models.c - which versions of a profile's models saw a user; see forget_models.h
 *
 * What a version was trained on is not kept row by row. It is known of a user that he was not among it where the stable hash of
 * his key held him out, and of a version with folds that he was, by 32 bits of that hash. Of all others it is said that they may
 * have seen him, and they count as if they had.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/io/rows.h"
#include "pg/io/source_frame.h"
#include "pg/models/folds.h"
#include "pg/models/registry.h"
#include "pg/profiles/forget_models.h"
#include "pg/profiles/profile_offers.h"

/* ---- the hash by which rows are held out ---------------------------------------------------------------------------- */

typedef struct Hashing
{
	const char *key;
	UpRowReader *reader;
	uint64_t hash;
} Hashing;

static void
start_hashing(void *arg, TupleDesc columns)
{
	Hashing *h = arg;

	h->reader = up_row_reader_new(columns);
	(void) up_row_reader_frame(h->reader, NULL, h->key, NULL);
}

static void
hash_row(void *arg, TupleTableSlot *slot)
{
	Hashing *h = arg;

	slot_getallattrs(slot);
	memcpy(h->reader->values, slot->tts_values, sizeof(Datum) * (Size) h->reader->n_attributes);
	memcpy(h->reader->nulls, slot->tts_isnull, sizeof(bool) * (Size) h->reader->n_attributes);
	h->hash = up_row_reader_hash(h->reader);
}

static uint64_t
hash_of_key(const UpProfile *p, const UpKey *key, const Datum *values)
{
	Hashing h = {p->key};
	Oid types[UP_MAX_KEY];
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < key->n; i++)
	{
		types[i] = key->parts[i].type;
		appendStringInfo(&sql, "%s$%d AS %s", i > 0 ? ", " : "", i + 1, quote_identifier(key->parts[i].name));
	}
	up_query_stream(sql.data, key->n, types, values, NULL, start_hashing, hash_row, &h);
	return h.hash;
}

/* ---- versions ------------------------------------------------------------------------------------------------------ */

/* The versions, and of each whether it has folds and whether those held out are told by the hash of this key alone. */
static UpRows
read_versions(const UpProfile *p)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(p->key)};

	return up_query(
		false,
		psprintf(
			"SELECT v.id, v.model, v.version, v.id = n.deployed IS TRUE AS deployed, v.test_size, "
			"CASE WHEN jsonb_exists(d.models, c.suffix) OR (c.suffix = '" UP_OFFERS_MODEL
			"' AND d.offers IS NOT NULL AND coalesce(d.offers -> 'model', 'null') = 'null') THEN c.suffix END "
			"AS "
			"model_column, "
			"v.n_test_rows > 0 AND v.test_size > 0 AND v.key_column = $2 AND v.holdout IS NULL AND NOT "
			"EXISTS (SELECT FROM %s.uprofile_model_designs s WHERE s.version_id = v.id AND (s.split IS NOT "
			"NULL OR s.event IS NOT NULL)) AS by_hash, "
			"v.algorithm IN ('vote', 'stack') OR coalesce(v.params ->> 'kernel' <> 'linear', false) AS "
			"keeps_rows, (SELECT count(*) FROM %s.uprofile_model_folds f WHERE f.version_id = v.id) > 0 AS "
			"folds "
			"FROM %s.uprofile_profile_definitions d JOIN %s.uprofile_model_names n ON starts_with(n.name, "
			"d.name || '.') CROSS JOIN LATERAL (SELECT substr(n.name, length(d.name) + 2) AS suffix) c JOIN "
			"%s.uprofile_model_versions v ON v.model = n.name WHERE d.name = $1 AND (jsonb_exists(d.models, "
			"c.suffix) OR strpos(c.suffix, '.') = 0) ORDER BY v.model, v.version",
			p->schema, p->schema, p->schema, p->schema, p->schema),
		2, types, values, NULL);
}

/* 32 bits of the hashes of those who are in the folds of a version, ascending, four bytes each. */
static int64
place_in_fold(bytea *users, uint64_t hash)
{
	const unsigned char *b = (const unsigned char *) VARDATA_ANY(users);
	int64 n = (int64) VARSIZE_ANY_EXHDR(users) / UP_FOLD_USER_BYTES;
	uint32_t user = up_folds_user(hash);

	for (int64 i = 0; i < n; i++, b += UP_FOLD_USER_BYTES)
	{
		if (((uint32_t) b[0] | (uint32_t) b[1] << 8 | (uint32_t) b[2] << 16 | (uint32_t) b[3] << 24) == user)
			return i;
	}
	return -1;
}

static UpRows
folds_of(const UpProfile *p, int64 version_id)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(version_id);

	return up_query(
		false,
		psprintf("SELECT fold, users FROM %s.uprofile_model_folds WHERE version_id = $1 ORDER BY fold",
				 p->schema),
		1, &type, &value, NULL);
}

static bool
is_in_folds(const UpProfile *p, int64 version_id, uint64_t hash)
{
	UpRows r = folds_of(p, version_id);
	bool isnull;

	for (uint64 i = 0; i < r.n; i++)
	{
		if (place_in_fold(DatumGetByteaPP(up_rows_get(&r, i, "users", &isnull)), hash) >= 0)
			return true;
	}
	return false;
}

static void
judge(const UpProfile *p, const UpRows *r, uint64 row, uint64_t hash, UpSeenVersion *v)
{
	bool isnull;
	double test_size = DatumGetFloat8(up_rows_get(r, row, "test_size", &isnull));
	bool by_hash = DatumGetBool(up_rows_get(r, row, "by_hash", &isnull)) && !isnull;

	if (DatumGetBool(up_rows_get(r, row, "folds", &isnull)) && is_in_folds(p, v->id, hash))
	{
		v->saw = true;
		v->known = "saw the user: a hash of the key is among its folds";
	}
	else if (by_hash && up_held_out(hash, test_size))
	{
		v->not_trained = true;
		v->known = "held the user out, if there then: it was measured on such rows, and not trained on them";
	}
	else
		v->known = "may have seen the user: which rows it was trained on is not kept";
}

List *
up_forget_versions(const UpProfile *p, const UpKey *key, const Datum *values)
{
	uint64_t hash = hash_of_key(p, key, values);
	UpRows r = read_versions(p);
	List *versions = NIL;

	for (uint64 i = 0; i < r.n; i++)
	{
		UpSeenVersion *v = palloc0(sizeof(UpSeenVersion));
		bool isnull;

		v->column = up_rows_text(&r, i, "model_column");
		v->model = TextDatumGetCString(up_rows_get(&r, i, "model", &isnull));
		v->id = DatumGetInt64(up_rows_get(&r, i, "id", &isnull));
		v->version = DatumGetInt32(up_rows_get(&r, i, "version", &isnull));
		v->deployed = DatumGetBool(up_rows_get(&r, i, "deployed", &isnull));
		v->keeps_rows = DatumGetBool(up_rows_get(&r, i, "keeps_rows", &isnull));
		judge(p, &r, i, hash, v);
		versions = lappend(versions, v);
	}
	return versions;
}

/* ---- folds --------------------------------------------------------------------------------------------------------- */

static void
take_out(const UpProfile *p, int64 version_id, Datum fold, bytea *users, int64 place)
{
	Size all = VARSIZE_ANY_EXHDR(users), before = (Size) place * UP_FOLD_USER_BYTES;
	bytea *rest = palloc_extended(VARHDRSZ + all, MCXT_ALLOC_HUGE);
	Oid types[] = {INT8OID, INT4OID, BYTEAOID};
	Datum values[] = {Int64GetDatum(version_id), fold, PointerGetDatum(rest)};

	SET_VARSIZE(rest, VARHDRSZ + all - UP_FOLD_USER_BYTES);
	memcpy(VARDATA(rest), VARDATA_ANY(users), before);
	memcpy(VARDATA(rest) + before, VARDATA_ANY(users) + before + UP_FOLD_USER_BYTES,
		   all - before - UP_FOLD_USER_BYTES);
	up_query(false,
			 psprintf("UPDATE %s.uprofile_model_folds SET users = $3 WHERE version_id = $1 AND fold = $2",
					  p->schema),
			 3, types, values, NULL);
}

int64
up_forget_folds(const UpProfile *p, List *versions, const UpKey *key, const Datum *values)
{
	uint64_t hash = hash_of_key(p, key, values);
	int64 n = 0;
	ListCell *cell;

	foreach (cell, versions)
	{
		const UpSeenVersion *v = lfirst(cell);
		UpRows r;
		bool isnull;

		if (!v->saw)
			continue;
		r = folds_of(p, v->id);
		for (uint64 i = 0; i < r.n; i++)
		{
			bytea *users = DatumGetByteaPP(up_rows_get(&r, i, "users", &isnull));
			int64 place = place_in_fold(users, hash);

			if (place < 0)
				continue;
			take_out(p, v->id, up_rows_get(&r, i, "fold", &isnull), users, place);
			n++;
		}
	}
	return n;
}

/* ---- retraining ---------------------------------------------------------------------------------------------------- */

bool
up_forget_any(const UpProfile *p)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);

	return up_query(false,
					psprintf("SELECT FROM %s.uprofile_forgotten WHERE profile = $1 AND retrain <> '{}' LIMIT 1",
							 p->schema),
					1, &type, &name, NULL)
			   .n > 0;
}

bool
up_forget_due(const UpProfile *p, const char *column, Datum trained_at)
{
	Oid types[] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(column), trained_at};

	return up_query(false,
					psprintf("SELECT FROM %s.uprofile_forgotten WHERE profile = $1 AND $2 = ANY (retrain) AND "
							 "forgotten_at >= $3 LIMIT 1",
							 p->schema),
					3, types, values, NULL)
			   .n > 0;
}

bool
up_offers_must_forget(const UpProfile *p)
{
	const char *name = p->offering->registered;
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r;
	bool isnull;

	if (!p->offering->usable || !up_forget_any(p))
		return false;
	r = up_query(
		false,
		psprintf("SELECT CASE WHEN $2 THEN max(v.trained_at) ELSE max(v.trained_at) FILTER (WHERE v.id = "
				 "n.deployed) END AS trained_at FROM %s.uprofile_model_names n JOIN "
				 "%s.uprofile_model_versions v ON v.model = n.name WHERE n.name = $1",
				 p->schema, p->schema),
		2, (Oid[]){type, BOOLOID}, (Datum[]){value, BoolGetDatum(up_registry_pinned(p->schema, name) > 0)},
		NULL);
	value = up_rows_get(&r, 0, "trained_at", &isnull);
	return !isnull && up_forget_due(p, UP_OFFERS_MODEL, value);
}
