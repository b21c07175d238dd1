-- Calibration, thresholds and intervals, from predictions of rows that were not trained on.
CREATE TABLE sure AS
SELECT i AS id, (i * 7919 % 1000) / 100.0 AS a, (i * 104729 % 97) / 10.0 AS b, (ARRAY['x', 'y', 'z'])[1 + i % 3] AS c
FROM generate_series(1, 400) AS i;
ALTER TABLE sure ADD hit boolean, ADD grade text, ADD amount float8;
UPDATE sure SET hit = a + (id * 31 % 17) / 4.0 > 8, grade = CASE WHEN a + (id * 31 % 17) / 4.0 > 9 THEN 'high' WHEN b > 5 THEN 'mid' ELSE 'low' END,
	amount = 2 * a + b + (id * 31 % 17) * a / 10;
SET client_min_messages = warning;

-- Two classes.
SELECT version, rows_trained, round((metrics->>'threshold')::numeric, 3) AS threshold, note FROM uprofile_train('sure', 'SELECT id, a, b, c, hit FROM sure', target => 'hit', algorithm => 'logistic', key => 'id',
	params => '{"calibrate": "sigmoid", "threshold": "f1"}', deploy => 'always');
SELECT i->'format' AS format, i->'calibration' AS calibration, (i->'threshold') - ARRAY['value', 'f1'] AS threshold, round((i#>>'{threshold,value}')::numeric, 4) AS value, round((i#>>'{threshold,f1}')::numeric, 4) AS f1,
       i#>'{params,calibrate}' AS calibrate, i#>'{params,threshold}' AS given
FROM uprofile_model_info('sure') AS i;
-- Labels follow the threshold, in SQL too.
SELECT count(*), sum((uprofile_predict_label('sure', s) = 'true')::int) AS hits,
       bool_and((uprofile_predict_label('sure', s) = 'true') = (uprofile_predict_proba('sure', s) >= (uprofile_model_info('sure') #>> '{threshold,value}')::float8)) AS alike
FROM (SELECT id, a, b, c FROM sure) AS s;
SELECT uprofile_to_sql('sure') AS expression \gset
SELECT bool_and((uprofile_predict_label('sure', s) = 'true') = (:expression)) AS alike FROM (SELECT id, a, b, c FROM sure) AS s;
SELECT threshold->>'by' AS by, round((threshold->>'mean_cost')::numeric, 3) AS mean_cost, round((threshold->>'value')::numeric, 3) AS value
FROM (SELECT uprofile_model_info(uprofile_tree(s, 'hit', '{"max_depth": 3, "threshold": "cost", "cost_matrix": [[0, 1], [5, 0]]}')) -> 'threshold' AS threshold FROM (SELECT a, b, hit FROM sure) AS s) AS m;
SELECT round(avg((uprofile_predict_label(model, s) = 'true')::int), 2) AS rate
FROM (SELECT uprofile_bayes(s, 'hit', '{"threshold": "rate", "positive_rate": 0.25, "calibrate": "isotonic"}') AS model FROM (SELECT a, b, hit FROM sure) AS s) AS m, sure AS s;
SELECT uprofile_model_info(model) -> 'threshold' AS threshold, bool_and((uprofile_predict(model, ARRAY[a, b]) = 1) = (uprofile_predict_proba(model, ARRAY[a, b]) >= 0.3)) AS alike
FROM (SELECT uprofile_logistic(ARRAY[a, b], hit, '{"threshold": 0.3}') AS model FROM sure) AS m, sure GROUP BY 1;
-- A tree, whose leaves are relabelled.
SELECT uprofile_tree(s, 'hit', '{"max_depth": 3, "threshold": 0.2, "calibrate": "sigmoid"}') AS tree FROM (SELECT a, b, hit FROM sure) AS s \gset
SELECT uprofile_to_sql(:'tree'::bytea) AS expression \gset
SELECT bool_and((uprofile_predict_label(:'tree'::bytea, s) = 'true') = (:expression)) AS alike, count(DISTINCT (:expression)) FROM sure AS s;

-- Three classes: one against the rest, and their sum is one.
SELECT uprofile_svm(s, 'grade', '{"calibrate": "isotonic"}') AS svm, uprofile_logistic(s, 'grade', '{"calibrate": "sigmoid"}') AS logistic FROM (SELECT a, b, c, grade FROM sure) AS s \gset
SELECT round(avg((uprofile_predict_label(m, s) = grade)::int), 2) > 0.7 AS good, round(max(abs(1 - p.sum))::numeric, 10) AS off_by, jsonb_array_length(uprofile_model_info(m) -> 'classes') AS classes
FROM sure AS s, (VALUES (:'svm'::bytea), (:'logistic')) AS v (m), LATERAL (SELECT sum(uprofile_predict_proba(m, s, k)) FROM unnest('{high,low,mid}'::text[]) AS k) AS p GROUP BY m ORDER BY md5(m);
SELECT uprofile_to_sql(:'logistic'::bytea) AS expression \gset
SELECT bool_and(uprofile_predict_label(:'logistic'::bytea, s) = (:expression)) AS alike FROM sure AS s;
SELECT uprofile_to_sql(:'svm'::bytea);

-- Numbers.
SELECT (metrics->>'interval_coverage')::float8 BETWEEN 0.8 AND 1 AS covered FROM uprofile_train('sure amount', 'SELECT id, a, b, c, amount FROM sure', target => 'amount', algorithm => 'linear', key => 'id',
	params => '{"intervals": 0.9}', deploy => 'always');
SELECT e.metric, abs(e.value - (m.metrics ->> e.metric)::float8) < 1e-12 AS same, e.baseline, e.low <= e.value AND e.value <= e.high AS within
FROM uprofile_evaluate('sure amount', 'sure', rows => 'held_out', bootstrap => 20) e, uprofile_models m WHERE m.model = 'sure amount' AND m.deployed AND e.metric LIKE 'interval%' ORDER BY e.metric;
SELECT i->'level' AS level, i->'rows' AS rows, i->'folds' AS folds, jsonb_array_length(i->'widths') AS widths FROM (SELECT uprofile_model_info('sure amount') -> 'intervals' AS i) AS m;
SELECT round(avg((amount BETWEEN low AND high)::int), 1) AS covered, bool_and(abs((low + high) / 2 - uprofile_predict('sure amount', s)) < 1e-9) AS centred
FROM sure AS s, uprofile_predict_interval('sure amount', s);
SELECT round(low::numeric, 3) AS low, round(high::numeric, 3) AS high
FROM (SELECT uprofile_linear(ARRAY[a, b], amount, '{"intervals": 0.5, "cv": 10}') AS model FROM sure) AS m, uprofile_predict_interval(model, ARRAY[5, 5]);
SELECT uprofile_predict_interval(NULL::bytea, ARRAY[1]) IS NULL AS none;

-- What a tree knows by heart of users with several rows is not taken for knowledge.
SELECT uprofile_train('sure users', 'SELECT u.id, u.id * 1.5 AS x, md5(u.id::text) < ''8'' AS hit FROM sure AS u, generate_series(1, 3)', target => 'hit', algorithm => 'tree', key => 'id',
	params => '{"calibrate": "sigmoid"}', deploy => 'always') IS NOT NULL AS trained;
SELECT bool_and(uprofile_predict_proba('sure users', u) BETWEEN 0.3 AND 0.7) AS unsure FROM (SELECT id, id * 1.5 AS x FROM sure) AS u;
-- In folds and trials.
SELECT metric, round(avg(value)::numeric, 3) AS mean FROM uprofile_cross_validate('SELECT a, b, c, hit FROM sure', 'hit', 'bayes', '{"calibrate": "isotonic", "threshold": "f1"}', folds => 3)
WHERE metric IN ('f1', 'brier') GROUP BY metric ORDER BY metric;
SELECT params, rank FROM uprofile_tune('SELECT a, b, c, hit FROM sure', 'hit', 'tree', '{"calibrate": ["none", "sigmoid"], "max_depth": 2}', metric => 'log_loss', folds => 3) ORDER BY rank;

-- What cannot be.
CREATE FUNCTION sure_fails(algorithm text, target text, params jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
	PERFORM * FROM uprofile_train('sure fails', format('SELECT id, a, b, c, %I FROM sure', target), target => target, algorithm => algorithm, key => 'id', params => params);
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || SQLERRM || ' | ' || detail || ' | ' || hint;
END
$$;
SELECT sure_fails(a, t, p) FROM (VALUES
	('logistic', 'hit', '{"calibrate": "platt"}'::jsonb), ('logistic', 'hit', '{"threshold": "f2"}'), ('logistic', 'hit', '{"threshold": 1.5}'), ('logistic', 'hit', '{"threshold": [1]}'),
	('logistic', 'hit', '{"threshold": "cost"}'), ('logistic', 'hit', '{"cost_matrix": [[0, 1], [1, 0]]}'), ('logistic', 'hit', '{"threshold": "cost", "cost_matrix": [[0, 1]]}'),
	('logistic', 'hit', '{"threshold": "cost", "cost_matrix": [[0, 1], [0, 1]]}'), ('logistic', 'hit', '{"threshold": "rate"}'), ('logistic', 'hit', '{"positive_rate": 0.5}'),
	('logistic', 'hit', '{"threshold": "rate", "positive_rate": 1.5}'), ('logistic', 'grade', '{"threshold": 0.5}'), ('linear', 'amount', '{"threshold": 0.5}'),
	('linear', 'amount', '{"calibrate": "sigmoid"}'), ('logistic', 'hit', '{"intervals": 0.9}'), ('linear', 'amount', '{"intervals": 1}'), ('linear', 'amount', '{"intervals": 0.9, "cv": 1}'),
	('svm', 'hit', '{"probability": false, "threshold": 0.5}'), ('linear', 'amount', '{"intervals": 0.999}')) AS v (a, t, p);
SELECT uprofile_predict_interval('sure', s) FROM sure AS s LIMIT 1;
SELECT uprofile_predict_interval(model, ARRAY[1, 2]) FROM (SELECT uprofile_linear(ARRAY[a, b], amount) AS model FROM sure) AS m;
SELECT uprofile_predict_interval(model, ARRAY[1, 2]) FROM (SELECT uprofile_kmeans(ARRAY[a, b], 2) AS model FROM sure) AS m;
SELECT uprofile_kmeans(ARRAY[a, b], 2, '{"calibrate": "sigmoid"}') IS NULL FROM sure;
-- What is to be said is said once, and then again.
SELECT uprofile_mlp(ARRAY[a, b], hit, '{"max_iter": 2, "hidden_layer_sizes": 2, "calibrate": "sigmoid"}') IS NULL AS none FROM sure;
SELECT uprofile_mlp(ARRAY[a, b], hit, '{"max_iter": 2, "hidden_layer_sizes": 2}') IS NULL AS none FROM sure;
-- Odd groups of an aggregate do not end it.
SELECT uprofile_model_info(model) -> 'not_adjusted' AS why, uprofile_model_info(model) -> 'calibration' AS calibration
FROM (SELECT uprofile_logistic(ARRAY[a, b], hit, '{"calibrate": "isotonic"}') AS model FROM (SELECT DISTINCT ON (hit) * FROM sure ORDER BY hit, id) AS s) AS m;
SELECT uprofile_model_info(model) -> 'not_adjusted' AS why, uprofile_model_info(model) -> 'note' AS note
FROM (SELECT uprofile_logistic(ARRAY[a, b], hit, '{"calibrate": "isotonic"}') AS model FROM sure WHERE hit) AS m;
SELECT uprofile_model_info(model) -> 'not_adjusted' AS why FROM (SELECT uprofile_linear(ARRAY[a], amount, '{"intervals": 0.9}') AS model FROM sure WHERE id < 8) AS m;
SELECT uprofile_model_info(model) -> 'not_adjusted' AS why FROM (SELECT uprofile_linear(ARRAY[a], amount, '{"intervals": 0.9}') AS model FROM sure WHERE id = 8) AS m;
SELECT uprofile_subtract(model, model) FROM (SELECT uprofile_bayes(ARRAY[a, b], hit, '{"calibrate": "isotonic"}') AS model FROM sure) AS m;
-- An update keeps them.
SELECT uprofile_model_info(model) -> 'threshold' AS threshold FROM (SELECT uprofile_update(model, ARRAY[a, b], hit) AS model FROM sure, (SELECT uprofile_bayes(ARRAY[a, b], hit, '{"threshold": 0.3}') AS model FROM sure) AS m) AS m;
SELECT uprofile_drop_model('sure'), uprofile_drop_model('sure amount'), uprofile_drop_model('sure users');
SELECT metrics ? 'threshold' AS told FROM uprofile_train('sure cut', 'sure', target => 'hit', algorithm => 'logistic', key => 'id', params => '{"threshold": 0.3, "exclude": ["amount"]}', deploy => 'always');
SELECT metric, value, baseline, low, high FROM uprofile_evaluate('sure cut', 'sure', rows => 'held_out', bootstrap => 20) WHERE metric = 'threshold';
SELECT model_name FROM uprofile_drop_model('sure cut');
DROP FUNCTION sure_fails;
DROP TABLE sure;
