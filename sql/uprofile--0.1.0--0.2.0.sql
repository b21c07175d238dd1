-- From 0.1.0 to 0.2.0. What stands here makes an installed 0.1.0 equal to a fresh 0.2.0; the sections follow the parts
-- of the install script. Until 0.2.0 is released every change to an installed object is repeated here.

-- ---- models as values (parts 10 to 45) ------------------------------------------------------------------------------

COMMENT ON AGGREGATE uprofile_pipeline(pg_catalog.record, pg_catalog.jsonb) IS
'Fits a pipeline to rows: imputes, encodes and scales columns by their kinds; use it with uprofile_transform. params: see uprofile_params(''pipeline'').';

-- ---- mining (50) ----------------------------------------------------------------------------------------------------

-- ---- the registry (60) ----------------------------------------------------------------------------------------------

-- ---- explanations (65) ----------------------------------------------------------------------------------------------

-- ---- profiles (70) --------------------------------------------------------------------------------------------------

ALTER TABLE uprofile_refresh_log
	ADD COLUMN mode pg_catalog.text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'keys')),
	ADD COLUMN run_as pg_catalog.name;

CREATE TABLE uprofile_refresh_steps
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_refresh_log (id) ON DELETE CASCADE,
	profile pg_catalog.text NOT NULL,
	model pg_catalog.text NOT NULL,
	attempted pg_catalog.bool NOT NULL,
	decision pg_catalog.text NOT NULL,
	reason pg_catalog.text,
	version pg_catalog.int4,
	definition pg_catalog.jsonb,
	decided_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_refresh_steps IS 'What a refresh decided about models: trained, not deployed, failed, missing; and why.';
CREATE INDEX uprofile_refresh_steps_model ON uprofile_refresh_steps (profile, model, id);
CREATE INDEX uprofile_refresh_steps_run ON uprofile_refresh_steps (run);

ALTER TABLE uprofile_refresh_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_refresh_steps
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_refresh_log l JOIN @extschema@.uprofile_profile_definitions d
				   ON d.name OPERATOR(pg_catalog.=) l.profile
				   WHERE l.id OPERATOR(pg_catalog.=) run AND l.profile OPERATOR(pg_catalog.=) uprofile_refresh_steps.profile));
ALTER TABLE uprofile_refresh_steps OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_refresh_steps TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_steps', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_steps_id_seq', '');

DROP VIEW uprofile_runs;
CREATE VIEW uprofile_runs WITH (security_barrier) AS
SELECT l.id AS run, l.profile, l.status, l.started_at, l.finished_at OPERATOR(pg_catalog.-) l.started_at AS duration,
	   l.users, l.inserted, l.updated, l.deleted, l.trained, l.run_by, l.sqlstate, l.message,
	   l.mode, l.run_as
FROM @extschema@.uprofile_refresh_log l
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_roles r
			  WHERE r.rolname OPERATOR(pg_catalog.=) d.owner
			  AND pg_catalog.pg_has_role(CURRENT_USER, r.oid, 'USAGE'));
COMMENT ON VIEW uprofile_runs IS 'The refreshes of all profiles that you may use: what changed, how long it took, why it failed.';
ALTER VIEW uprofile_runs OWNER TO @extowner@;
GRANT SELECT ON uprofile_runs TO PUBLIC;

CREATE VIEW uprofile_run_steps WITH (security_barrier) AS
SELECT s.run, s.profile, s.model, s.attempted, s.decision, s.reason, s.version, s.definition, s.decided_at
FROM @extschema@.uprofile_refresh_steps s
JOIN @extschema@.uprofile_refresh_log l ON l.id OPERATOR(pg_catalog.=) s.run AND l.profile OPERATOR(pg_catalog.=) s.profile
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_roles r
			  WHERE r.rolname OPERATOR(pg_catalog.=) d.owner
			  AND pg_catalog.pg_has_role(CURRENT_USER, r.oid, 'USAGE'));
COMMENT ON VIEW uprofile_run_steps IS 'What each refresh decided about its models, where there was something to decide, and why.';
ALTER VIEW uprofile_run_steps OWNER TO @extowner@;
GRANT SELECT ON uprofile_run_steps TO PUBLIC;

DROP FUNCTION uprofile_refresh(pg_catalog.text, pg_catalog.text, pg_catalog.text);
CREATE FUNCTION uprofile_refresh(
	profile pg_catalog.text,
	retrain pg_catalog.text DEFAULT 'due',
	on_error pg_catalog.text DEFAULT 'record',
	max_deleted pg_catalog.float8 DEFAULT 0.2,
	wait pg_catalog.bool DEFAULT true,
	OUT profile_name pg_catalog.text,
	OUT status pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT inserted pg_catalog.int8,
	OUT updated pg_catalog.int8,
	OUT deleted pg_catalog.int8,
	OUT trained pg_catalog.text[],
	OUT seconds pg_catalog.float8,
	OUT message pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_refresh';
COMMENT ON FUNCTION uprofile_refresh(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.bool) IS
'Brings a profile up to date, with the rights of its owner: trains the models that are due (retrain: due, all, none),
scores every user, and writes what changed. A failure leaves the profile as it was and is recorded in uprofile_runs
(on_error: record, raise); so is a run that would delete more than 10 users and more than this share (max_deleted).
While another session refreshes the profile it waits, or (wait => false) returns the status busy at once.';

CREATE PROCEDURE uprofile_run(
	profile pg_catalog.text,
	retrain pg_catalog.text DEFAULT 'due',
	max_deleted pg_catalog.float8 DEFAULT 0.2,
	wait pg_catalog.bool DEFAULT true)
LANGUAGE c
AS 'MODULE_PATHNAME', 'uprofile_run';
COMMENT ON PROCEDURE uprofile_run(pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.bool) IS
'uprofile_refresh for schedulers: commits the row of the run and then raises the error of a refresh that failed. Inside a
transaction block it raises the error and records nothing.';
