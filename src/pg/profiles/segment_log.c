/*
 * segment_log.c - descriptions of segments, kept; see segment_log.h
 *
 * Groups that are smaller than the policy's min_group, and those from which they would follow, are written without anything that tells of
 * them, so that no reader of the registry sees it either.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "assess/suppress.h"
#include "pg/clean/clean_write.h"
#include "pg/io/caught.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/drift_log.h"
#include "pg/profiles/segment_figures.h"
#include "pg/profiles/segment_log.h"
#include "pg/profiles/segment_words.h"
#include "utils/guc.h"

/* ---- writing ------------------------------------------------------------------------------------------------------ */

/* A set as it is written down. */
typedef struct Described
{
	const UpSegmentSet *set;
	UpSegmentGroup *groups;
	int n;
	int64 total;
	int64 version; /* its id; 0: a rule */
	UpSegmentFigure *figures;
	int n_figures;
	double stability;
} Described;

static const UpProfileModel *
model_of(const UpProfile *p, const UpSegmentSet *set)
{
	for (int i = 0; !set->rule && i < p->n_models; i++)
	{
		if (strcmp(p->models[i].column, set->column) == 0)
			return &p->models[i];
	}
	return NULL;
}

static const UpSegmentFigure *
figure_of(const Described *d, const char *segment)
{
	for (int i = 0; i < d->n_figures; i++)
	{
		if (strcmp(d->figures[i].segment, segment) == 0)
			return &d->figures[i];
	}
	return NULL;
}

/* Which groups of a set are not told: the rest, who are in none, counts as one more. */
static uint8 *
hidden_of(const Described *d, int64 least)
{
	int64 *counts = palloc0(sizeof(int64) * ((Size) d->n + 1)), rest = d->total;
	uint8 *hidden = palloc0((Size) d->n + 1);

	for (int i = 0; i < d->n; i++)
	{
		counts[i] = d->groups[i].users;
		rest -= counts[i];
	}
	counts[d->n] = rest;
	up_suppress(counts, 1, (size_t) d->n + 1, least, hidden);
	return hidden;
}

static void
write_group(const UpProfile *p, const Described *d, const UpSegmentGroup *g, bool hidden, int place)
{
	const UpSegmentFigure *figure = figure_of(d, g->segment);
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID,  BOOLOID, INT4OID,   INT8OID,   INT8OID, INT8OID,
				   TEXTOID, TEXTOID, JSONBOID, TEXTOID, FLOAT8OID, FLOAT8OID, INT8OID};
	Datum values[lengthof(types)] = {
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(d->set->column),
		CStringGetTextDatum(g->segment),
		BoolGetDatum(d->set->rule),
		Int32GetDatum(place),
		Int64GetDatum(d->version),
		Int64GetDatum(g->users),
		Int64GetDatum(d->total),
		CStringGetTextDatum(g->name),
		CStringGetTextDatum(g->description),
		JsonbPGetDatum(up_value_to_jsonb(up_segment_figures_told(g))),
		figure != NULL ? CStringGetTextDatum(figure->typical) : (Datum) 0,
		Float8GetDatum(figure != NULL ? figure->silhouette : NAN),
		Float8GetDatum(d->stability),
		Int64GetDatum(p->policy->min_group),
	};
	char nulls[] = "               ";

	nulls[5] = d->version == 0 ? 'n' : ' ';
	if (hidden)
		memset(nulls + 6, 'n', 8);
	/* The name of a rule tells nothing of its users. */
	if (d->set->rule)
		nulls[8] = ' ';
	/* One user is the smallest of groups. */
	nulls[11] = figure == NULL || p->policy->min_group > 1 ? 'n' : ' ';
	nulls[12] = hidden || figure == NULL || isnan(figure->silhouette) ? 'n' : ' ';
	nulls[13] = isnan(d->stability) ? 'n' : ' ';
	up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_segments_described (profile, set_name, segment, by_rule, place, "
			"version_id, "
			"users, everybody, name, description, statistics, typical_user, silhouette, stability, min_group) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
			p->schema),
		lengthof(types), types, values, nulls);
}

/* A model that is not in use has segments of nobody. */
static bool
describe(UpSegments *s, const UpSegmentSet *set, List **used, Described *d)
{
	const UpProfileModel *m = model_of(s->profile, set);

	memset(d, 0, sizeof(*d));
	d->set = set;
	d->stability = NAN;
	if (!set->rule && (m == NULL || !m->usable))
		return false;
	d->groups = up_segment_groups(s, set, &d->n, &d->total);
	up_segment_words(d->groups, d->n, set, used);
	if (m != NULL)
	{
		d->version = m->version_id;
		d->figures = up_segment_figures_of(s, set, up_drift_log_model(s->profile, m->version_id), d->total,
										   &d->n_figures, &d->stability);
	}
	return true;
}

static void
describe_all(UpProfile *p, Oid table)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);
	UpSegments s = {0};
	List *used = NIL;
	int place = 0, level = up_clean_text_settings();

	up_segments_resolve(&s, p, table);
	up_query(false, psprintf("DELETE FROM %s.uprofile_segments_described WHERE profile = $1", p->schema), 1,
			 &type, &name, NULL);
	/* Names of rules are given. */
	for (int i = 0; i < s.n_sets; i++)
	{
		if (s.sets[i].rule)
			used = lappend(used, unconstify(char *, s.sets[i].column));
	}
	for (int i = 0; i < s.n_sets; i++)
	{
		Described d;
		uint8 *hidden;

		if (!describe(&s, &s.sets[i], &used, &d))
			continue;
		hidden = hidden_of(&d, p->policy->min_group);
		for (int j = 0; j < d.n; j++)
			write_group(p, &d, &d.groups[j], hidden[j], place++);
	}
	AtEOXact_GUC(true, level);
}

/* Whether a version in use, or a rule, has no description yet. */
static bool
is_missing(const UpProfile *p)
{
	Oid types[] = {TEXTOID, INT8OID};
	Datum values[] = {CStringGetTextDatum(p->name), 0};

	for (int i = 0; i < p->n_models; i++)
	{
		values[1] = Int64GetDatum(p->models[i].version_id);
		if (p->models[i].target == NULL && (p->models[i].learner->abilities & UP_L_CLUSTER) != 0 &&
			p->models[i].usable &&
			up_query(false,
					 psprintf("SELECT 1 FROM %s.uprofile_segments_described WHERE profile = $1 AND version_id "
							  "= $2 LIMIT 1",
							  p->schema),
					 2, types, values, NULL)
					.n == 0)
			return true;
	}
	return false;
}

static bool
has_sets(const UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		if ((p->models[i].learner->abilities & UP_L_CLUSTER) != 0)
			return true;
	}
	for (int i = 0; i < p->policy->n_live; i++)
	{
		if (p->policy->live[i].rule)
			return true;
	}
	return false;
}

typedef struct Describing
{
	UpProfile *p;
	Oid table;
	MemoryContext work;
} Describing;

static void
describe_sets(void *of)
{
	Describing *d = of;

	MemoryContextSwitchTo(d->work);
	describe_all(d->p, d->table);
}

void
up_segment_log_keep(UpProfile *p, Oid table, bool due)
{
	Describing d = {p, table};
	ErrorData *e;

	if (!has_sets(p) || !(due || is_missing(p)))
		return;
	/* What was written just now is seen. */
	CommandCounterIncrement();
	d.work = AllocSetContextCreate(CurrentMemoryContext, "uprofile segments", ALLOCSET_DEFAULT_SIZES);
	e = up_attempt(describe_sets, &d);
	if (e != NULL)
		ereport(WARNING, (errcode(ERRCODE_WARNING),
						  errmsg("segments of profile \"%s\" are not described: %s", p->name, e->message),
						  errdetail("What was said of them before stays.")));
	MemoryContextDelete(d.work);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

enum
{
	MODEL,
	NUMBER,
	NAME,
	USERS,
	SHARE,
	DESCRIPTION,
	STATISTICS,
	TYPICAL,
	SILHOUETTE,
	STABILITY,
	AT,
	HIDDEN,
	COLUMNS
};

static UpRows
read_described(const UpSegments *s, const UpSegmentSet *set)
{
	Oid types[] = {TEXTOID, TEXTOID, BOOLOID};
	Datum values[] = {CStringGetTextDatum(s->profile->name), CStringGetTextDatum(set->column),
					  BoolGetDatum(set->rule)};

	return up_query(
		true,
		psprintf("SELECT segment, name, description, statistics, typical_user, silhouette, stability, "
				 "described_at, min_group, users FROM %s.uprofile_segments_described WHERE profile = $1 AND "
				 "set_name = $2 AND "
				 "by_rule = $3",
				 s->profile->schema),
		lengthof(types), types, values, NULL);
}

/* What was described of this segment, into places of a row. */
static void
take_described(const UpSegments *s, const UpRows *r, const char *segment, Datum *values, bool *nulls)
{
	static const struct
	{
		int place;
		const char *column;
	} columns[] = {{NAME, "name"},
				   {DESCRIPTION, "description"},
				   {STATISTICS, "statistics"},
				   {TYPICAL, "typical_user"},
				   {SILHOUETTE, "silhouette"},
				   {STABILITY, "stability"},
				   {AT, "described_at"}};
	bool isnull;

	for (uint64 i = 0; i < r->n; i++)
	{
		int64 least;

		if (strcmp(TextDatumGetCString(up_rows_get(r, i, "segment", &isnull)), segment) != 0)
			continue;
		least = DatumGetInt64(up_rows_get(r, i, "min_group", &isnull));
		/* What was written under a laxer policy is not told. */
		for (int j = 0; j < (int) lengthof(columns); j++)
		{
			values[columns[j].place] = up_rows_get(r, i, columns[j].column, &nulls[columns[j].place]);
			if (least < s->profile->policy->min_group && columns[j].place != AT)
				nulls[columns[j].place] = true;
		}
	}
}

static void
return_set(const UpSegments *s, const UpSegmentSet *set, UpSrf *srf)
{
	UpRows described = read_described(s, set);
	UpRows r = up_segments_query(
		psprintf("SELECT %s AS segment, pg_catalog.count(*) AS users FROM %s GROUP BY 1 ORDER BY 2 DESC, 1",
				 up_segment_of(set, "r"), up_segments_from(s, "")),
		0, NULL, NULL);
	int64 *counts = palloc0(sizeof(int64) * (Size) (r.n + 1)), total = 0;
	uint8 *hidden = palloc0((Size) (r.n + 1));
	bool isnull, any = false;

	for (uint64 i = 0; i < r.n; i++)
		total += counts[i] = DatumGetInt64(up_rows_get(&r, i, "users", &isnull));
	up_suppress(counts, 1, r.n, s->profile->policy->min_group, hidden);
	for (uint64 i = 0; i < r.n || (set->rule && !any); i++)
	{
		Datum segment = i < r.n ? up_rows_get(&r, i, "segment", &isnull) : (Datum) 0, values[COLUMNS] = {0};
		bool nulls[COLUMNS];
		const char *name = set->rule ? set->column : NULL;

		if (i < r.n && isnull)
			continue;
		any = true;
		memset(nulls, true, sizeof(nulls));
		if (name == NULL)
			name = TextDatumGetCString(segment);
		take_described(s, &described, name, values, nulls);
		values[MODEL] = CStringGetTextDatum(set->column);
		nulls[MODEL] = set->rule;
		values[NUMBER] = CStringGetTextDatum(name);
		nulls[NUMBER] = false;
		if (set->rule)
		{
			values[NAME] = CStringGetTextDatum(set->column);
			nulls[NAME] = false;
		}
		values[USERS] = Int64GetDatum(counts[i]);
		values[SHARE] = Float8GetDatum(total > 0 ? (double) counts[i] / (double) total : 0);
		values[HIDDEN] = BoolGetDatum(hidden[i] != 0);
		nulls[HIDDEN] = false;
		nulls[USERS] = nulls[SHARE] = hidden[i] != 0;
		if (hidden[i])
			nulls[NAME] = !set->rule,
			nulls[DESCRIPTION] = nulls[STATISTICS] = nulls[TYPICAL] = nulls[SILHOUETTE] = true;
		up_srf_row(srf, values, nulls);
	}
}

void
up_segment_log_read(const UpSegments *s, UpSrf *srf)
{
	for (int i = 0; i < s->n_sets; i++)
		return_set(s, &s->sets[i], srf);
}
