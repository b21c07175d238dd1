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
