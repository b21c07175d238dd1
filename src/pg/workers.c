/*
 * workers.c - up_parallel: a job's parts done by this backend and by parallel workers beside it
 *
 * The server's own means, as for parallel index builds: a parallel context, so that workers have the leader's user, settings and
 * snapshot, its interrupts end them, and their errors become its own. Workers start once a scope and wait for jobs on a condition
 * variable; jobs are posted in the context's segment (Post). Parts are claimed one at a time from a counter whose upper half is the job's
 * number, so that a worker that comes late to a job that is over claims nothing; the leader claims as the others do, but from the first
 * part on where they do from the last: in jobs after each other on the same rows, each finds in its processor's cache what it had before.
 * Then it waits for what they claimed, so that it never waits for a worker that did not start.
 *
 * A function is named by its distance from one that both processes have: right only if both loaded the same file, which its identity
 * shows. A worker that finds another, since the library was replaced meanwhile, leaves the work to the leader.
 */
#include "postgres.h"

#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/shm_toc.h"
#include "storage/spin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/platform.h"
#include "pg/large_memory.h"
#include "pg/module.h"
#include "pg/workers.h"

#define POST_KEY   UINT64CONST(0x7570726f66696c65)
#define WORTH      0.05 /* seconds of work that pay for workers */
#define QUIET      0.01 /* … and for shared memory where they stand by: it takes seven times as long to make */
#define MOST_LARGE 256  /* arrays that a scope's jobs use at a time */
#define LARGE      (1024 * 1024)
#define ROOM                                                                                                   \
	(4 * 1024 *                                                                                                \
	 1024) /* shared memory that must be there: the server fails where there is none for its own part */
#define NOWHERE      UINT32_MAX /* the place of an array that is NULL */
#define SPINS        1000       /* some microseconds, before a process lets others run */
#define PATIENCE     0.0002 /* seconds that it goes on looking, before it sleeps, where each has a processor */
#define MOST_WORKERS 64
#define MOST_SCOPES  16

/* An array that workers can map. */
typedef struct Mappable
{
	uint64 number; /* 0: none */
	size_t size;
	UpLargeName name;
} Mappable;

typedef struct Place
{
	uint32 mappable;
	size_t offset;
} Place;

typedef struct Job
{
	ptrdiff_t fn; /* from uprofile_parts_main */
	uint32 number;
	uint32 parts;
	uint32 n_arrays;
	uint32 fixed_size;
	Place places[UP_MOST_ARRAYS];
	char fixed[UP_MOST_FIXED] pg_attribute_aligned(MAXIMUM_ALIGNOF);
} Job;

/* What tells one build of the library from another. */
typedef struct Identity
{
	uint64 device, file, size, changed;
} Identity;

typedef struct Post
{
	Identity library;
	pg_atomic_uint64 claims; /* number of the job << 32 | parts claimed: by workers << 16 | by the leader */
	pg_atomic_uint32 done;   /* parts of it */
	pg_atomic_uint32 over;   /* no more jobs */
	ConditionVariable posted, finished;
	bool patient; /* no process has to wait for another one's processor */
	slock_t lock; /* of the job */
	Job job;
	Mappable mappables[MOST_LARGE];
} Post;

/* Of the leader. */
static struct
{
	int depth;                            /* of scopes */
	SubTransactionId within[MOST_SCOPES]; /* that each began in */
	uint32 shared[MOST_SCOPES + 1];       /* by depth: jobs that workers could take part in */
	ParallelContext *context;             /* NULL: nobody stands by */
	int began_at;                         /* the depth at which they started */
	int quiet_at;                         /* that of a scope that has no use for them, 0: there is none */
	Post *post;
	uint32 last_job;
	bool at_work; /* on a job: one that a part of it would post is done within the part */
} team;

static Identity library;

PGDLLEXPORT void uprofile_parts_main(dsm_segment *segment, shm_toc *toc);

/* ---- the library ---- */

static void
identify_library(void)
{
	Dl_info info;
	struct stat st;

	if (dladdr((void *) uprofile_parts_main, &info) == 0 || stat(info.dli_fname, &st) != 0)
		return;
	library.device = st.st_dev;
	library.file = st.st_ino;
	library.size = st.st_size;
	library.changed = st.st_mtime;
}

/* ---- the end of a scope ---- */

/* The segment of the context is going: at the end of a scope, or before anything else as a transaction is undone. */
static void
forget_workers(dsm_segment *segment, Datum unused)
{
	team.context = NULL;
	team.post = NULL;
	team.at_work = false;
	team.quiet_at = 0;
	up_large_share(false);
}

/* A scope within theirs that is over, by its end or a failure. */
static void
end_quiet(void)
{
	if (team.quiet_at <= team.depth)
		return;
	team.quiet_at = 0;
	if (team.context != NULL)
		up_large_pause(false);
}

static void
transaction_over(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		team.depth = 0;
	end_quiet();
}

/* A job without parts: workers look up, and let go of what is gone. */
static void
post_nothing(Post *post)
{
	SpinLockAcquire(&post->lock);
	post->job.number = ++team.last_job;
	post->job.parts = 0;
	pg_atomic_write_u64(&post->claims, (uint64) team.last_job << 32);
	SpinLockRelease(&post->lock);
	ConditionVariableBroadcast(&post->posted);
}

/* What began in it or in a part of it has a number that is not below its own. */
static void
subtransaction_over(SubXactEvent event, SubTransactionId aborted, SubTransactionId parent, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	if (team.context != NULL)
		team.context->error_context_stack = NULL;
	/*
	 * Workers that began outside of it, as may be from PostgreSQL 17 on, claim no more parts of a job that failed in it. Some may be at work on
	 * what they claimed, so this process does all other jobs alone.
	 */
	if (team.context != NULL && team.at_work)
		post_nothing(team.post);
	while (team.depth > 0 && team.within[team.depth - 1] >= aborted)
		team.depth--;
	end_quiet();
}

static void
forget_array(uint64 number)
{
	bool large = false;

	if (team.post == NULL)
		return;
	for (int i = 0; i < MOST_LARGE; i++)
	{
		Mappable *m = &team.post->mappables[i];

		if (m->number != number)
			continue;
		m->number = 0;
		large |= m->size >= LARGE;
	}
	/* Memory that a worker maps is taken until it does no more, which may be long after, where no job follows. */
	if (large && !team.at_work)
		post_nothing(team.post);
}

void
up_workers_init(void)
{
	identify_library();
	up_large_going = forget_array;
	RegisterXactCallback(transaction_over, NULL);
	RegisterSubXactCallback(subtransaction_over, NULL);
}

static void
dismiss(void)
{
	pg_atomic_write_u32(&team.post->over, 1);
	ConditionVariableBroadcast(&team.post->posted);
	WaitForParallelWorkersToFinish(team.context);
	DestroyParallelContext(team.context);
	ExitParallelMode();
}

/* ---- its beginning ---- */

int
up_processors_here(void)
{
	long n;
#ifdef CPU_COUNT
	cpu_set_t set;

	if (up_processors == 0 && sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
#endif
	if (up_processors > 0)
		return up_processors;
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (int) Min(n, 4096) : 1;
}

/* One for each processor beside the leader's, and no more: they would but take turns, each with its own places in the caches. */
int
up_workers_allowed(void)
{
	int n = up_max_workers < 0 ? max_parallel_workers_per_gather : up_max_workers;

	if (IsParallelWorker() || !IsUnderPostmaster || !IsTransactionState() || !ActiveSnapshotSet() ||
		library.file == 0)
		return 0;
	return Min(Min(Min(n, max_parallel_workers), MOST_WORKERS), Max(up_processors_here() - 1, 1));
}

static void
call_up(int n)
{
	ParallelContext *context;
	Post *post = NULL;

	if (!up_segment_has_room(ROOM))
		return;
	EnterParallelMode();
	context = CreateParallelContext("uprofile", "uprofile_parts_main", n);
	shm_toc_estimate_chunk(&context->estimator, sizeof(Post));
	shm_toc_estimate_keys(&context->estimator, 1);
	InitializeParallelDSM(context);
	if (context->seg != NULL)
	{
		post = shm_toc_allocate(context->toc, sizeof(Post));
		memset(post, 0, sizeof(Post));
		post->library = library;
		post->patient = n < up_processors_here();
		pg_atomic_init_u64(&post->claims, 0);
		pg_atomic_init_u32(&post->done, 0);
		pg_atomic_init_u32(&post->over, 0);
		ConditionVariableInit(&post->posted);
		ConditionVariableInit(&post->finished);
		SpinLockInit(&post->lock);
		shm_toc_insert(context->toc, POST_KEY, post);
		LaunchParallelWorkers(context);
	}
	if (context->nworkers_launched == 0)
	{
		DestroyParallelContext(context);
		ExitParallelMode();
		return;
	}
	/* Workers stay when what calls us now has returned, and with it what would tell where they failed. */
	context->error_context_stack = NULL;
	on_dsm_detach(context->seg, forget_workers, (Datum) 0);
	team.context = context;
	team.post = post;
	team.last_job = 0;
	team.at_work = false;
	team.began_at = team.depth;
	up_large_share(true);
}

void
up_workers_begin(double seconds)
{
	bool any = up_debug_workers && seconds != 0;
	int n;

	if (team.depth == MOST_SCOPES)
		elog(ERROR, "too many scopes of workers within each other");
	team.within[team.depth++] = GetCurrentSubTransactionId();
	team.shared[team.depth] = 0;
	if (team.context == NULL)
	{
		if ((any || seconds >= WORTH) && (n = up_workers_allowed()) > 0)
			call_up(n);
	}
	else if (team.quiet_at == 0 && !team.at_work && !any && seconds > 0 && seconds < QUIET)
	{
		team.quiet_at = team.depth;
		up_large_pause(true);
	}
}

void
up_workers_end(void)
{
	Assert(team.depth > 0);
	if (team.shared[team.depth] > 0)
		elog(DEBUG1, "%u jobs shared out in scope %d", team.shared[team.depth], team.depth);
	if (team.context != NULL && team.depth == team.began_at)
		dismiss();
	team.depth--;
	end_quiet();
}

int
up_workers_depth(void)
{
	return team.depth;
}

void
up_workers_return(int depth)
{
	team.depth = Min(team.depth, depth);
	end_quiet();
}

bool
up_workers_began_since(int depth)
{
	return team.context != NULL && team.began_at > depth;
}

uint32_t
up_workers(void)
{
	if (team.context == NULL || team.quiet_at > 0 || team.at_work)
		return 1;
	return (uint32_t) team.context->nworkers_launched + 1;
}

/* ---- jobs ---- */

/* A part that nobody else does; false: there is none left, or the job is over. Very many parts are claimed by all as by the leader. */
static bool
claim_part(Post *post, const Job *job, uint32 *part)
{
	uint64 claim = pg_atomic_read_u64(&post->claims);
	bool many = job->parts > UINT16_MAX, from_end = IsParallelWorker() && !many;
	uint32 first, last;

	do
	{
		first = many ? (uint32) claim : (uint16) claim;
		last = many ? 0 : (uint16) (claim >> 16);
		if ((uint32) (claim >> 32) != job->number || first + last >= job->parts)
			return false;
	} while (!pg_atomic_compare_exchange_u64(&post->claims, &claim, claim + (from_end ? 1 << 16 : 1)));
	*part = from_end ? job->parts - 1 - last : first;
	return true;
}

/* This part and others, as long as there are any. */
static void
do_parts(Post *post, UpPart fn, const Job *job, void *const *arrays, uint32 part)
{
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "uprofile part", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(own);

	do
	{
		up_tick();
		fn(job->fixed, arrays, part);
		MemoryContextReset(own);
		if (pg_atomic_add_fetch_u32(&post->done, 1) == job->parts)
			ConditionVariableSignal(&post->finished);
	} while (claim_part(post, job, &part));
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(own);
}

/* Where the table is full: a row that this job does not use. */
static int
row_to_reuse(const Job *job, uint32 n_placed)
{
	static uint32 last = 0;
	bool used = true;

	StaticAssertStmt(UP_MOST_ARRAYS < MOST_LARGE, "a job's arrays have rows of their own");
	while (used)
	{
		last = (last + 1) % MOST_LARGE;
		used = false;
		for (uint32 i = 0; i < n_placed; i++)
			used |= job->places[i].mappable == last;
	}
	return (int) last;
}

/* Where workers find this array: its place in the table; false: they cannot. */
static bool
place_of(Post *post, const Job *job, uint32 n_placed, const void *array, Place *place)
{
	UpLarge *l = up_large_of(array);
	UpLargeName name;
	int at = -1;

	if (array == NULL)
	{
		place->mappable = NOWHERE;
		return true;
	}
	if (l == NULL || !up_large_name(l, &name))
		return false;
	for (int i = 0; i < MOST_LARGE; i++)
	{
		if (post->mappables[i].number == l->number)
		{
			at = i;
			break;
		}
		if (at < 0 && post->mappables[i].number == 0)
			at = i;
	}
	if (at < 0)
	{
		at = row_to_reuse(job, n_placed);
		post->mappables[at].number = 0;
	}
	if (post->mappables[at].number == 0)
	{
		Mappable *m = &post->mappables[at];

		m->size = l->size;
		m->name = name;
		m->number = l->number;
	}
	place->mappable = (uint32) at;
	place->offset = (size_t) ((const char *) array - l->start);
	return true;
}

static bool
post_job(Post *post, Job *job, void *const *arrays)
{
	for (uint32 i = 0; i < job->n_arrays; i++)
	{
		if (!place_of(post, job, i, arrays[i], &job->places[i]))
			return false;
	}
	job->number = ++team.last_job;
	SpinLockAcquire(&post->lock);
	memcpy(&post->job, job, offsetof(Job, fixed) + job->fixed_size);
	pg_atomic_write_u32(&post->done, 0);
	pg_atomic_write_u64(&post->claims, (uint64) job->number << 32);
	SpinLockRelease(&post->lock);
	ConditionVariableBroadcast(&post->posted);
	return true;
}

typedef bool (*Happened)(Post *post, uint32 what);

/*
 * Whether it happened while a process that is about to sleep looks on: to be waken takes longer than most jobs. Whoever else wants the
 * processor has it meanwhile.
 */
static inline __attribute__((always_inline)) bool
happens_soon(Post *post, Happened it, uint32 what)
{
	double until;

	for (int i = 0; i < SPINS; i++)
	{
		if (it(post, what))
			return true;
		SPIN_DELAY();
	}
	if (!post->patient)
		return false;
	until = up_seconds() + PATIENCE;
	do
	{
		sched_yield();
		if (it(post, what))
			return true;
	} while (up_seconds() < until);
	return false;
}

static bool
is_done(Post *post, uint32 parts)
{
	return pg_atomic_read_u32(&post->done) == parts;
}

static void
wait_for_parts(Post *post, uint32 parts)
{
	if (!happens_soon(post, is_done, parts))
	{
		ConditionVariablePrepareToSleep(&post->finished);
		while (!is_done(post, parts))
			ConditionVariableSleep(&post->finished, PG_WAIT_EXTENSION);
		ConditionVariableCancelSleep();
	}
	pg_read_barrier();
}

static void
do_alone(uint32 parts, UpPart fn, const Job *job, void *const *arrays)
{
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "uprofile part", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(own);

	for (uint32 i = 0; i < parts; i++)
	{
		up_tick();
		fn(job->fixed, arrays, i);
		MemoryContextReset(own);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(own);
}

void
up_parallel(uint32_t parts, UpPart fn, const void *fixed, size_t fixed_size, void *const *arrays,
			uint32_t n_arrays)
{
	Job job;
	uint32 part;

	if (fixed_size > UP_MOST_FIXED || n_arrays > UP_MOST_ARRAYS)
		elog(ERROR, "a job of %u arrays and %zu bytes is too large", n_arrays, fixed_size);
	if (parts == 0)
		return;
	job.fn = (const char *) fn - (const char *) uprofile_parts_main;
	job.parts = parts;
	job.n_arrays = n_arrays;
	job.fixed_size = (uint32) fixed_size;
	if (fixed_size > 0)
		memcpy(job.fixed, fixed, fixed_size);
	if (parts == 1 || team.context == NULL || team.quiet_at > 0 || team.at_work ||
		!post_job(team.post, &job, arrays))
	{
		do_alone(parts, fn, &job, arrays);
		return;
	}
	team.at_work = true;
	team.context->error_context_stack = error_context_stack;
	team.shared[team.depth]++;
	/* What a part makes is its own. */
	up_large_pause(true);
	if (claim_part(team.post, &job, &part))
		do_parts(team.post, fn, &job, arrays, part);
	up_large_pause(false);
	wait_for_parts(team.post, parts);
	team.context->error_context_stack = NULL;
	team.at_work = false;
}

/* ---- a worker ---- */

/* Arrays as they are mapped here. */
typedef struct Mapped
{
	uint64 number; /* 0: none */
	char *start;
	size_t size; /* of a file */
	UpSegment segment;
} Mapped;

static void
unmap(Mapped *m)
{
	if (m->segment.of != NULL)
		up_segment_detach(&m->segment);
	else if (m->number != 0)
		munmap(m->start, m->size);
	memset(m, 0, sizeof(*m));
}

static void
map(Mapped *m, const Mappable *from)
{
	if (from->name.segment != DSM_HANDLE_INVALID)
	{
		if (!up_segment_attach(&m->segment, from->name.segment))
			elog(ERROR, "could not map shared memory of the leader");
		m->start = m->segment.start;
	}
	else
		m->start = up_map_file(from->name.path, &m->size);
	m->number = from->number;
}

/* Unmaps what the leader has taken away. */
static void
unmap_gone(Post *post, Mapped *mapped)
{
	for (int i = 0; i < MOST_LARGE; i++)
	{
		if (mapped[i].number != 0 && mapped[i].number != post->mappables[i].number)
			unmap(&mapped[i]);
	}
}

/* A part of a job is claimed: the leader waits for it, so that the job's arrays are there. */
static void
work(Post *post, const Job *job, Mapped *mapped, uint32 part)
{
	void *arrays[UP_MOST_ARRAYS];

	unmap_gone(post, mapped);
	for (uint32 i = 0; i < job->n_arrays; i++)
	{
		const Place *p = &job->places[i];

		arrays[i] = NULL;
		if (p->mappable == NOWHERE)
			continue;
		if (mapped[p->mappable].number == 0)
			map(&mapped[p->mappable], &post->mappables[p->mappable]);
		arrays[i] = mapped[p->mappable].start + p->offset;
	}
	do_parts(post, (UpPart) ((const char *) uprofile_parts_main + job->fn), job, arrays, part);
}

static bool
is_called(Post *post, uint32 last)
{
	return (uint32) (pg_atomic_read_u64(&post->claims) >> 32) != last || pg_atomic_read_u32(&post->over) != 0;
}

static void
await_job(Post *post, uint32 last)
{
	if (happens_soon(post, is_called, last))
		return;
	ConditionVariablePrepareToSleep(&post->posted);
	while (!is_called(post, last))
		ConditionVariableSleep(&post->posted, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
}

void
uprofile_parts_main(dsm_segment *segment, shm_toc *toc)
{
	Post *post = shm_toc_lookup(toc, POST_KEY, false);
	Mapped *mapped = palloc0(sizeof(Mapped) * MOST_LARGE);
	Job *job = palloc0(sizeof(Job));
	uint32 part;

	up_large_do_parts();
	if (memcmp(&post->library, &library, sizeof(library)) != 0)
		return;
	for (;;)
	{
		await_job(post, job->number);
		if (pg_atomic_read_u32(&post->over) != 0)
			break;
		SpinLockAcquire(&post->lock);
		memcpy(job, &post->job, offsetof(Job, fixed) + post->job.fixed_size);
		SpinLockRelease(&post->lock);
		if (claim_part(post, job, &part))
			work(post, job, mapped, part);
		else
			unmap_gone(post, mapped);
		CHECK_FOR_INTERRUPTS();
	}
}
