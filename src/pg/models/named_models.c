/*
 * named_models.c - parsed registry models of this backend, and the call sites that use them; see named_models.h
 *
 * Parsed versions are kept by (registry, id): an id is never reused and its bytes never change. A call site looks
 * the name up again whenever the active snapshot, the rights or the subtransaction are others than before.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/large_memory.h"
#include "pg/models/folds.h"
#include "pg/models/moment.h"
#include "pg/models/named_models.h"
#include "pg/models/registry.h"
#include "pg/models/shared.h"

#define PARSED_MAX   64
#define PARSED_BYTES (256 * 1024 * 1024)

typedef struct Parsed
{
	Oid registry; /* table of versions */
	int64 id;
	Size model_bytes;
	uint64 last_used;
	uint64 pins; /* call sites that point to it */
	MemoryContext context;
	const UpModel *model;
	const UpFolds *folds; /* or NULL */
} Parsed;

static struct
{
	int n;
	uint64 clock;
	Size model_bytes;
	Parsed *entries[PARSED_MAX];
} parsed;

/* fn_extra of functions that take a name. */
typedef struct NamedSite
{
	Oid function;
	const char *schema;
	char *name;
	UpMoment moment;
	Parsed *parsed;
	UpModelUse use;
	MemoryContextCallback callback;
} NamedSite;

static void
drop_parsed(int i)
{
	Parsed *p = parsed.entries[i];

	parsed.model_bytes -= p->model_bytes;
	parsed.entries[i] = parsed.entries[--parsed.n];
	MemoryContextDelete(p->context);
}

/* Unused versions make room, the least recently used first; those in use stay. */
static bool
evict_parsed(Size needed)
{
	while (parsed.n == PARSED_MAX || parsed.model_bytes + needed > PARSED_BYTES)
	{
		int oldest = -1;

		for (int i = 0; i < parsed.n; i++)
		{
			if (parsed.entries[i]->pins == 0 &&
				(oldest < 0 || parsed.entries[i]->last_used < parsed.entries[oldest]->last_used))
				oldest = i;
		}
		if (oldest < 0)
			return parsed.n < PARSED_MAX;
		drop_parsed(oldest);
	}
	return true;
}

static Parsed *
parse_version(Oid registry, const char *schema, int64 id, bool shared)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile named model", ALLOCSET_SMALL_SIZES);
	MemoryContext outer = CurrentMemoryContext;
	bytea *bytes;
	Parsed *p;

	MemoryContextSwitchTo(context);
	p = palloc0(sizeof(Parsed));
	bytes = shared ? up_shared_bytes(schema, id) : up_registry_bytes(schema, id);
	p->registry = registry;
	p->id = id;
	p->context = context;
	p->model_bytes = VARSIZE_ANY(bytes);
	p->model = up_model_parse_own(bytes);
	p->folds = up_folds_load(schema, get_rel_namespace(registry), id, p->model, shared);
	p->model_bytes += p->folds != NULL ? p->folds->bytes : 0;
	MemoryContextSwitchTo(outer);
	if (!evict_parsed(p->model_bytes))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("more than %d named models are in use at once", PARSED_MAX)));
	MemoryContextSetParent(context, CacheMemoryContext);
	up_large_keep(context);
	parsed.entries[parsed.n++] = p;
	parsed.model_bytes += p->model_bytes;
	return p;
}

static Parsed *
find_version(Oid registry, const char *schema, int64 id, bool shared)
{
	for (int i = 0; i < parsed.n; i++)
	{
		if (parsed.entries[i]->id == id && parsed.entries[i]->registry == registry)
			return parsed.entries[i];
	}
	return parse_version(registry, schema, id, shared);
}

const UpModel *
up_named_version(const char *schema, int64 id)
{
	text *table = cstring_to_text(psprintf("%s.uprofile_model_versions", schema));
	Oid registry = DatumGetObjectId(DirectFunctionCall1(to_regclass, PointerGetDatum(table)));
	Parsed *p = find_version(registry, schema, id, false);

	p->last_used = ++parsed.clock;
	return p->model;
}

static void
unpin(void *arg)
{
	NamedSite *site = arg;

	if (site->parsed != NULL)
		site->parsed->pins--;
	site->parsed = NULL;
}

static NamedSite *
new_named_site(FunctionCallInfo fcinfo)
{
	MemoryContext outer = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	NamedSite *site = palloc0(sizeof(NamedSite));

	site->function = fcinfo->flinfo->fn_oid;
	site->schema = up_schema_of_function(site->function);
	site->callback.func = unpin;
	site->callback.arg = site;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &site->callback);
	fcinfo->flinfo->fn_extra = site;
	MemoryContextSwitchTo(outer);
	return site;
}

static void
look_up(NamedSite *site, FunctionCallInfo fcinfo, const char *name, size_t len, bool may_be_shared)
{
	char *copy = pnstrdup(name, len);
	bool shared = false;
	Oid registry;
	Parsed *p;
	int64 id;

	/* The table, not the schema: a dropped and recreated extension counts its ids anew. */
	registry = get_relname_relid("uprofile_model_versions", get_func_namespace(site->function));
	id = may_be_shared ? up_registry_usable(site->schema, copy, &shared)
					   : up_registry_deployed(site->schema, copy);
	p = find_version(registry, site->schema, id, shared);
	if (p != site->parsed)
	{
		MemoryContext outer;

		unpin(site);
		if (site->use.context != NULL)
			MemoryContextDelete(site->use.context);
		memset(&site->use, 0, sizeof(site->use));
		site->use.context =
			AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "uprofile named call", ALLOCSET_SMALL_SIZES);
		outer = MemoryContextSwitchTo(site->use.context);
		up_model_use_init(&site->use, p->model);
		site->use.folds = p->folds;
		site->use.bytes = p->model_bytes;
		site->use.identity = ++parsed.clock;
		MemoryContextSwitchTo(outer);
		p->pins++;
		site->parsed = p;
	}
	site->use.shared = shared;
	p->last_used = ++parsed.clock;
	if (site->name == NULL || strcmp(site->name, copy) != 0)
		site->name = MemoryContextStrdup(fcinfo->flinfo->fn_mcxt, copy);
	pfree(copy);
}

/* Whether nothing has changed since the name was looked up. */
static bool
is_recent(const NamedSite *site, const text *name, const UpMoment *now)
{
	return site->parsed != NULL && memcmp(now, &site->moment, sizeof(*now)) == 0 &&
		   strlen(site->name) == VARSIZE_ANY_EXHDR(name) &&
		   memcmp(site->name, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0;
}

UpModelUse *
up_model_use_recent_named(FunctionCallInfo fcinfo, int argument)
{
	NamedSite *site = fcinfo->flinfo->fn_extra;
	UpMoment now = up_this_moment();

	return site != NULL && is_recent(site, PG_GETARG_TEXT_PP(argument), &now) ? &site->use : NULL;
}

static UpModelUse *
use_named(FunctionCallInfo fcinfo, int argument, bool may_be_shared)
{
	text *name = PG_GETARG_TEXT_PP(argument);
	NamedSite *site = fcinfo->flinfo->fn_extra;
	UpMoment now = up_this_moment();

	if (site == NULL)
		site = new_named_site(fcinfo);
	if (!is_recent(site, name, &now))
	{
		/* Only a look-up that succeeded counts. */
		memset(&site->moment, 0, sizeof(site->moment));
		look_up(site, fcinfo, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), may_be_shared);
		site->moment = now;
	}
	return &site->use;
}

UpModelUse *
up_model_use_named(FunctionCallInfo fcinfo, int argument)
{
	return use_named(fcinfo, argument, false);
}

UpModelUse *
up_model_use_shared(FunctionCallInfo fcinfo, int argument)
{
	return use_named(fcinfo, argument, true);
}

static int
fold_of_row(UpModelUse *use, HeapTupleHeader row)
{
	UpRowReader *r = use->key_reader;

	if (r == NULL || !up_row_reader_fits(r, row))
	{
		MemoryContext outer = MemoryContextSwitchTo(use->context);
		TupleDesc desc = up_record_desc(row);

		r = up_row_reader_new(desc);
		ReleaseTupleDesc(desc);
		(void) up_row_reader_find_key(r, use->folds->key);
		use->key_reader = r;
		MemoryContextSwitchTo(outer);
	}
	if (r->n_keys == 0)
		return -1;
	up_row_reader_deform(r, row);
	return up_row_reader_has_key(r) ? up_folds_find(use->folds, up_row_reader_hash(r)) : -1;
}

UpModelUse *
up_model_use_of_user(UpModelUse *use, HeapTupleHeader row)
{
	int fold = use->folds != NULL ? fold_of_row(use, row) : -1;
	MemoryContext outer;
	UpModelUse *of;

	if (fold < 0)
		return use;
	outer = MemoryContextSwitchTo(use->context);
	if (use->of_fold == NULL)
		use->of_fold = palloc0(sizeof(UpModelUse) * (Size) use->folds->n);
	of = &use->of_fold[fold];
	if (of->model == NULL)
	{
		up_model_use_init(of, use->folds->folds[fold].model);
		of->context = use->context;
		of->shared = use->shared;
		of->whole = use->model;
	}
	MemoryContextSwitchTo(outer);
	return of;
}
