-- Users who are forgotten: nothing that a profile keeps names them, and they stay away until they are let back.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TABLE fg_people (person text PRIMARY KEY, region text, age numeric);
CREATE TABLE fg_orders (who text, amount float8);
INSERT INTO fg_people SELECT 'needle-' || i, (ARRAY['a', 'b', 'c'])[1 + i % 3], 20 + i % 50 FROM generate_series(1, 200) i;
INSERT INTO fg_orders SELECT 'needle-' || 1 + i % 200, i % 53 FROM generate_series(1, 900) i;
SELECT uprofile_create('fg_shop', $$SELECT p.person, p.region, p.age, sum(o.amount) AS total, 1 / (p.age - 20 + 1)::int AS x, p.age > 44 AS big
	FROM fg_people p LEFT JOIN fg_orders o ON o.who = p.person GROUP BY p.person, p.region, p.age$$, 'person',
	models => '{"seg": {"algorithm": "kmeans", "k": 3, "retrain_share": 0.9}, "churn": {"algorithm": "tree", "target": "big", "honest": true, "max_depth": 2, "exclude": ["age"]},
		"edge": {"algorithm": "svm", "kernel": "rbf", "target": "big", "retrain": "manual", "exclude": ["age"]}}',
	clean => '[{"rule": "range", "column": "total", "max": 600, "action": "clip"}]', policy => '{"history": "1 year"}');
SELECT status, users, mode FROM uprofile_refresh('fg_shop', retrain => 'all');
-- he has corrections, a change, a failure, a key on the queue, and is named in a message
UPDATE fg_people SET region = 'b' WHERE person = 'needle-42';
INSERT INTO fg_orders VALUES ('needle-42', 1000);
SELECT status, updated FROM uprofile_refresh('fg_shop');
UPDATE fg_people SET age = 19 WHERE person = 'needle-42';
SELECT status, failed, message FROM uprofile_refresh('fg_shop');
UPDATE fg_people SET region = 'c' WHERE person IN ('needle-41', 'needle-42', 'needle-4');

INSERT INTO uprofile_corrected (profile, user_key, step, rule, action, before) VALUES ('fg_shop', 'needle-42', 1, 'range', 'clip', '1000');
-- how often a hash of his is among those that count changes
CREATE FUNCTION fg_hashes() RETURNS bigint LANGUAGE sql AS $$
SELECT count(*) FROM uprofile_retrain_state s, generate_series(0, octet_length(members) / 8 - 1) g
WHERE substr(members, 5 + 8 * g, 8) = (SELECT decode(string_agg(lpad(to_hex(get_byte(int8send(hashtextextended('(needle-42)' COLLATE "C", 0) # (-9223372036854775808)), 7 - b)), 2, '0'), '' ORDER BY b), 'hex')
	FROM generate_series(0, 7) b) $$;
SELECT fg_hashes();
-- every table of the database that has him, by his key as text or as bytes
CREATE FUNCTION fg_where(needle text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE t regclass; found bool;
BEGIN
	FOR t IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public') ORDER BY c.relname COLLATE "C"
	LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE t::text ~ $1 OR strpos(t::text, $2) > 0)', t)
			INTO found USING needle || '($|[^0-9])', encode(needle::bytea, 'hex') || '0';
		IF found THEN RETURN NEXT t::text; END IF;
	END LOOP;
END $$;
SELECT fg_where('needle-42');
SELECT what, regexp_replace(place, ' version.*', ''), rows, regexp_replace(note, '[0-9a-f]{64}', '…') AS note FROM uprofile_forget('fg_shop', 'needle-42');
SELECT fg_where('needle-42');
-- what was left to VACUUM and ANALYZE: no value of his in the planner's statistics, no dead row
VACUUM ANALYZE fg_shop_profile, fg_shop_history, fg_shop_queue;
SELECT count(*) FROM pg_stats WHERE tablename ~ '^fg_shop' AND concat(most_common_vals, histogram_bounds, most_common_elems) ~ 'needle-42[^0-9]';
SELECT message FROM uprofile_runs WHERE profile = 'fg_shop' AND message IS NOT NULL ORDER BY run;
-- the others wait as before
SELECT changed FROM uprofile_queue_state('fg_shop');
SELECT fg_hashes();
-- neither a change, nor everybody, nor another training brings him back; models that may have seen him are replaced
SELECT status, users, mode, trained FROM uprofile_refresh('fg_shop');
INSERT INTO fg_orders VALUES ('needle-42', 3), ('needle-43', 3);
SELECT status, users, updated, inserted, mode, trained FROM uprofile_refresh('fg_shop');
SELECT status, users, inserted, mode, trained FROM uprofile_refresh('fg_shop', all_users => true, retrain => 'all');
SELECT model, version, rows_trained + rows_tested AS rows FROM uprofile_models WHERE model ~ '^fg_shop' ORDER BY model, version;
SELECT fg_where('needle-42');
SELECT uprofile_is_forgotten('fg_shop', 'needle-42'), uprofile_is_forgotten('fg_shop', 'needle-43'), uprofile_is_forgotten('fg_shop', NULL), uprofile_is_forgotten(NULL, 'x');
-- a source reloaded in one transaction, and read by workers
BEGIN;
CREATE TEMPORARY TABLE fg_kept AS SELECT * FROM fg_people;
TRUNCATE fg_people;
INSERT INTO fg_people SELECT person, region, greatest(age, 21) FROM fg_kept;
COMMIT;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT status, users, inserted, deleted, mode FROM uprofile_refresh('fg_shop');
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT uprofile_unforget('fg_shop', 'needle-42'), uprofile_unforget('fg_shop', 'needle-42'), uprofile_unforget('fg_shop', 'nobody');
SELECT status, users, inserted, mode FROM uprofile_refresh('fg_shop');
SELECT count(*) FROM fg_shop_profile WHERE person = 'needle-42';
SELECT receipt IS NOT NULL AS kept, length(user_hash), forgotten_by = current_user AS by_me, lifted_at > forgotten_at AS lifted, count(*) > 5 AS rows FROM uprofile_receipts GROUP BY receipt, 2, 3, 4;
-- somebody whom nobody knows is barred before he comes
SELECT what, rows FROM uprofile_forget('fg_shop', 'needle-new') WHERE what IN ('erased', 'barred') GROUP BY 1, 2 ORDER BY 1;
INSERT INTO fg_people VALUES ('needle-new', 'a', 30);
SELECT status, users, inserted, mode FROM uprofile_refresh('fg_shop');
-- what cannot be
SELECT * FROM uprofile_forget('fg_shop', NULL);
SELECT * FROM uprofile_forget(NULL, 'x');
SELECT * FROM uprofile_forget('fg_none', 'x');
SELECT uprofile_unforget('fg_shop', NULL);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM uprofile_forget('fg_shop', 'needle-1');
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM uprofile_forget('fg_shop', 'needle-1');
ROLLBACK;
-- another secret would let them back
BEGIN;
DELETE FROM uprofile_secrets WHERE profile = 'fg_shop';
SELECT count(*) FROM uprofile_forget('fg_shop', 'needle-1');
ROLLBACK;
-- what is rolled back is as it was
BEGIN;
SELECT count(*) > 0 AS rows FROM uprofile_forget('fg_shop', 'needle-1');
ROLLBACK;
SELECT uprofile_is_forgotten('fg_shop', 'needle-1'), count(*) FROM fg_shop_profile WHERE person = 'needle-1';
-- a source that cannot be read any more keeps nobody from being forgotten
ALTER TABLE fg_orders RENAME TO fg_gone;
SELECT what, rows, note FROM uprofile_forget('fg_shop', 'needle-1') WHERE what = 'source' OR place = 'public.fg_shop_profile';
ALTER TABLE fg_gone RENAME TO fg_orders;

-- values that count as one user are one: numbers of any width and form, the parts of a key, text without case
CREATE COLLATION fg_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE fg_mood AS ENUM ('sad', 'glad');
CREATE TABLE fg_keys AS SELECT i::numeric(10, 2) AS n, ('Ann' || i) COLLATE fg_ci AS t, md5(i::text)::uuid AS u, date '2026-01-01' + i AS d, (ARRAY['sad', 'glad'])[1 + i % 2]::fg_mood AS m, i AS v FROM generate_series(1, 20) i;
SELECT uprofile_create('fg_n', 'SELECT n, v FROM fg_keys', 'n'), uprofile_create('fg_t', 'SELECT t, v FROM fg_keys', 't'), uprofile_create('fg_u', 'SELECT u, v FROM fg_keys', 'u'),
	uprofile_create('fg_c', 'SELECT t, d, m, v FROM fg_keys', 't, d, m');
CREATE VIEW fg_counts AS SELECT (SELECT count(*) FROM fg_n_profile) AS n, (SELECT count(*) FROM fg_t_profile) AS t, (SELECT count(*) FROM fg_u_profile) AS u, (SELECT count(*) FROM fg_c_profile) AS c;
SELECT p, r.users FROM unnest('{fg_n,fg_t,fg_u,fg_c}'::text[]) p, uprofile_refresh(p) r;
INSERT INTO uprofile_refresh_failures (profile, user_key, sqlstate, message) VALUES ('fg_t', 'aNN7', '22012', 'x'), ('fg_t', 'ann8', '22012', 'x'), ('fg_n', '7.000', '22012', 'x'), ('fg_c', '(ANN7,2026-01-08,glad)', '22012', 'x');
SELECT p, f.place, f.rows FROM (VALUES ('fg_n', '7'), ('fg_t', 'ANN7'), ('fg_u', md5('7')), ('fg_c', '(ann7,2026-01-08,glad)')) v (p, k), uprofile_forget(p, k) f WHERE f.rows > 0 AND what = 'erased';
SELECT * FROM fg_counts;
SELECT profile, user_key FROM uprofile_failures ORDER BY 1, 2;
UPDATE fg_keys SET v = v + 1;
SELECT p, r.users, r.inserted FROM unnest('{fg_n,fg_t,fg_u,fg_c}'::text[]) p, uprofile_refresh(p) r;
SELECT p, r.users, r.inserted FROM unnest('{fg_n,fg_t,fg_u,fg_c}'::text[]) p, uprofile_refresh(p, all_users => true) r;
SELECT uprofile_is_forgotten('fg_n', 7), uprofile_is_forgotten('fg_n', 7.0), uprofile_is_forgotten('fg_t', 'aNn7'), uprofile_is_forgotten('fg_u', md5('7')::uuid),
	uprofile_is_forgotten('fg_c', ROW('ann7', date '2026-01-08', 'glad'::fg_mood)), uprofile_is_forgotten('fg_c', ROW('ann7', date '2026-01-08', 'sad'::fg_mood));
-- a key that grows names the same user
ALTER TABLE fg_keys ALTER COLUMN n TYPE numeric;
SELECT users, inserted FROM uprofile_refresh('fg_n', all_users => true);
SELECT uprofile_unforget('fg_n', 7.00), uprofile_unforget('fg_t', 'ann7'), uprofile_unforget('fg_u', md5('7')), uprofile_unforget('fg_c', ROW('Ann7', '2026-01-08', 'glad'));
SELECT p, r.users, r.inserted, r.mode FROM unnest('{fg_n,fg_t,fg_u,fg_c}'::text[]) p, uprofile_refresh(p) r;
SELECT uprofile_forget('fg_u', 'no uuid');
SELECT uprofile_forget('fg_c', 'Ann7');

-- consent: who has not said yes is in no row, and no model learns from him; a change of it is a change as any other
CREATE TABLE cs_people (id int PRIMARY KEY, age int);
CREATE TABLE cs_orders (who int, amount float8);
CREATE TABLE cs_consents (id bigint, marketing bool);
INSERT INTO cs_people SELECT i, i % 50 FROM generate_series(1, 100) i;
INSERT INTO cs_orders SELECT 1 + i % 100, i FROM generate_series(1, 300) i;
INSERT INTO cs_consents SELECT i, CASE WHEN i % 3 = 0 THEN false WHEN i % 7 = 0 THEN NULL ELSE true END FROM generate_series(1, 90) i;
INSERT INTO cs_consents VALUES (4, true), (5, false);
SELECT uprofile_create('cs', 'SELECT p.id, p.age, sum(o.amount) AS total FROM cs_people p JOIN cs_orders o ON o.who = p.id GROUP BY p.id', 'id', consent => 'cs_consents.marketing',
	models => '{"seg": {"algorithm": "kmeans", "k": 2}}', policy => '{"history": "1 year"}');
SELECT table_name, column_names, state FROM uprofile_watched('cs');
CREATE VIEW cs_differs AS SELECT (SELECT array_agg(id ORDER BY id) FROM cs_profile) IS DISTINCT FROM (SELECT array_agg(id ORDER BY id) FROM cs_people
	WHERE id IN (SELECT id FROM cs_consents GROUP BY id HAVING bool_and(marketing IS TRUE))) AS differs;
SELECT status, users, mode FROM uprofile_refresh('cs');
SELECT differs FROM cs_differs;
SELECT rows_trained + rows_tested FROM uprofile_models WHERE model = 'cs.seg';
UPDATE cs_consents SET marketing = false WHERE id = 1;
UPDATE cs_consents SET marketing = true WHERE id = 3;
DELETE FROM cs_consents WHERE id = 2;
INSERT INTO cs_consents VALUES (8, NULL), (99, true);
SELECT status, users, inserted, deleted, mode, reason FROM uprofile_refresh('cs');
SELECT differs FROM cs_differs;
SELECT operation FROM uprofile_history('cs', 1);
-- many at once act as well, whatever max_deleted says; not where consents are gone altogether
UPDATE cs_consents SET marketing = false WHERE id < 70;
SELECT status, users, deleted, mode FROM uprofile_refresh('cs', max_deleted => 0.1);
SELECT differs FROM cs_differs;
DELETE FROM cs_consents;
SELECT status, users, deleted, message FROM uprofile_refresh('cs', max_deleted => 0.1);
INSERT INTO cs_consents SELECT id, id > 9 FROM cs_people;
SELECT status, users, inserted, mode FROM uprofile_refresh('cs');
SELECT count(*) FROM uprofile_forget('cs', 12) WHERE place = 'public.cs_consents' AND rows = 1;
SELECT status, users, deleted, mode, trained FROM uprofile_refresh('cs');
-- altered, taken away, and given as a query
SELECT uprofile_alter('cs', consent => 'SELECT id, age > 10 FROM cs_people');
SELECT status, users, inserted, deleted, mode, reason, trained FROM uprofile_refresh('cs');
SELECT (SELECT count(*) FROM cs_profile) = (SELECT count(*) FROM cs_people WHERE age > 10 AND id <> 12) AS same;
-- names of the query are looked up as those of the source, also where many withdraw
UPDATE cs_people SET age = 5 WHERE id > 50;
SELECT status, deleted, message FROM uprofile_refresh('cs');
-- consents that are not there any more are nobody's consent
SELECT uprofile_alter('cs', consent => 'cs_consents.marketing');
SELECT status FROM uprofile_refresh('cs', max_deleted => 1);
ALTER TABLE cs_consents RENAME TO cs_away;
SET client_min_messages = error;
SELECT status, message FROM uprofile_refresh('cs', all_users => true, max_deleted => 1);
SET client_min_messages = warning;
ALTER TABLE cs_away RENAME TO cs_consents;
SELECT uprofile_alter('cs', consent => '');
SELECT table_name FROM uprofile_watched('cs');
SELECT status, users, mode, reason FROM uprofile_refresh('cs');
SELECT uprofile_alter('cs', consent => 'cs_consents.merketing');
SELECT uprofile_alter('cs', consent => 'cs_consents.id');
SELECT uprofile_alter('cs', consent => 'cs_orders.amount > 3');
SELECT uprofile_alter('cs', consent => 'cs_gone.marketing');
SELECT uprofile_alter('cs', consent => 'marketing');
SELECT uprofile_alter('cs', consent => 'SELECT id, age, true FROM cs_people');
SELECT uprofile_alter('cs', consent => 'SELECT who, amount > 3 FROM cs_orders');
SELECT uprofile_alter('cs', consent => 'SELECT age::text AS id, true FROM cs_people');
DROP VIEW cs_differs;

-- fairness: what a classifier does to groups, equal to SQL by hand
CREATE TABLE fair AS SELECT i AS id, i * 37 % 100 AS score, (ARRAY['north', 'south', 'east', 'far', NULL])[CASE WHEN i <= 300 THEN 1 + i % 3 WHEN i <= 304 THEN 4 ELSE 5 END] AS region,
	i * 37 % 100 + (i % 3) * 8 + i * 7919 % 41 > 75 AS paid, 1 + i % 2 AS w FROM generate_series(1, 330) i;
SELECT model_name FROM uprofile_train('fair pays', 'SELECT id, score, paid FROM fair', target => 'paid', algorithm => 'logistic', key => 'id');
CREATE VIEW fair_by_hand AS WITH p AS (SELECT f.*, uprofile_predict('fair pays', f) = 1 AS chosen, uprofile_predict_proba('fair pays', f) AS proba FROM fair f),
g AS (SELECT region, count(*) AS n, avg(chosen::int) AS selection_rate, avg(chosen::int) FILTER (WHERE paid) AS true_positive_rate, avg(chosen::int) FILTER (WHERE NOT paid) AS false_positive_rate,
	avg(proba) - avg(paid::int) AS calibration_gap FROM p GROUP BY region),
d AS (SELECT max(selection_rate) - min(selection_rate) AS selection_rate_difference, min(selection_rate) / max(selection_rate) AS selection_rate_ratio,
	max(true_positive_rate) - min(true_positive_rate) AS equal_opportunity_difference,
	greatest(max(true_positive_rate) - min(true_positive_rate), max(false_positive_rate) - min(false_positive_rate)) AS equalized_odds_difference,
	max(calibration_gap) - min(calibration_gap) AS calibration_difference FROM g)
SELECT v.metric, v.value::float8, g.region AS group_value FROM g, LATERAL (VALUES ('selection_rate', selection_rate), ('true_positive_rate', true_positive_rate),
	('false_positive_rate', false_positive_rate), ('calibration_gap', calibration_gap)) v (metric, value) WHERE v.value IS NOT NULL
UNION ALL SELECT v.metric, v.value, NULL FROM d, LATERAL (VALUES ('selection_rate_difference', selection_rate_difference), ('selection_rate_ratio', selection_rate_ratio),
	('equal_opportunity_difference', equal_opportunity_difference), ('equalized_odds_difference', equalized_odds_difference), ('calibration_difference', calibration_difference)) v (metric, value);
CREATE VIEW fair_differs AS SELECT h.metric, h.group_value, h.value AS by_hand, e.value FROM fair_by_hand h FULL JOIN
	(SELECT * FROM uprofile_evaluate('fair pays', 'fair', by => 'region') WHERE metric ~ '^(selection|true_pos|false_pos|calibration_(gap|diff)|equal)') e
	ON h.metric = e.metric AND h.group_value IS NOT DISTINCT FROM e.group_value WHERE NOT abs(h.value - e.value) < 1e-12 OR h.value IS NULL OR e.value IS NULL;
SELECT * FROM fair_differs;
SELECT metric, round(value::numeric, 4) AS value, group_value FROM uprofile_evaluate('fair pays', 'fair', by => 'region') WHERE metric ~ '^(selection|calibration_(gap|diff)|equal)';
-- every metric of the whole is there for each group
SELECT count(*) FROM (SELECT metric FROM uprofile_evaluate('fair pays', 'fair')) a CROSS JOIN (SELECT DISTINCT region FROM fair WHERE region <> 'far') r
WHERE NOT EXISTS (SELECT FROM uprofile_evaluate('fair pays', 'fair', by => 'region') e WHERE e.metric = a.metric AND e.group_value = r.region);
-- weights
SELECT e.metric, e.group_value, abs(e.value - sum(w) FILTER (WHERE uprofile_predict('fair pays', f) = 1) / sum(w)::float8) < 1e-12 AS same
FROM uprofile_evaluate('fair pays', 'fair', by => 'region', weight => 'w') e JOIN fair f ON f.region = e.group_value WHERE metric = 'selection_rate' GROUP BY 1, 2, e.value ORDER BY 2;
-- the group of four is not shown, nor what it could be told by
SET client_min_messages = notice;
SELECT group_value, value FROM uprofile_evaluate('fair pays', 'fair', by => 'region', min_group => 5) WHERE metric = 'rows';
-- rows without a value are a group like others
SELECT group_value, value FROM uprofile_evaluate('fair pays', 'SELECT *, nullif(region, ''far'') AS known FROM fair', by => 'known', min_group => 30) WHERE metric = 'rows';
SELECT group_value, value FROM uprofile_evaluate('fair pays', 'SELECT *, nullif(region, ''far'') AS known FROM fair', by => 'known', min_group => 31) WHERE metric = 'rows';
SELECT group_value, value FROM uprofile_evaluate('fair pays', 'fair', by => 'region', min_group => 1000) WHERE metric ~ 'rows|difference';
SELECT group_value, value FROM uprofile_evaluate('fair pays', 'fair', by => 'region', min_group => 0) WHERE metric = 'rows';
SET client_min_messages = warning;
DROP VIEW fair_differs, fair_by_hand;
DROP TABLE fair;
SELECT uprofile_drop_model('fair pays');

-- A key that is written in another way where it changes is known by the same hash.
CREATE TABLE fg_days AS SELECT date '2026-01-01' + i AS day, i % 7 AS a FROM generate_series(1, 60) i;
ALTER TABLE fg_days ADD PRIMARY KEY (day);
SELECT uprofile_create('fg_day', 'SELECT day, a FROM fg_days', 'day', models => '{"seg": {"algorithm": "kmeans", "k": 2, "retrain_share": 0.9}}');
SELECT status, users FROM uprofile_refresh('fg_day', retrain => 'all');
SET datestyle = 'SQL, DMY';
UPDATE fg_days SET a = 9 WHERE day = '2026-01-05';
SELECT status, updated FROM uprofile_refresh('fg_day');
RESET datestyle;
SELECT rows, note FROM uprofile_forget('fg_day', '2026-01-05') WHERE place = 'public.uprofile_retrain_state';
SELECT uprofile_drop('fg_day');
DROP TABLE fg_days;

DROP VIEW fg_counts;
SELECT uprofile_drop(p) FROM unnest('{fg_n,fg_t,fg_u,fg_c,fg_shop,cs}'::text[]) p;
SELECT count(*) FROM uprofile_secrets;
SELECT count(*) FROM uprofile_forgotten;
DROP TABLE fg_people, fg_orders, fg_keys, fg_kept, cs_people, cs_orders, cs_consents;
DROP FUNCTION fg_where, fg_hashes;
DROP TYPE fg_mood;
DROP COLLATION fg_ci;
