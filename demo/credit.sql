-- Credit risk: whole rows, text columns encoded, missing values imputed, all inside the model.
CREATE TABLE credit (status text, seniority integer, home text, "time" integer, age integer, marital text, records text,
                     job text, expenses integer, income integer, assets integer, debt integer, amount integer,
                     price integer);
\copy credit FROM 'demo/credit_data.csv' WITH (FORMAT csv, HEADER true)
ALTER TABLE credit ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY;

SELECT count(*) AS customers, count(*) FILTER (WHERE status = 'bad') AS bad, count(*) - count(income) AS no_income,
       count(*) - count(assets) AS no_assets, count(*) - count(debt) AS no_debt FROM credit;

SET client_min_messages = error;
\set ECHO queries
CREATE TABLE credit_models AS
SELECT * FROM uprofile_train('credit_svm', 'credit', target => 'status', algorithm => 'svm', key => 'id');
INSERT INTO credit_models
SELECT * FROM uprofile_train('credit_mlp', 'credit', target => 'status', algorithm => 'mlp', key => 'id',
                             params => '{"hidden_layer_sizes": [32], "early_stopping": true}');
\set ECHO none
RESET client_min_messages;
SELECT model_name AS model, rows_trained AS trained, rows_tested AS tested, features,
       round((metrics->>'accuracy')::numeric, 3) AS accuracy, round((metrics->>'f1')::numeric, 3) AS f1,
       round((metrics->>'auc')::numeric, 3) AS auc
FROM credit_models
UNION ALL
SELECT 'always "good"', NULL, NULL, NULL, round(avg((status = 'good')::int), 3), NULL, 0.5 FROM credit;

\set ECHO queries
SELECT id, status, seniority, job, income, assets, debt, uprofile_predict_label('credit_svm', c) AS predicted,
       round(uprofile_predict_proba('credit_svm', c, 'bad')::numeric, 2) AS "chance of bad"
FROM credit AS c WHERE income IS NULL ORDER BY id LIMIT 3;
\set ECHO none
