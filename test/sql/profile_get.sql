-- uprofile_get: one user, each value with where it is from and how old it is; times are replaced.
\set SHOW_CONTEXT never
CREATE SCHEMA asked;
SET search_path = asked, public;
CREATE FUNCTION got(jsonb) RETURNS text LANGUAGE sql AS
$$ SELECT regexp_replace(regexp_replace($1::text, '"\d{4}-\d\d-\d\dT[^"]*"', '"T"', 'g'), '"(\w*_probability)": {([^}]*)"value": [0-9.e-]+', '"\1": {\2"value": P') $$;
CREATE TABLE users (id int PRIMARY KEY, visits float8, part float8 DEFAULT 1, churned bool);
INSERT INTO users SELECT i, i % 7, 1, i % 7 > 3 FROM generate_series(1, 140) i;
SELECT uprofile_create('ask', 'SELECT id, visits, 12 / part AS share, churned FROM users', 'id', policy => '{"live": {"often": "visits > 3"}, "ttl": {"churn": "30 days"}}',
	models => '{"seg": {"algorithm": "kmeans", "k": 2, "features": ["visits"]}, "churn": {"algorithm": "logistic", "target": "churned", "features": ["visits"]}}');
SELECT got(uprofile_get('ask', 3));
SELECT status FROM uprofile_refresh('ask');
SELECT got(uprofile_get('ask', 3));
SELECT jsonb_object_agg(k, v -> 'value') AS values FROM jsonb_each(uprofile_get('ask', 3) -> 'values') x (k, v) WHERE k NOT LIKE '%probability';
-- the times are those of the view, the table and the version
SELECT (g ->> 'computed_at')::timestamptz = c.computed_at AND (g ->> 'changed_at')::timestamptz = c.changed_at
	AND (g #>> '{values,churn,trained_at}')::timestamptz = v.trained_at AND (g #>> '{values,visits,at}')::timestamptz = c.computed_at AS same
FROM uprofile_get('ask', 3) g, ask_current c, uprofile_models v WHERE c.id = 3 AND v.model = 'ask.churn';
-- nobody, and what is no key
SELECT got(uprofile_get('ask', 1000)), got(uprofile_get('ask', 10000000000)), got(uprofile_get('ask', '4')) = got(uprofile_get('ask', 4::int8)) AS text;
SELECT uprofile_get('ask', 'x');
SELECT uprofile_get('ask', now());
SELECT uprofile_get('ask', NULL::int);
SELECT uprofile_get(NULL, 1) IS NULL AS none;
SELECT uprofile_get('no such profile', 1);
-- a change waits: of a user, of one who is new, of one who is gone
UPDATE users SET visits = 5 WHERE id = 3;
INSERT INTO users VALUES (141, 1, 1, true);
DELETE FROM users WHERE id = 5;
CREATE FUNCTION brief(profile text, user_key int) RETURNS TABLE (found text, stale text, values_stale text, reason text, error text) LANGUAGE sql AS
$$ SELECT g ->> 'found', g ->> 'stale', (SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_each(g -> 'values') x (k, v) WHERE (v ->> 'stale')::bool),
		  g ->> 'reason', g ->> 'error' FROM uprofile_get(profile, user_key) g $$;
SELECT u, b.* FROM (VALUES (3), (4), (5), (141), (142)) x (u), brief('ask', u) b;
SELECT status, inserted, updated, deleted FROM uprofile_refresh('ask');
SELECT u, b.* FROM (VALUES (3), (5), (141)) x (u), brief('ask', u) b;
-- a user who cannot be computed stays as he was, with the versions of then; he who is new is not there
UPDATE users SET part = 0, visits = 6 WHERE id = 7;
INSERT INTO users VALUES (143, 1, 0, true);
SELECT status, failed FROM uprofile_refresh('ask');
SELECT u, b.* FROM (VALUES (7), (143), (8)) x (u), brief('ask', u) b;
SELECT status, failed, trained FROM uprofile_refresh('ask', retrain => 'all');
SELECT u, b.found, b.stale, g #> '{values,churn,version}' AS version, g #> '{values,visits,value}' AS visits, (g ->> 'computed_at')::timestamptz = r.started_at AS as_of_then
FROM (VALUES (7), (8)) x (u), brief('ask', u) b, uprofile_get('ask', u) g, (SELECT started_at FROM uprofile_runs WHERE profile = 'ask' AND run < (SELECT max(run) FROM uprofile_runs) ORDER BY run DESC OFFSET 1 LIMIT 1) r;
UPDATE users SET part = 2 WHERE id IN (7, 143);
SELECT status, failed FROM uprofile_refresh('ask');
SELECT u, b.* FROM (VALUES (7), (143)) x (u), brief('ask', u) b;
-- another version is deployed: values of that model are stale
SELECT deployed_version FROM uprofile_rollback('ask.churn');
SELECT * FROM brief('ask', 3);
SELECT status, reason FROM uprofile_refresh('ask');
SELECT b.*, g #> '{values,churn,version}' AS version, g #> '{values,seg,version}' AS segment FROM brief('ask', 3) b, uprofile_get('ask', 3) g;
-- everybody
TRUNCATE users;
SELECT * FROM brief('ask', 3);
INSERT INTO users SELECT i, i % 7, 1, i % 7 > 3 FROM generate_series(1, 140) i;
SELECT status FROM uprofile_refresh('ask');
-- the definition
SELECT uprofile_alter('ask', policy => '{"live": {"often": "visits > 3", "twice": "visits * 2"}, "ttl": {"churn": "1 microsecond", "twice": "1 day"}}');
SELECT stale, reason FROM brief('ask', 3);
SELECT k, v -> 'value' AS value, v ->> 'from' AS origin, v -> 'expired' AS expired FROM jsonb_each(uprofile_get('ask', 3) -> 'values') x (k, v) ORDER BY k;
-- what a profile says of its rows is no feature of a model, unless it is called something else
SET client_min_messages = notice;
SELECT features FROM uprofile_train('of_table', 'ask_profile', target => 'churned', algorithm => 'tree', key => 'id', params => '{"exclude": ["churn", "churn_probability", "seg"]}');
SELECT features FROM uprofile_train('of_view', 'SELECT id, visits, churned, c.changed_at, c.computed_at, c.stale FROM ask_current c WHERE id > 3', target => 'churned', algorithm => 'tree', key => 'id');
SELECT uprofile_model_info('of_view'::text) -> 'left_out' AS left_out;
SELECT uprofile_model_info(uprofile_tree(p, 'churned')) -> 'left_out' AS left_out FROM ask_profile p;
SELECT features FROM uprofile_train('of_other', 'SELECT id, visits, churned, changed_at AS last_change FROM ask_profile', target => 'churned', algorithm => 'tree', key => 'id');
SELECT uprofile_predict_label('of_table', p) IS NOT NULL AS predicted FROM ask_profile p WHERE id = 4;
SELECT column_name FROM uprofile_describe('ask_profile') WHERE column_name = 'changed_at';
SELECT count(versions_dropped) FROM (VALUES ('of_table'), ('of_view'), ('of_other')) m (name), uprofile_drop_model(name);
RESET client_min_messages;
-- a column of one's own, and all kinds of values
ALTER TABLE ask_profile ADD COLUMN note text DEFAULT 'mine';
SELECT status FROM uprofile_refresh('ask');
SELECT got(uprofile_get('ask', 3)) ~ '"note": {"from": "own", "value": "mine"}' AS own;
CREATE TABLE kinds (a int, b text, computed_at date, stale jsonb, numbers numeric, list int[], nothing text, PRIMARY KEY (a, b));
INSERT INTO kinds VALUES (1, 'x', '2026-01-02', '{"z": [1, null]}', 12345678901234567890.5, '{1,2}', NULL), (2, 'y', NULL, NULL, 'NaN', '{}', 'q');
SELECT uprofile_create('kind', 'kinds', 'a, b', watch => 'none');
SELECT status FROM uprofile_refresh('kind');
SELECT got(uprofile_get('kind', ROW(1, 'x')));
SELECT got(uprofile_get('kind', '(2,y)')), got(uprofile_get('kind', '(2,z)'));
-- changes whose users are found later
CREATE TABLE orders (order_id int PRIMARY KEY, user_id int);
CREATE TABLE lines (order_id int, n int);
INSERT INTO orders VALUES (1, 1), (2, 2);
INSERT INTO lines VALUES (1, 10), (2, 20);
SELECT uprofile_create('later', 'SELECT o.user_id, sum(l.n) AS n FROM orders o JOIN lines l USING (order_id) GROUP BY 1', 'user_id',
	watch => '["orders.user_id", {"table": "lines", "key": "SELECT o.user_id FROM orders o JOIN changed USING (order_id)"}]');
SELECT status FROM uprofile_refresh('later');
INSERT INTO lines VALUES (2, 5);
SELECT * FROM brief('later', 1);
UPDATE orders SET user_id = 3 WHERE order_id = 1;
SELECT u, b.* FROM (VALUES (1), (2), (3)) x (u), brief('later', u) b;
-- without its view
DROP VIEW later_current;
SELECT uprofile_get('later', 1);
SELECT status FROM uprofile_refresh('later');
SELECT * FROM brief('later', 3);
-- plans follow the definition and the transaction
BEGIN;
SELECT uprofile_alter('later', source => 'SELECT o.user_id, sum(l.n) AS n, count(*) AS lines FROM orders o JOIN lines l USING (order_id) GROUP BY 1');
SELECT status FROM uprofile_refresh('later');
SELECT uprofile_get('later', 3) #> '{values,lines,value}' AS lines;
ROLLBACK;
SELECT uprofile_get('later', 3) #> '{values,lines,value}' AS lines, uprofile_get('later', 3) #> '{values,n,value}' AS n;
SELECT uprofile_drop('later');
SELECT uprofile_get('later', 3);
SELECT uprofile_drop('kind'), uprofile_drop('ask');
DROP SCHEMA asked CASCADE;
