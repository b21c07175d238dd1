-- Many whole rows are kept as sums where the learner needs no more: the same model as from arrays, and as from rows that are held.
SET uprofile.max_workers = 0;
CREATE TABLE many AS SELECT i AS id, (i * 7919 % 1999)::float8 / 7 AS a, round(sin(i)::numeric, 3)::float8 AS b, i % 3 = 0 AS flag, timestamp '2026-01-01' + i % 1000 * interval '1 hour' AS seen,
	'shop ' || i % 3 AS shop, sin(i) * 3 + (i * 7919 % 1999) / 100.0 + cos(i * 1.7) AS y, i % 5 = 0 OR sin(i) > 0.5 AS good
	FROM generate_series(1, 20000) i;
-- Some values are missing.
CREATE TABLE gaps AS SELECT id, CASE WHEN id % 11 <> 0 THEN a END AS a, round(b::numeric, 2)::float8 AS b, CASE WHEN id % 7 <> 0 THEN flag END AS flag, seen, y, good FROM many;
CREATE FUNCTION numbers(model jsonb, key text) RETURNS float8[] LANGUAGE sql IMMUTABLE AS
$$ SELECT array_agg(v::float8 ORDER BY n) FROM jsonb_array_elements_text(model->key) WITH ORDINALITY e(v, n) $$;
CREATE FUNCTION furthest(x float8[], y float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$ SELECT max(abs(a - b) / greatest(abs(b), 1e-9)) FROM unnest(x, y) e(a, b) $$;

-- How each is trained, on rows that are held, and beyond (3 MB: 768 kB of rows are).
CREATE TABLE made (what text, held boolean, model bytea);
CREATE PROCEDURE make(held boolean) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('uprofile.max_memory', CASE WHEN held THEN '64MB' ELSE '3MB' END, false);
	INSERT INTO made SELECT 'linear', held, uprofile_linear(t, 'y', '{"exclude": ["id", "shop", "good"]}') FROM many t;
	INSERT INTO made SELECT 'ridge', held, uprofile_linear(t, 'y', '{"exclude": ["id", "good"], "penalty": "l2"}') FROM gaps t;
	INSERT INTO made SELECT 'scaler', held, uprofile_scaler(t, '{"exclude": ["id", "y"]}') FROM many t;
	INSERT INTO made SELECT 'minmax', held, uprofile_scaler(t, '{"method": "minmax", "exclude": ["id", "y"]}') FROM gaps t;
	INSERT INTO made SELECT 'components', held, uprofile_pca(t, '{"n_components": 2, "features": ["a", "b", "seen"]}') FROM gaps t;
	INSERT INTO made SELECT 'arrays', held, uprofile_linear(t, 'y') FROM (SELECT CASE WHEN id % 13 > 0 THEN ARRAY[a, CASE WHEN id % 9 > 0 THEN b END, flag::int] END AS list, seen, y FROM gaps) t;
	INSERT INTO made SELECT 'scaled arrays', held, uprofile_pca(t, '{"n_components": 2}') FROM (SELECT ARRAY[a, b, 1 + id % 5] AS list, round(b::numeric, 1) AS b, a, seen FROM many) t;
	INSERT INTO made SELECT 'bayes of arrays', held, uprofile_bayes(t, 'good') FROM (SELECT ARRAY[a, b, flag::int] AS list, flag, b AS c, a AS d, seen, good FROM gaps) t;
	INSERT INTO made SELECT 'bayes', held, uprofile_bayes(t, 'good') FROM gaps t;
	INSERT INTO made SELECT 'bayes of numbers', held, uprofile_bayes(t, 'part') FROM (SELECT id % 4 AS part, a, b, flag, seen, y, a / 3 AS c FROM many) t;
END $$;
CALL make(true);
CALL make(false);
-- All but what comes from sums is the same: counts, classes, what stands for missing values.
SELECT what, furthest(numbers(i, 'coef') || numbers(i, 'center') || numbers(i, 'scale') || numbers(i, 'explained_variance'), numbers(j, 'coef') || numbers(j, 'center') || numbers(j, 'scale') || numbers(j, 'explained_variance')) < 1e-9 AS near,
	jsonb_path_query_array(i, '$.inputs[*].impute') = jsonb_path_query_array(j, '$.inputs[*].impute') AND i->'rows' = j->'rows' AND i->'features' = j->'features' AS same, i->'classes' = j->'classes' AS classes, i->'left_out' AS left_out, a.model = b.model AS bytes
FROM made a JOIN made b USING (what), uprofile_model_info(a.model) i, uprofile_model_info(b.model) j WHERE a.held AND NOT b.held ORDER BY what COLLATE "C";
SELECT what, max(abs(uprofile_predict_proba(a.model, t, 'true') - uprofile_predict_proba(b.model, t, 'true'))) < 1e-12 AS same
FROM made a JOIN made b USING (what), gaps t WHERE a.held AND NOT b.held AND what = 'bayes' AND id < 100 GROUP BY 1;
SELECT i->'inputs' FROM made, uprofile_model_info(model) i WHERE what = 'ridge' AND NOT held;

-- From arrays the same sums come.
SET uprofile.max_memory = '1MB';
SELECT furthest(numbers(uprofile_model_info((SELECT uprofile_linear(t, 'y', '{"features": ["a", "b", "id"]}') FROM many t)), 'coef'),
	numbers(uprofile_model_info((SELECT uprofile_linear(ARRAY[id, a, b], y) FROM many)), 'coef')) < 1e-12 AS linear,
	furthest(numbers(uprofile_model_info((SELECT uprofile_scaler(t, '{"features": ["a", "b"]}') FROM many t)), 'scale'),
	numbers(uprofile_model_info((SELECT uprofile_scaler(ARRAY[a, b]) FROM many)), 'scale')) < 1e-12 AS scaler;

-- In another order the sums are the same but for the last digits, and medians to the last bit; fewer rows are the same bytes.
SELECT furthest(numbers(i, 'coef'), numbers(j, 'coef')) < 1e-9 AS near, i->'inputs' = j->'inputs' AS same
FROM (SELECT uprofile_model_info(uprofile_linear(t, 'y')) AS i FROM (SELECT y, a * sqrt(id) AS a, (b * exp(b * 5) + a / 1000) AS b FROM many ORDER BY id) t) x,
	(SELECT uprofile_model_info(uprofile_linear(t, 'y')) AS j FROM (SELECT y, a * sqrt(id) AS a, (b * exp(b * 5) + a / 1000) AS b FROM many ORDER BY y) t) y;
SELECT abs((SELECT count(*) FROM many WHERE (b * exp(b * 5) + a / 1000) < (i->'inputs'->0->>'impute')::float8) / 20000.0 - 0.5) < 0.002 AS median
FROM (SELECT uprofile_model_info(uprofile_scaler(t)) AS i FROM (SELECT (b * exp(b * 5) + a / 1000) AS b FROM many) t) x;
SELECT (SELECT uprofile_linear(t, 'y') FROM (SELECT y, a, b FROM many WHERE id < 5000 ORDER BY id) t) = (SELECT uprofile_linear(t, 'y') FROM (SELECT y, a, b FROM many WHERE id < 5000 ORDER BY b) t) AS same;

-- What is decided is decided by all rows: a class that comes last, labels that are too many or have fractions, a target of few values.
SELECT uprofile_model_info(uprofile_bayes(t, 'kind'))->'classes' FROM (SELECT a, b, CASE WHEN id = 20000 THEN 7 ELSE id % 2 END AS kind FROM many ORDER BY id) t;
SELECT length(uprofile_bayes(t, 'kind')) FROM (SELECT a, b, CASE WHEN id > 19950 THEN id ELSE id % 2 END AS kind FROM many ORDER BY id) t;
SELECT length(uprofile_bayes(t, 'kind', '{"task": "classification"}')) > 0 FROM (SELECT a, b, CASE WHEN id > 19950 THEN id ELSE id % 2 END AS kind FROM many ORDER BY id) t;
SELECT length(uprofile_bayes(t, 'kind')) FROM (SELECT a, b, CASE WHEN id = 20000 THEN 0.5 ELSE id % 2 END AS kind FROM many ORDER BY id) t;
SELECT length(uprofile_bayes(t, 'y')) FROM (SELECT a, b, y FROM many ORDER BY id) t;
SELECT length(uprofile_bayes(t, 'id')) FROM (SELECT a, b, id FROM many ORDER BY id) t;
SELECT uprofile_model_info(uprofile_bayes(t, 'good'))->'note' FROM (SELECT a, b, false AS good FROM many) t;
SELECT uprofile_model_info(uprofile_linear(t, 'kind'))->'task' FROM (SELECT a, b, id % 3 AS kind FROM many) t;
SELECT length(uprofile_linear(t, 'good')) FROM (SELECT a, b, good FROM many) t;
-- A column that is constant among the first rows, or everywhere; one of which nothing is known at first, or ever.
SELECT round((uprofile_model_info(uprofile_scaler(t))->'scale'->>0)::numeric, 6) FROM (SELECT CASE WHEN id > 19000 THEN 5 ELSE 1 END AS late, a FROM many ORDER BY id) t;
SELECT uprofile_model_info(uprofile_linear(t, 'y'))->'aliased' FROM (SELECT 3 AS same, a, y FROM many) t;
CREATE TABLE known AS SELECT id, CASE WHEN id > 15000 THEN a END AS late, b, NULL::float8 AS never, y FROM many;
SELECT uprofile_model_info(m)->'left_out', m = (SELECT uprofile_linear(t, 'y') FROM (SELECT * FROM known ORDER BY b) t) AS bytes FROM (SELECT uprofile_linear(t, 'y') AS m FROM (SELECT * FROM known ORDER BY id) t) x;
SELECT furthest(numbers(uprofile_model_info(uprofile_linear(t, 'y')), 'coef'), (SELECT numbers(uprofile_model_info(uprofile_linear(u, 'y')), 'coef') FROM (SELECT id, late, b, y FROM known ORDER BY id DESC) u)) < 1e-9
FROM (SELECT id, late, b, y FROM known ORDER BY id) t;
-- What cannot be learned from, and rows that do not count.
SELECT length(uprofile_linear(t, 'y')) FROM (SELECT CASE WHEN id = 19999 THEN float8 'infinity' ELSE a END AS a, y FROM many) t;
SELECT length(uprofile_linear(t, 'y', '{"exclude": ["aa"]}')) FROM (SELECT a, b, y FROM many) t;
SELECT i->'rows' AS rows, i->'skipped_rows' AS skipped_rows, i->'skipped_labels' AS skipped_labels FROM (SELECT uprofile_model_info(uprofile_linear(t, 'y')) AS i
	FROM (SELECT a, CASE WHEN id % 10 > 0 THEN y END AS y FROM many UNION ALL SELECT a, 'NaN' FROM many WHERE id < 6) t) x;
-- Where rows are needed they are held as ever: the same bytes whatever the memory.
CREATE FUNCTION in_both(call text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE held bytea; more bytea;
BEGIN
	SET LOCAL uprofile.max_memory = '64MB';
	EXECUTE call INTO held;
	SET LOCAL uprofile.max_memory = '2MB';
	EXECUTE call INTO more;
	RETURN held = more;
END $$;
SELECT call, in_both(call) FROM unnest(ARRAY[
	$$SELECT uprofile_linear(t, 'y') FROM (SELECT a, b, id, shop, y FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y', '{"select": {"method": "variance", "k": 1}}') FROM (SELECT a, b, id, y FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y', '{"max_rows": 9000}') FROM (SELECT a, b, id, y FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y', '{"weight": "b"}') FROM (SELECT a, abs(b) AS b, id, y FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y', '{"prepare": {"a": {"impute": "mean"}}}') FROM (SELECT a, b, id, y FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y', '{"intervals": 0.9}') FROM (SELECT a, b, id, y FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y', '{"scale": "zscore"}') FROM (SELECT a, b, id, y FROM many) t$$,
	$$SELECT uprofile_scaler(t, '{"method": "robust"}') FROM (SELECT a, b, id, y FROM many) t$$,
	$$SELECT uprofile_scaler(t) FROM (SELECT a, id::text AS b, seen, y FROM many) t$$,
	$$SELECT uprofile_bayes(t, 'shop') FROM (SELECT a, b, id, shop FROM many) t$$,
	$$SELECT uprofile_bayes(t, 'good', '{"distribution": "bernoulli"}') FROM (SELECT a, b, id, good FROM many) t$$,
	$$SELECT uprofile_linear(t, 'y') FROM (SELECT a, b, id, id + 1 AS c, id + 2 AS d, id + 3 AS e, id + 4 AS f, id + 5 AS g, id + 6 AS h, id + 7 AS i, id + 8 AS j, a AS k, a AS l, a AS m, a AS n, a AS o, a AS p,
		a AS q, a AS r, a AS s, a AS z, a AS u, a AS v, a AS w, a AS x, y FROM many) t$$,
	$$SELECT uprofile_pca(t, '{"n_components": 1}') FROM (SELECT a, b, id, flag FROM many) t$$]) call;

-- Windows that grow: each answer is that of its rows.
SELECT count(*), count(DISTINCT n) FROM (SELECT id, (uprofile_model_info(uprofile_linear(t, 'y') OVER (ORDER BY id / 4000))->>'rows') AS n FROM (SELECT id, a, b, y FROM many) t) x (id, n) WHERE n::int >= 4000;
SELECT id / 4000 AS part, min(n) FROM (SELECT id, (uprofile_model_info(uprofile_scaler(t) OVER (ORDER BY id / 4000))->>'rows')::int AS n FROM (SELECT id, a FROM many) t) x (id, n) GROUP BY 1 ORDER BY 1;

-- States of parts, as they travel, and merged: sums and rows, in either order.
CREATE AGGREGATE linear_state(record, text) (sfunc = uprofile_agg_row_target, stype = bytea, initcond = 'linear');
CREATE AGGREGATE bayes_state(record, text) (sfunc = uprofile_agg_row_target, stype = bytea, initcond = 'bayes');
CREATE AGGREGATE scaler_state(record) (sfunc = uprofile_agg_row, stype = bytea, initcond = 'scaler');
CREATE AGGREGATE merged(bytea) (sfunc = uprofile_agg_combine, stype = bytea, finalfunc = uprofile_agg_final);
CREATE TABLE states AS
SELECT 'linear' AS what, n, cut, (SELECT linear_state(t, 'y') FROM (SELECT id, a, b, flag, y FROM gaps WHERE (id > cut) = (n = 2) ORDER BY id) t) AS state FROM unnest(ARRAY[1, 2]) n, unnest(ARRAY[50, 9999, 19900]) cut
UNION ALL
SELECT 'bayes' AS what, n, cut, (SELECT bayes_state(t, 'good') FROM (SELECT id, a, b, flag, good FROM gaps WHERE (id > cut) = (n = 2) ORDER BY id) t) AS state FROM unnest(ARRAY[1, 2]) n, unnest(ARRAY[50, 9999, 19900]) cut;
CREATE TABLE whole AS SELECT 'linear' AS what, uprofile_linear(t, 'y') AS model FROM (SELECT id, a, b, flag, y FROM gaps ORDER BY id) t
UNION ALL SELECT 'bayes', uprofile_bayes(t, 'good') FROM (SELECT id, a, b, flag, good FROM gaps ORDER BY id) t;
SELECT what, cut, backwards, i->'rows' AS rows, i->'inputs' = j->'inputs' AS same, max(abs(uprofile_predict_proba(CASE WHEN what = 'bayes' THEN m.model END, t, 'true') - uprofile_predict_proba(CASE WHEN what = 'bayes' THEN w.model END, t, 'true'))) < 1e-9 AS bayes,
	furthest(numbers(i, 'coef'), numbers(j, 'coef')) < 1e-9 AS linear
FROM (SELECT what, cut, backwards, merged(state ORDER BY CASE WHEN backwards THEN -n ELSE n END) AS model FROM states, unnest(ARRAY[false, true]) backwards GROUP BY 1, 2, 3) m JOIN whole w USING (what),
	uprofile_model_info(m.model) i, uprofile_model_info(w.model) j, (SELECT * FROM gaps WHERE id < 30) t GROUP BY 1, 2, 3, 4, 5, 7 ORDER BY 1, 2, 3;
-- An array whose width is not known in one part, or not at first, used or not.
CREATE TABLE lists AS SELECT id, CASE WHEN id > 15000 THEN ARRAY[a, b] END AS list, b AS c, y FROM many;
SELECT used, backwards, furthest(numbers(i, 'coef'), numbers(j, 'coef')) < 1e-9 AS near
FROM (SELECT used, backwards, uprofile_model_info(merged(state ORDER BY CASE WHEN backwards THEN -n ELSE n END)) AS i FROM unnest(ARRAY[false, true]) backwards, (SELECT used, n,
		(SELECT linear_state(t, 'y') FROM (SELECT list, c, CASE WHEN used THEN c ELSE id END AS d, y FROM lists WHERE (id > 14000) = (n = 2) ORDER BY id) t) AS state FROM unnest(ARRAY[false, true]) used, unnest(ARRAY[1, 2]) n) states
	GROUP BY 1, 2) x, LATERAL (SELECT uprofile_model_info(uprofile_linear(t, 'y')) AS j FROM (SELECT list, c, CASE WHEN used THEN c ELSE id END AS d, y FROM lists ORDER BY -id) t) y ORDER BY 1, 2;
SELECT furthest(numbers(i, 'coef'), numbers(j, 'coef')) < 1e-9 AS near FROM (SELECT uprofile_model_info(uprofile_linear(t, 'y', '{"exclude": ["list"]}')) AS i FROM (SELECT * FROM lists ORDER BY id) t) x,
	(SELECT uprofile_model_info(uprofile_linear(t, 'y', '{"exclude": ["list"]}')) AS j FROM (SELECT * FROM lists ORDER BY -id) t) y;
DROP TABLE lists;
-- Texts beside the numbers of a scaler: few in each part, and more than are kept in both, in rows that wait and travel on.
CREATE AGGREGATE together(bytea) (sfunc = uprofile_agg_combine, stype = bytea);
CREATE TABLE texts AS SELECT n, (SELECT scaler_state(t) FROM (SELECT a, b, 'x' || n || '-' || id % 200 AS name FROM gaps WHERE (id > 10000) = (n = 2) ORDER BY id) t) AS state FROM unnest(ARRAY[1, 2]) n;
CREATE TABLE travelled AS SELECT together(state ORDER BY n) AS state FROM texts;
SELECT i->'rows' AS rows, i->'left_out' AS left_out, furthest(numbers(i, 'scale'), numbers(j, 'scale')) < 1e-9 AS near
FROM (SELECT uprofile_model_info(merged(state)) AS i FROM (SELECT state FROM travelled UNION ALL SELECT state FROM texts WHERE n = 1) t) x,
	(SELECT uprofile_model_info(uprofile_scaler(t)) AS j FROM (SELECT a, b, 'x' || id AS name FROM gaps UNION ALL SELECT a, b, 'x' FROM gaps WHERE id <= 10000) t) y;
DROP TABLE travelled;
DROP AGGREGATE together(bytea);
DROP TABLE texts;
RESET uprofile.max_memory;
DROP TABLE many, gaps, made, known, states, whole;
DROP AGGREGATE linear_state(record, text);
DROP AGGREGATE bayes_state(record, text);
DROP AGGREGATE scaler_state(record);
DROP AGGREGATE merged(bytea);
DROP PROCEDURE make(boolean);
DROP FUNCTION in_both(text), numbers(jsonb, text), furthest(float8[], float8[]);
