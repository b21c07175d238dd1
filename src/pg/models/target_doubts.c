/*
 * target_doubts.c - what training tells of its target; see target_doubts.h
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "clean/repair.h"
#include "num/sort.h"
#include "pg/io/texts.h"
#include "pg/models/target_doubts.h"

#include <math.h>

#define MANY_CLASSES 20    /* more than whole numbers may be unsaid */
#define CODE_LEAST   1e4   /* five digits */
#define LOOKED_AT    10000 /* rows */

static char *
warn(char *note, char *text, const char *hint)
{
	ereport(WARNING, (errcode(ERRCODE_WARNING), errmsg("%s", text), errhint("%s", hint)));
	return up_notes_joined(text, note);
}

static char *
say(char *note, const UpModel *m, char *text)
{
	const char *column = quote_identifier(m->label_name);

	return warn(note, text,
				psprintf("If that is not meant, select nullif(lower(trim(%s)), '') AS %s.", column, column));
}

/* Amounts among which a few texts are none, so that each became a class. */
static char *
look_for_amounts(const UpModel *m, char *const *plain, char *note)
{
	uint32_t amounts = 0;
	const char *other = NULL;
	UpFigure figure;

	for (uint32_t i = 0; i < m->n_classes; i++)
	{
		if (up_repair_figure(plain[i], strlen(plain[i]), &figure))
			amounts++;
		else
			other = m->classes[i];
	}
	if (m->n_classes <= MANY_CLASSES || amounts < 0.9 * m->n_classes)
		return note;
	return warn(
		note,
		psprintf("%u of %u classes of the target are numbers, each a class of its own", amounts, m->n_classes),
		psprintf(
			"If amounts are meant, make them numbers%s: uprofile_describe tells how uprofile_clean does it.",
			other != NULL ? psprintf(" (\"%s\" is none)", other) : ""));
}

static char *
look_at_classes(const UpModel *m, char *note)
{
	char **plain;

	if (m->label_kind != UP_LABEL_TEXT || m->label_name == NULL)
		return note;
	plain = palloc(sizeof(char *) * Max(m->n_classes, 1));
	for (uint32_t i = 0; i < m->n_classes; i++)
	{
		plain[i] = up_trimmed(m->classes[i], m->classes[i] + strlen(m->classes[i]));
		if (plain[i][0] == '\0')
			return say(note, m, "a class of the target is blank");
	}
	for (uint32_t i = 0; i < m->n_classes; i++)
	{
		for (uint32_t j = 0; j < i; j++)
		{
			if (pg_strcasecmp(plain[i], plain[j]) == 0)
				return say(note, m,
						   psprintf("classes \"%s\" and \"%s\" of the target differ by case or blanks only",
									m->classes[j], m->classes[i]));
		}
	}
	return look_for_amounts(m, plain, note);
}

/* Whole numbers that all have as many digits, five or more, and come again and again. */
static bool
may_be_codes(const UpFrame *f)
{
	const UpSamples *rows = f->samples;
	size_t n = Min(rows->n_rows, LOOKED_AT), known = 0, different = 1;
	double *v = up_alloc_array(n + 1, sizeof(double));
	bool may;

	for (size_t i = 0; i < n; i++)
	{
		double label = up_samples_value(rows, i, f->n_values);

		if (!isnan(label))
			v[known++] = label;
	}
	up_sort_doubles(v, known, NULL);
	may = known > MANY_CLASSES && v[0] >= CODE_LEAST && floor(log10(v[0])) == floor(log10(v[known - 1]));
	for (size_t i = 0; i < known && may; i++)
	{
		may = v[i] == rint(v[i]);
		different += i > 0 && v[i] != v[i - 1];
	}
	up_free(v);
	return may && 2 * different <= known;
}

static void
look_at_amounts(const UpModel *m, const UpFrame *f)
{
	const UpValue *task = m->params != NULL ? up_value_get(m->params, "task") : NULL;

	if ((task != NULL && task->type == UP_STRING) || m->task != UP_TASK_REGRESS ||
		f->label_kind != UP_LABEL_NUMBER || m->label_name == NULL || !may_be_codes(f))
		return;
	ereport(NOTICE,
			(errmsg("target \"%s\" is read as amounts, and all its numbers have as many digits", m->label_name),
			 errhint("If they are codes, such as postcodes, cast them to text in the source, or use {\"task\": "
					 "\"classification\"}.")));
}

char *
up_target_doubts_say(const UpModel *m, const UpFrame *frame, uint64_t unlabelled, char *note)
{
	look_at_amounts(m, frame);
	note = look_at_classes(m, note);
	if (unlabelled == 0)
		return note;
	return up_notes_joined(note, psprintf(UINT64_FORMAT " row%s without a target passed over", unlabelled,
										  unlabelled == 1 ? "" : "s"));
}
