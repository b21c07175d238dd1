/*
 * measure_positive.c - which label is the positive one; see measure.h
 *
 * The one that params name; else true or 1, of labels that leave no doubt. Cost: O(1) a row, O(labels) at the end.
 */
#include "assess/measure.h"

#include <string.h>

static const char *
positive_text(const UpMeasurement *m)
{
	return m->positive->type == UP_STRING ? m->positive->string : up_value_text(m->positive);
}

/* No positive label was given, and it is not clear. */
UP_NORETURN static void
fail_unclear(const UpMeasurement *m, const char *label)
{
	up_fail_with(
		UP_INVALID_PARAMETER, NULL,
		(m->measure->flags & UP_MEASURE_AVERAGES) != 0
			? "Give {\"positive\": …}, or {\"average\": \"macro\"}, \"micro\" or \"weighted\", as params."
			: "Give {\"positive\": …} as params.",
		"uprofile_%s needs to know which label is the positive one, and there is \"%s\"", m->measure->name,
		label);
}

/* That the positive label that was given fits labels of this kind. */
static void
check_positive(const UpMeasurement *m, UpLabelKind kind)
{
	const UpValue *v = m->positive;
	bool is_boolean =
		v->type == UP_BOOLEAN ||
		(v->type == UP_STRING && (strcmp(v->string, "true") == 0 || strcmp(v->string, "false") == 0));

	if ((kind == UP_LABEL_BOOLEAN && !is_boolean) || (kind == UP_LABEL_NUMBER && v->type != UP_NUMBER))
		up_fail(UP_INVALID_PARAMETER, "parameter \"positive\" of uprofile_%s must be %s, not %s",
				m->measure->name, kind == UP_LABEL_BOOLEAN ? "true or false" : "a number", up_value_text(v));
}

bool
up_measurement_is_hit_boolean(const UpMeasurement *m, bool actual)
{
	const UpValue *v = m->positive;

	if (v == NULL)
		return actual;
	check_positive(m, UP_LABEL_BOOLEAN);
	return (v->type == UP_BOOLEAN ? v->boolean : v->string[0] == 't') == actual;
}

bool
up_measurement_is_hit_number(const UpMeasurement *m, double actual)
{
	const UpValue *v = m->positive;

	if (v == NULL && actual != 0 && actual != 1 && actual != -1)
		fail_unclear(m, up_value_text(up_value_number(actual)));
	if (v == NULL)
		return actual == 1;
	check_positive(m, UP_LABEL_NUMBER);
	return v->number == actual;
}

static bool
same_text(const char *text, size_t len, const char *other)
{
	return strlen(other) == len && memcmp(text, other, len) == 0;
}

bool
up_measurement_is_hit_text(const UpMeasurement *m, const char *actual, size_t len)
{
	if (m->positive != NULL)
		return same_text(actual, len, positive_text(m));
	if (same_text(actual, len, "true") || same_text(actual, len, "1"))
		return true;
	if (!same_text(actual, len, "false") && !same_text(actual, len, "0"))
		fail_unclear(m, up_format("%.*s", (int) UP_MIN(len, 200), actual));
	return false;
}

/* A label that stands for no by itself. */
static bool
is_no(const UpLabelPairs *p, const char *label)
{
	if (p->kind == UP_LABEL_TEXT)
		return strcmp(label, "false") == 0 || strcmp(label, "0") == 0;
	return strcmp(label, "0") == 0 || strcmp(label, "-1") == 0;
}

static bool
is_yes(const UpLabelPairs *p, const char *label)
{
	return strcmp(label, "1") == 0 || (p->kind != UP_LABEL_NUMBER && strcmp(label, "true") == 0);
}

/* Without being told: true or 1, where there is at most one other label. */
int64_t
up_measurement_positive_rank(const UpMeasurement *m, const uint32_t *rank)
{
	const UpLabelPairs *p = m->pairs;
	uint32_t n = up_label_pairs_n_labels(p);
	int64_t found = -1;
	uint32_t others = 0;

	if (m->positive != NULL)
		check_positive(m, p->kind);
	for (uint32_t i = 0; i < n; i++)
	{
		const char *label = up_label_pairs_label(p, i);
		bool positive = m->positive != NULL ? strcmp(label, positive_text(m)) == 0 : is_yes(p, label);

		if (positive)
			found = rank[i];
		others += !positive;
	}
	if (m->positive != NULL)
		return found;
	for (uint32_t i = 0; i < n; i++)
	{
		const char *label = up_label_pairs_label(p, i);

		if (others > 1 ? !is_yes(p, label) && !is_no(p, label) : found < 0 && !is_no(p, label))
			fail_unclear(m, label);
	}
	if (others > 1)
		fail_unclear(m, up_label_pairs_label(p, 0));
	return found;
}

void
up_measurement_check_labels(const UpMeasurement *m)
{
	uint32_t n = up_label_pairs_n_labels(m->pairs), others = 0;

	if ((m->measure->flags & UP_MEASURE_AVERAGES) == 0 || m->average > 0)
		return;
	if (m->positive != NULL)
		check_positive(m, m->pairs->kind);
	for (uint32_t i = 0; m->positive == NULL && i < n; i++)
		others += !is_yes(m->pairs, up_label_pairs_label(m->pairs, i));
	/* Of one beside true or 1 it becomes clear with the rows that are still to come. */
	if (others > 1)
		(void) up_measurement_positive_rank(m, up_label_pairs_ranks(m->pairs));
}
