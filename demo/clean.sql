-- Looks at the raw lines, counts every fault, and cleans them by rules into order_lines. What is taken out goes to
-- order_lines_quarantine with the reason, and every change to order_lines_changes: nothing is lost.
\set ECHO queries
SELECT column_name, kind, missing, distinct_values AS different, left(minimum, 20) AS minimum, left(maximum, 20) AS maximum, split_part(advice, ';', 1) AS advice
FROM uprofile_describe('order_lines_raw');
\set ECHO none

CREATE TABLE faults AS
SELECT count(*) AS lines, count(DISTINCT invoice_no) AS invoices, count(DISTINCT customer_id) AS customers,
       count(DISTINCT stock_code) AS stock_codes, count(DISTINCT country) AS countries,
       count(*) FILTER (WHERE customer_id IS NULL) AS no_customer,
       count(DISTINCT invoice_no) FILTER (WHERE invoice_no LIKE 'C%') AS cancelled_invoices,
       count(*) FILTER (WHERE duplicate) AS duplicates,
       count(*) FILTER (WHERE quantity <= 0) AS quantity_not_positive,
       count(*) FILTER (WHERE unit_price <= 0) AS price_not_positive,
       count(*) FILTER (WHERE description IS NULL) AS blank_descriptions,
       count(*) FILTER (WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0) AS lines_in_order
FROM (SELECT *, row_number() OVER (PARTITION BY invoice_no, stock_code, description, quantity, invoice_date, unit_price,
                                   customer_id, country ORDER BY line_no) > 1 AS duplicate FROM order_lines_raw) AS judged;
\echo 'What is wrong with them:'
SELECT lines, no_customer, cancelled_invoices, duplicates, quantity_not_positive AS "quantity <= 0",
       price_not_positive AS "price <= 0", blank_descriptions FROM faults;

\echo '@ cleaning'
\set ECHO queries
CREATE TABLE cleaning AS
SELECT * FROM uprofile_clean('SELECT line_no, invoice_no, stock_code, coalesce(description, ''unnamed '' || stock_code) AS description,
                                     quantity, invoice_date, unit_price, customer_id, country FROM order_lines_raw',
  'order_lines', key => 'line_no', rules => '[
  {"rule": "duplicates", "exclude": ["line_no"], "order": "line_no"},
  {"rule": "required", "column": "customer_id"},
  {"rule": "match", "column": "invoice_no", "pattern": "^C", "negate": true},
  {"rule": "range", "column": "quantity", "min": 0, "min_open": true},
  {"rule": "range", "column": "unit_price", "min": 0, "min_open": true}]');
\set ECHO none
\echo '@ cleaned'
\echo
\echo 'What it did, in rows (input = cleaned + quarantined + merged):'
SELECT sum(rows) FILTER (WHERE rule = 'input') AS input, sum(rows) FILTER (WHERE rule = 'cleaned') AS cleaned,
       sum(rows) FILTER (WHERE rule = 'quarantined') AS quarantined, sum(rows) FILTER (WHERE rule = 'merged') AS merged
FROM cleaning WHERE before IS NULL AND after IS NULL;
\echo 'Why lines were taken out:'
SELECT rule, min(reason) AS reason, CASE WHEN count(DISTINCT reason) > 1 THEN 'and the like' ELSE '' END AS " ", count(*) AS lines
FROM order_lines_quarantine GROUP BY step, rule ORDER BY lines DESC;

DO $$
BEGIN
	IF (SELECT count(*) FROM order_lines) + (SELECT count(*) FROM order_lines_quarantine)
	   <> (SELECT count(*) FROM order_lines_raw) THEN
		RAISE EXCEPTION 'kept and quarantined lines do not add up';
	END IF;
	-- The published facts of the real file.
	IF (SELECT lines FROM faults) = 541909 THEN
		IF (SELECT faults::text FROM faults) <>
		   '(541909,25900,4372,4070,38,135080,3836,5268,10624,2517,1454,397884)' THEN
			RAISE EXCEPTION 'the counts differ from the published ones: %', (SELECT faults::text FROM faults);
		END IF;
	END IF;
END $$;
SELECT lines = 541909 AS published FROM faults \gset
\if :published
	\echo 'Every count is the one published for this file.'
	\echo
\endif
ANALYZE order_lines;
