-- Learning aggregates: what odd input does, in the array form and in the row form.
\set SHOW_CONTEXT never
SET extra_float_digits = 0;

CREATE TABLE t AS
SELECT i AS id, ARRAY[i % 7, (i * 5) % 11]::float8[] AS x, (i % 7) + (i * 5) % 11 > 7 AS label FROM generate_series(1, 60) i;

-- no rows, only NULL rows, only NULL labels: NULL
SELECT uprofile_scaler(x) IS NULL AS scaler, uprofile_kmeans(x, 2) IS NULL AS kmeans, uprofile_svm(x, label) IS NULL AS svm,
       uprofile_mlp(x, label) IS NULL AS mlp FROM t WHERE false;
SELECT uprofile_svm(NULL::float8[], label) IS NULL AS rows, uprofile_svm(x, NULL::bool) IS NULL AS labels FROM t;
SELECT uprofile_svm(t, 'label') IS NULL AS svm, uprofile_kmeans(t, 2) IS NULL AS kmeans FROM t WHERE false;
-- skipped rows are counted
SELECT i->'rows' AS rows, i->'skipped_rows' AS null_rows, i->'skipped_labels' AS null_labels
FROM (SELECT uprofile_model_info(uprofile_svm(CASE WHEN id > 5 THEN x END, CASE WHEN id <> 10 THEN label END)) AS i
      FROM t) AS m;
-- one row, one class: a constant model and a warning
SELECT i->'note' AS note, i->'classes' AS classes
FROM (SELECT uprofile_model_info(uprofile_svm(x, label)) AS i FROM t WHERE id = 1) AS m;
SELECT uprofile_predict_label(uprofile_mlp(x, 'yes'), ARRAY[1, 2]) FROM t;
-- k above the distinct rows is lowered
SELECT i->'k' AS k, i->'note' AS note
FROM (SELECT uprofile_model_info(uprofile_kmeans(ARRAY[id % 3], 5)) AS i FROM t) AS m;

-- odd elements
SELECT uprofile_svm(ARRAY[1, NULL], true);
SELECT uprofile_svm(ARRAY[1, 'NaN'::float8], true);
SELECT uprofile_svm(ARRAY['Infinity'::float8, 1], true);
SELECT uprofile_svm(ARRAY[1], 'NaN'::float8);
SELECT uprofile_svm(ARRAY[1], '-Infinity'::float8);
SELECT uprofile_svm('{}'::float8[], true);
SELECT uprofile_svm('{{1,2},{3,4}}'::float8[], true);
SELECT uprofile_kmeans(CASE WHEN id = 9 THEN ARRAY[1] ELSE ARRAY[1, 2] END, 2) FROM t;
SELECT uprofile_kmeans(x, 0) FROM t;
SELECT uprofile_kmeans(x, NULL) FROM t;

-- parameters
SELECT uprofile_svm(x, label, '{"c": 1}') FROM t;
SELECT uprofile_svm(x, label, '{"max_itr": 1}') FROM t;
SELECT uprofile_svm(x, label, '{"C": 0}') FROM t;
SELECT uprofile_svm(x, label, '{"C": "high"}') FROM t;
SELECT uprofile_svm(x, label, '{"loss": "hing"}') FROM t;
SELECT uprofile_svm(x, label, '[1]') FROM t;
SELECT uprofile_svm(x, label, '{"class_weight": {"maybe": 2}}') FROM t;
SELECT uprofile_mlp(x, label, '{"max_iter": 1.5}') FROM t;
SELECT uprofile_kmeans(x, 3, '{"k": 4}') FROM t;
SELECT uprofile_kmeans(x, 2, ('{"seed": ' || id % 2 || '}')::jsonb) FROM t;
SELECT uprofile_kmeans(x, 2 + id % 2) FROM t;

-- labels of every type
SELECT uprofile_model_info(uprofile_svm(x, id % 2)) -> 'classes' AS int4,
       uprofile_model_info(uprofile_svm(x, (id % 2)::int2)) -> 'label_type' AS int2,
       uprofile_model_info(uprofile_svm(x, (id % 2)::int8)) -> 'label_type' AS int8,
       uprofile_model_info(uprofile_svm(x, (id % 2)::numeric)) -> 'label_type' AS numeric,
       uprofile_model_info(uprofile_svm(x, label)) -> 'classes' AS bool,
       uprofile_model_info(uprofile_svm(x, ('L' || id % 3)::varchar)) -> 'classes' AS varchar FROM t;
SELECT uprofile_svm(x, id / 7.0) FROM t;
SELECT uprofile_svm(x, id) FROM t;
SELECT uprofile_model_info(uprofile_mlp(x, id, '{"max_iter": 5, "tol": 1}')) -> 'task' AS task FROM t;
-- features of every array type
SELECT uprofile_kmeans(ARRAY[id, 1], 2) = uprofile_kmeans(ARRAY[id, 1]::numeric[], 2) AS numeric,
       uprofile_kmeans(ARRAY[id, 1], 2) = uprofile_kmeans(ARRAY[id, 1]::real[], 2) AS real,
       uprofile_kmeans(ARRAY[id, 1], 2) = uprofile_kmeans(ARRAY[id, 1]::float8[], 2) AS float8 FROM t;

-- rows
CREATE TABLE r AS
SELECT i AS id, CASE WHEN i % 10 <> 0 THEN i % 9 END AS amount, (ARRAY['a', 'b', NULL])[1 + i % 3] AS kind, i % 2 = 0 AS flag,
       DATE '2024-01-01' + i % 40 AS since, 'u' || i AS code, '{}'::jsonb AS extra, i % 9 > 4 AS label
FROM generate_series(1, 60) AS i;
SELECT i->'features' AS features, i->'left_out' AS left_out
FROM (SELECT uprofile_model_info(uprofile_svm(r, 'label', '{"exclude": ["id"]}')) AS i FROM r) AS m;
SELECT jsonb_array_elements(i->'inputs') - 'deviation' - 'mean' AS input
FROM (SELECT uprofile_model_info(uprofile_svm(r, 'label', '{"features": ["amount", "kind", "flag"]}')) AS i FROM r) AS m;
SELECT uprofile_svm(r, 'labl') FROM r;
SELECT uprofile_svm(r, 'label', '{"features": ["amont"]}') FROM r;
SELECT uprofile_svm(r, NULL) FROM r;
SELECT uprofile_svm(r, CASE WHEN id = 1 THEN 'label' ELSE 'flag' END) FROM r;
SELECT uprofile_svm(s, 'label') FROM (SELECT 'Infinity'::float8 AS amount, label FROM r) AS s;
SELECT uprofile_svm(s, 'label') FROM (SELECT amount, amount, label FROM r) AS s;
SELECT uprofile_svm(s, 'label') FROM (SELECT label, extra FROM r) AS s;
SELECT uprofile_model_info(uprofile_scaler(s)) -> 'center' AS center FROM (SELECT amount, kind FROM r) AS s;

-- a state is not to be forged
SELECT uprofile_agg_final('nonsense'::bytea);
SELECT uprofile_agg_final('\x00');
SELECT uprofile_agg_features('svm', ARRAY[1]);
SELECT uprofile_agg_combine('svm', 'mlp');
SELECT uprofile_agg_final('\x555053540200030001');
SELECT uprofile_agg_final(uprofile_agg_features('scaler', ARRAY[1, 2])) IS NOT NULL AS by_hand;

-- columns of further types: enums, domains, char(n), timestamps, intervals
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE kinds AS
SELECT CASE WHEN i % 3 = 0 THEN 'sad' ELSE 'glad' END::mood AS m, (1 + i % 5)::positive AS d, ('c' || i % 2)::char(5) AS c,
       TIMESTAMPTZ '2024-01-01 00:00+00' + i * interval '1 hour' AS at, i * interval '1 minute' AS span, i % 3 = 0 AS y
FROM generate_series(1, 40) AS i;
SELECT jsonb_array_elements(uprofile_model_info(uprofile_svm(k, 'y')) -> 'inputs') - 'deviation' - 'mean' AS input FROM kinds AS k;
SELECT uprofile_model_info(uprofile_svm(k, 'm')) -> 'classes' AS of_an_enum, uprofile_model_info(uprofile_svm(k, 'd')) -> 'classes' AS of_a_domain
FROM kinds AS k;
SELECT uprofile_predict_label(model, s) AS label FROM (SELECT uprofile_svm(k, 'm') AS model FROM kinds AS k) AS t,
       (SELECT 'sad'::mood AS m, 2::positive AS d, 'c1'::char(5) AS c, TIMESTAMPTZ '2024-01-01 12:00+00' AS at,
               interval '5 minutes' AS span, true AS y) AS s;

-- Rows of names and values, as of a sub-select; and rows as they are.
SELECT uprofile_svm(uprofile_row('{a,b,colour,label}', a, b, colour, label), 'label') = uprofile_svm(x, 'label') AS same
FROM (SELECT i % 7 AS a, i % 11 AS b, 'c' || i % 3 AS colour, i % 7 > 3 AS label FROM generate_series(1, 60) i) x;
SELECT to_jsonb(uprofile_row('{a,b}', 1, NULL::text)), to_jsonb(uprofile_row(x)) FROM (SELECT 1 AS c, 'd'::text AS e) x;
SELECT uprofile_row('{a,b}', 1);
SELECT uprofile_row('{a,b}', 1, 'x');
SELECT uprofile_row('{a,a}', 1, 2);
SELECT uprofile_row('{a,NULL}', 1, 2);
SELECT uprofile_row('{a,""}', 1, 2);
SELECT uprofile_row(NULL, 1);
SELECT uprofile_row('{a}', VARIADIC ARRAY[1]);
SELECT uprofile_svm(ROW(i, i > 3), 'label') FROM generate_series(1, 9) i;

-- Of many models alike it is said a few times, for each call and each kind of warning.
SELECT count(m), count(k) FROM (SELECT uprofile_logistic(ARRAY[b], true) AS m, uprofile_kmeans(ARRAY[1], 2) AS k FROM (SELECT i % 6 AS a, sin(i) AS b FROM generate_series(1, 60) AS i) AS s GROUP BY a OFFSET 0) AS t;
-- Times are explained as what they are, whether they are scaled or not; the indicator of missing ones is none.
SELECT feature, feature_value FROM uprofile_explain((SELECT uprofile_tree(k, 'y', '{"prepare": {"at": {"indicator": true}}}') FROM kinds AS k),
	(SELECT k FROM kinds AS k WHERE at = '2024-01-01 12:00+00')) ORDER BY feature;
SELECT feature, feature_value FROM uprofile_explain((SELECT uprofile_logistic(k, 'y', '{"features": ["at", "d"]}') FROM kinds AS k),
	(SELECT k FROM kinds AS k WHERE at = '2024-01-02 00:00+00')) ORDER BY feature;
-- What does not exist is said beside what does.
SELECT uprofile_tree(k, 'y', '{"exclude": ["nothing"]}') FROM kinds AS k;
SELECT uprofile_tree(k, 'y', '{"exclude": ["nothing", "span"]}') FROM (SELECT k.*, 1 AS nothings FROM kinds AS k) AS k;
SELECT uprofile_tree(k, 'y', '{"weight": "nothing"}') FROM kinds AS k;
SELECT uprofile_scaler(ARRAY[1, 2, NULL, 4]);

-- The states of all groups of a hash share their memory: of each new group the server asks context by context how much there is.
BEGIN;
SET LOCAL work_mem = '64MB';
SET LOCAL enable_sort = off;
DECLARE groups CURSOR FOR
	SELECT i % 1000, uprofile_accuracy(i % 2 = 0, i % 3 = 0), uprofile_mrr(ARRAY['a'], ARRAY['b']), uprofile_linear(ARRAY[i], i % 7), uprofile_top('a', 1, 1),
		   uprofile_interests('a', 1, now(), '1 day') FROM generate_series(1, 5000) AS i GROUP BY 1;
MOVE 1 FROM groups;
SELECT name, count(*) FROM pg_backend_memory_contexts WHERE name ~ '^uprofile' OR ident ~ '^uprofile' GROUP BY name;
COMMIT;
-- So do those that others become part of.
CREATE AGGREGATE ag_state(float8[], boolean) (sfunc = uprofile_agg_boolean, stype = bytea, initcond = 'tree');
CREATE AGGREGATE ag_merged(bytea) (sfunc = uprofile_agg_combine, stype = bytea, finalfunc = uprofile_agg_final);
CREATE TABLE ag_states AS SELECT i % 300 AS a, ag_state(ARRAY[i % 7], i % 11 < 5) AS state FROM generate_series(1, 9000) AS i GROUP BY i % 300, i % 900;
BEGIN;
SET LOCAL enable_sort = off;
DECLARE groups CURSOR FOR SELECT a, ag_merged(state) FROM ag_states GROUP BY 1;
MOVE 1 FROM groups;
SELECT name, count(*) FROM pg_backend_memory_contexts WHERE name ~ '^uprofile agg' GROUP BY name;
COMMIT;
SELECT count(*) FROM (SELECT a, ag_merged(state) AS m FROM ag_states GROUP BY 1) m JOIN (SELECT i % 300 AS a, uprofile_tree(ARRAY[i % 7], i % 11 < 5) AS m FROM generate_series(1, 9000) AS i GROUP BY 1) n USING (a, m);
DROP TABLE ag_states;
DROP AGGREGATE ag_merged(bytea);
DROP AGGREGATE ag_state(float8[], boolean);
