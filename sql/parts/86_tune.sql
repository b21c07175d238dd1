-- Trust in a model before it is trained: cross-validation, tuning.

CREATE FUNCTION uprofile_cross_validate(
	source pg_catalog.text,
	target pg_catalog.text,
	algorithm pg_catalog.text,
	params pg_catalog.jsonb DEFAULT '{}',
	folds pg_catalog.int4 DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	seed pg_catalog.int8 DEFAULT NULL,
	OUT fold pg_catalog.int4,
	OUT metric pg_catalog.text,
	OUT value pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 50
AS 'MODULE_PATHNAME', 'uprofile_cross_validate';
COMMENT ON FUNCTION uprofile_cross_validate(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text, pg_catalog.int8) IS
'Trains an algorithm on all folds of a source but one, measures it on that one, and so on (5 folds by default). split:
{"method": hash, random, stratified, group, time or column, "column": …, "folds": …, "repeats": …, "seed": …}. Nothing is
stored.';

CREATE FUNCTION uprofile_tune(
	source pg_catalog.text,
	target pg_catalog.text,
	algorithm pg_catalog.text,
	search pg_catalog.jsonb,
	method pg_catalog.text DEFAULT NULL,
	metric pg_catalog.text DEFAULT NULL,
	folds pg_catalog.int4 DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	max_trials pg_catalog.int4 DEFAULT NULL,
	time_budget pg_catalog.interval DEFAULT NULL,
	stop_early pg_catalog.bool DEFAULT false,
	seed pg_catalog.int8 DEFAULT NULL,
	OUT trial pg_catalog.int4,
	OUT params pg_catalog.jsonb,
	OUT mean pg_catalog.float8,
	OUT std pg_catalog.float8,
	OUT rank pg_catalog.int4,
	OUT seconds pg_catalog.float8,
	OUT pruned pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_tune';
COMMENT ON FUNCTION uprofile_tune(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.text,
	pg_catalog.text, pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text, pg_catalog.int4, pg_catalog.interval,
	pg_catalog.bool, pg_catalog.int8) IS
'Tries parameters of an algorithm, and of its pipeline, by cross-validation: {"C": [0.1, 1]} or {"C": {"log_uniform":
[0.001, 10]}}; method grid, random, halving, hyperband or tpe. The best mean over the folds has rank 1; of equal ones the
smaller model, then the earlier trial.';

-- What was tried for a version that was tuned.
CREATE TABLE uprofile_model_trials
(
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	trial pg_catalog.int4 NOT NULL,
	params pg_catalog.jsonb NOT NULL,
	metric pg_catalog.text NOT NULL,
	mean pg_catalog.float8,
	std pg_catalog.float8,
	rank pg_catalog.int4 NOT NULL,
	seconds pg_catalog.float8 NOT NULL,
	pruned pg_catalog.bool NOT NULL,
	PRIMARY KEY (version_id, trial)
);
COMMENT ON TABLE uprofile_model_trials IS 'The trials of versions that were tuned as they were trained; uprofile_trials shows them.';
ALTER TABLE uprofile_model_trials ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_trials
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_trials OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_trials TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_trials', '');

CREATE VIEW uprofile_trials WITH (security_barrier) AS
SELECT v.model, v.version, t.trial, t.params, t.metric, t.mean, t.std, t.rank, t.seconds, t.pruned
FROM @extschema@.uprofile_model_trials t
JOIN @extschema@.uprofile_model_versions v ON v.id OPERATOR(pg_catalog.=) t.version_id
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) v.model
WHERE @extschema@.uprofile_may_use(n.owner_oid, n.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i))
   OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) n.name
	   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
	   AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_trials IS 'What was tried for each version that uprofile_train tuned: parameters, mean and deviation of the metric over the folds, rank (1: trained), time, and whether it was given up.';
ALTER VIEW uprofile_trials OWNER TO @extowner@;
GRANT SELECT ON uprofile_trials TO PUBLIC;
