/*
 * watch_trigger.c - uprofile_watch_trigger: puts the users whom a statement changed on a profile's queue
 *
 * It runs in every statement of others on a watched table, whoever they are. So it must not fail for a reason of its
 * own: what it cannot do (a column is gone) puts "everybody" on the queue, with the reason for the next refresh to
 * tell. It runs no code but the server's and this file's, and needs no right of the writer: the queue is written to
 * directly, after a check that the registry knows the trigger's table and that the queue belongs to the profile's
 * owner. A trigger that the registry does not know does nothing.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/relation.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "base/platform.h"
#include "pg/io/relation.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_read.h"
#include "pg/wake.h"

/* A captured column. */
typedef struct Capture
{
	AttrNumber number;
	UpConversion conversion;
	Oid from, to;
	FmgrInfo cast;
} Capture;

typedef struct Captures
{
	int n;
	Capture of[UP_MAX_KEY];
	UpQueueWriter *writer;
} Captures;

/* NULL, or why the columns cannot be captured. */
static const char *
prepare(Captures *c, const UpWatch *w, Relation relation, Relation queue)
{
	TupleDesc desc = RelationGetDescr(relation);

	c->n = w->n_columns;
	if (c->n != up_queue_parts(queue))
		return "the queue has another number of columns than are watched";
	for (int i = 0; i < c->n; i++)
	{
		Capture *capture = &c->of[i];
		Form_pg_attribute a;
		Oid function;

		a = up_attribute_named(desc, w->columns[i]);
		if (a == NULL)
			return psprintf("column \"%s\" of \"%s\" is gone", w->columns[i],
							RelationGetRelationName(relation));
		capture->number = a->attnum;
		capture->from = getBaseType(a->atttypid);
		capture->to = up_queue_type(queue, i);
		capture->conversion = up_key_conversion(capture->from, capture->to, &function);
		if (capture->conversion == UP_CONVERT_NEVER)
			return psprintf("column \"%s\" of \"%s\" has become %s", w->columns[i],
							RelationGetRelationName(relation), format_type_be(capture->from));
		if (capture->conversion == UP_CONVERT_CAST)
			fmgr_info(function, &capture->cast);
	}
	return NULL;
}

static void
capture_row(Captures *c, TupleTableSlot *slot)
{
	Datum key[UP_MAX_KEY];

	for (int i = 0; i < c->n; i++)
	{
		bool isnull;

		key[i] = slot_getattr(slot, c->of[i].number, &isnull);
		if (isnull || (c->of[i].conversion == UP_CONVERT_INTEGER &&
					   !up_key_convert_integer(c->of[i].from, c->of[i].to, &key[i])))
			return;
		if (c->of[i].conversion == UP_CONVERT_CAST)
			key[i] = FunctionCall1(&c->of[i].cast, key[i]);
	}
	up_queue_add(c->writer, key);
}

static void
capture_rows(Captures *c, Relation relation, Tuplestorestate *rows)
{
	TupleTableSlot *slot;
	int pointer;

	if (rows == NULL)
		return;
	pointer = tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(rows, pointer);
	tuplestore_rescan(rows);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		capture_row(c, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
}

static void
capture(TriggerData *data, Captures *c)
{
	if (TRIGGER_FIRED_FOR_ROW(data->tg_event))
	{
		capture_row(c, data->tg_trigslot);
		if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
			capture_row(c, data->tg_newslot);
		return;
	}
	capture_rows(c, data->tg_relation, data->tg_oldtable);
	capture_rows(c, data->tg_relation, data->tg_newtable);
}

/* The queue, if it is still there and belongs to the profile's owner. */
static Relation
open_queue(Oid namespace, const UpWatch *w)
{
	Oid oid = w->queue;
	Relation queue;

	if (!w->here)
	{
		Oid of = get_namespace_oid(w->queue_schema, true);

		oid = OidIsValid(of) ? get_relname_relid(w->queue_name, of) : InvalidOid;
	}
	queue = OidIsValid(oid) ? try_relation_open(oid, RowExclusiveLock) : NULL;
	if (queue == NULL)
		return NULL;
	if (up_queue_problem(queue) != NULL ||
		up_watch_owner_in(w->book, namespace, w->profile) != queue->rd_rel->relowner)
	{
		relation_close(queue, RowExclusiveLock);
		return NULL;
	}
	return queue;
}

/* Rows that changed, old and new ones. */
static int64
count_changed(TriggerData *data)
{
	if (TRIGGER_FIRED_FOR_ROW(data->tg_event))
		return TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? 2 : 1;
	return (data->tg_oldtable != NULL ? tuplestore_tuple_count(data->tg_oldtable) : 0) +
		   (data->tg_newtable != NULL ? tuplestore_tuple_count(data->tg_newtable) : 0);
}

static void
enqueue(TriggerData *data, const UpWatch *w, Relation queue)
{
	Captures c = {0};
	const char *problem;

	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
	{
		up_queue_add_all(queue, psprintf("TRUNCATE of %s", RelationGetRelationName(data->tg_relation)));
		return;
	}
	problem = prepare(&c, w, data->tg_relation, queue);
	if (problem != NULL)
	{
		up_queue_add_all(queue, problem);
		return;
	}
	c.writer = up_queue_writer(queue, count_changed(data));
	capture(data, &c);
	up_queue_end(c.writer);
}

PG_FUNCTION_INFO_V1(uprofile_watch_trigger);
Datum
uprofile_watch_trigger(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid namespace = get_func_namespace(fcinfo->flinfo->fn_oid);
	Relation queue;
	UpWatch w;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("uprofile_watch_trigger is made for AFTER triggers only"),
						errhint("Its triggers are made with a profile that watches the table.")));
	if (data->tg_trigger->tgnargs == 1 &&
		(TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) || count_changed(data) > 0) &&
		up_watch_read(namespace, strtoll(data->tg_trigger->tgargs[0], NULL, 10), &w) &&
		up_watch_is_of(&w, data->tg_relation) && (queue = open_queue(namespace, &w)) != NULL)
	{
		enqueue(data, &w, queue);
		up_wake_changed();
		relation_close(queue, NoLock);
	}
	return PointerGetDatum(NULL);
}
