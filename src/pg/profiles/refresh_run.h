/*
 * refresh_run.h - one refresh of a profile: what it did, told to people and kept among the runs
 */
#ifndef UPROFILE_REFRESH_RUN_H
#define UPROFILE_REFRESH_RUN_H

#include "utils/array.h"
#include "utils/timestamp.h"

#include "pg/profiles/profile_train.h"
#include "pg/profiles/profile_write.h"

#define UP_RUN_SUCCEEDED "succeeded"
#define UP_RUN_FAILED    "failed"
#define UP_RUN_BUSY      "busy"

typedef struct UpRun
{
	TimestampTz started;
	TimestampTz finished;
	Oid caller;
	Oid owner;
	int64 users;
	int64 remaining; /* keys that still wait */
	List *failures;  /* of UpFailure */
	bool keyless;    /* rows of the source have no key */
	UpWritten written;
	List *steps;        /* of UpModelStep */
	List *drift;        /* see drift_log.h */
	const char *mode;   /* full, keys or none */
	const char *reason; /* of the mode, or NULL */
	const char *status;
	const char *sqlstate; /* of a failure */
	const char *message;  /* of a failure, or of models that cannot be used */
} UpRun;

/*
 * Says who failed, and which models cannot be used, or only as they were, in the run's message and, where one was tried just now, as
 * a warning.
 */
extern void up_run_tell(const UpProfile *p, UpRun *run);
/* The names of the models of which there are new versions. */
extern ArrayType *up_run_trained(const UpRun *run);
/* Its row, those of its steps and of its drift. As the owner: the registry's tables belong to somebody as well. */
extern void up_run_log(const UpProfile *p, const UpRun *run);

#endif
