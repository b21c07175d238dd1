-- Whether rows look as those that a model was trained on.
CREATE TABLE drift_users AS
SELECT i AS id, 20 + (i * 7919 % 50)::float8 AS age, (ARRAY['Private', 'Public', 'Self'])[1 + (i * 31 % 7) % 3] AS work,
       CASE WHEN i % 9 > 0 THEN i % 13 END AS visits, i % 4 = 0 AS member, DATE '2026-01-01' + (i * 17 % 400) AS joined,
       ARRAY[i % 7, i % 11]::float8[] AS place, 20 + (i * 7919 % 50) + CASE WHEN i % 4 = 0 THEN 10 ELSE 0 END > 50 AS churned
FROM generate_series(1, 2000) AS i;
SELECT version, deployed FROM uprofile_train('drift_tree', 'drift_users', target => 'churned', algorithm => 'tree', key => 'id', params => '{"max_depth": 3}');
CREATE FUNCTION drift_of(model text, source text, params jsonb DEFAULT NULL)
RETURNS TABLE (column_name text, kind text, statistic text, value numeric, threshold numeric, drifted boolean, detail text) LANGUAGE sql
AS $$ SELECT column_name, kind, statistic, round(value::numeric, 3), round(threshold::numeric, 3), drifted, detail FROM uprofile_drift(model, source, params) $$;

-- Nothing has changed.
SELECT * FROM drift_of('drift_tree', 'drift_users');
-- A column has moved, another has a new value, values are missing, dates go on.
CREATE VIEW drift_later AS SELECT age + 14.4 AS age, CASE WHEN id % 10 = 0 THEN 'Abroad' ELSE work END AS work,
       CASE WHEN id % 2 = 0 THEN visits END AS visits, member, joined + 100 AS joined, place FROM drift_users WHERE id <= 600;
SELECT * FROM drift_of('drift_tree', 'drift_later');
SELECT column_name, statistic FROM drift_of('drift_tree', 'drift_later', '{"psi": 10, "ks": 1, "chi_squared": 10, "missing": 1}') WHERE drifted;
-- The same of the bytes, and of an older version.
SELECT count(*), count(*) FILTER (WHERE drifted) FROM uprofile_drift(uprofile_model('drift_tree', 1), 'drift_later');
-- Too few rows; none.
SELECT * FROM drift_of('drift_tree', 'SELECT * FROM drift_users LIMIT 10');
SELECT * FROM drift_of('drift_tree', 'SELECT * FROM drift_users WHERE false');
SELECT count(*) FROM drift_of('drift_tree', 'SELECT * FROM drift_users LIMIT 10', '{"min_rows": 5}');
-- Columns that are not there, or are something else now; the rest is compared.
SELECT * FROM drift_of('drift_tree', 'SELECT age, visits::text || '' times'' AS visits, member, joined, place FROM drift_users') WHERE drifted;
-- Everything missing.
SELECT * FROM drift_of('drift_tree', 'SELECT age, NULL::text AS work, visits, member, joined, place FROM drift_users') WHERE drifted;

-- Segments and amounts.
SELECT count(*) FROM uprofile_train('drift_segments', 'SELECT id, age, visits FROM drift_users', algorithm => 'kmeans', key => 'id', params => '{"k": 3}');
SELECT column_name, kind, statistic, drifted, detail FROM drift_of('drift_segments', 'SELECT age, visits FROM drift_users') WHERE kind = 'prediction';
SELECT column_name, kind, statistic, drifted, detail FROM drift_of('drift_segments', 'SELECT 30 AS age, visits FROM drift_users') WHERE kind = 'prediction';
SELECT count(*) FROM uprofile_train('drift_age', 'SELECT id, age, visits, joined FROM drift_users', target => 'age', algorithm => 'tree', key => 'id', deploy => 'always');
SELECT DISTINCT column_name, kind FROM drift_of('drift_age', 'drift_users') ORDER BY 1;

-- What it refuses.
SELECT * FROM uprofile_drift((SELECT uprofile_tree(u, 'churned') FROM drift_users AS u), 'drift_users');
SELECT * FROM uprofile_drift('drift_tree', 'SELECT 1 AS one');
SELECT * FROM uprofile_drift('drift_tree', 'drift_users', '{"pis": 1}');
SELECT * FROM uprofile_drift('drift_tree', 'drift_users', '[]');
SELECT * FROM uprofile_drift('drift_tree', NULL);
SELECT * FROM uprofile_drift('drift_three', 'drift_users');
SELECT * FROM uprofile_drift('drift_tree', 'SELECT 1e308 * 1e308 AS age');
SELECT * FROM uprofile_params('drift');
-- What a model keeps goes with its bytes.
SELECT count(*) FROM uprofile_import_model(uprofile_export_model('drift_tree'), 'drift_copy');
SELECT count(*) FILTER (WHERE drifted) FROM uprofile_drift('drift_copy', 'drift_later');

SELECT count(*) FROM unnest(ARRAY['drift_tree', 'drift_segments', 'drift_age', 'drift_copy']) AS m, uprofile_drop_model(m);
DROP FUNCTION drift_of;
DROP VIEW drift_later;
DROP TABLE drift_users;

-- What is kept of the training does not tell in which order the rows came, whether all are looked at or some.
CREATE TABLE drift_rows AS SELECT i AS id, sin(i) * 1000 AS a, exp(cos(i * 1.7) * 9) AS b, CASE WHEN i % 11 > 0 THEN 'k' || i * 7919 % 13 END AS c, i % 400 AS day,
       CASE WHEN i % 400 NOT BETWEEN 270 AND 319 THEN i % 5 END AS d,
       sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS y, sin(i) * (i % 7) + cos(i * 3.3) AS amount FROM generate_series(1, 55000) AS i;
SELECT FROM setseed(0.5);
CREATE TABLE drift_shuffled AS SELECT * FROM drift_rows ORDER BY random();
CREATE FUNCTION drift_bytes(source text, n int, target text, algorithm text, split jsonb = NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM uprofile_train('drift_order', format('SELECT id, a, b, c, d, day, %s FROM %I WHERE id <= %s', target, source, n), target => target, algorithm => algorithm, key => 'id',
						   params => CASE algorithm WHEN 'tree' THEN '{"max_depth": 3}' ELSE '{}' END::jsonb, split => split);
	RETURN md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
END $$;
SET client_min_messages = error;
SELECT n, target, algorithm, split, drift_bytes('drift_rows', n, target, algorithm, split) = drift_bytes('drift_shuffled', n, target, algorithm, split) AS same
FROM (VALUES (2000, 'y', 'logistic', NULL::jsonb), (2000, 'amount', 'linear', NULL), (12000, 'y', 'tree', NULL), (15000, 'amount', 'tree', NULL), (55000, 'y', 'bayes', NULL),
			 (55000, 'y', 'tree', '{"method": "time", "column": "day", "gap": 50}')) AS v (n, target, algorithm, split);
RESET client_min_messages;
-- Rows in the gap are not among what was trained on.
SELECT column_name, kind, statistic, value FROM uprofile_drift('drift_order', 'SELECT * FROM drift_rows WHERE day < 270') WHERE column_name = 'd';
SELECT uprofile_drop_model('drift_order');
DROP FUNCTION drift_bytes;
DROP TABLE drift_rows, drift_shuffled;

-- Rows whose answers are looked at are none that stand in a row: here every second one is of the other class.
CREATE TABLE drift_turns AS SELECT i AS id, i % 2 AS turn, i * 7919 % 1000 AS a, i % 2 = 1 AS y FROM generate_series(1, 20000) AS i;
SET client_min_messages = error;
SELECT rows_trained > 15000 AS trained FROM uprofile_train('drift_turns', 'drift_turns', target => 'y', algorithm => 'tree', key => 'id', params => '{"max_depth": 2}');
RESET client_min_messages;
SELECT kind, statistic, value < 0.01 AS small, drifted FROM uprofile_drift('drift_turns', 'drift_turns') WHERE kind IN ('prediction', 'probability') AND statistic <> 'chi_squared';
SELECT uprofile_drop_model('drift_turns');
DROP TABLE drift_turns;
