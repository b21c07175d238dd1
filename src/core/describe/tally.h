/*
 * tally.h - how often each value occurs: exactly while they fit, the frequent ones beyond
 */
#ifndef UPROFILE_TALLY_H
#define UPROFILE_TALLY_H

#include "num/hash_table.h"
#include "num/sketch_distinct.h"

#define UP_TALLY_TEXT 120                 /* bytes of a text that are kept, … */
#define UP_TALLY_ROOM (UP_TALLY_TEXT + 4) /* … with what stands for the rest */

/* What a text tells by itself (texts.h). */
typedef struct UpTextLook
{
	uint64_t loose;     /* hash once trimmed and in lower case */
	uint32_t forms;     /* bits of UpTextForm */
	uint8_t date;       /* UpDateForm */
	int8_t placeholder; /* which of clean/repair.h, or -1 */
	uint16_t currency;  /* that is named, 0: none */
} UpTextLook;

typedef struct UpTallied
{
	uint64_t hash;
	uint64_t count;
	double number; /* or … */
	char *text;    /* … the text, cut; NULL for numbers */
	UpTextLook look;
} UpTallied;

typedef struct UpTally
{
	uint32_t limit; /* most values that are kept */
	uint32_t n;
	uint32_t capacity;
	UpTallied *entries;
	UpHashTable table;
	uint64_t error;       /* counts may be short by so many; 0: exact */
	UpDistinct *distinct; /* once values were dropped, else NULL */
	size_t text_bytes;    /* that the kept ones take, or a few more */
} UpTally;

extern UpTally *up_tally_new(uint32_t limit);
extern void up_tally_number(UpTally *t, double v, uint64_t count);
extern size_t up_tally_bytes(const UpTally *t);
extern uint64_t up_tally_hash(const char *text, size_t len);
/* What was tallied elsewhere, text as it is kept, or NULL. */
extern void up_tally_again(UpTally *t, uint64_t hash, const char *text, uint64_t count);
/* Returns the entry, valid until the next call. */
extern UpTallied *up_tally_text(UpTally *t, const char *text, size_t len);
/* Different values: exact, or estimated. */
extern double up_tally_distinct(const UpTally *t);
/* Up to n entries by descending count, ties by value; returns how many. */
extern uint32_t up_tally_top(const UpTally *t, uint32_t n, const UpTallied **top);

#endif
