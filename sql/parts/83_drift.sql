-- Drift: whether rows look as those that a model was trained on.

-- also for: names
CREATE FUNCTION uprofile_drift(
	model pg_catalog.bytea,
	source pg_catalog.text,
	params pg_catalog.jsonb DEFAULT NULL,
	OUT column_name pg_catalog.text,
	OUT kind pg_catalog.text,
	OUT statistic pg_catalog.text,
	OUT value pg_catalog.float8,
	OUT threshold pg_catalog.float8,
	OUT drifted pg_catalog.bool,
	OUT detail pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drift';
COMMENT ON FUNCTION uprofile_drift(pg_catalog.bytea, pg_catalog.text, pg_catalog.jsonb) IS
'Whether a source looks as what {a model|the deployed version of a model} was trained on: psi, ks, chi_squared, unseen and missing of each column and of the predictions. drifted: the value is above the threshold, what matters (params, see uprofile_params(''drift'')) and beyond chance.';

CREATE TABLE uprofile_drift_measured
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_refresh_log (id) ON DELETE CASCADE,
	profile pg_catalog.text NOT NULL,
	model pg_catalog.text NOT NULL,
	version pg_catalog.int4,
	column_name pg_catalog.text,
	kind pg_catalog.text NOT NULL,
	statistic pg_catalog.text NOT NULL,
	value pg_catalog.float8,
	threshold pg_catalog.float8,
	drifted pg_catalog.bool NOT NULL,
	detail pg_catalog.text NOT NULL,
	measured_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_drift_measured IS 'What refreshes found of how users differ from those that models were trained on. It goes with its run.';
CREATE INDEX uprofile_drift_measured_run ON uprofile_drift_measured (run);
CREATE INDEX uprofile_drift_measured_model ON uprofile_drift_measured (profile, model, id);

CREATE TABLE uprofile_drift_state
(
	profile pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	changes pg_catalog.int8 NOT NULL
);
COMMENT ON TABLE uprofile_drift_state IS 'How many changes of users refreshes have written since drift was measured.';

ALTER TABLE uprofile_drift_measured ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_drift_measured
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_refresh_log l JOIN @extschema@.uprofile_profile_definitions d
				   ON d.name OPERATOR(pg_catalog.=) l.profile
				   WHERE l.id OPERATOR(pg_catalog.=) run AND l.profile OPERATOR(pg_catalog.=) uprofile_drift_measured.profile));
ALTER TABLE uprofile_drift_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_drift_state
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_drift_measured OWNER TO @extowner@;
ALTER TABLE uprofile_drift_state OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_drift_measured TO PUBLIC;
GRANT SELECT, INSERT, UPDATE (changes), DELETE ON uprofile_drift_state TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_drift_measured', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_drift_measured_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_drift_state', '');

CREATE VIEW uprofile_drift_log WITH (security_barrier) AS
SELECT m.run, m.profile, m.model, m.version, m.column_name, m.kind, m.statistic, m.value, m.threshold, m.drifted, m.detail, m.measured_at
FROM @extschema@.uprofile_drift_measured m
JOIN @extschema@.uprofile_refresh_log l ON l.id OPERATOR(pg_catalog.=) m.run AND l.profile OPERATOR(pg_catalog.=) m.profile
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_drift_log IS 'Drift as refreshes of your profiles measured it: of each model and run one row that sums it up (kind model), and one for each statistic that drifted.';
ALTER VIEW uprofile_drift_log OWNER TO @extowner@;
GRANT SELECT ON uprofile_drift_log TO PUBLIC;
