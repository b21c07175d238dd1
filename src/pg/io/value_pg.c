/*
 * value_pg.c - jsonb to a tree of values and back
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/io/value_pg.h"

static UpValue *
scalar_value(const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			return up_value_null();
		case jbvBool:
			return up_value_bool(v->val.boolean);
		case jbvNumeric:
			return up_value_number(DatumGetFloat8(
				DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(v->val.numeric))));
		case jbvString:
			return up_value_string(pnstrdup(v->val.string.val, v->val.string.len));
		default:
			elog(ERROR, "unexpected jsonb value type %d", (int) v->type);
	}
}

static UpValue *
container_value(JsonbIterator **it, JsonbIteratorToken start)
{
	UpValue *container = start == WJB_BEGIN_OBJECT ? up_value_object() : up_value_array();
	char *key = NULL;
	JsonbValue v;
	JsonbIteratorToken token;

	check_stack_depth();
	while ((token = JsonbIteratorNext(it, &v, false)) != WJB_END_OBJECT && token != WJB_END_ARRAY)
	{
		UpValue *item;

		if (token == WJB_KEY)
		{
			key = pnstrdup(v.val.string.val, v.val.string.len);
			continue;
		}
		item = token == WJB_BEGIN_OBJECT || token == WJB_BEGIN_ARRAY ? container_value(it, token)
																	 : scalar_value(&v);
		if (container->type == UP_OBJECT)
			up_value_set(container, key, item);
		else
			up_value_append(container, item);
	}
	return container;
}

UpValue *
up_value_from_jsonb(Jsonb *jb)
{
	JsonbIterator *it = JsonbIteratorInit(&jb->root);
	JsonbValue v;
	JsonbIteratorToken token = JsonbIteratorNext(&it, &v, false);
	UpValue *value = container_value(&it, token);

	return JB_ROOT_IS_SCALAR(jb) ? value->items[0] : value;
}

Jsonb *
up_value_to_jsonb(const UpValue *v)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(up_value_text(v))));
}
