-- Loads the real invoices of the UCI Online Retail data set into order_lines_raw. The path comes in the environment
-- variable DATA; the file may be gzipped or plain, with a header, columns in the order below.
CREATE TEMPORARY TABLE incoming
(
	invoice_no   text,
	stock_code   text,
	description  text,
	quantity     integer,
	invoice_date timestamp,
	unit_price   numeric,
	customer_id  numeric,
	country      text
);
\echo '@ reading the file'
\copy incoming FROM PROGRAM 'gzip -dcf "$DATA"' WITH (FORMAT csv, HEADER true)

\echo '@ numbering the lines'
INSERT INTO order_lines_raw (invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id,
                             country)
SELECT invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id::integer, country
FROM incoming;
DROP TABLE incoming;
ANALYZE order_lines_raw;
\echo '@ done'
\echo
