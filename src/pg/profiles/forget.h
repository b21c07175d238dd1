/*
 * forget.h - the state of one uprofile_forget
 */
#ifndef UPROFILE_FORGET_H
#define UPROFILE_FORGET_H

#include "nodes/pg_list.h"

#include "base/value.h"
#include "pg/io/srf.h"
#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"

typedef struct UpForget
{
	UpProfile *p;
	Oid caller, owner;
	UpKey key; /* as the profile's table has it */
	Datum values[UP_MAX_KEY];
	List *stored, *shown; /* texts by which tables, and messages, name him */
	UpSrf *srf;
	UpValue *receipt;
	List *dirty; /* tables that have dead rows of his */
} UpForget;

/* A row of the receipt. rows: below 0 is none; note: or NULL. */
extern void up_forget_tell(UpForget *f, const char *what, const char *place, int64 rows, const char *note);
/* Who still holds him: the tables that the source reads and those that are watched, asked one by one, as the profile's owner. */
extern void up_forget_look(UpForget *f);

#endif
