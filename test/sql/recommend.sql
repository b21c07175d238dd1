-- Recommenders by name: training, what is deployed, recommendations with their reasons, and bad input.
\set VERBOSITY terse
CREATE TABLE rec_events AS
SELECT u AS customer, i AS product, 1 + u * i % 3 AS quantity, timestamp '2024-01-01' + (u * 7 + i * 13) % 300 * interval '1 day' AS bought_at,
	   CASE WHEN u % 2 = 0 THEN 'even' ELSE 'odd' END AS country
FROM generate_series(1, 60) u, generate_series(1, 40) i WHERE (i % 2 = u % 2 AND (u * i) % 5 <> 0) OR (u * 7 + i * 11) % 23 = 0;

SELECT algorithm FROM uprofile_recommenders() ORDER BY algorithm;
SELECT name, initial FROM uprofile_params('popularity');

-- Popularity, by segment; whoever is not known gets what all have.
SELECT version, algorithm_name, users, items, events, deployed, note FROM uprofile_train_recommender('rec_shop', 'rec_events', 'customer', 'product',
	'quantity', 'bought_at', 'popularity', segment => 'country');
SELECT item, round(score::numeric, 4) AS score, rank, reason FROM uprofile_recommend_for('rec_shop', 1, 3);
SELECT item, round(score::numeric, 4) AS score, rank, reason FROM uprofile_recommend_for('rec_shop', '4711', 2);
SELECT item, round(score::numeric, 4) AS score, rank, reason FROM uprofile_recommend_for('rec_shop', 4711::bigint, 2, segment => 'even');

-- Another algorithm: the reason names what the user has.
SELECT version, algorithm_name, deployed, note FROM uprofile_train_recommender('rec_shop', 'rec_events', 'customer', 'product', 'quantity',
	'bought_at', 'item_knn', segment => 'country');
SELECT item, round(score::numeric, 4) AS score, rank, reason FROM uprofile_recommend_for('rec_shop', 1, 3);
SELECT count(*) FROM uprofile_recommend_for('rec_shop', 1, 100) r JOIN rec_events e ON e.customer = 1 AND e.product::text = r.item;
SELECT count(*) FROM uprofile_recommend_for('rec_shop', 1, 100, exclude_owned => false) r JOIN rec_events e ON e.customer = 1 AND e.product::text = r.item;
SELECT item, reason FROM uprofile_recommend_for('rec_shop', NULL, 2, items => '{3,unheard}');
SELECT item, reason FROM uprofile_recommend_for('rec_shop', NULL, 2, items => '{}');
SELECT array_agg(item ORDER BY rank) FROM uprofile_recommend_for('rec_shop', 1, 10, candidates => 'SELECT g FROM generate_series(6, 9) g');
SELECT array_agg(item ORDER BY rank) FROM uprofile_recommend_for('rec_shop', 1, 10, candidates => 'SELECT DISTINCT customer, product FROM rec_events WHERE product < 9');
SELECT * FROM uprofile_recommend_for('rec_shop', 1, candidates => 'SELECT 4711');
SELECT similar_item, round(score::numeric, 4) AS score, rank FROM uprofile_similar_items('rec_shop', 3, 3);
SELECT similar_user, round(score::numeric, 4) AS score, rank FROM uprofile_similar_users('rec_shop', 1, 3);
SELECT * FROM uprofile_similar_users('rec_shop', 4711);

-- Association rules.
SELECT algorithm_name, metrics ? 'ndcg@10' AS measured FROM uprofile_train_recommender('rec_rules', 'rec_events', 'customer', 'product', algorithm => 'rules',
	params => '{"max_len": 3, "min_support": 0.2, "min_confidence": 0.6}', deploy => 'always');
SELECT item, round(score::numeric, 4) AS score, reason FROM uprofile_recommend_for('rec_rules', 1, 3);
SELECT item, reason FROM uprofile_recommend_for('rec_rules', NULL, 2, items => '{3}');
SELECT similar_item, round(score::numeric, 4) AS score FROM uprofile_similar_items('rec_rules', 3, 2);
SELECT i->'rules' AS rules, i->'rules_truncated' AS truncated FROM uprofile_model_info('rec_rules') i;
CREATE TABLE rec_rules AS SELECT * FROM uprofile_apriori('rec_events', 'customer', 'product', 0.2, 0.6, max_len => 3);
SELECT count(*), max(abs(r.score - a.score)) FROM (SELECT customer, array_agg(product::text) AS items FROM rec_events GROUP BY customer) u,
	uprofile_recommend_for('rec_rules', u.customer, 5) r LEFT JOIN LATERAL uprofile_recommend('rec_rules', u.items, 1000) a ON a.item = r.item WHERE r.reason LIKE 'rule%';
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'product', algorithm => 'rules', params => '{"max_len": 1}');
DROP TABLE rec_rules;

-- New events count at once.
BEGIN;
INSERT INTO rec_events VALUES (4711, 4, 1, '2024-12-01', 'even');
SELECT item, reason FROM uprofile_recommend_for('rec_shop', 4711, 2);
ROLLBACK;

-- Many users in one statement, one by one and all read at once, give the same.
CREATE TABLE rec_one AS SELECT 0 AS customer, '' AS item, 0.0::float8 AS score, 0 AS rank, '' AS reason LIMIT 0;
DO $$ BEGIN FOR i IN 1 .. 60 LOOP INSERT INTO rec_one SELECT i, r.* FROM uprofile_recommend_for('rec_shop', i) r; END LOOP; END $$;
SELECT count(*) FROM (SELECT u, r.* FROM generate_series(1, 60) u, uprofile_recommend_for('rec_shop', u) r
	EXCEPT SELECT * FROM rec_one) x;
SELECT count(*) FROM rec_one;

-- What stands in the registry.
SELECT algorithm, task, target, key_column, rows_trained, features, deployed FROM uprofile_models WHERE model = 'rec_shop' ORDER BY version;
SELECT deployed_version, previous_version FROM uprofile_rollback('rec_shop');
SELECT count(DISTINCT reason), min(reason) FROM uprofile_recommend_for('rec_shop', 1);
SELECT deployed_version FROM uprofile_deploy('rec_shop', 2);
SELECT i->>'algorithm' AS algorithm, i->>'users' AS users, i->'columns' AS columns FROM uprofile_model_info('rec_shop') i;
SELECT uprofile_model_info(uprofile_model('rec_shop'))->>'items' AS items;
SELECT version, deployed FROM uprofile_import_model(uprofile_export_model('rec_shop'), 'rec_copy');
SELECT item FROM uprofile_recommend_for('rec_copy', 1, 2, events => 'rec_events');
SELECT item FROM uprofile_recommend_for('rec_copy', 1, 2);
SELECT metric, value BETWEEN 0 AND 10 AS value, baseline BETWEEN 0 AND 10 AS baseline, low, group_value FROM uprofile_evaluate('rec_shop', 'rec_events');
SELECT metric, round(value::numeric, 4) AS value, round(baseline::numeric, 4) AS baseline FROM uprofile_evaluate('rec_shop', 'SELECT * FROM rec_events WHERE customer < 30')
	WHERE metric IN ('ndcg@10', 'hit_rate@10');
SELECT uprofile_evaluate('rec_shop', 'rec_events', by => 'country');
SELECT uprofile_evaluate('rec_shop', 'SELECT * FROM rec_events WHERE customer = 1 AND product < 3');
SELECT uprofile_predict('rec_shop', ARRAY[1.0]);
SELECT uprofile_held_out('rec_shop', 'rec_events');
SELECT uprofile_card('rec_shop');
SELECT uprofile_train('rec_shop', 'rec_events', 'country', 'tree');
SELECT uprofile_rename_model('rec_copy', 'rec_other');
SELECT versions_dropped FROM uprofile_drop_model('rec_other');

-- A way that is no better than popularity is not deployed, nor one that is worse than the deployed one.
CREATE TABLE rec_noise AS SELECT u, i FROM generate_series(1, 200) u, generate_series(1, 50) i WHERE hashint8(u * 1000 + i) % 100 >= i + 35;
SELECT deployed FROM uprofile_train_recommender('rec_noise', 'rec_noise', 'u', 'i', algorithm => 'popularity');
SELECT deployed, note LIKE '%worse than popularity%' AS said FROM uprofile_train_recommender('rec_noise', 'rec_noise', 'u', 'i', algorithm => 'item_knn');
SELECT deployed FROM uprofile_train_recommender('rec_noise', 'rec_noise', 'u', 'i', algorithm => 'item_knn', deploy => 'always');
SELECT note LIKE 'auto: ndcg@10 of item_knn%, popularity 0.%' AS said FROM uprofile_train_recommender('rec_noise', 'rec_noise', 'u', 'i');

-- Little and odd data.
SELECT algorithm_name, users, items, deployed, note FROM uprofile_train_recommender('rec_little', 'SELECT 1 AS u, NULL::text AS i UNION ALL SELECT 1, ''a''', 'u', 'i');
SELECT * FROM uprofile_recommend_for('rec_little', 1);
SELECT item, score, reason FROM uprofile_recommend_for('rec_little', 2);
SELECT users, items FROM uprofile_train_recommender('rec_uuid', 'SELECT ''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''::uuid AS u, 7.10 AS i UNION ALL SELECT NULL, 3', 'u', 'i');
SELECT item FROM uprofile_recommend_for('rec_uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', exclude_owned => false);
SELECT users FROM uprofile_train_recommender('rec_pair', 'SELECT customer % 3 AS a, customer AS b, product FROM rec_events', 'a, b', 'product', algorithm => 'item_knn');
SELECT count(*) FROM uprofile_recommend_for('rec_pair', ROW(1, 1), 5);
SELECT reason FROM uprofile_recommend_for('rec_pair', '(1,1)', 1);

SELECT uprofile_train_recommender('rec_bad', 'SELECT * FROM rec_events WHERE false', 'customer', 'product');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'custommer', 'product');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'productt');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'product', 'country');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'product', NULL, 'country');
SELECT uprofile_train_recommender('rec_bad', 'SELECT *, -1 AS w FROM rec_events', 'customer', 'product', 'w');
SELECT uprofile_train_recommender('rec_bad', 'SELECT *, ''NaN''::float8 AS w FROM rec_events', 'customer', 'product', 'w');
SELECT uprofile_train_recommender('rec_bad', 'SELECT *, ''infinity''::timestamp AS t FROM rec_events', 'customer', 'product', NULL, 't');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'product', algorithm => 'ski');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'product', algorithm => 'item_knn', params => '{"kk": 3}');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', 'customer', 'product', algorithm => 'item_knn', params => '{"half_life": 30}');
SELECT uprofile_train_recommender('rec_bad', 'rec_events', NULL, 'product');
SELECT uprofile_train_recommender('rec_bad', 'SELECT customer, int4range(product, product + 1) AS product FROM rec_events', 'customer', 'product');
SELECT * FROM uprofile_recommend_for('rec_none', 1);
SELECT * FROM uprofile_recommend_for('rec_shop', 'x');
SELECT * FROM uprofile_recommend_for('rec_shop', 1.5::float8);
SELECT * FROM uprofile_recommend_for('rec_shop', NULL::int);
SELECT * FROM uprofile_recommend_for('rec_shop', 1, 0);
SELECT * FROM uprofile_recommend_for('rec_shop', 1, candidates => 'SELECT 1 AS a, 2 AS b');
SELECT * FROM uprofile_similar_items('rec_shop', 4711);

-- A source that asks for what it is read for.
CREATE VIEW rec_seen AS SELECT 1 AS customer, 2 AS product, 3 AS quantity, now()::timestamp AS bought_at, '' AS country;
SELECT deployed FROM uprofile_train_recommender('rec_seen', 'rec_seen', 'customer', 'product');
CREATE OR REPLACE VIEW rec_seen AS SELECT 1 AS customer, r.item::int AS product, 3 AS quantity, now()::timestamp AS bought_at, '' AS country
	FROM uprofile_recommend_for('rec_seen', 1, exclude_owned => false, events => 'SELECT * FROM rec_events') r;
SELECT * FROM uprofile_recommend_for('rec_seen', 1);
SELECT count(*) FROM uprofile_recommend_for('rec_seen', 1, exclude_owned => false, candidates => 'SELECT item FROM uprofile_recommend_for(''rec_seen'', NULL, items => ''{}'')', events => 'rec_events');
DROP VIEW rec_seen;

-- Nobody comes to have what he did not have: there is nothing to measure on.
CREATE TABLE rec_again AS SELECT u AS customer, 1 + (u + d % 2) % 9 AS product, timestamp '2026-01-01' + d * interval '1 day' + u * interval '1 minute' AS at FROM generate_series(1, 40) u, generate_series(0, 19) d;
SELECT algorithm_name, deployed, metrics, note FROM uprofile_train_recommender('rec_again', 'rec_again', 'customer', 'product', NULL, 'at');
SELECT * FROM uprofile_evaluate('rec_again', 'rec_again');
DROP TABLE rec_again;

-- Of a list of items each counts, when it is learned from and when it is asked.
CREATE TABLE rec_lists AS SELECT g % 20 AS customer, ARRAY['a' || g % 3, 'b' || g % 5, NULL] AS products FROM generate_series(1, 60) g;
SELECT users, items, events FROM uprofile_train_recommender('rec_lists', 'rec_lists', 'customer', 'products', test_size => 0);
SELECT count(*), bool_and(item NOT IN (SELECT p FROM rec_lists, unnest(products) p WHERE customer = 3 AND p IS NOT NULL)) FROM uprofile_recommend_for('rec_lists', 3, 10);
DROP TABLE rec_lists;

-- A user's rows are found by the equality of the key's type, whatever the path calls by that name.
CREATE SCHEMA rec_path;
CREATE FUNCTION rec_path.fails(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this equality'; END $$;
CREATE OPERATOR rec_path.= (LEFTARG = int, RIGHTARG = int, FUNCTION = rec_path.fails);
CREATE TABLE rec_path.bought AS SELECT g % 20 AS customer, 'p' || g % 7 AS product FROM generate_series(1, 60) g;
SET search_path = rec_path, pg_catalog, public;
SELECT users, items FROM uprofile_train_recommender('rec_path', 'bought', 'customer', 'product', test_size => 0);
SELECT count(*) FROM uprofile_recommend_for('rec_path', 3, 10);
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA rec_path CASCADE;
RESET client_min_messages;

-- The source changes, and goes.
ALTER TABLE rec_events ALTER customer TYPE bigint, ALTER product TYPE text;
SELECT count(*) FROM uprofile_recommend_for('rec_shop', 1, 3);
ALTER TABLE rec_events RENAME quantity TO amount;
SELECT * FROM uprofile_recommend_for('rec_shop', 1, 3);
DROP TABLE rec_events;
SELECT * FROM uprofile_recommend_for('rec_shop', 1, 3);
SELECT count(*) FROM uprofile_recommend_for('rec_shop', NULL, 3, items => '{3}');

DROP TABLE rec_noise, rec_one;
SELECT model_name FROM (SELECT DISTINCT model FROM uprofile_models WHERE model LIKE 'rec\_%') m, uprofile_drop_model(m.model) ORDER BY 1;

-- What all users have need not be in memory at once where they become vectors.
CREATE TABLE rec_many AS SELECT g / 60 AS customer, (g * 7919 + g / 60 * 31) % 211 AS product FROM generate_series(0, 59999) g;
SELECT algorithm_name FROM uprofile_train_recommender('rec_many', 'rec_many', 'customer', 'product', algorithm => 'als', params => '{"factors": 4, "iterations": 1}',
	deploy => 'always', test_size => 0);
CREATE TABLE rec_many_alike AS SELECT * FROM uprofile_similar_users('rec_many', 5, 20);
SET uprofile.max_memory = '1MB';
SELECT count(*) FROM uprofile_similar_users('rec_many', 5, 20) a JOIN rec_many_alike b USING (similar_user, score, rank);
RESET uprofile.max_memory;
DROP TABLE rec_many, rec_many_alike;
SELECT uprofile_drop_model('rec_many');
