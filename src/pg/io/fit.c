/*
 * fit.c - values that are stored in a column of another type: unchanged, or not at all; see fit.h
 *
 * The server's assignment rounds 1.5 to 2 in an integer column, cuts blanks that are too much for varchar(3), and drops
 * a timestamp's time in a date column. Here a value is cast there and back again, and it fits if it comes back equal.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "pg/io/fit.h"

#define VALUE_SHOWN 100 /* bytes of a value in an error */

typedef struct UpFitType
{
	Oid type;
	int16 len;
	bool by_value;
	FmgrInfo output;
} UpFitType;

struct UpFit
{
	const char *column;
	const char *type_name;
	UpFitType from, to;
	ExprContext *context;
	ExprState *there; /* NULL: nothing to do */
	ExprState *back;  /* NULL: there is no such cast, texts are compared */
	bool has_equal;
	FmgrInfo equal;
};

static UpFitType
fit_type(Form_pg_attribute a)
{
	UpFitType t = {a->atttypid, a->attlen, a->attbyval};
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(a->atttypid, &output, &is_varlena);
	fmgr_info(output, &t.output);
	return t;
}

/* The cast of a value that is put into the context's place for one. */
static ExprState *
cast_state(Form_pg_attribute from, Form_pg_attribute to, CoercionContext allowed, EState *estate)
{
	CaseTestExpr *given = makeNode(CaseTestExpr);
	Node *cast;

	given->typeId = from->atttypid;
	given->typeMod = from->atttypmod;
	given->collation = from->attcollation;
	cast = coerce_to_target_type(NULL, (Node *) given, from->atttypid, to->atttypid, to->atttypmod, allowed,
								 COERCE_IMPLICIT_CAST, -1);
	return cast == NULL ? NULL : ExecPrepareExpr((Expr *) cast, estate);
}

UpFit *
up_fit_new(Form_pg_attribute from, Form_pg_attribute to)
{
	UpFit *f = palloc0(sizeof(UpFit));
	TypeCacheEntry *type;
	EState *estate;

	f->column = pstrdup(NameStr(to->attname));
	f->type_name = format_type_with_typemod(to->atttypid, to->atttypmod);
	f->from = fit_type(from);
	f->to = fit_type(to);
	if (from->atttypid == to->atttypid && (to->atttypmod < 0 || to->atttypmod == from->atttypmod))
		return f;
	estate = CreateExecutorState();
	f->context = CreateExprContext(estate);
	f->there = cast_state(from, to, COERCION_ASSIGNMENT, estate);
	if (f->there == NULL)
		return NULL;
	f->back = cast_state(to, from, COERCION_EXPLICIT, estate);
	type = lookup_type_cache(from->atttypid, TYPECACHE_EQ_OPR_FINFO);
	f->has_equal = OidIsValid(type->eq_opr_finfo.fn_oid);
	if (f->has_equal)
		fmgr_info(type->eq_opr_finfo.fn_oid, &f->equal);
	return f;
}

bool
up_fit_is_plain(const UpFit *f)
{
	return f->there == NULL;
}

static Datum
evaluate(UpFit *f, ExprState *state, Datum value, bool *isnull)
{
	f->context->caseValue_datum = value;
	f->context->caseValue_isNull = false;
	return ExecEvalExprSwitchContext(state, f->context, isnull);
}

static bool
same_text(UpFit *f, Datum value, Datum there)
{
	return strcmp(OutputFunctionCall(&f->from.output, value), OutputFunctionCall(&f->to.output, there)) == 0;
}

static bool
comes_back(UpFit *f, Datum value, Datum there)
{
	bool isnull;
	Datum back;

	if (f->back == NULL)
		return same_text(f, value, there);
	back = evaluate(f, f->back, there, &isnull);
	if (isnull)
		return false;
	if (datum_image_eq(value, back, f->from.by_value, f->from.len))
		return true;
	/* Texts compare by their bytes: a collation that takes "a" for "A" would let one become the other. */
	return f->has_equal && DatumGetBool(FunctionCall2Coll(&f->equal, C_COLLATION_OID, value, back));
}

static void
fail(UpFit *f, Datum value, int sqlerrcode, const char *why, const char *row)
{
	char *text = OutputFunctionCall(&f->from.output, value);
	int len = (int) strlen(text);

	if (len > VALUE_SHOWN)
		text = psprintf("%s…", pnstrdup(text, pg_mbcliplen(text, len, VALUE_SHOWN)));
	ereport(ERROR, (errcode(sqlerrcode),
					errmsg("%s: value \"%s\" of column \"%s\" does not fit its type %s%s%s", row, text,
						   f->column, f->type_name, why != NULL ? ": " : "", why != NULL ? why : "")));
}

/* True if the value is the same there. */
static bool
convert(UpFit *f, Datum value, Datum *there, bool *isnull)
{
	MemoryContext outer = CurrentMemoryContext;
	bool fits;

	ResetExprContext(f->context);
	*there = evaluate(f, f->there, value, isnull);
	MemoryContextSwitchTo(f->context->ecxt_per_tuple_memory);
	fits = !*isnull && comes_back(f, value, *there);
	MemoryContextSwitchTo(outer);
	return fits;
}

/* The last: what casts of NaN and infinity say. */
static bool
is_about_value(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		   sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/* The same, where a cast that fails counts as one that does not fit: its message, else NULL. */
static bool
try_convert(UpFit *f, const Datum *value, Datum *there, bool *isnull, ErrorData **why)
{
	MemoryContext outer = CurrentMemoryContext;
	volatile bool fits = false;

	PG_TRY();
	{
		fits = convert(f, *value, there, isnull);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(outer);
		*why = CopyErrorData();
		if (!is_about_value((*why)->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return fits;
}

Datum
up_fit_value(UpFit *f, Datum value, bool *isnull, const char *(*what)(void *arg), void *arg)
{
	Datum there;
	ErrorData *why = NULL;

	if (f->there == NULL || *isnull)
		return value;
	if (!try_convert(f, &value, &there, isnull, &why))
		fail(f, value, why != NULL ? why->sqlerrcode : ERRCODE_DATA_EXCEPTION,
			 why != NULL ? why->message : NULL, what(arg));
	return there;
}
