/*
 * profile_parts.c - parts of a definition; see profile_parts.h
 */
#include "postgres.h"

#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/profile_parts.h"
#include "pg/profiles/profile_policy.h"

Jsonb *
up_part_merge(const char *what, Jsonb *stored, Jsonb *given)
{
	Jsonb *merged;

	if (given == NULL)
		return stored;
	if (up_value_from_jsonb(given)->type == UP_NULL)
		return NULL;
	merged = up_merge_keys(what, stored, given);
	return up_value_from_jsonb(merged)->n > 0 ? merged : NULL;
}

const char *
up_part_text(const char *stored, const char *given)
{
	if (given == NULL)
		return stored;
	return given[0] != '\0' ? given : NULL;
}

/* In PG_CATCH. The error as the user's own text has it. */
static void
rethrow_as(const char *part, MemoryContext context)
{
	ErrorData *e;

	MemoryContextSwitchTo(context);
	e = CopyErrorData();
	if (ERRCODE_TO_CATEGORY(e->sqlerrcode) !=
		ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION))
		PG_RE_THROW();
	FlushErrorState();
	e->message = psprintf("%s cannot be read: %s", part, e->message);
	e->cursorpos = e->internalpos = 0;
	e->internalquery = NULL;
	ReThrowError(e);
}

void
up_part_condition(const char *part, const char *condition)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		(void) up_expression_parse(condition);
	}
	PG_CATCH();
	{
		rethrow_as(part, context);
	}
	PG_END_TRY();
}

TupleDesc
up_part_columns(const char *part, const char *query)
{
	MemoryContext context = CurrentMemoryContext;
	TupleDesc volatile columns = NULL;

	PG_TRY();
	{
		columns = up_query_columns(query);
	}
	PG_CATCH();
	{
		rethrow_as(part, context);
	}
	PG_END_TRY();
	return columns;
}

char *
up_part_query(const char *part, const char *source, TupleDesc *columns)
{
	MemoryContext context = CurrentMemoryContext;
	char *volatile query = NULL;

	PG_TRY();
	{
		query = up_source_query(source);
	}
	PG_CATCH();
	{
		rethrow_as(part, context);
	}
	PG_END_TRY();
	if (columns != NULL)
		*columns = up_part_columns(part, query);
	return query;
}

void
up_segments_check(Jsonb *segments)
{
	UpValue *rules = segments != NULL ? up_value_from_jsonb(segments) : NULL;

	for (uint32_t i = 0; rules != NULL && i < rules->n; i++)
	{
		if (rules->items[i]->type != UP_STRING || rules->items[i]->string[0] == '\0')
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("segment \"%s\" must be a condition as text, not %s", rules->keys[i],
								   rules->items[i]->type == UP_STRING ? "an empty one"
																	  : up_value_type_name(rules->items[i])),
							errhint("For example {\"vip\": \"monetary > 1000 AND recency < 30\"}.")));
	}
}
