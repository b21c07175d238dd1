-- Models that learn on, and models that become one.

CREATE TABLE part AS
SELECT i AS id, i % 4 AS quarter, ARRAY[i % 17, (i * 7) % 23, i % 5]::float8[] AS x,
	((i % 17) * 2 - (i * 7) % 23 + i % 5) > 5 AS hit,
	(i % 17) * 0.5 + ((i * 7) % 23) * 0.25 AS amount,
	CASE WHEN i % 17 > 8 THEN 'often' WHEN (i * 7) % 23 > 11 THEN 'rarely' ELSE 'never' END AS kind
FROM generate_series(1, 2000) i;
CREATE TABLE base AS
SELECT uprofile_scaler(x) AS scaler, uprofile_scaler(x, '{"method": "minmax", "feature_range": [-1, 1]}') AS minmax,
	uprofile_kmeans(x, 3) AS kmeans, uprofile_forest(x, hit, '{"n_estimators": 20}') AS forest,
	uprofile_boost(x, amount, '{"n_estimators": 20}') AS boost, uprofile_mlp(x, kind, '{"max_iter": 30, "tol": 0}') AS mlp
FROM part WHERE quarter < 2;

-- A scaler that was updated, and one that was merged, is the one of all rows.
CREATE FUNCTION apart(a float8[], b float8[]) RETURNS float8 LANGUAGE sql AS
'SELECT max(abs(x - y)) FROM unnest(a, b) u(x, y)';
WITH updated AS (SELECT uprofile_update(scaler, x) AS a, uprofile_update(minmax, x) AS b FROM part, base WHERE quarter >= 2),
	whole AS (SELECT uprofile_scaler(x) AS a, uprofile_scaler(x, '{"method": "minmax", "feature_range": [-1, 1]}') AS b FROM part),
	merged AS (SELECT uprofile_merge(m) AS a FROM (SELECT uprofile_scaler(x) AS m FROM part GROUP BY quarter) q)
SELECT apart(uprofile_scale(u.a, '{3,4,5}'::float8[]), uprofile_scale(w.a, '{3,4,5}'::float8[])) < 1e-14 AS zscore,
	apart(uprofile_scale(u.b, '{3,4,5}'::float8[]), uprofile_scale(w.b, '{3,4,5}'::float8[])) < 1e-14 AS minmax,
	apart(uprofile_scale(m.a, '{3,4,5}'::float8[]), uprofile_scale(w.a, '{3,4,5}'::float8[])) < 1e-14 AS merged,
	uprofile_model_info(u.a)->'rows' AS rows, uprofile_model_info(u.a)->'last_update_rows' AS new_rows,
	uprofile_model_info(m.a)->'rows' AS merged_rows, uprofile_model_info(m.a)->'merged' AS models
FROM updated u, whole w, merged m;

-- The others learn: all counts say so, and what they know gets better, or stays good.
WITH u AS (SELECT uprofile_update(kmeans, x) AS kmeans, uprofile_update(forest, x, hit) AS forest,
		uprofile_update(boost, x, amount) AS boost, uprofile_update(mlp, x, kind) AS mlp,
		uprofile_update(mlp, x, kind, '{"max_iter": 30}') AS longer
	FROM part, base WHERE quarter >= 2)
SELECT uprofile_model_info(kmeans)->'rows' AS rows,
	(SELECT sum(s::int) FROM jsonb_array_elements_text(uprofile_model_info(kmeans)->'sizes') s) AS sizes,
	uprofile_model_info(forest)->'trees' AS trees, uprofile_model_info(boost)->'trees' AS rounds,
	uprofile_model_info(u.mlp)->'iterations' AS passes, uprofile_model_info(longer)->'iterations' AS longer_passes
FROM u;
WITH u AS (SELECT uprofile_update(forest, x, hit, '{"n_estimators": 7}') AS forest,
		uprofile_update(boost, x, amount, '{"n_estimators": 60}') AS boost, uprofile_update(mlp, x, kind, '{"max_iter": 30}') AS mlp
	FROM part, base WHERE quarter >= 2)
SELECT uprofile_model_info(u.forest)->'trees' AS trees,
	avg((uprofile_predict(u.forest, x) = hit::int)::int) >= avg((uprofile_predict(b.forest, x) = hit::int)::int) AS forest,
	avg(abs(uprofile_predict(u.boost, x) - amount)) < 0.5 * avg(abs(uprofile_predict(b.boost, x) - amount)) AS boost,
	avg((uprofile_predict_label(u.mlp, x) = kind)::int) >= avg((uprofile_predict_label(b.mlp, x) = kind)::int) AS mlp
FROM part, u, base b WHERE quarter >= 2 GROUP BY u.forest;

-- A linear machine of the first half that has seen the second one is about as good on both as one of all rows.
WITH first AS (SELECT uprofile_svm(x, hit) AS m FROM part WHERE quarter < 2), whole AS (SELECT uprofile_svm(x, hit) AS m FROM part),
	updated AS (SELECT uprofile_update(m, x, hit) AS m FROM part, first WHERE quarter >= 2),
	shifted AS (SELECT uprofile_svm(x, x[1] > 4) AS m FROM part WHERE id <= 300),
	moved AS (SELECT uprofile_update(m, x, x[1] > 9, '{"max_iter": 5}') AS m FROM part, shifted WHERE id > 300)
SELECT abs(avg((uprofile_predict(w.m, x) = hit::int)::int) - avg((uprofile_predict(u.m, x) = hit::int)::int)) < 0.01 AS as_good,
	avg((uprofile_predict(s.m, x) = (x[1] > 9)::int)::int) < 0.8 AS was_bad, avg((uprofile_predict(v.m, x) = (x[1] > 9)::int)::int) > 0.9 AS has_followed
FROM part, whole w, updated u, shifted s, moved v;

-- Forests of parts become one: its probabilities are the means of theirs, its importance sums to 1, it explains itself.
CREATE TABLE forests AS
SELECT quarter, uprofile_forest(x, hit, '{"n_estimators": 5}') AS m FROM part GROUP BY quarter;
WITH one AS (SELECT uprofile_merge(m) AS m FROM forests)
SELECT uprofile_model_info(one.m)->'trees' AS trees, uprofile_model_info(one.m)->'rows' AS rows,
	abs(uprofile_predict_proba(one.m, '{3,20,1}'::float8[]) - (SELECT avg(uprofile_predict_proba(m, '{3,20,1}'::float8[])) FROM forests)) < 1e-14 AS mean,
	(SELECT round(sum(importance)::numeric, 12) FROM uprofile_importance(one.m)) AS importance,
	abs((SELECT sum(contribution) + max(base_value) FROM uprofile_explain(one.m, '{3,20,1}'::float8[])) - uprofile_predict_proba(one.m, '{3,20,1}'::float8[])) < 1e-12 AS explained,
	uprofile_model_info(uprofile_update(one.m, x, hit, '{"n_estimators": 3}'))->'trees' AS grown
FROM one, part GROUP BY one.m;

-- Rows: columns by name, the label is the one that the model was trained on.
CREATE TABLE customers AS
SELECT id, (x[1] + 20)::int AS age, CASE WHEN id % 11 = 0 THEN NULL ELSE (ARRAY['DE', 'FR', 'US'])[1 + id % 3] END AS country,
	kind FROM part;
WITH f AS (SELECT uprofile_forest(c, 'kind', '{"exclude": ["id"], "n_estimators": 10}') AS m FROM customers c WHERE id <= 1000)
SELECT uprofile_model_info(uprofile_update(m, c))->'rows' AS rows,
	uprofile_model_info(uprofile_update(m, c, '{"n_estimators": 4}'))->'trees' AS trees
FROM f, customers c WHERE id > 1000 GROUP BY m;

-- No row leaves the model as it is; NULL rows and labels are counted.
SELECT uprofile_update(forest, NULL::float8[], true) = forest AS same FROM base GROUP BY forest;
SELECT uprofile_update(forest, x, hit) IS NULL AS nothing FROM base, part WHERE false;
SELECT uprofile_model_info(uprofile_update(forest, CASE WHEN id % 2 = 0 THEN x END, CASE WHEN id % 3 = 0 THEN hit END))
	->'skipped_rows' AS skipped_rows FROM base, part GROUP BY forest;

-- The same rows in another order, and in parallel, give the same bytes.
SELECT uprofile_update(forest, x, hit ORDER BY id) = uprofile_update(forest, x, hit ORDER BY id DESC) AS same FROM base, part GROUP BY forest;
CREATE TABLE wide_base AS SELECT b.*, p.id, p.x, p.hit FROM base b, part p WHERE p.id <= 200;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_hashagg = off;
-- what holds rows is parallel restricted; here its parts are combined all the same
SELECT DISTINCT proparallel FROM pg_proc WHERE oid IN (SELECT aggfnoid FROM pg_aggregate) AND proname = 'uprofile_update';
BEGIN;
UPDATE pg_proc SET proparallel = 's' WHERE oid IN (SELECT aggfnoid FROM pg_aggregate) AND proname = 'uprofile_update';
EXPLAIN (COSTS off) SELECT uprofile_update(forest, x, hit) AS m FROM wide_base;
CREATE TABLE parallel_update AS SELECT uprofile_update(forest, x, hit) AS m, uprofile_update(scaler, x) AS s FROM wide_base;
UPDATE pg_proc SET proparallel = 'r' WHERE oid IN (SELECT aggfnoid FROM pg_aggregate) AND proname = 'uprofile_update';
COMMIT;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET enable_hashagg;
SET max_parallel_workers_per_gather = 0;
SELECT p.m = w.m AS forest, p.s = w.s AS scaler FROM parallel_update p,
	(SELECT uprofile_update(forest, x, hit) AS m, uprofile_update(scaler, x) AS s FROM wide_base) w;
RESET max_parallel_workers_per_gather;

-- What cannot be.
SELECT uprofile_update(uprofile_tree, x, hit) FROM part, (SELECT uprofile_tree(x, hit) FROM part) t GROUP BY uprofile_tree;
SELECT uprofile_update(NULL::bytea, x, hit) FROM part;
SELECT uprofile_update('\x00'::bytea, x, hit) FROM part;
SELECT uprofile_update(forest, x) FROM part, base GROUP BY forest;
SELECT uprofile_update(forest, x, amount) FROM part, base GROUP BY forest;
SELECT uprofile_update(mlp, x, 'sometimes'::text) FROM part, base GROUP BY mlp;
SELECT uprofile_update(forest, x || 1::float8, hit) FROM part, base GROUP BY forest;
SELECT uprofile_update(forest, part) FROM part, base GROUP BY forest;
SELECT uprofile_update(forest, x, hit, '{"n_estimator": 5}') FROM part, base GROUP BY forest;
SELECT uprofile_update(forest, x, hit, '{"task": "regression"}') FROM part, base GROUP BY forest;
SELECT uprofile_update(boost, x, amount, '{"loss": "poisson"}') FROM part, base GROUP BY boost;
SELECT uprofile_update(mlp, x, kind, '{"hidden_layer_sizes": 5}') FROM part, base GROUP BY mlp;
SELECT uprofile_update(m, x, hit) FROM part, forests;
SELECT uprofile_update(m, x) FROM part, (SELECT uprofile_scaler(x, '{"method": "robust"}') AS m FROM part) s GROUP BY m;
SELECT uprofile_merge(m) FROM (SELECT scaler AS m FROM base UNION ALL SELECT minmax FROM base) q;
SELECT uprofile_merge(m) FROM (SELECT forest AS m FROM base UNION ALL SELECT minmax FROM base) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_tree(x, hit) AS m FROM part UNION ALL SELECT uprofile_tree(x, hit) FROM part) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_svm(x, hit, '{"kernel": "rbf"}') AS m FROM part UNION ALL SELECT uprofile_svm(x, hit, '{"kernel": "rbf"}') FROM part) q;
SELECT uprofile_update(m, x, hit) FROM part, (SELECT uprofile_svm(x, hit, '{"kernel": "rbf"}') AS m FROM part) q GROUP BY m;
SELECT uprofile_merge(m) FROM (SELECT '\x1234'::bytea AS m) q;

-- Support functions called by hand believe nothing.
SELECT uprofile_agg_update_features('\x', scaler, '{1,2,3}') IS NOT NULL AS state FROM base;
SELECT uprofile_agg_features('', '{1,2,3}');
SELECT uprofile_agg_update_features('scaler', scaler, '{1,2,3}') FROM base;
SELECT uprofile_agg_features(uprofile_agg_update_features('', scaler, '{1,2,3}'), '{1,2,3}') FROM base;
SELECT uprofile_agg_update_features(uprofile_agg_features('scaler', '{1,2,3}'), scaler, '{1,2,3}') FROM base;
SELECT uprofile_agg_final(substr(uprofile_agg_update_features('', scaler, '{1,2,3}'), 1, 100)) FROM base;

DROP TABLE part, base, forests, customers, wide_base, parallel_update;
DROP FUNCTION apart;

-- Models of parts whose mean is near to that of all rows: linear machines, logistic regressions, k-means.
CREATE TABLE spread AS SELECT i % 4 AS place, ARRAY[(hashint4(i) & 1023) / 100.0, (hashint4(i * 7) & 1023) / 100.0, (i % 5) * 20]::float8[] AS x,
	(hashint4(i) & 1023) + (hashint4(i * 7) & 1023) + (hashint4(i * 13) & 255) > 1100 AS hit FROM generate_series(1, 4000) i;
CREATE TABLE means AS
SELECT 'svm' AS what, uprofile_merge(m) AS merged, (SELECT uprofile_svm(x, hit, '{"probability": true}') FROM spread) AS whole FROM (SELECT uprofile_svm(x, hit, '{"probability": true}') AS m FROM spread GROUP BY place) q
UNION ALL SELECT 'logistic', uprofile_merge(m), (SELECT uprofile_logistic(x, hit) FROM spread) FROM (SELECT uprofile_logistic(x, hit) AS m FROM spread GROUP BY place) q;
SELECT what, abs(uprofile_auc(hit, uprofile_predict_proba(merged, x)) - uprofile_auc(hit, uprofile_predict_proba(whole, x))) < 0.001 AS auc,
	abs(uprofile_log_loss(hit, uprofile_predict_proba(merged, x)) / uprofile_log_loss(hit, uprofile_predict_proba(whole, x)) - 1) < 0.05 AS log_loss
FROM spread, means GROUP BY what ORDER BY what;
SELECT what, uprofile_model_info(merged) -> 'rows' AS rows, uprofile_model_info(merged) -> 'merged' AS merged, uprofile_model_info(merged) -> 'averaged' AS averaged FROM means ORDER BY what;
-- Parts of different sizes: each counts by its rows. One part alone, twice, is itself.
SELECT what, bool_and(abs(uprofile_predict_proba(twice, x) - uprofile_predict_proba(whole, x)) < 1e-12) AS same
FROM (SELECT what, whole, uprofile_merge(m) AS twice FROM means, LATERAL (VALUES (whole), (whole)) v (m) GROUP BY 1, 2) q, spread GROUP BY what ORDER BY what;
SELECT bool_and(abs((uprofile_model_info(uneven) -> 'coef' -> 0 ->> j)::float8 - ((uprofile_model_info(small) -> 'coef' -> 0 ->> j)::float8 + 3 * (uprofile_model_info(large) -> 'coef' -> 0 ->> j)::float8) / 4) < 1e-12) AS by_rows
FROM (SELECT small, large, (SELECT uprofile_merge(m) FROM (VALUES (small), (large)) v (m)) AS uneven FROM (SELECT uprofile_logistic(x, hit) FILTER (WHERE place = 0) AS small, uprofile_logistic(x, hit) FILTER (WHERE place > 0) AS large FROM spread) p) q, generate_series(0, 2) j;
-- Five groups of rows far from each other, which each part has; parts whose clusters are others still count all rows.
SELECT uprofile_model_info(uprofile_merge(m)) -> 'sizes' AS sizes, (SELECT array_agg(round((c ->> 2)::numeric) ORDER BY (c ->> 2)::numeric) FROM jsonb_array_elements(uprofile_model_info(uprofile_merge(m)) -> 'centres') c) AS third
FROM (SELECT uprofile_kmeans(x, 5) AS m FROM spread GROUP BY place) q;
SELECT (SELECT sum(s::int) FROM jsonb_array_elements_text(uprofile_model_info(uprofile_merge(m)) -> 'sizes') s) AS rows
FROM (SELECT uprofile_kmeans(x, 5) AS m FROM spread WHERE place = 1 UNION ALL SELECT uprofile_kmeans(x, 5) FROM spread WHERE place = 2 AND x[3] < 50) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_svm(x, hit) AS m FROM spread WHERE hit UNION ALL SELECT uprofile_svm(x, hit) FROM spread) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_kmeans(x, 5) AS m FROM spread UNION ALL SELECT uprofile_kmeans(x[1:2], 5) FROM spread) q;
DROP TABLE spread, means;
-- The mean of models of parts: importance goes by the spread of all rows, inertia by where the centres came to stand.
WITH rows AS (SELECT i % 2 AS part, (i * 37) % 101 AS age, 1000.0 * ((i * 53) % 97) AS income, ((i * 37) % 101) + ((i * 53) % 97) + (i * 7) % 40 > 110 AS y FROM generate_series(1, 400) AS i),
	parts AS (SELECT part, uprofile_logistic(ARRAY[age, income], y) AS m FROM rows GROUP BY part),
	models AS (SELECT 'part' AS of, m FROM parts WHERE part = 0 UNION ALL SELECT 'merged', uprofile_merge(m ORDER BY part) FROM parts)
SELECT of, feature, round(importance::numeric, 1) AS importance FROM models, LATERAL uprofile_importance(m) ORDER BY of, feature;
WITH parts AS (SELECT g, uprofile_kmeans(ARRAY[g * 10.0 + x], 1) AS m FROM generate_series(0, 1) AS g, generate_series(0, 1) AS x GROUP BY g)
SELECT round((uprofile_model_info(uprofile_merge(m))->>'inertia')::numeric, 6) AS inertia FROM parts;
-- Boosting: the mean of scores by the rows behind each; explained, written and read, and grown on.
CREATE TEMP TABLE grown AS SELECT i, ARRAY[(i * 37) % 101, (i * 53) % 97, (i * 29) % 83]::float8[] AS x, (i * 37) % 101 + (i * 53) % 97 > 95 AS hit, ((i * 37) % 101 + 2 * ((i * 29) % 83))::float8 AS y,
	'k' || ((i * 53) % 97) / 40 AS kind FROM generate_series(1, 900) AS i;
CREATE TEMP TABLE halves AS SELECT (i <= 300)::int AS half, count(*) AS n, uprofile_boost(x, hit, '{"n_estimators": 12}') AS hit, uprofile_boost(x, y, '{"n_estimators": 12}') AS y, uprofile_boost(x, kind, '{"n_estimators": 12}') AS kind FROM grown GROUP BY 1;
CREATE TEMP TABLE both_halves AS SELECT uprofile_merge(hit ORDER BY half) AS hit, uprofile_merge(y ORDER BY half) AS y, uprofile_merge(kind ORDER BY half) AS kind FROM halves;
WITH parts AS (SELECT i, sum(n * ln(p / (1 - p))) / sum(n) AS score, sum(n * v) / sum(n) AS value FROM (SELECT i, n, uprofile_predict_proba(h.hit, x) AS p, uprofile_predict(h.y, x) AS v FROM grown, halves h) q GROUP BY i)
SELECT max(abs(ln(p / (1 - p)) - score)) < 1e-9 AS score, max(abs(v - value)) < 1e-9 AS value, avg(told) > 0.95 AS labels
FROM (SELECT i, uprofile_predict_proba(b.hit, x) AS p, uprofile_predict(b.y, x) AS v, (uprofile_predict_label(b.kind, x) = g.kind)::int AS told FROM grown g, both_halves b) q JOIN parts USING (i);
SELECT m -> 'parts' AS parts, m -> 'trees' AS trees, m -> 'rows' AS rows, m -> 'averaged' AS averaged, (SELECT round(sum(v::numeric), 9) FROM jsonb_array_elements_text(m -> 'importance') v) AS importance FROM both_halves, LATERAL uprofile_model_info(kind) m;
SELECT max(abs(e.added - uprofile_predict(b.y, g.x))) < 1e-6 AS explained FROM both_halves b, grown g, LATERAL (SELECT sum(contribution) + max(base_value) AS added FROM uprofile_explain(b.y, g.x)) e WHERE i <= 20;
SELECT uprofile_model_info(u) -> 'trees' AS trees, uprofile_model_info(u) -> 'parts' AS parts, r.after < r.before AS better FROM (SELECT uprofile_update(b.y, g.x, g.y) AS u FROM grown g, both_halves b) q,
	LATERAL (SELECT uprofile_rmse(g.y, uprofile_predict(q.u, x)) AS after, uprofile_rmse(g.y, uprofile_predict(b.y, x)) AS before FROM grown g, both_halves b) r;
SELECT uprofile_merge(m) FROM (SELECT uprofile_boost(x, y) AS m FROM grown UNION ALL SELECT uprofile_boost(x, y, '{"loss": "absolute_error"}') FROM grown) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_boost(x, kind) AS m FROM grown WHERE kind <> 'k0' UNION ALL SELECT uprofile_boost(x, kind) FROM grown) q;
-- Networks: the mean of weights, which without hidden layers is that of predictions; rounds of updates and means come near the whole.
SET client_min_messages = error;
CREATE TEMP TABLE nets AS SELECT i % 3 AS part, uprofile_mlp(x, y, '{"hidden_layer_sizes": [], "max_iter": 2}') AS plain, uprofile_mlp(x, hit, '{"hidden_layer_sizes": [8], "max_iter": 5}') AS hit FROM (SELECT i, ARRAY[x[1] / 100, x[2] / 100, x[3] / 100] AS x, y, hit FROM grown) g GROUP BY 1;
SELECT max(abs(m - p)) < 1e-4 AS value FROM (SELECT i, uprofile_predict(w.m, g.x) AS m, avg(uprofile_predict(n.plain, g.x)) AS p FROM grown g, nets n, (SELECT uprofile_merge(plain) AS m FROM nets) w GROUP BY i, w.m, g.x) q;
SELECT uprofile_model_info(m) -> 'layers' AS layers, uprofile_model_info(m) -> 'iterations' AS passes, uprofile_model_info(m) -> 'merged' AS merged FROM (SELECT uprofile_merge(hit) AS m FROM nets) q;
WITH RECURSIVE r AS (SELECT 0 AS n, uprofile_merge(hit) AS m FROM nets UNION ALL
	SELECT n + 1, (SELECT uprofile_merge(u) FROM (SELECT uprofile_update(r.m, ARRAY[x[1] / 100, x[2] / 100, x[3] / 100], hit) AS u FROM grown GROUP BY i % 3) q) FROM r WHERE n < 15)
SELECT bool_and(better) AS better FROM (SELECT n, uprofile_log_loss(hit, uprofile_predict_proba(m, ARRAY[x[1] / 100, x[2] / 100, x[3] / 100])) < lag(uprofile_log_loss(hit, uprofile_predict_proba(m, ARRAY[x[1] / 100, x[2] / 100, x[3] / 100]))) OVER (ORDER BY n) AS better FROM r, grown WHERE n % 5 = 0 GROUP BY n) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_mlp(x, y, '{"max_iter": 1, "seed": 1}') AS m FROM grown UNION ALL SELECT uprofile_mlp(x, y, '{"max_iter": 1}') FROM grown) q;
SELECT uprofile_merge(m) FROM (SELECT uprofile_mlp(x, y, '{"max_iter": 1, "hidden_layer_sizes": 4}') AS m FROM grown UNION ALL SELECT uprofile_mlp(x, y, '{"max_iter": 1}') FROM grown) q;
RESET client_min_messages;
DROP TABLE grown, halves, both_halves, nets;
