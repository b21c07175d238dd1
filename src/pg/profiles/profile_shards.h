/*
 * profile_shards.h - a profile's table whose rows lie on other nodes: read here where they are compared, written there
 */
#ifndef UPROFILE_PROFILE_SHARDS_H
#define UPROFILE_PROFILE_SHARDS_H

#include "utils/timestamp.h"

#include "pg/profiles/profile_rows.h"

/*
 * What stands after FROM for the table in statements that compare rows with it: its name. Where its rows lie on other nodes, it is that
 * of a copy of them, of everybody or of the users of keys, with those of these columns that it has; offered beside other rows until
 * it is let go or the next one is made.
 */
extern const char *up_shards_there(const UpProfile *p, const UpProfileTable *table, TupleDesc columns,
								   const UpKeys *keys);
extern void up_shards_let_go(void);
/* The column by which the rows of the table are spread, or NULL. It cannot be changed. */
extern const char *up_shards_column(const UpProfileTable *table);
/* Writes rows that are there (update) or not yet; returns how many. */
extern int64 up_shards_write(const UpProfile *p, const UpFreshRows *rows, TimestampTz at, bool update);
/* Deletes the rows of these users. */
extern int64 up_shards_delete(const UpProfile *p, const UpProfileTable *table, const UpKeyRows *gone);

#endif
