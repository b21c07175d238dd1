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
DROP FUNCTION counts(bytea);
DROP TABLE memory_t;
