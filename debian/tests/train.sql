CREATE EXTENSION uprofile;
CREATE TABLE customers AS
SELECT i AS id, (i * 37) % 101 AS visits, (i * 53) % 97 + 0.5 AS spent, (ARRAY['north', 'south', NULL])[1 + i % 3] AS region,
       (i * 37) % 101 > 50 AS churned
FROM generate_series(1, 500) AS i;
SELECT version, rows_trained + rows_tested AS used, deployed
FROM uprofile_train('churn', 'customers', target => 'churned', algorithm => 'forest', key => 'id');
SELECT count(*) > 450 AS predicted FROM customers AS c WHERE uprofile_predict_label('churn', c) = churned::text;
SELECT extversion FROM pg_extension WHERE extname = 'uprofile';
