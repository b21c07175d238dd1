-- Profiles: create, refresh, fail without harm, drop.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS uprofile;
CREATE TABLE users AS
SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 29 AS orders, CASE WHEN i % 9 <> 0 THEN (i * 37) % 101 > 50 END AS churned
FROM generate_series(1, 400) AS i;

SELECT uprofile_create('club', 'users', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 3},
	"churn": {"algorithm": "svm", "target": "churned"}}');
\d club_profile
SELECT status, users, inserted, updated, deleted, trained, message FROM uprofile_refresh('club');
SELECT count(*), count(segment), count(churn), bool_and(churn_probability BETWEEN 0 AND 1) AS probabilities,
       max(segment) AS last_segment FROM club_profile;
-- what one model predicts is no feature of the others
SELECT uprofile_model_info('club_segment'::text)->'features' AS features;
-- only what changed is written
SELECT status, users, inserted, updated, deleted, trained FROM uprofile_refresh('club');
UPDATE users SET orders = orders + 1 WHERE id <= 3;
DELETE FROM users WHERE id = 4;
INSERT INTO users VALUES (1000, 20, 3, NULL);
SELECT status, users, inserted, updated, deleted, trained FROM uprofile_refresh('club');
SELECT trained FROM uprofile_refresh('club', retrain => 'all');
-- a failed refresh leaves the profile and a row that says why
INSERT INTO users VALUES (1000, 21, 3, NULL);
SELECT status, users, message FROM uprofile_refresh('club');
UPDATE users SET id = NULL WHERE age = 21 AND id = 1000;
SELECT status, message FROM uprofile_refresh('club');
\set VERBOSITY terse
SELECT * FROM uprofile_refresh('club', on_error => 'raise');
\set VERBOSITY default
DELETE FROM users WHERE id IS NULL;
ALTER TABLE users RENAME COLUMN age TO years;
SELECT status, message FROM uprofile_refresh('club');
ALTER TABLE users RENAME COLUMN years TO age;
SELECT run - min(run) OVER () AS run, status, users, inserted, updated, deleted, sqlstate, message FROM uprofile_runs ORDER BY run;
SELECT count(*) FROM club_profile;
SELECT profile, table_name, last_status, users FROM uprofile_profiles;
-- the source is read under the search_path of its creation
SET search_path = pg_catalog;
SELECT status FROM public.uprofile_refresh('club');
RESET search_path;

-- errors
SELECT uprofile_create('club', 'users', 'id');
SELECT uprofile_create('c2', 'users', 'idd');
SELECT uprofile_create('c2', 'nowhere', 'id');
SELECT uprofile_create('c2', 'users', 'id', models => '{"age": {"algorithm": "kmeans"}}');
SELECT uprofile_create('c2', 'users', 'id', models => '{"s": {"algorithm": "kmean"}}');
SELECT uprofile_create('c2', 'users', 'id', models => '{"s": {"algorithm": "kmeans", "kk": 3}}');
SELECT uprofile_create('c2', 'users', 'id', models => '{"s": {"algorithm": "svm"}}');
SELECT uprofile_create('c2', 'users', 'id', models => '{"s": 5}');
SELECT uprofile_create('c2', 'users', 'id', models => '{"s": {"k": 5}}');
SELECT uprofile_create('c2', 'users', 'id', watch => '{users}');
SELECT uprofile_create('c2', 'users', 'id', watch => '{users.nope}');
SELECT uprofile_create('', 'users', 'id');
SELECT * FROM uprofile_refresh('club', retrain => 'sometimes');
SELECT * FROM uprofile_refresh('clubs');
SELECT uprofile_drop('clubs');
SELECT uprofile_drop('club');
SELECT count(*) AS models FROM uprofile_models WHERE model LIKE 'club%';
SELECT to_regclass('club_profile') IS NULL AS gone;
