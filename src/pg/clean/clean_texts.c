/*
 * clean_texts.c - rules for text: trim, case, replace, synonyms, match; see clean_texts.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/clean/clean_cells.h"
#include "pg/clean/clean_texts.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "prep/dictionary.h"
#include "clean/repair.h"

/* SET, or KEEP where nothing is different. */
static UpCleanVerdict
set_text(UpCleanCells *cells, Datum value, const char *text, size_t len, Datum *out)
{
	size_t old_len;
	const char *old = up_clean_characters(cells->v, value, &old_len);

	if (old_len == len && memcmp(old, text, len) == 0)
		return UP_CELL_KEEP;
	*out = PointerGetDatum(cstring_to_text_with_len(text, (int) len));
	return UP_CELL_SET;
}

static UpCleanVerdict
trim_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	size_t len;
	const char *text = up_clean_characters(cells->v, value, &len);
	char *trimmed = palloc(len + 1);

	return set_text(cells, value, trimmed,
					up_repair_blanks(text, len, cells->t->utf8, cells->rule->collapse, trimmed), out);
}

static UpCleanVerdict
case_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	size_t len;
	const char *text = up_clean_characters(cells->v, value, &len);
	Oid collation = cells->v->collation;
	char *changed;

	if (cells->rule->to_case == UP_CASE_LOWER)
		changed = str_tolower(text, len, collation);
	else if (cells->rule->to_case == UP_CASE_UPPER)
		changed = str_toupper(text, len, collation);
	else
		changed = str_initcap(text, len, collation);
	return set_text(cells, value, changed, strlen(changed), out);
}

static text *
cell_text(UpCleanCells *cells, Datum value)
{
	size_t len;
	const char *c = up_clean_characters(cells->v, value, &len);

	return cstring_to_text_with_len(c, (int) len);
}

static UpCleanVerdict
replace_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	const UpCleanRule *r = cells->rule;
	const char *flags = r->all ? (r->ignore_case ? "gi" : "g") : (r->ignore_case ? "i" : "");
	const char *with = r->with != NULL ? r->with->string : "";
	Datum replaced = DirectFunctionCall4Coll(
		textregexreplace, cells->v->collation, PointerGetDatum(cell_text(cells, value)),
		CStringGetTextDatum(r->pattern->string), CStringGetTextDatum(with), CStringGetTextDatum(flags));
	text *t = DatumGetTextPP(replaced);

	return set_text(cells, value, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), out);
}

static UpCleanVerdict
match_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	const UpCleanRule *r = cells->rule;
	bool matches = DatumGetBool(DirectFunctionCall2Coll(
		r->ignore_case ? texticregexeq : textregexeq, cells->v->collation,
		PointerGetDatum(cell_text(cells, value)), CStringGetTextDatum(r->pattern->string)));

	if (matches != r->negate)
		return UP_CELL_KEEP;
	*complaint = cells->arg;
	return UP_CELL_BAD;
}

/* ---- synonyms ---- */

typedef struct Synonyms
{
	uint32_t n;
	uint32_t capacity;
	char **from; /* sorted by bytes */
	char **to;
	char *(*text)[2];
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

static Synonyms *
read_synonyms(const UpCleanRule *rule, Oid collation)
{
	Synonyms *s = palloc0(sizeof(Synonyms));
	uint32_t n = 0;

	if (rule->table->type == UP_STRING)
		up_query_stream(up_source_query(rule->table->string), 0, NULL, NULL, NULL, start_synonyms, read_synonym,
						s);
	for (uint32_t i = 0; rule->table->type == UP_OBJECT && i < rule->table->n; i++)
		add_synonym(s, rule->table->keys[i], rule->table->items[i]->string);
	for (uint32_t i = 0; rule->ignore_case && i < s->n; i++)
		s->text[i][0] = str_tolower(s->text[i][0], strlen(s->text[i][0]), collation);
	if (s->n > 1)
		qsort(s->text, s->n, sizeof(*s->text), compare_synonyms);
	s->from = up_alloc_array(s->n + 1, sizeof(char *));
	s->to = up_alloc_array(s->n + 1, sizeof(char *));
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (n > 0 && strcmp(s->from[n - 1], s->text[i][0]) == 0)
		{
			if (strcmp(s->to[n - 1], s->text[i][1]) != 0)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("%s says of \"%s\" that it is both \"%s\" and \"%s\"", rule->owner,
									   s->from[n - 1], s->to[n - 1], s->text[i][1])));
			continue;
		}
		s->from[n] = s->text[i][0];
		s->to[n++] = s->text[i][1];
	}
	s->n = n;
	return s;
}

static UpCleanVerdict
synonym_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	const Synonyms *s = cells->arg;
	size_t len;
	const char *text = up_clean_characters(cells->v, value, &len);
	int64_t found;

	if (cells->rule->ignore_case)
	{
		text = str_tolower(text, len, cells->v->collation);
		len = strlen(text);
	}
	found = up_sorted_texts_find(s->from, s->n, text, len);
	if (found < 0)
		return UP_CELL_KEEP;
	return set_text(cells, value, s->to[found], strlen(s->to[found]), out);
}

void
up_clean_texts(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
	{
		int column = t->step->columns[i];
		const UpCleanValues *v = t->columns[column].now;

		if (!v->is_text)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("%s needs text, and column \"%s\" is of type %s", rule->owner,
								   t->columns[column].name, format_type_be(v->type)),
							errhint("Cast the column in the source.")));
		if (rule->kind == UP_CLEAN_TRIM)
			up_clean_cells(t, column, rule, trim_cell, NULL, true);
		else if (rule->kind == UP_CLEAN_CASE)
			up_clean_cells(t, column, rule, case_cell, NULL, true);
		else if (rule->kind == UP_CLEAN_REPLACE)
			up_clean_cells(t, column, rule, replace_cell, NULL, true);
		else if (rule->kind == UP_CLEAN_MATCH)
			up_clean_cells(
				t, column, rule, match_cell,
				psprintf("%s %s", rule->negate ? "matches" : "does not match", rule->pattern->string), true);
		else
			up_clean_cells(t, column, rule, synonym_cell, read_synonyms(rule, v->collation), true);
	}
}
