/*
 * frame.c - named, typed columns and their rows; see frame.h
 *
 * Merging and sorting recode categories in place: one pass over the rows, and only over those that have any.
 */
#include "prep/frame.h"

#include "base/params.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define HASH_SEED 7
#define WORD_SEED 8

UpFrame *
up_frame_new(uint32_t n_columns, bool by_name, UpLabelKind label_kind, const char *label_name)
{
	UpFrame *f = up_alloc0(sizeof(UpFrame));

	f->by_name = by_name;
	f->n_columns = n_columns;
	if (by_name)
		f->columns = up_alloc0(UP_MAX(n_columns, 1) * sizeof(UpColumn));
	f->label_kind = label_kind;
	f->label_name = label_name != NULL ? up_strdup(label_name) : NULL;
	if (label_kind == UP_LABEL_TEXT)
		f->labels = up_dictionary_new(UP_LABEL_LIMIT);
	f->label_readings = UP_READS_ANYTHING;
	for (uint32_t i = 0; by_name && i < n_columns; i++)
	{
		f->columns[i].first = i;
		f->columns[i].width = 1;
	}
	f->n_values = n_columns;
	f->samples = up_samples_new(n_columns);
	f->left_out = up_value_object();
	return f;
}

void
up_frame_set_column(UpFrame *f, uint32_t i, const char *name, UpColumnKind kind)
{
	f->columns[i].name = up_strdup(name);
	f->columns[i].kind = f->columns[i].stored = kind;
	if (kind == UP_COLUMN_CATEGORY)
		f->columns[i].dictionary = up_dictionary_new(UP_CATEGORY_LIMIT);
	if (kind == UP_COLUMN_ARRAY)
		up_frame_set_width(f, i, 0);
}

const UpColumn *
up_frame_column(const UpFrame *f, const char *name)
{
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		if (strcmp(f->columns[i].name, name) == 0)
			return &f->columns[i];
	}
	return NULL;
}

#define MOST_NAMED 30 /* columns in an error */

void
up_frame_no_column(const UpFrame *f, const char *name, const char *param)
{
	const char **names = up_alloc_array((size_t) f->n_columns + f->left_out->n + 1, sizeof(char *)), *nearest;
	char *all = up_strdup("");
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n_columns; i++)
		names[n++] = f->columns[i].name;
	for (uint32_t i = 0; i < f->left_out->n; i++)
		names[n++] = f->left_out->keys[i];
	nearest = up_nearest_name(name, names, (int) n);
	for (uint32_t i = 0; i < UP_MIN(n, MOST_NAMED); i++)
		all = up_format("%s%s%s", all, i > 0 ? ", " : "", names[i]);
	up_fail_with(UP_INVALID_PARAMETER,
				 nearest != NULL || n == 0 ? NULL
										   : up_format("Columns: %s%s.", all, n > MOST_NAMED ? ", …" : ""),
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
				 "column \"%s\" of parameter \"%s\" does not exist", name, param);
}

void
up_frame_set_limit(UpFrame *f, uint32_t i, uint32_t limit)
{
	f->columns[i].dictionary = up_dictionary_new(limit);
}

void
up_frame_set_width(UpFrame *f, uint32_t i, uint32_t width)
{
	UpSamples *old = f->samples, *s;
	double *space;
	uint32_t first = f->columns[i].first, after = first + f->columns[i].width;

	if (width == f->columns[i].width)
		return;
	if ((uint64_t) f->n_values - f->columns[i].width + width > UP_COLUMN_LIMIT)
		up_fail(UP_LIMIT, "rows of more than the %d values that a model can have", UP_COLUMN_LIMIT);
	s = up_samples_new(f->n_values - f->columns[i].width + width);
	space = up_samples_space(old);
	for (uint64_t row = 0; row < old->n_rows; row++)
	{
		const double *from = up_samples_read(old, row, space);
		double *to = up_samples_add(s);

		if ((row & 0xffff) == 0)
			up_tick();
		memcpy(to, from, first * sizeof(double));
		for (uint32_t j = 0; j < width; j++)
			to[first + j] = NAN;
		memcpy(to + first + width, from + after, (f->n_values + 1 - after) * sizeof(double));
	}
	up_free(space);
	up_samples_free(old);
	f->samples = s;
	f->columns[i].width = width;
	f->n_values = s->n_columns;
	for (uint32_t j = i + 1; j < f->n_columns; j++)
		f->columns[j].first = f->columns[j - 1].first + f->columns[j - 1].width;
}

double
up_frame_hash(const char *text, size_t len)
{
	return (double) (up_hash_bytes(text, len, HASH_SEED) >> 11);
}

static bool
is_word_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

void
up_frame_words(const char *text, size_t len, uint32_t n_buckets, double *counts)
{
	char word[256];
	size_t at = 0;

	UP_ASSERT(n_buckets > 0);
	for (uint32_t j = 0; j < n_buckets; j++)
		counts[j] = 0;
	while (at < len)
	{
		size_t length = 0;

		while (at < len && !is_word_byte((unsigned char) text[at]))
			at++;
		for (; at < len && is_word_byte((unsigned char) text[at]); at++)
		{
			char c = text[at];

			if (length < sizeof(word))
				word[length++] = c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
		}
		if (length > 0)
			counts[up_hash_bytes(word, length, WORD_SEED) % n_buckets]++;
	}
}

void
up_frame_may_read(UpFrame *f, uint32_t i)
{
	UP_ASSERT(i < f->n_columns);
	f->columns[i].readings = UP_READS_ANYTHING;
}

void
up_frame_read_as(UpFrame *f, uint32_t i, UpColumnKind kind)
{
	UP_ASSERT(i < f->n_columns);
	f->columns[i].stored = kind;
	f->columns[i].lenient = true;
}

UpColumnKind
up_column_reading(const UpColumn *c)
{
	if (c->kind != UP_COLUMN_CATEGORY || c->stored != UP_COLUMN_CATEGORY)
		return c->stored;
	return c->dictionary->overflowed || c->dictionary->n == 0 ? UP_COLUMN_CATEGORY
															  : up_reading_kind(c->readings);
}

static double *
dictionary_values(const UpDictionary *d, UpColumnKind kind)
{
	double *values = up_alloc_array((size_t) d->n + 1, sizeof(double));

	for (uint32_t i = 0; i < d->n; i++)
		values[i] = up_text_read(kind, d->texts[i], strlen(d->texts[i]));
	return values;
}

double *
up_column_values(const UpColumn *c, UpColumnKind kind)
{
	return dictionary_values(c->dictionary, kind);
}

bool
up_frame_labels_are_numbers(const UpFrame *f)
{
	return f->label_kind == UP_LABEL_TEXT && up_reading_kind(f->label_readings) == UP_COLUMN_NUMBER;
}

double *
up_frame_label_values(const UpFrame *f)
{
	return f->labels_stored ? NULL : dictionary_values(f->labels, UP_COLUMN_NUMBER);
}

/* Replaces codes by values in rows first … last - 1. What is no code, in a row not yet filled, becomes missing. */
static void
store_values(UpSamples *s, uint64_t first, uint64_t last, uint32_t at, const UpDictionary *d, UpColumnKind kind)
{
	double *values = dictionary_values(d, kind);

	for (uint64_t i = first; i < last; i++)
	{
		double v = up_samples_value(s, i, at);

		if ((i & 0xffff) == 0)
			up_tick();
		up_samples_set(s, i, at, v >= 0 && v < d->n ? values[(uint32_t) v] : NAN);
	}
	up_free(values);
}

/* The column has too many values that are nothing but text: it cannot be used. */
static void
overflow(UpFrame *f, UpColumn *c)
{
	for (uint64_t i = 0; i < f->samples->n_rows; i++)
	{
		if ((i & 0xffff) == 0)
			up_tick();
		up_samples_set(f->samples, i, c->first, NAN);
	}
	c->dictionary->overflowed = true;
	c->stored = UP_COLUMN_CATEGORY;
	c->readings = 0;
}

static double
read_value(UpFrame *f, UpColumn *c, const char *text, size_t len)
{
	if (!c->lenient && (up_text_readings(text, len) & c->readings) == 0)
	{
		overflow(f, c);
		return NAN;
	}
	return up_text_read(c->stored, text, len);
}

double
up_frame_category(UpFrame *f, uint32_t column, const char *text, size_t len)
{
	UpColumn *c = &f->columns[column];
	UpDictionary *d = c->dictionary;
	int64_t code;

	UP_ASSERT(column < f->n_columns && f->columns[column].dictionary != NULL);
	if (c->stored != UP_COLUMN_CATEGORY)
		return read_value(f, c, text, len);
	code = d->overflowed ? -1 : up_dictionary_find(d, text, len);
	if (code < 0 && c->readings != 0 && !d->overflowed)
	{
		UpColumnKind kind;

		c->readings &= up_text_readings(text, len);
		kind = up_reading_kind(c->readings);
		if (d->n == d->limit && kind != UP_COLUMN_CATEGORY)
		{
			store_values(f->samples, 0, f->samples->n_rows, c->first, d, kind);
			c->stored = kind;
			return up_text_read(kind, text, len);
		}
	}
	if (code < 0)
		code = up_dictionary_add(d, text, len);
	return code < 0 ? NAN : (double) code;
}

double
up_frame_label(UpFrame *f, const char *text, size_t len)
{
	UpDictionary *d = f->labels;
	int64_t code = f->labels_stored ? -1 : up_dictionary_find(d, text, len);

	UP_ASSERT(f->labels != NULL);
	if (code >= 0)
		return (double) code;
	if (f->label_readings != 0)
	{
		/* A blank label is a label. */
		double value = up_text_read(UP_COLUMN_NUMBER, text, len);

		f->label_readings &= isnan(value) ? 0 : up_text_readings(text, len);
		if (f->label_readings != 0 && (f->labels_stored || d->n == d->limit))
		{
			if (!f->labels_stored)
				store_values(f->samples, 0, f->samples->n_rows, f->n_values, d, UP_COLUMN_NUMBER);
			f->labels_stored = true;
			return value;
		}
	}
	code = f->labels_stored ? -1 : up_dictionary_add(d, text, len);
	if (code < 0)
		up_fail_with(UP_LIMIT, NULL, "Is the target perhaps a key? Choose a column with fewer values.",
					 "the target has more than %d different labels", UP_LABEL_LIMIT);
	return (double) code;
}

/* Replaces the codes at one position of the rows; overflowed categories become missing. */
static void
recode(UpSamples *s, uint64_t first, uint32_t column, const uint32_t *new_code)
{
	for (uint64_t i = first; i < s->n_rows; i++)
	{
		double v = up_samples_value(s, i, column);

		if ((i & 0xffff) == 0)
			up_tick();
		if (new_code == NULL)
			up_samples_set(s, i, column, NAN);
		else if (!isnan(v))
			up_samples_set(s, i, column, new_code[(uint32_t) v]);
	}
}

/* What the codes of another dictionary are in this one; NULL when it cannot hold them. */
static uint32_t *
adopt_texts(UpDictionary *d, const UpDictionary *other)
{
	uint32_t *new_code = up_alloc_array(UP_MAX(other->n, 1), sizeof(uint32_t));

	for (uint32_t i = 0; i < other->n; i++)
	{
		int64_t code = up_dictionary_add(d, other->texts[i], strlen(other->texts[i]));

		if (code < 0)
			break;
		new_code[i] = (uint32_t) code;
	}
	if (other->overflowed)
		d->overflowed = true;
	if (d->overflowed)
	{
		up_free(new_code);
		return NULL;
	}
	return new_code;
}

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

void
up_frame_check_shape(const UpFrame *f, const UpFrame *other)
{
	bool same = f->by_name == other->by_name && f->label_kind == other->label_kind &&
				same_text(f->label_name, other->label_name);

	if (same && f->n_columns != other->n_columns)
		up_fail(UP_LENGTH_MISMATCH, "rows have %u features in one part and %u in another", f->n_columns,
				other->n_columns);
	for (uint32_t i = 0; same && f->by_name && i < f->n_columns; i++)
		same = f->columns[i].kind == other->columns[i].kind &&
			   strcmp(f->columns[i].name, other->columns[i].name) == 0;
	if (!same)
		up_fail(UP_WRONG_KIND, "the parts to be combined have different columns");
}

/* Appends rows that may lack arrays: other never met one of a column, so that its width is 0 there. */
static void
append_rows(UpFrame *f, const UpFrame *other)
{
	bool same = true;
	double *space;

	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		uint32_t width = other->columns[i].width;

		if (f->columns[i].width == 0)
			up_frame_set_width(f, i, width);
		else if (width != 0 && width != f->columns[i].width)
			up_fail(UP_LENGTH_MISMATCH, "column \"%s\" has arrays of %u elements and of %u", f->columns[i].name,
					f->columns[i].width, width);
		same = same && width == f->columns[i].width;
	}
	if (same)
	{
		up_samples_append(f->samples, other->samples);
		return;
	}
	space = up_samples_space(other->samples);
	for (uint64_t row = 0; row < other->samples->n_rows; row++)
	{
		const double *from = up_samples_read(other->samples, row, space);
		double *to = up_samples_add(f->samples);

		if ((row & 0xffff) == 0)
			up_tick();
		for (uint32_t i = 0; i < f->n_columns; i++)
		{
			const UpColumn *c = &f->columns[i];

			for (uint32_t j = 0; j < c->width; j++)
				to[c->first + j] = j < other->columns[i].width ? from[other->columns[i].first + j] : NAN;
		}
		to[f->n_values] = from[other->n_values];
	}
	up_free(space);
}

/* How many texts two dictionaries have together. */
static uint64_t
count_together(const UpDictionary *d, const UpDictionary *other)
{
	uint64_t n = d->n;

	for (uint32_t i = 0; i < other->n; i++)
		n += up_dictionary_find(d, other->texts[i], strlen(other->texts[i])) < 0;
	return n;
}

/* One column of text, whose rows from first on are those of other. */
static void
merge_categories(UpFrame *f, const UpFrame *other, uint32_t i, uint64_t first)
{
	UpColumn *c = &f->columns[i];
	const UpColumn *o = &other->columns[i];
	UpColumnKind kind = up_reading_kind(c->readings & o->readings);
	bool overflowed = c->dictionary->overflowed || o->dictionary->overflowed;
	uint32_t *new_code;

	c->readings &= o->readings;
	if (c->lenient && o->lenient && c->stored == o->stored)
		return;
	if (c->stored != UP_COLUMN_CATEGORY || o->stored != UP_COLUMN_CATEGORY ||
		(!overflowed && kind != UP_COLUMN_CATEGORY &&
		 count_together(c->dictionary, o->dictionary) > c->dictionary->limit))
	{
		if (overflowed || kind == UP_COLUMN_CATEGORY)
		{
			overflow(f, c);
			return;
		}
		if (c->stored == UP_COLUMN_CATEGORY)
			store_values(f->samples, 0, first, c->first, c->dictionary, kind);
		if (o->stored == UP_COLUMN_CATEGORY)
			store_values(f->samples, first, f->samples->n_rows, c->first, o->dictionary, kind);
		c->stored = kind;
		return;
	}
	new_code = adopt_texts(c->dictionary, o->dictionary);
	recode(f->samples, first, c->first, new_code);
	up_free(new_code);
}

static void
merge_labels(UpFrame *f, const UpFrame *other, uint64_t first)
{
	uint32_t *new_code = NULL;

	f->label_readings &= other->label_readings;
	if (f->label_readings == UP_READS_NUMBER && (f->labels_stored || other->labels_stored ||
												 count_together(f->labels, other->labels) > f->labels->limit))
	{
		if (!f->labels_stored)
			store_values(f->samples, 0, first, f->n_values, f->labels, UP_COLUMN_NUMBER);
		if (!other->labels_stored)
			store_values(f->samples, first, f->samples->n_rows, f->n_values, other->labels, UP_COLUMN_NUMBER);
		f->labels_stored = true;
		return;
	}
	if (!f->labels_stored && !other->labels_stored)
		new_code = adopt_texts(f->labels, other->labels);
	if (new_code == NULL)
		up_fail(UP_LIMIT, "the target has more than %d different labels", UP_LABEL_LIMIT);
	recode(f->samples, first, f->n_values, new_code);
	up_free(new_code);
}

void
up_frame_merge(UpFrame *f, const UpFrame *other)
{
	uint64_t first = f->samples->n_rows;

	up_frame_check_shape(f, other);
	append_rows(f, other);
	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		if (f->columns[i].kind == UP_COLUMN_CATEGORY)
			merge_categories(f, other, i, first);
	}
	if (f->labels != NULL)
		merge_labels(f, other, first);
	f->n_null_rows += other->n_null_rows;
	f->n_null_labels += other->n_null_labels;
}

void
up_frame_sort_codes(UpFrame *f)
{
	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		UpDictionary *d = f->columns[i].dictionary;

		if (d == NULL || f->columns[i].stored != UP_COLUMN_CATEGORY)
			continue;
		uint32_t *new_code = d->overflowed ? NULL : up_dictionary_sort(d);

		recode(f->samples, 0, f->columns[i].first, new_code);
		up_free(new_code);
	}
	if (f->labels != NULL && !f->labels_stored)
	{
		uint32_t *new_code = up_dictionary_sort(f->labels);

		recode(f->samples, 0, f->n_values, new_code);
		up_free(new_code);
	}
}

void
up_put_frame_head(UpWriter *w, const UpFrame *f)
{
	up_put_u8(w, f->by_name);
	up_put_u32(w, f->n_columns);
	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		up_put_text(w, f->columns[i].name);
		up_put_u8(w, (uint8_t) f->columns[i].kind);
		up_put_u32(w, f->columns[i].width);
		up_put_u8(w, (uint8_t) f->columns[i].readings);
		up_put_u8(w, (uint8_t) f->columns[i].stored);
		up_put_u8(w, f->columns[i].is_money);
		up_put_u8(w, f->columns[i].lenient);
		if (f->columns[i].kind == UP_COLUMN_CATEGORY)
			up_put_dictionary(w, f->columns[i].dictionary);
	}
	up_put_u8(w, (uint8_t) f->label_kind);
	up_put_text(w, f->label_name);
	if (f->labels != NULL)
	{
		up_put_dictionary(w, f->labels);
		up_put_u8(w, (uint8_t) f->label_readings);
		up_put_u8(w, f->labels_stored);
	}
	up_put_u64(w, f->n_null_rows);
	up_put_u64(w, f->n_null_labels);
	up_put_value(w, f->left_out);
}

void
up_put_frame(UpWriter *w, const UpFrame *f)
{
	up_put_frame_head(w, f);
	up_put_samples(w, f->samples);
}

/* Codes in the rows must be codes of the dictionary. */
static void
check_codes(UpReader *r, const UpSamples *s, uint32_t column, const UpDictionary *d, bool may_miss)
{
	for (uint64_t i = 0; i < s->n_rows; i++)
	{
		double v = up_samples_value(s, i, column);

		if (isnan(v) ? !may_miss : !(v >= 0 && v < d->n && v == floor(v)))
			up_corrupt(r, "codes of a column");
	}
}

static bool
is_flag(double v)
{
	return v == 0 || v == 1;
}

static bool
good_value(const UpColumn *c, const double *row)
{
	double v = c->width > 0 ? row[c->first] : NAN;

	if (isnan(v))
		return true;
	if (c->stored == UP_COLUMN_BOOLEAN)
		return is_flag(v);
	return c->kind != UP_COLUMN_HASH || (v >= 0 && v < 0x1p53 && v == floor(v));
}

/* What the face never lets in: missing elements of arrays, missing labels, booleans that are neither. */
static void
check_values(UpReader *r, const UpFrame *f)
{
	double *space = up_samples_space(f->samples);

	for (uint64_t i = 0; i < f->samples->n_rows; i++)
	{
		const double *row = up_samples_read(f->samples, i, space);
		double label = row[f->n_values];

		if ((i & 0xffff) == 0)
			up_tick();
		if (isnan(label) || (f->label_kind == UP_LABEL_BOOLEAN && !is_flag(label)))
			up_corrupt(r, "labels");
		for (uint32_t j = 0; j < f->n_columns; j++)
		{
			if (f->by_name ? !good_value(&f->columns[j], row) : isnan(row[j]))
				up_corrupt(r, "values");
		}
	}
	up_free(space);
}

/* Codes, or the values of the one kind that the texts were read as. */
static bool
may_be_stored(uint8_t readings, uint8_t stored, bool lenient)
{
	return stored == UP_COLUMN_CATEGORY || stored == up_reading_kind(readings) ||
		   (lenient && (stored == UP_COLUMN_NUMBER || stored == UP_COLUMN_TIME || stored == UP_COLUMN_BOOLEAN));
}

static void
get_columns(UpReader *r, UpFrame *f)
{
	f->columns = up_alloc0(UP_MAX(f->n_columns, 1) * sizeof(UpColumn));
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		uint8_t kind, readings, stored;

		f->columns[i].name = up_get_text(r);
		kind = up_get_u8(r);
		f->columns[i].width = up_get_u32(r);
		readings = up_get_u8(r);
		stored = up_get_u8(r);
		f->columns[i].is_money = up_get_bool(r);
		f->columns[i].lenient = up_get_bool(r);
		if (kind == UP_COLUMN_CATEGORY
				? readings > UP_READS_ANYTHING || !may_be_stored(readings, stored, f->columns[i].lenient)
				: readings != 0 || stored != kind)
			up_corrupt(r, "columns");
		f->columns[i].readings = readings;
		f->columns[i].stored = (UpColumnKind) stored;
		if (f->columns[i].name == NULL || kind > UP_COLUMN_ARRAY ||
			(f->columns[i].width != 1 && kind < UP_COLUMN_WORDS) ||
			f->columns[i].width > UP_COLUMN_LIMIT - UP_MIN(f->n_values, UP_COLUMN_LIMIT))
			up_corrupt(r, "columns");
		f->columns[i].kind = (UpColumnKind) kind;
		f->columns[i].first = f->n_values;
		f->n_values += f->columns[i].width;
		if (kind == UP_COLUMN_CATEGORY)
			f->columns[i].dictionary = up_get_dictionary(r);
	}
}

UpFrame *
up_get_frame_head(UpReader *r)
{
	UpFrame *f = up_alloc0(sizeof(UpFrame));
	uint8_t label_kind;

	f->by_name = up_get_bool(r);
	f->n_columns = up_get_u32(r);
	if (f->n_columns > UP_COLUMN_LIMIT || (f->by_name && f->n_columns > r->len - r->pos))
		up_corrupt(r, "number of columns");
	if (f->by_name)
		get_columns(r, f);
	else
		f->n_values = f->n_columns;
	label_kind = up_get_u8(r);
	if (label_kind > UP_LABEL_TEXT)
		up_corrupt(r, "kind of label");
	f->label_kind = (UpLabelKind) label_kind;
	f->label_name = up_get_text(r);
	f->label_readings = UP_READS_ANYTHING;
	if (label_kind == UP_LABEL_TEXT)
	{
		f->labels = up_get_dictionary(r);
		f->label_readings = up_get_u8(r);
		f->labels_stored = up_get_bool(r);
		if (f->label_readings > UP_READS_ANYTHING || (f->labels_stored && !up_frame_labels_are_numbers(f)))
			up_corrupt(r, "labels");
	}
	f->n_null_rows = up_get_u64(r);
	f->n_null_labels = up_get_u64(r);
	f->left_out = up_get_value(r);
	if (f->left_out->type != UP_OBJECT)
		up_corrupt(r, "list of columns left out");
	return f;
}

UpFrame *
up_get_frame(UpReader *r)
{
	UpFrame *f = up_get_frame_head(r);

	f->samples = up_get_samples(r);
	if (f->samples->n_columns != f->n_values)
		up_corrupt(r, "number of columns");
	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		if (f->columns[i].dictionary != NULL && f->columns[i].stored == UP_COLUMN_CATEGORY)
			check_codes(r, f->samples, f->columns[i].first, f->columns[i].dictionary, true);
	}
	if (f->labels != NULL && !f->labels_stored)
		check_codes(r, f->samples, f->n_values, f->labels, false);
	check_values(r, f);
	return f;
}
