/*
 * profile_name.h - names of profiles: "club", or "mart.club", whose table stands in the schema mart
 *
 * A name is stored and compared as it is written, capitals and all. The one exception are double quotes around a part, as in
 * identifiers: they are taken off, and kept only where the schema's name has a dot or a quote. A profile's models are the name, a dot and the
 * model's own name, which has no dot.
 */
#ifndef UPROFILE_PROFILE_NAME_H
#define UPROFILE_PROFILE_NAME_H

typedef struct UpProfileName
{
	const char *name;   /* as it is stored */
	const char *schema; /* or NULL: none is given */
	const char *base;   /* without the schema */
} UpProfileName;

/* The name of a new profile; fails if it is none. */
extern UpProfileName up_profile_name_parse(const char *text);
/* The stored name that is meant: this very one, else the one without needless quotes. schema: of the extension, quoted. */
extern const char *up_profile_name_stored(const char *schema, const char *text);

#endif
