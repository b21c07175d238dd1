/*
 * grants.h - rows of the registry that share models and profiles with other roles
 */
#ifndef UPROFILE_GRANTS_H
#define UPROFILE_GRANTS_H

#include "postgres.h"

/*
 * Of a model or a profile, the other name is NULL. The current role must own it, which the table's trigger and policies
 * look at as well; schema: of the extension, quoted.
 */
extern void up_grant_add(const char *schema, const char *model, const char *profile, const char *privilege,
						 Oid role);
/* True if there was something to take back. What roles that are gone had goes along. */
extern bool up_grant_remove(const char *schema, const char *model, const char *profile, Oid role);
/* After a thing got another owner: what is shared stays so. */
extern void up_grants_follow(const char *schema, const char *model, const char *profile);
/* The roles that a profile is shared with. */
extern List *up_grant_roles(const char *schema, const char *profile);

#endif
