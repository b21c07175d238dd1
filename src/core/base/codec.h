/*
 * codec.h - the bounded little-endian reader and writer
 *
 * Everything that uprofile stores or sends goes through here. The writer grows; the reader fails with UP_CORRUPT
 * before it reads past the end, before it believes a count that the remaining bytes cannot hold, and on numbers
 * that are not finite. A reader never trusts bytes because a checksum matched.
 */
#ifndef UPROFILE_CODEC_H
#define UPROFILE_CODEC_H

#include "base/platform.h"

typedef struct UpWriter
{
	uint8_t *bytes;
	size_t len;
	size_t capacity;
} UpWriter;

extern void up_writer_init(UpWriter *w);
extern void up_put_u8(UpWriter *w, uint8_t v);
extern void up_put_u16(UpWriter *w, uint16_t v);
extern void up_put_u32(UpWriter *w, uint32_t v);
extern void up_put_u64(UpWriter *w, uint64_t v);
/* Fails where a number is none that can be written. */
extern void up_check_finite(const double *v, size_t n);
extern void up_put_f64(UpWriter *w, double v); /* finite, as in arrays; else it fails */
extern void up_put_f32(UpWriter *w, float v);
extern void up_put_f64_array(UpWriter *w, const double *v, size_t n);
extern void up_put_f64_array_any(UpWriter *w, const double *v,
								 size_t n); /* NaN allowed: a missing value in a sample */
extern void up_put_f32_array(UpWriter *w, const float *v, size_t n);
extern void up_put_u32_array(UpWriter *w, const uint32_t *v, size_t n);
extern void up_put_u64_array(UpWriter *w, const uint64_t *v, size_t n);
extern void up_put_bytes(UpWriter *w, const void *bytes, size_t n);
/* Room for n bytes, which the caller writes; up_put_end says where they end. */
extern uint8_t *up_put_room(UpWriter *w, size_t n);
extern void up_put_end(UpWriter *w, const uint8_t *end);
extern void up_put_text(UpWriter *w, const char *text); /* u32 length and bytes; NULL is kept as NULL */
/* What a header ends with: u32 length and u32 CRC-32C of the payload, then the payload (below 4 GB), whose bytes are freed. */
extern void up_put_sealed(UpWriter *w, UpWriter *payload);

typedef struct UpReader
{
	const uint8_t *bytes;
	size_t len;
	size_t pos;
	int depth;        /* nesting of values, bounded by their reader */
	const char *what; /* "model" or "aggregate state": the noun of the error */
	bool lasting;     /* the bytes live as long as what is read from them */
	bool kept;        /* that needs them */
} UpReader;

extern void up_reader_init(UpReader *r, const void *bytes, size_t len, const char *what);
/* Both before a payload that goes to the end of the bytes; leaves the reader at its first byte. */
extern void up_get_seal(UpReader *r);
extern void up_corrupt(const UpReader *r, const char *reason) UP_NORETURN;
extern uint8_t up_get_u8(UpReader *r);
extern uint16_t up_get_u16(UpReader *r);
extern uint32_t up_get_u32(UpReader *r);
extern uint64_t up_get_u64(UpReader *r);
extern double up_get_f64(UpReader *r);     /* finite */
extern double up_get_f64_any(UpReader *r); /* NaN allowed: a missing value in a sample */
extern float up_get_f32(UpReader *r);      /* finite */
extern float up_get_f32_any(UpReader *r);  /* NaN allowed */
extern void up_get_f64_array(UpReader *r, double *v, size_t n);
extern void up_get_f32_array(UpReader *r, float *v, size_t n);
extern void up_get_u32_array(UpReader *r, uint32_t *v, size_t n);
extern void up_get_u64_array(UpReader *r, uint64_t *v, size_t n);
extern void up_get_bytes(UpReader *r, void *bytes, size_t n);
extern char *up_get_text(UpReader *r); /* allocated; NULL where NULL was put; valid, no zero byte inside */
extern bool up_get_bool(UpReader *r);  /* 0 or 1 */
/* A count of items that take at least item_size bytes each and may number at most max. */
extern uint32_t up_get_count(UpReader *r, size_t item_size, uint32_t max, const char *name);
extern uint64_t up_get_count64(UpReader *r, size_t item_size, const char *name);
extern void up_get_end(UpReader *r); /* all bytes consumed */

#endif
