/*
 * table_receiver.c - the rows of CREATE TABLE AS written many at a time; see table_receiver.h
 *
 * The server's own receiver inserts row by row: for each it looks for the page, locks it and writes to the log. That is most of what such a
 * statement takes where its rows are computed in blocks (1,000,000 rows of two numbers: 300 ms of 480). Nobody else sees the new table, so when a row
 * is put into it does not matter; the server's receiver goes on to create and to close it.
 *
 * Which table that is, it tells nobody; but whoever wants to know hears of each one that is created.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"

#include "pg/io/table_receiver.h"
#include "pg/io/table_writer.h"

typedef struct TableReceiver
{
	DestReceiver base;
	DestReceiver *creator;
	UpTableWriter *writer;
} TableReceiver;

/* Of the table that is being created: the first one since it was set to none (one for overlong values may follow), and who hears of it next. */
static Oid created;
static object_access_hook_type next_hook;

static void
note_table(ObjectAccessType access, Oid class, Oid object, int column, void *arg)
{
	/* Before others hear of it, who may create tables of their own. */
	if (access == OAT_POST_CREATE && class == RelationRelationId && column == 0 && !OidIsValid(created))
		created = object;
	if (next_hook == NULL)
		return;
	/* Out of the way meanwhile: they may create one of predictions, too, which puts us here once more. */
	object_access_hook = next_hook;
	next_hook(access, class, object, column, arg);
	object_access_hook = note_table;
}

static Oid
create_table(DestReceiver *creator, int operation, TupleDesc columns)
{
	object_access_hook_type hook = object_access_hook, outer_next = next_hook;
	Oid outer_created = created, table = InvalidOid;

	created = InvalidOid;
	next_hook = hook;
	object_access_hook = note_table;
	PG_TRY();
	{
		creator->rStartup(creator, operation, columns);
		table = created;
	}
	PG_FINALLY();
	{
		object_access_hook = hook;
		next_hook = outer_next;
		created = outer_created;
	}
	PG_END_TRY();
	return table;
}

static void
start(DestReceiver *self, int operation, TupleDesc columns)
{
	TableReceiver *r = (TableReceiver *) self;

	r->writer = up_table_writer_join(create_table(r->creator, operation, columns));
}

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	up_table_writer_add_slot(((TableReceiver *) self)->writer, slot);
	return true;
}

static void
shut_down(DestReceiver *self)
{
	TableReceiver *r = (TableReceiver *) self;

	up_table_writer_leave(r->writer);
	r->creator->rShutdown(r->creator);
}

static void
destroy(DestReceiver *self)
{
	pfree(self);
}

DestReceiver *
up_table_receiver(DestReceiver *creator)
{
	TableReceiver *r = palloc0(sizeof(TableReceiver));

	r->base = (DestReceiver){receive, start, shut_down, destroy, creator->mydest};
	r->creator = creator;
	return &r->base;
}
