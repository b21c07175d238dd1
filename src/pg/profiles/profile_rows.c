/*
 * profile_rows.c - the rows of a refresh: read, predicted and fitted; see profile_rows.h
 *
 * The source is streamed once (profile_statement.c says by what), by a plan that may be parallel, into rows that are kept aside (on
 * disk where they are many). Where it fails, the users whose rows do are found by reading halves of them, each in a subtransaction.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/io/fit.h"
#include "pg/io/local_setting.h"
#include "pg/io/relation.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/profile_statement.h"
#include "pg/io/caught.h"
#include "pg/io/aside.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/servers.h"

#define HELD           "uprofile_held"
#define MAY_FAIL       100 /* users who may fail, or this share of them */
#define SHARE_MAY_FAIL 0.01
#define PROBED_FROM    1000 /* users; of fewer all may be tried */
#define PROBES         5
#define AT_A_TIME      256 /* users, where each is read by his key */
#define SOME_FAIL      3   /* from which on that is done, if it is expected to take at most so many passes */
#define PASSES         300

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

/* The view scores when it is read, where its rows lie. */
static void
refuse_to_score_there(const UpProfile *p, const UpProfileModel *m)
{
	if (up_profile_sees_live(p, m))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("model \"%s\" scores when the profile is read, and its table %s is distributed",
							   m->registered, p->table),
						errhint("Other nodes do not know the model: \"score\": \"refresh\" in the policy, or "
								"undistribute_table(%s).",
								quote_literal_cstr(p->table))));
}

UpProfileTable *
up_profile_table(const UpProfile *p, LOCKMODE lock)
{
	RangeVar *name = makeRangeVar(pstrdup(p->table_schema), pstrdup(p->table_name), -1);
	UpProfileTable *t = palloc0(sizeof(UpProfileTable));
	Relation relation = table_openrv_extended(name, lock, true);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the profile's table %s does not exist", p->table),
				 errhint("Drop the profile with uprofile_drop and create it again.")));
	if (relation->rd_rel->relkind != RELKIND_RELATION && relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("the profile's table %s is not a table", p->table)));
	t->relation = RelationGetRelid(relation);
	t->sharded = up_is_sharded(t->relation);
	t->columns = CreateTupleDescCopy(RelationGetDescr(relation));
	table_close(relation, NoLock);
	refuse_deferred(p, t->relation);
	for (int i = 0; t->sharded && p->policy->score == UP_SCORE_READ && i < p->n_models; i++)
		refuse_to_score_there(p, &p->models[i]);
	return t;
}

/* ---- reading ---- */

typedef struct Reading
{
	const UpKeys *keys; /* that are asked for; NULL: everybody */
	Tuplestorestate *rows;
	int64 n;
	bool started; /* the query runs: what fails now is a row */
	bool fitting; /* a value goes into its column */
	bool careful; /* what does not fit is set apart at once */
	bool cheap;   /* each key may be asked for, where many users fail */
	bool few;     /* that is done now */
	const UpProfile *profile;
	const UpProfileTable *table; /* NULL: the source is read as it is */
	UpFreshRows *fresh;
	int key[UP_MAX_KEY]; /* columns of the query, from 0 */
	UpKeyRows key_types; /* without rows */
	UpKeyOutput key_output;
	UpFit **fits;
	bool plain; /* every value fits as it is */
	Datum *values;
	bool *nulls;
	TupleTableSlot *slot;
} Reading;

/* The key of the row that is being read. */
static void
current_key(const Reading *r, Datum *key)
{
	for (int i = 0; i < r->profile->key_parts.n; i++)
		key[i] = r->slot->tts_values[r->key[i]];
}

/* "user 42", for errors about the row that is being read. */
static const char *
name_row(void *arg)
{
	Reading *r = arg;
	Datum key[UP_MAX_KEY];

	current_key(r, key);
	return psprintf("user %s", up_key_shown(&r->key_output, key));
}

/* The table has followed the source before; what fits is told there. */
static UpFit *
fit_column(const Reading *r, Form_pg_attribute from, Form_pg_attribute to)
{
	UpFit *fit = to != NULL ? up_fit_new(from, to) : NULL;

	if (fit == NULL)
		elog(ERROR, "column \"%s\" does not fit table %s", NameStr(from->attname), r->profile->table);
	return fit;
}

/* How the columns of the source go into those of the table. */
static void
start_fitting(Reading *r, TupleDesc desc)
{
	r->fresh->columns = CreateTemplateTupleDesc(desc->natts);
	r->fits = palloc(sizeof(UpFit *) * desc->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute from = TupleDescAttr(desc, i);
		Form_pg_attribute to = up_attribute_named(r->table->columns, NameStr(from->attname));

		r->fits[i] = fit_column(r, from, to);
		r->plain = r->plain && up_fit_is_plain(r->fits[i]);
		TupleDescInitEntry(r->fresh->columns, i + 1, NameStr(to->attname), to->atttypid, to->atttypmod,
						   to->attndims);
		TupleDescInitEntryCollation(r->fresh->columns, i + 1, to->attcollation);
	}
	up_columns_done(r->fresh->columns);
}

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;
	const UpKey *key = &r->profile->key_parts;
	Oid types[UP_MAX_KEY];

	if (r->fresh->columns != NULL)
	{
		r->started = true;
		return;
	}
	r->values = palloc(sizeof(Datum) * desc->natts);
	r->nulls = palloc(sizeof(bool) * desc->natts);
	r->plain = true;
	for (int i = 0; i < key->n; i++)
	{
		Form_pg_attribute a = up_attribute_named(desc, key->parts[i].name);

		if (a == NULL)
			elog(ERROR, "key column \"%s\" is gone", key->parts[i].name);
		r->key[i] = a->attnum - 1;
		types[i] = getBaseType(a->atttypid);
	}
	if (r->table != NULL)
		start_fitting(r, desc);
	else
		r->fresh->columns = CreateTupleDescCopy(desc);
	up_key_rows_init(&r->key_types, key->n, types);
	up_key_output_init(&r->key_output, key->n, types);
	r->started = true;
}

/* The user stays as he is. */
static void
set_apart(Reading *r, const Datum *key, ErrorData *e)
{
	UpFailure *f = palloc(sizeof(UpFailure));
	const char *named;

	f->key = up_key_rows_copy(&r->key_types, key);
	f->shown = up_key_shown(&r->key_output, f->key);
	f->error = e;
	/* He is named beside it. */
	named = psprintf("user %s: ", f->shown);
	if (strncmp(e->message, named, strlen(named)) == 0)
		e->message += strlen(named);
	r->fresh->failures = lappend(r->fresh->failures, f);
}

static void
fit_row(void *of)
{
	Reading *r = of;
	r->fitting = true;
	for (int i = 0; i < r->fresh->columns->natts; i++)
		r->values[i] = up_fit_value(r->fits[i], r->values[i], &r->nulls[i], name_row, r);
	r->fitting = false;
}

/*
 * Errors that say nothing about the row that was computed: those of the session, of this and other machines, of the program,
 * and of what is missing, locked or not allowed.
 */
static bool
is_of_a_row(int sqlerrcode)
{
	static const int others[] = {ERRCODE_INTERNAL_ERROR,
								 ERRCODE_CONNECTION_EXCEPTION,
								 ERRCODE_INSUFFICIENT_RESOURCES,
								 ERRCODE_SYSTEM_ERROR,
								 ERRCODE_INVALID_TRANSACTION_STATE,
								 ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION,
								 ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE};
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	for (int i = 0; i < (int) lengthof(others); i++)
	{
		if (category == ERRCODE_TO_CATEGORY(others[i]))
			return false;
	}
	return !up_must_rethrow(sqlerrcode);
}

/* Runs one step. NULL, or the error that it ended with and that is of a row. */
static ErrorData *
attempt(UpWork step, Reading *r)
{
	ErrorData *e = up_attempt_any(step, r);

	if (e != NULL && (!r->started || !is_of_a_row(e->sqlerrcode)))
		ReThrowError(e);
	return e;
}

/* False if the row is set apart. */
static bool
fits(Reading *r)
{
	Datum key[UP_MAX_KEY];
	ErrorData *e;

	if (r->plain)
		return true;
	if (!r->careful)
	{
		fit_row(r);
		return true;
	}
	e = attempt(fit_row, r);
	r->fitting = false;
	if (e == NULL)
		return true;
	current_key(r, key);
	set_apart(r, key, e);
	return false;
}

static bool
has_key(const Reading *r)
{
	for (int i = 0; i < r->profile->key_parts.n; i++)
	{
		if (r->slot->tts_isnull[r->key[i]])
			return false;
	}
	return true;
}

static void
read_row(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	int n = r->fresh->columns->natts;

	slot_getallattrs(slot);
	r->slot = slot;
	if (!has_key(r))
	{
		r->fresh->keyless = true;
		return;
	}
	memcpy(r->nulls, slot->tts_isnull, sizeof(bool) * n);
	memcpy(r->values, slot->tts_values, sizeof(Datum) * n);
	if (!fits(r))
		return;
	tuplestore_putvalues(r->rows, r->fresh->columns, r->values, r->nulls);
	if ((++r->n & 0x3ff) == 0)
		up_progress("reading users", (uint64) (r->fresh->n + r->n), 0);
}

static void
read_all(void *of)
{
	Reading *r = of;
	const UpProfile *p = r->profile;
	bool one_by_one = r->keys != NULL && (r->few || up_profile_one_by_one(p, r->keys));
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];

	if (r->keys != NULL)
		up_keys_arguments(r->keys, types, values);
	r->n = 0;
	r->started = false;
	up_query_stream(up_profile_statement(p, r->keys, one_by_one, r->table != NULL),
					r->keys != NULL ? r->keys->n_parts : 0, types, values, NULL, start_reading, read_row, r);
}

/* The server allows no subtransaction for a row while a plan runs in parallel. */
static void
read_carefully(void *of)
{
	Reading *r = of;
	up_set_locally("max_parallel_workers_per_gather", "0");
	r->careful = true;
	read_all(r);
}

/* ---- users that fail ---- */

typedef struct Listed
{
	UpKeyRows rows;
	bool keyless; /* a row has no key */
} Listed;

static void
start_keys(void *arg, TupleDesc desc)
{
	Oid types[UP_MAX_KEY];

	for (int i = 0; i < desc->natts; i++)
		types[i] = getBaseType(TupleDescAttr(desc, i)->atttypid);
	up_key_rows_init(&((Listed *) arg)->rows, desc->natts, types);
}

static void
take_key(void *arg, TupleTableSlot *slot)
{
	Listed *listed = arg;

	slot_getallattrs(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		listed->keyless = listed->keyless || slot->tts_isnull[i];
		if (slot->tts_isnull[i])
			return;
	}
	up_key_rows_add(&listed->rows, slot->tts_values);
}

/* Who is to be read, each by his key; the planner leaves out what the keys do not need, and with it what fails. */
static UpKeyRows
list_keys(Reading *r)
{
	Listed listed = {{0}};
	char *list = up_keys_list(&r->profile->key_parts, "uprofile_row");

	if (r->keys == NULL)
		up_query_stream(
			psprintf("SELECT DISTINCT %s FROM (%s) uprofile_row ORDER BY %s", list,
					 up_profile_admitted(r->profile,
										 psprintf("SELECT %s FROM (%s) uprofile_row", list, r->profile->query),
										 NULL),
					 list),
			0, NULL, NULL, NULL, start_keys, take_key, &listed);
	else
		up_key_rows_take(&listed.rows, r->keys);
	r->fresh->keyless = listed.keyless;
	return listed.rows;
}

/* A source that is broken for many is broken, whoever they are. */
static void
refuse_many_failed(const Reading *r, int64 of)
{
	int64 n = list_length(r->fresh->failures);
	const UpFailure *first;

	if (n <= MAY_FAIL || (double) n <= SHARE_MAY_FAIL * (double) of)
		return;
	first = linitial(r->fresh->failures);
	ereport(ERROR, (errcode(first->error->sqlerrcode),
					errmsg("more than %lld of %lld users cannot be computed, the first of them %s: %s",
						   (long long) (n - 1), (long long) of, first->shown, first->error->message)));
}

static void
move_rows(Reading *r)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(r->fresh->columns, &TTSOpsMinimalTuple);

	while (tuplestore_gettupleslot(r->rows, true, false, slot))
		tuplestore_puttupleslot(r->fresh->rows, slot);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_clear(r->rows);
	r->fresh->n += (uint64) r->n;
}

/* Reads these of the users. NULL, or the error of one of them. */
static ErrorData *
try_some(Reading *r, const UpKeyRows *all, int64 from, int64 n)
{
	UpKeys keys = up_key_rows_some(all, from, n);
	ErrorData *e;

	r->keys = &keys;
	e = attempt(read_all, r);
	for (int i = 0; i < keys.n_parts; i++)
		pfree(DatumGetPointer(keys.arrays[i]));
	if (e != NULL)
		tuplestore_clear(r->rows);
	return e;
}

/*
 * Reads some of the users, half of them again and again until those who fail are found alone. fails: it is known that one
 * of them does.
 */
static void
read_some(Reading *r, const UpKeyRows *all, int64 from, int64 n, bool fails)
{
	ErrorData *e = NULL;
	int failures = list_length(r->fresh->failures);

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	r->few = r->cheap && failures >= SOME_FAIL;
	if (r->few && n > AT_A_TIME)
	{
		for (int64 done = 0; done < n; done += AT_A_TIME)
			read_some(r, all, from + done, Min(n - done, AT_A_TIME), false);
		return;
	}
	if (!fails || n == 1)
	{
		e = try_some(r, all, from, n);
		if (e == NULL)
		{
			move_rows(r);
			return;
		}
	}
	if (n == 1)
	{
		set_apart(r, all->values + from * all->n_parts, e);
		refuse_many_failed(r, all->n);
		return;
	}
	read_some(r, all, from, n / 2, false);
	/* Where the first half is sound, the fault is in the other. */
	read_some(r, all, from + n / 2, n - n / 2, list_length(r->fresh->failures) == failures);
}

/*
 * Where the source computes everybody for anybody, one user's fault is everybody's, and to look for him would read the
 * source again and again. Among so many, some taken here and there are sound if the fault is his alone.
 */
static void
refuse_all_failing(Reading *r, const UpKeyRows *all)
{
	if (all->n < PROBED_FROM)
		return;
	for (int i = 0; i < PROBES; i++)
	{
		ErrorData *e = try_some(r, all, all->n * (2 * i + 1) / (2 * PROBES), 1);

		tuplestore_clear(r->rows);
		if (e == NULL)
			return;
		if (i == PROBES - 1)
			ReThrowError(e);
	}
}

/* The keys of the failures. */
static void
collect_failed(Reading *r)
{
	UpKeyRows rows = r->key_types;
	ListCell *cell;

	if (r->fresh->failures == NIL)
		return;
	foreach (cell, r->fresh->failures)
		up_key_rows_add(&rows, ((UpFailure *) lfirst(cell))->key);
	r->fresh->failed = up_key_rows_some(&rows, 0, rows.n);
}

/*
 * Whether everybody may be read by his key. Where a key reaches only what is its own, that takes as long as some passes
 * over the source, however many users fail; halves take several passes for each of them.
 */
static bool
keys_are_cheap(const UpProfile *p, const UpKeyRows *all)
{
	UpKeys some = up_key_rows_some(all, 0, Min(all->n, AT_A_TIME));

	return up_profile_cost(p, &some, true) * ((double) all->n / AT_A_TIME) <=
		   PASSES * up_profile_cost(p, NULL, false);
}

/* What fails is the source, for some of the users. */
static void
read_by_halves(Reading *r, ErrorData *e)
{
	const UpKeys *keys = r->keys;
	UpKeyRows all = list_keys(r);

	if (all.n == 0)
		ReThrowError(e);
	r->careful = false;
	r->rows = tuplestore_begin_heap(true, false, work_mem);
	r->n = 0;
	r->cheap = keys == NULL && all.n > AT_A_TIME && !up_reads_shards(r->profile->query) &&
			   keys_are_cheap(r->profile, &all);
	refuse_all_failing(r, &all);
	read_some(r, &all, 0, all.n, true);
	tuplestore_end(r->rows);
	r->keys = keys;
}

/* The first attempt failed. What does not fit its column is found in one more pass, everything else by halves. */
static void
read_apart(Reading *r, ErrorData *e)
{
	tuplestore_clear(r->rows);
	if (r->fitting)
	{
		r->fitting = false;
		e = attempt(read_carefully, r);
		if (e == NULL)
		{
			r->fresh->n = (uint64) r->n;
			refuse_many_failed(r, r->n + list_length(r->fresh->failures));
			return;
		}
		r->fresh->failures = NIL;
		tuplestore_clear(r->rows);
	}
	read_by_halves(r, e);
}

static UpFreshRows *
read_users(Reading *r)
{
	ErrorData *e;

	r->fresh = palloc0(sizeof(UpFreshRows));
	r->fresh->rows = r->rows = tuplestore_begin_heap(true, false, work_mem);
	e = attempt(read_all, r);
	if (e != NULL)
		read_apart(r, e);
	else
		r->fresh->n = (uint64) r->n;
	/* Where nobody can be computed, it is not for what is theirs. */
	if (r->keys == NULL && r->fresh->n == 0 && r->fresh->failures != NIL)
		ReThrowError(((UpFailure *) linitial(r->fresh->failures))->error);
	if (r->keys == NULL && r->fresh->n == 0 && r->fresh->keyless)
		ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
						errmsg("no row of the source has a value of %s, which is the key",
							   r->profile->key_parts.n > 1 ? up_key_title(&r->profile->key_parts)
														   : psprintf("\"%s\"", r->profile->key))));
	return r->fresh;
}

UpFreshRows *
up_profile_hold(const UpProfile *p, const UpKeys *keys)
{
	Reading r = {keys};
	UpFreshRows *held;
	int level = NewGUCNestLevel();

	r.profile = p;
	/* Which of equal rows is the first is as the source has it. */
	if (p->clean != NULL)
		up_set_locally("max_parallel_workers_per_gather", "0");
	held = read_users(&r);
	AtEOXact_GUC(true, level);
	return held;
}

void
up_profile_stand_in(UpProfile *p, UpFreshRows *held)
{
	held->query = p->query;
	held->admits = p->admits;
	p->admits = NULL;
	(void) up_rows_offer(up_rows_named(HELD, held->rows, held->columns));
	p->query = "SELECT * FROM " HELD;
}

void
up_profile_let_go(UpProfile *p, UpFreshRows *held)
{
	(void) up_rows_offer(NULL);
	p->query = held->query;
	p->admits = held->admits;
	tuplestore_end(held->rows);
}

UpFreshRows *
up_profile_read(const UpProfile *p, const UpProfileTable *table, const UpKeys *keys, const UpFreshRows *held)
{
	Reading r = {keys};
	UpFreshRows *fresh;
	Oid types[UP_MAX_KEY];

	r.profile = p;
	r.table = table;
	fresh = read_users(&r);
	fresh->table = table;
	if (held != NULL)
	{
		fresh->failures = list_concat_copy(held->failures, fresh->failures);
		fresh->keyless = held->keyless;
	}
	collect_failed(&r);
	/* The columns on both sides have the collation of the table's. */
	up_key_types_in(&p->key_parts, fresh->columns, types);
	fresh->equal = up_keys_equal(&p->key_parts, "fresh", types, "old", types, false);
	return fresh;
}
