-- What training tells of tables as they come from a file: columns that are left out, targets that are codes, or amounts as text.
\set SHOW_CONTEXT never
CREATE TABLE cod_rows AS SELECT i AS id, (80000 + i % 30) AS "Zip", 10000 + i * 7 AS pay, '€ ' || i % 40 || ',50' AS "Amount", CASE WHEN i % 9 = 0 THEN 'N/A' ELSE (i % 50)::text END AS age, 'Customer ' || i AS name,
	md5(i::text) AS token, NULL::text AS nothing, NULL::int AS void, i % 17 AS x, 2000 + i % 21 AS year FROM generate_series(1, 600) AS i;
-- one NOTICE names all columns that are left out, by reason; that of a single one has its own words
SELECT features FROM uprofile_train('cod_a', 'cod_rows', target => 'x', algorithm => 'tree');
SELECT features FROM uprofile_train('cod_a', 'SELECT x, year, name FROM cod_rows', target => 'x', algorithm => 'tree');
SELECT feature FROM uprofile_select_features('SELECT x, year, name, token FROM cod_rows', 'x');
SELECT method FROM uprofile_correlation('SELECT x, name, token, year FROM cod_rows', methods => '{pearson}');
-- codes such as postcodes, unless it was said what they are; amounts and years are none
SELECT task FROM uprofile_train('cod_b', 'SELECT "Zip", x, year FROM cod_rows', target => 'Zip', algorithm => 'tree');
SELECT task FROM uprofile_train('cod_b', 'SELECT "Zip", x, year FROM cod_rows', target => 'Zip', algorithm => 'linear');
SELECT task FROM uprofile_train('cod_b', 'SELECT "Zip", x, year FROM cod_rows', target => 'Zip', algorithm => 'tree', params => '{"task": "regression"}');
SELECT task FROM uprofile_train('cod_b', 'SELECT "Zip", x, year FROM cod_rows', target => 'Zip', algorithm => 'tree', params => '{"task": "classification"}');
SELECT task FROM uprofile_train('cod_b', 'SELECT pay, x, year FROM cod_rows', target => 'pay', algorithm => 'tree');
SELECT task FROM uprofile_train('cod_b', 'SELECT year, x FROM cod_rows', target => 'year', algorithm => 'tree');
-- amounts as text, each of which became a class
SELECT task, note FROM uprofile_train('cod_c', 'SELECT age, x, year FROM cod_rows', target => 'age', algorithm => 'tree');
SELECT task, note FROM uprofile_train('cod_c', 'SELECT "Amount", x, year FROM cod_rows', target => 'Amount', algorithm => 'tree');
SELECT * FROM uprofile_train('cod_c', 'SELECT "Amount", x, year FROM cod_rows', target => 'Amount', algorithm => 'linear');
SELECT task, note FROM uprofile_train('cod_c', 'SELECT lpad(x::text, 5, ''0'') || year AS code, x, year FROM cod_rows', target => 'code', algorithm => 'tree');
SELECT task, note FROM uprofile_train('cod_c', 'SELECT lpad((id % 40)::text, 5, ''0'') AS code, x, year FROM cod_rows', target => 'code', algorithm => 'tree');
-- article numbers such as 12E5 are codes, and no numbers beyond all others; numbers as programs write them are
SELECT features FROM uprofile_train('cod_c', $$SELECT (id % 9 + 1) || 'E' || id % 5 AS article, (id % 9) || '.5e' || id % 5 AS point, (id % 9) || 'e+0' || id % 5 AS sign, x FROM cod_rows$$, target => 'x', algorithm => 'tree');
-- of many columns a NOTICE names 20 for each reason, and how many more there are
DO $$ BEGIN EXECUTE (SELECT format('CREATE TABLE cod_wide AS SELECT i %% 17 AS x, %s FROM generate_series(1, 600) AS i', string_agg(format('md5(''%1$s'' || i) AS t%1$s, NULL::text AS n%1$s, (i * %1$s %% 7)::text AS d%1$s', k), ', '))
FROM generate_series(1, 23) AS k); END $$;
SELECT features FROM uprofile_train('cod_c', 'cod_wide', target => 'x', algorithm => 'tree');
SELECT count(*) FROM jsonb_object_keys(uprofile_model_info(uprofile_model('cod_c', 5))->'left_out');
DROP TABLE cod_rows, cod_wide;
SELECT uprofile_drop_model(m) FROM unnest('{cod_a, cod_b, cod_c}'::text[]) AS m;
