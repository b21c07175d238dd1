-- Two classifiers for the same question, each measured on the same fifth of the customers, which neither has seen.
\set features '["log_recency", "log_orders", "log_revenue", "log_basket", "log_products", "tenure_days", "days_between", "return_share", "lateness", "country"]'
SET client_min_messages = error;
CREATE TABLE trained AS
SELECT * FROM uprofile_train('churn_svm', 'customer_features', target => 'churned', algorithm => 'svm',
                             key => 'customer_id', params => ('{"features": ' || :'features' || '}')::jsonb);
INSERT INTO trained
SELECT * FROM uprofile_train('churn_mlp', 'customer_features', target => 'churned', algorithm => 'mlp',
                             key => 'customer_id', params => ('{"hidden_layer_sizes": [16], "alpha": 1,
                             "early_stopping": true, "features": ' || :'features' || '}')::jsonb);
RESET client_min_messages;

SELECT model_name AS model, rows_trained AS trained, rows_tested AS tested,
       round((metrics->>'accuracy')::numeric, 3) AS accuracy, round((metrics->>'precision')::numeric, 3) AS precision,
       round((metrics->>'recall')::numeric, 3) AS recall, round((metrics->>'f1')::numeric, 3) AS f1,
       round((metrics->>'auc')::numeric, 3) AS auc
FROM trained
UNION ALL
SELECT 'always the majority', NULL, NULL, round(greatest(avg(churned::int), 1 - avg(churned::int)), 3), NULL, NULL, NULL,
       0.5 FROM customer_features;

\echo 'What moves the decision of the support vector machine (weights of standardized features):'
SELECT feature, round(weight::numeric, 2) AS weight
FROM (SELECT uprofile_model_info('churn_svm'::text) AS info) AS m,
     LATERAL (SELECT f.name AS feature, c.value::float8 AS weight
              FROM jsonb_array_elements_text(info->'features') WITH ORDINALITY AS f(name, place)
              JOIN jsonb_array_elements_text(info->'coef') WITH ORDINALITY AS c(value, place) USING (place)) AS w
WHERE feature NOT LIKE 'country=%'
ORDER BY abs(weight) DESC LIMIT 5;
