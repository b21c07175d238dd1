-- Traits of users from the times of their events: aggregates, their params, parts in any order, what is refused; scores and
-- visits over a source; what follows a source that uses them.
SET TimeZone = 'UTC';
CREATE TABLE trait_events AS SELECT u, timestamptz '2026-01-01 08:00+00' + u * g * g % 97 * interval '7 hours' AS t,
	(u * 7 + g * 3) % 11 - 1.5 AS amount, chr(97 + u * g % 5) AS kind FROM generate_series(1, 4) u, generate_series(1, 20) g;
SELECT u, (uprofile_rfm(t, amount, '{"at": "2026-03-01"}')).* FROM trait_events GROUP BY u ORDER BY u;
SELECT u, (uprofile_rfm(t, amount, '{"at": "2026-01-15", "count": "days"}')).* FROM trait_events GROUP BY u ORDER BY u;
SELECT (uprofile_rfm(t, amount, '{"at": "2026-03-01", "count": "events"}')).frequency, (uprofile_rfm(t, amount)).recency_days > 200 AS long_ago
FROM trait_events;
SELECT u, (uprofile_sessions(t, '{"gap": "1 day"}')).* FROM trait_events GROUP BY u ORDER BY u;
SELECT (uprofile_sessions(t)).sessions, count(DISTINCT t) FROM trait_events;
SELECT u, (h).events, (h).hours, (h).weekdays, (h).top_hour, (h).top_weekday, round((h).hour_entropy::numeric, 10) AS hour_entropy,
	round((h).weekday_entropy::numeric, 10) AS weekday_entropy, (h).weekend_share, round((h).regularity::numeric, 10) AS regularity
FROM (SELECT u, uprofile_habits(t) AS h FROM trait_events WHERE u < 3 GROUP BY u) AS s ORDER BY u;
SELECT (uprofile_habits(t)).top_hour, (uprofile_habits(t, '{"time_zone": "Asia/Tokyo"}')).top_hour FROM (VALUES (timestamptz '2026-05-05 10:30+00')) AS v (t);
SELECT u, (uprofile_trend(t, amount, '{"period": "7 days"}')).* FROM trait_events GROUP BY u ORDER BY u;
SELECT (uprofile_trend(t, amount, '{"at": "2026-03-01"}')).*, (uprofile_trend(t, amount, '{"at": "2026-02-28"}')).periods FROM trait_events;
SELECT (uprofile_trend(t, amount, '{"at": "2026-01-31"}')) FROM trait_events;
SELECT u, (uprofile_streak(t, '{"at": "2026-01-30"}')).* FROM trait_events GROUP BY u ORDER BY u;
SELECT uprofile_streak(t, '{"at": "2026-01-30", "period": "1 month"}') FROM trait_events;
SELECT u, uprofile_time_since(t, '2026-03-01'), uprofile_time_since(t, '2026-01-05'), uprofile_top(kind, amount, 3) FROM trait_events GROUP BY u ORDER BY u;
SELECT uprofile_time_since(now() - interval '36 hours');

-- Hours of a zone whose clock is set back; NULLs are passed over; no rows.
SELECT (uprofile_streak(t, '{"period": "1 hour", "time_zone": "Europe/Berlin", "at": "2025-10-26 03:00+00"}')).*
FROM generate_series(timestamptz '2025-10-25 23:30+00', '2025-10-26 02:30+00', '30 minutes') AS t;
SELECT uprofile_rfm(NULL, 1), uprofile_rfm(now(), NULL), uprofile_top(NULL, 1, 2), uprofile_time_since(NULL), uprofile_time_since('2026-01-01', NULL);
SELECT uprofile_rfm(t, 1), uprofile_sessions(t), uprofile_habits(t), uprofile_trend(t, 1), uprofile_streak(t), uprofile_time_since(t), uprofile_top(kind, 1, 1)
FROM trait_events WHERE false;
SELECT (uprofile_rfm(d, 2.5, '{"at": "2026-01-02"}')).*, (uprofile_trend(d, 1)).* FROM (SELECT date '2026-01-01' AS d) AS s;

-- Any order, and parts that are joined, give the same.
CREATE FUNCTION trait_states(text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	parallel text; serial text;
BEGIN
	SET LOCAL max_parallel_workers_per_gather = 0;
	EXECUTE $1 INTO serial;
	SET LOCAL max_parallel_workers_per_gather = 3; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;
	SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL debug_parallel_query = off;
	EXECUTE $1 INTO parallel;
	RETURN serial = parallel;
EXCEPTION WHEN undefined_object THEN
	EXECUTE $1 INTO parallel;
	RETURN serial = parallel;
END $$;
SELECT trait_states($$SELECT string_agg(s::text, ' ' ORDER BY u) FROM (SELECT u, ROW(uprofile_rfm(t, amount / 3, '{"at": "2026-03-01"}'), uprofile_sessions(t),
	uprofile_habits(t), uprofile_trend(t, amount / 3, '{"period": "1 day"}'), uprofile_streak(t, '{"at": "2026-03-01"}'), uprofile_time_since(t, '2026-03-01'),
	uprofile_top(kind, amount / 3, 5)) AS s FROM trait_events GROUP BY u) AS x$$);
SELECT uprofile_rfm(t, amount, '{"at": "2026-03-01"}')::text = (SELECT uprofile_rfm(t, amount, '{"at": "2026-03-01"}')::text FROM (SELECT * FROM trait_events
	ORDER BY amount, t DESC) AS s) AS same FROM trait_events;
SELECT u, t, (uprofile_sessions(t, '{"gap": "1 day"}') OVER (PARTITION BY u ORDER BY t)).sessions AS visit FROM trait_events WHERE u = 1 ORDER BY t LIMIT 5;
SELECT uprofile_agg_sessions_final(uprofile_agg_trait_combine(uprofile_agg_trait_times('sessions', '2026-01-01'), uprofile_agg_trait_times('sessions', '2026-01-02')));
SELECT uprofile_agg_sessions_final(uprofile_agg_trait_times('rfm', '2026-01-01'));
SELECT uprofile_agg_rfm_final('sessions');
SELECT uprofile_agg_trait_times('nothing', '2026-01-01');
SELECT uprofile_agg_trait_combine(uprofile_agg_trait_times('sessions', '2026-01-01'), uprofile_agg_trait_times('habits', '2026-01-02'));
SELECT uprofile_agg_trait_combine(uprofile_agg_trait_times('sessions', '2026-01-01'), uprofile_agg_trait_times('sessions', '2026-01-02', '{"gap": "1 day"}'));
SELECT uprofile_agg_habits_final('\x55505452010002'::bytea);

-- What is refused.
SELECT uprofile_rfm(t, amount, '{"att": "2026-03-01"}') FROM trait_events;
SELECT uprofile_rfm(t, amount, '{"at": "now"}') FROM trait_events;
SELECT uprofile_rfm(t, amount, '{"at": 3}') FROM trait_events;
SELECT uprofile_rfm(t, amount, '{"count": "weeks"}') FROM trait_events;
SELECT uprofile_rfm(t, amount, '[]') FROM trait_events;
SELECT uprofile_rfm(t, amount, jsonb_build_object('at', t)) FROM trait_events;
SELECT uprofile_rfm('infinity', amount) FROM trait_events;
SELECT uprofile_rfm(t, 'NaN') FROM trait_events;
SELECT uprofile_rfm(t, '-infinity') FROM trait_events;
SELECT uprofile_rfm(t, 1e308) FROM trait_events;
SELECT uprofile_trend(t, 1, '{"period": "1 month 1 day"}') FROM trait_events;
SELECT uprofile_trend(t, 1, '{"period": "-1 day"}') FROM trait_events;
SELECT uprofile_sessions(t, '{"gap": "0"}') FROM trait_events;
SELECT uprofile_habits(t, '{"time_zone": "Nowhere"}') FROM trait_events;
SELECT uprofile_top(kind, amount, 0) FROM trait_events;
SELECT uprofile_top(kind, amount, u) FROM trait_events;
SELECT uprofile_top(kind, 'NaN', 1) FROM trait_events;
SELECT uprofile_time_since(t, t) FROM trait_events;
SELECT uprofile_time_since('4713-01-02 00:00+00 BC', '294276-01-01 00:00+00');
SELECT session_number, events FROM uprofile_sessions('SELECT 1 AS u, t FROM (VALUES (timestamptz ''4713-01-02 00:00+00 BC''), (''294276-01-01 00:00+00'')) AS v (t)', 'u', 't');

-- Scores: the share of users that one surpasses, equals alike; names.
SELECT * FROM uprofile_rfm_score('trait_events', 'u', 't', 'amount', params => '{"at": "2026-03-01"}');
SELECT count(*) FROM (SELECT user_key, recency_days, r, f, m, name FROM uprofile_rfm_score('trait_events', 'u', 't', 'amount', params => '{"at": "2026-03-01"}') EXCEPT
	SELECT user_key, recency_days, r, f, m, name FROM uprofile_rfm_score($$SELECT u, (uprofile_rfm(t, amount, '{"at": "2026-03-01"}')).* FROM trait_events GROUP BY u$$, 'u',
	recency => 'recency_days', frequency => 'frequency', monetary => 'monetary')) AS differ;
CREATE TABLE trait_figures (id integer, days float8, orders integer, spent numeric);
INSERT INTO trait_figures SELECT i, i * 3 % 50, 1 + i * i % 7 * (i % 3), i * 1.5 FROM generate_series(1, 50) AS i;
INSERT INTO trait_figures VALUES (NULL, 1, 1, 1), (51, NULL, 1, 1);
SELECT r, f, count(*), min(name), max(name) FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders', monetary => 'spent') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT user_key, score, name FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders', monetary => 'spent',
	params => '{"names": [{"name": "best", "r": 5, "m": [4, 5]}, {"name": "rich", "m": 5}]}') LIMIT 4;
SELECT name, count(*) FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders', monetary => 'spent',
	params => '{"names": "SELECT ''seen'' AS name, ARRAY[3, 5] AS r UNION ALL SELECT ''gone'', NULL"}') GROUP BY 1 ORDER BY 1;
SELECT * FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders');
SELECT * FROM uprofile_rfm_score('trait_figures', 'id', recency => 'day', frequency => 'orders', monetary => 'spent');
SELECT * FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders', monetary => 'spent', params => '{"at": "2026-01-01"}');
SELECT * FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders', monetary => 'spent', params => '{"names": [{"name": "x", "r": 6}]}');
SELECT * FROM uprofile_rfm_score('trait_figures', 'id', recency => 'days', frequency => 'orders', monetary => 'spent', params => '{"names": 1}');
SELECT * FROM uprofile_rfm_score('SELECT 1 AS id, ''NaN''::float8 AS x', 'id', recency => 'x', frequency => 'x', monetary => 'x');
SELECT * FROM uprofile_rfm_score('SELECT 7 AS id, x FROM generate_series(1, 3) AS x UNION ALL SELECT 8, 1', 'id', recency => 'x', frequency => 'x', monetary => 'x');
SELECT user_key FROM uprofile_rfm_score('SELECT 7 AS id, nullif(x, 2) AS x FROM generate_series(1, 2) AS x', 'id', recency => 'x', frequency => 'x', monetary => 'x');
SELECT * FROM uprofile_rfm_score(NULL, 'id');

-- Visits of a source.
SELECT * FROM uprofile_sessions('trait_events', 'u', 't', '1 day') LIMIT 4;
SELECT count(*), sum(events) FROM uprofile_sessions('trait_events', 'u', 't', '1 day');
SELECT * FROM uprofile_sessions('trait_events', 'u', 't', NULL);
SELECT * FROM uprofile_sessions('trait_events', 'u', 't', '0');
SELECT * FROM uprofile_sessions('trait_events', 'u', 'when', '1 day');
SELECT * FROM uprofile_sessions('SELECT 1 AS u, timestamp ''infinity'' AS t', 'u', 't');
SELECT * FROM uprofile_sessions('SELECT 1 AS u, NULL::date AS t', 'u', 't');

-- A profile follows a source with traits; those as of now read the clock.
CREATE TABLE trait_buyers AS SELECT DISTINCT u AS id FROM trait_events;
ALTER TABLE trait_buyers ADD PRIMARY KEY (id);
CREATE INDEX ON trait_events (u);
SELECT uprofile_create('trait_people', source => $$SELECT e.u, (uprofile_rfm(e.t, e.amount, '{"at": "2026-03-01"}')).frequency AS orders,
	(uprofile_sessions(e.t)).sessions AS visits FROM trait_events AS e GROUP BY e.u$$, key => 'u', watch => 'auto', models => '{}');
SELECT status, users FROM uprofile_refresh('trait_people');
INSERT INTO trait_events VALUES (2, '2026-02-20', 5, 'z');
SELECT status, mode, users FROM uprofile_refresh('trait_people');
SELECT u, orders, visits FROM trait_people_profile ORDER BY u;
SELECT uprofile_drop('trait_people');
SELECT uprofile_create('trait_now', source => $$SELECT e.u, (uprofile_rfm(e.t, e.amount)).recency_days AS recency, uprofile_time_since(e.t, '2026-03-01') AS since
	FROM trait_events AS e GROUP BY e.u$$, key => 'u', watch => 'auto', models => '{}');
SELECT uprofile_drop('trait_now');
DROP TABLE trait_events, trait_figures, trait_buyers;
DROP FUNCTION trait_states(text);

-- Tables of events: what is refused (how they work: test/t/intake.sh).
SELECT uprofile_create_events('trait_log', since => now() - interval '2 months', months_ahead => 1, key_type => 'bigint');
SELECT count(*) FROM pg_inherits WHERE inhparent = 'trait_log'::regclass;
SELECT uprofile_track('trait_log', 1, 'seen', event_id => 'a'), uprofile_track('trait_log', '1', 'seen', '{"x": 1}', now() - interval '9 years', 'b'),
	uprofile_track('trait_log', 2::smallint, 'seen', event_id => 'a'), uprofile_track('trait_log', 3, 'seen', NULL, NULL, NULL);
SELECT user_key, event, properties, event_time > now() - interval '1 day' AS new, tableoid = 'trait_log_before'::regclass AS old FROM trait_log ORDER BY user_key, event_time;
UPDATE trait_log SET event_id = 'c' WHERE event_id = 'b';
INSERT INTO trait_log VALUES (1, 'seen', '{}', 'infinity', 'd');
INSERT INTO trait_log VALUES (1, 'seen', '{}', '-infinity', 'd');
SELECT uprofile_track('trait_log', 1, 'seen', event_time => 'infinity');
SELECT uprofile_track('trait_log', NULL, 'seen');
SELECT uprofile_track('trait_log', 'x', 'seen');
SELECT uprofile_track('trait_log', 1, NULL);
SELECT uprofile_track(NULL, 1, 'seen');
SELECT uprofile_track('trait_log_ids', 1, 'seen');
SELECT uprofile_track('trait_log_missing', 1, 'seen');
SELECT uprofile_create_events('trait_log');
SELECT uprofile_create_events('pg_temp.trait_other');
SELECT uprofile_create_events(repeat('x', 60));
SELECT uprofile_create_events('trait_other', retention => '0');
SELECT uprofile_create_events('trait_other', months_ahead => -1);
SELECT uprofile_create_events('trait_other', since => 'infinity');
SELECT uprofile_create_events('trait_other', key_type => NULL);
SELECT uprofile_extend_events('trait_log', NULL);
SELECT uprofile_extend_events('trait_log', now() + interval '200 years');
SELECT uprofile_extend_events('trait_log', now() + interval '3 months'), uprofile_extend_events('trait_log', now());
SELECT uprofile_events_trigger();
TRUNCATE trait_log;
SELECT count(*) FROM trait_log_ids;
DROP TABLE trait_log, trait_log_ids;
