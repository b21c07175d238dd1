-- The forms of watching: once a row, also for what is replicated; and what becomes of watched tables.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA formed;
SET search_path = formed, public;
CREATE TABLE visits (user_id int, at date, n int) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE formed_people (id int PRIMARY KEY, name text);
INSERT INTO visits SELECT i, '2026-01-02', 1 FROM generate_series(1, 40) i;
CREATE FUNCTION refresh(profile text, OUT answer text) LANGUAGE sql AS
$$ SELECT format('%s %s: +%s ~%s -%s%s', r.status, r.mode, r.inserted, r.updated, r.deleted, ' (' || coalesce(r.message, r.reason) || ')')
   FROM uprofile_refresh(profile) r $$;
CREATE FUNCTION missed(profile text, OUT n bigint) LANGUAGE sql AS
$$ SELECT r.inserted + r.updated + r.deleted FROM uprofile_refresh(profile, all_users => true) r $$;
-- bad forms
\set source 'SELECT user_id, count(*) AS visits, sum(n) AS n FROM visits GROUP BY 1'
SELECT uprofile_create('formed_rows', :'source', 'user_id', '[{"table": "visits", "key": "user_id", "form": "column"}]');
SELECT uprofile_create('formed_rows', :'source', 'user_id', '[{"table": "visits", "key": "user_id", "always": 1}]');
SELECT uprofile_create('formed_rows', :'source', 'user_id', '[{"table": "visits", "key": "user_id", "form": "statement", "always": true}]');
SELECT uprofile_create('formed_rows', :'source', 'user_id', '[{"table": "visits", "key": "nothing", "form": "row"}]');
-- once a row
SELECT uprofile_create('formed_rows', :'source', 'user_id', '[{"table": "visits", "key": "user_id", "form": "row"}]');
SELECT table_name, column_names, found, form, state FROM uprofile_watched('formed_rows');
SELECT refresh('formed_rows');
INSERT INTO visits VALUES (1, '2026-01-03', 5), (2, '2026-01-03', 5);
UPDATE visits_1 SET user_id = 100 WHERE user_id = 3;
DELETE FROM visits WHERE user_id = 4;
SELECT refresh('formed_rows');
-- The server gives a new partition the trigger of rows by itself; that of TRUNCATE comes with uprofile_run.
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO visits_2 VALUES (1, '2026-02-03', 5);
SELECT changed FROM uprofile_queue_state('formed_rows');
SELECT form, state FROM uprofile_watched('formed_rows');
SELECT refresh('formed_rows');
CALL uprofile_run('formed_rows');
SELECT form, state FROM uprofile_watched('formed_rows');
UPDATE visits SET at = '2026-02-05' WHERE user_id = 5;
INSERT INTO visits_2 VALUES (6, '2026-02-03', 5);
SELECT refresh('formed_rows');
ALTER TABLE visits DETACH PARTITION visits_2;
SELECT refresh('formed_rows');
SELECT missed('formed_rows');
SELECT uprofile_drop('formed_rows');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'uprofile%' AND tgname <> 'uprofile_stamp_owner';
-- what is replicated
SELECT uprofile_create('formed_always', :'source', 'user_id', '[{"table": "visits", "key": "user_id", "always": true}]');
SELECT form, state FROM uprofile_watched('formed_always');
SELECT refresh('formed_always');
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
CALL uprofile_run('formed_always');
SET session_replication_role = replica;
INSERT INTO visits VALUES (7, '2026-01-03', 5), (8, '2026-03-03', 5);
SELECT refresh('formed_always');
TRUNCATE visits_3;
SELECT refresh('formed_always');
RESET session_replication_role;
UPDATE visits SET n = 7 WHERE user_id = 9;
SELECT refresh('formed_always');
SELECT missed('formed_always');
ALTER TABLE visits_1 ENABLE TRIGGER USER;
SELECT form, state FROM uprofile_watched('formed_always');
SELECT uprofile_drop('formed_always');
-- Watched tables that are written anew, altered, renamed or dropped.
INSERT INTO formed_people SELECT i, 'name ' || i FROM generate_series(1, 30) i;
SELECT uprofile_create('formed_tables', 'formed_people', 'id');
SELECT refresh('formed_tables');
SELECT refresh('formed_tables');
ALTER TABLE formed_people ALTER name TYPE text USING upper(name);
SELECT refresh('formed_tables');
SELECT refresh('formed_tables');
ALTER TABLE formed_people RENAME TO persons;
SELECT refresh('formed_tables');
SELECT state FROM uprofile_watched('formed_tables');
ALTER TABLE persons RENAME TO formed_people;
UPDATE formed_people SET name = 'x' WHERE id = 1;
SELECT refresh('formed_tables');
ALTER TABLE formed_people RENAME id TO person;
SELECT refresh('formed_tables');
UPDATE formed_people SET name = 'y' WHERE person = 1;
ALTER TABLE formed_people RENAME person TO id;
SELECT refresh('formed_tables');
ALTER TABLE formed_people ALTER id TYPE bigint;
UPDATE formed_people SET name = 'z' WHERE id = 1;
SELECT refresh('formed_tables');
DROP TABLE formed_people;
SELECT state FROM uprofile_watched('formed_tables');
SELECT refresh('formed_tables');
SELECT uprofile_drop('formed_tables');
-- Foreign tables, as a table and as a partition.
CREATE FOREIGN DATA WRAPPER formed_nothing;
CREATE SERVER formed_nowhere FOREIGN DATA WRAPPER formed_nothing;
CREATE FOREIGN TABLE far (id int, n int) SERVER formed_nowhere;
RESET client_min_messages;
SELECT uprofile_create('formed_far', 'far', 'id');
SELECT uprofile_drop('formed_far');
SELECT uprofile_create('formed_far', 'far', 'id', 'auto');
SELECT uprofile_create('formed_far', 'far', 'id', '{far.id}');
-- What nobody can watch beside what can be: with full_every the one is followed, and all are computed at the interval.
CREATE TABLE near AS SELECT i AS id, 1 AS size FROM generate_series(1, 50) i;
CREATE MATERIALIZED VIEW away AS SELECT id, size FROM near;
SELECT uprofile_create('formed_far', 'SELECT id, near.size, away.size AS before FROM near JOIN away USING (id)', 'id', policy => '{"full_every": "1 day"}');
SELECT mode, reason FROM uprofile_refresh('formed_far');
UPDATE near SET size = 2 WHERE id = 3;
SELECT mode, updated FROM uprofile_refresh('formed_far');
REFRESH MATERIALIZED VIEW away;
SELECT mode, updated FROM uprofile_refresh('formed_far');
SELECT count(*) FROM formed_far_current WHERE stale OR computed_at > (SELECT min(started_at) FROM uprofile_runs WHERE profile = 'formed_far');
UPDATE uprofile_profile_definitions SET scored = scored || '{"full_at": 1}' WHERE name = 'formed_far';
SELECT mode, updated, reason FROM uprofile_refresh('formed_far');
SELECT uprofile_drop('formed_far');
SELECT uprofile_create('formed_far', 'SELECT id, near.size, away.size AS before FROM near JOIN away USING (id)', 'id', '{near.id}');
SELECT uprofile_alter('formed_far', policy => '{"full_every": "1 day"}');
SELECT mode, reason FROM uprofile_refresh('formed_far');
SELECT uprofile_alter('formed_far', watch => 'auto');
SELECT mode, reason FROM uprofile_refresh('formed_far');
UPDATE near SET size = 3 WHERE id = 3;
SELECT mode, reason FROM uprofile_refresh('formed_far');
SELECT uprofile_drop('formed_far');
CREATE FOREIGN TABLE visits_4 PARTITION OF visits FOR VALUES FROM ('2026-04-01') TO ('2026-05-01') SERVER formed_nowhere;
SELECT uprofile_create('formed_far', :'source', 'user_id', 'auto');
SELECT uprofile_create('formed_far', :'source', 'user_id', '{visits.user_id}');
SET client_min_messages = warning;
DROP FOREIGN DATA WRAPPER formed_nothing CASCADE;
DROP SCHEMA formed CASCADE;
