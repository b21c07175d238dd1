/*
 * numbering.c - clusters keep their numbers; see numbering.h
 *
 * The numbers that people know are those of the deployed version. New ones are above all that it or the last version has given: each
 * version counts on from both, so that none comes again after a rollback.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "assess/clusters.h"
#include "pg/io/query.h"
#include "pg/models/model_cache.h"
#include "pg/models/numbering.h"

char *
up_keep_numbers(const char *schema, const char *name, const UpSourceFrame *read, UpModel *m)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpModel *before = NULL;
	uint32_t next = 0;
	UpRows r;

	if (m->learner->clusters == NULL)
		return NULL;
	r = up_query(
		false,
		psprintf("SELECT v.bytes, v.id = n.deployed IS TRUE AS deployed FROM %s.uprofile_model_names n "
				 "JOIN %s.uprofile_model_versions v ON v.model = n.name WHERE n.name = $1 AND (v.id = "
				 "n.deployed OR v.version = (SELECT max(w.version) FROM %s.uprofile_model_versions w "
				 "WHERE w.model = n.name)) ORDER BY v.version",
				 schema, schema, schema),
		1, &type, &value, NULL);
	for (uint64 i = 0; i < r.n; i++)
	{
		bool isnull;
		char *unreadable;
		UpModel *old =
			up_model_try((bytea *) PG_DETOAST_DATUM_PACKED(up_rows_get(&r, i, "bytes", &isnull)), &unreadable);

		if (old == NULL || old->learner->clusters == NULL)
			continue;
		next = Max(next, up_clusters_next(old));
		if (before == NULL || DatumGetBool(up_rows_get(&r, i, "deployed", &isnull)))
			before = old;
	}
	return before != NULL ? up_clusters_keep(read->frame, before, next, m) : NULL;
}
