-- How many clusters.

CREATE FUNCTION uprofile_choose_k(
	source pg_catalog.text,
	k_min pg_catalog.int4 DEFAULT 2,
	k_max pg_catalog.int4 DEFAULT 10,
	params pg_catalog.jsonb DEFAULT '{}',
	key pg_catalog.text DEFAULT NULL,
	OUT k pg_catalog.int4,
	OUT inertia pg_catalog.float8,
	OUT silhouette pg_catalog.float8,
	OUT gap pg_catalog.float8,
	OUT gap_error pg_catalog.float8,
	OUT chosen pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_choose_k';
COMMENT ON FUNCTION uprofile_choose_k(pg_catalog.text, pg_catalog.int4, pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text) IS
'k-means for each k: inertia, silhouette and the gap statistic with its error; chosen is the greatest silhouette (1 where k_min is 1 and the gap says so). params: those of k-means, "references" (10) and "sample" (5000: more rows are sampled for silhouette and gap).';
