/*
 * stored_source.c - the source that a version was trained on; see stored_source.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/models/stored_source.h"

UpStoredSource
up_stored_source(const char *schema, int64 id)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(id);
	UpStoredSource s = {0};
	bool isnull;
	char *trainer;
	UpRows r =
		up_query(true,
				 psprintf("SELECT source, source_path, trained_by::text AS trained_by, seconds IS NULL AS "
						  "imported FROM %s.uprofile_model_versions WHERE id = $1",
						  schema),
				 1, &type, &value, NULL);

	if (r.n == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("a version of a model is not there")));
	s.text = TextDatumGetCString(up_rows_get(&r, 0, "source", &isnull));
	s.path = TextDatumGetCString(up_rows_get(&r, 0, "source_path", &isnull));
	trainer = TextDatumGetCString(up_rows_get(&r, 0, "trained_by", &isnull));
	s.imported = DatumGetBool(up_rows_get(&r, 0, "imported", &isnull));
	s.role = get_role_oid(trainer, true);
	if (s.imported)
		s.why_not = pstrdup("it came with the model from another database, or an earlier version");
	else if (!OidIsValid(s.role))
		s.why_not = psprintf("role \"%s\", which trained it, does not exist", trainer);
	else if (!has_privs_of_role(GetUserId(), s.role))
		s.why_not = psprintf("you are no member of role \"%s\", which trained it", trainer);
	return s;
}

void
up_stored_source_begin(UpAsRole *before, const UpStoredSource *s)
{
	if (s->why_not != NULL)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("the version's source cannot be read again: %s", s->why_not),
						errhint("Give the source.")));
	up_as_role_begin(before, s->role, s->path);
}
