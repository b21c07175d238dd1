-- Tables with their numbers scaled: every method, what stays as it is, what is refused.
\set SHOW_CONTEXT never
CREATE TABLE measures AS
SELECT i AS id, i * 10 AS whole, CASE WHEN i = 3 THEN NULL WHEN i = 4 THEN 'NaN' ELSE i / 4.0 END::float8 AS "real one",
       7.5::numeric(6, 2) AS same, 'row ' || i AS label, DATE '2024-01-01' + i AS day
FROM generate_series(1, 5) AS i;
SELECT * FROM uprofile_normalize('measures', 'scaled', '{whole,real one,same}');
SELECT id, round(whole::numeric, 4) AS whole, round("real one"::numeric, 4) AS "real one", same, label, day FROM scaled ORDER BY id;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'scaled'::regclass AND attnum > 0 ORDER BY attnum;
SELECT method, n.column_name, n.scaled_by, round(n.center::numeric, 4) AS center, round(n.scale::numeric, 4) AS scale, n.missing, n.n_rows
FROM unnest('{minmax,maxabs,robust,quantile,log,yeo_johnson,none}'::text[]) AS method,
     uprofile_normalize('measures', 'scaled_' || method, '{whole}', method) AS n;
SELECT a.id, round(a.whole::numeric, 3) AS minmax, round(b.whole::numeric, 3) AS maxabs, round(c.whole::numeric, 3) AS robust,
       round(d.whole::numeric, 3) AS quantile, round(e.whole::numeric, 3) AS log, f.whole AS none
FROM scaled_minmax AS a JOIN scaled_maxabs AS b USING (id) JOIN scaled_robust AS c USING (id) JOIN scaled_quantile AS d USING (id)
JOIN scaled_log AS e USING (id) JOIN scaled_none AS f USING (id) ORDER BY 1;
-- by default every numeric column; ranges; a query with odd names; a temporary table; no rows
SELECT column_name, minimum, maximum FROM uprofile_normalize('SELECT 1 AS "a""b", 2.0 AS "Größe", ''x'' AS c -- odd', 'pg_temp.odd', params => '{"feature_range": [-1, 1]}', method => 'minmax');
TABLE odd;
SELECT * FROM uprofile_normalize('SELECT 1 AS a WHERE false', 'none_at_all');
TABLE none_at_all;
-- tables whose columns have a fixed width are rewritten in place: the same answer as column by column
CREATE TABLE fixed (gone int, a float8, n smallint, b float8, flag boolean, day date);
INSERT INTO fixed SELECT 0, i, i, CASE WHEN i % 9 = 0 THEN NULL WHEN i % 7 = 0 THEN 'NaN'::float8 ELSE i * i END, i % 2 = 0, DATE '2024-01-01' + i FROM generate_series(1, 50) AS i;
SELECT column_name, round(center::numeric, 4) AS center, round(scale::numeric, 4) AS scale, missing FROM uprofile_normalize('fixed', 'fixed_1', '{a,b}');
SELECT column_name, round(center::numeric, 4) AS center, round(scale::numeric, 4) AS scale, missing FROM uprofile_normalize('SELECT *, ''x'' AS t FROM fixed', 'fixed_2', '{a,b}');
SELECT count(*) AS rows, count(*) FILTER (WHERE (x.gone, x.a, x.n, x.flag, x.day) IS NOT DISTINCT FROM (y.gone, y.a, y.n, y.flag, y.day) AND x.b IS NOT DISTINCT FROM y.b) AS same
FROM fixed_1 AS x JOIN fixed_2 AS y USING (n);
ALTER TABLE fixed DROP COLUMN gone;
ALTER TABLE fixed ADD COLUMN late float8 DEFAULT 3;
INSERT INTO fixed VALUES (100, 100, 100, true, '2025-01-01', 5);
SELECT column_name, round(center::numeric, 4) AS center, missing FROM uprofile_normalize('fixed', 'fixed_3', '{a,late}');
SELECT n, round(a::numeric, 4) AS a, b, flag, day, round(late::numeric, 4) AS late FROM fixed_3 WHERE n IN (1, 9, 100) ORDER BY n;
CREATE TABLE parted (k int, v float8) PARTITION BY RANGE (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_2 (v float8, k int);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (10) TO (20);
INSERT INTO parted SELECT i, i * 2 FROM generate_series(0, 19) AS i;
SELECT count(*) FROM uprofile_normalize('parted', 'parted_n', '{v}', 'minmax');
SELECT bool_and(abs(v - k / 19.0) < 1e-12) AS right_ones, count(*) AS rows FROM parted_n;
SELECT count(*) FROM uprofile_normalize('SELECT k, v FROM parted_1 WHERE k > 5 ORDER BY v DESC', 'parted_m');
DROP TABLE fixed, fixed_1, fixed_2, fixed_3, parted, parted_n, parted_m;
-- what is refused leaves nothing behind
SELECT * FROM uprofile_normalize('measures', 'scaled');
SELECT * FROM uprofile_normalize('measures', 'other', '{hole}');
SELECT * FROM uprofile_normalize('measures', 'other', '{label}');
SELECT * FROM uprofile_normalize('measures', 'other', '{whole,whole}');
SELECT * FROM uprofile_normalize('measures', 'other', method => 'zscores');
SELECT * FROM uprofile_normalize('measures', 'other', params => '{"rangee": 1}');
SELECT * FROM uprofile_normalize('SELECT 1e308::float8 * i AS x FROM generate_series(-1, 1) AS i', 'other');
SELECT * FROM uprofile_normalize('SELECT ''Infinity''::float8 AS x', 'other');
SELECT * FROM uprofile_normalize('SELECT ''Infinity''::float8 AS x', 'other', method => 'robust');
SELECT * FROM uprofile_normalize('SELECT ''x'' AS x', 'other');
SELECT * FROM uprofile_normalize('SELECT 1 AS x', 'nowhere.other');
SELECT * FROM uprofile_normalize('DELETE FROM measures', 'other');
SELECT * FROM uprofile_normalize(NULL, 'other');
SELECT to_regclass('other');
BEGIN READ ONLY;
SELECT * FROM uprofile_normalize('measures', 'other');
ROLLBACK;
DROP TABLE measures, scaled, scaled_minmax, scaled_maxabs, scaled_robust, scaled_quantile, scaled_log, scaled_yeo_johnson, scaled_none, odd, none_at_all;
-- Amounts of money are numbers.
SET lc_monetary = 'C';
CREATE DOMAIN normalize_price AS money;
CREATE TABLE normalize_amounts AS SELECT (i * 12.5)::numeric::money AS paid, i::money::normalize_price AS price FROM generate_series(1, 5) i UNION ALL SELECT NULL, NULL;
SELECT * FROM uprofile_normalize('normalize_amounts', 'normalize_paid', method => 'minmax');
SELECT pg_typeof(paid) AS paid, pg_typeof(price) AS price, array_agg(paid) FROM normalize_paid GROUP BY 1, 2;
SELECT column_name, center, scale FROM uprofile_normalize('normalize_amounts', 'normalize_robust', '{paid}', 'robust');
SELECT pg_typeof(paid) AS paid, pg_typeof(price) AS price FROM normalize_robust LIMIT 1;
DROP TABLE normalize_amounts, normalize_paid, normalize_robust;
DROP DOMAIN normalize_price;
RESET lc_monetary;
-- A source that is another one each time it is run is run once.
SELECT missing FROM uprofile_normalize('SELECT i AS id, random() AS x FROM generate_series(1, 2000) AS i WHERE random() < 0.5', 'normalize_drawn', '{x}', 'minmax');
SELECT count(*) BETWEEN 1 AND 1999 AS some, round(min(x)::numeric, 9) AS least, round(max(x)::numeric, 9) AS most FROM normalize_drawn;
CREATE TABLE normalize_many AS SELECT i AS id, CASE WHEN i % 3 > 0 THEN random() END AS x FROM generate_series(1, 2000) AS i;
SELECT missing FROM uprofile_normalize('SELECT * FROM normalize_many TABLESAMPLE bernoulli (50)', 'normalize_sample', '{x}', 'robust') \gset
SELECT count(*) FILTER (WHERE x IS NULL) = :missing AS missing FROM normalize_sample;
SELECT count(*) FROM uprofile_correlation('SELECT 1e9 + random() * 1e-6 AS x, 1e9 + random() * 1e-6 AS y FROM generate_series(1, 500) WHERE random() < 0.5') WHERE method = 'pearson' AND n BETWEEN 1 AND 499;
DROP TABLE normalize_drawn, normalize_many, normalize_sample;
