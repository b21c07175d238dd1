-- What speaks for a prediction, by the columns of the data: beside it in the profile, and of one user.
\set SHOW_CONTEXT never
CREATE SCHEMA motives;
SET search_path = motives, public;
SET client_min_messages = warning;
CREATE TABLE subscribers AS SELECT i AS id, (ARRAY['Month-to-month', 'One year', 'Two year'])[1 + i % 3] AS contract, i * 7 % 72 AS tenure,
	CASE WHEN i % 17 > 0 THEN i % 5 END AS calls, ((i * 13 % 100) + 3 * (i * 7 % 72))::float8 AS spent,
	CASE WHEN i * 13 % 100 < 30 THEN 'low' WHEN i * 7 % 72 > 50 THEN 'high' ELSE 'mid' END AS tier,
	(i % 3 = 0) AND (i * 7 % 72) < 40 OR i % 29 = 0 AS churned FROM generate_series(1, 600) i;
ALTER TABLE subscribers ADD PRIMARY KEY (id);
CREATE FUNCTION definitions() RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_object_agg(name, m || '{"test_size": 0, "reasons": 2}') FROM (VALUES
	('boosted', '{"algorithm": "boost", "target": "churned", "n_estimators": 20, "exclude": ["spent"]}'::jsonb),
	('straight', '{"algorithm": "logistic", "target": "churned", "exclude": ["spent"]}'),
	('kernel', '{"algorithm": "svm", "target": "churned", "exclude": ["spent"]}'),
	('money', '{"algorithm": "tree", "target": "spent", "max_depth": 4, "exclude": ["churned"]}'),
	('kind', '{"algorithm": "bayes", "target": "tier", "exclude": ["spent"]}'),
	('segment', '{"algorithm": "kmeans", "k": 3, "features": ["tenure", "spent"]}')) d (name, m) $$;
SELECT uprofile_create('subs', 'subscribers', 'id', models => definitions());
SELECT status, message FROM uprofile_refresh('subs');
SELECT id, tenure, boosted_reasons, straight_reasons FROM subs_profile WHERE id IN (3, 4, 6, 17) ORDER BY id;
SELECT id, kernel_reasons, money_reasons, kind_reasons FROM subs_profile WHERE id IN (3, 4) ORDER BY id;
SELECT column_name, data_type, udt_name FROM information_schema.columns WHERE table_name = 'subs_profile' AND column_name LIKE 'boosted%' ORDER BY 1;
SELECT col_description('subs_profile'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'subs_profile'::regclass AND attname IN ('boosted_reasons', 'segment_reasons') ORDER BY attname;
-- never more than asked for, only columns that the model has, with the row's own values
SELECT bool_and(cardinality(boosted_reasons) BETWEEN 1 AND 2 AND cardinality(segment_reasons) <= 2) AS few,
	bool_and(r IN ('contract = ' || contract, 'tenure = ' || tenure, 'calls = ' || calls, 'calls is missing')) AS own
FROM subs_profile, unnest(boosted_reasons || straight_reasons || kernel_reasons) r;

-- of one user: the same columns, as the exact explanation of each feature has them when it is added up
SELECT column_name, column_value, round(contribution::numeric, 3) AS contribution FROM uprofile_explain_user('subs', 3, 'boosted');
SELECT round(e.contribution::numeric, 9) = round(f.contribution::numeric, 9) AS same FROM uprofile_explain_user('subs', 3, 'straight') e
JOIN (SELECT split_part(feature, '=', 1) AS column_name, sum(contribution) AS contribution FROM uprofile_explain('subs.straight', (SELECT s FROM subscribers s WHERE id = 3)) GROUP BY 1) f USING (column_name);
-- contributions and the base value make the value that is predicted
SELECT abs(sum(contribution) + min(base_value) - min(p.money)) < 1e-9 AS adds_up FROM subs_profile p, uprofile_explain_user('subs', 3, 'money') WHERE p.id = 3;
SELECT model_name, label, count(*) FROM uprofile_explain_user('subs', '3') GROUP BY 1, 2 ORDER BY 1;
SELECT count(*) FROM uprofile_explain_user('subs', 99999);
SET client_min_messages = notice;
SELECT count(*) FROM uprofile_explain_user('subs', 99999);
SELECT count(*) FROM uprofile_explain_user('subs', 12345678901);
SELECT count(*) FROM uprofile_explain_user('subs', 3);
SET client_min_messages = warning;
SELECT count(*) FROM uprofile_explain_user('subs', NULL::int);
SELECT count(*) FROM uprofile_explain_user('subs', 3, 'nobody');
-- clusters: how much nearer the own centre is than the others
WITH scale AS (SELECT stddev_pop(tenure) AS tenure, stddev_pop(spent) AS spent FROM subscribers),
	centres AS (SELECT segment AS n, avg(tenure) AS tenure, avg(spent) AS spent FROM subs_profile GROUP BY 1),
	far AS (SELECT c.n = p.segment AS own, avg(((p.tenure - c.tenure) / s.tenure) ^ 2) AS tenure, avg(((p.spent - c.spent) / s.spent) ^ 2) AS spent
		FROM subs_profile p, centres c, scale s WHERE id = 3 GROUP BY 1)
SELECT e.column_name, round((CASE e.column_name WHEN 'tenure' THEN o.tenure - f.tenure ELSE o.spent - f.spent END - e.contribution)::numeric, 3) AS off
FROM uprofile_explain_user('subs', 3, 'segment') e, far f, far o WHERE f.own AND NOT o.own ORDER BY 1;

-- by keys as of all
UPDATE subscribers SET tenure = 71 - tenure, contract = 'Two year' WHERE id % 50 = 0;
DELETE FROM subscribers WHERE id = 7;
INSERT INTO subscribers VALUES (601, NULL, 2, NULL, 5, NULL, NULL), (602, E'a "new" one, \\ with {braces}', 2, 1, 7, 'low', false);
SELECT status, mode, updated > 0 AS updated FROM uprofile_refresh('subs');
SELECT id, boosted_reasons, kind_reasons FROM subs_profile WHERE id > 600 ORDER BY id;
CREATE TABLE by_keys AS SELECT * FROM subs_profile;
SELECT mode, updated FROM uprofile_refresh('subs', retrain => 'none', all_users => true);
SELECT count(*) AS differ FROM by_keys b FULL JOIN subs_profile p USING (id) WHERE to_jsonb(b) <> to_jsonb(p) OR (b IS NULL) <> (p IS NULL);

-- the key comes and goes, and nothing is trained for it
SELECT uprofile_alter('subs', models => '{"boosted": {"algorithm": "boost", "target": "churned", "n_estimators": 20, "exclude": ["spent"], "test_size": 0}}');
SELECT count(*) FROM information_schema.columns WHERE table_name = 'subs_profile' AND column_name = 'boosted_reasons';
SELECT mode, trained FROM uprofile_refresh('subs');
SELECT uprofile_alter('subs', models => '{"boosted": {"algorithm": "boost", "target": "churned", "n_estimators": 20, "exclude": ["spent"], "test_size": 0, "reasons": 1}}');
SELECT mode, trained FROM uprofile_refresh('subs');
SELECT boosted_reasons FROM subs_profile WHERE id = 3;
SELECT (uprofile_get('subs', 3) -> 'values' -> 'boosted_reasons') - '{at,trained_at,version}'::text[] AS got;
SELECT uprofile_alter('subs', models => '{"boosted": {"algorithm": "boost", "target": "churned", "reasons": "many"}}');
SELECT uprofile_alter('subs', models => '{"boosted": {"algorithm": "boost", "target": "churned", "reasons": 1.5}}');
SELECT uprofile_alter('subs', models => '{"boosted": {"algorithm": "boost", "target": "churned", "reason": 2}}');
SELECT uprofile_create('twice', 'SELECT id, tenure, churned, 1 AS c_reasons FROM subscribers', 'id', models => '{"c": {"algorithm": "tree", "target": "churned", "reasons": 1}}');
SELECT uprofile_reasons('subs.boosted', s, 0) FROM subscribers s WHERE id = 3;
SELECT uprofile_reasons('subs.boosted', s, NULL) FROM subscribers s WHERE id = 3;
CREATE ROLE up_motives;
SET ROLE up_motives;
SELECT count(*) FROM uprofile_explain_user('subs', 3);
RESET ROLE;
DROP ROLE up_motives;
-- Values read the same under every IntervalStyle.
SELECT version FROM uprofile_train('spans', 'SELECT id, tenure * interval ''1 day 2 hours'' AS span, tenure > 30 AS y FROM subscribers', target => 'y', algorithm => 'tree', key => 'id');
SELECT uprofile_reasons('spans', s, 1) FROM (SELECT interval '40 days 2 hours' AS span) AS s;
SET intervalstyle = 'iso_8601';
SELECT uprofile_reasons('spans', s, 1), interval '1 hour' AS shown FROM (SELECT interval '40 days 2 hours' AS span) AS s;
RESET intervalstyle;
SELECT uprofile_drop_model('spans');
DO $$ BEGIN PERFORM uprofile_drop('subs'); END $$;
DROP SCHEMA motives CASCADE;
