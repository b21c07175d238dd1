/*
 * fn_row.c - uprofile_row: a row as a record, and a record of names and values
 *
 * The arguments of an aggregate that is sent to shards are compared with its types, where a row of a table is not a record: one that
 * comes out of a function is.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/servers.h"

/* Of one place in a query: the columns that these names made. */
typedef struct RowSite
{
	MemoryContext context; /* what follows, until other names come */
	ArrayType *names;
	TupleDesc columns;
} RowSite;

PG_FUNCTION_INFO_V1(uprofile_row);
Datum
uprofile_row(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

static void
add_column(TupleDesc columns, int i, const char *name, Oid type)
{
	if (strlen(name) == 0 || strlen(name) >= NAMEDATALEN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("\"%s\" cannot be the name of a column", name),
						errdetail("It has 1 to %d bytes.", NAMEDATALEN - 1)));
	for (int j = 0; j < i; j++)
	{
		if (strcmp(NameStr(TupleDescAttr(columns, j)->attname), name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column name \"%s\" appears twice", name)));
	}
	if (!OidIsValid(type) || type == UNKNOWNOID)
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
						errmsg("the type of column \"%s\" is not known", name), errhint("Cast the value.")));
	TupleDescInitEntry(columns, (AttrNumber) (i + 1), name, type, -1, 0);
	TupleDescInitEntryCollation(columns, (AttrNumber) (i + 1), get_typcollation(type));
}

static TupleDesc
columns_named(FunctionCallInfo fcinfo, ArrayType *names)
{
	int n_values = PG_NARGS() - 1, n;
	TupleDesc columns;
	Datum *name;
	bool *isnull;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &name, &isnull, &n);
	if (n != n_values)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d names and %d values do not make a row", n, n_values),
						errhint("For example uprofile_row('{age,city}', age, city).")));
	columns = CreateTemplateTupleDesc(n);
	for (int i = 0; i < n; i++)
	{
		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the name of a column must not be NULL")));
		add_column(columns, i, TextDatumGetCString(name[i]), get_fn_expr_argtype(fcinfo->flinfo, i + 1));
	}
	return BlessTupleDesc(up_columns_done(columns));
}

static TupleDesc
site_columns(FunctionCallInfo fcinfo)
{
	RowSite *site = fcinfo->flinfo->fn_extra;
	ArrayType *names;
	MemoryContext outer;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the names of a row must not be NULL")));
	names = PG_GETARG_ARRAYTYPE_P(0);
	if (site != NULL && site->names != NULL && VARSIZE(site->names) == VARSIZE(names) &&
		memcmp(site->names, names, VARSIZE(names)) == 0)
		return site->columns;
	if (site == NULL)
	{
		site = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RowSite));
		site->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "uprofile row", ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = site;
	}
	site->names = NULL;
	MemoryContextReset(site->context);
	outer = MemoryContextSwitchTo(site->context);
	site->columns = columns_named(fcinfo, names);
	site->names = palloc(VARSIZE(names));
	memcpy(site->names, names, VARSIZE(names));
	MemoryContextSwitchTo(outer);
	return site->columns;
}

PG_FUNCTION_INFO_V1(uprofile_row_named);
Datum
uprofile_row_named(PG_FUNCTION_ARGS)
{
	Datum values[FUNC_MAX_ARGS];
	bool nulls[FUNC_MAX_ARGS];
	TupleDesc columns;

	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("a row is not made of a VARIADIC array"),
						errhint("Give the values one by one.")));
	columns = site_columns(fcinfo);
	for (int i = 0; i < columns->natts; i++)
	{
		values[i] = PG_GETARG_DATUM(i + 1);
		nulls[i] = PG_ARGISNULL(i + 1);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(columns, values, nulls)));
}
