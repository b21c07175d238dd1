-- Columns that know the answer.
SET client_min_messages = warning;
CREATE TABLE leaky AS
SELECT i AS id, 'u' || i AS code, i % 4 = 0 AS churned, hashfloat8(i) % 1000 / 10.0 AS spent,
	(hashfloat8(i + 0.5) % 7)::text AS city,
	i % 4 = 0 AS copy, CASE WHEN i % 4 = 0 THEN 'left' ELSE 'here' END AS state,
	CASE WHEN i % 4 = 0 THEN 'a' WHEN i % 4 = 1 THEN 'b' ELSE 'c' END AS reason,
	hashfloat8(i) % 100 + CASE WHEN i % 4 = 0 THEN 300 ELSE 0 END AS calls,
	CASE WHEN i % 4 = 0 THEN hashfloat8(i) % 50 END AS refund,
	CASE WHEN i % 10 = 0 THEN NULL ELSE hashfloat8(i) % 50 END AS age,
	timestamp '2026-01-01' + i * interval '1 minute' AS seen, timestamp '2026-01-01 15:00' AS labelled,
	1 AS one, NULL::float8 AS nothing
FROM generate_series(1, 1000) i;
SELECT column_name, reason, round(score::numeric, 4) AS score, detail FROM uprofile_leaks('leaky', 'churned', label_time => 'labelled');
SELECT column_name, reason FROM uprofile_leaks('SELECT id, code, churned, spent, city, age, one, nothing FROM leaky', 'churned', key => 'id');
-- Of a number.
SELECT column_name, reason, round(score::numeric, 4) AS score
FROM uprofile_leaks('SELECT spent AS target, spent, exp(-spent) AS less, spent + calls AS more, CASE WHEN spent < 0 THEN age END AS part, age FROM leaky', 'target');
-- A threshold of one's own.
SELECT count(*) FROM uprofile_leaks('SELECT churned, calls + hashfloat8(id) % 120 AS noisy FROM leaky', 'churned');
SELECT reason FROM uprofile_leaks('SELECT churned, calls + hashfloat8(id) % 120 AS noisy FROM leaky', 'churned', threshold => 0.7);
-- Nothing to find, and nothing to look at.
SELECT count(*) FROM uprofile_leaks('SELECT true AS y, 1 AS x', 'y');
SELECT count(*) FROM uprofile_leaks('SELECT true AS y, 1 AS x WHERE false', 'y');
SELECT count(*) FROM uprofile_leaks('SELECT i AS x, NULL::bool AS y FROM generate_series(1, 100) i', 'y');
SELECT count(*) FROM uprofile_leaks('SELECT i AS x, true AS y FROM generate_series(1, 100) i', 'y');
SELECT count(*) FROM (SELECT format('SELECT i %% 2 = 0 AS y, %s FROM generate_series(1, 300) i', string_agg(format('hashfloat8(i + %s) %% 97 AS c%s', g / 500.0, g), ', ')) AS wide
	FROM generate_series(1, 400) g) w, LATERAL uprofile_leaks(wide, 'y');
SELECT * FROM uprofile_leaks('leaky', 'churnd');
SELECT * FROM uprofile_leaks('leaky', 'churned', label_time => 'city');
SELECT * FROM uprofile_leaks('leaky', 'churned', key => 'idd');
SELECT * FROM uprofile_leaks('leaky', 'churned', threshold => 0.1);
SELECT * FROM uprofile_leaks('leaky', NULL);
-- Training tells the same, of the rows that it holds.
SET client_min_messages = notice;
SELECT note FROM uprofile_train('leaks_m', 'SELECT id, churned, state, refund, age, calls FROM leaky', 'churned', 'tree');
SELECT note FROM uprofile_train('leaks_m', 'SELECT churned, refund AS "it''s ""so""", age FROM leaky', 'churned', 'tree');
SET client_min_messages = warning;
SELECT * FROM uprofile_drop_model('leaks_m');
DROP TABLE leaky;
