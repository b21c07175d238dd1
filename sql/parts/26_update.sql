-- Models that learn on from more rows, and models that become one.

-- generated: update functions

CREATE FUNCTION uprofile_agg_merge(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_merge';
COMMENT ON FUNCTION uprofile_agg_merge(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of uprofile_merge: one model out of two';

-- generated: update aggregates

CREATE AGGREGATE uprofile_merge(pg_catalog.bytea)
(
	SFUNC = @extschema@.uprofile_agg_merge,
	STYPE = pg_catalog.bytea,
	COMBINEFUNC = @extschema@.uprofile_agg_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_merge(pg_catalog.bytea) IS
'One model out of several that were trained alike on different rows. Scalers, linear models, naive Bayes, principal components: that of all rows. Forests: all trees. Logistic regressions, linear machines, k-means, boosting (of scores), networks that began alike: their mean, weighed by rows.';
