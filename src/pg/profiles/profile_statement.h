/*
 * profile_statement.h - the statement by which a refresh reads the source: its rows, with what models predict of them, and what it costs
 */
#ifndef UPROFILE_PROFILE_STATEMENT_H
#define UPROFILE_PROFILE_STATEMENT_H

#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"

/*
 * Of everybody (keys NULL), or of keys, one by one or as a set; its parameters are those of up_keys_arguments. computed: with predictions
 * and offers; else the columns of the source alone.
 */
extern char *up_profile_statement(const UpProfile *p, const UpKeys *keys, bool one_by_one, bool computed);
/* What the planner expects to read the source costs, in its own units: of everybody, or of keys, one by one or as a set. */
extern double up_profile_cost(const UpProfile *p, const UpKeys *keys, bool one_by_one);

/* Whether keys are read one by one: the cheaper way, as the planner sees it. */
extern bool up_profile_one_by_one(const UpProfile *p, const UpKeys *keys);

#endif
