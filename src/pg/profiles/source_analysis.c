/*
 * source_analysis.c - what a source depends on; see source_analysis.h
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/platform.h"
#include "pg/io/source_query.h"
#include "pg/profiles/source_analysis.h"
#include "pg/profiles/source_calls.h"
#include "pg/io/shards.h"
#include "pg/io/srf.h"

/* Tables in which nobody can be seen to write. */
static const char *
no_trigger_reason(Oid relation)
{
	char kind = get_rel_relkind(relation);

	if (kind == RELKIND_MATVIEW)
		return "a materialized view has no triggers";
	if (kind == RELKIND_FOREIGN_TABLE)
		return "what changes a foreign table elsewhere fires no trigger here";
	if (IsCatalogRelationOid(relation))
		return "a system catalogue has no triggers";
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		return "it is no table";
	if (up_is_sharded(relation))
		return "what changes a distributed table on other nodes fires no trigger here";
	if (get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
		return "a temporary table is seen by one session only";
	return NULL;
}

static bool
is_virtual(Oid relation, AttrNumber column)
{
#if PG_VERSION_NUM >= 180000
	return get_attgenerated(relation, column) == ATTRIBUTE_GENERATED_VIRTUAL;
#else
	return false;
#endif
}

/* Also a partition or child in which nobody can be seen to write. */
static const char *
no_trigger_anywhere(Oid relation, bool with_children)
{
	const char *reason = no_trigger_reason(relation);
	ListCell *cell;

	foreach (cell, reason == NULL && with_children ? find_all_inheritors(relation, NoLock, NULL) : NIL)
	{
		reason = no_trigger_reason(lfirst_oid(cell));
		if (reason != NULL)
			return psprintf("%s belongs to it: %s", quote_identifier(get_rel_name(lfirst_oid(cell))), reason);
	}
	return reason;
}

/* The column for one part of the key: the one that another place already uses, the key's own name, or the first. */
static AttrNumber
choose(const UpSourceAnalysis *a, int part, Oid relation, Bitmapset *columns)
{
	AttrNumber best = InvalidAttrNumber;
	int rank = -1;
	int column = -1;

	while ((column = bms_next_member(columns, column)) >= 0)
	{
		ListCell *cell;
		int of_this = 0;
		Oid type = getBaseType(get_atttype(relation, (AttrNumber) column));
		Oid function;

		/* A trigger sees no value of a column that is computed when it is read. */
		if (up_key_conversion(type, a->key.parts[part].type, &function) == UP_CONVERT_NEVER ||
			is_virtual(relation, (AttrNumber) column))
			continue;
		if (strcmp(get_attname(relation, (AttrNumber) column, false), a->key.parts[part].name) == 0)
			of_this = 1;
		foreach (cell, a->tables)
		{
			UpTableUse *use = lfirst(cell);

			if (use->proved && use->relation == relation && use->columns[part] == column)
				of_this = 2;
		}
		if (of_this > rank)
		{
			rank = of_this;
			best = (AttrNumber) column;
		}
	}
	return best;
}

static bool
same_use(const UpTableUse *a, const UpTableUse *b, int n)
{
	if (a->relation != b->relation || a->proved != b->proved)
		return false;
	for (int i = 0; a->proved && i < n; i++)
	{
		if (a->columns[i] != b->columns[i])
			return false;
	}
	return true;
}

static void
add_use(UpSourceAnalysis *a, UpTableUse *use)
{
	ListCell *cell;

	foreach (cell, a->tables)
	{
		UpTableUse *other = lfirst(cell);

		if (same_use(other, use, a->key.n))
		{
			other->with_children |= use->with_children;
			/* The graver reason stays. */
			if (use->why.users_depend && !other->why.users_depend)
				other->why = use->why;
			return;
		}
	}
	a->tables = lappend(a->tables, use);
}

/* One place where the source reads a table: scans[part] speak of the same place. */
static void
settle(UpSourceAnalysis *a, UpTableScan **scans)
{
	UpTableUse *use = palloc0(sizeof(UpTableUse));
	const char *no_trigger = no_trigger_anywhere(scans[0]->relation, scans[0]->with_children);

	use->relation = scans[0]->relation;
	use->with_children = scans[0]->with_children;
	use->proved = true;
	for (int i = 0; i < a->key.n; i++)
	{
		use->columns[i] = choose(a, i, use->relation, scans[i]->columns);
		if (use->columns[i] != InvalidAttrNumber)
			continue;
		if (use->proved || scans[i]->why.users_depend)
			use->why = scans[i]->why;
		if (!bms_is_empty(scans[i]->columns))
			use->why.text = psprintf(
				"%s equals the key, but its type %s does not become %s without loss",
				quote_identifier(get_attname(use->relation, bms_next_member(scans[i]->columns, -1), false)),
				format_type_be(get_atttype(use->relation, bms_next_member(scans[i]->columns, -1))),
				format_type_be(a->key.parts[i].type));
		use->proved = false;
	}
	if (no_trigger != NULL)
	{
		use->proved = false;
		use->unwatchable = true;
		use->why.text = no_trigger;
	}
	add_use(a, use);
}

UpSourceAnalysis *
up_source_analyse(const char *query, const char *key, QueryEnvironment *environment)
{
	UpSourceAnalysis *a = palloc0(sizeof(UpSourceAnalysis));
	TupleDesc columns;
	Query *parsed = up_query_parse(query, environment, &columns);
	List *scans[UP_MAX_KEY];
	const char *word = up_calls_clock_word(query);
	ListCell *cell;

	up_key_resolve(&a->key, key, columns);
	for (int i = 0; i < a->key.n; i++)
		scans[i] = up_push_key(parsed, &a->key.parts[i]);
	for (int place = 0; place < list_length(scans[0]); place++)
	{
		UpTableScan *at[UP_MAX_KEY] = {NULL};

		for (int i = 0; i < a->key.n; i++)
		{
			at[i] = list_nth(scans[i], place);
			if (at[i]->relation != at[0]->relation)
				elog(ERROR, "the parts of a key met the tables in different orders");
		}
		settle(a, at);
	}
	a->unsafe = up_calls_unsafe(parsed, false);
	a->clock = up_calls_clock(parsed);
	if (word != NULL)
	{
		UpClockUse *use = palloc(sizeof(UpClockUse));

		*use = (UpClockUse){NULL, word};
		a->clock = lappend(a->clock, use);
	}
	a->all_proved = a->unsafe == NIL;
	foreach (cell, a->tables)
		a->all_proved = a->all_proved && ((UpTableUse *) lfirst(cell))->proved;
	return a;
}
