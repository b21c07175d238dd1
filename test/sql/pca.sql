-- Principal components: parameters, odd data, what they answer; rows in the space of a model; in the registry, in a profile.
SET client_min_messages = warning;
CREATE TABLE pca_rows AS SELECT i AS id, 3 * sin(i) AS a, cos(i * i) AS b, sin(i) + 2 * cos(i * i) + sin(7 * i) / 3 AS c, (ARRAY['x', 'y', 'z'])[1 + i % 3] AS kind, i % 2 = 0 AS even
FROM generate_series(1, 300) AS i;
CREATE FUNCTION shown(real[]) RETURNS numeric[] LANGUAGE sql AS 'SELECT array_agg(round(v::numeric, 4)) FROM unnest($1) AS v';
CREATE FUNCTION shown(float8[]) RETURNS numeric[] LANGUAGE sql AS 'SELECT array_agg(round(v::numeric, 4)) FROM unnest($1) AS v';
CREATE FUNCTION shown(jsonb) RETURNS numeric[] LANGUAGE sql AS 'SELECT array_agg(round(v::numeric, 4)) FROM jsonb_array_elements_text($1) AS v';
SELECT n, i -> 'n_components' AS k, shown(i -> 'explained_variance') AS variance, shown(i -> 'explained_variance_ratio') AS ratio, round((i ->> 'explained')::numeric, 4) AS explained,
	round((i ->> 'noise_variance')::numeric, 4) AS noise, shown(i -> 'singular_values') AS singular, shown(i -> 'components' -> 0) AS first
FROM (VALUES ('null'), ('1'), ('2'), ('0.5'), ('0.99')) AS v (n), LATERAL (SELECT uprofile_model_info(uprofile_pca(ARRAY[a, b, c], jsonb_build_object('n_components', n::jsonb))) AS i
	FROM pca_rows) AS m;
-- Undone, whitened, the same of any order, and as a merge of parts.
WITH m AS (SELECT uprofile_pca(ARRAY[a, b, c]) AS m, uprofile_pca(ARRAY[a, b, c], '{"whiten": true}') AS w FROM pca_rows)
SELECT max(abs(u[1] - a) + abs(u[2] - b) + abs(u[3] - c)) < 1e-12 AS undone, max(abs(v[1] - a) + abs(v[2] - b) + abs(v[3] - c)) < 1e-12 AS unwhitened,
	bool_and(uprofile_transform(m, ARRAY[a, b, c])::real[] = uprofile_embed(m, ARRAY[a, b, c])) AS embedded
FROM m, pca_rows, LATERAL (SELECT uprofile_unscale(m, uprofile_transform(m, ARRAY[a, b, c])) AS u, uprofile_unscale(w, uprofile_transform(w, ARRAY[a, b, c])) AS v) AS x;
SELECT round(var_samp(z[1])::numeric, 6) AS one, round(var_samp(z[2])::numeric, 6) AS two, abs(corr(z[1], z[2])) < 1e-12 AS apart
FROM (SELECT uprofile_transform(m, ARRAY[a, b, c]) AS z FROM pca_rows, (SELECT uprofile_pca(ARRAY[a, b, c], '{"whiten": true}') AS m FROM pca_rows) AS m) AS s;
SELECT uprofile_model_info(merged) -> 'rows' AS rows, shown(uprofile_transform(merged, '{1,2,3}'::int[])) AS merged, shown(uprofile_transform(whole, '{1,2,3}'::int[])) AS whole,
	shown(uprofile_transform(updated, '{1,2,3}'::int[])) AS updated
FROM (SELECT uprofile_merge(m) AS merged FROM (SELECT uprofile_pca(ARRAY[a, b, c]) AS m FROM pca_rows GROUP BY kind) AS p) AS p,
	(SELECT uprofile_pca(ARRAY[a, b, c]) AS whole FROM pca_rows) AS w,
	LATERAL (SELECT uprofile_update(m, ARRAY[a, b, c]) AS updated FROM (SELECT uprofile_pca(ARRAY[a, b, c]) AS m FROM pca_rows WHERE id < 100) AS h, pca_rows WHERE id >= 100) AS u;
SELECT shown(uprofile_transform(uprofile_subtract(whole, part), '{1,2,3}'::int[])) = shown(uprofile_transform(rest, '{1,2,3}'::int[])) AS subtracted
FROM (SELECT uprofile_pca(ARRAY[a, b, c]) AS whole, uprofile_pca(ARRAY[a, b, c]) FILTER (WHERE id < 50) AS part, uprofile_pca(ARRAY[a, b, c]) FILTER (WHERE id >= 50) AS rest FROM pca_rows) AS s;
SELECT uprofile_merge(m) FROM (SELECT uprofile_pca(ARRAY[a, b, c], jsonb_build_object('n_components', 1 + i)) AS m FROM pca_rows, generate_series(0, 1) AS i GROUP BY i) AS p;
-- Values around a billion.
SELECT max(abs(x[1] - y[1]) + abs(x[2] - y[2])) < 1e-6 AS shifted
FROM (SELECT uprofile_pca(ARRAY[a, b]) AS m, uprofile_pca(ARRAY[a + 1e9, b - 1e9]) AS n FROM pca_rows) AS m, pca_rows,
	LATERAL (SELECT uprofile_transform(m, ARRAY[a, b]) AS x, uprofile_transform(n, ARRAY[a + 1e9, b - 1e9]) AS y) AS t;
-- Arrays that are z-scored: as if they had been before, one constant among them, and the same in parts.
SELECT shown(i -> 'explained_variance') AS variance, shown(i -> 'components' -> 0) AS first, i -> 'inputs' -> 2 ->> 'deviation' AS constant FROM (
	SELECT uprofile_model_info(uprofile_pca(ARRAY[a, 1e9 + b, 7, c], '{"scale": "zscore"}')) AS i FROM pca_rows) AS s;
SELECT shown(i -> 'explained_variance') AS variance, shown(i -> 'components' -> 0) AS first FROM (
	SELECT uprofile_model_info(uprofile_pca(ARRAY[(a - ma) / sa, (b - mb) / sb, 0, (c - mc) / sc])) AS i
	FROM pca_rows, (SELECT avg(a) AS ma, stddev_pop(a) AS sa, avg(b) AS mb, stddev_pop(b) AS sb, avg(c) AS mc, stddev_pop(c) AS sc FROM pca_rows) AS m) AS s;
SELECT shown(to_jsonb(uprofile_transform(m, ARRAY[a, 1e9 + b, 7, c]))) AS scores FROM (SELECT uprofile_pca(ARRAY[a, 1e9 + b, 7, c], '{"scale": "zscore"}') AS m FROM pca_rows) AS s, pca_rows WHERE id = 2;
SELECT uprofile_model_info(m) -> 'rows' AS rows, shown(uprofile_transform(m, ARRAY[1, 1e9 + 2, 7, 3])) = shown(uprofile_transform(whole, ARRAY[1, 1e9 + 2, 7, 3])) AS again FROM (
	SELECT uprofile_update(half, ARRAY[a, 1e9 + b, 7, c]) AS m, (SELECT uprofile_pca(ARRAY[a, 1e9 + b, 7, c], '{"scale": "zscore"}') FROM pca_rows) AS whole
	FROM pca_rows, (SELECT uprofile_pca(ARRAY[a, 1e9 + b, 7, c], '{"scale": "zscore"}') AS half FROM pca_rows) AS h GROUP BY half) AS s;
SELECT uprofile_pca(ARRAY[x, 1], '{"scale": "zscore"}') FROM (VALUES (1e-200), (3e-200), (9e-200)) AS v (x);
-- Rows: imputed, encoded, scaled; weights.
SELECT uprofile_show(uprofile_pca(r, '{"exclude": ["id", "even"], "n_components": 2}')) FROM pca_rows AS r;
SELECT shown(uprofile_transform(m, r)) AS z, shown(uprofile_embed(m, r)) AS e FROM (SELECT uprofile_pca(r, '{"exclude": ["id"], "n_components": 2}') AS m FROM pca_rows AS r) AS m,
	(SELECT 1 AS a, NULL::float8 AS b, 2 AS c, 'y' AS kind, true AS even) AS r;
SELECT shown(uprofile_model_info(uprofile_pca(r, '{"weight": "w", "scale": "none"}')) -> 'explained_variance_ratio') AS weighted FROM (SELECT a, b, 1 + id % 2 AS w FROM pca_rows) AS r;
SELECT shown(uprofile_model_info(uprofile_pca(r, '{"scale": "none"}')) -> 'explained_variance_ratio') AS doubled FROM (SELECT a, b FROM pca_rows UNION ALL SELECT a, b FROM pca_rows WHERE id % 2 = 1) AS r;
SELECT feature, round(importance::numeric, 4) AS importance FROM (SELECT uprofile_pca(ARRAY[a, b, c], '{"n_components": 1}') AS m FROM pca_rows) AS m, uprofile_importance(m);
-- Odd data.
SELECT uprofile_pca(ARRAY[a, b]) FROM pca_rows WHERE id = 1;
SELECT uprofile_pca(ARRAY[a, b]) IS NULL AS none FROM pca_rows WHERE false;
SELECT uprofile_pca(ARRAY[a, NULL]) FROM pca_rows;
SELECT uprofile_pca(ARRAY[a, 'NaN']) FROM pca_rows;
SELECT uprofile_pca(ARRAY[a * 1e200, b]) FROM pca_rows;
SELECT uprofile_pca(ARRAY[a * 1e200, b], '{"scale": "zscore"}') FROM pca_rows;
SELECT uprofile_scaler(ARRAY[b, a * 1e200]) FROM pca_rows;
SELECT uprofile_scaler(ARRAY[b, a * 1e-200]) FROM pca_rows;
SELECT uprofile_model_info(uprofile_scaler(ARRAY[a * 1e200, a * 1e-200], '{"with_scaling": false}')) -> 'scale' AS scale FROM pca_rows;
SELECT i -> 'note' AS note, i -> 'explained_variance' AS variance FROM (SELECT uprofile_model_info(uprofile_pca('{1,2}'::int[])) AS i FROM pca_rows) AS s;
SELECT i -> 'note' AS note, i -> 'n_components' AS k FROM (SELECT uprofile_model_info(uprofile_pca(ARRAY[a, b, c], '{"n_components": 3}')) AS i FROM pca_rows WHERE id < 3) AS s;
SELECT shown(uprofile_transform(m, ARRAY[1, 1, 5])) AS nothing_to_whiten FROM (SELECT uprofile_pca(ARRAY[a, a, 7], '{"whiten": true}') AS m FROM pca_rows) AS s;
SELECT uprofile_pca(ARRAY[a, b], '{"n_components": 1.5}') FROM pca_rows;
SELECT uprofile_pca(ARRAY[a, b], '{"n_components": 0}') FROM pca_rows;
SELECT uprofile_pca(ARRAY[a, b], '{"n_components": "mle"}') FROM pca_rows;
SELECT uprofile_predict(m, ARRAY[1, 2]) FROM (SELECT uprofile_pca(ARRAY[a, b]) AS m FROM pca_rows) AS s;
SELECT uprofile_unscale(m, ARRAY[1, 2]) FROM (SELECT uprofile_pca(ARRAY[a, b], '{"n_components": 1}') AS m FROM pca_rows) AS s;
-- The space of a network; models without one.
SELECT cardinality(e) AS units, bool_and(v >= 0) AS relu, pg_typeof(e) AS type
FROM (SELECT uprofile_embed(m, ARRAY[1, 2, 3]) AS e FROM (SELECT uprofile_mlp(ARRAY[a, b, c], even, '{"hidden_layer_sizes": [8, 4], "max_iter": 2}') AS m FROM pca_rows) AS m) AS s, unnest(e) AS v GROUP BY e;
SELECT cardinality(uprofile_embed(m, r)) AS units FROM (SELECT uprofile_mlp(r, 'even', '{"hidden_layer_sizes": 5, "max_iter": 2}') AS m FROM pca_rows AS r) AS m, pca_rows AS r LIMIT 1;
SELECT uprofile_embed(m, ARRAY[1, 2]) FROM (SELECT uprofile_mlp(ARRAY[a, b], even, '{"hidden_layer_sizes": [], "max_iter": 2}') AS m FROM pca_rows) AS m;
SELECT uprofile_embed(m, ARRAY[1, 2]) FROM (SELECT uprofile_mlp(ARRAY[a, b], true) AS m FROM pca_rows) AS m;
SELECT uprofile_embed(m, ARRAY[1, 2]) FROM (SELECT uprofile_svm(ARRAY[a, b], even) AS m FROM pca_rows) AS m;
SELECT uprofile_embed(m, ARRAY[1]) FROM (SELECT uprofile_pca(ARRAY[a, b]) AS m FROM pca_rows) AS m;
SELECT uprofile_embed(m, ARRAY[1e300, 1]) FROM (SELECT uprofile_pca(ARRAY[a, b]) AS m FROM pca_rows) AS m;
SELECT uprofile_embed('nobody', ARRAY[1, 2]);
SELECT uprofile_embed(NULL::bytea, ARRAY[1, 2]) IS NULL AS none;
-- By name.
SELECT task, rows_trained, features, deployed FROM uprofile_train('pca_test', 'SELECT a, b, c, kind FROM pca_rows', algorithm => 'pca', params => '{"n_components": 2}');
SELECT shown(uprofile_embed('pca_test', r)) AS e, shown(uprofile_transform('pca_test', r)) AS z FROM pca_rows AS r WHERE id = 5;
SELECT uprofile_train('pca_test', 'SELECT a, b, c FROM pca_rows', algorithm => 'pca', params => '{"n_components": 4}');
SELECT uprofile_train('pca_test', 'SELECT 1 AS a, 2 AS b, even FROM pca_rows', algorithm => 'pca', params => '{"exclude": ["even"], "scale": "none"}');
SELECT uprofile_train('pca_test', 'pca_rows', algorithm => 'pca', target => 'even');
SELECT uprofile_explain('pca_test', r) FROM pca_rows AS r LIMIT 1;
SELECT uprofile_drop_model('pca_test');
-- A column of a profile, kept by the refresh; it is no segment and has no reasons.
ALTER TABLE pca_rows ADD PRIMARY KEY (id);
SELECT uprofile_create('pca_test', 'pca_rows', 'id', watch => 'auto', models => '{"part": {"algorithm": "kmeans", "k": 2}, "space": {"algorithm": "pca", "n_components": 2, "whiten": true}}');
SELECT status, mode, inserted FROM uprofile_refresh('pca_test');
SELECT pg_typeof(space) AS type, shown(space) = shown(uprofile_embed('pca_test.space', r)) AS same FROM pca_test_profile AS p JOIN pca_rows AS r USING (id) WHERE id = 7;
SELECT col_description('pca_test_profile'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'pca_test_profile'::regclass AND attname = 'space';
UPDATE pca_rows SET a = 1 WHERE id = 7;
SELECT status, mode, updated FROM uprofile_refresh('pca_test');
SELECT shown(space) = shown(uprofile_embed('pca_test.space', r)) AS same FROM pca_test_profile AS p JOIN pca_rows AS r USING (id) WHERE id = 7;
SELECT DISTINCT model FROM uprofile_explain_user('pca_test', 7) AS e (model);
SELECT uprofile_alter('pca_test', policy => '{"score": "read", "live": {"twice": "2 * a"}}');
SELECT status FROM uprofile_refresh('pca_test');
SELECT cardinality(space) AS numbers, stale FROM pca_test_current WHERE id = 7;
SELECT uprofile_alter('pca_test', models => '{"space": {"algorithm": "pca", "reasons": 2}}');
SELECT uprofile_alter('pca_test', models => '{"space": {"algorithm": "pca", "target": "even"}}');
SELECT uprofile_drop('pca_test');
DROP TABLE pca_rows;
DROP FUNCTION shown(real[]), shown(float8[]), shown(jsonb);
-- A model keeps no row, nor does a scaler: the first one's values are not in the bytes.
CREATE FUNCTION pca_holds(model bytea, value float8) RETURNS boolean LANGUAGE sql AS
$$SELECT position(float8send(value) IN model) > 0 OR position(decode((SELECT string_agg(substr(encode(float8send(value), 'hex'), 15 - 2 * i, 2), '' ORDER BY i) FROM generate_series(0, 7) AS i), 'hex') IN model) > 0$$;
SELECT name, pca_holds(model, 17.25) AS first, pca_holds(model, 40) AS most FROM (
	SELECT 'pca' AS name, uprofile_pca(ARRAY[a, b]) AS model FROM (VALUES (17.25, 3.5), (-20, 1), (40, 2), (3, 9)) AS v (a, b)
	UNION ALL SELECT 'scaler', uprofile_scaler(ARRAY[a, b]) FROM (VALUES (17.25, 3.5), (-20, 1), (40, 2), (3, 9)) AS v (a, b)) AS m;
-- What a part held alone goes with it, and rounding is not taken for rows that were not there.
WITH rows AS (SELECT i, (i % 3 = 0)::int AS flag, sin(i) AS x, cos(i * i) AS y FROM generate_series(1, 300) AS i),
	models AS (SELECT uprofile_pca(ARRAY[flag, x, y]) AS pca, uprofile_pca(ARRAY[flag, x, y]) FILTER (WHERE flag = 1) AS part,
		uprofile_linear(ARRAY[flag, x], y) AS linear, uprofile_linear(ARRAY[flag, x], y) FILTER (WHERE flag = 1) AS linear_part FROM rows)
SELECT uprofile_model_info(uprofile_subtract(pca, part))->'rows' AS pca, uprofile_model_info(uprofile_subtract(linear, linear_part))->'rows' AS linear FROM models;
DROP FUNCTION pca_holds;

-- fewer rows than features
SELECT n, uprofile_model_info(uprofile_pca(features))->'n_components' AS components
FROM unnest('{200,400}'::int[]) AS n, LATERAL (SELECT array_agg(sin(i * 12.9898 + j * 78.233 + i * j * 0.37) ORDER BY j) AS features
	FROM generate_series(1, 20) AS i, generate_series(1, n) AS j GROUP BY i) AS r
GROUP BY n ORDER BY n;
