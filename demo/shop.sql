-- A generated shop with known truth. Everything follows from two psql variables, :customers and :seed, through a hash:
-- the same numbers give the same shop, whatever the plan or the version of the server. What was planted is kept in the
-- schema truth, which no later step reads except truth.sql, where what was found is compared with it.
--
-- What is planted: four types of customers that differ in frequency, basket and lifetime; fifteen bundles of products
-- that are bought together; churn whose probability is a known function of behaviour up to the cut-off date; guests
-- without a number, cancellations, exact duplicates, wrong prices and quantities, blank descriptions.
\if :{?customers}
\else
	\set customers 3000
\endif
\if :{?seed}
\else
	\set seed 1
\endif

\echo '@ products and customers'
CREATE SCHEMA truth;

-- The calendar: one year; the last 90 days are the time in which churn shows.
CREATE TABLE truth.calendar AS
SELECT DATE '2025-01-01' AS first_day, DATE '2025-12-31' AS last_day, DATE '2025-12-31' - 90 AS cut_off;

-- A uniform number in (0, 1) that depends only on the seed, on who draws and on what is drawn.
CREATE FUNCTION truth.draw(who bigint, what integer) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ((hashint8extended(who, what + 1000003 * :seed::bigint) & 9007199254740991)::float8 + 0.5) / 9007199254740992;

-- A standard normal number (Box and Muller).
CREATE FUNCTION truth.bell(who bigint, what integer) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sqrt(-2 * ln(truth.draw(who, what))) * cos(2 * pi() * truth.draw(who, what + 500));

CREATE TABLE truth.types (type text, share_from float8, share_to float8, gap_days float8, life_days float8,
                          basket_lines float8, units float8);
INSERT INTO truth.types VALUES
	('regular',    0.00, 0.24,  17,  600, 9,  3),
	('wholesale',  0.24, 0.34,  28,  900, 20, 20),
	('occasional', 0.34, 0.72,  62,  700, 6,  2.2),
	('one-time',   0.72, 1.00,  25,    1, 4,  1.8);

CREATE TABLE truth.customers AS
SELECT 10000 + n AS customer_id, t.type,
       c.first_day + 1 + floor(truth.draw(n, 2) ^ 1.3 * (c.cut_off - c.first_day - 12))::integer AS joined,
       t.gap_days * exp(0.30 * truth.bell(n, 3)) AS gap_days,
       t.life_days * -ln(truth.draw(n, 4)) AS life_days,
       t.basket_lines * exp(0.20 * truth.bell(n, 5)) AS basket_lines,
       t.units * exp(0.20 * truth.bell(n, 6)) AS units,
       CASE WHEN truth.draw(n, 7) < 0.45 THEN 0.0 ELSE 0.16 * truth.draw(n, 8) END AS return_rate,
       CASE WHEN truth.draw(n, 9) < 0.70 THEN 'United Kingdom' WHEN truth.draw(n, 10) < 0.30 THEN 'Germany'
            ELSE (ARRAY['France', 'Spain', 'Ireland', 'Netherlands', 'Belgium', 'Norway', 'Portugal', 'Italy'])
                 [1 + floor(8 * truth.draw(n, 11))::integer] END AS country
FROM truth.calendar AS c,
     (SELECT n::bigint, truth.draw(n, 1) AS kind FROM generate_series(1, :customers) AS n) AS who
     JOIN truth.types AS t ON kind >= share_from AND kind < share_to;

-- 640 products: 16 styles of 40 things. Every bundle is three things of one style.
CREATE TABLE truth.products AS
SELECT p AS product, 'P' || 20000 + p AS stock_code, style || ' ' || thing AS description,
       greatest(0.25, round((3.2 * exp(0.75 * truth.bell(p, 21)))::numeric, 1)) AS unit_price
FROM (SELECT 16 * (t - 1) + s - 1 AS p, style, thing
      FROM unnest('{RED RETROSPOT,BLUE STRIPE,GREEN LEAF,IVORY LACE,PINK POLKADOT,VINTAGE ROSE,SILVER STAR,RUSTIC OAK,
                    WHITE WASHED,COPPER WIRE,MIDNIGHT,GINGHAM,WOODLAND,SEASIDE,PARISIAN,SCANDI}'::text[])
           WITH ORDINALITY AS styles(style, s),
           unnest('{TEACUP,SAUCER,TEAPOT,LUNCH BAG,LUNCH BOX,SNACK BOX,GIFT WRAP,RIBBON,GREETING CARD,PLANT POT,
                    WATERING CAN,SEED TIN,CAKE STAND,CAKE CASES,CAKE FORKS,CANDLE,CANDLE HOLDER,LANTERN,CUSHION,THROW,
                    DOORMAT,CLOCK,MIRROR,PICTURE FRAME,MUG,JUG,TRAY,EGG CUP,NAPKINS,TABLECLOTH,APRON,OVEN GLOVE,
                    NOTEBOOK,PENCIL CASE,PURSE,UMBRELLA,BUNTING,WREATH,BAUBLE,STOCKING}'::text[])
           WITH ORDINALITY AS things(thing, t)) AS every;

CREATE TABLE truth.bundles AS
SELECT b AS bundle, p.product, p.stock_code, p.description
FROM generate_series(1, 15) AS b,
     generate_series(0, 2) AS part
     JOIN truth.products AS p ON true
WHERE p.product = 16 * (3 * ((b - 1) % 6) + part) + (7 * b) % 16;

-- Orders up to the cut-off: gaps are gamma distributed around the customer's own; a customer who has reached the end of
-- the lifetime orders no more. After the cut-off every customer gets the orders of one who stays; those who turn out to
-- churn lose them again below. Guests order once and leave no number.
CREATE TABLE truth.orders AS
WITH gaps AS
(
	SELECT c.*, n, gap_days * -0.5 * ln(truth.draw(customer_id * 100 + n, 32) * truth.draw(customer_id * 100 + n, 33))
	       AS gap
	FROM truth.customers AS c, generate_series(1::bigint, 70) AS n
), timed AS
(
	SELECT gaps.*, n > 50 AS later,
	       CASE WHEN n <= 50
	            THEN joined + sum(CASE WHEN n = 1 THEN 0 ELSE gap END) OVER up_to_here::integer
	            ELSE cut_off + floor(80 * truth.draw(customer_id, 34))::integer
	                 + sum(CASE WHEN n = 51 THEN 0 ELSE gap END) OVER up_to_here::integer
	       END AS day
	FROM gaps, truth.calendar
	WINDOW up_to_here AS (PARTITION BY customer_id, n > 50 ORDER BY n)
), guests AS
(
	SELECT 10000 + :customers + g AS customer_id, 1::bigint AS n, false AS later,
	       first_day + floor((last_day - first_day + 1) * truth.draw(g, 35))::integer AS day,
	       8.0::float8 AS basket_lines, 3.0::float8 AS units, 0.0::float8 AS return_rate, 'United Kingdom' AS country,
	       true AS guest
	FROM generate_series(1::bigint, :customers) AS g, truth.calendar
)
SELECT customer_id * 100 + n AS order_id, customer_id, guest, later,
       day + interval '9 hours' + interval '1 minute' * floor(540 * truth.draw(customer_id * 100 + n, 31)) AS ordered_at,
       greatest(1, least(60, round(basket_lines * exp(0.35 * truth.bell(customer_id * 100 + n, 36)))))::integer AS size,
       units, return_rate, country
FROM (SELECT customer_id, n, later, day, basket_lines, units, return_rate, country, false AS guest
      FROM timed, truth.calendar
      WHERE CASE WHEN later THEN day <= last_day ELSE day < cut_off AND (n = 1 OR day <= joined + life_days::integer) END
      UNION ALL
      SELECT customer_id, n, later, day, basket_lines, units, return_rate, country, guest FROM guests) AS both_kinds;

\echo '@ what is in each order'
-- What is in them: popular things more often, and in four orders out of ten a bundle, each part of it nine times in ten.
CREATE TEMPORARY TABLE wanted AS
SELECT order_id, 27 * floor(640 * truth.draw(order_id * 100 + i, 41) ^ 1.6)::integer % 640 AS product
FROM truth.orders, generate_series(1, size) AS i
UNION
SELECT order_id, product
FROM truth.orders JOIN truth.bundles ON bundle = 1 + floor(15 * truth.draw(order_id, 43))
WHERE truth.draw(order_id, 42) < 0.4 AND truth.draw(order_id * 1000 + product, 44) < 0.9;
\echo '@ lines of the orders'
CREATE TABLE truth.lines AS
SELECT o.order_id, o.customer_id, o.guest, o.later, o.ordered_at, p.stock_code, p.description, p.unit_price, o.country,
       row_number() OVER (PARTITION BY o.order_id ORDER BY product) AS place,
       greatest(1, round(units * exp(0.5 * truth.bell(o.order_id * 1000 + product, 45))))::integer AS quantity,
       truth.draw(o.order_id * 1000 + product, 46) < return_rate
       AND o.ordered_at + interval '21 days' < CASE WHEN later THEN last_day + 1 ELSE cut_off END AS returned
FROM wanted JOIN truth.orders AS o USING (order_id) JOIN truth.products AS p USING (product), truth.calendar;

\echo '@ who leaves'
-- Who leaves: the log-odds are a plain function of recency, number of orders and returns, and jump for those who are
-- late by their own rhythm, which no straight line in the features can say.
CREATE TABLE truth.churn AS
WITH behaviour AS
(
	SELECT customer_id, cut_off - max(ordered_at)::date AS recency, count(DISTINCT order_id) AS orders,
	       (max(ordered_at)::date - min(ordered_at)::date)::float8 / nullif(count(DISTINCT order_id) - 1, 0) AS gap,
	       avg(returned::integer)::float8 AS returned
	FROM truth.lines, truth.calendar
	WHERE NOT later AND NOT guest
	GROUP BY customer_id, cut_off
), odds AS
(
	SELECT customer_id, 1 / (1 + exp(-(-0.5 + 0.9 * ln((recency + 7) / 45.0) - 0.9 * ln(orders / 3.0)
	       + 9 * (returned - 0.03) + CASE WHEN recency > 2 * greatest(gap, 5) THEN 1.6 ELSE 0 END))) AS probability
	FROM behaviour
)
SELECT customer_id, probability, truth.draw(customer_id, 51) < probability AS churned FROM odds;

DELETE FROM truth.lines USING truth.churn WHERE lines.customer_id = churn.customer_id AND later AND churned;

\echo '@ faults'
-- What goes wrong: each fault has lines of its own, none is the first of its order, so that every order survives.
CREATE TABLE truth.written AS
SELECT order_id, ordered_at, place, stock_code, country,
       CASE WHEN guest THEN 'no customer' WHEN fault < 0.006 THEN 'wrong price' WHEN fault < 0.010 THEN 'wrong quantity'
            WHEN fault < 0.014 THEN 'blank description' ELSE 'in order' END AS kind,
       CASE WHEN fault >= 0.010 AND fault < 0.014 THEN NULL ELSE description END AS description,
       CASE WHEN fault >= 0.006 AND fault < 0.010 THEN -quantity ELSE quantity END AS quantity,
       CASE WHEN fault < 0.004 THEN 0.0 WHEN fault < 0.006 THEN -unit_price ELSE unit_price END AS unit_price,
       CASE WHEN NOT guest THEN customer_id END AS customer_id
FROM (SELECT *, CASE WHEN guest OR place = 1 THEN 1.0 ELSE truth.draw(order_id * 100 + place, 61) END AS fault
      FROM truth.lines) AS l
UNION ALL
SELECT -order_id, ordered_at + interval '1 day' * (2 + floor(18 * truth.draw(order_id, 62))), place, stock_code, country,
       'cancellation', description, -quantity, unit_price, customer_id
FROM truth.lines
WHERE returned
UNION ALL
SELECT 9000000000 + n, first_day + interval '1 hour' * floor(24 * (last_day - first_day) * truth.draw(n, 63)), 1,
       'P' || 20000 + n % 640, 'United Kingdom', 'stock correction', NULL, -1 - floor(40 * truth.draw(n, 64))::integer,
       0.0, NULL
FROM truth.calendar, generate_series(1::bigint, :customers / 10) AS n;

INSERT INTO truth.written
SELECT order_id, ordered_at, place, stock_code, country, 'duplicate', description, quantity, unit_price, customer_id
FROM truth.written
WHERE kind = 'in order' AND truth.draw(order_id * 100 + place, 65) < 0.01;

\echo '@ writing the lines'
-- The lines as the shop's till would write them. Cancelled invoices begin with C.
INSERT INTO order_lines_raw (invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id,
                             country)
SELECT CASE WHEN kind = 'cancellation' THEN 'C' ELSE '' END || 500000 + dense_rank() OVER (ORDER BY ordered_at, order_id),
       stock_code, description, quantity, ordered_at, unit_price, customer_id, country
FROM truth.written
ORDER BY ordered_at, order_id, place;

CREATE TABLE truth.planted AS
SELECT count(*) FILTER (WHERE kind IN ('no customer', 'stock correction')) AS no_customer,
       count(DISTINCT order_id) FILTER (WHERE kind = 'cancellation') AS cancelled_invoices,
       count(*) FILTER (WHERE kind = 'duplicate') AS duplicates,
       count(*) FILTER (WHERE kind IN ('cancellation', 'wrong quantity', 'stock correction')) AS quantity_not_positive,
       count(*) FILTER (WHERE kind IN ('wrong price', 'stock correction')) AS price_not_positive,
       count(*) FILTER (WHERE kind IN ('blank description', 'stock correction')) AS blank_descriptions,
       count(*) FILTER (WHERE kind = 'in order') AS lines_in_order
FROM truth.written;
DROP TABLE truth.lines, truth.orders, wanted;
ANALYZE;
\echo '@ done'
\echo
