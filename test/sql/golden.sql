-- Models written by earlier versions load, and predict what they did.
CREATE TABLE golden (what text PRIMARY KEY, hex text);
\copy golden FROM 'test/data/golden_1.csv' WITH (FORMAT csv)
CREATE TABLE models AS SELECT what, decode(hex, 'hex') AS model FROM golden;
SELECT what, uprofile_model_info(model)->'format' AS format, uprofile_model_info(model)->'rows' AS rows,
       uprofile_model_info(model)->'features' AS features FROM models ORDER BY what;
SELECT round(v::numeric, 6) AS scaled FROM models, unnest(uprofile_scale(model, ARRAY[2, 9])) AS v WHERE what = 'scaler';
SELECT what, uprofile_predict(model, ARRAY[1, 2]) AS low, uprofile_predict(model, ARRAY[6, 9]) AS high
FROM models WHERE what IN ('kmeans', 'svm', 'mlp') ORDER BY what;
SELECT what, round(uprofile_predict_proba(model, ARRAY[4, 4])::numeric, 4) AS probability
FROM models WHERE what IN ('svm', 'mlp') ORDER BY what;
SELECT uprofile_predict_label(model, s) AS label, round(uprofile_predict_proba(model, s)::numeric, 4) AS probability
FROM models, (SELECT 'b' AS kind, 5 AS a) AS s WHERE what = 'svm of rows';
