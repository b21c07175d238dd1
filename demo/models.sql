-- Two classifiers for the same question, each measured on the same fifth of the customers, which neither has seen.
SET client_min_messages = error;
\set ECHO queries
CREATE TABLE trained AS
SELECT * FROM uprofile_train('churn_svm', 'customers', target => 'churned', algorithm => 'svm', key => 'customer_id', params => '{"scale": "log"}');
INSERT INTO trained
SELECT * FROM uprofile_train('churn_mlp', 'customers', target => 'churned', algorithm => 'mlp', key => 'customer_id',
                             params => '{"scale": "log", "hidden_layer_sizes": [16], "alpha": 1, "early_stopping": true}');
\set ECHO none
RESET client_min_messages;

SELECT model_name AS model, rows_trained AS trained, rows_tested AS tested,
       round((metrics->>'accuracy')::numeric, 3) AS accuracy, round((metrics->>'precision')::numeric, 3) AS precision,
       round((metrics->>'recall')::numeric, 3) AS recall, round((metrics->>'f1')::numeric, 3) AS f1,
       round((metrics->>'auc')::numeric, 3) AS auc
FROM trained
UNION ALL
SELECT 'always the majority', NULL, NULL, round(greatest(avg(churned::int), 1 - avg(churned::int)), 3), NULL, NULL, NULL,
       0.5 FROM customers;
