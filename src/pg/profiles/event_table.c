/*
 * event_table.c - tables of events, partitioned by months; see event_table.h
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "pg/io/as_role.h"
#include "pg/io/made_table.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/models/registry.h"
#include "pg/profiles/event_table.h"

#define LONGEST_SUFFIX 8 /* of a name as it was given: _2026_11, _before */
#define PATIENCE       20
#define MOST_MONTHS    1200

#define TRIGGER_CALL "EXECUTE FUNCTION %s.uprofile_events_trigger(%s, '%d')"
#define TRUNCATE_TRIGGER                                                                                       \
	"CREATE TRIGGER uprofile_events_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT " TRIGGER_CALL

static void
run(const char *statement)
{
	(void) up_query(false, statement, 0, NULL, NULL, NULL);
}

/* ---- months ------------------------------------------------------------------------------------------------------ */

/* Months since the year 0, by UTC. */
static int
month_of(TimestampTz at)
{
	int64 day = at / USECS_PER_DAY - (at % USECS_PER_DAY < 0);
	int year, month, of_month;

	j2date((int) (day + POSTGRES_EPOCH_JDATE), &year, &month, &of_month);
	return year * MONTHS_PER_YEAR + month - 1;
}

static TimestampTz
month_begin(int month)
{
	return (date2j(month / MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1) - POSTGRES_EPOCH_JDATE) *
		   USECS_PER_DAY;
}

static char *
month_bound(int month)
{
	return psprintf("'%04d-%02d-01 00:00:00+00'", month / MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1);
}

/* The name of another relation of the table: its own, and a suffix. */
static char *
beside(Oid relation, const char *suffix)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  psprintf("%s%s", get_rel_name(relation), suffix));
}

/* The same of a partition. One of that name may have been detached: then with a number, and less of a long name. */
static char *
beside_others(Oid relation, const char *suffix)
{
	Oid namespace = get_rel_namespace(relation);
	char *name = makeObjectName(get_rel_name(relation), suffix, NULL);

	for (int i = 2; OidIsValid(get_relname_relid(name, namespace)); i++)
		name = makeObjectName(get_rel_name(relation), suffix, psprintf("%d", i));
	return quote_qualified_identifier(get_namespace_name(namespace), name);
}

typedef struct Part
{
	Oid relation;
	bool is_first;     /* from the beginning of time */
	TimestampTz begin; /* if not */
	TimestampTz end;   /* exclusive */
} Part;

/* The partitions, in the order of time. */
static int
read_parts(Oid relation, Part **parts)
{
	Relation rel = relation_open(relation, NoLock);
	PartitionDesc desc = RelationGetPartitionDesc(rel, true);
	PartitionBoundInfo bounds = desc->boundinfo;
	int n = 0;

	*parts = palloc(sizeof(Part) * Max(desc->nparts, 1));
	for (int i = 0; desc->nparts > 0 && i < bounds->ndatums; i++)
	{
		Part *p = &(*parts)[n];
		int index = bounds->indexes[i];

		/* What lies below bound i; of the first one there is nothing, unless it is MINVALUE, which is a bound itself. */
		if (index < 0 || i == 0 || bounds->kind[i][0] != PARTITION_RANGE_DATUM_VALUE)
			continue;
		p->relation = desc->oids[index];
		p->is_first = bounds->kind[i - 1][0] == PARTITION_RANGE_DATUM_MINVALUE;
		p->begin = p->is_first ? DT_NOBEGIN : DatumGetTimestampTz(bounds->datums[i - 1][0]);
		p->end = DatumGetTimestampTz(bounds->datums[i][0]);
		n++;
	}
	relation_close(rel, NoLock);
	return n;
}

static bool
has_room(Oid relation, TimestampTz at)
{
	Part *parts;
	int n = read_parts(relation, &parts);

	for (int i = 0; i < n; i++)
	{
		if ((parts[i].is_first || at >= parts[i].begin) && at < parts[i].end)
			return true;
	}
	return false;
}

/* A table made and then attached locks the events against nobody who reads or writes them. */
static void
attach(const UpEventTable *t, const char *part, const char *from, const char *until)
{
	run(psprintf("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)", part,
				 t->name));
	/* The table's own trigger does not see what is truncated here alone. */
	run(psprintf(TRUNCATE_TRIGGER, part, t->schema, "''", 0));
	run(psprintf("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)", t->name, part, from,
				 until));
}

/* Sessions that make one wait for each other here, before they hold anything that another wants. */
static void
lock_parts(const UpEventTable *t)
{
	LockRelationOid(t->relation, ShareUpdateExclusiveLock);
	AcceptInvalidationMessages();
}

static bool
make_month(UpEventTable *t, int month)
{
	if (has_room(t->relation, month_begin(month)))
		return false;
	attach(
		t,
		beside_others(t->relation, psprintf("%04d_%02d", month / MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1)),
		month_bound(month), month_bound(month + 1));
	return true;
}

int
up_event_table_extend(UpEventTable *t, TimestampTz until)
{
	int from = month_of(GetCurrentTransactionStartTimestamp()), to = month_of(until), made = 0;
	UpAsRole before;

	if (to - from > MOST_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("that would be %d months ahead, and at most %d can be made", to - from, MOST_MONTHS)));
	up_as_role_begin(&before, t->owner, "");
	lock_parts(t);
	for (int month = from; month <= to; month++)
		made += make_month(t, month);
	up_as_role_end(&before);
	return made;
}

void
up_event_table_make_room(UpEventTable *t, TimestampTz at)
{
	UpAsRole before;

	if (has_room(t->relation, at))
		return;
	if (!has_privs_of_role(GetUserId(), t->owner))
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s has no partition for %s", t->name, timestamptz_to_str(at)),
						errhint("Its owner makes it: SELECT uprofile_extend_events(%s, %s).",
								quote_literal_cstr(t->name), quote_literal_cstr(timestamptz_to_str(at)))));
	up_as_role_begin(&before, t->owner, "");
	lock_parts(t);
	(void) make_month(t, month_of(at));
	up_as_role_end(&before);
}

/* ---- which table ------------------------------------------------------------------------------------------------- */

void
up_event_table_of(Oid relation, const Trigger *trigger, UpEventTable *t)
{
	t->relation = relation;
	t->name = up_relation_name(relation);
	t->ids = beside(relation, "_ids");
	t->schema = up_schema_of_function(trigger->tgfoid);
	t->retention = pstrdup(trigger->tgargs[0]);
	t->months_ahead = (int) strtol(trigger->tgargs[1], NULL, 10);
}

void
up_event_table_check_ids(const UpEventTable *t)
{
	Oid ids = get_relname_relid(psprintf("%s_ids", get_rel_name(t->relation)), get_rel_namespace(t->relation));
	HeapTuple tuple = OidIsValid(ids) ? SearchSysCache1(RELOID, ObjectIdGetDatum(ids)) : NULL;
	bool good = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		good = form->relkind == RELKIND_RELATION && form->relowner == t->owner;
		ReleaseSysCache(tuple);
	}
	if (!good)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("there is no table %s of the owner of %s, which keeps its ids", t->ids, t->name),
						errhint("Rename both, or give both another owner, together.")));
}

UpEventTable *
up_event_table(const char *name, Oid function)
{
	RangeVar *range = up_made_name(name);
	UpEventTable *t = palloc0(sizeof(UpEventTable));
	Relation rel = table_openrv(range, RowExclusiveLock);
	bool found = false;

	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && rel->trigdesc != NULL)
	{
		for (int i = 0; i < rel->trigdesc->numtriggers; i++)
		{
			const Trigger *trigger = &rel->trigdesc->triggers[i];

			if (strcmp(trigger->tgname, UP_EVENT_TRIGGER) != 0 || trigger->tgnargs != 2 ||
				get_func_namespace(trigger->tgfoid) != get_func_namespace(function) ||
				strcmp(get_func_name(trigger->tgfoid), "uprofile_events_trigger") != 0)
				continue;
			up_event_table_of(RelationGetRelid(rel), trigger, t);
			t->owner = rel->rd_rel->relowner;
			found = true;
		}
	}
	table_close(rel, NoLock);
	if (!found)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is no table of uprofile_create_events", name),
						errhint("Other tables of events need none of this: they are sources as they are.")));
	return t;
}

/* ---- made, and changed ------------------------------------------------------------------------------------------- */

static void
make_triggers(const char *table, const char *retention, int months_ahead, const char *schema)
{
	char *literal = quote_literal_cstr(retention != NULL ? retention : "");
	char *call = psprintf(TRIGGER_CALL, schema, literal, months_ahead);

	run(psprintf("CREATE TRIGGER " UP_EVENT_TRIGGER " BEFORE INSERT ON %s FOR EACH ROW %s", table, call));
	run(psprintf("CREATE TRIGGER uprofile_events_delete BEFORE DELETE ON %s FOR EACH ROW %s", table, call));
	run(psprintf("CREATE TRIGGER uprofile_events_update BEFORE UPDATE OF event_id ON %s FOR EACH ROW %s", table,
				 call));
	run(psprintf(TRUNCATE_TRIGGER, table, schema, literal, months_ahead));
}

static void
make_tables(const char *table, const char *ids, Oid key_type)
{
	run(psprintf("CREATE TABLE %s (user_key %s NOT NULL, event pg_catalog.text NOT NULL, properties "
				 "pg_catalog.jsonb NOT NULL "
				 "DEFAULT '{}', event_time pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(), event_id "
				 "pg_catalog.text "
				 "NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text, CHECK "
				 "(pg_catalog.isfinite(event_time))) "
				 "PARTITION BY RANGE (event_time)",
				 table, format_type_extended(key_type, -1, FORMAT_TYPE_FORCE_QUALIFY)));
	run(psprintf("CREATE INDEX ON %s (user_key, event_time)", table));
	run(psprintf("CREATE INDEX ON %s (event, event_time)", table));
	run(psprintf("CREATE TABLE %s (event_id pg_catalog.text PRIMARY KEY)", ids));
	run(psprintf(
		"COMMENT ON TABLE %s IS %s", ids,
		quote_literal_cstr(psprintf("The event_id of every event of %s; kept by its triggers.", table))));
}

void
up_event_table_create(const char *name, Oid key_type, const char *retention, int months_ahead,
					  TimestampTz since, const char *schema)
{
	RangeVar *range = up_made_name(name);
	Oid namespace = RangeVarGetCreationNamespace(range);
	char *namespace_name = get_namespace_name(namespace);
	UpEventTable t = {0};
	int first = month_of(since), now = month_of(GetCurrentTransactionStartTimestamp());

	if (isTempNamespace(namespace))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION), errmsg("a table of events cannot be temporary")));
	if (strlen(range->relname) + LONGEST_SUFFIX >= NAMEDATALEN)
		ereport(ERROR, (errcode(ERRCODE_NAME_TOO_LONG), errmsg("the name \"%s\" is too long", range->relname),
						errdetail("Partitions have names that are %d characters longer.", LONGEST_SUFFIX)));
	if (now - first > MOST_MONTHS || first > now)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("since is %s, which is out of range", timestamptz_to_str(since)),
						errdetail("Allowed: up to %d months ago. What is older lies together in one partition.",
								  MOST_MONTHS)));
	t.name = quote_qualified_identifier(namespace_name, range->relname);
	t.schema = schema;
	make_tables(t.name, quote_qualified_identifier(namespace_name, psprintf("%s_ids", range->relname)),
				key_type);
	t.relation = get_relname_relid(range->relname, namespace);
	attach(&t, beside_others(t.relation, "before"), "MINVALUE", month_bound(first));
	for (int month = first; month <= now + months_ahead; month++)
		(void) make_month(&t, month);
	make_triggers(t.name, retention, months_ahead, schema);
}

void
up_event_table_alter(UpEventTable *t, const char *retention, int months_ahead, const char *schema)
{
	static const char *const triggers[] = {UP_EVENT_TRIGGER, "uprofile_events_delete", "uprofile_events_update",
										   "uprofile_events_truncate"};
	UpAsRole before;

	up_as_role_begin(&before, t->owner, "");
	for (size_t i = 0; i < lengthof(triggers); i++)
		run(psprintf("DROP TRIGGER %s ON %s", triggers[i], t->name));
	make_triggers(t->name, retention, months_ahead, schema);
	up_as_role_end(&before);
}

/* ---- what is too old --------------------------------------------------------------------------------------------- */

TimestampTz
up_event_table_oldest(const UpEventTable *t)
{
	Datum keep;

	if (t->retention[0] == '\0')
		return DT_NOBEGIN;
	keep = DirectFunctionCall3(interval_in, CStringGetDatum(t->retention), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
	return DatumGetTimestampTz(DirectFunctionCall2(
		timestamptz_mi_interval, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), keep));
}

static bool
lock_at_once(const UpEventTable *t, const Part *parts, int n)
{
	if (!ConditionalLockRelationOid(t->relation, AccessExclusiveLock))
		return false;
	for (int i = 0; i < n; i++)
	{
		if (ConditionalLockRelationOid(parts[i].relation, AccessExclusiveLock))
			continue;
		while (i-- > 0)
			UnlockRelationOid(parts[i].relation, AccessExclusiveLock);
		UnlockRelationOid(t->relation, AccessExclusiveLock);
		return false;
	}
	return true;
}

/*
 * The table, and its months that are to go: who writes into a month itself holds no lock on the table. Nobody is waited for in the queue of
 * locks, where others would wait behind: what stays in use is left for the next time.
 */
static bool
lock_for_dropping(const UpEventTable *t, const Part *parts, int n)
{
	for (int i = 0; i < PATIENCE; i++)
	{
		if (lock_at_once(t, parts, n))
			return true;
		CHECK_FOR_INTERRUPTS();
		pg_usleep(100000L);
	}
	return false;
}

/*
 * The partition goes with the rows of every snapshot, and so do their ids. Where all ids are gone, as after the table's own trigger, it is not
 * read.
 */
int64
up_event_table_forget(const UpEventTable *t, Oid partition)
{
	return (int64) up_query_latest(
		psprintf("DELETE FROM %s i USING %s e WHERE i.event_id = e.event_id AND EXISTS (SELECT FROM %s)",
				 t->ids, up_relation_name(partition), t->ids));
}

/* Months that have ended before the moment go, and with the first of them what is older than all months. */
static int64
drop_months(UpEventTable *t, const Part *parts, int n_old)
{
	int64 deleted = 0;
	char *next = NULL;

	for (int i = 0; i < n_old; i++)
	{
		CHECK_FOR_INTERRUPTS();
		deleted += up_event_table_forget(t, parts[i].relation);
		run(psprintf("DROP TABLE %s", up_relation_name(parts[i].relation)));
		next = month_bound(month_of(parts[i].end));
	}
	attach(t, beside_others(t->relation, "before"), "MINVALUE", next);
	return deleted;
}

static int64
prune_parts(UpEventTable *t, TimestampTz oldest)
{
	Part *parts;
	int n = read_parts(t->relation, &parts), n_old = 0;

	while (n_old < n && parts[n_old].end <= oldest)
		n_old++;
	if (n_old > 1 || (n_old == 1 && !parts[0].is_first))
	{
		if (!lock_for_dropping(t, parts, n_old))
			return -1;
		return drop_months(t, parts, n_old);
	}
	/* What is older than all months is kept by the day. */
	if (n > 0 && parts[0].is_first)
		return (int64) up_query(
				   false,
				   psprintf("DELETE FROM %s WHERE event_time < %s", up_relation_name(parts[0].relation),
							quote_literal_cstr(DatumGetCString(
								DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(oldest))))),
				   0, NULL, NULL, NULL)
			.processed;
	return 0;
}

int64
up_event_table_prune(UpEventTable *t)
{
	TimestampTz oldest = up_event_table_oldest(t);
	TimestampTz until = DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()),
							IntervalPGetDatum(&(Interval){.month = t->months_ahead})));
	UpAsRole before;
	int64 deleted = 0;

	(void) up_event_table_extend(t, until);
	if (TIMESTAMP_IS_NOBEGIN(oldest))
		return 0;
	up_event_table_check_ids(t);
	up_as_role_begin(&before, t->owner, "");
	deleted = prune_parts(t, oldest);
	up_as_role_end(&before);
	return deleted;
}
