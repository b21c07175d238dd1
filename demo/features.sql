-- One row a customer, in units that people know: what is known of him at the cut-off day, and a label from the 90 days after it.
-- What he cancelled is taken off. (A shop would take today as the cut-off to score its customers.)
CREATE TABLE days AS SELECT max(invoice_date)::date - 90 AS cut_off FROM order_lines;

\set ECHO queries
CREATE VIEW customers_at_cut_off AS
WITH bought AS
(
	SELECT customer_id, cut_off, cut_off - max(invoice_date)::date AS recency_days, count(DISTINCT invoice_no) AS orders,
	       sum(quantity * unit_price) AS amount, max(invoice_date)::date - min(invoice_date)::date AS tenure_days,
	       count(DISTINCT stock_code) AS products, round(avg(quantity), 1) AS pieces_a_line,
	       mode() WITHIN GROUP (ORDER BY country) AS country
	FROM order_lines, days WHERE invoice_date < cut_off GROUP BY customer_id, cut_off
), cancelled AS
(
	SELECT (original ->> 'customer_id')::integer AS customer_id, count(*) AS lines,
	       -sum((original ->> 'quantity')::integer * (original ->> 'unit_price')::numeric) AS amount
	FROM order_lines_quarantine, days WHERE rule = 'match' AND (original ->> 'invoice_date')::timestamp < cut_off GROUP BY 1
), came_back AS
(
	SELECT DISTINCT customer_id, true AS again FROM order_lines, days WHERE invoice_date >= cut_off
)
SELECT customer_id, recency_days, orders, greatest(b.amount - coalesce(c.amount, 0), 0)::float8 AS revenue, tenure_days,
       round(tenure_days::numeric / nullif(orders - 1, 0), 1) AS days_between, products, pieces_a_line,
       round(coalesce(c.lines, 0)::numeric / (products + coalesce(c.lines, 0)), 3) AS cancelled_share, country,
       again IS NULL AS churned
FROM bought AS b LEFT JOIN cancelled AS c USING (customer_id) LEFT JOIN came_back USING (customer_id);

CREATE TABLE customers AS SELECT * FROM customers_at_cut_off;
\set ECHO none
ALTER TABLE customers ADD PRIMARY KEY (customer_id);
ANALYZE customers;
SELECT count(*) AS customers, round(avg(orders), 2) AS orders, round(avg(revenue)::numeric, 2) AS revenue,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY recency_days) AS median_recency,
       count(*) FILTER (WHERE days_between IS NULL) AS one_order_only, round(avg(churned::int), 3) AS share_churned
FROM customers;
