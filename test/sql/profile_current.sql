-- The view <profile>_current: the table, live columns, and how old each row is.
\set SHOW_CONTEXT never
CREATE SCHEMA aging;
SET search_path = aging, public;
CREATE TABLE users (id int PRIMARY KEY, visits float8, last_order date);
INSERT INTO users SELECT i, i % 7, current_date - i % 30 FROM generate_series(1, 100) i;
CREATE TABLE orders (order_id int PRIMARY KEY, user_id int);
CREATE TABLE lines (order_id int, n int);
SELECT uprofile_create('club', 'users', 'id', policy => '{"live": {"recency": "current_date - last_order", "Often?": "visits > 3 -- a comment"}}',
	models => '{"kind": {"algorithm": "kmeans", "k": 2, "features": ["visits"]}}');
SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'club_current'::regclass AND attnum > 0 ORDER BY attnum;
SELECT count(*) FROM club_current;
SELECT status, mode FROM uprofile_refresh('club');
-- as of the start of the last refresh
CREATE FUNCTION age_of(OUT id int, OUT recency int, OUT often bool, OUT age text, OUT stale bool) RETURNS SETOF record LANGUAGE sql AS
$$ SELECT c.id, c.recency, c."Often?", CASE WHEN c.computed_at = r.started_at THEN 'last refresh' WHEN c.computed_at < r.started_at THEN 'older' ELSE 'odd' END, c.stale
   FROM club_current c, (SELECT * FROM uprofile_runs WHERE profile = 'club' AND status = 'succeeded' ORDER BY run DESC LIMIT 1) r
   WHERE c.id IN (1, 4, 5) ORDER BY c.id $$;
SELECT * FROM age_of();
-- what waits is stale; what is refreshed is not
UPDATE users SET visits = 5 WHERE id = 4;
SELECT * FROM age_of();
SELECT status, mode, updated FROM uprofile_refresh('club');
SELECT * FROM age_of();
-- a change that began before the last refresh, and is not in it
CREATE TABLE other_time (at timestamptz);
INSERT INTO other_time SELECT started_at - interval '1 hour' FROM uprofile_runs WHERE profile = 'club' ORDER BY run DESC LIMIT 1;
INSERT INTO club_queue SELECT ARRAY[5, 5], at, NULL FROM other_time UNION ALL SELECT ARRAY[5], now(), NULL;
SELECT * FROM age_of();
SELECT count(*) FROM club_current;
SELECT status, mode, updated FROM uprofile_refresh('club');
-- everybody
TRUNCATE users;
SELECT * FROM age_of();
INSERT INTO users SELECT i, i % 7, current_date - i % 30 FROM generate_series(1, 100) i;
SELECT status, mode FROM uprofile_refresh('club');
SELECT versions_dropped IS NOT NULL AS dropped FROM uprofile_drop_model('club.kind');
SELECT * FROM age_of();
SELECT status, mode, trained FROM uprofile_refresh('club');
SELECT * FROM age_of();
BEGIN; SELECT trained IS NOT NULL AS trained FROM uprofile_refresh('club', retrain => 'all'); SELECT uprofile_rollback('club.kind') IS NOT NULL AS back; SELECT * FROM age_of(); ROLLBACK;
-- nothing is watched: whether a row is stale is not known
SELECT uprofile_create('plain', 'users', 'id', watch => 'none');
SELECT status, mode, reason FROM uprofile_refresh('plain');
SELECT id, stale, computed_at = (SELECT max(started_at) FROM uprofile_runs WHERE profile = 'plain') AS last FROM plain_current WHERE id = 1;
UPDATE users SET visits = 5 WHERE id = 1;
SELECT id, stale FROM plain_current WHERE id = 1;
-- a queue by which users are found only later: it may be anybody
SELECT uprofile_create('found', 'SELECT o.user_id, sum(l.n) AS n FROM orders o JOIN lines l USING (order_id) GROUP BY 1', 'user_id',
	watch => '["orders.user_id", {"table": "lines", "key": "SELECT o.user_id FROM orders o JOIN changed USING (order_id)"}]');
INSERT INTO orders VALUES (1, 1), (2, 2);
INSERT INTO lines VALUES (1, 10), (2, 20);
SELECT status, mode FROM uprofile_refresh('found');
SELECT user_id, n, stale, computed_at = (SELECT max(started_at) FROM uprofile_runs WHERE profile = 'found') AS last FROM found_current ORDER BY 1;
INSERT INTO lines VALUES (2, 5);
SELECT user_id, n, stale FROM found_current ORDER BY 1;
UPDATE orders SET user_id = 3 WHERE order_id = 1;
SELECT user_id, n, stale FROM found_current ORDER BY 1;
SELECT status, mode FROM uprofile_refresh('found');
SELECT user_id, n, stale FROM found_current ORDER BY 1;
-- ttl: of everything, of some columns
SELECT uprofile_create('brief', 'users', 'id', policy => '{"ttl": "1 hour", "live": {"twice": "visits * 2"}}');
SELECT uprofile_create('part', 'users', 'id', policy => '{"ttl": {"visits": "1 hour", "kind": "2 hours"}}', models => '{"kind": {"algorithm": "kmeans", "k": 2}}');
SELECT status FROM uprofile_refresh('brief');
SELECT status FROM uprofile_refresh('part');
INSERT INTO brief_queue SELECT ARRAY[4], now() - interval '90 minutes', NULL;
INSERT INTO part_queue SELECT ARRAY[4], now() - interval '90 minutes', NULL UNION ALL SELECT ARRAY[5], now() - interval '3 hours', NULL;
SELECT id, visits IS NOT NULL AS visits, last_order IS NOT NULL AS last_order, twice IS NOT NULL AS twice, changed_at IS NOT NULL AS changed_at FROM brief_current WHERE id IN (3, 4) ORDER BY id;
SELECT id, visits IS NOT NULL AS visits, last_order IS NOT NULL AS last_order, kind IS NOT NULL AS kind FROM part_current WHERE id IN (3, 4, 5) ORDER BY id;
SELECT uprofile_create('bad', 'users', 'id', policy => '{"ttl": {"nothing": "1 hour"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"ttl": {"visits": 1}}');
-- what is no live column
SELECT uprofile_create('bad', 'users', 'id', policy => jsonb_build_object('live', jsonb_build_object('x', e)))
FROM unnest(ARRAY['1) FROM orders WHERE (true']) e;
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "1), (2"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "1) --"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "visits >"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "1; DROP TABLE users"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": ""}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "(SELECT 1)"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "max(visits)"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "random()"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "generate_series(1, 2)"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "orders.user_id"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "ctid"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "visits AS y"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"visits": "1"}}');
SELECT uprofile_create('bad', 'users', 'id', policy => '{"live": {"x": "current_schemas(true)::text"}}');
-- columns of the source that are called as ours are; names with quotes; the longest name
CREATE TABLE "Odd ""Users" AS SELECT 'a "b'' c'::text AS "The ""Key", true AS stale, 1 AS computed_at;
SELECT uprofile_create('Odd p''', '"Odd ""Users"', 'The "Key', policy => '{"live": {"live \"x'' %s": "computed_at + 1", "uprofile_stale": "2"}}');
SELECT status FROM uprofile_refresh('Odd p''');
\d "Odd p'_current"
SELECT stale, computed_at, "live ""x' %s", uprofile_computed_at IS NOT NULL AS known, uprofile_uprofile_stale FROM "Odd p'_current";
SELECT uprofile_create(repeat('x', 55), 'users', 'id');
SELECT relname FROM pg_class WHERE relname LIKE 'xxx%current';
-- the name is taken; the view is another's; it is gone
CREATE TABLE taken_current (id int);
SELECT uprofile_create('taken', 'users', 'id');
CREATE OR REPLACE VIEW plain_current AS SELECT * FROM users;
DROP VIEW plain_current;
CREATE VIEW plain_current AS SELECT 1 AS mine;
SELECT status FROM uprofile_refresh('plain');
SELECT uprofile_drop('plain');
SELECT * FROM plain_current;
DROP VIEW found_current;
SELECT status, mode FROM uprofile_refresh('found');
SELECT user_id, n, stale FROM found_current ORDER BY 1;
-- a column of one's own comes into the view, which keeps what depends on it
CREATE VIEW upon AS SELECT user_id, n FROM found_current;
ALTER TABLE found_profile ADD COLUMN remark text;
SELECT status, mode FROM uprofile_refresh('found');
SELECT * FROM found_current WHERE false;
SELECT uprofile_drop('found');
DROP VIEW upon;
SELECT uprofile_drop(profile) IS NOT NULL AS dropped FROM uprofile_profiles ORDER BY profile;
SELECT relname FROM pg_class WHERE relnamespace = 'aging'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1;
SET client_min_messages = warning;
DROP SCHEMA aging CASCADE;
