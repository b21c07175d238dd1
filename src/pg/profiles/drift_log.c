/*
 * drift_log.c - drift as refreshes measure it; see drift_log.h
 *
 * What is looked at is a sample of the profile's table after it was written, with the live columns that models see: at most
 * ROWS users. A refresh of everybody measures always. One of those who changed measures when the changes since the last time
 * have come to a tenth of the users, so that its cost stays in proportion to them; else it adds to a counter. A run keeps of each
 * model one row that sums it up, and one for each statistic that drifted, up to MOST.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/query.h"
#include "pg/models/drifted.h"
#include "pg/models/model_cache.h"
#include "pg/io/caught.h"
#include "pg/profiles/drift_log.h"

#define ROWS  10000
#define MOST  100
#define SHARE 0.1 /* of the users, whose changes make it time to measure */

/* Of one model. */
typedef struct Measured
{
	const UpProfileModel *model;
	UpDrift *drift; /* or NULL */
	char *why;      /* nothing was measured, or NULL */
} Measured;

/* The sample: a statement over the table, with a name for its rows that live columns know. */
static char *
sample_of(const UpProfile *p, int64 users)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT profile.*");
	up_policy_append_live(&sql, p->policy, true);
	appendStringInfo(&sql, " FROM %s profile", p->table);
	if (users > ROWS)
		appendStringInfo(&sql, " TABLESAMPLE BERNOULLI (%.10g) REPEATABLE (0)", 100.0 * ROWS / (double) users);
	return sql.data;
}

/* Also of a version that this statement has trained. */
const UpModel *
up_drift_log_model(const UpProfile *p, int64 version_id)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(version_id);
	UpRows r =
		up_query(false, psprintf("SELECT bytes FROM %s.uprofile_model_versions WHERE id = $1", p->schema), 1,
				 &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the deployed version of the model is not there")));
	return up_model_parse(DatumGetByteaPP(up_rows_get(&r, 0, "bytes", &isnull)));
}

typedef struct Measuring
{
	const UpProfile *p;
	int64 users;
	Measured *measured;
} Measuring;

static void
measure(void *of)
{
	Measuring *w = of;
	Measured *measured = w->measured;
	UpDriftParams params = up_drift_parse(NULL);
	const UpModel *m = up_drift_log_model(w->p, measured->model->version_id);

	measured->drift = up_drift_of_query(m, sample_of(w->p, w->users), &params);
	if (measured->drift == NULL)
		measured->why = "this version keeps no training distribution; retrain it";
	else if (!measured->drift->judged)
		measured->why = psprintf("too few users to judge: %zu, and %d are needed", measured->drift->n_rows,
								 (int) params.min_rows);
}

/* What it cannot measure says why, and the refresh goes on. */
static Measured *
try_to_measure(const UpProfile *p, int64 users, const UpProfileModel *m)
{
	Measured *measured = palloc0(sizeof(Measured));
	Measuring w = {p, users, measured};
	ErrorData *e;

	measured->model = m;
	e = up_attempt(measure, &w);
	if (e != NULL)
	{
		measured->drift = NULL;
		measured->why = up_error_told(e);
	}
	return measured;
}

/* Counts changes, or begins anew. Whether it is time. */
static bool
is_time(const UpProfile *p, bool everybody, int64 users, int64 changes)
{
	Oid types[] = {TEXTOID, INT8OID, FLOAT8OID};
	Datum values[] = {CStringGetTextDatum(p->name), Int64GetDatum(changes),
					  Float8GetDatum(everybody ? 0 : SHARE * (double) users)};
	UpRows r;
	bool isnull;

	if (!everybody && changes == 0)
		return false;
	r = up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_drift_state AS s (profile, changes) VALUES ($1, CASE WHEN $2 >= "
				 "$3 THEN 0 ELSE $2 END) ON CONFLICT (profile) DO UPDATE SET changes = CASE WHEN "
				 "s.changes + $2 >= $3 THEN 0 ELSE s.changes + $2 END RETURNING changes = 0 AS now",
				 p->schema),
		lengthof(types), types, values, NULL);
	return DatumGetBool(up_rows_get(&r, 0, "now", &isnull));
}

const char *
up_drift_log_last(const UpProfile *p, const UpProfileModel *m, int32 version, double *psi)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(m->registered)};
	UpRows r =
		up_query(false,
				 psprintf("SELECT version, value, drifted AND value IS NOT NULL AS drifted, detail FROM "
						  "%s.uprofile_drift_measured WHERE profile = $1 AND model = $2 AND kind = 'model' "
						  "ORDER BY id DESC LIMIT 1",
						  p->schema),
				 lengthof(types), types, values, NULL);
	bool isnull;

	if (r.n == 0 || !DatumGetBool(up_rows_get(&r, 0, "drifted", &isnull)))
		return NULL;
	if (DatumGetInt32(up_rows_get(&r, 0, "version", &isnull)) != version || isnull)
		return NULL;
	*psi = DatumGetFloat8(up_rows_get(&r, 0, "value", &isnull));
	return TextDatumGetCString(up_rows_get(&r, 0, "detail", &isnull));
}

List *
up_drift_log_measure(const UpProfile *p, bool everybody, int64 users, int64 changes)
{
	List *all = NIL;

	if (p->n_models == 0 || users == 0 || !is_time(p, everybody, users, changes))
		return NIL;
	/* What was written just now is seen. */
	CommandCounterIncrement();
	for (int i = 0; i < p->n_models; i++)
	{
		if (p->models[i].usable)
			all = lappend(all, try_to_measure(p, users, &p->models[i]));
	}
	return all;
}

static void
write_row(const UpProfile *p, int64 run, const UpProfileModel *m, const UpDriftRow *r)
{
	Oid types[] = {INT8OID, TEXTOID,   TEXTOID,   INT8OID, TEXTOID, TEXTOID,
				   TEXTOID, FLOAT8OID, FLOAT8OID, BOOLOID, TEXTOID};
	Datum values[] = {
		Int64GetDatum(run),
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(m->registered),
		Int64GetDatum(m->version_id),
		r->column != NULL ? CStringGetTextDatum(r->column) : (Datum) 0,
		CStringGetTextDatum(r->kind),
		CStringGetTextDatum(r->statistic),
		Float8GetDatum(r->value),
		Float8GetDatum(r->threshold),
		BoolGetDatum(r->drifted),
		CStringGetTextDatum(r->detail),
	};
	char nulls[] = "           ";

	nulls[4] = r->column == NULL ? 'n' : ' ';
	nulls[7] = isnan(r->value) ? 'n' : ' ';
	nulls[8] = isnan(r->threshold) ? 'n' : ' ';
	up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_drift_measured (run, profile, model, version, column_name, kind, "
				 "statistic, value, threshold, drifted, detail) VALUES ($1, $2, $3, (SELECT v.version FROM "
				 "%s.uprofile_model_versions v WHERE v.id = $4), $5, $6, $7, $8, $9, $10, $11)",
				 p->schema, p->schema),
		lengthof(types), types, values, nulls);
}

/* One row of a model, with the largest PSI of what has drifted. */
static UpDriftRow
summary_of(const Measured *m)
{
	const UpDrift *d = m->drift;
	UpDriftRow row = {.kind = "model", .statistic = "psi", .value = NAN, .threshold = NAN};

	if (m->why != NULL)
	{
		row.detail = m->why;
		return row;
	}
	row.drifted = d->n_drifted > 0;
	row.detail = psprintf("%u of %u have drifted, columns and predictions, in %zu users", d->n_drifted,
						  d->n_columns, d->n_rows);
	if (d->largest == NULL)
		return row;
	row.value = d->largest->value;
	row.threshold = d->largest->threshold;
	if (d->largest->drifted)
		row.detail = psprintf("%s; most of all %s: %s", row.detail,
							  d->largest->answers ? "its predictions" : psprintf("\"%s\"", d->largest->column),
							  d->largest->detail);
	return row;
}

void
up_drift_log_keep(const UpProfile *p, int64 run, const List *measured)
{
	ListCell *cell;

	foreach (cell, measured)
	{
		const Measured *m = lfirst(cell);
		UpDriftRow summary = summary_of(m);
		int kept = 0;

		write_row(p, run, m->model, &summary);
		for (size_t i = 0; m->why == NULL && i < m->drift->n && kept < MOST; i++)
		{
			if (!m->drift->rows[i].drifted)
				continue;
			write_row(p, run, m->model, &m->drift->rows[i]);
			kept++;
		}
	}
}
