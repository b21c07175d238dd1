-- Models written by earlier versions load, and predict what they did.
CREATE TABLE golden (what text PRIMARY KEY, hex text);
\copy golden FROM 'test/data/golden_1.csv' WITH (FORMAT csv)
CREATE TABLE models AS SELECT what, decode(hex, 'hex') AS model FROM golden;
SELECT what, uprofile_model_info(model)->'format' AS format, uprofile_model_info(model)->'rows' AS rows,
       uprofile_model_info(model)->'features' AS features FROM models ORDER BY what;
SELECT round(v::numeric, 6) AS scaled FROM models, unnest(uprofile_scale(model, ARRAY[2, 9])) AS v WHERE what = 'scaler';
SELECT what, uprofile_predict(model, ARRAY[1, 2]) AS low, uprofile_predict(model, ARRAY[6, 9]) AS high
FROM models WHERE what IN ('kmeans', 'svm', 'mlp') ORDER BY what;
SELECT what, round(uprofile_predict_proba(model, ARRAY[4, 4])::numeric, 4) AS probability
FROM models WHERE what IN ('svm', 'mlp') ORDER BY what;
SELECT uprofile_predict_label(model, s) AS label, round(uprofile_predict_proba(model, s)::numeric, 4) AS probability
FROM models, (SELECT 'b' AS kind, 5 AS a) AS s WHERE what = 'svm of rows';

-- Format 2.
CREATE TABLE golden_2 (what text PRIMARY KEY, hex text);
\copy golden_2 FROM 'test/data/golden_2.csv' WITH (FORMAT csv)
CREATE TABLE models_2 AS SELECT what, decode(hex, 'hex') AS model FROM golden_2;
SELECT what, uprofile_model_info(model)->'format' AS format, uprofile_model_info(model)->'features' AS features FROM models_2 ORDER BY what;
CREATE TABLE golden_row AS SELECT 5 AS n, 3.5 AS skewed, 'd' AS kind, 'name 2' AS name, TIMESTAMP '2024-05-04 18:00' AS at, 'Red cup, red tea' AS note,
       ARRAY[1, NULL]::real[] AS place, NULL::boolean AS flag;
SELECT what, i, round(v::numeric, 6) AS feature FROM models_2, golden_row AS r, unnest(uprofile_transform(model, r)) WITH ORDINALITY AS f (v, i)
WHERE what IN ('pipeline', 'svm') ORDER BY what, i;
SELECT what, uprofile_predict_label(model, r) AS label FROM models_2, golden_row AS r WHERE what IN ('kmeans', 'svm', 'mlp', 'tree', 'forest', 'boost', 'bayes') ORDER BY what;
SELECT what, round(uprofile_predict_proba(model, r)::numeric, 4) AS probability FROM models_2, golden_row AS r WHERE what IN ('svm', 'mlp', 'tree', 'forest', 'boost', 'bayes') ORDER BY what;
SELECT what, round(uprofile_predict(model, ARRAY[20, 3])::numeric, 4) AS value FROM models_2 WHERE what = 'grove';
SELECT what, uprofile_predict(model, ARRAY[3, 2]) AS value, round(uprofile_predict_proba(model, ARRAY[3, 2])::numeric, 6) AS probability FROM models_2 WHERE what = 'bayes of codes';
SELECT what, round(v::numeric, 6) AS scaled FROM models_2, unnest(uprofile_scale(model, ARRAY[7, 100])) AS v WHERE what IN ('scaler', 'power') ORDER BY what;
SELECT what, round(uprofile_predict(model, r)::numeric, 4) AS value FROM models_2, (SELECT *, 2 AS amount, true AS hit, 'mid' AS grade FROM (SELECT n, skewed, kind FROM golden_row) AS p) AS r WHERE what IN ('linear', 'svr', 'one_class') ORDER BY what;
SELECT what, uprofile_predict_label(model, r) AS label, round(uprofile_predict_proba(model, r)::numeric, 4) AS probability
FROM models_2, (SELECT *, 2 AS amount, true AS hit, 'mid' AS grade FROM (SELECT n, skewed, kind FROM golden_row) AS p) AS r WHERE what IN ('logistic', 'grades', 'svm of kernels') ORDER BY what;
SELECT what, round(uprofile_predict_proba(model, ARRAY[5, 9])::numeric, 4) AS probability FROM models_2 WHERE what = 'merged forest';
SELECT what, uprofile_model_info(uprofile_update(model, ARRAY[100, 100]))->'rows' AS rows FROM models_2 WHERE what = 'scaler of sums' GROUP BY what;
DROP TABLE golden_2, models_2, golden_row;

-- Format 5: what the model was trained on.
CREATE TABLE golden_5 (what text PRIMARY KEY, hex text);
\copy golden_5 FROM 'test/data/golden_5.csv' WITH (FORMAT csv)
CREATE TABLE models_5 AS SELECT what, decode(hex, 'hex') AS model FROM golden_5;
SELECT what, uprofile_model_info(model)->'format' AS format, uprofile_predict(model, r) AS value FROM models_5, (SELECT 30 AS n, 'b' AS kind) AS r WHERE what LIKE 'tree%';
SELECT column_name, kind, statistic, round(value::numeric, 4) AS value, drifted, detail
FROM models_5, uprofile_drift(model, 'SELECT i % 50 + 12 AS n, (ARRAY[''a'', ''b'', ''d''])[1 + i % 3] AS kind FROM generate_series(1, 200) AS i') WHERE what LIKE 'tree%';
SELECT uprofile_predict(model, r) AS cluster, uprofile_model_info(model) -> 'numbers' AS numbers FROM models_5, (VALUES (11, 0.5), (11, 10.5), (501, 0)) AS r (x, y) WHERE what = 'numbered kmeans';
DROP TABLE golden_5, models_5;

-- Format 6: calibrated, with a threshold, with intervals.
CREATE TABLE golden_6 (what text PRIMARY KEY, hex text);
\copy golden_6 FROM 'test/data/golden_6.csv' WITH (FORMAT csv)
CREATE TABLE models_6 AS SELECT what, decode(hex, 'hex') AS model FROM golden_6;
SELECT what, i->'format' AS format, i->'calibration' AS calibration, round((i#>>'{threshold,value}')::numeric, 4) AS threshold, jsonb_array_length(i#>'{intervals,widths}') AS widths
FROM models_6, uprofile_model_info(model) AS i ORDER BY what;
SELECT n, uprofile_predict_label(model, ARRAY[n, 4]) AS label, round(uprofile_predict_proba(model, ARRAY[n, 4])::numeric, 4) AS probability FROM models_6, unnest('{3, 5, 6}'::int[]) AS n
WHERE what = 'sigmoid with a threshold';
SELECT kind, uprofile_predict_label(model, r) AS label, round(uprofile_predict_proba(model, r)::numeric, 4) AS probability FROM models_6, (VALUES (3, 4, 'a'), (8, 9, 'c')) AS r (n, m, kind) WHERE what = 'isotonic of three';
SELECT n, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high FROM models_6, unnest('{1, 9}'::int[]) AS n, uprofile_predict_interval(model, ARRAY[n, 4]) WHERE what = 'intervals';
SELECT n, uprofile_predict_label(model, r) AS label, round(uprofile_predict_proba(model, r)::numeric, 4) AS probability FROM models_6, (VALUES (3, 'a'), (8, 'c')) AS r (n, kind) WHERE what LIKE 'tree%';
SELECT n, uprofile_predict(model, r) AS cluster, round(uprofile_predict_proba(model, r)::numeric, 6) AS probability FROM models_6, (VALUES (3, 'a'), (13, 'b')) AS r (n, kind) WHERE what = 'gmm';
SELECT what, n, e.i, round(e.v::numeric, 4) AS value FROM models_6, (VALUES (3, 0.5, 'a'), (8, -0.5, 'c')) AS r (n, m, kind), unnest(uprofile_embed(model, r)) WITH ORDINALITY AS e (v, i) WHERE what = 'pca' ORDER BY n, e.i;
SELECT what, round(v::numeric, 4) AS value, uprofile_model_info(uprofile_update(model, ARRAY[1, 2])) -> 'rows' AS rows FROM models_6, unnest(uprofile_transform(model, ARRAY[3, 0.5])) AS v WHERE what = 'pca of arrays' GROUP BY what, v, model ORDER BY v;
DROP TABLE golden_6, models_6;

-- Trees as they were in format 2, when it had them in few bytes, and in format 7, with lengths: of the same rows the same ones.
CREATE TABLE golden_7 (what text PRIMARY KEY, hex text);
\copy golden_7 FROM 'test/data/golden_2.csv' WITH (FORMAT csv)
DELETE FROM golden_7 WHERE what NOT LIKE 'compact %';
\copy golden_7 FROM 'test/data/golden_7.csv' WITH (FORMAT csv)
CREATE TABLE models_7 AS SELECT what, decode(hex, 'hex') AS model FROM golden_7;
SELECT what, i->'format' AS format, i->'leaves' AS leaves, i->'depth' AS depth FROM models_7, uprofile_model_info(model) AS i ORDER BY split_part(what, ' ', 2), what;
SELECT what, string_agg(uprofile_predict_label(model, r) || ' ' || round(uprofile_predict_proba(model, r)::numeric, 4), ', ' ORDER BY r.i) AS labels
FROM models_7, (VALUES (1, 3, 4, 'a'), (2, 88, 20, 'b'), (3, 50, NULL, 'e'), (4, NULL, 9, 'new')) AS r (i, n, m, kind) WHERE what NOT LIKE '%grove' GROUP BY what ORDER BY split_part(what, ' ', 2), what;
SELECT what, string_agg(round(uprofile_predict(model, r)::numeric, 4)::text, ', ' ORDER BY r.i) AS values
FROM models_7, (VALUES (1, 3, 4), (2, 88, 20), (3, 50, NULL)) AS r (i, n, m) WHERE what LIKE '%grove' GROUP BY what ORDER BY what;
SELECT column_name, statistic, round(value::numeric, 4) AS value FROM models_7, uprofile_drift(model, 'SELECT i % 101 AS n, i % 23 AS m, (ARRAY[''a'', ''b'', ''d''])[1 + i % 3] AS kind FROM generate_series(1, 200) AS i')
WHERE what = 'adjusted forest' AND column_name = 'n' ORDER BY 2;
DROP TABLE golden_7, models_7;
