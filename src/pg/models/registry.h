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
/* The bytes of a version, in the current memory. */
extern bytea *up_registry_bytes(const char *schema, int64 id);
/* Registers the name, for the current role, if it is new; fails if another role has it. */
extern void up_registry_claim(const char *schema, const char *name);
/* Deploys a version and notes it in the history. */
extern void up_registry_deploy(const char *schema, const char *name, int64 id);

#endif
