/*
 * fn_event_tables.c - uprofile_create_events, _alter_events, _extend_events, uprofile_track, and the trigger of event tables
 *
 * The trigger is what makes an event one by its event_id, whoever writes it and how: before a row is inserted its id goes into the table
 * of ids, where another session that inserts the same id waits until the first has ended; a row whose id is there, or that is older than
 * the table keeps, is passed over. Before a row is deleted its id leaves. It writes to the ids as the owner of the table,
 * in a security-restricted operation, so that writers need no right on them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/models/registry.h"
#include "pg/profiles/event_table.h"
#include "pg/profiles/key_type.h"
#include "pg/sql/arguments.h"
#include "pg/sql/mine_arguments.h"

/* ---- what is known of a table in this session -------------------------------------------------------------------- */

typedef struct Known
{
	Oid relation; /* the key */
	Oid key_type; /* of the insert */
	char name[4 * NAMEDATALEN];
	UpKept *insert, *add_id, *remove_id;
} Known;

static HTAB *known_tables;

static void
forget_plans(Known *k)
{
	UpKept **plans[] = {&k->insert, &k->add_id, &k->remove_id};

	for (size_t i = 0; i < lengthof(plans); i++)
	{
		if (*plans[i] != NULL)
			up_kept_free(*plans[i]);
		*plans[i] = NULL;
	}
}

/* Plans name the tables: they are made anew where one is called something else now. */
static Known *
known(const UpEventTable *t)
{
	Known *k;
	bool found;

	if (known_tables == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(Known)};

		known_tables = hash_create("uprofile event tables", 8, &control, HASH_ELEM | HASH_BLOBS);
	}
	k = hash_search(known_tables, &t->relation, HASH_ENTER, &found);
	if (!found)
		memset((char *) k + sizeof(Oid), 0, sizeof(Known) - sizeof(Oid));
	if (strncmp(k->name, t->name, sizeof(k->name) - 1) != 0)
	{
		forget_plans(k);
		strlcpy(k->name, t->name, sizeof(k->name));
	}
	return k;
}

static uint64
write_id(UpKept **plan, const char *format, const UpEventTable *t, Datum id)
{
	static const Oid types[] = {TEXTOID};

	if (*plan == NULL)
		*plan = up_kept_new(psprintf(format, t->ids), 1, types, false);
	return up_kept_write(*plan, &id);
}

/* ---- the trigger ------------------------------------------------------------------------------------------------- */

static Oid
owner_of(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * The table that a partition is of, or what is one itself. It is so until its detachment is complete: while that is pending, those who read it
 * by an older snapshot still do, though get_partition_ancestors names none.
 */
static Oid
event_table_above(Oid relation)
{
	while (get_rel_relispartition(relation))
		relation = get_partition_parent(relation, true);
	return relation;
}

static Datum
column_of(const TriggerData *data, HeapTuple tuple, const char *name, Oid type, bool *isnull)
{
	TupleDesc desc = RelationGetDescr(data->tg_relation);
	Form_pg_attribute a = up_attribute_named(desc, name);

	if (a == NULL || a->atttypid != type)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("\"%s\" has no column \"%s\" of type %s",
							   RelationGetRelationName(data->tg_relation), name, format_type_be(type)),
						errhint("Tables of uprofile_create_events need it.")));
	return heap_getattr(tuple, a->attnum, desc, isnull);
}

/* What is the same for all rows of a statement; kept as long as its trigger's flinfo, which is of one statement and partition. */
typedef struct Fired
{
	UpEventTable table;
	TimestampTz oldest; /* what is older is not taken in */
} Fired;

static const Fired *
fired(FunctionCallInfo fcinfo)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid relation;
	MemoryContext before;
	Fired *f = fcinfo->flinfo->fn_extra;

	if (f != NULL)
		return f;
	relation = event_table_above(RelationGetRelid(data->tg_relation));
	before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	f = palloc0(sizeof(Fired));
	up_event_table_of(relation, data->tg_trigger, &f->table);
	MemoryContextSwitchTo(before);
	f->table.owner = owner_of(relation);
	f->oldest = up_event_table_oldest(&f->table);
	/* From the first id that is written on, the lock on the ids keeps them what they are. */
	up_event_table_check_ids(&f->table);
	fcinfo->flinfo->fn_extra = f;
	return f;
}

/* Whether a new row is to be kept, or an old one's id was taken away. */
static bool
keep_ids(const TriggerData *data, const Fired *f)
{
	const UpEventTable *t = &f->table;
	bool inserted = TRIGGER_FIRED_BY_INSERT(data->tg_event), isnull;
	Datum id = column_of(data, data->tg_trigtuple, "event_id", TEXTOID, &isnull);
	Known *k;

	/* NOT NULL speaks for itself. */
	if (isnull)
		return true;
	if (inserted)
	{
		Datum at = column_of(data, data->tg_trigtuple, "event_time", TIMESTAMPTZOID, &isnull);

		if (isnull || DatumGetTimestampTz(at) < f->oldest)
			return isnull;
	}
	k = known(t);
	if (!inserted)
	{
		(void) write_id(&k->remove_id, "DELETE FROM %s WHERE event_id = $1", t, id);
		return true;
	}
	return write_id(&k->add_id, "INSERT INTO %s (event_id) VALUES ($1) ON CONFLICT DO NOTHING", t, id) > 0;
}

static bool
act(const TriggerData *data, const Fired *f)
{
	const UpEventTable *t = &f->table;
	UpAsRole before;
	bool keep = true, other = GetUserId() != t->owner;

	if (other)
		up_as_role_begin(&before, t->owner, "");
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) && data->tg_relation->rd_rel->relispartition)
		(void) up_event_table_forget(t, RelationGetRelid(data->tg_relation));
	else if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
		(void) up_query(false, psprintf("TRUNCATE %s", t->ids), 0, NULL, NULL, NULL);
	else
		keep = keep_ids(data, f);
	if (other)
		up_as_role_end(&before);
	return keep;
}

PG_FUNCTION_INFO_V1(uprofile_events_trigger);
Datum
uprofile_events_trigger(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) || data->tg_trigger->tgnargs != 2)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("uprofile_events_trigger is made for the triggers of event tables only"),
						errhint("uprofile_create_events makes them.")));
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
	{
		bool isnull, was_null;
		Datum id = column_of(data, data->tg_newtuple, "event_id", TEXTOID, &isnull);
		Datum was = column_of(data, data->tg_trigtuple, "event_id", TEXTOID, &was_null);

		if (isnull || was_null || !DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, id, was)))
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("the event_id of an event cannot be changed"),
							errhint("Delete the event, and insert another.")));
		return PointerGetDatum(data->tg_newtuple);
	}
	/* A month that was detached is no part of the table any more. */
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) && !data->tg_relation->rd_rel->relispartition &&
		data->tg_relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return PointerGetDatum(NULL);
	if (!act(data, fired(fcinfo)))
		return PointerGetDatum(NULL);
	return PointerGetDatum(data->tg_trigtuple);
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

/* Text of an interval above 0, or NULL. */
static char *
retention_argument(FunctionCallInfo fcinfo, int argument)
{
	Interval zero = {0};

	if (PG_ARGISNULL(argument))
		return NULL;
	if (!DatumGetBool(DirectFunctionCall2(interval_gt, PG_GETARG_DATUM(argument), IntervalPGetDatum(&zero))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("retention must be above 0"),
						errhint("NULL keeps events for ever.")));
	return DatumGetCString(DirectFunctionCall1(interval_out, PG_GETARG_DATUM(argument)));
}

static TimestampTz
moment_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	TimestampTz at;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
	at = PG_GETARG_TIMESTAMPTZ(argument);
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be infinite", name)));
	return at;
}

PG_FUNCTION_INFO_V1(uprofile_create_events);
Datum
uprofile_create_events(PG_FUNCTION_ARGS)
{
	const char *events = up_text_argument(fcinfo, 0, "events");
	const char *retention = retention_argument(fcinfo, 1);
	int months_ahead = (int) up_mine_count(fcinfo, 3, "months_ahead", false, 0, 120);
	TimestampTz since;

	PreventCommandIfReadOnly("uprofile_create_events()");
	if (PG_ARGISNULL(2))
		since = DatumGetTimestampTz(DirectFunctionCall2(
			timestamptz_mi_interval, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()),
			IntervalPGetDatum(&(Interval){.month = 12})));
	else
		since = moment_argument(fcinfo, 2, "since");
	if (PG_ARGISNULL(4))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("key_type must not be NULL")));
	if (!SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(PG_GETARG_OID(4))))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("there is no type with OID %u, for the key", PG_GETARG_OID(4))));
	up_event_table_create(events, PG_GETARG_OID(4), retention, months_ahead, since,
						  up_schema_of_function(fcinfo->flinfo->fn_oid));
	PG_RETURN_VOID();
}

/* The table of argument 0, which is the caller's. */
static UpEventTable *
own_table(FunctionCallInfo fcinfo)
{
	const char *name = up_text_argument(fcinfo, 0, "events");
	UpEventTable *t = up_event_table(name, fcinfo->flinfo->fn_oid);

	if (!has_privs_of_role(GetUserId(), t->owner))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be owner of table %s", name)));
	return t;
}

PG_FUNCTION_INFO_V1(uprofile_alter_events);
Datum
uprofile_alter_events(PG_FUNCTION_ARGS)
{
	UpEventTable *t = own_table(fcinfo);

	up_event_table_alter(t, retention_argument(fcinfo, 1),
						 (int) up_mine_count(fcinfo, 2, "months_ahead", false, 0, 120),
						 up_schema_of_function(fcinfo->flinfo->fn_oid));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_extend_events);
Datum
uprofile_extend_events(PG_FUNCTION_ARGS)
{
	UpEventTable *t = own_table(fcinfo);

	PG_RETURN_INT32(up_event_table_extend(t, moment_argument(fcinfo, 1, "until")));
}

/* The user, as the table has him: any value for a text, else as users are named everywhere. */
static Datum
user_argument(FunctionCallInfo fcinfo, const UpEventTable *t, Oid *type)
{
	TupleDesc columns = up_relation_columns(t->relation);
	Form_pg_attribute a = up_attribute_named(columns, "user_key");
	Datum values[UP_MAX_KEY];
	UpKey key;
	Oid output;
	bool varlena;

	if (a == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s has no column \"user_key\"", t->name)));
	*type = getBaseType(a->atttypid);
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("user_key must not be NULL")));
	if (*type == TEXTOID)
	{
		getTypeOutputInfo(get_fn_expr_argtype(fcinfo->flinfo, 1), &output, &varlena);
		return CStringGetTextDatum(OidOutputFunctionCall(output, PG_GETARG_DATUM(1)));
	}
	up_key_resolve(&key, "user_key", columns);
	if (!up_user_key(fcinfo, 1, &key, t->owner, values))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("user_key is no %s", format_type_be(*type))));
	return values[0];
}

PG_FUNCTION_INFO_V1(uprofile_track);
Datum
uprofile_track(PG_FUNCTION_ARGS)
{
	const char *events = up_text_argument(fcinfo, 0, "events");
	Oid types[] = {InvalidOid, TEXTOID, JSONBOID, TIMESTAMPTZOID, TEXTOID};
	UpEventTable *t = up_event_table(events, fcinfo->flinfo->fn_oid);
	Datum values[5];
	Known *k;

	values[0] = user_argument(fcinfo, t, &types[0]);
	if (PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("event must not be NULL")));
	values[1] = PG_GETARG_DATUM(2);
	values[2] = PG_ARGISNULL(3) ? DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")) : PG_GETARG_DATUM(3);
	values[3] = PG_ARGISNULL(4) ? TimestampTzGetDatum(GetCurrentTransactionStartTimestamp())
								: TimestampTzGetDatum(moment_argument(fcinfo, 4, "event_time"));
	values[4] = PG_ARGISNULL(5) ? CStringGetTextDatum(DatumGetCString(
									  DirectFunctionCall1(uuid_out, OidFunctionCall0(F_GEN_RANDOM_UUID))))
								: PG_GETARG_DATUM(5);
	if (DatumGetTimestampTz(values[3]) < up_event_table_oldest(t))
		PG_RETURN_BOOL(false);
	up_event_table_make_room(t, DatumGetTimestampTz(values[3]));
	k = known(t);
	if (k->key_type != types[0])
		forget_plans(k);
	k->key_type = types[0];
	if (k->insert == NULL)
		k->insert = up_kept_new(
			psprintf(
				"INSERT INTO %s (user_key, event, properties, event_time, event_id) VALUES ($1, $2, $3, $4, "
				"$5)",
				t->name),
			5, types, false);
	PG_RETURN_BOOL(up_kept_write(k->insert, values) > 0);
}
