/*
 * clean_text_rule.c - what a rule makes of one text; see clean_text_rule.h
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "base/platform.h"
#include "clean/repair.h"
#include "pg/clean/clean_parse.h"
#include "pg/clean/clean_text_rule.h"
#include "prep/dictionary.h"

/* ---- one piece of memory ---- */

static size_t
put(UpTextRule *r, const void *bytes, size_t n)
{
	size_t at = r->size;

	memcpy((char *) r + at, bytes, n);
	r->size += MAXALIGN(n);
	return at;
}

static size_t
put_all(UpTextRule *r, uint32 n, char *const *texts)
{
	size_t *places = (size_t *) ((char *) r + r->size), first = r->size;

	r->size += MAXALIGN(sizeof(size_t) * n);
	for (uint32 i = 0; i < n; i++)
		places[i] = put(r, texts[i], strlen(texts[i]) + 1);
	return first;
}

static size_t
size_of_all(uint32 n, char *const *texts)
{
	size_t size = MAXALIGN(sizeof(size_t) * n);

	for (uint32 i = 0; i < n; i++)
		size += MAXALIGN(strlen(texts[i]) + 1);
	return size;
}

UpTextRule *
up_text_rule_new(const UpCleanRule *rule, const UpCleanValues *of, const UpCleanValues *to, uint32 n,
				 char *const *texts, char *const *become)
{
	bool replaces = rule->kind == UP_CLEAN_REPLACE;
	const char *words[] = {rule->pattern != NULL ? rule->pattern->string : "",
						   replaces && rule->with != NULL ? rule->with->string : "",
						   rule->all ? (rule->ignore_case ? "gi" : "g") : (rule->ignore_case ? "i" : "")};
	text *values[lengthof(words)];
	size_t size = MAXALIGN(sizeof(UpTextRule)) + size_of_all(n, texts);
	UpTextRule *r;

	for (size_t i = 0; i < lengthof(words); i++)
	{
		values[i] = cstring_to_text(words[i]);
		size += MAXALIGN(VARSIZE(values[i]));
	}
	if (become != NULL)
		size += size_of_all(n, become);
	r = up_alloc0(size);
	r->rule = *rule;
	r->size = MAXALIGN(sizeof(UpTextRule));
	r->collation = of->collation;
	r->out_len = to->len;
	r->out_byval = to->byval;
	r->pattern = put(r, values[0], VARSIZE(values[0]));
	r->with = put(r, values[1], VARSIZE(values[1]));
	r->flags = put(r, values[2], VARSIZE(values[2]));
	r->n = n;
	r->texts = put_all(r, n, texts);
	if (become != NULL)
		r->become = put_all(r, n, become);
	Assert(r->size == size);
	return r;
}

static Datum
value_at(const UpTextRule *r, size_t place)
{
	return PointerGetDatum((const char *) r + place);
}

static const char *
text_at(const UpTextRule *r, size_t places, uint32 i)
{
	return (const char *) r + ((const size_t *) ((const char *) r + places))[i];
}

/* ---- texts that become others ---- */

/* SET, or KEEP where nothing is different. */
static UpCleanVerdict
set_text(const char *old, size_t old_len, const char *text, size_t len, Datum *out)
{
	if (old_len == len && memcmp(old, text, len) == 0)
		return UP_CELL_KEEP;
	*out = PointerGetDatum(cstring_to_text_with_len(text, (int) len));
	return UP_CELL_SET;
}

static UpCleanVerdict
trim(const UpTextRule *r, const char *text, size_t len, Datum *out)
{
	char *trimmed = palloc(len + 1);
	size_t left = up_repair_blanks(text, len, GetDatabaseEncoding() == PG_UTF8, r->rule.collapse, trimmed);

	return set_text(text, len, trimmed, left, out);
}

static UpCleanVerdict
change_case(const UpTextRule *r, const char *text, size_t len, Datum *out)
{
	char *changed;

	if (r->rule.to_case == UP_CASE_LOWER)
		changed = str_tolower(text, len, r->collation);
	else if (r->rule.to_case == UP_CASE_UPPER)
		changed = str_toupper(text, len, r->collation);
	else
		changed = str_initcap(text, len, r->collation);
	return set_text(text, len, changed, strlen(changed), out);
}

static UpCleanVerdict
replace(const UpTextRule *r, const char *chars, size_t len, Datum *out)
{
	Datum replaced = DirectFunctionCall4Coll(
		textregexreplace, r->collation, PointerGetDatum(cstring_to_text_with_len(chars, (int) len)),
		value_at(r, r->pattern), value_at(r, r->with), value_at(r, r->flags));
	text *t = DatumGetTextPP(replaced);

	return set_text(chars, len, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), out);
}

static UpCleanVerdict
match(const UpTextRule *r, const char *text, size_t len)
{
	bool matches = DatumGetBool(DirectFunctionCall2Coll(
		r->rule.ignore_case ? texticregexeq : textregexeq, r->collation,
		PointerGetDatum(cstring_to_text_with_len(text, (int) len)), value_at(r, r->pattern)));

	return matches != r->rule.negate ? UP_CELL_KEEP : UP_CELL_BAD;
}

/* ---- texts that are looked up ---- */

/* Its number among those of the rule, or -1. */
static int64
find(const UpTextRule *r, const char *text, size_t len)
{
	uint32 low = 0, high = r->n;

	if (r->rule.ignore_case)
	{
		text = str_tolower(text, len, r->collation);
		len = strlen(text);
	}
	while (low < high)
	{
		uint32 mid = low + (high - low) / 2;
		int order = up_text_order(text_at(r, r->texts, mid), text, len);

		if (order == 0)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

static UpCleanVerdict
become_synonym(const UpTextRule *r, const char *text, size_t len, Datum *out)
{
	int64 found = find(r, text, len);
	const char *to = found >= 0 ? text_at(r, r->become, (uint32) found) : NULL;

	return found >= 0 ? set_text(text, len, to, strlen(to), out) : UP_CELL_KEEP;
}

/* ---- texts that get a type ---- */

static UpCleanVerdict
give_type(const UpTextRule *r, const char *text, size_t len, Datum *out)
{
	const char *unit = r->n > 0 ? text_at(r, r->texts, 0) : NULL, *now;

	if (!up_clean_parse(&r->rule, unit, text, len, out))
	{
		char *rest = palloc(len + 1);

		return up_repair_blanks(text, len, GetDatabaseEncoding() == PG_UTF8, false, rest) == 0 ? UP_CELL_MISSING
																							   : UP_CELL_BAD;
	}
	now = up_clean_parsed_text(&r->rule, *out);
	return strlen(now) == len && memcmp(now, text, len) == 0 ? UP_CELL_ALIKE : UP_CELL_SET;
}

UpCleanVerdict
up_text_rule_ask(const UpTextRule *r, const char *text, size_t len, Datum *out)
{
	switch (r->rule.kind)
	{
		case UP_CLEAN_TRIM:
			return trim(r, text, len, out);
		case UP_CLEAN_CASE:
			return change_case(r, text, len, out);
		case UP_CLEAN_REPLACE:
			return replace(r, text, len, out);
		case UP_CLEAN_MATCH:
			return match(r, text, len);
		case UP_CLEAN_SYNONYMS:
			return become_synonym(r, text, len, out);
		case UP_CLEAN_MISSING:
			return find(r, text, len) >= 0 ? UP_CELL_MISSING : UP_CELL_KEEP;
		case UP_CLEAN_ALLOWED:
			return find(r, text, len) >= 0 ? UP_CELL_KEEP : UP_CELL_BAD;
		case UP_CLEAN_TYPE:
			return give_type(r, text, len, out);
		default:
			elog(ERROR, "rule %d is not one of texts", (int) r->rule.kind);
	}
}
