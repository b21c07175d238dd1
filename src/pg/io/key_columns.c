/*
 * key_columns.c - the columns that the text of a key names; see key_columns.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/params.h"
#include "pg/io/key_columns.h"
#include "pg/io/nearest.h"
#include "pg/io/texts.h"

static AttrNumber
column_number(TupleDesc columns, const char *name)
{
	AttrNumber found = InvalidAttrNumber;

	for (int i = 0; i < columns->natts; i++)
	{
		if (TupleDescAttr(columns, i)->attisdropped ||
			strcmp(NameStr(TupleDescAttr(columns, i)->attname), name) != 0)
			continue;
		if (found != InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
							errmsg("the source has several columns \"%s\", which is the key", name)));
		found = (AttrNumber) (i + 1);
	}
	return found;
}

static void
bad_key(const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" names no key", key),
			 errhint("A key is a column of the source, or several joined by commas: 'shop, customer'.")));
}

static void
no_column(TupleDesc columns, const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("key column \"%s\" does not exist", name),
					up_hint_nearest(up_nearest_column(name, columns), NULL)));
}

/* The next name, without its quotes; *at goes behind it. */
static char *
next_name(const char *key, const char **at, bool *quoted)
{
	StringInfoData name;
	const char *c = *at;

	initStringInfo(&name);
	while (scanner_isspace(*c))
		c++;
	*quoted = *c == '"';
	if (*quoted)
	{
		for (c++; *c != '\0' && (*c != '"' || c[1] == '"'); c++)
		{
			c += *c == '"';
			appendStringInfoChar(&name, *c);
		}
		if (*c++ != '"')
			bad_key(key);
		while (scanner_isspace(*c))
			c++;
		if (*c != '\0' && *c != ',')
			bad_key(key);
	}
	else
	{
		const char *from = c;

		c += strcspn(c, ",");
		appendStringInfoString(&name, up_trimmed(from, c));
	}
	if (name.len == 0)
		bad_key(key);
	*at = c;
	return name.data;
}

/* As it is written, and then as SQL reads it without quotes. */
static AttrNumber
find_column(TupleDesc columns, const char *name, bool quoted, bool missing_ok)
{
	AttrNumber number = column_number(columns, name);

	if (number == InvalidAttrNumber && !quoted)
		number = column_number(columns, downcase_identifier(name, (int) strlen(name), false, false));
	if (number == InvalidAttrNumber && !missing_ok)
		no_column(columns, name);
	return number;
}

static int
find_columns(const char *key, TupleDesc columns, AttrNumber *numbers, bool missing_ok)
{
	const char *at = key;
	int n = 0;

	numbers[0] = column_number(columns, key);
	if (numbers[0] != InvalidAttrNumber)
		return 1;
	for (bool more = true; more; n++)
	{
		bool quoted;
		char *name = next_name(key, &at, &quoted);

		if (n == UP_MAX_KEY)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("a key has at most %d columns", UP_MAX_KEY)));
		numbers[n] = find_column(columns, name, quoted, missing_ok);
		if (numbers[n] == InvalidAttrNumber)
			return 0;
		for (int i = 0; i < n; i++)
		{
			if (numbers[i] == numbers[n])
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("the key names column \"%s\" twice", name)));
		}
		more = *at++ == ',';
	}
	return n;
}

int
up_key_columns(const char *key, TupleDesc columns, AttrNumber *numbers)
{
	return find_columns(key, columns, numbers, false);
}

int
up_key_columns_try(const char *key, TupleDesc columns, AttrNumber *numbers)
{
	return find_columns(key, columns, numbers, true);
}

char *
up_key_columns_text(int n, const char *const *names)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", n > 1 ? quote_identifier(names[i]) : names[i]);
	return text.data;
}

/* Digits behind the point of a numeric with a limit, which its text always has; it may be below 0. */
static int
decimals_of(int32 typmod)
{
	return (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
}

static char *
form_of(Oid type, int32 typmod)
{
	switch (getBaseTypeAndTypmod(type, &typmod))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return "integer";
		case NUMERICOID:
			return typmod < VARHDRSZ          ? "numeric"
				   : decimals_of(typmod) <= 0 ? "integer"
											  : psprintf("numeric with %d decimals", decimals_of(typmod));
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			return "text";
		default:
			return format_type_be(getBaseType(type));
	}
}

char *
up_key_columns_form(int n, const AttrNumber *numbers, TupleDesc columns)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
	{
		Form_pg_attribute a = TupleDescAttr(columns, numbers[i] - 1);

		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", form_of(a->atttypid, a->atttypmod));
	}
	return text.data;
}

char *
up_key_columns_title(int n, const char *const *names)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%s\"%s\"", i > 0 ? ", " : "", names[i]);
	return n > 1 ? psprintf("(%s)", text.data) : text.data;
}
