/*
 * expanded.c - aggregate states as expanded objects; see expanded.h
 */
#include "postgres.h"

#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "base/platform.h"
#include "pg/io/shards.h"
#include "pg/sql/expanded.h"

#define STATES    "uprofile aggregate states"
#define TOLD_FROM ((size_t) 16 * 1024 * 1024) /* bytes of a state that are worth a word */

/* Citus hands states from node to node as text, two bytes for each. */
static void
refuse_too_large_for_node(const UpExpanded *e)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the aggregate state of a shard, %zu MB, is too large to travel to another node",
					e->flat.len / (1024 * 1024)),
			 errdetail("It travels as text of up to 1 GB, so at most 511 MB of it."),
			 errhint("More shards make smaller states; uprofile_merge makes one model of models by shard; or "
					 "train on a sample.")));
}

/* One that holds rows, once. */
static void
tell_large_for_node(UpExpanded *e)
{
	if (!e->told)
		ereport(
			NOTICE,
			(errmsg("the aggregate state of a shard, %zu MB, travels to another node",
					e->flat.len / (1024 * 1024)),
			 errdetail("It holds rows, and travels as text of twice as many bytes; at most 511 MB of it can."),
			 errhint("uprofile_merge makes one model of models by shard, so that no rows travel.")));
	e->told = true;
}

void
up_expanded_refuse_format(unsigned format)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("an aggregate state of format %u cannot be read by this version of uprofile", format),
			 errhint("All nodes of a cluster need the same version: ALTER EXTENSION uprofile UPDATE.")));
}

static Size
get_flat_size(ExpandedObjectHeader *header)
{
	UpExpanded *e = (UpExpanded *) header;
	MemoryContext outer = MemoryContextSwitchTo(header->eoh_context);

	if (e->flat.bytes != NULL)
		up_free(e->flat.bytes);
	up_writer_init(&e->flat);
	e->kind->put(&e->flat, e);
	MemoryContextSwitchTo(outer);
	if (e->flat.len > MaxAllocSize / 2 - VARHDRSZ && up_works_for_node())
		refuse_too_large_for_node(e);
	if (e->flat.len >= TOLD_FROM && up_works_for_node())
		tell_large_for_node(e);
	/* SET_VARSIZE would wrap silently. */
	if (e->flat.len > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the aggregate state of %zu MB is too large to travel between processes",
						e->flat.len / (1024 * 1024)),
				 errdetail("PostgreSQL passes values of up to 1 GB."), errhint("%s", e->kind->too_large)));
	return e->flat.len + VARHDRSZ;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	UpExpanded *e = (UpExpanded *) header;

	Assert(e->flat.bytes != NULL && size == e->flat.len + VARHDRSZ);
	SET_VARSIZE(result, size);
	memcpy(VARDATA(result), e->flat.bytes, e->flat.len);
	up_free(e->flat.bytes);
	memset(&e->flat, 0, sizeof(e->flat));
}

static const ExpandedObjectMethods methods = {get_flat_size, flatten_into};

static void *
from_flat_in(Datum datum, MemoryContext context, const UpExpandedKind *kind)
{
	bytea *flat = DatumGetByteaPP(datum);
	MemoryContext outer = MemoryContextSwitchTo(context);
	UpExpanded *e = palloc0(kind->size);

	EOH_init_header(&e->header, &methods, context);
	e->kind = kind;
	kind->get(e, VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	MemoryContextSwitchTo(outer);
	return e;
}

static void *
from_flat(Datum datum, MemoryContext parent, const UpExpandedKind *kind)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "uprofile aggregate state", ALLOCSET_START_SMALL_SIZES);

	MemoryContextSetIdentifier(context, kind->name);
	return from_flat_in(datum, context, kind);
}

/* Where the states of all groups of an aggregate live; made where it is not there yet. */
static MemoryContext
context_of_states(MemoryContext aggregate)
{
	MemoryContext context = aggregate->firstchild;

	while (context != NULL && strcmp(context->name, STATES) != 0)
		context = context->nextchild;
	return context != NULL ? context : AllocSetContextCreate(aggregate, STATES, ALLOCSET_START_SMALL_SIZES);
}

/* The object behind a datum, if it is one of this kind. */
static UpExpanded *
object_of(Datum datum, const UpExpandedKind *kind)
{
	UpExpanded *e;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return NULL;
	e = (UpExpanded *) DatumGetEOHP(datum);
	return e->header.eoh_methods == &methods && e->kind == kind ? e : NULL;
}

void *
up_expanded_readable(Datum datum, const UpExpandedKind *kind)
{
	UpExpanded *e = object_of(datum, kind);

	return e != NULL ? e : from_flat(datum, CurrentMemoryContext, kind);
}

static Datum
flatten(UpExpanded *e)
{
	Size size = EOH_get_flat_size(&e->header);
	bytea *flat = palloc(size);

	EOH_flatten_into(&e->header, flat, size);
	return PointerGetDatum(flat);
}

/* A copy below the aggregate's memory: the flat form is it, rare and exact. */
static void *
copy(FunctionCallInfo fcinfo, Datum datum, const UpExpandedKind *kind)
{
	UpExpanded *e = object_of(datum, kind);
	MemoryContext aggregate;

	if (e != NULL)
		datum = flatten(e);
	/* Called by hand, without an aggregate, a state lives as long as the expression. */
	if (!AggCheckCallContext(fcinfo, &aggregate))
		return from_flat(datum, CurrentMemoryContext, kind);
	return from_flat_in(datum, context_of_states(aggregate), kind);
}

/* Takes the place of a state that has seen no row, in which it stays: the executor deletes states that are not returned again. */
static void
become(UpExpanded *e, Datum datum)
{
	const UpExpandedKind *kind = e->kind;
	UpExpanded *before = memcpy(palloc(kind->size), e, kind->size), *other = object_of(datum, kind);
	bytea *flat = DatumGetByteaPP(other != NULL ? flatten(other) : datum);
	MemoryContext outer = MemoryContextSwitchTo(e->header.eoh_context);

	memset((char *) e + sizeof(e->header), 0, kind->size - sizeof(e->header));
	e->kind = kind;
	kind->get(e, VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	MemoryContextSwitchTo(outer);
	kind->check(before, e);
	if (!e->begun)
		memcpy(e, before, kind->size);
}

void *
up_expanded_writable(FunctionCallInfo fcinfo, const UpExpandedKind *kind)
{
	Datum datum = PG_GETARG_DATUM(0);
	UpExpanded *e;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the aggregate state must not be NULL")));
	e = VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)) ? object_of(datum, kind) : NULL;
	return e != NULL ? e : copy(fcinfo, datum, kind);
}

/* own: other was made here, of flat bytes. */
static void
take_in(UpExpanded *e, UpExpanded *other, bool own)
{
	MemoryContext outer = MemoryContextSwitchTo(e->header.eoh_context);

	e->kind->check(e, other);
	if (other->begun && (!own || e->kind->adopt == NULL))
		e->kind->merge(e, other);
	else if (other->begun && e->kind->adopt(e, other))
		MemoryContextSetParent(other->header.eoh_context, e->header.eoh_context);
	MemoryContextSwitchTo(outer);
}

Datum
up_expanded_combine(FunctionCallInfo fcinfo, const UpExpandedKind *kind)
{
	UpExpanded *e, *other;
	Datum from;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	e = PG_ARGISNULL(0) ? NULL : up_expanded_writable(fcinfo, kind);
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(EOHPGetRWDatum(&e->header));
	from = PG_GETARG_DATUM(1);
	if (e == NULL || !e->begun)
	{
		if (e == NULL)
			e = copy(fcinfo, from, kind);
		else
			become(e, from);
		PG_RETURN_DATUM(EOHPGetRWDatum(&e->header));
	}
	other = object_of(from, kind);
	if (other != NULL && other->flat_is_small)
	{
		from = flatten(other);
		other = NULL;
	}
	if (other != NULL)
		take_in(e, other, false);
	else
		take_in(e, from_flat(from, CurrentMemoryContext, kind), true);
	PG_RETURN_DATUM(EOHPGetRWDatum(&e->header));
}

Jsonb *
up_expanded_params(FunctionCallInfo fcinfo, int argument)
{
	return PG_NARGS() > argument && !PG_ARGISNULL(argument) ? PG_GETARG_JSONB_P(argument) : NULL;
}

bool
up_expanded_has_params(const UpExpanded *e, const Jsonb *params)
{
	if (params != NULL && params == e->constant)
		return true;
	return params != NULL && e->raw_params != NULL && VARSIZE(params) == VARSIZE(e->raw_params) &&
		   memcmp(params, e->raw_params, VARSIZE(params)) == 0;
}

void
up_expanded_note_constant(UpExpanded *e, FunctionCallInfo fcinfo, int argument, const Jsonb *params)
{
	const Aggref *aggregate = AggGetAggref(fcinfo);

	e->constant = NULL;
	if (params != NULL && aggregate != NULL && list_length(aggregate->args) >= argument &&
		IsA(((TargetEntry *) list_nth(aggregate->args, argument - 1))->expr, Const))
		e->constant = params;
}

void
up_expanded_keep_params(UpExpanded *e, const Jsonb *params)
{
	e->raw_params = MemoryContextAlloc(e->header.eoh_context, VARSIZE(params));
	memcpy(e->raw_params, params, VARSIZE(params));
}
