-- Counts every fault of the raw lines, keeps what is in order in order_lines, and the rest, with the reason, in
-- order_lines_rejected: nothing is lost.
CREATE TABLE order_lines_judged AS
SELECT *, row_number() OVER (PARTITION BY invoice_no, stock_code, description, quantity, invoice_date, unit_price,
                             customer_id, country ORDER BY line_no) > 1 AS duplicate
FROM order_lines_raw;

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
FROM order_lines_judged;

\echo 'What the lines look like:'
SELECT lines, invoices, customers, stock_codes, countries FROM faults;
\echo 'What is wrong with them:'
SELECT no_customer, cancelled_invoices, duplicates, quantity_not_positive AS "quantity <= 0",
       price_not_positive AS "price <= 0", blank_descriptions FROM faults;

CREATE TABLE order_lines_rejected AS
SELECT *, CASE WHEN duplicate THEN 'duplicate' WHEN customer_id IS NULL THEN 'no customer'
               WHEN invoice_no LIKE 'C%' THEN 'cancellation' WHEN quantity <= 0 THEN 'quantity <= 0'
               ELSE 'price <= 0' END AS reason
FROM order_lines_judged
WHERE duplicate OR customer_id IS NULL OR quantity <= 0 OR unit_price <= 0;

CREATE TABLE order_lines AS
SELECT line_no, invoice_no, stock_code, coalesce(description, 'unnamed ' || stock_code) AS description, quantity,
       invoice_date, unit_price, customer_id, country
FROM order_lines_judged
WHERE NOT duplicate AND customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0;

\echo 'Kept, and rejected by their first fault (both add up to the lines above):'
SELECT 'kept' AS what, count(*) AS lines FROM order_lines
UNION ALL SELECT 'rejected: ' || reason, count(*) FROM order_lines_rejected GROUP BY reason
ORDER BY 2 DESC;

DO $$
BEGIN
	IF (SELECT count(*) FROM order_lines) + (SELECT count(*) FROM order_lines_rejected)
	   <> (SELECT count(*) FROM order_lines_raw) THEN
		RAISE EXCEPTION 'kept and rejected lines do not add up';
	END IF;
	-- The published facts of the real file.
	IF (SELECT lines FROM faults) = 541909 THEN
		IF (SELECT faults::text FROM faults) <>
		   '(541909,25900,4372,4070,38,135080,3836,5268,10624,2517,1454,397884)' THEN
			RAISE EXCEPTION 'the counts differ from the published ones: %', (SELECT faults::text FROM faults);
		END IF;
		RAISE NOTICE 'every count is the one published for this file';
	END IF;
END $$;
DROP TABLE order_lines_judged;
ANALYZE order_lines;
