/*
 * clean_run.c - one rule after the other; see clean_run.h
 */
#include "postgres.h"

#include "pg/clean/clean_batch.h"
#include "pg/clean/clean_checks.h"
#include "pg/clean/clean_fill.h"
#include "pg/clean/clean_rows.h"
#include "pg/clean/clean_run.h"
#include "pg/clean/clean_texts.h"
#include "pg/clean/clean_types.h"

static void
rule_error_context(void *arg)
{
	errcontext("%s of uprofile_clean", ((const UpCleanRule *) arg)->owner);
}

static bool
changes_values(const UpCleanRule *rule)
{
	switch (rule->kind)
	{
		case UP_CLEAN_DUPLICATES:
		case UP_CLEAN_DUPLICATE_KEYS:
		case UP_CLEAN_REQUIRED:
			return false;
		case UP_CLEAN_RANGE:
		case UP_CLEAN_ALLOWED:
		case UP_CLEAN_MATCH:
		case UP_CLEAN_OUTLIERS:
			return rule->action != UP_ACTION_QUARANTINE;
		default:
			return true;
	}
}

/* A user who changes his key would be somebody else. */
static void
refuse_key(const UpCleanTable *t, const UpCleanStep *step)
{
	for (int i = 0; t->stage && changes_values(step->rule) && i < step->n_columns; i++)
	{
		if (up_clean_is_key(t, step->columns[i]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s would change \"%s\", which is the key", step->rule->owner,
								   t->columns[step->columns[i]].name),
							errhint("Change keys in the source.")));
	}
}

/* The columns of a rule: those it names, or all of text. */
static void
choose_columns(UpCleanTable *t, UpCleanStep *step)
{
	const UpCleanRule *rule = step->rule;

	step->columns = palloc(sizeof(int) * (t->n_columns + rule->n_columns));
	for (uint32_t i = 0; i < rule->n_columns; i++)
		step->columns[step->n_columns++] = up_clean_table_find(t, rule->columns[i], rule->owner);
	refuse_key(t, step);
	if (rule->n_columns > 0 || rule->kind == UP_CLEAN_DUPLICATES)
		return;
	if (rule->kind == UP_CLEAN_DUPLICATE_KEYS)
	{
		if (t->n_keys == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s has no column", rule->owner),
							errhint("Give the function a key, or the rule a \"column\" or \"columns\".")));
		for (int i = 0; i < t->n_keys; i++)
			step->columns[step->n_columns++] = t->keys[i];
		return;
	}
	for (int i = 0; i < t->n_columns; i++)
	{
		if (t->columns[i].now->is_text && !(t->stage && up_clean_is_key(t, i)))
			step->columns[step->n_columns++] = i;
	}
}

/* Whether workers that rules before have called may stand by: nothing of it touches a table, or calls code that does. */
static bool
may_stand_by(const UpCleanTable *t, const UpCleanStep *step)
{
	switch (step->rule->kind)
	{
		case UP_CLEAN_SYNONYMS:
			if (step->rule->table->type == UP_STRING)
				return false;
			break;
		case UP_CLEAN_TRIM:
		case UP_CLEAN_CASE:
		case UP_CLEAN_REPLACE:
		case UP_CLEAN_MATCH:
		case UP_CLEAN_MISSING:
		case UP_CLEAN_ALLOWED:
		case UP_CLEAN_RANGE:
		case UP_CLEAN_TYPE:
			break;
		default:
			return false;
	}
	for (int i = 0; i < step->n_columns; i++)
	{
		if (!up_clean_is_built_in(t->columns[step->columns[i]].now))
			return false;
	}
	return true;
}

static void
run_rule(UpCleanTable *t, const UpCleanRule *rule)
{
	switch (rule->kind)
	{
		case UP_CLEAN_DUPLICATES:
		case UP_CLEAN_DUPLICATE_KEYS:
			up_clean_duplicates(t, rule);
			break;
		case UP_CLEAN_TRIM:
		case UP_CLEAN_CASE:
		case UP_CLEAN_REPLACE:
		case UP_CLEAN_SYNONYMS:
		case UP_CLEAN_MATCH:
			up_clean_texts(t, rule);
			break;
		case UP_CLEAN_MISSING:
		case UP_CLEAN_ALLOWED:
		case UP_CLEAN_RANGE:
		case UP_CLEAN_REQUIRED:
			up_clean_checks(t, rule);
			break;
		case UP_CLEAN_TYPE:
			up_clean_types(t, rule);
			break;
		case UP_CLEAN_OUTLIERS:
			up_clean_outliers(t, rule);
			break;
		case UP_CLEAN_FILL:
			up_clean_fill(t, rule);
			break;
	}
}

void
up_clean_run(UpCleanTable *t, const UpCleanRules *rules)
{
	t->steps = palloc0(sizeof(UpCleanStep) * Max(rules->n, 1));
	for (uint32_t i = 0; i < rules->n; i++)
	{
		ErrorContextCallback context = {error_context_stack, rule_error_context, &rules->rules[i]};
		UpCleanStep *step = &t->steps[t->n_steps++];

		error_context_stack = &context;
		step->number = i + 1;
		step->rule = &rules->rules[i];
		step->first_change = t->n_changes;
		step->first_removal = t->n_removals;
		choose_columns(t, step);
		t->step = step;
		if (!may_stand_by(t, step))
			up_clean_batch_leave(t);
		run_rule(t, step->rule);
		error_context_stack = context.previous;
	}
	up_clean_batch_leave(t);
}
