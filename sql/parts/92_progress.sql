-- What long calls are doing, as other sessions see it.

CREATE FUNCTION uprofile_running(
	OUT pid pg_catalog.int4,
	OUT role_oid pg_catalog.oid,
	OUT call pg_catalog.text,
	OUT object pg_catalog.text,
	OUT phase pg_catalog.text,
	OUT share pg_catalog.float8,
	OUT started pg_catalog.timestamptz,
	OUT seconds_left pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'uprofile_running';
COMMENT ON FUNCTION uprofile_running() IS
'The long calls of roles that you are a member of, in this database; uprofile_progress shows them with the roles'' names.';

CREATE VIEW uprofile_progress AS
SELECT r.pid, pg_catalog.pg_get_userbyid(r.role_oid) AS role, r.call, r.object, r.phase, r.share, r.started, r.seconds_left
FROM @extschema@.uprofile_running() r;
COMMENT ON VIEW uprofile_progress IS 'Long calls of your roles in all sessions of this database: what each works on, its phase, the share of the whole call that is done and the seconds that the rest may take (where it has no parts that are known: of its phase).';
ALTER VIEW uprofile_progress OWNER TO @extowner@;
GRANT SELECT ON uprofile_progress TO PUBLIC;
