/*
 * watch_give.c - queues of watched tables go to another role; see watch_install.h
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/io/query.h"
#include "pg/profiles/watch_install.h"

/*
 * The queues go along, whoever has them since: a trigger writes to none that belongs to another role than the profile.
 * What changed while they did is not there, so everybody is computed next.
 */
void
up_watch_give_queues(List *watches, Oid role)
{
	const char *to = quote_identifier(GetUserNameFromId(role, false));
	List *to_give = NIL;
	ListCell *cell;

	foreach (cell, watches)
	{
		Relation queue = up_watch_open_queue(lfirst(cell), InvalidOid, AccessExclusiveLock);
		char *name;

		if (queue == NULL)
			continue;
		name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(queue)),
										  RelationGetRelationName(queue));
		if (queue->rd_rel->relowner != role)
			to_give = list_append_unique(to_give, makeString(name));
		table_close(queue, NoLock);
	}
	foreach (cell, to_give)
		up_query(false, psprintf("ALTER TABLE %s OWNER TO %s", strVal(lfirst(cell)), to), 0, NULL, NULL, NULL);
}
