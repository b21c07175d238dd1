-- Whom a profile's models have not seen yet as they are now.

CREATE TABLE uprofile_retrain_state
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	model pg_catalog.text NOT NULL,
	version_id pg_catalog.int8 NOT NULL,
	changed pg_catalog.int8 NOT NULL,
	gone pg_catalog.int8 NOT NULL DEFAULT 0,
	members pg_catalog.bytea NOT NULL,
	PRIMARY KEY (profile, model)
);
COMMENT ON TABLE uprofile_retrain_state IS 'How many users changed, and how many left, since the last version of a profile''s model was trained, where its definition asks for it.';
ALTER TABLE uprofile_retrain_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_retrain_state
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_retrain_state OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE, DELETE ON uprofile_retrain_state TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_retrain_state', '');
