-- What a profile says of its segments: names and figures that hold, rules, overlaps, indices, movements; and small groups stay hidden.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TABLE seg_buyers AS
SELECT i AS id, (CASE WHEN i % 4 = 0 THEN 10 + i % 5 ELSE 1 + i % 3 END) AS orders,
	   (CASE WHEN i % 4 = 0 THEN 900 + i ELSE 20 + i % 50 END)::numeric AS spent,
	   CASE WHEN i % 4 = 0 THEN 'DE' WHEN i % 3 = 0 THEN 'FR' ELSE 'UK' END AS country,
	   date '2026-01-01' + i % 31 AS last_order, i % 5 = 0 AS newsletter
FROM generate_series(1, 200) AS i;

-- Rules are conditions over the profile's columns, and nothing else.
\set VERBOSITY default
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "spent +"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "spent + 1"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "nothing > 1"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "spend > 1000 AND orders > 2"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "country > 5"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "spent > (SELECT avg(spent) FROM seg_buyers)"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "true) OR (true"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": "true FROM seg_buyers"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"orders": "true"}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', segments => '{"vip": 1}');
SELECT uprofile_create('seg_p', 'seg_buyers', 'id', policy => '{"min_group": 0}');
\set VERBOSITY terse

SELECT uprofile_create('seg_p', 'seg_buyers', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2, "features": ["orders", "spent"]}}',
	policy => '{"live": {"age": "date ''2026-02-01'' - last_order"}, "history": "1 year"}',
	segments => '{"vip": "spent > 1000 AND age < 20", "reader": "newsletter"}');
SELECT status, users FROM uprofile_refresh('seg_p');
SELECT model, segment, name, users, share, description, hidden FROM uprofile_segments('seg_p');
SELECT model, segment, round(silhouette::numeric, 2) AS silhouette, round(stability::numeric, 2) AS stability, typical_user IN (SELECT id::text FROM seg_p_profile)
FROM uprofile_segment_list WHERE profile = 'seg_p' AND model IS NOT NULL ORDER BY segment;
SELECT statistics -> 0 AS first FROM uprofile_segments('seg_p') WHERE name = 'vip';
-- One boolean column each; whoever has no value is not in.
SELECT count(*) FILTER (WHERE vip) AS vip, count(*) FILTER (WHERE NOT vip) AS others, count(*) FILTER (WHERE vip IS DISTINCT FROM (spent > 1000 AND age < 20)) AS wrong
FROM seg_p_current;
-- Names differ, also of segments and rules.
SELECT count(*) - count(DISTINCT name) AS repeated FROM uprofile_segments('seg_p');
SELECT a, b, in_both, only_a, only_b, round(jaccard::numeric, 4) AS jaccard, round(lift::numeric, 4) AS lift FROM uprofile_overlap('seg_p') ORDER BY 1, 2;
SELECT (SELECT count(*) FROM uprofile_segment_members('seg_p', 'reader AND NOT (vip OR segment_1)')) AS members,
	   (SELECT count(*) FROM seg_p_current WHERE reader AND NOT (vip OR segment = 1)) AS plain;
SELECT count(*) FROM uprofile_segment_members('seg_p', format('%I or VIP', (SELECT name FROM uprofile_segments('seg_p') WHERE segment = '0')));
\set VERBOSITY default
SELECT uprofile_segment_members('seg_p', 'vip AND');
SELECT uprofile_segment_members('seg_p', 'vip reader');
SELECT uprofile_segment_members('seg_p', 'viq');
SELECT uprofile_segment_members('seg_p', 'vip; DROP TABLE seg_buyers');
SELECT uprofile_segments('nobody');
\set VERBOSITY terse
SELECT column_name, value, segment_count, round(segment_share::numeric, 3) AS segment_share, base_count, round(base_share::numeric, 3) AS base_share, round(tgi::numeric, 1) AS tgi
FROM uprofile_tgi('seg_p', 'vip', 'NOT reader') WHERE column_name IN ('country', 'spent', 'newsletter', 'last_order');
-- Users are read a few times, not for each of the columns.
BEGIN;
SELECT pg_stat_get_xact_numscans('seg_p_profile'::regclass) AS scans \gset
SELECT count(DISTINCT column_name) > 5 AS many, pg_stat_get_xact_numscans('seg_p_profile'::regclass) - :scans AS scans FROM uprofile_tgi('seg_p', 'reader');
COMMIT;
SELECT bool_and(t.segment_count = p.n AND t.base_count = p.base) AS same, count(*) FROM uprofile_tgi('seg_p', 'reader') t
JOIN (SELECT country, count(*) FILTER (WHERE newsletter) AS n, count(*) AS base FROM seg_buyers GROUP BY 1) p ON t.column_name = 'country' AND t.value = p.country;

-- Movements, and what moved them.
SELECT now() AS before \gset
SELECT pg_sleep(0.01) \g /dev/null
UPDATE seg_buyers SET orders = orders + 10, spent = spent + 1000 WHERE id IN (1, 2, 3, 5, 6);
DELETE FROM seg_buyers WHERE id = 8;
INSERT INTO seg_buyers VALUES (201, 12, 1000, 'DE', '2026-01-05', true);
SELECT status, inserted, updated, deleted FROM uprofile_refresh('seg_p', retrain => 'none');
SELECT movement, from_segment, to_segment, users, round(share::numeric, 3) AS share, reason FROM uprofile_migration('seg_p', :'before') ORDER BY movement, from_segment;
SELECT uprofile_alter('seg_p', policy => '{"history": null}');
SELECT uprofile_migration('seg_p', :'before');

-- Groups of fewer than 30 users are not told, nor what would tell of them.
SELECT uprofile_alter('seg_p', policy => '{"min_group": 30}', segments => '{"few": "id <= 10", "half": "id <= 100"}');
SELECT segment, name IS NULL AS no_name, users, description IS NULL AS no_description, typical_user, hidden FROM uprofile_segment_list WHERE profile = 'seg_p' ORDER BY 1;
SELECT status FROM uprofile_refresh('seg_p', retrain => 'none');
SELECT segment, users, description IS NULL AS no_description, typical_user, hidden FROM uprofile_segments('seg_p') ORDER BY 1;
SELECT segment, users, description IS NULL AS no_description, hidden FROM uprofile_segment_list WHERE profile = 'seg_p' ORDER BY 1;
-- No count below 30 anywhere, and no difference of shown ones either.
SELECT count(*) FILTER (WHERE segment_count BETWEEN 1 AND 29 OR base_count BETWEEN 1 AND 29 OR base_count - segment_count BETWEEN 1 AND 29) AS small,
	   count(*) FILTER (WHERE hidden) > 0 AS some_hidden FROM uprofile_tgi('seg_p', 'half');
WITH t AS (SELECT s, t.* FROM unnest('{segment_0, segment_1}'::text[]) s, uprofile_tgi('seg_p', s) t)
SELECT column_name, value, base_count, count(segment_count) AS told FROM t WHERE column_name IN ('country') GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT count(*) FILTER (WHERE in_both BETWEEN 1 AND 29 OR only_a BETWEEN 1 AND 29 OR only_b BETWEEN 1 AND 29) AS small FROM uprofile_overlap('seg_p');
SELECT uprofile_tgi('seg_p', 'half AND NOT few');

-- Of another role nothing is seen; a profile that is dropped leaves nothing.
CREATE ROLE seg_stranger;
SET ROLE seg_stranger;
SELECT count(*) FROM uprofile_segment_list;
SELECT uprofile_segments('seg_p');
RESET ROLE;
DROP ROLE seg_stranger;
-- Names are made readable, hostile ones stay texts; nothing and one user are no trouble.
SELECT uprofile_create('seg_none', 'SELECT id, spent AS "a""b''%s" FROM seg_buyers WHERE false', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2}}', segments => '{"a \"b''": "true"}');
SELECT status FROM uprofile_refresh('seg_none');
SELECT model, segment, users, share, description FROM uprofile_segments('seg_none');
SELECT count(*) FROM uprofile_segment_members('seg_none', '"a ""b''"');
SELECT uprofile_drop('seg_none');
-- Of many users a sample chooses what is told; words are such as people use, and a yes or no in figures is told as a share.
CREATE TABLE seg_many AS
SELECT i AS id, i % 3 AS kids_count, (i % 40 = 0)::int AS is_member, 20 + i % 10 + CASE WHEN i % 40 = 0 THEN 30 ELSE 0 END AS visits, i % 7 + CASE WHEN i % 2000 = 0 THEN 90000 WHEN i % 40 = 0 THEN 15000 ELSE 10000 END AS income,
	   CASE WHEN i % 40 = 0 THEN 5 ELSE 90 END + i % 9 AS recency_days, CASE WHEN i % 40 = 0 THEN 'Yes' ELSE 'No' END AS card
FROM generate_series(1, 20400) AS i;
SELECT uprofile_create('seg_m', 'seg_many', 'id', segments => '{"fans": "visits > 45", "first": "id = 1"}',
	models => '{"group": {"algorithm": "kmeans", "k": 3, "features": ["visits", "income", "recency_days"]}}');
SELECT status, users FROM uprofile_refresh('seg_m');
SELECT name, users, description FROM uprofile_segments('seg_m') ORDER BY 2, 1;
-- A made name alone needs no quotes; in an expression it does.
SELECT count(*) FROM uprofile_segment_members('seg_m', 'card, seen much more recently');
SELECT count(*) FROM uprofile_segment_members('seg_m', '"card, seen much more recently" AND NOT fans');
SELECT count(*) FROM uprofile_segment_members('seg_m', 'card, seen much more recently AND fans');
SELECT uprofile_drop('seg_m');
DROP TABLE seg_many;

-- A mixture makes segments as other clusterings do; what predictions say of users does not count as what moved them.
SELECT uprofile_create('seg_mix', 'SELECT id, orders, spent FROM seg_buyers', 'id', policy => '{"history": "1 year"}',
	models => '{"kind": {"algorithm": "gmm", "k": 2, "features": ["orders", "spent"]}, "segment": {"algorithm": "kmeans", "k": 2, "features": ["orders", "spent"]}}');
SELECT status FROM uprofile_refresh('seg_mix');
SELECT now() AS before \gset
SELECT pg_sleep(0.01) \g /dev/null
UPDATE seg_buyers SET orders = 12, spent = 1000 WHERE id IN (7, 9, 10);
SELECT status FROM uprofile_refresh('seg_mix', retrain => 'none');
SELECT s.model, s.segment, s.users = count(p.id) AS same FROM uprofile_segments('seg_mix') s LEFT JOIN seg_mix_profile p ON s.segment = CASE s.model WHEN 'kind' THEN p.kind ELSE p.segment END::text GROUP BY 1, 2, s.users ORDER BY 1, 2;
SELECT bool_or(in_both > 0) FROM uprofile_overlap('seg_mix');
SELECT model, movement, users, reason FROM uprofile_migration('seg_mix', :'before') WHERE movement = 'moved' ORDER BY 1;
SELECT sum(segment_count) = (SELECT count(*) FROM seg_mix_profile WHERE kind = 1) AS tgi FROM uprofile_tgi('seg_mix', 'kind_1') WHERE column_name = 'orders';
SELECT uprofile_drop('seg_mix');
SELECT uprofile_drop('seg_p');
SELECT count(*) FROM uprofile_segments_described;
DROP TABLE seg_buyers;
-- rules name functions as the source does, wherever segments are read
CREATE SCHEMA sg_far;
SET search_path = sg_far, public;
CREATE FUNCTION sg_twice(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * x';
SELECT uprofile_create('sg_paths', 'SELECT i AS id, i % 10 AS v FROM generate_series(1, 100) i', 'id', segments => '{"high": "sg_twice(v) > 11"}');
RESET search_path;
SELECT status, users FROM uprofile_refresh('sg_paths');
SELECT name, users, description FROM uprofile_segments('sg_paths');
SELECT count(*), (SELECT count(*) FROM uprofile_tgi('sg_paths', 'high')) > 1 AS tgi FROM uprofile_segment_members('sg_paths', 'high');
SELECT uprofile_drop('sg_paths');
DROP SCHEMA sg_far CASCADE;
-- who has no key is in no segment, also where a rule says so, and a part of a key that is missing is none
CREATE TABLE sg_keyless AS SELECT CASE WHEN i % 10 > 0 THEN i END AS id, 'c' || nullif(i % 7, 0) AS country, i % 4 AS orders, i * 10 AS spent FROM generate_series(1, 100) i;
SELECT uprofile_create('sg_nulls', 'sg_keyless', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2, "features": ["orders", "spent"]}}',
	segments => '{"rich": "spent > 500", "nobody": "id IS NULL", "unknown": "nullif(spent, 510) > 500"}');
SELECT status, users, message FROM uprofile_refresh('sg_nulls');
SELECT coalesce(model, name) AS segments, sum(users) AS users FROM uprofile_segments('sg_nulls') GROUP BY 1 ORDER BY 1;
SELECT count(*), count(user_key) FROM uprofile_segment_members('sg_nulls', 'NOT nobody OR unknown');
SELECT uprofile_create('sg_pairs', 'SELECT * FROM sg_keyless WHERE id IS NOT NULL', 'id, country', segments => '{"rich": "spent > 500"}');
SELECT status, users, message FROM uprofile_refresh('sg_pairs');
SELECT count(*), count(*) FILTER (WHERE user_key ~ '^\(\d+,c\d\)$') FROM uprofile_segment_members('sg_pairs', 'rich OR NOT rich');
-- nor is a user any more whose key is taken away
UPDATE sg_keyless SET id = NULL WHERE id = 99;
SELECT status, mode, users FROM uprofile_refresh('sg_nulls');
SELECT count(*) FROM uprofile_segment_members('sg_nulls', 'rich');
SELECT uprofile_drop('sg_nulls'), uprofile_drop('sg_pairs');
DROP TABLE sg_keyless;
-- Halves of the users with fewer different ones than segments are no warning: the model has all.
CREATE TABLE sg_one_other AS SELECT i AS id, (i = 50)::int AS a FROM generate_series(1, 100) i;
SELECT uprofile_create('sg_halves', 'sg_one_other', 'id', models => '{"s": {"algorithm": "kmeans", "k": 2, "features": ["a"]}}');
SELECT status FROM uprofile_refresh('sg_halves');
SELECT uprofile_drop('sg_halves');
DROP TABLE sg_one_other;
