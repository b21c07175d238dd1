/*
 * watch_state.c - what became of watched tables since they were looked at; see watch_state.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/io/query.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/watch_state.h"
#include "pg/profiles/watch_attach.h"

static const char *
column_problem(const UpWatch *w, Oid table)
{
	for (int i = 0; i < w->n_columns; i++)
	{
		if (get_attnum(table, w->columns[i]) <= 0)
			return psprintf("column \"%s\" is gone", w->columns[i]);
	}
	return NULL;
}

static bool
same_leaves(const UpWatch *w, List *leaves)
{
	if (!w->here)
		return leaves == NIL && w->n_leaves == 0;
	if (list_length(leaves) != w->n_leaves)
		return false;
	for (int i = 0; i < w->n_leaves; i++)
	{
		if (!list_member_oid(leaves, w->leaves[i]))
			return false;
	}
	return true;
}

UpWatchState *
up_watch_state(Oid trigger_function, const UpWatch *watch)
{
	UpWatchState *state = palloc0(sizeof(UpWatchState));
	Oid table = up_watch_table_oid(watch);
	List *leaves;
	Relation queue;
	ListCell *cell;

	state->watch = watch;
	if (!OidIsValid(table))
	{
		state->problem = "the table is gone";
		return state;
	}
	state->problem = column_problem(watch, table);
	if (!up_watch_fires(watch, table, trigger_function))
	{
		state->without = list_make1_oid(table);
		state->problem = "a trigger is missing or disabled";
	}
	leaves = up_watch_leaves(table);
	state->leaves_changed = !same_leaves(watch, leaves);
	foreach (cell, leaves)
	{
		if (!up_watch_fires(watch, lfirst_oid(cell), trigger_function))
			state->without = lappend_oid(state->without, lfirst_oid(cell));
	}
	queue = OidIsValid(up_watch_queue_oid(watch))
				? try_relation_open(up_watch_queue_oid(watch), AccessShareLock)
				: NULL;
	if (queue == NULL)
		state->problem = "the queue is gone";
	else
	{
		if (up_queue_problem(queue) != NULL)
			state->problem = psprintf("the queue %s", up_queue_problem(queue));
		table_close(queue, AccessShareLock);
	}
	return state;
}

void
up_watch_note(const char *schema, const UpWatch *w)
{
	Oid table = up_watch_table_oid(w);
	Oid types[] = {INT8OID, OIDOID, OIDOID, TEXTOID, OIDARRAYOID};
	Datum values[5];

	if (!OidIsValid(table))
		return;
	values[0] = Int64GetDatum(w->id);
	values[1] = ObjectIdGetDatum(table);
	values[2] = ObjectIdGetDatum(up_watch_queue_oid(w));
	values[3] = CStringGetTextDatum(up_watch_database());
	values[4] = up_watch_leaves_array(table);
	up_query(false,
			 psprintf("UPDATE %s.%s SET table_oid = $2, queue_oid = $3, oids_of = $4, leaves = $5 WHERE "
					  "id = $1",
					  schema, up_watch_table(w->book)),
			 lengthof(types), types, values, NULL);
}

void
up_watch_mend(const char *schema, Oid trigger_function, const UpWatchState *state)
{
	ListCell *cell;

	foreach (cell, state->without)
		up_watch_attach(trigger_function, state->watch->id, state->watch->form, lfirst_oid(cell));
	up_watch_note(schema, state->watch);
}

char *
up_watch_files(List *watches)
{
	StringInfoData files;
	ListCell *cell, *member;

	initStringInfo(&files);
	foreach (cell, watches)
	{
		Oid table = up_watch_table_oid(lfirst(cell));

		foreach (member, OidIsValid(table) ? up_watch_family(table) : NIL)
		{
			HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(member)));

			if (!HeapTupleIsValid(tuple))
				continue;
			appendStringInfo(&files, "%u ", ((Form_pg_class) GETSTRUCT(tuple))->relfilenode);
			ReleaseSysCache(tuple);
		}
	}
	return files.data;
}

UpWatchMembers
up_watch_members_of(List *watches)
{
	UpWatchMembers m = {NIL, true};
	ListCell *cell;

	foreach (cell, watches)
	{
		const UpWatch *w = lfirst(cell);
		Oid table = up_watch_table_oid(w);
		List *leaves = OidIsValid(table) ? up_watch_leaves(table) : NIL;

		m.known = m.known && same_leaves(w, leaves);
		m.oids = list_concat(lappend_oid(m.oids, table), leaves);
	}
	return m;
}

UpWatchMembers
up_watch_members(const char *schema, const char *profile)
{
	return up_watch_members_of(up_watch_list(schema, profile));
}

void
up_watch_settle_of(List *watches, Oid owner, const UpWatchMembers *before)
{
	UpWatchMembers now = up_watch_members_of(watches);
	Relation queue;

	if (equal(now.oids, before->oids) && (before->known || !IsolationUsesXactSnapshot()))
		return;
	queue = up_watch_open_queue(linitial(watches), owner, RowExclusiveLock);
	if (queue == NULL)
		return;
	up_queue_add_all(queue, "partitions of a watched table changed during the last refresh");
	table_close(queue, NoLock);
}

void
up_watch_settle(const char *schema, const char *profile, Oid owner, const UpWatchMembers *before)
{
	up_watch_settle_of(up_watch_list(schema, profile), owner, before);
}
