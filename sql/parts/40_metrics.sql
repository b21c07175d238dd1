-- Metrics as aggregates over (actual, predicted) and (actual, score). All share one state, whose initial condition is the
-- metric's name, and one set of support functions. A pair with a NULL is passed over.

-- generated: metric functions

CREATE FUNCTION uprofile_agg_metric_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_metric_combine';
COMMENT ON FUNCTION uprofile_agg_metric_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of metrics: joins the states of two parts';

CREATE FUNCTION uprofile_agg_metric_final(pg_catalog.bytea)
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_metric_final';
COMMENT ON FUNCTION uprofile_agg_metric_final(pg_catalog.bytea) IS
'support function of metrics: the figure, or NULL where it has no meaning';

CREATE FUNCTION uprofile_agg_metric_confusion(pg_catalog.bytea)
RETURNS pg_catalog.jsonb LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_metric_confusion';
COMMENT ON FUNCTION uprofile_agg_metric_confusion(pg_catalog.bytea) IS
'support function of metrics: the confusion matrix';

-- generated: metric aggregates
