-- A profile is changed in place.
\set SHOW_CONTEXT never
CREATE SCHEMA changing;
SET search_path = changing, public;
CREATE TABLE users (id int PRIMARY KEY, x float8, last_order date);
INSERT INTO users SELECT i, i % 7, current_date - i % 30 FROM generate_series(1, 100) i;
SELECT uprofile_create('club', 'users', 'id', models => '{"seg": {"algorithm": "kmeans", "k": 2}}');
CREATE FUNCTION refresh(OUT answer text) LANGUAGE sql AS
$$ SELECT format('%s %s %s: %s', r.status, r.mode, r.trained, coalesce(r.message, r.reason)) FROM uprofile_refresh('club') r $$;
SELECT refresh();
GRANT SELECT ON club_current TO PUBLIC;
GRANT SELECT (id) ON club_current, club_profile TO PUBLIC;
COMMENT ON VIEW club_current IS 'ours';
COMMENT ON COLUMN club_current.x IS 'the x';
ALTER TABLE club_profile ADD COLUMN note text DEFAULT 'own';
CREATE VIEW upon AS SELECT id, x FROM club_current;
CREATE VIEW on_table AS SELECT id, x FROM club_profile;
-- what is not given stays; NULL keys are taken away
SELECT uprofile_alter('club', policy => '{"live": {"recency": "current_date - last_order"}, "max_deleted": 0.5}');
SELECT refresh();
SELECT uprofile_alter('club', policy => '{"max_deleted": null, "ttl": "1 year"}');
SELECT refresh();
SELECT policy, models, watch, source FROM uprofile_profile_definitions WHERE name = 'club';
SELECT id, x, seg IS NOT NULL AS seg, stale, note, recency FROM club_current WHERE id = 1;
SELECT uprofile_alter('club', policy => '{"live": null}');
SELECT id, recency FROM club_current WHERE id = 1;
SELECT uprofile_alter('club', policy => '{"lve": null}');
SELECT uprofile_alter('club', policy => '{"live": {"x": "1"}}');
SELECT uprofile_alter('club', policy => 'null');
-- a source and a model more; rows are stale until the refresh that computes everybody
SELECT uprofile_alter('club', models => '{"churn": {"algorithm": "tree", "target": "big"}}');
SELECT uprofile_alter('club', source => 'SELECT *, x > 3 AS big FROM users', models => '{"churn": {"algorithm": "tree", "target": "big"}}');
SELECT id, stale FROM club_current WHERE id = 1;
SELECT refresh();
SELECT refresh();
UPDATE users SET x = 5 WHERE id = 1;
SELECT refresh();
SELECT id, x, big, churn, churn_probability, stale, note FROM club_current WHERE id = 1;
-- another definition, which needs another type: not while something depends on the view
SELECT uprofile_alter('club', models => '{"churn": {"algorithm": "linear", "target": "x"}}');
DROP VIEW upon;
SELECT uprofile_alter('club', models => '{"churn": {"algorithm": "linear", "target": "x"}, "seg": null}');
SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'club_current'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT col_description('club_current'::regclass, 2), obj_description('club_current'::regclass), has_table_privilege('public', 'club_current', 'SELECT') AS granted,
	(SELECT count(*) FROM pg_attribute WHERE attrelid = 'club_current'::regclass AND attacl IS NOT NULL) AS of_columns;
SELECT refresh();
SELECT model, algorithm FROM uprofile_models WHERE model LIKE 'club.%' ORDER BY 1, version;
-- dropped and retyped columns are given up by name
SELECT uprofile_alter('club', source => 'SELECT id, last_order, x::text AS x FROM users', models => 'null');
SELECT uprofile_alter('club', source => 'SELECT id, last_order, x::text AS x FROM users', models => 'null', drop_columns => '{big}');
-- From PostgreSQL 19 on, the detail ends with a full stop.
\set VERBOSITY terse
SELECT uprofile_alter('club', source => 'SELECT id, last_order, x::text AS x FROM users', models => 'null', drop_columns => '{big,x}');
\set VERBOSITY default
DROP VIEW on_table;
SELECT uprofile_alter('club', source => 'SELECT id, last_order, x::text AS x FROM users', models => 'null', drop_columns => '{big,x}');
SELECT refresh();
SELECT * FROM club_current WHERE false;
SELECT uprofile_alter('club', drop_columns => '{x}');
SELECT uprofile_alter('club', drop_columns => '{nothing}');
SELECT count(*) FROM uprofile_models WHERE model LIKE 'club.%';
-- what is watched
SELECT uprofile_alter('club', watch => 'none');
SELECT uprofile_watched('club');
SELECT refresh();
SELECT uprofile_alter('club', watch => '["users.nothing"]');
SELECT uprofile_alter('club', watch => 'auto');
SELECT uprofile_watched('club');
SELECT refresh();
UPDATE users SET x = 6 WHERE id = 1;
SELECT refresh();
SELECT uprofile_alter('club', source => 'SELECT id, x::text AS x, last_order, ntile(2) OVER (ORDER BY id) AS half FROM users');
SELECT uprofile_watched('club');
SELECT refresh();
SELECT uprofile_alter('club', source => 'SELECT id, x::text AS x, last_order, 1 AS half FROM users');
SELECT uprofile_watched('club');
SELECT refresh();
-- what is wrong changes nothing
SELECT uprofile_alter('club', key => 'x');
SELECT uprofile_alter('club', key => 'id');
SELECT uprofile_alter('club', source => 'nowhere');
SELECT uprofile_alter('club', models => '[]');
SELECT uprofile_alter('club', models => '{"m": {"algorithm": "kmean"}}');
SELECT uprofile_alter('club', models => '{"half": {"algorithm": "kmeans"}}');
SELECT uprofile_alter('club', models => '{"note": {"algorithm": "kmeans"}}');
SELECT uprofile_alter('club', models => '{"nothing": null}');
SELECT uprofile_alter('nobody');
SELECT uprofile_alter(NULL);
SELECT refresh();
SELECT id, x, stale FROM club_current WHERE id = 1;
SELECT uprofile_drop('club');
SELECT relname FROM pg_class WHERE relnamespace = 'changing'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1;
SET client_min_messages = warning;
DROP SCHEMA changing CASCADE;
