/*
 * schedule.c - uprofile_schedule, uprofile_unschedule: refreshes that pg_cron runs
 *
 * The extension pg_cron keeps its jobs in one database of the server, which its setting cron.database_name names; a job
 * runs as the role that asked for it. Ours are named as the constraint of the profile's table is, after its identity, so
 * that another profile of the name has another job. What was asked for also stands in uprofile_schedules: a dump of the
 * database has it, and uprofile_profiles shows it. Where the two differ, the jobs of pg_cron are what happens.
 *
 * Nothing tells pg_cron that the extension is dropped, so a job looks for it first and ends itself where it is gone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "access/xact.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry.h"
#include "pg/models/registry_guard.h"
#include "pg/profiles/cron_text.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/profile.h"
#include "pg/io/caught.h"
#include "pg/profiles/schedule.h"

#define QUOTE "$uprofile$"

/* ---- pg_cron ------------------------------------------------------------------------------------------------------ */

/* Its schema, which belongs to the extension, whoever else might make one of that name; InvalidOid if it is not here. */
static Oid
find_cron(void)
{
	UpRows r = up_query(true,
						"SELECT n.oid FROM pg_extension e JOIN pg_depend d ON d.refclassid = "
						"'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = "
						"'pg_namespace'::regclass JOIN pg_namespace n ON n.oid = d.objid "
						"WHERE e.extname = 'pg_cron' AND n.nspname = 'cron'",
						0, NULL, NULL, NULL);
	bool isnull;

	return r.n == 1 ? DatumGetObjectId(up_rows_get(&r, 0, "oid", &isnull)) : InvalidOid;
}

static char *
call_of(const UpProfile *p)
{
	return psprintf("CALL %s.uprofile_run(%s)", p->schema, quote_literal_cstr(p->name));
}

static char *
in_quotes(const char *text)
{
	return strstr(text, QUOTE) == NULL ? psprintf(QUOTE "%s" QUOTE, text) : quote_literal_cstr(text);
}

/* What the job does. Procedures called in DO commit as they do alone. */
static char *
command_of(const UpProfile *p)
{
	char *registry = psprintf("%s.uprofile_profile_definitions", p->schema);
	char *body =
		psprintf("BEGIN IF to_regclass(%s) IS NULL THEN PERFORM cron.unschedule('%s'); ELSE %s; END IF; END",
				 quote_literal_cstr(registry), up_profile_constraint(p), call_of(p));

	return psprintf("DO %s", in_quotes(body));
}

static void
refuse_other_database(const UpProfile *p, const char *cron, const char *database)
{
	char *here = get_database_name(MyDatabaseId);
	char *body = call_of(p);

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("pg_cron keeps its jobs in database \"%s\", and profile \"%s\" is in \"%s\"", database,
					p->name, here),
			 errhint("A superuser can run there: SELECT cron.schedule_in_database(%s, %s, %s, %s, %s)",
					 quote_literal_cstr(up_profile_constraint(p)), quote_literal_cstr(cron), in_quotes(body),
					 quote_literal_cstr(here), quote_literal_cstr(GetUserNameFromId(GetUserId(), false)))));
}

static void
refuse_without_cron(const UpProfile *p, const char *cron)
{
	const char *database = GetConfigOption("cron.database_name", true, false);
	char *here = get_database_name(MyDatabaseId);

	if (database == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_cron, which runs scheduled refreshes, is not installed in this server"),
				 errhint("Install it (in Debian and Ubuntu the package postgresql-%d-cron), add pg_cron to "
						 "shared_preload_libraries, set cron.database_name = %s, restart the server, and "
						 "CREATE EXTENSION pg_cron here. Any other scheduler can run: %s",
						 PG_VERSION_NUM / 10000, quote_literal_cstr(here), call_of(p))));
	if (strcmp(database, here) != 0)
		refuse_other_database(p, cron, database);
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("pg_cron, which runs scheduled refreshes, is not created in this database"),
					errhint("A superuser can run CREATE EXTENSION pg_cron, and GRANT USAGE ON SCHEMA cron TO "
							"those who schedule.")));
}

static bool
may_use_cron(Oid schema)
{
	return up_schema_rights(schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
}

static void
check_may_use_cron(Oid schema)
{
	const char *role = GetUserNameFromId(GetUserId(), false);

	if (!may_use_cron(schema))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("role \"%s\" may not use pg_cron", role),
				 errhint("A superuser can run GRANT USAGE ON SCHEMA cron TO %s.", quote_identifier(role))));
}

static void
refuse_text(const char *cron)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a schedule that pg_cron understands", cron),
			 errdetail_internal("%s", up_cron_fault(cron)),
			 errhint("Give minute, hour, day of the month, month and day of the week: '*/5 * * * *' is every "
					 "five minutes, '0 3 * * *' every night at three.")));
}

typedef struct Job
{
	const UpProfile *p;
	const char *cron;
	int64 id;
} Job;

static void
ask_cron(void *of)
{
	Job *job = of;
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(up_profile_constraint(job->p)), CStringGetTextDatum(job->cron),
					  CStringGetTextDatum(command_of(job->p))};
	UpRows r = up_query(false, "SELECT cron.schedule($1, $2, $3) AS id", 3, types, values, NULL);
	bool isnull;

	job->id = DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

/* Schedules the job, in the place of the caller's own of this name. What pg_cron says of the text is said in words. */
static int64
order_job(const UpProfile *p, const char *cron)
{
	Job job = {p, cron, 0};
	ErrorData *e = up_attempt_any(ask_cron, &job);

	if (e != NULL && e->message != NULL &&
		strncmp(e->message, "invalid schedule", strlen("invalid schedule")) == 0)
		refuse_text(cron);
	if (e != NULL)
		ReThrowError(e);
	return job.id;
}

/* The jobs of this name that the current role sees: its own, and for a superuser everybody's. */
static uint64
remove_visible(const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);

	return up_query(false, "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = $1", 1, &type, &value,
					NULL)
		.n;
}

/*
 * Also the job of the role that scheduled before, if the caller is a member of it. pg_cron knows roles by their names, and
 * a job of a role that has another name since is nobody's: a superuser sees it. True if a job was removed.
 */
static bool
remove_jobs(const UpProfile *p, Oid cron, const char *run_as)
{
	char *name = up_profile_constraint(p);
	Oid role = run_as != NULL ? get_role_oid(run_as, true) : InvalidOid;
	uint64 removed = may_use_cron(cron) ? remove_visible(name) : 0;

	if (run_as == NULL || role == GetUserId() || superuser())
		return removed > 0;
	if (OidIsValid(role) && has_privs_of_role(GetUserId(), role))
	{
		UpAsRole before;

		up_as_role_begin(&before, role, "pg_catalog");
		if (may_use_cron(cron))
			removed += remove_visible(name);
		up_as_role_end(&before);
		return removed > 0;
	}
	ereport(NOTICE,
			(errmsg("the job that role \"%s\" scheduled for profile \"%s\" may remain", run_as, p->name),
			 errhint("That role, or a superuser, ends it with SELECT cron.unschedule(jobid) FROM "
					 "cron.job WHERE jobname = '%s'.",
					 name)));
	return removed > 0;
}

/* ---- the record --------------------------------------------------------------------------------------------------- */

typedef struct Record
{
	const char *schedule;
	const char *run_as;
} Record;

/* What was asked for last, locked. */
static bool
read_record(const UpProfile *p, Record *record)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(p->name);
	UpRows r = up_query(false,
						psprintf("SELECT schedule, run_as::text AS run_as FROM %s.uprofile_schedules WHERE "
								 "profile = $1 FOR UPDATE",
								 p->schema),
						1, &type, &value, NULL);
	bool isnull;

	memset(record, 0, sizeof(*record));
	if (r.n == 0)
		return false;
	record->schedule = TextDatumGetCString(up_rows_get(&r, 0, "schedule", &isnull));
	record->run_as = TextDatumGetCString(up_rows_get(&r, 0, "run_as", &isnull));
	return true;
}

/* Whoever schedules at the same time waits here, and takes the other's job away afterwards. */
static void
claim_record(const UpProfile *p, const char *cron)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(cron)};

	up_query(false,
			 psprintf("INSERT INTO %s.uprofile_schedules (profile, schedule, run_as) VALUES ($1, $2, "
					  "current_user) ON CONFLICT (profile) DO NOTHING",
					  p->schema),
			 lengthof(types), types, values, NULL);
}

static void
write_record(const UpProfile *p, const char *cron)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(cron)};

	up_query(false,
			 psprintf("UPDATE %s.uprofile_schedules SET schedule = $2, run_as = current_user, scheduled_at = "
					  "clock_timestamp() WHERE profile = $1",
					  p->schema),
			 lengthof(types), types, values, NULL);
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

PG_FUNCTION_INFO_V1(uprofile_schedule);
Datum
uprofile_schedule(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	const char *cron = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	Record record;
	UpProfile *p;
	Oid cron_schema;
	int64 id;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PreventCommandIfReadOnly("uprofile_schedule()");
	up_registry_guard(schema, RowExclusiveLock);
	p = up_profile_look(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	(void) up_profile_owner(p);
	if (cron == NULL && !read_record(p, &record))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("profile \"%s\" was never scheduled", p->name),
				 errhint("Say when: uprofile_schedule(%s, '0 3 * * *') refreshes it every night at three.",
						 quote_literal_cstr(p->name))));
	if (cron == NULL)
		cron = record.schedule;
	cron_schema = find_cron();
	if (!OidIsValid(cron_schema))
		refuse_without_cron(p, cron);
	check_may_use_cron(cron_schema);
	claim_record(p, cron);
	if (read_record(p, &record))
		(void) remove_jobs(p, cron_schema, record.run_as);
	id = order_job(p, cron);
	write_record(p, cron);
	PG_RETURN_INT64(id);
}

PG_FUNCTION_INFO_V1(uprofile_unschedule);
Datum
uprofile_unschedule(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Oid type = TEXTOID;
	Oid cron = find_cron();
	bool found;
	Record record;
	UpProfile *p;
	Datum name;

	PreventCommandIfReadOnly("uprofile_unschedule()");
	up_registry_guard(schema, RowExclusiveLock);
	p = up_profile_look(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	name = CStringGetTextDatum(p->name);
	found = read_record(p, &record);
	if (OidIsValid(cron) && remove_jobs(p, cron, record.run_as))
		found = true;
	up_query(false, psprintf("DELETE FROM %s.uprofile_schedules WHERE profile = $1", schema), 1, &type, &name,
			 NULL);
	PG_RETURN_BOOL(found);
}

void
up_schedule_remove_job(const UpProfile *p)
{
	Oid cron = find_cron();
	Record record;

	if (read_record(p, &record) && OidIsValid(cron))
		(void) remove_jobs(p, cron, record.run_as);
}

/* ---- when everybody is computed next ------------------------------------------------------------------------------ */

typedef struct Next
{
	TimestampTz last;
	const char *every;
	Datum at;
} Next;

static void
add_interval(void *of)
{
	Next *next = of;
	Datum interval = DirectFunctionCall3(interval_in, CStringGetDatum(next->every),
										 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

	next->at = DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(next->last), interval);
}

/* What is stored may be anything, and must not make the view fail for all. */
PG_FUNCTION_INFO_V1(uprofile_next_full);
Datum
uprofile_next_full(PG_FUNCTION_ARGS)
{
	UpValue *policy = up_value_from_jsonb(PG_GETARG_JSONB_P(0));
	UpValue *every = policy->type == UP_OBJECT ? up_value_get(policy, "full_every") : NULL;
	Next next = {up_follow_full_at(up_value_from_jsonb(PG_GETARG_JSONB_P(1)))};

	if (every == NULL || every->type != UP_STRING || next.last == 0)
		PG_RETURN_NULL();
	next.every = every->string;
	if (up_attempt(add_interval, &next) != NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(next.at);
}
