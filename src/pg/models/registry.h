/*
 * registry.h - named models: versions, which of them is deployed, and the rows that say so
 */
#ifndef UPROFILE_REGISTRY_H
#define UPROFILE_REGISTRY_H

#include "fmgr.h"

#include "learn/model.h"

/* The extension's schema, quoted, from one of its functions. */
extern const char *up_schema_of_function(Oid function);

/* The id of a model's deployed version, as the caller may see it; fails with the nearest name as a hint. */
extern int64 up_registry_deployed(const char *schema, const char *name);
/* The same, or of a model that is shared with the caller for use. */
extern int64 up_registry_usable(const char *schema, const char *name, bool *shared);
/* The id of a version of a model, by its number. */
extern int64 up_registry_version(const char *schema, const char *name, int32 version);
/* Fails where the caller may not read a model of this name, with the nearest as a hint. */
extern void up_registry_find(const char *schema, const char *name);
/* The bytes of a version, in the current memory. */
extern bytea *up_registry_bytes(const char *schema, int64 id);
/* Both as of now, for who holds the model's lock: a version may have been stored while it was waited for. */
extern int64 up_registry_deployed_now(const char *schema, const char *name);
extern bytea *up_registry_bytes_now(const char *schema, int64 id);
/* Fails where users may not give a model this name: a dot is for the models of profiles, profile.model. */
extern void up_registry_check_name(const char *name);
/* The same; false if any role has it already, seen by the caller or not. */
extern bool up_registry_add_name(const char *schema, const char *name);
/* Registers the name, for the current role, if it is new; fails if another role has it. */
extern void up_registry_claim(const char *schema, const char *name);
/* Locks the model against changes by others; fails if the caller may not use it. */
extern void up_registry_lock(const char *schema, const char *name);
/* The number of a new version; a number is given once, whatever is dropped. */
extern int32 up_registry_next_version(const char *schema, const char *name);
/* A version that is to be stored; pointers may be NULL from target to key_form, and for note and holdout. */
typedef struct UpNewVersion
{
	const char *name;
	int32 version;
	const char *algorithm, *task, *source, *target, *key, *key_form;
	const UpValue *params, *metrics;
	double test_size;
	int64 rows_trained, rows_tested;
	int32 n_features;
	const char *note;
	bytea *bytes, *holdout;
	double seconds; /* of the training; NaN: it was trained elsewhere */
} UpNewVersion;

/* Returns its id. */
extern int64 up_registry_store(const char *schema, const UpNewVersion *v);
/* Deploys a version and notes it in the history; fails where the model is pinned. */
extern void up_registry_deploy(const char *schema, const char *name, int64 id);
/* The number of the version that the model is pinned to; 0: it is not. */
extern int32 up_registry_pinned(const char *schema, const char *name);
extern void up_registry_check_unpinned(const char *schema, const char *name);
/* Locks the model; the number of its deployed version, 0: there is none. */
extern int32 up_registry_lock_deployed(const char *schema, const char *name);
/* The id of a version of a model that is locked; fails where it cannot be read: what is deployed must be of use. */
extern int64 up_registry_deployable(const char *schema, const char *name, int32 version);
extern void up_registry_return_deployment(FunctionCallInfo fcinfo, const char *name, int32 version,
										  int32 previous);

#endif
