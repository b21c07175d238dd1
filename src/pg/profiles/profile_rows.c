/*
 * profile_rows.c - the rows of a refresh: read, predicted, fitted, compared and written; see profile_rows.h
 *
 * The source is streamed once, by a plan that may be parallel, into rows that are kept aside (on disk where they are
 * many). Then three statements delete, change and add what differs. Rows that are as they were are neither written nor
 * locked; keys are equal where the unique index of the table says so.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/platform.h"
#include "pg/io/fit.h"
#include "pg/profiles/profile_rows.h"
#include "pg/io/query.h"

#define FRESH       "uprofile_fresh"
#define KEY_SHOWN   200 /* bytes of a key in an error */
#define MAY_BE_GONE 10  /* users that may always be deleted */

static void
refuse_deferred(const UpProfile *p, Oid relation)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(relation);
	UpRows r =
		up_query(true,
				 "SELECT coalesce(c.conname, t.tgname) AS name FROM pg_trigger t LEFT JOIN pg_constraint c "
				 "ON c.oid = t.tgconstraint WHERE t.tgrelid = $1 AND t.tginitdeferred AND t.tgenabled <> 'D' "
				 "ORDER BY 1 LIMIT 1",
				 1, &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("constraint \"%s\" of the profile's table %s is deferred, which a refresh cannot wait for",
					NameStr(*DatumGetName(up_rows_get(&r, 0, "name", &isnull))), p->table),
			 errhint("Make it one that is checked at once: INITIALLY IMMEDIATE.")));
}

UpProfileTable *
up_profile_table(const UpProfile *p)
{
	RangeVar *name = makeRangeVar(pstrdup(p->table_schema), pstrdup(p->table_name), -1);
	UpProfileTable *t = palloc0(sizeof(UpProfileTable));
	Relation relation = table_openrv_extended(name, RowExclusiveLock, true);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the profile's table %s does not exist", p->table),
				 errhint("Drop the profile with uprofile_drop and create it again.")));
	if (relation->rd_rel->relkind != RELKIND_RELATION && relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("the profile's table %s is not a table", p->table)));
	t->relation = RelationGetRelid(relation);
	t->columns = CreateTupleDescCopy(RelationGetDescr(relation));
	table_close(relation, NoLock);
	refuse_deferred(p, t->relation);
	return t;
}

/* ---- reading ---- */

typedef struct Reading
{
	const UpProfile *profile;
	const UpProfileTable *table;
	UpFreshRows *fresh;
	int key; /* column of the query, from 0 */
	FmgrInfo key_output;
	UpFit **fits;
	bool plain; /* every value fits as it is */
	Datum *values;
	bool *nulls;
	TupleTableSlot *slot;
} Reading;

static const char *
key_text(FmgrInfo *output, Datum key)
{
	char *text = OutputFunctionCall(output, key);
	int len = (int) strlen(text);

	return len <= KEY_SHOWN ? text : psprintf("%s…", pnstrdup(text, pg_mbcliplen(text, len, KEY_SHOWN)));
}

/* "user 42", for errors about the row that is being read. */
static const char *
name_row(void *arg)
{
	Reading *r = arg;

	return psprintf("user %s", key_text(&r->key_output, r->slot->tts_values[r->key]));
}

static Form_pg_attribute
find_attribute(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (!a->attisdropped && strcmp(NameStr(a->attname), name) == 0)
			return a;
	}
	return NULL;
}

/* The table has followed the source before; what fits is told there. */
static UpFit *
fit_column(const Reading *r, Form_pg_attribute from, Form_pg_attribute to)
{
	UpFit *fit = to != NULL ? up_fit_new(from, to) : NULL;

	if (fit == NULL)
		elog(ERROR, "column \"%s\" does not fit table %s", NameStr(from->attname), r->profile->table);
	return fit;
}

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;
	UpFreshRows *fresh = r->fresh;
	Oid output;
	bool is_varlena;

	fresh->columns = CreateTemplateTupleDesc(desc->natts);
	r->fits = palloc(sizeof(UpFit *) * desc->natts);
	r->values = palloc(sizeof(Datum) * desc->natts);
	r->nulls = palloc(sizeof(bool) * desc->natts);
	r->plain = true;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute from = TupleDescAttr(desc, i);
		Form_pg_attribute to = find_attribute(r->table->columns, NameStr(from->attname));

		r->fits[i] = fit_column(r, from, to);
		r->plain = r->plain && up_fit_is_plain(r->fits[i]);
		TupleDescInitEntry(fresh->columns, i + 1, NameStr(to->attname), to->atttypid, to->atttypmod,
						   to->attndims);
		TupleDescInitEntryCollation(fresh->columns, i + 1, to->attcollation);
		if (strcmp(NameStr(from->attname), r->profile->key) == 0)
			r->key = i;
	}
	getTypeOutputInfo(TupleDescAttr(desc, r->key)->atttypid, &output, &is_varlena);
	fmgr_info(output, &r->key_output);
}

static void
read_row(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	int n = r->fresh->columns->natts;

	slot_getallattrs(slot);
	r->slot = slot;
	if (slot->tts_isnull[r->key])
		ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
						errmsg("a row of the source has no \"%s\", which is the key", r->profile->key)));
	memcpy(r->nulls, slot->tts_isnull, sizeof(bool) * n);
	memcpy(r->values, slot->tts_values, sizeof(Datum) * n);
	for (int i = 0; !r->plain && i < n; i++)
		r->values[i] = up_fit_value(r->fits[i], r->values[i], &r->nulls[i], name_row, r);
	tuplestore_putvalues(r->fresh->rows, r->fresh->columns, r->values, r->nulls);
	if ((++r->fresh->n & 0x3ff) == 0)
		up_progress("reading users", r->fresh->n, 0);
}

/* The expressions for the models' columns over one row of the source. A model that cannot be used leaves NULL. */
static void
append_predictions(StringInfo sql, const UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];
		char *given = psprintf("(%s::pg_catalog.text, uprofile_row)", quote_literal_cstr(m->registered));
		const char *type = format_type_extended(up_profile_column_type(m), -1, FORMAT_TYPE_FORCE_QUALIFY);

		if (!m->usable)
			appendStringInfo(sql, ", NULL::%s", type);
		else if (m->target == NULL || m->label_kind == UP_LABEL_NUMBER)
			appendStringInfo(sql, ", %s.uprofile_predict%s::%s", p->schema, given, type);
		else
			appendStringInfo(sql, ", %s.uprofile_predict_label%s::%s", p->schema, given, type);
		appendStringInfo(sql, " AS %s", quote_identifier(m->column));
		if (!up_profile_has_probability(m))
			continue;
		if (m->usable && m->classifies)
			appendStringInfo(sql, ", %s.uprofile_predict_proba%s", p->schema, given);
		else
			appendStringInfoString(sql, ", NULL::pg_catalog.float8");
		appendStringInfo(sql, " AS %s", quote_identifier(psprintf("%s_probability", m->column)));
	}
}

/* The key's equality as a unique index has it: that of the default btree operators of its type. */
static Oid
key_operator(Oid key, const char *name)
{
	TypeCacheEntry *type = lookup_type_cache(key, TYPECACHE_BTREE_OPFAMILY);
	Oid equal = InvalidOid;

	if (OidIsValid(type->btree_opf))
		equal = get_opfamily_member(type->btree_opf, type->btree_opintype, type->btree_opintype,
									BTEqualStrategyNumber);
	if (!OidIsValid(equal))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s of the key \"%s\" has no order that a unique index could use",
							   format_type_be(key), name)));
	return equal;
}

/* SQL text: the key of one table is that of another. */
static char *
equal_keys(const char *left, Oid left_type, const char *right, Oid right_type, const char *name)
{
	StringInfoData sql;

	initStringInfo(&sql);
	generate_operator_clause(&sql, left, left_type, key_operator(left_type, name), right, right_type);
	return sql.data;
}

/* SQL text: the key of the table is one of the array $1. */
static char *
key_among(const char *table, const char *key, Oid type)
{
	Oid equal = key_operator(type, key);
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equal));
	Form_pg_operator row;
	char *sql;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", equal);
	row = (Form_pg_operator) GETSTRUCT(tuple);
	sql = psprintf("%s.%s OPERATOR(%s.%s) ANY ($1)", table, quote_identifier(key),
				   quote_identifier(get_namespace_name(row->oprnamespace)), NameStr(row->oprname));
	ReleaseSysCache(tuple);
	return sql;
}

/*
 * What is read of the source. Keys are either asked for one by one, by a subquery that takes each from outside (OFFSET 0
 * keeps it one), so that the key reaches all that the source joins and groups by it, or all at once.
 */
static char *
from_source(const UpProfile *p, const UpKeys *keys, bool one_by_one)
{
	const char *key = quote_identifier(p->key);
	Oid type;

	if (keys == NULL)
		return psprintf(" FROM (%s) uprofile_row", p->query);
	type = find_attribute(p->columns, p->key)->atttypid;
	if (!one_by_one)
		return psprintf(" FROM (%s) uprofile_row WHERE %s", p->query, key_among("uprofile_row", p->key, type));
	return psprintf(" FROM pg_catalog.unnest($1) uprofile_keys (uprofile_key), LATERAL (SELECT * FROM (%s) "
					"uprofile_source WHERE %s OFFSET 0) uprofile_row",
					p->query,
					equal_keys(psprintf("uprofile_source.%s", key), type, "uprofile_keys.uprofile_key",
							   keys->type, p->key));
}

/* The cheapest way, as the planner sees it; one key needs no question. */
static char *
cheapest_source(const UpProfile *p, const UpKeys *keys, Oid array)
{
	char *single = from_source(p, keys, true);
	char *set = from_source(p, keys, false);

	if (keys->n <= 1 || up_query_cost(psprintf("SELECT uprofile_row.*%s", single), 1, &array, &keys->array) <=
							up_query_cost(psprintf("SELECT uprofile_row.*%s", set), 1, &array, &keys->array))
		return single;
	return set;
}

UpFreshRows *
up_profile_read(const UpProfile *p, const UpProfileTable *table, const UpKeys *keys)
{
	Reading r = {p, table};
	Oid array = keys != NULL ? get_array_type(keys->type) : InvalidOid;
	Form_pg_attribute key;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT uprofile_row.*");
	append_predictions(&sql, p);
	appendStringInfoString(&sql, keys != NULL ? cheapest_source(p, keys, array) : from_source(p, NULL, false));
	r.fresh = palloc0(sizeof(UpFreshRows));
	r.fresh->key = p->key;
	r.fresh->rows = tuplestore_begin_heap(true, false, work_mem);
	up_query_stream(sql.data, keys != NULL ? 1 : 0, &array, keys != NULL ? &keys->array : NULL, NULL,
					start_reading, read_row, &r);
	/* The columns on both sides have the collation of the table's. */
	key = find_attribute(r.fresh->columns, p->key);
	r.fresh->equal = equal_keys(psprintf("fresh.%s", quote_identifier(p->key)), key->atttypid,
								psprintf("old.%s", quote_identifier(p->key)), key->atttypid, p->key);
	return r.fresh;
}

/* ---- writing ---- */

/* The names of the columns, each with this before it. */
static char *
column_list(TupleDesc columns, const char *before)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
		appendStringInfo(&list, "%s%s%s", i > 0 ? ", " : "", before,
						 quote_identifier(NameStr(TupleDescAttr(columns, i)->attname)));
	return list.data;
}

/* keys: $1 of the statement, or NULL. */
static UpRows
run_over(const UpFreshRows *fresh, const UpKeys *keys, const char *statement)
{
	Oid type = keys != NULL ? get_array_type(keys->type) : InvalidOid;

	return up_query_over(FRESH, fresh->rows, fresh->columns, statement, keys != NULL ? 1 : 0, &type,
						 keys != NULL ? &keys->array : NULL);
}

/* Of two rows with one key the statements would take either, so this comes first. */
static void
refuse_repeated(const UpProfile *p, const UpFreshRows *fresh)
{
	const char *key = quote_identifier(p->key);
	UpRows r = run_over(fresh, NULL,
						psprintf("SELECT %s AS key, count(*) AS n FROM " FRESH
								 " GROUP BY %s HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 1",
								 key, key));
	FmgrInfo output_function;
	Oid output;
	bool is_varlena, isnull;
	Datum value;

	if (r.n == 0)
		return;
	value = up_rows_get(&r, 0, "key", &isnull);
	getTypeOutputInfo(TupleDescAttr(r.desc, 0)->atttypid, &output, &is_varlena);
	fmgr_info(output, &output_function);
	ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
					errmsg("%lld rows of the source have the same \"%s\", which is the key: %s",
						   (long long) DatumGetInt64(up_rows_get(&r, 0, "n", &isnull)), p->key,
						   key_text(&output_function, value))));
}

static int64
count_users(const UpProfile *p)
{
	UpRows r = up_query(false, psprintf("SELECT count(*) AS n FROM %s", p->table), 0, NULL, NULL, NULL);
	bool isnull;

	return DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

static void
refuse_many_deleted(const UpProfile *p, int64 gone, double max_deleted)
{
	int64 users;

	if (gone <= MAY_BE_GONE)
		return;
	users = count_users(p);
	if ((double) gone <= max_deleted * (double) users)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_CARDINALITY_VIOLATION),
		 errmsg("%lld of %lld users are no longer in the source, more than the share of %g that a refresh may "
				"delete; if they are to go, refresh with max_deleted => 1",
				(long long) gone, (long long) users, max_deleted)));
}

/* Rows of the table whose users are gone: what stands after FROM. */
static char *
gone_rows(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys)
{
	Oid type = find_attribute(fresh->columns, fresh->key)->atttypid;

	return psprintf("%s old WHERE %s NOT EXISTS (SELECT FROM " FRESH " fresh WHERE %s)", p->table,
					keys != NULL ? psprintf("%s AND", key_among("old", fresh->key, type)) : "", fresh->equal);
}

/* Counted before a row is touched. */
static int64
count_gone(const UpFreshRows *fresh, const UpKeys *keys, const char *gone)
{
	UpRows r = run_over(fresh, keys, psprintf("SELECT count(*) AS n FROM %s", gone));
	bool isnull;

	return DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

UpWritten
up_profile_write(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, double max_deleted)
{
	char *columns = column_list(fresh->columns, "");
	char *theirs = column_list(fresh->columns, "fresh.");
	char *gone = gone_rows(p, fresh, keys);
	UpWritten w = {0};

	refuse_repeated(p, fresh);
	w.deleted = count_gone(fresh, keys, gone);
	refuse_many_deleted(p, w.deleted, max_deleted);
	if (w.deleted > 0)
		w.deleted = (int64) run_over(fresh, keys, psprintf("DELETE FROM %s", gone)).processed;
	if (fresh->n == 0)
		return w;
	w.updated = (int64) run_over(fresh, NULL,
								 psprintf("UPDATE %s old SET (%s, " UP_CHANGED_AT ") = ROW(%s, "
										  "pg_catalog.clock_timestamp()) FROM " FRESH " fresh WHERE %s AND "
										  "pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
										  p->table, columns, theirs, fresh->equal,
										  column_list(fresh->columns, "old."), theirs))
					.processed;
	w.inserted = (int64) run_over(fresh, NULL,
								  psprintf("INSERT INTO %s (%s, " UP_CHANGED_AT ") SELECT %s, "
										   "pg_catalog.clock_timestamp() FROM " FRESH
										   " fresh WHERE NOT EXISTS (SELECT FROM %s old WHERE %s)",
										   p->table, columns, theirs, p->table, fresh->equal))
					 .processed;
	return w;
}
