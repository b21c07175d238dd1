-- A profile: the features, a segment and the chance to lose the customer, in one typed table.
SET client_min_messages = error;
SELECT uprofile_create('shop', 'customer_features', 'customer_id', watch => '{order_lines.customer_id}',
   models => '{"segment": {"algorithm": "kmeans", "k": 5,
                           "features": ["log_recency", "log_orders", "log_revenue", "log_quantity"]},
               "churn":   {"algorithm": "svm", "target": "churned",
                           "features": ["log_recency", "log_orders", "log_revenue", "log_products", "tenure_days",
                                        "days_between", "return_share", "lateness", "country"]}}') AS created;
SELECT status, users, inserted, updated, deleted, trained, round(seconds::numeric, 2) AS seconds
FROM uprofile_refresh('shop');
RESET client_min_messages;

\echo 'Who they are: every segment, described by how its medians stand to those of all.'
CREATE VIEW shop_segments AS
WITH everyone AS
(
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY recency_days) AS recency,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY orders) AS orders,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY revenue) AS revenue
	FROM shop_profile
), each AS
(
	SELECT segment, count(*) AS customers, percentile_cont(0.5) WITHIN GROUP (ORDER BY recency_days) AS recency,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY orders) AS orders,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY revenue) AS revenue, avg(churn_probability) AS churn,
	       sum(shop_profile.revenue) AS total
	FROM shop_profile
	GROUP BY segment
)
SELECT segment, each.customers,
       CASE WHEN each.recency < 0.6 * e.recency THEN 'recent' WHEN each.recency > 1.6 * e.recency THEN 'long gone'
            ELSE 'seen lately' END || ', ' ||
       CASE WHEN each.orders = 1 THEN 'one order' WHEN each.orders > 1.8 * e.orders THEN 'very frequent'
            WHEN each.orders > e.orders THEN 'frequent' ELSE 'occasional' END || ', ' ||
       CASE WHEN each.revenue > 3 * e.revenue THEN 'high spend' WHEN each.revenue < 0.5 * e.revenue THEN 'low spend'
            ELSE 'middling spend' END AS description,
       each.recency AS median_days, each.orders AS median_orders, round(each.revenue::numeric) AS median_revenue,
       round(each.churn::numeric, 2) AS churn, round((100 * total / sum(total) OVER ())::numeric) AS "% of revenue"
FROM each, everyone AS e;
SELECT * FROM shop_segments ORDER BY segment;

\echo 'An order arrives. The next refresh writes what changed, and nothing else:'
UPDATE customer_features SET recency_days = 0, log_recency = 0, orders = orders + 1, log_orders = ln(orders + 1),
                             lateness = 0
WHERE customer_id = (SELECT max(customer_id) FROM customer_features);
SELECT status, users, inserted, updated, deleted, trained FROM uprofile_refresh('shop');

\echo 'The registered models, the runs, and the state of the profile:'
SELECT model, version, deployed, algorithm, rows_trained, round((metrics->>'auc')::numeric, 3) AS auc
FROM uprofile_models ORDER BY model, version;
SELECT run, profile, status, users, inserted, updated, deleted FROM uprofile_runs ORDER BY run;
SELECT profile, table_name, last_status, users, age < interval '1 hour' AS fresh FROM uprofile_profiles;

\echo 'The profile table, the best customers who may leave:'
SELECT customer_id, recency_days AS days, orders, revenue, country, segment, churn,
       round(churn_probability::numeric, 2) AS probability
FROM shop_profile WHERE churn ORDER BY revenue DESC LIMIT 8;
