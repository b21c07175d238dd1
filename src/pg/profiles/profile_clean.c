/*
 * profile_clean.c - cleaning as a part of a profile's refresh; see profile_clean.h
 *
 * Rows are read as they are, cleaned in memory by the rules of uprofile_clean, and stand in the place of the source from
 * then on: for training, prediction and the table. Refreshes of everybody keep the statistics that rules need, so that
 * refreshes of single users fill with the same values.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg/clean/clean_stage.h"
#include "pg/clean/clean_write.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry.h"
#include "pg/profiles/failures.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_clean.h"

#define CORRECTED "uprofile_corrected_now"

void
up_profile_clean_tell(const UpProfile *p)
{
	if (p->clean_obstacle != NULL && pg_strcasecmp(p->watch, "none") != 0)
		ereport(NOTICE,
				(errmsg("each refresh of profile \"%s\" computes all users: %s", p->name, p->clean_obstacle),
				 errhint("uprofile_cleaning tells what each rule looks at.")));
}

UpCleaned *
up_profile_clean(const UpProfile *p, UpFreshRows *read, const UpKeys *keys)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile cleaning", ALLOCSET_DEFAULT_SIZES);
	UpCleaned *c = palloc0(sizeof(UpCleaned));
	int level = up_clean_text_settings();
	UpValue *known =
		keys == NULL ? NULL : (p->cleaned != NULL ? up_value_from_jsonb(p->cleaned) : up_value_array());
	UpCleanTable *t;

	c->held = palloc0(sizeof(UpFreshRows));
	*c->held = *read;
	c->held->columns = CreateTupleDescCopy(p->columns);
	c->held->rows = tuplestore_begin_heap(true, false, work_mem);
	c->corrected = tuplestore_begin_heap(true, false, work_mem);
	MemoryContextSwitchTo(inner);
	t = up_clean_stage(up_clean_rules_parse(up_value_from_jsonb(p->clean)), read->rows, read->columns, p->key,
					   known);
	up_clean_stage_rows(t, c->held->rows, c->held->columns);
	c->held->n = t->n_rows - t->n_removals;
	c->corrected_columns = up_clean_corrected(t, c->corrected);
	MemoryContextSwitchTo(outer);
	c->corrected_columns = CreateTupleDescCopy(c->corrected_columns);
	c->statistics = up_value_copy(t->statistics);
	MemoryContextDelete(inner);
	tuplestore_end(read->rows);
	AtEOXact_GUC(true, level);
	return c;
}

static char *
list_of(const char *alias)
{
	static const char *const columns[] = {"user_key", "step",  "rule",   "column_name", "action",
										  "before",   "after", "reason", "original"};
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < (int) lengthof(columns); i++)
		appendStringInfo(&list, "%s%s.%s", i > 0 ? ", " : "", alias, columns[i]);
	return list.data;
}

/* Only what differs is written, so that a correction that stays has the time when it was made first. */
static void
keep_corrections(const UpProfile *p, const UpCleaned *c, const UpKeys *keys)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID};
	Datum values[] = {CStringGetTextDatum(p->name), keys != NULL ? up_failures_key_texts(keys) : (Datum) 0};
	const char *whose = keys != NULL ? "AND f.user_key = ANY ($2)" : "";
	int n = keys != NULL ? 2 : 1;
	char *now = list_of("n"), *then = list_of("f");

	up_query_over(
		CORRECTED, c->corrected, c->corrected_columns,
		psprintf(
			"DELETE FROM %s.uprofile_corrected f WHERE profile = $1 %s AND NOT EXISTS (SELECT FROM " CORRECTED
			" n WHERE md5(ROW(%s)::text) = md5(ROW(%s)::text))",
			p->schema, whose, now, then),
		n, types, values);
	up_query_over(
		CORRECTED, c->corrected, c->corrected_columns,
		psprintf("INSERT INTO %s.uprofile_corrected (profile, user_key, step, rule, column_name, action, "
				 "before, after, reason, original) SELECT $1, * FROM (SELECT %s FROM " CORRECTED
				 " n EXCEPT SELECT %s FROM %s.uprofile_corrected f WHERE profile = $1 %s) d",
				 p->schema, now, then, p->schema, whose),
		n, types, values);
}

void
up_profile_clean_keep(const UpProfile *p, const UpCleaned *c, const UpKeys *keys)
{
	Oid types[] = {TEXTOID, JSONBOID};
	Datum values[] = {CStringGetTextDatum(p->name), (Datum) 0};

	keep_corrections(p, c, keys);
	if (keys != NULL)
		return;
	values[1] = JsonbPGetDatum(up_value_to_jsonb(c->statistics));
	up_query(false,
			 psprintf("UPDATE %s.uprofile_profile_definitions SET cleaned = $2 WHERE name = $1 AND cleaned IS "
					  "DISTINCT FROM $2",
					  p->schema),
			 2, types, values, NULL);
}

/* ---- uprofile_cleaning ---- */

static ArrayType *
names_of(const UpCleanTable *t, const UpCleanStep *step)
{
	Datum *names = palloc(sizeof(Datum) * (Size) Max(step->n_columns, 1));

	for (int i = 0; i < step->n_columns; i++)
		names[i] = CStringGetTextDatum(t->columns[step->columns[i]].name);
	return construct_array(names, step->n_columns, TEXTOID, -1, false, TYPALIGN_INT);
}

/* {column: what was found}, or NULL. */
static Jsonb *
statistics_of(const UpProfile *p, const UpCleanStep *step)
{
	UpValue *all = p->cleaned != NULL ? up_value_from_jsonb(p->cleaned) : NULL, *found = up_value_object();

	for (uint32_t i = 0; all != NULL && all->type == UP_ARRAY && i < all->n; i++)
	{
		UpValue *one = all->items[i], *rest = up_value_object(), *number, *name;

		if (one->type != UP_OBJECT)
			continue;
		number = up_value_get(one, "step");
		name = up_value_get(one, "column");
		if (number == NULL || number->type != UP_NUMBER || number->number != step->number || name == NULL ||
			name->type != UP_STRING)
			continue;
		for (uint32_t j = 0; j < one->n; j++)
		{
			if (strcmp(one->keys[j], "step") != 0 && strcmp(one->keys[j], "column") != 0)
				up_value_set(rest, one->keys[j], one->items[j]);
		}
		up_value_set(found, name->string, rest);
	}
	return found->n > 0 ? up_value_to_jsonb(found) : NULL;
}

PG_FUNCTION_INFO_V1(uprofile_cleaning);
Datum
uprofile_cleaning(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	UpProfile *p =
		up_profile_look(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Oid owner = up_profile_owner(p);
	UpCleanTable *t;
	UpAsRole before;

	up_profile_own_table(p, AccessShareLock, false, NULL);
	up_as_role_begin(&before, owner, p->source_path);
	up_profile_resolve(p, p->definitions);
	t = p->clean != NULL ? up_clean_stage_try(up_value_from_jsonb(p->clean), p->source_columns, p->key) : NULL;
	for (int i = 0; t != NULL && i < t->n_steps; i++)
	{
		const UpCleanStep *step = &t->steps[i];
		Jsonb *statistics = statistics_of(p, step);
		Datum values[] = {Int32GetDatum((int32) step->number), CStringGetTextDatum(step->rule->name),
						  PointerGetDatum(names_of(t, step)),
						  CStringGetTextDatum(up_clean_scope_names[up_clean_scope(t, step)]),
						  statistics != NULL ? JsonbPGetDatum(statistics) : (Datum) 0};
		bool nulls[] = {false, false, false, false, statistics == NULL};

		up_srf_row(srf, values, nulls);
	}
	up_as_role_end(&before);
	return (Datum) 0;
}
