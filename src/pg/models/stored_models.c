/*
 * stored_models.c - parsed models of bytea columns; see stored_models.h
 *
 * A forest takes longer to read than to ask, and a statement that predicts for one user would read it every time. Models are
 * recognized by the TOAST value that they are, and by their header, which holds the checksum of the rest: a number of TOAST values is
 * used again when the counter of oids has gone round, and so is a table's. What one role has read is not shown to another, who could
 * have made bytes of the same checksum.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/large_memory.h"
#include "pg/models/stored_models.h"

#define KEPT_MODELS 64
#define KEPT_BYTES  ((Size) 256 * 1024 * 1024) /* of memory */

typedef struct Key
{
	varatt_external pointer;
	Oid user_id;
	uint32 header_len; /* less than a header: no model, which is said when it is parsed */
	char header[UP_MODEL_HEADER_BYTES];
} Key;

typedef struct UpStoredOwn
{
	UpStoredModel model;
	Key key;
	Size memory;
	uint64 last_used;
	bool kept; /* else it goes with its last user */
	MemoryContext context;
} UpStoredOwn;

static struct
{
	int n;
	uint64 clock;
	Size memory;
	UpStoredOwn *models[KEPT_MODELS];
} kept;

static void
make_key(Key *key, struct varlena *v)
{
	struct varlena *header = detoast_attr_slice(v, 0, UP_MODEL_HEADER_BYTES);

	memset(key, 0, sizeof(*key));
	VARATT_EXTERNAL_GET_POINTER(key->pointer, v);
	key->user_id = GetUserId();
	key->header_len = (uint32) Min(VARSIZE_ANY_EXHDR(header), UP_MODEL_HEADER_BYTES);
	memcpy(key->header, VARDATA_ANY(header), key->header_len);
	pfree(header);
}

static void
drop_model(int i)
{
	UpStoredOwn *m = kept.models[i];

	kept.memory -= m->memory;
	kept.models[i] = kept.models[--kept.n];
	MemoryContextDelete(m->context);
}

/* Models grow in use: trees are opened and laid out when they are asked for. */
static void
measure_again(void)
{
	kept.memory = 0;
	for (int i = 0; i < kept.n; i++)
	{
		UpStoredOwn *m = kept.models[i];

		m->memory = MemoryContextMemAllocated(m->context, true) + up_large_files_of(m->context);
		kept.memory += m->memory;
	}
}

/* Models that nobody uses make room, the least recently used first; false: those in use take it all. */
static bool
evict(Size needed)
{
	measure_again();
	while (kept.n == KEPT_MODELS || kept.memory + needed > KEPT_BYTES)
	{
		int oldest = -1;

		for (int i = 0; i < kept.n; i++)
		{
			if (kept.models[i]->model.pins == 0 &&
				(oldest < 0 || kept.models[i]->last_used < kept.models[oldest]->last_used))
				oldest = i;
		}
		if (oldest < 0)
			return false;
		drop_model(oldest);
	}
	return true;
}

static UpStoredOwn *
parse(const Key *key, struct varlena *v)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile stored model", ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	bytea *bytes = (bytea *) detoast_attr(v);
	UpStoredOwn *m = palloc0(sizeof(UpStoredOwn));
	bool needed;

	m->model.bytes = VARSIZE_ANY(bytes);
	m->model.model = up_get_model_on(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), &needed);
	if (!needed)
		pfree(bytes);
	m->model.own = m;
	m->key = *key;
	m->context = context;
	MemoryContextSwitchTo(outer);
	m->memory = MemoryContextMemAllocated(context, true) + up_large_files_of(context);
	m->kept = evict(m->memory);
	if (m->kept)
	{
		MemoryContextSetParent(context, CacheMemoryContext);
		up_large_keep(context);
		kept.models[kept.n++] = m;
		kept.memory += m->memory;
	}
	return m;
}

UpStoredModel *
up_stored_model(struct varlena *v)
{
	UpStoredOwn *found = NULL;
	Key key;

	make_key(&key, v);
	for (int i = 0; found == NULL && i < kept.n; i++)
	{
		if (memcmp(&kept.models[i]->key, &key, sizeof(key)) == 0)
			found = kept.models[i];
	}
	if (found == NULL)
		found = parse(&key, v);
	found->last_used = ++kept.clock;
	return &found->model;
}

void
up_stored_model_pin(UpStoredModel *m)
{
	m->pins++;
	MemoryContextSetParent(m->own->context, CacheMemoryContext);
	up_large_keep(m->own->context);
}

void
up_stored_model_unpin(UpStoredModel *m)
{
	Assert(m->pins > 0);
	m->pins--;
	if (m->pins == 0 && !m->own->kept)
		MemoryContextDelete(m->own->context);
}
