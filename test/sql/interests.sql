-- Interests that fade: read against the formula, added in any order, bounded, kept.
CREATE TABLE interest_events AS
SELECT i % 7 AS who, 'item ' || (i * i % 31) AS item, (0.1 + i % 13)::float8 AS weight,
       timestamptz '2024-01-01 00:00:00+00' + (i * 7919 % 1000) * interval '11:11:11' AS at
FROM generate_series(1, 4000) AS i;

-- The value of the formula, worked out on the table. Largest relative difference, over users, items and times.
CREATE VIEW interest_truth AS
SELECT who, item, t.at, sum(weight * 2 ^ (-(extract(epoch FROM t.at - e.at) / extract(epoch FROM interval '20 days'))::float8)) AS weight
FROM interest_events AS e, (VALUES (timestamptz '2025-06-01 12:00:00+00'), ('2031-02-03 04:05:06.789+00')) AS t (at) GROUP BY 1, 2, 3;
CREATE TABLE interests_kept AS
SELECT who, uprofile_interests(item, weight, at, interval '20 days') AS v FROM interest_events GROUP BY who;
CREATE FUNCTION interest_gap(v uprofile_interest, of_whom integer) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN max(abs(coalesce(g.weight, 0) / t.weight - 1)) < 1e-12 AND count(*) = count(g.weight) THEN 'equal'
	       ELSE max(abs(coalesce(g.weight, 0) / t.weight - 1))::text END
	FROM interest_truth t LEFT JOIN LATERAL uprofile_interest_at(v, t.at) g USING (item) WHERE t.who = of_whom
$$;
SELECT who, interest_gap(v, who), uprofile_interest_error(v, '2025-06-01+00') AS error FROM interests_kept ORDER BY who;

-- Split, in any order, by +, by the aggregate of values, event by event, in parallel.
SELECT interest_gap((SELECT uprofile_interests(item, weight, at, '20 days' ORDER BY at DESC) FROM interest_events WHERE who = 3), 3) AS late_first,
       interest_gap((SELECT uprofile_interests(part) FROM (SELECT uprofile_interests(item, weight, at, '20 days') AS part FROM interest_events WHERE who = 3
                     GROUP BY ascii(item) + length(item) + weight::integer) p), 3) AS of_values,
       interest_gap((SELECT a + b FROM (SELECT uprofile_interests(item, weight, at, '20 days') FILTER (WHERE weight > 4) AS a,
                     uprofile_interests(item, weight, at, '480 hours') FILTER (WHERE weight <= 4) AS b FROM interest_events WHERE who = 3) p), 3) AS plus;
DO $$
DECLARE
	v uprofile_interest := uprofile_interest_empty('20 days');
	e record;
BEGIN
	FOR e IN SELECT * FROM interest_events WHERE who = 4 LOOP
		v := uprofile_interest_add(v, e.item, e.weight, e.at);
	END LOOP;
	RAISE NOTICE 'event by event: %', interest_gap(v, 4);
END
$$;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE interest_events SET (parallel_workers = 2);
SELECT interest_gap(uprofile_interests(item, weight, at, '20 days') FILTER (WHERE who = 5), 5) AS parallel FROM interest_events;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- Reading.
CREATE TABLE interest_small AS
SELECT uprofile_interests(item, weight, at::timestamptz, interval '10 days', '{"max_items": 3}') AS v
FROM (VALUES ('shoes', 4, '2000-01-01+00'), ('books', 3, '2000-01-11+00'), ('shoes', 1, '2000-01-21+00'), ('tea', 1, '2000-01-01+00'),
      ('nothing', 0, '2000-01-01+00'), (NULL, 1, '2000-01-01+00'), ('wine', NULL, '2000-01-01+00'), ('wine', 1, NULL)) AS e (item, weight, at);
SELECT t.* FROM interest_small, uprofile_interest_at(v, '2000-01-21+00') AS t;
SELECT t.* FROM interest_small, uprofile_interest_top(v, 1, at => '2000-01-31+00') AS t;
SELECT uprofile_interest_of(v, 'books', '2000-01-21+00') AS books, uprofile_interest_of(v, 'none', '2000-01-21+00') AS none,
       uprofile_interest_of(v, 'shoes') < 1e-9 AS now, (SELECT count(*) FROM uprofile_interest_top(v)) AS top FROM interest_small;

-- One more than there is room for, however late it comes: the lightest goes, and no more than the error is missing.
SELECT t.*, uprofile_interest_error(w, '2000-01-21+00') AS error
FROM (SELECT uprofile_interest_add(v, 'toys', 8, '2000-01-01+00') AS w FROM interest_small) AS s, uprofile_interest_at(w, '2000-01-21+00') AS t;
SELECT count(*) FILTER (WHERE coalesce(g.weight, 0) > t.weight * (1 + 1e-12) OR t.weight > (coalesce(g.weight, 0) + error) * (1 + 1e-12)) AS beyond,
       count(g.weight) AS told, max(error) > 0 AS error
FROM (SELECT who, v, uprofile_interest_error(v, '2025-06-01 12:00:00+00') AS error FROM
      (SELECT who, uprofile_interests(item, weight, at, '20 days', '{"max_items": 5}') AS v FROM interest_events GROUP BY who) AS s) AS s
JOIN interest_truth AS t ON t.who = s.who AND t.at = '2025-06-01 12:00:00+00'
LEFT JOIN LATERAL uprofile_interest_at(v, t.at) AS g ON g.item = t.item;

-- Text and bytes come back as the same value.
SELECT v FROM interest_small;
SELECT count(*) FILTER (WHERE v::text::uprofile_interest = v) AS same, (SELECT count(*) FROM (SELECT DISTINCT v FROM interests_kept) AS d) AS different FROM interests_kept;
SELECT uprofile_interest_empty('1 day', 5), uprofile_interest_empty('1 day') = uprofile_interest_empty('24 hours') AS same,
       uprofile_interest_empty('1 day') <> uprofile_interest_empty('2 days') AS other;
SELECT uprofile_interests(item, weight, at, '1 day') IS NULL AS of_nothing FROM interest_events WHERE false;
SELECT uprofile_interest_add(NULL, 'a', 1, now()) IS NULL AS null_value, uprofile_interest_add(v, NULL, 1, now()) = v AS null_item FROM interest_small;

-- Refused.
SELECT uprofile_interests('a', -1, now(), '1 day');
SELECT uprofile_interests('a', 'NaN', now(), '1 day');
SELECT uprofile_interests('a', 1, 'infinity', '1 day');
SELECT uprofile_interests('a', 1, now(), '0');
SELECT uprofile_interests('a', 1, now(), '1.5 seconds');
SELECT uprofile_interests('a', 1, now(), NULL);
SELECT uprofile_interests('a', 1, now(), h) FROM (VALUES (interval '1 day'), ('2 days')) AS s (h);
SELECT uprofile_interests('a', 1, now(), '1 day', '{"max_item": 3}');
SELECT uprofile_interest_empty('1 day', 0);
SELECT uprofile_interest_empty('1 day') + uprofile_interest_empty('2 days');
SELECT * FROM interest_small, uprofile_interest_at(v, 'infinity');
SELECT * FROM interest_small, uprofile_interest_at(v, '0001-01-01+00');
SELECT 'x'::uprofile_interest;
SELECT '{}'::uprofile_interest;
SELECT '{"half_life": 5, "max_items": 3, "dropped": [0, 0, 0], "items": [["a", 0.5, 0, 1], ["a", 0.5, 0, 1]]}'::uprofile_interest;
SELECT '{"half_life": 5, "max_items": 3, "dropped": [0, 0, 0], "items": [["a", 5, 0, 1]]}'::uprofile_interest;
-- A sum that could not be read again is not made.
SELECT v + v FROM (SELECT '{"half_life": 5, "max_items": 3, "dropped": [0, 0, 0], "items": [["a", 0.5, 0, 17592186044415]]}'::uprofile_interest AS v) AS s;

DROP FUNCTION interest_gap;
DROP VIEW interest_truth;
DROP TABLE interest_events, interests_kept, interest_small;
