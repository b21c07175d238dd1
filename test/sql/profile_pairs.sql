-- A profile whose key has several columns: its table, watching, refreshes by key, errors, failures.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE DOMAIN pair_code AS text CHECK (VALUE <> 'bad');
CREATE TABLE pair_shops (shop smallint PRIMARY KEY, town text);
CREATE TABLE pair_orders (id serial PRIMARY KEY, shop int, customer pair_code, amount numeric);
CREATE TABLE pair_lines (order_id int, pieces int);
INSERT INTO pair_shops VALUES (1, 'Rome'), (2, 'Bonn'), (3, 'Oslo');
INSERT INTO pair_orders (shop, customer, amount) SELECT 1 + i % 3, 'c' || i % 20, i FROM generate_series(1, 120) i;
INSERT INTO pair_lines SELECT id, id % 4 FROM pair_orders;
CREATE VIEW pair_users AS
SELECT o.shop, o.customer, count(*) AS orders, sum(o.amount) AS amount, sum(l.pieces) AS "all, pieces", count(*) % 2 = 0 AS even
FROM pair_orders o JOIN pair_lines l ON l.order_id = o.id GROUP BY o.shop, o.customer;
SELECT * FROM uprofile_dependencies('pair_users', 'shop, customer');
-- The lines find their users by a query that returns as many columns as the key has.
SELECT uprofile_create('pairs', source => 'pair_users', key => 'shop, "customer"', models => '{"kind": {"algorithm": "kmeans", "k": 2}}',
	watch => '["pair_orders.(shop, customer)", {"table": "pair_lines", "key": "SELECT o.shop, o.customer FROM pair_orders o JOIN changed c ON c.order_id = o.id"}]');
SELECT key_column FROM uprofile_profiles WHERE profile = 'pairs';
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'pairs_profile'::regclass AND contype = 'p';
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'pairs_queue'::regclass AND attnum > 0;
CREATE FUNCTION refreshed(OUT status text, OUT users bigint, OUT inserted bigint, OUT updated bigint, OUT deleted bigint, OUT mode text, OUT reason text, OUT message text)
RETURNS SETOF record LANGUAGE sql AS $$ SELECT status, users, inserted, updated, deleted, mode, reason, message FROM uprofile_refresh('pairs') $$;
CREATE FUNCTION differences() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM ((SELECT shop, customer, orders, amount, "all, pieces", even FROM pairs_profile EXCEPT ALL TABLE pair_users)
		UNION ALL (TABLE pair_users EXCEPT ALL SELECT shop, customer, orders, amount, "all, pieces", even FROM pairs_profile)) d
$$;
SELECT * FROM refreshed();
SELECT differences();
SELECT * FROM refreshed();
-- One changed; one moves from user to user; a new one; one goes.
UPDATE pair_orders SET amount = amount + 1000 WHERE id = 5;
SELECT * FROM refreshed();
UPDATE pair_orders SET shop = 2, customer = 'new' WHERE id = 6;
UPDATE pair_lines SET pieces = 100 WHERE order_id = 7;
SELECT * FROM refreshed();
SELECT shop, customer, "all, pieces" FROM pairs_profile WHERE customer IN ('new', 'c7') ORDER BY shop, customer;
DELETE FROM pair_orders WHERE shop = 2 AND customer = 'new';
SELECT * FROM refreshed();
-- Many at once, by a set; a key with a part that is NULL is nobody's.
UPDATE pair_orders SET amount = amount + 1 WHERE id % 20 = 1;
INSERT INTO pair_orders (shop, customer, amount) VALUES (NULL, 'c1', 1), (1, NULL, 1);
SELECT * FROM refreshed();
SELECT differences();
TRUNCATE pair_lines;
INSERT INTO pair_lines SELECT id, 1 FROM pair_orders WHERE shop IS NOT NULL AND customer IS NOT NULL;
SELECT status, mode, reason FROM refreshed();
SELECT differences();
-- Entries name the columns in the order of the key.
SELECT uprofile_drop('pairs');
SELECT uprofile_create('pairs', 'SELECT shop, customer, count(*) AS n FROM pair_orders GROUP BY 1, 2', 'customer, shop', watch => '{pair_orders.(shop, customer)}');
SELECT uprofile_create('pairs', 'SELECT shop, customer, count(*) AS n FROM pair_orders GROUP BY 1, 2', 'customer, shop', watch => '{pair_orders.customer}');
SELECT uprofile_create('pairs', 'SELECT shop, customer, count(*) AS n FROM pair_orders GROUP BY 1, 2', 'customer, shop', watch => '[{"table": "pair_orders", "key": "SELECT customer FROM changed"}]');
-- auto: each part is proved; a table that holds one part only is named.
SELECT uprofile_create('pairs', 'SELECT o.shop, o.customer, min(s.town) AS town FROM pair_orders o JOIN pair_shops s USING (shop) GROUP BY 1, 2', 'shop, customer', watch => 'auto');
SELECT uprofile_create('pairs', 'SELECT shop, customer, count(*) AS n, 1 / min(amount) AS x FROM pair_orders WHERE shop IS NOT NULL AND customer IS NOT NULL GROUP BY 1, 2', 'shop, customer', watch => 'auto');
SELECT table_name, column_names, found FROM uprofile_watched('pairs');
SELECT status, users, mode FROM refreshed();
-- A user who fails is set apart.
INSERT INTO pair_orders (shop, customer, amount) VALUES (3, 'zero', 0), (3, 'fine', 1);
SELECT status, inserted, mode FROM refreshed();
SELECT user_key, error FROM uprofile_failures WHERE profile = 'pairs';
SELECT shop, customer FROM pairs_profile WHERE customer IN ('zero', 'fine');
UPDATE pair_orders SET amount = 2 WHERE customer = 'zero';
SELECT status, inserted, mode FROM refreshed();
SELECT count(*) FROM uprofile_failures WHERE profile = 'pairs';
SELECT uprofile_drop('pairs');
-- Errors name the whole key.
SELECT uprofile_create('pairs', 'SELECT shop, customer, amount FROM pair_orders', 'shop, customer', watch => 'none');
SELECT status, message FROM refreshed();
SELECT uprofile_drop('pairs');
-- A row that lacks a part of it is nobody's.
SELECT uprofile_create('pairs', 'SELECT shop, customer, count(*) AS n FROM pair_orders GROUP BY 1, 2', 'shop, customer', watch => 'none');
SELECT status, message FROM refreshed();
DELETE FROM pair_orders WHERE shop IS NULL;
SELECT status, message FROM refreshed();
DELETE FROM pair_orders WHERE customer IS NULL;
SELECT status, message FROM refreshed();
SELECT uprofile_drop('pairs');
SELECT uprofile_create('pairs', 'pair_orders', 'shop, shop');
SELECT uprofile_create('pairs', 'pair_orders', 'shop, costumer');
SELECT uprofile_create('pairs', 'pair_orders', '');
-- One column whose name has a comma.
SELECT uprofile_create('pairs', 'SELECT "all, pieces", count(*) AS n FROM pair_users GROUP BY 1', 'all, pieces', watch => 'none');
SELECT status, users = (SELECT count(DISTINCT "all, pieces") FROM pair_users) FROM refreshed();
SELECT uprofile_drop('pairs');
DROP FUNCTION refreshed, differences;
DROP VIEW pair_users;
DROP TABLE pair_lines, pair_orders, pair_shops;
DROP DOMAIN pair_code;

-- a key that is one composite type, while a change waits
CREATE TYPE pair_type AS (a text, b int);
CREATE TABLE paired (id pair_type PRIMARY KEY, v int);
INSERT INTO paired SELECT ROW('x', i)::pair_type, i FROM generate_series(1, 3) i;
SELECT uprofile_create('paired', 'paired', 'id');
SELECT status, inserted FROM uprofile_refresh('paired');
UPDATE paired SET v = 9 WHERE v = 1;
SELECT id, v, stale FROM paired_current ORDER BY id;
SELECT uprofile_get('paired', ROW('x', 1)::pair_type)->'stale' AS stale;
SELECT mode, updated FROM uprofile_refresh('paired');
SELECT id, v, stale FROM paired_current ORDER BY id;
SELECT uprofile_drop('paired');
DROP TABLE paired;
DROP TYPE pair_type;
