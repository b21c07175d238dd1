-- Profiles: typed tables that a refresh recomputes from a source and the models trained on it. Rights are those of
-- the registry: a profile belongs to the role that created it. identity is repeated in the name of a constraint of the
-- profile's table, so that another table of its name is not taken for it.

CREATE TABLE uprofile_profile_definitions
(
	name pg_catalog.text PRIMARY KEY CHECK (name <> ''),
	owner pg_catalog.name NOT NULL,
	table_schema pg_catalog.text NOT NULL,
	table_name pg_catalog.text NOT NULL,
	source pg_catalog.text NOT NULL,
	source_path pg_catalog.text NOT NULL,
	key_column pg_catalog.text NOT NULL,
	watch pg_catalog.text NOT NULL,
	models pg_catalog.jsonb NOT NULL,
	created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	identity pg_catalog.uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
	scored pg_catalog.jsonb,
	policy pg_catalog.jsonb NOT NULL DEFAULT '{}',
	table_columns pg_catalog.jsonb,
	clean pg_catalog.jsonb,
	cleaned pg_catalog.jsonb,
	segments pg_catalog.jsonb,
	offers pg_catalog.jsonb,
	consent pg_catalog.text
);
COMMENT ON TABLE uprofile_profile_definitions IS 'Profiles: source, key, models, and the table that is kept up to date.';
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark
	ON uprofile_profile_definitions FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();

CREATE TABLE uprofile_refresh_log
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	status pg_catalog.text NOT NULL CHECK (status IN ('succeeded', 'failed')),
	started_at pg_catalog.timestamptz NOT NULL,
	finished_at pg_catalog.timestamptz NOT NULL,
	users pg_catalog.int8 NOT NULL,
	inserted pg_catalog.int8 NOT NULL,
	updated pg_catalog.int8 NOT NULL,
	deleted pg_catalog.int8 NOT NULL,
	trained pg_catalog.text[] NOT NULL,
	run_by pg_catalog.name NOT NULL DEFAULT CURRENT_USER,
	sqlstate pg_catalog.text,
	message pg_catalog.text,
	mode pg_catalog.text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'keys', 'none')),
	run_as pg_catalog.name,
	reason pg_catalog.text,
	failed pg_catalog.int8 NOT NULL DEFAULT 0,
	remaining pg_catalog.int8 NOT NULL DEFAULT 0
);
COMMENT ON TABLE uprofile_refresh_log IS 'Every refresh of every profile, also those that failed and why.';
CREATE INDEX uprofile_refresh_log_profile ON uprofile_refresh_log (profile, id);

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

CREATE TABLE uprofile_refresh_failures
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	user_key pg_catalog.text NOT NULL,
	sqlstate pg_catalog.text NOT NULL,
	message pg_catalog.text NOT NULL,
	since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	row_at pg_catalog.timestamptz, -- of the row that stays
	row_versions pg_catalog.jsonb, -- of the models that it was computed with: their ids
	PRIMARY KEY (profile, user_key)
);
COMMENT ON TABLE uprofile_refresh_failures IS 'Users whose rows could not be computed when they were last tried, and why.';

ALTER TABLE uprofile_profile_definitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE uprofile_refresh_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE uprofile_refresh_steps ENABLE ROW LEVEL SECURITY;

CREATE POLICY uprofile_owner ON uprofile_profile_definitions
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i)));
CREATE POLICY uprofile_owner ON uprofile_refresh_log
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
CREATE POLICY uprofile_owner ON uprofile_refresh_steps
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_refresh_log l JOIN @extschema@.uprofile_profile_definitions d
				   ON d.name OPERATOR(pg_catalog.=) l.profile
				   WHERE l.id OPERATOR(pg_catalog.=) run AND l.profile OPERATOR(pg_catalog.=) uprofile_refresh_steps.profile));

ALTER TABLE uprofile_profile_definitions OWNER TO @extowner@;
ALTER TABLE uprofile_refresh_log OWNER TO @extowner@;
ALTER TABLE uprofile_refresh_steps OWNER TO @extowner@;

GRANT SELECT, INSERT (name, table_schema, table_name, source, source_path, key_column, watch, models, policy, clean, segments, offers, consent), DELETE,
	UPDATE (watch, owner_oid, scored, source, source_path, models, policy, table_columns, clean, cleaned, segments, offers, consent) ON uprofile_profile_definitions TO PUBLIC;
GRANT SELECT, INSERT, DELETE ON uprofile_refresh_log TO PUBLIC;
GRANT SELECT, INSERT, DELETE ON uprofile_refresh_steps TO PUBLIC;

ALTER TABLE uprofile_refresh_failures ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_refresh_failures
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_refresh_failures OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE (sqlstate, message), DELETE ON uprofile_refresh_failures TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_failures', '');

-- As with models, the owner's name of today.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_profile_definitions',
	'd (name, stored_owner, table_schema, table_name, source, source_path, key_column, watch, models, created_at, '
	'stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_log', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_log_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_steps', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_steps_id_seq', '');

CREATE VIEW uprofile_runs WITH (security_barrier) AS
SELECT l.id AS run, l.profile, l.status, l.started_at, l.finished_at OPERATOR(pg_catalog.-) l.started_at AS duration,
	   l.users, l.inserted, l.updated, l.deleted, l.trained, l.run_by, l.sqlstate,
	   CASE WHEN a.whole THEN l.message END AS message,
	   l.mode, l.run_as, CASE WHEN a.whole THEN l.reason END AS reason, l.failed, l.remaining
FROM @extschema@.uprofile_refresh_log l
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
CROSS JOIN LATERAL (SELECT @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)) AS whole) a
WHERE a.whole OR EXISTS (
	SELECT 1 FROM @extschema@.uprofile_granted g
	WHERE g.profile OPERATOR(pg_catalog.=) d.name AND g.owner_oid OPERATOR(pg_catalog.=) d.owner_oid
	AND g.owner_mark OPERATOR(pg_catalog.=) d.owner_mark
	AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_runs IS 'The refreshes of all profiles that you may use: what changed, how long it took, and, of your own, why it failed.';
ALTER VIEW uprofile_runs OWNER TO @extowner@;
GRANT SELECT ON uprofile_runs TO PUBLIC;

CREATE VIEW uprofile_failures WITH (security_barrier) AS
SELECT f.profile, f.user_key, f.message AS error, f.sqlstate, f.since
FROM @extschema@.uprofile_refresh_failures f
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) f.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_failures IS
'Users whose rows stay as they were, since they cannot be computed; tried again when they change and with all users.';
ALTER VIEW uprofile_failures OWNER TO @extowner@;
GRANT SELECT ON uprofile_failures TO PUBLIC;

CREATE TABLE uprofile_corrected
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	user_key pg_catalog.text,
	step pg_catalog.int4 NOT NULL,
	rule pg_catalog.text NOT NULL,
	column_name pg_catalog.text,
	action pg_catalog.text NOT NULL,
	before pg_catalog.text,
	after pg_catalog.text,
	reason pg_catalog.text,
	original pg_catalog.jsonb,
	since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_corrected IS 'What the cleaning of a profile does to the rows of its users, as of the last refresh that read them.';
CREATE INDEX uprofile_corrected_user ON uprofile_corrected (profile, user_key);
ALTER TABLE uprofile_corrected ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_corrected
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_corrected OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_corrected TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_corrected', '');

CREATE VIEW uprofile_corrections WITH (security_barrier) AS
SELECT c.profile, c.user_key, c.step, c.rule, c.column_name, c.action, c.before, c.after, c.reason, c.original, c.since
FROM @extschema@.uprofile_corrected c
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) c.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_corrections IS
'What the cleaning of profiles does to the rows of their users: values changed, rows quarantined or merged; since when.';
ALTER VIEW uprofile_corrections OWNER TO @extowner@;
GRANT SELECT ON uprofile_corrections TO PUBLIC;

CREATE FUNCTION uprofile_cleaning(
	profile pg_catalog.text,
	OUT step pg_catalog.int4,
	OUT rule pg_catalog.text,
	OUT column_names pg_catalog.text[],
	OUT looks_at pg_catalog.text,
	OUT statistics pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_cleaning';
COMMENT ON FUNCTION uprofile_cleaning(pg_catalog.text) IS
'The rules that clean a profile, and what each looks at: row and user (as exact for changed users alone), statistics (of the last refresh of everybody, kept here for those of changed users), all users (each refresh computes everybody).';

CREATE VIEW uprofile_run_steps WITH (security_barrier) AS
SELECT s.run, s.profile, s.model, s.attempted, s.decision, s.reason, s.version, s.definition, s.decided_at
FROM @extschema@.uprofile_refresh_steps s
JOIN @extschema@.uprofile_refresh_log l ON l.id OPERATOR(pg_catalog.=) s.run AND l.profile OPERATOR(pg_catalog.=) s.profile
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_run_steps IS 'What each refresh decided about its models, where there was something to decide, and why.';
ALTER VIEW uprofile_run_steps OWNER TO @extowner@;
GRANT SELECT ON uprofile_run_steps TO PUBLIC;

CREATE FUNCTION uprofile_queue_state(
	profile pg_catalog.text,
	OUT changed pg_catalog.int8,
	OUT oldest_change pg_catalog.timestamptz,
	OUT all_changed pg_catalog.bool)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_queue_state';
COMMENT ON FUNCTION uprofile_queue_state(pg_catalog.text) IS
'What waits on the queue of a profile that you may use: keys (one may stand there several times), since when, and whether
everybody is to be computed. NULL where nothing is watched.';

CREATE FUNCTION uprofile_freshness(
	profile pg_catalog.text,
	identity pg_catalog.uuid,
	made_of pg_catalog.int8,
	OUT computed_at pg_catalog.timestamptz,
	OUT stale pg_catalog.bool)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_freshness';
COMMENT ON FUNCTION uprofile_freshness(pg_catalog.text, pg_catalog.uuid, pg_catalog.int8) IS
'Called by the view <profile>_current: when the last refresh began that covered all users whose changes do not wait, and whether everybody is to be computed anew. identity: of the profile; made_of: the view''s own hash, by which a refresh sees whether it is as it should be.';

CREATE VIEW uprofile_orphans WITH (security_barrier) AS
SELECT o.kind, o.name, o.owner AS former_owner
FROM (SELECT 'model' AS kind, n.name, n.owner, n.owner_oid, n.owner_mark FROM @extschema@.uprofile_model_names n
	  UNION ALL
	  SELECT 'profile', d.name, d.owner, d.owner_oid, d.owner_mark FROM @extschema@.uprofile_profile_definitions d) o
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
				  WHERE r.oid OPERATOR(pg_catalog.=) o.owner_oid AND i.mark OPERATOR(pg_catalog.=) o.owner_mark)
AND @extschema@.uprofile_may_use(0, false);
COMMENT ON VIEW uprofile_orphans IS 'For the owner of the database: models and profiles of roles that are gone, to be reassigned or dropped.';
ALTER VIEW uprofile_orphans OWNER TO @extowner@;
GRANT SELECT ON uprofile_orphans TO PUBLIC;

CREATE FUNCTION uprofile_create(
	profile pg_catalog.text,
	source pg_catalog.text,
	key pg_catalog.text,
	watch pg_catalog.text DEFAULT NULL,
	models pg_catalog.jsonb DEFAULT '{}',
	clean pg_catalog.jsonb DEFAULT NULL,
	policy pg_catalog.jsonb DEFAULT NULL,
	segments pg_catalog.jsonb DEFAULT NULL,
	offers pg_catalog.jsonb DEFAULT NULL,
	consent pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_create';
COMMENT ON FUNCTION uprofile_create(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text) IS
'Creates the empty table [schema.]<profile>_profile. models: {"name": {"algorithm": …, "target": …}}. watch: auto, none, {table.column}. clean: rules as of uprofile_clean. policy: {"full_every": …}. segments: {"name": "condition"}. offers: {"source": …, "basket": …, "item": …}. consent: table.column.';

CREATE FUNCTION uprofile_alter(
	profile pg_catalog.text,
	source pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	watch pg_catalog.text DEFAULT NULL,
	models pg_catalog.jsonb DEFAULT NULL,
	clean pg_catalog.jsonb DEFAULT NULL,
	policy pg_catalog.jsonb DEFAULT NULL,
	drop_columns pg_catalog.text[] DEFAULT NULL,
	segments pg_catalog.jsonb DEFAULT NULL,
	offers pg_catalog.jsonb DEFAULT NULL,
	consent pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_alter';
COMMENT ON FUNCTION uprofile_alter(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text[], pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text) IS
'Changes a profile in place: NULL stays; models, policy, segments, offers are merged by key, clean is replaced; JSON null (consent: '''') takes away. Grants, own columns and dependent views stay. drop_columns: those that the source has no more, or of another type. The next refresh computes everybody.';

CREATE FUNCTION uprofile_refresh(
	profile pg_catalog.text,
	retrain pg_catalog.text DEFAULT 'due',
	on_error pg_catalog.text DEFAULT 'record',
	max_deleted pg_catalog.float8 DEFAULT NULL,
	wait pg_catalog.bool DEFAULT true,
	all_users pg_catalog.bool DEFAULT false,
	max_users pg_catalog.int8 DEFAULT NULL,
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT profile_name pg_catalog.text,
	OUT status pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT inserted pg_catalog.int8,
	OUT updated pg_catalog.int8,
	OUT deleted pg_catalog.int8,
	OUT trained pg_catalog.text[],
	OUT seconds pg_catalog.float8,
	OUT message pg_catalog.text,
	OUT mode pg_catalog.text,
	OUT reason pg_catalog.text,
	OUT failed pg_catalog.int8,
	OUT remaining pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_refresh';
COMMENT ON FUNCTION uprofile_refresh(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.bool,
	pg_catalog.bool, pg_catalog.int8, pg_catalog.interval) IS
'Brings a profile up to date, as its owner: trains what is due (retrain: due, all, none, names), computes changed users (oldest max_users, within time_budget) or all_users, writes what differs. Failures change nothing and are recorded (on_error), as is deleting more than max_deleted. wait: else busy.';

CREATE PROCEDURE uprofile_run(
	profile pg_catalog.text,
	retrain pg_catalog.text DEFAULT 'due',
	max_deleted pg_catalog.float8 DEFAULT NULL,
	wait pg_catalog.bool DEFAULT true,
	all_users pg_catalog.bool DEFAULT false,
	max_users pg_catalog.int8 DEFAULT NULL,
	time_budget pg_catalog.interval DEFAULT NULL)
LANGUAGE c
AS 'MODULE_PATHNAME', 'uprofile_run';
COMMENT ON PROCEDURE uprofile_run(pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.bool, pg_catalog.bool,
	pg_catalog.int8, pg_catalog.interval) IS
'uprofile_refresh for schedulers: triggers for new partitions, a refresh (in slices of max_users, each a transaction, until none waits or time_budget is over), its row committed, and then the error of one that failed raised. Inside a transaction block: one slice, and no row of a failure.';

CREATE FUNCTION uprofile_explain_refresh(
	profile pg_catalog.text,
	OUT part pg_catalog.text,
	OUT item pg_catalog.text,
	OUT decision pg_catalog.text,
	OUT reason pg_catalog.text,
	OUT cost pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_explain_refresh';
COMMENT ON FUNCTION uprofile_explain_refresh(pg_catalog.text) IS
'What a refresh would do now and why, without doing it: its mode, the users who wait, which models are due, and how the source would be read, with the costs that the planner expects.';

CREATE FUNCTION uprofile_drop(profile pg_catalog.text, keep_models pg_catalog.bool DEFAULT false)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drop';
COMMENT ON FUNCTION uprofile_drop(pg_catalog.text, pg_catalog.bool) IS
'Drops a profile: its table, its runs, and (unless they are to be kept) its models.';

CREATE FUNCTION uprofile_user_key(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.text LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_user_key';
COMMENT ON FUNCTION uprofile_user_key(pg_catalog.text, pg_catalog."any") IS
'The text by which uprofile_failures and other views name a user of a profile. user_key: a value of the key''s type, its text, or ROW(…) for a key of several columns. NULL where no user can have that key.';

CREATE FUNCTION uprofile_reassign_profile(profile pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_reassign_profile';
COMMENT ON FUNCTION uprofile_reassign_profile(pg_catalog.text, pg_catalog.text) IS
'Gives a profile, its models and its table to another role, which its source is read as from then on. You must be a
member of its owner (or own the database, if that role is gone) and of the other.';
