/*
 * written.c - what core wrote, as a value; see written.h
 */
#include "postgres.h"

#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "base/platform.h"
#include "pg/io/written.h"

bytea *
up_written(UpWriter *w, const char *what, const char *hint)
{
	bytea *value;

	if (w->len > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s of %zu MB is larger than a value can be", what, w->len / (1024 * 1024)),
				 errdetail("PostgreSQL's values hold up to 1 GB."), hint != NULL ? errhint("%s", hint) : 0));
	value = palloc(w->len + VARHDRSZ);
	SET_VARSIZE(value, w->len + VARHDRSZ);
	memcpy(VARDATA(value), w->bytes, w->len);
	up_free(w->bytes);
	return value;
}
