/*
 * fn_refresh.c - uprofile_refresh: train what is due, score every user, write what changed
 *
 * The work is done in a subtransaction. If it fails, that is rolled back, a row of the run says why, and the caller's
 * transaction goes on with the old profile. One statement compares and writes, so a reader sees all of it or nothing;
 * rows that did not change are not written again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "pg/profiles/profile.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"
#include "pg/io/srf.h"
#include "pg/models/train_named.h"

typedef enum Retrain
{
	RETRAIN_DUE,
	RETRAIN_ALL,
	RETRAIN_NONE
} Retrain;

typedef struct Run
{
	TimestampTz started;
	int64 users;
	int64 inserted;
	int64 updated;
	int64 deleted;
	Datum *trained; /* names of models, text */
	int n_trained;
	const char *sqlstate; /* of a failure */
	const char *message;
} Run;

/* How a model stands: not there, too old, and what it predicts. */
static bool
is_due(const UpProfile *p, const UpProfileModel *m)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(m->registered),
					  m->retrain_after != NULL ? CStringGetTextDatum(m->retrain_after) : (Datum) 0};
	char nulls[] = {' ', m->retrain_after != NULL ? ' ' : 'n', '\0'};
	UpRows r =
		up_query(false,
				 psprintf("SELECT coalesce((SELECT max(v.trained_at) FROM %s.uprofile_model_versions v WHERE "
						  "v.model = n.name) + $2::interval < clock_timestamp(), false) AS due FROM "
						  "%s.uprofile_model_names n WHERE n.name = $1 AND n.deployed IS NOT NULL",
						  p->schema, p->schema),
				 2, types, values, nulls);
	bool isnull;

	return r.n == 0 || DatumGetBool(up_rows_get(&r, 0, "due", &isnull));
}

static void
train_due(const UpProfile *p, Retrain retrain, Run *run)
{
	MemoryContext outer = CurrentMemoryContext;

	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];
		UpTrainOrder order = {0};
		MemoryContext inner;

		if (retrain == RETRAIN_NONE || (retrain == RETRAIN_DUE && !is_due(p, m)))
			continue;
		inner = AllocSetContextCreate(outer, "uprofile_refresh model", ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(inner);
		order.schema = p->schema;
		order.name = m->registered;
		order.source = p->source;
		order.target = m->target;
		order.algorithm = m->learner->name;
		order.key = p->key;
		order.params = up_value_copy(m->params);
		order.test_size = m->test_size;
		order.deploy = UP_DEPLOY_AUTO;
		up_train_named(&order);
		MemoryContextSwitchTo(outer);
		MemoryContextDelete(inner);
		run->trained[run->n_trained++] = CStringGetTextDatum(m->registered);
	}
}

static bool
is_classifier(const UpProfile *p, const UpProfileModel *m)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(m->registered);
	UpRows r =
		up_query(false,
				 psprintf("SELECT v.task FROM %s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON "
						  "v.id = n.deployed WHERE n.name = $1",
						  p->schema, p->schema),
				 1, &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("model \"%s\" is not trained yet", m->registered),
						errhint("Refresh with retrain => 'due'.")));
	return strcmp(TextDatumGetCString(up_rows_get(&r, 0, "task", &isnull)), "classification") == 0;
}

/* The names of the table's columns, apart from the key, each with this before it. */
static char *
column_list(const UpProfile *p, const char *before)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < p->columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(p->columns, i)->attname);

		if (strcmp(name, p->key) != 0)
			appendStringInfo(&list, "%s%s%s", list.len > 0 ? ", " : "", before, quote_identifier(name));
	}
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];

		appendStringInfo(&list, "%s%s%s", list.len > 0 ? ", " : "", before, quote_identifier(m->column));
		if (up_profile_has_probability(m))
			appendStringInfo(&list, ", %s%s", before, quote_identifier(psprintf("%s_probability", m->column)));
	}
	return list.data;
}

/* The expressions for the models' columns over one row of the source. */
static void
append_predictions(StringInfo sql, const UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];
		const char *name = quote_literal_cstr(m->registered);
		const char *row = "uprofile_row";

		if (m->target == NULL)
			appendStringInfo(sql, ", %s.uprofile_predict(%s::pg_catalog.text, %s)::pg_catalog.int4", p->schema,
							 name, row);
		else if (m->label_kind == UP_LABEL_NUMBER)
			appendStringInfo(sql, ", %s.uprofile_predict(%s::pg_catalog.text, %s)", p->schema, name, row);
		else
			appendStringInfo(sql, ", %s.uprofile_predict_label(%s::pg_catalog.text, %s)%s", p->schema, name,
							 row, m->label_kind == UP_LABEL_BOOLEAN ? "::pg_catalog.bool" : "");
		appendStringInfo(sql, " AS %s", quote_identifier(m->column));
		if (!up_profile_has_probability(m))
			continue;
		if (is_classifier(p, m))
			appendStringInfo(sql, ", %s.uprofile_predict_proba(%s::pg_catalog.text, %s)", p->schema, name, row);
		else
			appendStringInfoString(sql, ", NULL::pg_catalog.float8");
		appendStringInfo(sql, " AS %s", quote_identifier(psprintf("%s_probability", m->column)));
	}
}

static char *
write_statement(const UpProfile *p)
{
	const char *key = quote_identifier(p->key);
	char *columns = column_list(p, "");
	bool any = columns[0] != '\0';
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "WITH fresh AS MATERIALIZED (SELECT uprofile_row.*");
	append_predictions(&sql, p);
	appendStringInfo(&sql, " FROM (%s) uprofile_row), ", p->query);
	appendStringInfo(&sql,
					 "gone AS (DELETE FROM %s old WHERE NOT EXISTS (SELECT 1 FROM fresh WHERE fresh.%s "
					 "OPERATOR(pg_catalog.=) old.%s) RETURNING 1), ",
					 p->table, key, key);
	appendStringInfo(&sql, "written AS (INSERT INTO %s AS old (%s%s%s, changed_at) SELECT %s%s%s, ", p->table,
					 key, any ? ", " : "", columns, key, any ? ", " : "", columns);
	appendStringInfo(&sql, "pg_catalog.clock_timestamp() FROM fresh ON CONFLICT (%s) DO ", key);
	if (any)
		appendStringInfo(&sql,
						 "UPDATE SET (%s, changed_at) = ROW(%s, excluded.changed_at) WHERE "
						 "pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
						 columns, column_list(p, "excluded."), column_list(p, "old."),
						 column_list(p, "excluded."));
	else
		appendStringInfoString(&sql, "NOTHING");
	appendStringInfoString(&sql, " RETURNING old.xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid AS added) "
								 "SELECT (SELECT pg_catalog.count(*) FROM fresh) AS users, "
								 "(SELECT pg_catalog.count(*) FROM written WHERE added) AS inserted, "
								 "(SELECT pg_catalog.count(*) FROM written WHERE NOT added) AS updated, "
								 "(SELECT pg_catalog.count(*) FROM gone) AS deleted, ");
	appendStringInfo(
		&sql, "(SELECT pg_catalog.count(%s) - pg_catalog.count(DISTINCT %s) FROM fresh) AS repeated", key, key);
	return sql.data;
}

/* All that can fail because of the data: inside the subtransaction. */
static void
do_refresh(UpProfile *p, Retrain retrain, Run *run)
{
	int level = NewGUCNestLevel();
	UpRows counts;
	bool isnull;

	(void) set_config_option("search_path", p->source_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
	up_profile_own_table(p, RowExclusiveLock, false, NULL);
	up_profile_resolve(p, p->definitions);
	run->trained = palloc0(sizeof(Datum) * Max(p->n_models, 1));
	train_due(p, retrain, run);
	counts = up_query_in_path(write_statement(p));
	/* Where one of two rows with the same key is stored already, the statement itself has no reason to fail. */
	if (DatumGetInt64(up_rows_get(&counts, 0, "repeated", &isnull)) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION), errmsg("rows of the source have the same key")));
	run->users = DatumGetInt64(up_rows_get(&counts, 0, "users", &isnull));
	run->inserted = DatumGetInt64(up_rows_get(&counts, 0, "inserted", &isnull));
	run->updated = DatumGetInt64(up_rows_get(&counts, 0, "updated", &isnull));
	run->deleted = DatumGetInt64(up_rows_get(&counts, 0, "deleted", &isnull));
	AtEOXact_GUC(true, level);
}

/* Cancellation, shutdown, and failures that a new attempt of the transaction may cure. */
static bool
must_rethrow(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_T_R_SERIALIZATION_FAILURE);
}

static const char *
failure_message(const UpProfile *p, const ErrorData *e)
{
	if (e->sqlerrcode == ERRCODE_CARDINALITY_VIOLATION)
		return psprintf("several rows of the source have the same \"%s\", which is the key", p->key);
	if (e->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION && e->column_name != NULL &&
		strcmp(e->column_name, p->key) == 0)
		return psprintf("a row of the source has no \"%s\", which is the key", p->key);
	return pstrdup(e->message);
}

/* True if it succeeded; otherwise everything it did is undone and run says why. */
static bool
try_refresh(UpProfile *p, Retrain retrain, bool record, Run *run)
{
	MemoryContext outer = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(outer);
	PG_TRY();
	{
		do_refresh(p, retrain, run);
		ReleaseCurrentSubTransaction();
		done = true;
	}
	PG_CATCH();
	{
		ErrorData *e;

		MemoryContextSwitchTo(outer);
		e = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(outer);
		CurrentResourceOwner = owner;
		e->message = unconstify(char *, failure_message(p, e));
		if (!record || must_rethrow(e->sqlerrcode))
			ReThrowError(e);
		run->sqlstate = pstrdup(unpack_sql_state(e->sqlerrcode));
		run->message = e->message;
		run->users = run->inserted = run->updated = run->deleted = run->n_trained = 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	CurrentResourceOwner = owner;
	return done;
}

static void
log_run(const UpProfile *p, const Run *run, TimestampTz finished, ArrayType *trained)
{
	Oid types[] = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID,
				   INT8OID, INT8OID, TEXTARRAYOID,   TEXTOID,        TEXTOID};
	Datum values[] = {
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(run->message == NULL ? "succeeded" : "failed"),
		TimestampTzGetDatum(run->started),
		TimestampTzGetDatum(finished),
		Int64GetDatum(run->users),
		Int64GetDatum(run->inserted),
		Int64GetDatum(run->updated),
		Int64GetDatum(run->deleted),
		PointerGetDatum(trained),
		run->message != NULL ? CStringGetTextDatum(run->sqlstate) : (Datum) 0,
		run->message != NULL ? CStringGetTextDatum(run->message) : (Datum) 0,
	};
	char nulls[] = "           ";

	if (run->message == NULL)
		nulls[9] = nulls[10] = 'n';
	up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_refresh_log (profile, status, started_at, finished_at, users, inserted, "
			"updated, deleted, trained, sqlstate, message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
			"$11)",
			p->schema),
		lengthof(types), types, values, nulls);
}

static int
choice_argument(const char *given, const char *what, const char *const *choices, int n)
{
	StringInfoData allowed;

	initStringInfo(&allowed);
	for (int i = 0; i < n; i++)
	{
		if (strcmp(given, choices[i]) == 0)
			return i;
		appendStringInfo(&allowed, "%s%s", i > 0 ? ", " : "", choices[i]);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is \"%s\"", what, given),
					errdetail("Allowed: %s.", allowed.data)));
}

PG_FUNCTION_INFO_V1(uprofile_refresh);
Datum
uprofile_refresh(PG_FUNCTION_ARGS)
{
	static const char *const retrain_choices[] = {"due", "all", "none"};
	static const char *const error_choices[] = {"record", "raise"};
	UpSrf *srf = up_srf_begin(fcinfo);
	Run run = {0};
	Retrain retrain =
		(Retrain) choice_argument(text_to_cstring(PG_GETARG_TEXT_PP(1)), "retrain", retrain_choices, 3);
	bool record = choice_argument(text_to_cstring(PG_GETARG_TEXT_PP(2)), "on_error", error_choices, 2) == 0;
	UpProfile *p;
	TimestampTz finished;
	ArrayType *trained;

	run.started = GetCurrentTimestamp();
	p = up_profile_load(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!OidIsValid(p->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the owner of profile \"%s\" is gone", p->name),
				 errhint("uprofile_reassign_profile(profile, role) gives it to another role.")));
	if (!try_refresh(p, retrain, record, &run))
		ereport(WARNING,
				(errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\" failed: %s", p->name, run.message),
				 errdetail("The profile is as it was before. The run is recorded in uprofile_runs.")));
	finished = GetCurrentTimestamp();
	trained = run.n_trained > 0 ? construct_array(run.trained, run.n_trained, TEXTOID, -1, false, TYPALIGN_INT)
								: construct_empty_array(TEXTOID);
	log_run(p, &run, finished, trained);
	{
		Datum values[] = {
			CStringGetTextDatum(p->name),
			CStringGetTextDatum(run.message == NULL ? "succeeded" : "failed"),
			Int64GetDatum(run.users),
			Int64GetDatum(run.inserted),
			Int64GetDatum(run.updated),
			Int64GetDatum(run.deleted),
			PointerGetDatum(trained),
			Float8GetDatum((double) (finished - run.started) / USECS_PER_SEC),
			run.message != NULL ? CStringGetTextDatum(run.message) : (Datum) 0,
		};
		bool nulls[lengthof(values)] = {false};

		nulls[8] = run.message == NULL;
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}
