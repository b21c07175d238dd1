-- The registry: models with names, their versions and which of them is in use.
--
-- Rights: a model belongs to the role that trained it. Everyone may use the tables, and row-level security shows
-- each role the rows of the roles it is a member of; what belongs to no role any more, to the database's owner.
-- Versions are never updated.
--
-- The owner is a role's oid, which a renaming leaves as it is. In another cluster that oid is another role or none, so
-- each row carries the mark of the installation that wrote it. The mark is made here and never dumped (pg_upgrade,
-- which keeps the oids, keeps it as well): a row with another mark comes from a dump, and its owner is looked up by
-- name as it comes in, once. Both are filled by a trigger; users may not write them.

CREATE TABLE uprofile_installation
(
	single pg_catalog.bool PRIMARY KEY DEFAULT true CHECK (single),
	mark pg_catalog.uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()
);
COMMENT ON TABLE uprofile_installation IS 'The mark of this installation, made by CREATE EXTENSION and never dumped: it tells rows of this database from restored ones.';
INSERT INTO @extschema@.uprofile_installation DEFAULT VALUES;
ALTER TABLE uprofile_installation OWNER TO @extowner@;
GRANT SELECT ON uprofile_installation TO PUBLIC;

CREATE FUNCTION uprofile_may_use(owner_oid pg_catalog.oid, ours pg_catalog.bool)
RETURNS pg_catalog.bool LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_may_use';
COMMENT ON FUNCTION uprofile_may_use(pg_catalog.oid, pg_catalog.bool) IS
'Whether you may use what this role owns: as its member, or as the owner of the database if there is no such role. ours:
whether the oid is one of this installation.';

CREATE FUNCTION uprofile_stamp_owner()
RETURNS pg_catalog.trigger LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_stamp_owner';
COMMENT ON FUNCTION uprofile_stamp_owner() IS
'Trigger of the registry: gives new rows to the current role, and rows of a dump to the role of the name that they carry.';

CREATE TABLE uprofile_model_names
(
	name pg_catalog.text PRIMARY KEY CHECK (name <> ''),
	owner pg_catalog.name NOT NULL,
	deployed pg_catalog.int8,
	created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	last_version pg_catalog.int4 NOT NULL DEFAULT 0,
	comment pg_catalog.text,
	pinned pg_catalog.bool NOT NULL DEFAULT false
);
COMMENT ON TABLE uprofile_model_names IS 'Registered models: name, owner, deployed version (uprofile_model_versions.id) and the highest number given to a version.';
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark ON uprofile_model_names
	FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();

CREATE TABLE uprofile_model_versions
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_model_names (name) ON UPDATE CASCADE ON DELETE CASCADE,
	version pg_catalog.int4 NOT NULL CHECK (version > 0),
	algorithm pg_catalog.text NOT NULL,
	task pg_catalog.text NOT NULL,
	source pg_catalog.text NOT NULL,
	source_path pg_catalog.text NOT NULL,
	target pg_catalog.text,
	key_column pg_catalog.text,
	params pg_catalog.jsonb NOT NULL,
	test_size pg_catalog.float8 NOT NULL,
	n_rows pg_catalog.int8 NOT NULL,
	n_test_rows pg_catalog.int8 NOT NULL,
	n_features pg_catalog.int4 NOT NULL,
	metrics pg_catalog.jsonb NOT NULL,
	note pg_catalog.text,
	bytes pg_catalog.bytea NOT NULL,
	trained_by pg_catalog.name NOT NULL DEFAULT CURRENT_USER,
	trained_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	holdout pg_catalog.bytea, -- without a key: hashes of rows held out, by which versions are compared
	seconds pg_catalog.float8, -- of the training
	extension_version pg_catalog.text,
	key_form pg_catalog.text, -- what the key's text is that of: rows are held out by it
	UNIQUE (model, version)
);
COMMENT ON TABLE uprofile_model_versions IS 'Every version of every registered model, with the model itself; immutable.';
ALTER TABLE uprofile_model_versions ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE uprofile_deployments
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_model_names (name) ON UPDATE CASCADE ON DELETE CASCADE,
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	rolled_back pg_catalog.bool NOT NULL DEFAULT false,
	deployed_by pg_catalog.name NOT NULL DEFAULT CURRENT_USER,
	deployed_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_deployments IS 'Which version was deployed when; uprofile_rollback goes back along it.';
CREATE INDEX uprofile_deployments_model ON uprofile_deployments (model, id);

-- Who may use what is others': "use" is predictions by name, "own" is as its owner. A row counts while the model or profile
-- belongs to the role that it names as owner; the mark holds for both roles. Rows are written by their owners alone, and the trigger fills in
-- all but what is given, the right and the name of the role.
CREATE TABLE uprofile_granted
(
	model pg_catalog.text REFERENCES @extschema@.uprofile_model_names (name) ON UPDATE CASCADE ON DELETE CASCADE,
	profile pg_catalog.text,
	privilege pg_catalog.text NOT NULL CHECK (privilege IN ('use', 'own')),
	grantee pg_catalog.name NOT NULL,
	grantee_oid pg_catalog.oid NOT NULL,
	owner pg_catalog.name NOT NULL,
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	granted_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	CHECK ((model IS NULL) <> (profile IS NULL))
);
COMMENT ON TABLE uprofile_granted IS 'Models and profiles that are shared with other roles: uprofile_share and uprofile_grant.';
CREATE INDEX uprofile_granted_model ON uprofile_granted (model);
CREATE INDEX uprofile_granted_profile ON uprofile_granted (profile);
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT ON uprofile_granted
	FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
ALTER TABLE uprofile_granted ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_granted
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)));
CREATE POLICY uprofile_grantee ON uprofile_granted FOR SELECT
	USING (owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
		   AND pg_catalog.pg_has_role(grantee_oid, 'USAGE'));
ALTER TABLE uprofile_granted OWNER TO @extowner@;
GRANT SELECT, INSERT (model, profile, privilege, grantee), DELETE ON uprofile_granted TO PUBLIC;
-- As with models, the names of today; what is for a role that is gone, or was never valid here, is left behind.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_granted',
	'g (model, profile, privilege, stored_grantee, stored_grantee_oid, stored_owner, stored_owner_oid, mark) '
	'JOIN @extschema@.uprofile_installation i ON i.mark OPERATOR(pg_catalog.=) g.mark CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid, '
	'g.mark AS owner_mark FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_owner_oid) o CROSS JOIN LATERAL '
	'(SELECT r.rolname AS grantee, r.oid AS grantee_oid FROM pg_catalog.pg_roles r '
	'WHERE r.oid OPERATOR(pg_catalog.=) stored_grantee_oid) p');

ALTER TABLE uprofile_model_names ENABLE ROW LEVEL SECURITY;
ALTER TABLE uprofile_model_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE uprofile_deployments ENABLE ROW LEVEL SECURITY;

CREATE POLICY uprofile_owner ON uprofile_model_names
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i))
		   OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) uprofile_model_names.name
			   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) uprofile_model_names.owner_oid
			   AND g.owner_mark OPERATOR(pg_catalog.=) uprofile_model_names.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
			   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE')));
CREATE POLICY uprofile_owner ON uprofile_model_versions
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_names n WHERE n.name OPERATOR(pg_catalog.=) model));
-- What a version's source may do it may do as the role that gave it: nobody writes another's name there.
CREATE POLICY uprofile_trainer ON uprofile_model_versions AS RESTRICTIVE FOR INSERT
	WITH CHECK (trained_by OPERATOR(pg_catalog.=) CURRENT_USER);
CREATE POLICY uprofile_owner ON uprofile_deployments
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_names n WHERE n.name OPERATOR(pg_catalog.=) model));

ALTER TABLE uprofile_model_names OWNER TO @extowner@;
ALTER TABLE uprofile_model_versions OWNER TO @extowner@;
ALTER TABLE uprofile_deployments OWNER TO @extowner@;

GRANT SELECT, INSERT (name), DELETE, UPDATE (deployed, owner_oid, last_version) ON uprofile_model_names TO PUBLIC;
GRANT UPDATE (name, comment, pinned) ON uprofile_model_names TO PUBLIC;
GRANT SELECT, INSERT, DELETE ON uprofile_model_versions TO PUBLIC;
GRANT SELECT, INSERT, DELETE, UPDATE (rolled_back) ON uprofile_deployments TO PUBLIC;

-- A dump carries the owner's name of today, and no oid where the role is gone. What is given here stands behind FROM
-- and the table's name; the columns that are computed get another name there.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_names',
	'n (name, stored_owner, deployed, created_at, stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_versions', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_deployments', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_versions_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_deployments_id_seq', '');

CREATE FUNCTION uprofile_train(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	algorithm pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	params pg_catalog.jsonb DEFAULT '{}',
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	tune pg_catalog.jsonb DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train';
COMMENT ON FUNCTION uprofile_train(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8, pg_catalog.text, pg_catalog.int8,
	pg_catalog.jsonb, pg_catalog.jsonb) IS
'Trains a version of a named model, measures it on rows held out (split; else by a stable hash of the key), stores it, and
deploys it unless it is worse than the deployed one on the same rows (deploy: auto, always, never). tune: {"search": …} and
what else uprofile_tune takes. algorithm: or auto.';

CREATE FUNCTION uprofile_deploy(
	model pg_catalog.text,
	version pg_catalog.int4,
	OUT model_name pg_catalog.text,
	OUT deployed_version pg_catalog.int4,
	OUT previous_version pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_deploy';
COMMENT ON FUNCTION uprofile_deploy(pg_catalog.text, pg_catalog.int4) IS
'Makes a version the one that predictions by name use.';

CREATE FUNCTION uprofile_rollback(
	model pg_catalog.text,
	OUT model_name pg_catalog.text,
	OUT deployed_version pg_catalog.int4,
	OUT previous_version pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_rollback';
COMMENT ON FUNCTION uprofile_rollback(pg_catalog.text) IS
'Deploys the version that was deployed before the present one.';

CREATE FUNCTION uprofile_drop_model(
	model pg_catalog.text,
	version pg_catalog.int4 DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT versions_dropped pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drop_model';
COMMENT ON FUNCTION uprofile_drop_model(pg_catalog.text, pg_catalog.int4) IS
'Drops a model with all its versions, or one version that is not deployed.';

CREATE FUNCTION uprofile_reassign_model(model pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_reassign_model';
COMMENT ON FUNCTION uprofile_reassign_model(pg_catalog.text, pg_catalog.text) IS
'Gives a model to another role. You must be a member of its owner (or own the database, if that role is gone) and of
the other.';

CREATE FUNCTION uprofile_model(model pg_catalog.text, version pg_catalog.int4 DEFAULT NULL)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_model';
COMMENT ON FUNCTION uprofile_model(pg_catalog.text, pg_catalog.int4) IS
'The bytes of a registered model: the deployed version, or the one given.';

