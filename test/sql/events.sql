-- Questions about what users will do: rows that are correct at a point in time.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TABLE ev_orders (order_id int, customer int, at timestamptz, amount numeric, kind text);
INSERT INTO ev_orders VALUES
	(1, 1, '2025-01-05', 10, 'order'), (2, 1, '2025-01-20 12:00', 20, 'order'), (3, 1, '2025-02-03', 5, 'return'),
	(4, 2, '2025-01-10', 7, 'order'), (5, 2, '2025-02-01', 9, 'order'),
	(6, 3, '2025-02-10', 100, 'order'), (7, 3, '2025-03-02 23:59:59', 50, 'order'),
	(8, NULL, '2025-01-11', 1, 'order'), (9, 4, NULL, 1, 'order');
CREATE TABLE ev_users (customer int, country text, since date);
INSERT INTO ev_users VALUES (1, 'DE', '2024-12-01'), (2, 'UK', '2025-01-10'), (3, 'DE', '2025-01-15'), (4, 'UK', '2025-01-31'), (5, 'FR', '2025-02-01'), (NULL, 'FR', '2024-01-01');
-- Before the anchor: features. From the anchor on, to the end of the horizon: the label. An event at the anchor is after it, one at the end too.
SELECT * FROM uprofile_event_rows(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-01", "2025-02-03"]', horizon => '30 days',
	features => 'SELECT customer, count(*) AS n, sum(amount) AS spent FROM events GROUP BY 1');
-- Users are there since their first event, or since when their source says.
SELECT * FROM uprofile_event_rows('ev_users', 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', horizon => '1 month', features => 'SELECT customer, count(*) AS n FROM events GROUP BY 1');
SELECT * FROM uprofile_event_rows('ev_users', 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', horizon => '1 month', features => 'SELECT customer, count(*) AS n FROM events GROUP BY 1', since => 'since');
-- Targets.
CREATE FUNCTION ev_labels(target text, horizon interval DEFAULT '30 days') RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(user_key || ':' || label, ' ' ORDER BY user_key) FROM uprofile_event_rows('ev_users', 'ev_orders', 'customer', 'at', target, horizon, '["2025-02-01"]', 'SELECT customer FROM users', 'since') $$;
SELECT t, ev_labels(t) FROM unnest(ARRAY['exists(ev_orders)', 'exists(*)', ' EXISTS ( ) ', 'not exists(*)', 'NOT exists(kind = ''return'')', 'exists(amount > 9 and kind <> '')'')', 'count(*)', 'count(kind = ''order'')', 'count(distinct kind)',
	'sum(amount)', 'sum(amount * 2) WHERE kind = ''order''', 'exists(*) where amount = (select max(amount) from events)', 'count(at < uprofile_anchor() + interval ''9 days'')']) t;
SELECT ev_labels('exists(*)', '1 day'), ev_labels('count(*)', '1 month');
-- The source of the same rows, for whatever takes one.
SELECT uprofile_event_source('ev_users', 'ev_orders', 'customer', 'at', 'sum(amount) WHERE kind = ''order''', '1 mon 3 days', '["2025-02-01"]', 'SELECT customer, max(uprofile_anchor() - at) AS first FROM events GROUP BY 1', 'since');
-- Features that suit the events.
SELECT uprofile_event_features('ev_orders', 'customer', 'at', '{7 days}', '2025-02-01');
SELECT user_key, label, feature_values FROM uprofile_event_rows(NULL, 'SELECT customer, at, amount, kind FROM ev_orders', 'customer', 'at', anchors => '["2025-02-03"]', windows => '{7 days}');
-- What comes later is not there, by whatever name; nor is the clock.
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, count(*) FROM ev_orders GROUP BY 1');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, (SELECT max(amount) FROM public.ev_orders o WHERE o.customer = e.customer) AS m FROM events e GROUP BY 1');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'WITH x AS (SELECT * FROM uprofile_events) SELECT customer, 1 AS one FROM x');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, max(now() - at) AS m FROM events GROUP BY 1');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, max(current_date - at::date) AS m FROM events GROUP BY 1');
SELECT count(*) FROM uprofile_event_rows(NULL, 'SELECT customer, at, amount FROM ev_orders WHERE at > uprofile_anchor() - interval ''20 days''', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, count(*) AS n FROM events GROUP BY 1');
-- Times are those of the session, where they have no zone; anchors are moments.
SET timezone = 'America/New_York';
SELECT user_key, anchor, label, feature_values FROM uprofile_event_rows(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-03 00:00+00"]', horizon => '20 days', features => 'SELECT customer, uprofile_anchor()::text AS a, count(*) AS n FROM events GROUP BY 1');
SELECT user_key, anchor, label, feature_values FROM uprofile_event_rows(NULL, 'SELECT customer, (at AT TIME ZONE ''UTC'') AS at FROM ev_orders', 'customer', 'at', anchors => '["2025-02-03"]', horizon => '20 days', features => 'SELECT customer, count(*) AS n FROM events GROUP BY 1');
SET timezone = 'UTC';
SELECT uprofile_event_source(NULL, 'SELECT customer, at FROM ev_orders WHERE at > uprofile_anchor() - interval ''20 days''', 'customer', 'at');
-- Anchors.
SELECT DISTINCT anchor FROM uprofile_event_rows('ev_users', 'ev_orders', 'customer', 'at', horizon => '10 days', features => 'SELECT customer FROM users', since => 'since') ORDER BY 1;
SELECT DISTINCT anchor FROM uprofile_event_rows(NULL, 'ev_orders', 'customer', 'at', horizon => '10 days', anchors => '{"last": 2, "every": "1 week", "until": "2025-02-15 06:00"}', features => 'SELECT customer, 1 AS one FROM users') ORDER BY 1;
-- Errors.
SELECT uprofile_event_source(NULL, 'ev_orders', 'custmer', 'at');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'att');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'amount');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', since => 'since');
SELECT uprofile_event_source('ev_users', 'ev_orders', 'customer', 'at', since => 'country');
SELECT uprofile_event_source('SELECT 1 AS id', 'ev_orders', 'customer', 'at');
SELECT ev_labels(t) FROM unnest(ARRAY['sometimes(*)']) t;
SELECT ev_labels('exists(amount > 3');
SELECT ev_labels('exists(true) FROM pg_class WHERE (true)');
SELECT ev_labels('exists(true) WHERE true) FROM pg_class WHERE (true');
SELECT ev_labels('sum(*)');
SELECT ev_labels('not count(*)');
SELECT ev_labels('exists(amoun > 3)');
SELECT ev_labels('exists(*)', '-1 day');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-01-01"]');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '[]');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '[3]');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '3');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["someday"]');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2999-01-01"]');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '{"evry": "1 day"}');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '{"every": "0 days"}');
SELECT uprofile_event_source(NULL, 'SELECT * FROM ev_orders WHERE false', 'customer', 'at');
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', horizon => NULL);
SELECT uprofile_event_source(NULL, NULL, 'customer', 'at');
SELECT uprofile_event_source('ev_users', 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, 1 AS country FROM users');
SELECT uprofile_event_source('ev_users', 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT customer, 1 AS label FROM users');
SELECT uprofile_event_source('ev_users', 'ev_orders', 'customer', 'at', anchors => '["2025-02-01"]', features => 'SELECT 1 AS n FROM users');
SELECT length(uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', anchors => '["2025-02-20"]', horizon => '60 days')) > 0 AS warned;
-- A model of them. The last anchor is held out; those whose horizon reaches into it are left out.
CREATE TABLE ev_visits AS SELECT i % 200 AS who, i % 3 AS shop, timestamp '2025-01-01' + i * interval '97 minutes' AS at, hashint4(i) % 50 AS worth
FROM generate_series(1, 4000) i WHERE (i % 200) < 100 OR i % 7 = 0;
SET client_min_messages = error;
SELECT version, rows_trained, rows_tested, task, n_features, round((metrics ->> 'auc')::numeric, 1) AS auc, deployed
FROM uprofile_train_event('ev_m', NULL, 'SELECT who, at, worth FROM ev_visits', 'who', 'at', 'exists(*)', '10 days', '{"last": 6, "every": "7 days"}', params => '{"n_estimators": 20}');
SELECT anchor::date, rows_trained, rows_tested, metric, value < baseline AS better FROM uprofile_backtests WHERE model = 'ev_m' ORDER BY 1;
SELECT count(*), count(DISTINCT user_key), bool_and(probability BETWEEN 0 AND 1), bool_and(prediction IN (0, 1)) FROM uprofile_score_event('ev_m');
SELECT count(*) FROM uprofile_score_event('ev_m', '2025-01-05');
-- What it says of a moment is what it says of the rows made for it.
SELECT count(*), count(*) FILTER (WHERE abs(s.probability - uprofile_predict_proba('ev_m', r)) > 1e-12)
FROM uprofile_score_event('ev_m', '2025-06-01') s
JOIN (SELECT user_key, f.* FROM uprofile_event_rows(NULL, 'SELECT who, at, worth FROM ev_visits', 'who', 'at', 'exists(*)', '10 days', '["2025-06-01"]', (SELECT event ->> 'features' FROM uprofile_model_designs d JOIN uprofile_model_versions v ON v.id = d.version_id WHERE v.model = 'ev_m')) e,
	jsonb_to_record(e.feature_values) f (n_events float8, n_events_30_days float8, n_events_90_days float8, days_since_last float8, days_since_first float8, mean_worth float8, max_worth float8, sum_worth float8, sum_worth_30_days float8, sum_worth_90_days float8)) r USING (user_key);
-- The next version is compared on times that neither knew.
SELECT version, note ~ 'of the deployed version 1 on the same rows' AS compared FROM uprofile_train_event('ev_m', NULL, 'SELECT who, at, worth FROM ev_visits', 'who', 'at', 'exists(*)', '10 days', '{"last": 6, "every": "7 days"}', params => '{"n_estimators": 20, "max_depth": 2}', backtest => false);
-- The rows that it was trained on, again, and as a source.
SELECT e.metric, e.value FROM uprofile_models m, LATERAL uprofile_evaluate('ev_m', m.source, rows => 'held_out') e WHERE m.model = 'ev_m' AND m.version = 1 AND e.metric = 'rows';
SELECT card ~ 'Held out: 200 rows, a share of [0-9.]+ by the order of anchor' AS ordered, card ~ 'That is exists.* of a user''s events in the 10 days after an anchor' AS told,
	card ~ 'Features, of the events before an anchor:' AND card !~ 'UNION ALL' AS short FROM uprofile_card('ev_m') AS card;
SELECT rows_trained > 0 AS calibrated FROM uprofile_train_event('ev_c', NULL, 'ev_visits', 'who', 'at', 'exists(*)', '10 days', algorithm => 'bayes', params => '{"calibrate": "isotonic"}', backtest => false);
SELECT metric, value FROM uprofile_evaluate('ev_m', uprofile_event_source(NULL, 'SELECT who, at, worth FROM ev_visits', 'who', 'at', 'exists(*)', '10 days', '{"last": 2, "every": "7 days"}',
	(SELECT event ->> 'features' FROM uprofile_model_designs d JOIN uprofile_model_versions v ON v.id = d.version_id WHERE v.model = 'ev_m' AND v.version = 1)), rows => 'held_out') WHERE metric = 'rows';
-- Numbers; several columns of a key; one anchor.
SELECT version, task, rows_trained, rows_tested FROM uprofile_train_event('ev_n', NULL, 'ev_visits', 'who, shop', 'at', 'sum(worth)', '20 days', algorithm => 'linear', test_anchors => 2, deploy => 'always');
SELECT user_key, prediction IS NOT NULL AS predicted, probability FROM uprofile_score_event('ev_n') ORDER BY user_key LIMIT 2;
SELECT rows_trained + rows_tested AS rows FROM uprofile_train_event('ev_o', NULL, 'ev_visits', 'who', 'at', 'count(*)', '20 days', '["2025-04-01"]', algorithm => 'linear');
SELECT count(*) FROM uprofile_backtests WHERE model = 'ev_o';
SELECT version FROM uprofile_train_event('ev_t', NULL, 'ev_visits', 'who', 'at', 'exists(*)', '20 days', algorithm => 'tree', tune => '{"search": {"max_depth": [1, 2]}, "folds": 2}');
SELECT * FROM uprofile_train_event('ev_e', NULL, 'ev_visits', 'who', 'at', 'exists(*)', '60 days', '["2025-04-01", "2025-05-01"]');
SELECT * FROM uprofile_train_event('ev_e', 'SELECT who FROM ev_visits', 'ev_visits', 'who', 'at', 'exists(*)', '20 days');
SELECT * FROM uprofile_train_event('ev_e', NULL, 'ev_visits', 'who', 'at', 'exists(*)', '20 days', test_anchors => 0);
SELECT * FROM uprofile_train_event('ev_e', NULL, 'ev_visits', 'who', 'at', 'exists(false)', '20 days');
-- before the features are asked for, which would fail
SELECT * FROM uprofile_train_event('ev_e', NULL, 'ev_visits', 'who', 'at', 'not exists(worth > 1e9) where worth < 1e9', '20 days', features => 'SELECT who, 1 / (min(worth) * 0)::int AS x FROM events GROUP BY who');
SELECT * FROM uprofile_train_event('ev_e', NULL, 'ev_visits', 'who', 'at', 'exists(*)', '20 days', features => 'SELECT who, 1 / (min(worth) * 0)::int AS x FROM events GROUP BY who');
SELECT rows_trained FROM uprofile_train('ev_p', 'SELECT who, worth FROM ev_visits', 'worth', 'linear', deploy => 'always');
SELECT * FROM uprofile_score_event('ev_p');
SELECT * FROM uprofile_score_event('ev_nobody');
SELECT * FROM uprofile_score_event('ev_m', 'infinity');
SELECT * FROM uprofile_score_event(NULL);
-- The definition travels with the model.
SELECT i.* FROM uprofile_import_model(uprofile_export_model('ev_m'), 'ev_i') i;
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS differ FROM uprofile_score_event('ev_m', '2025-06-01') a FULL JOIN uprofile_score_event('ev_i', '2025-06-01') b USING (user_key);
SELECT a.value = b.value AS same FROM uprofile_evaluate('ev_m', uprofile_event_source(NULL, 'ev_visits', 'who', 'at', 'exists(*)', '10 days', '{"last": 2, "every": "7 days"}',
	(SELECT event ->> 'features' FROM uprofile_model_designs d JOIN uprofile_model_versions v ON v.id = d.version_id WHERE v.model = 'ev_m' AND v.version = 1)), rows => 'held_out') a,
	uprofile_evaluate('ev_i', uprofile_event_source(NULL, 'ev_visits', 'who', 'at', 'exists(*)', '10 days', '{"last": 2, "every": "7 days"}',
	(SELECT event ->> 'features' FROM uprofile_model_designs d JOIN uprofile_model_versions v ON v.id = d.version_id WHERE v.model = 'ev_m' AND v.version = 1)), rows => 'held_out') b
WHERE a.metric = 'rows' AND b.metric = 'rows';
SELECT uprofile_import_model(jsonb_set(uprofile_export_model('ev_m'), '{design,event}', '[]'), 'ev_i');
SELECT uprofile_import_model(jsonb_set(uprofile_export_model('ev_m'), '{design,event}', '{"events": "ev_visits"}'), 'ev_i');
SELECT uprofile_import_model(jsonb_set(uprofile_export_model('ev_m'), '{design,split}', '{"method": "luck"}'), 'ev_i');
ALTER TABLE ev_visits RENAME COLUMN worth TO worthy;
SELECT * FROM uprofile_score_event('ev_m');
-- What is wrong with a target is told of the target alone.
SELECT uprofile_event_source(NULL, 'ev_orders', 'customer', 'at', 'count(kind)');
-- Names that rows have for themselves, and that are made.
SELECT uprofile_event_source(NULL, 'SELECT customer AS label, at FROM ev_orders', 'label', 'at');
SELECT uprofile_event_source('SELECT customer, since, 1 AS days_known FROM ev_users', 'ev_orders', 'customer', 'at', since => 'since');
CREATE TABLE ev_kinds AS SELECT i % 3 AS who, timestamptz '2025-01-01' + i * interval '1 day' AS at, (ARRAY['A', 'a', 'b-1', 'b 1'])[1 + i % 4] AS kind FROM generate_series(1, 60) i;
SELECT name FROM regexp_split_to_table(uprofile_event_features('ev_kinds', 'who', 'at', '{}'), E',\n\t') line, substring(line FROM 'AS (n_kind[a-z0-9_]*)') name WHERE name IS NOT NULL;
SELECT feature_values FROM uprofile_event_rows('SELECT DISTINCT who, 7 AS n_events FROM ev_kinds', 'SELECT who, at FROM ev_kinds', 'who', 'at', windows => '{}', anchors => '["2025-01-20"]') LIMIT 1;
-- Of events in the future none is the last.
INSERT INTO ev_kinds VALUES (1, '2999-01-01', 'A'), (2, 'infinity', 'A');
SELECT DISTINCT anchor FROM uprofile_event_rows(NULL, 'SELECT * FROM ev_kinds; -- all', 'who', 'at', horizon => '20 days', features => 'SELECT who, count(*) AS n FROM events GROUP BY 1; /* each */ -- once') ORDER BY 1;
SELECT uprofile_event_source(NULL, 'SELECT * FROM ev_kinds WHERE at > now()', 'who', 'at');
-- Keys of two types are compared as the server does it: no user's key is rounded to one of an event.
SELECT user_key FROM uprofile_event_rows('SELECT * FROM (VALUES (0.5), (1), (1.5), (99999999999)) u (who)', 'SELECT who, at FROM ev_kinds', 'who', 'at', windows => '{}', anchors => '["2025-01-20"]') ORDER BY 1;
DROP TABLE ev_kinds;
SELECT uprofile_anchor() = now() AS now;
SELECT count(*) FROM (SELECT DISTINCT model FROM uprofile_models WHERE model LIKE 'ev\__') m, LATERAL uprofile_drop_model(m.model);
SELECT (SELECT count(*) FROM uprofile_model_designs) + (SELECT count(*) FROM uprofile_model_backtests) AS left_behind;
DROP FUNCTION ev_labels;
DROP TABLE ev_orders, ev_users, ev_visits;
