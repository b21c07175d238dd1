-- Users whose rows stay as they were, for the views of profiles.

CREATE FUNCTION uprofile_failed_at(profile pg_catalog.text, identity pg_catalog.uuid, user_key pg_catalog."any")
RETURNS pg_catalog.timestamptz LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_failed_at';
COMMENT ON FUNCTION uprofile_failed_at(pg_catalog.text, pg_catalog.uuid, pg_catalog."any") IS
'Called by the view <profile>_current: as of when the row of a user is who cannot be computed and stays as he was; NULL for all others. identity: of the profile.';
