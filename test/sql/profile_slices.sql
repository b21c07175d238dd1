-- A long queue is drained in slices: the oldest keys first, the rest stays queued.
\set SHOW_CONTEXT never
CREATE SCHEMA sliced;
SET search_path = sliced, public;
CREATE TABLE people (id int PRIMARY KEY, n int);
CREATE TABLE visits (person int, pages int);
CREATE INDEX ON visits (person);
INSERT INTO people SELECT i, i FROM generate_series(1, 6000) i;
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 6000) i;
CREATE VIEW source AS SELECT p.id, p.n, v.pages FROM people p LEFT JOIN (SELECT person, sum(pages) AS pages FROM visits GROUP BY 1) v ON v.person = p.id;
SELECT uprofile_create('slices', 'source', 'id');
CREATE FUNCTION refresh(users int8 DEFAULT NULL, budget interval DEFAULT NULL, share float8 DEFAULT 0.2, OUT answer text) LANGUAGE sql AS
$$ SELECT format('%s %s: %s users, +%s ~%s -%s, %s remain (%s)', r.status, r.mode, r.users, r.inserted, r.updated, r.deleted, r.remaining, coalesce(r.message, r.reason))
   FROM uprofile_refresh('slices', max_users => users, time_budget => budget, max_deleted => share) r $$;
CREATE FUNCTION missed(OUT n bigint) LANGUAGE sql AS
$$ SELECT r.inserted + r.updated + r.deleted FROM uprofile_refresh('slices', all_users => true) r $$;
SELECT refresh(100);
-- each statement below is a transaction, so its keys are newer than those before
INSERT INTO visits SELECT i, 1 FROM generate_series(1001, 2000) i;
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 100) i;
SELECT refresh(400);
SELECT min(id), max(id), count(*) FROM slices_profile p JOIN source s USING (id) WHERE p.pages <> s.pages AND id > 100;
SELECT refresh(650);
SELECT min(id), max(id), count(*) FROM slices_profile p JOIN source s USING (id) WHERE p.pages <> s.pages;
SELECT refresh(1);
SELECT changed FROM uprofile_queue_state('slices');
SELECT remaining, reason FROM uprofile_runs WHERE profile = 'slices' ORDER BY run DESC LIMIT 1;
SELECT refresh(1000);
SELECT missed();
-- a slice that fails gives back what it took
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 500) i;
BEGIN;
SELECT refresh(300);
ROLLBACK;
SELECT changed FROM uprofile_queue_state('slices');
SELECT refresh(499);
SELECT refresh(500);
-- what one slice may delete counts over all of them
DELETE FROM people WHERE id > 4000;
SELECT refresh(900);
SET client_min_messages = error;
SELECT refresh(900);
RESET client_min_messages;
SELECT refresh(900, share => 1);
SELECT refresh(900, share => 1);
-- then anew
DELETE FROM people WHERE id > 3900;
SELECT refresh(50);
SELECT refresh(51);
SELECT missed();
-- time: one transaction takes one step after another as long as there is time
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 3500) i;
SELECT refresh(NULL, '1 microsecond');
SELECT refresh(1500, '1 hour');
SELECT refresh(NULL, '1 hour');
SELECT missed();
-- everybody is computed in one piece
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 300) i;
TRUNCATE visits;
SELECT refresh(10);
SELECT missed();
-- uprofile_run: slices until nothing waits, or the time is over
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 300) i;
CALL uprofile_run('slices', max_users => 100);
SELECT updated, remaining FROM (SELECT * FROM uprofile_runs WHERE profile = 'slices' ORDER BY run DESC LIMIT 3) r ORDER BY run;
INSERT INTO visits SELECT i, 1 FROM generate_series(1, 300) i;
CALL uprofile_run('slices', max_users => 100, time_budget => '1 microsecond');
BEGIN;
CALL uprofile_run('slices', max_users => 100);
COMMIT;
CALL uprofile_run('slices', time_budget => '1 hour');
SELECT missed();
-- wrong ones
SELECT refresh(0);
SELECT refresh(1, '-1 second');
CALL uprofile_run('slices', max_users => -1);
SELECT uprofile_drop('slices');
SET client_min_messages = warning;
DROP SCHEMA sliced CASCADE;
