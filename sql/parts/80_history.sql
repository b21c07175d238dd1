-- The past of profiles, kept in <profile>_history where their policy says so.

CREATE FUNCTION uprofile_history(
	profile pg_catalog.text,
	user_key pg_catalog."any",
	OUT changed_at pg_catalog.timestamptz,
	OUT operation pg_catalog.text,
	OUT values_before pg_catalog.jsonb,
	OUT values_after pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_history';
COMMENT ON FUNCTION uprofile_history(pg_catalog.text, pg_catalog."any") IS
'What refreshes changed of a user, oldest first: when, insert, update or delete, and the columns that changed with their values before and after. Kept where policy has "history"; needs SELECT on <profile>_history. user_key: as in uprofile_user_key.';

CREATE FUNCTION uprofile_as_of(profile_row pg_catalog.anyelement, at pg_catalog.timestamptz)
RETURNS SETOF pg_catalog.anyelement LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_as_of';
COMMENT ON FUNCTION uprofile_as_of(pg_catalog.anyelement, pg_catalog.timestamptz) IS
'The rows of a profile as refreshes had left them at a time: uprofile_as_of(NULL::shop_profile, ''yesterday''). Columns that came later, and your own, are NULL. Needs policy "history", and SELECT on the table and <profile>_history.';

CREATE FUNCTION uprofile_prune(
	profile pg_catalog.text DEFAULT NULL,
	runs pg_catalog.interval DEFAULT '90 days',
	history pg_catalog.interval DEFAULT NULL,
	failures pg_catalog.interval DEFAULT '90 days',
	OUT what pg_catalog.text,
	OUT profile_name pg_catalog.text,
	OUT deleted pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_prune';
COMMENT ON FUNCTION uprofile_prune(pg_catalog.text, pg_catalog.interval, pg_catalog.interval, pg_catalog.interval) IS
'Deletes what is older than these times, of a profile or of all of yours: runs (but those that decide on what comes next), history (NULL: as each policy says), failures of users whom the source has no more; of all: months of your event tables too. NULL: none. A row for each where something went.';
