-- Refreshes measure whether users still look as those that the models were trained on.
CREATE TABLE drifting AS
SELECT i AS id, 20 + (i * 7919 % 50)::float8 AS age, (ARRAY['Private', 'Public', 'Self'])[1 + (i * 31 % 7) % 3] AS work, i % 4 = 0 AS member,
       20 + (i * 7919 % 50) + CASE WHEN i % 4 = 0 THEN 10 ELSE 0 END > 50 AS churned FROM generate_series(1, 1000) AS i;
ALTER TABLE drifting ADD PRIMARY KEY (id);
SELECT uprofile_create('drifting', 'drifting', 'id', models => '{"leaves": {"algorithm": "tree", "target": "churned", "max_depth": 3}, "segment": {"algorithm": "kmeans", "k": 3}}');
CREATE VIEW drift_seen AS SELECT run - (SELECT min(run) FROM uprofile_runs WHERE profile = 'drifting') + 1 AS run, model, version, column_name, statistic,
       round(value::numeric, 3) AS value, drifted, detail FROM uprofile_drift_log WHERE profile = 'drifting' AND (kind = 'model' OR model LIKE '%leaves') ORDER BY 1, model, measured_at;
SELECT status, mode FROM uprofile_refresh('drifting');
SELECT * FROM drift_seen;
-- Little has changed: nothing is measured, until it is a tenth.
UPDATE drifting SET age = age + 20 WHERE id <= 60;
SELECT mode, updated FROM uprofile_refresh('drifting');
SELECT max(run) FROM drift_seen;
UPDATE drifting SET age = age + 20 WHERE id BETWEEN 61 AND 120;
SELECT mode, updated FROM uprofile_refresh('drifting');
SELECT model, drifted, detail FROM drift_seen WHERE run = 3;
UPDATE drifting SET age = age + 20, work = CASE WHEN id % 10 = 0 THEN 'Abroad' ELSE work END WHERE id > 120;
SELECT mode, updated FROM uprofile_refresh('drifting', all_users => true);
SELECT * FROM drift_seen WHERE run = 4 AND model LIKE '%leaves';
-- A policy trains again what sees other users, once.
SELECT uprofile_alter('drifting', models => '{"leaves": {"algorithm": "tree", "target": "churned", "max_depth": 3, "retrain_drift": 0.25}}');
SELECT trained FROM uprofile_refresh('drifting');
SELECT reason FROM uprofile_run_steps WHERE profile = 'drifting' AND model LIKE '%leaves' ORDER BY run DESC LIMIT 1;
SELECT trained FROM uprofile_refresh('drifting', all_users => true);
SELECT model, version, drifted FROM uprofile_drift_log WHERE profile = 'drifting' AND kind = 'model' ORDER BY run DESC, model LIMIT 2;
-- A version that was trained since and is not in use answers it for a day.
SELECT deployed_version FROM uprofile_deploy('drifting.leaves', 1);
SELECT trained FROM uprofile_refresh('drifting');
SELECT trained FROM uprofile_refresh('drifting');
UPDATE uprofile_model_versions SET trained_at = trained_at - interval '2 days' WHERE model = 'drifting.leaves';
SELECT trained FROM uprofile_refresh('drifting');
SELECT uprofile_alter('drifting', models => '{"leaves": {"algorithm": "tree", "target": "churned", "retrain_drift": -1}}');
-- Few users are not judged.
SELECT uprofile_create('drifting_few', 'SELECT * FROM drifting WHERE id <= 20', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2}}', watch => 'none');
SELECT status FROM uprofile_refresh('drifting_few');
SELECT model, statistic, value, drifted, detail FROM uprofile_drift_log WHERE profile = 'drifting_few';
-- Others see nothing of it.
CREATE ROLE regress_drift_reader;
SET ROLE regress_drift_reader;
SELECT count(*) FROM uprofile_drift_log;
SELECT count(*) FROM uprofile_drift_measured;
RESET ROLE;
DROP ROLE regress_drift_reader;
SELECT uprofile_drop('drifting');
SELECT uprofile_drop('drifting_few');
SELECT count(*) FROM uprofile_drift_measured;
SELECT count(*) FROM uprofile_drift_state;
DROP VIEW drift_seen;
DROP TABLE drifting;
