/*
 * recommender_named.c - see recommender_named.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/large_memory.h"
#include "pg/models/recommender_named.h"
#include "pg/models/registry.h"
#include "pg/models/shared.h"
#include "pg/models/stored_source.h"

#define MOST_KEPT  32
#define MOST_BYTES (256 * 1024 * 1024)

static struct
{
	int n;
	uint64 clock;
	Size size;
	UpNamedRecommender *entries[MOST_KEPT];
} kept;

void
up_named_recommender_forget_reader(UpNamedRecommender *r)
{
	if (r->reader_plan != NULL)
		up_kept_free(r->reader_plan);
	r->reader_plan = NULL;
	r->reader = NULL;
	if (r->reader_context != NULL)
		MemoryContextDelete(r->reader_context);
	r->reader_context = NULL;
}

static void
drop(int i)
{
	UpNamedRecommender *r = kept.entries[i];

	kept.size -= r->size;
	kept.entries[i] = kept.entries[--kept.n];
	up_named_recommender_forget_reader(r);
	MemoryContextDelete(r->context);
}

/* Unused versions make room, the least recently used first; those in use stay. */
static void
make_room(Size needed)
{
	while (kept.n == MOST_KEPT || kept.size + needed > MOST_BYTES)
	{
		int oldest = -1;

		for (int i = 0; i < kept.n; i++)
		{
			if (kept.entries[i]->pins == 0 &&
				(oldest < 0 || kept.entries[i]->last_used < kept.entries[oldest]->last_used))
				oldest = i;
		}
		if (oldest < 0 && kept.n == MOST_KEPT)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("more than %d recommenders are in use at once", MOST_KEPT)));
		if (oldest < 0)
			return;
		drop(oldest);
	}
}

/* What the registry keeps of the source, into the current memory. */
static void
load_source(UpNamedRecommender *r, const char *schema)
{
	UpStoredSource s = up_stored_source(schema, r->id);

	r->source = s.text;
	r->path = s.path;
	r->trainer = s.role;
	if (s.imported)
		r->why_not = "it came with the model from another database";
}

static UpNamedRecommender *
load(Oid registry, const char *schema, int64 id, bool shared)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile recommender", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = CurrentMemoryContext;
	bytea *bytes = shared ? up_shared_bytes(schema, id) : up_registry_bytes(schema, id);
	UpNamedRecommender *r;
	UpAsRole before;

	MemoryContextSwitchTo(context);
	r = palloc0(sizeof(UpNamedRecommender));
	r->registry = registry;
	r->id = id;
	r->context = context;
	r->model = up_get_recommender(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (shared)
		up_shared_begin(&before, schema);
	load_source(r, schema);
	if (shared)
		up_as_role_end(&before);
	MemoryContextSwitchTo(outer);
	pfree(bytes);
	r->size = MemoryContextMemAllocated(context, true) + up_large_files_of(context);
	make_room(r->size);
	MemoryContextSetParent(context, CacheMemoryContext);
	up_large_keep(context);
	kept.entries[kept.n++] = r;
	kept.size += r->size;
	return r;
}

UpNamedRecommender *
up_named_recommender(Oid function, const char *name, bool *shared)
{
	const char *schema = up_schema_of_function(function);
	/* The table, not the schema: a dropped and recreated extension counts its ids anew. */
	Oid registry = get_relname_relid("uprofile_model_versions", get_func_namespace(function));
	int64 id = up_registry_usable(schema, name, shared);
	UpNamedRecommender *r = NULL;

	for (int i = 0; i < kept.n && r == NULL; i++)
	{
		if (kept.entries[i]->id == id && kept.entries[i]->registry == registry)
			r = kept.entries[i];
	}
	if (r == NULL)
		r = load(registry, schema, id, *shared);
	r->last_used = ++kept.clock;
	return r;
}

bool
up_named_is_recommender(Oid function, const char *name)
{
	const char *schema = up_schema_of_function(function);
	bool shared, isnull;
	Oid type = INT8OID;
	Datum value = Int64GetDatum(up_registry_usable(schema, name, &shared));
	UpAsRole before;
	UpRows r;

	if (shared)
		up_shared_begin(&before, schema);
	r = up_query(true, psprintf("SELECT task FROM %s.uprofile_model_versions WHERE id = $1", schema), 1, &type,
				 &value, NULL);
	if (shared)
		up_as_role_end(&before);
	return r.n > 0 && strcmp(TextDatumGetCString(up_rows_get(&r, 0, "task", &isnull)), UP_RECOMMEND_TASK) == 0;
}
