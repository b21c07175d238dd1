-- Profiles: create, refresh, fail without harm, drop.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE TABLE users AS
SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 29 AS orders, CASE WHEN i % 9 <> 0 THEN (i * 37) % 101 > 50 END AS churned
FROM generate_series(1, 400) AS i;

SELECT uprofile_create('club', 'users', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 3},
	"churn": {"algorithm": "svm", "target": "churned"}}');
SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 'club_profile'::regclass AND attnum > 0 ORDER BY attnum;
SELECT regexp_replace(conname, '[0-9a-f]{32}', '…') AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = 'club_profile'::regclass AND contype <> 'n' ORDER BY 1;
SELECT uprofile_predict('club.segment', u) FROM users u LIMIT 1;
SELECT status, users, inserted, updated, deleted, trained, message FROM uprofile_refresh('club');
SELECT count(*), count(segment), count(churn), bool_and(churn_probability BETWEEN 0 AND 1) AS probabilities,
       max(segment) AS last_segment FROM club_profile;
-- what one model predicts is no feature of the others
SELECT uprofile_model_info('club.segment'::text)->'features' AS features;
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
\set VERBOSITY terse
SELECT * FROM uprofile_refresh('club', on_error => 'raise', all_users => true);
\set VERBOSITY default
-- rows without a key are nobody's
UPDATE users SET id = NULL WHERE age = 21 AND id = 1000;
SELECT status, users, message FROM uprofile_refresh('club');
SELECT status, users, message FROM uprofile_refresh('club', all_users => true);
SELECT uprofile_create('keyless', 'SELECT NULL::int AS id, age FROM users', 'id', 'none');
SELECT status, message FROM uprofile_refresh('keyless');
SELECT uprofile_drop('keyless');
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
SELECT uprofile_create('a.b', 'users', 'id');
SELECT uprofile_create('c2', 'users', 'id', models => '{"s.t": {"algorithm": "kmeans", "k": 3}}');
SELECT * FROM uprofile_refresh('club', retrain => 'sometimes');
SELECT * FROM uprofile_refresh('clubs');
SELECT uprofile_drop('clubs');
-- a user's own models and tables of such names are his: neither used nor dropped
SELECT model_name, version FROM uprofile_train('club_churn', 'SELECT age, orders, churned FROM users', target => 'churned', algorithm => 'svm');
SELECT uprofile_train('club.churn', 'users', target => 'churned', algorithm => 'svm');
SELECT uprofile_train('club.mine', 'users', target => 'churned', algorithm => 'svm');
\set VERBOSITY terse
INSERT INTO uprofile_model_names (name) VALUES ('club.mine');
\set VERBOSITY default
SELECT string_agg(DISTINCT model, ' ') AS models FROM uprofile_models WHERE model LIKE 'club%';
-- kept models are taken up again by a profile of that name; the numbers of versions go on
SELECT uprofile_drop('club', keep_models => true);
SELECT uprofile_create('club', 'users', 'id', models => '{"churn": {"algorithm": "svm", "target": "churned"}}');
SELECT count(*) > 1 AS several FROM uprofile_models WHERE model = 'club.churn';
SELECT versions_dropped > 1 AS dropped FROM uprofile_drop_model('club.segment');
-- another table in the place of the profile's
DROP TABLE club_profile CASCADE;
CREATE TABLE club_profile AS SELECT 1 AS precious;
SELECT status, message FROM uprofile_refresh('club');
SET client_min_messages = notice;
SELECT uprofile_drop('club');
SET client_min_messages = warning;
SELECT model, version FROM uprofile_models WHERE model LIKE 'club%';
SELECT versions_dropped FROM uprofile_drop_model('club_churn');
SELECT * FROM club_profile;
DROP TABLE club_profile;

-- a changed definition is trained again, also where the models were kept; what stayed the same is not
SELECT uprofile_create('club', 'users', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 3},
	"churn": {"algorithm": "svm", "target": "churned"}}');
SELECT status, inserted, trained FROM uprofile_refresh('club');
SELECT uprofile_drop('club', keep_models => true);
SELECT uprofile_create('club', 'users', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 5},
	"churn": {"algorithm": "tree", "target": "churned", "max_depth": 3}}');
SELECT status, trained FROM uprofile_refresh('club');
SELECT max(segment) AS last_segment FROM club_profile;
SELECT model, max(version) AS version, count(*) FILTER (WHERE deployed AND algorithm IN ('kmeans', 'tree')) AS deployed
FROM uprofile_models WHERE model LIKE 'club%' GROUP BY model ORDER BY model;
SELECT trained FROM uprofile_refresh('club');
SELECT model, decision, reason FROM uprofile_run_steps ORDER BY run, model;
SELECT uprofile_drop('club', keep_models => true);
SELECT uprofile_create('club', 'SELECT id, age, orders, churned FROM users', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 5}}');
SELECT trained FROM uprofile_refresh('club');
SELECT trained FROM uprofile_refresh('club');
SELECT uprofile_drop('club');

-- a version as defined now that is not deployed: what goes on is said, in every run
SELECT uprofile_create('club', 'users', 'id', models => '{"churn": {"algorithm": "tree", "target": "churned", "max_depth": 3}}');
SELECT status, trained, message FROM uprofile_refresh('club');
SELECT uprofile_drop('club', keep_models => true);
SELECT uprofile_create('club', 'users', 'id', models => '{"churn": {"algorithm": "tree", "target": "churned", "max_depth": 1, "features": ["orders"]}}');
SELECT status, trained, message FROM uprofile_refresh('club', retrain => 'none');
SELECT status, trained, message FROM uprofile_refresh('club');
SELECT status, trained, message FROM uprofile_refresh('club');
SELECT count(churn) AS answers, count(*) FILTER (WHERE (churn = 'true') <> (age > 50)) AS wrong FROM club_profile;
SELECT run - min(run) OVER () AS run, attempted, decision, reason FROM uprofile_run_steps WHERE model = 'club.churn' ORDER BY run DESC LIMIT 3;
SELECT uprofile_drop('club');

-- numbers kept as text are predicted as numbers, and a version goes on where none can be trained any more
CREATE TABLE spenders AS SELECT i AS id, i % 50 AS age, (i % 50 * 2)::text AS spent FROM generate_series(1, 200) AS i;
SELECT uprofile_create('spenders', 'spenders', 'id', models => '{"spends": {"algorithm": "linear", "target": "spent"}}');
SELECT status, trained, message FROM uprofile_refresh('spenders');
SELECT id, age, spent, round(spends::numeric, 6) AS spends, pg_typeof(spends) AS type FROM spenders_profile ORDER BY id LIMIT 2;
UPDATE spenders SET spent = 'much' WHERE id = 7;
SELECT status, trained, message FROM uprofile_refresh('spenders', retrain => 'all');
SELECT count(spends) FROM spenders_profile;
SELECT uprofile_drop('spenders');
DROP TABLE spenders;

-- a model that cannot be trained leaves its columns empty, stops nobody, and is tried again when due
CREATE TABLE shoppers AS SELECT i AS id, i % 7 AS visits, i % 5 AS orders, NULL::boolean AS churned FROM generate_series(1, 60) AS i;
SELECT uprofile_create('shop', 'shoppers', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2},
	"churn": {"algorithm": "svm", "target": "churned"}, "soon": {"algorithm": "tree", "target": "churned", "retrain_after": "0 s"}}');
SELECT status, users, trained, message FROM uprofile_refresh('shop');
SELECT count(segment) AS segment, count(churn) AS churn, count(churn_probability) AS p, count(soon) AS soon FROM shop_profile;
UPDATE shoppers SET churned = visits > 3;
SELECT status, updated, trained, message FROM uprofile_refresh('shop');
SELECT count(segment) AS segment, count(churn) AS churn, count(soon) AS soon FROM shop_profile;
SELECT status, trained, message FROM uprofile_refresh('shop', retrain => 'all');
SELECT count(churn) AS churn, count(churn_probability) AS p FROM shop_profile;
SELECT run - min(run) OVER () AS run, model, attempted, decision, reason, version FROM uprofile_run_steps ORDER BY run, model;

-- a refresh that finds nothing changed locks no row and writes none
SELECT trained = '{shop.soon}' AS trained FROM uprofile_refresh('shop');
CREATE TABLE places AS SELECT id, ctid::text AS place, xmin::text AS made, xmax::text AS locked FROM shop_profile;
SELECT status, updated FROM uprofile_refresh('shop', retrain => 'none');
SELECT count(*) AS users, count(*) FILTER (WHERE (p.ctid::text, p.xmin::text, p.xmax::text) <> (place, made, locked)) AS touched
FROM places JOIN shop_profile p USING (id);

-- an emptied source does not empty the profile
DELETE FROM shoppers WHERE id <= 10;
SELECT status, deleted, message FROM uprofile_refresh('shop', retrain => 'none');
DELETE FROM shoppers WHERE id BETWEEN 10 AND 22;
SELECT status, deleted, message FROM uprofile_refresh('shop', retrain => 'none');
SELECT status, deleted FROM uprofile_refresh('shop', retrain => 'none', max_deleted => 0.3);
TRUNCATE shoppers;
SELECT status, deleted, message FROM uprofile_refresh('shop', retrain => 'none');
SELECT count(*) FROM shop_profile;
SELECT status, deleted, message FROM uprofile_refresh('shop', retrain => 'none', max_deleted => 1);
SELECT * FROM uprofile_refresh('shop', max_deleted => 1.5);
SELECT * FROM uprofile_refresh('shop', max_deleted => 'NaN');
SELECT uprofile_drop('shop');

-- values are stored as they are, or not at all
CREATE TABLE odd (id int, a int, b numeric(10, 2), c varchar(3), d timestamp(0), e date, f real);
INSERT INTO odd VALUES (1, 1, 1.25, 'abc', '2020-01-01 10:00:00', '2020-01-01', 0.5);
SELECT uprofile_create('odd', 'SELECT * FROM odd', 'id');
SELECT status, inserted FROM uprofile_refresh('odd');
ALTER TABLE odd ALTER a TYPE numeric, ALTER b TYPE numeric, ALTER c TYPE text, ALTER d TYPE timestamp, ALTER e TYPE timestamp,
	ALTER f TYPE float8;
SET client_min_messages = error;
SELECT status, updated FROM uprofile_refresh('odd');
BEGIN; UPDATE odd SET a = 1.5; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET a = 5000000000; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET a = 'NaN'; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET b = 1.255; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET c = 'abc  '; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET c = 'abcd'; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET d = '2020-01-01 10:00:00.5'; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET e = '2020-01-01 10:00:00'; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET f = 0.1; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; UPDATE odd SET a = 2.0, b = 3, c = 'x', f = 0.25; SELECT status, updated FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; ALTER TABLE odd ALTER f TYPE bool USING true; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; ALTER TABLE odd ADD g int; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; ALTER TABLE odd_profile RENAME TO other; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; CREATE SCHEMA "Its new"; ALTER TABLE odd_profile SET SCHEMA "Its new"; ALTER TABLE "Its new".odd_profile RENAME TO "Other";
CREATE TABLE odd_profile AS SELECT 1 AS precious; SELECT message FROM uprofile_refresh('odd');
DROP TABLE odd_profile; ALTER TABLE "Its new"."Other" SET SCHEMA public; ALTER TABLE "Other" RENAME TO odd_profile; SELECT status FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; CREATE SCHEMA odd_schema; SELECT uprofile_create('odd_schema.moved', 'odd', 'id'); ALTER SCHEMA odd_schema RENAME TO odd_other;
SELECT message FROM uprofile_refresh('odd_schema.moved'); ROLLBACK;
-- Its history has the same mark, and is not it; and nobody renames a schema that all have.
BEGIN; SELECT uprofile_alter('odd', policy => '{"history": "30 days"}'); SELECT status FROM uprofile_refresh('odd'); UPDATE odd SET a = 2; SELECT status FROM uprofile_refresh('odd');
SET LOCAL client_min_messages = warning; SAVEPOINT odd_there; DROP TABLE odd_profile CASCADE; SELECT message FROM uprofile_refresh('odd'); ROLLBACK TO odd_there;
ALTER TABLE odd_profile RENAME TO other; SELECT message FROM uprofile_refresh('odd');
CREATE SCHEMA zz_odd; ALTER TABLE other SET SCHEMA zz_odd; SELECT message FROM uprofile_refresh('odd'); ROLLBACK;
BEGIN; CREATE SCHEMA odd_schema; SELECT uprofile_create('odd_schema.moved', 'odd', 'id'); ALTER TABLE odd_schema.moved_profile SET SCHEMA public; SET LOCAL client_min_messages = error; DROP SCHEMA odd_schema CASCADE;
SELECT message FROM uprofile_refresh('odd_schema.moved'); ROLLBACK;
-- columns of the user's own stay
ALTER TABLE odd_profile ADD COLUMN remark text DEFAULT 'mine';
SELECT status, updated FROM uprofile_refresh('odd');
UPDATE odd SET a = 3;
SELECT status, updated FROM uprofile_refresh('odd');
SELECT a, remark FROM odd_profile;
SELECT uprofile_drop('odd');
