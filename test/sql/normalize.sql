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
