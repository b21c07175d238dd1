/*
 * progress.h - what long calls tell other sessions of how far they are
 *
 * Where it is told. A dynamic shared memory segment has a place for each backend, which that backend alone writes; a few bytes of the
 * server's main shared memory (shared_struct.h) name the segment, which is made by whoever is first to work or to look.
 * The server takes it away as it stops, and empties it when a backend is killed, since it starts again then. A place also says whose it
 * is and in which database, and counts only while the process is there. Where there is no shared memory left nothing is told.
 */
#ifndef UPROFILE_PROGRESS_H
#define UPROFILE_PROGRESS_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

typedef struct UpCall UpCall;

/*
 * From here to up_call_end, or until the current memory goes (an error needs no end), this session is in a call. A call within a call
 * is part of it: then, and where nothing can be told, the result is NULL, which up_call_end takes. object: what it works on, or NULL.
 */
extern UpCall *up_call_begin(const char *call, const char *object);
/* The same of a function that is being called, and its first argument that is text. */
extern UpCall *up_call_begin_function(FunctionCallInfo fcinfo);
extern void up_call_end(UpCall *call);
/* up_progress (total 0: unknown) and up_stage tell this here. */
extern void up_call_note(const char *phase, uint64 done, uint64 total, TimestampTz now);
extern void up_call_stage(const char *phase, uint64 done, uint64 total, TimestampTz now);

/*
 * Which part of a call is being done, from and to, of 0 … 1: what phases and stages tell is a share of that part. Without any, of the
 * phase. Parts lie in the part that is there where they begin: keep that, give it as within, and set it again (0, 1) at the end.
 */
typedef struct UpCallPart
{
	double from, to;
} UpCallPart;
extern UpCallPart up_call_part(void);
extern void up_call_set_part(UpCallPart within, double from, double to);

typedef struct UpCallSeen
{
	int pid;
	Oid role;
	char call[NAMEDATALEN];
	char object[200];
	char phase[160];
	double share; /* of the call, where its parts are known, else of the phase; NaN: unknown */
	TimestampTz started;
	double seconds_left; /* NaN: unknown */
} UpCallSeen;

/* Calls of this database by roles that the current one is a member of; *n of them, in the current memory. */
extern UpCallSeen *up_calls_seen(int *n);

#endif
