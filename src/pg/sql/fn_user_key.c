/*
 * fn_user_key.c - uprofile_user_key: the text by which views name a user
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/as_role.h"
#include "pg/models/registry.h"
#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"

PG_FUNCTION_INFO_V1(uprofile_user_key);
Datum
uprofile_user_key(PG_FUNCTION_ARGS)
{
	UpProfile *p;
	UpAsRole before;
	UpKeyOutput output;
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	p = up_profile_look(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(PG_GETARG_TEXT_PP(0)));
	up_as_role_begin(&before, up_profile_owner(p), p->source_path);
	up_profile_resolve(p, p->definitions);
	up_as_role_end(&before);
	if (!up_user_key(fcinfo, 1, &p->key_parts, p->owner, values))
		PG_RETURN_NULL();
	for (int i = 0; i < p->key_parts.n; i++)
		types[i] = p->key_parts.parts[i].type;
	up_key_output_init(&output, p->key_parts.n, types);
	PG_RETURN_TEXT_P(cstring_to_text(up_key_stored(&output, values)));
}
