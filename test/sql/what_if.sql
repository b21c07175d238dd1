-- The smallest changes that bring a prediction over a threshold.
\set SHOW_CONTEXT never
CREATE SCHEMA turns;
SET search_path = turns, public;
SET client_min_messages = warning;
CREATE TABLE loans AS SELECT i AS id, i * 7 % 60 AS months, (i * 13 % 100)::float8 / 4 AS income, (ARRAY['rent', 'own', 'parents'])[1 + i * 3 % 7 % 3] AS home, i % 2 = 0 AS joint,
	DATE '2020-01-01' + i AS opened, (i * 13 % 100)::float8 / 4 - (i * 7 % 60) / 6.0 + CASE WHEN i * 3 % 7 % 3 = 1 THEN 5 ELSE 0 END + CASE WHEN i % 2 = 0 THEN 1 ELSE 0 END + (i * 11 % 17) / 4.0 > 11 AS good FROM generate_series(1, 600) i;
SELECT m, (SELECT algorithm_name FROM uprofile_train(m, 'loans', target => 'good', algorithm => a, key => 'id', params => '{"exclude": ["opened"]}', deploy => 'always')) FROM (VALUES ('turns_line', 'logistic'), ('turns_boost', 'boost'), ('turns_net', 'forest')) t (m, a);
SET client_min_messages = notice;
SELECT column_name, value_before, value_after, round(probability::numeric, 3) AS probability FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["months", "income", "home"]}');
SELECT column_name, value_before, value_after, round(probability::numeric, 3) AS probability FROM uprofile_what_if('turns_boost', (SELECT l FROM loans l WHERE id = 8), '{"change": ["months", "income", "home", "joint"], "threshold": 0.8}');
SELECT column_name, value_before, value_after, round(probability::numeric, 3) AS probability FROM uprofile_what_if('turns_line', '{"months": 40, "income": 12.5, "home": "rent", "joint": false}'::jsonb, '{"change": ["months", "joint"]}');

-- whoever is refused: the changed row, scored anew, is over the threshold; whole numbers and categories are respected, and so are ranges
CREATE TABLE answers AS SELECT l.id, m, w.*, l FROM loans l, (VALUES ('turns_line'), ('turns_boost'), ('turns_net')) t (m),
	uprofile_what_if(m, l, '{"change": ["months", "income", "home"], "target": true, "threshold": 0.6, "ranges": {"months": [0, 59]}}') w WHERE uprofile_predict_proba(m, l) < 0.6 AND id <= 40;
CREATE TABLE changed AS SELECT a.id, a.m, min(probability) AS probability, jsonb_populate_record(l, jsonb_object_agg(column_name, value_after)) AS now, l FROM answers a GROUP BY a.id, a.m, l;
SELECT m, count(*) > 5 AS some, bool_and(uprofile_predict_proba(m, now) >= 0.6) AS over, bool_and(abs(uprofile_predict_proba(m, now) - probability) < 1e-9) AS as_told FROM changed GROUP BY 1 ORDER BY 1;
SELECT bool_and(CASE column_name WHEN 'months' THEN value_after ~ '^\d+$' AND value_after::int <= 59 WHEN 'home' THEN value_after IN ('rent', 'own', 'parents') ELSE value_after::float8 BETWEEN 0 AND 24.75 END) AS usual, bool_and(value_before IS DISTINCT FROM value_after) AS changed FROM answers;
-- no single change of a grid costs less: units of spread, 1 for a category
CREATE TABLE spread AS SELECT stddev_pop(months) AS months, stddev_pop(income) AS income FROM loans;
CREATE TABLE costs AS SELECT c.id, c.m, abs((c.now).months - (c.l).months) / s.months + abs((c.now).income - (c.l).income) / s.income + CASE WHEN (c.now).home <> (c.l).home THEN 1 ELSE 0 END AS cost FROM changed c, spread s;
SELECT count(*) AS singles, count(*) FILTER (WHERE single < cost * 0.97 - 0.01) AS cheaper FROM costs JOIN LATERAL (
	SELECT min(abs(v - (c.l).months) / s.months) AS single FROM changed c, spread s, generate_series(0, 59) v WHERE c.id = costs.id AND c.m = costs.m AND uprofile_predict_proba(c.m, jsonb_populate_record(c.l, jsonb_build_object('months', v))) >= 0.6
	UNION ALL SELECT min(abs(v - (c.l).income) / s.income) FROM changed c, spread s, generate_series(2, 22, 0.5) v WHERE c.id = costs.id AND c.m = costs.m AND uprofile_predict_proba(c.m, jsonb_populate_record(c.l, jsonb_build_object('income', v))) >= 0.6
	UNION ALL SELECT min(1.0) FROM changed c, unnest('{rent,own,parents}'::text[]) v WHERE c.id = costs.id AND c.m = costs.m AND uprofile_predict_proba(c.m, jsonb_populate_record(c.l, jsonb_build_object('home', v))) >= 0.6) t ON single IS NOT NULL WHERE costs.id <= 20;
SELECT count(*) AS too_many FROM (SELECT FROM answers GROUP BY id, m HAVING count(*) > 3) t;

-- down, and values
SELECT count(*) > 0 AS some, bool_and(probability <= 0.3) AS below FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE good ORDER BY id LIMIT 1), '{"change": ["income"], "target": true, "direction": "below", "threshold": 0.3}');
DO $$ BEGIN PERFORM uprofile_train('turns_value', 'loans', target => 'income', algorithm => 'linear', key => 'id', params => '{"exclude": ["opened"]}', deploy => 'always'); END $$;
SELECT column_name, round(probability::numeric, 2) AS value FROM uprofile_what_if('turns_value', (SELECT l FROM loans l WHERE id = 3), '{"change": ["months", "good"], "threshold": 14}');
-- none, and none needed
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["joint"], "threshold": 0.99}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 3), '{"change": ["joint"], "target": true, "threshold": 0.01}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), NULL);
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["homes"]}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["home", "home"]}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["home"], "ranges": {"home": ["palace"]}}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["months"], "ranges": {"months": [9, 1]}}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["months"], "target": "maybe"}');
SELECT * FROM uprofile_what_if('turns_line', (SELECT l FROM loans l WHERE id = 8), '{"change": ["months"], "threshold": 2}');
SELECT * FROM uprofile_what_if('turns_value', (SELECT l FROM loans l WHERE id = 8), '{"change": ["months"]}');
SELECT * FROM uprofile_what_if('turns_line', '[]'::jsonb, '{"change": ["months"]}');
SELECT * FROM uprofile_what_if('turns_line', '{"months": 3}'::jsonb, '{"change": ["months"]}');
SET client_min_messages = warning;
DO $$ BEGIN PERFORM uprofile_drop_model(m) FROM unnest('{turns_line,turns_boost,turns_net,turns_value}'::text[]) m; END $$;
DROP SCHEMA turns CASCADE;
