-- A version that stays deployed, and one that is trained on all rows in the end.
CREATE TABLE pinned_t AS SELECT id, (id * 37 % 101)::float8 AS a, (id * 53 % 89)::float8 AS b, (id * 37 % 101) + (id * 7 % 13) > 55 AS y FROM generate_series(1, 300) id;
SELECT version, deployed FROM uprofile_train('pinned m', 'pinned_t', 'y', 'tree', 'id', '{"max_depth": 1}', deploy => 'never');
SELECT * FROM uprofile_pin_model('pinned m');
SELECT * FROM uprofile_pin_model('pinned m', 1);
SELECT version, deployed, note FROM uprofile_train('pinned m', 'pinned_t', 'y', 'tree', 'id');
SELECT version, deployed, note FROM uprofile_train('pinned m', 'pinned_t', 'y', 'tree', 'id', deploy => 'always');
SELECT * FROM uprofile_deploy('pinned m', 2);
SELECT * FROM uprofile_rollback('pinned m');
SELECT * FROM uprofile_import_model(uprofile_export_model('pinned m'));
SELECT version, deployed FROM uprofile_import_model(uprofile_export_model('pinned m'), deploy => false);
SELECT version, deployed, pinned FROM uprofile_models WHERE model = 'pinned m' ORDER BY version;
-- Another version can be pinned in its place.
SELECT * FROM uprofile_pin_model('pinned m', 2);
SELECT count(*) FROM uprofile_prune_models(1, 'pinned m');
SELECT version, pinned FROM uprofile_models WHERE model = 'pinned m' ORDER BY version;
SELECT uprofile_unpin_model('pinned m');
SELECT version, deployed FROM uprofile_train('pinned m', 'pinned_t', 'y', 'tree', 'id', deploy => 'always');
SELECT uprofile_pin_model('pinned m', 77);
SELECT uprofile_pin_model('pinned nobody');
SELECT uprofile_pin_model(NULL);
SELECT uprofile_unpin_model('pinned nobody'), uprofile_unpin_model(NULL) IS NULL AS nothing;
-- What is found is trained on all rows; nothing is left to compare it by.
SELECT version, rows_trained, rows_tested, metrics ->> 'rows' AS measured, deployed, note FROM uprofile_train('pinned r', 'pinned_t', 'y', key => 'id', algorithm => 'tree', tune => '{"search": {"max_depth": [1, 3]}, "refit": "all", "folds": 3}');
SELECT (uprofile_model_info('pinned r') ->> 'rows')::int AS rows, test_size, holdout IS NULL AS listed_none FROM uprofile_model_versions WHERE model = 'pinned r';
SELECT count(*) FROM uprofile_evaluate('pinned r', 'pinned_t', rows => 'held_out');
SELECT version, deployed, note FROM uprofile_train('pinned r', 'pinned_t', 'y', key => 'id', algorithm => 'tree', params => '{"max_depth": 3}');
-- The same as without, but for the rows.
SELECT count(*) FILTER (WHERE uprofile_predict_proba(uprofile_model('pinned r', 1), t) IS DISTINCT FROM uprofile_predict_proba(m.whole, t)) AS differ
FROM pinned_t t, (SELECT uprofile_tree(t, 'y', '{"max_depth": 3, "exclude": ["id"]}') AS whole FROM pinned_t t) m;
SELECT version, rows_trained FROM uprofile_train('pinned r', 'pinned_t', 'y', key => 'id', algorithm => 'auto', tune => '{"search": {"tree": {"max_depth": [1, 3]}, "bayes": {}}, "refit": "all", "folds": 2}');
SELECT version FROM uprofile_train('pinned r', 'pinned_t', 'y', key => 'id', algorithm => 'tree', tune => '{"search": {"max_depth": [1, 3]}, "refit": "both"}');
-- Recommenders as well.
SELECT version, deployed FROM uprofile_train_recommender('pinned s', 'SELECT id % 20 AS who, id * 7 % 11 AS what FROM pinned_t', 'who', 'what', algorithm => 'popularity');
SELECT * FROM uprofile_pin_model('pinned s');
SELECT version, deployed, note FROM uprofile_train_recommender('pinned s', 'SELECT id % 20 AS who, id * 7 % 11 AS what FROM pinned_t', 'who', 'what', algorithm => 'popularity');
SELECT version, deployed FROM uprofile_train_recommender('pinned s', 'SELECT id % 20 AS who, id * 7 % 11 AS what FROM pinned_t', 'who', 'what', algorithm => 'popularity', deploy => 'always');
SELECT model_name FROM uprofile_drop_model('pinned s') UNION ALL SELECT model_name FROM uprofile_drop_model('pinned m') UNION ALL SELECT model_name FROM uprofile_drop_model('pinned r');
DROP TABLE pinned_t;
