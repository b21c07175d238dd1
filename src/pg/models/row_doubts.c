/*
 * row_doubts.c - what is told of the rows of a training, or of folds; see row_doubts.h
 */
#include "postgres.h"

#include "pg/io/texts.h"
#include "pg/models/row_doubts.h"

/* NULL: there is none. */
static char *
repeated_keys(const UpSourceFrame *read)
{
	if (read->n_repeated == 0)
		return NULL;
	return psprintf("key %s is not unique: it comes again in %zu of %zu rows", read->key_title,
					read->n_repeated, read->n_rows);
}

/* The same. It matters where rows are held out. */
static char *
without_key(const UpSourceFrame *read)
{
	if (read->n_keyless == 0 || read->n_held_out == 0)
		return NULL;
	return psprintf("key %s is NULL in %zu of %zu rows", read->key_title, read->n_keyless, read->n_rows);
}

static size_t
held_out_without_key(const UpSourceFrame *read)
{
	size_t n = 0;

	for (size_t i = 0; i < read->n_held_out; i++)
		n += read->test_hashes[i] == UINT64_MAX;
	return n;
}

static char *
few_tested(size_t tested)
{
	if (tested == 0 || tested >= UP_FEW_TESTED)
		return NULL;
	return psprintf("figures of %zu test row%s say little", tested, tested == 1 ? "" : "s");
}

void
up_row_doubts_say(const UpSourceFrame *read, const char *together, size_t tested)
{
	char *repeated = together != NULL ? repeated_keys(read) : NULL, *few = few_tested(tested),
		 *keyless = without_key(read);

	if (repeated != NULL)
		ereport(NOTICE, (errmsg("%s", repeated), errdetail("Rows with the same key are %s.", together)));
	if (keyless != NULL)
		ereport(
			NOTICE,
			(errmsg("%s", keyless),
			 errdetail("%zu of them are held out, each by itself: the version's metrics are of these too, and "
					   "rows => 'held_out' does not know them again.",
					   held_out_without_key(read)),
			 errhint("Leave them out of the source, or name a key that all rows have.")));
	if (few != NULL)
		ereport(NOTICE,
				(errmsg("%s", few), errdetail("A single row is %.0f %% of them.", 100.0 / (double) tested),
				 read->n_held_out > 0 ? errhint("Have %d or more: by test_size, or by uprofile_cross_validate, "
												"which tests on every row once.",
												UP_FEW_TESTED)
									  : errhint("Have %d rows or more.", UP_FEW_TESTED)));
}

char *
up_row_doubts_note(const UpSourceFrame *read, bool keys, size_t tested, char *note)
{
	if (keys)
		note = up_notes_joined(repeated_keys(read), note);
	note = up_notes_joined(without_key(read), note);
	return up_notes_joined(few_tested(tested), note);
}
