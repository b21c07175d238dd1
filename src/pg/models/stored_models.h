/*
 * stored_models.h - parsed models of bytea columns, kept by the backend from one statement to the next
 */
#ifndef UPROFILE_STORED_MODELS_H
#define UPROFILE_STORED_MODELS_H

#include "learn/model.h"

typedef struct UpStoredModel
{
	const UpModel *model;
	Size bytes; /* as it is stored, not compressed */
	uint64 pins;
	struct UpStoredOwn *own;
} UpStoredModel;

/*
 * Of a value that is stored out of line (VARATT_IS_EXTERNAL_ONDISK); parsed where it is not kept. It may go with the current memory
 * or the next call of this function unless it is pinned.
 */
extern UpStoredModel *up_stored_model(struct varlena *v);
extern void up_stored_model_pin(UpStoredModel *m);
extern void up_stored_model_unpin(UpStoredModel *m);

#endif
