-- How the rows of a version were made and held out, where that is not by the hash of the key.
CREATE TABLE uprofile_model_designs
(
	version_id pg_catalog.int8 PRIMARY KEY REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	split pg_catalog.jsonb,
	event pg_catalog.jsonb,
	asked pg_catalog.jsonb
);
COMMENT ON TABLE uprofile_model_designs IS 'How the rows of versions were held out, where that is not by the hash of the key, of what events they were made, and what a profile asked for where it searches.';
ALTER TABLE uprofile_model_designs ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_designs
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_designs OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_designs TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_designs', '');
