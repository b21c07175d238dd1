/*
 * value.c - small trees of values (see value.h)
 */
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16

static UpValue *
value_new(UpValueType type)
{
	UpValue *v = up_alloc0(sizeof(UpValue));

	v->type = type;
	return v;
}

UpValue *
up_value_null(void)
{
	return value_new(UP_NULL);
}

UpValue *
up_value_bool(bool boolean)
{
	UpValue *v = value_new(UP_BOOLEAN);

	v->boolean = boolean;
	return v;
}

UpValue *
up_value_number(double number)
{
	UpValue *v = value_new(UP_NUMBER);

	v->number = number;
	return v;
}

UpValue *
up_value_string(const char *string)
{
	UpValue *v;

	if (string == NULL)
		return up_value_null();
	v = value_new(UP_STRING);
	v->string = up_strdup(string);
	return v;
}

UpValue *
up_value_array(void)
{
	return value_new(UP_ARRAY);
}

UpValue *
up_value_object(void)
{
	return value_new(UP_OBJECT);
}

UpValue *
up_value_numbers(const double *numbers, size_t n)
{
	UpValue *v = up_value_array();

	UP_ASSERT(n == 0 || numbers != NULL);
	for (size_t i = 0; i < n; i++)
		up_value_append(v, up_value_number(numbers[i]));
	return v;
}

static void
value_grow(UpValue *v)
{
	if (v->n < v->capacity)
		return;
	if (v->capacity == 0)
	{
		v->capacity = 8;
		v->items = up_alloc(v->capacity * sizeof(UpValue *));
		if (v->type == UP_OBJECT)
			v->keys = up_alloc(v->capacity * sizeof(char *));
		return;
	}
	v->capacity *= 2;
	v->items = up_realloc(v->items, v->capacity * sizeof(UpValue *));
	if (v->type == UP_OBJECT)
		v->keys = up_realloc(v->keys, v->capacity * sizeof(char *));
}

void
up_value_append(UpValue *array, UpValue *item)
{
	value_grow(array);
	array->items[array->n++] = item;
}

void
up_value_add(UpValue *object, const char *key, UpValue *item)
{
	value_grow(object);
	object->keys[object->n] = (char *) key;
	object->items[object->n++] = item;
}

void
up_value_set(UpValue *object, const char *key, UpValue *item)
{
	for (uint32_t i = 0; i < object->n; i++)
		if (strcmp(object->keys[i], key) == 0)
		{
			object->items[i] = item;
			return;
		}
	up_value_add(object, up_strdup(key), item);
}

UpValue *
up_value_get(const UpValue *object, const char *key)
{
	if (object == NULL || object->type != UP_OBJECT)
		return NULL;
	for (uint32_t i = 0; i < object->n; i++)
		if (strcmp(object->keys[i], key) == 0)
			return object->items[i];
	return NULL;
}

bool
up_value_equal(const UpValue *a, const UpValue *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->type != b->type || a->n != b->n)
		return false;
	switch (a->type)
	{
		case UP_NULL:
			return true;
		case UP_BOOLEAN:
			return a->boolean == b->boolean;
		case UP_NUMBER:
			return a->number == b->number;
		case UP_STRING:
			return strcmp(a->string, b->string) == 0;
		case UP_ARRAY:
			for (uint32_t i = 0; i < a->n; i++)
				if (!up_value_equal(a->items[i], b->items[i]))
					return false;
			return true;
		case UP_OBJECT:
			for (uint32_t i = 0; i < a->n; i++)
			{
				const UpValue *other = up_value_get(b, a->keys[i]);

				if (other == NULL || !up_value_equal(a->items[i], other))
					return false;
			}
			return true;
	}
	return false;
}

UpValue *
up_value_copy(const UpValue *v)
{
	UpValue *copy;

	if (v == NULL)
		return NULL;
	copy = value_new(v->type);
	copy->boolean = v->boolean;
	copy->number = v->number;
	copy->string = v->string ? up_strdup(v->string) : NULL;
	for (uint32_t i = 0; i < v->n; i++)
	{
		if (v->type == UP_OBJECT)
			up_value_set(copy, v->keys[i], up_value_copy(v->items[i]));
		else
			up_value_append(copy, up_value_copy(v->items[i]));
	}
	return copy;
}

const char *
up_value_type_name(const UpValue *v)
{
	static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};

	return v == NULL ? "nothing" : names[v->type];
}

/* ---- text ---- */

static void
put_string(UpWriter *w, const char *s)
{
	const char *plain;

	up_put_u8(w, '"');
	for (; *s; s++)
	{
		unsigned char c;

		for (plain = s; (unsigned char) *s >= 0x20 && *s != '"' && *s != '\\'; s++)
			;
		up_put_bytes(w, plain, s - plain);
		if (*s == '\0')
			break;
		c = (unsigned char) *s;
		if (c == '"' || c == '\\')
		{
			up_put_u8(w, '\\');
			up_put_u8(w, c);
		}
		else
		{
			char escape[8];

			snprintf(escape, sizeof(escape), "\\u%04x", c);
			up_put_bytes(w, escape, 6);
		}
	}
	up_put_u8(w, '"');
}

static void
put_number(UpWriter *w, double v)
{
	char text[40];

	if (!isfinite(v))
		snprintf(text, sizeof(text), "null");
	else if (v == floor(v) && fabs(v) < 1e15)
		snprintf(text, sizeof(text), "%.0f", v == 0 ? 0.0 : v);
	else
		for (int digits = 15; digits <= 17; digits++)
		{
			snprintf(text, sizeof(text), "%.*g", digits, v);
			if (strtod(text, NULL) == v)
				break;
		}
	up_put_bytes(w, text, strlen(text));
}

static void
put_json(UpWriter *w, const UpValue *v)
{
	if (v == NULL || v->type == UP_NULL)
		up_put_bytes(w, "null", 4);
	else if (v->type == UP_BOOLEAN)
		up_put_bytes(w, v->boolean ? "true" : "false", v->boolean ? 4 : 5);
	else if (v->type == UP_NUMBER)
		put_number(w, v->number);
	else if (v->type == UP_STRING)
		put_string(w, v->string);
	else
	{
		bool object = v->type == UP_OBJECT;

		up_tick();
		up_put_u8(w, object ? '{' : '[');
		for (uint32_t i = 0; i < v->n; i++)
		{
			if (i > 0)
				up_put_bytes(w, ", ", 2);
			if (object)
			{
				put_string(w, v->keys[i]);
				up_put_bytes(w, ": ", 2);
			}
			put_json(w, v->items[i]);
		}
		up_put_u8(w, object ? '}' : ']');
	}
}

char *
up_value_text(const UpValue *v)
{
	UpWriter w;

	up_writer_init(&w);
	put_json(&w, v);
	up_put_u8(&w, '\0');
	return (char *) w.bytes;
}

/* ---- bytes ---- */

void
up_put_value(UpWriter *w, const UpValue *v)
{
	UpValueType type = v == NULL ? UP_NULL : v->type;

	up_put_u8(w, (uint8_t) type);
	switch (type)
	{
		case UP_NULL:
			break;
		case UP_BOOLEAN:
			up_put_u8(w, v->boolean);
			break;
		case UP_NUMBER:
			up_put_f64(w, v->number);
			break;
		case UP_STRING:
			up_put_text(w, v->string);
			break;
		case UP_ARRAY:
		case UP_OBJECT:
			up_put_u32(w, v->n);
			for (uint32_t i = 0; i < v->n; i++)
			{
				if (type == UP_OBJECT)
					up_put_text(w, v->keys[i]);
				up_put_value(w, v->items[i]);
			}
			break;
	}
}

UpValue *
up_get_value(UpReader *r)
{
	uint8_t type = up_get_u8(r);
	UpValue *v;

	if (type > UP_OBJECT)
		up_corrupt(r, "unknown type of value");
	if (r->depth >= MAX_DEPTH)
		up_corrupt(r, "values are nested too deeply");
	v = value_new((UpValueType) type);
	r->depth++;
	switch (v->type)
	{
		case UP_NULL:
			break;
		case UP_BOOLEAN:
			v->boolean = up_get_bool(r);
			break;
		case UP_NUMBER:
			v->number = up_get_f64(r);
			break;
		case UP_STRING:
			v->string = up_get_text(r);
			if (v->string == NULL)
				up_corrupt(r, "a text is missing");
			break;
		case UP_ARRAY:
		case UP_OBJECT:
		{
			uint32_t n = up_get_count(r, 1, UINT32_MAX, "values");

			for (uint32_t i = 0; i < n; i++)
			{
				char *key = v->type == UP_OBJECT ? up_get_text(r) : NULL;

				if (v->type == UP_ARRAY)
					up_value_append(v, up_get_value(r));
				else if (key == NULL)
					up_corrupt(r, "a key is missing");
				else
					up_value_add(v, key, up_get_value(r));
			}
			break;
		}
	}
	r->depth--;
	return v;
}
