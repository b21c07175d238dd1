/*
 * repair.c - texts understood as numbers, dates and truth values; see repair.h
 *
 * One pass over the bytes of each, no allocation.
 */
#include "clean/repair.h"

#include <string.h>

/* ---- characters ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool
is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* ---- blanks ---- */

/* Bytes of the blank at the start of text, 0 if there is none. */
static size_t
blank_length(const char *text, size_t len, bool utf8)
{
	const unsigned char *c = (const unsigned char *) text;

	if (len == 0)
		return 0;
	if (c[0] == ' ' || (c[0] >= '\t' && c[0] <= '\r'))
		return 1;
	if (!utf8)
		return 0;
	if (len >= 2 && c[0] == 0xC2 && (c[1] == 0xA0 || c[1] == 0x85))
		return 2; /* no-break space, next line */
	if (len < 3)
		return 0;
	/* U+2000 … U+200B, U+2028, U+2029, U+202F, U+205F, U+3000, U+FEFF */
	if (c[0] == 0xE2 && c[1] == 0x80 &&
		((c[2] >= 0x80 && c[2] <= 0x8B) || c[2] == 0xA8 || c[2] == 0xA9 || c[2] == 0xAF))
		return 3;
	if ((c[0] == 0xE2 && c[1] == 0x81 && c[2] == 0x9F) || (c[0] == 0xE3 && c[1] == 0x80 && c[2] == 0x80) ||
		(c[0] == 0xEF && c[1] == 0xBB && c[2] == 0xBF))
		return 3;
	return 0;
}

size_t
up_repair_blanks(const char *text, size_t len, bool utf8, bool collapse, char *out)
{
	size_t at = 0, n = 0, end = 0, blank;

	while ((blank = blank_length(text + at, len - at, utf8)) > 0)
		at += blank;
	while (at < len)
	{
		size_t start = at;

		while ((blank = blank_length(text + at, len - at, utf8)) > 0)
			at += blank;
		if (at > start)
		{
			if (collapse)
				out[n++] = ' ';
			else
			{
				memcpy(out + n, text + start, at - start);
				n += at - start;
			}
			continue;
		}
		out[n++] = text[at++];
		end = n;
	}
	return end;
}

/* ---- what kind of text it is ---- */

const char *const up_repair_placeholders[UP_PLACEHOLDERS] = {
	"",        "NA",        "N/A",      "n/a",         "#N/A",        "NaN",       "nan",     "NULL",
	"null",    "None",      "?",        "-",           "--",          "na",        "n/a",     "n.a.",
	"#n/a",    "<na>",      "nan",      "null",        "none",        "nil",       "unknown", "not available",
	"missing", "#value!",   "#ref!",    "#div/0!",     "#name?",      "#num!",     "#null!",  "#wert!",
	"#bezug!", "#nv",       "#valeur!", "#valor!",     "#n/d",        "unbekannt", "k.a.",    "keine angabe",
	"inconnu", "n.c.",      "nc",       "desconocido", "sconosciuto", "n/d",       "n.d.",    "tbd",
	".",       "0000-00-00"};

#define LONGEST_PLACEHOLDER 13 /* bytes */

int
up_repair_placeholder(const char *text, size_t len)
{
	char small[LONGEST_PLACEHOLDER];

	if (len > LONGEST_PLACEHOLDER)
		return -1;
	for (size_t i = 0; i < len; i++)
		small[i] = lower(text[i]);
	for (int i = 0; i < UP_PLACEHOLDERS; i++)
	{
		if (strlen(up_repair_placeholders[i]) == len &&
			memcmp(up_repair_placeholders[i], i < UP_SURE_PLACEHOLDERS ? text : small, len) == 0)
			return i;
	}
	return -1;
}

/* ---- a text that is read from both ends ---- */

typedef struct Piece
{
	const char *at;
	size_t len;
} Piece;

static void
skip_blanks(Piece *p)
{
	size_t blank;

	while ((blank = blank_length(p->at, p->len, true)) > 0)
	{
		p->at += blank;
		p->len -= blank;
	}
	for (bool more = true; more;)
	{
		more = false;
		for (size_t n = 1; n <= 3 && n <= p->len; n++)
		{
			if (blank_length(p->at + p->len - n, n, true) == n)
			{
				p->len -= n;
				more = true;
				break;
			}
		}
	}
}

static bool
take_front(Piece *p, const char *what)
{
	size_t n = strlen(what);

	if (p->len < n || memcmp(p->at, what, n) != 0)
		return false;
	p->at += n;
	p->len -= n;
	skip_blanks(p);
	return true;
}

static bool
take_back(Piece *p, const char *what)
{
	size_t n = strlen(what);

	if (p->len < n || memcmp(p->at + p->len - n, what, n) != 0)
		return false;
	p->len -= n;
	skip_blanks(p);
	return true;
}

/* ---- numbers ---- */

/* Codes of ISO 4217: other letters before a number make a name of it, not an amount. The number of one, or 0. */
static int
code_number(const char *c)
{
	static const char codes[] =
		"USDEURGBPJPYCNYCHFAUDCADNZDSEKNOKDKKPLNCZKHUFRONBGNISKTRYRUBUAHINRIDRKRWSGDHKDTWDTHBMYR"
		"PHPVNDBRLMXNARSCLPCOPPENZAREGPNGNKESMADILSSARAEDQARKWD";

	for (size_t i = 0; i + 3 < sizeof(codes); i += 3)
	{
		if (memcmp(codes + i, c, 3) == 0)
			return (int) i + 100;
	}
	return 0;
}

/* One of the currency signs U+20A0 ... U+20BF, of rupees, lira and others. */
static int
take_rare_sign(Piece *p)
{
	for (int back = 0; back < 2; back++)
	{
		const char *c = back && p->len > 3 ? p->at + p->len - 3 : p->at;
		char sign[4] = {0};

		if (p->len < 3 || memcmp(c, "\xE2\x82", 2) != 0 || (unsigned char) c[2] < 0xA0)
			continue;
		memcpy(sign, c, 3);
		if (back ? take_back(p, sign) : take_front(p, sign))
			return 1000 + (unsigned char) sign[2];
	}
	return 0;
}

/* Which currency was named, or 0. */
static int
take_currency(Piece *p)
{
	/* The one currency of a sign, or "". */
	static const struct
	{
		const char *sign, *code;
	} signs[] = {{"US$", "USD"},       {"R$", "BRL"},    {"$", ""},     {"\xE2\x82\xAC", "EUR"},
				 {"\xC2\xA3", "GBP"},  {"\xC2\xA5", ""}, {"kr", ""},    {"z\xC5\x82", "PLN"},
				 {"K\xC4\x8D", "CZK"}, {"Rs.", "INR"},   {"Fr.", "CHF"}};
	int code;

	for (size_t i = 0; i < UP_LENGTH(signs); i++)
	{
		if (take_front(p, signs[i].sign) || take_back(p, signs[i].sign))
			return signs[i].code[0] != '\0' ? code_number(signs[i].code) : (int) i + 1;
	}
	code = take_rare_sign(p);
	if (code != 0)
		return code;
	code = p->len > 3 ? code_number(p->at) : 0;
	if (code != 0)
	{
		p->at += 3;
		p->len -= 3;
		skip_blanks(p);
		return code;
	}
	code = p->len > 3 ? code_number(p->at + p->len - 3) : 0;
	if (code != 0)
	{
		p->len -= 3;
		skip_blanks(p);
	}
	return code;
}

/* -1, +1, or 0 for no sign. */
static int
take_sign(Piece *p)
{
	static const char minus[] = "\xE2\x88\x92"; /* U+2212 */

	if (take_front(p, "-") || take_front(p, minus))
		return -1;
	return take_front(p, "+") ? 1 : 0;
}

/* Bytes of an apostrophe at the start of text, a plain or a typographic one. */
static size_t
apostrophe_length(const char *text, size_t len)
{
	return len > 0 && text[0] == '\'' ? 1 : len >= 3 && memcmp(text, "\xE2\x80\x99", 3) == 0 ? 3 : 0;
}

/* Bytes of a separator of thousands at the start of text. */
static size_t
separator_length(const char *text, size_t len, char decimal)
{
	size_t n = apostrophe_length(text, len);

	if (len > 0 && (text[0] == '_' || text[0] == (decimal == ',' ? '.' : ',')))
		return 1;
	return n > 0 ? n : blank_length(text, len, true);
}

/*
 * The digits before the decimal sign; groups, if any, are separated all alike and of three, or as India writes lakhs and crores, 12,34,567: of two
 * but the last one, between commas alone, since between points they may be a date or a version.
 */
static bool
take_whole(Piece *p, char decimal, char **out)
{
	const char *separator = NULL, *out_start = *out;
	size_t separator_len = 0, group = 0, first = 0, inner = 0, n;

	for (; p->len > 0; p->at += n, p->len -= n)
	{
		n = 1;
		if (is_digit(*p->at))
		{
			group++;
			*(*out)++ = *p->at;
			if (separator != NULL && group > 3)
				return false;
			continue;
		}
		n = separator_length(p->at, p->len, decimal);
		if (n == 0)
			break;
		if (separator == NULL ? group < 1 || group > 3 || out_start[0] == '0'
							  : n != separator_len || memcmp(separator, p->at, n) != 0)
			return false;
		if (separator == NULL)
			first = group;
		else if ((inner != 0 && group != inner) || (group != 3 && (group != 2 || first > 2 || *p->at != ',')))
			return false;
		else
			inner = group;
		separator = p->at;
		separator_len = n;
		group = 0;
	}
	return separator == NULL || group == 3;
}

static bool
take_brackets(Piece *p)
{
	if (p->len <= 2 || p->at[0] != '(' || p->at[p->len - 1] != ')')
		return false;
	take_front(p, "(");
	take_back(p, ")");
	return true;
}

static bool
take_unit(Piece *p, const char *unit)
{
	return unit != NULL && p->len > strlen(unit) && (take_front(p, unit) || take_back(p, unit));
}

/* Prices without cents, as 5,- and 12.-- and 500/- are written: the dashes are no minus. */
static void
take_no_cents(Piece *p)
{
	size_t n = p->len;

	if (n > 3 &&
		(memcmp(p->at + n - 3, "\xE2\x80\x93", 3) == 0 || memcmp(p->at + n - 3, "\xE2\x80\x94", 3) == 0))
		n -= 3; /* en and em dash */
	else
	{
		while (n > 0 && p->len - n < 2 && p->at[n - 1] == '-')
			n--;
	}
	if (n < p->len && n > 1 && (p->at[n - 1] == '.' || p->at[n - 1] == ',') && is_digit(p->at[n - 2]))
		p->len = n;
	else if (n + 1 == p->len && n > 1 && p->at[n - 1] == '/' && is_digit(p->at[n - 2]))
		p->len = n - 1;
}

/* What stands around an amount. */
typedef struct Around
{
	bool minus, plus, unit;
	int currency;
} Around;

static bool
take_around(Piece *p, const char *unit, Around *a)
{
	bool brackets;
	int sign;

	skip_blanks(p);
	brackets = take_brackets(p);
	sign = take_sign(p);
	a->currency = take_currency(p);
	a->unit = take_unit(p, unit);
	brackets = brackets || take_brackets(p);
	if (sign == 0)
		sign = take_sign(p);
	take_no_cents(p);
	if (sign == 0 && p->len > 1 && take_back(p, "-"))
		sign = -1;
	if (a->currency == 0)
		a->currency = take_currency(p);
	a->unit = a->unit || take_unit(p, unit);
	a->minus = brackets || sign < 0;
	a->plus = sign > 0;
	return !brackets || sign == 0;
}

/* The digits of an amount without what stands around it. */
static bool
take_digits(Piece p, char decimal, char *out)
{
	char *start = out;
	int digits;

	if (!take_whole(&p, decimal, &out))
		return false;
	digits = (int) UP_MIN(out - start, 1000000);
	if (digits == 0)
		*out++ = '0';
	if (p.len > 0 && *p.at == decimal)
	{
		*out++ = '.';
		for (p.at++, p.len--; p.len > 0 && is_digit(*p.at); p.at++, p.len--, digits++)
			*out++ = *p.at;
		if (out[-1] == '.')
			out--;
	}
	if (digits == 0)
		return false;
	if (p.len > 1 && lower(*p.at) == 'e')
	{
		int exponent = 0;

		*out++ = 'e';
		p.at++;
		p.len--;
		if (*p.at == '-' || *p.at == '+')
		{
			*out++ = *p.at++;
			p.len--;
		}
		for (; p.len > 0 && is_digit(*p.at) && exponent < 3; p.at++, p.len--, exponent++)
			*out++ = *p.at;
		if (exponent == 0)
			return false;
	}
	*out = '\0';
	return p.len == 0;
}

bool
up_repair_number(const char *text, size_t len, char decimal, const char *unit, char *out)
{
	Piece p = {text, len};
	Around around;

	if (!take_around(&p, unit, &around))
		return false;
	if (around.minus)
		*out++ = '-';
	return take_digits(p, decimal, out);
}

#define CURRENCY_LETTERS  3
#define LONGEST_FIGURE    64
#define TELEPHONE_DIGITS  7 /* from which on a plus before them may be that of a country */
#define GREATEST_OF_OCTET 255

/* Four groups of digits between points, each at most 255. */
static bool
is_address(const Piece *p)
{
	int value = 0, points = 0;

	for (size_t i = 0; i < p->len; i++)
	{
		if (p->at[i] == '.')
		{
			points++;
			value = 0;
		}
		else if (!is_digit(p->at[i]) || (value = 10 * value + (p->at[i] - '0')) > GREATEST_OF_OCTET)
			return false;
	}
	return points == 3;
}

/* Most texts are words: an amount has a digit, and letters of a currency at most. */
static bool
may_be_figure(const char *text, size_t len)
{
	size_t letters = 0, digits = 0;

	for (size_t i = 0; i < len && letters <= CURRENCY_LETTERS; i++)
	{
		letters += is_letter(text[i]);
		digits += is_digit(text[i]);
	}
	return digits > 0 && letters <= CURRENCY_LETTERS;
}

bool
up_repair_figure(const char *text, size_t len, UpFigure *f)
{
	Piece p = {text, len};
	Around around;
	char digits[LONGEST_FIGURE + 4];
	size_t n_digits = 0, blanks = 0, n;

	*f = (UpFigure){0};
	if (!may_be_figure(text, len) || !take_around(&p, "%", &around) || p.len == 0 || p.len > LONGEST_FIGURE)
		return false;
	if (p.len > 1 && p.at[0] == '0' && is_digit(p.at[1]))
		return false;
	for (size_t i = 0; i < p.len; i += n)
	{
		n = 1;
		if (is_digit(p.at[i]))
			n_digits++;
		else if (p.at[i] == '.' || p.at[i] == ',')
			f->separated = true;
		else if ((n = blank_length(p.at + i, p.len - i, true)) > 0)
			blanks++;
		else if ((n = apostrophe_length(p.at + i, p.len - i)) == 0)
			return false;
	}
	f->percent = around.unit;
	f->currency = around.currency;
	f->spaced = blanks > 0 && !f->separated && !f->percent && f->currency == 0;
	if ((around.plus && !f->separated && (f->spaced || n_digits >= TELEPHONE_DIGITS)) || is_address(&p))
		return false;
	f->by_point = take_digits(p, '.', digits);
	f->by_comma = take_digits(p, ',', digits);
	return f->by_point || f->by_comma;
}

/* ---- dates ---- */

static bool
take_int(Piece *p, size_t most, int *value, size_t *digits)
{
	*value = 0;
	for (*digits = 0; p->len > 0 && is_digit(*p->at) && *digits < most; p->at++, p->len--, (*digits)++)
		*value = *value * 10 + (*p->at - '0');
	return *digits > 0;
}

/* The month whose English name (in full, or its first three letters, perhaps with a point) stands here, or 0. */
static int
take_month(Piece *p)
{
	static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
										"july",    "august",   "september", "october", "november", "december"};
	size_t n = 0;

	while (n < p->len && is_letter(p->at[n]))
		n++;
	for (int i = 0; n >= 3 && i < 12; i++)
	{
		size_t same = 0, whole = strlen(names[i]);

		while (same < n && same < whole && lower(p->at[same]) == names[i][same])
			same++;
		if (same != n || (n != 3 && n != whole && !(i == 8 && n == 4)))
			continue;
		p->at += n;
		p->len -= n;
		if (p->len > 0 && *p->at == '.' && n < whole)
		{
			p->at++;
			p->len--;
		}
		return i + 1;
	}
	return 0;
}

/* One of - / . , or blanks between the parts of a date. */
static bool
take_between(Piece *p)
{
	size_t before = p->len, blank;

	while ((blank = blank_length(p->at, p->len, true)) > 0)
	{
		p->at += blank;
		p->len -= blank;
	}
	if (p->len > 0 && strchr("-/.,", *p->at) != NULL)
	{
		p->at++;
		p->len--;
		while ((blank = blank_length(p->at, p->len, true)) > 0)
		{
			p->at += blank;
			p->len -= blank;
		}
	}
	return p->len < before;
}

/* A year of two digits is in 1970 … 2069. */
static bool
set_year(UpMoment *m, int year, size_t digits)
{
	if (digits != 2 && digits != 4)
		return false;
	m->year = digits == 4 ? year : year < 70 ? 2000 + year : 1900 + year;
	return true;
}

static bool
take_date(Piece *p, UpDateOrder order, UpMoment *m)
{
	int first, second;
	size_t digits, digits_second;

	m->month = take_month(p);
	if (m->month > 0) /* March 5, 2024 */
		return take_between(p) && take_int(p, 2, &m->day, &digits) && take_between(p) &&
			   take_int(p, 4, &first, &digits) && set_year(m, first, digits);
	if (!take_int(p, 8, &first, &digits))
		return false;
	if (digits == 8) /* 20240305 */
	{
		m->year = first / 10000;
		m->month = first / 100 % 100;
		m->day = first % 100;
		return true;
	}
	if (digits != 4 && digits > 2)
		return false;
	if (!take_between(p))
		return false;
	if (digits == 4) /* 2024-03-05 */
	{
		m->year = first;
		m->month = take_month(p);
		return (m->month > 0 || take_int(p, 2, &m->month, &digits)) && take_between(p) &&
			   take_int(p, 2, &m->day, &digits);
	}
	m->month = take_month(p);
	if (m->month > 0) /* 5 March 2024 */
	{
		m->day = first;
		return take_between(p) && take_int(p, 4, &second, &digits) && set_year(m, second, digits);
	}
	if (order == UP_DATE_YMD || !take_int(p, 2, &second, &digits_second) || !take_between(p))
		return false;
	m->day = order == UP_DATE_DMY ? first : second;
	m->month = order == UP_DATE_DMY ? second : first;
	return take_int(p, 4, &first, &digits) && set_year(m, first, digits);
}

static bool
take_zone(Piece *p, UpMoment *m)
{
	int sign, hours, minutes = 0;
	size_t digits;

	skip_blanks(p);
	if (p->len == 0)
		return true;
	m->has_zone = true;
	if (take_front(p, "Z") || take_front(p, "z") || take_front(p, "UTC") || take_front(p, "GMT"))
		return p->len == 0;
	sign = take_sign(p);
	if (sign == 0 || !take_int(p, 2, &hours, &digits))
		return false;
	if (p->len > 0 && *p->at == ':')
		take_front(p, ":");
	if (p->len > 0 && (!take_int(p, 2, &minutes, &digits) || digits != 2))
		return false;
	m->zone = sign * (hours * 60 + minutes);
	return p->len == 0 && hours <= 15 && minutes < 60;
}

/* HH:MM[:SS[.ffffff]] [am|pm] [zone] */
static bool
take_time(Piece *p, UpMoment *m)
{
	int hours, minutes, seconds = 0;
	int64_t micros = 0, unit = 100000;
	size_t digits;

	m->has_time = true;
	if (!take_int(p, 2, &hours, &digits) || p->len == 0 || *p->at != ':')
		return false;
	p->at++;
	p->len--;
	if (!take_int(p, 2, &minutes, &digits) || digits != 2)
		return false;
	if (p->len > 0 && *p->at == ':')
	{
		p->at++;
		p->len--;
		if (!take_int(p, 2, &seconds, &digits) || digits != 2)
			return false;
		if (p->len > 1 && (*p->at == '.' || *p->at == ',') && is_digit(p->at[1]))
		{
			for (p->at++, p->len--; p->len > 0 && is_digit(*p->at); p->at++, p->len--, unit /= 10)
				micros += (*p->at - '0') * unit;
		}
	}
	skip_blanks(p);
	if (p->len >= 2 && lower(p->at[1]) == 'm' && (lower(p->at[0]) == 'a' || lower(p->at[0]) == 'p'))
	{
		if (hours < 1 || hours > 12)
			return false;
		hours = hours % 12 + (lower(p->at[0]) == 'p' ? 12 : 0);
		p->at += 2;
		p->len -= 2;
	}
	if (hours > 23 || minutes > 59 || seconds > 59)
		return false;
	m->micros = ((int64_t) (hours * 60 + minutes) * 60 + seconds) * 1000000 + micros;
	return take_zone(p, m);
}

bool
up_repair_has_year(const char *text, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i < len; i++)
	{
		run = is_digit(text[i]) ? run + 1 : 0;
		if (run == 8 && (memcmp(text + i - 7, "19", 2) == 0 || memcmp(text + i - 7, "20", 2) == 0))
			return true;
		if (run == 4 && (i + 1 == len || !is_digit(text[i + 1])))
			return true;
	}
	return false;
}

static bool
is_date(const UpMoment *m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = m->year % 4 == 0 && (m->year % 100 != 0 || m->year % 400 == 0);

	return m->year >= 1 && m->month >= 1 && m->month <= 12 && m->day >= 1 &&
		   m->day <= days[m->month - 1] + (leap && m->month == 2);
}

bool
up_repair_date(const char *text, size_t len, UpDateOrder order, UpMoment *out)
{
	Piece p = {text, len};

	memset(out, 0, sizeof(*out));
	skip_blanks(&p);
	if (!take_date(&p, order, out) || !is_date(out))
		return false;
	if (p.len == 0)
		return true;
	if (*p.at == 'T' || *p.at == 't' || *p.at == ',')
	{
		p.at++;
		p.len--;
	}
	else if (blank_length(p.at, p.len, true) == 0)
		return false;
	skip_blanks(&p);
	return p.len > 0 && take_time(&p, out);
}

#define N_FALSE_WORDS 14
#define LONGEST_WORD  6 /* bytes */

bool
up_repair_boolean(const char *text, size_t len, bool *out)
{
	/* English; German, Dutch, Nordic, French, Spanish and Italian, Portuguese */
	static const char *const words[] = {
		"false", "f",    "no",    "n",          "off",  "0",  "nein",      "falsch", "nee", "nej",
		"non",   "faux", "falso", "n\xC3\xA3o", "true", "t",  "yes",       "y",      "on",  "1",
		"ja",    "wahr", "j",     "oui",        "vrai", "si", "s\xC3\xAD", "vero",   "sim"};
	Piece p = {text, len};

	skip_blanks(&p);
	if (p.len > LONGEST_WORD)
		return false;
	for (size_t i = 0; i < UP_LENGTH(words); i++)
	{
		size_t same = 0;

		while (same < p.len && words[i][same] != '\0' && lower(p.at[same]) == words[i][same])
			same++;
		if (same == p.len && p.len > 0 && words[i][same] == '\0')
		{
			*out = i >= N_FALSE_WORDS;
			return true;
		}
	}
	return false;
}
