-- Gaussian mixtures: parameters, odd data, what they answer; in the registry, in a profile; and how many clusters.
CREATE TABLE gmm_rows AS
SELECT i AS id, 10 * (i % 3) + (i * 7919 % 1000) / 400.0 AS a, 5 * (i % 3 - 1) ^ 2 + (i * 104729 % 1000) / 500.0 AS b, (ARRAY['x', 'y'])[1 + (i % 3 = 2)::int] AS c
FROM generate_series(1, 900) AS i WHERE i % 3 = 0 OR i % 3 = 1 AND i % 4 < 3 OR i % 2 = 0 AND i % 3 = 2;
SELECT t AS type, i->'k' AS k, i->'sizes' AS sizes, round((i->>'log_likelihood')::numeric, 4) AS log_likelihood, i->'n_parameters' AS parameters,
       round((i->>'bic')::numeric - (i->'n_parameters')::numeric * ln((i->'rows')::numeric) + 2 * (i->'rows')::numeric * (i->>'log_likelihood')::numeric, 6) AS bic_gap,
       round((i->>'aic')::numeric - (i->'n_parameters')::numeric * 2 + 2 * (i->'rows')::numeric * (i->>'log_likelihood')::numeric, 6) AS aic_gap, i->'converged' AS converged
FROM (SELECT t, uprofile_model_info(uprofile_gmm(ARRAY[a, b], 3, jsonb_build_object('covariance_type', t))) AS i
      FROM gmm_rows, unnest(ARRAY['full', 'tied', 'diag', 'spherical']) AS t GROUP BY t) AS m ORDER BY t;
CREATE TABLE gmm_model AS SELECT uprofile_gmm(ARRAY[a, b], 3) AS m FROM gmm_rows;
-- The same bytes of the same rows in any order; shares sum to 1, the greatest is that of the cluster.
SELECT (SELECT uprofile_gmm(ARRAY[a, b], 3) FROM (SELECT * FROM gmm_rows ORDER BY b DESC, a) AS r) = m AS same FROM gmm_model;
SELECT count(*) FILTER (WHERE abs(p[1] + p[2] + p[3] - 1) > 1e-12) AS not_1, count(*) FILTER (WHERE p[1 + k::int] <> greatest(p[1], p[2], p[3])) AS not_hardest,
       count(*) FILTER (WHERE p[1 + k::int] <> own) AS not_own
FROM (SELECT uprofile_predict(m, ARRAY[a, b]) AS k, uprofile_predict_proba(m, ARRAY[a, b]) AS own,
      ARRAY[uprofile_predict_proba(m, ARRAY[a, b], '0'), uprofile_predict_proba(m, ARRAY[a, b], '1'), uprofile_predict_proba(m, ARRAY[a, b], '2')] AS p
      FROM gmm_model, gmm_rows) AS s;
SELECT uprofile_predict_label(m, ARRAY[10, 1]) AS label, uprofile_predict_proba(m, ARRAY[1e300, -1e300]) > 0 AS far FROM gmm_model;
SELECT uprofile_predict_proba(m, ARRAY[10, 1], '3') FROM gmm_model;
SELECT uprofile_predict_proba(m, ARRAY[10, 1]) FROM (SELECT uprofile_kmeans(ARRAY[a, b], 3) AS m FROM gmm_rows) AS k;
SELECT uprofile_show(uprofile_gmm(r, 3, '{"exclude": ["id"]}')) FROM gmm_rows AS r;
-- Odd data.
SELECT uprofile_model_info(uprofile_gmm(ARRAY[1, 2], 3)) -> 'note' AS note FROM generate_series(1, 5);
SELECT i->'k' AS k, i->'sizes' AS sizes FROM (SELECT uprofile_model_info(uprofile_gmm(ARRAY[x, 1e9 * x, 7], 2)) AS i FROM unnest(ARRAY[1, 1, 1, 2]) AS x) AS s;
SELECT uprofile_gmm(ARRAY[a, b], 3) IS NULL AS none FROM gmm_rows WHERE false;
SELECT uprofile_gmm(ARRAY[a, b], 0) FROM gmm_rows;
SELECT uprofile_gmm(ARRAY[a, b], 3, '{"covariance_type": "ful"}') FROM gmm_rows;
SELECT uprofile_gmm(ARRAY[a, b], 3, '{"reg_covar": -1}') FROM gmm_rows;
SELECT uprofile_gmm(ARRAY[a * 1e200, b], 3) FROM gmm_rows;
SELECT uprofile_to_sql(m) FROM gmm_model;
-- By name, and as the segments of a profile: the cluster and how sure it is.
SELECT rows_trained, metrics ? 'silhouette' AS silhouette, deployed
FROM uprofile_train('gmm_test', 'SELECT a, b FROM gmm_rows', algorithm => 'gmm', params => '{"k": 3}');
SELECT uprofile_explain('gmm_test', r) FROM gmm_rows AS r LIMIT 1;
SELECT uprofile_drop_model('gmm_test');
SELECT uprofile_create('gmm_test', 'gmm_rows', 'id', models => '{"part": {"algorithm": "gmm", "k": 3}}');
SELECT status FROM uprofile_refresh('gmm_test');
SELECT part, count(*) AS users, bool_and(part_probability BETWEEN 0.3 AND 1) AS shares FROM gmm_test_profile GROUP BY part ORDER BY part;
SELECT col_description('gmm_test_profile'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'gmm_test_profile'::regclass AND attname ~ '^part' ORDER BY 1;
SELECT uprofile_drop('gmm_test');
-- How many.
SELECT k, round(silhouette::numeric, 3) AS silhouette, gap IS NOT NULL AND gap_error > 0 AS gap, chosen
FROM uprofile_choose_k('gmm_rows', 1, 5, '{"references": 3, "sample": 300}', key => 'id');
SELECT k, round(inertia::numeric, 6) AS inertia, round(silhouette::numeric, 6) AS silhouette, gap IS NULL AS no_gap, chosen
FROM uprofile_choose_k('SELECT g % 3 AS x FROM generate_series(1, 9) AS g', 2, 9);
SELECT k, inertia, silhouette, gap, chosen FROM uprofile_choose_k('SELECT 1 AS x, NULL::text AS y');
SELECT count(*) AS lines, bool_and(abs(c.inertia - (uprofile_model_info(m)->>'inertia')::float8) < 1e-6) AS of_kmeans
FROM uprofile_choose_k('SELECT ARRAY[a, b] AS x FROM gmm_rows', 2, 4, '{"scale": "none"}') AS c,
     LATERAL (SELECT uprofile_kmeans(ARRAY[a, b], c.k) AS m FROM gmm_rows) AS s;
SELECT * FROM uprofile_choose_k('SELECT 1 AS x WHERE false');
SELECT * FROM uprofile_choose_k('gmm_rows', 5, 4);
SELECT * FROM uprofile_choose_k('gmm_rows', 0, 4);
SELECT * FROM uprofile_choose_k('gmm_rows', 2, NULL);
SELECT * FROM uprofile_choose_k('gmm_rows', params => '{"k": 3}');
SELECT * FROM uprofile_choose_k('gmm_rows', params => '{"references": 0}');
DROP TABLE gmm_rows, gmm_model;

-- Values whose squares are no numbers are scaled all the same.
SELECT e, uprofile_model_info(uprofile_gmm(r, 2))->'sizes' AS sizes, uprofile_model_info(uprofile_kmeans(r, 2))->'sizes' AS kmeans
FROM unnest('{1e300, 1e200, 1, 1e-200, 1e-300}'::float8[]) AS e, LATERAL (SELECT (x + 100 * (x % 3 / 2)) * e AS a FROM generate_series(1, 9) AS x) AS r GROUP BY e ORDER BY e;
