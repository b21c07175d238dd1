-- Cleaning as a part of a profile's refresh: what single users need is the same as for all.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE TABLE untidy (row_id serial, id int, name text, city text, age text, spent float8, seen int);
INSERT INTO untidy (id, name, city, age, spent, seen)
SELECT i, ' name ' || i, CASE i % 4 WHEN 0 THEN 'UK' WHEN 1 THEN 'n/a' WHEN 2 THEN 'Rome ' ELSE 'Bonn' END,
       CASE WHEN i % 10 = 3 THEN '?' WHEN i = 7 THEN '-4' ELSE (20 + i % 30)::text END, CASE WHEN i = 50 THEN 100000 WHEN i % 25 = 4 THEN NULL ELSE i END, i
FROM generate_series(1, 100) i;
INSERT INTO untidy (id, name, city, age, spent, seen) SELECT id, name, city, age, spent, seen + 1 FROM untidy WHERE id IN (8, 9);
SELECT uprofile_create('tidied', 'SELECT id, name, city, age, spent, seen FROM untidy', 'id', models => '{"kind": {"algorithm": "kmeans", "k": 2, "features": ["age", "spent"]}}', clean => '[
	{"rule": "trim"},
	{"rule": "missing", "values": ["n/a", "?"]},
	{"rule": "synonyms", "column": "city", "table": {"UK": "United Kingdom"}},
	{"rule": "duplicate_keys", "keep": "last", "order": "seen"},
	{"rule": "type", "column": "age", "to": "integer"},
	{"rule": "range", "column": "age", "min": 0},
	{"rule": "outliers", "column": "spent"},
	{"rule": "fill", "columns": ["age", "spent"], "with": "median"},
	{"rule": "fill", "column": "city", "with": "mode"}]');
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'tidied_profile'::regclass AND attnum > 0 ORDER BY attnum;
CREATE FUNCTION tidied(OUT status text, OUT users bigint, OUT inserted bigint, OUT updated bigint, OUT deleted bigint, OUT mode text, OUT reason text, OUT message text)
RETURNS SETOF record LANGUAGE sql AS $$ SELECT status, users, inserted, updated, deleted, mode, reason, message FROM uprofile_refresh('tidied') $$;
SELECT * FROM uprofile_cleaning('tidied');
SELECT * FROM tidied();
SELECT * FROM uprofile_cleaning('tidied') WHERE statistics IS NOT NULL;
SELECT id, name, city, age, spent FROM tidied_profile WHERE id IN (1, 3, 4, 7, 8, 50) ORDER BY id;
SELECT rule, action, count(*) FROM uprofile_corrections WHERE profile = 'tidied' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT user_key, step, rule, column_name, action, before, after, reason, original IS NOT NULL AS original
FROM uprofile_corrections WHERE profile = 'tidied' AND user_key IN ('3', '7', '8', '50') ORDER BY user_key::int, step, column_name;
SELECT * FROM tidied();
-- Changed users alone: by their rows, their user, and the statistics that were kept.
SELECT cleaned AS kept FROM uprofile_profile_definitions WHERE name = 'tidied' \gset
UPDATE untidy SET spent = NULL, city = 'n/a' WHERE id = 60;
INSERT INTO untidy (id, name, city, age, spent, seen) VALUES (7, 'other ', 'Rome', '30', 1e9, 200), (101, ' new', NULL, NULL, NULL, 1);
DELETE FROM untidy WHERE id = 3;
UPDATE untidy SET age = '-1' WHERE id = 11;
SELECT * FROM tidied();
SELECT id, name, city, age, spent FROM tidied_profile WHERE id IN (3, 7, 11, 60, 101) ORDER BY id;
SELECT user_key, step, rule, column_name, action, before, after, reason
FROM uprofile_corrections WHERE profile = 'tidied' AND user_key IN ('3', '7', '11', '60', '101') ORDER BY user_key::int, step, column_name, action;
SELECT cleaned = :'kept'::jsonb AS same_statistics FROM uprofile_profile_definitions WHERE name = 'tidied';
-- What stays corrected is not written again; what all rows say anew is.
SELECT array_agg(xmin::text ORDER BY column_name) AS marks FROM uprofile_corrected WHERE profile = 'tidied' AND user_key = '50' AND rule = 'trim' \gset
SELECT status, mode, deleted FROM uprofile_refresh('tidied', all_users => true);
SELECT array_agg(xmin::text ORDER BY column_name) = :'marks'::text[] AS untouched FROM uprofile_corrected WHERE profile = 'tidied' AND user_key = '50' AND rule = 'trim';
SELECT cleaned = :'kept'::jsonb AS same_statistics FROM uprofile_profile_definitions WHERE name = 'tidied';
SELECT mode, reason FROM uprofile_refresh('tidied', retrain => 'all');
-- As uprofile_clean does it to the whole source.
SELECT rows FROM uprofile_clean('SELECT id, name, city, age, spent, seen FROM untidy', 'tidied_alone', 'id', (SELECT clean FROM uprofile_profile_definitions WHERE name = 'tidied')) WHERE rule = 'cleaned';
SELECT count(*) FROM (SELECT id, name, city, age, spent FROM tidied_profile EXCEPT SELECT id, name, city, age, spent FROM tidied_alone) d;
-- Rules are altered as a whole, and taken away.
SELECT uprofile_alter('tidied', clean => '[{"rule": "trim", "column": "city"}, {"rule": "duplicate_keys", "keep": "last", "order": "seen"}, {"rule": "type", "column": "age", "to": "integer", "action": "missing"}]');
SELECT mode, reason FROM tidied();
SELECT rule, action, count(*) > 0 AS some FROM uprofile_corrections WHERE profile = 'tidied' GROUP BY 1, 2 ORDER BY 1;
SELECT uprofile_alter('tidied', clean => 'null');
SELECT uprofile_alter('tidied', clean => 'null', models => '{"kind": null}', source => 'SELECT DISTINCT ON (id) id, name, city, age, spent, seen FROM untidy ORDER BY id, seen', drop_columns => '{age}');
SELECT mode, reason FROM tidied();
SELECT count(*) FROM uprofile_corrections WHERE profile = 'tidied';
SELECT age FROM tidied_profile WHERE id = 7;
-- Live columns are computed of what is clean, also for models, where the source itself has only texts.
SELECT uprofile_drop('tidied');
SELECT uprofile_create('tidied', 'SELECT DISTINCT ON (id) id, age, seen % 2 = 0 AS even FROM untidy ORDER BY id, seen', 'id', clean => '[
	{"rule": "missing", "values": ["?"]}, {"rule": "type", "column": "age", "to": "integer"}, {"rule": "fill", "column": "age", "with": "median"}]',
	models => '{"guess": {"algorithm": "tree", "target": "even", "features": ["odd_age"], "max_depth": 2}}', policy => '{"live": {"odd_age": "abs(age) % 2"}}');
SELECT mode, reason, message FROM tidied();
SELECT uprofile_model_info('tidied.guess')->'features' AS features;
UPDATE untidy SET age = '40' WHERE id = 60;
SELECT mode, reason FROM tidied();
SELECT t.guess = uprofile_predict('tidied.guess', (SELECT r FROM (SELECT t.age % 2 AS odd_age) r))::int::bool AS of_what_is_clean FROM tidied_profile t WHERE id = 60;
SELECT uprofile_alter('tidied', policy => '{"score": "read"}');
SELECT mode, reason FROM tidied();
SELECT count(*) FROM tidied_current c JOIN tidied_profile p USING (id) WHERE (c.guess, c.guess_probability) IS DISTINCT FROM (p.guess, p.guess_probability);
-- Rules that compare users: everybody each time.
SELECT uprofile_drop('tidied');
SET client_min_messages = notice;
SELECT uprofile_create('tidied', 'SELECT DISTINCT id, city, age FROM untidy', 'id', clean => '[{"rule": "duplicate_keys", "column": "city"}]');
SET client_min_messages = warning;
SELECT status, users > 0 AS users, mode FROM tidied();
UPDATE untidy SET age = '5' WHERE id = 4;
SELECT status, mode, reason FROM tidied();
SELECT rule, looks_at FROM uprofile_cleaning('tidied');
SELECT uprofile_drop('tidied');
SELECT count(*) FROM uprofile_corrections WHERE profile = 'tidied';
-- Errors.
SELECT uprofile_create('tidied', 'untidy', 'id', clean => '[{"rule": "tirm"}]');
SELECT uprofile_create('tidied', 'untidy', 'id', clean => '{"rule": "trim"}');
SELECT uprofile_create('tidied', 'untidy', 'id', clean => '[{"rule": "range", "column": "id", "min": 5, "action": "clip"}]');
SELECT uprofile_create('tidied', 'untidy', 'name', clean => '[{"rule": "trim", "columns": ["city", "name"]}]');
SELECT uprofile_create('tidied', 'untidy', 'id', clean => '[{"rule": "range", "column": "sepnt", "min": 5}]');
DROP FUNCTION tidied;
DROP TABLE untidy, tidied_alone, tidied_alone_changes, tidied_alone_quarantine;
