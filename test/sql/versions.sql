-- Which version is deployed: none that is worse than a constant, and none by rows that the other was trained on.

CREATE FUNCTION chance(i int, k float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT sin(i * k) * 43758.5453 - floor(sin(i * k) * 43758.5453)';
CREATE TABLE shop AS
SELECT i AS id, 'u' || i AS code, i % 10 AS visits, chance(i, 12.9898) AS a, chance(i, 78.233) AS b, chance(i, 39.425) > 0.5 AS coin,
	   chance(i, 93.989) AS any_number, chance(i, 12.9898) + (i % 10) / 20.0 + chance(i, 5.17) * 0.5 > 0.95 AS bought
FROM generate_series(1, 2000) i;
CREATE FUNCTION trained(model text, source text, target text, algorithm text, key text = NULL, test_size float8 = 0.2, deploy text = 'auto', params jsonb = '{}')
RETURNS TABLE (version int, deployed bool, note text) LANGUAGE sql AS $$
	SELECT t.version, t.deployed, regexp_replace(t.note, '[0-9]+\.[0-9]+', '#', 'g')
	FROM public.uprofile_train(model, source, target => target, algorithm => algorithm, key => key, test_size => test_size, deploy => deploy, params => params) t
$$;
SET client_min_messages = error;

-- nothing to be learned
SELECT * FROM trained('coin', 'SELECT id, a, b, coin FROM shop', 'coin', 'tree', 'id');
SELECT * FROM trained('coin', 'SELECT id, a, b, coin FROM shop', 'coin', 'forest', 'id');
SELECT * FROM trained('number', 'SELECT id, a, b, any_number FROM shop', 'any_number', 'forest', 'id');
SELECT model, count(*) FILTER (WHERE deployed) AS deployed FROM uprofile_models WHERE model IN ('coin', 'number') GROUP BY 1 ORDER BY 1;
SELECT bool_and(m.deployed IS FALSE) AS models, bool_and(s.deployed IS FALSE) AS metrics FROM uprofile_models m JOIN uprofile_metrics s USING (model, version) WHERE model IN ('coin', 'number');
SELECT * FROM trained('coin', 'SELECT id, a, b, coin FROM shop', 'coin', 'tree', 'id', deploy => 'always');
RESET client_min_messages;
SELECT deployed, note FROM uprofile_train('said', 'SELECT i AS id, chance(i, 12.9898) AS a, chance(i, 78.233) AS b, chance(i, 39.425) AS y FROM generate_series(1, 300) i',
								  target => 'y', algorithm => 'linear', key => 'id');
-- nothing held out: tried on its own rows
SET client_min_messages = error;
SELECT * FROM trained('own rows', 'SELECT 0 AS x, CASE WHEN id < 100 THEN 1.5 ELSE 2.5 END AS y FROM generate_series(1, 200) id', 'y', 'mlp', test_size => 0,
					  params => '{"max_iter": 1, "hidden_layer_sizes": [1], "learning_rate_init": 100}');
RESET client_min_messages;
SET client_min_messages = error;
-- probabilities of 0 and 1 cost more than a constant's, and yet the labels are right: deployed, and said
SELECT * FROM trained('sure', 'SELECT id, a, b, visits, bought FROM shop', 'bought', 'tree', 'id');

-- with a key: added, another share, another key, one that is not unique
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic');
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic');
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'id');
SELECT version, note FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'id', 0.4);
SELECT version, note FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'id', 0.1);
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'code');
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'visits');
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'visits', 0);
SELECT * FROM trained('g', 'SELECT id, code, visits, a, b, bought FROM shop', 'bought', 'logistic', 'visits', 0.3);
-- another target: the old version's answers are to another question
SELECT version, note FROM trained('t', 'SELECT id, a, b, bought FROM shop', 'bought', 'logistic', 'id');
SELECT version, deployed, note FROM trained('t', 'SELECT id, a, b, bought AND a > 0.5 AS "bought much" FROM shop', 'bought much', 'logistic', 'id');
-- without: values move under a model that knows its rows by heart
SELECT version, deployed FROM trained('h', 'SELECT visits, a, b, bought FROM shop', 'bought', 'forest');
UPDATE shop SET b = b + 0.0001 WHERE id % 3 > 0;
SELECT version, note ~ '^auc #, and # of the deployed version 1 on the same [0-9]+ rows$' AS compared FROM trained('h', 'SELECT visits, a, b, bought FROM shop', 'bought', 'logistic');
SELECT uprofile_deploy('h', 1);
UPDATE shop SET b = b + 0.0002;
SELECT version, deployed, note FROM trained('h', 'SELECT visits, a, b, bought FROM shop', 'bought', 'logistic');
RESET client_min_messages;

-- a deployed version whose bytes are damaged, or of a format to come, does not stand in the way of the next; and none such is deployed
SET client_min_messages = error;
SELECT version, deployed FROM trained('torn', 'SELECT id, a, b, bought FROM shop', 'bought', 'logistic', 'id');
UPDATE uprofile_model_versions SET bytes = set_byte(bytes, 40, 255 - get_byte(bytes, 40)) WHERE model = 'torn';
SELECT * FROM trained('torn', 'SELECT id, a, b, bought FROM shop', 'bought', 'logistic', 'id');
SELECT uprofile_deploy('torn', 1);
SELECT uprofile_rollback('torn');
UPDATE uprofile_model_versions SET bytes = overlay(bytes PLACING '\xff' FROM 5) WHERE model = 'torn';
SELECT * FROM trained('torn', 'SELECT id, a, b, bought FROM shop', 'bought', 'logistic', 'id');
SELECT uprofile_deploy('torn', 2);
SELECT version, deployed FROM uprofile_models WHERE model = 'torn' ORDER BY version;
RESET client_min_messages;

-- of three classes by log_loss, which less is better of; of other classes, too; without probabilities by accuracy
SET client_min_messages = error;
CREATE TABLE tiers AS SELECT i AS id, (hashint4(i) % 1000) / 100.0 AS a, (hashint4(i + 1) % 1000) / 100.0 AS b FROM generate_series(1, 1500) AS i;
CREATE VIEW tiered AS SELECT *, CASE WHEN a + b > 5 THEN 'gold' WHEN a > b THEN 'silver' ELSE 'tin' END AS tier FROM tiers;
SELECT * FROM trained('tier', 'tiered', 'tier', 'logistic', 'id');
SELECT * FROM trained('tier', 'tiered', 'tier', 'bayes', 'id');
SELECT * FROM trained('tier', 'tiered', 'tier', 'forest', 'id');
SELECT * FROM trained('tier', 'SELECT * FROM tiered WHERE tier <> ''tin''', 'tier', 'logistic', 'id');
SELECT deployed, regexp_replace(note, '[0-9]+\.[0-9]+', '#', 'g') AS note FROM uprofile_train('tier', 'tiered', 'tier', 'svm', 'id', '{"probability": false}');
RESET client_min_messages;

-- columns that tell the target, and what may be excluded
SELECT deployed FROM uprofile_train('leak', 'SELECT id, a, bought, CASE WHEN bought THEN ''sold'' ELSE ''not'' END AS state FROM shop', target => 'bought', algorithm => 'logistic', key => 'id',
						   params => '{"exclude": ["id", "bought"], "l1_ratio": 0}');
SELECT deployed, note FROM uprofile_train('leak', 'SELECT id, a, bought, CASE WHEN bought THEN ''sold'' ELSE ''not'' END AS state FROM shop', target => 'bought', algorithm => 'logistic', key => 'id',
						   params => '{"exclude": ["id", "bought", "state"]}', deploy => 'never');

-- without a hold-out: the same learner's bytes, which end a model, as the aggregate's, whatever other columns the rows have
SELECT algorithm, deployed FROM unnest('{forest,mlp}'::text[]) algorithm,
	LATERAL uprofile_train('whole ' || algorithm, 'SELECT id, a, b, visits, bought FROM shop', target => 'bought', algorithm => algorithm, key => 'id', test_size => 0, seed => 7,
						   params => CASE algorithm WHEN 'mlp' THEN '{"max_iter": 3}' ELSE '{"n_estimators": 5}' END::jsonb);
SELECT right(encode(uprofile_model('whole forest'), 'hex'), 2000) = right(encode(uprofile_forest(r, 'bought', '{"n_estimators": 5, "seed": 7}'), 'hex'), 2000) AS same_forest,
	   right(encode(uprofile_model('whole mlp'), 'hex'), 2000) = right(encode(uprofile_mlp(r, 'bought', '{"max_iter": 3, "seed": 7}'), 'hex'), 2000) AS same_net
FROM (SELECT a, b, visits, bought FROM shop) r;
SELECT count(*) FILTER (WHERE uprofile_predict_proba(m, s) <> uprofile_predict_proba('whole forest', s)) AS different
FROM shop s, (SELECT uprofile_forest(r, 'bought', '{"n_estimators": 5, "seed": 7, "exclude": ["id", "code", "coin"]}') AS m
			  FROM (SELECT id, a, code, b, coin, visits, bought FROM shop) r) x;

SELECT count(*) FROM (SELECT uprofile_drop_model(m) FROM unnest('{coin,number,said,own rows,sure,g,t,h,torn,tier,leak,whole forest,whole mlp}'::text[]) m) x;
DROP VIEW tiered;
DROP TABLE tiers, shop;
DROP FUNCTION trained;
DROP FUNCTION chance;
