/*
 * consent.c - who is part of a profile; see consent.h
 *
 * The condition is a part of the source's query, so that training, scoring, what is watched and what the source is known by all
 * see it: a change of consent puts its user on the queue as any other change does.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/profiles/consent.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_parts.h"

/* What is asked: rows with the key's columns and one that says yes. */
typedef struct Consent
{
	const char *text;
	char *from; /* what stands after FROM, before an alias */
	const char *column;
	Oid types[UP_MAX_KEY]; /* of the key's columns there */
} Consent;

static bool
is_query(const char *text)
{
	static const char *const words[] = {"select", "with", "values", "table", "("};

	while (scanner_isspace(*text))
		text++;
	for (size_t i = 0; i < lengthof(words); i++)
	{
		size_t len = strlen(words[i]);

		if (pg_strncasecmp(text, words[i], len) == 0 &&
			(words[i][0] == '(' || scanner_isspace(text[len]) || text[len] == '('))
			return true;
	}
	return false;
}

/* Whether the columns hold the key's parts, whose types are noted. */
static void
find_key(const UpKey *key, TupleDesc columns, Consent *c)
{
	for (int i = 0; i < key->n; i++)
	{
		const UpKeyPart *part = &key->parts[i];
		Form_pg_attribute a = up_attribute_named(columns, part->name);

		if (a == NULL)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("consent \"%s\" has no column \"%s\", the key", c->text, part->name),
							errhint("Give a query that has it: consent => 'SELECT … AS %s, … FROM …'.",
									quote_identifier(part->name))));
		c->types[i] = a->atttypid;
		if (!up_key_family(part->type, getBaseType(a->atttypid)))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" of consent is of type %s, and the key of type %s", part->name,
								   format_type_be(a->atttypid), format_type_be(part->type))));
	}
}

static void
check_boolean(Form_pg_attribute a)
{
	if (getBaseType(a->atttypid) != BOOLOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" of consent is of type %s, not boolean", NameStr(a->attname),
							   format_type_be(a->atttypid))));
}

static void
refuse_form(const Consent *c)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("consent is \"%s\", which names no column of a table", c->text),
					errhint("For example 'consents.marketing', or 'SELECT id, marketing FROM consents'.")));
}

/* relation.column, or schema.relation.column. */
static void
find_in_relation(const UpKey *key, Consent *c)
{
	List *parts, *names = NIL;
	ListCell *cell;
	char *column;
	Form_pg_attribute a;
	TupleDesc columns;
	Oid relation;

	if (!SplitIdentifierString(pstrdup(c->text), '.', &parts) || list_length(parts) < 2 ||
		list_length(parts) > 3)
		refuse_form(c);
	column = llast(parts);
	foreach (cell, list_truncate(parts, list_length(parts) - 1))
		names = lappend(names, makeString(lfirst(cell)));
	relation = RangeVarGetRelid(makeRangeVarFromNameList(names), AccessShareLock, true);
	if (!OidIsValid(relation))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation \"%s\" of consent does not exist", NameListToString(names)),
						up_hint_nearest(up_nearest_relation(makeRangeVarFromNameList(names)), NULL)));
	columns = up_relation_columns(relation);
	a = up_attribute_named(columns, column);
	if (a == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of consent does not exist in %s", column, up_relation_name(relation)),
				 up_hint_nearest(up_nearest_column(column, columns), NULL)));
	check_boolean(a);
	c->from = up_relation_name(relation);
	c->column = column;
	find_key(key, columns, c);
}

static void
find_in_query(const UpKey *key, Consent *c)
{
	TupleDesc columns;
	char *query = up_part_query("the query of consent", c->text, &columns);
	Form_pg_attribute found = NULL;
	int n = 0;

	for (int i = 0; i < columns->natts; i++)
	{
		if (up_key_has(key, NameStr(TupleDescAttr(columns, i)->attname)))
			continue;
		found = TupleDescAttr(columns, i);
		n++;
	}
	if (n != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the query of consent has %d columns beside the key %s, and needs one", n,
							   up_key_title(key)),
						errhint("For example 'SELECT id, marketing FROM consents'.")));
	check_boolean(found);
	c->from = psprintf("(%s)", query);
	c->column = pstrdup(NameStr(found->attname));
	find_key(key, columns, c);
}

static void
find(const UpKey *key, Consent *c)
{
	if (is_query(c->text))
		find_in_query(key, c);
	else
		find_in_relation(key, c);
}

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* The key of the row is that of the consent's. Of two types of a family none is made narrower, which might fail. */
static char *
is_his(const UpKey *key, const char *alias, const Oid *types, const Consent *c)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < key->n; i++)
	{
		UpKey one = {1, {key->parts[i]}};
		Oid a = getBaseType(types[i]), b = getBaseType(c->types[i]);
		const char *name = quote_identifier(one.parts[0].name);

		if (i > 0)
			appendStringInfoString(&sql, " AND ");
		if (is_integer(a) && is_integer(b))
			appendStringInfo(&sql, "%s.%s OPERATOR(pg_catalog.=) uprofile_consent.%s", alias, name, name);
		else if (a != b && up_key_widens(a, b))
			appendStringInfoString(
				&sql, up_keys_equal(&one, "uprofile_consent", &c->types[i], alias, &types[i], false));
		else
			appendStringInfoString(
				&sql, up_keys_equal(&one, alias, &types[i], "uprofile_consent", &c->types[i], false));
	}
	return sql.data;
}

/* Two conditions, which the planner makes joins of: one that is true, and none that is not. */
static char *
condition(const char *consent, const UpKey *key, const char *alias, const Oid *types)
{
	Consent c = {consent};
	char *his, *column;

	find(key, &c);
	his = is_his(key, alias, types, &c);
	column = pstrdup(quote_identifier(c.column));
	return psprintf("(EXISTS (SELECT FROM %s uprofile_consent WHERE %s AND uprofile_consent.%s) AND NOT EXISTS "
					"(SELECT FROM %s uprofile_consent WHERE %s AND uprofile_consent.%s IS NOT TRUE))",
					c.from, his, column, c.from, his, column);
}

const char *
up_consent_query(const char *consent, const UpKey *key, TupleDesc columns, const char *query)
{
	Oid types[UP_MAX_KEY];

	up_key_types_in(key, columns, types);
	return psprintf("SELECT uprofile_source.* FROM (%s) uprofile_source WHERE %s", query,
					condition(consent, key, "uprofile_source", types));
}

char *
up_consent_missing(const char *consent, const UpKey *key, const char *alias, const Oid *types)
{
	return psprintf("NOT %s", condition(consent, key, alias, types));
}
