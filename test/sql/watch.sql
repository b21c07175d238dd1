-- What a source depends on: for every table that it reads, the column that equals the key, or why there is none.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA watched;
SET search_path = watched, public;
\pset format unaligned
\pset tuples_only on
\pset fieldsep ' | '
CREATE TABLE customers (id int PRIMARY KEY, email text, country text, big bigint, born date, referrer int);
CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int, ship_to int, total numeric, at timestamptz);
CREATE TABLE order_lines (order_id int, product_id int, quantity int, price numeric);
CREATE TABLE products (product_id int PRIMARY KEY, price numeric, category text);
CREATE TABLE visits (customer_id bigint, at timestamptz, small smallint, as_number numeric, as_float float8);
CREATE TABLE blocked (id int NOT NULL);
CREATE TABLE shop_users (shop int, customer int, name text, PRIMARY KEY (shop, customer));
CREATE TABLE shop_orders (shop int, customer int, total numeric);
CREATE TABLE shops (shop int PRIMARY KEY, country text);
CREATE VIEW totals AS SELECT o.customer_id, sum(o.total) AS total, count(*) AS n FROM orders o GROUP BY o.customer_id;
CREATE VIEW ranked AS SELECT customer_id, ntile(5) OVER (ORDER BY total) AS r FROM totals;
CREATE VIEW both_columns AS SELECT c.id, o.customer_id, o.total FROM customers c JOIN orders o ON c.id = o.customer_id;
CREATE MATERIALIZED VIEW stored AS SELECT customer_id, count(*) AS n FROM orders GROUP BY 1;
CREATE FUNCTION spent(c int) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT sum(total) FROM orders WHERE customer_id = c';
CREATE FUNCTION pure(c int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT c + 1';
-- One line a row: a table with its columns or reason, or what else is found.
CREATE FUNCTION dep(source text, key text DEFAULT 'id') RETURNS SETOF text LANGUAGE sql AS
$$ SELECT CASE WHEN kind = 'table' AND watchable THEN format('%s %s', replace(table_name, 'watched.', ''), column_names)
               WHEN kind = 'table' THEN format('%s NOT: %s', replace(table_name, 'watched.', ''), reason)
               ELSE format('%s%s: %s', kind, ' ' || column_names::text, reason) END FROM uprofile_dependencies(source, key) $$;
SELECT dep('customers');
SELECT dep('SELECT c.id, count(o.order_id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id');
SELECT dep('SELECT c.id, t.total FROM customers c LEFT JOIN totals t ON t.customer_id = c.id');
SELECT dep('SELECT customer_id AS id, total FROM totals');
SELECT dep('SELECT c.id, (SELECT sum(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c');
SELECT dep('SELECT c.id, s.last FROM customers c LEFT JOIN LATERAL (SELECT o.at AS last FROM orders o WHERE o.customer_id = c.id ORDER BY at DESC LIMIT 1) s ON true');
\echo -- lookups by another column
SELECT dep('SELECT o.customer_id AS id, sum(l.quantity * p.price) FROM orders o JOIN order_lines l USING (order_id) JOIN products p USING (product_id) GROUP BY 1');
SELECT dep('SELECT c.id FROM customers c WHERE country IN (SELECT country FROM shops)');
\echo -- inner joins, both directions, chains
SELECT dep('SELECT b.id FROM both_columns b JOIN visits v ON v.customer_id = b.customer_id');
SELECT dep('SELECT o.customer_id AS id FROM customers c, orders o, blocked b WHERE c.id = o.customer_id AND b.id = c.id');
SELECT dep('SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id LEFT JOIN visits v ON v.customer_id = o.customer_id');
SELECT dep('SELECT o.customer_id AS id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id');
SELECT dep('SELECT c.id FROM orders o RIGHT JOIN customers c ON o.customer_id = c.id');
SELECT dep('SELECT c.id FROM customers c LEFT JOIN (orders o LEFT JOIN visits v ON v.customer_id = o.customer_id) ON o.customer_id = c.id');
SELECT dep('SELECT c.id FROM customers c LEFT JOIN (orders o LEFT JOIN visits v ON v.customer_id = o.customer_id) ON v.customer_id = c.id');
\echo -- a condition of an outer join ties only rows that have a partner
SELECT dep('SELECT c.id FROM customers c LEFT JOIN blocked b ON c.id = b.id AND c.id = c.referrer JOIN orders o ON o.customer_id = c.referrer');
SELECT dep('SELECT c.id FROM customers c LEFT JOIN blocked b ON c.id = b.id AND c.referrer = b.id JOIN orders o ON o.customer_id = c.referrer');
SELECT dep('SELECT c.id FROM customers c JOIN blocked b ON c.id = b.id AND c.referrer = b.id JOIN orders o ON o.customer_id = c.referrer');
\echo -- full joins
SELECT dep('SELECT id FROM customers FULL JOIN blocked USING (id)');
SELECT dep('SELECT id FROM customers FULL JOIN blocked USING (id) FULL JOIN (SELECT customer_id AS id FROM orders) o USING (id)');
SELECT dep('SELECT coalesce(c.id, o.customer_id) AS id FROM customers c FULL JOIN orders o ON o.customer_id = c.id');
SELECT dep('SELECT coalesce(c.id, o.customer_id) AS id FROM customers c FULL JOIN orders o ON o.ship_to = c.id');
SELECT dep('SELECT c.id FROM customers c FULL JOIN orders o ON o.customer_id = c.id');
SELECT dep('SELECT s.id FROM (SELECT 1 AS id) s CROSS JOIN (customers c FULL JOIN blocked b ON c.id = b.id)');
\echo -- the same table twice
SELECT dep('SELECT c.id, r.email FROM customers c LEFT JOIN customers r ON r.id = c.referrer');
SELECT dep('SELECT c.id FROM customers c LEFT JOIN orders a ON a.customer_id = c.id LEFT JOIN orders b ON b.ship_to = c.id');
SELECT dep('SELECT c.id, count(f.id) FROM customers c LEFT JOIN customers f ON f.referrer = c.id GROUP BY c.id');
\echo -- exists, in
SELECT dep('SELECT c.id FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)');
SELECT dep('SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT FROM blocked b WHERE b.id = c.id)');
SELECT dep('SELECT c.id FROM customers c WHERE id IN (SELECT customer_id FROM orders) AND (country = ''X'' OR id IN (SELECT id FROM blocked))');
SELECT dep('SELECT c.id FROM customers c WHERE id NOT IN (SELECT id FROM blocked)');
SELECT dep('SELECT c.id, c.id IN (SELECT id FROM blocked) FROM customers c');
SELECT dep('SELECT c.id FROM customers c WHERE id IN (SELECT customer_id FROM orders ORDER BY total LIMIT 10)');
SELECT dep('SELECT c.id FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE EXISTS (SELECT FROM visits v WHERE v.customer_id = c.id AND o.customer_id = v.customer_id))');
SELECT dep('SELECT c.id FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.total > 5)');
\echo -- set operations
SELECT dep('SELECT id FROM customers UNION ALL SELECT customer_id FROM orders');
SELECT dep('SELECT id FROM customers UNION SELECT customer_id FROM orders EXCEPT SELECT id FROM blocked');
SELECT dep('SELECT id, count(*) FROM (SELECT id FROM customers UNION ALL SELECT customer_id FROM orders) u GROUP BY id');
SELECT dep('SELECT id FROM customers UNION ALL SELECT 0 FROM orders');
SELECT dep('SELECT id FROM customers UNION ALL SELECT customer_id FROM orders LIMIT 5');
SELECT dep('SELECT id FROM customers UNION ALL SELECT as_float FROM visits');
\echo -- common table expressions
SELECT dep('WITH o AS (SELECT customer_id, sum(total) AS t FROM orders GROUP BY 1) SELECT c.id, o.t FROM customers c LEFT JOIN o ON o.customer_id = c.id');
SELECT dep('WITH o AS MATERIALIZED (SELECT * FROM orders) SELECT a.customer_id AS id FROM o a JOIN o b ON a.customer_id = b.ship_to');
SELECT dep('WITH RECURSIVE r AS (SELECT id, referrer FROM customers UNION ALL SELECT r.id, c.referrer FROM r JOIN customers c ON c.id = r.referrer) SELECT id, count(*) FROM r GROUP BY id');
SELECT dep('WITH unused AS (SELECT * FROM products) SELECT id FROM customers');
\echo -- users that depend on one another
SELECT dep('SELECT id, r FROM customers JOIN ranked ON customer_id = id');
SELECT dep('SELECT id, row_number() OVER (PARTITION BY id ORDER BY email) FROM customers');
SELECT dep('SELECT c.id, row_number() OVER (PARTITION BY o.customer_id ORDER BY o.at) FROM customers c JOIN orders o ON o.customer_id = c.id');
SELECT dep('SELECT c.id, row_number() OVER (PARTITION BY o.customer_id ORDER BY o.at) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id');
SELECT dep('SELECT id, rank() OVER (PARTITION BY id ORDER BY big), rank() OVER (ORDER BY big) FROM customers');
SELECT dep('SELECT id, total / (SELECT sum(total) FROM orders) FROM customers JOIN totals ON customer_id = id');
SELECT dep('SELECT c.id, a.avg FROM customers c JOIN (SELECT country, avg(big) FROM customers GROUP BY country) a USING (country)');
SELECT dep('SELECT id FROM customers ORDER BY big LIMIT 100');
SELECT dep('SELECT DISTINCT ON (email) id, email FROM customers ORDER BY email, big');
SELECT dep('SELECT DISTINCT ON (id) id, email FROM customers ORDER BY id, big');
SELECT dep('SELECT DISTINCT id, email FROM customers');
SELECT dep('SELECT max(id) AS id FROM customers');
SELECT dep('SELECT id, random() FROM customers');
SELECT dep('SELECT id, spent(id) FROM customers');
SELECT dep('SELECT id, pure(id) FROM customers');
SELECT dep('SELECT id, current_setting(''TimeZone'') FROM customers');
SELECT dep('SELECT id, xmin FROM customers');
SELECT dep('SELECT id FROM customers TABLESAMPLE bernoulli (10)');
\echo -- grouping
SELECT dep('SELECT id, country, count(*) FROM customers GROUP BY ROLLUP (id, country)');
SELECT dep('SELECT email AS id, count(*) FROM customers GROUP BY id');
SELECT dep('SELECT c.email, sum(o.total) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id', 'email');
SELECT dep('SELECT o.customer_id AS id FROM orders o GROUP BY 1 HAVING sum(total) > (SELECT avg(price) FROM products)');
\echo -- types
SELECT dep('SELECT c.id FROM customers c JOIN visits v ON v.small = c.id');
SELECT dep('SELECT c.big FROM customers c JOIN orders o ON o.customer_id = c.big', 'big');
SELECT dep('SELECT c.id FROM customers c JOIN visits v ON v.as_number = c.id');
SELECT dep('SELECT v.as_number FROM customers c JOIN visits v ON v.as_number = c.id', 'as_number');
SELECT dep('SELECT c.id FROM customers c JOIN visits v ON v.as_float = c.id');
SELECT dep('SELECT c.big FROM customers c JOIN visits v ON v.customer_id::float8 = c.big', 'big');
SELECT dep('SELECT c.email FROM customers c JOIN shops s ON lower(s.country) = c.email', 'email');
SELECT dep('SELECT lower(email) AS id FROM customers');
SELECT dep('SELECT id::text AS id FROM customers');
\echo -- composite keys
SELECT dep('SELECT u.shop, u.customer, sum(o.total) FROM shop_users u LEFT JOIN shop_orders o USING (shop, customer) GROUP BY 1, 2', 'shop, customer');
SELECT dep('SELECT u.shop, u.customer, s.country FROM shop_users u JOIN shops s USING (shop)', 'shop, customer');
SELECT dep('SELECT shop, customer, rank() OVER (PARTITION BY shop ORDER BY total) FROM shop_orders', 'shop, customer');
SELECT dep('SELECT u.shop, u.customer FROM shop_users u WHERE (u.shop, u.customer) IN (SELECT shop, customer FROM shop_orders)', 'shop, customer');
\echo -- what has no trigger
SELECT dep('SELECT customer_id AS id, n FROM stored');
SELECT dep('SELECT oid AS id FROM pg_class');
\echo -- the clock
SELECT dep('SELECT id, current_date - born AS days, age(born) AS age, age(born, date ''2000-01-01'') AS fixed FROM customers');
SELECT dep('SELECT id, d FROM (SELECT id, now() AS t FROM customers) s, LATERAL (SELECT s.t - interval ''1 day'' AS d) l');
SELECT dep('SELECT customer_id AS id, count(*) FROM orders WHERE at > now() - interval ''90 days'' GROUP BY 1');
SELECT dep('SELECT customer_id AS id, count(*) FILTER (WHERE at > localtimestamp) AS recent FROM orders GROUP BY 1');
SELECT dep('SELECT id, ''today''::date - born AS days FROM customers');
SELECT dep('SELECT id, clock_timestamp() AS t FROM customers UNION ALL SELECT id, NULL FROM blocked');
\echo -- collations: texts that a case-insensitive comparison calls equal are different users
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE mails (email text COLLATE nocase, n int);
SELECT dep('SELECT c.email, m.n FROM customers c JOIN mails m ON m.email = c.email COLLATE "C"', 'email');
SELECT dep('SELECT c.email, m.n FROM customers c JOIN mails m ON m.email COLLATE nocase = c.email', 'email');
SELECT dep('SELECT m.email, count(*) FROM mails m GROUP BY m.email', 'email');
SELECT dep('SELECT m.email COLLATE "C" AS email, count(*) FROM mails m GROUP BY m.email', 'email');
SELECT dep('SELECT DISTINCT ON (c.email COLLATE nocase) c.email FROM customers c', 'email');
\echo -- lateral chains, sub-selects in ON, row security
SELECT dep('SELECT c.id, x.n FROM customers c, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id AND o.total > (SELECT avg(total) FROM orders p WHERE p.customer_id = o.customer_id)) x');
SELECT dep('SELECT c.id, x.n FROM customers c, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.referrer) x');
SELECT dep('SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND EXISTS (SELECT FROM blocked b WHERE b.id = o.customer_id)');
SELECT dep('SELECT c.id, s.m FROM customers c LEFT JOIN LATERAL (SELECT max(o.total) AS m, o.customer_id FROM orders o GROUP BY o.customer_id HAVING o.customer_id = c.id) s ON true');
SELECT dep('SELECT x.id, x.r FROM (SELECT o.customer_id AS id, o.ship_to AS g, row_number() OVER (PARTITION BY o.ship_to) AS r FROM orders o) x JOIN customers c ON c.id = x.id');
CREATE TABLE notes (customer_id int, owner text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON notes USING (EXISTS (SELECT FROM blocked b WHERE b.id = customer_id) AND owner IN (SELECT country FROM shops));
CREATE ROLE up_watch_reader;
GRANT USAGE ON SCHEMA watched TO up_watch_reader;
GRANT SELECT ON notes, blocked, shops TO up_watch_reader;
SET ROLE up_watch_reader;
SELECT dep('SELECT customer_id AS id FROM notes');
RESET ROLE;
DROP OWNED BY up_watch_reader;
DROP ROLE up_watch_reader;
\echo -- odd keys
SELECT dep('customers', 'nothing');
SELECT dep('SELECT 1 AS id');
SELECT dep('SELECT g AS id FROM generate_series(1, 3) g');
SELECT dep('SELECT json ''1'' AS id');
SELECT dep('customers', 'id, id');
DROP SCHEMA watched CASCADE;
