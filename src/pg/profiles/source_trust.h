/*
 * source_trust.h - whether another's stored source may run with one's own rights
 */
#ifndef UPROFILE_SOURCE_TRUST_H
#define UPROFILE_SOURCE_TRUST_H

#include "nodes/parsenodes.h"

/*
 * Fails if a (rewritten) query calls a function, or checks a domain, of a role that has not all rights of the current one: it would run
 * with them. what: "the source of model \"m\"".
 */
extern void up_source_check_trust(Query *query, const char *what);

#endif
