/*
 * describe_plan.c - plans whose processes collect the rows that are described, each those that it reads; see describing.h
 *
 * The rows of a parallel plan would all go to the session, one by one, which takes longer than to read them there. So a node of our own stands
 * below Gather, takes all rows of its process into columns, and hands none on. What workers hold stands in memory that the session takes over
 * (hand_over.h) as the plan shuts down. In which order rows come depends on the processes: no fact of numbers that are held does.
 *
 * There is no estimate in common: once there are more rows than may be held, the processes stop, and the session reads the source by itself.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "nodes/extensible.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "utils/memutils.h"

#include "pg/hand_over.h"
#include "pg/large_memory.h"
#include "pg/module.h"
#include "pg/sql/describing.h"
#include "pg/sql/plan_columns.h"

#define COLLECTS   0x40000000                        /* a cursor option, which the server has no use for */
#define STEP       4096                              /* rows that are counted together */
#define MOST_BYTES (UINT64CONST(1024) * 1024 * 1024) /* beyond it regions would be too many to be handed over */

/* What a worker leaves. */
typedef struct Left
{
	uint64 token; /* of its first region; the next ones have the next ones */
	uint64 rows;
	uint32 n_regions;
} Left;

typedef struct Shared
{
	pg_atomic_uint64 rows; /* of all processes, at least */
	pg_atomic_uint32 too_many;
	int n_workers;
	Left left[FLEXIBLE_ARRAY_MEMBER];
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
static void take_over(CustomScanState *node);

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
											   .ShutdownCustomScan = take_over};

/* ---- planning ---- */

/* Rows that all processes together may hold. */
static uint64
most_rows(TupleDesc desc)
{
	return Min(up_describing_most_rows(desc), MOST_BYTES / (sizeof(double) * Max(desc->natts, 1)));
}

static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo params)
{
	return next_planner != NULL ? next_planner(query, text, options, params)
								: standard_planner(query, text, options, params);
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
plan_statement(Query *query, const char *text, int options, ParamListInfo params)
{
	const Query *outer = ours;
	Query *again;
	PlannedStmt *result;

	if ((options & COLLECTS) == 0)
		return plan_next(query, text, options, params);
	again = copyObject(query); /* which planning changes */
	ours = query;
	PG_TRY();
	{
		result = plan_next(query, text, options & ~COLLECTS, params);
	}
	PG_FINALLY();
	{
		ours = outer;
	}
	PG_END_TRY();
	/* Estimates tell the order of rows: they are read in that of the table. */
	return mixes_rows(result) ? plan_next(again, text, options & ~(COLLECTS | CURSOR_OPT_PARALLEL_OK), params)
							  : result;
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
		input->cheapest_total_path->rows > (double) most_rows(columns))
		return;
	collecting = up_path_above(output, part, part->pathtarget, &path_methods);
	/* It has a place in the memory that the processes of the plan share. */
	collecting->path.parallel_aware = true;
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
estimate_shared(CustomScanState *node, ParallelContext *context)
{
	return offsetof(Shared, left) + sizeof(Left) * (Size) context->nworkers;
}

static void
begin_shared(CustomScanState *node, ParallelContext *context, void *at)
{
	Shared *shared = at;

	memset(shared, 0, estimate_shared(node, context));
	pg_atomic_init_u64(&shared->rows, 0);
	pg_atomic_init_u32(&shared->too_many, 0);
	shared->n_workers = context->nworkers;
	((CollectScan *) node)->shared = shared;
}

static void
join_shared(CustomScanState *node, shm_toc *toc, void *at)
{
	((CollectScan *) node)->shared = at;
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
			return true;
		if (d->rows == most ||
			(d->rows > 0 && d->rows % STEP == 0 && pg_atomic_add_fetch_u64(&shared->rows, STEP) > most))
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

/* false: it cannot. */
static bool
leave_rows(const UpDescribing *d, Left *left)
{
	void **regions = palloc(sizeof(void *) * Max(up_held_regions(&d->memory), 1));

	up_held_list_regions(&d->memory, regions);
	left->rows = d->rows;
	left->n_regions = (uint32) up_held_regions(&d->memory);
	if (!pg_strong_random(&left->token, sizeof(left->token)))
		return false;
	for (uint32 i = 0; i < left->n_regions; i++)
	{
		if (!up_hand_over(left->token + i, left->rows, regions[i]))
			return false;
	}
	return true;
}

/* In a worker, which a failure ends. */
static bool
collect_for_session(CollectScan *state)
{
	UpDescribing *d = up_describing_new(ExecGetResultType(linitial(state->css.custom_ps)), false);

	d->memory.large = true;
	return collect_rows(state, d) && leave_rows(d, &state->shared->left[ParallelWorkerNumber]);
}

static TupleTableSlot *
collect(CustomScanState *node)
{
	CollectScan *state = (CollectScan *) node;

	if (state->done)
		return NULL;
	state->done = true;
	if (!(state->collecting == NULL ? collect_for_session(state)
									: collect_rows(state, state->collecting->into)))
		pg_atomic_write_u32(&state->shared->too_many, 1);
	return NULL;
}

/* ---- the session ---- */

static void
take_over_from(UpDescribing *d, const Left *left)
{
	void **regions = palloc(sizeof(void *) * Max(left->n_regions, 1));
	size_t size;

	for (uint32 i = 0; i < left->n_regions; i++)
	{
		regions[i] = up_take_over(left->token + i, left->rows, &size);
		if (regions[i] == NULL)
			elog(ERROR, "rows of a worker are missing");
	}
	up_summaries_take_over(d->summaries, d->reader->n_attributes, left->rows, regions);
	d->rows += left->rows;
}

/* The workers have left what they hold, and the memory in which they say so is going. */
static void
take_over(CustomScanState *node)
{
	CollectScan *state = (CollectScan *) node;
	Collecting *c = state->collecting;
	Shared *shared = state->shared;
	uint64 rows;
	MemoryContext outer;

	if (c == NULL)
		return;
	rows = c->into->rows;
	for (int i = 0; i < shared->n_workers; i++)
		rows += shared->left[i].rows;
	c->too_many |= pg_atomic_read_u32(&shared->too_many) != 0 || rows > most_rows(c->into->reader->desc);
	outer = MemoryContextSwitchTo(c->into->context);
	for (int i = 0; i < shared->n_workers && !c->too_many; i++)
		take_over_from(c->into, &shared->left[i]);
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
