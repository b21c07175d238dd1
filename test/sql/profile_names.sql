-- Names of profiles: profile, or schema.profile with the table in that schema.
SET client_min_messages = warning;
CREATE SCHEMA mart;
CREATE SCHEMA "dotted.Mart";
CREATE TABLE mart_clients AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z, (i * 37) % 101 > 50 AS gone FROM generate_series(1, 60) i;
SELECT uprofile_create('mart.client', 'mart_clients', 'id',
	models => '{"group": {"algorithm": "kmeans", "k": 2}, "churn": {"algorithm": "tree", "target": "gone"}}');
SELECT profile_name, status, inserted, trained FROM uprofile_refresh('mart.client');
SELECT to_regclass('mart.client_profile'), to_regclass('mart.client_queue'), to_regclass('public."mart.client_profile"');
SELECT profile, table_name, users FROM uprofile_profiles;
SELECT count(uprofile_predict('mart.client.churn', c)) FROM mart_clients c;
SELECT table_name, state FROM uprofile_watched('mart.client');
UPDATE mart_clients SET x = 0 WHERE id = 5;
SELECT mode, updated FROM uprofile_refresh('mart.client');
-- A name counts as it is written, but for quotes that are not needed.
SELECT profile_name, mode FROM uprofile_refresh('"mart"."client"');
CALL uprofile_run('mart."client"');
SELECT count(*) FROM uprofile_watched('"mart".client');
SELECT uprofile_create('"mart"."client"', 'mart_clients', 'id');
SELECT uprofile_create('Mart.client', 'mart_clients', 'id');
SELECT uprofile_refresh('client');
SELECT uprofile_refresh('public.client');
-- The same name elsewhere is another profile.
SELECT uprofile_create('client', 'mart_clients', 'id', watch => 'none', models => '{"churn": {"algorithm": "bayes", "target": "gone"}}');
SELECT status, trained FROM uprofile_refresh('client');
SELECT uprofile_create('public.client', 'mart_clients', 'id', watch => 'none');
-- Capitals, and schemas whose names need quotes.
SELECT uprofile_create('mart.Big Client', 'mart_clients', 'id', watch => 'none');
SELECT uprofile_create('mart."Quoted Client"', 'mart_clients', 'id', watch => 'none');
SELECT uprofile_create('"dotted.Mart".client', 'mart_clients', 'id', models => '{"churn": {"algorithm": "tree", "target": "gone"}}');
SELECT profile_name, status, trained FROM uprofile_refresh('"dotted.Mart"."client"');
SELECT count(uprofile_predict('"dotted.Mart".client.churn', c)) FROM mart_clients c;
SELECT profile, table_name FROM uprofile_profiles ORDER BY 1;
SELECT uprofile_drop('"dotted.Mart"."client"'), uprofile_drop('mart.Big Client'), uprofile_drop('mart."Quoted Client"');
-- No names.
SELECT uprofile_create('nowhere.client', 'mart_clients', 'id');
SELECT uprofile_create('pg_temp.client', 'mart_clients', 'id');

SELECT uprofile_create('a.b.c', 'mart_clients', 'id');
SELECT uprofile_create('mart.', 'mart_clients', 'id');
SELECT uprofile_create('.client', 'mart_clients', 'id');
SELECT uprofile_create('"mart.client', 'mart_clients', 'id');
SELECT uprofile_create('"mart"client', 'mart_clients', 'id');
SELECT uprofile_create('"mart.client"', 'mart_clients', 'id');
SELECT uprofile_create('', 'mart_clients', 'id');
SELECT uprofile_create('mart.' || repeat('x', 56), 'mart_clients', 'id');
SELECT uprofile_create('mart.other', 'mart_clients', 'id', models => '{"a.b": {"algorithm": "tree", "target": "gone"}}');
SELECT uprofile_train('mart.client.churn', 'mart_clients', target => 'gone', algorithm => 'tree');
-- The right to create there is the caller's.
CREATE ROLE up_names_guest;
GRANT SELECT ON mart_clients TO up_names_guest;
SET ROLE up_names_guest;
SELECT uprofile_create('mart.mine', 'mart_clients', 'id', watch => 'none');
SELECT uprofile_create('mart.client', 'mart_clients', 'id', watch => 'none');
RESET ROLE;
-- Profiles of earlier versions have their dots in the table's name, and models with dots.
SELECT uprofile_drop('client');
INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models)
SELECT 'client.old', 'public', 'client.old_profile', 'mart_clients', 'public', 'id', 'none', '{"a.b": {"algorithm": "tree", "target": "gone"}}';
\set ECHO none
SELECT format('CREATE TABLE "client.old_profile" (id int PRIMARY KEY, x int, z int, gone bool, "a.b" bool, "a.b_probability" float8,
	changed_at timestamptz NOT NULL, CONSTRAINT %I CHECK (true))', 'uprofile_' || replace(identity::text, '-', ''))
FROM uprofile_profile_definitions WHERE name = 'client.old' \gexec
\set ECHO all
SELECT profile_name, status, users, trained, message FROM uprofile_refresh('client.old');
SELECT table_name FROM uprofile_profiles WHERE profile = 'client.old';
CREATE SCHEMA client;
SELECT uprofile_create('client.old', 'mart_clients', 'id', watch => 'none');
CREATE SCHEMA "client.old";
SELECT uprofile_create('"client.old".a', 'mart_clients', 'id', watch => 'none', models => '{"b": {"algorithm": "tree", "target": "gone"}}');
SELECT uprofile_drop('"client.old".a');
UPDATE uprofile_profile_definitions SET models = '{"client": {"algorithm": "tree", "target": "gone"}}' WHERE name = 'client.old';
INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models)
SELECT 'client', 'public', 'other', 'mart_clients', 'public', 'id', 'none', '{"new.b": {"algorithm": "tree", "target": "gone"}}';
SELECT uprofile_create('client.new', 'mart_clients', 'id', watch => 'none', models => '{"b": {"algorithm": "tree", "target": "gone"}}');
SET client_min_messages = error;
SELECT uprofile_drop('client');
SELECT uprofile_drop('client.old'), uprofile_drop('mart.client');
SELECT to_regclass('"client.old_profile"'), to_regclass('mart.client_profile');
SELECT model FROM uprofile_models WHERE model LIKE '%client%';
SELECT uprofile_drop_model('client.old.a.b');
DROP TABLE mart_clients;
DROP SCHEMA "client.old";
DROP SCHEMA client;
DROP SCHEMA mart;
DROP SCHEMA "dotted.Mart";
DROP ROLE up_names_guest;

-- Columns that are called as aliases are within the extension's statements.
CREATE SCHEMA namesakes;
SET search_path = namesakes, public;
SET client_min_messages = error;
CREATE TABLE people AS SELECT i AS id, i % 7 AS uprofile_row, i % 10 AS uprofile_source, i % 3 AS t, i % 10 > 4 AS y FROM generate_series(1, 200) i;
ALTER TABLE people ADD PRIMARY KEY (id);
CREATE TABLE bought AS SELECT i AS id, (ARRAY['a', 'b', 'c', 'd'])[1 + (i + j) % (3 + j)] AS item, timestamptz '2025-01-10' - i * interval '1 hour' AS at FROM generate_series(1, 200) i, generate_series(0, 1) j;
SELECT uprofile_create('namesake', 'people', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2, "reasons": 1}, "y_now": {"algorithm": "tree", "target": "y", "reasons": 1}}',
	offers => '{"source": "bought", "basket": "id", "item": "item", "n": 1, "segment": "y_now"}');
SELECT users, trained, status FROM uprofile_refresh('namesake');
SELECT count(segment) AS segments, count(y_now) AS told, count(y_now_reasons) AS reasons, count(offer_1) > 0 AS offered FROM namesake_profile;
SELECT count(*) > 0 AS explained FROM uprofile_explain_user('namesake', 3, 'y_now');
SELECT count(*) FROM uprofile_event_rows(NULL, 'SELECT id AS q, item, at FROM bought', 'q', 'at', anchors => '["2025-01-05"]', horizon => '10 hours');
DO $$ BEGIN PERFORM uprofile_drop('namesake'); END $$;
DROP SCHEMA namesakes CASCADE;
RESET search_path;
RESET client_min_messages;
