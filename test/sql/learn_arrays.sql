-- Arrays that aggregates learn from, laid out by a node of the plan: the same models, errors and NULLs as where the server builds them.
CREATE TABLE learned AS SELECT i, i % 7 AS a, (i * 37 % 101)::float8 AS b, (i * 53 % 89)::float8 AS c, sqrt(i) AS d, ln(i) AS e, i % 3 AS g,
	(i * 37 % 101 > 50)::int AS y FROM generate_series(1, 500) AS i;
CREATE TABLE floats AS SELECT b, c, d, e, g, y FROM learned;
ANALYZE floats;

EXPLAIN (VERBOSE, COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e]) FROM floats;
EXPLAIN (COSTS OFF) SELECT g, uprofile_logistic(ARRAY[b, c, d, e], y), sum(b) FROM floats GROUP BY g ORDER BY g;
-- the server's own: not each row is asked for, another order (none that servers from 16 on sort by below the aggregate), elements
-- that are computed, few, in an aggregate that learns nothing
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e]) FILTER (WHERE g > 0) FROM floats;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e] ORDER BY random()) FROM floats;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e + 1]) FROM floats;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c]) FROM floats;
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

-- Parallel workers build them as well.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT uprofile_scaler(ARRAY[b, c, d, e]) FROM floats;
SELECT uprofile_model_info(uprofile_scaler(ARRAY[b, c, d, e])) ->> 'rows' AS rows FROM floats;

DROP TABLE learned, floats, gaps, odd, wide;
