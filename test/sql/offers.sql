-- What is offered to each user of a profile, and why.
\set SHOW_CONTEXT never
CREATE SCHEMA stall;
SET search_path = stall, public;
SET client_min_messages = warning;
CREATE TABLE households AS SELECT i AS id, i % 2 AS town, (i % 2) * 50 + i % 7 AS income FROM generate_series(1, 120) i;
ALTER TABLE households ADD PRIMARY KEY (id);
-- bread goes with butter; town 0 drinks tea, town 1 coffee; the last twenty have bought nothing
CREATE TABLE tx AS SELECT i AS household, item, 1 + i % 3 AS pieces FROM generate_series(1, 100) i, unnest(CASE WHEN i % 4 < 2 THEN '{bread,butter}'::text[]
	WHEN i % 8 < 6 THEN '{bread}' ELSE '{soap}' END || CASE WHEN i % 3 = 0 THEN '{}'::text[] WHEN i % 2 = 0 THEN '{tea}' ELSE '{coffee}' END) item;
CREATE INDEX ON tx (household);
CREATE TABLE shelf AS SELECT DISTINCT item, true AS there FROM tx;
SELECT uprofile_create('shop', 'households', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2, "features": ["income"]}}',
	offers => '{"source": "tx", "basket": "household", "item": "item", "n": 2, "params": {"min_support": 0.1, "min_confidence": 0.3}}');
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'shop_profile' AND column_name LIKE 'offer%' ORDER BY ordinal_position;
SELECT status, message, mode, users, trained FROM uprofile_refresh('shop');
SELECT id, segment = (SELECT segment FROM shop_profile WHERE id = 1) AS of_one, offer_1, offer_1_reason, offer_2, offer_2_reason FROM shop_profile WHERE id IN (1, 2, 3, 8, 101, 102) ORDER BY id;
-- everybody gets offers while items remain, never what he has, never one twice
SELECT count(*) AS users, count(offer_1) AS one, count(offer_2) AS two, count(*) FILTER (WHERE offer_1 = offer_2) AS twice,
	count(*) FILTER (WHERE EXISTS (SELECT FROM tx WHERE household = id AND item IN (offer_1, offer_2))) AS owned, count(*) FILTER (WHERE (offer_1 IS NULL) <> (offer_1_reason IS NULL)) AS without_reason FROM shop_profile;
-- rules are those of uprofile_apriori: the best that fires for what the user has
SELECT count(*) AS differ FROM shop_profile p CROSS JOIN LATERAL (SELECT r.rhs[1] AS item, r.confidence, r.lift FROM uprofile_apriori('tx', 'household', 'item', 0.1, 0.3) r
	WHERE cardinality(r.lhs) = 1 AND r.lift > 1 AND r.lhs <@ (SELECT array_agg(item) FROM tx WHERE household = p.id) AND NOT EXISTS (SELECT FROM tx WHERE household = p.id AND tx.item = r.rhs[1]) ORDER BY r.confidence DESC LIMIT 1) best
WHERE offer_1_reason NOT LIKE format('rule %%-> %s: confidence %s, lift %%', offer_1, round(best.confidence::numeric, 2));
-- where no rule fires: what sells best in the user's segment
SELECT count(*) AS users, count(*) FILTER (WHERE offer_1 = best) AS bestseller FROM shop_profile p CROSS JOIN LATERAL (SELECT item AS best FROM tx JOIN shop_profile o ON o.id = household WHERE o.segment = p.segment
	AND NOT EXISTS (SELECT FROM tx t WHERE t.household = p.id AND t.item = tx.item) GROUP BY 1 ORDER BY count(*) DESC, (SELECT count(*) FROM tx t WHERE t.item = tx.item) DESC, 1 LIMIT 1) b WHERE offer_1_reason LIKE 'popular in segment%';

-- a changed basket is a changed user, and only he is computed: as from scratch
INSERT INTO tx VALUES (101, 'bread', 1), (8, 'butter', 1);
DELETE FROM tx WHERE household = 3 AND item = 'bread';
SELECT status, mode, updated, trained FROM uprofile_refresh('shop');
SELECT id, offer_1, offer_1_reason FROM shop_profile WHERE id IN (3, 8, 101) ORDER BY id;
CREATE TABLE by_keys AS SELECT * FROM shop_profile;
SELECT mode, updated, trained FROM uprofile_refresh('shop', retrain => 'none', all_users => true);
SELECT count(*) AS differ FROM by_keys b FULL JOIN shop_profile p USING (id) WHERE to_jsonb(b) IS DISTINCT FROM to_jsonb(p);
SELECT mode, trained FROM uprofile_refresh('shop', all_users => true);
SELECT count(*) > 1 AS kept FROM uprofile_models WHERE model = 'shop.offers';

SELECT uprofile_get('shop', 3) -> 'values' -> 'offer_1' ->> 'from' AS origin, col_description('shop_profile'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'shop_profile'::regclass AND attname IN ('offer_1', 'offer_2_reason') ORDER BY attnum;

-- in stock
SELECT uprofile_alter('shop', offers => '{"candidates": "SELECT item FROM shelf WHERE there", "n": 3}');
SELECT mode, reason FROM uprofile_refresh('shop');
UPDATE shelf SET there = item IN ('soap', 'tea');
SELECT mode, reason, trained FROM uprofile_refresh('shop');
SELECT offer_1, offer_2, offer_3, count(*) FROM shop_profile GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT mode FROM uprofile_refresh('shop');
SELECT uprofile_alter('shop', offers => '{"candidates": null, "where": "pieces > 2 -- many", "exclude_owned": false, "n": 1}');
SELECT mode FROM uprofile_refresh('shop');
SELECT count(*) FILTER (WHERE offer_1 NOT IN (SELECT item FROM tx WHERE pieces > 2)) AS others, count(offer_1) AS offers FROM shop_profile;
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'shop_profile'::regclass AND attname LIKE 'offer%' AND NOT attisdropped;

-- a recommender that cannot be made anew goes on as it was
SELECT uprofile_alter('shop', offers => '{"source": "SELECT * FROM tx WHERE pieces < 9", "where": null, "exclude_owned": true, "n": 2}');
SELECT trained FROM uprofile_refresh('shop');
SELECT uprofile_alter('shop', source => 'SELECT * FROM households ORDER BY id');
BEGIN;
UPDATE tx SET pieces = 9;
SET LOCAL client_min_messages = error;
SELECT status, regexp_replace(message, '\d+', 'N') AS message FROM uprofile_refresh('shop');
SELECT count(offer_1) AS offers, count(*) FILTER (WHERE offer_1_reason NOT LIKE 'popular%') AS by_rules FROM shop_profile;
ROLLBACK;

-- a recommender of the registry, and segments that are a column
SELECT algorithm_name FROM uprofile_train_recommender('stall_rec', 'tx', 'household', 'item', algorithm => 'item_knn', deploy => 'always');
SELECT uprofile_alter('shop', offers => '{"where": null, "exclude_owned": null, "params": null, "model": "stall_rec", "segment": "town"}');
SELECT mode, trained FROM uprofile_refresh('shop');
SELECT offer_1 = (SELECT item FROM uprofile_recommend_for('stall_rec', id, 1)) AS same, count(*) FROM shop_profile GROUP BY 1;
SELECT algorithm_name FROM uprofile_train_recommender('stall_rec', 'tx', 'household', 'item', algorithm => 'popularity', deploy => 'always');
SELECT mode, reason FROM uprofile_refresh('shop');
SELECT count(*) FROM uprofile_models WHERE model = 'shop.offers';
-- only who consents counts
SELECT uprofile_alter('shop', offers => '{"model": null, "segment": null, "algorithm": "popularity"}', consent => 'SELECT id, id % 2 = 1 FROM stall.households');
SELECT mode, users FROM uprofile_refresh('shop');
SELECT uprofile_model_info('shop.offers') -> 'users' AS info_users, (SELECT count(DISTINCT household) FROM tx WHERE household % 2 = 1) AS consenting;
-- nor who is forgotten, in one statement with the refresh, whatever is said of retraining, and also where rows were read for a model before
SELECT uprofile_alter('shop', consent => '', offers => '{"retrain": "manual"}', models => '{"segment": {"algorithm": "kmeans", "k": 2, "features": ["income"], "retrain_share": 0.5}}');
SELECT mode FROM uprofile_refresh('shop', retrain => 'all');
SELECT (SELECT count(*) FROM uprofile_forget('shop', 1) WHERE place ~ 'shop.offers.*deployed' AND note ~ 'next refresh'), (SELECT trained FROM uprofile_refresh('shop'));
SELECT uprofile_model_info('shop.offers') -> 'users' AS info_users, (SELECT count(DISTINCT household) FROM tx WHERE household <> 1) AS others;
SELECT trained FROM uprofile_refresh('shop');
SELECT trained FROM uprofile_refresh('shop', retrain => 'offers');
SELECT trained FROM uprofile_refresh('shop', retrain => 'segment', all_users => true);
SELECT uprofile_alter('shop', offers => 'null');
SELECT * FROM uprofile_refresh('shop', retrain => 'offers');
SELECT status FROM uprofile_refresh('shop');
SELECT count(*) FROM pg_attribute WHERE attrelid = 'shop_profile'::regclass AND attname LIKE 'offer%' AND NOT attisdropped;
-- nothing to offer: the profile goes on without
SELECT uprofile_alter('shop', offers => '{"source": "SELECT * FROM tx WHERE false", "basket": "household", "item": "item"}');
SET client_min_messages = error;
SELECT status, message FROM uprofile_refresh('shop');
SET client_min_messages = warning;
SELECT count(*), count(offer_1) FROM shop_profile;
-- each refresh tries to make what there is not yet, and computes everybody once it is there
CREATE TABLE later (LIKE tx);
SELECT uprofile_alter('shop', offers => '{"source": "later"}');
SET client_min_messages = error;
SELECT mode FROM uprofile_refresh('shop');
UPDATE households SET income = income + 1 WHERE id = 5;
SELECT mode, users, updated, trained, message FROM uprofile_refresh('shop');
SELECT mode, trained FROM uprofile_refresh('shop');
INSERT INTO later SELECT * FROM tx;
SELECT mode, reason, trained FROM uprofile_refresh('shop');
SET client_min_messages = warning;
SELECT count(*), count(offer_1) FROM shop_profile;
-- nor does everybody come where the recommender that there is cannot be made anew
SELECT uprofile_alter('shop', offers => '{"retrain_after": "1 microsecond"}');
SELECT mode, trained FROM uprofile_refresh('shop');
BEGIN;
ALTER TABLE later DISABLE TRIGGER ALL;
DELETE FROM later;
ALTER TABLE later ENABLE TRIGGER ALL;
UPDATE households SET income = income + 1 WHERE id = 5;
SET LOCAL client_min_messages = error;
SELECT mode, updated, trained FROM uprofile_refresh('shop');
ROLLBACK;

SELECT uprofile_alter('shop', offers => '{"source": "nowhere", "basket": "household", "item": "item"}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "item", "item": "item"}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "household", "item": "thing"}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "household", "item": "item", "n": 0}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "household", "item": "item", "where": "pieces >"}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "household", "item": "item", "algorithm": "rule"}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "household", "item": "item", "segment": "village"}');
SELECT uprofile_alter('shop', offers => '{"source": "tx", "basket": "household", "item": "item", "model": "stall_rec", "algorithm": "rules"}');
SELECT uprofile_alter('shop', offers => '{"sauce": "tx"}');
SELECT uprofile_alter('shop', offers => '[]');
SELECT uprofile_create('empty', 'households', 'id', offers => '{"n": 3}');
SELECT uprofile_drop_model('stall_rec');
SELECT uprofile_drop('shop');
SELECT count(*) FROM uprofile_models WHERE model LIKE 'shop.%';
-- keys that the type of the events' key is too small for
CREATE TABLE persons AS SELECT id::int8 AS id, income FROM households UNION ALL SELECT 99999999999, 1;
SELECT uprofile_create('crowd', 'persons', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2}}', offers => '{"source": "tx", "basket": "household", "item": "item", "segment": "segment"}');
SELECT status FROM uprofile_refresh('crowd');
SELECT decision FROM uprofile_run_steps WHERE model LIKE '%offers' AND profile = 'crowd';
SELECT uprofile_drop('crowd');
DROP SCHEMA stall CASCADE;
