-- What uprofile_describe advises for texts that hold numbers, dates and truth values: copied into the rules of uprofile_clean it works as it says.
\set SHOW_CONTEXT never
-- The rules in the words of the advice, of all columns.
CREATE FUNCTION advised_rules(source text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(found[1]::jsonb ORDER BY column_at, found_at) FROM uprofile_describe(source) WITH ORDINALITY AS d (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15,
		c16, c17, c18, c19, c20, c21, c22, advice, column_at), regexp_matches(advice, '\{"rule":[^}]*\}', 'g') WITH ORDINALITY AS f (found, found_at)
$$;
CREATE TABLE adv_amounts AS SELECT i AS id, translate(to_char(i * 1234.56, '"€ "FM999,999,990.00'), ',.', '.,') AS euro, to_char(i * 1234.56, 'FM$999,999,990.00') AS dollar,
	replace(translate(to_char(i * 1234.5, 'FM999,999,990.00'), ',.', ' ,'), ' ', U&'\00A0') || ' EUR' AS code_after, '£' || i * 12 AS pound,
	CASE WHEN i % 2 = 0 THEN '-$' || i || '.00' ELSE '$' || i || '.5' END AS minus_sign, CASE WHEN i % 2 = 0 THEN to_char(i * 1234, '(FM999,999,990.00)') ELSE i || '.00' END AS brackets,
	CASE WHEN i % 2 = 0 THEN '+' ELSE '-' END || i || '.5' AS signs, i % 100 || ',5 %' AS percent, i % 100 || '%' AS whole_percent, translate(to_char(i * 1234.5, 'FM999,999,990.00'), ',', '''') AS swiss,
	CASE WHEN i % 2 = 0 THEN i || '-' ELSE i::text END AS minus_after, translate(to_char(i * 1000.5, 'FM999,999,990.0'), ',', ' ') AS spaces, U&' \00A0' || i * 3 AS in_blanks,
	'$ (' || i || '.00)' AS accounting, '€ ' || i || ',-' AS no_cents, 'US$ ' || i AS us, U&'\20B9 ' || to_char(i * 1000, 'FM999,999,990') || '.5' AS rupees
FROM generate_series(1, 200) AS i;
SELECT column_name, advice FROM uprofile_describe('adv_amounts') WHERE column_name <> 'id';
SELECT step, rule, column_name, rows FROM uprofile_clean('adv_amounts', 'adv_numbers', key => 'id', rules => advised_rules('adv_amounts')) WHERE rule IN ('cleaned', 'quarantined', 'merged') OR rows = 0;
SELECT * FROM adv_numbers WHERE id IN (1, 2, 199, 200) ORDER BY id;
SELECT count(*) FROM adv_numbers WHERE (euro, dollar, code_after, pound, swiss, in_blanks, percent) IS DISTINCT FROM (id * 1234.56, id * 1234.56, id * 1234.5, id * 12::numeric, id * 1234.5, id * 3::numeric, id % 100 + .5);
-- The rules that a table calls for are the same types, and keep every row as well.
SELECT rule FROM jsonb_array_elements(uprofile_clean_rules('adv_amounts', 'id')) AS r (rule) WHERE rule->>'rule' = 'type';
SELECT rule, rows FROM uprofile_clean('adv_amounts', key => 'id', dry_run => true) WHERE rule IN ('cleaned', 'quarantined', 'merged');
-- What means missing, all of it; words that may be a category are that only among numbers, dates and truth values.
CREATE TABLE adv_gaps AS SELECT i AS id, (ARRAY['N/A', '-', 'unknown', '?', 'NULL', 'None', '', i || '.5', i || '.25', i || '.5'])[1 + i % 10] AS amount,
	(ARRAY['Unknown', ' - ', '2024-01-' || 10 + i % 20, '2024-02-' || 10 + i % 15])[1 + i % 4] AS day, (ARRAY['ja', 'Nein', 'JA', 'n/a', 'missing'])[1 + i % 5] AS truth,
	(ARRAY['none', 'basic', 'full', 'N/A', 'unknown'])[1 + i % 5] AS cover, (ARRAY['n.a.', '#DIV/0!', '12,5', '1.234,5'])[1 + i % 4] AS sheet,
	CASE WHEN i % 9 = 0 THEN '0000-00-00' WHEN i % 7 = 0 THEN 'TBD' ELSE to_char(DATE '2024-01-01' + i, 'DD/MM/YYYY') || ', 10:30' END AS seen
FROM generate_series(1, 100) AS i;
SELECT column_name, advice FROM uprofile_describe('adv_gaps') WHERE column_name <> 'id';
SELECT rule, rows FROM uprofile_clean('adv_gaps', 'adv_filled', key => 'id', rules => advised_rules('adv_gaps')) WHERE rule IN ('cleaned', 'quarantined', 'merged');
SELECT count(*), count(amount) AS amounts, count(day) AS days, count(truth) AS truths, count(cover) AS covers, count(sheet) AS sheets, pg_typeof(min(amount)) AS amount, pg_typeof(min(day)) AS day, pg_typeof(bool_and(truth)) AS truth,
	pg_typeof(min(cover)) AS cover, pg_typeof(min(sheet)) AS sheet FROM adv_filled;
SELECT rule FROM jsonb_array_elements(uprofile_clean_rules('adv_gaps', 'id')) AS r (rule) WHERE rule->>'rule' IN ('type', 'missing');
-- Dates and truth values.
CREATE TABLE adv_dates AS SELECT i AS id, to_char(d, 'YYYYMMDD') AS compact, to_char(d, 'FMDD Month YYYY') AS named, to_char(d, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS zone, CASE WHEN i % 4 = 0 THEN '?' ELSE to_char(d, 'YYYY-MM-DD HH24:MI:SS"+02:00"') END AS zoned, to_char(d, 'MM/DD/YYYY HH12:MI AM') AS american,
	to_char(d, 'DD.MM.YYYY') || ' ' AS german, CASE WHEN i = 7 THEN 'soon' ELSE to_char(d, 'YYYY-MM-DD') END AS nearly, (ARRAY['Y', 'n', 'YES'])[1 + i % 3] AS yes_no, (ARRAY['t', 'F'])[1 + i % 2] AS letters,
	(ARRAY['oui', 'Non'])[1 + i % 2] AS french, (i % 2)::text AS figure
FROM generate_series(1, 100) AS i, LATERAL (SELECT timestamp '2024-01-01 10:30' + i * interval '25 hours') AS of (d);
SELECT column_name, advice FROM uprofile_describe('adv_dates') WHERE column_name <> 'id';
SELECT rule, rows FROM uprofile_clean('adv_dates', 'adv_days', key => 'id', rules => advised_rules('adv_dates')) WHERE rule IN ('cleaned', 'quarantined', 'merged');
SELECT reason FROM adv_days_quarantine;
SELECT compact::date = named::date AS same, compact::date, zone::timestamptz AT TIME ZONE 'UTC' AS at, figure::numeric FROM adv_dates WHERE id = 5;
SELECT zoned AT TIME ZONE 'UTC' AS zoned, american, german, nearly, yes_no, letters, french FROM adv_days WHERE id IN (1, 2, 100) ORDER BY id;
SELECT rule FROM jsonb_array_elements(uprofile_clean_rules('adv_dates', 'id')) AS r (rule) WHERE rule->>'rule' = 'type';
-- What nobody knows is said and not decided, unless other values of the column tell: no rule is advised that could be wrong.
CREATE TABLE adv_unclear AS SELECT i AS id, 1 + i % 89 || '.' || 100 + i AS point, 1 + i % 89 || ',' || 100 + i AS comma, CASE WHEN i = 9 THEN '12.5' ELSE 1 + i % 89 || '.' || 100 + i END AS told_point,
	CASE WHEN i = 9 THEN '1.234.567' ELSE 1 + i % 89 || '.' || 100 + i END AS told_thousands, CASE WHEN i = 9 THEN '0,125' ELSE 1 + i % 89 || ',' || 100 + i END AS told_comma,
	CASE WHEN i % 2 = 0 THEN i || '.5' ELSE i || ',5' END AS both_signs, CASE WHEN i % 2 = 0 THEN i || ' EUR' ELSE '$' || i END AS currencies, CASE WHEN i % 2 = 0 THEN i || '%' ELSE '0.0' || i END AS shares,
	CASE WHEN i % 2 = 0 THEN i || ' EUR' ELSE i::text END AS some_money, 1 + i % 3 || ' ' || 100 + i AS groups, CASE WHEN i % 2 = 0 THEN '€ 5,' ELSE 'EUR 7,' END || 10 + i AS one_currency, (10000 + i)::text AS same_length
FROM generate_series(1, 99) AS i;
SELECT column_name, advice FROM uprofile_describe('adv_unclear') WHERE column_name <> 'id';
SELECT rule, rows FROM uprofile_clean('adv_unclear', 'adv_clear', key => 'id', rules => advised_rules('adv_unclear')) WHERE rule IN ('cleaned', 'quarantined', 'merged');
SELECT told_thousands, told_comma, one_currency FROM adv_clear WHERE id IN (8, 9) ORDER BY id;
SELECT rule FROM jsonb_array_elements(uprofile_clean_rules('adv_unclear', 'id')) AS r (rule) WHERE rule->>'rule' = 'type';
-- Names that look like numbers stay texts.
CREATE TABLE adv_names AS SELECT i AS id, lpad((i % 90 * 11)::text, 5, '0') AS zip, '+49170' || 1234567 + i AS phone, '+1 ' || 200 + i || ' 555' AS phone_in_groups, '0' || 30 + i % 5 || ' ' || 100 + i || ' 200' AS area, (i % 9 + 1) || 'E' || i % 7 AS article,
	'1.' || i % 5 || '.' || i % 7 AS version, '192.168.' || 100 + i % 9 || '.' || 100 + i % 99 AS address, 10 + i % 12 || ':' || 10 + i % 50 AS clock, '2024-W' || 10 + i % 40 AS week, '978-' || i % 9 || '-16-148410-0' AS isbn,
	'A-' || i % 70 AS product, '5.' || i % 20 || '.' || 10 + i % 9 AS kernel, '1234 5678 9012 ' || 1000 + i % 90 AS card, i % 60 || '/' || 2024 AS month, '12-' || 10 + i % 40 AS range, i % 30 || ' kg' AS weight
FROM generate_series(1, 200) AS i;
SELECT column_name, advice FROM uprofile_describe('adv_names') WHERE column_name <> 'id';
SELECT advised_rules('adv_names'), jsonb_path_query_array(uprofile_clean_rules('adv_names', 'id'), '$[*] ? (@.rule == "type")') AS proposed;
-- Lakhs and crores, and what sheets of other languages write for what is missing.
CREATE TABLE adv_words AS SELECT i AS id, CASE WHEN i % 2 = 0 THEN '₹' || i % 9 + 1 || ',' || 10 + i % 90 || ',' || 100 + i ELSE '₹ ' || i % 9 + 1 || ',' || 100 + i END AS lakhs, 'Rs. ' || i % 9 + 1 || ',10,' || 100 + i || '/-' AS rupees,
	(ARRAY['k.A.', '#WERT!', '12,5', '1,25'])[1 + i % 4] AS betrag, (ARRAY['NC', 'N.C.', '#VALEUR!', 'vrai', 'Faux'])[1 + i % 5] AS actif, (ARRAY['NC', 'CA', 'NY'])[1 + i % 3] AS state
FROM generate_series(1, 300) AS i;
SELECT column_name, advice FROM uprofile_describe('adv_words') WHERE column_name <> 'id';
SELECT rule, rows FROM uprofile_clean('adv_words', 'adv_read', key => 'id', rules => advised_rules('adv_words')) WHERE rule IN ('cleaned', 'quarantined', 'merged');
SELECT * FROM adv_read WHERE id <= 5 ORDER BY id;
SELECT r FROM jsonb_array_elements(uprofile_clean_rules('adv_words', 'id')) AS r WHERE r->>'rule' IN ('type', 'missing');
DROP TABLE adv_words, adv_read, adv_read_changes, adv_read_quarantine;
-- A unit that is named goes, and only that.
SELECT rule, rows FROM uprofile_clean('adv_names', 'adv_weights', key => 'id', rules => '[{"rule": "type", "column": "weight", "unit": "kg"}]') WHERE rule IN ('cleaned', 'quarantined');
SELECT pg_typeof(weight), sum(weight) FROM adv_weights GROUP BY 1;
SELECT before, after FROM uprofile_clean($$SELECT * FROM (VALUES ('12 %'), ('%7'), ('(5%)'), ('-3%'), ('4 %-'), ('8'), ('%'), ('5 %%'), ('6 kg')) AS v (t)$$, rules => '[{"rule": "type", "column": "t", "unit": "%"}]', dry_run => true) WHERE before IS NOT NULL;
SELECT rows FROM uprofile_clean('SELECT i || '' km/h'' AS t FROM generate_series(1, 300) AS i', rules => '[{"rule": "type", "column": "t", "to": "integer", "unit": "km/h"}]', dry_run => true) WHERE rule = 'cleaned';
-- What a rule type has no use for is refused.
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "date_order": "dmy"}]', dry_run => true);
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "to": "boolean", "date_order": "dmy"}]', dry_run => true);
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "to": "date", "decimal": ","}]', dry_run => true);
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "to": "timestamp", "unit": "%"}]', dry_run => true);
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "unit": "5"}]', dry_run => true);
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "unit": 5}]', dry_run => true);
SELECT uprofile_clean('adv_names', rules => '[{"rule": "type", "column": "clock", "units": "%"}]', dry_run => true);
DROP TABLE adv_amounts, adv_numbers, adv_numbers_changes, adv_numbers_quarantine, adv_gaps, adv_filled, adv_filled_changes, adv_filled_quarantine, adv_dates, adv_days, adv_days_changes, adv_days_quarantine,
	adv_unclear, adv_clear, adv_clear_changes, adv_clear_quarantine, adv_names, adv_weights, adv_weights_changes, adv_weights_quarantine;
DROP FUNCTION advised_rules;
