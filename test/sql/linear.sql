-- Linear and logistic regression.
CREATE TABLE points AS
SELECT i AS id, ARRAY[i % 13, (i * 5) % 7, (i * i) % 11]::float8[] AS x,
	3 + 0.5 * (i % 13) - 2 * ((i * 5) % 7) + ((i * 37) % 10 - 4.5) * 0.1 AS y,
	0.5 * (i % 13) - ((i * 5) % 7) + ((i * 37) % 10 - 4.5) > 0 AS hit,
	CASE WHEN i % 13 > 8 THEN 'high' WHEN (i * 5) % 7 > 3 THEN 'mid' ELSE 'low' END AS kind
FROM generate_series(1, 600) i;

SELECT term, round(estimate::numeric, 6) AS estimate, round(std_error::numeric, 6) AS std_error, round(statistic::numeric, 3) AS t,
	round(p_value::numeric, 6) AS p FROM uprofile_coefficients((SELECT uprofile_linear(x, y) FROM points));
SELECT i->'task' AS task, round((i->>'r2')::numeric, 6) AS r2, round((i->>'adjusted_r2')::numeric, 6) AS adjusted,
	round((i->>'sigma')::numeric, 6) AS sigma, i->'residual_df' AS df, round((i->>'f')::numeric, 1) AS f
FROM (SELECT uprofile_model_info(uprofile_linear(x, y)) AS i FROM points) q;
SELECT penalty, round((c[1])::numeric, 4) AS x1, round(c[2]::numeric, 4) AS x2, round(c[3]::numeric, 4) AS x3
FROM (VALUES ('none'), ('l2'), ('l1'), ('elasticnet')) p (penalty),
LATERAL (SELECT ARRAY(SELECT estimate FROM uprofile_coefficients((SELECT uprofile_linear(x, y, jsonb_build_object('penalty', penalty, 'alpha', 0.5))
	FROM points)) WHERE term <> '(intercept)')) q (c);
SELECT uprofile_show(uprofile_linear(x, round(y)::int)) FROM points;
SELECT label, term, round(estimate::numeric, 4) AS estimate, round(std_error::numeric, 4) AS std_error, round(statistic::numeric, 2) AS z,
	round(p_value::numeric, 4) AS p FROM uprofile_coefficients((SELECT uprofile_logistic(x, hit, '{"penalty": "none"}') FROM points));
SELECT label, term, round(estimate::numeric, 3) AS estimate, std_error
FROM uprofile_coefficients((SELECT uprofile_logistic(x, kind) FROM points));

-- Rows: columns by name; a category gives a column each, of which the last follows from the others.
CREATE TABLE people AS
SELECT id, (20 + x[1] * 3)::int AS age, (ARRAY['DE', 'FR', 'US'])[1 + id % 3] AS country, NULLIF(id % 9 = 0, true) AS member,
	1000 + 50 * x[1] + 100 * (id % 3) + (id * 37) % 10 AS income FROM points;
SELECT term, round(estimate::numeric, 3) AS estimate, round(std_error::numeric, 3) AS std_error
FROM uprofile_coefficients((SELECT uprofile_linear(p, 'income', '{"exclude": ["id"]}') FROM people p));
SELECT feature, feature_value, round(contribution::numeric, 3) AS contribution
FROM uprofile_explain((SELECT uprofile_linear(p, 'income', '{"exclude": ["id", "member"]}') FROM people p), (SELECT p FROM people p WHERE id = 5));
SELECT uprofile_show(uprofile_logistic(p, 'country', '{"exclude": ["id", "member"]}')) FROM people p;
SELECT count(*) FILTER (WHERE abs(uprofile_predict(m, p) - income) < 10) AS near FROM people p, (SELECT uprofile_linear(p, 'income', '{"exclude": ["id"]}') AS m FROM people p) f;
SELECT algorithm_name, task, metrics ? 'r2' AS measured FROM uprofile_train('income', 'people', target => 'income', algorithm => 'linear', key => 'id');
SELECT term FROM uprofile_coefficients('income') LIMIT 2;

-- The same from sums, from rows, in parallel, updated, merged and parted.
CREATE TABLE fits AS
SELECT uprofile_linear(x, y) AS whole, uprofile_linear(x, y) FILTER (WHERE id <= 200) AS a, uprofile_linear(x, y) FILTER (WHERE id > 200) AS b
FROM points;
SELECT bool_and(abs(w.estimate - m.estimate) < 1e-10 AND abs(w.std_error - m.std_error) < 1e-10) AS merged
FROM fits, uprofile_coefficients(whole) w, uprofile_coefficients((SELECT uprofile_merge(m) FROM (SELECT a AS m FROM fits UNION ALL SELECT b FROM fits) q)) m
WHERE m.term = w.term;
SELECT bool_and(abs(w.estimate - m.estimate) < 1e-10) AS updated
FROM fits, uprofile_coefficients(whole) w, uprofile_coefficients((SELECT uprofile_update(a, x, y) FROM fits, points WHERE id > 200)) m
WHERE m.term = w.term;
SELECT bool_and(abs(w.estimate - m.estimate) < 1e-9) AS parted
FROM fits, uprofile_coefficients(a) w, uprofile_coefficients(uprofile_subtract(whole, b)) m WHERE m.term = w.term;

-- What is odd.
SELECT term, estimate IS NOT NULL AS known, std_error IS NULL AS no_error
FROM uprofile_coefficients((SELECT uprofile_linear(x || (x[1] + x[2]) || 7, y) FROM points));
SELECT uprofile_model_info(uprofile_linear(x, y))->'coef' AS one_row FROM points WHERE id = 1;
SELECT uprofile_predict(uprofile_logistic(x, x[1] > 5, '{"penalty": "none"}'), '{9,1,1}'::float8[]) FROM points;
SELECT uprofile_model_info(uprofile_logistic(x, true))->'constant' AS constant FROM points;
SELECT uprofile_linear(x, y) IS NULL AS nothing FROM points WHERE false;
SELECT uprofile_linear(x, 'NaN'::float8) FROM points;
SELECT uprofile_linear(x, y, '{"task": "classification"}') FROM points;
SELECT uprofile_linear(x, y, '{"penalty": "l3"}') FROM points;
SELECT uprofile_linear(x, y, '{"alpha": -1}') FROM points;
SELECT uprofile_logistic(x, y) FROM points;
SELECT uprofile_logistic(x, kind, '{"class_weight": {"none": 2}}') FROM points;
SELECT * FROM uprofile_coefficients((SELECT uprofile_tree(x, hit) FROM points));
SELECT uprofile_update(uprofile_logistic, x, hit, '{"penalty": "none"}') FROM points, (SELECT uprofile_logistic(x, hit) FROM points) q GROUP BY uprofile_logistic;
SELECT uprofile_subtract(a, b) FROM fits;
-- Numbers that are too large are told at once, not by who reads the model.
SELECT uprofile_linear(ARRAY[i::float8], i * 1e306) FROM generate_series(1, 20) i;
SELECT uprofile_boost(ARRAY[i::float8], i * 1e306) FROM generate_series(1, 90) i;
SELECT uprofile_drop_model('income');
DROP TABLE points, people, fits;
