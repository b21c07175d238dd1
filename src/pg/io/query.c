/*
 * query.c - statements through SPI; see query.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

#include "base/platform.h"
#include "pg/io/aside.h"
#include "pg/io/caught.h"
#include "pg/io/local_setting.h"
#include "pg/io/query.h"
#include "pg/io/rewritten.h"
#include "pg/io/varies.h"

static void
connect_spi(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

static void
finish_spi(void)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

static void
register_rows(EphemeralNamedRelation rows)
{
	int result = rows == NULL ? SPI_OK_REL_REGISTER : SPI_register_relation(rows);

	if (result != SPI_OK_REL_REGISTER)
		elog(ERROR, "rows cannot be registered: %s", SPI_result_code_string(result));
}

static void
connect_source(void)
{
	connect_spi();
	register_rows(up_rows_offered());
	register_rows(up_rows_offered_beside());
}

static SPIPlanPtr
prepare(const char *query, int n_args, const Oid *types, int options)
{
	SPIPlanPtr plan = SPI_prepare_cursor(query, n_args, unconstify(Oid *, types), options);

	if (plan == NULL)
		elog(ERROR, "query failed: %s", SPI_result_code_string(SPI_result));
	return plan;
}

static void
check_done(int result)
{
	if (result < 0)
		elog(ERROR, "query failed: %s", SPI_result_code_string(result));
}

/*
 * Executes a plan or, where it is NULL, the query. What fails is told without the query: of a source it is known which, and nobody but us wrote
 * what else there is.
 */
static void
execute(SPIPlanPtr plan, const char *query, const SPIExecuteOptions *options)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		check_done(plan != NULL ? SPI_execute_plan_extended(plan, options)
								: SPI_execute_extended(query, options));
	}
	PG_CATCH();
	{
		up_rethrow_without(query, context);
	}
	PG_END_TRY();
}

static ParamListInfo
bind_values(int n_args, const Oid *types, const Datum *values, const char *nulls)
{
	ParamListInfo params;

	if (n_args == 0)
		return NULL;
	params = makeParamList(n_args);
	for (int i = 0; i < n_args; i++)
	{
		params->params[i].value = values[i];
		params->params[i].isnull = nulls != NULL && nulls[i] == 'n';
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].ptype = types[i];
	}
	return params;
}

/* A plan for no values. What is computed while it is made may fail as in a run. */
static CachedPlan *
get_plan(SPIPlanPtr plan, const char *query)
{
	MemoryContext context = CurrentMemoryContext;
	CachedPlan *volatile cached = NULL;

	PG_TRY();
	{
		cached = SPI_plan_get_cached_plan(plan);
	}
	PG_CATCH();
	{
		up_rethrow_without(query, context);
	}
	PG_END_TRY();
	if (cached == NULL)
		elog(ERROR, "query is not one statement");
	return cached;
}

/*
 * A plan, with everything locked that it reads: tables below views and inlined functions, partitions and children.
 * The snapshot is taken after that and left active. The caller's own, taken before, would show a relation that was
 * reloaded while we waited for its lock as empty.
 */
static SPIPlanPtr
plan_and_look(const char *query, int n_args, const Oid *types, int options)
{
	SPIPlanPtr plan = prepare(query, n_args, types, options);
	CachedPlan *cached = get_plan(plan, query);

	PushActiveSnapshot(GetTransactionSnapshot());
	if (IsolationUsesXactSnapshot())
		up_refuse_rewritten(cached->stmt_list);
	ReleaseCachedPlan(cached, NULL);
	return plan;
}

double
up_query_cost(const char *query, int n_args, const Oid *types, const Datum *values)
{
	MemoryContext outer = CurrentMemoryContext;
	ParamListInfo params = bind_values(n_args, types, values, NULL);
	SPIPlanPtr plan;
	CachedPlan *cached;
	double cost;

	connect_source();
	plan = prepare(query, n_args, types, CURSOR_OPT_CUSTOM_PLAN);
	PushActiveSnapshot(GetTransactionSnapshot());
	cached = GetCachedPlan(linitial(SPI_plan_get_plan_sources(plan)), params, NULL, NULL);
	cost = linitial_node(PlannedStmt, cached->stmt_list)->planTree->total_cost;
	ReleaseCachedPlan(cached, NULL);
	PopActiveSnapshot();
	finish_spi();
	MemoryContextSwitchTo(outer);
	return cost;
}

struct UpReading
{
	SPIPlanPtr plan;
	TupleDesc columns;
	bool enough; /* no more rows are wanted */
};

static UpReading *
begin_reading(const char *query, int n_args, const Oid *types, int options)
{
	MemoryContext outer = CurrentMemoryContext;
	UpReading *r = palloc0(sizeof(UpReading));
	CachedPlanSource *source;

	connect_source();
	r->plan = plan_and_look(query, n_args, types, options);
	source = linitial(SPI_plan_get_plan_sources(r->plan));
	MemoryContextSwitchTo(outer);
	if (source->resultDesc != NULL)
		r->columns = CreateTupleDescCopy(source->resultDesc);
	return r;
}

UpReading *
up_reading_begin(const char *query)
{
	return begin_reading(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
}

UpReading *
up_reading_begin_with(const char *query, int options)
{
	return begin_reading(query, 0, NULL, options);
}

static void
look_at_plan(const UpReading *r, double *rows, double *width)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(r->plan);
	const Plan *plan = linitial_node(PlannedStmt, cached->stmt_list)->planTree;

	*rows = plan->plan_rows;
	*width = plan->plan_width;
	ReleaseCachedPlan(cached, NULL);
}

double
up_reading_n_rows(const UpReading *r)
{
	double rows, width;

	look_at_plan(r, &rows, &width);
	return rows;
}

bool
up_reading_is_parallel(const UpReading *r)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(r->plan);
	bool is_parallel = linitial_node(PlannedStmt, cached->stmt_list)->parallelModeNeeded;

	ReleaseCachedPlan(cached, NULL);
	return is_parallel;
}

double
up_reading_width(const UpReading *r)
{
	double rows, width;

	look_at_plan(r, &rows, &width);
	return width;
}

Oid
up_reading_table(const UpReading *r, AttrNumber *numbers)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(r->plan);
	const PlannedStmt *statement = linitial_node(PlannedStmt, cached->stmt_list);
	const Plan *top = statement->planTree;
	bool plain = IsA(top, SeqScan) && top->qual == NIL;
	Oid table = plain ? rt_fetch(((const Scan *) top)->scanrelid, statement->rtable)->relid : InvalidOid;
	ListCell *at;

	foreach (at, top->targetlist)
	{
		const TargetEntry *target = lfirst_node(TargetEntry, at);

		plain = plain && IsA(target->expr, Var);
		if (plain && !target->resjunk)
			numbers[target->resno - 1] = ((const Var *) target->expr)->varattno;
	}
	ReleaseCachedPlan(cached, NULL);
	return plain ? table : InvalidOid;
}

TupleDesc
up_reading_columns(const UpReading *r)
{
	return r->columns;
}

Oid
up_reading_origin(const UpReading *r, int column, AttrNumber *number)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(r->plan));
	List *targets =
		list_length(source->query_list) == 1 ? linitial_node(Query, source->query_list)->targetList : NIL;
	ListCell *cell;

	foreach (cell, targets)
	{
		const TargetEntry *entry = lfirst(cell);

		if (entry->resjunk || entry->resno != column + 1)
			continue;
		*number = entry->resorigcol;
		return entry->resorigtbl;
	}
	return InvalidOid;
}

static uint64
stream(UpReading *reading, ParamListInfo params, UpStartFn start, UpRowFn row, void *arg)
{
	UpStreamReceiver r = up_stream_receiver(start, row, arg);
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(reading->plan));
	SPIExecuteOptions options = {0};

	r.enough = &reading->enough;
	r.columns = reading->columns;
	options.params = params;
	options.read_only = true;
	options.dest = &r.base;
	execute(reading->plan, source->query_string, &options);
	/* SPI leaves us in a context of its own. */
	MemoryContextSwitchTo(r.context);
	return r.n;
}

uint64
up_reading_run(UpReading *r, UpStartFn start, UpRowFn row, void *arg)
{
	return stream(r, NULL, start, row, arg);
}

bool
up_reading_varies(const UpReading *r)
{
	return up_queries_vary(((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(r->plan)))->query_list);
}

/* Whether rows come from elsewhere: to run that twice costs what it costs there, and may give others. */
static bool
reads_elsewhere(const UpReading *r)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(r->plan);
	bool elsewhere = false;
	ListCell *at, *relation;

	foreach (at, cached->stmt_list)
	{
		foreach (relation, lfirst_node(PlannedStmt, at)->relationOids)
			elsewhere = elsewhere || get_rel_relkind(lfirst_oid(relation)) == RELKIND_FOREIGN_TABLE;
	}
	ReleaseCachedPlan(cached, NULL);
	return elsewhere;
}

bool
up_reading_measure(UpReading *r, UpRowFn row, void *arg)
{
	MemoryContext outer = CurrentMemoryContext;

	if (up_reading_varies(r) || reads_elsewhere(r))
		return false;
	connect_source();
	MemoryContextSwitchTo(outer);
	stream(r, NULL, NULL, row, arg);
	finish_spi();
	MemoryContextSwitchTo(outer);
	return true;
}

void
up_reading_stop(UpReading *r)
{
	r->enough = true;
}

void
up_reading_end(UpReading *r)
{
	MemoryContext outer = CurrentMemoryContext;

	PopActiveSnapshot();
	finish_spi();
	MemoryContextSwitchTo(outer);
}

uint64
up_query_stream(const char *query, int n_args, const Oid *types, const Datum *values, const char *nulls,
				UpStartFn start, UpRowFn row, void *arg)
{
	UpReading *r = begin_reading(query, n_args, types, CURSOR_OPT_PARALLEL_OK);
	uint64 n = stream(r, bind_values(n_args, types, values, nulls), start, row, arg);

	up_reading_end(r);
	return n;
}

/* What the statement left behind in SPI, for the caller's memory context. */
static UpRows
take_rows(MemoryContext outer)
{
	UpRows r = {0};

	r.processed = SPI_processed;
	if (SPI_tuptable != NULL)
	{
		SPITupleTable *table = SPI_tuptable;

		MemoryContextSwitchTo(outer);
		r.n = SPI_processed;
		r.desc = CreateTupleDescCopy(table->tupdesc);
		r.rows = up_alloc_array(Max(r.n, 1), sizeof(HeapTuple));
		for (uint64 i = 0; i < r.n; i++)
			r.rows[i] = heap_copytuple(table->vals[i]);
	}
	finish_spi();
	MemoryContextSwitchTo(outer);
	return r;
}

/* A level of settings with the path of our own statements. */
static int
enter_catalog(void)
{
	int level = NewGUCNestLevel();

	up_set_locally("search_path", "pg_catalog, pg_temp");
	return level;
}

static UpRows
run_in_catalog(bool read_only, EphemeralNamedRelation over, const char *query, int n_args, const Oid *types,
			   const Datum *values, const char *nulls)
{
	MemoryContext outer = CurrentMemoryContext;
	int level = enter_catalog();
	SPIExecuteOptions options = {0};
	UpRows r;

	connect_spi();
	register_rows(over);
	register_rows(up_rows_offered_beside());
	options.params = bind_values(n_args, types, values, nulls);
	options.read_only = read_only;
	execute(NULL, query, &options);
	r = take_rows(outer);
	AtEOXact_GUC(true, level);
	return r;
}

UpRows
up_query(bool read_only, const char *query, int n_args, const Oid *types, const Datum *values,
		 const char *nulls)
{
	return run_in_catalog(read_only, NULL, query, n_args, types, values, nulls);
}

UpRows
up_query_over(const char *name, Tuplestorestate *rows, TupleDesc columns, const char *query, int n_args,
			  const Oid *types, const Datum *values)
{
	return run_in_catalog(false, up_rows_named(name, rows, columns), query, n_args, types, values, NULL);
}

/* Ends a statement that wrote, and the level of settings that it ran in; how many rows. */
static uint64
end_write(MemoryContext outer, int level)
{
	uint64 processed = SPI_processed;

	finish_spi();
	MemoryContextSwitchTo(outer);
	AtEOXact_GUC(true, level);
	return processed;
}

uint64
up_query_latest(const char *query)
{
	MemoryContext outer = CurrentMemoryContext;
	int level = enter_catalog();
	SPIPlanPtr plan;

	connect_spi();
	plan = prepare(query, 0, NULL, 0);
	check_done(SPI_execute_snapshot(plan, NULL, NULL, GetLatestSnapshot(), InvalidSnapshot, false, true, 0));
	return end_write(outer, level);
}

void
up_query_each(const char *query, UpRowFn row, void *arg)
{
	UpStreamReceiver r = up_stream_receiver(NULL, row, arg);
	SPIExecuteOptions options = {0};
	int level = enter_catalog();

	connect_spi();
	options.read_only = true;
	options.dest = &r.base;
	execute(NULL, query, &options);
	finish_spi();
	MemoryContextSwitchTo(r.context);
	AtEOXact_GUC(true, level);
}

UpRows
up_query_in_path(const char *query)
{
	MemoryContext outer = CurrentMemoryContext;
	SPIExecuteOptions options = {0};
	SPIPlanPtr plan;

	connect_spi();
	plan = plan_and_look(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	/* A statement that may write takes a new snapshot of its own, and what it reads is locked. */
	PopActiveSnapshot();
	execute(plan, query, &options);
	return take_rows(outer);
}

/* Ends what the caller connected. */
static UpKept *
keep_plan(MemoryContext outer, const char *query, int n_args, const Oid *types, bool for_shards)
{
	UpKept *kept = prepare(query, n_args, types, for_shards ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN);

	check_done(SPI_keepplan(kept));
	finish_spi();
	MemoryContextSwitchTo(outer);
	return kept;
}

UpKept *
up_kept_new(const char *query, int n_args, const Oid *types, bool for_shards)
{
	MemoryContext outer = CurrentMemoryContext;
	int level = enter_catalog();
	UpKept *kept;

	connect_spi();
	kept = keep_plan(outer, query, n_args, types, for_shards);
	AtEOXact_GUC(true, level);
	return kept;
}

UpRows
up_kept_run(UpKept *kept, const Datum *values)
{
	MemoryContext outer = CurrentMemoryContext;
	int level = enter_catalog();
	UpRows r;

	connect_spi();
	check_done(SPI_execute_plan(kept, unconstify(Datum *, values), NULL, true, 0));
	r = take_rows(outer);
	AtEOXact_GUC(true, level);
	return r;
}

uint64
up_kept_write(UpKept *kept, const Datum *values)
{
	MemoryContext outer = CurrentMemoryContext;
	int level = enter_catalog();

	connect_spi();
	check_done(SPI_execute_plan(kept, unconstify(Datum *, values), NULL, false, 0));
	return end_write(outer, level);
}

bool
up_kept_is_valid(UpKept *kept)
{
	return SPI_plan_is_valid(kept);
}

void
up_kept_free(UpKept *kept)
{
	SPI_freeplan(kept);
}

UpKept *
up_kept_source(const char *query, int n_args, const Oid *types, bool for_shards)
{
	MemoryContext outer = CurrentMemoryContext;

	connect_source();
	return keep_plan(outer, query, n_args, types, for_shards);
}

List *
up_kept_queries(UpKept *kept, double *cost, double *n_rows)
{
	MemoryContext outer = CurrentMemoryContext;
	CachedPlan *cached;
	const Plan *top;
	List *queries;

	connect_source();
	cached = SPI_plan_get_cached_plan(kept);
	if (cached == NULL)
		elog(ERROR, "query is not one statement");
	top = linitial_node(PlannedStmt, cached->stmt_list)->planTree;
	*cost = top->total_cost;
	*n_rows = top->plan_rows;
	queries = ((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(kept)))->query_list;
	ReleaseCachedPlan(cached, CurrentResourceOwner);
	finish_spi();
	MemoryContextSwitchTo(outer);
	return queries;
}

void
up_kept_stream(UpKept *kept, TupleDesc columns, int n_args, const Oid *types, const Datum *values, UpRowFn row,
			   void *arg)
{
	MemoryContext outer = CurrentMemoryContext;
	UpReading reading = {kept, columns};

	connect_source();
	MemoryContextSwitchTo(outer);
	(void) stream(&reading, bind_values(n_args, types, values, NULL), NULL, row, arg);
	finish_spi();
	MemoryContextSwitchTo(outer);
}

Datum
up_rows_get(const UpRows *r, uint64 row, const char *column_name, bool *isnull)
{
	int column = SPI_fnumber(r->desc, column_name);

	if (column <= 0 || row >= r->n)
		elog(ERROR, "no such value: row " UINT64_FORMAT ", column \"%s\"", row, column_name);
	return heap_getattr(r->rows[row], column, r->desc, isnull);
}

char *
up_rows_text(const UpRows *r, uint64 row, const char *column_name)
{
	bool isnull;
	Datum value = up_rows_get(r, row, column_name, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

TupleDesc
up_query_columns(const char *query)
{
	MemoryContext outer = CurrentMemoryContext;
	CachedPlanSource *source;
	TupleDesc desc = NULL;

	connect_spi();
	source = linitial(SPI_plan_get_plan_sources(prepare(query, 0, NULL, 0)));
	MemoryContextSwitchTo(outer);
	if (source->resultDesc != NULL)
		desc = CreateTupleDescCopy(source->resultDesc);
	finish_spi();
	MemoryContextSwitchTo(outer);
	return desc;
}

void
up_commit(void)
{
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	SPI_commit();
	finish_spi();
}
