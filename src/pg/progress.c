/*
 * progress.c - what long calls tell other sessions of how far they are; see progress.h
 *
 * A place is written as the server writes its own (pgstat's changecount): the count is odd while it changes, and a reader takes what it has
 * copied only where the count was even and stayed the same. Cost of a note: a hundred nanoseconds, at most ten times a second.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/progress.h"
#include "pg/shared_struct.h"

#include <math.h>

#define ANCHOR                                                                                                 \
	"uprofile progress 2" /* with another number wherever Place changes: sessions may have an older library */
#define BETWEEN_NOTES 100 /* ms */
#define MOST_TRIES    1000

#if PG_VERSION_NUM >= 170000
#define MY_PLACE MyProcNumber
#define N_PLACES (MaxBackends)
#else
#define MY_PLACE (MyBackendId - 1)
#define N_PLACES (MaxBackends)
#endif

typedef struct Place
{
	uint32 changes;
	int pid; /* 0: no call */
	Oid role;
	Oid database;
	TimestampTz started;
	TimestampTz phase_started;
	double from, to;    /* the part of the call that is being done */
	bool has_parts;     /* the call has said so */
	uint64 done, total; /* of the phase within it; total 0: unknown */
	char call[NAMEDATALEN];
	char object[200];
	char phase[160];
} Place;

typedef struct Anchor
{
	dsm_handle segment;
} Anchor;

struct UpCall
{
	MemoryContext context;
	MemoryContextCallback gone;
};

static Place *places;
static bool unavailable;

/* Of this session. */
static struct
{
	UpCall *call; /* the outermost, or NULL */
	Place *place;
	const char *phase; /* the last that was noted */
	const char *stage; /* or NULL */
	UpCallPart around; /* the part that the stage lies in */
	TimestampTz noted;
} mine;

/* ---- the segment ---- */

static void
find_segment(void)
{
	bool found;
	Anchor *anchor;
	dsm_segment *segment = NULL;
	Size size = mul_size(sizeof(Place), (Size) N_PLACES);

	anchor = ShmemInitStruct(ANCHOR, sizeof(Anchor), &found);
	if (!found)
		anchor->segment = DSM_HANDLE_INVALID;
	if (anchor->segment != DSM_HANDLE_INVALID)
		segment = dsm_attach(anchor->segment);
	else
	{
		segment = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
		if (segment != NULL)
		{
			memset(dsm_segment_address(segment), 0, size);
			dsm_pin_segment(segment);
			anchor->segment = dsm_segment_handle(segment);
		}
	}
	if (segment != NULL)
	{
		dsm_pin_mapping(segment);
		places = dsm_segment_address(segment);
	}
}

/* That there is no memory to tell of work is no reason not to do it. */
static bool
have_places(void)
{
	if (places != NULL || unavailable)
		return places != NULL;
	if (!IsUnderPostmaster)
		return false;
	up_find_shared(find_segment);
	unavailable = places == NULL;
	return places != NULL;
}

/* ---- writing ---- */

static void
change_begin(Place *p)
{
	START_CRIT_SECTION();
	p->changes++;
	pg_write_barrier();
}

static void
change_end(Place *p)
{
	pg_write_barrier();
	p->changes++;
	END_CRIT_SECTION();
}

static void
leave_place(void)
{
	if (mine.place != NULL)
	{
		change_begin(mine.place);
		mine.place->pid = 0;
		change_end(mine.place);
	}
	memset(&mine, 0, sizeof(mine));
}

static void
call_is_gone(void *call)
{
	if (mine.call == call)
		leave_place();
}

static void
session_ends(int code, Datum unused)
{
	leave_place();
}

/* One line, cut between two characters. */
static void
put_text(char *to, Size size, const char *from)
{
	Size len = strlen(from);

	if (len >= size)
		len = (Size) pg_mbcliplen(from, (int) Min(len, (Size) PG_INT32_MAX), (int) size - 1);
	memcpy(to, from, len);
	to[len] = '\0';
	for (char *c = to; *c != '\0'; c++)
		*c = (unsigned char) *c < ' ' ? ' ' : *c;
}

UpCall *
up_call_begin(const char *call, const char *object)
{
	static bool at_exit = false;
	char name[NAMEDATALEN], what[sizeof(places->object)];
	MemoryContext context;
	Place *p;

	if (mine.call != NULL || IsParallelWorker() || !have_places() || MY_PLACE < 0 || MY_PLACE >= N_PLACES)
		return NULL;
	if (!at_exit)
	{
		before_shmem_exit(session_ends, (Datum) 0);
		at_exit = true;
	}
	put_text(name, sizeof(name), call);
	put_text(what, sizeof(what), object != NULL ? object : "");
	context = AllocSetContextCreate(CurrentMemoryContext, "uprofile call", ALLOCSET_SMALL_SIZES);
	mine.call = MemoryContextAllocZero(context, sizeof(UpCall));
	mine.call->context = context;
	mine.call->gone.func = call_is_gone;
	mine.call->gone.arg = mine.call;
	MemoryContextRegisterResetCallback(context, &mine.call->gone);
	mine.place = p = &places[MY_PLACE];
	change_begin(p);
	p->pid = MyProcPid;
	p->role = GetUserId();
	p->database = MyDatabaseId;
	p->started = p->phase_started = GetCurrentTimestamp();
	p->done = p->total = 0;
	p->from = 0;
	p->to = 1;
	p->has_parts = false;
	memcpy(p->call, name, sizeof(name));
	memcpy(p->object, what, sizeof(what));
	strlcpy(p->phase, "starting", sizeof(p->phase));
	change_end(p);
	return mine.call;
}

UpCall *
up_call_begin_function(FunctionCallInfo fcinfo)
{
	Oid *types;
	int n;
	char *name;

	if (mine.call != NULL || fcinfo->flinfo == NULL)
		return NULL;
	name = get_func_name(fcinfo->flinfo->fn_oid);
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &n);
	for (int i = 0; name != NULL && i < Min(n, Min(PG_NARGS(), 2)); i++)
	{
		if (types[i] == TEXTOID && !PG_ARGISNULL(i))
			return up_call_begin(name, text_to_cstring(PG_GETARG_TEXT_PP(i)));
	}
	return name != NULL ? up_call_begin(name, NULL) : NULL;
}

void
up_call_end(UpCall *call)
{
	if (call != NULL && call == mine.call)
		MemoryContextDelete(call->context);
}

void
up_call_note(const char *phase, uint64 done, uint64 total, TimestampTz now)
{
	Place *p = mine.place;
	bool other = phase != mine.phase && (mine.phase == NULL || strcmp(phase, mine.phase) != 0);
	char text[sizeof(p->phase)];

	if (p == NULL || (!other && !TimestampDifferenceExceeds(mine.noted, now, BETWEEN_NOTES)))
		return;
	mine.noted = now;
	mine.phase = phase;
	snprintf(text, sizeof(text), "%s%s%s", mine.stage != NULL ? mine.stage : "", mine.stage != NULL ? ": " : "",
			 phase);
	change_begin(p);
	if (other)
		memcpy(p->phase, text, sizeof(text));
	p->done = done;
	p->total = total;
	p->phase_started = other ? now : p->phase_started;
	change_end(p);
}

UpCallPart
up_call_part(void)
{
	return mine.place != NULL ? (UpCallPart){mine.place->from, mine.place->to} : (UpCallPart){0, 1};
}

void
up_call_set_part(UpCallPart within, double from, double to)
{
	Place *p = mine.place;

	if (p == NULL)
		return;
	change_begin(p);
	p->from = within.from + (within.to - within.from) * from;
	p->to = within.from + (within.to - within.from) * to;
	p->has_parts = true;
	p->done = p->total = 0;
	change_end(p);
}

void
up_call_stage(const char *phase, uint64 done, uint64 total, TimestampTz now)
{
	Place *p = mine.place;

	mine.phase = NULL;
	if (p == NULL)
		return;
	if (mine.stage == NULL && phase != NULL)
		mine.around = up_call_part();
	if (phase != NULL)
	{
		change_begin(p);
		strlcpy(p->phase, phase, sizeof(p->phase));
		p->phase_started = now;
		change_end(p);
		/* Each of them is a part of the stage. */
		if (total > 0)
			up_call_set_part(mine.around, Min((double) done / (double) total, 1),
							 Min(((double) done + 1) / (double) total, 1));
	}
	else if (mine.stage != NULL)
		up_call_set_part(mine.around, 1, 1);
	mine.stage = phase;
}

/* ---- reading ---- */

/* A copy that no change went through; false where there is no call. */
static bool
copy_place(const volatile Place *from, Place *to)
{
	for (int i = 0; i < MOST_TRIES; i++)
	{
		uint32 before = from->changes;

		pg_read_barrier();
		memcpy(to, unvolatize(const Place *, from), sizeof(*to));
		pg_read_barrier();
		if ((before & 1) == 0 && from->changes == before)
			return to->pid != 0;
		CHECK_FOR_INTERRUPTS();
	}
	return false;
}

static bool
is_to_be_seen(const Place *p)
{
	return p->database == MyDatabaseId && BackendPidGetProc(p->pid) != NULL &&
		   (has_privs_of_role(GetUserId(), p->role) || has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS));
}

UpCallSeen *
up_calls_seen(int *n)
{
	UpCallSeen *seen;
	TimestampTz now = GetCurrentTimestamp();

	*n = 0;
	if (!have_places())
		return NULL;
	seen = palloc(sizeof(UpCallSeen) * (Size) N_PLACES);
	for (int i = 0; i < N_PLACES; i++)
	{
		UpCallSeen *s = &seen[*n];
		Place p;
		double elapsed, inner;

		if (!copy_place(&places[i], &p) || !is_to_be_seen(&p))
			continue;
		elapsed = (double) (now - (p.has_parts ? p.started : p.phase_started)) / USECS_PER_SEC;
		s->pid = p.pid;
		s->role = p.role;
		memcpy(s->call, p.call, sizeof(s->call));
		memcpy(s->object, p.object, sizeof(s->object));
		memcpy(s->phase, p.phase, sizeof(s->phase));
		s->started = p.started;
		inner = p.total > 0 ? Min((double) p.done / (double) p.total, 1) : 0;
		s->share = p.total > 0 || p.has_parts ? p.from + (p.to - p.from) * inner : NAN;
		s->seconds_left = s->share > 0 && elapsed >= 0 ? elapsed * (1 - s->share) / s->share : NAN;
		(*n)++;
	}
	return seen;
}
