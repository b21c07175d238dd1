-- Schedules: what pg_cron was asked to run, and when everybody is computed next. A row here is the wish, which a dump keeps;
-- the job is pg_cron's, named after the profile's identity.

CREATE TABLE uprofile_schedules
(
	profile pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	schedule pg_catalog.text NOT NULL,
	run_as pg_catalog.name NOT NULL,
	scheduled_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_schedules IS 'When profiles are refreshed by pg_cron, and as which role, as uprofile_schedule was told.';
ALTER TABLE uprofile_schedules ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_schedules
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_schedules OWNER TO @extowner@;
GRANT SELECT, INSERT (profile, schedule, run_as), UPDATE (schedule, run_as, scheduled_at), DELETE ON uprofile_schedules TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_schedules', '');

CREATE FUNCTION uprofile_schedule(profile pg_catalog.text, cron pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.int8 LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_schedule';
COMMENT ON FUNCTION uprofile_schedule(pg_catalog.text, pg_catalog.text) IS
'Has pg_cron refresh a profile of yours, as you, with uprofile_run; returns the id of the job, which takes the place of the one before. cron: five fields, as ''0 3 * * *'' for every night at three (GMT in pg_cron 1.4); NULL: as it was scheduled last, for instance before a restore.';

CREATE FUNCTION uprofile_unschedule(profile pg_catalog.text)
RETURNS pg_catalog.bool LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unschedule';
COMMENT ON FUNCTION uprofile_unschedule(pg_catalog.text) IS
'Ends the refreshes that uprofile_schedule ordered; false where there were none.';

CREATE FUNCTION uprofile_next_full(policy pg_catalog.jsonb, scored pg_catalog.jsonb)
RETURNS pg_catalog.timestamptz LANGUAGE c STABLE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_next_full';
COMMENT ON FUNCTION uprofile_next_full(pg_catalog.jsonb, pg_catalog.jsonb) IS
'Called by the view uprofile_profiles: when full_every of a policy makes a refresh compute everybody next. scored: what the registry keeps of the last time. NULL where time does not.';

CREATE VIEW uprofile_profiles WITH (security_barrier) AS
SELECT d.name AS profile, pg_catalog.format('%I.%I', d.table_schema, d.table_name) AS table_name, d.key_column,
	   CASE WHEN a.whole THEN d.source END AS source, CASE WHEN a.whole THEN d.models END AS models,
	   CASE WHEN a.whole THEN d.watch END AS watch,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) d.owner_oid AND i.mark OPERATOR(pg_catalog.=) d.owner_mark) AS owner,
	   d.created_at, last.status AS last_status,
	   last.finished_at AS last_refresh, good.finished_at AS fresh_at,
	   pg_catalog.now() OPERATOR(pg_catalog.-) good.finished_at AS age, good.users, CASE WHEN a.whole THEN last.message END AS last_message,
	   last.mode AS last_mode, q.changed, q.oldest_change, q.all_changed,
	   coalesce(d.policy OPERATOR(pg_catalog.->>) 'refresh', 'manual') AS refresh, s.schedule,
	   @extschema@.uprofile_next_full(d.policy, d.scored) AS next_full,
	   CASE WHEN a.whole THEN d.policy END AS policy, CASE WHEN a.whole THEN d.clean END AS clean
FROM @extschema@.uprofile_profile_definitions d
LEFT JOIN LATERAL (SELECT l.status, l.finished_at, l.message, l.mode FROM @extschema@.uprofile_refresh_log l
				   WHERE l.profile OPERATOR(pg_catalog.=) d.name ORDER BY l.id DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (SELECT l.finished_at, l.users FROM @extschema@.uprofile_refresh_log l
				   WHERE l.profile OPERATOR(pg_catalog.=) d.name AND l.status OPERATOR(pg_catalog.=) 'succeeded'
				   ORDER BY l.id DESC LIMIT 1) good ON true
LEFT JOIN @extschema@.uprofile_schedules s ON s.profile OPERATOR(pg_catalog.=) d.name
LEFT JOIN LATERAL @extschema@.uprofile_queue_state(d.name) q ON true
CROSS JOIN LATERAL (SELECT @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)) AS whole) a
WHERE a.whole OR EXISTS (
	SELECT 1 FROM @extschema@.uprofile_granted g
	WHERE g.profile OPERATOR(pg_catalog.=) d.name AND g.owner_oid OPERATOR(pg_catalog.=) d.owner_oid
	AND g.owner_mark OPERATOR(pg_catalog.=) d.owner_mark
	AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_profiles IS 'The profiles that you may use: their tables, how fresh they are, what waits, the last run, when the next ones are due; of your own, source, models, policy and rules as well.';
ALTER VIEW uprofile_profiles OWNER TO @extowner@;
GRANT SELECT ON uprofile_profiles TO PUBLIC;
