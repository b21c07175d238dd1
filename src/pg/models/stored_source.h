/*
 * stored_source.h - the text of the source that a version was trained on, to be read again
 *
 * Who trained the version gave that text, and it runs as that role, whoever asks: the column trained_by is filled in by the server,
 * and a policy keeps others out of it. The caller must be a member of that role. A text that came in with uprofile_import_model is
 * another database's, and nobody here has ever run it: it is never run.
 */
#ifndef UPROFILE_STORED_SOURCE_H
#define UPROFILE_STORED_SOURCE_H

#include "postgres.h"

#include "pg/io/as_role.h"

typedef struct UpStoredSource
{
	const char *text;
	const char *path; /* its search_path */
	Oid role;         /* who gave it; InvalidOid: there is no such role */
	bool imported;    /* from another database, or an earlier version */
	char *why_not;    /* it cannot be run by the caller: why; else NULL */
} UpStoredSource;

/* By the id of the version. schema: of the extension, quoted. */
extern UpStoredSource up_stored_source(const char *schema, int64 id);
/* From here to up_as_role_end the source is read as its role. Fails where it cannot be. */
extern void up_stored_source_begin(UpAsRole *before, const UpStoredSource *s);

#endif
