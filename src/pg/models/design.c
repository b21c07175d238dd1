/*
 * design.c - how the rows of a version were made and held out; see design.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/models/design.h"

static Datum
jsonb_or_null(const UpValue *v)
{
	return v != NULL ? JsonbPGetDatum(up_value_to_jsonb(v)) : (Datum) 0;
}

void
up_design_store(const char *schema, int64 id, const UpHoldout *split, const UpValue *event,
				const UpValue *asked)
{
	Oid types[] = {INT8OID, JSONBOID, JSONBOID, JSONBOID};
	Datum values[] = {Int64GetDatum(id), jsonb_or_null(split != NULL ? up_holdout_value(split) : NULL),
					  jsonb_or_null(event), jsonb_or_null(asked)};
	char nulls[] = {' ', split != NULL ? ' ' : 'n', event != NULL ? ' ' : 'n', asked != NULL ? ' ' : 'n', '\0'};

	up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_model_designs (version_id, split, event, asked) VALUES ($1, $2, $3, $4)",
			schema),
		lengthof(types), types, values, nulls);
}

static UpValue *
field_of(const char *schema, int64 id, const char *column)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(id);
	UpRows r = up_query(
		true, psprintf("SELECT split, event FROM %s.uprofile_model_designs WHERE version_id = $1", schema), 1,
		&type, &value, NULL);
	bool isnull = true;

	value = r.n > 0 ? up_rows_get(&r, 0, column, &isnull) : (Datum) 0;
	return isnull ? NULL : up_value_from_jsonb(DatumGetJsonbP(value));
}

bool
up_design_split(const char *schema, int64 id, UpHoldout *split)
{
	return up_holdout_read(field_of(schema, id, "split"), split);
}

UpValue *
up_design_event(const char *schema, int64 id)
{
	return field_of(schema, id, "event");
}
