-- Cleaning: each rule on rows that can be counted by hand, the report's totals, the record of changes, and that the
-- source can be put together again from what a cleaning leaves.
SET client_min_messages = warning;
SET extra_float_digits = 1;
SET DateStyle = 'ISO, MDY';
CREATE TABLE people (id text, name text, country text, age integer, income numeric(10, 2), joined text, spent text,
                     seen timestamp, member boolean);
INSERT INTO people VALUES
	('a1', ' Ann  Lee ', 'UK',             34, 1000.00, '2024-03-05', '1,200.50', '2024-05-01 10:00', true),
	('a1', ' Ann  Lee ', 'UK',             34, 1000.00, '2024-03-05', '1,200.50', '2024-05-01 10:00', true),
	('b2', 'Bob',        'united kingdom', NULL, 2000.00, '2024-04-31', '$70',    '2024-05-02 10:00', false),
	('b2', 'Bob',        'United Kingdom', 41, NULL,    '2024-04-30', '(70)',     '2024-05-03 10:00', NULL),
	('c3', 'N/A',        'DE',             -5, 3000.00, '5 May 2024', 'unknown',  '2024-05-04 10:00', true),
	('d4', 'Dora',       'Germany',       230, 9000.00, '20240601',   '12',       '2024-05-05 10:00', true),
	(NULL, 'Eve',        'FR',             28, 2500.00, '2024-06-02', '13.5',     NULL,               false),
	('f6', '',           'fr ',            29, NULL,    NULL,         NULL,       '2024-05-07 10:00', NULL);

-- All of it at once.
SELECT * FROM uprofile_clean('people', 'tidy', 'id', '[
	{"rule": "duplicates"},
	{"rule": "trim", "collapse": true},
	{"rule": "missing", "values": ["", "n/a"], "ignore_case": true},
	{"rule": "synonyms", "column": "country", "ignore_case": true,
	 "table": {"uk": "United Kingdom", "united kingdom": "United Kingdom", "de": "Germany", "fr": "France"}},
	{"rule": "case", "column": "name", "to": "upper"},
	{"rule": "duplicate_keys", "keep": "last", "order": "seen"},
	{"rule": "type", "column": "joined", "to": "date"},
	{"rule": "type", "column": "spent", "to": "number", "action": "missing"},
	{"rule": "range", "column": "age", "min": 0, "max": 120, "action": "missing"},
	{"rule": "required", "column": "id"},
	{"rule": "fill", "column": "age", "with": "mean"},
	{"rule": "fill", "column": "income", "with": "median"},
	{"rule": "fill", "column": "name", "with": "constant", "value": "?"}]');
SELECT * FROM tidy ORDER BY id;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'tidy'::regclass AND attnum > 0 ORDER BY attnum;
SELECT row_number, key, step, rule, column_name, action, kept_row, reason FROM tidy_quarantine ORDER BY row_number;
SELECT original FROM tidy_quarantine WHERE row_number = 3;
SELECT * FROM tidy_changes ORDER BY row_number, step, column_name;
SELECT obj_description('tidy'::regclass) LIKE 'uprofile_clean of people by rules [{"rule": "duplicates"}, %' AS told;

-- What was there, from destination + changes + quarantine: the first value before any change, where there was one.
CREATE FUNCTION restored(destination text, source_type anyelement) RETURNS SETOF anyelement LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('
		WITH kept AS (
			SELECT row_number() OVER (ORDER BY d.ctid) AS place, to_jsonb(d) AS now FROM %1$I d
		), numbers AS (
			SELECT n AS row_number, row_number() OVER (ORDER BY n) AS place
			FROM generate_series(1, (SELECT count(*) FROM %1$I) + (SELECT count(*) FROM %2$I)) AS n
			WHERE n NOT IN (SELECT row_number FROM %2$I)
		), undone AS (
			SELECT row_number, jsonb_object_agg(column_name, before) AS before FROM (
				SELECT DISTINCT ON (row_number, column_name) row_number, column_name, before
				FROM %3$I ORDER BY row_number, column_name, step) AS c
			GROUP BY row_number
		), every AS (
			SELECT row_number, original AS image FROM %2$I
			UNION ALL
			SELECT row_number, now || coalesce(before, ''{}'') FROM kept JOIN numbers USING (place) LEFT JOIN undone USING (row_number)
		)
		SELECT (jsonb_populate_record($1, image)).* FROM every ORDER BY row_number',
		destination, destination || '_quarantine', destination || '_changes') USING source_type;
END
$$;
CREATE FUNCTION differences(destination text, source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE format('
		SELECT count(*) FROM (
			(SELECT r::text FROM restored(%1$L, NULL::%2$I) r EXCEPT ALL SELECT s::text FROM %2$I s)
			UNION ALL (SELECT s::text FROM %2$I s EXCEPT ALL SELECT r::text FROM restored(%1$L, NULL::%2$I) r)) AS d',
		destination, source) INTO n;
	RETURN n;
END
$$;
SELECT differences('tidy', 'people');
SELECT count(*) FROM restored('tidy', NULL::people);

-- A trial writes nothing, also in a transaction that may not write, and reports the same.
BEGIN READ ONLY;
SELECT step, rule, rows FROM uprofile_clean('people', 'elsewhere', 'id',
	'[{"rule": "duplicates"}, {"rule": "trim"}]', dry_run => true) WHERE before IS NULL AND after IS NULL;
SELECT uprofile_clean('people', 'elsewhere');
ROLLBACK;
SELECT to_regclass('elsewhere'), to_regclass('elsewhere_changes'), to_regclass('elsewhere_quarantine');
SELECT count(*) FROM uprofile_clean('people', dry_run => true);

-- Rules that are proposed: figures and dates that can be nothing else.
SELECT jsonb_pretty(uprofile_clean_rules('people', 'id'));
CREATE TABLE texts AS
SELECT i AS id, (i * 3)::text AS whole, (i * 1.5)::text AS number, lpad(i::text, 4, '0') AS code,
       CASE WHEN i % 2 = 0 THEN 'yes' ELSE 'No' END AS flag, to_char('2024-01-01'::date + i, 'YYYY-MM-DD') AS day,
       to_char('2024-01-01'::date + i, 'DD/MM/YYYY') AS day_first, ''::text AS unclear, 'INV' || i AS invoice, '030 ' || 100 + i || ' 200' AS phone, i || 'E5' AS article, '1.' || 12 + i % 9 || '.24' AS release, (i * 1000)::text || ' EUR' AS amount,
       '2024-01-01 10:00'::timestamp + i * interval '1 hour' AS real_time, 'text ' || i % 3 AS word
FROM generate_series(1, 40) AS i;
UPDATE texts SET unclear = '0' || id % 9 + 1 || '/0' || id % 9 + 1 || '/2024';
UPDATE texts SET whole = '?' WHERE id = 7;
SELECT * FROM jsonb_array_elements(uprofile_clean_rules('texts')) AS r (rule);
-- A sign that could separate thousands or decimals in every value is left alone, unless another value tells.
CREATE TABLE signs AS SELECT i AS id, '1,' || 100 + i AS comma, i || '.' || 100 + i AS point, CASE i WHEN 9 THEN '1,101,000' ELSE '1,' || 100 + i END AS thousands,
	CASE i WHEN 9 THEN '0,125' ELSE '1,' || 100 + i END AS below_one, CASE i WHEN 9 THEN '1,5' ELSE '1,' || 100 + i END AS decimals, CASE i WHEN 9 THEN '-0.125' ELSE '-1.' || 100 + i END AS points,
	CASE i WHEN 9 THEN '1,101.5' ELSE '1,' || 100 + i END AS both_signs, '1 ' || 100 + i AS blanks FROM generate_series(1, 20) AS i;
SELECT * FROM jsonb_array_elements(uprofile_clean_rules('signs')) AS r (rule);
DROP TABLE signs;
SELECT step, rule, column_name, rows FROM uprofile_clean('texts', 'typed') WHERE before IS NULL AND after IS NULL;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'typed'::regclass AND attnum > 0 ORDER BY attnum;
SELECT differences('typed', 'texts');

-- Which of equal keys stays.
CREATE TABLE versions (id int, at int, a text, b text);
INSERT INTO versions VALUES (1, 2, 'x', NULL), (1, 3, NULL, NULL), (1, 1, 'y', 'z'), (2, NULL, 'p', NULL), (2, 5, 'q', NULL),
	(NULL, 1, 'n', NULL), (NULL, 2, 'n', NULL);
SELECT r.rules, array_agg(c ORDER BY c) FROM (VALUES ('[{"rule": "duplicate_keys"}]'),
	('[{"rule": "duplicate_keys", "keep": "last"}]'), ('[{"rule": "duplicate_keys", "keep": "complete"}]'),
	('[{"rule": "duplicate_keys", "keep": "first", "order": "at"}]'), ('[{"rule": "duplicate_keys", "keep": "last", "order": "at"}]'),
	('[{"rule": "duplicate_keys", "keep": "complete", "order": "at"}]')) AS r (rules),
	LATERAL (SELECT step, rule, rows FROM uprofile_clean('versions', key => 'id', rules => r.rules::jsonb, dry_run => true)
	         WHERE step IN (1, 2)) AS c
GROUP BY r.rules ORDER BY 1;
SELECT count(*) FROM uprofile_clean('versions', 'v_first', 'id', '[{"rule": "duplicate_keys", "order": "at"}]');
SELECT count(*) FROM uprofile_clean('versions', 'v_last', 'id', '[{"rule": "duplicate_keys", "keep": "last", "order": "at"}]');
SELECT count(*) FROM uprofile_clean('versions', 'v_full', 'id', '[{"rule": "duplicate_keys", "keep": "complete", "order": "at"}]');
SELECT 'first', * FROM v_first UNION ALL SELECT 'last', * FROM v_last UNION ALL SELECT 'full', * FROM v_full;
SELECT row_number, key, action, kept_row, reason FROM v_full_quarantine ORDER BY 1;
SELECT differences('v_first', 'versions'), differences('v_last', 'versions'), differences('v_full', 'versions');
-- Two keys; rows that are equal but for a number of their own.
SELECT rows FROM uprofile_clean('versions', rules => '[{"rule": "duplicate_keys", "columns": ["id", "at"]}]', dry_run => true) WHERE rule = 'merged';
SELECT rows FROM uprofile_clean('versions', rules => '[{"rule": "duplicates", "exclude": ["at"]}]', dry_run => true) WHERE rule = 'merged';
SELECT rows FROM uprofile_clean('SELECT x FROM (VALUES (1.0), (1.00), (NULL), (NULL), (''NaN''::numeric), (''NaN'')) v (x)',
	rules => '[{"rule": "duplicates"}]', dry_run => true) WHERE rule = 'merged';

-- Numbers: fillings and outliers against values computed by hand.
CREATE TABLE numbers (id int, x float8, i int, n numeric, d date, g text);
INSERT INTO numbers VALUES (1, 1, 1, 1.5, '2024-01-01', 'a'), (2, 2, 2, 2.5, '2024-01-03', 'a'), (3, 3, 3, 3.5, NULL, 'b'),
	(4, 4, NULL, NULL, '2024-01-04', NULL), (5, 100, 40, 4.5, '2024-01-31', 'b'), (6, 'NaN', 5, 'NaN', '2024-01-05', 'b'),
	(7, NULL, 6, 7.5, '2024-01-06', 'a');
CREATE FUNCTION changed(rules jsonb, source text DEFAULT 'numbers') RETURNS TABLE (column_name text, rows bigint, before text, after text)
LANGUAGE sql AS $$
	SELECT column_name, rows, before, after FROM uprofile_clean(source, key => 'id', rules => changed.rules, dry_run => true)
	WHERE before IS NOT NULL OR after IS NOT NULL
$$;
SELECT * FROM changed('[{"rule": "fill", "columns": ["x", "i", "n", "d"], "with": "mean"}]');
SELECT * FROM changed('[{"rule": "fill", "columns": ["x", "i", "n", "d"]}]');
SELECT * FROM changed('[{"rule": "fill", "columns": ["x", "g"], "with": "mode"}]');
SELECT * FROM changed('[{"rule": "fill", "columns": ["x", "i", "g", "d"], "with": "constant", "value": "7"}]');
SELECT * FROM changed('[{"rule": "fill", "columns": ["x", "i"], "with": "constant", "value": 7}]');
SELECT * FROM changed('[{"rule": "outliers", "columns": ["x", "i"]}]');
SELECT * FROM changed('[{"rule": "outliers", "column": "x", "factor": 1000}]');
SELECT * FROM changed('[{"rule": "outliers", "column": "x", "method": "zscore", "factor": 1.5, "action": "missing"}]');
SELECT * FROM changed('[{"rule": "outliers", "column": "x", "method": "winsorize", "lower": 0.25, "upper": 0.75}]');
SELECT * FROM changed('[{"rule": "outliers", "column": "d", "action": "quarantine"}]');
SELECT * FROM changed('[{"rule": "range", "column": "i", "min": 1.5, "max": 5.5, "action": "clip"}]');
SELECT * FROM changed('[{"rule": "range", "column": "d", "min": "2024-01-02", "max": "2024-01-06", "max_open": true}]');
SELECT * FROM changed('[{"rule": "range", "column": "g", "max": "a", "action": "clip"}]');
SELECT * FROM changed('[{"rule": "allowed", "column": "i", "values": [1, 2, 3], "action": "replace", "with": 0}]');
SELECT * FROM changed('[{"rule": "allowed", "column": "g", "values": ["A"], "ignore_case": true}]');
SELECT * FROM changed('[{"rule": "missing", "column": "i", "values": [40]}, {"rule": "required", "columns": ["i", "x"]}]');
SELECT * FROM changed('[{"rule": "replace", "column": "g", "pattern": "^(.)$", "with": "<\\1>"}]');
SELECT * FROM changed('[{"rule": "match", "column": "g", "pattern": "A", "ignore_case": true, "action": "missing"}]');
-- More than 20 different values: the rest in one row.
SELECT * FROM uprofile_clean('SELECT g % 25 AS id, ''v'' || g % 25 AS v FROM generate_series(1, 60) g', rules =>
	'[{"rule": "case", "column": "v", "to": "upper"}]', dry_run => true) WHERE step = 1;
-- Infinite values are outliers and out of any range, not errors.
SELECT * FROM changed('[{"rule": "outliers", "column": "x"}, {"rule": "range", "column": "d", "max": "2024-01-01"}]',
	'SELECT g AS id, CASE g WHEN 1 THEN ''Infinity'' WHEN 2 THEN ''-Infinity'' ELSE g::float8 END AS x, CASE g WHEN 3 THEN ''infinity'' END::date AS d FROM generate_series(1, 9) g');
SELECT * FROM changed('[{"rule": "outliers", "column": "x"}]', 'SELECT g AS id, g / 9 AS x FROM generate_series(1, 9) g');

-- The previous value of the same user, in order.
CREATE TABLE visits (customer text, at timestamptz, city text);
INSERT INTO visits VALUES ('a', '2024-01-03Z', NULL), ('a', '2024-01-01Z', 'Bonn'), ('b', '2024-01-02Z', NULL), ('b', '2024-01-04Z', NULL),
	('b', '2024-01-03Z', 'Rome'), (NULL, '2024-01-05Z', NULL), ('a', '2024-01-04Z', 'Kiel'), ('a', NULL, NULL);
SELECT count(*) FROM uprofile_clean('visits', 'v', 'customer', '[{"rule": "fill", "column": "city", "with": "previous", "order": "at"}]');
SELECT * FROM v ORDER BY customer, at;
SELECT row_number, key, before, after FROM v_changes ORDER BY 1;
SELECT rows FROM uprofile_clean('visits', rules => '[{"rule": "fill", "column": "city", "with": "previous"}]', dry_run => true) WHERE step = 1 AND before IS NULL AND after IS NULL;

-- Predicted from the other columns by any algorithm that predicts.
CREATE TABLE lines AS
SELECT i AS id, i % 10 AS a, (i * 7) % 11 AS b, CASE WHEN i % 9 > 0 THEN CASE WHEN i % 10 > 4 THEN 'high' ELSE 'low' END END AS level
FROM generate_series(1, 300) AS i;
SELECT count(*) FROM uprofile_clean('lines', 'predicted', 'id', '[{"rule": "fill", "column": "level", "with": "predicted", "learner": "svm"}]');
SELECT count(*) AS filled, count(*) FILTER (WHERE (after = 'high') = (row_number % 10 > 4)) AS right_ones FROM predicted_changes;
SELECT count(*) FROM predicted WHERE level IS NULL;
SELECT differences('predicted', 'lines');
SELECT step, rows FROM uprofile_clean('lines', rules => '[{"rule": "fill", "column": "a", "with": "predicted", "learner": "svm"}]', dry_run => true);
-- by a tree, where nothing else is said
SELECT rule, column_name, rows FROM uprofile_clean('lines', rules => '[{"rule": "fill", "column": "level", "with": "predicted"}]', dry_run => true)
WHERE rule = 'fill' AND before IS NULL AND after IS NULL;
SELECT uprofile_clean('lines', rules => '[{"rule": "fill", "column": "level", "with": "predicted", "learner": "oak"}]', dry_run => true);
SELECT uprofile_clean('lines', rules => '[{"rule": "fill", "column": "level", "with": "predicted", "learner": "kmeans"}]', dry_run => true);
SELECT uprofile_clean('lines', rules => '[{"rule": "fill", "column": "level", "with": "predicted", "learner": "svm", "params": {"c": 1}}]', dry_run => true);

CREATE TABLE curve AS
SELECT i AS id, i % 20 AS a, i % 7 AS b, CASE WHEN i % 10 > 0 THEN 0.75 * (i % 20) - 0.5 * (i % 7) + 0.125 END::real AS y FROM generate_series(1, 1000) AS i;
SELECT count(*) FROM uprofile_clean('curve', 'whole', 'id', '[{"rule": "fill", "column": "y", "with": "predicted", "learner": "mlp",
	"params": {"hidden_layer_sizes": [32], "max_iter": 100, "learning_rate_init": 0.01}}]');
SELECT count(*) AS filled, max(abs(after::float8 - (0.75 * (row_number % 20) - 0.5 * (row_number % 7) + 0.125))) < 0.5 AS near_the_truth FROM whole_changes;

-- Texts that are no number, date or truth value leave with a reason, or lose the value.
CREATE TABLE strange (id int, x text);
INSERT INTO strange VALUES (1, '12'), (2, '1.50'), (3, '1e3'), (4, '2024-02-30'), (5, '2024-02-29'), (6, 'yes'), (7, ' '), (8, NULL),
	(9, '2024-02-29 13:45:10.25'), (10, '2024-02-29T13:45:10+02:00'), (11, '99999999999999999999'), (12, repeat('9', 400)), (13, 'ä' || repeat('ö', 60));
SELECT k.kind, r.rows, r.before, r.after FROM unnest('{number,integer,float,date,timestamp,timestamptz,boolean}'::text[]) AS k (kind),
	LATERAL uprofile_clean('SELECT * FROM strange WHERE id < 12', key => 'id', dry_run => true,
		rules => jsonb_build_array(jsonb_build_object('rule', 'type', 'column', 'x', 'to', k.kind))) AS r
WHERE r.before IS NOT NULL OR r.after IS NOT NULL ORDER BY k.kind COLLATE "C", r.after COLLATE "C", r.before COLLATE "C";
SELECT count(*) FROM uprofile_clean('strange', 'numeric_ones', 'id', '[{"rule": "type", "column": "x"}]');
SELECT row_number, reason FROM numeric_ones_quarantine WHERE row_number <> 12;
SELECT id, left(x::text, 10) FROM numeric_ones;
SELECT differences('numeric_ones', 'strange');
SELECT * FROM changed('[{"rule": "replace", "column": "x", "pattern": "9", "with": "8", "all": false}, {"rule": "replace", "column": "x", "pattern": "T|YES", "ignore_case": true}]',
	'SELECT * FROM strange WHERE id < 12');

-- Odd names, types, and places.
CREATE SCHEMA "a b";
CREATE TYPE state_of_mind AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN short AS varchar(5) CHECK (VALUE <> 'bad');
CREATE TABLE "a b"."Größe" ("x""y" short, "select" state_of_mind, c char(4) COLLATE "C", "a b" varchar(3), arr int[], j json, p point, z interval, by bytea, f real);
INSERT INTO "a b"."Größe" VALUES (' ab ', 'happy', 'a', ' b ', '{1,2}', '{"a":  1}', '(1,2)', '1 day 02:00', '\x00ff', 0.1),
	('abc', 'sad', 'bb', 'c', '{1,2}', '{"a":  1}', '(1,2)', '1 day 02:00', '\x00ff', 'Infinity'),
	('abc', 'sad', 'bb', 'c', '{1,2}', '{"a":  1}', '(1,2)', '1 day 02:00', '\x00ff', 'Infinity');
INSERT INTO "a b"."Größe" DEFAULT VALUES;
SELECT rule, column_name, rows, before, after FROM uprofile_clean('"a b"."Größe"', '"a b"."x""y"', 'x"y',
	'[{"rule": "trim"}, {"rule": "duplicates"}, {"rule": "range", "column": "select", "min": "ok", "action": "clip"}, {"rule": "case", "column": "c", "to": "upper"}]');
SELECT "x""y", "select", c, "a b" FROM "a b"."x""y";
SELECT attname, format_type(atttypid, atttypmod), (SELECT collname FROM pg_collation c WHERE c.oid = attcollation) AS collation
FROM pg_attribute WHERE attrelid = '"a b"."x""y"'::regclass AND attnum > 0 ORDER BY attnum;
SELECT original FROM "a b"."x""y_quarantine";
SELECT count(*) FROM uprofile_clean('numbers', 'pg_temp.passing', rules => '[{"rule": "duplicates"}]');
SELECT count(*), (SELECT relpersistence FROM pg_class WHERE oid = 'passing'::regclass) FROM passing;
SELECT * FROM uprofile_clean('SELECT 1 AS a WHERE false', 'nothing');
SELECT * FROM nothing;
-- A domain's condition holds for what a rule makes.
SELECT uprofile_clean('"a b"."Größe"', 'no', rules => '[{"rule": "replace", "column": "x\"y", "pattern": "c", "with": "d"}, {"rule": "replace", "column": "x\"y", "pattern": "abd", "with": "bad"}]');
SELECT uprofile_clean('"a b"."Größe"', 'no', rules => '[{"rule": "replace", "column": "a b", "pattern": "c", "with": "12345"}]');
SELECT uprofile_clean('"a b"."Größe"', 'no', rules => '[{"rule": "allowed", "column": "select", "values": ["glad"]}]');
SELECT to_regclass('no'), to_regclass('no_changes');

-- Synonyms from a table.
CREATE TABLE names (wrong text, good text);
INSERT INTO names VALUES ('a', 'Alpha'), ('b', 'Beta'), (NULL, 'x');
SELECT * FROM changed('[{"rule": "synonyms", "column": "g", "table": "names"}]');
SELECT * FROM changed('[{"rule": "synonyms", "column": "g", "table": "SELECT good, wrong FROM names UNION SELECT ''a'', ''c''"}]');
INSERT INTO names VALUES ('a', 'Aleph');
SELECT * FROM changed('[{"rule": "synonyms", "column": "g", "table": "names"}]');
SELECT * FROM changed('[{"rule": "synonyms", "column": "g", "table": "SELECT good FROM names"}]');

-- What the session has set shows neither in the changes nor in what texts mean.
SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = -10;
SELECT count(*) FROM uprofile_clean('SELECT 1 AS id, ''2024-05-06 12:00Z''::timestamptz AS t, 0.1::float8 + 0.2 AS x, ''03/04/2024''::text AS d', 'sessions', 'id',
	'[{"rule": "range", "column": "t", "max": "2024-01-02", "action": "clip"}, {"rule": "range", "column": "x", "max": 0.1, "action": "clip"}, {"rule": "type", "column": "d", "to": "date", "date_order": "mdy"}]');
SELECT before, after FROM sessions_changes;
SHOW DateStyle;
SET DateStyle = 'ISO, MDY'; RESET TimeZone; SET extra_float_digits = 1;

-- Errors.
SELECT uprofile_clean('people', 'tidy');
CREATE TABLE half_changes ();
SELECT uprofile_clean('people', 'half');
SELECT uprofile_clean('people', 'half', dry_run => true);
SELECT uprofile_clean('people', repeat('x', 60));
SELECT uprofile_clean('people', NULL);
SELECT uprofile_clean(NULL, 'x');
SELECT uprofile_clean('no_such', 'x');
SELECT uprofile_clean('people', 'no_such.x');
SELECT uprofile_clean('people', 'a.b.c');
SELECT uprofile_clean('people', '');
SELECT uprofile_clean('people', 'x', 'idd');
SELECT uprofile_clean('people', 'x', rules => '{"rule": "trim"}');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "tirm"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "duplicates"}, {"rule": "range", "column": "age", "mni": 0}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "range", "column": "aeg", "min": 0}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "range", "column": "joined", "min": 0}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "range", "column": "age", "min": "0"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "range", "column": "age", "max": 1e12, "min": 1e11, "action": "clip"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "trim", "column": "age"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "fill", "column": "name", "with": "mean"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "type", "column": "age"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "match", "column": "name", "pattern": "("}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "duplicate_keys"}]');
SELECT uprofile_clean('people', 'x', rules => '[{"rule": "duplicates", "order": "p"}]');
SELECT uprofile_clean('SELECT 1 AS a, 2 AS a', 'x');
SELECT uprofile_clean('SELECT', 'x');
SELECT uprofile_clean('SELECT ROW(1, 2) AS r', 'x');
SELECT count(*) FROM pg_class WHERE relname IN ('x', 'x_changes', 'x_quarantine', 'half', 'half_quarantine');
SET uprofile.max_memory = '1MB';
SELECT uprofile_clean('SELECT g AS id FROM generate_series(1, 100000) g', 'x');
RESET uprofile.max_memory;

DROP SCHEMA "a b" CASCADE;
DROP FUNCTION changed, restored, differences;
DROP TABLE people, tidy, tidy_changes, tidy_quarantine, texts, typed, typed_changes, typed_quarantine, versions, v_first, v_first_changes,
	v_first_quarantine, v_last, v_last_changes, v_last_quarantine, v_full, v_full_changes, v_full_quarantine, numbers, visits, v, v_changes,
	v_quarantine, lines, predicted, predicted_changes, predicted_quarantine, passing, passing_changes, passing_quarantine, nothing,
	nothing_changes, nothing_quarantine, names, curve, whole, whole_changes, whole_quarantine, strange, numeric_ones, numeric_ones_changes, numeric_ones_quarantine, sessions, sessions_changes, sessions_quarantine, half_changes;
DROP TABLE IF EXISTS no, no_changes, no_quarantine;
DROP DOMAIN short;
DROP TYPE state_of_mind;

-- A row that left, as jsonb has it: types that are put together here, and others.
SET timezone = 'UTC';
CREATE DOMAIN clean_short AS varchar(20);
CREATE TABLE clean_kinds AS SELECT i, i::int2 AS s, i * 3000000000 AS big, CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN i / 3.0::float8 WHEN 2 THEN '-Infinity' END::float8 AS f,
	(i / 7.0)::float4 AS g, CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 0.50 WHEN 2 THEN -1e30 END::numeric AS n, i % 2 = 0 AS b, E'a"\\b\t' || i AS "a text",
	('x' || i)::char(6) AS c, ('d' || i)::clean_short AS d, date '2020-02-03' + i AS day, timestamp '2020-02-03 04:05:06.7' + i * interval '1 h' AS ts,
	timestamptz '2020-02-03 04:05:06.7+02' AS tz, CASE WHEN i % 3 > 0 THEN 'v' END AS r, repeat('long ', i) AS l, 'infinity'::date AS never, NULL::text AS nothing
FROM generate_series(1, 600) AS i;
CREATE VIEW clean_more AS SELECT *, ARRAY[i] AS items FROM clean_kinds;
SELECT rows FROM uprofile_clean('clean_kinds', 'clean_kinds_tidy', rules => '[{"rule": "required", "column": "r"}]') WHERE rule = 'quarantined';
SELECT rows FROM uprofile_clean('clean_more', 'clean_more_tidy', rules => '[{"rule": "required", "column": "r"}]') WHERE rule = 'quarantined';
SELECT count(*) FROM clean_kinds_tidy_quarantine AS q JOIN clean_kinds AS k ON q.original = to_jsonb(k) AND q.original::text = to_jsonb(k)::text;
SELECT count(*) FROM clean_more_tidy_quarantine AS q JOIN clean_more AS k ON q.original = to_jsonb(k) AND q.original::text = to_jsonb(k)::text;
DROP VIEW clean_more;
DROP TABLE clean_kinds, clean_kinds_tidy, clean_kinds_tidy_changes, clean_kinds_tidy_quarantine, clean_more_tidy, clean_more_tidy_changes, clean_more_tidy_quarantine;
DROP DOMAIN clean_short;
RESET timezone;

-- Amounts of money are numbers, and stay money.
SET lc_monetary = 'C';
CREATE DOMAIN clean_price AS money CHECK (VALUE >= 0::money);
CREATE TABLE clean_amounts AS SELECT i AS id, CASE i WHEN 7 THEN NULL WHEN 8 THEN '90071992547409.93' WHEN 9 THEN '-92233720368547758.08' ELSE (i * 1.13)::text END::money AS paid,
	CASE WHEN i % 4 > 0 THEN (i * 1.13)::numeric::money END::clean_price AS price FROM generate_series(1, 20) AS i;
SELECT step, rule, column_name, rows, before, after FROM uprofile_clean('clean_amounts', 'clean_paid', 'id', '[
	{"rule": "range", "column": "paid", "min": 1.13, "max": 100.005, "action": "clip"}, {"rule": "range", "column": "price", "max": "$20.34", "action": "missing"},
	{"rule": "outliers", "column": "paid", "action": "missing"}, {"rule": "outliers", "column": "price", "method": "zscore", "factor": 1},
	{"rule": "fill", "columns": ["paid", "price"], "with": "median"}]');
SELECT pg_typeof(paid) AS paid, pg_typeof(price) AS price, sum(paid), sum(price) FROM clean_paid GROUP BY 1, 2;
SELECT row_number, column_name, before, after FROM clean_paid_changes WHERE row_number IN (7, 8, 9) ORDER BY step;
SELECT rule, rows, before, after FROM uprofile_clean('clean_amounts', 'clean_mean', rules => '[{"rule": "missing", "column": "paid", "values": [1.13, "-$92,233,720,368,547,758.08"]},
	{"rule": "allowed", "column": "price", "values": [1.13, 2.26, 3.39], "action": "replace", "with": 0.5}, {"rule": "fill", "column": "paid", "with": "mean"},
	{"rule": "fill", "column": "price", "with": "constant", "value": 2.345}]', dry_run => true);
SELECT * FROM uprofile_clean('clean_amounts', 'clean_none', rules => '[{"rule": "fill", "column": "paid", "with": "constant", "value": 1e30}]', dry_run => true);
SELECT * FROM uprofile_clean('clean_amounts', 'clean_none', rules => '[{"rule": "range", "column": "paid", "max": 1e30, "action": "clip"}]', dry_run => true);
SELECT rule, rows, before, after FROM uprofile_clean('SELECT NULLIF(i, 5)::money AS paid, i + 0.01 AS n FROM generate_series(1, 30) i', 'clean_none',
	rules => '[{"rule": "fill", "column": "paid", "with": "predicted", "learner": "linear"}]', dry_run => true);
-- A column whose outliers' bounds are beyond its type has none there.
SELECT rule, rows, before, after FROM uprofile_clean('SELECT (i * 1000)::smallint AS s, i::smallint AS t FROM generate_series(0, 32) i UNION ALL SELECT 1, 32767', 'clean_none',
	rules => '[{"rule": "outliers", "columns": ["s", "t"]}]', dry_run => true);
SELECT * FROM uprofile_clean('SELECT 1::smallint AS s', 'clean_none', rules => '[{"rule": "range", "column": "s", "max": 48000, "action": "clip"}]', dry_run => true);
-- Numbers whose distance is beyond a number; where the mean is, there is none.
SELECT rule, rows, before, after FROM uprofile_clean('SELECT * FROM (VALUES (1.5e308::float8), (-1.5e308), (NULL)) v(x)', 'clean_none',
	rules => '[{"rule": "outliers", "column": "x", "method": "winsorize", "lower": 0.25, "upper": 0.75}, {"rule": "fill", "column": "x", "with": "median"}]', dry_run => true);
SELECT rule, rows, before, after FROM uprofile_clean('SELECT * FROM (VALUES (1.5e308::float8), (1.5e308), (-1.5e308), (NULL)) v(x)', 'clean_none',
	rules => '[{"rule": "fill", "column": "x", "with": "mean"}]', dry_run => true);
DROP TABLE clean_amounts, clean_paid, clean_paid_changes, clean_paid_quarantine;
DROP DOMAIN clean_price;
RESET lc_monetary;

-- Looking at numbers of a table leaves nothing behind: what memory holds after one look and after nine.
CREATE TABLE clean_looked_at AS SELECT i / 4.0 AS n, (i / 7.0)::numeric(40, 30) AS m, 'a' AS t FROM generate_series(1, 50000) i;
CREATE FUNCTION clean_held(looks int, rule text) RETURNS bigint LANGUAGE sql AS $$
	SELECT after::bigint FROM uprofile_clean('clean_looked_at', 'clean_none', rules => ('[' || repeat(rule || ',', looks) ||
		'{"rule": "synonyms", "column": "t", "table": "SELECT ''a'', sum(used_bytes) FROM pg_backend_memory_contexts"}]')::jsonb, dry_run => true) WHERE before = 'a' $$;
SELECT rule, clean_held(9, rule) - clean_held(1, rule) < 1000000 AS all_given_back
	FROM (VALUES ('{"rule": "required", "column": "n"}'), ('{"rule": "outliers", "column": "m", "factor": 1000}')) v(rule);
DROP FUNCTION clean_held;
DROP TABLE clean_looked_at;

-- Different values whose hashes are equal.
CREATE TABLE clean_alike AS SELECT v FROM (SELECT v, count(*) OVER (PARTITION BY hash_numeric(v)) AS n FROM (SELECT x * 0.37 AS v FROM generate_series(1, 300000) x) a) b WHERE n > 1;
SELECT count(DISTINCT v) > 4 AS enough, count(DISTINCT v) = 2 * count(DISTINCT hash_numeric(v)) AS pairs FROM clean_alike;
SELECT sum(rows) FILTER (WHERE rule = 'cleaned') = (SELECT count(*) FROM clean_alike) AS kept, sum(rows) FILTER (WHERE rule = 'merged') = 2 * (SELECT count(*) FROM clean_alike) AS merged
	FROM uprofile_clean('SELECT v FROM clean_alike UNION ALL SELECT v FROM clean_alike UNION ALL SELECT v + 0.000 FROM clean_alike', 'clean_unlike', rules => '[{"rule": "duplicates"}]');
SELECT count(DISTINCT v) = (SELECT count(*) FROM clean_alike) AS each_once FROM clean_unlike;
SELECT bool_and(q.original->>'v' LIKE a.v || '%') AS merged_into_its_equal FROM clean_unlike_quarantine q JOIN (SELECT v, row_number() OVER () FROM clean_alike) a ON a.row_number = q.kept_row;
DROP TABLE clean_alike, clean_unlike, clean_unlike_changes, clean_unlike_quarantine;
