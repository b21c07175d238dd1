/*
 * held_out.h - the rows that a version of a model held out of its training
 *
 * With a key they are those whose hash of the key falls below the version's share, whatever other rows there are. Without one
 * only rows that the version lists are known to have been held out, value by value. Of a key the text is hashed: where it is written in
 * another way (1.00 for 1), nothing is known.
 */
#ifndef UPROFILE_HELD_OUT_H
#define UPROFILE_HELD_OUT_H

#include "fmgr.h"

#include "pg/io/rows.h"

typedef struct UpHeldOut
{
	int32 version;
	char *source;
	char *key;      /* or NULL */
	char *key_form; /* see key_columns.h; NULL: not known */
	double test_size;
	bytea *list;             /* without a key, or where the key does not decide; or NULL */
	const char *time_column; /* rows from cut on are held out, where a source has it; or NULL */
	double cut;
} UpHeldOut;

/* By the id of the version. */
extern UpHeldOut *up_held_out_load(const char *schema, int64 id);
/* Whether a source with these columns has the key of the version; *form: NULL, or that of a key that is there in another form. */
extern bool up_held_out_has_key(const UpHeldOut *h, TupleDesc columns, char **form);
/* In ereport: why rows of a key in that form are not known, and what helps. */
extern int up_held_out_other_form(const UpHeldOut *h, const char *form);
/* Whether the row with this hash was held out: of its key, where reader has one, else of its features. */
extern bool up_held_out_row(const UpHeldOut *h, const UpRowReader *reader, uint64_t hash);
/* Whether a list of hashes has one of them. The list is a row of the registry: anything may stand there. */
extern bool up_hash_listed(const bytea *list, uint64_t hash);

#endif
