-- One refresh reads its source once: models are trained on the very rows that are scored and written.
\set SHOW_CONTEXT never
CREATE SCHEMA once;
SET search_path = once, public;
CREATE TABLE people (id int PRIMARY KEY, age int, spent float8, loyal boolean);
INSERT INTO people SELECT i, i % 50, i % 50 * 3 + i % 2, i % 50 > 25 FROM generate_series(1, 300) i;
CREATE SEQUENCE reads;
-- Each reading of a row gives another value.
CREATE VIEW readings AS SELECT id, age, spent, loyal, 1000 * (nextval('once.reads') / 300) AS lot FROM people;
SELECT uprofile_create('once', 'readings', 'id', 'none', '{"loyal_model": {"algorithm": "tree", "target": "loyal"},
	"segment": {"algorithm": "kmeans", "k": 3, "features": ["age", "spent"]}, "other": {"algorithm": "linear", "target": "spent"}}');
SELECT setval('reads', 1, false);
SELECT status, users, inserted, trained FROM uprofile_refresh('once');
SELECT last_value FROM reads;
-- what is stored is what the models saw
SELECT count(*) FROM once_profile p WHERE loyal_model IS DISTINCT FROM uprofile_predict_label('once.loyal_model', p)::boolean
	OR segment IS DISTINCT FROM uprofile_predict('once.segment', p)::int;
SELECT v.model, v.version, v.n_rows + v.n_test_rows AS rows FROM uprofile_model_versions v WHERE v.model LIKE 'once.%' ORDER BY 1;
-- without anything to train as well
SELECT setval('reads', 1, false);
SELECT status, updated FROM uprofile_refresh('once');
SELECT last_value FROM reads;
-- one user who cannot be computed is left out of training and table, and stops neither
UPDATE people SET age = 0 WHERE id = 7;
CREATE OR REPLACE VIEW readings AS SELECT id, age, spent, loyal, 1000 / (age + abs(id - 7))::bigint AS lot FROM people;
SELECT status, users, trained, failed, message FROM uprofile_refresh('once', retrain => 'all');
SELECT v.model, v.version, v.n_rows + v.n_test_rows AS rows FROM uprofile_model_versions v WHERE v.model LIKE 'once.%' AND v.version = 2 ORDER BY 1;
SELECT id, age, lot FROM once_profile WHERE id = 7;
SELECT uprofile_drop('once');
-- a key that comes twice is told of before anything is trained, which would say that "word" is left out; the source is read once
CREATE VIEW doubled AS SELECT id % 200 AS id, age, 'word ' || id AS word, 1000 * (nextval('once.reads') / 300) AS lot FROM people;
SELECT uprofile_create('doubled', 'doubled', 'id', 'none', '{"segment": {"algorithm": "kmeans", "k": 3}}');
SELECT setval('reads', 1, false);
SELECT status, message FROM uprofile_refresh('doubled');
SELECT last_value FROM reads;
SELECT model, reason FROM uprofile_run_steps WHERE profile = 'doubled';
SELECT uprofile_drop('doubled');
DROP VIEW doubled;
SET client_min_messages = warning;
DROP SCHEMA once CASCADE;
