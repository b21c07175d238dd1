/*
 * fn_what_if.c - uprofile_what_if: the smallest changes of a row that bring its prediction over a threshold
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/typcache.h"

#include "learn/what_if.h"
#include "pg/io/nearest.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/servers.h"
#include "pg/sql/arguments.h"
#include "pg/sql/forms.h"

#include <math.h>

#define OWNER "what_if"
#define GRID  40 /* values of a number, at least */
#define MOST  8  /* changes */

typedef struct Fields
{
	UpValue *change, *target, *ranges;
	double threshold;
	int64_t max_changes;
	int direction;
} Fields;

static const char *const directions[] = {"above", "below", NULL};

#define UP_PARAMS_OF Fields
static const UpParam params[] = {
	UP_TREE_PARAM("change", change, "null", "array of columns", "those that may be changed"),
	UP_TREE_PARAM("target", target, "null", "label",
				  "the class whose probability counts; by default one that is not predicted"),
	UP_REAL_PARAM("threshold", threshold, "null", -1e300, 1e300,
				  "to be reached: a probability (0.5), or the value of a regression", .nullable = true),
	UP_CHOICE_PARAM("direction", direction, "above", directions, "on which side of the threshold it is to be"),
	UP_INT_PARAM("max_changes", max_changes, "3", 1, MOST, "columns that may be changed at once"),
	UP_TREE_PARAM("ranges", ranges, "null", "object",
				  "column to [least, most] of numbers, or to a list of values; the training's by default"),
};

static const UpParamTable table = {params, lengthof(params)};

typedef struct Asking
{
	const UpModelUse *use;
	const UpModel *m;
	const Fields *f;
	UpWhatIf question;
} Asking;

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static const char **
column_names(const UpModel *m)
{
	const char **names = palloc(sizeof(char *) * Max(m->pipeline->n_steps, 1));

	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
		names[i] = m->pipeline->steps[i].name;
	return names;
}

static uint32_t
find_column(const UpModel *m, const UpValue *name, const char *key)
{
	const char **names = column_names(m);

	if (name->type != UP_STRING)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" of " OWNER " must list columns as text, not %s", key,
							   up_value_type_name(name))));
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		if (strcmp(names[i], name->string) == 0)
			return i;
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("the model has no column \"%s\"", name->string),
					up_hint_nearest(up_nearest_name(name->string, names, (int) m->pipeline->n_steps),
									"Only what the model sees can change its answer.")));
}

static const UpSpread *
spread_of(const UpModel *m, uint32_t input)
{
	const UpDistribution *d = m->distribution;

	for (uint32_t i = 0; d != NULL && i < d->n_inputs; i++)
	{
		if (d->inputs[i].input == input)
			return &d->inputs[i];
	}
	return NULL;
}

static bool
is_whole(const UpAttribute *a)
{
	return a->source == UP_FROM_INT2 || a->source == UP_FROM_INT4 || a->source == UP_FROM_INT8;
}

static void
bad_range(const char *column, const char *wanted)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the range of column \"%s\" must be %s", column, wanted)));
}

/* What the caller says of the column, or NULL. */
static const UpValue *
range_of(const Asking *a, const char *column)
{
	const UpValue *ranges = a->f->ranges, *range;

	if (ranges == NULL || ranges->type == UP_NULL)
		return NULL;
	if (ranges->type != UP_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"ranges\" of " OWNER " must be an object, not %s", up_value_type_name(ranges))));
	range = up_value_get(ranges, column);
	if (range != NULL && (range->type != UP_ARRAY || range->n == 0))
		bad_range(column, "a list");
	return range;
}

static void
number_range(const Asking *a, UpChangeable *c, const UpStep *step, const UpSpread *s)
{
	const UpValue *range = range_of(a, step->name);
	double now = a->question.inputs[c->input];

	if (range != NULL)
	{
		if (range->n != 2 || range->items[0]->type != UP_NUMBER || range->items[1]->type != UP_NUMBER ||
			range->items[0]->number > range->items[1]->number)
			bad_range(step->name, "two numbers, the lesser first");
		c->low = range->items[0]->number;
		c->high = range->items[1]->number;
	}
	else if (s == NULL || !s->numbers || s->n_points == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the model does not know which values of column \"%s\" are usual", step->name),
						errhint("Give them: {\"ranges\": {\"%s\": [least, most]}}.", step->name)));
	else
	{
		c->low = s->edges[0];
		c->high = s->edges[s->n_points - 1];
	}
	if (c->whole)
	{
		c->low = ceil(c->low);
		c->high = floor(c->high);
	}
	c->unit = s != NULL && s->numbers && s->deviation > 0 ? s->deviation : (c->high - c->low) / 4;
	if (!(c->unit > 0))
		c->unit = Max(fabs(now) / 4, 1e-9);
}

static void
add_value(UpChangeable *c, double v)
{
	if (v >= c->low && v <= c->high)
		c->values[c->n++] = v;
}

/* The edges of the training's quantiles, and as many between as there are to be; of whole numbers all, if they are few. */
static void
number_values(UpChangeable *c, const UpSpread *s)
{
	uint32_t edges = s != NULL && s->numbers ? s->n_points : 0;
	double span = c->high - c->low;
	bool all = c->whole && span <= 4 * GRID;
	uint32_t n = all ? (uint32_t) Max(span, 0) : GRID;

	c->values = palloc(sizeof(double) * (edges + n + 1));
	for (uint32_t i = 0; span >= 0 && i <= n; i++)
	{
		double v = all || n == 0 ? c->low + i : c->low + span * i / n;

		add_value(c, c->whole ? rint(v) : v);
	}
	for (uint32_t i = 0; !all && i < edges; i++)
		add_value(c, c->whole ? rint(s->edges[i]) : s->edges[i]);
}

static double
category_number(const UpStep *step, const UpValue *v)
{
	for (uint32_t k = 0; v->type == UP_STRING && k < step->n_categories; k++)
	{
		if (strcmp(step->categories[k], v->string) == 0)
			return k;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the model has not seen the value %s of column \"%s\"", up_value_text(v), step->name)));
}

static void
category_values(const Asking *a, UpChangeable *c, const UpStep *step)
{
	const UpValue *range = range_of(a, step->name);

	c->n = range != NULL ? range->n : step->kind == UP_COLUMN_BOOLEAN ? 2 : step->n_categories;
	c->values = palloc(sizeof(double) * Max(c->n, 1));
	for (uint32_t k = 0; k < c->n; k++)
	{
		if (range == NULL)
			c->values[k] = k;
		else if (step->kind != UP_COLUMN_BOOLEAN)
			c->values[k] = category_number(step, range->items[k]);
		else if (range->items[k]->type != UP_BOOLEAN)
			bad_range(step->name, "a list of true and false");
		else
			c->values[k] = range->items[k]->boolean ? 1 : 0;
	}
}

static void
take_column(Asking *a, UpChangeable *c, uint32_t column)
{
	const UpStep *step = &a->m->pipeline->steps[column];
	const UpSpread *s;
	uint32_t input = 0;

	for (uint32_t i = 0; i < column; i++)
		input += a->m->pipeline->steps[i].width;
	memset(c, 0, sizeof(*c));
	c->input = input;
	s = spread_of(a->m, input);
	switch (step->kind)
	{
		case UP_COLUMN_NUMBER:
			c->ordered = true;
			c->whole = is_whole(&a->use->reader->attributes[a->use->reader->attribute_of[column]]);
			number_range(a, c, step, s);
			number_values(c, s);
			break;
		case UP_COLUMN_BOOLEAN:
		case UP_COLUMN_CATEGORY:
			category_values(a, c, step);
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("column \"%s\" cannot be changed", step->name),
							errdetail("Changed are numbers, booleans and texts of few values.")));
	}
}

static void
take_columns(Asking *a)
{
	const UpValue *change = a->f->change;

	if (change == NULL || change->type != UP_ARRAY || change->n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg(OWNER " needs \"change\": the columns that may be changed"),
						errhint("For example {\"change\": [\"contract\", \"price\"]}.")));
	a->question.changeable = palloc0(sizeof(UpChangeable) * change->n);
	for (uint32_t i = 0; i < change->n; i++)
	{
		uint32_t column = find_column(a->m, change->items[i], "change");

		for (uint32_t k = 0; k < i; k++)
		{
			if (change->items[k]->type == UP_STRING &&
				strcmp(change->items[k]->string, change->items[i]->string) == 0)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("\"change\" names column \"%s\" twice", change->items[i]->string)));
		}
		take_column(a, &a->question.changeable[a->question.n++], column);
	}
	for (uint32_t i = 0; a->f->ranges != NULL && a->f->ranges->type == UP_OBJECT && i < a->f->ranges->n; i++)
		(void) find_column(a->m, up_value_string(a->f->ranges->keys[i]), "ranges");
}

/* ---- the question ------------------------------------------------------------------------------------------------ */

/* A class that is not predicted; of more than two it has to be said which. */
static int64
other_class(const Asking *a)
{
	double predicted;

	up_model_predict(a->m, a->question.inputs, 1, &predicted);
	if (a->m->n_classes != 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the model has %u classes: say which is to be reached", a->m->n_classes),
						errhint("Give {\"target\": …}, one of %s.",
								up_value_text(up_value_get(up_model_info(a->m), "classes")))));
	return a->f->direction == 1 ? 1 : predicted == 0 ? 1 : 0;
}

static void
take_target(Asking *a)
{
	const UpValue *target = a->f->target;
	bool none = target == NULL || target->type == UP_NULL;
	const char *label;

	a->question.output = -1;
	if (a->m->task == UP_TASK_REGRESS)
	{
		if (!none || isnan(a->f->threshold))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the model predicts a number: " OWNER " needs a \"threshold\"%s",
								   none ? "" : ", and no \"target\"")));
		return;
	}
	if (a->m->task != UP_TASK_CLASSIFY || !up_model_has_proba(a->m))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("this %s model of algorithm \"%s\" has neither probabilities nor values",
							   up_task_name(a->m->task), a->m->learner->name)));
	if (!isnan(a->f->threshold) && !(a->f->threshold >= 0 && a->f->threshold <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"threshold\" of " OWNER " must be a probability, from 0 to 1")));
	if (none)
	{
		a->question.output = other_class(a);
		return;
	}
	label = target->type == UP_STRING ? target->string : up_value_text(target);
	a->question.output = up_class_named(a->m, label);
}

static char *
value_text(const Asking *a, const UpChangeable *c, const UpStep *step, double v)
{
	if (isnan(v))
		return NULL;
	if (step->kind == UP_COLUMN_BOOLEAN)
		return v != 0 ? "true" : "false";
	if (step->kind == UP_COLUMN_CATEGORY)
		return v >= 0 && v < step->n_categories ? step->categories[(uint32_t) v] : NULL;
	return up_value_text(up_value_number(v));
}

static uint32_t
column_of_input(const UpModel *m, uint32_t input)
{
	uint32_t column = 0;

	for (uint32_t at = 0; at + m->pipeline->steps[column].width <= input; column++)
		at += m->pipeline->steps[column].width;
	return column;
}

static void
return_changes(const Asking *a, const UpWhatIfAnswer *answer, UpSrf *srf)
{
	UpRowReader *r = a->use->reader;

	for (uint32_t i = 0; i < answer->n; i++)
	{
		const UpChangeable *c = &a->question.changeable[answer->changes[i].of];
		uint32_t column = column_of_input(a->m, c->input);
		const UpStep *step = &a->m->pipeline->steps[column];
		int at = r->attribute_of[column];
		char *before = r->nulls[at] ? NULL : up_attribute_text(&r->attributes[at], r->values[at]);
		Datum values[4];
		bool nulls[4] = {false, before == NULL, false, false};

		values[0] = CStringGetTextDatum(step->name);
		values[1] = before != NULL ? CStringGetTextDatum(before) : (Datum) 0;
		values[2] = CStringGetTextDatum(value_text(a, c, step, answer->changes[i].value));
		values[3] = Float8GetDatum(answer->after);
		up_srf_row(srf, values, nulls);
	}
}

static Datum
what_if(FunctionCallInfo fcinfo, HeapTupleHeader row)
{
	UpModelUse *use = up_model_use_of_user(up_model_use_shared(fcinfo, 0), row);
	UpSrf *srf = up_srf_begin(fcinfo);
	Asking a = {use, use->model};
	UpWhatIfAnswer answer;
	Fields f;

	up_params_parse(&table, NULL, 0, up_value_from_jsonb(PG_GETARG_JSONB_P(2)), OWNER, &f);
	a.f = &f;
	if (a.m->pipeline->steps == NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the model was trained on arrays, whose columns have no names")));
	a.question.model = a.m;
	a.question.inputs = up_model_use_row(use, row);
	a.question.below = f.direction == 1;
	a.question.most = (uint32_t) f.max_changes;
	a.question.threshold = isnan(f.threshold) ? 0.5 : f.threshold;
	take_target(&a);
	take_columns(&a);
	up_what_if(&a.question, &answer);
	if (answer.there)
		ereport(NOTICE, (errmsg("nothing needs to be changed: the prediction is %s the threshold %s already",
								a.question.below ? "below" : "above",
								up_value_text(up_value_number(a.question.threshold))),
						 errdetail("It is %s.", up_value_text(up_value_number(answer.before)))));
	else if (!answer.found)
		ereport(
			NOTICE,
			(errmsg("no changes of these columns bring the prediction %s %s",
					a.question.below ? "below" : "above", up_value_text(up_value_number(a.question.threshold))),
			 errdetail("Looked at were up to %d changes at once, within the usual values of each column.",
					   (int) f.max_changes),
			 errhint("Let more columns change, or widen their \"ranges\".")));
	return_changes(&a, &answer, srf);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_what_if);
Datum
uprofile_what_if(PG_FUNCTION_ARGS)
{
	return what_if(fcinfo, PG_GETARG_HEAPTUPLEHEADER(1));
}

/* ---- features as JSON -------------------------------------------------------------------------------------------- */

/* Whole numbers are integers, and stay so. */
static Oid
type_of_json(const UpValue *v)
{
	switch (v->type)
	{
		case UP_NUMBER:
			return v->number == floor(v->number) && fabs(v->number) < 1e15 ? INT8OID : FLOAT8OID;
		case UP_BOOLEAN:
			return BOOLOID;
		default:
			return TEXTOID;
	}
}

static Datum
datum_of_json(const UpValue *v)
{
	switch (v->type)
	{
		case UP_NUMBER:
			return type_of_json(v) == INT8OID ? Int64GetDatum((int64) v->number) : Float8GetDatum(v->number);
		case UP_BOOLEAN:
			return BoolGetDatum(v->boolean);
		case UP_STRING:
			return CStringGetTextDatum(v->string);
		default:
			return (Datum) 0;
	}
}

static HeapTupleHeader
row_of_json(const UpValue *v)
{
	TupleDesc desc;
	Datum *values;
	bool *nulls;

	if (v->type != UP_OBJECT || v->n == 0 || v->n > MaxTupleAttributeNumber)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("features must be an object of columns, not %s",
							   v->type == UP_OBJECT ? "one of this size" : up_value_type_name(v))));
	desc = CreateTemplateTupleDesc((int) v->n);
	values = palloc0(sizeof(Datum) * v->n);
	nulls = palloc0(sizeof(bool) * v->n);
	for (uint32_t i = 0; i < v->n; i++)
	{
		const UpValue *item = v->items[i];

		if (item->type == UP_OBJECT || item->type == UP_ARRAY)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("column \"%s\" of features must be a value, not %s", v->keys[i],
								   up_value_type_name(item)),
							errhint("Give a row where columns are arrays.")));
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), v->keys[i], type_of_json(item), -1, 0);
		values[i] = datum_of_json(item);
		nulls[i] = item->type == UP_NULL;
	}
	desc = BlessTupleDesc(up_columns_done(desc));
	return DatumGetHeapTupleHeader(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

PG_FUNCTION_INFO_V1(uprofile_what_if_json);
Datum
uprofile_what_if_json(PG_FUNCTION_ARGS)
{
	return what_if(fcinfo, row_of_json(up_value_from_jsonb(PG_GETARG_JSONB_P(1))));
}
