-- One row a customer with what is known at the cut-off day, and a label from the 90 days after it. The label is known
-- because the cut-off lies in the past; a shop would take today as the cut-off to score its customers.
CREATE TABLE days AS
SELECT max(invoice_date)::date - 90 AS cut_off FROM order_lines;

CREATE TABLE customer_features AS
WITH orders AS
(
	SELECT customer_id, invoice_no, min(invoice_date) AS ordered_at, sum(quantity * unit_price) AS amount
	FROM order_lines, days
	WHERE invoice_date < cut_off
	GROUP BY customer_id, invoice_no
), per_order AS
(
	SELECT customer_id, cut_off - max(ordered_at)::date AS recency_days, count(*) AS orders,
	       sum(amount)::float8 AS revenue, avg(amount)::float8 AS basket_value,
	       max(ordered_at)::date - min(ordered_at)::date AS tenure_days,
	       (max(ordered_at)::date - min(ordered_at)::date)::float8 / nullif(count(*) - 1, 0) AS days_between
	FROM orders, days
	GROUP BY customer_id, cut_off
), per_line AS
(
	SELECT customer_id, count(DISTINCT stock_code) AS products, avg(quantity)::float8 AS mean_quantity,
	       mode() WITHIN GROUP (ORDER BY country) AS country
	FROM order_lines, days
	WHERE invoice_date < cut_off
	GROUP BY customer_id
), returned AS
(
	SELECT (original ->> 'customer_id')::integer AS customer_id, count(*) AS returned_lines
	FROM order_lines_quarantine, days
	WHERE rule = 'match' AND (original ->> 'invoice_date')::timestamp < cut_off
	GROUP BY 1
), came_back AS
(
	SELECT DISTINCT customer_id, true AS again FROM order_lines, days WHERE invoice_date >= cut_off
)
SELECT customer_id, recency_days, orders, round(revenue::numeric, 2)::float8 AS revenue,
       round(basket_value::numeric, 2)::float8 AS basket_value, tenure_days, days_between, products,
       coalesce(returned_lines, 0)::float8 / (products + coalesce(returned_lines, 0)) AS return_share, country,
       ln(recency_days + 1) AS log_recency, ln(orders) AS log_orders, ln(revenue + 1) AS log_revenue,
       ln(basket_value + 1) AS log_basket, ln(mean_quantity) AS log_quantity, ln(products) AS log_products,
       recency_days / greatest(days_between, 1) AS lateness,
       again IS NULL AS churned
FROM per_order JOIN per_line USING (customer_id) LEFT JOIN returned USING (customer_id)
     LEFT JOIN came_back USING (customer_id);
ALTER TABLE customer_features ADD PRIMARY KEY (customer_id);
ANALYZE customer_features;

SELECT count(*) AS customers, round(avg(orders), 2) AS orders, round(avg(revenue)::numeric, 2) AS revenue,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY recency_days)::numeric) AS median_recency,
       count(*) FILTER (WHERE days_between IS NULL) AS one_order_only,
       round(avg(churned::int), 3) AS share_churned
FROM customer_features;

\echo 'A scaler is an aggregate; the model it returns makes features comparable, and undoes that:'
WITH model AS (SELECT uprofile_scaler(ARRAY[log_recency, log_orders, log_revenue]) AS scaler FROM customer_features)
SELECT customer_id, scaled[1]::numeric(6,2) AS recency, scaled[2]::numeric(6,2) AS orders,
       scaled[3]::numeric(6,2) AS revenue, revenue AS revenue_before,
       round((exp((uprofile_unscale(scaler, scaled))[3]) - 1)::numeric, 2) AS revenue_again
FROM model, customer_features, uprofile_scale(scaler, ARRAY[log_recency, log_orders, log_revenue]) AS scaled
ORDER BY customer_id LIMIT 3;
