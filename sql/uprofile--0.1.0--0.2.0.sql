-- From 0.1.0 to 0.2.0. What stands here makes an installed 0.1.0 equal to a fresh 0.2.0; the sections follow the parts
-- of the install script. Until 0.2.0 is released every change to an installed object is repeated here.

-- ---- models as values (parts 10 to 45) ------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_clean_rules(pg_catalog.text, pg_catalog.text) VOLATILE;

COMMENT ON AGGREGATE uprofile_pipeline(pg_catalog.record, pg_catalog.jsonb) IS
'Fits a pipeline to rows: imputes, encodes and scales columns by their kinds; use it with uprofile_transform. params: see uprofile_params(''pipeline'').';

-- ---- mining (50) ----------------------------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.int4,
	pg_catalog.int4, pg_catalog.int8) VOLATILE;
ALTER FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.float8, pg_catalog.int8) VOLATILE;
ALTER FUNCTION uprofile_recommend(pg_catalog.text, pg_catalog.text[], pg_catalog.int4) VOLATILE;

-- ---- the registry (60) ----------------------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_evaluate(pg_catalog.text, pg_catalog.text, pg_catalog.text) VOLATILE;

-- ---- explanations (65) ----------------------------------------------------------------------------------------------

-- ---- profiles (70) --------------------------------------------------------------------------------------------------
