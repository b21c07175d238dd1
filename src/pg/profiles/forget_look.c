/*
 * forget_look.c - who still holds a user who is forgotten: the tables behind a profile; see forget.h
 *
 * Each is asked in a subtransaction of its own: that one is gone or may not be read keeps nobody from being forgotten.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/caught.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/profiles/forget.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/source_analysis.h"
#include "pg/profiles/watch_read.h"

#define HOLDS "still holds the user: to be deleted there"

/* Something that may fail, and what it has found. */
typedef struct Look
{
	UpForget *f;
	UpWork step;
	Oid relation;
	const char *columns[UP_MAX_KEY];
	UpSourceAnalysis *source;
	int64 n;
} Look;

/* Why it failed, or NULL. */
static const char *
attempt(Look *look)
{
	ErrorData *e = up_attempt(look->step, look);

	return e != NULL ? e->message : NULL;
}

static void
count_rows(void *of)
{
	Look *look = of;
	const UpForget *f = look->f;
	UpKey key = f->key;
	Oid types[UP_MAX_KEY], given[UP_MAX_KEY];
	StringInfoData list;
	UpRows r;
	bool isnull;

	initStringInfo(&list);
	for (int i = 0; i < key.n; i++)
	{
		key.parts[i].name = look->columns[i];
		given[i] = key.parts[i].type;
		appendStringInfo(&list, "%s$%d AS key_%d", i > 0 ? ", " : "", i + 1, i + 1);
	}
	up_key_types_in(&key, up_relation_columns(look->relation), types);
	r = up_query(false,
				 psprintf("SELECT count(*) AS n FROM %s uprofile_row, (SELECT %s) uprofile_given WHERE %s",
						  up_relation_name(look->relation), list.data,
						  up_keys_equal(&key, "uprofile_row", types, "uprofile_given", given, true)),
				 key.n, given, f->values, NULL);
	look->n = DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

static void
tell_table(UpForget *f, Look *look)
{
	const char *place = up_relation_name(look->relation), *why;

	look->f = f;
	look->step = count_rows;
	why = attempt(look);
	if (why != NULL)
		up_forget_tell(f, "source", place, -1, psprintf("cannot be asked: %s", why));
	else
		up_forget_tell(f, "source", place, look->n, look->n > 0 ? HOLDS : "does not hold the user");
}

static void
analyse(void *of)
{
	Look *look = of;
	UpProfile *p = look->f->p;

	/* With what consent reads. */
	up_profile_resolve(p, p->definitions);
	look->source = up_source_analyse(p->query, p->key, NULL);
}

/* Returns the tables that were asked. */
static List *
tell_source(UpForget *f)
{
	Look look = {f, analyse};
	const char *why = attempt(&look);
	List *seen = NIL;
	ListCell *cell;

	if (why != NULL)
	{
		up_forget_tell(f, "source", f->p->source, -1, psprintf("cannot be read: %s", why));
		return NIL;
	}
	foreach (cell, look.source->tables)
	{
		const UpTableUse *use = lfirst(cell);
		Look one = {.relation = use->relation};

		if (!use->proved || list_member_oid(seen, use->relation))
			continue;
		for (int i = 0; i < f->key.n; i++)
			one.columns[i] = get_attname(use->relation, use->columns[i], false);
		tell_table(f, &one);
		seen = lappend_oid(seen, use->relation);
	}
	foreach (cell, look.source->tables)
	{
		const UpTableUse *use = lfirst(cell);

		if (use->proved || list_member_oid(seen, use->relation))
			continue;
		up_forget_tell(f, "source", up_relation_name(use->relation), -1,
					   "no column of it is known to be the key: not asked");
		seen = lappend_oid(seen, use->relation);
	}
	return seen;
}

/* Tables that are watched beside those. */
static void
tell_watched(UpForget *f, List *seen)
{
	ListCell *cell;

	foreach (cell, up_watch_list(f->p->schema, f->p->name))
	{
		const UpWatch *w = lfirst(cell);
		Look one = {.relation = w->table};

		if (!w->here || w->key_query != NULL || w->n_columns != f->key.n || list_member_oid(seen, w->table) ||
			get_rel_name(w->table) == NULL)
			continue;
		for (int i = 0; i < f->key.n; i++)
			one.columns[i] = w->columns[i];
		tell_table(f, &one);
		seen = lappend_oid(seen, w->table);
	}
}

void
up_forget_look(UpForget *f)
{
	tell_watched(f, tell_source(f));
}
