-- Arrays that aggregates learn from, laid out by a node of the plan: the same models, errors and NULLs as where the server builds them.
CREATE TABLE learned AS SELECT i, i % 7 AS a, (i * 37 % 101)::float8 AS b, (i * 53 % 89)::float8 AS c, sqrt(i) AS d, ln(i) AS e, i % 3 AS g,
	(i * 37 % 101 > 50)::int AS y FROM generate_series(1, 500) AS i;
CREATE TABLE floats AS SELECT b, c, d, e, g, y FROM learned;
ANALYZE floats;

EXPLAIN (VERBOSE, COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e]) FROM floats;
EXPLAIN (COSTS OFF) SELECT g, uprofile_logistic(ARRAY[b, c, d, e], y), sum(b) FROM floats GROUP BY g ORDER BY g;
-- the server's own: not each row is asked for, another order (none that servers from 16 on sort by below the aggregate), elements
-- that are computed, in an aggregate that learns nothing
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e]) FILTER (WHERE g > 0) FROM floats;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e] ORDER BY random()) FROM floats;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e + 1]) FROM floats;
EXPLAIN (COSTS OFF) SELECT count(ARRAY[b, c, d, e]) FROM floats;

-- The same bytes, with OFFSET 0 arrays that the server builds.
SELECT (SELECT uprofile_svm(ARRAY[b, c, d, e], y) FROM floats) =
	(SELECT uprofile_svm(x, y) FROM (SELECT ARRAY[b, c, d, e] AS x, y FROM floats OFFSET 0) AS t) AS one,
	(SELECT array_agg(m ORDER BY g) FROM (SELECT g, uprofile_tree(ARRAY[b, c, d, e], y) AS m FROM floats GROUP BY g) AS t) =
	(SELECT array_agg(m ORDER BY g) FROM (SELECT g, uprofile_tree(x, y) AS m FROM
		(SELECT g, ARRAY[b, c, d, e] AS x, y FROM floats OFFSET 0) AS t GROUP BY g) AS t) AS groups,
	(SELECT uprofile_kmeans(ARRAY[b, c, d, e], 3) FROM floats) =
	(SELECT uprofile_kmeans(x, 3) FROM (SELECT ARRAY[b, c, d, e] AS x FROM floats OFFSET 0) AS t) AS clusters;
-- Two arrays, and columns beside them; rows of a join; once a row of another query.
SELECT md5(uprofile_scaler(ARRAY[b, c, d, e])) = md5(uprofile_scaler(ARRAY[b, c, d, e], '{}')) AS same,
	uprofile_model_info(uprofile_scaler(ARRAY[e, d, c, b])) ->> 'rows' AS rows, sum(c) FROM floats;
SELECT o.g, (SELECT uprofile_model_info(uprofile_linear(ARRAY[b, c, d, e], c)) ->> 'rows' FROM floats AS f WHERE f.g = o.g) AS rows
	FROM (VALUES (0), (1), (2), (3)) AS o (g) ORDER BY o.g;
SELECT uprofile_model_info(uprofile_logistic(ARRAY[f.b, f.c, h.d, h.e], f.y)) ->> 'rows' AS rows
	FROM floats AS f JOIN floats AS h ON f.b = h.c AND f.g = h.g;

-- At their place in tuples, where that is the same in all: not after values that are NULL, wide or gone, nor in rows that are older
-- than a column.
CREATE TABLE odd AS SELECT 7::smallint AS gone, g, CASE WHEN g > 0 THEN y END AS y, b, c, d, e FROM floats;
CREATE TABLE wide AS SELECT repeat('x', g) AS note, y, b, c, d, e FROM floats;
ALTER TABLE odd DROP gone, ADD f float8 DEFAULT 3;
INSERT INTO odd SELECT g, y, b, c, d, e, g FROM floats;
SELECT (SELECT uprofile_linear(ARRAY[b, c, d, e], f) FROM odd) =
	(SELECT uprofile_linear(x, f) FROM (SELECT ARRAY[b, c, d, e] AS x, f FROM odd OFFSET 0) AS t) AS odd,
	(SELECT uprofile_scaler(ARRAY[c, d, e, f]) FROM odd) =
	(SELECT uprofile_scaler(x) FROM (SELECT ARRAY[c, d, e, f] AS x FROM odd OFFSET 0) AS t) AS older,
	(SELECT uprofile_svm(ARRAY[b, c, d, e], y) FROM wide) =
	(SELECT uprofile_svm(x, y) FROM (SELECT ARRAY[b, c, d, e] AS x, y FROM wide OFFSET 0) AS t) AS wide,
	(SELECT uprofile_scaler(ARRAY[e, d, c, b]) FROM odd WHERE y = 0) =
	(SELECT uprofile_scaler(x) FROM (SELECT ARRAY[e, d, c, b] AS x FROM odd WHERE y = 0 OFFSET 0) AS t) AS turned;

-- A NULL, a NaN and no rows.
SELECT uprofile_scaler(ARRAY[b, c, d, CASE WHEN d > 20 THEN NULL ELSE e END]) FROM floats;
CREATE TABLE gaps AS SELECT b, c, d, CASE WHEN g = 2 THEN NULL ELSE e END AS e, CASE WHEN d > 20 THEN 'NaN' ELSE d END AS n FROM floats;
SELECT uprofile_scaler(ARRAY[b, c, d, e]) FROM gaps;
SELECT uprofile_scaler(ARRAY[b, c, d, n]) FROM gaps;
SELECT uprofile_scaler(ARRAY[b, c, d, e]) FROM gaps WHERE b < 0;

-- Numbers of other types, and domains over them, whatever casts the server puts around them or around the array.
CREATE DOMAIN whole AS int CHECK (VALUE >= 0);
CREATE DOMAIN amount AS numeric(20, 4);
CREATE DOMAIN measure AS float8;
CREATE TABLE numbers (s smallint, gone int, i int, j int, l bigint, r real, f float8, flag bool, w whole, m measure, n numeric, o numeric(9, 3), a amount, y float8);
INSERT INTO numbers SELECT i * 61 - 30000, 1, i * 40009 - 20000000, i % 13, (i * 4611686018427387 + 1) * (-1) ^ i, i / 7.0, sqrt(i), i % 3 = 0, i % 7, ln(i),
	i * (ARRAY[1, 1234567890123.456789, -1e25, 1e-12])[1 + i % 4], i / 8.0, i * 123456789.0001, i % 5 FROM generate_series(1, 1000) AS i;
ALTER TABLE numbers DROP gone, ADD g int GENERATED ALWAYS AS (i % 11) STORED, ADD late int DEFAULT 3;
INSERT INTO numbers (s, i, j, l, r, f, flag, w, m, n, o, a, y) SELECT s, j, i, l, r, f, flag, w, m, n, o, a, y FROM numbers WHERE j < 3;
ANALYZE numbers;
EXPLAIN (VERBOSE, COSTS OFF) SELECT uprofile_scaler(ARRAY[i, n]) FROM numbers;
-- Whether the node lays an array out, and whether two models, or what is raised, are the same as of an array that the server makes.
CREATE FUNCTION pg_temp.learned(query text, INOUT answer text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query INTO answer;
EXCEPTION WHEN OTHERS THEN
	answer := format('%s: %s', SQLSTATE, SQLERRM);
END $$;
CREATE FUNCTION pg_temp.both(elements text, source text, OUT laid bool, OUT same bool, OUT failed text) LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
	line text;
	call text := 'SELECT md5(uprofile_scaler(%1$s)) || md5(uprofile_linear(%1$s, y)) FROM ';
	query text := format(call || '%2$s', format('ARRAY[%s]', elements), source);
	one text := pg_temp.learned(query);
BEGIN
	laid := false;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		laid := laid OR line LIKE '%uprofile arrays%';
	END LOOP;
	same := one = pg_temp.learned(format(call || '(SELECT ARRAY[%s] AS x, y FROM %s OFFSET 0) AS t', 'x', elements, source));
	failed := CASE WHEN one LIKE '_____: %' THEN regexp_replace(one, '"-?[0-9.]{30,}"', 'it') END;
END $$;
SELECT elements, b.* FROM (VALUES ('s, s'), ('i, j'), ('j, g, i'), ('l'), ('r, r'), ('f, m'), ('n, o, a'), ('w, w'), ('w, i'), ('m, m'), ('a, a, o'), ('s, i, l'), ('i, n'), ('s, l, n, a'),
	('i, f, r, s, n, w, m, a, o'), ('i::float8, n::float8, r'), ('flag::int, i, flag::int'), ('late, i'), ('r, i'), ('r, n'), ('i, 1'), ('i + 1, n'), ('n::numeric(9, 1), o'), ('n::real, r'), ('s, NULL::int'))
	AS v (elements), pg_temp.both(elements, 'numbers') AS b;
-- NULL, not a number and infinite; too large and too small for double precision, also beside a NULL.
INSERT INTO numbers (i, j, n, o, y) VALUES (1, NULL, 'NaN', 2, 1), (2, 1, 1e308, 1, 2), (3, 1, -1e400, NULL, 2), (4, 1, 1e-400, 1, 2), (5, 1, 'Infinity', 3, 1);
SELECT elements, of, b.* FROM (VALUES ('i, j'), ('n, i'), ('i, n'), ('o, n'), ('i, o')) AS v (elements), generate_series(1, 5) AS of,
	pg_temp.both(elements, format('numbers WHERE i <> ALL (ARRAY[1, 2, 3, 4, 5]) OR (i = %s AND s IS NULL)', of)) AS b ORDER BY 1, 2;
DELETE FROM numbers WHERE s IS NULL;
-- Joins, subqueries, partitions and children whose columns stand elsewhere; a cast that is none of the server's.
CREATE TABLE parts (y float8, i int, n numeric, l bigint) PARTITION BY RANGE (i);
CREATE TABLE part_a PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (0);
CREATE TABLE part_b (note text, l bigint, n numeric, gone text, i int, y float8);
ALTER TABLE part_b DROP note, DROP gone;
ALTER TABLE parts ATTACH PARTITION part_b FOR VALUES FROM (0) TO (MAXVALUE);
INSERT INTO parts SELECT y, i, n, l FROM numbers;
CREATE TABLE parent AS SELECT y, i, l FROM numbers;
CREATE TABLE child (l bigint, note text, i int, y float8);
ALTER TABLE child INHERIT parent;
INSERT INTO child SELECT l, 'x', j, y FROM numbers;
ANALYZE parts, parent, child;
CREATE TYPE tint AS ENUM ('low', 'high');
CREATE FUNCTION pg_temp.of_tint(tint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1::text WHEN 'low' THEN 0 ELSE 1 END::float8 $$;
CREATE CAST (tint AS float8) WITH FUNCTION pg_temp.of_tint(tint) AS IMPLICIT;
SELECT elements, source, b.* FROM (VALUES ('i, l'), ('i, n, l')) AS e (elements), (VALUES ('parts'), ('parts WHERE l > 0'), ('(SELECT * FROM parts ORDER BY l, i LIMIT 300) AS s'),
	('(SELECT o.y, o.i, p.n, p.l FROM numbers AS o JOIN parts AS p USING (l)) AS s')) AS v (source), pg_temp.both(elements, source) AS b
UNION ALL SELECT v.*, b.* FROM (VALUES ('i, l', 'parent'), ('i, l', 'child'), ('h, h', '(SELECT y, CASE WHEN flag THEN ''high'' ELSE ''low'' END::tint AS h FROM numbers) AS s')) AS v (elements, source),
	pg_temp.both(elements, source) AS b;
SELECT o.g, (SELECT md5(uprofile_tree(ARRAY[j, o.g, n], y)) = (SELECT md5(uprofile_tree(x, y)) FROM (SELECT ARRAY[j, o.g, n] AS x, y FROM numbers WHERE g < o.g OFFSET 0) AS t)
	FROM numbers WHERE g < o.g) AS same FROM (VALUES (4), (7)) AS o (g) ORDER BY 1;
SELECT count(*) AS groups, bool_and(a.m = b.m) AS same FROM (SELECT g, uprofile_tree(ARRAY[i, n, w], y) AS m FROM numbers GROUP BY g) AS a
	JOIN (SELECT g, uprofile_tree(x, y) AS m FROM (SELECT g, ARRAY[i, n, w] AS x, y FROM numbers OFFSET 0) AS t GROUP BY g) AS b USING (g);
PREPARE learn (int) AS SELECT md5(uprofile_scaler(ARRAY[l, n, o])) FROM numbers WHERE j < $1;
SET plan_cache_mode = force_generic_plan;
CREATE TEMP TABLE first_time AS EXECUTE learn (5);
ALTER TABLE numbers ALTER l TYPE numeric, ALTER o TYPE float8;
SELECT count(*) AS answers FROM first_time;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE learn (5);
CREATE TEMP TABLE next_time AS EXECUTE learn (5);
SELECT a.md5 = b.md5 AS same FROM first_time AS a, next_time AS b;
RESET plan_cache_mode;
DEALLOCATE learn;

-- Parallel workers build them as well.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e]) FROM floats;
SELECT uprofile_model_info(uprofile_scaler(ARRAY[b, c, d, e])) ->> 'rows' AS rows FROM floats;

SELECT elements, b.* FROM (VALUES ('i, n, o, s, w')) AS v (elements), pg_temp.both(elements, 'numbers') AS b;

DROP TABLE learned, floats, gaps, odd, wide, numbers, parts, parent, child;
DROP CAST (tint AS float8);
DROP FUNCTION pg_temp.of_tint(tint);
DROP TYPE tint;
DROP DOMAIN whole, amount, measure;
