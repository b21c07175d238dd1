-- Sharing: what a role may use of another's models and profiles. Views show the owner's rows whole, and of shared ones what
-- the right is for: never a source, parameters or an error's words.

ALTER TABLE uprofile_granted ADD FOREIGN KEY (profile) REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE;

CREATE VIEW uprofile_models WITH (security_barrier) AS
SELECT n.name AS model, v.version, coalesce(v.id OPERATOR(pg_catalog.=) n.deployed, false) AS deployed, v.algorithm, v.task, v.target,
	   v.n_rows AS rows_trained, v.n_test_rows AS rows_tested, v.n_features AS features, v.metrics,
	   CASE WHEN a.whole THEN v.note END AS note, CASE WHEN a.whole THEN v.source END AS source, v.key_column,
	   CASE WHEN a.whole THEN v.params END AS params, pg_catalog.octet_length(v.bytes) AS bytes,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) n.owner_oid AND i.mark OPERATOR(pg_catalog.=) n.owner_mark) AS owner, v.trained_by,
	   v.trained_at, v.seconds, v.extension_version, CASE WHEN a.whole THEN n.comment END AS comment,
	   v.id OPERATOR(pg_catalog.=) n.deployed AND n.pinned AS pinned
FROM @extschema@.uprofile_model_names n
JOIN @extschema@.uprofile_model_versions v ON v.model OPERATOR(pg_catalog.=) n.name
CROSS JOIN LATERAL (SELECT @extschema@.uprofile_may_use(n.owner_oid, n.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i))
					OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) n.name
					   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
					   AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
					   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE')) AS whole) a
WHERE a.whole OR (v.id OPERATOR(pg_catalog.=) n.deployed AND EXISTS (
	SELECT 1 FROM @extschema@.uprofile_granted g
	WHERE (g.model OPERATOR(pg_catalog.=) n.name OR EXISTS (
			SELECT 1 FROM @extschema@.uprofile_profile_definitions d
			WHERE d.name OPERATOR(pg_catalog.=) g.profile AND d.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
			AND d.owner_mark OPERATOR(pg_catalog.=) n.owner_mark
			AND pg_catalog.starts_with(n.name, pg_catalog.concat(d.name, '.'))
			AND pg_catalog.jsonb_exists(d.models, pg_catalog.substr(n.name, pg_catalog.length(d.name) OPERATOR(pg_catalog.+) 2))))
	AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark
	AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE')));
COMMENT ON VIEW uprofile_models IS 'The versions of all models that you may use: what they are, how good, which is deployed; of a model shared with you for use, the deployed one without source and params.';
ALTER VIEW uprofile_models OWNER TO @extowner@;
GRANT SELECT ON uprofile_models TO PUBLIC;

CREATE VIEW uprofile_metrics WITH (security_barrier) AS
SELECT n.model, n.version, n.deployed, m.key AS metric, CAST(m.value AS pg_catalog.float8) AS value
FROM @extschema@.uprofile_models n CROSS JOIN LATERAL pg_catalog.jsonb_each(n.metrics) m
WHERE pg_catalog.jsonb_typeof(m.value) OPERATOR(pg_catalog.=) 'number';
COMMENT ON VIEW uprofile_metrics IS 'The hold-out metrics of every version, one a row.';
ALTER VIEW uprofile_metrics OWNER TO @extowner@;
GRANT SELECT ON uprofile_metrics TO PUBLIC;

CREATE VIEW uprofile_grants WITH (security_barrier) AS
SELECT CASE WHEN g.model IS NULL THEN 'profile' ELSE 'model' END AS kind, coalesce(g.model, g.profile) AS name, g.privilege,
	   CAST(r.rolname AS pg_catalog.text) AS role_name, g.granted_at
FROM @extschema@.uprofile_granted g JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) g.grantee_oid
WHERE g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
AND (@extschema@.uprofile_may_use(g.owner_oid, true) OR pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'))
AND (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_names n WHERE n.name OPERATOR(pg_catalog.=) g.model
			 AND n.owner_oid OPERATOR(pg_catalog.=) g.owner_oid AND n.owner_mark OPERATOR(pg_catalog.=) g.owner_mark)
	 OR EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d WHERE d.name OPERATOR(pg_catalog.=) g.profile
				AND d.owner_oid OPERATOR(pg_catalog.=) g.owner_oid AND d.owner_mark OPERATOR(pg_catalog.=) g.owner_mark));
COMMENT ON VIEW uprofile_grants IS 'What is shared: models and profiles of yours with other roles, and theirs with you.';
ALTER VIEW uprofile_grants OWNER TO @extowner@;
GRANT SELECT ON uprofile_grants TO PUBLIC;

CREATE FUNCTION uprofile_share(model pg_catalog.text, role pg_catalog.text, privilege pg_catalog.text DEFAULT 'use')
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_share';
COMMENT ON FUNCTION uprofile_share(pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'Shares a model of yours with another role. privilege: use (predictions, explanations and uprofile_model_info by name, without its
bytes and its source) or own (all that you may, but to share it and to give it away).';

CREATE FUNCTION uprofile_unshare(model pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unshare';
COMMENT ON FUNCTION uprofile_unshare(pg_catalog.text, pg_catalog.text) IS
'Takes back what uprofile_share gave a role.';

CREATE FUNCTION uprofile_grant(profile pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_grant';
COMMENT ON FUNCTION uprofile_grant(pg_catalog.text, pg_catalog.text) IS
'Lets a role read a profile of yours: SELECT on its table and view, USAGE of their schema if you may grant it, its freshness and runs
in the views, and predictions by name with its models.';

CREATE FUNCTION uprofile_revoke(profile pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_revoke';
COMMENT ON FUNCTION uprofile_revoke(pg_catalog.text, pg_catalog.text) IS
'Takes back what uprofile_grant gave a role, but for USAGE of the schema.';
