/*
 * describe_plan.c - plans whose processes collect the rows that are described, each those that it reads, and sum them up; see describing.h
 *
 * The rows of a parallel plan would all go to the session, one by one, which takes longer than to read them there. So a node of our own stands
 * below Gather, takes all rows of its process into columns, and hands none on. Once all rows are read, each process sees the memory of the
 * others, and takes one column after the other to sum it up, as long as there are any. The session finds the facts in the memory of the plan.
 * In which order rows come depends on the processes: no fact of numbers that are held, and of texts that are all told apart, does.
 *
 * A barrier tells the stages apart, as in a parallel hash join. A worker that starts late finds a stage that others are in, and takes part in
 * what is left; none leaves, with its memory, before all columns are summed up.
 *
 * There is no estimate in common: once there are more rows than may be held, or more different texts than are told apart, the processes stop,
 * and the session reads the source by itself.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "nodes/extensible.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "port/atomics.h"
#include "storage/barrier.h"
#include "utils/memutils.h"
#include "utils/selfuncs.h"
#include "utils/wait_event.h"

#include "pg/large_memory.h"
#include "pg/module.h"
#include "pg/sql/describing.h"
#include "pg/sql/plan_columns.h"
#include "pg/workers.h"

#define COLLECTS     0x40000000 /* a cursor option, which the server has no use for */
#define STEP         4096       /* rows that are counted together */
#define MOST_BYTES   (UINT64CONST(1024) * 1024 * 1024)
#define MOST_REGIONS 80 /* of that, as held.c makes them */

/* What a process holds. */
typedef struct Share
{
	uint64 rows;
	uint32 n_regions;
	UpLargeName regions[MOST_REGIONS];
	bool has_texts; /* some column is one of texts, and what their codes stand for is here */
	UpLargeName texts;
} Share;

/* Of the barrier. */
enum
{
	COLLECTING,
	SUMMING_UP,
	OVER
};

typedef struct Shared
{
	pg_atomic_uint64 rows; /* of all processes, at least */
	pg_atomic_uint32 too_many;
	Barrier stage;
	pg_atomic_uint32 next_column; /* that nobody sums up */
	int n_shares;                 /* one a worker, and the session's last */
	Size found;                   /* where there is one UpFound a column, from here */
	Share shares[FLEXIBLE_ARRAY_MEMBER];
} Shared;

/* A statement that the session runs. */
typedef struct Collecting
{
	UpDescribing *into;
	bool too_many; /* so that it must read again */
} Collecting;

typedef struct CollectScan
{
	CustomScanState css;
	bool done;
	Collecting *collecting; /* NULL: in a worker */
	Shared *shared;
	Shared own; /* where there are no workers */
} CollectScan;

static planner_hook_type next_planner;
static create_upper_paths_hook_type next_paths;
static const Query *ours;   /* the statement that may collect, while it is planned; NULL: none */
static Collecting *current; /* what the session runs; NULL: nothing */

static Plan *plan_collecting(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
							 List *plans);
static Node *create_state(CustomScan *scan);
static void begin_scan(CustomScanState *node, EState *estate, int flags);
static TupleTableSlot *collect(CustomScanState *node);
static void end_scan(CustomScanState *node);
static void rescan(CustomScanState *node);
static Size estimate_shared(CustomScanState *node, ParallelContext *context);
static void begin_shared(CustomScanState *node, ParallelContext *context, void *at);
static void join_shared(CustomScanState *node, shm_toc *toc, void *at);
static void take_facts(CustomScanState *node);

static const CustomPathMethods path_methods = {.CustomName = "uprofile describe",
											   .PlanCustomPath = plan_collecting};
static const CustomScanMethods scan_methods = {.CustomName = "uprofile describe",
											   .CreateCustomScanState = create_state};
static const CustomExecMethods exec_methods = {.CustomName = "uprofile describe",
											   .BeginCustomScan = begin_scan,
											   .ExecCustomScan = collect,
											   .EndCustomScan = end_scan,
											   .ReScanCustomScan = rescan,
											   .EstimateDSMCustomScan = estimate_shared,
											   .InitializeDSMCustomScan = begin_shared,
											   .InitializeWorkerCustomScan = join_shared,
											   .ShutdownCustomScan = take_facts};

/* ---- planning ---- */

/* Rows that all processes together may hold. */
static uint64
most_rows(TupleDesc desc)
{
	return Min(up_describing_most_rows(desc), MOST_BYTES / (sizeof(double) * Max(desc->natts, 1)));
}

#if PG_VERSION_NUM >= 190000
#define EXPLAINED          , ExplainState *explained
#define EXPLAINED_ARGUMENT , explained
#else
#define EXPLAINED
#define EXPLAINED_ARGUMENT
#endif

static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo params EXPLAINED)
{
	return next_planner != NULL ? next_planner(query, text, options, params EXPLAINED_ARGUMENT)
								: standard_planner(query, text, options, params EXPLAINED_ARGUMENT);
}

/* Whether processes hand rows to the session, in an order that is another in each run. */
static bool
mixes_rows(const PlannedStmt *statement)
{
	const Plan *top = statement->planTree, *below = outerPlan(top);

	return IsA(top, Gather) &&
		   !(IsA(below, CustomScan) && ((const CustomScan *) below)->methods == &scan_methods);
}

/*
 * A statement that may collect is prepared with an option that no other can have. It is not known by its text: what it calls, a constant
 * expression while it is planned or a row's function, may run the same text, and its rows are whose they are.
 */
static PlannedStmt *
plan_statement(Query *query, const char *text, int options, ParamListInfo params EXPLAINED)
{
	const Query *outer = ours;
	Query *again;
	PlannedStmt *result;

	if ((options & COLLECTS) == 0)
		return plan_next(query, text, options, params EXPLAINED_ARGUMENT);
	again = copyObjectImpl(query); /* which planning changes */
	ours = query;
	PG_TRY();
	{
		result = plan_next(query, text, options & ~COLLECTS, params EXPLAINED_ARGUMENT);
	}
	PG_FINALLY();
	{
		ours = outer;
	}
	PG_END_TRY();
	/* Estimates tell the order of rows: they are read in that of the table. */
	return mixes_rows(result) ? plan_next(again, text, options & ~(COLLECTS | CURSOR_OPT_PARALLEL_OK),
										  params EXPLAINED_ARGUMENT)
							  : result;
}

/* Whether the planner thinks that so many processes can tell all texts apart. */
static bool
tell_apart(PlannerInfo *root, const Path *part, double rows, TupleDesc columns)
{
	ListCell *cell;
	int column = 0;

	foreach (cell, part->pathtarget->exprs)
	{
		uint32 most = up_describing_most_texts(columns, column++);

		if (most > 0 && estimate_num_groups(root, list_make1(lfirst(cell)), rows, NULL, NULL) >
							most / (part->parallel_workers + 1))
			return false;
	}
	return true;
}

/* A path below which all processes collect their rows, beside those that give them to the session. */
static void
offer_collecting(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	Path *part;
	CustomPath *collecting;
	TupleDesc columns;

	if (next_paths != NULL)
		next_paths(root, stage, input, output, extra);
	if (stage != UPPERREL_FINAL || ours == NULL || root->parse != ours || input->partial_pathlist == NIL ||
		ours->limitCount != NULL || ours->limitOffset != NULL)
		return;
	part = linitial(input->partial_pathlist);
	columns = ExecCleanTypeFromTL(ours->targetList);
	if (list_length(part->pathtarget->exprs) != columns->natts ||
		input->cheapest_total_path->rows > (double) most_rows(columns) ||
		!tell_apart(root, part, input->cheapest_total_path->rows, columns))
		return;
	collecting = up_path_above(output, part, part->pathtarget, &path_methods);
	/* It has a place in the memory that the processes of the plan share; more of these than processors would take turns. */
	collecting->path.parallel_aware = true;
	collecting->path.parallel_workers = Min(part->parallel_workers, Max(up_processors_here() - 1, 1));
	collecting->path.rows = 0;
	collecting->path.pathkeys = NIL;
	add_path(output,
			 (Path *) create_gather_path(root, output, &collecting->path, part->pathtarget, NULL, NULL));
}

static Plan *
plan_collecting(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *plans)
{
	return &up_scan_above(&scan_methods, tlist, plans, path->path.pathtarget->exprs)->scan.plan;
}

void
up_describe_plan_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	next_planner = planner_hook;
	planner_hook = plan_statement;
	next_paths = create_upper_paths_hook;
	create_upper_paths_hook = offer_collecting;
}

/* ---- a process ---- */

static TupleDesc
rows_below(const CustomScanState *node)
{
	return ExecGetResultType(linitial(node->custom_ps));
}

static Node *
create_state(CustomScan *scan)
{
	CollectScan *state = (CollectScan *) newNode(sizeof(CollectScan), T_CustomScanState);

	state->css.methods = &exec_methods;
	state->shared = &state->own;
	pg_atomic_init_u64(&state->own.rows, 0);
	pg_atomic_init_u32(&state->own.too_many, 0);
	return (Node *) state;
}

static void
begin_scan(CustomScanState *node, EState *estate, int flags)
{
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;

	if (!IsParallelWorker())
	{
		if (current == NULL)
			elog(ERROR, "nobody collects the rows of this plan");
		((CollectScan *) node)->collecting = current;
	}
	node->custom_ps = list_make1(ExecInitNode(linitial(scan->custom_plans), estate, flags));
}

static void
end_scan(CustomScanState *node)
{
	ExecEndNode(linitial(node->custom_ps));
}

static void
rescan(CustomScanState *node)
{
	elog(ERROR, "rows that are described are read once");
}

static Size
shares_end(const ParallelContext *context)
{
	return MAXALIGN(offsetof(Shared, shares) + sizeof(Share) * (Size) (context->nworkers + 1));
}

static Size
estimate_shared(CustomScanState *node, ParallelContext *context)
{
	return shares_end(context) + sizeof(UpFound) * (Size) rows_below(node)->natts;
}

static void
begin_shared(CustomScanState *node, ParallelContext *context, void *at)
{
	Shared *shared = at;

	memset(shared, 0, estimate_shared(node, context));
	pg_atomic_init_u64(&shared->rows, 0);
	pg_atomic_init_u32(&shared->too_many, 0);
	pg_atomic_init_u32(&shared->next_column, 0);
	BarrierInit(&shared->stage, 0);
	shared->n_shares = context->nworkers + 1;
	shared->found = shares_end(context);
	((CollectScan *) node)->shared = shared;
}

static void
join_shared(CustomScanState *node, shm_toc *toc, void *at)
{
	((CollectScan *) node)->shared = at;
}

/* Whether this process has met no more different texts than all of them can put together. */
static bool
tells_apart(const Shared *shared, const UpDescribing *d)
{
	return !d->memory.large || up_summaries_tell_apart(d->summaries, d->reader->n_attributes, shared->n_shares);
}

/* All rows that this process reads; false: there are too many. */
static bool
collect_rows(CollectScan *state, UpDescribing *d)
{
	PlanState *below = linitial(state->css.custom_ps);
	Shared *shared = state->shared;
	uint64 most = most_rows(ExecGetResultType(below));
	TupleTableSlot *slot;

	while (pg_atomic_read_u32(&shared->too_many) == 0)
	{
		MemoryContext outer;

		slot = ExecProcNode(below);
		if (TupIsNull(slot))
			return tells_apart(shared, d);
		if (d->rows == most ||
			(d->rows > 0 && d->rows % STEP == 0 &&
			 (pg_atomic_add_fetch_u64(&shared->rows, STEP) > most || !tells_apart(shared, d))))
			return false;
		outer = MemoryContextSwitchTo(d->context);
		/* These rows alone: not what functions of the plan below make. */
		if (d->memory.large)
			up_large_be_seen(UP_SEEN);
		up_describing_row(d, slot);
		if (d->memory.large)
			up_large_be_seen(UP_NOT_SEEN);
		MemoryContextSwitchTo(outer);
	}
	return false;
}

/* What codes of texts stand for; false: others cannot find it. */
static bool
show_texts(UpDescribing *d, Share *share)
{
	MemoryContext outer = MemoryContextSwitchTo(d->context);

	up_large_be_seen(UP_SEEN);
	d->texts = up_summaries_texts(d->summaries, d->reader->n_attributes);
	up_large_be_seen(UP_NOT_SEEN);
	MemoryContextSwitchTo(outer);
	share->has_texts = d->texts != NULL;
	return d->texts == NULL || up_large_name(up_large_of(d->texts), &share->texts);
}

/* This process's share as others find it; false: they cannot. */
static bool
show_rows(UpDescribing *d, Share *share)
{
	void *regions[MOST_REGIONS];
	size_t n = up_held_regions(&d->memory);

	if (n > MOST_REGIONS)
		return false;
	up_held_list_regions(&d->memory, regions);
	for (size_t i = 0; i < n; i++)
	{
		if (!up_large_name(up_large_of(regions[i]), &share->regions[i]))
			return false;
	}
	share->n_regions = (uint32) n;
	share->rows = d->rows;
	return show_texts(d, share);
}

/* What another process has, as this one sees it, which goes with the memory that is current. */
static void *
see(const UpLargeName *name)
{
	size_t size;

	return up_large_adopt(name->segment, name->path[0] != '\0' ? name->path : NULL, &size);
}

static UpHeldShare
see_share(const Share *share)
{
	void **regions = palloc(sizeof(void *) * MOST_REGIONS);

	for (uint32 i = 0; i < share->n_regions; i++)
		regions[i] = see(&share->regions[i]);
	return (UpHeldShare){share->rows, regions, share->has_texts ? see(&share->texts) : NULL};
}

/* Of all processes, once they have read all. */
static uint64
rows_of_all(const Shared *shared)
{
	uint64 rows = 0;

	for (int i = 0; i < shared->n_shares; i++)
		rows += shared->shares[i].rows;
	return rows;
}

/* Whether all processes together hold all rows: the same for each of them. */
static bool
all_are_held(Shared *shared, TupleDesc columns)
{
	return pg_atomic_read_u32(&shared->too_many) == 0 && rows_of_all(shared) <= most_rows(columns);
}

static UpFound *
found_of(Shared *shared)
{
	return (UpFound *) ((char *) shared + shared->found);
}

static UpHeldShare
own_share(const UpDescribing *d)
{
	void **regions = palloc(sizeof(void *) * MOST_REGIONS);

	up_held_list_regions(&d->memory, regions);
	return (UpHeldShare){d->rows, regions, d->texts};
}

/* d: what this process holds, in its share; NULL: nothing. */
static void
sum_up_columns(Shared *shared, TupleDesc columns, const UpDescribing *d, const Share *own)
{
	MemoryContext here =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile columns", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(here);
	uint32 n_columns = (uint32) columns->natts, column;
	uint64 rows = rows_of_all(shared);
	double *known = up_alloc_large_array(rows, sizeof(double));
	double *buffer = up_alloc_large_array(rows, sizeof(double));
	UpHeldShare *shares = palloc(sizeof(UpHeldShare) * (Size) shared->n_shares);
	UpSummary *const *summaries;

	for (int i = 0; i < shared->n_shares; i++)
	{
		const Share *share = &shared->shares[i];

		shares[i] = share == own && d != NULL ? own_share(d) : see_share(share);
	}
	summaries = d != NULL ? d->summaries : up_describing_new(columns, false)->summaries;
	while ((column = pg_atomic_fetch_add_u32(&shared->next_column, 1)) < n_columns)
	{
		up_progress("describing columns", column, n_columns);
		up_shares_sum_up(summaries[column], shares, shared->n_shares, n_columns, column, known, buffer,
						 &found_of(shared)[column]);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(here);
}

/* In a process of several, each of which may fail, and ends all then. */
static void
collect_with_others(CollectScan *state)
{
	Shared *shared = state->shared;
	TupleDesc columns = rows_below(&state->css);
	Share *own = &shared->shares[IsParallelWorker() ? ParallelWorkerNumber : shared->n_shares - 1];
	int stage = BarrierAttach(&shared->stage);
	UpDescribing *d = NULL;

	if (stage == COLLECTING)
	{
		d = state->collecting != NULL ? state->collecting->into : up_describing_new(columns, false);
		d->memory.large = true;
		if (!(collect_rows(state, d) && show_rows(d, own)))
			pg_atomic_write_u32(&shared->too_many, 1);
		(void) BarrierArriveAndWait(&shared->stage, PG_WAIT_EXTENSION);
		stage = SUMMING_UP;
	}
	if (stage == SUMMING_UP)
	{
		if (all_are_held(shared, columns))
			sum_up_columns(shared, columns, d, own);
		(void) BarrierArriveAndWait(&shared->stage, PG_WAIT_EXTENSION);
	}
	(void) BarrierDetach(&shared->stage);
}

static TupleTableSlot *
collect(CustomScanState *node)
{
	CollectScan *state = (CollectScan *) node;

	if (state->done)
		return NULL;
	state->done = true;
	if (state->shared != &state->own)
		collect_with_others(state);
	else if (!collect_rows(state, state->collecting->into))
		state->collecting->too_many = true;
	return NULL;
}

/* ---- the session ---- */

/* All processes are through, and the memory that they share is going. */
static void
take_facts(CustomScanState *node)
{
	CollectScan *state = (CollectScan *) node;
	Collecting *c = state->collecting;
	Shared *shared = state->shared;
	MemoryContext outer;

	if (c == NULL || shared == &state->own)
		return;
	if (BarrierPhase(&shared->stage) != OVER)
		elog(ERROR, "columns of a plan were not summed up");
	/* What is found outlives the plan. */
	outer = MemoryContextSwitchTo(c->into->context);
	c->too_many = !(all_are_held(shared, rows_below(node)) &&
					up_summaries_found(c->into->summaries, c->into->reader->n_attributes, found_of(shared)));
	MemoryContextSwitchTo(outer);
	state->shared = &state->own;
}

static Collecting
read_source(const char *query, const char *target, int *target_at, bool may_collect)
{
	UpReading *reading = up_reading_begin_with(query, may_collect ? COLLECTS | CURSOR_OPT_PARALLEL_OK : 0);
	Collecting c = {up_describing_new(up_reading_columns(reading), target != NULL), false};
	Collecting *outer_current = current;
	MemoryContext outer;

	if (target != NULL)
		*target_at = up_row_reader_find(c.into->reader, target, "target");
	outer = MemoryContextSwitchTo(c.into->context);
	current = &c;
	PG_TRY();
	{
		up_reading_run(reading, NULL, up_describing_row, c.into);
	}
	PG_FINALLY();
	{
		/* It may have been a row that failed. */
		up_large_be_seen(UP_NOT_SEEN);
		current = outer_current;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	up_reading_end(reading);
	return c;
}

UpDescribing *
up_describe_source(const char *query, const char *target, int *target_at)
{
	Collecting c = read_source(query, target, target_at, target == NULL);

	if (!c.too_many)
		return c.into;
	MemoryContextDelete(c.into->context);
	return read_source(query, target, target_at, false).into;
}
