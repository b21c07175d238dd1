/*
 * model_key.h - what a bytea model is recognized by without being read: a stored one by its TOAST value, another by its content
 * (header with checksum, length and ends when it is long)
 */
#ifndef UPROFILE_MODEL_KEY_H
#define UPROFILE_MODEL_KEY_H

#include "access/detoast.h"

typedef struct UpModelKey
{
	bool stored;
	varatt_external pointer; /* stored */
	Size size;               /* as passed, not stored */
	char *bytes;             /* the whole of it, or both ends */
} UpModelKey;

/* v is stored on disk, or plain; allocates in the current memory. */
extern void up_model_key_set(UpModelKey *key, struct varlena *v);
extern bool up_model_key_matches(const UpModelKey *key, struct varlena *v);

#endif
