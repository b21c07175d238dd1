-- What a refresh would do, and that asking does nothing.
\set SHOW_CONTEXT never
CREATE SCHEMA explained;
SET search_path = explained, public;
CREATE TABLE people (id int PRIMARY KEY, age int, spent float8);
CREATE TABLE visits (visit int PRIMARY KEY, person int, pages int);
CREATE INDEX ON visits (person);
INSERT INTO people SELECT i, i % 60, i % 60 * 2 FROM generate_series(1, 5000) i;
INSERT INTO visits SELECT i, i % 5000 + 1, 1 FROM generate_series(1, 10000) i;
ANALYZE;
SELECT uprofile_create('explained', 'SELECT p.id, p.age, p.spent, v.pages FROM people p
	LEFT JOIN (SELECT person, sum(pages) AS pages FROM visits GROUP BY 1) v ON v.person = p.id', 'id',
	models => '{"segment": {"algorithm": "kmeans", "k": 3}}');
CREATE FUNCTION explained(profile text) RETURNS TABLE (part text, item text, decision text, reason text, costs boolean) LANGUAGE sql AS
$$ SELECT part, item, decision, reason, cost > 0 FROM uprofile_explain_refresh(profile) $$;
SELECT * FROM explained('explained');
SELECT r.mode, r.trained FROM uprofile_refresh('explained') r;
SELECT * FROM explained('explained');
UPDATE people SET age = 1 WHERE id IN (5, 7);
SELECT * FROM explained('explained');
-- nothing was taken, also in a transaction that may not write
BEGIN READ ONLY;
SELECT * FROM explained('explained');
COMMIT;
SELECT r.mode, r.updated FROM uprofile_refresh('explained') r;
-- many keys are read as a set
UPDATE people SET age = age + 1 WHERE id <= 900;
SELECT part, item, decision FROM explained('explained') WHERE part <> 'model';
SELECT a.cost > b.cost AS dearer FROM uprofile_explain_refresh('explained') a, uprofile_explain_refresh('explained') b
WHERE a.item = 'each key' AND b.item = 'set of keys';
UPDATE people SET age = age + 1 WHERE id <= 3000;
SELECT part, item, decision, reason FROM explained('explained') WHERE part <> 'model';
SELECT r.mode, r.reason FROM uprofile_refresh('explained') r;
-- another definition, what is not watched, what is stale
TRUNCATE visits;
SELECT part, decision, reason FROM explained('explained') WHERE part = 'mode';
SELECT uprofile_create('explained_all', 'people', 'id', 'none');
SELECT * FROM explained('explained_all');
SELECT uprofile_explain_refresh('nobody');
SELECT count(*) FROM uprofile_runs WHERE profile LIKE 'explained%';
SELECT uprofile_drop('explained'), uprofile_drop('explained_all');
SET client_min_messages = warning;
DROP SCHEMA explained CASCADE;
