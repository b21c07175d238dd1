/*
 * clean_text_rule.h - what a rule makes of one text
 *
 * All that must be known for it stands in one piece of memory and knows its places by their distance, so that a copy in another process
 * answers as well as this one.
 */
#ifndef UPROFILE_CLEAN_TEXT_RULE_H
#define UPROFILE_CLEAN_TEXT_RULE_H

#include "clean/clean_rules.h"
#include "pg/clean/clean_values.h"

/* What is to become of one value that is there. */
typedef enum UpCleanVerdict
{
	UP_CELL_KEEP,
	UP_CELL_SET,   /* *out is the new one, in any memory */
	UP_CELL_ALIKE, /* likewise, of another type, and it reads as before */
	UP_CELL_MISSING,
	UP_CELL_BAD /* the rule's action decides */
} UpCleanVerdict;

static inline bool
up_clean_has_out(UpCleanVerdict verdict)
{
	return verdict == UP_CELL_SET || verdict == UP_CELL_ALIKE;
}

/* What is to become of a value. complaint: of a bad one, what is said after the column's name and the value. */
typedef struct UpCleanAnswer
{
	UpCleanVerdict verdict;
	Datum out;
	const char *complaint;
} UpCleanAnswer;

typedef struct UpTextRule
{
	UpCleanRule rule; /* its choices: what it points to is there for who made it alone */
	size_t size;      /* bytes of all of it */
	Oid collation;
	int16 out_len; /* of the type of *out */
	bool out_byval;
	size_t pattern; /* where these stand, each a value of type text */
	size_t with;
	size_t flags;
	uint32 n;      /* texts that are looked up, sorted by bytes, in lower case where case is ignored */
	size_t texts;  /* where the places of these stand; rule type: that of its unit, if n is 1 */
	size_t become; /* and those of what synonyms become */
} UpTextRule;

/* of: the column; to: what its values become. become is NULL where nothing is said of it. */
extern UpTextRule *up_text_rule_new(const UpCleanRule *rule, const UpCleanValues *of, const UpCleanValues *to,
									uint32 n, char *const *texts, char *const *become);
extern UpCleanVerdict up_text_rule_ask(const UpTextRule *r, const char *text, size_t len, Datum *out);

#endif
