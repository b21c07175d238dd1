-- The last days once more: the lines of a day arrive, then one statement brings the profile of all customers up to date.
-- Days since the last order change for everybody every day, so they are not stored: the view computes them when it is
-- read, and with them the model that sees them. "Today" is a setting here, since the days are long past; live it is
-- "recency": "current_date - last_order".
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
\set ECHO queries
SELECT uprofile_create('buyers', 'buyers', 'customer_id',
   models => '{"segment": {"algorithm": "kmeans", "k": 4, "features": ["log_orders", "log_revenue"]},
               "activity": {"algorithm": "kmeans", "k": 3, "features": ["recency", "log_orders"]}}',
   policy => '{"live": {"recency": "current_setting(''shop.today'')::date - last_order"}, "score": "read", "history": "1 year"}') AS created;
\set ECHO none
SELECT set_config('shop.today', (min(invoice_date)::date - 1)::text, false) AS today FROM coming \gset
\set ECHO queries
SELECT status, mode, users, inserted FROM uprofile_refresh('buyers');
SELECT table_name, column_names, found, state FROM uprofile_watched('buyers');
\set ECHO none
RESET client_min_messages;
\echo '@ replaying days'

CREATE TABLE days_replayed (day date, lines bigint, acted bigint, mode text, written bigint, aged bigint, milliseconds numeric, described boolean, at timestamptz DEFAULT clock_timestamp());
CREATE PROCEDURE replay(day date) LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE yesterday ON COMMIT DROP AS SELECT customer_id, recency FROM buyers_current;
	PERFORM set_config('shop.today', day::text, false);
	INSERT INTO order_lines SELECT * FROM coming WHERE invoice_date::date = day;
	INSERT INTO days_replayed
	SELECT day, (SELECT count(*) FROM coming WHERE invoice_date::date = day),
	       (SELECT count(DISTINCT customer_id) FROM coming WHERE invoice_date::date = day),
	       r.mode, r.inserted + r.updated + r.deleted,
	       (SELECT count(*) FROM yesterday AS y JOIN buyers_current AS c USING (customer_id) WHERE y.recency <> c.recency), round(1000 * r.seconds::numeric, 1)
	FROM uprofile_refresh('buyers') AS r;
	UPDATE days_replayed SET described = (SELECT max(described_at) >= now() FROM uprofile_segment_list WHERE profile = 'buyers')
	WHERE days_replayed.day = replay.day;
	-- As if computed from scratch, with the same versions of the models.
	IF EXISTS (SELECT b.*, uprofile_predict('buyers.segment', b)::int, uprofile_predict('buyers.activity', b)::int
	           FROM (SELECT *, day - last_order AS recency FROM buyers) AS b
	           EXCEPT SELECT customer_id, orders, revenue, last_order, log_orders, log_revenue, recency, segment, activity FROM buyers_current) THEN
		RAISE EXCEPTION 'the profile of % is not what its source says', day;
	END IF;
END $$;
SELECT format('CALL replay(%L)', invoice_date::date) FROM coming GROUP BY invoice_date::date ORDER BY 1 \gexec
\echo '@ replayed'
\echo
\echo 'Each day: lines that came, customers who acted, rows that SELECT uprofile_refresh(''buyers'') wrote, and its time;'
\echo 'aged: customers whose days since the last order changed, which the view buyers_current computes when it is read.'
\echo 'segments: their names and figures are made anew once a tenth of the customers have changed, which is most of that day''s time.'
\echo 'After each the profile was compared with one that is computed from scratch.'
SELECT day, lines, acted, mode, written, aged, milliseconds, CASE WHEN described THEN 'described anew' ELSE '' END AS segments FROM days_replayed ORDER BY day;
\echo 'The past is kept, as changes only: the profile as it was on some of these days.'
\set ECHO queries
SELECT d.day, count(*) AS customers, round(sum(p.revenue)) AS revenue, count(*) FILTER (WHERE p.last_order = d.day) AS ordered_that_day
FROM (SELECT * FROM days_replayed ORDER BY day DESC LIMIT 3) AS d, uprofile_as_of(NULL::buyers_profile, d.at) AS p GROUP BY d.day ORDER BY d.day;
\set ECHO none
