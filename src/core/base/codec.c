/*
 * codec.c - the bounded little-endian reader and writer (see codec.h)
 */
#include "base/codec.h"

#include <math.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_IS_LITTLE 1
#else
#define HOST_IS_LITTLE 0
#endif

/* ---- writer ---- */

void
up_writer_init(UpWriter *w)
{
	w->capacity = 256;
	w->len = 0;
	w->bytes = up_alloc(w->capacity);
}

uint8_t *
up_put_room(UpWriter *w, size_t n)
{
	UP_ASSERT(w->len <= w->capacity);
	if (n > w->capacity - w->len)
	{
		size_t want = w->capacity;

		if (n > SIZE_MAX / 4 - w->len)
			up_fail(UP_LIMIT, "too many bytes to write");
		while (want - w->len < n)
			want *= 2;
		w->bytes = up_realloc(w->bytes, want);
		w->capacity = want;
	}
	return w->bytes + w->len;
}

void
up_put_end(UpWriter *w, const uint8_t *end)
{
	w->len = (size_t) (end - w->bytes);
	UP_ASSERT(w->len <= w->capacity);
}

static uint8_t *
writer_extend(UpWriter *w, size_t n)
{
	uint8_t *at = up_put_room(w, n);

	w->len += n;
	return at;
}

static void
put_word(UpWriter *w, uint64_t v, int size)
{
	uint8_t *at = writer_extend(w, size);

	UP_ASSERT(size == 1 || size == 2 || size == 4 || size == 8);
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t) (v >> (8 * i));
}

void
up_put_u8(UpWriter *w, uint8_t v)
{
	put_word(w, v, 1);
}

void
up_put_u16(UpWriter *w, uint16_t v)
{
	put_word(w, v, 2);
}

void
up_put_u32(UpWriter *w, uint32_t v)
{
	put_word(w, v, 4);
}

void
up_put_u64(UpWriter *w, uint64_t v)
{
	put_word(w, v, 8);
}

/* What is written can be read again: sums that have grown beyond all numbers are the fault of what was learned from. */
void
up_check_finite(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		if (!isfinite(v[i]))
			up_fail_with(UP_INVALID_DATA, NULL, "Divide the values by a power of ten first.",
						 "values are too large: what is learned from them is not finite");
	}
}

void
up_put_f64(UpWriter *w, double v)
{
	uint64_t bits;

	up_check_finite(&v, 1);
	memcpy(&bits, &v, sizeof(bits));
	put_word(w, bits, 8);
}

void
up_put_f32(UpWriter *w, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	put_word(w, bits, 4);
}

void
up_put_f64_array(UpWriter *w, const double *v, size_t n)
{
	up_check_finite(v, n);
	up_put_f64_array_any(w, v, n);
}

void
up_put_f64_array_any(UpWriter *w, const double *v, size_t n)
{
	if (HOST_IS_LITTLE)
		up_put_bytes(w, v, n * sizeof(double));
	else
		for (size_t i = 0; i < n; i++)
		{
			uint64_t bits;

			memcpy(&bits, &v[i], sizeof(bits));
			put_word(w, bits, 8);
		}
}

void
up_put_f32_array(UpWriter *w, const float *v, size_t n)
{
	if (HOST_IS_LITTLE)
		up_put_bytes(w, v, n * sizeof(float));
	else
		for (size_t i = 0; i < n; i++)
			up_put_f32(w, v[i]);
}

void
up_put_u32_array(UpWriter *w, const uint32_t *v, size_t n)
{
	if (HOST_IS_LITTLE)
		up_put_bytes(w, v, n * sizeof(uint32_t));
	else
		for (size_t i = 0; i < n; i++)
			up_put_u32(w, v[i]);
}

void
up_put_u64_array(UpWriter *w, const uint64_t *v, size_t n)
{
	if (HOST_IS_LITTLE)
		up_put_bytes(w, v, n * sizeof(uint64_t));
	else
		for (size_t i = 0; i < n; i++)
			up_put_u64(w, v[i]);
}

void
up_put_bytes(UpWriter *w, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(writer_extend(w, n), bytes, n);
}

void
up_put_text(UpWriter *w, const char *text)
{
	if (text == NULL)
		up_put_u32(w, UINT32_MAX);
	else
	{
		size_t n = strlen(text);

		if (n >= UINT32_MAX)
			up_fail(UP_LIMIT, "a text of %zu bytes is too long to store", n);
		up_put_u32(w, (uint32_t) n);
		up_put_bytes(w, text, n);
	}
}

/* ---- reader ---- */

void
up_reader_init(UpReader *r, const void *bytes, size_t len, const char *what)
{
	r->bytes = bytes;
	r->len = len;
	r->pos = 0;
	r->depth = 0;
	r->what = what;
	r->lasting = false;
	r->kept = false;
}

void
up_corrupt(const UpReader *r, const char *reason)
{
	up_fail_with(UP_CORRUPT, up_format("At byte %zu of %zu: %s.", r->pos, r->len, reason), NULL, "damaged %s",
				 r->what);
}

static const uint8_t *
reader_take(UpReader *r, size_t n)
{
	const uint8_t *at = r->bytes + r->pos;

	if (n > r->len - r->pos)
		up_corrupt(r, "unexpected end");
	r->pos += n;
	return at;
}

static uint64_t
get_word(UpReader *r, int size)
{
	const uint8_t *at = reader_take(r, size);
	uint64_t v = 0;

	for (int i = 0; i < size; i++)
		v |= (uint64_t) at[i] << (8 * i);
	return v;
}

uint8_t
up_get_u8(UpReader *r)
{
	return (uint8_t) get_word(r, 1);
}

uint16_t
up_get_u16(UpReader *r)
{
	return (uint16_t) get_word(r, 2);
}

uint32_t
up_get_u32(UpReader *r)
{
	return (uint32_t) get_word(r, 4);
}

uint64_t
up_get_u64(UpReader *r)
{
	return get_word(r, 8);
}

double
up_get_f64_any(UpReader *r)
{
	uint64_t bits = get_word(r, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	if (isinf(v))
		up_corrupt(r, "a number is not finite");
	return v;
}

double
up_get_f64(UpReader *r)
{
	double v = up_get_f64_any(r);

	if (isnan(v))
		up_corrupt(r, "a number is not finite");
	return v;
}

float
up_get_f32_any(UpReader *r)
{
	uint32_t bits = (uint32_t) get_word(r, 4);
	float v;

	memcpy(&v, &bits, sizeof(v));
	if (isinf(v))
		up_corrupt(r, "a number is not finite");
	return v;
}

float
up_get_f32(UpReader *r)
{
	float v = up_get_f32_any(r);

	if (isnan(v))
		up_corrupt(r, "a number is not finite");
	return v;
}

void
up_get_f64_array(UpReader *r, double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = up_get_f64(r);
}

void
up_get_f32_array(UpReader *r, float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = up_get_f32(r);
}

void
up_get_u32_array(UpReader *r, uint32_t *v, size_t n)
{
	if (HOST_IS_LITTLE)
		up_get_bytes(r, v, n * sizeof(uint32_t));
	else
		for (size_t i = 0; i < n; i++)
			v[i] = up_get_u32(r);
}

void
up_get_u64_array(UpReader *r, uint64_t *v, size_t n)
{
	if (HOST_IS_LITTLE)
		up_get_bytes(r, v, n * sizeof(uint64_t));
	else
		for (size_t i = 0; i < n; i++)
			v[i] = up_get_u64(r);
}

void
up_get_bytes(UpReader *r, void *bytes, size_t n)
{
	const uint8_t *at = reader_take(r, n);

	if (n > 0)
		memcpy(bytes, at, n);
}

char *
up_get_text(UpReader *r)
{
	uint32_t n = up_get_u32(r);
	const uint8_t *at;
	char *text;

	if (n == UINT32_MAX)
		return NULL;
	at = reader_take(r, n);
	if (n > 0 && memchr(at, 0, n) != NULL)
		up_corrupt(r, "a text holds a zero byte");
	if (!up_text_is_valid((const char *) at, n))
		up_corrupt(r, "a text is not valid in the database's encoding");
	text = up_alloc((size_t) n + 1);
	if (n > 0)
		memcpy(text, at, n);
	text[n] = '\0';
	return text;
}

bool
up_get_bool(UpReader *r)
{
	uint8_t v = up_get_u8(r);

	if (v > 1)
		up_corrupt(r, "a truth value is neither 0 nor 1");
	return v == 1;
}

static void
check_count(UpReader *r, uint64_t n, size_t item_size, const char *name)
{
	if (item_size > 0 && n > (r->len - r->pos) / item_size)
		up_corrupt(r, up_format("%llu %s cannot fit into the remaining bytes", (unsigned long long) n, name));
}

uint32_t
up_get_count(UpReader *r, size_t item_size, uint32_t max, const char *name)
{
	uint32_t n = up_get_u32(r);

	if (n > max)
		up_corrupt(r, up_format("%u %s are more than the possible %u", n, name, max));
	check_count(r, n, item_size, name);
	return n;
}

uint64_t
up_get_count64(UpReader *r, size_t item_size, const char *name)
{
	uint64_t n = up_get_u64(r);

	check_count(r, n, item_size, name);
	return n;
}

void
up_get_end(UpReader *r)
{
	if (r->pos != r->len)
		up_corrupt(r, "bytes are left over");
}

/* ---- sealed ---- */

void
up_put_sealed(UpWriter *w, UpWriter *payload)
{
	UP_ASSERT(payload->len <= UINT32_MAX);
	up_put_u32(w, (uint32_t) payload->len);
	up_put_u32(w, up_crc32c(payload->bytes, payload->len));
	up_put_bytes(w, payload->bytes, payload->len);
	up_free(payload->bytes);
}

void
up_get_seal(UpReader *r)
{
	uint32_t len = up_get_u32(r), crc;

	if (r->len - r->pos < sizeof(crc) || len != r->len - r->pos - sizeof(crc))
		up_corrupt(r, "length");
	crc = up_get_u32(r);
	if (crc != up_crc32c(r->bytes + r->pos, len))
		up_corrupt(r, "checksum");
}
