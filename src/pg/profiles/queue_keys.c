/*
 * queue_keys.c - the keys in the entries of a queue; see queue_keys.h
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/profiles/queue_keys.h"

int
up_queue_parts(Relation queue)
{
	return RelationGetDescr(queue)->natts - 2;
}

Oid
up_queue_type(Relation queue, int part)
{
	return get_element_type(TupleDescAttr(RelationGetDescr(queue), part)->atttypid);
}

void
up_queue_keys_init(UpQueueKeys *k, Relation queue, const Oid *collations)
{
	k->n_parts = up_queue_parts(queue);
	for (int i = 0; i < k->n_parts; i++)
	{
		k->types[i] = up_queue_type(queue, i);
		k->collations[i] = collations[i];
		get_typlenbyvalalign(k->types[i], &k->lens[i], &k->byvals[i], &k->aligns[i]);
		fmgr_info(lookup_type_cache(k->types[i], TYPECACHE_CMP_PROC)->cmp_proc, &k->compare[i]);
	}
}

int
up_queue_keys_take(const UpQueueKeys *k, int part, Datum array, Datum **values)
{
	int n;

	deconstruct_array(DatumGetArrayTypeP(array), k->types[part], k->lens[part], k->byvals[part],
					  k->aligns[part], values, NULL, &n);
	return n;
}

Datum
up_queue_keys_array(const UpQueueKeys *k, int part, Datum *values, int n)
{
	return PointerGetDatum(
		construct_array(values, n, k->types[part], k->lens[part], k->byvals[part], k->aligns[part]));
}

int
up_queue_keys_compare(const UpQueueKeys *k, int part, Datum a, Datum b)
{
	return DatumGetInt32(
		FunctionCall2Coll(unconstify(FmgrInfo *, &k->compare[part]), k->collations[part], a, b));
}
