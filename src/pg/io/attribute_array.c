/*
 * attribute_array.c - arrays in the columns of a row: as many numbers as they are long
 *
 * Arrays of numbers of any type, and types of their own that cast to real[] (pgvector's vector), so that embeddings of
 * images, text or sound count as features.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/rows.h"

#include <math.h>

bool
up_attribute_casts_to_array(UpAttribute *a)
{
	char category;
	bool preferred;
	Oid cast;

	get_type_category_preferred(a->type, &category, &preferred);
	if (category != TYPCATEGORY_USER ||
		find_coercion_pathway(FLOAT4ARRAYOID, a->type, COERCION_EXPLICIT, &cast) != COERCION_PATH_FUNC)
		return false;
	fmgr_info(cast, &a->cast);
	return true;
}

double *
up_attribute_array(UpAttribute *a, Datum value, uint32_t *n)
{
	Oid element = a->source == UP_FROM_CAST ? FLOAT4OID : a->element;
	UpSourceKind source = up_source_of_type(element);
	ArrayType *array;
	Datum *elements;
	bool *nulls, byval;
	int16 length;
	char align;
	int count;
	double *numbers;

	/* A cast function takes the value, its modifier and whether it was asked for. */
	if (a->source == UP_FROM_CAST)
		value = FunctionCall3(&a->cast, value, Int32GetDatum(-1), BoolGetDatum(true));
	array = DatumGetArrayTypeP(value);
	get_typlenbyvalalign(element, &length, &byval, &align);
	deconstruct_array(array, element, length, byval, align, &elements, &nulls, &count);
	if (count > UP_COLUMN_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("column \"%s\" has an array of %d elements, more than the %d features that a model can "
						"have",
						a->name, count, UP_COLUMN_LIMIT)));
	numbers = palloc(sizeof(double) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		numbers[i] = nulls[i] ? NAN : up_source_number(source, elements[i]);
		if (isinf(numbers[i]))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("element %d of column \"%s\" is %s", i + 1, a->name,
								   numbers[i] > 0 ? "Infinity" : "-Infinity"),
							errhint("Replace infinite values, by NULL if nothing better is known.")));
	}
	*n = (uint32_t) count;
	return numbers;
}
