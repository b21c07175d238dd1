-- Hold-outs that are not by the hash of the key.
SET client_min_messages = error;
CREATE TABLE split_rows AS
SELECT i AS id, i % 50 AS shop, timestamp '2026-01-01' + i * interval '1 hour' AS at, i > 900 AS test_row,
	hashfloat8(i) % 1000 / 100.0 AS x, hashfloat8(i + 0.5) % 1000 / 100.0 AS z, (hashfloat8(i) % 1000 + hashfloat8(i + 0.25) % 400) > 600 AS y
FROM generate_series(1, 1000) i;
CREATE FUNCTION split_held(split jsonb, source text DEFAULT 'split_rows', key text DEFAULT 'id', model text DEFAULT 'split_m') RETURNS TABLE (version int, trained bigint, tested bigint, note text) LANGUAGE sql AS
$$ SELECT t.version, t.rows_trained, t.rows_tested, t.note FROM uprofile_train(model, source, 'y', 'logistic', key => key, split => split, params => '{"exclude": ["test_row", "at"]}') t $$;
SELECT version, trained, tested FROM split_held('{"method": "random"}');
SELECT count(*) FROM uprofile_held_out('split_m', 'split_rows');
-- The next version is compared on the same rows, also where there are more of them.
CREATE TEMP TABLE held_1 AS SELECT user_key FROM uprofile_held_out('split_m', 'split_rows');
SELECT version, trained, tested, note ~ 'on the same (rows|200 rows)$' AS same FROM split_held('{"method": "random"}');
SELECT version, trained, tested, note ~ 'on the same 200 rows' AS same FROM split_held('{"method": "random"}', 'SELECT * FROM split_rows UNION ALL SELECT id + 5000, shop, at, test_row, z, x, y FROM split_rows');
SELECT count(*) FROM uprofile_deploy('split_m', 3);
SELECT count(*), count(*) FILTER (WHERE user_key IN (SELECT user_key FROM held_1)) FROM uprofile_held_out('split_m', 'split_rows');
-- Another seed is another hold-out.
SELECT version, trained, tested FROM split_held('{"method": "random", "seed": 1}');
-- Each class, to the row.
SELECT version, trained, tested FROM split_held('{"method": "stratified"}', model => 'split_s');
SELECT y, count(*), round(avg((id::text IN (SELECT user_key FROM uprofile_held_out('split_s', 'split_rows')))::int), 2) FROM split_rows GROUP BY y ORDER BY y;
-- Whole groups: of a column, or of the key.
SELECT version, trained, tested FROM split_held('{"method": "group", "column": "shop"}', model => 'split_g');
SELECT count(DISTINCT shop), count(*) FROM split_rows WHERE id::text IN (SELECT user_key FROM uprofile_held_out('split_g', 'split_rows'));
SELECT uprofile_model_info('split_g') -> 'features' AS features;
SELECT version, trained, tested FROM split_held('{"method": "group"}', key => 'shop', model => 'split_k');
SELECT count(*) FROM uprofile_held_out('split_k', 'split_rows');
-- In the order of time, with a gap; later rows are new to it.
SELECT version, trained, tested FROM split_held('{"method": "time", "column": "at", "gap": 36000}', model => 'split_t');
SELECT min(id), count(*) FROM split_rows WHERE id::text IN (SELECT user_key FROM uprofile_held_out('split_t', 'split_rows'));
SELECT value FROM uprofile_evaluate('split_t', 'SELECT * FROM split_rows WHERE id > 700', rows => 'held_out') WHERE metric = 'rows';
SELECT split - 'cut' AS split, (split ->> 'cut')::float8 = extract(epoch FROM timestamp '2026-01-01' + 801 * interval '1 hour' - timestamp '2000-01-01') AS cut
FROM uprofile_model_designs d JOIN uprofile_model_versions v ON v.id = d.version_id WHERE v.model = 'split_t';
SELECT trained, tested, note ~ 'on the same rows' AS same FROM split_held('{"method": "time", "column": "at"}', 'SELECT * FROM split_rows UNION ALL SELECT id + 1000, shop, at + interval ''1000 hours'', test_row, x, z, y FROM split_rows', model => 'split_t');
-- By time it is no matter how the key is written, or which it is; else it is.
SELECT trained, tested, note ~ 'on the same rows' AS same FROM split_held('{"method": "time", "column": "at"}', 'SELECT id::text AS id, shop, at + interval ''2000 hours'' AS at, test_row, x, z, y FROM split_rows', model => 'split_t');
SELECT trained, tested, note ~ 'on the same rows' AS same FROM split_held('{"method": "time", "column": "at"}', 'SELECT -id AS other, shop, at + interval ''4000 hours'' AS at, test_row, x, z, y FROM split_rows', key => 'other', model => 'split_t');
SELECT substring(note FROM 'not comparable: [^;]*') AS note FROM split_held('{"method": "group"}', 'SELECT shop::text AS shop, at, test_row, x, z, y FROM split_rows', key => 'shop', model => 'split_k');
-- As a column says.
SELECT trained, tested FROM split_held('{"method": "column", "column": "test_row"}', model => 'split_c');
SELECT array_agg(user_key::int ORDER BY user_key::int) = ARRAY(SELECT generate_series(901, 1000)) AS same FROM uprofile_held_out('split_c', 'split_rows');
-- Without a key: rows by their values.
SELECT trained, tested FROM split_held('{"method": "random"}', key => NULL, model => 'split_n');
SELECT value FROM uprofile_evaluate('split_n', 'split_rows', rows => 'held_out') WHERE metric = 'rows';
-- Tuning sees none of the rows held out.
SELECT rows_trained, rows_tested FROM uprofile_train('split_u', 'split_rows', 'y', 'tree', key => 'id', split => '{"method": "time", "column": "at"}',
	tune => '{"search": {"max_depth": [2, 3]}, "folds": 2, "split": {"method": "group", "column": "shop"}}');
-- Of numbers.
SELECT rows_trained, rows_tested FROM uprofile_train('split_r', 'split_rows', 'x', 'linear', key => 'id', split => '{"method": "stratified"}');
SELECT round(avg(x)::numeric, 1) AS all_rows, round(avg(x) FILTER (WHERE id::text IN (SELECT user_key FROM uprofile_held_out('split_r', 'split_rows')))::numeric, 1) AS held FROM split_rows;
-- The order of arrival changes nothing.
SELECT trained, tested FROM split_held('{"method": "stratified"}', 'SELECT * FROM split_rows ORDER BY id DESC', model => 'split_o');
SELECT count(*) FROM (SELECT * FROM uprofile_held_out('split_s', 'split_rows') EXCEPT SELECT * FROM uprofile_held_out('split_o', 'split_rows')) d;
SELECT trained FROM split_held('{"method": "hash"}', model => 'split_h');
-- Errors.
SELECT * FROM split_held('{"method": "time"}');
SELECT * FROM split_held('{"method": "tim"}');
SELECT * FROM split_held('{"method": "random", "column": "shop"}');
SELECT * FROM split_held('{"method": "random", "gap": 3}');
SELECT * FROM split_held('{"method": "time", "column": "nope"}');
SELECT * FROM split_held('{"method": "time", "column": "y"}');
SELECT * FROM split_held('{"method": "group"}', key => NULL);
SELECT * FROM split_held('[1]');
SELECT * FROM split_held('{"method": "column", "column": "at"}', 'SELECT id, x, y, 0 AS at FROM split_rows', model => 'split_e');
SELECT * FROM split_held('{"method": "time", "column": "at"}', 'SELECT id, x, y, 0 AS at FROM split_rows', model => 'split_e');
SELECT * FROM split_held('{"method": "time", "column": "at"}', 'SELECT id, x, y, nullif(id, 3) AS at FROM split_rows', model => 'split_e');
SELECT * FROM split_held('{"method": "random"}', 'SELECT id, x, y, 0 AS at FROM split_rows WHERE id < 2', model => 'split_e');
SELECT * FROM uprofile_train('split_e', 'split_rows', 'y', 'logistic', test_size => 0, split => '{"method": "random"}');
SELECT count(*) FROM (SELECT DISTINCT model FROM uprofile_models WHERE model LIKE 'split\__') m, LATERAL uprofile_drop_model(m.model);
SELECT count(*) FROM uprofile_model_designs;
DROP TABLE split_rows CASCADE;
DROP FUNCTION split_held;

-- Without a key rows are held out by what they are: the same under every setting by which numbers are written.
CREATE TABLE split_lists AS SELECT ARRAY[sin(i), cos(i)] AS list, ARRAY[sin(i), cos(i)]::real[] AS short, i % 7 AS y FROM generate_series(1, 500) i;
SELECT rows_trained, rows_tested FROM uprofile_train('split_lists', 'split_lists', target => 'y', algorithm => 'tree');
SET extra_float_digits = 0;
SELECT rows_trained, rows_tested FROM uprofile_train('split_lists', 'split_lists', target => 'y', algorithm => 'tree', deploy => 'always');
RESET extra_float_digits;
SELECT count(DISTINCT m.metrics) FROM uprofile_models m WHERE model = 'split_lists';
SELECT uprofile_drop_model('split_lists');
DROP TABLE split_lists;
