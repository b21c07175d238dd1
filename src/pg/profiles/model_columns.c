/*
 * model_columns.c - columns of a profile's source that its models name, or were trained on; see model_columns.h
 *
 * Names are checked when they are given. What a source loses later is no reason to fail for all: a refresh leaves the columns of the models
 * that miss it empty, and says which.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "pg/io/nearest.h"
#include "pg/io/relation.h"
#include "pg/io/rows.h"
#include "pg/models/named_models.h"
#include "pg/profiles/model_columns.h"

#define MOST_TOLD 20 /* columns that an error lists */

static bool
is_model(const UpProfile *p, const char *name)
{
	for (int i = 0; i < p->n_models; i++)
	{
		if (strcmp(p->models[i].column, name) == 0)
			return true;
	}
	return false;
}

static const char *
list_of(const char *const *names, int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < Min(n, MOST_TOLD); i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", names[i]);
	if (n > MOST_TOLD)
		appendStringInfo(&list, ", and %d more", n - MOST_TOLD);
	return list.data;
}

static void
refuse_name(const UpProfile *p, const UpProfileModel *m, const char *name, const char *key)
{
	const char **columns = palloc(sizeof(char *) * p->columns->natts);

	for (int i = 0; i < p->columns->natts; i++)
		columns[i] = NameStr(TupleDescAttr(p->columns, i)->attname);
	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_COLUMN),
		 errmsg("\"%s\" of model \"%s\" names \"%s\", which is no column of the source", key, m->column, name),
		 errdetail("Its columns: %s.", list_of(columns, p->columns->natts)),
		 is_model(p, name) ? errhint("What a model of the profile predicts is no feature of another one.")
						   : up_hint_nearest(up_nearest_name(name, columns, p->columns->natts), NULL)));
}

static void
check_names(const UpProfile *p, const UpProfileModel *m, const char *key)
{
	const UpValue *names = up_value_get(m->params, key);

	/* What is no array of texts is refused with the parameters. */
	for (uint32_t i = 0; names != NULL && names->type == UP_ARRAY && i < names->n; i++)
	{
		const char *name = names->items[i]->string;

		if (names->items[i]->type == UP_STRING && up_attribute_named(p->columns, name) == NULL &&
			up_policy_live(p->policy, name) == NULL)
			refuse_name(p, m, name, key);
	}
}

void
up_model_columns_check(const UpProfile *p, const UpProfileModel *m)
{
	check_names(p, m, "features");
	check_names(p, m, "exclude");
}

const char *
up_model_columns_obstacle(const UpProfile *p, int64 version_id)
{
	const UpRowReader *reader = up_row_reader_new(p->columns);
	const UpPipeline *pipeline;

	/* The version may be younger than the statement. */
	PushActiveSnapshot(GetTransactionSnapshot());
	pipeline = up_named_version(p->schema, version_id)->pipeline;
	PopActiveSnapshot();
	for (uint32_t i = 0; i < pipeline->n_steps; i++)
	{
		const char *why = up_policy_live(p->policy, pipeline->steps[i].name) != NULL
							  ? NULL
							  : up_row_reader_misfit(reader, &pipeline->steps[i]);

		if (why != NULL)
			return why;
	}
	return NULL;
}
