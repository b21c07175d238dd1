/*
 * profile_rows.c - the rows of a refresh: read, predicted, fitted, compared and written; see profile_rows.h
 *
 * The source is streamed once, by a plan that may be parallel, into rows that are kept aside (on disk where they are
 * many). Then three statements delete, change and add what differs. Rows that are as they were are neither written nor
 * locked; keys are equal where the unique index of the table says so.
 */
#include "postgres.h"

#include "access/stratnum.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
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

/* Columns that the table got when it was made stand before changed_at; each must still come from somewhere. */
static void
check_all_given(const Reading *r, TupleDesc desc)
{
	Form_pg_attribute last = find_attribute(r->table->columns, UP_CHANGED_AT);

	if (last == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("the profile's table %s has no column \"%s\"",
																  r->profile->table, UP_CHANGED_AT)));
	for (int i = 0; i < last->attnum - 1; i++)
	{
		Form_pg_attribute a = TupleDescAttr(r->table->columns, i);

		if (!a->attisdropped && find_attribute(desc, NameStr(a->attname)) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the source has no column \"%s\" any more", NameStr(a->attname)),
					 errhint("Bring it back in the source, drop it from %s, or drop the profile and create it "
							 "again.",
							 r->profile->table)));
	}
}

static UpFit *
fit_column(const Reading *r, Form_pg_attribute from, Form_pg_attribute to)
{
	UpFit *fit;

	if (to == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("column \"%s\" of the source is new and not in the profile's table %s",
							   NameStr(from->attname), r->profile->table),
						errhint("Add it there with ALTER TABLE, or leave it out of the source.")));
	fit = up_fit_new(from, to);
	if (fit == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" is %s in the source and %s in the profile's table %s",
							   NameStr(from->attname), format_type_be(from->atttypid),
							   format_type_be(to->atttypid), r->profile->table),
						errhint("Cast it in the source, or drop the profile and create it again.")));
	return fit;
}

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;
	UpFreshRows *fresh = r->fresh;
	Oid output;
	bool is_varlena;

	check_all_given(r, desc);
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
		const char *type = up_profile_column_type(m);

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

/*
 * The key's equality as the table's unique index has it: the default btree operator of its type. The columns on both
 * sides have the collation of the table's.
 */
static const char *
key_equality(const UpFreshRows *fresh)
{
	Form_pg_attribute key = find_attribute(fresh->columns, fresh->key);
	TypeCacheEntry *type = lookup_type_cache(key->atttypid, TYPECACHE_BTREE_OPFAMILY);
	Oid equal = InvalidOid;
	StringInfoData sql;

	if (OidIsValid(type->btree_opf))
		equal = get_opfamily_member(type->btree_opf, type->btree_opintype, type->btree_opintype,
									BTEqualStrategyNumber);
	if (!OidIsValid(equal))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s of the key \"%s\" has no order that a unique index could use",
							   format_type_be(key->atttypid), fresh->key)));
	initStringInfo(&sql);
	generate_operator_clause(&sql, psprintf("fresh.%s", quote_identifier(fresh->key)), key->atttypid, equal,
							 psprintf("old.%s", quote_identifier(fresh->key)), key->atttypid);
	return sql.data;
}

UpFreshRows *
up_profile_read(const UpProfile *p, const UpProfileTable *table)
{
	Reading r = {p, table};
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT uprofile_row.*");
	append_predictions(&sql, p);
	appendStringInfo(&sql, " FROM (%s) uprofile_row", p->query);
	r.fresh = palloc0(sizeof(UpFreshRows));
	r.fresh->key = p->key;
	r.fresh->rows = tuplestore_begin_heap(true, false, work_mem);
	up_query_stream(sql.data, 0, NULL, NULL, NULL, start_reading, read_row, &r);
	r.fresh->equal = key_equality(r.fresh);
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

static UpRows
run_over(const UpFreshRows *fresh, const char *statement)
{
	return up_query_over(FRESH, fresh->rows, fresh->columns, statement, 0, NULL, NULL);
}

/* Of two rows with one key the statements would take either, so this comes first. */
static void
refuse_repeated(const UpProfile *p, const UpFreshRows *fresh)
{
	const char *key = quote_identifier(p->key);
	UpRows r = run_over(fresh, psprintf("SELECT %s AS key, count(*) AS n FROM " FRESH
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

static void
refuse_many_deleted(const UpWritten *w, double max_deleted)
{
	if (w->deleted <= MAY_BE_GONE || (double) w->deleted <= max_deleted * (double) w->before)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_CARDINALITY_VIOLATION),
		 errmsg("%lld of %lld users are no longer in the source, more than the share of %g that a refresh may "
				"delete; if they are to go, refresh with max_deleted => 1",
				(long long) w->deleted, (long long) w->before, max_deleted)));
}

/* Users of the table, and those of them that are gone. Counted before a row is touched. */
static void
count_users(const UpProfile *p, const UpFreshRows *fresh, UpWritten *w)
{
	UpRows r =
		run_over(fresh, psprintf("SELECT (SELECT count(*) FROM %s) AS users, (SELECT count(*) FROM %s old "
								 "WHERE NOT EXISTS (SELECT FROM " FRESH " fresh WHERE %s)) AS gone",
								 p->table, p->table, fresh->equal));
	bool isnull;

	w->before = DatumGetInt64(up_rows_get(&r, 0, "users", &isnull));
	w->deleted = DatumGetInt64(up_rows_get(&r, 0, "gone", &isnull));
}

UpWritten
up_profile_write(const UpProfile *p, const UpFreshRows *fresh, double max_deleted)
{
	char *columns = column_list(fresh->columns, "");
	char *theirs = column_list(fresh->columns, "fresh.");
	UpWritten w = {0};

	refuse_repeated(p, fresh);
	count_users(p, fresh, &w);
	refuse_many_deleted(&w, max_deleted);
	if (w.deleted > 0)
		w.deleted = (int64) run_over(fresh, psprintf("DELETE FROM %s old WHERE NOT EXISTS (SELECT FROM " FRESH
													 " fresh WHERE %s)",
													 p->table, fresh->equal))
						.processed;
	w.updated =
		(int64) run_over(fresh, psprintf("UPDATE %s old SET (%s, " UP_CHANGED_AT ") = ROW(%s, "
										 "pg_catalog.clock_timestamp()) FROM " FRESH " fresh WHERE %s AND "
										 "pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
										 p->table, columns, theirs, fresh->equal,
										 column_list(fresh->columns, "old."), theirs))
			.processed;
	w.inserted = (int64) run_over(fresh, psprintf("INSERT INTO %s (%s, " UP_CHANGED_AT ") SELECT %s, "
												  "pg_catalog.clock_timestamp() FROM " FRESH
												  " fresh WHERE NOT EXISTS (SELECT FROM %s old WHERE %s)",
												  p->table, columns, theirs, p->table, fresh->equal))
					 .processed;
	return w;
}
