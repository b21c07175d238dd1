/*
 * model_key.c - recognizes bytea models; see model_key.h
 */
#include "postgres.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/models/model_key.h"

#define COMPARE_WHOLE                                                                                          \
	512 /* bytes: longer ones are compared by their checksum, which the first 64 hold, for every row */
#define COMPARE_ENDS 64

bool
up_model_key_matches(const UpModelKey *key, struct varlena *v)
{
	Size size;
	const char *bytes = (const char *) v;

	if (VARATT_IS_EXTERNAL_ONDISK(v))
	{
		varatt_external pointer;

		if (!key->stored)
			return false;
		VARATT_EXTERNAL_GET_POINTER(pointer, v);
		return memcmp(&pointer, &key->pointer, sizeof(pointer)) == 0;
	}
	size = VARSIZE_ANY(v);
	if (key->stored || size != key->size)
		return false;
	if (size <= COMPARE_WHOLE)
		return memcmp(bytes, key->bytes, size) == 0;
	return memcmp(bytes, key->bytes, COMPARE_ENDS) == 0 &&
		   memcmp(bytes + size - COMPARE_ENDS, key->bytes + COMPARE_ENDS, COMPARE_ENDS) == 0;
}

void
up_model_key_set(UpModelKey *key, struct varlena *v)
{
	const char *bytes = (const char *) v;

	memset(key, 0, sizeof(UpModelKey));
	if (VARATT_IS_EXTERNAL_ONDISK(v))
	{
		key->stored = true;
		VARATT_EXTERNAL_GET_POINTER(key->pointer, v);
		return;
	}
	key->size = VARSIZE_ANY(v);
	if (key->size <= COMPARE_WHOLE)
	{
		key->bytes = palloc(key->size);
		memcpy(key->bytes, bytes, key->size);
		return;
	}
	key->bytes = palloc(2 * COMPARE_ENDS);
	memcpy(key->bytes, bytes, COMPARE_ENDS);
	memcpy(key->bytes + COMPARE_ENDS, bytes + key->size - COMPARE_ENDS, COMPARE_ENDS);
}
