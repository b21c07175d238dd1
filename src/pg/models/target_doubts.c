/*
 * target_doubts.c - what training tells of its target; see target_doubts.h
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "pg/io/texts.h"
#include "pg/models/target_doubts.h"

static char *
say(char *note, const UpModel *m, char *text)
{
	const char *column = quote_identifier(m->label_name);

	ereport(WARNING,
			(errcode(ERRCODE_WARNING), errmsg("%s", text),
			 errhint("If that is not meant, select nullif(lower(trim(%s)), '') AS %s.", column, column)));
	return up_notes_joined(text, note);
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
	return note;
}

char *
up_target_doubts_say(const UpModel *m, uint64_t unlabelled, char *note)
{
	note = look_at_classes(m, note);
	if (unlabelled == 0)
		return note;
	return up_notes_joined(note, psprintf(UINT64_FORMAT " row%s without a target passed over", unlabelled,
										  unlabelled == 1 ? "" : "s"));
}
