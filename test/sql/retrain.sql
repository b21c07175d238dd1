-- When the models of a profile are trained again: policies, names, learning on; and segments that keep their numbers.
\set SHOW_CONTEXT never
CREATE SCHEMA again;
SET search_path = again, public;
CREATE FUNCTION told(text) RETURNS text LANGUAGE sql AS
$$ SELECT regexp_replace(regexp_replace($1, '; worse than a constant[^;]*(?=;|$)', ''), '\d\.\d{4}', '#', 'g') $$;
-- three clear blobs of 500, 300 and 200 users
CREATE TABLE spots (id int PRIMARY KEY, x float8, y float8, hit bool);
INSERT INTO spots SELECT i, (CASE WHEN i > 500 AND i <= 800 THEN 10 ELSE 0 END) + i * 37 % 101 / 101.0, (CASE WHEN i > 800 THEN 10 ELSE 0 END) + i * 53 % 103 / 103.0,
	i * 37 % 101 + i * 7 % 20 > 60 FROM generate_series(1, 1000) i;

-- what a definition may say
CREATE FUNCTION defined(model text) RETURNS text LANGUAGE sql AS
$$ SELECT uprofile_create('spot', 'again.spots', 'id', models => jsonb_build_object('m', $1::jsonb)) $$;
SELECT defined('{"algorithm": "kmeans", "retrain_shar": 0.1}');
SELECT defined('{"algorithm": "kmeans", "retrain_share": 2}');
SELECT defined('{"algorithm": "kmeans", "retrain_share": "all"}');
SELECT defined('{"algorithm": "kmeans", "retrain": "never"}');
SELECT defined('{"algorithm": "kmeans", "retrain_after": "a while"}');
SELECT defined('{"algorithm": "kmeans", "retrain_after": "-1 day"}');
SELECT defined('{"algorithm": "kmeans", "retrain_after": 7}');
SELECT defined('{"algorithm": "kmeans", "retrain_metric": {"auc": 0.8}}');
SELECT defined('{"algorithm": "tree", "target": "hit", "retrain_metric": {"acu": 0.8}}');
SELECT defined('{"algorithm": "tree", "target": "hit", "retrain_metric": {"auc": "high"}}');
SELECT defined('{"algorithm": "tree", "target": "hit", "retrain_metric": {}}');
SELECT defined('{"algorithm": "tree", "target": "hit", "retrain_metric": 0.8}');
SELECT defined('{"algorithm": "tree", "target": "hit", "retrain_metric": {"auc": 0.8}, "test_size": 0}');
SELECT defined('{"algorithm": "tree", "target": "hit", "retrain_metric": {"rmse": 0.8}}');
SELECT defined('{"algorithm": "tree", "target": "x", "retrain_metric": {"rmse": 0.8, "auc": 0.8}}');
SELECT defined('{"algorithm": "tree", "target": "x", "task": "regression", "retrain_metric": {"auc": 0.8}}');
SELECT defined('{"algorithm": "tree", "target": "hit", "learn": "incremental"}');
SELECT defined('{"algorithm": "bayes", "target": "hit", "learn": "incremental", "honest": true}');
SELECT defined('{"algorithm": "kmeans", "learn": "sometimes"}');

SELECT uprofile_create('spot', 'again.spots', 'id', models => '{
	"segment": {"algorithm": "kmeans", "k": 3, "features": ["x", "y"], "retrain_share": 0.2, "retrain_metric": null},
	"near": {"algorithm": "tree", "target": "hit", "max_depth": 5, "retrain_metric": {"auc": 0.8, "log_loss": 9}},
	"hand": {"algorithm": "logistic", "target": "hit", "retrain": "manual", "retrain_share": 0.001}}');
SELECT status, mode, trained, message FROM uprofile_refresh('spot');
SELECT segment, count(*), round(avg(x)) AS x, round(avg(y)) AS y FROM spot_profile GROUP BY 1 ORDER BY 1;

-- by name
SELECT * FROM uprofile_refresh('spot', retrain => 'segments');
SELECT * FROM uprofile_refresh('spot', retrain => 'spot.handy');
SELECT * FROM uprofile_refresh('spot', retrain => '{hand, other}');
SELECT * FROM uprofile_refresh('spot', retrain => '{hand');
SELECT count(*) FROM uprofile_refresh('spot', retrain => NULL);
SELECT trained FROM uprofile_refresh('spot', retrain => 'hand');
SELECT trained FROM uprofile_refresh('spot', retrain => '{spot.hand}');
CALL uprofile_run('spot', retrain => '{near, segment}');
SELECT trained, updated FROM uprofile_runs WHERE profile = 'spot' ORDER BY run DESC LIMIT 1;
SELECT trained FROM uprofile_refresh('spot', retrain => '{}');
SELECT run - min(run) OVER () AS run, model, attempted, decision, version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' ORDER BY uprofile_run_steps.run, model;

-- 150 users move: not yet a share of 0.2. Of them 100 move again, and 100 others: 250 have. What moves twice counts once.
UPDATE spots SET x = id * 37 % 101 / 101.0, y = 10 + id * 53 % 103 / 103.0 WHERE id <= 150;
SELECT mode, updated, trained FROM uprofile_refresh('spot');
UPDATE spots SET x = x / 2 WHERE id <= 100;
UPDATE spots SET x = id * 37 % 101 / 101.0, y = 10 + id * 53 % 103 / 103.0 WHERE id BETWEEN 151 AND 200;
SELECT part, item, decision, reason FROM uprofile_explain_refresh('spot') WHERE item = 'spot.segment';
SELECT mode, updated, trained, reason FROM uprofile_refresh('spot');
SELECT decision, version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.segment' ORDER BY run DESC LIMIT 1;
-- by size 0 and 2 would have changed places
SELECT segment, count(*), round(avg(x)) AS x, round(avg(y)) AS y FROM spot_profile GROUP BY 1 ORDER BY 1;
SELECT uprofile_model_info('spot.segment') -> 'sizes' AS sizes, uprofile_model_info('spot.segment') ->> 'format' AS format;
SELECT uprofile_show('spot.segment') LIKE 'cluster 0: 300 rows%cluster 1: 300 rows%cluster 2: 400 rows%' AS shown,
	uprofile_predict('spot.segment', s) = p.segment AS same FROM spots s JOIN spot_profile p USING (id) WHERE id = 1;
SELECT mode, updated, trained FROM uprofile_refresh('spot');
-- trained on the same rows: nothing is written
SELECT mode, updated, trained FROM uprofile_refresh('spot', retrain => 'segment');

-- one segment goes to another place, further from all: it is new, and its number is not given again when it comes back
UPDATE spots SET y = y + 40 WHERE id BETWEEN 201 AND 500;
SELECT mode, updated, trained FROM uprofile_refresh('spot');
SELECT segment, count(*), round(avg(x)) AS x, round(avg(y)) AS y FROM spot_profile GROUP BY 1 ORDER BY 1;
SELECT version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.segment' ORDER BY run DESC LIMIT 1;
SELECT uprofile_model_info('spot.segment') -> 'numbers' AS numbers, uprofile_model_info('spot.segment') -> 'sizes' AS sizes;
SELECT substr(uprofile_show('spot.segment'), 1, 9) AS first;
UPDATE spots SET y = y - 40 WHERE id BETWEEN 201 AND 500;
SELECT mode, updated, trained FROM uprofile_refresh('spot');
SELECT segment, count(*), round(avg(x)) AS x, round(avg(y)) AS y FROM spot_profile GROUP BY 1 ORDER BY 1;
-- another k: those that are there keep theirs
SELECT uprofile_alter('spot', models => '{"segment": {"algorithm": "kmeans", "k": 2, "features": ["x", "y"]}}');
SELECT trained FROM uprofile_refresh('spot');
SELECT segment, count(*) FROM spot_profile GROUP BY 1 ORDER BY 1;
SELECT told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.segment' ORDER BY run DESC LIMIT 1;
-- back to the first version: its numbers, and none that came after it
SELECT count(*) FROM uprofile_deploy('spot.segment', 1);
SELECT trained FROM uprofile_refresh('spot', retrain => 'segment');
SELECT segment, count(*) FROM spot_profile GROUP BY 1 ORDER BY 1;

-- a figure is measured where everybody is read and users have changed: it is told, and it fires
UPDATE spots SET hit = hit WHERE id <= 20;
SELECT mode, trained FROM uprofile_refresh('spot', all_users => true);
SELECT decision, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.near' ORDER BY run DESC LIMIT 1;
UPDATE spots SET hit = NOT hit WHERE id % 3 = 0;
SELECT mode, trained FROM uprofile_refresh('spot');
SELECT decision, version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.near' ORDER BY run DESC LIMIT 1;
-- who left counts as well
SELECT uprofile_alter('spot', models => '{"segment": {"algorithm": "kmeans", "k": 3, "features": ["x", "y"], "retrain_share": 0.1}, "near": null, "hand": null}');
SELECT trained FROM uprofile_refresh('spot');
DELETE FROM spots WHERE id > 900;
SELECT deleted, trained FROM uprofile_refresh('spot');
SELECT deleted, trained FROM uprofile_refresh('spot');
SELECT told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.segment' ORDER BY run DESC LIMIT 1;

-- a training that fails is not tried again at once, and the version goes on
UPDATE spots SET hit = x > 5;
SELECT uprofile_alter('spot', models => '{"segment": null, "near": {"algorithm": "tree", "target": "hit", "retrain_share": 0.1}}');
SELECT trained FROM uprofile_refresh('spot');
UPDATE spots SET hit = true;
SELECT status, trained FROM uprofile_refresh('spot');
UPDATE spots SET x = x + 1 WHERE id < 10;
SELECT status, trained, message FROM uprofile_refresh('spot');
SELECT decision, version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'spot' AND model = 'spot.near' ORDER BY run DESC LIMIT 2;
SELECT uprofile_drop('spot');
SELECT count(*) FROM uprofile_retrain_state WHERE profile = 'spot';

-- learning on: a new version out of the deployed one and the users who changed; those that are held out are not learned from
SELECT uprofile_create('flow', 'SELECT id, x, id * 37 % 101 > 50 AS hit FROM again.spots', 'id', models => '{"likes": {"algorithm": "bayes", "target": "hit", "learn": "incremental"}}');
SELECT trained FROM uprofile_refresh('flow');
UPDATE spots SET x = x + 0.001 WHERE id <= 50;
SELECT mode, trained FROM uprofile_refresh('flow');
SELECT uprofile_model_info('flow.likes') -> 'updates' AS updates, uprofile_model_info('flow.likes') -> 'last_update_rows' AS rows;
SELECT decision, version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'flow' ORDER BY run DESC LIMIT 1;
SELECT mode, trained FROM uprofile_refresh('flow');
-- nobody, one who is held out, everybody new
UPDATE spots SET x = x;
SELECT mode, trained FROM uprofile_refresh('flow');
DO $$
DECLARE held int;
BEGIN
	FOR held IN SELECT id FROM spots ORDER BY id LIMIT 60 LOOP
		UPDATE spots SET x = x + 0.001 WHERE id = held;
		PERFORM uprofile_refresh('flow');
		EXIT WHEN EXISTS (SELECT FROM uprofile_run_steps WHERE profile = 'flow' AND decision = 'kept');
	END LOOP;
END $$;
SELECT decision, version, reason FROM uprofile_run_steps WHERE profile = 'flow' ORDER BY run DESC LIMIT 1;
-- a label that it does not know: trained anew
SELECT uprofile_create('kinds', 'SELECT id, x, CASE WHEN y > 900 THEN ''far'' ELSE (x > 5)::text END AS kind FROM again.spots', 'id', watch => 'none',
	models => '{"guess": {"algorithm": "bayes", "target": "kind", "learn": "incremental"}}');
SELECT trained FROM uprofile_refresh('kinds');
UPDATE spots SET y = 1000 WHERE id % 100 = 1;
SELECT trained FROM uprofile_refresh('kinds');
SELECT decision, version, told(reason) AS reason FROM uprofile_run_steps WHERE profile = 'kinds' ORDER BY run DESC LIMIT 1;
-- segments move with the users, and keep their numbers
SELECT uprofile_create('drift', 'SELECT id, x FROM again.spots', 'id', models => '{"seg": {"algorithm": "kmeans", "k": 2, "learn": "incremental"}}');
SELECT trained FROM uprofile_refresh('drift');
UPDATE spots SET x = x + 0.1 WHERE id <= 100;
SELECT trained, updated <= 100 AS few FROM uprofile_refresh('drift');

-- a damaged count, and another role
UPDATE spots SET x = x + 0.1 WHERE id <= 2;
SELECT status, message FROM uprofile_refresh('drift', retrain => 'none');
SELECT changed FROM uprofile_retrain_state WHERE profile = 'drift';
UPDATE uprofile_retrain_state SET members = '\x0100' WHERE profile = 'drift';
UPDATE spots SET x = x + 0.1 WHERE id = 3;
SELECT status, message FROM uprofile_refresh('drift', retrain => 'none');
SELECT changed FROM uprofile_retrain_state WHERE profile = 'drift';
CREATE ROLE again_other;
SET ROLE again_other;
SELECT count(*) FROM uprofile_retrain_state;
RESET ROLE;
DROP ROLE again_other;
-- a model of its own name keeps numbers as well, whatever stands before its features
CREATE VIEW lone AS SELECT id, 'kind ' || id % 3 AS kind, x + CASE WHEN id > 700 THEN 50 ELSE 0 END AS x, y FROM spots;
SELECT version, note FROM uprofile_train('lone', 'again.lone', algorithm => 'kmeans', key => 'id', params => '{"k": 2, "features": ["x"]}');
DELETE FROM spots WHERE id <= 600;
SELECT version, note FROM uprofile_train('lone', 'again.lone', algorithm => 'kmeans', key => 'id', params => '{"k": 2, "features": ["x"]}');
DELETE FROM spots WHERE id BETWEEN 701 AND 850;
SELECT version, note FROM uprofile_train('lone', 'again.lone', algorithm => 'kmeans', key => 'id', params => '{"k": 2, "features": ["x"]}');
SELECT version, uprofile_model_info(uprofile_model('lone', version)) -> 'sizes' AS sizes, uprofile_model_info(uprofile_model('lone', version)) -> 'numbers' AS numbers FROM uprofile_models WHERE model = 'lone' ORDER BY 1;
SELECT uprofile_drop_model('lone');

SELECT uprofile_drop('flow'), uprofile_drop('kinds'), uprofile_drop('drift');
SET client_min_messages = warning;
DROP SCHEMA again CASCADE;
