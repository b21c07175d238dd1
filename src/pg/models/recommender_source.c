/*
 * recommender_source.c - events of users with items, from a source; see recommender_source.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/key_columns.h"
#include "pg/io/query.h"
#include "pg/models/recommender_source.h"

#include <float.h>
#include <math.h>

#define TICK_EVENTS (1 << 20)

static void
set_column(UpValue *v, const char *key, const char *column)
{
	if (column != NULL)
		up_value_set(v, key, up_value_string(column));
}

UpValue *
up_recommend_columns_value(const UpRecommendColumns *c)
{
	UpValue *v = up_value_object();

	set_column(v, "user_key", c->user_key);
	set_column(v, "item", c->item);
	set_column(v, "weight", c->weight);
	set_column(v, "event_time", c->event_time);
	set_column(v, "segment", c->segment);
	return v;
}

static const char *
column_of(const UpValue *columns, const char *key)
{
	const UpValue *v = columns != NULL && columns->type == UP_OBJECT ? up_value_get(columns, key) : NULL;

	return v != NULL && v->type == UP_STRING ? v->string : NULL;
}

UpRecommendColumns
up_recommend_columns_of(const UpRecommendModel *m)
{
	const UpValue *columns = up_value_get(m->summary, "columns");
	UpRecommendColumns c = {column_of(columns, "user_key"), column_of(columns, "item"),
							column_of(columns, "weight"), column_of(columns, "event_time"),
							column_of(columns, "segment")};

	if (c.user_key == NULL || c.item == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("the model does not say which columns its events have"),
						errhint("Train a new version with uprofile_train_recommender.")));
	return c;
}

/* ---- the statement ----------------------------------------------------------------------------------------------- */

static void
check_weight(const UpAttribute *a)
{
	if (a->kind != UP_COLUMN_NUMBER)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("weight column \"%s\" has no numbers", a->name),
				 errdetail("It is of type %s.", format_type_be(a->type))));
}

static void
check_time(const UpAttribute *a)
{
	if (a->kind != UP_COLUMN_TIME && a->kind != UP_COLUMN_NUMBER)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("event time column \"%s\" has no times", a->name),
				 errdetail("It is of type %s.", format_type_be(a->type)),
				 errhint("Cast it to timestamp in the source; a number counts seconds.")));
}

static void
append_key(StringInfo sql, const char *key, const UpRowReader *reader)
{
	AttrNumber numbers[UP_MAX_KEY];
	int n = up_key_columns(key, reader->desc, numbers);
	StringInfoData there, parts;

	if (n == 1)
	{
		appendStringInfo(sql, ", s.%s", quote_identifier(reader->attributes[numbers[0] - 1].name));
		return;
	}
	initStringInfo(&there);
	initStringInfo(&parts);
	for (int i = 0; i < n; i++)
	{
		const char *name = quote_identifier(reader->attributes[numbers[i] - 1].name);

		appendStringInfo(&there, "%ss.%s IS NOT NULL", i > 0 ? " AND " : "", name);
		appendStringInfo(&parts, "%ss.%s", i > 0 ? ", " : "", name);
	}
	appendStringInfo(sql, ", CASE WHEN %s THEN CAST(ROW(%s) AS pg_catalog.text) END", there.data, parts.data);
}

char *
up_recommend_query(const char *query, const UpRecommendColumns *c, bool with_key, const char *where)
{
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));
	StringInfoData sql;
	bool list;

	initStringInfo(&sql);
	/* Of an array each element is an item. */
	list = OidIsValid(reader->attributes[up_row_reader_find(reader, c->item, "item")].element);
	appendStringInfo(&sql, "SELECT %s.%s", list ? "e" : "s", quote_identifier(c->item));
	if (c->weight != NULL)
	{
		check_weight(&reader->attributes[up_row_reader_find(reader, c->weight, "weight")]);
		appendStringInfo(&sql, ", s.%s", quote_identifier(c->weight));
	}
	if (c->event_time != NULL)
	{
		check_time(&reader->attributes[up_row_reader_find(reader, c->event_time, "event time")]);
		appendStringInfo(&sql, ", s.%s", quote_identifier(c->event_time));
	}
	if (c->segment != NULL)
	{
		up_row_reader_find(reader, c->segment, "segment");
		appendStringInfo(&sql, ", s.%s", quote_identifier(c->segment));
	}
	if (with_key)
		append_key(&sql, c->user_key, reader);
	appendStringInfo(&sql, " FROM (%s) AS s", query);
	if (list)
		appendStringInfo(&sql, " CROSS JOIN LATERAL pg_catalog.unnest(s.%s) AS e (%s)",
						 quote_identifier(c->item), quote_identifier(c->item));
	if (where != NULL)
		appendStringInfo(&sql, " WHERE %s", where);
	return sql.data;
}

void
up_recommend_shape_init(UpRecommendShape *s, const UpRecommendColumns *c, bool with_key, TupleDesc columns)
{
	UpRowReader *reader = up_row_reader_new(columns);
	int place = 1;

	memset(s, 0, sizeof(UpRecommendShape));
	s->attributes = reader->attributes;
	s->weight = c->weight != NULL ? place++ : -1;
	s->time = c->event_time != NULL ? place++ : -1;
	s->segment = c->segment != NULL ? place++ : -1;
	s->key = with_key ? place : -1;
	up_key_column_init(&s->item, &s->attributes[0], "item", false);
	if (s->segment >= 0)
		up_key_column_init(&s->segments, &s->attributes[s->segment], "segment", false);
	if (s->key >= 0)
		up_key_column_init(&s->user, &s->attributes[s->key], "key", false);
	s->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile event", ALLOCSET_DEFAULT_SIZES);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static double
finite_number(const UpAttribute *a, Datum value, const char *what)
{
	double v = up_attribute_raw(a, value);

	if (!isfinite(v))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("%s column \"%s\" has the value %s", what, a->name,
							   isnan(v) ? "NaN"
							   : v > 0  ? "Infinity"
										: "-Infinity"),
						errhint("Leave such events out, or make it NULL.")));
	return v;
}

static bool
is_event(const UpRecommendShape *s, const TupleTableSlot *slot)
{
	return !slot->tts_isnull[0] && (s->key < 0 || !slot->tts_isnull[s->key]) &&
		   (s->weight < 0 || !slot->tts_isnull[s->weight]);
}

bool
up_recommend_row(UpRecommendShape *s, TupleTableSlot *slot, double *weight, double *time)
{
	MemoryContext outer;

	slot_getallattrs(slot);
	if (!is_event(s, slot))
		return false;
	outer = MemoryContextSwitchTo(s->row_context);
	*weight =
		s->weight >= 0 ? finite_number(&s->attributes[s->weight], slot->tts_values[s->weight], "weight") : 1;
	*time = s->time >= 0 && !slot->tts_isnull[s->time]
				? finite_number(&s->attributes[s->time], slot->tts_values[s->time], "event time")
				: NAN;
	MemoryContextSwitchTo(outer);
	return true;
}

static void
grow_users(UpRecommendRead *r, uint32_t user)
{
	uint32_t before = r->capacity;

	if (user < before)
		return;
	r->capacity = Max(user + 1, before > 0 ? before * 2 : 1024);
	up_reserve(r->capacity * (sizeof(uint32_t) + sizeof(double)), "reading events");
	r->segments = before == 0 ? up_alloc_array(r->capacity, sizeof(uint32_t))
							  : up_realloc(r->segments, r->capacity * sizeof(uint32_t));
	r->segment_time = before == 0 ? up_alloc_array(r->capacity, sizeof(double))
								  : up_realloc(r->segment_time, r->capacity * sizeof(double));
	for (uint32_t i = before; i < r->capacity; i++)
	{
		r->segments[i] = UP_NO_SEGMENT;
		r->segment_time[i] = -INFINITY;
	}
}

static int
compare_segments(UpRecommendRead *r, uint32_t a, uint32_t b)
{
	size_t n_a, n_b;
	const char *x = up_key_column_text(&r->shape.segments, a, &n_a);
	const char *y = up_key_column_text(&r->shape.segments, b, &n_b);
	int by = memcmp(x, y, Min(n_a, n_b));

	return by != 0 ? by : n_a < n_b ? -1 : n_a > n_b;
}

/* A user's segment is that of his latest event; of events at one time that which comes first by its text. */
static void
note_segment(UpRecommendRead *r, uint32_t user, Datum value, double time)
{
	uint32_t segment = up_key_column_number(&r->shape.segments, value, r->shape.row_context);

	if (segment >= UP_SEGMENTS_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("segment column \"%s\" has more than %d values",
							   r->shape.attributes[r->shape.segment].name, UP_SEGMENTS_LIMIT),
						errhint("Segments are groups of many users each.")));
	grow_users(r, user);
	if (isnan(time))
		time = -DBL_MAX;
	if (r->segment_time[user] > time)
		return;
	if (r->segments[user] == UP_NO_SEGMENT || r->segment_time[user] < time ||
		compare_segments(r, segment, r->segments[user]) < 0)
		r->segments[user] = segment;
	r->segment_time[user] = time;
}

void
up_recommend_read_take(void *arg, TupleTableSlot *slot)
{
	UpRecommendRead *r = arg;
	UpRecommendShape *s = &r->shape;
	double weight, time;
	uint32_t user, item;

	if ((++r->n_rows & 65535) == 0)
		up_progress("reading events", r->n_rows, 0);
	if (!up_recommend_row(s, slot, &weight, &time))
	{
		r->n_passed_over++;
		return;
	}
	user = up_key_column_number(&s->user, slot->tts_values[s->key], s->row_context);
	item = up_key_column_number(&s->item, slot->tts_values[0], s->row_context);
	up_pairs_add(&r->pairs, user, item, weight, time);
	if (s->segment >= 0 && !slot->tts_isnull[s->segment])
		note_segment(r, user, slot->tts_values[s->segment], time);
	MemoryContextReset(s->row_context);
}

static const char **
texts_of(UpKeyColumn *c)
{
	const char **texts = up_alloc_array(Max(c->keys.n, 1), sizeof(char *));

	for (uint32_t i = 0; i < c->keys.n; i++)
	{
		size_t len;
		const char *text = up_key_column_text(c, i, &len);

		if ((i & 65535) == 65535)
			up_tick();
		texts[i] = pnstrdup(text, len);
	}
	return texts;
}

UpRecommendRead *
up_recommend_read_new(const UpRecommendColumns *c, TupleDesc columns)
{
	UpRecommendRead *r = palloc0(sizeof(UpRecommendRead));

	up_recommend_shape_init(&r->shape, c, true, columns);
	up_pairs_init(&r->pairs, c->weight != NULL, c->event_time != NULL);
	return r;
}

void
up_recommend_read_end(UpRecommendRead *r)
{
	r->n_users = r->shape.user.keys.n;
	r->n_items = r->shape.item.keys.n;
	r->items = texts_of(&r->shape.item);
	if (r->shape.segment < 0)
		return;
	grow_users(r, r->n_users);
	r->n_segments = r->shape.segments.keys.n;
	r->segment_names = texts_of(&r->shape.segments);
}

typedef struct Counted
{
	const UpRecommendShape *shape;
	size_t n;
} Counted;

static void
count_event(void *arg, TupleTableSlot *slot)
{
	Counted *c = arg;

	up_tick();
	slot_getallattrs(slot);
	c->n += is_event(c->shape, slot);
}

static void
check_memory(const UpRecommendRead *r, UpReading *reading, bool trains)
{
	Counted c = {&r->shape, 0};
	double expected = Min(up_reading_n_rows(reading), UINT32_MAX);

	if (up_pairs_bytes(&r->pairs, (size_t) expected, trains) > up_memory_limit() &&
		up_reading_measure(reading, count_event, &c))
		up_reserve(up_pairs_bytes(&r->pairs, c.n, trains),
				   trains ? "training on the events" : "reading the events");
}

UpRecommendRead *
up_recommend_read(const char *query, const UpRecommendColumns *c, bool trains)
{
	UpReading *reading = up_reading_begin(up_recommend_query(query, c, true, NULL));
	UpRecommendRead *r = up_recommend_read_new(c, up_reading_columns(reading));

	check_memory(r, reading, trains);
	up_reading_run(reading, NULL, up_recommend_read_take, r);
	up_reading_end(reading);
	up_recommend_read_end(r);
	if (r->pairs.n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no event"),
						r->n_rows > 0 ? errdetail("Of %llu rows none has a user, an item and a weight.",
												  (unsigned long long) r->n_rows)
									  : 0));
	return r;
}

/* Counted, then set. */
uint32_t *
up_recommend_places(const UpPairs *p, uint32_t n_users, uint64_t **starts)
{
	uint64_t *begin = up_alloc0(((size_t) n_users + 2) * sizeof(uint64_t)), *at = begin + 1;
	uint32_t *places = up_alloc_array(Max(p->n, 1), sizeof(uint32_t));

	for (size_t i = 0; i < p->n; i++)
	{
		if (i % TICK_EVENTS == 0)
			up_tick();
		at[p->pairs[2 * i] + 1]++;
	}
	for (uint32_t u = 0; u < n_users; u++)
		at[u + 1] += at[u];
	for (size_t i = 0; i < p->n; i++)
	{
		if (i % TICK_EVENTS == 0)
			up_tick();
		places[at[p->pairs[2 * i]]++] = (uint32_t) i;
	}
	*starts = begin;
	return places;
}
