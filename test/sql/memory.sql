-- What a training takes: a sample of the rows (max_rows), and what cannot be trained on is refused before it is read.
SET client_min_messages = warning;
CREATE TABLE memory_t AS SELECT i AS id, (hashint8(i) & 1023)::float8 AS a, (hashint8(i * 3) & 1023)::float8 AS b, i % 1000 = 7 AS rare,
	CASE WHEN i % 500 = 1 THEN 'x' WHEN i % 2 = 0 THEN 'y' ELSE 'z' END AS class
FROM generate_series(1, 20000) i;
ANALYZE memory_t;

-- every class has its share, and the rarest a row; the same sample in any order
CREATE FUNCTION counts(model bytea) RETURNS jsonb LANGUAGE sql AS
$$ SELECT jsonb_build_object('rows', i->'rows', 'of', i->'sampled_from', 'classes', i->'class_counts') FROM uprofile_model_info(model) i $$;
SELECT counts(uprofile_bayes(m, 'class', '{"max_rows": 500, "features": ["a"]}')) FROM memory_t m;
SELECT counts(uprofile_bayes(m, 'rare', '{"max_rows": 100, "features": ["a"]}')) FROM memory_t m;
SELECT counts(uprofile_bayes(m, 'rare', '{"max_rows": 2, "features": ["a"]}')) FROM memory_t m;
SELECT counts(uprofile_bayes(m, 'rare', '{"max_rows": 20000, "features": ["a"]}')) FROM memory_t m;
SELECT counts(uprofile_bayes(ARRAY[a], rare, '{"max_rows": 1000}')) FROM memory_t m;
SELECT uprofile_tree(m, 'class', '{"max_rows": 500, "exclude": ["id"]}') = (SELECT uprofile_tree(r, 'class', '{"max_rows": 500, "exclude": ["id"]}')
       FROM (SELECT * FROM memory_t ORDER BY id DESC) r) AS same,
       uprofile_tree(m, 'class', '{"max_rows": 500, "exclude": ["id"]}') = uprofile_tree(m, 'class', '{"max_rows": 500, "exclude": ["id"], "seed": 1}') AS other_seed
FROM memory_t m;
SELECT i->'rows' AS rows, i->'sampled_from' AS "of" FROM (SELECT uprofile_model_info(uprofile_linear(ARRAY[a, b], a, '{"max_rows": 50}')) AS i FROM memory_t) s;
SELECT i->'rows' AS rows, i->'sampled_from' AS "of" FROM (SELECT uprofile_model_info(uprofile_kmeans(ARRAY[a, b], 3, '{"max_rows": 50}')) AS i FROM memory_t) s;
SELECT uprofile_tree(m, 'class', '{"max_rows": 0}') FROM memory_t m;
SET client_min_messages = notice;
SELECT version, rows_trained, rows_tested FROM uprofile_train('memory_m', 'memory_t', target => 'class', algorithm => 'tree', key => 'id', params => '{"max_rows": 1000, "max_depth": 2}', deploy => 'always');
SELECT uprofile_drop_model('memory_m');

-- learners that come back to any row at any time refuse up front, by the planner's figures; the others go on in files
SET uprofile.max_memory = '1MB';
SELECT version FROM uprofile_train('memory_m', 'memory_t', target => 'class', algorithm => 'svm', params => '{"kernel": "rbf", "exclude": ["id"]}');
SELECT version FROM uprofile_train('memory_m', 'SELECT * FROM memory_t', target => 'a', algorithm => 'svr', params => '{"exclude": ["id"]}');
SELECT uprofile_one_class(ARRAY[a, b]) FROM memory_t;
SELECT uprofile_svm(m, 'class', '{"kernel": "rbf", "features": ["a", "b"]}') FROM memory_t m;
SELECT i->'rows' AS rows, i->'sampled_from' AS "of" FROM (SELECT uprofile_model_info(uprofile_one_class(ARRAY[a, b], '{"max_rows": 300}')) AS i FROM memory_t) s;
SELECT length(uprofile_logistic(m, 'class', '{"features": ["a", "b"]}')) > 0 AS trained FROM memory_t m;
-- what is cancelled, or finds no room on disk, leaves no file
SET statement_timeout = '300ms';
SELECT uprofile_boost(array_fill(a, ARRAY[40]), class, '{"n_estimators": 10000, "learning_rate": 0.001}') FROM memory_t;
RESET statement_timeout;
SELECT count(*) AS files FROM pg_ls_tmpdir();
SET temp_file_limit = '100kB';
\set VERBOSITY sqlstate
SELECT length(uprofile_kmeans(array_fill(a, ARRAY[40]), 2)) FROM memory_t;
\set VERBOSITY default
RESET temp_file_limit;
RESET uprofile.max_memory;
SELECT count(*) AS files FROM pg_ls_tmpdir();

-- refused is what all rows need, as they are counted; what fits never is, however many rows the planner expects
CREATE TABLE memory_w AS SELECT id, a, b, rare, CASE WHEN id < 100 THEN b END AS sparse, id % 50 AS item, 'text ' || id AS words
FROM memory_t, generate_series(1, 3) ORDER BY id;
ANALYZE memory_w;
-- columns in another order, and one that was dropped
CREATE TABLE memory_p (id int, a float8, b float8, sparse float8) PARTITION BY RANGE (id);
CREATE TABLE memory_p1 PARTITION OF memory_p FOR VALUES FROM (0) TO (7000);
CREATE TABLE memory_p2 (sparse float8, gone int, b float8, a float8, id int);
ALTER TABLE memory_p2 DROP gone;
ALTER TABLE memory_p ATTACH PARTITION memory_p2 FOR VALUES FROM (7000) TO (30000);
INSERT INTO memory_p SELECT id, a, b, CASE WHEN id % 2 = 0 THEN b END FROM memory_t;
ANALYZE memory_p;
CREATE TABLE memory_x (id int, words text);
ALTER TABLE memory_x ALTER words SET STORAGE EXTERNAL;
INSERT INTO memory_x SELECT id, CASE WHEN id % 20 = 0 THEN repeat('text ', 600) ELSE 'some words of twenty-eight bytes' END FROM memory_t;
ANALYZE memory_x;
SET uprofile.max_memory = '1MB';
CREATE FUNCTION attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN program_limit_exceeded THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN sqlerrm || '. ' || hint;
END $$;
CREATE TABLE attempts (n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO attempts (statement) VALUES
	($$SELECT uprofile_one_class(ARRAY[a, b]) FROM memory_w$$),
	($$SELECT uprofile_svm(ARRAY[a, b, a, b], rare, '{"kernel": "rbf"}') FROM memory_w$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], item, '{"kernel": "rbf"}') FROM memory_w$$),
	($$SELECT uprofile_svr(w, 'a', '{"exclude": ["words", "rare"]}') FROM memory_w w$$),
	($$SELECT version FROM uprofile_train('memory_m', 'memory_w', target => 'a', algorithm => 'svr', params => '{"exclude": ["words", "rare"]}', test_size => 0)$$),
	($$SELECT uprofile_clean('memory_w', 'memory_c', rules => '[{"rule": "trim"}]')$$),
	($$SELECT uprofile_normalize('memory_w', 'memory_n', method => 'yeo_johnson', replace => true)$$),
	($$SELECT uprofile_train_recommender('memory_r', 'memory_w', user_key => 'id', item => 'item')$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], sparse, '{"kernel": "rbf"}') FROM memory_w$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], sqrt(sparse), '{"kernel": "rbf"}') FROM memory_w$$),
	($$SELECT uprofile_svr(w, 'sparse', '{"exclude": ["words", "rare"]}') FROM memory_w w$$),
	($$SELECT uprofile_train('memory_m', 'memory_w', target => 'sparse', algorithm => 'svr', params => '{"exclude": ["words", "rare"]}')$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], sparse, '{"kernel": "rbf"}') FROM memory_p$$),
	($$SELECT uprofile_svr(p, 'sparse', '{"kernel": "rbf", "features": ["a", "b"]}') FROM memory_p p$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], a, '{"max_rows": 300}') FROM memory_w$$),
	($$SELECT uprofile_svr(w, 'a', '{"weight": "sparse", "features": ["b"]}') FROM memory_w w$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], a, '{"max_iter": 10}') FILTER (WHERE id < 50) FROM memory_w$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], a, '{"max_iter": 10}') FROM memory_w WHERE id < 50$$),
	($$SELECT uprofile_svr(ARRAY[a, b, a, b], a, '{"max_iter": 10}') FROM memory_w GROUP BY id / 1000$$),
	($$SELECT uprofile_normalize('SELECT sparse FROM memory_w', 'memory_n2', method => 'yeo_johnson')$$),
	($$SELECT uprofile_clean('memory_x', 'memory_c', rules => '[{"rule": "trim"}]')$$),
	($$SELECT uprofile_clean('SELECT * FROM memory_x TABLESAMPLE BERNOULLI (100) REPEATABLE (1)', 'memory_c', rules => '[{"rule": "trim"}]')$$),
	($$SELECT uprofile_clean('WITH s AS (SELECT * FROM memory_x TABLESAMPLE BERNOULLI (100)) SELECT * FROM s', 'memory_c', rules => '[{"rule": "trim"}]')$$),
	($$SELECT uprofile_normalize('SELECT a, b, a + b AS c FROM memory_w WHERE id < 13334 AND random() < 2', 'memory_n3', method => 'yeo_johnson')$$);
SET client_min_messages = error;
SELECT n, attempt(statement) FROM attempts ORDER BY n;
-- the same in parallel scans, and where most rows were deleted since the statistics
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT n, attempt(statement) FROM attempts WHERE n < 4 ORDER BY n;
DELETE FROM memory_w WHERE id > 150;
SELECT n, attempt(statement) FROM attempts WHERE n < 9 ORDER BY n;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET client_min_messages;
RESET uprofile.max_memory;
SELECT uprofile_drop_model('memory_m'), uprofile_drop_model('memory_r');
DROP TABLE memory_w, memory_p, memory_x, memory_c, memory_n, memory_n2, memory_n3, attempts;
DROP FUNCTION attempt(text);
DROP FUNCTION counts(bytea);
DROP TABLE memory_t;
