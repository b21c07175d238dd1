/*
 * wake.c - who follows which database, and what wakes him; see wake.h
 *
 * One lock guards all of it. A transaction takes it once, at its commit, and only if nobody was woken yet since the
 * worker last began to look: the flag is read without the lock before. That is safe, since the worker clears the flag
 * before it takes the snapshot to look with: a transaction that is not in the snapshot ends, and so reads, after that.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/wait_event.h"

#include "pg/wake.h"

#define MOST_DATABASES 1024
#define MOST_RESTS     1024
#define BEGIN_MS       10000 /* after which a worker that was asked for is given up */

typedef struct Followed
{
	Oid database; /* InvalidOid: the place is free */
	bool changed;
	bool idle;              /* nothing is followed there, and it is not visited */
	int worker;             /* its process; 0: none */
	Latch *latch;           /* of the worker */
	TimestampTz asked;      /* when a worker was asked for that has not come yet; 0: none was */
	TimestampTz last_turn;  /* whoever waits longest is next */
	TimestampTz visit;      /* when, if nothing changes before */
	TimestampTz asked_time; /* when it was looked at last what time makes due */
} Followed;

typedef struct Shared
{
	LWLock *lock;
	Latch *launcher; /* NULL: there is none */
	bool others_wait;
	int n; /* places that were ever used */
	Followed databases[MOST_DATABASES];
	UpWakeRest rests[MOST_RESTS];
} Shared;

static Shared *shared;
static bool changed_here, defined_here; /* in this transaction */
static int own_place = -1;              /* where this backend's database was last found */
static Oid at_work = InvalidOid;        /* the database that this worker is at work in */
static TimestampTz next_visit;

#if PG_VERSION_NUM >= 150000
static shmem_request_hook_type previous_request;
#endif
static shmem_startup_hook_type previous_startup;

/* ---- the table ---------------------------------------------------------------------------------------------------- */

static TimestampTz
later(TimestampTz when, int ms)
{
	return TimestampTzPlusMilliseconds(when, ms);
}

static Followed *
find(Oid database)
{
	for (int i = 0; i < shared->n; i++)
	{
		if (shared->databases[i].database == database)
			return &shared->databases[i];
	}
	return NULL;
}

/* NULL if the table is full. */
static Followed *
find_or_add(Oid database)
{
	Followed *f = find(database);

	if (f != NULL)
		return f;
	f = find(InvalidOid);
	if (f == NULL && shared->n < MOST_DATABASES)
		f = &shared->databases[shared->n++];
	if (f == NULL)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->database = database;
	return f;
}

static void
wake(Latch *latch)
{
	if (latch != NULL)
		SetLatch(latch);
}

void
up_wake_sleep(long ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Max(ms, 1), PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/* ---- what transactions tell --------------------------------------------------------------------------------------- */

void
up_wake_changed(void)
{
	changed_here = shared != NULL;
}

void
up_wake_defined(void)
{
	defined_here = shared != NULL;
}

bool
up_wake_is_there(void)
{
	return shared != NULL;
}

/* Whether nobody is to be woken: since he is already, or since nothing is followed here. */
static bool
is_known(void)
{
	const volatile Followed *f = own_place >= 0 ? &shared->databases[own_place] : NULL;

	return f != NULL && f->database == MyDatabaseId && (f->changed || f->idle);
}

static void
tell_commit(void)
{
	Followed *f;

	if (!defined_here && is_known())
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = defined_here ? find_or_add(MyDatabaseId) : find(MyDatabaseId);
	own_place = f != NULL ? (int) (f - shared->databases) : -1;
	if (f != NULL && (defined_here || !f->idle))
	{
		f->changed = true;
		f->idle = false;
		if (defined_here)
			f->asked_time = 0;
		wake(f->worker != 0 ? f->latch : shared->launcher);
	}
	LWLockRelease(shared->lock);
}

static void
transaction_ends(XactEvent event, void *unused)
{
	if (event == XACT_EVENT_PARALLEL_PRE_COMMIT || event == XACT_EVENT_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		return;
	if (event == XACT_EVENT_COMMIT && (changed_here || defined_here))
		tell_commit();
	changed_here = defined_here = false;
}

/* ---- the launcher ------------------------------------------------------------------------------------------------- */

void
up_wake_launch(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher = MyLatch;
	LWLockRelease(shared->lock);
}

static bool
has_oid(const Oid *oids, int n, Oid oid)
{
	for (int i = 0; i < n; i++)
	{
		if (oids[i] == oid)
			return true;
	}
	return false;
}

void
up_wake_databases(const Oid *oids, int n)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->n; i++)
	{
		Followed *f = &shared->databases[i];

		if (OidIsValid(f->database) && f->worker == 0 && !has_oid(oids, n, f->database))
			memset(f, 0, sizeof(*f));
	}
	for (int i = 0; i < n; i++)
		(void) find_or_add(oids[i]);
	LWLockRelease(shared->lock);
}

UpWakeTurn
up_wake_turn(int most)
{
	TimestampTz now = GetCurrentTimestamp();
	UpWakeTurn turn = {InvalidOid, later(now, UP_WAKE_VISIT_MS)};
	Followed *next = NULL;
	int at_work_now = 0;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->n; i++)
	{
		Followed *f = &shared->databases[i];

		if (!OidIsValid(f->database) || f->idle)
			continue;
		if (f->asked != 0 && now >= later(f->asked, BEGIN_MS))
			f->asked = 0;
		if (f->worker != 0 || f->asked != 0)
			at_work_now++;
		else if (!f->changed && f->visit > now)
			turn.when = Min(turn.when, f->visit);
		else if (next == NULL || f->last_turn < next->last_turn)
			next = f;
	}
	shared->others_wait = next != NULL && at_work_now >= most;
	if (next != NULL && at_work_now < most)
	{
		next->asked = next->last_turn = now;
		turn.database = next->database;
		turn.when = now;
	}
	LWLockRelease(shared->lock);
	return turn;
}

void
up_wake_not_begun(Oid database)
{
	Followed *f;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = find(database);
	if (f != NULL)
		f->asked = 0;
	LWLockRelease(shared->lock);
}

/* ---- a worker ----------------------------------------------------------------------------------------------------- */

/* Also where the process ends by an error. */
static void
end_work(int code, Datum unused)
{
	Followed *f;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = find(at_work);
	if (f != NULL && f->worker == MyProcPid)
	{
		f->worker = 0;
		f->latch = NULL;
		f->visit = next_visit != 0 ? next_visit : later(GetCurrentTimestamp(), UP_WAKE_VISIT_MS);
		/* What a worker that failed has not seen waits for that visit. */
		if (next_visit == 0 && !f->idle)
			f->changed = false;
	}
	wake(shared->launcher);
	LWLockRelease(shared->lock);
}

bool
up_wake_begin(Oid database)
{
	Followed *f;
	bool wanted;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = find(database);
	wanted = f != NULL && f->worker == 0;
	if (wanted)
	{
		f->worker = MyProcPid;
		f->latch = MyLatch;
		f->asked = 0;
		at_work = database;
	}
	LWLockRelease(shared->lock);
	if (wanted)
		before_shmem_exit(end_work, (Datum) 0);
	return wanted;
}

void
up_wake_look(void)
{
	Followed *f;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = find(at_work);
	if (f != NULL)
		f->changed = false;
	LWLockRelease(shared->lock);
}

bool
up_wake_asks_time(void)
{
	TimestampTz now = GetCurrentTimestamp();
	Followed *f;
	bool ask;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = find(at_work);
	ask = f != NULL && (f->asked_time == 0 || now >= later(f->asked_time, UP_WAKE_VISIT_MS));
	if (ask)
		f->asked_time = now;
	LWLockRelease(shared->lock);
	return ask;
}

bool
up_wake_has_changed(void)
{
	Followed *f;
	bool changed;

	LWLockAcquire(shared->lock, LW_SHARED);
	f = find(at_work);
	changed = f != NULL && f->changed;
	LWLockRelease(shared->lock);
	return changed;
}

bool
up_wake_others_wait(void)
{
	bool wait;

	LWLockAcquire(shared->lock, LW_SHARED);
	wait = shared->others_wait;
	LWLockRelease(shared->lock);
	return wait;
}

bool
up_wake_leave(TimestampTz next)
{
	Followed *f;
	bool leave = true;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	f = find(at_work);
	if (f != NULL && f->changed && !shared->others_wait)
		leave = false;
	else if (f != NULL)
	{
		f->idle = next == 0 && !f->changed;
		next_visit = next != 0 ? next : GetCurrentTimestamp();
	}
	LWLockRelease(shared->lock);
	return leave;
}

/* ---- rests -------------------------------------------------------------------------------------------------------- */

static UpWakeRest *
find_rest(uint64 profile)
{
	for (int i = 0; i < MOST_RESTS; i++)
	{
		UpWakeRest *rest = &shared->rests[i];

		if (rest->until != 0 && rest->database == MyDatabaseId && rest->profile == profile)
			return rest;
	}
	return NULL;
}

bool
up_wake_get_rest(uint64 profile, uint64 definition, UpWakeRest *rest)
{
	UpWakeRest *found;

	LWLockAcquire(shared->lock, LW_SHARED);
	found = find_rest(profile);
	if (found != NULL && (found->failures == 0 || found->definition == definition))
		*rest = *found;
	else
		found = NULL;
	LWLockRelease(shared->lock);
	return found != NULL;
}

/* In the place of the one that ends first, where all are taken. */
void
up_wake_set_rest(const UpWakeRest *rest)
{
	UpWakeRest *place;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	place = find_rest(rest->profile);
	if (place == NULL)
	{
		place = &shared->rests[0];
		for (int i = 1; i < MOST_RESTS; i++)
		{
			if (shared->rests[i].until < place->until)
				place = &shared->rests[i];
		}
		if (rest->until == 0)
			place = NULL;
	}
	if (place != NULL)
		*place = *rest;
	LWLockRelease(shared->lock);
}

/* ---- set-up ------------------------------------------------------------------------------------------------------- */

static void
request(void)
{
#if PG_VERSION_NUM >= 150000
	if (previous_request != NULL)
		previous_request();
#endif
	RequestAddinShmemSpace(sizeof(Shared));
	RequestNamedLWLockTranche("uprofile", 1);
}

static void
start_up(void)
{
	bool found;

	if (previous_startup != NULL)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("uprofile", sizeof(Shared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(Shared));
		shared->lock = &GetNamedLWLockTranche("uprofile")->lock;
	}
	LWLockRelease(AddinShmemInitLock);
}

void
up_wake_init(void)
{
#if PG_VERSION_NUM >= 150000
	previous_request = shmem_request_hook;
	shmem_request_hook = request;
#else
	request();
#endif
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = start_up;
	RegisterXactCallback(transaction_ends, NULL);
}
