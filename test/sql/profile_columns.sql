-- A profile's table outlives what it was made with: columns come and go in the source, and people add their own.
SET client_min_messages = warning;
CREATE TABLE folk AS SELECT i AS id, (i * 37) % 101 AS age, i % 3 = 0 AS gone FROM generate_series(1, 60) i;
SELECT uprofile_create('folk', 'folk', 'id', models => '{"churn": {"algorithm": "tree", "target": "gone"}}');
SELECT status, inserted FROM uprofile_refresh('folk');
SELECT jsonb_object_keys(table_columns) FROM uprofile_profile_definitions WHERE name = 'folk' ORDER BY 1;
CREATE FUNCTION folk_columns() RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
   FROM pg_attribute WHERE attrelid = 'folk_profile'::regclass AND attnum > 0 AND NOT attisdropped $$;

-- What people put on the table stays: columns, comments, rights, views.
CREATE ROLE up_columns_reader;
GRANT SELECT ON folk_profile TO up_columns_reader;
ALTER TABLE folk_profile ADD COLUMN remark text DEFAULT 'none';
COMMENT ON COLUMN folk_profile.remark IS 'what we think of him';
CREATE VIEW old_folk AS SELECT id, age, remark FROM folk_profile WHERE age > 90;
UPDATE folk_profile SET remark = 'a friend' WHERE id = 7;

-- A new column of the source is taken over, with its type and collation.
ALTER TABLE folk ADD COLUMN spent numeric(8,2), ADD COLUMN "Town" varchar(20) COLLATE "C", ADD COLUMN made timestamptz(0);
UPDATE folk SET spent = id / 4.0, "Town" = 'Town ' || id % 5, made = '2026-01-01 UTC' WHERE id <= 30;
SELECT status, inserted, updated, deleted, mode, message FROM uprofile_refresh('folk');
SELECT folk_columns();
SELECT id, age, spent, "Town", made IS NOT NULL AS made, remark FROM folk_profile WHERE id IN (7, 8, 40) ORDER BY id;
SELECT attcollation::regcollation FROM pg_attribute WHERE attrelid = 'folk_profile'::regclass AND attname = 'Town';
SELECT has_table_privilege('up_columns_reader', 'folk_profile', 'SELECT') AS may_read, count(*) AS of_view,
	   (SELECT col_description('folk_profile'::regclass, attnum) FROM pg_attribute
		WHERE attrelid = 'folk_profile'::regclass AND attname = 'remark') AS comment FROM old_folk;
-- The next one finds nothing to do.
SELECT status, inserted, updated, deleted FROM uprofile_refresh('folk');

-- One that goes, is said what to do about.
ALTER TABLE folk DROP COLUMN "Town";
SELECT status, message FROM uprofile_refresh('folk');
-- To keep its values, give it another name; it is the user's own then.
ALTER TABLE folk_profile RENAME COLUMN "Town" TO town_once;
SELECT status, updated FROM uprofile_refresh('folk');
SELECT id, town_once FROM folk_profile WHERE id = 7;
ALTER TABLE folk DROP COLUMN spent;
SELECT status, message FROM uprofile_refresh('folk');
SELECT uprofile_alter('folk', drop_columns => '{spent}');
SELECT status, updated FROM uprofile_refresh('folk');

-- One that changes its type as well: values that fit go on, then those that do not are named, then the type is told.
ALTER TABLE folk ALTER COLUMN age TYPE bigint;
SELECT status FROM uprofile_refresh('folk');
UPDATE folk SET age = 3000000000 WHERE id = 1;
SELECT status, message FROM uprofile_refresh('folk');
UPDATE folk SET age = 1 WHERE id = 1;
ALTER TABLE folk ALTER COLUMN age TYPE date USING '2000-01-01'::date + age::int;
SELECT status, message FROM uprofile_refresh('folk');
DROP VIEW old_folk;
SELECT uprofile_alter('folk', drop_columns => '{age}');
SELECT status, updated FROM uprofile_refresh('folk', retrain => 'all');
SELECT age FROM folk_profile WHERE id = 2;

-- A user's own column is never overwritten because the source gets one of its name.
ALTER TABLE folk ADD COLUMN remark text DEFAULT 'of the source';
SELECT status, message FROM uprofile_refresh('folk');
SELECT remark FROM folk_profile WHERE id = 7;
ALTER TABLE folk_profile RENAME COLUMN remark TO our_remark;
SELECT status, updated FROM uprofile_refresh('folk');
SELECT our_remark, remark FROM folk_profile WHERE id = 7;
-- Nor is there room for another changed_at.
ALTER TABLE folk ADD COLUMN changed_at int;
SELECT status, message FROM uprofile_refresh('folk');
ALTER TABLE folk DROP COLUMN changed_at;
SELECT uprofile_create('other_folk', 'SELECT id, age, now() AS changed_at FROM folk', 'id', watch => 'none');

-- A column of the profile's that was dropped from the table comes back.
SET client_min_messages = warning;
ALTER TABLE folk_profile DROP COLUMN age CASCADE;
RESET client_min_messages;
SELECT status, updated FROM uprofile_refresh('folk');
SELECT folk_columns();

-- Of a profile of an earlier version only the table says what was the profile's: what stands before changed_at.
UPDATE uprofile_profile_definitions SET table_columns = NULL WHERE name = 'folk';
ALTER TABLE folk ADD COLUMN late int DEFAULT 5;
SELECT status, updated FROM uprofile_refresh('folk');
SELECT our_remark, late FROM folk_profile WHERE id = 7;
-- Its changed_at, dropped from the table, comes back, and no row is written for it; another column of the name is in its way.
SET client_min_messages = warning;
ALTER TABLE folk_profile DROP COLUMN changed_at CASCADE;
RESET client_min_messages;
SELECT uprofile_alter('folk', drop_columns => '{late}');
SELECT status, updated, message FROM uprofile_refresh('folk');
SELECT count(*) > 0 AS users, count(changed_at) AS changed FROM folk_profile;
UPDATE folk SET remark = 'changed' WHERE id = 7;
SELECT status, updated FROM uprofile_refresh('folk');
SELECT count(changed_at) AS changed FROM folk_profile;
SET client_min_messages = warning;
ALTER TABLE folk_profile DROP COLUMN changed_at CASCADE;
RESET client_min_messages;
ALTER TABLE folk_profile ADD COLUMN changed_at date;
SELECT status, message FROM uprofile_refresh('folk');
ALTER TABLE folk_profile RENAME COLUMN changed_at TO our_changes;
SELECT status, updated FROM uprofile_refresh('folk');
SELECT uprofile_drop('folk');
DROP FUNCTION folk_columns;
DROP TABLE folk;
DROP ROLE up_columns_reader;
-- A model that was trained on a number, where the source has text now: what to do is said, and helps.
CREATE TABLE retyped AS SELECT i AS id, i % 20 AS size, i % 20 > 9 AS large FROM generate_series(1, 200) i;
SELECT uprofile_create('retyped', 'retyped', 'id', models => '{"guess": {"algorithm": "tree", "target": "large"}}');
SELECT status FROM uprofile_refresh('retyped');
ALTER TABLE retyped ALTER size TYPE text USING CASE WHEN size > 9 THEN 'big' ELSE 'small' END;
SELECT status, message FROM uprofile_refresh('retyped');
SELECT uprofile_alter('retyped', drop_columns => '{size}');
SELECT status, message FROM uprofile_refresh('retyped');
SELECT status, message, trained FROM uprofile_refresh('retyped', retrain => 'all');
SELECT count(*) FROM retyped_profile WHERE guess = large;
SELECT uprofile_drop('retyped');
DROP TABLE retyped;

-- names that a model gives; and where the source loses a column, only the models that were trained on it stop
CREATE TABLE loses AS SELECT i AS id, i * 37 % 101 AS a, i * 53 % 89 AS b, i % 11 AS town, i * 37 % 101 > 50 AS x, i * 53 % 89 > 40 AS y
	FROM generate_series(1, 400) i;
SELECT uprofile_create('loses', 'loses', 'id', models => '{"group": {"algorithm": "kmeans", "k": 2}, "guess": {"algorithm": "tree", "target": "x", "exclude": ["group"]}}');
SELECT uprofile_create('loses', 'loses', 'id', models => '{"guess": {"algorithm": "tree", "target": "x", "features": ["a", "twon"]}}');
SELECT uprofile_create('loses', 'loses', 'id', models => '{"first": {"algorithm": "tree", "target": "x", "features": ["a", "b"]},
	"second": {"algorithm": "tree", "target": "y", "exclude": ["id", "x"]}}');
SELECT status, message FROM uprofile_refresh('loses');
ALTER TABLE loses DROP town;
SELECT uprofile_alter('loses', drop_columns => '{town}');
SELECT status, message FROM uprofile_refresh('loses');
SELECT model, decision, reason FROM uprofile_run_steps WHERE profile = 'loses' AND decision = 'failed';
SELECT count(first), count(second) FROM loses_profile;
SELECT status, message, trained FROM uprofile_refresh('loses', retrain => 'second');
SELECT count(first), count(second) FROM loses_profile;
-- what it is to predict is gone
ALTER TABLE loses DROP y;
SELECT status FROM uprofile_refresh('loses');
SELECT uprofile_alter('loses', models => '{"second": null}', drop_columns => '{y}');
SELECT status, message FROM uprofile_refresh('loses');
SELECT uprofile_drop('loses');
DROP TABLE loses;
-- a column that a model only leaves out, and a figure that went with the target as it was: neither stops the others
CREATE TABLE rest AS SELECT i AS id, i * 37 % 101 AS a, i % 11 AS town, i * 37 % 101 > 50 AS x FROM generate_series(1, 400) i;
SELECT uprofile_create('rest', 'rest', 'id', models => '{"guess": {"algorithm": "tree", "target": "x", "exclude": ["id", "town"]}, "near": {"algorithm": "kmeans", "k": 2, "features": ["a"]}}');
SELECT status, message FROM uprofile_refresh('rest');
ALTER TABLE rest DROP town;
SELECT uprofile_alter('rest', drop_columns => '{town}');
UPDATE uprofile_profile_definitions SET models = jsonb_set(models, '{guess,retrain_metric}', '{"rmse": 1}') WHERE name = 'rest';
SELECT status, message FROM uprofile_refresh('rest');
SELECT count(guess), count(near) FROM rest_profile;
SELECT uprofile_alter('rest', models => '{"guess": {"algorithm": "tree", "target": "x", "retrain_metric": {"rmse": 1}}}');
SELECT uprofile_alter('rest', models => '{"guess": {"algorithm": "tree", "target": "x", "exclude": ["town"]}}');
SELECT uprofile_drop('rest');
DROP TABLE rest;
