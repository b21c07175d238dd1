/*
 * barred.c - users who are forgotten and may not come back; see barred.h
 *
 * The keys themselves are gone, so each row of a source is asked: a source whose profile has forgotten somebody is read through
 * a condition that calls uprofile_is_forgotten, and one that has not as it is. The condition stands outside of the source, so
 * that what the source depends on, and what it is known by, stay the same.
 *
 * What is hashed is the key's canonical text: integers of any width and numeric without trailing zeros alike, dates as the
 * timestamps that they equal, and so on. Types of which no such text is known (citext, text under a collation that is not
 * deterministic, types of extensions) are hashed by their own hash function, 128 bits of it, which equal values share.
 *
 * HMAC: RFC 2104, over the server's SHA-256.
 */
#include "postgres.h"

#include "access/hash.h"
#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/models/registry.h"
#include "pg/profiles/barred.h"
#include "pg/profiles/key_sql.h"

#define SECRET_BYTES 32
#define BLOCK_BYTES  64 /* of SHA-256 */

void
up_barred_key(const UpProfile *p, UpKey *key)
{
	up_key_resolve(key, p->key, up_relation_columns(up_profile_own_table(p, AccessShareLock, false, NULL)));
}

/* ---- the text of a key ------------------------------------------------------------------------------------------- */

static bool
is_deterministic(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

static void
put_output(StringInfo text, Oid type, Datum value)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	appendStringInfoString(text, OidOutputFunctionCall(output, value));
}

static void
put_bytes(StringInfo text, Datum value, bool without_blanks)
{
	struct varlena *v = PG_DETOAST_DATUM_PACKED(value);
	int len = (int) VARSIZE_ANY_EXHDR(v);

	while (without_blanks && len > 0 && VARDATA_ANY(v)[len - 1] == ' ')
		len--;
	appendBinaryStringInfo(text, VARDATA_ANY(v), len);
}

/* By the type's own hash, under two seeds, which equal values share; by its text where it has none. */
static void
put_hash(StringInfo text, const UpKeyPart *part, Datum value)
{
	TypeCacheEntry *type = lookup_type_cache(part->type, TYPECACHE_HASH_EXTENDED_PROC_FINFO);

	if (!OidIsValid(type->hash_extended_proc))
	{
		put_output(text, part->type, value);
		return;
	}
	for (int64 seed = 0; seed < 2; seed++)
		appendStringInfo(text, "%016llx",
						 (unsigned long long) DatumGetUInt64(FunctionCall2Coll(
							 &type->hash_extended_proc_finfo, part->collation, value, Int64GetDatum(seed))));
}

static void
put_float(StringInfo text, double v)
{
	/* -0 is 0. */
	appendStringInfoString(text, OidOutputFunctionCall(F_FLOAT8OUT, Float8GetDatum(v == 0 ? 0 : v)));
}

static void
put_part(StringInfo text, const UpKeyPart *part, Datum value)
{
	switch (part->type)
	{
		case INT2OID:
			appendStringInfo(text, "%d", DatumGetInt16(value));
			break;
		case INT4OID:
			appendStringInfo(text, "%d", DatumGetInt32(value));
			break;
		case INT8OID:
			appendStringInfo(text, "%lld", (long long) DatumGetInt64(value));
			break;
		case NUMERICOID:
			appendStringInfoString(text, numeric_normalize(DatumGetNumeric(value)));
			break;
		case FLOAT4OID:
			put_float(text, DatumGetFloat4(value));
			break;
		case FLOAT8OID:
			put_float(text, DatumGetFloat8(value));
			break;
		case DATEOID:
			value = DirectFunctionCall1(date_timestamp, value);
			appendStringInfo(text, "%lld", (long long) DatumGetTimestamp(value));
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			appendStringInfo(text, "%lld", (long long) DatumGetTimestamp(value));
			break;
		case BYTEAOID:
			put_bytes(text, value, false);
			break;
		case BOOLOID:
		case NAMEOID:
		case UUIDOID:
			put_output(text, part->type, value);
			break;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			if (is_deterministic(part->collation))
				put_bytes(text, value, part->type == BPCHAROID);
			else
				put_hash(text, part, value);
			break;
		default:
			/* An enum's own hash is of a number that a dump does not keep. */
			if (type_is_enum(part->type))
				put_output(text, part->type, value);
			else
				put_hash(text, part, value);
	}
}

/* Each part behind its length, so that no two keys have one text. */
static void
put_key(StringInfo text, const UpKey *key, const Datum *values)
{
	StringInfoData part;

	initStringInfo(&part);
	for (int i = 0; i < key->n; i++)
	{
		resetStringInfo(&part);
		put_part(&part, &key->parts[i], values[i]);
		appendStringInfo(text, "%d:", part.len);
		appendBinaryStringInfo(text, part.data, part.len);
	}
	pfree(part.data);
}

/* ---- the hash ---------------------------------------------------------------------------------------------------- */

/* SHA-256 of the secret, mixed with a byte, and of what follows. */
static bytea *
keyed(const unsigned char *secret, unsigned char mask, const char *data, int len)
{
	bytea *all = palloc((Size) (VARHDRSZ + BLOCK_BYTES + len));
	char *block = VARDATA(all);

	SET_VARSIZE(all, VARHDRSZ + BLOCK_BYTES + len);
	for (int i = 0; i < BLOCK_BYTES; i++)
		block[i] = (char) ((i < SECRET_BYTES ? secret[i] : 0) ^ mask);
	memcpy(block + BLOCK_BYTES, data, (Size) len);
	return DatumGetByteaP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(all)));
}

static bytea *
hmac(const unsigned char *secret, const StringInfo text)
{
	bytea *inner = keyed(secret, 0x36, text->data, text->len);

	return keyed(secret, 0x5c, VARDATA(inner), PG_SHA256_DIGEST_LENGTH);
}

static bool
read_secret(const UpProfile *p, unsigned char *secret)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);
	UpRows r = up_query(false, psprintf("SELECT secret FROM %s.uprofile_secrets WHERE profile = $1", p->schema),
						1, &type, &name, NULL);
	bytea *bytes;
	bool isnull;

	if (r.n == 0)
		return false;
	bytes = DatumGetByteaPP(up_rows_get(&r, 0, "secret", &isnull));
	if (VARSIZE_ANY_EXHDR(bytes) != SECRET_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("the secret of profile \"%s\" is damaged", p->name),
				 errhint("Without it those who were forgotten cannot be known again.")));
	memcpy(secret, VARDATA_ANY(bytes), SECRET_BYTES);
	return true;
}

/* The definition is locked by whoever makes one. */
static void
make_secret(const UpProfile *p, unsigned char *secret)
{
	Oid types[] = {TEXTOID, BYTEAOID};
	bytea *bytes = palloc(VARHDRSZ + SECRET_BYTES);
	Datum values[] = {CStringGetTextDatum(p->name), PointerGetDatum(bytes)};

	if (!pg_strong_random(secret, SECRET_BYTES))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random bytes")));
	SET_VARSIZE(bytes, VARHDRSZ + SECRET_BYTES);
	memcpy(VARDATA(bytes), secret, SECRET_BYTES);
	up_query(false, psprintf("INSERT INTO %s.uprofile_secrets (profile, secret) VALUES ($1, $2)", p->schema), 2,
			 types, values, NULL);
}

static UpRows
barred_hashes(const UpProfile *p, bool one)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);

	return up_query(false,
					psprintf("SELECT DISTINCT user_hash FROM %s.uprofile_forgotten WHERE profile = $1 AND "
							 "lifted_at IS NULL ORDER BY user_hash %s",
							 p->schema, one ? "LIMIT 1" : ""),
					1, &type, &name, NULL);
}

static void
refuse_lost_secret(const UpProfile *p)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("the secret of profile \"%s\" is gone", p->name),
					errhint("Without it those who were forgotten cannot be known again: bring its row of "
							"uprofile_secrets back from a dump.")));
}

bytea *
up_barred_hash(const UpProfile *p, const UpKey *key, const Datum *values, bool make)
{
	unsigned char secret[SECRET_BYTES];
	StringInfoData text;

	if (!read_secret(p, secret))
	{
		if (!make)
			return NULL;
		/* Under another one they would come back. */
		if (barred_hashes(p, true).n > 0)
			refuse_lost_secret(p);
		make_secret(p, secret);
	}
	initStringInfo(&text);
	put_key(&text, key, values);
	return hmac(secret, &text);
}

/* ---- rows of a source -------------------------------------------------------------------------------------------- */

/* True for rows without a key, which are looked at elsewhere. */
static char *
condition(const UpProfile *p)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "CASE WHEN ");
	for (int i = 0; i < p->key_parts.n; i++)
		appendStringInfo(&sql, "%suprofile_row.%s IS NOT NULL", i > 0 ? " AND " : "",
						 quote_identifier(p->key_parts.parts[i].name));
	appendStringInfo(&sql, " THEN %s.uprofile_is_forgotten(%s, %s%s%s) END IS NOT TRUE", p->schema,
					 quote_literal_cstr(p->name), p->key_parts.n > 1 ? "ROW(" : "",
					 up_keys_list(&p->key_parts, "uprofile_row"), p->key_parts.n > 1 ? ")" : "");
	return sql.data;
}

void
up_barred_find(UpProfile *p)
{
	p->admits = barred_hashes(p, true).n > 0 ? condition(p) : NULL;
}

/* ---- uprofile_is_forgotten ---------------------------------------------------------------------------------------- */

/* What a call site knows of its profile, for as long as its statement runs. */
typedef struct Site
{
	text *given; /* the name */
	UpProfile *p;
	Oid owner;
	UpKey key;
	unsigned char secret[SECRET_BYTES];
	int64 n;
	unsigned char (*hashes)[PG_SHA256_DIGEST_LENGTH]; /* ascending */
	MemoryContext call;
} Site;

static Site *
learn(FunctionCallInfo fcinfo, text *given)
{
	Site *s = palloc0(sizeof(Site));
	UpRows r;
	bool isnull;

	s->given = DatumGetTextPCopy(PointerGetDatum(given));
	s->p = up_profile_look(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(given));
	s->owner = up_profile_owner(s->p);
	s->call = AllocSetContextCreate(CurrentMemoryContext, "uprofile barred", ALLOCSET_SMALL_SIZES);
	up_barred_key(s->p, &s->key);
	r = barred_hashes(s->p, false);
	if (r.n > 0 && !read_secret(s->p, s->secret))
		refuse_lost_secret(s->p);
	s->hashes = palloc_extended(Max(r.n, 1) * PG_SHA256_DIGEST_LENGTH, MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < r.n; i++)
	{
		bytea *hash = DatumGetByteaPP(up_rows_get(&r, i, "user_hash", &isnull));

		if (VARSIZE_ANY_EXHDR(hash) == PG_SHA256_DIGEST_LENGTH)
			memcpy(s->hashes[s->n++], VARDATA_ANY(hash), PG_SHA256_DIGEST_LENGTH);
	}
	return s;
}

static Site *
site_of(FunctionCallInfo fcinfo)
{
	Site *s = fcinfo->flinfo->fn_extra;
	text *given = PG_GETARG_TEXT_PP(0);
	MemoryContext outer;

	if (s != NULL && VARSIZE_ANY_EXHDR(s->given) == VARSIZE_ANY_EXHDR(given) &&
		memcmp(VARDATA_ANY(s->given), VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given)) == 0)
		return s;
	outer = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = s = learn(fcinfo, given);
	MemoryContextSwitchTo(outer);
	return s;
}

static int
compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, PG_SHA256_DIGEST_LENGTH);
}

static bool
is_barred(const Site *s, const Datum *values)
{
	StringInfoData text;

	initStringInfo(&text);
	put_key(&text, &s->key, values);
	return bsearch(VARDATA(hmac(s->secret, &text)), s->hashes, (size_t) s->n, PG_SHA256_DIGEST_LENGTH,
				   compare_hashes) != NULL;
}

PG_FUNCTION_INFO_V1(uprofile_is_forgotten);
Datum
uprofile_is_forgotten(PG_FUNCTION_ARGS)
{
	Site *s;
	Datum values[UP_MAX_KEY];
	MemoryContext outer;
	bool barred;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	s = site_of(fcinfo);
	outer = MemoryContextSwitchTo(s->call);
	barred = up_user_key(fcinfo, 1, &s->key, s->owner, values) && s->n > 0 && is_barred(s, values);
	MemoryContextSwitchTo(outer);
	MemoryContextReset(s->call);
	PG_RETURN_BOOL(barred);
}
