-- Several models as one, and algorithms that are found.
CREATE TABLE ensemble_t AS
SELECT g AS id, (g * 7919 % 1000) / 100.0 AS x1, CASE WHEN g % 13 > 0 THEN (g * 104729 % 997) / 100.0 END AS x2,
	   CASE WHEN g % 9 > 0 THEN (ARRAY['u', 'v', 'w', 'z'])[1 + g * 31 % 4] END AS kind, g % 3 = 0 AS flag
FROM generate_series(1, 900) g;
CREATE VIEW ensemble_v AS SELECT *, coalesce(x1 + x2, 8) + CASE kind WHEN 'u' THEN 4 ELSE 0 END + id * 17 % 11 / 3.0 > 12 AS y FROM ensemble_t;
CREATE VIEW ensemble_n AS SELECT *, coalesce(x1 + x2, 8) + CASE kind WHEN 'u' THEN 4 ELSE 0 END + id * 17 % 11 / 3.0 AS y FROM ensemble_t;
CREATE VIEW ensemble_k AS SELECT *, CASE WHEN x1 < 3 THEN 'low' WHEN x1 + coalesce(x2, 0) < 11 THEN 'mid' ELSE 'top' END AS y FROM ensemble_t;
SELECT m.model_name, algorithm_name FROM (VALUES ('ensemble_a', 'tree', '{"max_depth": 4}'), ('ensemble_b', 'logistic', '{}'),
	('ensemble_c', 'bayes', '{"prepare": {"kind": {"max_categories": 3}}}')) AS v (name, algorithm, params),
	uprofile_train(v.name, 'ensemble_v', 'y', v.algorithm, 'id', v.params::jsonb) m;
SELECT m.model_name, algorithm_name FROM (VALUES ('ensemble_ra', 'boost'), ('ensemble_rb', 'linear')) AS v (name, algorithm), uprofile_train(v.name, 'ensemble_n', 'y', v.algorithm, 'id') m;
SELECT m.model_name, algorithm_name FROM (VALUES ('ensemble_ka', 'tree'), ('ensemble_kb', 'bayes')) AS v (name, algorithm), uprofile_train(v.name, 'ensemble_k', 'y', v.algorithm, 'id') m;

-- A vote is the mean of what its members say, also of what they have not seen.
SELECT algorithm_name, task, rows_trained, rows_tested, features, deployed, note FROM uprofile_vote('ensemble_vote', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b', 'ensemble_c'], weights => '{2, 1, 1}');
CREATE VIEW ensemble_rows AS SELECT x1, x2, kind, flag FROM ensemble_t UNION ALL VALUES (5, 5, 'never seen', NULL), (NULL, NULL, NULL, true);
SELECT max(abs(uprofile_predict_proba('ensemble_vote', r) - (2 * uprofile_predict_proba('ensemble_a', r) + uprofile_predict_proba('ensemble_b', r)
	+ uprofile_predict_proba('ensemble_c', r)) / 4)) < 1e-12 AS mean, bool_and(uprofile_predict_label('ensemble_vote', r) = (uprofile_predict_proba('ensemble_vote', r) > 0.5)::text) AS labels
FROM (SELECT *, 0 AS id FROM ensemble_rows) AS r;
SELECT algorithm_name, task, note FROM uprofile_vote('ensemble_rvote', 'ensemble_n', 'y', ARRAY['ensemble_ra', 'ensemble_rb']);
SELECT max(abs(uprofile_predict('ensemble_rvote', r) - (uprofile_predict('ensemble_ra', r) + uprofile_predict('ensemble_rb', r)) / 2)) < 1e-12 AS mean FROM (SELECT *, 0 AS id FROM ensemble_rows) AS r;
SELECT algorithm_name, task FROM uprofile_vote('ensemble_kvote', 'ensemble_k', 'y', ARRAY['ensemble_ka', 'ensemble_kb'], refit => true);
SELECT max(abs(uprofile_predict_proba('ensemble_kvote', r, 'mid') - (uprofile_predict_proba('ensemble_ka', r, 'mid') + uprofile_predict_proba('ensemble_kb', r, 'mid')) / 2)) < 1e-12 AS mean
FROM (SELECT *, 0 AS id FROM ensemble_rows) AS r;

-- A stack weighs them.
SELECT algorithm_name, task, rows_trained, rows_tested, features, deployed, note FROM uprofile_stack('ensemble_stack', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b', 'ensemble_c'], seed => 1);
SELECT round((metrics ->> 'auc')::numeric, 2) AS auc, algorithm FROM uprofile_models WHERE model IN ('ensemble_a', 'ensemble_b', 'ensemble_c', 'ensemble_vote', 'ensemble_stack') ORDER BY 1, 2;
SELECT algorithm_name, round((metrics ->> 'r2')::numeric, 2) AS r2 FROM uprofile_stack('ensemble_rstack', 'ensemble_n', 'y', ARRAY['ensemble_ra', 'ensemble_rb'], folds => 3);
SELECT algorithm_name, round((metrics ->> 'accuracy')::numeric, 2) AS accuracy FROM uprofile_stack('ensemble_kstack', 'ensemble_k', 'y', ARRAY['ensemble_ka', 'ensemble_kb'], params => '{"C": 10}', split => '{"method": "random", "folds": 4}');
SELECT m ->> 'algorithm' AS algorithm, m ->> 'n_features' AS features, uprofile_model_info('ensemble_stack') -> 'meta' ->> 'algorithm' AS meta FROM jsonb_array_elements(uprofile_model_info('ensemble_stack') -> 'members') AS m;
SELECT uprofile_model_info(m) -> 'params' AS params FROM (VALUES ('ensemble_stack'), ('ensemble_vote')) AS v (m);
-- The same rows and seed, the same model.
SELECT version FROM uprofile_stack('ensemble_stack', 'SELECT * FROM ensemble_v ORDER BY x1', 'y', ARRAY['ensemble_a', 'ensemble_b', 'ensemble_c'], seed => 1);
SELECT count(DISTINCT uprofile_model_info(uprofile_model('ensemble_stack', v))) FROM generate_series(1, 2) v;

-- Explanations add up, and models travel.
SELECT m, abs(sum(contribution) + max(base_value) - max(p)) < 1e-9 AS adds_up, count(*) FROM (VALUES ('ensemble_vote'), ('ensemble_stack')) AS v (m),
	(SELECT * FROM ensemble_v WHERE id = 7) AS r, uprofile_explain(m, r) AS e, uprofile_predict_proba(m, r) AS p GROUP BY m ORDER BY m;
SELECT label, count(*) FROM uprofile_explain('ensemble_kstack', (SELECT r FROM ensemble_k r WHERE id = 7)) GROUP BY label ORDER BY label;
SELECT feature FROM uprofile_importance('ensemble_rvote', 'ensemble_n') ORDER BY rank LIMIT 1;
SELECT i.* FROM uprofile_import_model(uprofile_export_model('ensemble_stack'), model => 'ensemble_copy') i;
SELECT max(abs(uprofile_predict_proba('ensemble_stack', r) - uprofile_predict_proba('ensemble_copy', r))) AS difference FROM ensemble_v r;
SELECT round(value::numeric, 2) AS auc FROM uprofile_evaluate('ensemble_stack', 'ensemble_v', rows => 'held_out') WHERE metric = 'auc';
SELECT count(*) > 0 AS drift FROM uprofile_drift('ensemble_stack', 'ensemble_v');
SELECT uprofile_show('ensemble_vote');
SELECT uprofile_to_sql('ensemble_vote');
SELECT * FROM uprofile_importance('ensemble_vote');
SELECT uprofile_merge(uprofile_model(m)) FROM (VALUES ('ensemble_vote'), ('ensemble_vote')) AS v (m);
SELECT uprofile_subtract(uprofile_model('ensemble_vote'), uprofile_model('ensemble_vote'));
SELECT uprofile_update(uprofile_model('ensemble_vote'), r) FROM ensemble_v r;

-- What was trained on rows that are held out here; what does not go together.
SELECT note FROM uprofile_vote('ensemble_vote', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], test_size => 0.5, deploy => 'never');
SELECT note FROM uprofile_vote('ensemble_vote', 'SELECT *, id + 1 AS other FROM ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], key => 'other', deploy => 'never');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_ra']);
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_ka']);
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_vote']);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'flag', ARRAY['ensemble_a', 'ensemble_b']);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_bb']);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], versions => '{1, 7}');
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', NULL]);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', '{}');
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', NULL);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', NULL, ARRAY['ensemble_a', 'ensemble_b']);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], params => '{"max_depth": 3}');
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], params => '{"random_state": 3}');
SELECT * FROM uprofile_stack('ensemble_x', 'SELECT * FROM ensemble_v WHERE y', 'y', ARRAY['ensemble_a', 'ensemble_b']);
SELECT * FROM uprofile_stack('ensemble_x', 'SELECT * FROM ensemble_v WHERE false', 'y', ARRAY['ensemble_a', 'ensemble_b']);
SELECT * FROM uprofile_vote('ensemble_x', 'SELECT * FROM ensemble_v WHERE false', 'y', ARRAY['ensemble_a', 'ensemble_b']);
SELECT * FROM uprofile_vote('ensemble_x', 'SELECT x1, y FROM ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b']);
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], weights => '{1}');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], weights => '{1, NULL}');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], weights => '{1, -1}');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], weights => '{0, 0}');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b'], test_size => 1);
SELECT count(*) FROM uprofile_models WHERE model = 'ensemble_x';
SELECT version FROM uprofile_train('ensemble_d', 'SELECT x1::text || '' m'' AS x1, x2, y FROM ensemble_v', 'y', 'bayes', params => '{"prepare": {"x1": {"encode": "hash", "buckets": 8}}}');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_d']);

-- Hashed and target-encoded columns, and members that prepare a column differently.
CREATE VIEW ensemble_h AS SELECT id, x1, 'name ' || id % 300 AS name, 'red cup ' || kind AS words, ARRAY[x1, x2] AS place, timestamp '2026-01-01' + id * interval '7 hours' AS at, y FROM ensemble_v;
SELECT version FROM uprofile_train('ensemble_ha', 'ensemble_h', 'y', 'logistic', 'id', '{"prepare": {"name": {"encode": "target"}, "words": {"encode": "words", "buckets": 16}}}');
SELECT version FROM uprofile_train('ensemble_hb', 'ensemble_h', 'y', 'boost', 'id', '{"n_estimators": 10, "prepare": {"name": {"encode": "hash", "buckets": 32}, "words": {"encode": "words", "buckets": 16}}}');
SELECT algorithm_name, features FROM uprofile_vote('ensemble_hvote', 'ensemble_h', 'y', ARRAY['ensemble_ha', 'ensemble_hb']);
SELECT max(abs(uprofile_predict_proba('ensemble_hvote', r) - (uprofile_predict_proba('ensemble_ha', r) + uprofile_predict_proba('ensemble_hb', r)) / 2)) < 1e-12 AS mean FROM ensemble_h r;
SELECT algorithm_name, features FROM uprofile_stack('ensemble_hstack', 'ensemble_h', 'y', ARRAY['ensemble_ha', 'ensemble_hb'], folds => 2);
SELECT count(*), abs(sum(contribution) + max(base_value) - max(p)) < 1e-9 AS adds_up FROM (SELECT * FROM ensemble_h WHERE id = 7) AS r, uprofile_explain('ensemble_hstack', r) AS e, uprofile_predict_proba('ensemble_hstack', r) AS p;

-- The algorithm is found. Times are never tested: the budget is more than it takes.
SELECT algorithm_name, rows_tested, deployed, note ~ '^auto: [a-z ,]+ is the best of \d+ trials by auc \(0\.\d+ over 5 folds\); others: [a-z]+ 0\.' AS told FROM uprofile_train('ensemble_auto', 'ensemble_v', 'y', 'auto', 'id',
	tune => '{"search": {"logistic": {}, "bayes": {}, "tree": {"max_depth": [2, 4]}}, "max_trials": 6, "time_budget": "10 minutes"}');
SELECT params ->> 'algorithm' AS algorithm, count(*), min(rank) = 1 AS won FROM uprofile_trials WHERE model = 'ensemble_auto' GROUP BY 1 ORDER BY 1;
SELECT params ->> 'algorithm' AS algorithm, count(*), bool_and(mean > 0.5) FROM uprofile_tune('ensemble_v', 'y', 'auto', '{}', key => 'id', max_trials => 6, time_budget => '10 minutes') GROUP BY 1 ORDER BY 1;
SELECT params ->> 'algorithm' AS algorithm, count(*), bool_and(mean < 4) FROM uprofile_tune('ensemble_n', 'y', 'auto', NULL, key => 'id', max_trials => 4, time_budget => '10 minutes') GROUP BY 1 ORDER BY 1;
SELECT count(*), bool_and(mean < 1.2) FROM uprofile_tune('ensemble_k', 'y', 'auto', '{"bayes": {}, "boost": {"max_depth": [1, 2]}}', key => 'id', time_budget => '10 minutes');
SELECT algorithm_name FROM uprofile_train('ensemble_auto', 'ensemble_v', 'y', 'auto', 'id',
	tune => '{"search": {"logistic": {}, "bayes": {}, "tree": {"max_depth": [2, 4]}}, "max_trials": 6, "time_budget": "10 minutes", "vote": false}');
-- What adjusts answers is done to the winner.
SELECT note ~ '^auto: ' AS told FROM uprofile_train('ensemble_auto', 'ensemble_v', 'y', 'auto', 'id', '{"calibrate": "sigmoid"}',
	tune => '{"search": {"bayes": {}, "tree": {"max_depth": [2]}}, "time_budget": "10 minutes"}', deploy => 'always');
SELECT uprofile_model_info('ensemble_auto') -> 'params' ->> 'calibrate' AS calibrate;
-- No time, few rows, one of a class, one class, nothing to learn from.
-- What takes longer than was thought is broken off.
SELECT algorithm_name FROM uprofile_train('ensemble_auto', 'SELECT id, x1, x2, id % 10 AS y FROM ensemble_v', 'y', 'auto', 'id', deploy => 'never',
	tune => '{"time_budget": "5 seconds", "search": {"boost": {"n_estimators": [100000]}, "bayes": {}}}');
SELECT params ->> 'algorithm' AS algorithm, mean IS NULL AS unknown, pruned, rank FROM uprofile_trials WHERE model = 'ensemble_auto' AND version = (SELECT max(version) FROM uprofile_models WHERE model = 'ensemble_auto') ORDER BY rank;
SELECT note ~ 'is the best of 1 trial by' AS one FROM uprofile_train('ensemble_auto', 'ensemble_v', 'y', 'auto', 'id', deploy => 'never', tune => '{"search": {"bayes": {}}}');
SELECT rows_trained, note ~ '(log_loss|accuracy|auc) [0-9.]+, and [0-9.]+ of ' AS beside_a_constant FROM uprofile_train('ensemble_auto', 'ensemble_v', 'y', 'auto', 'id', tune => '{"time_budget": 0}', deploy => 'never');
-- Who wins was not given up.
SELECT mean IS NULL AS unknown, pruned, rank FROM uprofile_trials WHERE model = 'ensemble_auto' AND version = (SELECT max(version) FROM uprofile_models WHERE model = 'ensemble_auto');
SELECT n, bool_or(rank = 1) AS won FROM generate_series(2, 6) n, uprofile_tune(format('SELECT x1, x2, id %% 2 = 0 AS y FROM ensemble_v WHERE id <= %s', n), 'y', 'auto', NULL, max_trials => 3) GROUP BY n ORDER BY n;
SELECT bool_or(rank = 1) AS won FROM uprofile_tune('SELECT x1, x2, id = 3 AS y FROM ensemble_v', 'y', 'auto', NULL, max_trials => 3);
SELECT * FROM uprofile_tune('SELECT x1, x2, true AS y FROM ensemble_v', 'y', 'auto', NULL);
SELECT * FROM uprofile_tune('SELECT x1, x2, y FROM ensemble_v WHERE false', 'y', 'auto', NULL);
SELECT * FROM uprofile_tune('SELECT NULL::int AS x1, y FROM ensemble_v', 'y', 'auto', NULL);
SELECT * FROM uprofile_tune('SELECT x1, y FROM ensemble_n LIMIT 1', 'y', 'auto', NULL);
-- What is no order.
SELECT * FROM uprofile_train('ensemble_x', 'ensemble_v', 'y', 'auto', params => '{"C": 1}');
SELECT * FROM uprofile_train('ensemble_x', 'ensemble_v', algorithm => 'auto');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', '{"bost": {}}');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', '{"boost": [1]}');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', '{"linear": {}}');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', '[]');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', NULL, method => 'tpe');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', NULL, metric => 'rmse');
SELECT * FROM uprofile_tune('ensemble_v', 'y', 'auto', NULL, time_budget => '-1 s');
SELECT * FROM uprofile_cross_validate('ensemble_v', 'y', 'auto');
SELECT * FROM uprofile_vote('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_b', 'ensemble_a']);
SELECT * FROM uprofile_stack('ensemble_x', 'ensemble_v', 'y', ARRAY['ensemble_a', 'ensemble_a'], versions => '{1, 1}');

-- Ensembles of an earlier version.
CREATE TABLE ensemble_golden (what text PRIMARY KEY, hex text);
\copy ensemble_golden FROM 'test/data/golden_ensembles.csv' WITH (FORMAT csv)
SELECT what, round(uprofile_predict_proba(decode(hex, 'hex'), r)::numeric, 6) AS probability FROM ensemble_golden, (VALUES (1, 'b'), (40, 'a'), (NULL, 'new')) AS r (n, kind) WHERE what <> 'values' ORDER BY 1, 2;
SELECT round(uprofile_predict(decode(hex, 'hex'), r)::numeric, 4) AS value FROM ensemble_golden, (VALUES (1, 'b'), (40, 'a'), (NULL, 'new')) AS r (n, kind) WHERE what = 'values' ORDER BY 1;

SELECT count(*) FROM (SELECT uprofile_drop_model(name) FROM (SELECT DISTINCT model AS name FROM uprofile_models WHERE model LIKE 'ensemble\_%') AS m) AS d;
DROP VIEW ensemble_h, ensemble_rows, ensemble_v, ensemble_n, ensemble_k;
DROP TABLE ensemble_t, ensemble_golden;

-- what holds still may be infinite in a column that no member, or no algorithm of a search, learns from; one that a single member learns from may not
CREATE TABLE ensemble_far AS SELECT id, id % 50 AS age, CASE WHEN id = 77 THEN float8 'infinity' ELSE id % 3 END AS far, id % 50 > 20 AND id % 7 > 1 AS y FROM generate_series(1, 300) id;
SELECT version FROM uprofile_train('ensemble_near', 'ensemble_far', 'y', 'tree', 'id', '{"exclude": ["far"]}', deploy => 'always');
SELECT version FROM uprofile_train('ensemble_also', 'ensemble_far', 'y', 'bayes', 'id', '{"features": ["age"]}', deploy => 'always');
SELECT version FROM uprofile_train('ensemble_wide', 'SELECT * FROM ensemble_far WHERE id <> 77', 'y', 'tree', 'id', deploy => 'always');
SELECT rows_trained FROM uprofile_stack('ensemble_still', 'ensemble_far', 'y', ARRAY['ensemble_near', 'ensemble_also'], deploy => 'never');
SELECT rows_trained FROM uprofile_stack('ensemble_still', 'ensemble_far', 'y', ARRAY['ensemble_near', 'ensemble_wide'], deploy => 'never');
SELECT rows_trained FROM uprofile_vote('ensemble_still', 'ensemble_far', 'y', ARRAY['ensemble_near', 'ensemble_wide'], refit => true, deploy => 'never');
SELECT count(*) FROM uprofile_tune('ensemble_far', 'y', 'auto', '{"tree": {"exclude": [["far"]]}, "bayes": {"features": [["age"], ["id", "age"]]}}', key => 'id', max_trials => 2);
SELECT count(*) FROM uprofile_tune('ensemble_far', 'y', 'auto', '{"tree": {"exclude": [["far"], ["age"]]}, "bayes": {"features": [["age"]]}}', key => 'id', max_trials => 2);
SELECT count(*) FROM uprofile_tune('ensemble_far', 'y', 'auto', '{"tree": {"exclude": [["far"]]}, "bayes": {}}', key => 'id', max_trials => 2);
SELECT uprofile_drop_model(m) FROM unnest('{ensemble_near,ensemble_also,ensemble_wide,ensemble_still}'::text[]) m;
DROP TABLE ensemble_far;
