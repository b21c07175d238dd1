/*
 * fn_mines.c - named mines: uprofile_mine, uprofile_refresh_mine, uprofile_drop_mine
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/mines/mine.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"
#include "pg/sql/mine_arguments.h"
#include "pg/sql/mined_rules.h"

#include <math.h>

/* What one refresh found. */
typedef struct Found
{
	UpArrivals arrivals;
	uint32_t mined;
	UpItemsets sets;
	UpRules rules;
} Found;

/* ---- rows ---- */

/* Rows that are kept aside, with the columns of this query. */
static UpSrf *
rows_new(const char *columns)
{
	UpSrf *rows = palloc0(sizeof(UpSrf));

	rows->desc = up_query_columns(columns);
	rows->store = tuplestore_begin_heap(false, false, work_mem);
	return rows;
}

/* They take the place of the mine's rows in a table. */
static void
replace_rows(const UpMine *m, UpSrf *rows, const char *table, const char *columns)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(m->name);

	up_query(false, psprintf("DELETE FROM %s.%s WHERE mine = $1", m->schema, table), 1, &type, &name, NULL);
	up_query_over("uprofile_new_rows", rows->store, rows->desc,
				  psprintf("INSERT INTO %s.%s (mine, %s) SELECT $1, %s FROM uprofile_new_rows", m->schema,
						   table, columns, columns),
				  1, &type, &name);
	tuplestore_end(rows->store);
}

static void
write_sets(const UpMine *m, const UpMinedItems *items, const UpItemsets *sets, uint64 n)
{
	UpSrf *rows = rows_new("SELECT NULL::pg_catalog.text[] AS items, 0::pg_catalog.int8 AS count, "
						   "0::pg_catalog.float8 AS support");

	for (uint32_t i = 0; i < sets->n; i++)
	{
		const UpItemset *set = sets->sets[i];
		size_t size = up_mined_array_size(items, set->items, set->len);
		char *array = palloc(size + UP_IMAGE_STEP);
		Datum values[3];
		bool nulls[3] = {false};

		up_mined_array(items, set->items, set->len, array, size);
		values[0] = PointerGetDatum(array);
		values[1] = Int64GetDatum(set->count);
		values[2] = Float8GetDatum((double) set->count / (double) n);
		up_srf_row(rows, values, nulls);
		pfree(array);
		if ((i & 1023) == 0)
			up_progress("storing item sets", i, sets->n);
	}
	replace_rows(m, rows, "uprofile_mined_sets", "items, count, support");
}

static void
write_rules(const UpMine *m, const UpMinedItems *items, const UpRules *rules)
{
	UpSrf *rows =
		rows_new(psprintf("SELECT * FROM %s.uprofile_apriori('SELECT 1 AS b, 1 AS i', 'b', 'i')", m->schema));

	up_mined_rules_return(rows, rules, items, rules->truncated);
	replace_rows(m, rows, "uprofile_mined_rules",
				 "lhs, rhs, count, support, confidence, lift, leverage, conviction, zhang, jaccard, cosine, "
				 "kulczynski, imbalance, "
				 "chi_squared, p_value");
}

/* ---- a refresh ---- */

static Found
refresh(UpMine *m, bool is_first)
{
	Found f = {0};
	UpKeys keys;
	UpBasketSource *read = up_mine_read(m, &keys);
	uint64 n = read->baskets.n_baskets;
	uint32_t least = up_mine_least(m->min_support, &read->baskets), max_sets = up_mined_sets_in_memory();
	UpMinedItems *items;
	UpRuleOptions options = {.n_baskets = n,
							 .min_confidence = m->min_confidence,
							 .min_len = 2,
							 .max_rhs = (uint32_t) m->max_rhs,
							 .max_rules = (uint32_t) m->max_rules,
							 .min_improvement = -1,
							 .max_p_value = 1,
							 .correction = UP_CORRECT_NONE};

	up_standing_update(&m->standing, &keys, &read->baskets, &f.arrivals);
	items = up_mined_items(read, least);
	up_standing_mine(&m->standing, items->number, max_sets, &f.sets, &f.mined);
	if (f.sets.truncated)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("more than %u item sets are frequent", max_sets),
						errhint("Raise min_support or uprofile.max_memory, or set max_len.")));
	options.n_items = items->n;
	up_mine_rules(&f.sets, &options, &f.rules);
	up_mine_keep(m, n);
	/* The rows are those that are there. */
	if (!is_first && f.arrivals.arrived + f.arrivals.changed + f.arrivals.gone == 0)
		return f;
	write_sets(m, items, &f.sets, n);
	write_rules(m, items, &f.rules);
	if (f.rules.truncated)
		up_warn("Raise min_confidence or max_rules.",
				"there are more than %u rules: only the %u with the greatest lift are kept", options.max_rules,
				options.max_rules);
	return f;
}

static Datum
refresh_and_tell(FunctionCallInfo fcinfo, UpSrf *srf, const char *schema, const char *name, bool is_first)
{
	UpMine *m = up_mine_load(schema, name);
	Found f = refresh(m, is_first);
	Datum values[8];
	bool nulls[8] = {false};

	values[0] = Int64GetDatum((int64) up_standing_baskets(&m->standing));
	values[1] = Int64GetDatum((int64) f.arrivals.arrived);
	values[2] = Int64GetDatum((int64) f.arrivals.changed);
	values[3] = Int64GetDatum((int64) f.arrivals.gone);
	values[4] = Int64GetDatum(f.sets.n);
	values[5] = Int64GetDatum(f.rules.n);
	values[6] = Int32GetDatum((int32) m->standing.n_parts);
	values[7] = Int32GetDatum((int32) f.mined);
	up_srf_row(srf, values, nulls);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_mine);
Datum
uprofile_mine(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpMineOrder o = {.name = up_text_argument(fcinfo, 0, "name")};

	o.source = up_text_argument(fcinfo, 1, "source");
	o.basket = up_text_argument(fcinfo, 2, "basket");
	o.item = up_text_argument(fcinfo, 3, "item");
	o.min_support = up_mine_support(fcinfo, 4);
	o.min_confidence = up_mine_number(fcinfo, 5, "min_confidence", 1);
	o.max_len = (int32) up_mine_count(fcinfo, 6, "max_len", false, 0, PG_INT32_MAX);
	o.max_rhs = (int32) up_mine_count(fcinfo, 7, "max_rhs", false, 0, PG_INT32_MAX);
	o.event_time = up_text_argument(fcinfo, 8, NULL);
	o.time_window = up_interval_argument(fcinfo, 9);
	o.max_rules = up_mine_count(fcinfo, 10, "max_rules", true, 1, UP_MINE_MOST);
	if ((o.event_time == NULL) != (o.time_window == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("event_time and time_window go together"),
				 errhint("For example event_time => 'bought_at', time_window => '90 days'.")));
	if (o.time_window != NULL &&
		(o.time_window->month < 0 || o.time_window->day < 0 || o.time_window->time < 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_window must not be negative")));
	up_mine_add(schema, &o);
	return refresh_and_tell(fcinfo, srf, schema, o.name, true);
}

PG_FUNCTION_INFO_V1(uprofile_refresh_mine);
Datum
uprofile_refresh_mine(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);

	return refresh_and_tell(fcinfo, srf, up_schema_of_function(fcinfo->flinfo->fn_oid),
							up_text_argument(fcinfo, 0, "name"), false);
}

PG_FUNCTION_INFO_V1(uprofile_drop_mine);
Datum
uprofile_drop_mine(PG_FUNCTION_ARGS)
{
	up_mine_drop(up_schema_of_function(fcinfo->flinfo->fn_oid), up_text_argument(fcinfo, 0, "name"));
	PG_RETURN_VOID();
}
