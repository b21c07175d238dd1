-- Watching: triggers put the users whom a statement changed on a queue, which gives each of them once.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA watched;
SET search_path = watched, public;
\pset format unaligned
\pset tuples_only on
\pset fieldsep ' | '
-- Makes the profile anew with this watch, without a refresh: its mode is keyed where something is watched.
CREATE FUNCTION watch(name text, how text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d record;
BEGIN
	SELECT source, key_column INTO d FROM uprofile_profile_definitions p WHERE p.name = watch.name;
	PERFORM uprofile_drop(name);
	PERFORM uprofile_create(name, d.source, d.key_column, how);
	RETURN CASE WHEN EXISTS (SELECT FROM uprofile_watched(name)) THEN 'keyed' ELSE 'full' END;
END $$;
-- What stands on a queue, each once, in one line; it is taken as a refresh takes it.
CREATE FUNCTION take(profile text, number text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	EXECUTE format($q$WITH gone AS (DELETE FROM %I RETURNING *),
		items AS (SELECT DISTINCT k::text AS item, 1 AS place FROM gone, unnest(key_1) k UNION SELECT DISTINCT 'all: ' || because, 0 FROM gone WHERE because IS NOT NULL)
		SELECT coalesce(string_agg(item, ' ' ORDER BY place, length(item), item COLLATE "C"), 'nothing') FROM items$q$, profile || '_queue' || number) INTO line;
	RETURN line;
END $$;

CREATE TABLE customers (id int PRIMARY KEY, country text);
CREATE TABLE orders (order_id int PRIMARY KEY, customer_id bigint, total numeric);
CREATE TABLE order_lines (order_id int, product_id int, quantity int);
CREATE VIEW features AS SELECT c.id, c.country, count(o.order_id) AS n, sum(o.total) AS total
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
SELECT uprofile_create('shop', 'features', 'id');
SELECT watch('shop', 'auto');
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('shop');
INSERT INTO customers VALUES (1, 'A'), (2, 'B'), (3, 'C');
SELECT take('shop');
SELECT take('shop');
INSERT INTO orders VALUES (1, 1, 5), (2, 1, 6), (3, 3, 7), (4, NULL, 8), (5, 5000000000, 9);
SELECT take('shop');
UPDATE orders SET customer_id = 2 WHERE order_id = 3;
SELECT take('shop');
UPDATE orders SET customer_id = 2 WHERE order_id = 99;
SELECT take('shop');
DELETE FROM orders WHERE customer_id = 1;
SELECT take('shop');
BEGIN; DELETE FROM customers; ROLLBACK;
SELECT take('shop');
COPY orders FROM stdin;
10	7	1
11	8	1
12	7	1
\.
SELECT take('shop');
MERGE INTO orders o USING (VALUES (10, 70), (11, 0), (13, 90)) v (id, c) ON o.order_id = v.id
WHEN MATCHED AND v.c = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET customer_id = v.c WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.c, 1);
SELECT take('shop');
INSERT INTO orders VALUES (12, 100, 1), (14, 101, 1) ON CONFLICT (order_id) DO UPDATE SET customer_id = EXCLUDED.customer_id;
SELECT take('shop');
WITH a AS (INSERT INTO customers VALUES (4, 'D') RETURNING id), b AS (UPDATE orders SET total = 0 WHERE order_id = 13) SELECT * FROM a;
SELECT take('shop');
TRUNCATE orders;
SELECT take('shop');
-- many in one statement
INSERT INTO customers SELECT i, 'X' FROM generate_series(1000, 2999) i;
SELECT array_length(string_to_array(take('shop'), ' '), 1);
SELECT take('shop');
-- a taken entry of a transaction that fails is back
INSERT INTO customers VALUES (5, 'E');
BEGIN; SELECT take('shop'); ROLLBACK;
SELECT take('shop');
-- foreign keys
CREATE TABLE notes (customer_id int REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE, note text);
SELECT uprofile_create('noted', 'SELECT customer_id, count(*) AS n FROM notes GROUP BY 1', 'customer_id');
SELECT watch('noted', 'auto');
INSERT INTO notes VALUES (1, 'x'), (2, 'y'), (3, 'z'), (3, 'zz');
SELECT take('noted');
DELETE FROM customers WHERE id IN (1, 3);
SELECT take('noted');
UPDATE customers SET id = 20 WHERE id = 2;
SELECT take('noted');
SELECT take('shop');
-- key query
SELECT uprofile_create('lines', 'SELECT o.customer_id, sum(l.quantity) AS q FROM orders o JOIN order_lines l USING (order_id) GROUP BY 1', 'customer_id');
SELECT watch('lines', 'auto');
SELECT watch('lines', '[{"table": "order_lines", "key": "SELECT o.customer_id FROM orders o JOIN changed USING (order_id)"}]');
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('lines');
INSERT INTO orders VALUES (1, 11, 1), (2, 12, 1);
SELECT take('lines'), take('lines', '_1');
INSERT INTO order_lines VALUES (1, 1, 1), (2, 1, 1), (2, 2, 1), (77, 1, 1);
SELECT take('lines'), take('lines', '_1');
UPDATE order_lines SET order_id = 1 WHERE product_id = 2;
SELECT take('lines'), take('lines', '_1');
-- the line first, its order later
BEGIN; INSERT INTO order_lines VALUES (3, 1, 1); INSERT INTO orders VALUES (3, 13, 1); COMMIT;
SELECT take('lines'), take('lines', '_1');
-- bad entries
SELECT watch('shop', 'customers');
SELECT watch('shop', '{nothing.id}');
SELECT watch('shop', '{customers.nothing}');
SELECT watch('shop', '{customers.country}');
SELECT watch('shop', '{customers.(id, country)}');
SELECT watch('shop', '[1]');
SELECT watch('shop', '[{"table": "orders"}]');
SELECT watch('shop', '[{"table": "orders", "key": "SELECT 1", "x": 1}]');
SELECT watch('shop', '[{"table": "orders", "key": "SELECT 1"}]');
SELECT watch('shop', '[{"table": "orders", "key": "SELECT total FROM changed"}]');
SELECT watch('shop', '[{"table": "order_lines", "key": "SELECT o.customer_id FROM orders o JOIN customers c ON o.total::int = c.id JOIN changed USING (order_id)"}]');
SELECT watch('shop', '{features.id}');
SELECT watch('shop', 'none');
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('shop');
SELECT watch('shop', '{customers.id}');
SELECT watch('shop', '{customers.id, orders.customer_id}');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'uprofile%' AND tgname <> 'uprofile_stamp_owner';
-- a column is renamed: nobody's statement fails, everybody is stale
ALTER TABLE orders RENAME customer_id TO cust;
INSERT INTO orders VALUES (100, 1, 1);
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('shop');
SELECT take('shop');
DROP TABLE order_lines CASCADE;
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('lines');
SELECT uprofile_drop('lines');
-- partitions and children: a statement that names one of them counts as well
CREATE TABLE visits (customer_id int, at date) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (customer_id);
CREATE TABLE visits_2a PARTITION OF visits_2 DEFAULT;
SELECT uprofile_create('visitors', 'SELECT customer_id, count(*) AS n FROM visits GROUP BY 1', 'customer_id');
SELECT watch('visitors', 'auto');
INSERT INTO visits VALUES (1, '2026-01-05'), (2, '2026-02-05');
SELECT take('visitors');
INSERT INTO visits_1 VALUES (3, '2026-01-05');
INSERT INTO visits_2 VALUES (4, '2026-02-05');
INSERT INTO visits_2a VALUES (5, '2026-02-05');
SELECT take('visitors');
UPDATE visits SET at = '2026-02-10' WHERE customer_id = 1;
SELECT take('visitors');
UPDATE visits SET customer_id = 6 WHERE customer_id = 4;
SELECT take('visitors');
TRUNCATE visits_1;
SELECT take('visitors');
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('visitors');
CALL uprofile_run('visitors');
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('visitors');
INSERT INTO visits_3 VALUES (7, '2026-03-05');
SELECT take('visitors');
ALTER TABLE visits DETACH PARTITION visits_3;
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('visitors');
-- it may come back: what changes meanwhile counts
INSERT INTO visits_3 VALUES (8, '2026-03-05');
SELECT take('visitors');
CREATE TABLE parent (customer_id int);
CREATE TABLE child () INHERITS (parent);
SELECT uprofile_create('heirs', 'SELECT customer_id, count(*) AS n FROM parent GROUP BY 1', 'customer_id');
SELECT watch('heirs', 'auto');
INSERT INTO child VALUES (1);
UPDATE parent SET customer_id = 2;
SELECT take('heirs');
-- composite keys, texts, dates, names in quotes
CREATE TABLE "Shop Users" (shop text, "Customer, Id" date, n int, PRIMARY KEY (shop, "Customer, Id"));
SELECT uprofile_create('pairs', 'SELECT shop, n, "Customer, Id" AS day FROM "Shop Users"', 'shop');
SELECT watch('pairs', '["\"Shop Users\".shop"]');
INSERT INTO "Shop Users" VALUES ('a', '2026-01-01', 1), ('a', '2026-01-02', 1), (repeat('long', 1000), '2026-01-01', 1);
SELECT length(take('pairs'));
SELECT watch('pairs', '{"Shop Users".("Customer, Id")}');
-- what cannot be watched
CREATE TEMP TABLE passing (id int);
SELECT watch('shop', '{passing.id}');
CREATE MATERIALIZED VIEW stored AS SELECT * FROM customers;
SELECT watch('shop', '{stored.id}');
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE far (id int) SERVER nowhere;
SELECT watch('shop', '{far.id}');
DROP FOREIGN DATA WRAPPER nothing CASCADE;
-- a trigger that the registry does not know does nothing, and none can be called by hand
CREATE TABLE forged (id int);
CREATE TRIGGER t AFTER INSERT ON forged REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION uprofile_watch_trigger('1');
INSERT INTO forged VALUES (1);
DO $$ BEGIN EXECUTE format('CREATE TRIGGER t2 AFTER INSERT ON forged REFERENCING NEW TABLE AS n FOR EACH STATEMENT
EXECUTE FUNCTION uprofile_watch_trigger(%L)', (SELECT id FROM uprofile_watches WHERE profile = 'heirs')); END $$;
INSERT INTO forged VALUES (2);
SELECT take('heirs');
CREATE TRIGGER t3 BEFORE INSERT ON forged FOR EACH ROW EXECUTE FUNCTION uprofile_watch_trigger('1');
INSERT INTO forged VALUES (3);
-- an index on a queue makes it none
CREATE INDEX i ON heirs_queue (changed_at);
INSERT INTO parent VALUES (5);
SELECT replace(table_name, 'watched.', '') AS t, column_names, key_query, found, state FROM uprofile_watched('heirs');
SELECT take('heirs');
DROP INDEX i;
SET client_min_messages = error;
SELECT uprofile_drop(profile) FROM unnest(ARRAY['shop', 'noted', 'visitors', 'heirs', 'pairs']) AS profile;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'uprofile%' AND tgname <> 'uprofile_stamp_owner';
SELECT to_regclass('heirs_queue');
DROP SCHEMA watched CASCADE;
