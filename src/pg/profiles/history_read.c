/*
 * history_read.c - what the history of a profile tells; see history_read.h
 *
 * The past is the present with the changes since then undone. A user who came since is left out; of another each column has the value
 * that his first change since then, of those that touch the column, says was there before; one who left has the values
 * that he left with.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry_guard.h"
#include "pg/models/shared.h"
#include "pg/profiles/history.h"
#include "pg/profiles/history_read.h"
#include "pg/profiles/history_values.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_name.h"

#define MARK "uprofile_" /* the constraint of a profile's table; see up_profile_constraint */

/* The history of a profile, found by the profile's table. */
typedef struct Found
{
	Oid table, history, owner;
	char *table_name, *history_name; /* quoted */
	TupleDesc columns;               /* of the table */
	UpKey key, history_key;          /* in both */
} Found;

/* ---- finding it -------------------------------------------------------------------------------------------------- */

/* The constraint by which a table is known as a profile's, or NULL. */
static char *
mark_of(Relation table)
{
	TupleConstr *constr = RelationGetDescr(table)->constr;
	size_t prefix = strlen(MARK);

	for (int i = 0; constr != NULL && i < constr->num_check; i++)
	{
		const char *name = constr->check[i].ccname;

		if (strlen(name) == prefix + 32 && strncmp(name, MARK, prefix) == 0 &&
			strspn(name + prefix, "0123456789abcdef") == 32)
			return pstrdup(name);
	}
	return NULL;
}

static void
refuse_off(const char *table)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("the profile of table %s keeps no history", table),
					errhint("uprofile_alter(profile, policy => '{\"history\": \"2 years\"}') begins one.")));
}

/* The key of a profile is the primary key of its table. */
static void
find_key(Found *f, Relation table)
{
	Relation index;

	(void) RelationGetIndexList(table);
	if (!OidIsValid(table->rd_pkindex))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the profile's table %s has no primary key any more", f->table_name)));
	index = index_open(table->rd_pkindex, AccessShareLock);
	f->key.n = Min(index->rd_index->indnkeyatts, UP_MAX_KEY);
	for (int i = 0; i < f->key.n; i++)
	{
		UpKeyPart *part = &f->key.parts[i];
		Form_pg_attribute a = TupleDescAttr(RelationGetDescr(table), index->rd_index->indkey.values[i] - 1);

		part->name = pstrdup(NameStr(a->attname));
		part->number = a->attnum;
		part->type = getBaseType(a->atttypid);
		part->collation = a->attcollation;
	}
	index_close(index, AccessShareLock);
	f->history_key = f->key;
	for (int i = 0; i < f->key.n; i++)
		f->history_key.parts[i].name = psprintf("key_%d", i + 1);
}

static Found
find(Oid table_oid)
{
	Found f = {table_oid};
	Relation table = table_open(table_oid, AccessShareLock);
	char *mark = mark_of(table), *base = pstrdup(RelationGetRelationName(table));
	size_t len = strlen(base), suffix = strlen(UP_TABLE_SUFFIX);
	Oid schema = RelationGetNamespace(table);

	f.table_name = up_relation_name(table_oid);
	if (mark == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("%s is not the table of a profile", f.table_name),
				 errhint("Give NULL::<profile>_profile, the row type of the profile's table.")));
	if (len > suffix && strcmp(base + len - suffix, UP_TABLE_SUFFIX) == 0)
		base[len - suffix] = '\0';
	f.owner = table->rd_rel->relowner;
	f.history = up_history_named(schema, base, mark, f.owner);
	if (!OidIsValid(f.history))
		refuse_off(f.table_name);
	f.history_name = up_relation_name(f.history);
	f.columns = CreateTupleDescCopy(RelationGetDescr(table));
	find_key(&f, table);
	/* Before it is locked; nobody else's table is, not even for a moment. */
	if (pg_class_aclcheck(f.history, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(f.history));
	LockRelationOid(f.history, AccessShareLock);
	up_history_check(f.history, f.key.n);
	up_history_check_key(f.history, &f.key);
	table_close(table, AccessShareLock);
	return f;
}

/* ---- of a user --------------------------------------------------------------------------------------------------- */

static Oid
table_of_profile(const char *schema, const char *profile)
{
	const UpProfile *p = up_profile_look_shared(schema, profile);
	Oid table = get_relname_relid(p->table_name, get_namespace_oid(p->table_schema, false));
	if (!OidIsValid(table) || !OidIsValid(get_relation_constraint_oid(table, up_profile_constraint(p), true)))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("profile \"%s\" has lost its table", p->name)));
	return table;
}

void
up_history_of_user(FunctionCallInfo fcinfo, int key_argument, const char *schema, const char *profile,
				   UpSrf *srf)
{
	Found f = find(table_of_profile(schema, profile));
	Oid types[UP_MAX_KEY];
	Datum key[UP_MAX_KEY];
	StringInfoData given;
	UpRows r;

	if (!up_user_key(fcinfo, key_argument, &f.key, f.owner, key))
		return;
	initStringInfo(&given);
	for (int i = 0; i < f.key.n; i++)
	{
		types[i] = f.key.parts[i].type;
		appendStringInfo(&given, "%s$%d AS key_%d", i > 0 ? ", " : "", i + 1, i + 1);
	}
	r = up_query(
		true,
		psprintf("SELECT h.changed_at, h.operation, h.values_before, h.values_after FROM %s h, (SELECT "
				 "%s) k WHERE %s ORDER BY h.changed_at, h.step",
				 f.history_name, given.data, up_keys_equal(&f.history_key, "h", types, "k", types, true)),
		f.key.n, types, key, NULL);
	for (uint64 i = 0; i < r.n; i++)
	{
		Datum values[4];
		bool nulls[4];

		heap_deform_tuple(r.rows[i], r.desc, values, nulls);
		up_srf_row(srf, values, nulls);
	}
}

/* ---- of everybody at a time -------------------------------------------------------------------------------------- */

/* A column of the row type. */
typedef struct Column
{
	const char *name;
	int place;        /* in the query, from 0; -1: it has no past */
	UpJsonType *type; /* or NULL: changed_at */
} Column;

enum
{
	THERE,      /* the user has a row now */
	OPERATIONS, /* those since then, oldest first; NULL: none */
	SINCE,      /* of the first */
	BEFORE,
	FIXED
};

typedef struct Past
{
	UpSrf *srf;
	Oid owner; /* of the table */
	int n;     /* columns */
	Column *columns;
	MemoryContext context; /* of a row */
	Datum *values;
	bool *nulls;
} Past;

/* From when on the past can be told, and the columns that the profile has had. */
static UpValue *
read_beginning(const Found *f, TimestampTz at)
{
	UpRows r = up_query(true,
						psprintf("SELECT h.changed_at, h.values_after FROM %s h WHERE h.key_1 IS NULL AND "
								 "h.operation = '" UP_HISTORY_BEGIN "'",
								 f->history_name),
						0, NULL, NULL, NULL);
	bool isnull;
	TimestampTz begin;
	Datum columns;

	if (r.n == 0)
		refuse_off(f->table_name);
	begin = DatumGetTimestampTz(up_rows_get(&r, 0, "changed_at", &isnull));
	if (at < begin)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the history of table %s begins at %s", f->table_name, timestamptz_to_str(begin)),
				 errdetail("What was before is not known.")));
	columns = up_rows_get(&r, 0, "values_after", &isnull);
	return isnull ? up_value_object() : up_value_from_jsonb(DatumGetJsonbP(columns));
}

/* Whether the column was the profile's then. */
static bool
has_past(const UpValue *columns, const char *name, TimestampTz at)
{
	const UpValue *since = columns->type == UP_OBJECT ? up_value_get(columns, name) : NULL;

	if (since == NULL || since->type != UP_STRING)
		return since != NULL;
	return at >= DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(since->string),
														 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* Returns what is selected of the table. */
static char *
choose_columns(Past *past, const UpValue *beginning, TimestampTz at)
{
	TupleDesc desc = past->srf->desc;
	StringInfoData list;
	int place = FIXED;

	initStringInfo(&list);
	past->n = desc->natts;
	past->columns = palloc0(sizeof(Column) * (Size) Max(past->n, 1));
	for (int i = 0; i < past->n; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);
		Column *c = &past->columns[i];
		bool changed_at = !a->attisdropped && strcmp(NameStr(a->attname), UP_CHANGED_AT) == 0;

		c->name = NameStr(a->attname);
		c->place = -1;
		if (a->attisdropped || !(changed_at || has_past(beginning, c->name, at)))
			continue;
		c->place = place++;
		c->type = changed_at ? NULL : up_json_type(a->atttypid);
		appendStringInfo(&list, ", t.%s", quote_identifier(c->name));
	}
	return list.data;
}

static char *
aggregate(const char *column, const char *as)
{
	return psprintf("array_agg(h.%s ORDER BY h.changed_at, h.step) AS %s", column, as);
}

static char *
query_of(const Found *f, const char *columns, TimestampTz at)
{
	Oid types[UP_MAX_KEY];
	char *keys = up_keys_list(&f->history_key, "h");

	up_key_types_in(&f->key, f->columns, types);
	return psprintf(
		"SELECT t.%s IS NOT NULL, u.operations, u.since, u.values_before%s FROM %s t FULL JOIN (SELECT "
		"%s, %s, %s, %s FROM %s h WHERE h.changed_at > %s AND h.key_1 IS NOT NULL GROUP BY %s) u ON %s",
		quote_identifier(f->key.parts[0].name), columns, f->table_name, keys,
		aggregate("operation", "operations"), aggregate("since", "since"),
		aggregate("values_before", "values_before"), f->history_name, up_history_time(at), keys,
		up_keys_equal(&f->key, "t", types, "u", types, true));
}

/* The changes of a user since then. */
typedef struct Undo
{
	Datum *operations, *since, *before;
	bool *no_since, *no_before;
	int n;
	int gone; /* the first by which he left, or n */
} Undo;

static bool
is_operation(const Undo *undo, int i, const char *name)
{
	return strcmp(TextDatumGetCString(undo->operations[i]), name) == 0;
}

static Undo
undo_of(TupleTableSlot *slot)
{
	Undo undo;
	int n;

	deconstruct_array(DatumGetArrayTypeP(slot->tts_values[OPERATIONS]), TEXTOID, -1, false, TYPALIGN_INT,
					  &undo.operations, NULL, &undo.n);
	deconstruct_array(DatumGetArrayTypeP(slot->tts_values[SINCE]), TIMESTAMPTZOID, sizeof(TimestampTz),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &undo.since, &undo.no_since, &n);
	deconstruct_array(DatumGetArrayTypeP(slot->tts_values[BEFORE]), JSONBOID, -1, false, TYPALIGN_INT,
					  &undo.before, &undo.no_before, &n);
	undo.gone = 0;
	while (undo.gone < undo.n && !is_operation(&undo, undo.gone, "delete"))
		undo.gone++;
	return undo;
}

/* What the first change that touches the column says was there before; false: none does. */
static bool
value_before(const Undo *undo, const Column *c, Datum *value, bool *isnull)
{
	JsonbValue name = {.type = jbvString};

	name.val.string.val = unconstify(char *, c->name);
	name.val.string.len = (int) strlen(c->name);
	for (int i = 0; i < undo->n && i <= undo->gone; i++)
	{
		JsonbValue *found;

		if (undo->no_before[i])
			continue;
		found = findJsonbValueFromContainer(&DatumGetJsonbP(undo->before[i])->root, JB_FOBJECT, &name);
		if (found == NULL)
			continue;
		*value = up_json_to(c->type, found, isnull);
		return true;
	}
	return false;
}

/* False: he was not there. */
static bool
undo_changes(Past *past, TupleTableSlot *slot)
{
	Undo undo = undo_of(slot);

	if (is_operation(&undo, 0, "insert"))
		return false;
	/* Whoever took his row away was no refresh. */
	if (undo.gone == undo.n && !DatumGetBool(slot->tts_values[THERE]))
		return false;
	for (int i = 0; i < past->n; i++)
	{
		const Column *c = &past->columns[i];

		if (c->place < 0)
			continue;
		if (c->type == NULL)
		{
			past->values[i] = undo.since[0];
			past->nulls[i] = undo.no_since[0];
		}
		else if (!value_before(&undo, c, &past->values[i], &past->nulls[i]) && undo.gone < undo.n)
			past->nulls[i] = true;
	}
	return true;
}

/* As the owner: where a text becomes a value of a type that he made, what he wrote may run, as in a domain. */
static bool
undo_as_owner(Past *past, TupleTableSlot *slot)
{
	Oid user;
	int security;
	bool there;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(past->owner, security | SECURITY_RESTRICTED_OPERATION);
	there = undo_changes(past, slot);
	SetUserIdAndSecContext(user, security);
	return there;
}

static void
take_row(void *arg, TupleTableSlot *slot)
{
	Past *past = arg;
	MemoryContext outer = MemoryContextSwitchTo(past->context);

	slot_getallattrs(slot);
	for (int i = 0; i < past->n; i++)
	{
		int place = past->columns[i].place;

		past->nulls[i] = place < 0 || slot->tts_isnull[place];
		past->values[i] = place < 0 ? (Datum) 0 : slot->tts_values[place];
	}
	if (slot->tts_isnull[OPERATIONS] || undo_as_owner(past, slot))
		up_srf_row(past->srf, past->values, past->nulls);
	MemoryContextSwitchTo(outer);
	MemoryContextReset(past->context);
}

/* Its columns were read before it was locked. */
static void
refuse_changed(const Found *f, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i), now;

		now = a->attisdropped ? NULL : up_attribute_named(f->columns, NameStr(a->attname));
		if (!a->attisdropped && (now == NULL || now->atttypid != a->atttypid))
			ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
							errmsg("column \"%s\" of table %s was changed meanwhile", NameStr(a->attname),
								   f->table_name),
							errhint("Ask again.")));
	}
}

void
up_history_as_of(Oid row_type, TimestampTz at, UpSrf *srf)
{
	Found f;
	Past past = {srf};
	char *query;
	int level;

	f = find(get_typ_typrelid(row_type));
	refuse_changed(&f, srf->desc);
	query = query_of(&f, choose_columns(&past, read_beginning(&f, at), at), at);
	past.values = palloc(sizeof(Datum) * (Size) Max(past.n, 1));
	past.nulls = palloc(sizeof(bool) * (Size) Max(past.n, 1));
	past.context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	past.owner = f.owner;
	level = up_json_settings();
	up_query_each(query, take_row, &past);
	/* Not kept: what is set by what runs as the owner. */
	AtEOXact_GUC(false, level);
}
