/*
 * clean_texts.c - rules for text: trim, case, replace, synonyms, match; see clean_texts.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"

#include "pg/clean/clean_cells.h"
#include "pg/clean/clean_texts.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"

/* ---- synonyms ---- */

typedef struct Synonyms
{
	uint32_t n;
	uint32_t capacity;
	char *(*text)[2]; /* what is found, what it becomes */
	FmgrInfo output[2];
} Synonyms;

static void
add_synonym(Synonyms *s, char *from, char *to)
{
	if (s->n == s->capacity)
	{
		s->capacity = s->capacity == 0 ? 64 : s->capacity * 2;
		s->text = s->text == NULL ? up_alloc_array(s->capacity, sizeof(*s->text))
								  : up_realloc(s->text, s->capacity * sizeof(*s->text));
	}
	s->text[s->n][0] = from;
	s->text[s->n++][1] = to;
}

static void
start_synonyms(void *arg, TupleDesc desc)
{
	Synonyms *s = arg;

	if (desc->natts < 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a table of synonyms needs two columns, not %d", desc->natts),
						errhint("The first is what is found, the second what it becomes.")));
	for (int i = 0; i < 2; i++)
	{
		Oid function;
		bool is_varlena;

		getTypeOutputInfo(TupleDescAttr(desc, i)->atttypid, &function, &is_varlena);
		fmgr_info(function, &s->output[i]);
	}
}

static void
read_synonym(void *arg, TupleTableSlot *slot)
{
	Synonyms *s = arg;

	slot_getsomeattrs(slot, 2);
	if ((s->n & 0x3ff) == 0)
		up_reserve((size_t) s->n * 200, "reading synonyms");
	if (!slot->tts_isnull[0] && !slot->tts_isnull[1])
		add_synonym(s, OutputFunctionCall(&s->output[0], slot->tts_values[0]),
					OutputFunctionCall(&s->output[1], slot->tts_values[1]));
}

static int
compare_synonyms(const void *a, const void *b)
{
	return strcmp(((char *const *) a)[0], ((char *const *) b)[0]);
}

static const UpTextRule *
read_synonyms(const UpCleanRule *rule, const UpCleanValues *v)
{
	Synonyms s = {0};
	char **from, **to;
	uint32_t n = 0;

	if (rule->table->type == UP_STRING)
		up_query_stream(up_source_query(rule->table->string), 0, NULL, NULL, NULL, start_synonyms, read_synonym,
						&s);
	for (uint32_t i = 0; rule->table->type == UP_OBJECT && i < rule->table->n; i++)
		add_synonym(&s, rule->table->keys[i], rule->table->items[i]->string);
	for (uint32_t i = 0; rule->ignore_case && i < s.n; i++)
		s.text[i][0] = str_tolower(s.text[i][0], strlen(s.text[i][0]), v->collation);
	if (s.n > 1)
		qsort(s.text, s.n, sizeof(*s.text), compare_synonyms);
	from = up_alloc_array(s.n + 1, sizeof(char *));
	to = up_alloc_array(s.n + 1, sizeof(char *));
	for (uint32_t i = 0; i < s.n; i++)
	{
		if (n > 0 && strcmp(from[n - 1], s.text[i][0]) == 0)
		{
			if (strcmp(to[n - 1], s.text[i][1]) != 0)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("%s says of \"%s\" that it is both \"%s\" and \"%s\"", rule->owner,
									   from[n - 1], to[n - 1], s.text[i][1])));
			continue;
		}
		from[n] = s.text[i][0];
		to[n++] = s.text[i][1];
	}
	return up_text_rule_new(rule, v, v, n, from, to);
}

void
up_clean_texts(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
	{
		int column = t->step->columns[i];
		const UpCleanValues *v = t->columns[column].now;
		UpCleanCells cells = {.t = t, .column = column, .rule = rule};

		if (!v->is_text)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("%s needs text, and column \"%s\" is of type %s", rule->owner,
								   t->columns[column].name, format_type_be(v->type)),
							errhint("Cast the column in the source.")));
		if (rule->kind == UP_CLEAN_MATCH)
			cells.complaint =
				psprintf("%s %s", rule->negate ? "matches" : "does not match", rule->pattern->string);
		cells.text = rule->kind == UP_CLEAN_SYNONYMS ? read_synonyms(rule, v)
													 : up_text_rule_new(rule, v, v, 0, NULL, NULL);
		up_clean_cells(&cells);
	}
}
