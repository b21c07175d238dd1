-- uprofile_evaluate beside a constant, in groups, with intervals; rows that were held out; curves
\pset null -
SET client_min_messages = warning;
CREATE TABLE seen AS
SELECT i AS id, (i * 7919 % 1009)::float8 AS a, (i * 104729 % 997)::float8 AS b, CASE i % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'south' END AS region,
	CASE WHEN i * 7919 % 1009 > 800 + i % 100 THEN 'yes' ELSE 'no' END AS bought, i * 7919 % 1009 + (i * 31 % 100) AS spend
FROM generate_series(1, 1000) AS i;
SELECT model_name, rows_trained, rows_tested FROM uprofile_train('seen buys', 'SELECT id, a, b, bought FROM seen', target => 'bought', algorithm => 'tree',
	key => 'id', params => '{"max_depth": 3}');
SELECT model_name, rows_trained, rows_tested FROM uprofile_train('seen spends', 'SELECT id, a, b, spend FROM seen', target => 'spend', algorithm => 'linear', key => 'id');
SELECT model_name, rows_trained, rows_tested FROM uprofile_train('seen regions', 'SELECT id, a, b, coalesce(region, ''else'') AS region FROM seen', target => 'region',
	algorithm => 'bayes', key => 'id', deploy => 'always');
SELECT model_name, rows_trained, rows_tested FROM uprofile_train('seen unkeyed', 'SELECT a, b, bought FROM seen', target => 'bought', algorithm => 'tree', params => '{"max_depth": 3}');
SELECT model_name, rows_trained, rows_tested FROM uprofile_train('seen whole', 'SELECT id, a, b, bought FROM seen', target => 'bought', algorithm => 'tree', key => 'id', test_size => 0);
SELECT model_name FROM uprofile_train('seen clusters', 'SELECT id, a, b FROM seen', algorithm => 'kmeans', key => 'id', params => '{"k": 2}');
SELECT model_name FROM uprofile_train('seen margins', 'SELECT id, a, b, bought FROM seen', target => 'bought', algorithm => 'svm', key => 'id', params => '{"probability": false}');
RESET client_min_messages;

-- every metric that fits, beside the best constant
SELECT metric, round(value::numeric, 4) AS value, round(baseline::numeric, 4) AS baseline, low, high, group_value FROM uprofile_evaluate('seen buys', 'seen');
SELECT metric, round(value::numeric, 4) AS value, round(baseline::numeric, 4) AS baseline FROM uprofile_evaluate('seen buys', 'seen', rows => 'held_out');
-- a constant share of all is off by nothing, however it is rounded
SELECT baseline FROM uprofile_evaluate('seen buys', 'seen') WHERE metric = 'calibration_error';
SELECT metric, round(value::numeric, 3) AS value, round(baseline::numeric, 3) AS baseline FROM uprofile_evaluate('seen spends', 'seen', rows => 'held_out');
SELECT metric, round(baseline::numeric, 4) AS baseline FROM uprofile_evaluate('seen regions', 'SELECT id, a, b, coalesce(region, ''else'') AS region FROM seen', rows => 'held_out')
WHERE metric !~ 'confusion';
SELECT metric, value > 0.1 AS sensible, baseline FROM uprofile_evaluate('seen clusters', 'seen') WHERE metric = 'silhouette';
-- the held-out rows are those of the training
SELECT value = (SELECT rows_tested FROM uprofile_train('seen buys', 'SELECT id, a, b, bought FROM seen', target => 'bought', algorithm => 'tree', key => 'id', deploy => 'never'))
	AS same FROM uprofile_evaluate('seen buys', 'seen', rows => 'held_out') WHERE metric = 'rows';
SELECT count(*) AS keys, min(user_key) AS first FROM uprofile_held_out('seen buys', 'SELECT * FROM seen UNION ALL SELECT * FROM seen');
SELECT e.value = h.n AS same FROM uprofile_evaluate('seen buys', 'seen', rows => 'held_out') AS e, (SELECT count(*) AS n FROM uprofile_held_out('seen buys', 'seen')) AS h
WHERE e.metric = 'rows';
SELECT count(*) FROM uprofile_held_out('seen buys', 'SELECT NULL::int AS id');
-- rows without a key are held out, and not known again: the training says so
SELECT rows_tested, note FROM uprofile_train('seen halves', 'SELECT nullif(id, id / 2 * 2) AS id, b, spend FROM seen', target => 'spend', algorithm => 'linear', key => 'id', deploy => 'always');
SELECT value FROM uprofile_evaluate('seen halves', 'SELECT nullif(id, id / 2 * 2) AS id, b, spend FROM seen', rows => 'held_out') WHERE metric = 'rows';
SELECT count(*) FROM uprofile_drop_model('seen halves');
-- a key of another form has other texts: whole numbers are of one whatever their type, 1.00 and 0001 are not
SELECT form, e.value = h.n AS same FROM unnest('{bigint,"numeric(9)"}'::text[]) AS form, (SELECT count(*) AS n FROM uprofile_held_out('seen buys', 'seen')) AS h,
	LATERAL uprofile_evaluate('seen buys', format('SELECT id::%s AS id, a, b, bought FROM seen', form), rows => 'held_out') AS e WHERE metric = 'rows';
SELECT value FROM uprofile_evaluate('seen buys', 'SELECT id::numeric(9, 2) AS id, a, b, bought FROM seen', rows => 'held_out') WHERE metric = 'rows';
SELECT value FROM uprofile_evaluate('seen buys', 'SELECT lpad(id::text, 8, ''0'') AS id, a, b, bought FROM seen') WHERE metric = 'rows';
SELECT count(*) FROM uprofile_held_out('seen buys', 'SELECT id::text FROM seen');
SELECT note FROM uprofile_train('seen buys', 'SELECT id::numeric(9, 2) AS id, a, b, bought FROM seen', target => 'bought', algorithm => 'tree', key => 'id', params => '{"max_depth": 3}');
SELECT version, key_form FROM uprofile_model_versions WHERE model = 'seen buys' ORDER BY version;
SELECT count(*) FROM uprofile_deploy('seen buys', 1);
SELECT uprofile_drop_model('seen buys', 3);
-- what is known of rows that were trained on: of another source, without a key, without the key's column
SELECT metric, value FROM uprofile_evaluate('seen buys', 'SELECT * FROM seen WHERE id <= 100') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen buys', 'SELECT id, a, b, bought FROM seen') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen buys', 'SELECT a, b, bought FROM seen') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen unkeyed', 'SELECT a, b, bought FROM seen') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen unkeyed', 'SELECT a, b, bought FROM seen', rows => 'held_out') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen unkeyed', 'SELECT a + 1 AS a, b, bought FROM seen', rows => 'held_out') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen buys', 'SELECT a, b, bought FROM seen', rows => 'held_out') WHERE metric = 'rows';
SELECT metric, value FROM uprofile_evaluate('seen whole', 'seen', rows => 'held_out') WHERE metric = 'rows';
SELECT * FROM uprofile_held_out('seen unkeyed', 'seen');
SELECT * FROM uprofile_held_out('seen buys', 'SELECT a FROM seen');
SELECT * FROM uprofile_held_out(NULL, 'seen');
SET client_min_messages = error;
SELECT model_name FROM uprofile_train('seen pairs', 'SELECT id, region, a, b, bought FROM seen', target => 'bought', algorithm => 'tree', key => 'id, region');
RESET client_min_messages;
SELECT uprofile_held_out('seen pairs', 'SELECT * FROM seen WHERE id < 40');

-- groups
SELECT group_value, metric, round(value::numeric, 4) AS value, round(baseline::numeric, 4) AS baseline
FROM uprofile_evaluate('seen buys', 'seen', by => 'region', rows => 'held_out') WHERE metric IN ('rows', 'accuracy', 'auc') ORDER BY 1, 2;
SELECT group_value, value FROM uprofile_evaluate('seen buys', 'seen', by => 'bought', rows => 'held_out') WHERE metric = 'rows';
SELECT sum(value) = 1000 AS all_of_them FROM uprofile_evaluate('seen whole', 'SELECT *, id % 7 AS week FROM seen', by => 'week', rows => 'all') WHERE metric = 'rows';
SELECT metric FROM uprofile_evaluate('seen buys', 'seen', by => 'regoin');
SELECT metric FROM uprofile_evaluate('seen buys', 'SELECT *, id AS each FROM seen UNION ALL SELECT *, id + 1000 FROM seen', by => 'each');

-- intervals: seeded, whatever the order of the rows, around the figure
SET client_min_messages = warning;
CREATE TABLE drawn AS SELECT * FROM uprofile_evaluate('seen buys', 'seen', rows => 'held_out', bootstrap => 200, seed => 7);
SELECT metric, low <= value AND value <= high AS around, high - low < 0.35 AS narrow FROM drawn WHERE low IS NOT NULL ORDER BY metric COLLATE "C";
SELECT count(*) AS differing FROM drawn FULL JOIN uprofile_evaluate('seen buys', 'SELECT * FROM seen ORDER BY b', rows => 'held_out', bootstrap => 200, seed => 7) AS e
	USING (metric) WHERE (drawn.low, drawn.high) IS DISTINCT FROM (e.low, e.high);
SELECT count(*) > 0 AS another_seed FROM drawn JOIN uprofile_evaluate('seen buys', 'seen', rows => 'held_out', bootstrap => 200, seed => 8) AS e
	USING (metric) WHERE (drawn.low, drawn.high) IS DISTINCT FROM (e.low, e.high);
SELECT metric, low, high FROM uprofile_evaluate('seen buys', 'SELECT * FROM seen WHERE bought = ''no'' LIMIT 20', bootstrap => 20) WHERE metric IN ('auc', 'accuracy');
RESET client_min_messages;
SELECT * FROM uprofile_evaluate('seen buys', 'seen', bootstrap => 5);
SELECT * FROM uprofile_evaluate('seen clusters', 'seen', bootstrap => 50);
SELECT * FROM uprofile_evaluate('seen buys', 'seen', rows => 'some');
SELECT * FROM uprofile_evaluate('seen buys', 'seen', rows => NULL);
SELECT * FROM uprofile_evaluate('seen buys', NULL);
SELECT * FROM uprofile_evaluate('seen buys', 'SELECT * FROM seen WHERE false');

-- weights
SELECT metric, round(value::numeric, 4) AS value, round(baseline::numeric, 4) AS baseline FROM uprofile_evaluate('seen buys', 'SELECT *, (id % 3) / 2.0 AS w FROM seen', rows => 'held_out', weight => 'w')
WHERE metric ~ 'rows|accuracy|auc|no..no';
SELECT * FROM uprofile_evaluate('seen buys', 'SELECT *, -1 AS w FROM seen', weight => 'w');
SELECT * FROM uprofile_evaluate('seen buys', 'SELECT *, 0 AS w FROM seen', weight => 'w');
SELECT * FROM uprofile_evaluate('seen buys', 'SELECT *, 1e60::float8 AS w FROM seen', weight => 'w');
SELECT * FROM uprofile_evaluate('seen buys', 'seen', weight => 'region');
SELECT * FROM uprofile_evaluate('seen buys', 'seen', weight => 'bb');
SELECT * FROM uprofile_evaluate('seen clusters', 'seen', weight => 'a');
-- in training: rows without a weight are not learned from, and none is too large for sums
CREATE TABLE seen_weighed AS SELECT i AS id, i % 7 AS a, i % 7 + i % 2 > 4 AS y, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 0 ELSE 2 END AS w FROM generate_series(1, 400) AS i;
SELECT rows_trained, rows_tested FROM uprofile_train('seen weighed', 'seen_weighed', target => 'y', key => 'id', algorithm => 'tree', params => '{"weight": "w"}', deploy => 'always');
SELECT uprofile_model_info('seen weighed') -> 'rows' AS rows;
SELECT uprofile_train('seen weighed', 'SELECT id, a, y, 1e60::float8 AS w FROM seen_weighed', target => 'y', key => 'id', algorithm => 'tree', params => '{"weight": "w"}');
SELECT uprofile_tree(s, 'y', '{"exclude": ["w"], "class_weight": {"true": 1e300}}') FROM seen_weighed AS s;

-- curves
SELECT threshold, round(false_positive_rate::numeric, 4) AS fpr, round(true_positive_rate::numeric, 4) AS tpr FROM uprofile_roc('seen buys', 'seen', rows => 'held_out')
WHERE threshold = 'Infinity' OR true_positive_rate = 1 ORDER BY 1 DESC LIMIT 2;
SELECT threshold IS NULL AS none, round(precision_at::numeric, 4) AS precision_at, recall_at FROM uprofile_precision_recall('seen buys', 'seen', rows => 'held_out') WHERE recall_at IN (0, 1) ORDER BY recall_at, precision_at LIMIT 2;
SELECT sum(n_rows) AS rows, bool_and(predicted BETWEEN low AND high) AS inside FROM uprofile_calibration('seen buys', 'seen', rows => 'held_out', bins => 5);
SELECT count(*) AS bins, sum(n_rows) AS rows FROM uprofile_calibration('seen regions', 'SELECT id, a, b, coalesce(region, ''else'') AS region FROM seen', label => 'north', rows => 'held_out', method => 'quantile', bins => 4);
SELECT part, n_rows, round(positives::numeric, 3) AS positives, round(lift::numeric, 3) AS lift, round(gain::numeric, 3) AS gain, round(cumulative_lift::numeric, 3) AS cumulative
FROM uprofile_lift('seen buys', 'seen', rows => 'held_out', parts => 4);
SELECT round(threshold::numeric, 4) AS threshold, true_positives AS tp, false_positives AS fp, false_negatives AS fn, true_negatives AS tn, round(precision_at::numeric, 3) AS precision_at, round(recall_at::numeric, 3) AS recall_at,
	round(f1_at::numeric, 3) AS f1, round(cost::numeric, 4) AS cost, best FROM uprofile_thresholds('seen buys', 'seen', rows => 'held_out', cost_matrix => '[[0, 1], [5, 0]]');
SELECT threshold, best FROM uprofile_thresholds('seen buys', 'seen', rows => 'held_out', cost_matrix => '[[0, 1], [0, 0]]') WHERE best;
SELECT max(true_positives) AS tp, count(recall_at) AS recalls, max(cost) AS cost FROM uprofile_thresholds('seen buys', 'SELECT * FROM seen WHERE bought = ''no''', rows => 'held_out');
SELECT * FROM uprofile_thresholds('seen buys', 'seen', cost_matrix => '[[0, 1], [5]]');
SELECT * FROM uprofile_thresholds('seen buys', 'seen', cost_matrix => NULL);
SELECT * FROM uprofile_roc('seen regions', 'seen', rows => 'held_out');
SELECT * FROM uprofile_roc('seen regions', 'SELECT id, a, b, region FROM seen', label => 'nroth', rows => 'held_out');
SELECT * FROM uprofile_roc('seen buys', 'SELECT * FROM seen WHERE bought = ''no''', rows => 'held_out');
SELECT * FROM uprofile_precision_recall('seen buys', 'SELECT * FROM seen WHERE bought = ''no''', rows => 'held_out');
SELECT * FROM uprofile_roc('seen spends', 'seen', rows => 'held_out');
SELECT * FROM uprofile_roc('seen margins', 'seen', rows => 'held_out');
SELECT * FROM uprofile_roc('seen clusters', 'seen');
SELECT * FROM uprofile_calibration('seen buys', 'seen', bins => 0);
SELECT * FROM uprofile_calibration('seen buys', 'seen', method => 'deciles');
SELECT * FROM uprofile_lift('seen buys', 'seen', parts => NULL);
SELECT count(*) AS dropped FROM (SELECT DISTINCT model FROM uprofile_models WHERE model LIKE 'seen %') AS m, LATERAL uprofile_drop_model(m.model);
DROP TABLE seen, drawn;
