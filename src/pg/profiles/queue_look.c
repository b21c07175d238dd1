/*
 * queue_look.c - what waits on a queue of changed keys, of which nothing is taken but one user; see queue.h
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/profiles/queue.h"
#include "pg/servers.h"

static void
count_entry(TupleTableSlot *slot, int n_parts, UpQueued *counts)
{
	TimestampTz at;

	slot_getallattrs(slot);
	if (!slot->tts_isnull[0])
	{
		ArrayType *keys = DatumGetArrayTypeP(slot->tts_values[0]);

		counts->n += ArrayGetNItems(ARR_NDIM(keys), ARR_DIMS(keys));
	}
	counts->all = counts->all || !slot->tts_isnull[n_parts + 1];
	at = slot->tts_isnull[n_parts] ? 0 : DatumGetTimestampTz(slot->tts_values[n_parts]);
	if (at != 0 && (counts->oldest == 0 || at < counts->oldest))
		counts->oldest = at;
}

void
up_queue_count(Relation queue, UpQueued *counts)
{
	TupleTableSlot *slot = table_slot_create(queue, NULL);
	TableScanDesc scan = up_table_scan(queue, GetActiveSnapshot());

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		count_entry(slot, up_queue_parts(queue), counts);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

/* ---- one user ------------------------------------------------------------------------------------------------- */

/* The keys of an entry, part by part; returns how many they are, 0 where it has none. */
static int
keys_of_entry(const UpQueueKeys *k, TupleTableSlot *slot, Datum **values)
{
	int n = 0;

	for (int i = 0; i < k->n_parts; i++)
	{
		int of_part;

		if (slot->tts_isnull[i])
			return 0;
		of_part = up_queue_keys_take(k, i, slot->tts_values[i], &values[i]);
		n = i == 0 ? of_part : Min(n, of_part);
	}
	return n;
}

/* Whether one of them is this one, as the types' equality has it. */
static bool
is_key(const UpQueueKeys *k, Datum *const *values, int at, const Datum *key)
{
	for (int part = 0; part < k->n_parts; part++)
	{
		if (up_queue_keys_compare(k, part, values[part][at], key[part]) != 0)
			return false;
	}
	return true;
}

static bool
holds_key(const UpQueueKeys *k, TupleTableSlot *slot, const Datum *key)
{
	Datum *values[UP_MAX_KEY];
	int n = keys_of_entry(k, slot, values);

	for (int i = 0; i < n; i++)
	{
		if (is_key(k, values, i, key))
			return true;
	}
	return false;
}

static void
find_in_entry(const UpQueueKeys *k, TupleTableSlot *slot, const Datum *key, MemoryContext entry,
			  UpQueuedUser *found)
{
	MemoryContext outer;
	TimestampTz at;
	bool his;

	slot_getallattrs(slot);
	at = slot->tts_isnull[k->n_parts] ? 0 : DatumGetTimestampTz(slot->tts_values[k->n_parts]);
	if (!slot->tts_isnull[k->n_parts + 1])
	{
		if (found->everybody == NULL || at < found->since)
		{
			found->everybody = TextDatumGetCString(slot->tts_values[k->n_parts + 1]);
			found->since = at;
		}
		return;
	}
	outer = MemoryContextSwitchTo(entry);
	his = key != NULL && holds_key(k, slot, key);
	MemoryContextSwitchTo(outer);
	MemoryContextReset(entry);
	found->others = found->others || !his;
	if (his && (found->changed == 0 || at < found->changed))
		found->changed = at;
}

void
up_queue_find(Relation queue, const Oid *collations, const Datum *key, UpQueuedUser *found)
{
	TupleTableSlot *slot = table_slot_create(queue, NULL);
	TableScanDesc scan = up_table_scan(queue, GetActiveSnapshot());
	MemoryContext entry = AllocSetContextCreate(CurrentMemoryContext, "uprofile queue", ALLOCSET_SMALL_SIZES);
	UpQueueKeys k;

	up_queue_keys_init(&k, queue, collations);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		find_in_entry(&k, slot, key, entry, found);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(entry);
}

/* ---- one user taken out ------------------------------------------------------------------------------------------ */

/* The entry without the key, or NULL where it has it not; *found counts, *left is how many keys are left. */
static HeapTuple
without_key(const UpQueueKeys *k, TupleTableSlot *slot, const Datum *key, int64 *found, int *left)
{
	Datum *values[UP_MAX_KEY], row[UP_MAX_KEY + 2] = {0};
	int n = keys_of_entry(k, slot, values);

	*left = 0;
	for (int i = 0; i < n; i++)
	{
		if (is_key(k, values, i, key))
			continue;
		for (int part = 0; part < k->n_parts; part++)
			values[part][*left] = values[part][i];
		(*left)++;
	}
	if (*left == n)
		return NULL;
	*found += n - *left;
	for (int part = 0; part < k->n_parts; part++)
		row[part] = up_queue_keys_array(k, part, values[part], *left);
	for (int i = k->n_parts; i < k->n_parts + 2; i++)
		row[i] = slot->tts_values[i];
	return heap_form_tuple(slot->tts_tupleDescriptor, row, slot->tts_isnull);
}

int64
up_queue_forget(Relation queue, const Oid *collations, const Datum *key)
{
	const char *problem = up_queue_problem(queue);
	Snapshot snapshot;
	TupleTableSlot *slot;
	TableScanDesc scan;
	int64 found = 0;
	UpQueueKeys k;

	if (problem != NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" %s", RelationGetRelationName(queue), problem)));
	up_queue_keys_init(&k, queue, collations);
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	slot = table_slot_create(queue, NULL);
	scan = up_table_scan(queue, snapshot);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		HeapTuple rest;
		int left;

		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		rest = without_key(&k, slot, key, &found, &left);
		if (rest == NULL)
			continue;
		/* Refreshes, which take entries, wait for the lock on the definition. */
		if (up_tuple_delete(queue, slot, snapshot, true) != TM_Ok)
			ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
							errmsg("could not take a user out of the queue due to a concurrent change")));
		if (left > 0)
			heap_insert(queue, rest, GetCurrentCommandId(true), 0, NULL);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	CommandCounterIncrement();
	return found;
}
