-- Trees and forests: every form, columns as they are, what they say of themselves, what is refused.
\set SHOW_CONTEXT never
CREATE TABLE visitors AS
SELECT i AS id, CASE WHEN i % 7 = 0 THEN NULL ELSE (hashint4(i) & 63)::float8 END AS age, (ARRAY['mail', 'shop', 'web', 'phone', NULL])[1 + i % 5] AS channel,
       TIMESTAMP '2024-01-01' + i * interval '1 hour' AS seen, (hashint4(i) & 63) > 30 AND i % 5 < 2 AS buys, (hashint4(i) & 63) / 10.0 + i % 3 AS amount,
       (ARRAY['low', 'mid', 'high'])[1 + (hashint4(i) & 63) / 22] AS level
FROM generate_series(1, 400) AS i;

-- row form: categories and missing values without encoding
CREATE TABLE trees AS
SELECT uprofile_tree(v, 'buys', '{"exclude": ["id", "amount", "level"]}') AS m FROM visitors AS v;
SELECT i->'features' AS features, i->'inputs'->1->'encode' AS encode, i->'task' AS task, (i->>'depth')::int < 12 AS small
FROM (SELECT uprofile_model_info(m) AS i FROM trees) AS t;
SELECT avg((uprofile_predict(m, v)::int::boolean = buys)::int)::float8 > 0.95 AS good FROM trees, visitors AS v;
SELECT uprofile_predict(m, r) AS seen, uprofile_predict_proba(m, r) BETWEEN 0 AND 1 AS p
FROM trees, (SELECT NULL::float8 AS age, 'never seen' AS channel, NULL::timestamp AS seen) AS r;
-- the other forms and tasks
SELECT uprofile_predict_label(m, ARRAY[1, 40]) AS text_label FROM (SELECT uprofile_tree(ARRAY[i % 2, i], CASE WHEN i > 20 THEN 'big' ELSE 'small' END) AS m FROM generate_series(1, 60) AS i) AS t;
SELECT uprofile_predict(m, ARRAY[7]) AS number FROM (SELECT uprofile_tree(ARRAY[i], i * 1.5, '{"task": "regression"}') AS m FROM generate_series(1, 60) AS i) AS t;
SELECT abs(uprofile_predict(m, v) - v.amount) < 1 AS near FROM (SELECT uprofile_forest(v, 'amount', '{"exclude": ["id", "buys", "level"], "n_estimators": 20}') AS m FROM visitors AS v) AS t, visitors AS v WHERE v.id = 3;
SELECT uprofile_predict_label(m, v) = v.level AS same FROM (SELECT uprofile_forest(v, 'level', '{"features": ["age", "channel"], "n_estimators": 10}') AS m FROM visitors AS v) AS t, visitors AS v WHERE v.id = 8;
-- parameters tell: depth, leaves, pruning, out of bag
SELECT i->'depth' AS depth, (i->>'leaves')::int <= 4 AS few FROM (SELECT uprofile_model_info(uprofile_tree(v, 'buys', '{"exclude": ["id"], "max_depth": 2}')) AS i FROM visitors AS v) AS t;
SELECT i->'leaves' AS leaves FROM (SELECT uprofile_model_info(uprofile_tree(v, 'buys', '{"exclude": ["id"], "max_leaf_nodes": 5}')) AS i FROM visitors AS v) AS t;
SELECT i->'leaves' AS leaves FROM (SELECT uprofile_model_info(uprofile_tree(v, 'buys', '{"exclude": ["id"], "ccp_alpha": 1}')) AS i FROM visitors AS v) AS t;
SELECT i->'trees' AS trees, (i->>'oob_score')::float8 BETWEEN 0.8 AND 1 AS oob
FROM (SELECT uprofile_model_info(uprofile_forest(v, 'buys', '{"exclude": ["id"], "n_estimators": 30, "oob_score": true}')) AS i FROM visitors AS v) AS t;
-- boosting: losses, directions, early stopping
SELECT avg((uprofile_predict(m, v)::int::boolean = buys)::int)::float8 > 0.95 AS good, min(uprofile_predict_proba(m, v)) >= 0 AS p
FROM visitors AS v, (SELECT uprofile_boost(v, 'buys', '{"exclude": ["id", "amount", "level"], "min_samples_leaf": 5}') AS m FROM visitors AS v OFFSET 0) AS t;
SELECT loss, abs(avg(uprofile_predict(m, v) - amount)) < 1 AS near
FROM unnest('{squared_error,absolute_error,quantile,poisson}'::text[]) WITH ORDINALITY AS l (loss, at),
     LATERAL (SELECT uprofile_boost(v, 'amount', jsonb_build_object('exclude', '["id", "buys", "level"]'::jsonb, 'loss', loss)) AS m FROM visitors AS v OFFSET 0) AS t, visitors AS v
GROUP BY loss, at ORDER BY at;
SELECT bool_and(later >= before) AS never_falls FROM (SELECT uprofile_predict(m, ARRAY[i, 0]) AS later, lag(uprofile_predict(m, ARRAY[i, 0])) OVER (ORDER BY i) AS before
    FROM (SELECT uprofile_boost(ARRAY[i, i % 3], sin(i / 9.0) * 20 + i, '{"monotone": [1, 0], "task": "regression", "min_samples_leaf": 3}') AS m FROM generate_series(1, 200) AS i) AS t, generate_series(1, 200) AS i) AS s;
SELECT (i->>'rounds')::int < 500 AS stopped, i ? 'validation_loss' AS watched
FROM (SELECT uprofile_model_info(uprofile_boost(v, 'buys', '{"features": ["age", "seen"], "n_estimators": 500, "early_stopping": true, "min_samples_leaf": 5}')) AS i FROM visitors AS v) AS t;
SELECT uprofile_predict_label(m, v) = v.level AS same FROM (SELECT uprofile_boost(v, 'level', '{"features": ["age", "channel"], "n_estimators": 20, "min_samples_leaf": 3}') AS m FROM visitors AS v) AS t, visitors AS v WHERE v.id = 8;
SELECT uprofile_boost(v, 'buys', '{"loss": "poisson"}') FROM visitors AS v;
SELECT uprofile_boost(ARRAY[i], -i, '{"loss": "poisson", "task": "regression"}') FROM generate_series(1, 30) AS i;
SELECT uprofile_boost(v, 'buys', '{"monotone": [1]}') FROM visitors AS v;
-- monotone by names: also beside a category and an indicator of missing values; what is no single number is refused
CREATE TEMP TABLE directions AS
SELECT i AS age, (i * 7 % 11)::float8 AS price, CASE WHEN i % 9 > 0 THEN i % 5 END AS gap, (ARRAY['a', 'b', 'c'])[1 + i % 3] AS plan, i % 2 = 0 AS member, ARRAY[i, i % 4] AS both,
	sin(i / 9.0) * 20 + i - (i * 7 % 11) AS y, (ARRAY['x', 'y', 'z'])[1 + i % 3] AS three FROM generate_series(1, 200) AS i;
SELECT bool_and(uprofile_predict(named, d) = uprofile_predict(listed, d)) AS same, bool_and(uprofile_predict(named, d) = uprofile_predict(free, d)) AS free FROM directions AS d,
	(SELECT uprofile_boost(d, 'y', '{"features": ["age", "price", "plan"], "monotone": {"price": -1, "age": 1}}') AS named, uprofile_boost(d, 'y', '{"features": ["age", "price", "plan"], "monotone": [1, -1, 0]}') AS listed,
		uprofile_boost(d, 'y', '{"features": ["age", "price", "plan"]}') AS free FROM directions AS d OFFSET 0) AS t;
SELECT uprofile_model_info(uprofile_boost(d, 'y', '{"features": ["age", "price"], "monotone": {"price": -1}}')) -> 'params' -> 'monotone' AS given FROM directions AS d;
SELECT bool_and(later >= before) AS never_falls, bool_or(free < free_before) AS falls FROM (
	SELECT uprofile_predict(m, d) AS later, lag(uprofile_predict(m, d)) OVER w AS before, uprofile_predict(f, d) AS free, lag(uprofile_predict(f, d)) OVER w AS free_before
	FROM (SELECT uprofile_boost(d, 'y', '{"features": ["gap", "age"], "prepare": {"gap": {"indicator": true}}, "monotone": {"age": 1, "gap": 0}, "min_samples_leaf": 3}') AS m,
		uprofile_boost(d, 'y', '{"features": ["gap", "age"], "min_samples_leaf": 3}') AS f FROM directions AS d) AS t, (SELECT age, 3 AS gap FROM directions) AS d WINDOW w AS (ORDER BY age)) AS s;
SELECT uprofile_boost(d, 'y', '{"exclude": ["both", "gap"], "monotone": {"pice": -1}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"exclude": ["both", "gap"], "monotone": {"wholly": -1}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"exclude": ["both"], "monotone": {"both": 1}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"monotone": {"both": 1}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"monotone": {"plan": 1}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"prepare": {"plan": {"encode": "one_hot"}}, "monotone": {"plan": 1}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"monotone": {"age": 2}}') FROM directions AS d;
SELECT uprofile_boost(d, 'y', '{"monotone": "age"}') FROM directions AS d;
SELECT uprofile_boost(d, 'three', '{"monotone": {"age": 1}}') FROM directions AS d;
SELECT uprofile_boost(ARRAY[age, price], y, '{"monotone": {"age": 1}}') FROM directions AS d;
DROP TABLE directions;
-- rare classes: far below the constant's loss (1.0873, and .0035 of eight positives)
CREATE TABLE rare AS SELECT a, b, c, a < 1 AND b < 400 AS two,
       CASE WHEN a < 1 AND b < 300 THEN 'r1' WHEN a > 1006 AND b > 700 THEN 'r2' WHEN b < 5 THEN 'r3' WHEN a < 200 THEN 'mid' WHEN c < 50 THEN 'x' ELSE 'y' END AS cls
FROM (SELECT i::bigint * 7919 % 1009 AS a, i::bigint * 104729 % 997 AS b, i::bigint * 31 % 100 AS c FROM generate_series(1, 20000) AS i) AS s;
SELECT round((i->>'start_loss')::numeric, 4) AS constant, (i->>'training_loss')::float8 < 0.01 AS low
FROM (SELECT uprofile_model_info(uprofile_boost(ARRAY[a, b, c], cls)) AS i FROM rare) AS t;
SELECT round((i->>'start_loss')::numeric, 4) AS constant, (i->>'training_loss')::float8 < 0.001 AS low
FROM (SELECT uprofile_model_info(uprofile_boost(ARRAY[a, b, c], two)) AS i FROM rare) AS t;
SELECT avg((uprofile_predict_label(m, ARRAY[a, b, c]) = cls)::int) > 0.99 AS good
FROM rare, (SELECT uprofile_boost(ARRAY[a, b, c], cls) AS m FROM rare OFFSET 0) AS t;
-- the same seed, the same bytes; another seed, another forest; extra-trees
SELECT md5(uprofile_forest(v, 'buys', '{"n_estimators": 3}')) = md5(uprofile_forest(v, 'buys', '{"n_estimators": 3, "seed": 0}')) AS same,
       md5(uprofile_forest(v, 'buys', '{"n_estimators": 3}')) = md5(uprofile_forest(v, 'buys', '{"n_estimators": 3, "seed": 1}')) AS other,
       length(uprofile_forest(v, 'buys', '{"n_estimators": 3, "splitter": "random", "bootstrap": false}')) > 0 AS extra FROM visitors AS v;
-- named
SELECT version, features, deployed FROM uprofile_train('buyers', 'visitors', 'buys', 'forest', key => 'id', params => '{"n_estimators": 20, "exclude": ["amount", "level"]}');
SELECT uprofile_drop_model('buyers');
-- odd groups and what is refused
SELECT uprofile_predict(uprofile_tree(ARRAY[1], true), ARRAY[5]) AS one_row;
SELECT uprofile_forest(v, 'buys', '{"n_estimators": 0}') FROM visitors AS v;
SELECT uprofile_tree(v, 'buys', '{"criterion": "squared_error"}') FROM visitors AS v;
SELECT uprofile_tree(v, 'amount', '{"criterion": "gini"}') FROM visitors AS v;
SELECT uprofile_tree(v, 'buys', '{"max_features": 0}') FROM visitors AS v;
SELECT uprofile_tree(v, 'buys', '{"class_weight": {"maybe": 2}}') FROM visitors AS v;
SELECT uprofile_forest(v, 'buys', '{"oob_score": true, "bootstrap": false}') FROM visitors AS v;
SELECT uprofile_tree(v, 'buys', '{"max_dept": 3}') FROM visitors AS v;
-- why: contributions add up to what is predicted; importance; the tree in words
SELECT uprofile_show(uprofile_tree(v, 'buys', '{"features": ["age", "channel"], "max_depth": 2}')) FROM visitors AS v;
SELECT feature, round(importance::numeric, 3) AS importance, rank FROM uprofile_importance((SELECT uprofile_tree(v, 'buys', '{"features": ["age", "channel"], "max_depth": 2}') FROM visitors AS v));
SELECT label, feature, feature_value, round(contribution::numeric, 3) AS contribution, round(base_value::numeric, 3) AS base_value
FROM uprofile_explain((SELECT uprofile_tree(v, 'buys', '{"features": ["age", "channel"], "max_depth": 2}') FROM visitors AS v), (SELECT v FROM visitors AS v WHERE id = 6));
CREATE TABLE why AS SELECT 'forest' AS what, uprofile_forest(v, 'buys', '{"exclude": ["id"], "n_estimators": 10}') AS m FROM visitors AS v
UNION ALL SELECT 'boost', uprofile_boost(v, 'level', '{"exclude": ["id"], "n_estimators": 5}') FROM visitors AS v;
SELECT what, max(abs(total - p)) < 1e-9 AS adds_up FROM (SELECT what, (SELECT sum(contribution) + max(base_value) FROM uprofile_explain(m, v)) AS total, uprofile_predict_proba(m, v) AS p
    FROM why, visitors AS v WHERE what = 'forest') AS s GROUP BY what;
SELECT label, count(*) AS rows FROM why, visitors AS v, uprofile_explain(m, v) WHERE what = 'boost' AND id = 1 GROUP BY label ORDER BY label;
SELECT count(*) AS rows, round((sum(contribution) + max(base_value))::numeric, 6) = round(avg(p)::numeric, 6) AS adds_up FROM (SELECT uprofile_tree(ARRAY[i, i % 3], i * 2.0, '{"task": "regression"}') AS m FROM generate_series(1, 50) AS i) AS t,
    LATERAL uprofile_explain(m, ARRAY[7, 1]), LATERAL (SELECT uprofile_predict(m, ARRAY[7, 1]) AS p) AS s;
SELECT uprofile_explain(uprofile_kmeans(ARRAY[i], 2), ARRAY[1]) FROM generate_series(1, 9) AS i;
-- clusters in the units of the data: numbers, times, shares of categories and booleans
SELECT uprofile_show(uprofile_kmeans(ARRAY[i], 2)) FROM generate_series(1, 9) AS i;
SELECT uprofile_show(m), uprofile_model_info(m)->'centres' AS centres, uprofile_model_info(m)->'centres_scaled'->0->1 AS first_scaled
FROM (SELECT uprofile_kmeans(c, 2) AS m FROM (SELECT CASE WHEN i < 5 THEN 'shop' ELSE 'phone' END AS channel, i + 100 * (i / 5) AS amount, i % 2 = 0 AS member,
    timestamp '1999-12-31 12:00' + 400 * i * interval '1 day' AS seen FROM generate_series(1, 7) AS i) AS c) AS t;
SELECT uprofile_show(uprofile_mlp(ARRAY[i], i > 4, '{"max_iter": 2}')) FROM generate_series(1, 9) AS i;
SELECT uprofile_importance(uprofile_kmeans(ARRAY[i], 2)) FROM generate_series(1, 9) AS i;
SELECT * FROM why, uprofile_explain(m, ARRAY[1, 2]) WHERE what = 'forest';

-- More values than bins: rare extremes, and a column that is mostly one value.
SELECT uprofile_show(uprofile_tree(ARRAY[i::float8], i > 19995)) FROM generate_series(1, 20000) AS i;
SELECT uprofile_show(uprofile_tree(ARRAY[CASE WHEN i % 20 = 0 THEN i ELSE 0 END::float8], i % 20 = 0 AND i > 19800)) FROM generate_series(1, 20000) AS i;
CREATE TABLE frauds AS SELECT ARRAY[CASE WHEN i > 19990 THEN 5000 + i % 7 WHEN i % 10 < 7 THEN 0 ELSE (i * 7919 % 2003 + 100) / 10.0 END, i * 31 % 60]::float8[] AS x, i > 19990 AS fraud
FROM generate_series(1, 20000) AS i;
SELECT count(*) FILTER (WHERE fraud = (uprofile_predict(tree, x) = 1)) AS tree, count(*) FILTER (WHERE fraud = (uprofile_predict(forest, x) = 1)) AS forest,
    count(*) FILTER (WHERE fraud = (uprofile_predict(boost, x) = 1)) AS boost
FROM frauds, (SELECT uprofile_tree(x, fraud) AS tree, uprofile_forest(x, fraud, '{"n_estimators": 9}') AS forest, uprofile_boost(x, fraud, '{"min_samples_leaf": 5}') AS boost FROM frauds OFFSET 0) AS m;

-- Importance by shuffling: of the columns, on a source.
CREATE TABLE pairs AS SELECT i AS id, (i * 7) % 100 AS a, (i * 31) % 50 AS b, (i * 13) % 10 AS noise, CASE WHEN i % 5 = 0 THEN 'x' ELSE 'y' END AS kind,
    ((i * 7) % 100 > 50) <> (i % 5 = 0 AND (i * 31) % 50 > 25) AS hit FROM generate_series(1, 500) AS i;
SELECT feature, importance > 0.3 AS much, importance > 0.05 AS some, deviation < 0.1 AS sure, rank
FROM uprofile_importance((SELECT uprofile_forest(p, 'hit', '{"exclude": ["id"], "n_estimators": 20}') FROM pairs p), 'pairs');
SELECT f.importance = g.importance AS same FROM (SELECT uprofile_tree(p, 'hit', '{"exclude": ["id"]}') AS m FROM pairs p) t,
    uprofile_importance(m, 'SELECT * FROM pairs ORDER BY id', seed => 3) f, uprofile_importance(m, 'SELECT * FROM pairs ORDER BY id DESC', seed => 3) g
WHERE f.feature = g.feature AND f.rank = 1;
SELECT algorithm_name FROM uprofile_train('pairs', 'pairs', target => 'hit', algorithm => 'logistic', key => 'id');
SELECT feature, rank FROM uprofile_importance('pairs', 'pairs', repeats => 2) LIMIT 1;
SELECT * FROM uprofile_importance((SELECT uprofile_tree(ARRAY[a, b], hit) FROM pairs), 'pairs');
SELECT * FROM uprofile_importance('pairs', 'SELECT a, hit FROM pairs');
SELECT * FROM uprofile_importance('pairs', 'pairs', repeats => 0);
SELECT * FROM uprofile_importance('pairs', NULL);

-- As SQL.
SELECT uprofile_to_sql(uprofile_tree(p, 'hit', '{"features": ["a", "kind"], "max_depth": 2}'), 'p') FROM pairs p;
SELECT uprofile_to_sql(uprofile_tree(ARRAY[a, b], b::float8, '{"max_depth": 1, "task": "regression"}'), 'ARRAY[a, b]') FROM pairs;
SELECT uprofile_to_sql('pairs') LIKE 'CASE WHEN (%> 0 THEN true ELSE false END' AS case_expression;
SELECT uprofile_to_sql(uprofile_forest(p, 'hit', '{"n_estimators": 2}')) FROM pairs p;
SELECT uprofile_to_sql(uprofile_logistic(p, 'hit', '{"prepare": {"a": {"scale": "quantile"}}}')) FROM pairs p;
SELECT uprofile_drop_model('pairs');
DROP TABLE visitors, trees, why, pairs, frauds;
