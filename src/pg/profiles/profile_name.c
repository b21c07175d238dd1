/*
 * profile_name.c - names of profiles; see profile_name.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/models/registry_guard.h"
#include "pg/profiles/profile_name.h"

#define MAX_PARTS 2

/* Takes a part from the front, up to a dot that is not within quotes or the end; NULL if its quotes do not match. */
static char *
take_part(const char **rest)
{
	const char *c = *rest;
	StringInfoData part;

	initStringInfo(&part);
	if (*c != '"')
	{
		while (*c != '\0' && *c != '.')
			appendStringInfoChar(&part, *c++);
		*rest = c;
		return part.data;
	}
	for (c++; *c != '\0'; c++)
	{
		if (*c == '"' && *++c != '"')
			break;
		appendStringInfoChar(&part, *c);
	}
	if (c[-1] != '"' || (*c != '\0' && *c != '.'))
		return NULL;
	*rest = c;
	return part.data;
}

/* Why the text is no name, or NULL. */
static const char *
parse(const char *text, UpProfileName *name)
{
	char *parts[MAX_PARTS];
	const char *rest = text;
	int n = 0;

	for (;;)
	{
		if (n == MAX_PARTS)
			return "has more than two parts";
		parts[n] = take_part(&rest);
		if (parts[n] == NULL)
			return "has quotes that do not match";
		if (parts[n][0] == '\0')
			return "has an empty part";
		n++;
		if (*rest == '\0')
			break;
		rest++;
	}
	name->base = parts[n - 1];
	name->schema = n > 1 ? parts[0] : NULL;
	if (strpbrk(name->base, ".\"") != NULL)
		return "has a dot or a quote that belongs to no schema";
	if (name->schema == NULL)
		name->name = name->base;
	else if (strpbrk(name->schema, ".\"") == NULL)
		name->name = psprintf("%s.%s", name->schema, name->base);
	else
	{
		StringInfoData quoted;

		initStringInfo(&quoted);
		for (const char *c = name->schema; *c != '\0'; c++)
			appendStringInfo(&quoted, *c == '"' ? "\"%c" : "%c", *c);
		name->name = psprintf("\"%s\".%s", quoted.data, name->base);
	}
	return NULL;
}

UpProfileName
up_profile_name_parse(const char *text)
{
	UpProfileName name = {0};
	const char *fault = parse(text, &name);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME), errmsg("profile name \"%s\" %s", text, fault),
				 errdetail("A profile is called profile or schema.profile, and its models profile.model or "
						   "schema.profile.model."),
				 errhint("A schema whose name has a dot is put in double quotes.")));
	return name;
}

const char *
up_profile_name_stored(const char *schema, const char *text)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(text);
	UpProfileName name = {0};

	if (strchr(text, '"') == NULL || parse(text, &name) != NULL)
		return text;
	up_registry_guard(schema, AccessShareLock);
	if (up_query(true, psprintf("SELECT FROM %s.uprofile_profile_definitions WHERE name = $1", schema), 1,
				 &type, &value, NULL)
			.processed > 0)
		return text;
	return name.name;
}
