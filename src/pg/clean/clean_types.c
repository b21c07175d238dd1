/*
 * clean_types.c - text that should be numbers, dates or truth values gets its type; see clean_types.h
 *
 * Blank text is missing. Whole columns change at once, so equal texts are understood once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "pg/clean/clean_types.h"
#include "clean/repair.h"

#include <math.h>

#define MEMORY_SLOTS  8192
#define NUMBER_LENGTH 1000 /* bytes of a text that can be a number */
#define WHOLE_DIGITS  18   /* of a bigint, surely */

static Oid
type_oid(const UpCleanRule *rule)
{
	static const Oid types[] = {NUMERICOID, INT8OID, FLOAT8OID, DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, BOOLOID};

	return types[rule->to_type];
}

/* Digits as up_repair_number leaves them, as a bigint. */
static bool
whole_number(const char *digits, Datum *out)
{
	const char *c = digits + (*digits == '-');
	size_t n = strspn(c, "0123456789");

	if (strchr(c, 'e') != NULL)
	{
		double v = strtod(digits, NULL);

		*out = Int64GetDatum((int64) (fabs(v) < 1e15 ? v : 0));
		return fabs(v) < 1e15 && v == rint(v);
	}
	if (c[n] == '.' && c[n + 1 + strspn(c + n + 1, "0")] != '\0')
		return false;
	*out = Int64GetDatum((int64) strtoll(digits, NULL, 10));
	return n - strspn(c, "0") <= WHOLE_DIGITS;
}

static bool
parse_number(const UpCleanRule *rule, const char *text, size_t len, Datum *out)
{
	char digits[NUMBER_LENGTH + 4];
	double v;

	if (len > NUMBER_LENGTH || !up_repair_number(text, len, rule->decimal == 1 ? ',' : '.', digits))
		return false;
	if (rule->to_type == UP_TYPE_INTEGER)
		return whole_number(digits, out);
	if (rule->to_type == UP_TYPE_NUMBER)
	{
		*out = DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid),
								   Int32GetDatum(-1));
		return true;
	}
	v = strtod(digits, NULL);
	*out = Float8GetDatum(v);
	return isfinite(v);
}

static bool
parse_date(const UpCleanRule *rule, const char *text, size_t len, Datum *out)
{
	UpMoment m;
	int64 days, micros;

	if (!up_repair_date(text, len, (UpDateOrder) rule->date_order, &m))
		return false;
	days = date2j(m.year, m.month, m.day) - POSTGRES_EPOCH_JDATE;
	micros = days * USECS_PER_DAY + m.micros;
	switch (rule->to_type)
	{
		case UP_TYPE_DATE: /* a time of day would be lost */
			*out = DateADTGetDatum((DateADT) days);
			return m.micros == 0 && !m.has_zone;
		case UP_TYPE_TIMESTAMP: /* and so would a zone */
			*out = TimestampGetDatum(micros);
			return !m.has_zone;
		default:
			*out = TimestampTzGetDatum(micros - (int64) m.zone * SECS_PER_MINUTE * USECS_PER_SEC);
			return true;
	}
}

bool
up_clean_parse(const UpCleanRule *rule, const char *text, size_t len, Datum *out)
{
	bool flag;

	if (rule->to_type == UP_TYPE_BOOLEAN)
	{
		bool good = up_repair_boolean(text, len, &flag);

		*out = BoolGetDatum(good && flag);
		return good;
	}
	if (rule->to_type <= UP_TYPE_FLOAT)
		return parse_number(rule, text, len, out);
	return parse_date(rule, text, len, out);
}

typedef enum Parsed
{
	PARSED,
	PARSED_BLANK,
	NOT_PARSED
} Parsed;

typedef struct Remembered
{
	bool used;
	Parsed result;
	Datum value;
	Datum out;
} Remembered;

typedef struct Repair
{
	UpCleanTable *t;
	int column;
	const UpCleanRule *rule;
	UpCleanValues *from;
	UpCleanValues *to;
	Remembered *memory;
	const char *complaint;
} Repair;

static Remembered *
understand(Repair *r, Datum value)
{
	Remembered *m = &r->memory[up_clean_image_hash(r->from, value) % MEMORY_SLOTS];
	size_t len;
	const char *text;

	if (m->used && up_clean_same(r->from, m->value, value))
		return m;
	text = up_clean_characters(r->from, value, &len);
	m->used = true;
	m->value = value;
	if (up_clean_parse(r->rule, text, len, &m->out))
	{
		m->result = PARSED;
		m->out = up_clean_table_keep(r->t, r->to, m->out);
	}
	else
	{
		char *rest = palloc(len + 1);

		m->result = up_repair_blanks(text, len, r->t->utf8, false, rest) == 0 ? PARSED_BLANK : NOT_PARSED;
	}
	return m;
}

/* Sets the new value of every row; rows that cannot be understood leave, or lose the value. */
static void
convert_rows(Repair *r)
{
	UpCleanTable *t = r->t;
	MemoryContext inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile types", ALLOCSET_DEFAULT_SIZES),
				  outer = MemoryContextSwitchTo(inner);

	for (size_t row = 0; row < t->n_rows; row++)
	{
		const Remembered *m;

		if ((row & 0x3ff) == 0)
		{
			MemoryContextReset(inner);
			up_progress(r->rule->owner, row, t->n_rows);
		}
		r->to->nulls[row] = true;
		r->to->values[row] = (Datum) 0;
		if (t->removed[row] || r->from->nulls[row])
			continue;
		m = understand(r, r->from->values[row]);
		if (m->result == PARSED)
		{
			r->to->nulls[row] = false;
			r->to->values[row] = m->out;
		}
		else if (m->result == NOT_PARSED && r->rule->action == UP_ACTION_QUARANTINE)
			up_clean_table_quarantine(t, row, r->column, r->complaint);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
}

/* Every value has another type; what also reads differently from before is a change. */
static void
note_changes(Repair *r)
{
	UpCleanTable *t = r->t;
	MemoryContext inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile types", ALLOCSET_DEFAULT_SIZES),
				  outer = MemoryContextSwitchTo(inner);

	for (size_t row = 0; row < t->n_rows; row++)
	{
		size_t len;
		const char *before;
		bool same = false;

		if ((row & 0x3ff) == 0)
		{
			MemoryContextReset(inner);
			up_tick();
		}
		if (t->removed[row] || r->from->nulls[row])
			continue;
		up_clean_table_touch(t, row);
		if (!r->to->nulls[row])
		{
			char *after = up_clean_text(r->to, r->to->values[row]);

			before = up_clean_characters(r->from, r->from->values[row], &len);
			same = strlen(after) == len && memcmp(after, before, len) == 0;
		}
		if (!same)
			up_clean_table_note_repair(t, row, r->column, r->to->nulls[row]);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
}

static void
repair_column(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	static const char *const complaints[] = {
		"is not a number", "is not a whole number", "is not a number",          "is not a date",
		"is not a time",   "is not a time",         "is neither true nor false"};
	Repair r = {t, column, rule, t->columns[column].now, NULL, NULL, complaints[rule->to_type]};

	if (!r.from->is_text)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s needs text, and column \"%s\" is of type %s", rule->owner,
							   t->columns[column].name, format_type_be(r.from->type)),
						errhint("Cast the column in the source.")));
	r.to = up_clean_values_new(t->context, type_oid(rule), -1, InvalidOid);
	up_clean_table_count(t, (t->n_rows + 1) * (sizeof(Datum) + sizeof(bool)));
	r.to->values = up_alloc_array(t->n_rows + 1, sizeof(Datum));
	r.to->nulls = up_alloc_array(t->n_rows + 1, sizeof(bool));
	r.memory = palloc0(sizeof(Remembered) * MEMORY_SLOTS);
	convert_rows(&r);
	up_clean_table_retype(t, column, r.to);
	note_changes(&r);
	pfree(r.memory);
}

void
up_clean_types(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
		repair_column(t, t->step->columns[i], rule);
}
