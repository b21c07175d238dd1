/*
 * fn_reasons.c - uprofile_reasons, uprofile_explain_columns, uprofile_explain_user: predictions explained by the columns of the data
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "learn/reasons.h"
#include "num/sort.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/shards.h"
#include "pg/io/srf.h"
#include "pg/models/registry.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_shards.h"
#include "pg/sql/forms.h"

#include <math.h>

#define MAX_VALUE 100  /* bytes of a value in a reason */
#define NOTHING   1e-9 /* of the largest: what is below is rounding */

/* The name of a column of the model. */
static const char *
column_name(const UpModel *m, uint32_t column)
{
	if (m->pipeline->steps != NULL)
		return m->pipeline->steps[column].name;
	return psprintf("x%u", column + 1);
}

/* Its value in the row that was read last, as the row has it; NULL: missing. */
static char *
value_in_row(const UpModelUse *use, uint32_t column)
{
	UpRowReader *r = use->reader;
	int i = r->attribute_of[column];

	if (r->nulls[i])
		return NULL;
	return up_attribute_text(&r->attributes[i], r->values[i]);
}

static char *
reason_text(const UpModelUse *use, uint32_t column)
{
	const char *name = column_name(use->model, column);
	char *value = value_in_row(use, column);
	int len = value != NULL ? (int) strlen(value) : 0;

	if (value == NULL)
		return psprintf("%s is missing", name);
	if (len > MAX_VALUE)
		value = psprintf("%.*s…", pg_mbcliplen(value, len, MAX_VALUE), value);
	return psprintf("%s = %s", name, value);
}

/* The user of a row is explained by the model that scores him. */
static UpModelUse *
use_of_row(FunctionCallInfo fcinfo, HeapTupleHeader row)
{
	return up_model_use_of_user(up_model_use_shared(fcinfo, 0), row);
}

PG_FUNCTION_INFO_V1(uprofile_reasons);
Datum
uprofile_reasons(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	int32 wanted = PG_GETARG_INT32(2), n = 0;
	UpModelUse *use = use_of_row(fcinfo, row);
	UpReasons reasons;
	uint32_t *order;
	double least;
	Datum *texts;

	if (wanted < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the number of reasons must be at least 1, not %d", wanted)));
	up_reasons(use->model, up_model_use_row(use, row), &reasons);
	if (!reasons.known)
		PG_RETURN_NULL();
	order = up_order_descending(reasons.contribution, reasons.n_columns);
	least = reasons.n_columns > 0 ? NOTHING * reasons.contribution[order[0]] : 0;
	texts = palloc(sizeof(Datum) * Max(reasons.n_columns, 1));
	for (uint32_t i = 0; i < reasons.n_columns && n < wanted; i++)
	{
		double added = reasons.contribution[order[i]];

		if (added > least && added > 0)
			texts[n++] = CStringGetTextDatum(reason_text(use, order[i]));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(texts, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* What the contributions speak of: a class, a cluster, or a value (NULL). */
static char *
label_of(const UpModel *m, const UpReasons *r)
{
	if (r->output < 0)
		return NULL;
	if (m->task == UP_TASK_CLASSIFY)
		return m->classes[r->output];
	return psprintf(INT64_FORMAT, r->output);
}

PG_FUNCTION_INFO_V1(uprofile_explain_columns);
Datum
uprofile_explain_columns(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	UpModelUse *use = use_of_row(fcinfo, row);
	UpSrf *srf = up_srf_begin(fcinfo);
	const UpModel *m = use->model;
	UpReasons reasons;
	uint32_t *order;
	char *label;
	double *size;

	up_reasons(m, up_model_use_row(use, row), &reasons);
	if (!reasons.known)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("this %s model of algorithm \"%s\" does not tell what speaks for its answers",
					up_task_name(m->task), m->learner->name),
			 errhint("Train it anew, if a version trained it that did not keep the means of its features.")));
	label = label_of(m, &reasons);
	size = palloc(sizeof(double) * Max(reasons.n_columns, 1));
	for (uint32_t i = 0; i < reasons.n_columns; i++)
		size[i] = fabs(reasons.signed_as[i]);
	order = up_order_descending(size, reasons.n_columns);
	for (uint32_t i = 0; i < reasons.n_columns; i++)
	{
		char *value = value_in_row(use, order[i]);
		Datum values[5];
		bool nulls[5] = {label == NULL, false, value == NULL, false, false};

		values[0] = label != NULL ? CStringGetTextDatum(label) : (Datum) 0;
		values[1] = CStringGetTextDatum(column_name(m, order[i]));
		values[2] = value != NULL ? CStringGetTextDatum(value) : (Datum) 0;
		values[3] = Float8GetDatum(reasons.signed_as[order[i]]);
		values[4] = Float8GetDatum(reasons.base);
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}

/* ---- a user of a profile ---- */

static bool
is_asked_for(const UpProfileModel *m, const char *only)
{
	return only == NULL || strcmp(m->column, only) == 0 || strcmp(m->registered, only) == 0;
}

static void
check_model(const UpProfile *p, const char *only)
{
	for (int i = 0; i < p->n_models; i++)
	{
		if (is_asked_for(&p->models[i], only))
			return;
	}
	if (only == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("profile \"%s\" has no models", p->name)));
	up_profile_fail_model(p, only);
}

/* The stored row of the user, with the live columns that models see. Models are of this node, so is what they explain. */
static char *
stored_row(UpProfile *p, const Datum *key)
{
	StringInfoData given;
	Oid types[UP_MAX_KEY];
	UpProfile of = *p;
	UpProfileTable table = {up_profile_own_table(p, AccessShareLock, false, NULL)};
	UpKeyRows rows;
	UpKeys his;

	initStringInfo(&given);
	for (int i = 0; i < p->key_parts.n; i++)
	{
		types[i] = p->key_parts.parts[i].type;
		appendStringInfo(&given, "%s$%d AS key_%d", i > 0 ? ", " : "", i + 1, i + 1);
	}
	table.sharded = up_is_sharded(table.relation);
	table.columns = up_relation_columns(table.relation);
	up_key_rows_init(&rows, p->key_parts.n, types);
	up_key_rows_add(&rows, key);
	his = up_key_rows_some(&rows, 0, 1);
	of.query = psprintf("SELECT t.* FROM %s t, (SELECT %s) k WHERE %s",
						up_shards_there(p, &table, table.columns, &his), given.data,
						up_keys_equal(&p->key_parts, "t", types, "k", types, true));
	return pstrdup(up_profile_rows_query(&of));
}

static bool
is_deployed(const UpProfile *p, const UpProfileModel *m)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(m->registered);

	return up_query(true,
					psprintf("SELECT FROM %s.uprofile_model_names WHERE name = $1 AND deployed IS NOT NULL",
							 p->schema),
					1, &type, &value, NULL)
			   .n > 0;
}

/* False where there is no such user. */
static bool
explain_models(UpProfile *p, const char *only, const Datum *key, UpSrf *srf)
{
	char *row = stored_row(p, key);
	Oid types[UP_MAX_KEY];
	bool explained = false;

	for (int i = 0; i < p->key_parts.n; i++)
		types[i] = p->key_parts.parts[i].type;
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];
		UpRows r;

		if (!is_asked_for(m, only) || (only == NULL && (up_profile_embeds(m) || !is_deployed(p, m))))
			continue;
		r = up_query(true,
					 psprintf("SELECT %s::pg_catalog.text, e.* FROM (%s) uprofile_row, LATERAL "
							  "%s.uprofile_explain_columns(%s, uprofile_row.*) e",
							  quote_literal_cstr(m->column), row, p->schema, quote_literal_cstr(m->registered)),
					 p->key_parts.n, types, key, NULL);
		explained = explained || r.n > 0;
		for (uint64 k = 0; k < r.n; k++)
		{
			Datum values[6];
			bool nulls[6];

			heap_deform_tuple(r.rows[k], r.desc, values, nulls);
			up_srf_row(srf, values, nulls);
		}
	}
	/* None of the models may have had anything to say. */
	return explained ||
		   up_query(true, psprintf("SELECT FROM (%s) r", row), p->key_parts.n, types, key, NULL).n > 0;
}

static bool
explain_as_owner(UpProfile *p, const char *only, const Datum *key, UpSrf *srf)
{
	UpAsRole before;
	volatile bool found = false;

	up_as_role_begin(&before, p->owner, p->source_path);
	PG_TRY();
	{
		found = explain_models(p, only, key, srf);
	}
	PG_FINALLY();
	{
		/* Of a table in shards his row is kept aside. */
		up_shards_let_go();
	}
	PG_END_TRY();
	up_as_role_end(&before);
	return found;
}

PG_FUNCTION_INFO_V1(uprofile_explain_user);
Datum
uprofile_explain_user(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	UpProfile *p;
	UpAsRole before;
	Datum key[UP_MAX_KEY];
	const char *only;
	bool found = false;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	only = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	p = up_profile_look(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(PG_GETARG_TEXT_PP(0)));
	up_as_role_begin(&before, up_profile_owner(p), p->source_path);
	(void) up_profile_own_table(p, AccessShareLock, false, NULL);
	up_profile_resolve(p, p->definitions);
	up_as_role_end(&before);
	check_model(p, only);
	if (PG_ARGISNULL(1))
		return (Datum) 0;
	if (up_user_key(fcinfo, 1, &p->key_parts, p->owner, key))
		found = explain_as_owner(p, only, key, srf);
	if (!found)
		ereport(NOTICE, (errmsg("profile \"%s\" has no user \"%s\"", p->name, up_user_key_given(fcinfo, 1))));
	return (Datum) 0;
}
