/*
 * test_codec.c - bounded reading and writing, checksums, and trees of values
 */
#include "check.h"

#include "base/text.h"
#include "base/value.h"

#include <stdlib.h>

static void
test_round_trip(void)
{
	static const double numbers[] = {0, -1.5, 1e300};
	double back[3];
	UpWriter w;
	UpReader r;

	up_writer_init(&w);
	up_put_u8(&w, 200);
	up_put_u16(&w, 60000);
	up_put_u32(&w, 4000000000u);
	up_put_u64(&w, UINT64_C(0x0123456789abcdef));
	up_put_f64(&w, -0.1);
	up_put_f32(&w, 0.25f);
	up_put_text(&w, "für");
	up_put_text(&w, NULL);
	up_put_f64_array(&w, numbers, 3);
	/* little-endian, whatever the machine */
	CHECK(w.bytes[1] == 0x60 && w.bytes[2] == 0xea);
	up_reader_init(&r, w.bytes, w.len, "model");
	CHECK(up_get_u8(&r) == 200);
	CHECK(up_get_u16(&r) == 60000);
	CHECK(up_get_u32(&r) == 4000000000u);
	CHECK(up_get_u64(&r) == UINT64_C(0x0123456789abcdef));
	CHECK(up_get_f64(&r) == -0.1);
	CHECK(up_get_f32(&r) == 0.25f);
	CHECK(strcmp(up_get_text(&r), "für") == 0);
	CHECK(up_get_text(&r) == NULL);
	up_get_f64_array(&r, back, 3);
	CHECK(memcmp(back, numbers, sizeof(back)) == 0);
	up_get_end(&r);
}

static UpReader
reader(const void *bytes, size_t len)
{
	UpReader r;

	up_reader_init(&r, bytes, len, "model");
	return r;
}

static void
test_bounds(void)
{
	static const uint8_t many[] = {0xff, 0xff, 0xff, 0x7f, 1, 2, 3};
	static const uint8_t infinite[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x7f};
	static const char *const texts[] = {"f\xc3", "\xbc", "\xc0\x80", "\xed\xa0\x80", "\xf0\x9f\x99\x82", ""};
	static const uint8_t zero_inside[] = {3, 0, 0, 0, 'a', 0, 'b'};
	UpReader r;

	for (volatile size_t len = 0; len < 8; len++)
	{
		r = reader(many, UP_MIN(len, sizeof(many)));
		CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_u64(&r));
	}
	r = reader(many, sizeof(many));
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_count(&r, 8, UINT32_MAX, "items"));
	r = reader(many, sizeof(many));
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_text(&r));
	r = reader(infinite, sizeof(infinite));
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_f64(&r));
	r = reader(infinite, sizeof(infinite));
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_f64_any(&r));
	r = reader(zero_inside, sizeof(zero_inside));
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_text(&r));
	/* A text that ends inside a character, one that starts inside, an overlong one, a surrogate; and valid ones. */
	for (volatile size_t i = 0; i < UP_LENGTH(texts); i++)
	{
		UpWriter w;

		up_writer_init(&w);
		up_put_text(&w, texts[i]);
		r = reader(w.bytes, w.len);
		if (i < 4)
			CHECK_FAILS(UP_CORRUPT, "encoding", up_get_text(&r));
		else
			CHECK(strcmp(up_get_text(&r), texts[i]) == 0);
	}
	r = reader(many + 6, 1);
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_bool(&r));
	r = reader(many, 1);
	CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_end(&r));
}

/* A message that is too long is cut between two characters. */
static void
test_messages(void)
{
	char text[2000];

	for (int i = 0; i < 1998; i += 2)
		memcpy(text + i, "\xc3\xbc", 3);
	for (volatile int from = 0; from < 2; from++)
	{
		CHECK_FAILS(UP_LIMIT, "\xc3\xbc", up_fail(UP_LIMIT, "%s%s", from ? "x" : "", text));
		CHECK(strlen(up_test_message) > 1000 && up_text_is_valid(up_test_message, strlen(up_test_message)));
	}
}

/* The check value of CRC-32C, and RFC 3720's examples. */
static void
test_checksum(void)
{
	uint8_t bytes[32];

	CHECK(up_crc32c("123456789", 9) == 0xe3069283u);
	memset(bytes, 0, sizeof(bytes));
	CHECK(up_crc32c(bytes, 32) == 0x8a9136aau);
	memset(bytes, 0xff, sizeof(bytes));
	CHECK(up_crc32c(bytes, 32) == 0x62a8ab43u);
	for (int i = 0; i < 32; i++)
		bytes[i] = (uint8_t) i;
	CHECK(up_crc32c(bytes, 32) == 0x46dd794eu);
	CHECK(up_crc32c(bytes, 0) == 0);
	/* Any length from any place, against one bit at a time. */
	for (int from = 0; from < 9; from++)
	{
		uint32_t crc = 0xffffffff;

		for (int i = from; i < 32; i++)
		{
			CHECK(up_crc32c(bytes + from, i - from) == ~crc);
			crc ^= bytes[i];
			for (int bit = 0; bit < 8; bit++)
				crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
		}
	}
}

static void
test_values(void)
{
	UpValue *v = up_value_object(), *list = up_value_array();
	UpWriter w;
	UpReader r;

	up_value_append(list, up_value_number(1));
	up_value_append(list, up_value_number(0.1));
	up_value_append(list, up_value_null());
	up_value_set(v, "list", list);
	up_value_set(v, "say \"hi\"\n", up_value_string("tab\there \\ \x01"));
	up_value_set(v, "yes", up_value_bool(true));
	up_value_set(v, "yes", up_value_bool(false));
	CHECK(v->n == 3 && !up_value_get(v, "yes")->boolean && up_value_get(v, "no") == NULL);
	CHECK(strstr(up_value_text(v), "\"say \\\"hi\\\"\\u000a\"") != NULL);
	CHECK(strstr(up_value_text(v), "\"tab\\u0009here \\\\ \\u0001\"") != NULL);
	CHECK(strcmp(up_value_text(up_value_number(12)), "12") == 0);
	CHECK(strtod(up_value_text(up_value_number(1.0 / 3)), NULL) == 1.0 / 3);
	up_writer_init(&w);
	up_put_value(&w, v);
	r = reader(w.bytes, w.len);
	CHECK(up_value_equal(up_get_value(&r), v));
	CHECK(up_value_equal(up_value_copy(v), v));
	for (volatile size_t len = 0; len < w.len; len++)
	{
		r = reader(w.bytes, len);
		CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_value(&r));
	}
}

/* Trees nested without end are refused before the stack is. */
static void
test_depth(void)
{
	UpValue *v = up_value_array();
	UpWriter w;
	UpReader r;

	for (int i = 0; i < 1000; i++)
	{
		UpValue *outer = up_value_array();

		up_value_append(outer, v);
		v = outer;
	}
	up_writer_init(&w);
	CHECK_FAILS(UP_CORRUPT, "damaged model",
				(up_put_value(&w, v), r = reader(w.bytes, w.len), up_get_value(&r)));
}

/* Days since 2000-01-01 as dates: leap days, before and after, and what is far off. */
static void
test_days(void)
{
	static const struct
	{
		double day;
		const char *text;
	} days[] = {{0, "2000-01-01"},      {-1, "1999-12-31"},      {58, "2000-02-28"},
				{59, "2000-02-29"},     {60, "2000-03-01"},      {-10957, "1970-01-01"},
				{-36524, "1900-01-01"}, {36583, "2100-02-28"},   {36584, "2100-03-01"},
				{146097, "2400-01-01"}, {-730425, "0000-03-01"}, {-730485, "0000-01-01"}};

	for (size_t i = 0; i < UP_LENGTH(days); i++)
	{
		UpText t;

		up_text_init(&t);
		up_text_add_day(&t, days[i].day);
		CHECK(strcmp(t.bytes, days[i].text) == 0);
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"round trip", test_round_trip}, {"bounds", test_bounds},
		{"checksum", test_checksum},     {"days", test_days},
		{"messages", test_messages},     {"values", test_values},
		{"depth", test_depth},
	};

	return up_run_tests("codec", tests, UP_LENGTH(tests));
}
