/*
 * text.h - text that grows
 */
#ifndef UPROFILE_TEXT_H
#define UPROFILE_TEXT_H

#include "base/platform.h"

typedef struct UpText
{
	char *bytes; /* ends with 0 */
	size_t len, capacity;
} UpText;

extern void up_text_init(UpText *t);
extern void up_text_add(UpText *t, const char *piece);
/* The shortest decimal that reads back as v. */
extern void up_text_add_number(UpText *t, double v);
/* A day since 2000-01-01 as YYYY-MM-DD of the Gregorian calendar; what is beyond a thousand million days is that one. */
extern void up_text_add_day(UpText *t, double day);
/* As an SQL literal or identifier: in quotes, quotes inside doubled; a literal with a backslash is an E'' one. */
extern void up_text_add_literal(UpText *t, const char *s);
extern void up_text_add_identifier(UpText *t, const char *s);

#endif
