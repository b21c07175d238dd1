/*
 * profile_table.c - the columns that a profile gives its table, and those that the table has; see profile_table.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/io/relation.h"
#include "pg/io/fit.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_table.h"

/* ---- what the definition gives ----------------------------------------------------------------------------------- */

/* With its collation: a key that is equal in the source must be equal in the profile. */
static const char *
column_type(Form_pg_attribute a)
{
	const char *type =
		format_type_extended(a->atttypid, a->atttypmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);

	if (!OidIsValid(a->attcollation) || a->attcollation == get_typcollation(a->atttypid))
		return type;
	return psprintf("%s COLLATE %s", type, up_collation_name(a->attcollation));
}

static UpProfileColumn *
add_column(List **columns, const char *name)
{
	UpProfileColumn *c = palloc0(sizeof(UpProfileColumn));
	bool repeated = strcmp(name, UP_CHANGED_AT) == 0;
	ListCell *cell;

	foreach (cell, *columns)
		repeated = repeated || strcmp(((UpProfileColumn *) lfirst(cell))->name, name) == 0;
	if (repeated)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("the profile would have two columns \"%s\"", name),
				 strcmp(name, UP_CHANGED_AT) == 0
					 ? errhint("The profile keeps in it when a row was changed; give yours another name.")
					 : errhint("Columns come from the source and from the models; rename one of them.")));
	c->name = pstrdup(name);
	*columns = lappend(*columns, c);
	return c;
}

static void
set_type(UpProfileColumn *c, Oid type, int32 typmod, int dimensions, Oid collation)
{
	TupleDesc desc = CreateTemplateTupleDesc(1);

	TupleDescInitEntry(desc, 1, c->name, type, typmod, dimensions);
	TupleDescInitEntryCollation(desc, 1, collation);
	c->attribute = TupleDescAttr(desc, 0);
	c->type = column_type(c->attribute);
}

static void
add_source_column(List **columns, Form_pg_attribute a)
{
	UpProfileColumn *c = add_column(columns, NameStr(a->attname));

	if (a->atttypid == UNKNOWNOID)
		set_type(c, TEXTOID, -1, 0, DEFAULT_COLLATION_OID);
	else
		set_type(c, a->atttypid, a->atttypmod, a->attndims, a->attcollation);
}

static UpProfileColumn *
add_model_column(List **columns, const UpProfileModel *m, const char *name, Oid type)
{
	UpProfileColumn *c;

	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("column \"%s\" of model \"%s\" must have a name of 1 to %d bytes", name,
							   m->column, NAMEDATALEN - 1)));
	c = add_column(columns, name);
	c->model = m;
	set_type(c, type, -1, get_element_type(type) != InvalidOid ? 1 : 0, get_typcollation(type));
	return c;
}

static void
add_offer_column(List **columns, const char *name)
{
	set_type(add_column(columns, name), TEXTOID, -1, 0, DEFAULT_COLLATION_OID);
}

List *
up_profile_columns(const UpProfile *p)
{
	List *columns = NIL;

	for (int i = 0; i < p->columns->natts; i++)
		add_source_column(&columns, TupleDescAttr(p->columns, i));
	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];

		add_model_column(&columns, m, m->column, up_profile_column_type(m));
		if (up_profile_has_probability(m))
			add_model_column(&columns, m, up_profile_probability_name(m->column), FLOAT8OID)->probability =
				true;
		if (m->reasons > 0)
			add_model_column(&columns, m, up_profile_reasons_name(m->column), TEXTARRAYOID)->reasons = true;
	}
	for (int i = 0; p->offering != NULL && i < p->offering->n; i++)
	{
		add_offer_column(&columns, up_offer_name(i, false));
		add_offer_column(&columns, up_offer_name(i, true));
	}
	return columns;
}

/* ---- what the table has ------------------------------------------------------------------------------------------ */

static bool
is_among(List *columns, const char *name)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		if (strcmp(((UpProfileColumn *) lfirst(cell))->name, name) == 0)
			return true;
	}
	return false;
}

/* Where nothing is known of them, as after an upgrade, the columns that the table was made with are the profile's. */
static bool
is_own(const UpProfile *p, Form_pg_attribute changed_at, Form_pg_attribute a)
{
	if (a == changed_at)
		return false;
	if (p->table_columns != NULL)
		return up_value_get(p->table_columns, NameStr(a->attname)) != NULL;
	return a->attnum < changed_at->attnum;
}

UpColumnChanges
up_profile_compare(const UpProfile *p, List *columns, TupleDesc table)
{
	Form_pg_attribute changed_at = up_attribute_named(table, UP_CHANGED_AT);
	UpColumnChanges changes = {0};
	ListCell *cell;

	if (changed_at == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("the profile's table %s has no column \"%s\"", p->table, UP_CHANGED_AT),
						p->table_columns != NULL ? errhint("The next refresh adds it.") : 0));
	foreach (cell, columns)
	{
		UpProfileColumn *c = lfirst(cell);
		Form_pg_attribute a = up_attribute_named(table, c->name);

		if (a == NULL)
			changes.added = lappend(changes.added, c);
		else if (p->table_columns != NULL && !is_own(p, changed_at, a))
			changes.taken = lappend(changes.taken, c);
		else if (up_fit_new(c->attribute, a) == NULL)
			changes.retyped = lappend(changes.retyped, c);
	}
	for (int i = 0; i < table->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(table, i);

		if (!a->attisdropped && is_own(p, changed_at, a) && !is_among(columns, NameStr(a->attname)))
			changes.gone = lappend(changes.gone, pstrdup(NameStr(a->attname)));
	}
	return changes;
}

/* ---- following --------------------------------------------------------------------------------------------------- */

void
up_profile_own_columns(UpProfile *p, List *columns)
{
	UpValue *owned = up_value_object();
	Oid types[] = {TEXTOID, JSONBOID};
	Datum values[2];
	ListCell *cell;

	/* Of the table as a whole: no column has an empty name. */
	if (p->table_columns != NULL && up_value_get(p->table_columns, "") != NULL)
		up_value_set(owned, "", up_value_copy(up_value_get(p->table_columns, "")));
	foreach (cell, columns)
	{
		const char *name = ((UpProfileColumn *) lfirst(cell))->name;
		UpValue *known = p->table_columns != NULL ? up_value_get(p->table_columns, name) : NULL;

		up_value_set(owned, name, known != NULL ? up_value_copy(known) : up_value_object());
	}
	if (p->table_columns != NULL && up_value_equal(p->table_columns, owned))
		return;
	p->table_columns = owned;
	values[0] = CStringGetTextDatum(p->name);
	values[1] = JsonbPGetDatum(up_value_to_jsonb(owned));
	up_query(
		false,
		psprintf("UPDATE %s.uprofile_profile_definitions SET table_columns = $2 WHERE name = $1", p->schema), 2,
		types, values, NULL);
}

void
up_profile_add_columns(UpProfile *p, List *columns)
{
	StringInfoData ddl;
	ListCell *cell;

	if (columns == NIL)
		return;
	initStringInfo(&ddl);
	foreach (cell, columns)
	{
		UpProfileColumn *c = lfirst(cell);

		appendStringInfo(&ddl, "%s ADD COLUMN %s %s", ddl.len > 0 ? "," : "", quote_identifier(c->name),
						 c->type);
	}
	up_query(false, psprintf("ALTER TABLE %s%s", p->table, ddl.data), 0, NULL, NULL, NULL);
}

/* uprofile_alter(…), by which a column is given up in place. */
static const char *
give_up(const UpProfile *p, const char *name)
{
	return psprintf("uprofile_alter(%s, drop_columns => %s)", quote_literal_cstr(p->name),
					quote_literal_cstr(psprintf("{%s}", quote_identifier(name))));
}

static void
refuse_gone(const UpProfile *p, List *gone)
{
	const char *name = linitial(gone);

	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_COLUMN),
		 errmsg("the source has no column \"%s\" any more; bring it back, or give it up with %s, or rename it "
				"in %s and keep its values as a column of your own",
				name, give_up(p, name), p->table)));
}

static void
refuse_taken(const UpProfile *p, const UpProfileColumn *c)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_COLUMN),
			 errmsg("the profile gets a new column \"%s\", and its table %s has one of that name which is "
					"not the profile's; rename or drop that one, and the next refresh adds its own",
					c->name, p->table)));
}

static void
refuse_retyped(const UpProfile *p, const UpProfileColumn *c, Form_pg_attribute in_table)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" is %s in the %s and %s in the profile's table; %sgive up its values with %s",
					c->name, format_type_be(c->attribute->atttypid), c->model != NULL ? "model" : "source",
					format_type_be(in_table->atttypid), c->model != NULL ? "" : "cast it in the source, or ",
					give_up(p, c->name))));
}

/* It is missed where somebody dropped it. When rows changed before that is not known. */
static TupleDesc
with_changed_at(const UpProfile *p, Oid table)
{
	TupleDesc desc = up_relation_columns(table);
	Form_pg_attribute a = up_attribute_named(desc, UP_CHANGED_AT);

	if (a != NULL && a->atttypid != TIMESTAMPTZOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the profile's table %s is of type %s, not %s; rename it, and the "
						"next refresh adds its own",
						UP_CHANGED_AT, p->table, format_type_be(a->atttypid), format_type_be(TIMESTAMPTZOID))));
	if (a != NULL || p->table_columns == NULL)
		return desc;
	up_query(false, psprintf("ALTER TABLE %s ADD COLUMN " UP_CHANGED_AT " pg_catalog.timestamptz", p->table), 0,
			 NULL, NULL, NULL);
	return up_relation_columns(table);
}

List *
up_profile_follow_columns(UpProfile *p, Oid table)
{
	List *columns = up_profile_columns(p);
	TupleDesc desc = with_changed_at(p, table);
	UpColumnChanges changes = up_profile_compare(p, columns, desc);

	if (changes.gone != NIL)
		refuse_gone(p, changes.gone);
	if (changes.taken != NIL)
		refuse_taken(p, linitial(changes.taken));
	if (changes.retyped != NIL)
	{
		UpProfileColumn *c = linitial(changes.retyped);

		refuse_retyped(p, c, up_attribute_named(desc, c->name));
	}
	up_profile_add_columns(p, changes.added);
	up_profile_own_columns(p, columns);
	return changes.added;
}
