/*
 * refresh_run.c - one refresh of a profile: what it did, told to people and kept among the runs; see refresh_run.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/io/as_role.h"
#include "pg/io/caught.h"
#include "pg/io/query.h"
#include "pg/profiles/drift_log.h"
#include "pg/profiles/failures.h"
#include "pg/profiles/refresh_run.h"

static const char *
what_is_used(const UpModelStep *step)
{
	if (step->goes_on == 0)
		return "has no values";
	return psprintf("goes on with version %d%s", step->goes_on,
					step->outdated ? ", trained as something else was defined" : "");
}

/* They are nobody's, and no change of them is ever queued: so they are left out by keys and in full alike. */
static void
tell_keyless(const UpProfile *p, const UpRun *run, StringInfo message)
{
	if (!run->keyless)
		return;
	if (p->key_parts.n > 1)
		appendStringInfo(message, "rows of the source that lack a part of the key %s are left out",
						 up_key_title(&p->key_parts));
	else
		appendStringInfo(message, "rows of the source that have no \"%s\" are left out", p->key);
	ereport(WARNING, (errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\": %s", p->name, message->data),
					  errhint("A condition in the source leaves them out in silence.")));
}

static void
tell_failures(const UpProfile *p, const UpRun *run, StringInfo message)
{
	int n = list_length(run->failures);
	const UpFailure *first;
	const char *what;

	if (n == 0)
		return;
	first = linitial(run->failures);
	if (n == 1)
		what = psprintf("user %s cannot be computed and stays as before: %s", first->shown,
						up_error_told(first->error));
	else
		what = psprintf("%d users cannot be computed and stay as before, the first of them %s: %s", n,
						first->shown, up_error_told(first->error));
	appendStringInfo(message, "%s%s", message->len > 0 ? "; " : "", what);
	ereport(
		WARNING,
		(errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\": %s", p->name, what),
		 errhint("uprofile_failures lists them. They are tried again when they change and with all users.")));
}

void
up_run_tell(const UpProfile *p, UpRun *run)
{
	StringInfoData message;
	ListCell *cell;

	initStringInfo(&message);
	tell_keyless(p, run, &message);
	tell_failures(p, run, &message);
	foreach (cell, run->steps)
	{
		const UpModelStep *step = lfirst(cell);
		const char *said;

		if (step->model->usable && step->goes_on == 0)
			continue;
		said = psprintf("model \"%s\" %s: %s", step->model->registered, what_is_used(step), step->reason);
		appendStringInfo(&message, "%s%s", message.len > 0 ? "; " : "", said);
		if (step->attempted)
			ereport(WARNING,
					(errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\": %s", p->name, said),
					 step->goes_on > 0 ? errdetail("Its columns are what that version predicts.")
									   : errdetail("Its columns are NULL. The others are as they should be.")));
	}
	run->message = message.len > 0 ? message.data : NULL;
}

ArrayType *
up_run_trained(const UpRun *run)
{
	Datum *names = palloc(sizeof(Datum) * Max(list_length(run->steps), 1));
	int n = 0;
	ListCell *cell;

	foreach (cell, run->steps)
	{
		const UpModelStep *step = lfirst(cell);

		if (step->version > 0)
			names[n++] = CStringGetTextDatum(step->model->registered);
	}
	return construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* Why it was due, and why it ended so. What a failure said is asked for again, and stays alone. */
static const char *
whole_reason(const UpModelStep *step)
{
	const char *reason = step->reason != NULL ? step->reason : step->said;

	if (strcmp(step->decision, "failed") == 0)
		return reason;
	if (step->goes_on > 0)
		reason = psprintf("%s; version %d goes on being used", reason, step->goes_on);
	if (step->why == NULL || reason == NULL)
		return reason != NULL ? reason : step->why;
	return psprintf("%s; %s", step->why, reason);
}

/* What goes on as it was is no new decision. */
static void
log_step(const UpProfile *p, int64 run_id, const UpModelStep *step)
{
	const char *reason = whole_reason(step);
	Oid types[] = {INT8OID, TEXTOID, TEXTOID, BOOLOID, TEXTOID, TEXTOID, INT4OID, JSONBOID};
	Datum values[] = {
		Int64GetDatum(run_id),
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(step->model->registered),
		BoolGetDatum(step->attempted),
		CStringGetTextDatum(step->decision),
		reason != NULL ? CStringGetTextDatum(reason) : (Datum) 0,
		Int32GetDatum(step->version),
		step->definition != NULL ? JsonbPGetDatum(step->definition) : (Datum) 0,
	};
	char nulls[] = "        ";

	nulls[5] = reason == NULL ? 'n' : ' ';
	nulls[6] = step->version == 0 ? 'n' : ' ';
	nulls[7] = step->definition == NULL ? 'n' : ' ';
	up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_refresh_steps (run, profile, model, attempted, decision, reason, "
			"version, definition) SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE $4 OR NOT EXISTS (SELECT FROM "
			"(SELECT * FROM %s.uprofile_refresh_steps WHERE profile = $2 AND model = $3 ORDER BY id DESC "
			"LIMIT 1) s WHERE s.decision = $5 AND s.reason IS NOT DISTINCT FROM $6)",
			p->schema, p->schema),
		lengthof(types), types, values, nulls);
}

static int64
log_run_row(const UpProfile *p, const UpRun *run)
{
	Oid types[] = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID,
				   INT8OID, INT8OID, TEXTARRAYOID,   TEXTOID,        TEXTOID, NAMEOID,
				   NAMEOID, TEXTOID, TEXTOID,        INT8OID,        INT8OID};
	Datum values[] = {
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(run->status),
		TimestampTzGetDatum(run->started),
		TimestampTzGetDatum(run->finished),
		Int64GetDatum(run->users),
		Int64GetDatum(run->written.inserted),
		Int64GetDatum(run->written.updated),
		Int64GetDatum(run->written.deleted),
		PointerGetDatum(up_run_trained(run)),
		run->sqlstate != NULL ? CStringGetTextDatum(run->sqlstate) : (Datum) 0,
		run->message != NULL ? CStringGetTextDatum(run->message) : (Datum) 0,
		CStringGetDatum(GetUserNameFromId(run->caller, false)),
		CStringGetDatum(GetUserNameFromId(run->owner, false)),
		CStringGetTextDatum(run->mode != NULL ? run->mode : "full"),
		run->reason != NULL ? CStringGetTextDatum(run->reason) : (Datum) 0,
		Int64GetDatum(list_length(run->failures)),
		Int64GetDatum(run->remaining),
	};
	char nulls[] = "                 ";
	UpRows r;
	bool isnull;

	nulls[9] = run->sqlstate != NULL ? ' ' : 'n';
	nulls[10] = run->message != NULL ? ' ' : 'n';
	nulls[14] = run->reason != NULL ? ' ' : 'n';
	r = up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_refresh_log (profile, status, started_at, finished_at, users, "
				 "inserted, updated, deleted, trained, sqlstate, message, run_by, run_as, mode, reason, "
				 "failed, remaining) VALUES "
				 "($1, $2, "
				 "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id",
				 p->schema),
		lengthof(types), types, values, nulls);
	return DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

void
up_run_log(const UpProfile *p, const UpRun *run)
{
	UpAsRole before;
	ListCell *cell;
	int64 id;

	up_as_role_begin(&before, run->owner, "pg_catalog");
	id = log_run_row(p, run);
	foreach (cell, run->steps)
	{
		const UpModelStep *step = lfirst(cell);

		if (step->attempted || !step->model->usable || step->goes_on > 0 || step->said != NULL)
			log_step(p, id, step);
	}
	up_drift_log_keep(p, id, run->drift);
	up_as_role_end(&before);
}
