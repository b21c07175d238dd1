-- Models of a profile whose parameters or algorithm are searched, or whose rows are held out in a way of their own.
CREATE TABLE searched_t AS SELECT id, (id * 37 % 101)::float8 AS a, (id * 53 % 89)::float8 AS b, id % 4 AS part,
	(id * 37 % 101) + (id * 29 % 83) > 90 AS y, (id * 37 % 101) + (id * 31 % 17)::float8 AS z FROM generate_series(1, 240) id;
SELECT * FROM uprofile_create('searched', source => 'searched_t', key => 'id', models => '{
	"leaves": {"algorithm": "tree", "target": "y", "exclude": ["part"], "tune": {"search": {"max_depth": [1, 3], "min_samples_leaf": [5]}, "folds": 3, "metric": "log_loss"}, "time_budget": "1 hour"},
	"best": {"algorithm": "auto", "target": "y", "tune": {"search": {"bayes": {}, "logistic": {"C": [1]}}, "folds": 2}, "calibrate": "sigmoid", "threshold": 0.4, "honest": true, "folds": 2},
	"worth": {"algorithm": "linear", "target": "z", "intervals": 0.9, "split": {"method": "column", "column": "part"}}}');
SELECT status, message, mode FROM uprofile_refresh('searched');
SELECT model, decision, reason FROM uprofile_run_steps WHERE profile = 'searched' AND model IS NOT NULL ORDER BY model;
SELECT model, algorithm, rows_tested > 0 AS tested, params ->> 'max_depth' AS depth, metrics ? 'threshold' AS threshold, metrics ? 'interval_coverage' AS intervals FROM uprofile_models WHERE model LIKE 'searched.%' ORDER BY model;
SELECT model, count(*) FROM uprofile_trials WHERE model LIKE 'searched.%' GROUP BY model ORDER BY model;
SELECT count(*) AS users, count(leaves) AS leaves, count(best) AS best, count(best_probability) AS probability, count(worth) AS worth FROM searched_profile;
-- As defined: nothing is due. Another search, or another budget, is another definition.
SELECT status, message FROM uprofile_refresh('searched', retrain => 'due');
SELECT count(*) FROM uprofile_models WHERE model LIKE 'searched.%';
SELECT * FROM uprofile_alter('searched', models => '{
	"leaves": {"algorithm": "tree", "target": "y", "exclude": ["part"], "tune": {"search": {"max_depth": [2, 3], "min_samples_leaf": [5]}, "folds": 3, "metric": "log_loss"}, "time_budget": "1 hour"},
	"best": {"algorithm": "auto", "target": "y", "tune": {"search": {"bayes": {}, "logistic": {"C": [1]}}, "folds": 2}, "calibrate": "sigmoid", "threshold": 0.4, "honest": true, "folds": 2},
	"worth": {"algorithm": "linear", "target": "z", "intervals": 0.9, "split": {"method": "column", "column": "part"}}}');
SELECT status, message FROM uprofile_refresh('searched', retrain => 'due');
SELECT model, max(version) FROM uprofile_models WHERE model LIKE 'searched.%' GROUP BY model ORDER BY model;
-- Asked for, it is searched anew.
SELECT status FROM uprofile_refresh('searched', retrain => 'leaves');
SELECT model, version, count(*) FROM uprofile_trials WHERE model = 'searched.leaves' GROUP BY model, version ORDER BY version;
-- What is wrong is said at once.
CREATE FUNCTION searched_fails(model jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text; more text;
BEGIN
	PERFORM uprofile_create('searched_not', source => 'searched_t', key => 'id', models => jsonb_build_object('m', model));
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, more = PG_EXCEPTION_HINT;
	RETURN said || ' | ' || more;
END $$;
SELECT searched_fails(v) FROM unnest(ARRAY['{"algorithm": "auto"}', '{"algorithm": "auto", "target": "y", "C": 1}', '{"algorithm": "tree", "target": "y", "tune": {}}', '{"algorithm": "tree", "target": "y", "tune": []}',
	'{"algorithm": "tree", "target": "y", "tune": {"search": {"depth": [1]}}}', '{"algorithm": "tree", "target": "y", "time_budget": 5}', '{"algorithm": "auto", "target": "y", "time_budget": "-1 s"}',
	'{"algorithm": "auto", "target": "y", "tune": {"method": "grid"}}', '{"algorithm": "logistic", "target": "y", "tune": {"search": {"C": [1, 2]}}, "learn": "incremental"}',
	'{"algorithm": "tree", "target": "y", "split": {"method": "luck"}}', '{"algorithm": "tree", "target": "y", "tunes": {}}']::jsonb[]) v;
SELECT * FROM uprofile_drop('searched');
SELECT count(*) FROM uprofile_model_designs;
DROP FUNCTION searched_fails;
DROP TABLE searched_t;
