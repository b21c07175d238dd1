-- How fresh the values of one user are, and where they come from.

CREATE FUNCTION uprofile_get(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.jsonb LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_get';
COMMENT ON FUNCTION uprofile_get(pg_catalog.text, pg_catalog."any") IS
'One user of a profile as its view has him: each value with its source or the version of its model, as of when it is, and whether it is stale or expired (ttl); and why. Takes SELECT on the view. user_key: a value of the key''s type, its text, or ROW(…) for a key of several columns.';
