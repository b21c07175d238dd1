/*
 * history.c - the table <profile>_history; see history.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/history.h"
#include "pg/profiles/profile_table.h"

#define AT_A_TIME 10000 /* old changes that one statement deletes, and a refresh at most */

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* As SQL has it in any session. */
static char *
time_text(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t fsec;
	char text[MAXDATELEN + 1];

	if (TIMESTAMP_NOT_FINITE(at))
		return pstrdup(TIMESTAMP_IS_NOEND(at) ? "infinity" : "-infinity");
	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	EncodeDateTime(&tm, fsec, false, 0, NULL, USE_ISO_DATES, text);
	return psprintf("%s+00", text);
}

char *
up_history_time(TimestampTz at)
{
	return psprintf("%s::pg_catalog.timestamptz", quote_literal_cstr(time_text(at)));
}

static char *
history_name(const char *base)
{
	return psprintf("%s" UP_HISTORY_SUFFIX, base);
}

Oid
up_history_named(Oid schema, const char *base, const char *constraint, Oid owner)
{
	Oid table = OidIsValid(schema) ? get_relname_relid(history_name(base), schema) : InvalidOid;
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	bool own;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	own = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION &&
		  (!OidIsValid(owner) || ((Form_pg_class) GETSTRUCT(tuple))->relowner == owner);
	ReleaseSysCache(tuple);
	return own && OidIsValid(get_relation_constraint_oid(table, constraint, true)) ? table : InvalidOid;
}

/* Locked; any_owner: whoever has it. */
static Oid
find(const UpProfile *p, LOCKMODE lock, bool any_owner)
{
	Oid schema = get_namespace_oid(p->table_schema, true), owner = any_owner ? InvalidOid : p->owner;
	char *base = up_profile_base(p), *constraint = up_profile_constraint(p);
	Oid table = up_history_named(schema, base, constraint, owner);

	if (!OidIsValid(table))
		return InvalidOid;
	LockRelationOid(table, lock);
	return up_history_named(schema, base, constraint, owner) == table ? table : InvalidOid;
}

Oid
up_history_table(const UpProfile *p, LOCKMODE lock)
{
	return find(p, lock, false);
}

static const char *
quoted_name(const UpProfile *p)
{
	return quote_qualified_identifier(p->table_schema, history_name(up_profile_base(p)));
}

/* ---- making it --------------------------------------------------------------------------------------------------- */

static const UpProfileColumn *
column_of(List *columns, const char *name)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		if (strcmp(((UpProfileColumn *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* The types of the key as the profile's table has them, with their collations. */
static char *
key_type(const UpProfile *p, TupleDesc table, int part)
{
	Form_pg_attribute a = up_attribute_named(table, p->key_parts.parts[part].name);
	char *type =
		format_type_extended(a->atttypid, a->atttypmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);

	return OidIsValid(a->attcollation) && a->attcollation != get_typcollation(a->atttypid)
			   ? psprintf("%s COLLATE %s", type, up_collation_name(a->attcollation))
			   : type;
}

static void
make(const UpProfile *p, TupleDesc table)
{
	StringInfoData ddl, keys;
	const char *name = quoted_name(p);
	Oid schema = get_namespace_oid(p->table_schema, false);

	if (OidIsValid(get_relname_relid(history_name(up_profile_base(p)), schema)))
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE), errmsg("relation %s already exists", name),
						errdetail("The history of profile \"%s\" needs this name.", p->name),
						errhint("Rename it, or the profile.")));
	initStringInfo(&ddl);
	initStringInfo(&keys);
	appendStringInfo(&ddl, "CREATE TABLE %s (", name);
	for (int i = 0; i < p->key_parts.n; i++)
	{
		appendStringInfo(&ddl, "key_%d %s, ", i + 1, key_type(p, table, i));
		appendStringInfo(&keys, "key_%d, ", i + 1);
	}
	appendStringInfo(&ddl,
					 "changed_at pg_catalog.timestamptz NOT NULL, step pg_catalog.int4 NOT NULL, "
					 "operation pg_catalog.text NOT NULL, since pg_catalog.timestamptz, "
					 "values_before pg_catalog.jsonb, values_after pg_catalog.jsonb, CONSTRAINT %s CHECK "
					 "(true))",
					 up_profile_constraint(p));
	up_query(false, ddl.data, 0, NULL, NULL, NULL);
	up_query(false, psprintf("CREATE INDEX ON %s (%schanged_at)", name, keys.data), 0, NULL, NULL, NULL);
	up_query(false, psprintf("CREATE INDEX ON %s (changed_at)", name), 0, NULL, NULL, NULL);
	up_query(false,
			 psprintf("COMMENT ON TABLE %s IS %s", name,
					  quote_literal_cstr(psprintf(
						  "What refreshes changed in %s; read it with uprofile_history and uprofile_as_of.",
						  p->table))),
			 0, NULL, NULL, NULL);
	CommandCounterIncrement();
}

static void
refuse_column(Oid history, const char *name, Oid type)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column \"%s\" of table %s, the history of a profile, has the type %s", name,
						   up_relation_name(history), format_type_be(type)),
					errhint("Drop the table: then the next refresh begins the history anew.")));
}

static Form_pg_attribute
checked_column(Oid history, TupleDesc columns, const char *name)
{
	Form_pg_attribute a = up_attribute_named(columns, name);

	if (a == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("table %s, the history of a profile, has no column \"%s\"",
							   up_relation_name(history), name),
						errhint("Drop the table: then the next refresh begins the history anew.")));
	return a;
}

void
up_history_check(Oid history, int n_key)
{
	static const struct
	{
		const char *name;
		Oid type;
	} others[] = {{"changed_at", TIMESTAMPTZOID}, {"step", INT4OID},           {"operation", TEXTOID},
				  {"since", TIMESTAMPTZOID},      {"values_before", JSONBOID}, {"values_after", JSONBOID}};
	TupleDesc columns = up_relation_columns(history);

	for (int i = 0; i < n_key; i++)
		(void) checked_column(history, columns, psprintf("key_%d", i + 1));
	for (int i = 0; i < (int) lengthof(others); i++)
	{
		Form_pg_attribute a = checked_column(history, columns, others[i].name);

		if (a->atttypid != others[i].type)
			refuse_column(history, others[i].name, a->atttypid);
	}
}

/* A cast of a type that somebody made would run with the rights of whoever reads. */
void
up_history_check_key(Oid history, const UpKey *key)
{
	TupleDesc columns = up_relation_columns(history);

	for (int i = 0; i < key->n; i++)
	{
		Form_pg_attribute a = checked_column(history, columns, psprintf("key_%d", i + 1));
		Oid type = getBaseType(a->atttypid);

		if (type != key->parts[i].type &&
			(type >= FirstNormalObjectId || key->parts[i].type >= FirstNormalObjectId))
			refuse_column(history, NameStr(a->attname), a->atttypid);
	}
}

/* The key goes with that of the profile's table, which uprofile_alter may widen. */
static void
follow_key(const UpProfile *p, Oid history, TupleDesc table)
{
	TupleDesc there = up_relation_columns(history);

	up_history_check(history, p->key_parts.n);
	for (int i = 0; i < p->key_parts.n; i++)
	{
		const char *name = psprintf("key_%d", i + 1);
		Form_pg_attribute a = up_attribute_named(table, p->key_parts.parts[i].name);
		Form_pg_attribute b = up_attribute_named(there, name);

		if (a->atttypid != b->atttypid || a->atttypmod != b->atttypmod || a->attcollation != b->attcollation)
			up_query(false,
					 psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s", quoted_name(p), name,
							  key_type(p, table, i), name,
							  format_type_extended(a->atttypid, a->atttypmod,
												   FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY)),
					 0, NULL, NULL, NULL);
	}
}

static UpHistory *
open_history(UpProfile *p)
{
	Oid history;
	TupleDesc table;

	if (p->history != NULL)
		return p->history;
	table = up_relation_columns(up_profile_own_table(p, AccessShareLock, false, NULL));
	history = find(p, RowExclusiveLock, false);
	if (!OidIsValid(history))
		make(p, table);
	else
		follow_key(p, history, table);
	p->history = palloc0(sizeof(UpHistory));
	p->history->table = quoted_name(p);
	return p->history;
}

/* After all that is there; the lock on the definition keeps other refreshes away until the transaction ends. */
static void
take_stamp(UpHistory *h)
{
	UpRows r;
	Datum last;
	bool isnull;

	if (h->stamp != 0)
		return;
	r = up_query(false, psprintf("SELECT max(changed_at) AS last FROM %s", h->table), 0, NULL, NULL, NULL);
	last = up_rows_get(&r, 0, "last", &isnull);
	h->stamp = GetCurrentTimestamp();
	if (!isnull && DatumGetTimestampTz(last) >= h->stamp)
		h->stamp = DatumGetTimestampTz(last) + 1;
	h->at = up_history_time(h->stamp);
}

const char *
up_history_at(UpProfile *p)
{
	if (p->policy->history == NULL)
		return NULL;
	take_stamp(open_history(p));
	return p->history->at;
}

/* ---- the beginning ----------------------------------------------------------------------------------------------- */

/* The columns that the beginning names; NULL where there is none. */
static UpValue *
stored_columns(const char *table)
{
	UpRows r = up_query(
		false,
		psprintf("SELECT values_after FROM %s WHERE key_1 IS NULL AND operation = '" UP_HISTORY_BEGIN "'",
				 table),
		0, NULL, NULL, NULL);
	bool isnull;
	Datum value;

	if (r.n == 0)
		return NULL;
	value = up_rows_get(&r, 0, "values_after", &isnull);
	return isnull ? up_value_object() : up_value_from_jsonb(DatumGetJsonbP(value));
}

/* Columns that the beginning did not name were not there, or were not the profile's. */
static UpValue *
columns_since(UpProfile *p, const UpValue *stored, List *columns, List *anew)
{
	UpValue *since = up_value_object();
	ListCell *cell;

	foreach (cell, columns)
	{
		const char *name = ((UpProfileColumn *) lfirst(cell))->name;
		UpValue *known = stored != NULL ? up_value_get(stored, name) : NULL;

		if (stored != NULL && !up_key_has(&p->key_parts, name) &&
			(known == NULL || column_of(anew, name) != NULL))
		{
			take_stamp(p->history);
			known = up_value_string(time_text(p->history->stamp));
		}
		up_value_set(since, name, known != NULL ? up_value_copy(known) : up_value_null());
	}
	return since;
}

static void
keep_beginning(UpProfile *p, List *columns, List *anew)
{
	UpHistory *h = open_history(p);
	UpValue *stored = stored_columns(h->table);
	UpValue *since = columns_since(p, stored, columns, anew);
	Oid type = JSONBOID;
	Datum value = JsonbPGetDatum(up_value_to_jsonb(since));

	if (stored != NULL && up_value_equal(stored, since))
		return;
	if (stored == NULL)
		take_stamp(h);
	up_query(
		false,
		stored != NULL
			? psprintf("UPDATE %s SET values_after = $1 WHERE key_1 IS NULL AND operation = '" UP_HISTORY_BEGIN
					   "'",
					   h->table)
			: psprintf("INSERT INTO %s (changed_at, step, operation, values_after) VALUES (%s, 0, "
					   "'" UP_HISTORY_BEGIN "', $1)",
					   h->table, h->at),
		1, &type, &value, NULL);
}

/* What was kept stays; without a beginning it tells no past. */
static void
stop(const UpProfile *p)
{
	UpRows r;

	if (!OidIsValid(find(p, RowExclusiveLock, false)))
		return;
	r = up_query(
		false,
		psprintf("DELETE FROM %s WHERE key_1 IS NULL AND operation = '" UP_HISTORY_BEGIN "'", quoted_name(p)),
		0, NULL, NULL, NULL);
	if (r.processed > 0)
		ereport(NOTICE, (errmsg("profile \"%s\" keeps no history from now on", p->name),
						 errdetail("What it kept stays in table %s until that is dropped.", quoted_name(p))));
}

void
up_history_keep(UpProfile *p, List *columns, List *anew)
{
	if (p->policy->history == NULL)
		stop(p);
	else
		keep_beginning(p, columns, anew);
}

/* ---- its end ----------------------------------------------------------------------------------------------------- */

/* The newest of what was deleted is what the past can no longer be told without. */
static int64
prune_some(const UpProfile *p, const char *age, int64 most)
{
	UpRows r = up_query(
		false,
		psprintf("WITH old AS (SELECT ctid AS at FROM %s WHERE changed_at < now() - %s::interval AND key_1 IS "
				 "NOT NULL ORDER BY changed_at LIMIT " INT64_FORMAT "), gone AS (DELETE FROM %s h USING old "
				 "WHERE h.ctid = old.at RETURNING h.changed_at), moved AS (UPDATE %s h SET changed_at = "
				 "g.last FROM (SELECT max(changed_at) AS last FROM gone) g WHERE h.key_1 IS NULL AND "
				 "h.operation = '" UP_HISTORY_BEGIN "' AND h.changed_at < g.last) SELECT count(*) AS n FROM "
				 "gone",
				 quoted_name(p), age, most, quoted_name(p), quoted_name(p)),
		0, NULL, NULL, NULL);
	bool isnull;

	return DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

int64
up_history_prune(const UpProfile *p, const char *age, int64 most)
{
	int64 deleted = 0, n;

	if (!OidIsValid(find(p, RowExclusiveLock, false)))
		return 0;
	do
	{
		CHECK_FOR_INTERRUPTS();
		n = prune_some(p, age, most > 0 ? Min(most - deleted, AT_A_TIME) : AT_A_TIME);
		deleted += n;
		CommandCounterIncrement();
	} while (n > 0 && (most == 0 || deleted < most));
	return deleted;
}

void
up_history_retain(const UpProfile *p)
{
	if (p->policy->history != NULL)
		up_history_prune(p, quote_literal_cstr(p->policy->history), AT_A_TIME);
}

void
up_history_drop(const UpProfile *p)
{
	if (OidIsValid(find(p, AccessExclusiveLock, false)))
		up_query(false, psprintf("DROP TABLE %s", quoted_name(p)), 0, NULL, NULL, NULL);
}

void
up_history_reassign(const UpProfile *p, Oid role)
{
	Oid table = find(p, AccessExclusiveLock, true);

	if (OidIsValid(table))
		up_query(false,
				 psprintf("ALTER TABLE %s OWNER TO %s", quoted_name(p),
						  quote_identifier(GetUserNameFromId(role, false))),
				 0, NULL, NULL, NULL);
}
