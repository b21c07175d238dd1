-- What users are told: of names that are not there, of what is left out, in their own words and not in those of our statements.
SET client_min_messages = warning;
CREATE TABLE told_t AS SELECT i AS id, i % 50 AS age, (i * 7 % 13 + i % 50)::float8 AS spent, (ARRAY['ulm', 'bonn'])[i % 2 + 1] AS city, i % 50 > 20 AS loyal,
	timestamptz '2026-01-01 00:00+00' + i * interval '1 hour' AS at FROM generate_series(1, 200) i;

-- a mine, a model, or a version of one, that is not there; of others' names nothing is told
SELECT baskets FROM uprofile_mine('told baskets', 'told_t', 'age', 'city', min_support => 0.1);
SELECT * FROM uprofile_mine_rules('told basket');
SELECT * FROM uprofile_mine_sets('told basket');
SELECT count(*) > 0 AS some FROM uprofile_mine_sets('told baskets');
SELECT version FROM uprofile_train('told model', 'told_t', target => 'spent', algorithm => 'tree', key => 'id', deploy => 'always');
SELECT uprofile_model('told modle', 1);
SELECT uprofile_export_model('told modle', 1);
SELECT uprofile_model('told model', 2);
CREATE ROLE told_stranger;
SET ROLE told_stranger;
SELECT * FROM uprofile_mine_rules('told basket');
SELECT * FROM uprofile_mine_sets('told baskets');
SELECT uprofile_model('told modle', 1);
SELECT count(*) FROM uprofile_rules;
RESET ROLE;
DROP ROLE told_stranger;

-- columns without a pair
SET client_min_messages = notice;
SELECT column_a, column_b FROM uprofile_correlation('SELECT age, spent, city FROM told_t', methods => '{pearson}');
SELECT column_a, column_b, method FROM uprofile_correlation('SELECT age, city, loyal::text AS loyal FROM told_t', methods => '{cramers_v}');
SELECT * FROM uprofile_correlation('SELECT age, city FROM told_t', methods => '{pearson,spearman}');
SELECT * FROM uprofile_correlation('SELECT age, city || id + 200 * n AS name FROM told_t, generate_series(1, 2) n');
SELECT column_a, column_b, method FROM uprofile_correlation('SELECT age, city FROM told_t');
SET client_min_messages = warning;

-- expressions that are none
SELECT uprofile_create('told', 'told_t', 'id', policy => '{"live": {"old": ""}}');
SELECT uprofile_create('told', 'told_t', 'id', policy => '{"live": {"old": "-- age"}}');
SELECT uprofile_create('told', 'told_t', 'id', segments => '{"old": "/* age */"}');
SELECT uprofile_create('told', 'told_t', 'id', offers => '{"source": "told_t", "basket": "id", "item": "city", "where": "--"}');
SELECT * FROM uprofile_train_event('told event', 'told_t', 'told_t', 'id', 'at', target => 'exists(age = )');
SELECT * FROM uprofile_train_event('told event', 'told_t', 'told_t', 'id', 'at', target => 'sum(-- age)');
SELECT * FROM uprofile_train_event('told event', 'told_t', 'told_t', 'id', 'at', target => 'sum(aeg)');

-- names of models whose columns would have none, or one that is cut
SELECT uprofile_create('told', 'told_t', 'id', models => '{"": {"algorithm": "kmeans"}}');
SELECT uprofile_create('told', 'told_t', 'id', models => jsonb_build_object(repeat('m', 64), '{"algorithm": "kmeans"}'::jsonb));
SELECT uprofile_create('told', 'told_t', 'id', models => jsonb_build_object(repeat('m', 60), '{"algorithm": "tree", "target": "loyal"}'::jsonb));

-- no statement of ours is shown, neither of one that is asked for within, nor around a source
SELECT uprofile_report('told', 1);
SELECT * FROM uprofile_held_out('told model', 'SELECT id::text FROM told_t');
SELECT * FROM uprofile_describe('SELECT 1 / (id - 7) AS x FROM told_t');
SELECT * FROM uprofile_describe('SELECT 1 / 0 AS x FROM told_t');
SELECT * FROM uprofile_rfm_score('SELECT id, 1 / (id - 7) AS x FROM told_t', 'id', recency => 'x', frequency => 'x', monetary => 'x');
CREATE FUNCTION told_fails(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / ($1 - 7); END $$;
SELECT * FROM uprofile_describe('SELECT told_fails(id) FROM told_t');

-- why a model of a profile could not be trained, whole
SELECT uprofile_create('told', 'SELECT id, age, NULL::text AS never FROM told_t', 'id', 'none', '{"will": {"algorithm": "tree", "target": "never"}}');
SELECT message FROM uprofile_refresh('told');
SELECT decision, reason FROM uprofile_run_steps WHERE profile = 'told';
SELECT message FROM uprofile_runs WHERE profile = 'told';
SELECT uprofile_drop('told'), uprofile_drop_mine('told baskets');
SELECT uprofile_drop_model('told model');
DROP FUNCTION told_fails(int);
DROP TABLE told_t;

-- what other sessions refresh reads no temporary table, not even through a view
CREATE TEMP TABLE told_now AS SELECT i AS id, i % 5 AS age FROM generate_series(1, 20) i;
CREATE VIEW told_seen AS SELECT * FROM told_now;
SELECT uprofile_create('told', 'told_now', 'id', 'none');
SELECT uprofile_create('told', 'SELECT id, age FROM told_seen WHERE age > 1', 'id');
CREATE TEMP VIEW told_alone AS SELECT i AS id, i AS age FROM generate_series(1, 20) i;
SELECT uprofile_create('told', 'SELECT id, age FROM told_alone', 'id');
DROP VIEW told_alone;
SELECT uprofile_create('told', 'SELECT i AS id, i AS age FROM generate_series(1, 20) i', 'id', 'none');
SELECT uprofile_alter('told', source => 'told_now');
SELECT uprofile_drop('told');

-- names that are none, and one in double quotes
SELECT * FROM uprofile_describe('"Told Now"');
SELECT * FROM uprofile_clean('told_now', 'told clean');
SELECT uprofile_create('told', 'VALUES (1)', 'column1', watch => '{told now.id}');

-- no column to learn from, and why
SELECT * FROM uprofile_train('told', 'told_now', target => 'age', algorithm => 'tree', params => '{"exclude": ["id"]}');
SELECT * FROM uprofile_train('told', 'told_now', target => 'age', algorithm => 'tree', key => 'id');
SELECT * FROM uprofile_train('told', 'SELECT id, age, NULL::text AS never FROM told_now', target => 'age', algorithm => 'tree', key => 'id');

-- a target that never was there, and one that is gone
CREATE TABLE told_t AS SELECT i AS id, i % 5 AS age, i % 2 = 0 AS loyal FROM generate_series(1, 20) i;
SELECT uprofile_create('told', 'told_t', 'id', 'none', '{"will": {"algorithm": "tree", "target": "loyal"}}');
SELECT uprofile_alter('told', models => '{"more": {"algorithm": "tree", "target": "aeg"}}');
ALTER TABLE told_t DROP loyal;
SELECT uprofile_alter('told', models => '{"more": {"algorithm": "tree", "target": "age"}}');
SELECT uprofile_drop('told');
DROP TABLE told_t;

-- what a model has none of is told before its source is read, and why a source has no rows to measure
CREATE TABLE told_t AS SELECT i AS id, i % 5 AS age, i % 2 = 0 AS loyal FROM generate_series(1, 40) i;
SELECT version FROM uprofile_train('told', 'told_t', target => 'loyal', algorithm => 'tree', key => 'id', deploy => 'always', test_size => 0);
SELECT * FROM uprofile_roc('told', 'SELECT id, 1 / 0 AS age, true AS loyal FROM told_t', label => 'tru');
SELECT * FROM uprofile_evaluate('told', 'SELECT id, age, NULL::boolean AS loyal FROM told_t');
SELECT uprofile_drop_model('told');
DROP TABLE told_t;

-- names of parameters that other libraries have
SELECT uprofile_kmeans(ARRAY[i], 2, '{"n_clusters": 3}') FROM generate_series(1, 9) AS i;
SELECT uprofile_gmm(ARRAY[i], 2, '{"n_components": 3}') FROM generate_series(1, 9) AS i;
SELECT uprofile_boost(ARRAY[i], i > 4, '{"eta": 0.1}') FROM generate_series(1, 9) AS i;
SELECT uprofile_boost(ARRAY[i], i > 4, '{"num_leaves": 7}') FROM generate_series(1, 9) AS i;
SELECT uprofile_forest(ARRAY[i], i > 4, '{"trees": 7}') FROM generate_series(1, 9) AS i;
SELECT uprofile_mlp(ARRAY[i], i > 4, '{"epochs": 7}') FROM generate_series(1, 9) AS i;
SELECT uprofile_tree(ARRAY[i], i > 4, '{"iterations": 7}') FROM generate_series(1, 9) AS i;
SELECT uprofile_boost(ARRAY[i], i > 4, '{"monotonic_cst": [1]}') FROM generate_series(1, 9) AS i;
SELECT uprofile_boost(ARRAY[i], i > 4, '{"test_size": 0.3}') FROM generate_series(1, 9) AS i;

-- and of algorithms and metrics
SELECT * FROM uprofile_cross_validate('told_now', 'age', 'RandomForestRegressor');
SELECT * FROM uprofile_cross_validate('told_now', 'age', 'ridge');
SELECT * FROM uprofile_cross_validate('told_now', 'age', 'elastic_net');
SELECT * FROM uprofile_cross_validate('told_now', 'age', 'LightGBM');
SELECT * FROM uprofile_cross_validate('told_now', 'age', 'knn');
SELECT * FROM uprofile_tune('told_now', 'age', 'tree', '{"max_depth": [1, 2]}', metric => 'neg_mean_squared_error');
SELECT * FROM uprofile_tune('told_now', 'age', 'tree', '{"max_depth": [1, 2]}', metric => 'f1_macro');

-- hints for values of parameters that other libraries have, and for what is set elsewhere
SELECT uprofile_logistic(ARRAY[i], i > 4, '{"penalty": null}') FROM generate_series(1, 9) AS i;
SELECT uprofile_boost(ARRAY[i], i > 4, '{"learning_rate": null}') FROM generate_series(1, 9) AS i;
SELECT uprofile_forest(ARRAY[i], i > 4, '{"class_weight": "balanced_subsample"}') FROM generate_series(1, 9) AS i;
SELECT uprofile_forest(ARRAY[i], CASE WHEN i > 4 THEN 'no "so"' ELSE 'yes' END, '{"class_weight": [1, 2]}') FROM generate_series(1, 9) AS i;
SELECT uprofile_forest(ARRAY[i], i > 4, '{"n_jobs": -1}') FROM generate_series(1, 9) AS i;
SELECT * FROM uprofile_tune('told_now', 'age', 'boost', '{"max_depth": {"min": 1, "max": 5}}');
SELECT * FROM uprofile_tune('told_now', 'age', 'boost', '{"subsample": {"low": 0.1, "high": 0.9}}');
SELECT * FROM uprofile_tune('told_now', 'age', 'tree', '{"max_depth": [1, 2]}', method => 'bayes');
SELECT uprofile_model_info(uprofile_tree(t, 'age')) -> 'left_out' AS left_out FROM (SELECT age, id, int4range(id, id + age) AS during FROM told_now) t;

-- features by their names, where they have some
SELECT uprofile_model_info(uprofile_logistic(t, 'y', '{"penalty": "none"}')) ->> 'separation_note' AS note FROM (SELECT i % 7 AS days, (i % 10 = 0)::int AS chosen, i % 3 = 0 OR i % 10 = 0 AS y FROM generate_series(1, 60) i) t;
SELECT uprofile_model_info(uprofile_logistic(ARRAY[days, chosen], y, '{"penalty": "none"}')) ->> 'separation_note' AS note FROM (SELECT i % 7 AS days, (i % 10 = 0)::int AS chosen, i % 3 = 0 OR i % 10 = 0 AS y FROM generate_series(1, 60) i) t;
SELECT uprofile_bayes(t, 'y', '{"distribution": "multinomial"}') FROM (SELECT i AS days, -i AS debt, i % 2 = 0 AS y FROM generate_series(1, 40) i) t;
SELECT uprofile_bayes(t, 'y') FROM (SELECT i AS days, i * 1e200 AS debt, i % 2 = 0 AS y FROM generate_series(1, 40) i) t;
SELECT uprofile_scaler(t) FROM (SELECT i AS days, i * 1e200 AS debt FROM generate_series(1, 40) i) t;
SELECT uprofile_scaler(t, '{"method": "robust"}') FROM (SELECT i AS days, i * 1e-310 AS debt FROM generate_series(1, 40) i) t;
SELECT uprofile_logistic(t, 'y', '{"scale": "none"}') FROM (SELECT i AS days, i * 1e200 AS debt, i % 2 = 0 AS y FROM generate_series(1, 40) i) t;

-- no figures, since no row was held out
SELECT version, rows_tested, deployed, note FROM uprofile_train('told none', 'SELECT i AS x, i * 7 % 13 + i / 9.0 AS y FROM generate_series(1, 40) i', target => 'y', algorithm => 'linear', test_size => 0);
SELECT version, rows_tested, deployed, note FROM uprofile_train('told none', 'SELECT i AS x, i * 7 % 13 + i / 9.0 AS y FROM generate_series(1, 40) i', target => 'y', algorithm => 'linear', test_size => 0);
SELECT rows_tested, note FROM uprofile_train('told none', 'SELECT i AS x, i * 7 % 13 AS y FROM generate_series(1, 2) i', target => 'y', algorithm => 'linear', deploy => 'never');
SELECT version, note FROM uprofile_train('told groups', 'SELECT i AS x FROM generate_series(1, 40) i', algorithm => 'kmeans', params => '{"k": 2}');
SELECT uprofile_drop_model(m) FROM (VALUES ('told none'), ('told groups')) AS t (m);
