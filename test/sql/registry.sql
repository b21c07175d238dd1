-- Named models: train, deploy, roll back, drop, and what goes wrong.
\set SHOW_CONTEXT never
CREATE TABLE clients AS
SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 29 AS orders, 'name ' || i AS name,
       (i * 37) % 101 + (i * 7) % 20 > 60 AS churned, ((i * 37) % 101) * 2.5 AS spend
FROM generate_series(1, 600) AS i;

SELECT model_name, version, algorithm_name, task, rows_trained, rows_tested, features, deployed,
       metrics->>'positive' AS positive, (metrics->>'accuracy')::float8 > 0.9 AS good
FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', key => 'id');
-- the same users are held out in every version; a worse version is not deployed
SELECT version, rows_tested, deployed, note LIKE 'auc 0.%, and 0.% of the deployed version 1 on the same rows, worse by 0.%' AS note
FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'tree', key => 'id',
                    params => '{"features": ["age"], "max_depth": 1}');
SELECT version, deployed FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', key => 'id', deploy => 'never');
SELECT version, deployed, algorithm FROM uprofile_models WHERE model = 'm' ORDER BY version;
SELECT * FROM uprofile_deploy('m', 3);
-- a deployment shows at once, also between two calls within one function
CREATE FUNCTION twice() RETURNS text LANGUAGE plpgsql AS $$
DECLARE c clients; one text; other text;
BEGIN
	SELECT * INTO c FROM clients WHERE id = 1;
	one := uprofile_model_info('m'::text)->'n_features';
	PERFORM uprofile_deploy('m', 2);
	other := uprofile_model_info('m'::text)->'n_features';
	RETURN one || ' ' || other;
END $$;
SELECT twice();
SELECT * FROM uprofile_rollback('m');
SELECT * FROM uprofile_rollback('m');
SELECT * FROM uprofile_rollback('m');
-- a deployment that is undone is undone
BEGIN;
SAVEPOINT s;
SELECT deployed_version FROM uprofile_deploy('m', 2);
SELECT uprofile_model_info('m'::text)->'n_features' AS features;
ROLLBACK TO s;
SELECT uprofile_model_info('m'::text)->'n_features' AS features;
COMMIT;
-- reading works where nothing may be written; training does not
BEGIN READ ONLY;
SELECT uprofile_predict_label('m', c) FROM clients c WHERE id = 1;
SELECT count(*) > 3 AS metrics FROM uprofile_evaluate('m', 'clients');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm');
ROLLBACK;

SELECT * FROM uprofile_drop_model('m', 1);
SELECT * FROM uprofile_drop_model('m', 9);
SELECT * FROM uprofile_drop_model('m', 3);
-- a number is never given again
SELECT version FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', key => 'id', deploy => 'never');
SELECT * FROM uprofile_drop_model('m', 4);
SELECT version FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', key => 'id', deploy => 'never');
SELECT model_name, rows_tested, metrics->'rows' AS rows, round((metrics->>'rmse')::numeric, -2) AS rmse
FROM uprofile_train('r', 'clients', target => 'spend', algorithm => 'mlp', key => 'id',
                    params => '{"max_iter": 5, "tol": 1000, "n_iter_no_change": 1, "exclude": ["name"]}');
SELECT rows_trained, rows_tested, metrics ? 'silhouette' AS silhouette, metrics ? 'inertia' AS inertia
FROM uprofile_train('k', 'SELECT age, orders FROM clients', algorithm => 'kmeans', params => '{"k": 3}');

-- errors
SELECT * FROM uprofile_train('m', 'clints', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'clients', target => 'churnd', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'smv');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned');
SELECT * FROM uprofile_train('m', 'clients', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'kmeans');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', key => 'idd');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', test_size => 1);
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', deploy => 'perhaps');
SELECT * FROM uprofile_train('m', 'clients', target => 'churned', algorithm => 'svm', params => '{"seed": 1}', seed => 2);
SELECT * FROM uprofile_train('m', 'DELETE FROM clients', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'SELECT 1; SELECT 2', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'SELECT * FROM clients WHERE', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'SELECT * FROM clients WHERE false', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('m', 'SELECT * FROM clients WHERE churned', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('k', 'SELECT 1 AS a FROM clients', algorithm => 'kmeans', params => '{"k": 3}');
SELECT * FROM uprofile_train(NULL, 'clients', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_evaluate('m', 'SELECT age FROM clients');
SELECT * FROM uprofile_evaluate('mm', 'clients');
SELECT * FROM uprofile_train('', 'clients', target => 'churned', algorithm => 'svm');
SELECT * FROM uprofile_train('a.b', 'clients', target => 'churned', algorithm => 'svm');
SELECT uprofile_predict_label('k', c) FROM clients c LIMIT 0;
SELECT uprofile_predict('nobody', ARRAY[1]);
SELECT uprofile_predict('\x55505246f' || repeat('ü', 100), ARRAY[1]);
SELECT model, version FROM uprofile_models WHERE model NOT LIKE '%.%' ORDER BY model, version;
-- a margin that was asked for
SET client_min_messages = error;
SELECT deployed FROM uprofile_train('margin_model', 'SELECT i AS id, i * 37 % 101 AS age, i * 7 % 20 AS orders, i * 37 % 101 + i * 7 % 20 > 60 AS churned FROM generate_series(1, 600) AS i', 'churned', 'svm', 'id');
SET uprofile.deploy_margin = 0.9;
SELECT deployed, regexp_replace(note, '[0-9.]+', '#', 'g') AS note FROM uprofile_train('margin_model',
	'SELECT i AS id, i * 37 % 101 AS age, i * 7 % 20 AS orders, i * 37 % 101 + i * 7 % 20 > 60 AS churned FROM generate_series(1, 600) AS i', 'churned', 'tree', 'id', '{"max_depth": 1}');
RESET uprofile.deploy_margin;
SELECT deployed, regexp_replace(note, '[0-9.]+', '#', 'g') AS note FROM uprofile_train('margin_model',
	'SELECT i AS id, i * 37 % 101 AS age, i * 7 % 20 AS orders, i * 37 % 101 + i * 7 % 20 > 60 AS churned FROM generate_series(1, 600) AS i', 'churned', 'svm', 'id');
SELECT deployed, regexp_replace(note, '[0-9.]+', '#', 'g') AS note FROM uprofile_train('margin_model',
	'SELECT i AS id, i * 37 % 101 AS age, i * 7 % 20 AS orders, i * 37 % 101 + i * 7 % 20 > 60 AS churned FROM generate_series(1, 600) AS i', 'churned', 'tree', 'id', '{"max_depth": 1}');
RESET client_min_messages;
SELECT uprofile_drop_model('margin_model');
-- Few test rows: before anything is trained, and once.
CREATE TABLE few AS SELECT i AS id, i / 2 AS pair, (i % 3)::float8 AS a, i % 2 = 0 AS y FROM generate_series(1, 8) i;
SELECT rows_tested, note LIKE 'figures of 2 test rows say little%' AS said FROM uprofile_train('few', 'few', 'y', 'bayes', key => 'id');
SELECT count(*) > 0 AS folds FROM uprofile_cross_validate('SELECT id, a, y FROM few', 'y', 'bayes', key => 'id', folds => 2);
SELECT count(*) FROM uprofile_tune('SELECT id, a, y FROM few', 'y', 'bayes', '{"var_smoothing": [1e-9, 1e-3]}', key => 'id', folds => 2);
SELECT rows_tested, note FROM uprofile_train('few', 'SELECT i AS id, 1.0 / i AS a, i * 1.5 AS y FROM generate_series(1, 8) i', 'y', 'linear', key => 'id', test_size => 0, deploy => 'never');
-- A key that comes again is told of before a training that fails.
SELECT * FROM uprofile_train('few', 'SELECT pair, a, true AS y FROM few', 'y', 'bayes', key => 'pair');
SELECT * FROM uprofile_train('few', 'SELECT pair, a, true AS y FROM few', 'y', 'bayes', key => 'pair', tune => '{"search": {"var_smoothing": [1e-9, 1e-3]}}');
SELECT * FROM uprofile_drop_model('few');
DROP TABLE few;
-- Labels that double precision may not tell apart.
SELECT * FROM uprofile_train('large', 'SELECT 9007199254740992 + i % 6 AS item, i % 6 AS a FROM generate_series(1, 600) i', target => 'item', algorithm => 'tree');
SELECT uprofile_tree(t, 'item') FROM (SELECT 9007199254740992::numeric + i % 6 AS item, i % 6 AS a FROM generate_series(1, 600) i) AS t;
SELECT uprofile_bayes(ARRAY[a], item) FROM (SELECT 9007199254740992 + i % 6 AS item, i % 6 AS a FROM generate_series(1, 600) i) AS t;
SELECT jsonb_array_length(uprofile_model_info(uprofile_tree(t, 'item')) -> 'classes') AS classes FROM (SELECT (9007199254740992 + i % 6)::text AS item, i % 6 AS a FROM generate_series(1, 600) i) AS t;
SELECT uprofile_model_info(uprofile_tree(t, 'item')) ->> 'task' AS task FROM (SELECT 9007199254740992 + i AS item, i AS a FROM generate_series(1, 600) i) AS t;
