/*
 * rows.c - a float8[] or a record as a row of numbers; see rows.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "prep/step_encode.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "base/rng.h"
#include "num/vec.h"
#include "pg/io/nearest.h"
#include "pg/io/relation.h"
#include "pg/io/rows.h"
#include "prep/prepare.h"
#include "prep/reading.h"

#include <math.h>

static void
report_bad_element(const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
	{
		if (!isfinite(v[i]))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("element %u of the features is %s", i + 1,
							isnan(v[i]) ? "NaN"
							: v[i] > 0  ? "Infinity"
										: "-Infinity"),
					 errhint("Leave such rows out, or use the row form, which imputes missing values.")));
	}
}

static void
report_null_element(ArrayType *array)
{
	const uint8 *known = ARR_NULLBITMAP(array);
	int i = 0;

	while (!att_isnull(i, known))
		i++;
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("element %d of the features is NULL", i + 1),
			 errhint("Leave such rows out, or use the row form, which imputes missing values.")));
}

const double *
up_array_values(ArrayType *array, uint32_t *n)
{
	const double *v = (const double *) ARR_DATA_PTR(array);
	int length;

	if (ARR_NDIM(array) != 1)
	{
		if (ARR_NDIM(array) == 0)
			ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("the features are an empty array"),
							errhint("Give at least one feature.")));
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("the features must be an array of one dimension, not of %d", ARR_NDIM(array))));
	}
	if (ARR_ELEMTYPE(array) != FLOAT8OID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the features must be double precision")));
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		report_null_element(array);
	length = ARR_DIMS(array)[0];
	if (length > UP_COLUMN_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%d features are more than the %d that a model can have", length, UP_COLUMN_LIMIT)));
	if (unlikely(!up_vec_is_finite(v, (size_t) length)))
		report_bad_element(v, (uint32_t) length);
	*n = (uint32_t) length;
	return v;
}

TupleDesc
up_record_desc(HeapTupleHeader row)
{
	return lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
}

UpRowReader *
up_row_reader_new(TupleDesc desc)
{
	UpRowReader *r = palloc0(sizeof(UpRowReader));
	Oid relation = InvalidOid;

	r->type = desc->tdtypeid;
	r->typmod = desc->tdtypmod;
	r->desc = CreateTupleDescCopy(desc);
	r->n_attributes = desc->natts;
	r->attributes = palloc0(sizeof(UpAttribute) * Max(desc->natts, 1));
	r->values = palloc0(sizeof(Datum) * Max(desc->natts, 1));
	r->nulls = palloc0(sizeof(bool) * Max(desc->natts, 1));
	r->target = -1;
	for (int i = 0; i < desc->natts; i++)
		up_attribute_init(&r->attributes[i], TupleDescAttr(desc, i));
	if (desc->tdtypeid != RECORDOID)
		relation = get_typ_typrelid(desc->tdtypeid);
	for (int i = 0; OidIsValid(relation) && i < desc->natts; i++)
		r->attributes[i].bookkeeping =
			up_relation_bookkeeping(relation, (AttrNumber) (i + 1), r->attributes[i].name);
	return r;
}

bool
up_row_reader_fits(const UpRowReader *r, HeapTupleHeader row)
{
	return r->type == HeapTupleHeaderGetTypeId(row) && r->typmod == HeapTupleHeaderGetTypMod(row);
}

void
up_row_reader_deform(UpRowReader *r, HeapTupleHeader row)
{
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, r->desc, r->values, r->nulls);
}

static int
find_attribute(const UpRowReader *r, const char *name)
{
	for (int i = 0; i < r->n_attributes; i++)
	{
		if (r->attributes[i].name[0] != '\0' && strcmp(r->attributes[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* A row whose columns are f1, f2, …: ROW(…), or one of a sub-select that the planner dissolved. */
static const char *
hint_of_nameless(const UpRowReader *r)
{
	for (int i = 0; i < r->n_attributes; i++)
	{
		if (strcmp(r->attributes[i].name, psprintf("f%d", i + 1)) != 0)
			return NULL;
	}
	return r->type != RECORDOID || r->n_attributes == 0
			   ? NULL
			   : "The row has lost the names of its columns: uprofile_row('{a,b}', a, b) gives them.";
}

int
up_row_reader_find(const UpRowReader *r, const char *name, const char *what)
{
	const char **names = palloc(sizeof(char *) * Max(r->n_attributes, 1));
	const char *nameless;
	int found = find_attribute(r, name);

	if (found >= 0)
		return found;
	for (int i = 0; i < r->n_attributes; i++)
		names[i] = r->attributes[i].name;
	nameless = hint_of_nameless(r);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("%s%scolumn \"%s\" does not exist", what, what[0] != '\0' ? " " : "", name),
					nameless != NULL ? errhint("%s", nameless)
									 : up_hint_nearest(up_nearest_name(name, names, r->n_attributes), NULL)));
}

static void
check_unique_names(const UpRowReader *r)
{
	for (int i = 0; i < r->n_attributes; i++)
	{
		if (r->attributes[i].name[0] != '\0' && find_attribute(r, r->attributes[i].name) < i)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
							errmsg("column name \"%s\" appears twice", r->attributes[i].name),
							errhint("Give one of the columns another name with AS.")));
	}
}

/* Column i of the frame as the plan wants it. */
static void
set_column(UpAttribute *a, UpFrame *f, const UpValue *prepare)
{
	UpPlan plan = up_prepare_plan(prepare, a->name);
	uint32_t i = (uint32_t) a->column, width, limit;

	a->kind = up_prepare_kind(&plan, a->name, a->kind, &width, &limit);
	up_frame_set_column(f, i, a->name, a->kind);
	if (a->kind == UP_COLUMN_CATEGORY)
		up_frame_set_limit(f, i, limit);
	up_frame_set_width(f, i, width);
	f->columns[i].is_money = a->source == UP_FROM_MONEY && a->kind == UP_COLUMN_NUMBER;
	if (a->kind != UP_COLUMN_CATEGORY || !a->is_string)
		return;
	if (up_plan_reads(&plan) == UP_COLUMN_CATEGORY)
		return;
	if (plan.explicit_encode)
		up_frame_read_as(f, i, up_plan_reads(&plan));
	else
		up_frame_may_read(f, i);
}

void
up_row_reader_check_target(const UpRowReader *r, int task)
{
	const UpAttribute *a = r->target >= 0 ? &r->attributes[r->target] : NULL;
	bool is_time = a != NULL && (a->source == UP_FROM_DATE || a->source == UP_FROM_TIMESTAMP ||
								 a->source == UP_FROM_TIME || a->source == UP_FROM_INTERVAL);

	if (task != 0 || a == NULL || (!is_time && a->source != UP_FROM_MONEY))
		return;
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("the target \"%s\" is of type %s", a->name, format_type_be(a->type)),
					errhint("Cast it to a number, for example %s; if each value is a class, use {\"task\": "
							"\"classification\"}.",
							a->source == UP_FROM_MONEY
								? psprintf("%s::numeric", quote_identifier(a->name))
								: psprintf("extract(epoch from %s)::float8", quote_identifier(a->name)))));
}

void
up_row_reader_read_for(const UpRowReader *r, UpFrame *f, const UpModel *m)
{
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		const UpStep *step = &m->pipeline->steps[i];
		int found = step->name != NULL ? find_attribute(r, step->name) : -1;
		int32_t column = found >= 0 ? r->attributes[found].column : -1;

		if (column < 0 || f->columns[column].kind != UP_COLUMN_CATEGORY)
			continue;
		if (step->form == UP_FORM_TEXT)
			up_frame_read_as(f, (uint32_t) column, step->kind);
		else if (step->kind == UP_COLUMN_CATEGORY)
		{
			f->columns[column].readings = 0;
			up_frame_set_limit(f, (uint32_t) column, UP_LABEL_LIMIT);
		}
	}
}

static bool
request_wants(const UpRequest *q, const char *name)
{
	const char *weight = up_request_weight(q);
	UpPipelineOptions o = {.features = q->common.features, .exclude = q->common.exclude};

	return up_pipeline_wants(&o, name) || (weight != NULL && strcmp(weight, name) == 0);
}

void
up_row_reader_mark_features(UpRowReader *r, const UpRequest *const *requests, uint32_t n, const UpModel *m)
{
	for (int i = 0; i < r->n_attributes && (n > 0 || m != NULL); i++)
	{
		UpAttribute *a = &r->attributes[i];
		bool wanted = false;

		for (uint32_t k = 0; k < n && !wanted; k++)
			wanted = request_wants(requests[k], a->name);
		for (uint32_t k = 0; m != NULL && k < m->pipeline->n_steps && !wanted; k++)
			wanted = m->pipeline->steps[k].name != NULL && strcmp(m->pipeline->steps[k].name, a->name) == 0;
		a->no_feature = !wanted && i != r->target;
	}
}

static void
bind_key(UpRowReader *r, const char *key)
{
	AttrNumber numbers[UP_MAX_KEY];

	r->n_keys = up_key_columns(key, r->desc, numbers);
	for (int i = 0; i < r->n_keys; i++)
		r->keys[i] = numbers[i] - 1;
}

bool
up_row_reader_find_key(UpRowReader *r, const char *key)
{
	AttrNumber numbers[UP_MAX_KEY];

	r->n_keys = up_key_columns_try(key, r->desc, numbers);
	for (int i = 0; i < r->n_keys; i++)
		r->keys[i] = numbers[i] - 1;
	return r->n_keys > 0;
}

static bool
is_key(const UpRowReader *r, int attribute)
{
	for (int i = 0; i < r->n_keys; i++)
	{
		if (r->keys[i] == attribute)
			return true;
	}
	return false;
}

UpFrame *
up_row_reader_frame(UpRowReader *r, const char *target, const char *key, const UpValue *prepare)
{
	uint32_t n = 0;
	UpLabelKind label_kind = UP_LABEL_NONE;
	UpFrame *f;

	check_unique_names(r);
	if (target != NULL)
	{
		r->target = up_row_reader_find(r, target, "target");
		label_kind = up_attribute_label_kind(&r->attributes[r->target]);
	}
	if (key != NULL)
		bind_key(r, key);
	if (r->target >= 0 && is_key(r, r->target))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("column \"%s\" cannot be both key and target", r->attributes[r->target].name),
						errhint("The key names a user, and the target is what is to be predicted of him.")));
	for (int i = 0; i < r->n_attributes; i++)
	{
		if (i != r->target && !is_key(r, i) && r->attributes[i].source != UP_FROM_NOTHING &&
			r->attributes[i].bookkeeping == NULL)
			r->attributes[i].column = (int32_t) n++;
	}
	r->frame_context = CurrentMemoryContext;
	f = up_frame_new(n, true, label_kind, target);
	for (int i = 0; i < r->n_attributes; i++)
	{
		UpAttribute *a = &r->attributes[i];

		if (a->column >= 0)
			set_column(a, f, prepare);
		else if (i != r->target && !is_key(r, i) && a->name[0] != '\0')
			up_value_set(f->left_out, a->name,
						 up_value_string(
							 a->bookkeeping != NULL
								 ? unconstify(char *, a->bookkeeping)
								 : psprintf("type %s cannot be used%s", format_type_be(a->type),
											type_is_range(a->type) ? ": select its lower() and upper()" : "")));
	}
	up_prepare_check(prepare, f);
	return f;
}

/* Whether a column of this type can have been read as a column of the frame. */
static bool
reads_as(const UpAttribute *a, UpColumnKind kind)
{
	switch (kind)
	{
		case UP_COLUMN_CATEGORY:
		case UP_COLUMN_HASH:
			return a->source != UP_FROM_NOTHING && a->kind != UP_COLUMN_ARRAY;
		case UP_COLUMN_WORDS:
			return a->kind == UP_COLUMN_CATEGORY;
		default:
			return a->kind == kind;
	}
}

void
up_row_reader_bind_frame(UpRowReader *r, const UpFrame *f)
{
	bool same = f->by_name;

	r->frame_context = CurrentMemoryContext;
	if (f->label_name != NULL)
	{
		r->target = up_row_reader_find(r, f->label_name, "target");
		same = same && up_attribute_label_kind(&r->attributes[r->target]) == f->label_kind;
	}
	for (uint32_t i = 0; same && i < f->n_columns; i++)
	{
		int found = find_attribute(r, f->columns[i].name);

		same = found >= 0 && reads_as(&r->attributes[found], f->columns[i].kind);
		if (same)
		{
			r->attributes[found].column = (int32_t) i;
			r->attributes[found].kind = f->columns[i].kind;
		}
	}
	for (int i = 0; same && i < r->n_attributes; i++)
		same = r->attributes[i].column >= 0 || i == r->target || r->attributes[i].source == UP_FROM_NOTHING;
	if (!same)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("rows of different types in one aggregate"),
						errhint("Give every row the same columns.")));
}

static bool
kinds_agree(const UpAttribute *a, const UpStep *step)
{
	UpColumnKind wanted = step->kind;
	bool is_text = a->kind == UP_COLUMN_CATEGORY;

	if (a->source == UP_FROM_NOTHING)
		return false;
	if (is_text && step->form == UP_FORM_TEXT)
		return true;
	if (wanted == UP_COLUMN_ARRAY || a->kind == UP_COLUMN_ARRAY)
		return a->kind == wanted;
	if (wanted == UP_COLUMN_CATEGORY || wanted == UP_COLUMN_HASH || wanted == UP_COLUMN_WORDS)
		return true; /* anything has a text form */
	if (wanted == UP_COLUMN_TIME || a->kind == UP_COLUMN_TIME)
		return a->kind == wanted;
	return !is_text;
}

const char *
up_row_reader_misfit(const UpRowReader *r, const UpStep *step)
{
	int found = find_attribute(r, step->name);

	if (found < 0)
		return psprintf("column \"%s\" is missing", step->name);
	if (!kinds_agree(&r->attributes[found], step))
		return psprintf("column \"%s\" is of type %s, and the model was trained on a %s", step->name,
						format_type_be(r->attributes[found].type), up_column_kind_name(step->kind));
	return NULL;
}

void
up_row_reader_bind_model(UpRowReader *r, const UpModel *m)
{
	const UpPipeline *p = m->pipeline;

	if (!p->by_name)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model was trained on arrays, not on rows"),
				 errhint("Give it an array of %u features.", p->n_inputs)));
	r->attribute_of = palloc(sizeof(int) * p->n_steps);
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];
		int found = find_attribute(r, step->name);

		if (found < 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" is missing", step->name),
							errdetail("The model was trained with it: %s.", up_column_kind_name(step->kind)),
							errhint("%s", hint_of_nameless(r) != NULL
											  ? hint_of_nameless(r)
											  : "Add the column to the row; NULL is allowed.")));
		if (!kinds_agree(&r->attributes[found], step))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" is of type %s, and the model was trained on a %s", step->name,
								   format_type_be(r->attributes[found].type), up_column_kind_name(step->kind)),
							errhint("Cast the column.")));
		r->attribute_of[i] = found;
	}
}

/* The bytes of a value's text, not terminated where the value is text itself. */
static const char *
value_text(UpAttribute *a, Datum value, size_t *len)
{
	const char *bytes;

	if (a->source == UP_FROM_TEXT)
	{
		text *t = DatumGetTextPP(value);

		*len = VARSIZE_ANY_EXHDR(t);
		return VARDATA_ANY(t);
	}
	bytes = up_attribute_text(a, value);
	*len = strlen(bytes);
	return bytes;
}

/* Text goes into a dictionary, which grows where the frame lives. */
static double
category_value(UpRowReader *r, UpAttribute *a, Datum value, UpFrame *f)
{
	MemoryContext outer;
	size_t len;
	const char *bytes = value_text(a, value, &len);
	double code;

	outer = MemoryContextSwitchTo(r->frame_context);
	code =
		a->column >= 0 ? up_frame_category(f, (uint32_t) a->column, bytes, len) : up_frame_label(f, bytes, len);
	MemoryContextSwitchTo(outer);
	return code;
}

static double
label_value(UpRowReader *r, UpFrame *f)
{
	UpAttribute *a = &r->attributes[r->target];

	if (r->nulls[r->target])
		return NAN;
	if (f->label_kind == UP_LABEL_TEXT)
		return category_value(r, a, r->values[r->target], f);
	return up_attribute_number(a, r->values[r->target]);
}

static void
report_array_length(const UpAttribute *a, uint32_t found, uint32_t expected)
{
	ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					errmsg("column \"%s\" has an array of %u elements, and one of %u in other rows", a->name,
						   found, expected),
					errhint("Give every row an array of the same length, or NULL.")));
}

/* Arrays must be known before the row is: the first one of a column tells how wide it is. */
static double **
read_arrays(UpRowReader *r, UpFrame *f)
{
	double **arrays = NULL;

	for (int i = 0; i < r->n_attributes; i++)
	{
		UpAttribute *a = &r->attributes[i];
		const UpColumn *c;
		uint32_t n;

		if (a->column < 0 || a->kind != UP_COLUMN_ARRAY || r->nulls[i])
			continue;
		if (arrays == NULL)
			arrays = palloc0(sizeof(double *) * r->n_attributes);
		arrays[i] = up_attribute_array(a, r->values[i], &n);
		c = &f->columns[a->column];
		if (c->width == 0 && n > 0)
		{
			MemoryContext outer = MemoryContextSwitchTo(r->frame_context);

			up_frame_set_width(f, (uint32_t) a->column, n);
			MemoryContextSwitchTo(outer);
		}
		if (n != c->width)
			report_array_length(a, n, c->width);
	}
	return arrays;
}

/* One value that is there, of a column that is no array. */
static void
set_value(UpRowReader *r, UpAttribute *a, Datum value, UpFrame *f, double *out)
{
	const char *bytes;
	size_t len;

	switch (a->kind)
	{
		case UP_COLUMN_CATEGORY:
			*out = category_value(r, a, value, f);
			break;
		case UP_COLUMN_HASH:
			bytes = value_text(a, value, &len);
			*out = up_frame_hash(bytes, len);
			break;
		case UP_COLUMN_WORDS:
			bytes = value_text(a, value, &len);
			up_frame_words(bytes, len, f->columns[a->column].width, out);
			break;
		default:
			*out = a->no_feature ? up_attribute_finite(a, value) : up_attribute_number(a, value);
	}
}

bool
up_row_reader_has_label(const UpRowReader *r, TupleTableSlot *slot)
{
	UpAttribute *a = r->target >= 0 ? &r->attributes[r->target] : NULL;
	bool isnull;
	Datum value;

	if (a == NULL)
		return true;
	value = slot_getattr(slot, r->target + 1, &isnull);
	return !isnull && (up_attribute_label_kind(a) == UP_LABEL_TEXT || !isnan(up_attribute_number(a, value)));
}

/* The values of a row and its label; arrays: of the columns that are such. */
static void
set_row(UpRowReader *r, UpFrame *f, double **arrays, double label, double *row)
{
	for (int i = 0; i < r->n_attributes; i++)
	{
		UpAttribute *a = &r->attributes[i];
		const UpColumn *c;

		if (a->column < 0)
			continue;
		c = &f->columns[a->column];
		if (r->nulls[i])
		{
			for (uint32_t j = 0; j < c->width; j++)
				row[c->first + j] = NAN;
		}
		else if (a->kind == UP_COLUMN_ARRAY)
			memcpy(row + c->first, arrays[i], sizeof(double) * c->width);
		else
			set_value(r, a, r->values[i], f, row + c->first);
	}
	row[f->n_values] = label;
}

bool
up_row_reader_add(UpRowReader *r, UpFrame *f)
{
	double label = r->target >= 0 ? label_value(r, f) : 0;
	MemoryContext outer;
	double **arrays, *row;

	if (isnan(label))
		return false;
	arrays = read_arrays(r, f);
	outer = MemoryContextSwitchTo(r->frame_context);
	row = up_samples_add(f->samples);
	MemoryContextSwitchTo(outer);
	set_row(r, f, arrays, label, row);
	if (arrays != NULL)
		pfree(arrays);
	return true;
}

bool
up_row_reader_read(UpRowReader *r, UpFrame *f, double *row)
{
	double label = r->target >= 0 ? label_value(r, f) : 0;
	double **arrays;

	if (isnan(label))
		return false;
	arrays = read_arrays(r, f);
	set_row(r, f, arrays, label, row);
	if (arrays != NULL)
		pfree(arrays);
	return true;
}

/* One value that is there → the inputs of its step. */
static void
set_input(UpAttribute *a, Datum value, const UpStep *step, double *out)
{
	const char *bytes;
	double *numbers;
	size_t len;
	uint32_t n;

	switch (step->kind)
	{
		case UP_COLUMN_CATEGORY:
			bytes = value_text(a, value, &len);
			*out = up_step_category(step, bytes, len);
			break;
		case UP_COLUMN_HASH:
			bytes = value_text(a, value, &len);
			*out = up_frame_hash(bytes, len);
			break;
		case UP_COLUMN_WORDS:
			bytes = value_text(a, value, &len);
			up_frame_words(bytes, len, step->width, out);
			break;
		case UP_COLUMN_ARRAY:
			numbers = up_attribute_array(a, value, &n);
			if (n != step->width)
				ereport(ERROR,
						(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						 errmsg("column \"%s\" has an array of %u elements, and the model was trained on %u",
								step->name, n, step->width)));
			memcpy(out, numbers, sizeof(double) * n);
			pfree(numbers);
			break;
		default:
			if (a->kind == UP_COLUMN_CATEGORY)
			{
				bytes = value_text(a, value, &len);
				*out = up_text_read(step->kind, bytes, len);
				break;
			}
			*out = up_attribute_number(a, value);
			if (step->kind == UP_COLUMN_BOOLEAN && !isnan(*out))
				*out = *out != 0;
	}
}

void
up_row_reader_inputs(UpRowReader *r, const UpModel *m, double *inputs)
{
	const UpPipeline *p = m->pipeline;

	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];
		int j = r->attribute_of[i];

		if (!r->nulls[j])
			set_input(&r->attributes[j], r->values[j], step, inputs);
		for (uint32_t k = 0; r->nulls[j] && k < step->width; k++)
			inputs[k] = NAN;
		inputs += step->width;
	}
}

char *
up_row_reader_label(UpRowReader *r)
{
	if (r->nulls[r->target])
		return NULL;
	return up_attribute_text(&r->attributes[r->target], r->values[r->target]);
}

bool
up_row_reader_has_key(const UpRowReader *r)
{
	for (int i = 0; i < r->n_keys; i++)
	{
		if (r->nulls[r->keys[i]])
			return false;
	}
	return r->n_keys > 0;
}

/* Of one column the hash of its text, as ever; of more, each of the others mixed in. */
static uint64_t
key_hash(UpRowReader *r)
{
	uint64_t hash = 0;

	for (int i = 0; i < r->n_keys; i++)
	{
		char *t = up_attribute_text(&r->attributes[r->keys[i]], r->values[r->keys[i]]);
		uint64_t part = up_hash_bytes(t, strlen(t), 1);

		hash = i == 0 ? part : up_mix64(up_mix64(hash) + part);
		pfree(t);
	}
	return hash;
}

uint64_t
up_row_reader_hash(UpRowReader *r)
{
	uint64_t hash = 0;

	if (up_row_reader_has_key(r))
		return key_hash(r);
	for (int i = 0; i < r->n_attributes; i++)
	{
		UpAttribute *a = &r->attributes[i];
		uint64_t part;

		if (a->column < 0)
			continue;
		if (r->nulls[i])
			part = 1;
		else if (a->source < UP_FROM_TEXT)
			part = up_hash_number(up_attribute_raw(a, r->values[i]) + 0.0, 2);
		else
		{
			char *t = up_attribute_text(a, r->values[i]);

			part = up_hash_bytes(t, strlen(t), 3);
			pfree(t);
		}
		/* Summed, so that the order of the columns does not matter; the name tells equal values apart. */
		hash += up_mix64(part ^ a->name_hash);
	}
	return up_mix64(hash);
}
