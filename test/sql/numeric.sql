-- numeric columns are the doubles that the server's own cast makes of them
CREATE TABLE amounts (v numeric);
INSERT INTO amounts VALUES (0), (0.00), (1), (-1), (0.1), (-0.07), (9999), (10000), (10000.0001), (1e-4), (1e-5), (1e-20), (1e-22), (1e-23), (1e-30), (123e-40),
  (9007199254740991), (9007199254740992), (9007199254740993), (9007199254740994), (-9007199254740993), (90071992547409.93), (90071992547409.92),
  (1e22), (1e23), (1e24), (3e22), (123456789e20), (99999999999999999999), (12345678901234567890.123456789), (999999999999.99), (1000000000000.01), (1000000000000.011),
  (99999999999999.99), (-100000000000000.01), (1e300), (1.7976931348623157e308), (5e-324), (0.30000000000000004), (0.1234567890123456789), (100), (1e2), (1e4), (1e8), (1e12), (1e16),
  (1.00::numeric(9, 2)), (1234567.80::numeric(18, 6)), (0.000000000000000000000000000000000000001), (20000000000000000), (20000000000000002);
SELECT setseed(0.5);
INSERT INTO amounts SELECT round((random() * 10 ^ (i % 17))::numeric, i % 9) * CASE i % 3 WHEN 0 THEN -1 ELSE 1 END FROM generate_series(1, 3000) AS i;
INSERT INTO amounts SELECT trunc((random() * 1e6)::numeric) * 10::numeric ^ (i % 60 - 30) FROM generate_series(1, 1000) AS i;
-- the mean of one row is its value
CREATE FUNCTION mean_of_numeric(v numeric) RETURNS double precision LANGUAGE sql AS
  $$ SELECT (uprofile_model_info(uprofile_scaler(r))->'center'->>0)::float8 FROM (SELECT v AS x) AS r $$;
SELECT count(*), count(*) FILTER (WHERE mean_of_numeric(v) IS DISTINCT FROM v::float8) AS different FROM amounts;
SELECT v FROM amounts WHERE mean_of_numeric(v) IS DISTINCT FROM v::float8 ORDER BY v LIMIT 5;
-- values that were just computed have another header than those of tables
SELECT uprofile_bayes(r, 'y') = uprofile_bayes(f, 'y') AS same
FROM (SELECT i::numeric / 7 AS a, round(i / 3.0, 2) AS b, i % 2 = 0 AS y FROM generate_series(1, 50) AS i) AS r,
  LATERAL (SELECT r.a::float8 AS a, r.b::float8 AS b, r.y) AS f;
SELECT mean_of_numeric('NaN');
SELECT mean_of_numeric('Infinity');
SELECT mean_of_numeric(1e309);
DROP FUNCTION mean_of_numeric;
DROP TABLE amounts;
