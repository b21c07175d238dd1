/*
 * fn_mines.c - named mines: uprofile_mine, uprofile_refresh_mine, uprofile_drop_mine, uprofile_rename_mine, uprofile_reassign_mine
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
#include "pg/sql/mine_result.h"
#include "pg/sql/mined_rules.h"

/* What one refresh found. */
typedef struct Found
{
	UpArrivals arrivals;
	uint32_t mined;
	UpMineResult result;
	UpMineCounts counts;
} Found;

/* Item sets of all baskets, and rules, as they are now. */
static void
mine(UpMine *m, UpBasketSource *read, Found *f)
{
	UpMineResult *r = &f->result;
	uint32_t max_sets = up_mined_sets_in_memory();
	uint64 n_rules;

	/* Counts of all baskets, also where only some were read. */
	read->baskets.n_baskets = r->n_baskets = (uint32_t) up_standing_baskets(&m->standing);
	read->baskets.counts = up_alloc_array(Max(m->standing.n_items, 1), sizeof(uint32_t));
	read->baskets.n_items = m->standing.n_items;
	up_standing_counts(&m->standing, read->baskets.counts);
	r->items = up_mined_items(read, up_mine_least(m->min_support, &read->baskets));
	up_standing_mine(&m->standing, r->items->number, max_sets, &r->sets, &f->mined);
	if (r->sets.truncated)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("more than %u item sets are frequent", max_sets),
						errhint("Raise min_support or uprofile.max_memory, or set max_len.")));
	n_rules = up_mine_result_count_rules(r, m->min_confidence, m->max_rhs);
	if (n_rules > (uint64) m->max_rules)
		up_warn("Raise min_confidence or max_rules.",
				"there are more than %u rules: only the %u with the greatest lift are kept",
				(uint32_t) m->max_rules, (uint32_t) m->max_rules);
	f->counts = (UpMineCounts){r->n_baskets, r->sets.n, (int64) Min(n_rules, (uint64) m->max_rules),
							   (int32) m->standing.n_parts};
}

static Found
refresh(UpMine *m, const UpMineChanges *c)
{
	Found f = {0};
	UpKeys touched, keys;
	UpBasketSource *read;
	UpWriter w;

	if (c->full == NULL && c->n == 0)
	{
		f.counts = up_mine_keep_all(m);
		return f;
	}
	up_mine_load(m);
	read = up_mine_read(m, c, &touched, &keys);
	up_mine_settle(&m->followed, c);
	if (c->full != NULL)
		up_standing_update(&m->standing, &keys, &read->baskets, &f.arrivals);
	else
		up_standing_change(&m->standing, &touched, &keys, &read->baskets, &f.arrivals);
	mine(m, read, &f);
	up_mine_keep(m, c, &f.counts);
	/* The sets are those that are there. */
	if (m->followed.n_baskets > 0 && f.arrivals.arrived + f.arrivals.changed + f.arrivals.gone == 0)
		return f;
	up_writer_init(&w);
	up_mine_result_put(&w, &f.result);
	up_mine_keep_sets(m, &w);
	return f;
}

static Datum
refresh_and_tell(FunctionCallInfo fcinfo, UpSrf *srf, UpMine *m)
{
	UpMineChanges *c = up_mine_changes(&m->followed);
	Found f = refresh(m, c);
	Datum values[10];
	bool nulls[10] = {false};

	if (f.counts.baskets == 0 && f.arrivals.gone > 0)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("all baskets of mine \"%s\" are gone, and with them its sets and rules", m->name),
				 errhint("If its source was emptied by mistake, ROLLBACK keeps them; or fill it, and refresh "
						 "the mine again.")));
	values[0] = Int64GetDatum(f.counts.baskets);
	values[1] = Int64GetDatum((int64) f.arrivals.arrived);
	values[2] = Int64GetDatum((int64) f.arrivals.changed);
	values[3] = Int64GetDatum((int64) f.arrivals.gone);
	values[4] = Int64GetDatum(f.counts.itemsets);
	values[5] = Int64GetDatum(f.counts.rules);
	values[6] = Int32GetDatum(f.counts.parts);
	values[7] = Int32GetDatum((int32) f.mined);
	values[8] = CStringGetTextDatum(c->full != NULL ? "all" : "baskets");
	if (c->full != NULL)
		values[9] = CStringGetTextDatum(c->full);
	else
		nulls[9] = true;
	up_srf_row(srf, values, nulls);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_mine);
Datum
uprofile_mine(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Oid trigger_function = up_mine_trigger_function(fcinfo->flinfo->fn_oid);
	UpMineOrder o = {.name = up_text_argument(fcinfo, 0, "name")};
	UpMine *m;

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
	o.watch = up_text_argument(fcinfo, 11, NULL);
	if ((o.event_time == NULL) != (o.time_window == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("event_time and time_window go together"),
				 errhint("For example event_time => 'bought_at', time_window => '90 days'.")));
	if (o.time_window != NULL &&
		(o.time_window->month < 0 || o.time_window->day < 0 || o.time_window->time < 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_window must not be negative")));
	up_mine_add(schema, &o);
	m = up_mine_find(schema, o.name, trigger_function);
	up_mine_watch_start(&m->followed);
	return refresh_and_tell(fcinfo, srf, m);
}

PG_FUNCTION_INFO_V1(uprofile_refresh_mine);
Datum
uprofile_refresh_mine(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *name = up_text_argument(fcinfo, 0, "name");

	return refresh_and_tell(fcinfo, srf,
							up_mine_find(up_schema_of_function(fcinfo->flinfo->fn_oid), name,
										 up_mine_trigger_function(fcinfo->flinfo->fn_oid)));
}

PG_FUNCTION_INFO_V1(uprofile_drop_mine);
Datum
uprofile_drop_mine(PG_FUNCTION_ARGS)
{
	up_mine_drop(up_schema_of_function(fcinfo->flinfo->fn_oid), up_text_argument(fcinfo, 0, "name"),
				 up_mine_trigger_function(fcinfo->flinfo->fn_oid));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_rename_mine);
Datum
uprofile_rename_mine(PG_FUNCTION_ARGS)
{
	up_mine_rename(up_schema_of_function(fcinfo->flinfo->fn_oid), up_text_argument(fcinfo, 0, "name"),
				   up_text_argument(fcinfo, 1, "new_name"));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_reassign_mine);
Datum
uprofile_reassign_mine(PG_FUNCTION_ARGS)
{
	up_mine_reassign(up_schema_of_function(fcinfo->flinfo->fn_oid), up_text_argument(fcinfo, 0, "name"),
					 up_text_argument(fcinfo, 1, "role"), up_mine_trigger_function(fcinfo->flinfo->fn_oid));
	PG_RETURN_VOID();
}
