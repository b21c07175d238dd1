/*
 * failed_look.c - uprofile_failed_at: which rows of a profile stay as they were, for its view
 *
 * The users who fail are few, and mostly none. They are read once a query, directly as profile_freshness.c does and for
 * the same reason, and each row of the view is looked up among them by the text that names its user.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "pg/clean/clean_write.h"
#include "pg/profiles/registry_look.h"

typedef struct Failed
{
	const char *user; /* the key of the table */
	TimestampTz at;
} Failed;

/* Those of one profile; what is known as long as a query runs. */
typedef struct Look
{
	HTAB *users; /* NULL: none */
	FmgrInfo output;
	bool depends; /* the text of a key, on the session's settings */
} Look;

static uint32
hash_text(const void *key, Size size)
{
	const char *text = *(const char *const *) key;

	return hash_bytes((const unsigned char *) text, (int) strlen(text));
}

static int
compare_texts(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static bool
is_profile(Oid namespace, const char *profile, const pg_uuid_t *identity)
{
	UpLook look;

	if (!HeapTupleIsValid(up_look_profile(&look, namespace, profile, identity)))
		return false;
	up_look_end(&look);
	return true;
}

static void
add_user(Look *l, const UpLook *look, HeapTuple tuple)
{
	HASHCTL control = {0};
	bool isnull, found;
	const char *user;
	Failed *failed;
	Datum at;

	if (l->users == NULL)
	{
		control.keysize = sizeof(char *);
		control.entrysize = sizeof(Failed);
		control.hash = hash_text;
		control.match = compare_texts;
		control.hcxt = CurrentMemoryContext;
		l->users = hash_create("users of a profile that fail", 64, &control,
							   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	}
	user = TextDatumGetCString(up_look_value(look, tuple, "user_key", &isnull));
	failed = hash_search(l->users, &user, HASH_ENTER, &found);
	at = up_look_value(look, tuple, "row_at", &isnull);
	if (isnull)
		at = up_look_value(look, tuple, "since", &isnull);
	failed->at = DatumGetTimestampTz(at);
}

/* Whose text is the same in every session, so that no settings are needed for it. */
static bool
is_plain(Oid type)
{
	static const Oid plain[] = {INT2OID, INT4OID, INT8OID,    TEXTOID, VARCHAROID,
								UUIDOID, BOOLOID, NUMERICOID, OIDOID,  BPCHAROID};

	for (int i = 0; i < (int) lengthof(plain); i++)
	{
		if (type == plain[i])
			return true;
	}
	return false;
}

static Look *
start(FunctionCallInfo fcinfo, Oid namespace)
{
	MemoryContext outer = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	const char *profile = text_to_cstring(PG_GETARG_TEXT_PP(0));
	UpLookKey key = {"profile", F_TEXTEQ, CStringGetTextDatum(profile)};
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 2), output;
	Look *l = palloc0(sizeof(Look));
	UpLook look;
	HeapTuple tuple;
	bool is_varlena;

	if (is_profile(namespace, profile, PG_GETARG_UUID_P(1)) &&
		up_look_begin(&look, namespace, "uprofile_refresh_failures", "uprofile_refresh_failures_pkey", 1, &key))
	{
		while (HeapTupleIsValid(tuple = up_look_next(&look, ForwardScanDirection)))
			add_user(l, &look, tuple);
		up_look_end(&look);
	}
	if (l->users != NULL && OidIsValid(type))
	{
		getTypeOutputInfo(type, &output, &is_varlena);
		fmgr_info(output, &l->output);
		l->depends = !is_plain(getBaseType(type));
	}
	MemoryContextSwitchTo(outer);
	return l;
}

PG_FUNCTION_INFO_V1(uprofile_failed_at);
Datum
uprofile_failed_at(PG_FUNCTION_ARGS)
{
	Look *l = fcinfo->flinfo->fn_extra;
	int level = 0;
	const char *user;
	const Failed *failed;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	if (l == NULL)
		fcinfo->flinfo->fn_extra = l = start(fcinfo, get_func_namespace(fcinfo->flinfo->fn_oid));
	if (l->users == NULL || !OidIsValid(l->output.fn_oid))
		PG_RETURN_NULL();
	if (l->depends)
		level = up_clean_text_settings();
	user = OutputFunctionCall(&l->output, PG_GETARG_DATUM(2));
	if (l->depends)
		AtEOXact_GUC(true, level);
	failed = hash_search(l->users, &user, HASH_FIND, NULL);
	if (failed == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(failed->at);
}
