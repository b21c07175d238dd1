/*
 * clean_parse.h - a text in the type that rule type gives it
 */
#ifndef UPROFILE_CLEAN_PARSE_H
#define UPROFILE_CLEAN_PARSE_H

#include "postgres.h"

#include "clean/clean_rules.h"

/* unit: the rule's, or NULL. false: it is none. */
extern bool up_clean_parse(const UpCleanRule *rule, const char *unit, const char *text, size_t len, Datum *out);
/* What such a value reads as. */
extern const char *up_clean_parsed_text(const UpCleanRule *rule, Datum value);

#endif
