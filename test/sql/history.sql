-- The past of a profile: what is kept, told, undone and refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS uprofile;
RESET client_min_messages;
CREATE TYPE hi_mood AS ENUM ('sad', 'ok', 'glad');
CREATE DOMAIN hi_part AS float8 CHECK (VALUE > -100);
CREATE TYPE hi_pair AS (x float8, of regclass);
CREATE TABLE hi_users (id int PRIMARY KEY, name text, spent float8, r real, n numeric, big int8, flag bool, day date, at timestamptz, mood hi_mood,
	part hi_part, tags text[], grid int[], j jsonb, b bytea, code char(5),
	parts hi_part[], cost money, place regclass, took interval, pair hi_pair, js json, span int4range, doc xml, bits bit varying, moods hi_mood[]);
INSERT INTO hi_users SELECT i, 'user ' || i, i / 3.0, 0.1, i * 1.50, 9007199254740993, true, '2020-02-29', '2020-01-01 12:00:00.123456+03', 'ok', 1,
	ARRAY['a', NULL, 'b"' || i], '{{1,2},{3,4}}', '{"a": [1, null]}', '\x00ff', 'x' FROM generate_series(1, 8) i;
CREATE TABLE hi_copies (n int, at timestamptz, row_text text);
CREATE PROCEDURE hi_copy(which int) LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO hi_copies SELECT which, statement_timestamp(), p::text FROM hi_profile p; END $$;

SELECT uprofile_create('hi', 'hi_users', 'id', policy => '{"history": "2 years"}');
SELECT status, inserted, updated, deleted, message FROM uprofile_refresh('hi');
CALL hi_copy(1);
UPDATE hi_users SET spent = 'NaN', r = '-Infinity', n = 'NaN', at = 'infinity', day = '-infinity', j = 'null', tags = '{}', part = '-0', grid = '[0:1]={5,6}'
	WHERE id = 3;
UPDATE hi_users SET parts = '{1.5,NULL}', cost = 1234.50::numeric, place = 'hi_users', took = '-1 mon 2 days -00:00:00.000001', pair = (0.1, 'hi_users'), js = '{"a":  1, "a": null}', span = '[1,5)',
	doc = 'a<b/>', bits = '101', moods = '{glad,sad}' WHERE id = 4;

UPDATE hi_users SET spent = 1e300, r = 1e-30, n = 1.2300, j = '"x"', tags = NULL, mood = 'glad', name = E'q"\\\n', b = '', code = 'abc', flag = NULL WHERE id = 4;
DELETE FROM hi_users WHERE id IN (5, 6);
INSERT INTO hi_users (id, name) VALUES (9, 'new');
SELECT status, inserted, updated, deleted, message FROM uprofile_refresh('hi');
CALL hi_copy(2);
UPDATE hi_users SET parts = NULL, cost = NULL, place = NULL, took = NULL, pair = NULL, js = NULL, span = NULL, doc = NULL, bits = NULL, moods = '{}' WHERE id = 4;
UPDATE hi_users SET spent = 5e-324, n = 1.23, j = '[]', name = name || '!' WHERE id IN (3, 4, 9);
INSERT INTO hi_users (id, name) VALUES (6, 'back');
SELECT status, inserted, updated, deleted, message FROM uprofile_refresh('hi');
CALL hi_copy(3);
SELECT status, inserted, updated, deleted, message FROM uprofile_refresh('hi', all_users => true);
-- Each is as it was, in any session's settings.
SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo'; SET extra_float_digits = 0; SET intervalstyle = 'iso_8601'; SET bytea_output = 'escape'; SET xmloption = 'document';
CREATE TEMP TABLE hi_past AS SELECT c.n, p AS p FROM (SELECT DISTINCT n, at FROM hi_copies) c, LATERAL uprofile_as_of(NULL::hi_profile, c.at) p;
RESET datestyle; RESET timezone; RESET extra_float_digits; RESET intervalstyle; RESET bytea_output; RESET xmloption;
SELECT n, count(*) AS users, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM hi_past p WHERE p.n = c.n AND p.p::text = c.row_text)) AS differ
	FROM hi_copies c GROUP BY n ORDER BY n;
DROP TABLE hi_past;
SELECT operation, values_before - 'id', values_after FROM uprofile_history('hi', 3);
SELECT operation, values_before ->> 'name' AS before, values_after ->> 'name' AS after FROM uprofile_history('hi', '6');
SELECT count(*) FROM uprofile_history('hi', 77);
SELECT count(*) FROM uprofile_history('hi', ROW(3::int8));

-- Columns: later ones are NULL, those that are gone are absent, and one of the same name is another.
ALTER TABLE hi_users ADD COLUMN town text;
UPDATE hi_users SET town = 'T' || id WHERE id <= 4;
SELECT status, updated, message FROM uprofile_refresh('hi');
SELECT id, name, town FROM uprofile_as_of(NULL::hi_profile, (SELECT max(at) FROM hi_copies)) WHERE id IN (3, 9) ORDER BY 1;
SELECT id, name, town FROM uprofile_as_of(NULL::hi_profile, 'infinity') WHERE id IN (3, 9) ORDER BY 1;
SELECT uprofile_alter('hi', source => 'SELECT id, name, spent::text AS spent FROM hi_users', drop_columns => '{town,r,n,big,flag,day,at,mood,part,tags,grid,j,b,code,spent,parts,cost,place,took,pair,js,span,doc,bits,moods}');
SELECT status, message FROM uprofile_refresh('hi');
SELECT id, name, spent FROM uprofile_as_of(NULL::hi_profile, (SELECT max(at) FROM hi_copies WHERE n = 2)) WHERE id IN (3, 4, 6) ORDER BY 1;
SELECT id, name, spent FROM uprofile_as_of(NULL::hi_profile, now()) WHERE id IN (3, 4, 6) ORDER BY 1;
ALTER TABLE hi_profile ADD COLUMN own text DEFAULT 'mine';
SELECT id, own FROM uprofile_as_of(NULL::hi_profile, now()) WHERE id = 3;

-- What is refused.
SELECT * FROM uprofile_as_of(NULL::hi_users, now());
SELECT uprofile_as_of(1, now());
SELECT * FROM uprofile_as_of(NULL::hi_current, now());
SELECT * FROM uprofile_as_of(NULL::hi_profile, NULL);
DO $$ BEGIN PERFORM * FROM uprofile_as_of(NULL::hi_profile, '-infinity'); EXCEPTION WHEN invalid_parameter_value THEN
	RAISE NOTICE '% %', regexp_replace(SQLERRM, '[0-9][-0-9:. A-Z+]+', '(time)'), SQLSTATE; END $$;
SELECT * FROM uprofile_history('nobody', 1);
SELECT * FROM uprofile_history('hi', true);
SELECT * FROM uprofile_history('hi', NULL::int);
SELECT uprofile_create('hi2', 'hi_users', 'id', policy => '{"history": "-1 day"}');
SELECT uprofile_create('hi2', 'hi_users', 'id', policy => '{"history": true}');
CREATE TABLE hi2_history ();
SELECT uprofile_create('hi2', 'hi_users', 'id', policy => '{"history": "1 day"}');

-- Off, and on again: the past begins anew.
SELECT uprofile_alter('hi', policy => '{"history": null}');
SELECT status FROM uprofile_refresh('hi');
SELECT * FROM uprofile_as_of(NULL::hi_profile, now());
SELECT count(*) FROM uprofile_history('hi', 3);
SELECT uprofile_alter('hi', policy => '{"history": "1 day"}');
SELECT count(*) FROM uprofile_as_of(NULL::hi_profile, now());
DO $$ BEGIN PERFORM * FROM uprofile_as_of(NULL::hi_profile, (SELECT max(at) FROM hi_copies)); EXCEPTION WHEN invalid_parameter_value THEN
	RAISE NOTICE '%', regexp_replace(SQLERRM, '[0-9][-0-9:. A-Z+]+', '(time)'); END $$;
-- What is older than the policy wants goes with a refresh, and the past begins later.
UPDATE hi_history SET changed_at = changed_at - interval '25 hours';
UPDATE hi_users SET name = 'last' WHERE id = 3;
SELECT status, updated FROM uprofile_refresh('hi');
SELECT operation, values_after - 'id' FROM hi_history WHERE key_1 IS NOT NULL;
-- Without its table it begins again.
DROP TABLE hi_history;
SELECT status FROM uprofile_refresh('hi');
SELECT count(*) FROM uprofile_as_of(NULL::hi_profile, now());

-- Users by several columns, one of them without case.
CREATE COLLATION hi_nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE hi_pairs (shop int, name text COLLATE hi_nocase, v int);
INSERT INTO hi_pairs VALUES (1, 'Ann', 1), (1, 'Bob', 1), (2, 'ann', 1);
SELECT uprofile_create('hi3', 'hi_pairs', 'shop, name', policy => '{"history": "1 day"}');
SELECT status, inserted FROM uprofile_refresh('hi3');
SELECT clock_timestamp() AS then \gset
UPDATE hi_pairs SET name = upper(name), v = 2 WHERE shop = 1;
SELECT status, updated, inserted, deleted FROM uprofile_refresh('hi3');
SELECT shop, name, v FROM uprofile_as_of(NULL::hi3_profile, :'then') ORDER BY 1, 2;
SELECT operation, values_before, values_after FROM uprofile_history('hi3', ROW(1, 'ann'));

-- What the owner of a profile makes of its history and its view takes nobody's rights and stops no server.
CREATE ROLE hi_owner;
CREATE SCHEMA hi_own AUTHORIZATION hi_owner;
SET ROLE hi_owner;
CREATE FUNCTION hi_own.seen(value text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'runs as %', current_user; RETURN true; END $$;
CREATE DOMAIN hi_own.checked AS text CHECK (hi_own.seen(VALUE));
CREATE TYPE hi_own.pair AS (a hi_own.checked, b int);
CREATE TABLE hi_own.users (id hi_own.pair PRIMARY KEY, pair hi_own.pair);
SET client_min_messages = warning;
INSERT INTO hi_own.users VALUES (ROW('x', 1), ROW('y', 1));
SELECT uprofile_create('hi_own.hi5', 'hi_own.users', 'id', policy => '{"history": "1 year"}');
SELECT status FROM uprofile_refresh('hi_own.hi5');
SELECT clock_timestamp() AS then \gset
UPDATE hi_own.users SET pair = ROW('y', 2);
SELECT status, updated FROM uprofile_refresh('hi_own.hi5');
RESET client_min_messages;
-- A clock that was set back: a time to come is now all the same.
UPDATE hi_own.hi5_history SET changed_at = changed_at + interval '1 hour' WHERE operation = 'update';
SELECT pair FROM uprofile_as_of(NULL::hi_own.hi5_profile, 'infinity');
SELECT pair FROM uprofile_as_of(NULL::hi_own.hi5_profile, now() + interval '1 day');
RESET ROLE;
SELECT pair FROM uprofile_as_of(NULL::hi_own.hi5_profile, :'then');
SELECT operation FROM uprofile_history('hi_own.hi5', '(x,1)');
SELECT uprofile_get('hi_own.hi5', '(x,1)') -> 'found';
SELECT uprofile_user_key('hi_own.hi5', '(x,1)');
SET ROLE hi_owner;
UPDATE hi_own.hi5_history SET values_after = NULL WHERE key_1 IS NULL;
SELECT id, pair FROM uprofile_as_of(NULL::hi_own.hi5_profile, now());
CREATE TYPE hi_own.kind AS ENUM ('x');
ALTER TABLE hi_own.hi5_history ALTER key_1 TYPE hi_own.kind USING NULL;
SELECT * FROM uprofile_history('hi_own.hi5', ROW('x', 1)::hi_own.pair);
ALTER TABLE hi_own.hi5_history ALTER operation TYPE int8 USING 12345678;
SELECT * FROM uprofile_history('hi_own.hi5', ROW('x', 1)::hi_own.pair);
SELECT * FROM uprofile_as_of(NULL::hi_own.hi5_profile, :'then');
SELECT status, message FROM uprofile_refresh('hi_own.hi5', all_users => true);
CREATE TABLE hi_own.named (id text PRIMARY KEY);
SELECT uprofile_create('hi_own.hi6', 'hi_own.named', 'id', watch => 'none');
SELECT status FROM uprofile_refresh('hi_own.hi6');
SELECT identity FROM uprofile_profile_definitions WHERE name = 'hi_own.hi6' \gset
DROP VIEW hi_own.hi6_current;
CREATE VIEW hi_own.hi6_current AS SELECT 'ann'::name AS id, now() AS computed_at, false AS stale FROM uprofile_freshness('hi_own.hi6', :'identity', 1);
SELECT uprofile_get('hi_own.hi6', 'ann');
RESET ROLE;
SET client_min_messages = warning;
SELECT uprofile_drop('hi_own.hi5'), uprofile_drop('hi_own.hi6');
DROP SCHEMA hi_own CASCADE;
RESET client_min_messages;
DROP ROLE hi_owner;

-- Pruning: runs but those that decide on what comes next, history, and failures of users who are gone.
CREATE TABLE hi_zero (id int PRIMARY KEY, v int);
INSERT INTO hi_zero SELECT i, i - 3 FROM generate_series(1, 5) i;
SELECT uprofile_create('hi4', 'SELECT id, 10 / v AS v FROM hi_zero', 'id', policy => '{"history": "1 day"}');
SET client_min_messages = error;
SELECT status FROM uprofile_refresh('hi4');
INSERT INTO hi_zero VALUES (6, 0);
SELECT status FROM uprofile_refresh('hi4');
UPDATE hi_zero SET v = 7 WHERE id = 1;
SELECT status FROM uprofile_refresh('hi4');
RESET client_min_messages;
SELECT user_key FROM uprofile_failures WHERE profile = 'hi4' ORDER BY 1;
SELECT * FROM uprofile_prune('hi4');
INSERT INTO uprofile_refresh_failures (profile, user_key, sqlstate, message) VALUES ('hi4', '77', '22012', 'left since'), ('hi4', '78', '22012', 'left today');
UPDATE uprofile_refresh_failures SET since = since - interval '91 days' WHERE user_key <> '78';
UPDATE uprofile_refresh_log SET finished_at = finished_at - interval '91 days' WHERE profile = 'hi4';
UPDATE hi4_history SET changed_at = changed_at - interval '25 hours' WHERE operation <> 'update';
SELECT * FROM uprofile_prune(runs => '1000 days', failures => NULL) WHERE profile_name = 'hi4';
SELECT * FROM uprofile_prune('hi4');
SELECT count(*) FROM uprofile_runs WHERE profile = 'hi4';
SELECT user_key FROM uprofile_failures WHERE profile = 'hi4' ORDER BY 1;
SELECT * FROM uprofile_prune('hi4', history => '0', runs => NULL, failures => NULL);
SELECT operation FROM hi4_history;
SELECT * FROM uprofile_prune('nobody');
SELECT * FROM uprofile_prune('hi4', runs => '-1 day');
DROP TABLE hi_zero CASCADE;
SELECT * FROM uprofile_prune('hi4', failures => '0');
SELECT uprofile_drop('hi'), uprofile_drop('hi3'), uprofile_drop('hi4');
SELECT to_regclass('hi_history'), to_regclass('hi3_history');
DROP TABLE hi_users, hi_copies, hi_pairs, hi2_history;
DROP PROCEDURE hi_copy;
DROP TYPE hi_pair, hi_mood;
DROP DOMAIN hi_part;
DROP COLLATION hi_nocase;
