-- What uprofile_describe says of every kind of column, of odd ones, and when it has to estimate.
\set SHOW_CONTEXT never
CREATE TABLE raw AS
SELECT i AS id, (i % 10)::float8 AS amount, CASE WHEN i % 4 > 0 THEN NULL ELSE i END AS rare, 5 AS same, (i % 10)::numeric AS amount_again,
       (ARRAY['Rome', 'rome ', 'Oslo'])[1 + i % 3] AS city, (i * 1.5)::text AS price, (DATE '2024-01-01' + i % 28)::text AS day_text,
       TIMESTAMP '2024-01-01 12:00' + (i % 3) * interval '1 day' AS at, i % 10 > 4 AS flag, i % 10 > 4 AS bought,
       'note number ' || i AS note, '{1,2}'::int[] AS parts, CASE WHEN i = 40 THEN 1e6 ELSE i % 3 END AS spiky
FROM generate_series(1, 40) AS i;
SELECT column_name, data_type, kind, n_rows, missing, distinct_values, exact, minimum, maximum FROM uprofile_describe('raw');
SELECT column_name, round(mean::numeric, 4) AS mean, round(deviation::numeric, 4) AS deviation, round(skew::numeric, 4) AS skew, p01, p05,
       quartile1, median, quartile3, p95, p99, outliers FROM uprofile_describe('raw') WHERE mean IS NOT NULL;
SELECT column_name, most_frequent FROM uprofile_describe('raw') WHERE column_name IN ('amount', 'city', 'at', 'flag', 'id');
SELECT column_name, advice FROM uprofile_describe('raw', 'bought') WHERE advice IS NOT NULL;
-- NaN is missing, infinite values are counted apart; one row; no rows; odd names
SELECT column_name, n_rows, missing, distinct_values, minimum, mean, deviation, advice
FROM uprofile_describe('SELECT * FROM (VALUES (1::float8), (2), (''NaN''), (''-Infinity''), (NULL)) AS v ("a ""b")');
SELECT column_name, n_rows, mean, deviation, skew, median, advice FROM uprofile_describe('SELECT 3 AS x, ''y'' AS "Größe"');
SELECT column_name, kind, n_rows, mean, advice FROM uprofile_describe('SELECT 3 AS x, ''y''::text AS y WHERE false');
SELECT column_name, distinct_values, exact FROM uprofile_describe('SELECT 9007199254740992 + i AS big FROM generate_series(1::int8, 8) AS i');
SELECT column_name, n_rows, missing, minimum, maximum, advice
FROM uprofile_describe('SELECT CASE WHEN i % 3 = 0 THEN ''infinity'' ELSE DATE ''2024-01-01'' + i END AS valid_to, TIMESTAMPTZ ''-infinity'' AS never FROM generate_series(1, 9) AS i');
SELECT uprofile_train('until', 'SELECT CASE WHEN i % 3 = 0 THEN ''infinity'' ELSE DATE ''2024-01-01'' + i END AS "valid To", i % 2 = 0 AS y FROM generate_series(1, 40) AS i', 'y', algorithm => 'logistic');
-- dates as text: cast where the year is first, else cleaned by their order, which may not be known
SELECT column_name, advice FROM uprofile_describe($$SELECT to_char(d, 'YYYY/MM/DD') AS y, to_char(d, 'DD.MM.YYYY') AS d, to_char(d, 'MM/DD/YYYY') AS m,
	to_char(d, CASE WHEN i % 2 = 0 THEN 'YYYY-MM-DD' ELSE 'DD-MM-YYYY' END) AS y_or_d, to_char(d, CASE WHEN i % 2 = 0 THEN 'MM/DD/YYYY' ELSE 'DD/MM/YYYY' END) AS m_or_d,
	to_char(DATE '2024-01-01' + i % 12, 'DD.MM.YYYY') AS either, to_char(d, 'DD.MM.YY HH24:MI') AS short, '2024-13-' || i AS none, i || '.40.2024' AS nor_this
FROM generate_series(1, 40) AS i, LATERAL (SELECT DATE '2024-01-01' + i % 40) AS of (d)$$);
SELECT uprofile_clean_rules($$SELECT to_char(DATE '2024-01-01' + i, 'DD.MM.YYYY') AS d FROM generate_series(1, 40) AS i$$)->0 AS the_rule;
-- keys that come as numeric(20): whole numbers, and beyond 2^53 not all told apart
SELECT column_name, kind, distinct_values, exact, estimate_error, advice FROM uprofile_describe('SELECT i::numeric(10) AS small, (2e18 + i)::numeric(20) AS large, i::numeric(10,2) AS price FROM generate_series(1, 50) AS i');
-- digits with leading zeros are codes, as training has them, also where few have one; 0 and 0.5 have none
SELECT column_name, advice FROM uprofile_describe($$SELECT lpad((i % 100)::text, 3, '0') AS site, CASE WHEN i % 50 = 0 THEN '0' ELSE '1' END || 1000 + i % 90 AS zip, (i % 60 * 0.25)::text AS price
FROM generate_series(1, 1000) AS i$$);
-- a table in the order of its target: what nearly tells it is found however many rows come first
SELECT column_name, advice FROM uprofile_describe('SELECT i > 150000 AS left_us, CASE WHEN i > 150000 THEN 1000 ELSE 0 END + i % 50 AS calls, i % 7 AS day FROM generate_series(1, 200000) AS i', 'left_us');
-- more than fits: estimated, and it says how closely
SET uprofile.max_memory = '8MB';
SELECT column_name, abs(distinct_values - 300000) < 15000 AS distinct_close, exact, abs(median - 150000) < 1000 AS median_close, minimum, maximum,
       round(mean) AS mean, estimate_error ~ 'ranks within' AS quantiles, estimate_error ~ 'standard error' AS says
FROM uprofile_describe('SELECT i, ''text '' || i AS t FROM generate_series(1, 300000) AS i');
SELECT column_name, most_frequent->0->>'value' AS top, (most_frequent->0->>'count')::int BETWEEN 80000 AND 100000 AS counted
FROM uprofile_describe('SELECT CASE WHEN i % 3 = 0 THEN 7 ELSE i END AS n, CASE WHEN i % 3 = 0 THEN ''often'' ELSE ''t'' || i END AS t FROM generate_series(1, 300000) AS i');
SET uprofile.max_memory = '2MB';
-- An estimate is no more than there are values.
SELECT kind, distinct_values, exact FROM uprofile_describe('SELECT md5(i::text) AS hash FROM generate_series(1, 40000) AS i');
RESET uprofile.max_memory;
-- numbers and dates as people write them, with what means missing among them; codes and addresses are none
CREATE TABLE written AS SELECT i, translate(to_char(i * 1234.5, 'FM999,999,990.00'), ',.', '.,') AS german, i % 100 || ',5' AS comma,
	to_char(i * 1234.5, 'FM999,999,990.00') AS english, to_char(i * 12, 'FM999,999') AS either, CASE WHEN i % 5 = 0 THEN 'N/A' ELSE i % 9 || '.5' END AS gaps,
	CASE WHEN i % 5 = 0 THEN ' - ' ELSE '2024-01-' || 10 + i % 20 END AS day, CASE WHEN i % 2 = 0 THEN '' ELSE '1.' || 100 + i END AS thousands,
	'10.0.0.' || i % 250 AS address, '+49 170 ' || 100000 + i AS telephone, i % 5 || '.' || i % 7 || '.1' AS version, lpad(i % 50 || ',00', 6, '0') AS code,
	CASE WHEN i % 50 = 0 THEN 'ten' ELSE i % 40 || ',25' END AS nearly, ' ' || i % 30 AS blank, (ARRAY['None', 'a', 'b'])[1 + i % 3] AS word FROM generate_series(1, 1000) AS i;
SELECT column_name, advice FROM uprofile_describe('written') OFFSET 1;
DROP TABLE written;
-- what is refused
SELECT * FROM uprofile_describe('nothing');
SELECT * FROM uprofile_describe('raw', 'boughtt');
SELECT * FROM uprofile_describe('DROP TABLE raw');
SELECT * FROM uprofile_describe('raw;');
SELECT * FROM uprofile_describe(E'\n raw WHERE id > 3');
SELECT * FROM uprofile_describe('SELECT id FROM raw WHERE');
-- cut between characters
\set SHOW_CONTEXT errors
SELECT * FROM uprofile_describe('SELECT  ''' || repeat('ü', 100) || ''' FROM WHERE');
\set SHOW_CONTEXT never
SELECT * FROM uprofile_describe(NULL);
DROP TABLE raw;
-- What is told of dates names all that the rule needs: without "to" it makes numbers, and keeps none of them.
CREATE TABLE told_dates AS SELECT i AS id, to_char(date '2024-01-01' + i, 'DD/MM/YYYY') AS d, to_char(timestamp '2024-01-01 10:30' + i * interval '1 day', 'DD/MM/YYYY HH24:MI') AS t,
	CASE WHEN i % 2 = 0 THEN '?' ELSE to_char(timestamp '2024-01-01' + i * interval '10 hours', 'MM/DD/YYYY HH24:MI') END AS m FROM generate_series(1, 60) i;
SELECT column_name, advice FROM uprofile_describe('told_dates') WHERE column_name <> 'id';
SELECT step, rule, column_name, rows FROM uprofile_clean('told_dates', key => 'id', dry_run => true, rules => '[{"rule": "missing", "values": ["?"]}, {"rule": "type", "column": "d", "to": "date", "date_order": "dmy"},
	{"rule": "type", "column": "t", "to": "timestamp", "date_order": "dmy"}, {"rule": "type", "column": "m", "to": "timestamp", "date_order": "mdy"}]') WHERE rule IN ('cleaned', 'quarantined') OR rows = 0;
DROP TABLE told_dates;
