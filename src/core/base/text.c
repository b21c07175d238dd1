/*
 * text.c - text that grows; see text.h
 */
#include "base/text.h"

#include "base/value.h"

#include <string.h>

void
up_text_init(UpText *t)
{
	t->capacity = 256;
	t->len = 0;
	t->bytes = up_alloc(t->capacity);
	t->bytes[0] = '\0';
}

static void
add_bytes(UpText *t, const char *piece, size_t len)
{
	if (t->len + len + 1 > t->capacity)
	{
		t->capacity = 2 * t->capacity + len + 1;
		t->bytes = up_realloc(t->bytes, t->capacity);
	}
	memcpy(t->bytes + t->len, piece, len);
	t->len += len;
	t->bytes[t->len] = '\0';
}

void
up_text_add(UpText *t, const char *piece)
{
	add_bytes(t, piece, strlen(piece));
}

void
up_text_add_number(UpText *t, double v)
{
	UpValue *number = up_value_number(v);
	char *digits = up_value_text(number);

	up_text_add(t, digits);
	up_free(digits);
}

static void
add_quoted(UpText *t, const char *s, char quote, bool escape)
{
	add_bytes(t, &quote, 1);
	for (; *s != '\0'; s++)
	{
		if (*s == quote || (escape && *s == '\\'))
			add_bytes(t, s, 1);
		add_bytes(t, s, 1);
	}
	add_bytes(t, &quote, 1);
}

void
up_text_add_literal(UpText *t, const char *s)
{
	bool escape = strchr(s, '\\') != NULL;

	if (escape)
		up_text_add(t, "E");
	add_quoted(t, s, '\'', escape);
}

void
up_text_add_identifier(UpText *t, const char *s)
{
	add_quoted(t, s, '"', false);
}
