-- Users who cannot be computed are set apart with their error, and the others go on.
\set SHOW_CONTEXT never
CREATE SCHEMA failing;
SET search_path = failing, public;
CREATE TABLE people (id int PRIMARY KEY, visits int, days int, born text, size numeric);
INSERT INTO people SELECT i, i, 1 + i % 7, '2000-01-01', i FROM generate_series(1, 500) i;
SELECT uprofile_create('failing', 'SELECT id, visits, visits / days AS rate, born::date AS born, size FROM people', 'id');
CREATE FUNCTION refresh(profile text, OUT answer text) LANGUAGE sql AS
$$ SELECT format('%s %s: %s users, +%s ~%s -%s, %s failed%s', r.status, r.mode, r.users, r.inserted, r.updated, r.deleted, r.failed,
	 ' (' || coalesce(r.message, r.reason) || ')') FROM uprofile_refresh(profile) r $$;
SELECT refresh('failing');
SELECT refresh('failing');
-- by keys: a division by zero and a cast, among users who are sound
UPDATE people SET days = 0 WHERE id = 7;
UPDATE people SET born = 'unknown', visits = 1000 WHERE id = 9;
UPDATE people SET visits = 2000 WHERE id IN (8, 10, 11);
DELETE FROM people WHERE id = 12;
SELECT refresh('failing');
SELECT user_key, error, sqlstate, since <= clock_timestamp() AS past FROM uprofile_failures WHERE profile = 'failing' ORDER BY 1;
SELECT id, visits, rate, born FROM failing_profile WHERE id BETWEEN 7 AND 12 ORDER BY 1;
SELECT status, failed, message FROM uprofile_runs WHERE profile = 'failing' ORDER BY run DESC LIMIT 1;
-- in the view they are as old as they are, and stale; everybody else is as of this refresh
SELECT c.id, c.stale, c.computed_at = (SELECT started_at FROM uprofile_runs r WHERE profile = 'failing' ORDER BY run DESC LIMIT 1) AS of_this_run,
	c.computed_at = (SELECT started_at FROM uprofile_runs r WHERE profile = 'failing' ORDER BY run DESC LIMIT 1 OFFSET 1) AS of_the_one_before
FROM failing_current c WHERE id BETWEEN 7 AND 10 ORDER BY 1;
-- they are not tried again until they change
SELECT refresh('failing');
UPDATE people SET visits = 1 WHERE id IN (1, 2);
SELECT refresh('failing');
UPDATE people SET days = 4 WHERE id = 7;
SELECT refresh('failing');
SELECT user_key FROM uprofile_failures WHERE profile = 'failing';
SELECT id, visits, rate, born FROM failing_profile WHERE id = 7;
-- with all users they are tried too, and those who are gone leave
INSERT INTO people VALUES (601, 5, 0, '2000-01-01', 1);
SELECT refresh('failing');
SELECT user_key FROM uprofile_failures WHERE profile = 'failing' ORDER BY 1;
SELECT r.mode, r.users, r.failed, r.inserted + r.updated + r.deleted AS written, r.message FROM uprofile_refresh('failing', all_users => true) r;
DELETE FROM people WHERE id = 9;
DELETE FROM people WHERE id = 601;
SELECT refresh('failing');
SELECT user_key FROM uprofile_failures WHERE profile = 'failing';
-- a value that does not fit its column, with few and with all users, also where a plan would run in parallel
DROP VIEW failing_current;
ALTER TABLE failing_profile ALTER size TYPE numeric(4, 1);
SELECT refresh('failing');
UPDATE people SET size = 1.25 WHERE id = 20;
UPDATE people SET size = 2.5 WHERE id = 21;
SELECT refresh('failing');
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
UPDATE people SET size = 12345, days = 0 WHERE id = 22;
UPDATE people SET size = 12345 WHERE id = 23;
SELECT r.mode, r.users, r.failed, r.updated, r.message FROM uprofile_refresh('failing', all_users => true) r;
UPDATE people SET days = 1 WHERE id = 22;
SELECT r.mode, r.users, r.failed, r.updated, r.message FROM uprofile_refresh('failing', all_users => true) r;
SELECT user_key, error FROM uprofile_failures WHERE profile = 'failing' ORDER BY 1;
SELECT id, size FROM failing_profile WHERE id BETWEEN 20 AND 23 ORDER BY 1;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- many: the source is broken
UPDATE people SET days = 0 WHERE id <= 200;
SELECT refresh('failing');
SELECT count(*) FROM uprofile_failures WHERE profile = 'failing';
UPDATE people SET size = id, days = 1;
SELECT refresh('failing');
SELECT count(*) FROM uprofile_failures WHERE profile = 'failing';
UPDATE people SET days = 0;
SELECT r.status, r.message FROM uprofile_refresh('failing', all_users => true) r;
SELECT count(*) FROM failing_profile;
UPDATE people SET days = 1;
SELECT refresh('failing');
-- what is missing or forbidden is no user's fault
CREATE FUNCTION rate(visits int) RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN visits; END $$;
SELECT uprofile_create('failing_call', 'SELECT id, rate(visits) AS rate FROM people', 'id');
SELECT refresh('failing_call');
CREATE OR REPLACE FUNCTION rate(visits int) RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN visits / missing.days; END $$;
UPDATE people SET visits = 5 WHERE id = 30;
SELECT refresh('failing_call');
-- a source that its text no longer fits, in words
ALTER TABLE people RENAME size TO amount;
SELECT status, message FROM uprofile_refresh('failing');
SELECT * FROM uprofile_refresh('failing', on_error => 'raise');
ALTER TABLE people RENAME amount TO size;
ALTER FUNCTION rate RENAME TO quota;
SELECT * FROM uprofile_refresh('failing_call', on_error => 'raise');
SELECT status FROM uprofile_refresh('failing');
-- where anybody's row is computed from everybody's, one fault is everybody's, which is seen before all are tried
INSERT INTO people SELECT i, i, 1, '2000-01-01', 1 FROM generate_series(1001, 4000) i;
-- (and some of many users)
UPDATE people SET days = 0 WHERE id IN (3, 1001, 1500, 2000, 2001, 3000, 3999);
SET client_min_messages = error;
SELECT r.mode, r.users, r.failed, r.inserted FROM uprofile_refresh('failing', all_users => true) r;
RESET client_min_messages;
SELECT string_agg(user_key, ' ' ORDER BY user_key::int) FROM uprofile_failures WHERE profile = 'failing';
UPDATE people SET days = 1;
SELECT r.mode, r.users, r.failed, r.inserted FROM uprofile_refresh('failing', all_users => true) r;
SELECT uprofile_create('failing_rank', 'SELECT id, rank() OVER (ORDER BY visits / days) AS place FROM people', 'id');
SELECT refresh('failing_rank');
UPDATE people SET days = 0 WHERE id = 33;
SELECT refresh('failing_rank');
-- texts of keys do not depend on the session
CREATE TABLE days (day date PRIMARY KEY, n int);
INSERT INTO days SELECT '2026-01-01'::date + i, i FROM generate_series(0, 30) i;
SELECT uprofile_create('failing_days', 'SELECT day, 1 / (n - 5) AS n FROM days', 'day');
SET DateStyle = 'SQL, DMY';
SELECT refresh('failing_days');
SELECT user_key FROM uprofile_failures WHERE profile = 'failing_days';
RESET DateStyle;
UPDATE days SET n = 50 WHERE n = 5;
SELECT refresh('failing_days');
SELECT count(*) FROM uprofile_failures WHERE profile = 'failing_days';
UPDATE days SET n = 5 WHERE n = 50;
SELECT refresh('failing_days');
SELECT uprofile_drop('failing'), uprofile_drop('failing_call'), uprofile_drop('failing_rank'), uprofile_drop('failing_days');
SELECT count(*) FROM uprofile_refresh_failures;
SET client_min_messages = warning;
DROP SCHEMA failing CASCADE;
