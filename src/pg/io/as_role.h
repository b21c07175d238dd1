/*
 * as_role.h - running stored text as the role that it belongs to
 */
#ifndef UPROFILE_AS_ROLE_H
#define UPROFILE_AS_ROLE_H

#include "postgres.h"

typedef struct UpAsRole
{
	Oid user;
	Oid role;
	int security;
	int settings;
	uint64 temporary_types;
} UpAsRole;

/*
 * From here to the end what runs has the rights of this role alone, as in REFRESH MATERIALIZED VIEW: in a
 * security-restricted operation, under this search_path with pg_temp last, and what it sets with SET is undone at the
 * end. A type that it leaves in the session's temporary schema is an error there. An error in between needs no end: the
 * subtransaction's abort restores all of it.
 */
extern void up_as_role_begin(UpAsRole *before, Oid role, const char *search_path);
extern void up_as_role_end(const UpAsRole *before);

/* A search_path as it is used for stored text: temporary objects are looked up last. */
extern char *up_stored_path(const char *search_path);

#endif
