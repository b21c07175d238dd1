-- Splits, cross-validation and tuning.
CREATE TABLE tune_t AS
SELECT g AS id, g % 40 AS shop, timestamp '2026-01-01' + g * interval '1 hour' AS at, g % 4 - 1 AS part,
	   (g * 7919 % 1000) / 1000.0 AS x1, CASE WHEN g % 11 > 0 THEN (g * 104729 % 997) / 997.0 END AS x2, substr('aabc', g % 4 + 1, 1) AS c,
	   (g * 7919 % 1000) / 1000.0 + (g * 104729 % 997) / 997.0 + (g * 31 % 17) / 17.0 > 1.5 AS y
FROM generate_series(1, 400) g;
CREATE VIEW tune_v AS SELECT x1, x2, c, y FROM tune_t;

-- Every metric of the task.
SELECT metric, count(*) AS folds, round(avg(value)::numeric, 4) AS mean FROM uprofile_cross_validate('tune_v', 'y', 'logistic') GROUP BY metric ORDER BY metric COLLATE "C";
SELECT metric, count(*) AS folds, round(avg(value)::numeric, 4) AS mean FROM uprofile_cross_validate('SELECT x1, c, x2 FROM tune_t WHERE x2 IS NOT NULL', 'x2', 'linear', folds => 3) GROUP BY metric ORDER BY metric COLLATE "C";
SELECT metric, count(*) AS folds, round(avg(value)::numeric, 4) AS mean FROM uprofile_cross_validate('SELECT x1, x2, y, c FROM tune_t', 'c', 'bayes', folds => 2) GROUP BY metric ORDER BY metric COLLATE "C";

-- The ways to split.
CREATE FUNCTION tune_rows(split jsonb, key text DEFAULT NULL, folds int DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(value::text, ' ' ORDER BY fold) FROM uprofile_cross_validate('SELECT id, shop, at, part, x1, x2, y FROM tune_t', 'y', 'bayes', split => split, key => key, folds => folds)
WHERE metric = 'rows' $$;
SELECT tune_rows(NULL), tune_rows(NULL, folds => 3), tune_rows('{"method": "random", "folds": 7}');
SELECT tune_rows('{"method": "hash"}', 'id') = tune_rows('{"method": "hash", "seed": 0}', 'id') AS same, tune_rows('{"method": "hash", "repeats": 2}', 'id');
SELECT tune_rows('{"method": "stratified", "repeats": 2, "folds": 3}'), tune_rows('{"method": "group", "column": "shop", "folds": 4}');
SELECT tune_rows('{"method": "time", "column": "at"}'), tune_rows('{"method": "column", "column": "part"}');
-- A key that comes again is in one fold.
SELECT tune_rows(NULL, 'shop', 4), tune_rows('{"method": "group"}', 'shop', 4);
-- The same seed, the same answer, whatever order the rows come in.
SELECT count(*) FROM (SELECT * FROM uprofile_cross_validate('SELECT * FROM tune_v ORDER BY x1', 'y', 'tree', seed => 3)
	EXCEPT SELECT * FROM uprofile_cross_validate('SELECT * FROM tune_v ORDER BY x1 DESC', 'y', 'tree', seed => 3)) AS d;
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', seed => 9223372036854775807);
SELECT * FROM uprofile_tune('tune_v', 'y', 'auto', '{}', time_budget => '178000000 years');
-- A key tells users apart, not what is to be predicted of them.
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', key => 'y');
-- Another seed, other folds.
SELECT count(*) > 0 AS differ FROM (SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', seed => 3)
	EXCEPT SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"seed": 4}', seed => 3)) AS d;
-- A class of one row: a fold is trained without it, and says so.
SELECT fold, metric, value FROM uprofile_cross_validate('SELECT x1, x2, id = 7 AS y FROM tune_t', 'y', 'tree', folds => 2) WHERE metric IN ('accuracy', 'auc', 'recall') ORDER BY 1, 2;

-- What is no split.
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '[]');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "groups"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"metod": "group"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "group"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "time"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "random", "column": "c"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "group", "column": 1}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "time", "column": "c"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "group", "column": "y"}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', split => '{"method": "group", "column": "x3"}');
SELECT * FROM uprofile_cross_validate('tune_t', 'y', 'tree', split => '{"method": "time", "column": "at", "repeats": 2}');
SELECT * FROM uprofile_cross_validate('SELECT x1, y, NULLIF(at, timestamp ''2026-01-02'') AS at FROM tune_t', 'y', 'tree', split => '{"method": "time", "column": "at"}');
SELECT * FROM uprofile_cross_validate('tune_t', 'y', 'tree', split => '{"method": "time", "column": "part"}');
SELECT * FROM uprofile_cross_validate('SELECT x1, y, -1 AS f FROM tune_t', 'y', 'tree', split => '{"method": "column", "column": "f"}');
SELECT * FROM uprofile_cross_validate('SELECT x1, y, 1 AS f FROM tune_t', 'y', 'tree', split => '{"method": "column", "column": "f"}');
SELECT * FROM uprofile_cross_validate('tune_t', 'y', 'tree', split => '{"method": "group", "column": "part", "folds": 5}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', folds => 1);
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', folds => 4, split => '{"folds": 5}');
SELECT * FROM uprofile_cross_validate('SELECT * FROM tune_v LIMIT 3', 'y', 'tree');
SELECT * FROM uprofile_cross_validate('SELECT * FROM tune_v WHERE y', 'y', 'tree');
SELECT * FROM uprofile_cross_validate('SELECT * FROM tune_v WHERE false', 'y', 'tree');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'kmeans');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', 'tree', '{"depth": 3}');
SELECT * FROM uprofile_cross_validate('tune_v', 'y', NULL);
SELECT * FROM uprofile_cross_validate('tune_v', NULL, 'tree');
SELECT * FROM uprofile_cross_validate(NULL, 'y', 'tree');

-- Tuning: every point of a grid, the best mean first; what is alike is decided by the size of the model, then by the number.
CREATE FUNCTION tune_shown(algorithm text, search jsonb, method text DEFAULT NULL, metric text DEFAULT NULL, max_trials int DEFAULT NULL, stop_early bool DEFAULT false)
RETURNS TABLE (trial int, params jsonb, mean numeric, std numeric, rank int, pruned bool) LANGUAGE sql AS $$
SELECT trial, params, round(mean::numeric, 4), round(std::numeric, 4), rank, pruned
FROM uprofile_tune('tune_v', 'y', algorithm, search, method, metric, max_trials => max_trials, stop_early => stop_early, seed => 1) ORDER BY trial $$;
SELECT * FROM tune_shown('logistic', '{"C": [0.01, 1], "scale": ["none", "zscore"], "max_iter": 500}');
SELECT trial, params, rank FROM tune_shown('tree', '{"max_depth": [1, 1, 1], "min_samples_leaf": 1}', metric => 'accuracy');
-- A trial is what cross-validation says of its parameters, of the pipeline too.
SELECT params, round(mean::numeric, 4) AS mean, (SELECT round(avg(value)::numeric, 4) FROM uprofile_cross_validate('tune_v', 'y', 'bayes', params, seed => 1) WHERE metric = 'log_loss') AS validated
FROM tune_shown('bayes', '{"select": [null, {"method": "anova_f", "k": 1}], "var_smoothing": [1e-9, 1]}', metric => 'log_loss') ORDER BY trial;
SELECT params, mean FROM tune_shown('logistic', '{"prepare": [null, {"c": {"encode": "target"}}, {"*": {"impute": "mean"}}]}');
-- What trials share changes nothing: rounds and rows to the last digit, the path of C within the tolerance of the solver.
CREATE FUNCTION tune_apart(algorithm text, search jsonb, metric text, target text DEFAULT 'y') RETURNS TABLE (trials bigint, equal bool, near bool) LANGUAGE sql AS $$
SELECT count(*), bool_and(t.mean = v.mean), bool_and(abs(t.mean - v.mean) < 1e-6) FROM uprofile_tune('tune_v', target, algorithm, search, metric => metric, folds => 3, seed => 2) t,
LATERAL (SELECT avg(value) AS mean FROM (SELECT value FROM uprofile_cross_validate('tune_v', target, algorithm, t.params, folds => 3, seed => 2) WHERE metric = tune_apart.metric ORDER BY fold) f) v $$;
SELECT * FROM tune_apart('boost', '{"n_estimators": [20, 5, 30], "learning_rate": [0.1, 0.7], "max_depth": [2, 4], "subsample": [0.5, 1]}', 'log_loss');
SELECT * FROM tune_apart('boost', '{"n_estimators": [20, 5, 30], "loss": ["squared_error", "absolute_error"], "colsample": [0.5, 1], "early_stopping": [true, false]}', 'rmse', 'x2');
SELECT * FROM tune_apart('boost', '{"n_estimators": [2, 10], "learning_rate": [0.3, 5]}', 'log_loss', 'c');
SELECT * FROM tune_apart('tree', '{"max_depth": [1, 4, null], "prepare": [null], "select": [null, {"method": "anova_f", "k": 2}]}', 'brier');
SELECT * FROM tune_apart('tree', '{"max_depth": [2, 5, 3], "min_samples_leaf": [1, 9], "ccp_alpha": [0, 0.002], "max_features": [null, 1]}', 'brier');
SELECT * FROM tune_apart('tree', '{"max_depth": [6, 2], "max_leaf_nodes": [null, 5], "criterion": ["squared_error", "absolute_error"], "splitter": ["best", "random"]}', 'rmse', 'x2');
SELECT * FROM tune_apart('tree', '{"max_depth": [3, null], "criterion": ["gini", "entropy"], "class_weight": [null, "balanced"]}', 'log_loss', 'c');
SELECT * FROM tune_apart('forest', '{"n_estimators": [6, 2, 9], "max_depth": [3, null], "bootstrap": [true, false], "max_samples": [null, 0.5]}', 'log_loss');
SELECT * FROM tune_apart('forest', '{"n_estimators": [5, 3], "oob_score": [true, false], "max_leaf_nodes": [null, 4]}', 'rmse', 'x2');
SELECT trials, near FROM tune_apart('svm', '{"C": [0.1, 1, 10], "kernel": ["rbf", "linear", "poly"], "gamma": ["scale", 0.3]}', 'accuracy');
SELECT trials, near FROM tune_apart('svm', '{"C": [1, 0.2], "kernel": ["rbf"], "probability": [true], "shrinking": [true, false]}', 'log_loss', 'c');
SELECT * FROM tune_apart('svr', '{"C": [0.1, 1], "epsilon": [0.1, 0.5]}', 'rmse', 'x2');
SELECT * FROM tune_apart('bayes', '{"var_smoothing": [1e-9, 0.1], "scale": ["none", "minmax"]}', 'log_loss');
SELECT trials, near FROM tune_apart('logistic', '{"C": [10, 0.001, 1, 1000], "class_weight": [null, "balanced"], "fit_intercept": [true, false]}', 'log_loss');
SELECT trials, near FROM tune_apart('logistic', '{"C": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 3, 0.02, 1e6, 1e9]}', 'log_loss');
SELECT trials, near FROM tune_apart('logistic', '{"C": [0.1, 0.001, 1], "penalty": ["l2", "l1"], "max_iter": 1000}', 'log_loss', 'c');
SELECT trials, near FROM tune_apart('svm', '{"C": [0.001, 0.1, 10], "loss": ["squared_hinge", "hinge"], "tol": 1e-8}', 'accuracy');
SELECT trials, near FROM tune_apart('svm', '{"intercept_scaling": [1000, 0.001, 1], "C": [1, 0.01], "probability": [true], "scale": ["none"]}', 'log_loss');
DROP FUNCTION tune_apart;
-- The other methods: seeded, and each point once.
SELECT count(*), count(DISTINCT params), min(rank), max(rank) FROM tune_shown('tree', '{"max_depth": {"integer": [1, 12]}, "min_samples_leaf": {"log_integer": [1, 50]}}');
SELECT count(*), count(DISTINCT params) FROM tune_shown('tree', '{"max_depth": [1, 2, 3]}', 'random');
SELECT count(*), count(*) FILTER (WHERE pruned) AS pruned, (array_agg(pruned ORDER BY rank))[1] AS best FROM tune_shown('tree', '{"max_depth": {"integer": [1, 12]}, "min_samples_leaf": {"log_integer": [1, 50]}}', 'halving', 'log_loss', 12);
SELECT count(*), count(*) FILTER (WHERE pruned) AS pruned, (array_agg(pruned ORDER BY rank))[1] AS best FROM tune_shown('tree', '{"max_depth": {"integer": [1, 12]}, "min_samples_leaf": {"log_integer": [1, 50]}}', 'hyperband', 'log_loss');
SELECT (SELECT array_agg(t) FROM tune_shown('tree', '{"max_depth": {"integer": [1, 12]}, "min_samples_leaf": {"log_integer": [1, 50]}}', 'tpe', 'log_loss', 15) t)
	 = (SELECT array_agg(t) FROM tune_shown('tree', '{"max_depth": {"integer": [1, 12]}, "min_samples_leaf": {"log_integer": [1, 50]}}', 'tpe', 'log_loss', 15) t) AS same;
-- Stopping early gives up what is clearly worse, not the best.
SELECT a.trial, a.pruned, b.mean = a.mean AS same, a.rank = b.rank AS same_rank FROM tune_shown('tree', '{"max_depth": [6, 1], "min_samples_leaf": [10, 150]}', metric => 'auc', stop_early => true) a
JOIN tune_shown('tree', '{"max_depth": [6, 1], "min_samples_leaf": [10, 150]}', metric => 'auc') b USING (trial) ORDER BY trial;
-- No time: one trial all the same.
SELECT count(*) FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1, 2, 3]}', time_budget => '0');

-- What is no search.
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '[]');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"C": 1}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"c": [1]}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"C": [1, 0]}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"C": []}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"C": {"uniform": [2, 1]}}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"C": {"log_uniform": [0, 1]}}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"C": {"loguniform": [1, 2]}}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'logistic', '{"prepare": {"c": {"encode": "target"}}}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": {"uniform": [1, 3]}}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": {"integer": [1, 2.5]}}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"seed": [1, 2]}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": {"integer": [1, 3]}}', 'grid');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1, 2, 3]}', 'gird');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1, 2, 3]}', 'grid', max_trials => 2);
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1, 2, 3]}', max_trials => 0);
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1, 2, 3]}', metric => 'rmse');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1, 2, 3]}', metric => 'acuracy');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', NULL);
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [1]}', time_budget => '-1 s');
-- A trial that fails is named.
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"exclude": [[], ["x1", "x2", "c"]]}');

-- Training takes what to tune: on the rows that are not held out, and the best is trained on all of these.
SELECT version, rows_trained, rows_tested, note FROM uprofile_train('tune_m', 'SELECT id, x1, x2, c, y FROM tune_t', 'y', 'logistic', 'id', '{"max_iter": 300}', seed => 1,
	tune => '{"search": {"C": [0.01, 1], "scale": ["none", "zscore"]}, "metric": "log_loss", "folds": 4}');
SELECT model, version, trial, params, metric, round(mean::numeric, 4) AS mean, round(std::numeric, 4) AS std, rank, seconds >= 0 AS timed, pruned FROM uprofile_trials ORDER BY trial;
SELECT version, params ->> 'C' AS c, params ->> 'scale' AS scale, params ->> 'max_iter' AS max_iter FROM uprofile_models WHERE model = 'tune_m';
SELECT t.trial, round(t.mean::numeric, 6) = (SELECT round(avg(v.value)::numeric, 6) FROM uprofile_cross_validate(
	'SELECT id, x1, x2, c, y FROM tune_t', 'y', 'logistic', jsonb_build_object('max_iter', 300) || t.params, 4, key => 'id', seed => 1) v WHERE v.metric = 'log_loss') AS of_all_rows
FROM uprofile_trials t WHERE t.rank = 1;
SELECT version, note FROM uprofile_train('tune_m', 'tune_t', 'y', 'tree', 'id', deploy => 'always', tune => '{"search": {"prepare": [null, {"c": {"encode": "target"}}], "max_depth": {"integer": [1, 8]}},
	"method": "tpe", "max_trials": 12, "time_budget": "1 hour", "stop_early": true, "split": {"method": "group", "column": "shop", "folds": 3}}');
SELECT count(*), min(rank) FROM uprofile_trials WHERE model = 'tune_m' AND version = 2;
SELECT count(*) FROM tune_t WHERE uprofile_predict_label('tune_m', tune_t) IS NULL;
SELECT * FROM uprofile_train('tune_m', 'tune_v', 'y', 'tree', tune => '[]');
SELECT * FROM uprofile_train('tune_m', 'tune_v', 'y', 'tree', tune => '{}');
SELECT * FROM uprofile_train('tune_m', 'tune_v', 'y', 'tree', tune => '{"C": [1]}');
SELECT * FROM uprofile_train('tune_m', 'tune_v', 'y', 'tree', tune => '{"search": {"max_depth": [1]}, "method": 1}');
SELECT * FROM uprofile_train('tune_m', 'tune_v', 'y', 'tree', tune => '{"search": {"max_depth": [1]}, "time_budget": "soon"}');
SELECT * FROM uprofile_train('tune_m', 'tune_v', 'y', 'tree', tune => '{"search": {"max_dept": [1]}}');
SELECT * FROM uprofile_train('tune_m', 'tune_v', algorithm => 'kmeans', tune => '{"search": {"k": [1]}}');
SELECT count(DISTINCT version) FROM uprofile_trials WHERE model = 'tune_m';
SELECT * FROM uprofile_drop_model('tune_m');
SELECT count(*) FROM uprofile_trials;

DROP FUNCTION tune_shown;
DROP FUNCTION tune_rows;
-- What is nearly a name, and what is none.
SELECT * FROM uprofile_tune('tune_v', 'y', 'boosting', '{"n_estimators": [3]}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'random_forest', '{"n_estimators": [3]}');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [3]}', metric => 'roc_auc');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{"max_depth": [3]}', metric => 'usefulness');
SELECT * FROM uprofile_tune('tune_v', 'y', 'tree', '{}');
SELECT * FROM uprofile_tune('tune_v', 'y', NULL, '{"max_depth": [3]}');
DROP VIEW tune_v;
-- Versions are compared on the same rows, searched or not.
SELECT count(*) FROM unnest('{tune_same, tune_too}'::text[]) name, uprofile_train(name, 'SELECT id, x1, x2, y FROM tune_t', 'y', 'tree', 'id', '{"max_depth": 2}', test_size => 0.1, deploy => 'always');
SELECT a.note = substring(b.note FROM 'auc [0-9.]+, and .*') AS same, a.note LIKE 'auc % on the same % rows' AS compared
FROM uprofile_train('tune_same', 'SELECT id, x1, x2, y FROM tune_t', 'y', 'tree', 'id', '{"max_depth": 3}', test_size => 0.4) a, uprofile_train('tune_too', 'SELECT id, x1, x2, y FROM tune_t', 'y', 'tree', 'id', test_size => 0.4, tune => '{"search": {"max_depth": [3]}, "folds": 2}') b;
SELECT count(*) FROM unnest('{tune_same, tune_too}'::text[]) name, uprofile_drop_model(name);
DROP TABLE tune_t;
-- A share of the rows has rows of a rare class: with one of them, or none, the best of models tells nothing.
CREATE TABLE tune_rare AS SELECT i AS id, CASE WHEN i <= 9 THEN 50 + i ELSE hashint4(i) % 10 END AS spent, i <= 9 AS fraud FROM generate_series(1, 20000) AS i;
SELECT bool_or(pruned) AS on_shares, min(mean) FROM uprofile_tune('tune_rare', 'fraud', 'bayes', '{"var_smoothing": {"log_uniform": [1e-12, 1e-6]}}', 'halving', key => 'id', folds => 3, max_trials => 9, seed => 1);
DROP TABLE tune_rare;

-- What a search has, and algorithm auto: what tune says of it, and what all algorithms have.
SELECT string_agg(name, ' ' ORDER BY ord) FROM uprofile_params('tune') WITH ORDINALITY AS p (name, type, initial, range, description, ord);
SELECT name, description LIKE 'in tune:%' AS in_tune FROM uprofile_params('auto') WHERE name IN ('time_budget', 'task', 'C', 'calibrate') ORDER BY 1;
SELECT * FROM uprofile_params('atuo');
SELECT * FROM uprofile_params('item_knm');
SELECT * FROM uprofile_params('xyzzy');
