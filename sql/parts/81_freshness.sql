-- How fresh the values of one user are, and where they come from.

CREATE FUNCTION uprofile_get(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.jsonb LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_get';
COMMENT ON FUNCTION uprofile_get(pg_catalog.text, pg_catalog."any") IS
'One user of a profile as its view has him: each value with its source or the version of its model, as of when it is, and whether it is stale or expired (ttl); and why. Takes SELECT on the view. user_key: a value of the key''s type, its text, or ROW(…) for a key of several columns.';

-- Honest scores: for each fold of the users that a version was trained on a model that has not seen them.
CREATE TABLE uprofile_model_folds
(
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	fold pg_catalog.int4 NOT NULL CHECK (fold >= 0),
	bytes pg_catalog.bytea NOT NULL,
	users pg_catalog.bytea NOT NULL, -- 32 bits of the hash of each, ascending
	PRIMARY KEY (version_id, fold)
);
COMMENT ON TABLE uprofile_model_folds IS 'Models for honest scores: of each fold of the users that a version was trained on, one that has not seen them, and who they are.';
ALTER TABLE uprofile_model_folds ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE uprofile_model_folds ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_folds
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_folds OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_folds TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_folds', '');
