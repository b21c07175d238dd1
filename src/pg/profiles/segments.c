/*
 * segments.c - the segments of a profile, and expressions of them; see segments.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/tuptable.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#include "base/params.h"
#include "learn/learners.h"
#include "pg/clean/clean_write.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/models/learner_for.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/segments.h"

#define DEPTH 100 /* of parentheses */

/* ---- the sets ----------------------------------------------------------------------------------------------------- */

/* Whether a model of a definition makes clusters: the learner's table says so. */
static bool
is_clustering(const UpValue *model)
{
	const UpValue *algorithm = model->type == UP_OBJECT ? up_value_get(model, "algorithm") : NULL;

	for (int i = 0; algorithm != NULL && algorithm->type == UP_STRING && i < up_n_learners; i++)
	{
		if (strcmp(up_learners[i]->name, algorithm->string) == 0)
			return (up_learners[i]->abilities & UP_L_CLUSTER) != 0;
	}
	return false;
}

static UpSegmentSet *
add_set(UpSegments *s, const char *column)
{
	UpSegmentSet *set = &s->sets[s->n_sets++];

	memset(set, 0, sizeof(*set));
	set->column = column;
	return set;
}

static void
find_columns(UpSegments *s)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT * FROM %s", up_segments_from(s, ""));
	s->columns = up_query_columns(sql.data);
	s->n_stored = 0;
	for (int i = 0; i < s->columns->natts; i++)
		s->n_stored +=
			up_policy_live(s->profile->policy, NameStr(TupleDescAttr(s->columns, i)->attname)) == NULL;
}

void
up_segments_resolve(UpSegments *s, UpProfile *p, Oid table)
{
	UpValue *models = up_value_from_jsonb(p->definitions);
	int n = models->type == UP_OBJECT ? (int) models->n : 0;

	s->profile = p;
	s->table = table;
	s->n_sets = 0;
	s->sets = palloc0(sizeof(UpSegmentSet) * (Size) Max(n + p->policy->n_live, 1));
	find_columns(s);
	for (int i = 0; i < n; i++)
	{
		if (is_clustering(models->items[i]) && up_attribute_named(s->columns, models->keys[i]) != NULL)
			add_set(s, models->keys[i])->registered = psprintf("%s.%s", p->name, models->keys[i]);
	}
	for (int i = 0; i < p->policy->n_live; i++)
	{
		UpSegmentSet *set;

		if (!p->policy->live[i].rule)
			continue;
		set = add_set(s, p->policy->live[i].column);
		set->rule = true;
		set->condition = p->policy->live[i].expression;
	}
}

UpSegments *
up_segments_begin(const char *schema, const char *profile)
{
	UpSegments *s = palloc0(sizeof(UpSegments));
	UpProfile *p = up_profile_look(schema, profile);
	Oid owner = up_profile_owner(p);
	Oid table = up_profile_own_table(p, AccessShareLock, false, NULL);

	up_as_role_begin(&s->before, owner, p->source_path);
	/* Texts of keys and values are the same in every session. */
	(void) up_clean_text_settings();
	up_key_resolve(&p->key_parts, p->key, up_relation_columns(table));
	up_segments_resolve(s, p, table);
	return s;
}

void
up_segments_end(UpSegments *s)
{
	up_as_role_end(&s->before);
}

/* ---- their SQL ---------------------------------------------------------------------------------------------------- */

char *
up_segments_from(const UpSegments *s, const char *sample)
{
	const char *from = s->profile->table;

	/* The name of the rows comes before what samples them. */
	if (sample[0] != '\0')
		from = psprintf("(SELECT * FROM %s profile %s)", from, sample);
	return psprintf("%s r", up_policy_rows(s->profile->policy, "profile.*", from));
}

typedef struct Taking
{
	UpRows *rows;
	uint64 room;
	MemoryContext context;
} Taking;

static void
take_columns(void *arg, TupleDesc columns)
{
	Taking *t = arg;

	t->rows->desc = CreateTupleDescCopy(columns);
}

static void
take_row(void *arg, TupleTableSlot *slot)
{
	Taking *t = arg;
	MemoryContext outer = MemoryContextSwitchTo(t->context);

	if (t->rows->n == t->room)
	{
		t->room = t->room > 0 ? 2 * t->room : 64;
		t->rows->rows = t->rows->rows == NULL ? palloc(sizeof(HeapTuple) * t->room)
											  : repalloc_huge(t->rows->rows, sizeof(HeapTuple) * t->room);
	}
	t->rows->rows[t->rows->n++] = ExecCopySlotHeapTuple(slot);
	MemoryContextSwitchTo(outer);
}

UpRows
up_segments_query(const char *query, int n_args, const Oid *types, const Datum *values)
{
	UpRows rows = {0};
	Taking t = {&rows, 0, CurrentMemoryContext};

	rows.processed = up_query_stream(query, n_args, types, values, NULL, take_columns, take_row, &t);
	return rows;
}

char *
up_segment_of(const UpSegmentSet *set, const char *alias)
{
	if (set->rule)
		return psprintf("NULLIF(%s.%s, false)::text", alias, quote_identifier(set->column));
	return psprintf("%s.%s::text", alias, quote_identifier(set->column));
}

char *
up_segments_key(const UpSegments *s, const char *alias)
{
	const UpKey *key = &s->profile->key_parts;
	char *list = up_keys_list(key, alias);

	return key->n > 1 ? psprintf("ROW(%s)::text", list) : psprintf("%s::text", list);
}

char *
up_segment_id(const UpSegmentSet *set, const char *segment)
{
	return set->rule ? pstrdup(set->column) : psprintf("%s_%s", set->column, segment);
}

/* ---- those that are known ----------------------------------------------------------------------------------------- */

static const UpSegmentSet *
find_set(const UpSegments *s, const char *column, bool rule)
{
	for (int i = 0; i < s->n_sets; i++)
	{
		if (s->sets[i].rule == rule && strcmp(s->sets[i].column, column) == 0)
			return &s->sets[i];
	}
	return NULL;
}

UpSegment *
up_segments_known(const UpSegments *s, int *n)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(s->profile->name);
	UpRows r = up_query(
		true,
		psprintf(
			"SELECT set_name, segment, by_rule::text AS rule, name FROM %s.uprofile_segments_described WHERE "
			"profile = $1 AND NOT by_rule ORDER BY place",
			s->profile->schema),
		1, &type, &name, NULL);
	UpSegment *known = palloc0(sizeof(UpSegment) * (Size) Max(r.n + (uint64) s->n_sets, 1));

	*n = 0;
	for (uint64 i = 0; i < r.n; i++)
	{
		UpSegment *g = &known[*n];

		g->set = find_set(s, up_rows_text(&r, i, "set_name"), false);
		g->segment = up_rows_text(&r, i, "segment");
		g->name = up_rows_text(&r, i, "name");
		*n += g->set != NULL;
	}
	for (int i = 0; i < s->n_sets; i++)
	{
		if (s->sets[i].rule)
			known[(*n)++] = (UpSegment){&s->sets[i], s->sets[i].column, s->sets[i].column};
	}
	return known;
}

/* ---- expressions -------------------------------------------------------------------------------------------------- */

typedef enum Token
{
	NAME,
	WORD_AND,
	WORD_OR,
	WORD_NOT,
	OPEN,
	CLOSE,
	END
} Token;

typedef struct Parser
{
	const UpSegments *segments;
	UpSegment *known;
	int n_known;
	const char *text; /* all of it */
	const char *at;
	Token token;
	char *name; /* of a NAME */
	int names;  /* that came */
	int others; /* AND, OR, NOT */
	UpSegment last;
	StringInfoData sql;
} Parser;

static void
refuse_expression(const Parser *p, const char *why)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_SYNTAX_ERROR), errmsg("segments cannot be read from \"%s\": %s", p->text, why),
		 errhint("Names of segments with AND, OR, NOT and parentheses, as in vip AND NOT \"many orders\".")));
}

/* A name in quotes, in which two stand for one. */
static void
read_quoted(Parser *p)
{
	StringInfoData name;

	initStringInfo(&name);
	for (p->at++;; p->at++)
	{
		if (*p->at == '\0')
			refuse_expression(p, "a quote is not closed");
		if (*p->at == '"' && *++p->at != '"')
			break;
		appendStringInfoChar(&name, *p->at);
	}
	p->name = name.data;
	p->token = NAME;
}

static bool
is_name_byte(char c)
{
	return IS_HIGHBIT_SET(c) || isalnum((unsigned char) c) || c == '_' || c == '$';
}

static void
read_word(Parser *p)
{
	static const char *const words[] = {"and", "or", "not"};
	const char *begin = p->at;

	while (is_name_byte(*p->at))
		p->at++;
	p->name = downcase_identifier(begin, (int) (p->at - begin), false, false);
	p->token = NAME;
	for (int i = 0; i < 3; i++)
	{
		if (strcmp(p->name, words[i]) == 0)
			p->token = (Token) (WORD_AND + i);
	}
}

static void
next_token(Parser *p)
{
	while (*p->at != '\0' && scanner_isspace(*p->at))
		p->at++;
	if (*p->at == '\0')
		p->token = END;
	else if (*p->at == '"')
		read_quoted(p);
	else if (*p->at == '(' || *p->at == ')')
		p->token = *p->at++ == '(' ? OPEN : CLOSE;
	else if (is_name_byte(*p->at))
		read_word(p);
	else
		refuse_expression(p, psprintf("\"%s\" is not understood", pnstrdup(p->at, pg_mblen(p->at))));
}

/* By its name or, of a model, by its column and number. */
static bool
find_segment(const Parser *p, const char *name, UpSegment *found)
{
	const UpSegments *s = p->segments;

	for (int i = 0; i < p->n_known; i++)
	{
		if (p->known[i].name != NULL && strcmp(p->known[i].name, name) == 0)
		{
			*found = p->known[i];
			return true;
		}
	}
	for (int i = 0; i < s->n_sets; i++)
	{
		size_t len = strlen(s->sets[i].column);
		const char *number = name + len + 1;

		if (s->sets[i].rule || strncmp(name, s->sets[i].column, len) != 0 || name[len] != '_' ||
			*number == '\0' || strspn(number, "0123456789") != strlen(number) || strlen(number) > 9)
			continue;
		*found = (UpSegment){&s->sets[i], pstrdup(number), NULL};
		for (int j = 0; j < p->n_known; j++)
		{
			if (p->known[j].set == found->set && strcmp(p->known[j].segment, number) == 0)
				*found = p->known[j];
		}
		return true;
	}
	return false;
}

static void
refuse_name(const Parser *p)
{
	const char **names = palloc(sizeof(char *) * (Size) Max(p->n_known, 1));
	const char *nearest;
	int n = 0;

	for (int i = 0; i < p->n_known; i++)
	{
		if (p->known[i].name != NULL)
			names[n++] = p->known[i].name;
	}
	nearest = up_nearest_name(p->name, names, n);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("profile \"%s\" has no segment \"%s\"", p->segments->profile->name, p->name),
			 nearest != NULL
				 ? errhint("Perhaps you mean %s.", quote_identifier(nearest))
				 : errhint("uprofile_segments lists them, and in an expression a name of several words stands "
						   "in double "
						   "quotes; one of a model is also named by its column and number, as segment_3.")));
}

static void
append_condition(StringInfo sql, const UpSegment *g)
{
	if (g->set->rule)
		appendStringInfo(sql, "r.%s", quote_identifier(g->set->column));
	else
		appendStringInfo(sql, "(r.%s = %s) IS TRUE", quote_identifier(g->set->column), g->segment);
}

/* A made name alone needs no quotes, unless it could be an expression: "not active". */
static bool
is_made_name(const Parser *p, const char *text)
{
	if (pg_strncasecmp(text, "not ", 4) == 0)
		return false;
	for (int i = 0; i < p->n_known; i++)
	{
		if (!p->known[i].set->rule && p->known[i].name != NULL && strcmp(p->known[i].name, text) == 0)
			return true;
	}
	return false;
}

static void parse_or(Parser *p, int depth);

static void
parse_one(Parser *p, int depth)
{
	if (depth > DEPTH)
		refuse_expression(p, "it is nested too deep");
	if (p->token == WORD_NOT)
	{
		p->others++;
		appendStringInfoString(&p->sql, "NOT ");
		next_token(p);
		parse_one(p, depth + 1);
		return;
	}
	if (p->token == OPEN)
	{
		next_token(p);
		parse_or(p, depth + 1);
		if (p->token != CLOSE)
			refuse_expression(p, "a parenthesis is not closed");
		next_token(p);
		return;
	}
	if (p->token != NAME)
		refuse_expression(p, p->token == END ? "a segment is missing at its end" : "a segment is missing");
	if (!find_segment(p, p->name, &p->last))
		refuse_name(p);
	p->names++;
	appendStringInfoChar(&p->sql, '(');
	append_condition(&p->sql, &p->last);
	appendStringInfoChar(&p->sql, ')');
	next_token(p);
}

static void
parse_and(Parser *p, int depth)
{
	parse_one(p, depth);
	while (p->token == WORD_AND)
	{
		p->others++;
		appendStringInfoString(&p->sql, " AND ");
		next_token(p);
		parse_one(p, depth);
	}
}

static void
parse_or(Parser *p, int depth)
{
	appendStringInfoChar(&p->sql, '(');
	parse_and(p, depth);
	while (p->token == WORD_OR)
	{
		p->others++;
		appendStringInfoString(&p->sql, " OR ");
		next_token(p);
		parse_and(p, depth);
	}
	appendStringInfoChar(&p->sql, ')');
}

char *
up_segments_condition(const UpSegments *s, const char *expression, UpSegment *single)
{
	Parser p = {.segments = s, .text = expression, .at = expression};

	p.known = up_segments_known(s, &p.n_known);
	initStringInfo(&p.sql);
	if (is_made_name(&p, expression))
		p.at = p.text = quote_identifier(expression);
	next_token(&p);
	parse_or(&p, 0);
	if (p.token != END)
		refuse_expression(&p, p.token == CLOSE ? "a parenthesis is not opened" : "AND or OR is missing");
	if (single != NULL)
		*single = p.names == 1 && p.others == 0 ? p.last : (UpSegment){NULL};
	return p.sql.data;
}
