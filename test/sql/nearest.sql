-- A name that does not exist is answered with the one that may have been meant.
SET client_min_messages = warning;
CREATE SCHEMA nearest;
CREATE TABLE nearest_shoppers AS SELECT i AS id, i % 7 AS visits, i % 5 AS orders, CASE WHEN i % 3 = 0 THEN 'left' ELSE 'stays' END AS fate FROM generate_series(1, 300) i;
CREATE TABLE nearest.deliveries AS SELECT 1 AS id;
CREATE TABLE nearest_events AS SELECT i % 40 AS client, 'product' || (i * 7) % 12 AS product, timestamptz '2026-01-01' + i * interval '1 hour' AS at FROM generate_series(1, 600) i;
RESET client_min_messages;
-- tables and columns
SELECT * FROM uprofile_describe('nearest_shopers');
SELECT * FROM uprofile_describe('nearest.delivery');
SELECT * FROM uprofile_describe('nowhere.deliveries');
SELECT * FROM uprofile_train('nearest_m', 'nearest_shoppers', target => 'fat', algorithm => 'tree', key => 'id');
SELECT * FROM uprofile_train('nearest_m', 'nearest_shoppers', target => 'fate', algorithm => 'tree', key => 'ids');
SELECT * FROM uprofile_apriori('nearest_events', 'clients', 'product');
-- models, classes, algorithms, parameters
SELECT version FROM uprofile_train('nearest_m', 'nearest_shoppers', target => 'fate', algorithm => 'tree', key => 'id', deploy => 'always');
SELECT uprofile_predict_label('nearest_n', s) FROM nearest_shoppers s WHERE id = 1;
SELECT uprofile_predict_proba('nearest_m', s, 'lefd') FROM nearest_shoppers s WHERE id = 1;
SELECT * FROM uprofile_roc('nearest_m', 'nearest_shoppers', label => 'stay');
SELECT * FROM uprofile_train('nearest_m', 'nearest_shoppers', target => 'fate', algorithm => 'forrest', key => 'id');
SELECT * FROM uprofile_train('nearest_m', 'nearest_shoppers', target => 'fate', algorithm => 'tree', key => 'id', params => '{"max_dept": 3}');
-- profiles: what they are made of, and by name
SELECT uprofile_create('nearest_p', 'nearest_shoppers', 'id', watch => '{nearest_shopers.id}');
SELECT uprofile_create('nearest_p', 'nearest_shoppers', 'id', watch => '{nearest_shoppers.idd}');
SELECT uprofile_create('nearest_p', 'nearest_shoppers', 'id', consent => 'nearest_shopers.visits');
SELECT uprofile_create('nearest_p', 'nearest_shoppers', 'id', consent => 'nearest_shoppers.visit');
SELECT uprofile_create('nearest_p', 'nearest_shoppers', 'id', policy => '{"ttl": {"visit": "1 day"}}');
SELECT uprofile_create('nearest_p', 'nearest_shoppers', 'id', models => '{"group": {"algorithm": "kmeans", "k": 2}}', segments => '{"loyal": "orders > 3"}');
SELECT status FROM uprofile_refresh('nearest_p');
SELECT * FROM uprofile_refresh('nearest_q');
SELECT * FROM uprofile_refresh('elsewhere');
SELECT * FROM uprofile_refresh('nearest_p', retrain => 'groups');
SELECT uprofile_alter('nearest_p', models => '{"groop": null}');
SELECT * FROM uprofile_segment_members('nearest_p', 'loyl');
SELECT uprofile_report('nearest_q') IS NULL;
-- items and steps
SELECT version FROM uprofile_train_recommender('nearest_r', 'nearest_events', 'client', 'product', event_time => 'at', algorithm => 'item_knn');
SELECT count(*) FROM uprofile_recommend_for('nearest_r', NULL, 3, items => '{product3,prodct7}');
SELECT count(*) FROM (VALUES ('prodct7'), ('prodct8')) v (item), LATERAL uprofile_recommend_for('nearest_r', NULL, 3, items => ARRAY[item]);
SELECT version FROM uprofile_train_recommender('nearest_many', 'SELECT i AS client, ''product'' || i AS product FROM generate_series(1, 2001) i', 'client', 'product', algorithm => 'popularity');
SELECT count(*) FROM uprofile_recommend_for('nearest_many', NULL, 3, items => '{prodct7}');
SELECT * FROM uprofile_similar_items('nearest_r', 'prodct7', 3);
SELECT step, users FROM uprofile_funnel('nearest_events', 'client', 'at', 'product', '{product3,prodct7}');
-- items of rules and sets: what no basket has, not what is rare
SELECT count(*) FROM uprofile_apriori('nearest_events', 'client', 'product', min_support => 0.1, min_confidence => 0.1, lhs_items => '{prodct7,prodct8}');
SELECT count(*) FROM uprofile_itemsets('SELECT * FROM nearest_events UNION ALL SELECT 1, ''rarely'', now()', 'client', 'product', min_support => 2, exclude_items => '{rarely,product3}');
-- mines
SELECT baskets FROM uprofile_mine('nearest_mine', 'nearest_events', 'client', 'product');
SELECT * FROM uprofile_drop_mine('nearest_min');
SELECT * FROM uprofile_refresh_mine('nearest_min');
SET client_min_messages = warning;
SELECT uprofile_drop_mine('nearest_mine'), uprofile_drop('nearest_p');
SELECT count(*) FROM (SELECT uprofile_drop_model(m) FROM unnest('{nearest_m,nearest_r,nearest_many}'::text[]) m) x;
DROP TABLE nearest_shoppers, nearest_events;
DROP SCHEMA nearest CASCADE;
