/*
 * consent.h - who is part of a profile: users who have said yes
 */
#ifndef UPROFILE_CONSENT_H
#define UPROFILE_CONSENT_H

#include "access/tupdesc.h"

#include "pg/profiles/key_type.h"

/*
 * The rows of a query over the key's columns whose users consent, as the text says: relation.column, where the
 * relation has the key's columns, or a query of the key's columns and a boolean one. Consent is a row that is true, and none that
 * is anything else. Fails in words. After the key is resolved.
 */
extern const char *up_consent_query(const char *consent, const UpKey *key, TupleDesc columns,
									const char *query);
/* The condition that the user of a row, named by an alias and with key columns of these types, does not consent. */
extern char *up_consent_missing(const char *consent, const UpKey *key, const char *alias, const Oid *types);

#endif
