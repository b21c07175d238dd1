-- Profiles follow their users: a refresh computes those whose rows changed, and the profile equals one computed in full.
\set SHOW_CONTEXT never
CREATE SCHEMA followed;
SET search_path = followed, public;
CREATE TABLE customers (id int PRIMARY KEY, country text);
CREATE TABLE orders (order_id int PRIMARY KEY, customer_id bigint, total float8);
CREATE TABLE order_lines (order_id int, quantity int);
INSERT INTO customers SELECT i, 'A' FROM generate_series(1, 600) i;
INSERT INTO orders SELECT i, i % 600 + 1, i % 17 FROM generate_series(1, 3000) i;
CREATE VIEW features AS SELECT c.id, c.country, o.n, o.total FROM customers c
LEFT JOIN (SELECT customer_id, count(*) AS n, sum(total) AS total FROM orders GROUP BY 1) o ON o.customer_id = c.id;
SELECT uprofile_create('shop', 'features', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 3}}');
SELECT table_name, column_names, found, state FROM uprofile_watched('shop');
CREATE FUNCTION refresh(profile text, OUT answer text) LANGUAGE sql AS
$$ SELECT format('%s %s: %s users, +%s ~%s -%s%s', r.status, r.mode, r.users, r.inserted, r.updated, r.deleted, ' (' || coalesce(r.message, r.reason) || ')')
   FROM uprofile_refresh(profile) r $$;
-- What a refresh of everybody still finds to change.
CREATE FUNCTION missed(profile text, OUT n bigint) LANGUAGE sql AS
$$ SELECT r.inserted + r.updated + r.deleted FROM uprofile_refresh(profile, retrain => 'none', all_users => true) r $$;
SELECT refresh('shop');
CREATE TABLE places AS SELECT id, ctid::text AS place, xmin::text AS made, xmax::text AS locked FROM shop_profile;
SELECT refresh('shop');
UPDATE orders SET total = 100 WHERE order_id = 7;
SELECT users, last_mode, changed, oldest_change IS NOT NULL AS waits, all_changed FROM uprofile_profiles WHERE profile = 'shop';
SELECT refresh('shop');
SELECT users, last_mode, changed, oldest_change IS NOT NULL AS waits, all_changed FROM uprofile_profiles WHERE profile = 'shop';
SELECT count(*) AS touched FROM places JOIN shop_profile p USING (id) WHERE (p.ctid::text, p.xmin::text, p.xmax::text) <> (place, made, locked);
UPDATE orders SET total = total WHERE order_id < 5;
SELECT refresh('shop');
BEGIN;
UPDATE orders SET customer_id = 8 WHERE order_id = 6;
DELETE FROM customers WHERE id IN (10, 11);
INSERT INTO customers VALUES (601, 'B');
INSERT INTO orders VALUES (5001, 601, 5), (5002, 99999, 5);
SELECT refresh('shop');
COMMIT;
SELECT missed('shop');
-- many at once, and too many
UPDATE orders SET total = total + 1 WHERE customer_id BETWEEN 100 AND 180;
SELECT refresh('shop');
UPDATE orders SET total = total + 1 WHERE customer_id BETWEEN 100 AND 400;
SELECT refresh('shop');
SELECT missed('shop');
-- a refresh that fails gives the queue back
DELETE FROM customers WHERE id BETWEEN 300 AND 380;
SET client_min_messages = error;
SELECT status, message FROM uprofile_refresh('shop', max_deleted => 0.1);
RESET client_min_messages;
SELECT refresh('shop');
SELECT missed('shop');
-- everybody: TRUNCATE, another version, another view, on request
TRUNCATE orders;
SELECT refresh('shop');
INSERT INTO orders SELECT i, i % 600 + 1, i % 13 FROM generate_series(1, 3000) i;
SELECT r.mode, r.reason FROM uprofile_refresh('shop', retrain => 'all') r;
SELECT uprofile_rollback('shop.segment') IS NOT NULL AS back;
SELECT r.mode, r.reason FROM uprofile_refresh('shop', retrain => 'none') r;
CREATE OR REPLACE VIEW features AS SELECT c.id, lower(c.country) AS country, o.n, o.total FROM customers c
LEFT JOIN (SELECT customer_id, count(*) AS n, sum(total) AS total FROM orders GROUP BY 1) o ON o.customer_id = c.id;
SELECT refresh('shop');
SELECT refresh('shop');
CREATE OR REPLACE VIEW features AS SELECT c.id, lower(c.country) AS country, o.n, o.total FROM customers c
LEFT JOIN (SELECT customer_id, count(*) AS n, sum(total + quantity) AS total FROM orders JOIN order_lines USING (order_id) GROUP BY 1) o
ON o.customer_id = c.id;
SELECT refresh('shop');
SELECT refresh('shop');
SELECT r.mode, r.reason FROM uprofile_refresh('shop', all_users => true) r;
-- by a key query
SELECT uprofile_create('lines', 'features', 'id', '["customers.id", {"table": "order_lines", "key": "SELECT o.customer_id FROM orders o JOIN changed USING (order_id)"}]');
SELECT refresh('lines');
INSERT INTO order_lines VALUES (1, 5), (2, 7), (4000, 1);
SELECT changed FROM uprofile_queue_state('lines');
SELECT refresh('lines');
INSERT INTO orders VALUES (4000, 50, 3);
SELECT refresh('lines');
SELECT missed('lines');
-- what cannot be followed
SELECT uprofile_create('other', 'features', 'id');
SELECT refresh('other');
SELECT uprofile_drop('other');
SELECT uprofile_create('other', 'features', 'id', 'auto');
SELECT uprofile_create('other', 'features', 'id', 'none');
SELECT refresh('other');
SELECT changed, oldest_change, all_changed FROM uprofile_profiles WHERE profile = 'other';
SELECT uprofile_drop('other');
SELECT uprofile_create('other', 'SELECT id, ntile(5) OVER (ORDER BY id) AS n FROM customers', 'id');
SELECT refresh('other');
SELECT uprofile_drop('other');
-- the clock
SELECT uprofile_create('other', 'SELECT id, country, current_date AS today FROM customers', 'id');
SELECT refresh('other');
SELECT refresh('other');
UPDATE uprofile_profile_definitions SET scored = jsonb_set(scored, '{full_at}', '0') WHERE name = 'other';
SELECT refresh('other');
SELECT uprofile_drop('other');
-- a function that is replaced is seen, one that it calls is not
CREATE FUNCTION inner_one(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 + 1; END';
CREATE FUNCTION outer_one(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN followed.inner_one($1); END';
SELECT uprofile_create('other', 'SELECT id, outer_one(id) AS n FROM customers', 'id');
SELECT refresh('other');
SELECT refresh('other');
CREATE OR REPLACE FUNCTION outer_one(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN followed.inner_one($1) + 1; END';
SELECT refresh('other');
SELECT refresh('other');
CREATE OR REPLACE FUNCTION inner_one(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 + 2; END';
SELECT refresh('other');
CREATE OR REPLACE FUNCTION outer_one(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN followed.inner_one($1) + 1; END';
SELECT refresh('other');
SELECT uprofile_drop('other');
-- partitions: uprofile_run gives new ones their triggers
CREATE TABLE visits (user_id text, at date) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
SELECT uprofile_create('other', 'SELECT user_id, count(*) AS n FROM visits GROUP BY 1', 'user_id');
INSERT INTO visits SELECT 'user ' || i, '2026-01-02' FROM generate_series(1, 50) i;
SELECT refresh('other');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
SELECT refresh('other');
CALL uprofile_run('other');
SELECT mode, reason FROM uprofile_runs WHERE profile = 'other' ORDER BY run DESC LIMIT 1;
INSERT INTO visits_2 VALUES ('user 1', '2026-02-02'), ('other', '2026-02-02');
SELECT refresh('other');
ALTER TABLE visits DETACH PARTITION visits_2;
SELECT refresh('other');
SELECT refresh('other');
-- one that came and went between two changes, without ever having a trigger
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
INSERT INTO visits_3 VALUES ('user 2', '2026-03-02');
SELECT refresh('other');
ALTER TABLE visits DETACH PARTITION visits_3;
SELECT refresh('other');
SELECT missed('other');
ALTER TABLE visits DISABLE TRIGGER USER;
SELECT refresh('other');
-- a watched column of another name: each refresh computes everybody, and says until when
CREATE TABLE members AS SELECT i AS member, i % 5 AS visits FROM generate_series(1, 20) AS i;
CREATE VIEW counted AS SELECT member, visits FROM members;
SELECT uprofile_create('club', 'counted', 'member');
SELECT refresh('club');
ALTER TABLE members RENAME member TO id;
SELECT refresh('club');
SELECT refresh('club');
SELECT uprofile_alter('club', watch => 'auto');
SELECT refresh('club');
UPDATE members SET visits = 9 WHERE id = 3;
SELECT refresh('club');
SELECT uprofile_drop('club');
SELECT uprofile_drop('other'), uprofile_drop('lines'), uprofile_drop('shop');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'uprofile%' AND tgname <> 'uprofile_stamp_owner';
SELECT relname FROM pg_class WHERE relnamespace = 'followed'::regnamespace AND relname LIKE '%queue%';
SET client_min_messages = warning;
DROP SCHEMA followed CASCADE;
