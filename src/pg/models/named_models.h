/*
 * named_models.h - parsed models of the registry, kept by the backend
 *
 * A name is looked up once a snapshot; parsed versions are immutable and stay in a bounded cache.
 */
#ifndef UPROFILE_NAMED_MODELS_H
#define UPROFILE_NAMED_MODELS_H

#include "pg/models/model_cache.h"

/* A model by its name, which the caller must be allowed to read. */
extern UpModelUse *up_model_use_named(FunctionCallInfo fcinfo, int argument);
/* The same, also if it is shared with the caller for use: for functions that give away what it says, and not what it is. */
extern UpModelUse *up_model_use_shared(FunctionCallInfo fcinfo, int argument);
/* What they gave last, where they would give it again without a look-up; else NULL. */
extern UpModelUse *up_model_use_recent_named(FunctionCallInfo fcinfo, int argument);

/* A version that the caller may read, parsed; it stays until the next call of this or another function here. */
extern const UpModel *up_named_version(const char *schema, int64 id);

/*
 * The model that scores the user of this row: where the version has folds and was trained on him, one that has not seen him. A row without
 * the columns of the key is nobody's.
 */
extern UpModelUse *up_model_use_of_user(UpModelUse *use, HeapTupleHeader row);

#endif
