/*
 * repair.h - text that should be a number, a date or a truth value, and text with blanks where none belong
 *
 * Each function reads a text of a given length, not terminated, and either understands all of it or says no: what is
 * ambiguous (01/02/2024 without an order of day and month, 1.234 with a decimal comma) is decided by what the caller
 * states, never guessed.
 */
#ifndef UPROFILE_REPAIR_H
#define UPROFILE_REPAIR_H

#include "base/platform.h"

/*
 * A decimal number as [-]digits[.digits][e[-]digits], terminated, into out (space for len + 4 bytes). Allowed around it:
 * blanks, one sign before or after it, brackets for a negative number, one currency sign or code of ISO 4217, one unit (NULL: none);
 * in it: thousands in groups of three (between commas also lakhs and crores, in groups of two before the last one), separated by blank, apostrophe, underscore, or by whichever of point and comma
 * is not decimal. A nought before such a sign is none of thousands.
 */
extern bool up_repair_number(const char *text, size_t len, char decimal, const char *unit, char *out);

/* What an amount tells of itself. */
typedef struct UpFigure
{
	bool by_point, by_comma; /* it reads with that decimal sign */
	bool separated;          /* it has a point or a comma: else it reads the same by both */
	bool spaced;             /* digits and blanks alone, as numbers of telephones have them, too */
	bool percent;
	int currency; /* that is named, 0: none */
} UpFigure;

/*
 * Whether a text reads as an amount, perhaps with a currency or a percent sign: as up_repair_number does, but for what may be something else.
 * Codes such as 007 would lose their zeros, telephone numbers such as +49170123456 their plus; 12E5 and 10.1.2.255 are none.
 */
extern bool up_repair_figure(const char *text, size_t len, UpFigure *f);

typedef enum UpDateOrder
{
	UP_DATE_YMD, /* the year first, or the month by its name */
	UP_DATE_DMY, /* … or day, month, year */
	UP_DATE_MDY  /* … or month, day, year */
} UpDateOrder;

/* A moment of the Gregorian calendar, checked. */
typedef struct UpMoment
{
	int year, month, day; /* 1 … 9999, 1 … 12, 1 … 31 */
	int64_t micros;       /* since midnight */
	bool has_time;
	bool has_zone;
	int zone; /* minutes east of UTC */
} UpMoment;

extern bool up_repair_date(const char *text, size_t len, UpDateOrder order, UpMoment *out);

/* Whether a year stands in full, as four digits: 1.2.24 may as well be a version. Of eight digits in a row the first are 19 or 20. */
extern bool up_repair_has_year(const char *text, size_t len);

/* true, t, yes, y, on, 1 and their opposites, in any case, and yes and no in some languages. */
extern bool up_repair_boolean(const char *text, size_t len, bool *out);

/*
 * Without blanks at both ends (where utf8, also no-break and other spaces of Unicode, and byte order marks); collapse:
 * runs of blanks within become one space. out has space for len bytes; returns the new length.
 */
extern size_t up_repair_blanks(const char *text, size_t len, bool utf8, bool collapse, char *out);

/*
 * Texts that mean "missing" in many tables, "" the first, as they are written; behind them, in lower case, such as do so in any case where all
 * else is numbers, dates or truth values: among words they may be a category.
 */
#define UP_SURE_PLACEHOLDERS 13
#define UP_PLACEHOLDERS      50
extern const char *const up_repair_placeholders[UP_PLACEHOLDERS];
/* Which of them a text without blanks at its ends is, or -1. */
extern int up_repair_placeholder(const char *text, size_t len);

#endif
