/*
 * owner.h - whom a registered model or a profile belongs to
 */
#ifndef UPROFILE_OWNER_H
#define UPROFILE_OWNER_H

#include "pg/io/query.h"

/* SQL text: whether the row of this alias has an owner in this installation. schema: of the extension, quoted. */
extern char *up_owner_known(const char *schema, const char *alias);
/* The owner in a row that was read with the columns owner_oid and owner_known; InvalidOid if the role is gone. */
extern Oid up_owner_get(const UpRows *r, uint64 row);
/* A role by its name, to which the caller may give things; otherwise an error. */
extern Oid up_owner_new(const char *role);

/* What stands behind LATERAL for the names (k) of the models of a profile d: those of the definition and the recommender of its offers. */
#define UP_MODELS_OF_PROFILE                                                                                   \
	"(SELECT jsonb_object_keys(d.models) UNION ALL SELECT 'offers' WHERE d.offers IS NOT NULL) m (k) "

#endif
