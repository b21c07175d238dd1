-- uprofile_clean and uprofile_normalize into tables of an earlier run: rows are replaced, all that hangs on the tables stays,
-- and no table but their own is touched.
SET client_min_messages = warning;
CREATE TABLE raw_visits (id int, city text, spent float8);
INSERT INTO raw_visits VALUES (1, ' Rome', 10), (2, 'Bonn ', 20), (3, 'Bonn', -1);
CREATE FUNCTION tidy_visits(again boolean, trial boolean DEFAULT false, given jsonb DEFAULT '[{"rule": "trim"}, {"rule": "range", "column": "spent", "min": 0}]')
RETURNS TABLE (rule text, rows bigint) LANGUAGE sql AS $$
	SELECT rule, rows FROM uprofile_clean('raw_visits', 'neat_visits', 'id', given, replace => again, dry_run => trial)
	WHERE before IS NULL AND after IS NULL AND rule IN ('cleaned', 'quarantined')
$$;
-- Where there is nothing yet, replacing is making.
SELECT * FROM tidy_visits(true);
CREATE UNIQUE INDEX neat_visits_id ON neat_visits (id);
ALTER TABLE neat_visits ADD COLUMN twice float8 GENERATED ALWAYS AS (2 * spent) STORED;
CREATE VIEW neat_cities AS SELECT city, count(*) AS n FROM neat_visits GROUP BY city;
GRANT SELECT ON neat_visits TO PUBLIC;
SELECT 'neat_visits'::regclass::oid AS was, pg_relation_filenode('neat_visits') AS file \gset
SELECT * FROM tidy_visits(false);
UPDATE raw_visits SET spent = 5 WHERE id = 3;
INSERT INTO raw_visits VALUES (4, 'Rome', NULL), (5, 'Rome', -2);
SELECT * FROM tidy_visits(true, trial => true);
SELECT count(*) FROM neat_visits;
SELECT * FROM tidy_visits(true);
SELECT * FROM neat_visits ORDER BY id;
SELECT row_number, key, column_name, before, after FROM neat_visits_changes ORDER BY 1;
SELECT row_number, key, reason FROM neat_visits_quarantine;
SELECT * FROM neat_cities ORDER BY city;
SELECT 'neat_visits'::regclass::oid = :was AS same_table, pg_relation_filenode('neat_visits') = :file AS same_file, relacl IS NOT NULL AS granted
FROM pg_class WHERE oid = 'neat_visits'::regclass;
SELECT relname, left(obj_description(oid, 'pg_class'), 40) FROM pg_class WHERE relname LIKE 'neat\_visits%' AND relkind = 'r' ORDER BY 1;
-- A table cleaned into itself.
SELECT rule, rows FROM uprofile_clean('SELECT id, city, spent FROM neat_visits', 'neat_visits', 'id', '[{"rule": "case", "column": "city", "to": "upper"}]', replace => true)
WHERE before IS NULL AND rule IN ('case', 'cleaned');
SELECT id, city FROM neat_visits ORDER BY id;
-- A failure leaves all as it was.
INSERT INTO raw_visits VALUES (1, 'Oslo', 1);
SELECT * FROM tidy_visits(true);
SELECT id, city FROM neat_visits ORDER BY id;
DELETE FROM raw_visits WHERE city = 'Oslo';
-- Other columns.
SELECT * FROM tidy_visits(true, given => '[{"rule": "type", "column": "city", "to": "number", "action": "missing"}]');
SELECT * FROM tidy_visits(true, trial => true, given => '[{"rule": "type", "column": "city", "to": "number", "action": "missing"}]');
ALTER TABLE neat_visits ADD COLUMN note text;
SELECT * FROM tidy_visits(true);
ALTER TABLE neat_visits DROP COLUMN note;
ALTER TABLE neat_visits_changes DROP COLUMN rule;
SELECT * FROM tidy_visits(true);
DROP TABLE neat_visits_changes;
SELECT * FROM tidy_visits(true);
SELECT count(*) FROM neat_visits_changes;
-- What somebody else, or nobody, has made.
CREATE TABLE not_made AS SELECT * FROM neat_visits;
SELECT uprofile_clean('raw_visits', 'not_made', replace => true);
SELECT uprofile_clean('raw_visits', 'neat_cities', replace => true);
COMMENT ON TABLE neat_visits_quarantine IS 'mine';
SELECT * FROM tidy_visits(true);
COMMENT ON TABLE neat_visits_quarantine IS 'uprofile_clean of old';
CREATE ROLE up_replace_other;
ALTER TABLE neat_visits OWNER TO up_replace_other;
SELECT * FROM tidy_visits(true);
ALTER TABLE neat_visits OWNER TO CURRENT_USER;
DROP ROLE up_replace_other;
-- A trigger that keeps rows away.
CREATE FUNCTION keep_away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep_away BEFORE INSERT ON neat_visits FOR EACH ROW EXECUTE FUNCTION keep_away();
SELECT * FROM tidy_visits(true);
DROP TRIGGER keep_away ON neat_visits;
SELECT * FROM tidy_visits(true);

-- The same for scaled tables.
SELECT column_name, center, n_rows FROM uprofile_normalize('SELECT id, spent FROM raw_visits', 'scaled_visits', '{spent}', 'maxabs', replace => true);
CREATE INDEX ON scaled_visits (id);
CREATE VIEW scaled_top AS SELECT max(spent) AS top, count(*) AS n FROM scaled_visits;
SELECT * FROM uprofile_normalize('SELECT id, spent FROM raw_visits', 'scaled_visits', '{spent}', 'maxabs');
DELETE FROM raw_visits WHERE id = 2;
SELECT column_name, scale, n_rows FROM uprofile_normalize('SELECT id, spent FROM raw_visits', 'scaled_visits', '{spent}', 'maxabs', replace => true);
SELECT * FROM scaled_top;
SELECT column_name, scale, n_rows FROM uprofile_normalize('scaled_visits', 'scaled_visits', '{spent}', 'minmax', replace => true);
SELECT * FROM scaled_visits ORDER BY id;
SELECT * FROM uprofile_normalize('raw_visits', 'scaled_visits', '{spent}', replace => true);
SELECT * FROM uprofile_normalize('raw_visits', 'neat_visits', '{spent}', replace => true);

DROP VIEW neat_cities, scaled_top;
DROP FUNCTION tidy_visits, keep_away CASCADE;
DROP TABLE raw_visits, neat_visits, neat_visits_changes, neat_visits_quarantine, not_made, scaled_visits;
