-- From 0.1.0 to 0.2.0. What stands here makes an installed 0.1.0 equal to a fresh 0.2.0; the sections follow the parts
-- of the install script. Until 0.2.0 is released every change to an installed object is repeated here.

-- ---- models as values (parts 10 to 45) ------------------------------------------------------------------------------

COMMENT ON AGGREGATE uprofile_pipeline(pg_catalog.record, pg_catalog.jsonb) IS
'Fits a pipeline to rows: imputes, encodes and scales columns by their kinds; use it with uprofile_transform. params: see uprofile_params(''pipeline'').';

-- ---- mining (50) ----------------------------------------------------------------------------------------------------

-- ---- the registry (60) ----------------------------------------------------------------------------------------------

ALTER TABLE @extschema@.uprofile_model_versions ADD COLUMN holdout pg_catalog.bytea;

-- ---- explanations (65) ----------------------------------------------------------------------------------------------

-- ---- profiles (70) --------------------------------------------------------------------------------------------------
