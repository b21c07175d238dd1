-- The one form in which every shop's order lines arrive, faults and all: the columns of the UCI Online Retail file.
CREATE TABLE order_lines_raw
(
	line_no      bigint GENERATED ALWAYS AS IDENTITY,
	invoice_no   text,
	stock_code   text,
	description  text,
	quantity     integer,
	invoice_date timestamp,
	unit_price   numeric,
	customer_id  integer,
	country      text
);
