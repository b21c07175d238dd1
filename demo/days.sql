-- The last days once more: the lines of a day arrive, then one statement brings the profile of all customers up to date.
CREATE TABLE coming AS
SELECT * FROM order_lines WHERE invoice_date >= (SELECT max(invoice_date)::date - 8 FROM order_lines);
DELETE FROM order_lines WHERE invoice_date >= (SELECT min(invoice_date)::date FROM coming);
CREATE INDEX ON order_lines (customer_id);
ANALYZE order_lines;
CREATE VIEW buyers AS
SELECT customer_id, count(DISTINCT invoice_no) AS orders, sum(quantity * unit_price) AS revenue,
       max(invoice_date)::date AS last_order, ln(count(DISTINCT invoice_no)) AS log_orders,
       ln(sum(quantity * unit_price) + 1)::float8 AS log_revenue
FROM order_lines GROUP BY customer_id;

SET client_min_messages = error;
SELECT uprofile_create('buyers', 'buyers', 'customer_id',
   models => '{"segment": {"algorithm": "kmeans", "k": 4, "features": ["log_orders", "log_revenue"]}}') AS created;
SELECT status, mode, users, inserted FROM uprofile_refresh('buyers');
RESET client_min_messages;
\echo 'What the profile watches, found in its source:'
SELECT table_name, column_names, found, state FROM uprofile_watched('buyers');

CREATE TABLE days_replayed (day date, lines bigint, acted bigint, mode text, written bigint, milliseconds numeric);
CREATE PROCEDURE replay(day date) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO order_lines SELECT * FROM coming WHERE invoice_date::date = day;
	INSERT INTO days_replayed
	SELECT day, (SELECT count(*) FROM coming WHERE invoice_date::date = day),
	       (SELECT count(DISTINCT customer_id) FROM coming WHERE invoice_date::date = day),
	       r.mode, r.inserted + r.updated + r.deleted, round(1000 * r.seconds::numeric, 1)
	FROM uprofile_refresh('buyers') AS r;
	-- As if computed from scratch, with the same version of the model.
	IF EXISTS (SELECT b.*, uprofile_predict('buyers.segment', b)::int FROM buyers AS b
	           EXCEPT SELECT customer_id, orders, revenue, last_order, log_orders, log_revenue, segment FROM buyers_profile) THEN
		RAISE EXCEPTION 'the profile of % is not what its source says', day;
	END IF;
END $$;
SELECT format('CALL replay(%L)', invoice_date::date) FROM coming GROUP BY invoice_date::date ORDER BY 1 \gexec
\echo 'Each day: lines that came, customers who acted, rows that SELECT uprofile_refresh(''buyers'') wrote, and its time.'
\echo 'After each the profile was compared with one that is computed from scratch.'
SELECT * FROM days_replayed ORDER BY day;
