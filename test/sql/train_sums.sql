-- uprofile_train sums up what it trains on where that is much and its learner needs no more: the same model as of rows that are held, measured on the same ones.
SET uprofile.max_workers = 0;
CREATE TABLE summed AS SELECT i AS id, (i * 7919 % 1999)::float8 / 7 AS a, CASE WHEN i % 7 > 0 THEN round(sin(i)::numeric, 3)::float8 END AS b, i % 3 = 0 AS flag, timestamp '2026-01-01' + i % 1000 * interval '1 hour' AS seen,
	'shop ' || i % 3 AS shop, sin(i) * 3 + (i * 7919 % 1999) / 100.0 + cos(i * 1.7) AS y, i % 5 = 0 OR sin(i) > 0.5 AS good, i % 4 AS part
	FROM generate_series(1, 30000) i;
-- With 64 MB rows are held, with 2 MB what is beyond 1,600 to 4,000 of them is not.
CREATE TABLE trained_sums (what text, held boolean, version int, trained bigint, tested bigint, features int, metrics jsonb, note text, info jsonb, bytes bytea);
CREATE PROCEDURE train_both(what text, query text, target text, algorithm text, params jsonb DEFAULT '{}', key text DEFAULT NULL, test_size float8 DEFAULT 0.2) LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	FOR held IN 0 .. 1 LOOP
		PERFORM set_config('uprofile.max_memory', CASE held WHEN 1 THEN '64MB' ELSE '2MB' END, false);
		SELECT * INTO t FROM uprofile_train('sums ' || held, query, target, algorithm, params => params, key => key, test_size => test_size, deploy => 'always');
		INSERT INTO trained_sums SELECT what, held = 1, t.version, t.rows_trained, t.rows_tested, t.features, t.metrics, t.note, uprofile_model_info(v.bytes), v.bytes FROM uprofile_model_versions v WHERE v.model = 'sums ' || held;
		PERFORM uprofile_drop_model('sums ' || held);
	END LOOP;
END $$;
CALL train_both('linear', 'SELECT id, a, b, flag, seen, y FROM summed', 'y', 'linear', key => 'id');
CALL train_both('linear, rows without a key', 'SELECT a, b, flag, seen, y FROM summed', 'y', 'linear');
CALL train_both('ridge', 'SELECT id, a, b, seen, y FROM summed', 'y', 'linear', '{"penalty": "l2"}', 'id');
CALL train_both('columns left out', 'summed', 'y', 'linear', '{"exclude": ["shop", "good", "part"]}', 'id');
CALL train_both('a key that comes again', 'SELECT id / 3 AS id, a, b, seen, y FROM summed', 'y', 'linear', key => 'id');
CALL train_both('a key of two columns, some of it NULL', 'SELECT id % 10 AS k, CASE WHEN id % 4 > 0 THEN id END AS l, a, b, y FROM summed', 'y', 'linear', key => 'k,l');
CALL train_both('nothing held out', 'SELECT id, a, b, flag, y FROM summed', 'y', 'linear', key => 'id', test_size => 0);
CALL train_both('targets that are NULL', 'SELECT id, a, b, CASE WHEN id % 5 > 0 THEN y END AS y FROM summed', 'y', 'linear', key => 'id');
CALL train_both('bayes', 'SELECT id, a, b, flag, seen, good FROM summed', 'good', 'bayes', key => 'id');
CALL train_both('bayes of numbers', 'SELECT id, a, b, flag, part FROM summed', 'part', 'bayes', key => 'id');
CALL train_both('a rare class', 'SELECT id, a, b, flag, CASE WHEN id % 3000 = 0 THEN 9 ELSE part END AS part FROM summed', 'part', 'bayes', key => 'id');
CALL train_both('components', 'SELECT a, b, seen FROM summed', NULL, 'pca', '{"n_components": 2}');
CREATE FUNCTION numbers_of(info jsonb) RETURNS float8[] LANGUAGE sql IMMUTABLE AS
$$ SELECT array_agg(v::float8 ORDER BY k, n) FROM unnest(ARRAY['coef', 'intercept', 'explained_variance']) k, LATERAL jsonb_path_query_array(info->k, '$[*]') e, LATERAL jsonb_array_elements_text(e) WITH ORDINALITY x(v, n) $$;
CREATE FUNCTION far_apart(x jsonb, y jsonb) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(max(abs(a.value::float8 - b.value::float8) / greatest(abs(a.value::float8), 1e-3)), 0) FROM jsonb_each_text(x) a JOIN jsonb_each_text(y) b USING (key) WHERE jsonb_typeof(x->a.key) = 'number' $$;
SELECT h.what, h.trained = s.trained AND h.tested = s.tested AND h.features = s.features AND h.note IS NOT DISTINCT FROM s.note AS same_rows, far_apart(h.metrics, s.metrics) < 1e-9 AS same_metrics,
	(SELECT max(abs(a - b) / greatest(abs(b), 1e-9)) FROM unnest(numbers_of(h.info), numbers_of(s.info)) e(a, b)) < 1e-8 AS near, h.bytes <> s.bytes AS other_digits,
	jsonb_path_query_array(h.info, '$.inputs[*].impute') = jsonb_path_query_array(s.info, '$.inputs[*].impute') AS medians, h.info->'rows' = s.info->'rows' AND h.info->'classes' IS NOT DISTINCT FROM s.info->'classes' AS same, s.info->'left_out' AS left_out
FROM trained_sums h JOIN trained_sums s USING (what) WHERE h.held AND NOT s.held ORDER BY h.what COLLATE "C";
SELECT what, held, trained, tested, note FROM trained_sums WHERE note IS NOT NULL ORDER BY what COLLATE "C", held;

-- What it goes on with: the version is measured, compared, explained and watched for drift as others are.
SET uprofile.max_memory = '2MB';
SELECT version, rows_trained, rows_tested, deployed, note FROM uprofile_train('sums', 'SELECT id, a, b, flag, good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT version, rows_trained, deployed, note FROM uprofile_train('sums', 'SELECT id, a, b, flag, good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT metric FROM uprofile_evaluate('sums', 'SELECT id, a, b, flag, good FROM summed', rows => 'held_out') e, uprofile_model_versions v WHERE model = 'sums' AND v.version = 2 AND abs(e.value - (v.metrics->>metric)::float8) > 1e-12;
SELECT column_name, statistic, drifted FROM uprofile_drift('sums', 'SELECT id, a, b, flag, good FROM summed') WHERE drifted;
SELECT count(*) > 0 AS drifted FROM uprofile_drift('sums', 'SELECT id, a + 100 AS a, b, flag, good FROM summed') WHERE drifted;

-- Rows are held where they are needed, and refused where they cannot be used, as ever.
SELECT rows_trained FROM uprofile_train('sums held', 'SELECT id, a, shop, y FROM summed', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always');
SELECT rows_trained FROM uprofile_train('sums held', 'SELECT id, a, CASE WHEN id > 29000 THEN b END AS b, y FROM summed ORDER BY id', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always');
SELECT rows_trained FROM uprofile_train('sums held', 'SELECT id, a, y FROM summed', target => 'y', algorithm => 'linear', key => 'id', params => '{"max_rows": 5000}', deploy => 'always');
SELECT rows_trained FROM uprofile_train('sums held', 'SELECT id, a, y FROM summed', target => 'y', algorithm => 'linear', split => '{"method": "random"}', deploy => 'always');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, true AS good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, CASE WHEN id = 29999 THEN ''Infinity'' ELSE b END AS b, good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, CASE WHEN id = 29000 THEN 1e200 ELSE b END AS b, good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, id AS good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, NULL::float8 AS b, NULL::float8 AS y FROM summed', target => 'y', algorithm => 'linear', key => 'id');
SELECT rows_trained, note FROM uprofile_train('sums held', 'SELECT id, a, y * 2 AS twice, y FROM summed', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always');
SELECT rows_trained FROM uprofile_train('sums held', 'SELECT id, a, y FROM summed', target => 'y', algorithm => 'linear', deploy => 'always');
SELECT version FROM uprofile_train('sums held', 'SELECT a, b FROM summed', algorithm => 'pca', params => '{"n_components": 5}');
SELECT version FROM uprofile_train('sums held', 'SELECT 1.0::float8 AS a FROM summed', algorithm => 'pca');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, b * 1e200 AS b, good FROM summed', target => 'good', algorithm => 'bayes', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id / 2 AS id, a, b * 1e200 AS b, y FROM summed', target => 'y', algorithm => 'linear', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, b * 1e200 AS b, good FROM summed', target => 'good', algorithm => 'linear', key => 'id');
-- Classes that turn out to be numbers are refused as such, whatever memory sums of each would take.
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, b, CASE WHEN id > 10000 THEN id ELSE part END AS n FROM summed ORDER BY id', target => 'n', algorithm => 'bayes', key => 'id');
SELECT version FROM uprofile_train('sums held', 'SELECT id, a, b, CASE WHEN id > 20000 THEN y WHEN id > 10000 THEN id ELSE part END AS n FROM summed ORDER BY id', target => 'n', algorithm => 'bayes', key => 'id');
-- What is summed up counts rows all the same, though only some of them are looked at; a number that comes again does not.
SELECT rows_trained FROM uprofile_train('sums held', 'SELECT id, a, id * 7919 % 24001 AS c, id / 2 * 2 AS d, y FROM summed', target => 'y', algorithm => 'linear', deploy => 'always');
RESET uprofile.max_memory;
RESET uprofile.max_workers;
SELECT count(*) FROM uprofile_model_names n, LATERAL uprofile_drop_model(n.name) WHERE name LIKE 'sums%';
DROP TABLE summed, trained_sums;
DROP PROCEDURE train_both;
DROP FUNCTION numbers_of, far_apart;
