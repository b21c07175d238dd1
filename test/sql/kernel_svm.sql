-- Support vector machines with kernels.
CREATE TABLE ring AS
SELECT i AS id, ARRAY[cos(i) * (1 + i % 3) + 0.2 * sin(i * i), sin(i) * (1 + i % 3) + 0.2 * cos(i * 3.3)]::float8[] AS x, i % 3 = 1 AS middle,
	(ARRAY['inner', 'middle', 'outer'])[1 + i % 3] AS place, (i % 3) + 0.1 * sin(i) AS distance
FROM generate_series(1, 300) i;
SELECT kernel, avg((uprofile_predict(m, x) = middle::int)::int)::numeric(4, 3) AS accuracy
FROM ring, (SELECT kernel, (SELECT uprofile_svm(x, middle, jsonb_build_object('kernel', kernel, 'degree', 4, 'coef0', 1)) FROM ring) AS m
	FROM unnest(ARRAY['linear', 'rbf', 'poly', 'sigmoid']) AS kernel) f
WHERE kernel <> 'sigmoid' GROUP BY kernel ORDER BY kernel;
SELECT i->'kernel' AS kernel, i->'converged' AS converged, i->'solver' AS solver, round((i->>'objective')::numeric, 2) AS objective,
	(i->>'support_vectors')::int < 250 AS few FROM (SELECT uprofile_model_info(uprofile_svm(x, middle, '{"kernel": "rbf"}')) AS i FROM ring) q;
SELECT avg((uprofile_predict_label(m, x) = place)::int)::numeric(4, 3) AS accuracy,
	bool_and(abs(uprofile_predict_proba(m, x, 'inner') + uprofile_predict_proba(m, x, 'middle') + uprofile_predict_proba(m, x, 'outer') - 1) < 1e-9) AS sums_to_1
FROM ring, (SELECT uprofile_svm(x, place, '{"kernel": "rbf", "probability": true}') AS m FROM ring) f;
SELECT avg(abs(uprofile_predict(m, x) - distance)) < 0.15 AS near FROM ring, (SELECT uprofile_svr(x, distance, '{"C": 10, "epsilon": 0.05}') AS m FROM ring) f;
SELECT uprofile_predict(m, '{0, 9}'::float8[]) AS far, count(*) FILTER (WHERE uprofile_predict(m, x) = -1) BETWEEN 25 AND 35 AS a_tenth
FROM ring, (SELECT uprofile_one_class(x, '{"nu": 0.1}') AS m FROM ring) f GROUP BY m;
CREATE TABLE rows_of AS SELECT id, x[1] AS a, x[2] AS b, place FROM ring;
SELECT avg((uprofile_predict_label(m, r) = place)::int)::numeric(4, 3) AS accuracy
FROM rows_of r, (SELECT uprofile_svm(r, 'place', '{"kernel": "rbf", "exclude": ["id"]}') AS m FROM rows_of r) f;
SELECT count(*) FILTER (WHERE uprofile_predict(m, r) = -1) BETWEEN 10 AND 20 AS a_twentieth
FROM rows_of r, (SELECT uprofile_one_class(r, '{"nu": 0.05, "exclude": ["id", "place"]}') AS m FROM rows_of r) f;
SELECT algorithm_name, task, metrics FROM uprofile_train('odd', 'SELECT a, b FROM rows_of', algorithm => 'one_class');
SELECT uprofile_evaluate('odd', 'SELECT a, b FROM rows_of');
SELECT uprofile_show(uprofile_svm(x, middle, '{"loss": "hinge"}')) LIKE 'score of true = %' AS formula FROM ring;
SELECT uprofile_show(uprofile_svm(x, middle, '{"kernel": "poly"}')) LIKE '% support vectors, kernel poly%' AS vectors FROM ring;
SELECT m = n AS same FROM (SELECT uprofile_svm(x, place, '{"kernel": "rbf"}' ORDER BY id) AS m, uprofile_svm(x, place, '{"kernel": "rbf"}' ORDER BY id DESC) AS n FROM ring) q;

-- What is odd.
SELECT uprofile_predict(uprofile_svm(x, true, '{"kernel": "rbf"}'), '{1, 1}'::float8[]) FROM ring;
SELECT uprofile_predict(uprofile_one_class(x), '{1, 1}'::float8[]) FROM ring WHERE id = 1;
SELECT uprofile_predict(uprofile_svr(x, distance), '{1, 1}'::float8[]) IS NOT NULL AS told FROM ring WHERE id = 1;
SELECT uprofile_svm(x, middle, '{"kernel": "cubic"}') FROM ring;
SELECT uprofile_svm(x, middle, '{"kernel": "rbf", "gamma": -1}') FROM ring;
SELECT uprofile_svm(x, middle, '{"kernel": "rbf", "gamma": "wide"}') FROM ring;
SELECT uprofile_svr(x, middle::int, '{"kernel": "rbf", "epsilon": -1}') FROM ring;
SELECT uprofile_one_class(x, '{"nu": 0}') FROM ring;
SELECT uprofile_svm(ARRAY[x[1] * 1e30], middle, '{"kernel": "rbf"}') FROM ring;
SELECT uprofile_predict_proba(uprofile_svm(x, middle, '{"kernel": "rbf"}'), '{1, 1}'::float8[]) FROM ring;
SELECT uprofile_model_info(uprofile_svm(x, middle, '{"kernel": "rbf", "max_iter": 2}'))->'converged' AS converged FROM ring;
SELECT uprofile_drop_model('odd');
DROP TABLE ring, rows_of;
